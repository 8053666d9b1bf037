"""Keeping up: new bulletins from the page, what is new for a saved search, and the state of the corpus."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from .bulletins import PAYLOAD
from .site import Site, ask, card, hits, ready

BITTERN = "大麻鳽保护区巡护员每天巡护多少公里？"


def put(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(files)


def test_an_uploaded_bulletin_is_indexed_and_found(visit, site: Site, tmp_path: Path) -> None:
    page = visit(ui="en", q=BITTERN)
    ready(page)
    page.get_by_role("button", name="Save search").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as")).to_be_visible()

    new = tmp_path / "大麻鳽 <b>通报.txt"
    new.write_text(
        f"大麻鳽保护区巡护通报\n2025年6月1日\n\n大麻鳽保护区的巡护员每天巡护27公里，记录芦苇荡中的鸣声。{PAYLOAD}\n",
        "utf-8",
    )
    page = visit(ui="en", view="corpus")
    put(page, new)
    expect(page.get_by_text("is in the inbox")).to_be_visible()
    assert [path.read_bytes() for path in (site.corpus / "inbox").iterdir()] == [new.read_bytes()]
    page.get_by_role("button", name="Reindex").click()
    expect(page.get_by_text("Done: 1 added")).to_be_visible()
    page.get_by_role("radio", name="Search").click()
    ask(page, BITTERN)
    expect(card(page).locator(".qs-text").first).to_contain_text("巡护27公里")

    page.get_by_role("radio", name="Saved").click()
    saved = page.locator(".stVerticalBlock", has=page.get_by_role("heading", name=BITTERN)).last
    expect(saved).to_contain_text(re.compile("[1-9] new since then"))
    saved.get_by_role("button", name="Open").click()
    expect(hits(page).first).to_contain_text("巡护27公里")


def test_what_is_no_bulletin_is_not_taken(visit, site: Site, tmp_path: Path) -> None:
    page = visit(ui="en", view="corpus")
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    put(page, empty)
    expect(page.get_by_role("alert").filter(has_text="empty")).to_be_visible()
    assert not (site.corpus / "inbox" / "empty.txt").exists()


def test_the_state_of_the_corpus(visit) -> None:
    page = visit(ui="en", view="corpus")
    expect(page.locator(".qs-facts")).to_contain_text("Documents")
    failed = page.locator(".qs-section", has_text="could not be read")
    expect(failed).to_contain_text("refused.txt")
    expect(failed).to_contain_text("url must be an address")
    expect(page.locator(".qs-section", has_text="Model and versions")).to_contain_text("e5")
