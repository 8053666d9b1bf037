import functools
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import ingest
from indexer.ingest import document_from_text, make_document
from indexer.ingest.chunk import CONTEXT_TOKENS, MAX_TOKENS
from indexer.ingest.sentences import sentences
from indexer.types import Line, LoadedFile

# Where passages are cut shows best without the sentence that each repeats of the one before.
chunk_document = functools.partial(ingest.chunk_document, overlap_sentences=0)


def count_tokens(texts):
    """About what XLM-R counts: 1.5 Chinese characters or 1/1.3 word to a token, and one for each sign."""
    return [
        round(
            len(re.findall("[\u3400-\u9fff]", text)) / 1.5
            + 1.3 * len(re.findall(r"[A-Za-z]+|\d+", text))
            + len(re.findall(r"[^\w\s]", text))
        )
        for text in texts
    ]


def chunk(text, budget=60, **kwargs):
    document = document_from_text(text, title=kwargs.pop("title", None))
    passages = chunk_document(document, count_tokens, budget=budget, **kwargs)
    check(document, passages)
    return [passage.text for passage in passages]


def check(document, passages):
    end = 0
    covered = []
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip()
        assert passage.start >= end
        assert count_tokens([f"{passage.context}\n{passage.text}"])[0] <= MAX_TOKENS
        covered.append(passage.text)
        end = passage.end
    assert re.sub(r"\s", "", "".join(covered)) == re.sub(r"\s", "", document.text)


ZH = "生态环境部要求各地加强大气污染防治工作。"
EN = "The ministry told all cities to improve the quality of their air."


def test_passages_end_at_sentences():
    texts = chunk("".join(f"第{n}项任务是加强大气污染防治工作并公开信息。" for n in range(30)))
    assert len(texts) > 4
    assert all(text.endswith("。") for text in texts)
    texts = chunk(" ".join(f"Task {n} is to improve the air of the city." for n in range(30)))
    assert all(text.endswith("city.") and text.startswith("Task") for text in texts)


@pytest.mark.parametrize(
    "sentence",
    [
        "The limit in No. 3 is 2.5 mg per litre as Mr. J. Smith of the U.S. embassy said at 5 p.m. in"
        " Art. 7 of the law.",
        "He cited e.g. the rules, i.e. those of Sept. 2019, and Fig. 2 by Wang et al. in the report o"
        "f that year.",
        "“浓度为2.5微克。”他说，“这是历史最好水平！”随后会议结束，各地代表就此展开了热烈讨论并达成一致。",
        "“We won!” the mayor said when the figures of the season came out and the sky had turned blue again.",
    ],
)
def test_no_cut_inside_a_sentence(sentence):
    budget = max(20, count_tokens([sentence])[0] + 1)
    assert chunk(f"{sentence}\n{sentence}", budget=budget) == [sentence, sentence]


def test_quotes_and_brackets_stay_with_their_sentence():
    assert chunk(
        "他说：“要加强监测工作，确保完成今年的任务。”会议要求各地落实责任并按时报告进展情况。", budget=22
    ) == [
        "他说：“要加强监测工作，确保完成今年的任务。”",
        "会议要求各地落实责任并按时报告进展情况。",
    ]


def test_long_sentence_is_cut_at_commas():
    sentence = "，".join(f"第{n}个城市要改善空气质量" for n in range(60)) + "。"
    texts = chunk(sentence)
    assert len(texts) > 5
    assert all(text.endswith(("，", "。")) for text in texts)
    assert all(count_tokens([text])[0] <= 60 * 1.25 for text in texts)


def test_text_without_any_sentence():
    assert len(chunk("环" * 5000)) > 30
    assert len(chunk("x" * 50_000)) > 10
    assert len(chunk("word " * 5000)) > 30


def test_empty_text_has_no_passages():
    assert chunk("") == []
    assert chunk(" \n\n ") == []


def test_heading_stays_with_what_it_heads():
    lines = []
    for n in range(1, 9):
        lines.append(Line(f"第{'一二三四五六七八'[n - 1]}章　总则", len(lines) + 1))
        lines += [Line(ZH * 2, len(lines) + 1 + i) for i in range(n % 3 + 1)]
    document = make_document(LoadedFile(tuple(lines), "txt", title="某某环境保护条例"), "0")
    passages = chunk_document(document, count_tokens, budget=60)
    check(document, passages)
    for passage in passages:
        assert not re.search(r"第.章　总则$", passage.text)
    inner = next(p for p in passages if "章" not in p.text)
    assert re.fullmatch(r"某某环境保护条例 > 第.章 总则", inner.context)


def test_unmarked_heading_stays_with_what_it_heads():
    for text in chunk(
        "\n".join(f"Progress is obvious in part {n}\n{EN} {EN} {EN}" for n in "abcdef"), budget=70
    ):
        assert not re.search(r"part \w$", text)


def test_articles_start_passages():
    text = "\n".join(f"第{n}条　{ZH * 3}" for n in "一二三四五六")
    assert all(passage.startswith("第") for passage in chunk(text, budget=120))


def test_paragraphs_of_two_languages_make_passages_of_one():
    paragraphs = [ZH * 3, f"{EN} {EN} {EN}"] * 4
    document = document_from_text("\n".join(paragraphs))
    passages = chunk_document(document, count_tokens, budget=200)
    assert [passage.text for passage in passages] == paragraphs
    assert [passage.lang for passage in passages] == ["zh", "en"] * 4


def test_glossary_is_not_cut_to_shreds():
    text = "\n".join(["空间望远镜", "space telescope", "观测设备", "observation apparatus"] * 5)
    assert len(chunk(text, budget=200)) == 1


def test_table_rows_are_not_cut():
    header = "污染物 | 浓度限值 | 监测部门"
    rows = [f"污染物{n} | {n} mg/L | 生态环境部门" for n in range(40)]
    document = document_from_text("\n".join(["表1 水污染物排放限值", header, *rows, ZH]))
    passages = chunk_document(document, count_tokens, budget=60)
    check(document, passages)
    assert len(passages) > 5
    assert passages[0].text.startswith(f"表1 水污染物排放限值\n{header}\n污染物0")
    assert passages[0].context == ""
    for passage in passages[1:]:
        assert set(passage.text.split("\n")) <= {*rows, ZH}
        assert passage.context == header
    assert passages[-1].text.endswith(f"{rows[-1]}\n{ZH}")


def test_table_with_rows_in_two_languages_is_one_table():
    rows = [
        row for n in range(6) for row in (f"化学需氧量{n} | 浓度限值", "chemical oxygen demand | limit value")
    ]
    assert len(chunk("\n".join(rows), budget=200)) == 1


def test_line_with_a_bar_alone_is_text():
    first, *rest = chunk_document(document_from_text(f"来源 | 环境报\n{ZH * 12}"), count_tokens, budget=60)
    assert first.text.startswith("来源 | 环境报\n生态")
    assert [passage.context for passage in rest] == [""] * len(rest)


LEAD = "第九条 有下列行为之一的，由主管部门责令改正："
ITEMS = [f"（{n}）未按照规定安装第{n}类监测设备的；" for n in "一二三四五六七八九"]


def test_lead_in_stays_with_its_first_item_and_is_context_of_the_others():
    document = document_from_text("\n".join([ZH * 2, LEAD, *ITEMS, ZH * 2]), title="某条例")
    passages = chunk_document(document, count_tokens, budget=60)
    check(document, passages)
    assert any(f"{LEAD}\n{ITEMS[0]}" in passage.text for passage in passages)
    later = [passage for passage in passages if passage.text.startswith("（")]
    assert later
    assert {passage.context for passage in later} == {f"某条例\n{LEAD}"}


def test_lead_in_of_a_list_within_a_list():
    inner = [f"{n}. 第{n}项检查工作应当在年底以前完成；" for n in range(1, 9)]
    document = document_from_text(
        "\n".join([LEAD, ITEMS[0], "（二）未完成下列检查工作的：", *inner, *ITEMS[2:]])
    )
    context = {
        passage.text[:3]: passage.context for passage in chunk_document(document, count_tokens, budget=40)
    }
    assert {context[start] for start in context if start[1:] == ". "} == {"（二）未完成下列检查工作的："}
    assert {context[start] for start in context if start in ("（五）", "（七）", "（九）")} == {LEAD}


def test_lines_broken_within_a_sentence_stay_together():
    lines = [
        "The ministry told all of the cities in the north and the",
        "west to improve the air by the spring.",
    ] * 12
    for text in chunk("\n".join(lines)):
        assert text.startswith(lines[0])
        assert text.endswith(lines[1])


def test_headings_of_several_levels():
    lines = [
        *(("第一编　总论", True), ("第一章　目标", True), ("一、空气", True), (ZH * 8, False)),
        *(("二、水", True), (ZH * 8, False), ("第二章　措施", True), (ZH * 8, False)),
    ]
    loaded = LoadedFile(
        tuple(Line(t, n, heading=h) for n, (t, h) in enumerate(lines)), "txt", title="空气改善计划"
    )
    passages = chunk_document(make_document(loaded, "0"), count_tokens, budget=60)
    assert list(dict.fromkeys(p.context for p in passages if p.text.startswith("生态"))) == [
        "空气改善计划 > 第一编 总论 > 第一章 目标 > 一、空气",
        "空气改善计划 > 第一编 总论 > 第一章 目标 > 二、水",
        "空气改善计划 > 第一编 总论 > 第二章 措施",
    ]
    assert not any(re.search("(总论|目标|空气|水|措施)$", passage.text) for passage in passages)


def test_path_that_is_too_long_keeps_title_and_nearest_heading():
    headings = ["第一章　" + "关于大气的规定" * 6, "一、" + "关于监测的规定" * 6]
    lines = [Line(t, n, heading=True) for n, t in enumerate(headings)] + [Line(ZH * 12, 9)]
    document = make_document(LoadedFile(tuple(lines), "txt", title="关于空气的通知" * 6), "0")
    context = chunk_document(document, count_tokens, budget=60)[-1].context
    assert count_tokens([context])[0] <= CONTEXT_TOKENS * 1.1
    assert re.fullmatch("关于空气的通知.* > 一、关于监测的规定.*", context)


def test_long_sentence_is_cut_at_its_semicolons_first():
    clause = "企业应当建立台账，记录设备运行情况，并保存三年以上；"
    texts = chunk("有关要求如下：" + clause * 12 + "政府应当公开信息。")
    assert len(texts) > 3
    assert all(text.endswith(("；", "。")) for text in texts)


def test_skipped_lines_are_in_no_passage():
    lines = ["条例", "首页 新闻 公告", ZH * 4, "扫一扫在手机打开当前页", "本网站由某某局主办", ZH * 4, "完"]
    skip = {1, 3, 4}
    document = document_from_text("\n".join(lines), title="条例")
    for overlap in (0, 1):
        passages = chunk_document(document, count_tokens, budget=60, overlap_sentences=overlap, skip=skip)
        spans = document.spans
        for index, span in enumerate(spans):
            inside = [p for p in passages if p.start < span.end and span.start < p.end]
            assert bool(inside) == (index not in skip)
    assert chunk_document(document, count_tokens, skip=range(len(lines))) == []


def test_script():
    document = document_from_text(f"為了保護環境，制定本法。\n中文\n{ZH * 9}\n{EN} {EN} {EN}")
    assert {(p.text[0], p.script) for p in chunk_document(document, count_tokens, budget=40)} >= {
        ("生", "Hans"),
        ("T", "Latn"),
    }
    traditional = document_from_text("為了保護環境，制定本法。" * 9 + "\n" + "中文文件，" * 30)
    assert {p.script for p in chunk_document(traditional, count_tokens, budget=40)} == {"Hant"}


def test_tiny_rest_joins_the_passage_before():
    assert len(chunk(f"{ZH * 4}\n特此通知。")) == 1


def test_context():
    document = document_from_text(f"长标题\n{ZH * 12}", title="长标题")
    first, second, *_ = chunk_document(document, count_tokens, budget=60)
    assert first.context == ""
    assert second.context == "长标题"
    long = document_from_text(ZH * 12, title="关于加强大气污染防治工作的通知" * 10)
    assert count_tokens([chunk_document(long, count_tokens)[0].context])[0] <= CONTEXT_TOKENS * 1.1


def test_lines_and_pages():
    lines = (
        Line(ZH * 3, 1, page=1),
        Line("各地应当", 2, page=1),
        Line("公开环境信息。" + ZH * 3, 1, page=2, separator=""),
    )
    document = make_document(LoadedFile(lines, "pdf", n_pages=2), "0")
    passages = chunk_document(document, count_tokens, budget=60)
    assert (passages[0].page, passages[0].page_end, passages[0].line) == (1, 1, 1)
    assert (passages[-1].page, passages[-1].page_end, passages[-1].line_end) == (1, 2, 1)
    assert passages[-1].text.startswith("各地应当公开环境信息。")


def test_overlap():
    document = document_from_text(
        "".join(f"第{n}项任务是加强大气污染防治工作并公开信息。" for n in range(20))
    )
    passages = chunk_document(document, count_tokens, budget=60, overlap_sentences=1)
    for before, after in pairwise(passages):
        assert after.start < before.end
        assert document.text[after.start : after.end] == after.text
        assert re.fullmatch(
            "第[0-9]+项任务是加强大气污染防治工作并公开信息。", document.text[after.start : before.end]
        )


def test_a_sentence_is_repeated_by_default():
    document = document_from_text("".join(f"第{n}项任务是公开信息。" for n in range(40)))
    passages = ingest.chunk_document(document, count_tokens, budget=60)
    assert len(passages) > 3 and all(b.start < a.end for a, b in pairwise(passages))


def test_overlap_does_not_reach_over_a_heading():
    text = "\n".join(f"第{n}章　总则\n{ZH * 5}" for n in "一二三四")
    loaded = LoadedFile(tuple(Line(t, 1, heading="章" in t) for t in text.split("\n")), "txt")
    passages = chunk_document(make_document(loaded, "0"), count_tokens, budget=60, overlap_sentences=1)
    assert sum(p.text.startswith("第") for p in passages) == 4
    assert all(p.text.count("章") <= 1 for p in passages)


@pytest.mark.parametrize("kwargs", [{"budget": 5}, {"budget": 1000}, {"overlap_sentences": -1}])
def test_impossible_settings(kwargs):
    with pytest.raises(ValueError, match=r"budget|overlap"):
        chunk_document(document_from_text(ZH), count_tokens, **kwargs)


def test_tokens_are_counted_in_few_batches():
    calls = []

    def counting(texts):
        calls.append(len(texts))
        return count_tokens(texts)

    chunk_document(document_from_text((ZH * 100 + "，".join(["环境"] * 500) + "\n") * 5), counting)
    assert len(calls) <= 2


PIECES = st.sampled_from(
    [
        *(
            "环境",
            "保护。",
            "”",
            "！",
            "第一条　",
            "；",
            "，",
            "…",
            "）",
            "污染" * 60,
            "一、总则\n",
            "(",
            "x" * 90,
            "?",
        ),
        *("Air", "quality. ", "No. 3 ", "2.5", "| a |", "the law of the land ", "- ", ". A", "\U0001f600"),
        *("\n", "\n\n", " ", "\u3000", "\t", "\u2028", "\x85", "\r"),
    ]
)


TEXTS = st.one_of(st.lists(PIECES, max_size=120).map("".join), st.text(max_size=200))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(20, 320), st.sampled_from([None, "环境", "Air quality"]))
def test_any_text_is_covered_in_order(text, budget, title):
    chunk(text, budget=budget, title=title)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(20, 200))
def test_only_sentences_above_the_budget_are_cut(text, budget):
    document = document_from_text(text)
    whole = [
        (a, b)
        for span in document.spans
        for a, b in sentences(document.text, span.start, span.end)
        if count_tokens([document.text[a:b]])[0] <= budget
    ]
    for passage in chunk_document(document, count_tokens, budget=budget):
        assert not any(a < passage.end < b for a, b in whole)
        assert count_tokens([passage.text])[0] <= budget * 1.25 + 30


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(20, 200), st.integers(0, 2), st.data())
def test_any_lines_can_be_skipped(text, budget, overlap, data):
    document = document_from_text(text, title="环境")
    skip = data.draw(st.sets(st.integers(0, len(document.spans) - 1)))
    passages = chunk_document(document, count_tokens, budget, overlap_sentences=overlap, skip=skip)
    covered = {i for p in passages for i in range(p.start, p.end)}
    for index, span in enumerate(document.spans):
        seen = {i for i in range(span.start, span.end) if not document.text[i].isspace()}
        assert not seen & covered if index in skip else seen <= covered
