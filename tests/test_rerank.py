"""The optional second stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import HashEmbedder

from indexer import SearchEngine, Settings
from indexer.errors import ModelError
from indexer.search.rerank import RERANKED, load_reranker, rerank


class LikesLongTexts:
    """A cross-encoder that goes by length."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def predict(self, sentences: list[tuple[str, str]]) -> list[float]:
        self.asked = sentences
        return [float(len(text)) for _, text in sentences]


def test_the_first_hits_are_ordered_anew(
    fresh_index: Path, settings: Settings, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LikesLongTexts()
    monkeypatch.setattr("indexer.search.engine.load_reranker", lambda name: model)
    with SearchEngine.open(fresh_index, settings=settings, embedder=embedder) as plain:
        before = plain.search("lake water", 30)
    assert not model.asked and "reranker" not in before[0].scores
    named = replace(settings, reranker="any")
    with SearchEngine.open(fresh_index, settings=named, embedder=embedder) as engine:
        after = engine.search("lake water lang:zh lang:en", 3)
        whole = engine.search("lake water", 30)
    assert {question for question, _ in model.asked} == {"lake water"} and len(after) == 3
    lengths = [h.scores["reranker"] for h in whole]
    assert lengths == sorted(lengths, reverse=True)
    assert [h.passage_id for h in whole] != [h.passage_id for h in before]
    relevance = {h.passage_id: h.relevance for h in before}
    assert {h.passage_id: h.relevance for h in whole} == relevance
    assert [(h.rank, h.score) for h in whole] == [(h.rank, h.score) for h in before]


def test_only_the_first_are_read(engine: SearchEngine) -> None:
    hit, model = engine.search("lake water", 1)[0], LikesLongTexts()
    hits = [replace(hit, rank=i + 1, text="x" * (i + 1)) for i in range(RERANKED + 2)]
    found = rerank("lake water", hits, model)
    assert len(model.asked) == RERANKED and len(found) == RERANKED + 2
    assert len(found[0].text) == RERANKED and found[-2:] == hits[-2:]
    assert rerank("lake water", [], model) == []


def test_a_reranker_that_cannot_be_loaded_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="QINGSHAN_RERANKER"):
        load_reranker(str(tmp_path))
