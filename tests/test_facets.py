"""Counts of facets, against counting the hits and the documents one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import BULLETINS, SAMPLE_CORPUS, Remembering

from indexer import SearchEngine, Settings, reindex
from indexer.errors import QueryError
from indexer.language.places import ABOUT
from indexer.language.publishers import publisher_key
from indexer.search import ranking
from indexer.search.facets import Count, FacetCounter, Facets
from indexer.search.relevance import RELEVANT
from indexer.store.catalog import Catalog
from indexer.store.columns import Columns
from indexer.types import Filter

AIR = "北京空气质量"


def counts(facet: tuple[Count, ...]) -> dict[str, int]:
    return {count.value: count.passages for count in facet}


def one_by_one(engine: SearchEngine, where: Filter) -> Counter[tuple[str, str]]:
    """(facet, value) with the number of passages, from each document's own facts."""
    catalog, found = engine._catalog, Counter[tuple[str, str]]()
    numbers = set(catalog.matching(where).tolist())
    for stored in engine.passages():
        p = stored.passage
        if stored.number not in numbers or where.lang not in (None, p.lang):
            continue
        facts = catalog.facts(p.doc_id)
        provinces = {f.value[:2] + "0000" for f in facts if f.name == "place" and f.confidence >= ABOUT}
        found.update([("langs", p.lang), ("formats", stored.format)])
        found.update(("provinces", code) for code in provinces)
        found.update(("topics", f.value) for f in facts if f.name == "topic")
        if stored.publisher:
            found["publishers", publisher_key(stored.publisher)] += 1
        if stored.published:
            found.update([("years", stored.published[:4]), ("months", stored.published[:7])])
    return found


FILTERS = [
    Filter(), Filter(lang="zh"), Filter(since="2022-01-01"), Filter(places=("110000",)), Filter(topics=("air", "water")),
    Filter(formats=("txt",), until="2023-12-31"), Filter(publishers=("北京市生态环境局",)), Filter(topics=("nothing",)),
    Filter(lang="en", places=("530000", "110000"), since="2020", formats=("md", "txt"), topics=("air", "water")),
]  # fmt: skip
OWN: dict[str, dict[str, object]] = {
    "langs": {"lang": None}, "years": {"since": None, "until": None, "period": None}, "publishers": {"publishers": ()},
    "months": {"since": None, "until": None, "period": None}, "provinces": {"places": ()}, "topics": {"topics": ()},
    "formats": {"formats": ()},
}  # fmt: skip


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_whole_index(engine: SearchEngine, where: Filter) -> None:
    facets = engine.facets(None, where=where)
    for name, own in OWN.items():
        expected = one_by_one(engine, replace(where, **own))
        assert counts(getattr(facets, name)) == {
            v: n for (facet, v), n in expected.items() if facet == name
        }, name
    expected = one_by_one(engine, where)
    assert facets.total_passages == sum(n for (facet, _), n in expected.items() if facet == "langs")
    assert engine.facets(None, where=where) == facets


def test_order_and_undated(engine: SearchEngine) -> None:
    facets = engine.facets(None)
    assert facets.total_documents == len(BULLETINS) and facets.undated == 4
    years, months = [c.value for c in facets.years], [c.value for c in facets.months]
    assert years == sorted(years, reverse=True) and months == sorted(months)
    sizes = [c.passages for c in facets.topics]
    assert sizes == sorted(sizes, reverse=True)
    assert {c.value: c.documents for c in facets.provinces}["530000"] == 2


def test_of_a_question(engine: SearchEngine) -> None:
    relevant = [hit for hit in engine.search(AIR, 50) if hit.relevance >= RELEVANT]
    facets = engine.facets(AIR)
    assert facets.total_passages == len(relevant) == 2 and counts(facets.provinces) == {"110000": 2}
    assert counts(facets.langs) == {"zh": 1, "en": 1} and counts(facets.months) == {"2024-01": 2}


def test_choosing_a_value_keeps_the_others(engine: SearchEngine) -> None:
    facets = engine.facets(AIR, lang="zh")
    assert counts(facets.langs) == {"zh": 1, "en": 1} and facets.total_passages == 1
    assert counts(facets.formats) == {"txt": 1}
    elsewhere = engine.facets(AIR, where=Filter(places=("530000",)))
    assert elsewhere.total_passages == 0 and counts(elsewhere.provinces) == {"110000": 2}
    assert counts(engine.facets(AIR, where=Filter(since="2025-01-01")).years) == {"2024": 2}


def test_nothing_relevant_counts_all_candidates(engine: SearchEngine) -> None:
    assert not [hit for hit in engine.search("quantum chromodynamics", 50) if hit.relevance >= RELEVANT]
    assert engine.facets("quantum chromodynamics").total_passages == engine.stats().passages


def test_typed_filters_always_hold(engine: SearchEngine) -> None:
    assert counts(engine.facets(f"{AIR} lang:en").langs) == {"en": 1}
    assert engine.facets(f"{AIR} -Beijing").total_passages == 1
    assert set(counts(engine.facets("quality in:Yunnan").provinces)) == {"530000"}


@pytest.mark.parametrize("question", ["", "？！", "in:nowhere-at-all x"])
def test_bad_question(engine: SearchEngine, question: str) -> None:
    with pytest.raises(QueryError):
        engine.facets(question)


def test_cities_are_those_of_the_chosen_province(
    engine: SearchEngine, settings: Settings, run_reindex
) -> None:
    for name, city in (("cd", "四川省成都市"), ("dl", "辽宁省大连市")):
        text = f"{city}固体废物污染防治公报\n{city}生态环境局\n2023年5月4日\n\n{city}今年新建固体废物处置设施三座，处置能力提高一成。\n"
        (settings.corpus / f"{name}.txt").write_text(text, "utf-8")
    run_reindex()
    assert {"510100", "210200"} <= set(counts(engine.facets(None).cities))
    assert set(counts(engine.facets(None, where=Filter(places=("510000",))).cities)) == {"510100"}
    chosen = engine.facets(None, where=Filter(places=("510100",)))
    assert set(counts(chosen.cities)) == {"510100"} and {"510000", "210000"} <= set(counts(chosen.provinces))


def test_empty_index(tmp_path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        assert FacetCounter(catalog, lambda _state, where: catalog.matching(where)).of_index(
            Filter()
        ) == Facets(0, 0, (), (), (), (), (), (), (), (), 0)


# Before and after a value is chosen


QUESTIONS = [
    "空气质量优良天数", "生态环境", "没有排污许可证排放污染物罚多少钱？", "长江禁渔有多少渔民退捕上岸？",
    "How often must river chiefs patrol in Wenzhou?", "carbon market", "fines for discharging without a permit",
    "air quality type:pdf", "lakes -Dianchi",
]  # fmt: skip


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, remembering: Remembering):
    """An engine over the sample bulletins and the bundled model."""
    index = tmp_path_factory.mktemp("samples") / "index"
    reindex([SAMPLE_CORPUS], index, embedder=remembering)
    with SearchEngine.open(index, embedder=remembering) as opened:
        yield opened


def choices(facets: Facets) -> list[tuple[int, str | None, Filter]]:
    """Documents that each value promises, and the language or filter that chooses it."""
    found: list[tuple[int, str | None, Filter]] = [(c.documents, c.value, Filter()) for c in facets.langs]
    found += [(c.documents, None, Filter(since=c.value, until=f"{c.value}-12-31")) for c in facets.years]
    found += [(c.documents, None, Filter(places=(c.value,))) for c in (*facets.provinces, *facets.cities)]
    for name in ("topics", "publishers", "formats"):
        found += [(c.documents, None, Filter(**{name: (c.value,)})) for c in getattr(facets, name)]
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_value_leaves_what_it_promises(samples: SearchEngine, question: str) -> None:
    every = samples.search(question, 400, fold=False)
    assert max(h.relevance for h in every) >= RELEVANT
    # Late interaction reaches further down under a filter: what it does not see without one is far from relevant.
    relevance = {h.passage_id: h.relevance for h in every if "late" in h.scores}
    assert all(h.relevance < RELEVANT / 3 for h in every if "late" not in h.scores)
    chosen = choices(samples.facets(question))
    assert len(chosen) > 5
    for promised, lang, where in chosen:
        hits = samples.search(question, 400, lang, where=where, fold=False)  # type: ignore[arg-type]
        assert len({h.doc_id for h in hits if h.relevance >= RELEVANT}) == promised, where
        assert samples.facets(question, lang=lang, where=where).total_documents == promised  # type: ignore[arg-type]
        for h in hits:
            assert h.relevance == pytest.approx(relevance.get(h.passage_id, h.relevance), abs=1e-5)
            assert h.passage_id in relevance or h.relevance < RELEVANT / 3


def test_a_second_value_too(samples: SearchEngine) -> None:
    for _, lang, first in choices(samples.facets("生态环境"))[::3]:
        for name in ("topics", "formats"):
            for count in getattr(samples.facets("生态环境", lang=lang, where=first), name):  # type: ignore[arg-type]
                both = replace(first, **{name: (count.value,)})
                if count.documents and both != first:
                    hits = samples.search("生态环境", 400, lang, where=both, fold=False)  # type: ignore[arg-type]
                    assert len({h.doc_id for h in hits if h.relevance >= RELEVANT}) == count.documents


def test_what_is_found_without_filters_is_remembered(
    engine: SearchEngine, settings: Settings, run_reindex, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bool] = []
    find = ranking.find_candidates

    def counting(*args: Any) -> list[ranking.Candidates]:
        looked.extend(among is None for among in args[3])
        return find(*args)

    monkeypatch.setattr(ranking, "find_candidates", counting)
    air = Filter(topics=("air",))
    engine.search(AIR, where=air)
    assert sorted(looked) == [False, False, True, True]
    engine.search(AIR, where=Filter(places=("110000",)))
    engine.facets(AIR, where=air)
    assert looked[4:] == [False] * 4
    (settings.corpus / "new.txt").write_text("空气质量通报\n\n北京空气质量优良天数再增十天。\n", "utf-8")
    run_reindex()
    assert any(hit.path.endswith("new.txt") for hit in engine.search(AIR, where=Filter(formats=("txt",))))
    assert sorted(looked[8:]) == [False, False, True, True]


def test_a_publisher_is_one_whichever_language_its_name_is_printed_in(
    engine: SearchEngine, settings: Settings, run_reindex
) -> None:
    here = "大连市生态环境局"
    (settings.corpus / "zh-coast.txt").write_text(
        f"海岸公报\n{here}\n2024年5月6日\n\n海岸水质达标。\n", "utf-8"
    )
    (settings.corpus / "en-coast.txt").write_text(
        "---\npublisher: Dalian Municipal Bureau of Ecology and Environment\n---\n"
        "The Coast\n\nThe water off the coast meets the standard.\n",
        "utf-8",
    )
    run_reindex()
    (count,) = [c for c in engine.facets(None).publishers if c.value == here]
    assert count.documents == 2
    for name in (here, "Dalian Ecology and Environment Bureau"):
        hits = engine.search("海岸 coast", where=Filter(publishers=(name,)))
        assert {Path(hit.path).name for hit in hits} == {"zh-coast.txt", "en-coast.txt"}
    assert engine.health().publishers[here] == 2


# In step with the catalog


def as_sets(columns: Columns) -> dict[str, object]:
    ids = {row: doc_id for doc_id, row in columns.doc_ids.items()}
    there = {ids[row] for row in columns.rows.tolist()}
    of = {
        name: sorted(
            (ids[r], c.values[v])
            for r, v in zip(c.rows.tolist(), c.codes.tolist(), strict=True)
            if ids[r] in there
        )
        for name, c in columns.of.items()
    }
    return {
        "seq": columns.seq, "numbers": columns.numbers.tolist(), "langs": columns.langs.tolist(),
        "rows": [ids[row] for row in columns.rows.tolist()], **of,
    }  # fmt: skip


def test_columns_catch_up(catalog: Catalog, settings: Settings, run_reindex) -> None:
    columns = Columns.read(catalog)
    assert columns.catch_up(catalog) is columns

    def step() -> None:
        nonlocal columns
        run_reindex()
        columns = columns.catch_up(catalog)
        assert as_sets(columns) == as_sets(Columns.read(catalog))
        assert np.all(np.diff(columns.numbers) > 0)

    (settings.corpus / "new.txt").write_text(
        "新公报\n河北省生态环境厅\n2025年1月2日\n\n河北省新增监测站十座，覆盖全部县区。\n", "utf-8"
    )
    step()
    (settings.corpus / "new.txt").unlink()
    (settings.corpus / "zh-air.txt").unlink()
    step()
    (settings.corpus / "zh-air.txt").write_text(BULLETINS["zh-air.txt"], "utf-8")
    (settings.corpus / "en-air.txt").write_text(
        BULLETINS["en-air.txt"] + "More is said at the end.\n", "utf-8"
    )
    step()
    run_reindex(rebuild=True)
    columns = columns.catch_up(catalog)
    assert as_sets(columns) == as_sets(Columns.read(catalog))


def test_facets_see_new_bulletins(engine: SearchEngine, settings: Settings, run_reindex) -> None:
    before = engine.facets(None)
    (settings.corpus / "new.txt").write_text(
        "噪声通报\n2025年1月2日\n\n噪声投诉今年下降三成，夜间施工许可减少。\n", "utf-8"
    )
    run_reindex()
    after = engine.facets(None)
    assert after.total_documents == before.total_documents + 1
    assert counts(after.months) == {**counts(before.months), "2025-01": 1}


def test_counting_reads_no_texts(catalog: Catalog) -> None:
    plan = catalog._db.execute("EXPLAIN QUERY PLAN SELECT number, lang, doc_id FROM passages").fetchall()
    assert "COVERING INDEX passages_by_lang" in plan[0][-1]
