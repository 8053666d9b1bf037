"""Filters, required phrases and excluded words, as a user types them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conftest import HashEmbedder

from indexer import SearchEngine, Settings, reindex
from indexer.errors import QueryError
from indexer.language.tokens import phrase_parts
from indexer.search import restrict
from indexer.store.catalog import Catalog
from indexer.store.lexical import LexicalIndex
from indexer.types import Filter


def paths(engine: SearchEngine, question: str, **options) -> set[str]:
    return {p.removeprefix("corpus/") for h in engine.search(question, 50, **options) for p in h.paths}


def test_without_anything_typed_all_may_be_hits(engine: SearchEngine) -> None:
    assert {"zh-air.txt", "en-air.txt", "zh-lake.txt"} <= paths(engine, "air quality")


def test_dates(engine: SearchEngine) -> None:
    dated = {h.path: h.published for h in engine.search("空气质量", 50) if h.published}
    assert len(set(dated.values())) > 1
    middle = sorted(dated.values())[len(dated) // 2]
    later = engine.search(f"空气质量 after:{middle}", 50)
    assert later and all(h.published and h.published >= middle for h in later)
    earlier = engine.search(f"空气质量 before:{middle}", 50)
    assert all(h.published and h.published < middle for h in earlier)
    assert len({h.doc_id for h in later + earlier}) == len(dated)


def test_places_take_in_what_lies_inside(engine: SearchEngine) -> None:
    in_beijing = paths(engine, "空气质量 in:北京")
    assert "zh-air.txt" in in_beijing and "zh-lake.txt" not in in_beijing
    assert paths(engine, "air quality in:Beijing") == in_beijing
    with pytest.raises(QueryError, match="Did you mean"):
        engine.search("air in:Bejing")


def test_types_publishers_and_languages(engine: SearchEngine) -> None:
    assert all(p.endswith(".html") for p in paths(engine, "permit type:html"))
    assert paths(engine, "空气 site:北京市生态环境局") == {"zh-air.txt", "en-air.txt"}
    assert paths(engine, "空气", where=Filter(publishers=("北京市生态环境局",))) == paths(
        engine, "空气 site:北京市生态环境局"
    )
    assert {h.lang for h in engine.search("air lang:zh", 50)} == {"zh"}


def test_chinese_quotation_marks_leave_the_other_language_in(engine: SearchEngine) -> None:
    """“十二五” and 「河長制」 are how Chinese writes names, not a wish for these very words."""
    assert paths(engine, "“优良天数” 有多少") == paths(engine, "优良天数 有多少")
    assert {h.lang for h in engine.search("「优良天数」有多少", 10)} == {"zh", "en"}


def test_filters_from_both_sides_hold(engine: SearchEngine) -> None:
    assert engine.search("空气 type:txt", 50, where=Filter(formats=("html",))) == []
    assert engine.search("空气 lang:en", 50, lang="zh") == []
    assert paths(engine, "空气 in:北京", where=Filter(formats=("txt",))) <= paths(engine, "空气 in:北京")


def test_phrases_are_required_in_any_script_and_case(engine: SearchEngine) -> None:
    hits = engine.search('"优良天数" days of good air', 50)
    assert hits and all("优良天数" in h.text for h in hits)
    assert paths(engine, '"優良天數"') == paths(engine, '"优良天数"')
    assert all("good air" in h.text.lower() for h in engine.search('"GOOD air"', 50))
    assert engine.search('"no such phrase anywhere"') == []


@pytest.mark.parametrize(
    "phrase",
    [
        "水",
        "环境质量",
        "环境部",
        "部门按",
        "5微克",
        "PM2",
        "\u73af\u5883\n质量",
        "SCR脱",
        "⽔",
        "PM 2.5浓度",
        "衞生",
        "卫生",
    ],
)
def test_a_phrase_is_found_however_the_text_around_it_is_cut(
    settings: Settings, embedder: HashEmbedder, tmp_path: Path, phrase: str
) -> None:
    (tmp_path / "corpus").mkdir()
    said = "污水处理厂。大氣環境質量持续改善。生态环境部公布。各部门按照职责分工。PM2.5浓度为12.5微克。采用SCR脱硝。香港衞生署。"
    for name, text in (("a", said), ("b", "全市共种植树木三千株，新增绿地。")):
        (tmp_path / "corpus" / f"{name}.txt").write_text(f"{text}\n", "utf-8")
    reindex(settings=settings, embedder=embedder)
    with SearchEngine.open(settings=settings, embedder=embedder) as engine:
        assert [Path(hit.path).name for hit in engine.search(f'情况 "{phrase}"')] == ["a.txt"]


def test_whatever_piece_of_a_passage_is_required_all_that_have_it_are_found(sample: Path) -> None:
    with Catalog(sample / "index") as catalog:
        lexical = LexicalIndex(sample / "index")
        texts = {number: text for number, _, _, text in catalog.iter_passages()}
        chance = random.Random(1)
        for text in chance.choices(sorted(texts.values()), k=400):
            begin = chance.randrange(len(text))
            phrase = text[begin : begin + chance.randint(1, 12)].strip('" \n')
            if not phrase_parts(phrase).held:
                continue
            expected = [number for number, text in texts.items() if restrict.contains(text, phrase)]
            assert restrict.with_phrase(phrase, catalog, lexical).tolist() == sorted(expected), phrase


@pytest.mark.parametrize("phrase", ["—", "。。。"])
def test_a_phrase_without_words_is_refused(engine: SearchEngine, phrase: str) -> None:
    with pytest.raises(QueryError, match="no words"):
        engine.search(f'空气质量 "{phrase}"')


def test_of_a_phrase_that_is_nearly_everywhere_the_likeliest_passages_are_looked_through(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restrict, "_MOST_FOR_A_PHRASE", 2)
    hits = engine.search('"空气质量"', 50)
    assert hits and all("空气质量" in hit.text for hit in hits)


def test_excluded_words_are_in_no_hit(engine: SearchEngine) -> None:
    assert any("沙尘" in h.text for h in engine.search("空气质量", 50))
    hits = engine.search("空气质量 -沙尘", 50)
    assert hits and not any("沙尘" in h.text for h in hits)


def test_filters_alone_are_no_question(engine: SearchEngine) -> None:
    with pytest.raises(QueryError, match="empty"):
        engine.search("in:北京 after:2020")


def test_nothing_left(engine: SearchEngine) -> None:
    assert engine.search("air before:1950") == []
