"""Narrowing: facets, dates, chips, the overview."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .site import box, hits, ready, shown

POLLUTION = (
    "pollution 污染"  # relevant are bulletins of two years, topics and provinces, none of them narrowly
)


def facet(page: Page, kind: str, name: str):
    return page.locator(f".st-key-facet-{kind} button", has_text=name)


def test_a_filter_is_a_chip_and_goes_with_it(visit) -> None:
    page = visit(ui="en", q=POLLUTION)
    before = shown(page)
    facet(page, "lang", "English").click()
    chip = page.locator(".st-key-filters").get_by_role("button", name="English passages")
    expect(chip).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))
    expect(page.locator('.qs-text[lang="zh"]')).to_have_count(0)
    assert shown(page) != before
    chip.click()
    expect(chip).to_have_count(0)
    expect(page.locator('.qs-text[lang="zh"]').first).to_be_visible()
    assert shown(page) == before


def test_filters_of_every_kind_together(visit) -> None:
    page = visit(ui="en", q=POLLUTION)
    expect(hits(page).first).to_be_visible()
    facet(page, "format", "PDF").click()
    expect(page.locator(".st-key-filters")).to_contain_text("PDF")
    facet(page, "province", "Beijing").click()
    expect(page.locator(".st-key-filters")).to_contain_text("Beijing")
    expect(hits(page).first).to_be_visible()
    about = page.locator(".qs-top + .qs-meta").all_inner_texts()
    assert about and all("PDF" in text for text in about)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator(".st-key-filters").get_by_role("button", name="PDF")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("type=|place="))


def test_dates(visit) -> None:
    page = visit(ui="en", q=POLLUTION)
    page.get_by_text("Dates of publication").click()
    page.get_by_role("spinbutton", name="year, From").click()
    page.keyboard.type("20250101")
    box(page).focus()
    expect(page).to_have_url(re.compile("since=2025-01-01"))
    expect(page.locator(".st-key-filters")).to_contain_text("Since 2025-01-01")
    about = ready(page).locator(".qs-top + .qs-meta").all_inner_texts()
    dates = re.findall(r"\d{4}-\d\d-\d\d", " ".join(about))
    assert dates and min(dates) >= "2025-01-01"


def test_counts_follow_the_question(visit) -> None:
    page = visit(ui="en", q=POLLUTION)
    expect(facet(page, "lang", "English")).to_be_visible()
    air = page.locator(".st-key-facet-topic").inner_text()
    page = visit(ui="en", q="长江禁渔 fishing ban")
    expect(facet(page, "lang", "English")).to_be_visible()
    assert page.locator(".st-key-facet-topic").inner_text() != air


def test_a_bar_of_the_overview_is_a_filter(visit) -> None:
    page = visit(ui="en", q=POLLUTION)
    page.get_by_text("Overview: when, where").click()
    chart = page.locator(".st-key-chart-province")
    picture = chart.locator("canvas, svg.marks").first
    expect(picture).to_be_visible()
    ready(page)
    place = picture.bounding_box()
    # The longest bar is the first, and begins to the right of the names.
    for share in (0.45, 0.55, 0.65):
        page.mouse.click(place["x"] + share * place["width"], place["y"] + 16)
        if "place=" in page.url:
            break
        page.wait_for_timeout(500)
    expect(page).to_have_url(re.compile("place="))
    expect(page.locator(".st-key-filters button").first).to_be_visible()
