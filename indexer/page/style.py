"""How the page looks."""

from __future__ import annotations

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#1f6b4a"/>'
    '<path d="M4 25 13 9l5 9 3-5 7 12z" fill="#fff"/></svg>'
)

# Colours are mixed with the theme's own, so that light and dark both have contrast.
STYLE = """<style>
.stMainBlockContainer { max-width: 56rem; padding-top: 2.2rem; padding-bottom: 4rem; }
.st-key-head { margin-bottom: -.8rem; }
.qs-head h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; padding: 0; margin: 0; }
.qs-head h1 span { font-weight: 400; opacity: .75; margin-left: .35rem; }
.qs-tagline { margin: 0; opacity: .8; }
button[data-variant="segmented_control"][aria-checked="true"],
button[data-testid="stBaseButton-segmented_controlActive"] { color: inherit !important; }
.st-key-examples button { text-align: left; }
.st-key-filters button, .st-key-terms button { min-height: 2rem; padding-top: 0; padding-bottom: 0; }
.st-key-terms { margin-top: -.6rem; }
.qs-note { font-size: .875rem; opacity: .8; margin: 0; }
.qs-rest { font-size: .875rem; display: flex; gap: .8rem; align-items: center; margin: .4rem 0 0; }
.qs-rest::before, .qs-rest::after { content: ""; flex: 1; border-top: 1px solid currentColor; opacity: .3; }
.qs-top { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; }
.qs-top h3 { font-size: 1.1rem; font-weight: 650; line-height: 1.35; padding: 0; margin: 0; flex: 1 1 60%;
  overflow-wrap: anywhere; }
.qs-match { font-size: .8125rem; display: inline-flex; gap: .45rem; flex: none; align-items: center; }
.qs-bar { width: 3.5rem; height: .4rem; border-radius: .2rem; overflow: hidden; display: inline-block;
  background: color-mix(in srgb, currentColor 18%, transparent); }
.qs-bar i { display: block; height: 100%; background: #2f9469; }
.qs-good .qs-bar i { background: #5f9a3c; }
.qs-weak .qs-bar i { background: #a08a4a; }
.qs-meta { font-size: .875rem; margin: .25rem 0 0; overflow-wrap: anywhere; opacity: .85; }
.qs-badge { font-size: .75rem; font-weight: 600; border: 1px solid currentColor; border-radius: .35rem;
  margin-right: .5rem; white-space: nowrap;
  padding: 0 .35rem; line-height: 1.35; }
.qs-short { white-space: nowrap; }
.qs-text { margin: .6rem 0 0; line-height: 1.7; white-space: pre-line; overflow-wrap: anywhere; }
.qs-sentence { background: color-mix(in srgb, #f2b705 13%, transparent); border-radius: .2rem; padding: .05em 0;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.qs-text mark, .qs-context mark { color: inherit; background: color-mix(in srgb, #f2b705 34%, transparent);
  border-radius: .2rem; padding: .05em .08em; }
.qs-context { margin-top: .8rem; line-height: 1.7; white-space: pre-wrap; overflow-wrap: anywhere; }
.qs-context .qs-here { border-left: .25rem solid #2f9469; padding: .2rem 0 .2rem .8rem; margin: .3rem 0;
  background: color-mix(in srgb, #2f9469 10%, transparent); scroll-initial-target: nearest; }
.qs-context summary { cursor: pointer; font-size: .875rem; opacity: .85; padding: .3rem 0; }
.qs-diff { line-height: 1.7; overflow-wrap: anywhere; }
.qs-diff p { margin: .2rem 0; padding-left: 1.2rem; text-indent: -1.2rem; white-space: pre-line; }
.qs-diff p.qs-note { padding: 0; text-indent: 0; }
.qs-diff b { display: inline-block; width: 1.2rem; text-indent: 0; }
.qs-diff del, .qs-diff ins { text-decoration: none; border-radius: .2rem; padding: .05em .08em; }
.qs-diff del { background: color-mix(in srgb, #d0453a 28%, transparent); }
.qs-diff ins { background: color-mix(in srgb, #2f9469 30%, transparent); }
.qs-diff summary { cursor: pointer; font-size: .875rem; opacity: .85; padding: .2rem 0; }
.qs-diff details { white-space: pre-line; }
.qs-small { font-size: .8125rem; overflow-wrap: anywhere; margin: 0; }
.qs-small code { font-size: .75rem; }
</style>"""
