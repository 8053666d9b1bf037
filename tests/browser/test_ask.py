"""Asking: in both languages, by link, from the history, and how the answers are ordered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .site import Site, ask, box, hits, ready, shown

CHIEFS = "How often must river chiefs patrol in Wenzhou?"
FISHERS = "长江禁渔有多少渔民退捕上岸？"
NAMES = """() => [...document.querySelectorAll('[aria-label], [title], [placeholder]')].flatMap(
  e => ['aria-label', 'title', 'placeholder'].map(name => e.getAttribute(name) || ''))"""


def test_a_chinese_bulletin_answers_an_english_question(visit) -> None:
    page = visit(ui="en")
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("市级河长每月不少于一次")
    expect(hits(page).first).to_have_attribute("lang", "zh")
    expect(hits(page).first.locator("mark", has_text="河长").first).to_be_visible()
    expect(page).to_have_title(re.compile(re.escape(CHIEFS)))
    expect(page.get_by_role("status").filter(has_text="passages")).to_be_visible()


def test_both_languages_answer_a_chinese_question(visit) -> None:
    page = visit(ui="zh")
    box(page).fill(FISHERS)
    page.get_by_role("button", name="搜索").click()
    expect(page.locator('.qs-text[lang="zh"]', has_text="23.1万人").first).to_be_visible()
    expect(page.locator('.qs-text[lang="en"]', has_text="231,000 fishers").first).to_be_visible()


def test_an_example_is_asked_with_a_click(visit) -> None:
    page = visit(ui="en")
    example = page.locator(".st-key-examples").get_by_role("button", name="Wenzhou")
    question = example.inner_text().split("\n")[-1]
    example.click()
    expect(hits(page).first).to_be_visible()
    expect(box(page)).to_have_value(question)


def test_the_language_of_the_page_is_switched_and_stays(visit) -> None:
    page = visit(q=FISHERS)
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()
    page.get_by_role("radio", name="中文").first.click()
    expect(page.get_by_role("button", name="搜索", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("ui=zh"))
    page.reload()
    expect(page.get_by_role("button", name="搜索", exact=True)).to_be_visible()
    expect(box(page)).to_have_value(FISHERS)


@pytest.mark.parametrize("view", ["search", "basket", "corpus"])
def test_the_page_speaks_one_language(visit, view: str) -> None:
    """Also where Streamlit says something by itself: in what screen readers say, in hints and on its own buttons."""
    page = ready(visit(ui="zh", view=view, q="河长制"))
    if view == "basket":
        page.locator(".st-key-check-receipt summary").click()
    if view != "search":
        expect(page.locator("[data-testid=stFileUploaderDropzone] button")).to_have_accessible_name(
            "选择文件"
        )
    names = [name for name in page.evaluate(NAMES) if re.search("[A-Za-z]{3}", name)]
    assert not [name for name in names if not re.search("[\u4e00-\u9fff]", name)]
    if view == "corpus":
        empty = {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}
        page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(empty)
        expect(page.get_by_label("移除 empty.txt")).to_be_visible()
    page.get_by_role("radio", name="EN").click()
    expect(page.locator("[data-testid=stSidebar]")).to_have_attribute("aria-label", "Sidebar")
    assert not [name for name in ready(page).evaluate(NAMES) if re.search("侧栏|选择|关闭", name)]


def test_the_browser_s_language_is_the_page_s_first(visit) -> None:
    expect(visit(locale="zh-CN").get_by_role("button", name="搜索", exact=True)).to_be_visible()


def test_a_choice_of_language_is_remembered(visit, site: Site) -> None:
    page = visit(fresh=True)
    page.get_by_role("radio", name="中文").click()
    expect(page.get_by_role("button", name="搜索")).to_be_visible()
    ready(page)
    later = page.context.new_page()
    later.goto(site.url)
    expect(ready(later).get_by_role("button", name="搜索")).to_be_visible()
    later.goto(site.at(ui="en"))  # a link says which language it is in
    expect(ready(later).get_by_role("button", name="Search")).to_be_visible()
    later.close()


def test_a_link_shows_the_same_in_another_browser(visit) -> None:
    page = visit(ui="en", q="pollution 污染")
    page.get_by_role("radio", name="English first").click()
    expect(page).to_have_url(re.compile("balance=en"))
    page.locator(".st-key-facet-year button", has_text="2025").click()
    expect(page.locator(".st-key-filters")).to_contain_text("2025")
    ready(page)
    other = visit(url=page.url, fresh=True)
    expect(box(other)).to_have_value("pollution 污染")
    expect(other.locator(".st-key-filters")).to_contain_text("2025")
    expect(other.get_by_role("radio", name="English first")).to_be_checked()
    assert shown(other) == shown(page) != []


def test_what_was_asked_before_is_a_click_and_a_step_back_away(visit) -> None:
    page = visit(ui="en")
    ask(page, CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    ask(page, FISHERS)
    expect(hits(page).first).to_contain_text(re.compile("渔|fish"))
    page.locator(".st-key-history").get_by_role("button", name=CHIEFS).click()
    expect(box(page)).to_have_value(CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    page.go_back()
    expect(box(page)).to_have_value(FISHERS)
    expect(hits(page).first).to_contain_text(re.compile("渔|fish"))


def test_answers_stay_until_the_next_are_there(visit) -> None:
    page = visit(ui="en", q=CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    page.evaluate(
        """() => { window.fewest = 99; const look = () => {
          window.fewest = Math.min(window.fewest, document.querySelectorAll('.qs-text').length);
          requestAnimationFrame(look); }; look(); }"""
    )
    ask(page, FISHERS)
    expect(hits(page).first).to_contain_text(re.compile("渔|fish"))
    ready(page)
    assert page.evaluate("window.fewest") > 0


def languages(page: Page) -> list[str]:
    return hits(page).evaluate_all("all => all.map(hit => hit.lang)")


def test_one_language_first_and_side_by_side(visit) -> None:
    page = visit(ui="en", q=FISHERS)
    page.get_by_role("radio", name="English first").click()
    expect(hits(page).first).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("balance=en"))
    assert set(languages(ready(page))) == {"zh", "en"}
    page.get_by_role("radio", name="Side by side").click()
    places = []
    for lang in ("zh", "en"):
        column = page.locator(f".st-key-column-{lang}")
        expect(column.locator(".qs-text").first).to_have_attribute("lang", lang)
        assert column.locator(f'.qs-text:not([lang="{lang}"])').count() == 0
        places.append(column.bounding_box())
    left, right = places
    assert left["x"] + left["width"] <= right["x"] and left["y"] == right["y"]


def test_newest_first(visit) -> None:
    page = visit(ui="en", q="air quality 空气质量", sort="newest")
    expect(hits(page).first).to_be_visible()
    about = page.locator(".qs-top + .qs-meta").all_inner_texts()
    dates = [found[0] for text in about if (found := re.findall(r"\d{4}-\d\d-\d\d", text))]
    relevant = dates[: page.evaluate("document.querySelectorAll('.qs-strong, .qs-good').length")]
    assert len(relevant) > 1 and relevant == sorted(relevant, reverse=True)
