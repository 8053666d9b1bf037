"""Bulletins, questions and addresses that would be more than text. What must never happen is watched in ``visit``."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from indexer.page.header import speaking
from indexer.types import LANGS

from .bulletins import FORMS, LONG, PAYLOAD, TELLTALE
from .site import hits, ready

INJECTED = """ours => {
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const from = name => e.getAttribute(name) || '';
    for (const {name} of e.attributes) if (name.startsWith('on')) bad.push(e.outerHTML);
    for (const name of ['href', 'src', 'xlink:href', 'action', 'data', 'srcset'])
      if (/^\\s*javascript:|evil\\.example/i.test(from(name))) bad.push(e.outerHTML);
    if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MATH', 'BODY'].includes(e.tagName.toUpperCase())) bad.push(e.outerHTML);
    if (e.tagName === 'IMG' && !e.src.startsWith('data:image/png;base64,') && new URL(e.src, location).origin !== location.origin) bad.push(e.outerHTML);
    if (e.tagName === 'SCRIPT' && !(e.src && new URL(e.src).origin === location.origin)
        && !ours.includes(e.textContent)) bad.push(e.outerHTML);
    if (['STYLE', 'LINK'].includes(e.tagName) && /display:\\s*none\\s*}$|evil/.test(e.outerHTML)) bad.push(e.outerHTML);
  }
  return bad.map(text => text.slice(0, 300));
}"""


def assert_only_text(page: Page) -> None:
    assert page.evaluate(INJECTED, [*map(speaking, LANGS)]) == []
    shown = page.locator("body").inner_text()
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068") & set(shown)


@pytest.mark.parametrize("form", FORMS)
def test_a_hostile_bulletin_is_read_and_does_nothing(visit, form: str) -> None:
    page = visit(ui="en", q=f"What was the {FORMS[form]} fined for?")
    card = page.locator(".stVerticalBlock", has=page.get_by_role("heading", name=FORMS[form])).last
    expect(card.locator(".qs-text").first).to_contain_text("burning sludge")
    expect(card.locator(".qs-text").first).to_contain_text(TELLTALE)
    assert_only_text(page)
    card.get_by_role("button", name="In context").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".qs-here")).to_contain_text(TELLTALE)
    assert_only_text(page)


def test_a_line_of_five_megabytes(visit) -> None:
    page = visit(ui="en", q=f"When was the {LONG} inspected?", width=400)
    card = page.locator(".stVerticalBlock", has=page.get_by_role("heading", name=LONG)).last
    expect(card.locator(".qs-text").first).to_contain_text(TELLTALE)
    card.get_by_role("button", name="In context").first.click()
    expect(page.get_by_role("dialog").locator(".qs-here")).to_contain_text("inspected in May")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_only_text(page)


def test_what_is_said_about_a_hostile_bulletin(visit) -> None:
    """Its name, its publisher, its citation, its source, why it is a hit."""
    page = visit(ui="en", q=f"What was the {FORMS['text']} fined for?")
    card = page.locator(".stVerticalBlock", has=page.get_by_role("heading", name=FORMS["text"])).last
    expect(card.get_by_role("heading", name=FORMS["text"])).to_contain_text("<script>alert(10)</script>")
    expect(card.locator(".qs-meta").first).to_contain_text("<img src=x onerror=alert(12)>")
    for panel in ("Cite", "Why", "Source"):
        card.get_by_role("button", name=panel, exact=True).first.click()
        expect(page.locator('[data-testid="stPopoverBody"]')).to_be_visible()
        assert_only_text(page)
        page.keyboard.press("Escape")
        expect(page.locator('[data-testid="stPopoverBody"]')).to_have_count(0)


def test_a_hostile_address(visit) -> None:
    page = visit(ui="en", q=PAYLOAD, publisher=PAYLOAD, type=PAYLOAD, off=PAYLOAD, sort=PAYLOAD)
    assert_only_text(page)


def test_a_hostile_question(visit) -> None:
    page = visit(ui="en")
    page.get_by_role("textbox", name="Your question").fill(f"kiln {PAYLOAD}")
    page.keyboard.press("Enter")
    expect(hits(page).first).to_be_attached()
    assert "kiln" in page.title()
    assert_only_text(ready(page))
