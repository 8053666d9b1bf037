from __future__ import annotations

from dataclasses import replace

import pytest
from test_citation import WEB

from indexer import SearchEngine
from indexer.errors import QueryError
from indexer.search.grouping import group
from indexer.search.relevance import RELEVANT
from indexer.search.sorting import by_date

HITS = [
    replace(WEB, rank=rank, passage_id=name, score=score, published=published, relevance=relevance)
    for rank, (name, score, published, relevance) in enumerate(
        [
            ("a", 9.0, "2021-01-01", 0.9), ("b", 8.0, None, 0.8), ("c", 7.0, "2024-05-01", 0.7),
            ("d", 6.0, "2021-01-01", 0.6), ("e", 5.0, None, 0.5), ("f", 4.0, "2025-01-01", RELEVANT / 2),
        ],
        1,
    )
]  # fmt: skip


def names(hits) -> str:
    return "".join(hit.passage_id for hit in hits)


def test_by_date() -> None:
    assert names(by_date(HITS, "relevance")) == "abcdef"
    assert names(by_date(HITS, "newest")) == "cadbe"
    assert names(by_date(HITS, "oldest")) == "adcbe"
    assert [hit.rank for hit in by_date(HITS, "newest")] == [1, 2, 3, 4, 5]


def test_nothing_relevant_keeps_its_order() -> None:
    weak = [replace(hit, relevance=0.0) for hit in HITS]
    assert by_date(weak, "newest") == weak and by_date([], "oldest") == []


def test_reranked_scores_break_ties() -> None:
    same_day = [replace(HITS[0], passage_id=n, score=s) for n, s in (("x", 1.0), ("y", 3.0), ("z", 2.0))]
    assert names(by_date(same_day, "newest")) == names(by_date(same_day, "oldest")) == "yzx"


def test_search_by_date(engine: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.search.sorting.RELEVANT", 0.0)
    usual, newest = (engine.search("discharge permit", 100, sort=sort) for sort in ("relevance", "newest"))
    assert len(usual) > 5 and {h.passage_id for h in newest} == {h.passage_id for h in usual}
    dates = [h.published for h in newest if h.published]
    assert dates == sorted(dates, reverse=True) and len(set(dates)) > 3
    assert [h.published for h in newest][len(dates) :] == [None] * (len(newest) - len(dates)) != []
    assert engine.search("discharge permit", 1, sort="newest") == newest[:1]


def test_unknown_order(engine: SearchEngine) -> None:
    with pytest.raises(QueryError, match="newest"):
        engine.search("water", sort="random")


def test_grouping() -> None:
    hits = [replace(WEB, doc_id=d, passage_id=f"{d}:{n}") for n, d in enumerate("abacb")]
    groups = group(hits)
    assert [g.best.passage_id for g in groups] == ["a:0", "b:1", "c:3"]
    assert [[h.passage_id for h in g.more] for g in groups] == [["a:2"], ["b:4"], []]
    assert group([]) == []
