"""Marks: the right words, and offsets that stay true whatever the text."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.language.lexicon import Term
from indexer.language.tokens import query_tokens
from indexer.search.highlight import highlight
from indexer.search.query import Query
from indexer.types import LANGS, Lang


def ask(text: str, lang: Lang, *terms: Term) -> Query:
    return Query(text, lang, tuple(query_tokens(text)), terms)


def marks(text: str, query: Query, lang: Lang) -> list[str]:
    return [text[start:end] for start, end in highlight(text, query, lang)]


FINE = ask("how high is the fine for discharging without a permit", "en", Term("fine", ("罚款",), True))


@pytest.mark.parametrize(
    ("question", "lang", "text", "expected"),
    [
        ("emission permits", "en", "A Permit names each emission; permitted Emissions are listed.",
         ["Permit", "emission", "permitted", "Emissions"]),
        ("China's targets", "en", "China’s target and CHINA", ["China’s", "target", "CHINA"]),
        ("排污许可证", "zh", "持有排污许可证，按证排污。", ["排污许可证", "排污"]),
        ("禁渔", "zh", "“十年禁渔期”开始", ["禁渔"]),
        ("垃圾收费", "zh", "香港垃圾收費擱置", ["垃圾收費"]),
        ("垃圾收費", "zh", "香港垃圾收费搁置", ["垃圾收费"]),
        ("PM2.5浓度", "zh", "ＰＭ２．５濃度為30.5微克", ["ＰＭ２．５濃度"]),
        ("1234个污染源", "zh", "共有1,234家", ["1,234"]),
        ("国家", "zh", "中国家庭", []),
        ("office", "en", "the oﬃces", ["oﬃces"]),
        ("水", "zh", "污水和水", ["水"]),
    ],
)  # fmt: skip
def test_own_language(question: str, lang: Lang, text: str, expected: list[str]) -> None:
    assert marks(text, ask(question, lang), lang) == expected


def test_translations_are_marked_in_the_other_language_only() -> None:
    assert marks("处以罚款；fine weather", FINE, "zh") == ["罚款", "fine"]
    assert marks("处以罚款", FINE, "en") == []


def test_words_of_a_translated_phrase_are_marked_where_they_stand_together() -> None:
    query = ask("复印", "zh", Term("复印", ("photocopy a document",)))
    assert marks("Photocopy each document twice.", query, "en") == ["Photocopy", "document"]
    assert marks("A document in ten thousand words on how to photocopy.", query, "en") == []


def test_leftovers_of_a_translation_are_not_marked() -> None:
    query = ask("排放", "zh", Term("排放", ("discharge", "arrange in order", "carry out", "of"), True))
    assert marks("By order of the court, discharge is out of the question.", query, "en") == ["discharge"]


def test_each_word_of_a_glossary_phrase_is_marked() -> None:
    query = ask("排污许可证", "zh", Term("排污许可证", ("pollutant discharge permit",), True))
    assert marks("A permit for every plant", query, "en") == ["permit"]


def test_accents_stay_with_their_letters() -> None:
    text = unicodedata.normalize("NFD", "a résumé here")
    assert marks(text, ask("résumé", "en"), "en") == [unicodedata.normalize("NFD", "résumé")]


def test_nothing_to_mark() -> None:
    assert highlight("", FINE, "en") == []
    assert highlight("天气很好", FINE, "en") == []


# Letters of both languages, forms that grow or shrink when folded, and what lies beyond the basic plane.
ODD = st.text(
    st.one_of(
        st.sampled_from("发發髮展國国ＡｂPM2.5㎡ﬁİßée\u0301\u200d罚款permit，。 \n%,1"), st.characters()
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(text=ODD, question=ODD, lang=st.sampled_from(LANGS))
def test_spans_are_within_the_text_sorted_and_apart(text: str, question: str, lang: Lang) -> None:
    query = Query(question, "en", tuple(query_tokens(question)), FINE.terms)
    spans = highlight(text, query, lang)
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))
    assert all(not unicodedata.combining(text[start]) or start == 0 for start, _ in spans)


@settings(max_examples=60, deadline=None)
@given(before=ODD, after=ODD)
def test_a_word_is_found_between_anything(before: str, after: str) -> None:
    text = f"{before} 罚款 {after}"
    at = len(before) + 1
    assert any(start <= at and at + 2 <= end for start, end in highlight(text, FINE, "zh"))


def test_lone_surrogates_do_no_harm() -> None:
    assert marks("\ud800 permit \udfff", FINE, "en") == ["permit"]
