"""For everyone: by keyboard, by screen reader, in the dark, on a telephone, without jumps."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from .site import Site, ask, box, card, hits, ready

CHIEFS = "How often must river chiefs patrol in Wenzhou?"
VIEWS = ({}, {"q": CHIEFS}, {"q": CHIEFS, "balance": "side"}, {"q": "qwertz asdfgh"}, {"view": "basket"},
         {"view": "saved"}, {"view": "corpus"})  # fmt: skip


def name(address: dict[str, str]) -> str:
    return "-".join([address.get("view", "search"), *(key for key in address if key != "view")])


# By screen reader


NAMED = {
    "button", "textbox", "searchbox", "checkbox", "combobox", "radio", "link", "tab", "spinbutton", "slider",
    "switch", "menuitem", "dialog", "region", "heading",
}  # fmt: skip


def nameless(page: Page) -> list[str]:
    """What a screen reader would meet without a name."""
    browser = page.context.new_cdp_session(page)
    found = [
        browser.send("DOM.getOuterHTML", {"backendNodeId": node["backendDOMNodeId"]})["outerHTML"][:300]
        for node in browser.send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"]
        and node["role"]["value"] in NAMED
        and not node.get("name", {}).get("value", "").strip()
    ]
    browser.detach()
    return found


def unlabelled(page: Page) -> list[str]:
    """Pictures without a text in their place."""
    return page.evaluate(
        "() => [...document.images].filter(i => !i.alt && !i.closest('[aria-hidden=true]')).map(i => i.src)"
    )


def test_a_hit_is_read_in_its_own_language(visit) -> None:
    page = visit(ui="en", q=CHIEFS)
    expect(hits(page).first).to_have_attribute("lang", "zh")
    expect(card(page).get_by_role("heading").first).to_have_attribute("lang", "zh")


# By keyboard


def tab_to(page: Page, found: str, most: int = 150) -> None:
    """Press Tab until what has the focus answers to a selector."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", found):
            return
    raise AssertionError(f"{most} tabs don't reach {found}")


def test_by_keyboard_alone(visit) -> None:
    page = visit(ui="en")
    tab_to(page, ".stTextInput input")
    page.keyboard.type(CHIEFS)
    page.keyboard.press("Enter")
    expect(hits(page).first).to_contain_text("河长")
    ready(page)
    tab_to(page, "[class*='st-key-context-'] button")
    visible_focus = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' && s.outlineWidth !== '0px' || s.boxShadow !== 'none' }"
    )
    assert visible_focus
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".qs-here")).to_be_in_viewport()
    for _ in range(12):  # the focus stays inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # And it is back where it was.
    page.wait_for_function("document.activeElement.closest(\"[class*='st-key-context-']\") !== null")
    tab_to(page, "[class*='st-key-keep-'] button", 8)
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Basket (1)")).to_be_visible()


# To see


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true}), known = new Map();
  const rgba = color => {
    if (!known.has(color)) {
      canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const light = rgb => {
    const [r, g, b] = rgb.map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;
    if (!text || !e.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (e.closest('[disabled], [aria-disabled=true], [aria-hidden=true], script, style, noscript, svg')) continue;
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;  // for screen readers alone
    const chain = [];
    for (let at = e; at; at = at.parentElement) chain.unshift(getComputedStyle(at));
    // Each element's opacity mixes all that is painted inside it with what is under it.
    let under = [255, 255, 255], opacity = 1;
    for (const style of chain) {
      opacity *= +style.opacity;
      const [r, g, b, a] = rgba(style.backgroundColor);
      under = over([r, g, b, a * opacity], under);
    }
    const style = chain.at(-1), [r, g, b, a] = rgba(style.webkitTextFillColor);
    const front = light(over([r, g, b, a * opacity], under)), back = light(under);
    const ratio = (Math.max(front, back) + .05) / (Math.min(front, back) + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${e.className || e.tagName}: ${text.slice(0, 40)}`);
  }
  return [...new Set(found)];
}"""


# On a telephone


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the sides of the window, unless it lies in a box that scrolls."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.stApp *')].filter(e => {
          const box = e.getBoundingClientRect();
          if (!box.width || !box.height || box.left >= -1 && box.right <= innerWidth + 1) return false;
          if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
          for (let at = e.parentElement; at; at = at.parentElement)
            if (getComputedStyle(at).overflowX !== 'visible') {
              const clip = at.getBoundingClientRect();
              if (clip.left >= -1 && clip.right <= innerWidth + 1) return at.matches('[data-testid=stMain], .stApp');
            }
          return !e.closest('[data-testid=stSidebar]');
        }).map(e => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`)"""
    )


def problems(page: Page) -> dict[str, list[str]]:
    """What is wrong with what is shown: in the light and in the dark, on a desk and on a telephone."""
    found = {"without a name": nameless(page), "without a text": unlabelled(page)}
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "dark => (getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark') === dark",
            arg=scheme == "dark",
        )
        found[f"faint in the {scheme}"] = page.evaluate(CONTRAST)
    page.set_viewport_size({"width": 400, "height": 800})
    found["too wide for a telephone"] = too_wide(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.set_viewport_size({"width": 1400, "height": 1000})
    return {what: where for what, where in found.items() if where}


@pytest.mark.parametrize("address", VIEWS, ids=name)
def test_every_view(visit, address: dict[str, str]) -> None:
    page = visit(ui="en", **address)
    assert problems(page) == {}
    assert page.locator("h1").count() == 1


def test_everything_that_opens(visit) -> None:
    page = visit(ui="zh", q=CHIEFS)
    found = {}
    for panel in ("cite", "why", "source"):
        card(page).locator(f"[class*=st-key-{panel}-] button").first.click()
        expect(page.locator('[data-testid="stPopoverBody"]')).to_be_visible()
        found[panel] = problems(ready(page))
        page.keyboard.press("Escape")
        expect(page.locator('[data-testid="stPopoverBody"]')).to_have_count(0)
    card(page).locator("[class*=st-key-context-] button").first.click()
    expect(page.get_by_role("dialog").locator(".qs-here")).to_be_visible()
    found["context"] = problems(page)
    assert {what: where for what, where in found.items() if where} == {}


def test_a_telephone_asks_and_reads(visit) -> None:
    page = visit(ui="zh", width=400)
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    expect(box(page)).to_be_in_viewport()
    expect(hits(page).first).to_be_in_viewport(ratio=0.1)


# Without jumps


FRAME = """() => [...document.querySelectorAll('.qs-head h1, .st-key-ui button, .st-key-view button')].map(
  e => [e.textContent, Math.round(e.getBoundingClientRect().left), Math.round(e.getBoundingClientRect().top)])"""
WATCH = """selector => { window.places = []; const look = () => {
  const at = document.querySelector(selector)?.getBoundingClientRect(), last = window.places.at(-1);
  const place = at ? [Math.round(at.left), Math.round(at.top)] : null;
  if (place && (!last || last[0] !== place[0] || last[1] !== place[1])) window.places.push(place);
  requestAnimationFrame(look); }; look(); }"""
"""Notes every place at which something is drawn, at each frame."""


def test_the_head_stands_still(visit) -> None:
    frames = {name(address): visit(ui="en", **address).evaluate(FRAME) for address in VIEWS}
    first = frames[name(VIEWS[0])]
    assert len(first) == 7
    assert {view: frame for view, frame in frames.items() if frame != first} == {}


def test_the_head_stands_still_from_the_beginning(visit) -> None:
    """Turning from part to part, and while what is asked for loads."""
    page = visit(ui="en")
    page.evaluate(WATCH, ".qs-head h1")
    for part in ("Basket", "Search", "Corpus", "Saved", "Search"):
        page.get_by_role("radio", name=part, exact=True).click()
        ready(page)
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    page.get_by_role("radio", name="Side by side").click()
    expect(page.locator(".st-key-column-zh")).to_be_visible()
    ready(page)
    assert len(page.evaluate("window.places")) == 1


LOADING = """window.heights = {}; const look = () => {
  for (const one of document.querySelectorAll('.stMain [data-testid="stSkeleton"]')) {
    const name = [...one.closest('.stElementContainer').classList].find(c => c.startsWith('st-key-'));
    if (name && document.querySelector('.qs-head')) window.heights[name] = one.getBoundingClientRect().height;
  }
  requestAnimationFrame(look); }; requestAnimationFrame(look);"""
"""Notes how high what takes the place of each control is."""


def slowly(route) -> None:
    time.sleep(0.05)
    route.continue_()


def test_what_loads_is_as_high_as_what_comes(visit, site: Site) -> None:
    blank = visit(fresh=True)
    page = blank.context.new_page()
    page.add_init_script(LOADING)
    page.route("**/*.js", slowly)  # nothing comes from the browser's store, at once
    page.goto(site.at(ui="en", q=CHIEFS))
    ready(page)
    loading = page.evaluate("window.heights")
    assert {"st-key-ui", "st-key-view", "st-key-question"} <= set(loading)
    there = {
        name: page.evaluate("name => document.querySelector('.' + name).getBoundingClientRect().height", name)
        for name in loading
    }
    assert {name: (high, there[name]) for name, high in loading.items() if abs(high - there[name]) > 2} == {}


def test_hits_stay_while_the_next_load(visit) -> None:
    """A choice leaves what is there in its place until the new hits are found."""
    page = visit(ui="en", q=CHIEFS)
    page.evaluate(
        """() => { window.tops = []; const look = () => {
          const hit = document.querySelector('.qs-text'), loading = document.querySelector('[data-test-script-state="running"]');
          const text = hit?.textContent.slice(0, 40);
          if (hit && loading) window.tops.push([text, Math.round(hit.getBoundingClientRect().top)]);
          requestAnimationFrame(look); }; look(); }"""
    )
    before = page.locator(".qs-text").first
    top, said = round(before.bounding_box()["y"]), before.text_content()[:40]
    ask(page, "What was Beijing's average PM2.5 in 2024?")
    expect(hits(page).first).not_to_contain_text("河长")
    ready(page)
    moved = [y for text, y in page.evaluate("window.tops") if text == said and abs(y - top) > 4]
    assert moved == []


def test_the_first_hit_does_not_jump(visit) -> None:
    """What comes later (counts, filters) doesn't push the hits."""
    page = visit(ui="en")
    page.evaluate(
        """() => { window.tops = []; const look = () => {
          const hit = [...document.querySelectorAll('.qs-text')].find(e => e.textContent.includes('河长'));
          if (hit) { const top = Math.round(hit.getBoundingClientRect().top);
            if (window.tops.at(-1) !== top) window.tops.push(top); }
          requestAnimationFrame(look); }; look(); }"""
    )
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    ready(page)
    assert len(page.evaluate("window.tops")) == 1
