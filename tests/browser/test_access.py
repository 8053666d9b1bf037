"""For everyone: by keyboard, by screen reader, in the dark, on a telephone, without jumps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .site import ask, box, card, hits, ready

CHIEFS = "How often must river chiefs patrol in Wenzhou?"
VIEWS = ({}, {"q": CHIEFS}, {"q": CHIEFS, "balance": "side"}, {"q": "qwertz asdfgh"}, {"view": "basket"},
         {"view": "saved"}, {"view": "corpus"})  # fmt: skip


def name(address: dict[str, str]) -> str:
    return "-".join([address.get("view", "search"), *(key for key in address if key != "view")])


# By screen reader


NAMED = {
    "button", "textbox", "searchbox", "checkbox", "combobox", "radio", "link", "tab", "spinbutton", "slider",
    "switch", "image", "img", "menuitem", "dialog", "region", "table", "heading",
}  # fmt: skip


def nameless(page: Page) -> list[str]:
    """What a screen reader would meet without a name."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [
        f"{node['role']['value']} {node.get('properties')}"
        for node in tree
        if not node.get("ignored")
        and node.get("role", {}).get("value") in NAMED - {"table", "img", "image"}
        and not node.get("name", {}).get("value", "").strip()
    ]


@pytest.mark.parametrize("ui", ["en", "zh"])
@pytest.mark.parametrize("address", VIEWS, ids=name)
def test_everything_has_a_name(visit, address: dict[str, str], ui: str) -> None:
    page = visit(ui=ui, **address)
    assert nameless(page) == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.images].every(i => i.alt || i.closest('[aria-hidden=true]'))")


def test_what_opens_has_names_too(visit) -> None:
    page = visit(ui="en", q=CHIEFS)
    for panel in ("Cite", "Why", "Source"):
        card(page).get_by_role("button", name=panel).first.click()
        expect(page.locator(".stPopoverBody")).to_be_visible()
        assert nameless(ready(page)) == []
        page.keyboard.press("Escape")
    card(page).get_by_role("button", name="In context").first.click()
    expect(page.get_by_role("dialog").locator(".qs-here")).to_be_visible()
    assert nameless(page) == []


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", VIEWS, ids=name)
def test_contrast(visit, address: dict[str, str], scheme: str) -> None:
    page = visit(ui="en", scheme=scheme, **address)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_what_opens(visit, scheme: str) -> None:
    page = visit(ui="en", q=CHIEFS, scheme=scheme)
    for panel in ("Cite", "Why", "Source"):
        card(page).get_by_role("button", name=panel).first.click()
        expect(page.locator(".stPopoverBody")).to_be_visible()
        assert ready(page).evaluate(CONTRAST) == []
        page.keyboard.press("Escape")
    card(page).get_by_role("button", name="In context").first.click()
    expect(page.get_by_role("dialog").locator(".qs-here")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


# On a telephone


@pytest.mark.parametrize("address", VIEWS, ids=name)
def test_nothing_is_wider_than_a_telephone(visit, address: dict[str, str]) -> None:
    page = visit(ui="en", width=400, **address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 400


def test_what_opens_fits_a_telephone(visit) -> None:
    page = visit(ui="en", q=CHIEFS, width=400)
    for panel in ("Cite", "Why", "Source"):
        card(page).get_by_role("button", name=panel).first.click()
        body = page.locator(".stPopoverBody")
        expect(body).to_be_visible()
        place = body.bounding_box()
        assert place["x"] >= 0 and place["x"] + place["width"] <= 400
        page.keyboard.press("Escape")
    card(page).get_by_role("button", name="In context").first.click()
    here = page.get_by_role("dialog").locator(".qs-here")
    expect(here).to_be_in_viewport()
    place = here.bounding_box()
    assert place["x"] >= 0 and place["x"] + place["width"] <= 400


def test_a_telephone_asks_and_reads(visit) -> None:
    page = visit(ui="zh", width=400)
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    expect(box(page)).to_be_in_viewport()
    expect(hits(page).first).to_be_in_viewport(ratio=0.1)


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
