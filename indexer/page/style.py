"""How the page looks."""

from __future__ import annotations

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#1f6b4a"/>'
    '<path d="M4 25 13 9l5 9 3-5 7 12z" fill="#fff"/></svg>'
)

# Colours are mixed with the theme's own, so that light and dark both have contrast.
STYLE = """<style>
/* The frame */
.stMain { scrollbar-gutter: stable; }
.stMainBlockContainer { max-width: 58rem; padding-top: 2.2rem; padding-bottom: 4rem; }
.stMainBlockContainer > .stVerticalBlock { gap: .8rem; }
.stElementContainer:has(> .stHtml > script) { display: none; }
[data-testid="stAlertContainer"], [data-testid="stAlertContainer"] p { color: inherit; }
[data-testid="stSidebarHeader"] { height: 2.6rem; margin-bottom: 0; }
.qs-head h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; padding: 0; margin: 0; }
.qs-head h1 span { font-weight: 400; opacity: .75; margin-left: .35rem; }
.qs-tagline { margin: .2rem 0 0; opacity: .8; }
.qs-below { margin-top: 1.4rem; }
.qs-note { font-size: .875rem; opacity: .8; margin: 0; }
.qs-small { font-size: .8125rem; overflow-wrap: anywhere; margin: 0; opacity: .9; }
.qs-small code { font-size: .75rem; }
.qs-foot { margin-top: 1rem; }
.qs-title { font-size: 1.35rem; font-weight: 650; padding: 0; margin: .4rem 0 0; }
button[data-variant="segmented_control"][aria-checked="true"] { color: inherit !important; }
.stApp button[kind="tertiary"]:is(:hover, :active, :focus-visible, [aria-expanded="true"]) { color: light-dark(#1f6b4a, #7fcda6); }
.stApp [data-stale="true"] { opacity: .7 !important; }

/* The parts of the workbench are tabs: words above a line */
.st-key-head { margin-bottom: -.9rem; }
.st-key-view [role="radiogroup"] { gap: 1.4rem; }
.st-key-view [role="radiogroup"] { border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); width: 100%; }
.st-key-view button { flex: none; border: 0 !important; border-radius: 0 !important; background: none !important; padding: .2rem 0;
  min-height: 2.1rem; opacity: .75; border-bottom: 2px solid transparent !important; margin-bottom: -1px; }
.st-key-view button:hover { opacity: 1; }
.st-key-view button[aria-checked="true"] { opacity: 1; font-weight: 600; border-bottom-color: #2f9469 !important; }
.st-key-view button p { font-size: .9375rem; }

/* The question */
.st-key-examples button, .st-key-history button { text-align: left; justify-content: flex-start; }
.st-key-examples { gap: .1rem; }
.qs-hints { margin-top: 1rem; line-height: 1.6; }
.st-key-examples button { min-height: 2.2rem; }
.st-key-filters button, .st-key-terms button { min-height: 2rem; padding-top: 0; padding-bottom: 0; }
.st-key-terms { margin-top: -.4rem; }
.st-key-order button, .st-key-order [data-baseweb="select"] > div { min-height: 2.2rem; }
.st-key-sort { margin-left: auto; }

/* The side */
.qs-heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; padding: 0; }
.qs-side { font-size: .8125rem; font-weight: 650; padding: 0; margin: 1.1rem 0 .15rem; opacity: .8; }
[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: .35rem; }
[class*="st-key-facet-"] { margin-top: .5rem; }
[class*="st-key-facet-"] label p { font-size: .8125rem; font-weight: 650; opacity: .85; }
[class*="st-key-facet-"] [data-rac][aria-label] { flex-direction: column; flex-wrap: nowrap; gap: 0; align-items: stretch; }
[class*="st-key-facet-"] button { border: 0; background: none; border-radius: .35rem; padding: .2rem .5rem; margin: 0 -.5rem;
  min-height: 1.8rem; justify-content: stretch; max-width: none; }
[class*="st-key-facet-"] button > div, [class*="st-key-facet-"] button span:not([style*="font-size"]),
[class*="st-key-facet-"] button [data-testid="stMarkdownContainer"] { width: 100%; max-width: none; }
[class*="st-key-facet-"] button p { display: flex; justify-content: space-between; gap: .8rem; text-align: left;
  white-space: normal; line-height: 1.35; font-size: .875rem; overflow-wrap: anywhere; }
[class*="st-key-facet-"] button p span { opacity: .85; font-variant-numeric: tabular-nums; font-size: .8125rem !important; }
[class*="st-key-facet-"] button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
[class*="st-key-facet-"] button[aria-pressed="true"], [class*="st-key-facet-"] button[aria-checked="true"],
[class*="st-key-facet-"] button[data-selected="true"] {
  background: color-mix(in srgb, #2f9469 22%, transparent); color: inherit; font-weight: 600; }
[class*="st-key-all-"] summary p, .st-key-dates summary p { font-size: .8125rem; }
.st-key-history button { min-height: 1.9rem; padding: .15rem 0; }
.st-key-history button p { font-size: .875rem; line-height: 1.35; }

/* Hits */
/* Two columns are wider than what stands above them, which keeps its place. */
.stMain { container-type: inline-size; }
[data-testid="stHorizontalBlock"]:has(> .stColumn .st-key-column-zh) { --wide: min(78rem, 100cqw - 6rem);
  width: max(100%, var(--wide)); max-width: none; margin-left: min(0px, (100% - var(--wide)) / 2); }
[data-testid="stExpander"] summary { color: inherit; opacity: .9; }
.qs-rest { font-size: .875rem; display: flex; gap: .8rem; align-items: center; margin: .4rem 0 0; }
.qs-rest::before, .qs-rest::after { content: ""; flex: 1; border-top: 1px solid currentColor; opacity: .3; }
.qs-asked { margin-top: .5rem; }
.qs-column { font-size: 1rem; font-weight: 650; padding: 0; margin: 0; }
.qs-top { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; }
.qs-top h3 { font-size: 1.1rem; font-weight: 650; line-height: 1.35; padding: 0; margin: 0; flex: 1 1 60%;
  overflow-wrap: anywhere; }
.qs-further { justify-content: space-between; }
.qs-match { font-size: .8125rem; display: inline-flex; gap: .45rem; flex: none; align-items: center; }
.qs-bar { width: 3.5rem; height: .4rem; border-radius: .2rem; overflow: hidden; display: inline-block;
  background: color-mix(in srgb, currentColor 18%, transparent); }
.qs-bar i { display: block; height: 100%; background: #2f9469; }
.qs-good .qs-bar i { background: #5f9a3c; }
.qs-weak .qs-bar i { background: #a08a4a; }
.qs-meta { font-size: .875rem; margin: .25rem 0 0; overflow-wrap: anywhere; opacity: .85; }
.qs-badge { font-size: .75rem; font-weight: 600; border: 1px solid currentColor; border-radius: .35rem;
  margin-right: .5rem; white-space: nowrap; padding: 0 .35rem; line-height: 1.35; }
.qs-short { white-space: nowrap; }
.qs-text { margin: .6rem 0 0; line-height: 1.7; white-space: pre-line; overflow-wrap: anywhere; }
.qs-sentence { background: color-mix(in srgb, #f2b705 13%, transparent); border-radius: .2rem; padding: .05em 0;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.qs-text mark, .qs-context mark { color: inherit; background: color-mix(in srgb, #f2b705 34%, transparent);
  border-radius: .2rem; padding: .05em .08em; }
[class*="st-key-actions-"] { margin-top: -.2rem; column-gap: 1.1rem; }
[class*="st-key-actions-"] button { min-height: 1.9rem; padding-top: 0; padding-bottom: 0; }
[class*="st-key-actions-"] button p { font-size: .875rem; }
[class*="st-key-actions-"] [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; }

/* In context */
[data-testid="stDialog"] > div { max-width: min(58rem, 96vw); }
[data-testid="stDialog"] [role="dialog"] h2 { font-size: .875rem; font-weight: 400; }
[data-testid="stDialog"] .stVerticalBlock { gap: .6rem; }
.qs-small a { color: inherit; text-decoration: underline; text-underline-offset: .2em; }
.qs-gap { display: block; height: .35em; }
.qs-context { line-height: 1.7; white-space: pre-wrap; overflow: auto; overflow-wrap: anywhere; max-height: 66vh;
  padding-right: .8rem; overscroll-behavior: contain; }
.qs-paper { overflow: auto; max-height: 70vh; border: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  overscroll-behavior: contain; }
.qs-paper > div { position: relative; }
.qs-paper img { display: block; width: 100%; height: auto; }
.qs-spot { position: absolute; left: 0; height: 1px; width: 1px; scroll-initial-target: nearest; scroll-margin: 5rem; }
.qs-context .qs-here { border-left: .25rem solid #2f9469; padding: .3rem .8rem; margin: .4rem 0;
  background: color-mix(in srgb, #2f9469 10%, transparent); scroll-initial-target: nearest; scroll-margin: 4rem; }
.qs-page { font-size: .75rem; display: flex; gap: .6rem; align-items: center; opacity: .8; margin: .6rem 0 .2rem; }
.qs-page::after { content: ""; flex: 1; border-top: 1px dashed currentColor; opacity: .5; }

/* What differs */
.qs-diff { line-height: 1.7; overflow-wrap: anywhere; }
.qs-diff p { margin: .2rem 0; padding-left: 1.2rem; text-indent: -1.2rem; white-space: pre-line; }
.qs-diff p.qs-note { padding: 0; text-indent: 0; }
.qs-diff b { display: inline-block; width: 1.2rem; text-indent: 0; }
.qs-diff del, .qs-diff ins { text-decoration: none; border-radius: .2rem; padding: .05em .08em; }
.qs-diff del { background: color-mix(in srgb, #d0453a 28%, transparent); }
.qs-diff ins { background: color-mix(in srgb, #2f9469 30%, transparent); }
.qs-diff summary { cursor: pointer; font-size: .875rem; opacity: .85; padding: .2rem 0; }
.qs-diff details { white-space: pre-line; }

/* Why */
.qs-why { margin: 0; padding-left: 1.1rem; font-size: .9375rem; line-height: 1.55; }
.qs-figures { font-size: .8125rem; margin-top: .8rem; border-collapse: collapse; width: 100%; }
.qs-figures caption { text-align: left; font-weight: 650; padding-bottom: .2rem; }
.qs-figures th { font-weight: 400; text-align: left; padding: .12rem .8rem .12rem 0; }
.qs-figures td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }

/* The corpus and receipts */
dl.qs-facts, ul.qs-bars { padding: 0; }
.qs-facts { display: flex; flex-wrap: wrap; gap: 1rem 2.6rem; margin: .6rem 0 0; }
.qs-facts dt { font-size: .8125rem; opacity: .8; font-weight: 400; }
.qs-facts div, .qs-facts dt { margin: 0; padding: 0; }
.qs-facts dd { font-size: 1.35rem; font-weight: 600; margin: 0; line-height: 1.3; font-variant-numeric: tabular-nums; }
.qs-facts small { display: block; font-size: .8125rem; font-weight: 400; opacity: .8; }
.qs-section h3 { font-size: 1rem; font-weight: 650; padding: 0; margin: .6rem 0 .4rem; }
.qs-scroll { overflow: auto; max-height: 24rem; }
.qs-table { border-collapse: collapse; font-size: .875rem; width: 100%; }
.qs-table th, .qs-table td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; overflow-wrap: anywhere;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); min-width: 6rem; }
.qs-table th { font-weight: 600; }
.qs-bars { list-style: none; margin: 0; padding: 0; font-size: .875rem; }
.stHtml .qs-bars li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; margin: 0 0 .4rem; padding: 0; }
.qs-bars span { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.qs-bars i { grid-column: 1 / -1; height: .25rem; border-radius: .2rem; background: #2f9469; }
.qs-new { font-size: .875rem; font-weight: 650; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
.qs-verdicts { margin: 0; padding-left: 1.1rem; }
.qs-verdicts li { margin: .3rem 0; }

/* What takes the place of controls while they load is as high as they will be, so that nothing moves when they come;
   it is wider. */
@media (min-width: 72rem) { .st-key-order { flex-wrap: nowrap; } }
.st-key-head { min-height: 2.1rem; }
:is(.st-key-head, .st-key-terms, .st-key-filters) [data-testid="stSkeleton"] { height: 2rem; }
.st-key-ui [data-testid="stSkeleton"] { width: 7rem; }
.st-key-view [data-testid="stSkeleton"] { height: 2.1rem; }
:is(.st-key-examples, .st-key-balance) [data-testid="stSkeleton"] { height: 2.2rem; }
:is([class*="st-key-actions-"], .st-key-history) [data-testid="stSkeleton"] { height: 1.9rem; }
@media (max-width: 40rem) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; padding-top: 4.6rem; }
  .st-key-sort { margin-left: 0; }
  [class*="st-key-actions-"] { column-gap: .8rem; }
  .qs-paper img { width: 40rem; max-width: none; }
  .qs-paper > div { width: max-content; }
}
@media (prefers-reduced-motion: reduce) { * { scroll-behavior: auto !important; transition: none !important; } }
</style>"""
