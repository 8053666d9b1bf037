"""Typed filters, required phrases and excluded words."""

from __future__ import annotations

import pytest

from indexer.errors import QueryError
from indexer.search.syntax import Request, parse
from indexer.types import Filter


def test_a_plain_question_is_left_alone() -> None:
    for question in (
        "河长多久巡河一次？",
        "PM2.5-related deaths, 5-10%",
        "what is C:N ratio? see http://x.cn/a",
    ):
        assert parse(question) == Request(question)
    assert parse("任何问题").filter == Filter()


def test_phrases_are_required_and_stay_in_the_question() -> None:
    assert parse('where are "river chiefs" named') == Request(
        "where are river chiefs named", phrases=("river chiefs",)
    )
    assert parse('"河长制"和\uff02湖长制\uff02') == Request("河长制 和 湖长制", phrases=("河长制", "湖长制"))
    assert parse("“河长制”和「湖长制」") == Request("“河长制”和「湖长制」")
    assert parse('an open " mark').phrases == ()


def test_excluded_words_leave_the_question() -> None:
    assert parse("臭氧 -成都 -“机动车尾气” ozone") == Request("臭氧 ozone", excluded=("成都", "机动车尾气"))
    assert parse("temperatures of -5 degrees").excluded == ()  # a number, not a word
    assert parse("well-being").excluded == ()


@pytest.mark.parametrize(
    "typed, since, until",
    [
        ("after:2019", "2019-01-01", None),
        ("before:2020", None, "2019-12-31"),
        ("before:2020-03", None, "2020-02-29"),
        ("after:2020-12 before:2021-01-15", "2020-12-01", "2021-01-14"),
        ("after：2020年6月4日", "2020-06-04", None),
        ("before:2020/6/1", None, "2020-05-31"),
    ],
)
def test_dates(typed: str, since: str | None, until: str | None) -> None:
    assert parse(f"good air days {typed}") == Request(
        "good air days", filter=Filter(since=since, until=until)
    )


def test_places_topics_sites_types_and_languages() -> None:
    found = parse('inspection in:四川 in:"Inner Mongolia" topic:water site:MEE.gov.cn type:PDF lang:zh')
    assert found.text == "inspection"
    assert found.filter == Filter(
        lang="zh", places=("510000", "150000"), topics=("water",), site="mee.gov.cn", formats=("pdf",)
    )
    assert parse("in:dalian").filter.places == ("210200",)
    assert parse("目标 topic:水").filter.topics == ("water",)


@pytest.mark.parametrize(
    "typed, says",
    [
        ("before:yesterday", "before:2020-06"),
        ("after:2020-13", "can't be read"),
        ("before:2021-02-30", "no such day"),
        ("in:Sichan", "Did you mean in:Sichuan"),
        ("in:", "in:Sichuan"),
        ("lang:fr", "lang:zh"),
        ("topic:football", "Known topics: air"),
        ("site: mee.gov.cn", "without a space"),
    ],
)
def test_malformed_filters_are_refused_with_the_way_to_write_them(typed: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        parse(f"water {typed}")
