"""Reading and verifying: a passage where it stands, on the page of its file, cited, and why it is a hit."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from .site import Site, card, hits

LAKES = "How are Yunnan's nine plateau lakes protected?"
CHIEFS = "How often must river chiefs patrol in Wenzhou?"


def open_context(page: Page, in_card: Locator) -> Locator:
    in_card.get_by_role("button", name="In context").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".qs-here, img").first).to_be_visible()
    return dialog


@pytest.mark.parametrize("width", [1400, 400])
def test_a_passage_is_marked_and_in_view_in_its_document(visit, width: int) -> None:
    page = visit(ui="en", q="长江江豚 科考 数量", width=width)
    hit = hits(page).first
    expect(hit).to_be_visible()
    words = re.sub(r"\s+", "", hit.inner_text())
    dialog = open_context(page, card(page))
    here = dialog.locator(".qs-here")
    assert words in re.sub(r"\s+", "", here.inner_text())
    expect(here.locator("mark").first).to_be_visible()
    expect(here).to_be_in_viewport()
    # In view of the box that scrolls, too.
    assert here.evaluate(
        "e => { const r = e.getBoundingClientRect(), b = e.closest('.qs-context').getBoundingClientRect();"
        " return r.top < b.bottom && r.bottom > b.top }"
    )
    assert dialog.locator(".qs-context").inner_text().count("\n") > 4
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def coloured(png: bytes) -> int:
    """Pixels that are neither black nor white nor grey."""
    _, saturation, _ = Image.open(io.BytesIO(png)).convert("RGB").convert("HSV").split()
    return sum(saturation.histogram()[40:])


def test_the_page_of_a_pdf_with_the_passage_in_a_box(visit, site: Site) -> None:
    page = visit(ui="en", q=LAKES)
    pdf = card(page, "PDF")
    expect(pdf.locator(".qs-text").first).to_contain_text("lake")
    dialog = open_context(page, pdf)
    dialog.get_by_role("radio", name="Page").click()
    picture = dialog.locator("img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", re.compile(r"Page \d+ of .*box"))
    page.wait_for_function("document.querySelector('[role=dialog] img').naturalWidth >= 800")
    drawn = base64.b64decode(picture.get_attribute("src").partition(",")[2])
    assert coloured(drawn) > 500
    expect(dialog.locator(".qs-spot")).to_be_in_viewport()
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.locator(".qs-here")).to_contain_text("lake")


def test_the_original_file_is_downloaded(visit, site: Site) -> None:
    page = visit(ui="en", q=CHIEFS)
    card(page).get_by_role("button", name="Source").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download file").click()
    name = download.value.suggested_filename
    assert download.value.path().read_bytes() == (site.corpus / name).read_bytes()


def test_a_citation_in_every_style(visit) -> None:
    page = visit(ui="en", q=CHIEFS)
    card(page).get_by_role("button", name="Cite").first.click()
    panel = page.locator('[data-testid="stPopoverBody"]')
    for style, cited in (
        ("Plain", "温州市生态环境局, "), ("GB/T 7714", "温州市生态环境局. "), ("APA", "(2021, August 12)"),
        ("BibTeX", "@misc{"), ("RIS", "TY  - "),
    ):  # fmt: skip
        panel.get_by_role("radio", name=style, exact=True).click()
        expect(panel.locator("code").first).to_contain_text(cited)
    expect(panel).to_contain_text(re.compile("[0-9a-f]{64}"))


def test_why_a_passage_is_a_hit(visit) -> None:
    page = visit(ui="en", q=CHIEFS)
    card(page).get_by_role("button", name="Why").first.click()
    panel = page.locator('[data-testid="stPopoverBody"]')
    expect(panel).to_contain_text("bear on the question")
    expect(panel).to_contain_text("河长")
    expect(panel.get_by_role("table")).to_contain_text("Calibrated relevance")
