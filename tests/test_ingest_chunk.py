import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ingest import chunk_document, document_from_text, make_document
from indexer.ingest.chunk import CONTEXT_TOKENS, MAX_TOKENS
from indexer.types import Line, LoadedFile


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
        "他说：“要加强监测工作，确保完成今年的任务。”会议要求各地落实责任并按时报告进展情况。", budget=25
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
    assert re.fullmatch(r"某某环境保护条例 第.章 总则", inner.context)


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
    rows = [f"污染物{n} | {n} mg/L | 生态环境部门" for n in range(40)]
    for text in chunk("\n".join(rows)):
        assert set(text.split("\n")) <= set(rows)


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


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=120).map("".join), st.text(max_size=200)),
    st.integers(20, 320),
    st.sampled_from([None, "环境", "Air quality"]),
)
def test_any_text_is_covered_in_order(text, budget, title):
    chunk(text, budget=budget, title=title)
