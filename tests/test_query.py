from __future__ import annotations

import pytest

from indexer.config import load_settings
from indexer.errors import QueryError
from indexer.language.lexicon import Lexicon
from indexer.search.query import DICTIONARY_WEIGHT, MAX_CHARACTERS, analyze, check_k, check_lang


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(load_settings().cache)


@pytest.mark.parametrize("text", ["", "   ", "\n\t\r", "\u200b", "\ufeff \x00", "\u2028"])
def test_empty_question(lexicon: Lexicon, text: str) -> None:
    with pytest.raises(QueryError, match="empty"):
        analyze(text, lexicon)


@pytest.mark.parametrize("text", ["？！。，", "...", "🌲🌊🔥", "—— ……", "()[]{}", "👨‍👩‍👧"])
def test_question_without_words(lexicon: Lexicon, text: str) -> None:
    with pytest.raises(QueryError, match="no words"):
        analyze(text, lexicon)


@pytest.mark.parametrize("text", ["a" * 10_000, "水" * 10_000, "water " * 2000])
def test_too_long(lexicon: Lexicon, text: str) -> None:
    with pytest.raises(QueryError, match=f"{MAX_CHARACTERS:,}"):
        analyze(text, lexicon)


def test_longest_question(lexicon: Lexicon) -> None:
    assert len(analyze(("水质 water " * 400)[:MAX_CHARACTERS], lexicon).text) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("北京空气质量", "zh"), ("air quality in Beijing", "en"), ("What is 三同时?", "en"),
        ("PM2.5是多少", "zh"),
        ("2023", "en"), ("環境保護", "zh"),
    ],
)  # fmt: skip
def test_language(lexicon: Lexicon, text: str, lang: str) -> None:
    assert analyze(text, lexicon).lang == lang


def test_control_characters_are_taken_out(lexicon: Lexicon) -> None:
    assert analyze("  water\x00quality\n\u200bof lakes ", lexicon).text == "water quality of lakes"


@pytest.mark.parametrize("text", ["water \udcff lakes", "水\ud83d质"])
def test_halves_of_characters_do_no_harm(lexicon: Lexicon, text: str) -> None:
    """What Python makes of bytes that are not UTF-8 on the command line."""
    analyze(text, lexicon).text.encode()


@pytest.mark.parametrize(
    "text", ["What is the 三同时 rule?", "三同时 rule 是什么", "三同时 PM2.5 2023 carbon 碳"]
)
def test_mixed_question_has_concepts_in_both_languages(lexicon: Lexicon, text: str) -> None:
    query = analyze(text, lexicon)
    for lang in ("zh", "en"):
        tokens = {token for alternatives, _ in query.concepts(lang) for token in alternatives}
        assert tokens and all(isinstance(token, str) for token in tokens)
    assert {"同时"} <= {token for alternatives, _ in query.concepts("zh") for token in alternatives}


def test_concepts(lexicon: Lexicon) -> None:
    query = analyze("lakes and forests", lexicon)
    assert [c for c, _ in query.concepts("en")] == [{"lake": 1.0}, {"forest": 1.0}]
    across = query.concepts("zh")
    assert len(across) == 2
    assert any("湖" in token for token in across[0][0]) and "森林" in across[1][0]
    assert all(0 < w <= 1 for alternatives, _ in across for w in alternatives.values())


def test_sure_translations_weigh_more_than_a_dictionarys(lexicon: Lexicon) -> None:
    query = analyze("carbon intensity of trousers in 2020", lexicon)
    weight = dict(zip((t.source for t in query.terms), (w for _, w in query.concepts("zh")), strict=True))
    assert weight == {"carbon intensity": 1, "trousers": DICTIONARY_WEIGHT, "2020": 1}
    assert {w for _, w in query.concepts("en")} == {1.0}


@pytest.mark.parametrize("k", [0, -1, 1001, 10_000])
def test_k_out_of_range(k: int) -> None:
    with pytest.raises(QueryError, match="1 to 1,000"):
        check_k(k)


def test_k_and_lang() -> None:
    check_k(1), check_k(1000)
    assert [check_lang(x) for x in (None, "zh", "en")] == [None, "zh", "en"]
    with pytest.raises(QueryError, match="zh or en"):
        check_lang("fr")
