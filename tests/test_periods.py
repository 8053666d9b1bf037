import datetime

import pytest

from indexer.language.periods import document_periods, find_periods

ISSUED = datetime.date(2024, 7, 20)


def values(text, lang="zh", published=None):
    return [mention.value for mention in find_periods(text, lang, published)]


def months(year, first, last):
    last_day = {6: 30, 9: 30, 12: 31, 3: 31, 10: 31, 5: 31, 2: 29, 4: 30, 11: 30}[last]
    return f"{year}-{first:02}-01/{year}-{last:02}-{last_day}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024年上半年全国空气质量", months(2024, 1, 6)),
        ("2023年下半年", months(2023, 7, 12)),
        ("2019年第二季度", months(2019, 4, 6)),
        ("2019年四季度", months(2019, 10, 12)),
        ("2022年前三季度", months(2022, 1, 9)),
        ("2020年1—6月", months(2020, 1, 6)),
        ("2020年1月至10月", months(2020, 1, 10)),
        ("2020年1-6月份", months(2020, 1, 6)),
        ("2021年前5个月", months(2021, 1, 5)),
        ("二〇二〇年六月", months(2020, 6, 6)),
        ("2020年12月", months(2020, 12, 12)),
        ("2018-2020年", "2018-01-01/2020-12-31"),
        ("2021年至2025年", "2021-01-01/2025-12-31"),
        ("（2014—2020年）", "2014-01-01/2020-12-31"),
        ("2020年1月至2021年3月", "2020-01-01/2021-03-31"),
        ("2020年9月1日至11月30日", "2020-09-01/2020-11-30"),
        ("2020年11月15日—2021年3月15日", "2020-11-15/2021-03-15"),
        ("2023—2024年秋冬季攻坚方案", "2023-10-01/2024-03-31"),
        ("2017-2018年采暖季", "2017-10-01/2018-03-31"),
        ("2020年", "2020-01-01/2020-12-31"),
        ("2020年度", "2020-01-01/2020-12-31"),
        ("２０２０年", "2020-01-01/2020-12-31"),
        ("二〇二〇年度报告", "2020-01-01/2020-12-31"),
        ("截至2020年底", "2020-01-01/2020-12-31"),
        ("“十四五”规划", "2021-01-01/2025-12-31"),
        ("「十二五」期間", "2011-01-01/2015-12-31"),
        ("十三五期间川东北", "2016-01-01/2020-12-31"),
        ("第十五个五年规划", "2026-01-01/2030-12-31"),
        ("十五五时期", "2026-01-01/2030-12-31"),
        ("“十五”期间", "2001-01-01/2005-12-31"),
        ("“九五”计划", "1996-01-01/2000-12-31"),
        ("大连 2020", "2020-01-01/2020-12-31"),
    ],
)
def test_chinese(text, expected):
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the first half of 2024", months(2024, 1, 6)),
        ("the second half of 2023", months(2023, 7, 12)),
        ("2024 H1", months(2024, 1, 6)),
        ("H2 2024", months(2024, 7, 12)),
        ("second quarter of 2019", months(2019, 4, 6)),
        ("Q3 2019", months(2019, 7, 9)),
        ("2019 Q3", months(2019, 7, 9)),
        ("the first three quarters of 2022", months(2022, 1, 9)),
        ("the first ten months of 2021", months(2021, 1, 10)),
        ("from January to June 2020", months(2020, 1, 6)),
        ("January–June 2020", months(2020, 1, 6)),
        ("in Sept. 2020", months(2020, 9, 9)),
        ("from September 1 to November 30, 2020", "2020-09-01/2020-11-30"),
        ("from November 15, 2020 to March 15, 2021", "2020-11-15/2021-03-15"),
        ("March 2020 to May 2021", "2020-03-01/2021-05-31"),
        ("the 14th Five-Year Plan", "2021-01-01/2025-12-31"),
        ("the Thirteenth Five-Year Plan period", "2016-01-01/2020-12-31"),
        ("15th five year plan", "2026-01-01/2030-12-31"),
        ("2018-2020", "2018-01-01/2020-12-31"),
        ("between 2018 and 2020", "2018-01-01/2020-12-31"),
        ("2023/24 winter heating season", "2023-10-01/2024-03-31"),
        ("the winter of 2017-2018", "2017-10-01/2018-03-31"),
        ("2020 annual report", "2020-01-01/2020-12-31"),
        ("by the end of 2025", "2025-01-01/2025-12-31"),
        ("Dalian 2020", "2020-01-01/2020-12-31"),
        ("dalian air 2020", "2020-01-01/2020-12-31"),
    ],
)
def test_english(text, expected):
    assert values(text, "en") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今年1—6月", months(2024, 1, 6)),
        ("今年上半年", months(2024, 1, 6)),
        ("去年第四季度", months(2023, 10, 12)),
        ("今年", "2024-01-01/2024-12-31"),
        ("比去年同期", "2023-01-01/2023-12-31"),
        ("1—6月，全国优良天数", months(2024, 1, 6)),
        ("前三季度", months(2024, 1, 9)),
        ("first half of this year", months(2024, 1, 6)),
        ("last year", "2023-01-01/2023-12-31"),
    ],
)
def test_what_only_the_date_of_issue_tells(text, expected):
    assert values(text, "zh", ISSUED) == [expected]
    assert values(text, "zh") == []


@pytest.mark.parametrize(
    "text",
    [
        "2018年6月4日",
        "二〇一八年六月四日",
        "2018-06-04",
        "2018/06/04 发布",
        "On June 4, 2018",
        "4 June 2018",
        "June 4th, 2018",
        "GB 3095-2012",
        "HJ 2025-2012 标准",
        "环发〔2009〕12号",
        "排放2000吨",
        "2000 tons of waste",
        "电话 2020-1234567",
        "共二十五个断面",
        "有十五个县、十四五个乡",
        "第十五五号",
        "2020个站点",
        "No. 2020",
        "增长20.20%",
        "",
    ],
)
def test_no_period(text):
    assert values(text, "zh", ISSUED) == [] == values(text, "en", ISSUED)


def test_spans_and_order():
    text = "2019年，空气好转；“十四五”期间，2021年上半年更好。"
    mentions = find_periods(text, "zh")
    assert [text[m.start : m.end] for m in mentions] == ["2019年", "“十四五”", "2021年上半年"]
    assert all(0 < m.confidence <= 1 for m in mentions)
    lines = "第一行没有\n二〇二〇年度\n第三行"
    (mention,) = find_periods(lines, "zh")
    assert lines[mention.start : mention.end] == "二〇二〇年度"


def test_a_bare_year_counts_in_titles_and_questions_only():
    assert values("Bulletin 2020", "en") == ["2020-01-01/2020-12-31"]
    assert values("Bulletin 2020\n" + "The text goes on without years. " * 20, "en") == []


def test_both_languages_in_one_line():
    assert values("2020年 the 14th Five-Year Plan") == ["2020-01-01/2020-12-31", "2021-01-01/2025-12-31"]


# ------------------------------------------------------------------------------------------------------------ documents


def test_the_title_comes_first_then_what_is_named_most():
    text = "2019年优良天数增加。" + "2018年也增加。" * 5 + "到2035年根本好转。"
    facts = [fact for fact, _ in document_periods("2020年工作总结", text, "zh")]
    assert [fact.value[:4] for fact in facts] == ["2020", "2018", "2019", "2035"]
    assert [fact.origin for fact in facts] == ["title line", "text", "text", "text"]
    assert facts[0].confidence > facts[1].confidence > facts[2].confidence


def test_the_date_of_issue_is_no_period():
    text = "各单位要落实责任。" * 30 + "\n某市生态环境局\n2020年6月5日\n二〇二〇年六月\n（2020年6月）"
    assert document_periods("关于排查的通知", text, "zh") == []


def test_quotes_and_offsets():
    text = "第一段。\n  据统计，2019年上半年，全市完成整改。" + "后面还有很多话。" * 20
    ((fact, offset),) = document_periods(None, text, "zh")
    assert fact.value == "2019-01-01/2019-06-30"
    assert text.startswith(fact.quote, offset) and "2019年上半年" in fact.quote and len(fact.quote) <= 80
    ((fact, offset),) = document_periods("2020年公报", "", "zh")
    assert (fact.quote, offset) == ("2020年公报", None)


def test_at_most_eight_and_none_twice():
    text = "。".join(f"{year}年、{year}年" for year in range(2000, 2020))
    found = [fact.value for fact, _ in document_periods("2001年", text, "zh")]
    assert len(found) == len(set(found)) == 8


@pytest.mark.parametrize(
    ("text", "lang"),
    [("记者昨日从市生态环境局获悉，空气质量好转。", "zh"), ("Yesterday the bureau held a meeting.", "en")],
)
def test_yesterday_is_the_day_before_a_known_date(text, lang):
    (mention,) = find_periods(text, lang, datetime.date(2019, 6, 1))
    assert mention.value == "2019-05-31/2019-05-31"
    assert find_periods(text, lang) == []
