"""Collecting: the basket with its notes, what is exported from it, checked receipts, saved searches."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from .site import ask, card, hits, ready

CHIEFS = "How often must river chiefs patrol in Wenzhou?"
FISHERS = "长江禁渔有多少渔民退捕上岸？"
NOTE = '=1+1 "quoted" <b>备注</b>'


def keep_two(page: Page) -> None:
    """One passage of each of two questions."""
    for n, question in enumerate((CHIEFS, FISHERS), 1):
        ask(page, question)
        expect(hits(page).first).to_contain_text("河长" if n == 1 else "渔")
        ready(page)
        card(page).get_by_role("button", name="Keep", exact=True).first.click()
        expect(page.get_by_role("radio", name=f"Basket ({n})")).to_be_visible()


def exported(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        # Held as long as a finger does: what the pointer leaves is taken meanwhile.
        page.locator(".st-key-exports").get_by_role("button", name=name, exact=True).click(delay=100)
    return Path(download.value.path()).read_bytes()


def test_the_basket_is_exported_with_its_notes_and_its_receipt_holds(visit, tmp_path: Path) -> None:
    page = visit(ui="en")
    keep_two(page)
    page.get_by_role("radio", name="Basket (2)").click()
    note = page.get_by_role("textbox", name="Your note").first
    note.fill(NOTE)
    # Still being typed: it is taken when the click leaves it, and is in what the click exports.
    assert "备注" in exported(page, "Markdown").decode()
    table = exported(page, "CSV")
    assert table.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert len(rows) == 2 and "'" + NOTE in rows[0].values()
    assert exported(page, "BibTeX").count(b"@") >= 2
    assert exported(page, "RIS").count(b"TY  - ") == 2
    with zipfile.ZipFile(io.BytesIO(exported(page, "Word"))) as word:
        assert "河长" in word.read("word/document.xml").decode()
    receipt = exported(page, "JSON receipt")
    passages = next(
        value for value in json.loads(receipt).values() if isinstance(value, list) and len(value) == 2
    )
    assert passages[0]["note"] == NOTE and len(passages[0]["sha256"]) == 64

    kept = tmp_path / "receipt.json"
    kept.write_bytes(receipt)
    page.locator(".st-key-check-receipt summary").click()
    page.locator(".st-key-check-receipt input[type=file]").set_input_files(kept)
    expect(page.locator(".qs-verdicts b")).to_have_text(["Unchanged", "Unchanged"])


def test_side_by_side_and_out_of_the_basket(visit) -> None:
    page = visit(ui="en")
    keep_two(page)
    page.get_by_role("radio", name="Basket (2)").click()
    page.get_by_role("radio", name="Compare side by side").click()
    expect(hits(page)).to_have_count(2)
    ready(page)
    page.wait_for_function(
        """() => { const [left, right] = [...document.querySelectorAll('.qs-text')].map(e => e.getBoundingClientRect());
          return right && left.width > 0 && left.right <= right.left }"""
    )
    page.get_by_role("button", name="Remove").first.click()
    expect(hits(page)).to_have_count(1)
    page.get_by_role("button", name="Empty the basket").click()
    expect(page.get_by_text("Nothing kept yet")).to_be_visible()


def test_a_search_is_saved_for_the_next_browser(visit) -> None:
    page = visit(ui="en", q=FISHERS, lang="zh")
    page.get_by_role("button", name="Save search").click()
    page.get_by_role("textbox", name="Name of the search").fill("渔民 <b>fishers</b>")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as")).to_be_visible()
    other = visit(ui="en", view="saved")
    saved = other.locator(
        ".stVerticalBlock", has=other.get_by_role("heading", name="渔民 <b>fishers</b>")
    ).last
    expect(saved).to_contain_text("Nothing new")
    saved.get_by_role("button", name="Open").click()
    expect(hits(other).first).to_contain_text("渔")
    expect(other.locator(".st-key-filters")).to_contain_text("Chinese passages")
    other.get_by_role("radio", name="Saved").click()
    saved.get_by_role("button", name="Delete").click()
    expect(other.get_by_text("No saved search yet")).to_be_visible()
