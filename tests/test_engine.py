from __future__ import annotations

import shutil
import sqlite3
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import BULLETINS, HashEmbedder
from filelock import FileLock

from indexer import SearchEngine, Settings, cite, reindex
from indexer.errors import (
    IndexNotFoundError,
    IndexVersionError,
    ModelMismatchError,
    QingshanError,
    QueryError,
    SearchIndexError,
)
from indexer.indexing import run
from indexer.search import engine as engine_module
from indexer.search import ranking
from indexer.store.catalog import FILE_NAME, Catalog


def names(hits) -> list[str]:
    return [h.path.removeprefix("corpus/") for h in hits]


# What is found


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many days of good air did Beijing have?", {"zh-air.txt", "en-air.txt"}),
        ("北京空气质量优良天数", {"zh-air.txt", "en-air.txt"}),
        ("water quality of the plateau lakes", {"zh-lake.txt", "en-lake.md"}),
        ("高原湖泊水质", {"zh-lake.txt", "en-lake.md"}),
        ("discharge permit", {"zh-permit.html", "en-permit.html"}),
    ],
)
def test_both_languages_are_found(engine: SearchEngine, question: str, expected: set[str]) -> None:
    assert set(names(engine.search(question, 2))) == expected


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Yangtze fishing ban", "en-fishing.txt"), ("夜间施工噪声投诉", "zh-noise.txt"),
        ("危险废物电子联单", "zh-waste.gbk.txt"),
        ("住宅用地 土壤污染", "sub/zh-soil.txt"), ("What is the 三同时 rule?", "mixed.txt"),
        ("三同时", "mixed.txt"),
        ("固體廢物轉移", "zh-waste.gbk.txt"),
    ],
)  # fmt: skip
def test_first_hit(engine: SearchEngine, question: str, first: str) -> None:
    hit = engine.search(question, 1)[0]
    assert first in [p.removeprefix("corpus/") for p in engine._catalog.paths(hit.doc_id)]


@pytest.mark.parametrize(
    "question", ["Yangtze fishing", "fishing boats on the Yangtze", "electronic 电子联单 危险废物"]
)
def test_clear_answer_beats_the_noise_of_the_other_language(engine: SearchEngine, question: str) -> None:
    """Also in a tiny corpus, a passage with all of the words is ahead of those with none of them."""
    hits = engine.search(question, 3)
    assert hits[0].path.endswith(("en-fishing.txt", "zh-waste.gbk.txt")), names(hits)


def test_hits_are_whole(engine: SearchEngine) -> None:
    hits = engine.search("water quality of the plateau lakes", 5)
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1)) and len(hits) == 5
    assert all(a.score >= b.score for a, b in pairwise(hits))
    assert len({h.passage_id for h in hits}) == 5
    for hit in hits:
        document = engine.document(hit.doc_id)
        assert document.text[hit.start : hit.end] == hit.text
        assert 0 <= hit.relevance <= 1 and np.isfinite(hit.score)
        assert engine.source(hit).is_file()
        assert hit.title and hit.path and hit.passage_id.startswith(hit.doc_id)
    assert {h.title for h in hits} >= {"Water quality of the plateau lakes", "高原湖泊水质治理通报"}
    assert {h.published for h in hits if "lake" in h.path} >= {"2022-06-15"}


def test_citation(engine: SearchEngine) -> None:
    hit = engine.search("Yangtze fishing", 1, "en")[0]
    citation = cite(hit)
    assert (
        citation.locator.startswith("line") and "2021-01-01" in str(citation) and hit.title in str(citation)
    )
    assert len(citation.digest) == 64


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_filter_by_language(engine: SearchEngine, lang: str) -> None:
    hits = engine.search("water quality 水质", 100, lang)
    assert {h.lang for h in hits} == {lang}
    assert len(hits) == engine.stats().by_lang[lang]


def test_same_ranking_each_time(engine: SearchEngine) -> None:
    assert engine.search("air 空气", 20) == engine.search("air 空气", 20)


def test_copies_are_one_hit(engine: SearchEngine) -> None:
    hits = engine.search("广场舞噪声", 50)
    assert len([h for h in hits if "广场舞" in h.text]) == 1


def test_k_beyond_the_corpus(engine: SearchEngine) -> None:
    assert len(engine.search("水 water", 1000)) == engine.stats().passages
    assert len(engine.search("水 water", 1)) == 1


# Bad questions


@pytest.mark.parametrize("question", ["", "  ", "？！", "🌲🔥", "x" * 10_000, "\u200b", "水" * 10_000])
def test_bad_question(engine: SearchEngine, question: str) -> None:
    with pytest.raises(QueryError):
        engine.search(question)


@pytest.mark.parametrize("k", [0, -5, 10_000])
def test_bad_k(engine: SearchEngine, k: int) -> None:
    with pytest.raises(QueryError, match="1 to 1,000"):
        engine.search("water", k)


@pytest.mark.parametrize(
    "question",
    ["'; DROP TABLE passages; --", "water AND (NOT lake", '"unclosed', "a:b^2~", "%s %d {0}", "\\d+",
     "NUL\x00byte",
     "的",
     "the",
     "ﷺ", "𠮷野家", "水" * 2000, "e\u0301cologie", "2023", "87.1%", "٣٤"],
)  # fmt: skip
def test_odd_questions_do_no_harm(engine: SearchEngine, question: str) -> None:
    hits = engine.search(question, 5)
    assert all(np.isfinite(h.score) for h in hits)


# Opening


def test_missing_index(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(IndexNotFoundError, match="reindex"):
        SearchEngine.open(tmp_path / "nothing", settings=settings, embedder=HashEmbedder())


def test_another_model(fresh_index: Path, settings: Settings) -> None:
    with pytest.raises(ModelMismatchError, match="--rebuild"):
        SearchEngine.open(fresh_index, settings=settings, embedder=HashEmbedder("hash-2"))
    with pytest.raises(ModelMismatchError, match="some/model"):
        SearchEngine.open(fresh_index, settings=replace(settings, model="some/model"))


def test_newer_version(fresh_index: Path, settings: Settings, embedder: HashEmbedder) -> None:
    with Catalog(fresh_index) as catalog:
        catalog.set_meta(schema="99")
    with pytest.raises(IndexVersionError, match="Upgrade"):
        SearchEngine.open(fresh_index, settings=settings, embedder=embedder)


def test_token_vectors_of_another_version(
    fresh_index: Path, settings: Settings, embedder: HashEmbedder
) -> None:
    with Catalog(fresh_index) as catalog:
        catalog.set_meta(late="1")
    with pytest.raises(IndexVersionError, match="--rebuild"):
        SearchEngine.open(fresh_index, settings=settings, embedder=embedder)


def test_damaged_catalog(fresh_index: Path, settings: Settings, embedder: HashEmbedder) -> None:
    (fresh_index / FILE_NAME).write_bytes(b"garbage" * 1000)
    with pytest.raises(SearchIndexError, match="--rebuild"):
        SearchEngine.open(fresh_index, settings=settings, embedder=embedder)


def lose_followers(index: Path) -> None:
    shutil.rmtree(index / "lexical")
    for path in index.glob("dense*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def garble_followers(index: Path) -> None:
    for path in [*index.glob("lexical/*/*/*"), *index.glob("dense-*/*")]:
        path.write_bytes(b"garbage")


def lose_lexical(index: Path) -> None:
    shutil.rmtree(index / "lexical")


def truncate_dense(index: Path) -> None:
    for path in index.glob("dense-*/*"):
        path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize("damage", [lose_followers, garble_followers, lose_lexical, truncate_dense])
def test_lost_followers_are_made_again(fresh_index: Path, settings, embedder: HashEmbedder, damage) -> None:
    """A search gives the same hits and scores, without embedding a passage and without ``reindex``."""
    questions = ["Yangtze fishing", "噪声投诉", "water quality of lakes"]
    with SearchEngine.open(fresh_index, settings=settings, embedder=embedder) as engine:
        before = [engine.search(q, 20) for q in questions]
    embedded = embedder.embedded
    damage(fresh_index)
    with SearchEngine.open(fresh_index, settings=settings, embedder=embedder) as engine:
        assert [engine.search(q, 20) for q in questions] == before
    assert embedder.embedded == embedded


# While the index changes


def test_sees_new_bulletins(engine: SearchEngine, tiny_corpus: Path, run_reindex) -> None:
    assert engine.search("ozone", 1)
    (tiny_corpus / "ozone.txt").write_text(
        "Ozone alert\n\nOzone was high in the Pearl River Delta in May.\n", "utf-8"
    )
    run_reindex()
    assert names(engine.search("ozone in May", 1, "en")) == ["ozone.txt"]
    (tiny_corpus / "ozone.txt").unlink()
    run_reindex()
    assert "ozone.txt" not in names(engine.search("ozone in May", 50))


def test_hit_that_is_gone_meanwhile(engine: SearchEngine, tiny_corpus: Path, run_reindex) -> None:
    hit = engine.search("Yangtze fishing", 1, "en")[0]
    (tiny_corpus / "en-fishing.txt").unlink()
    run_reindex()
    with pytest.raises(SearchIndexError, match="Search again"):
        engine.document(hit.doc_id)


def test_survives_a_rebuild(engine: SearchEngine, tiny_corpus: Path, run_reindex, settings, embedder) -> None:
    """As many changes as before, but every number means another passage."""
    assert engine.search("Yangtze fishing")
    (tiny_corpus / "zh-air.txt").unlink()
    (tiny_corpus / "aaa.txt").write_text(
        "Ozone alert\n\nOzone was high in the Pearl River Delta in May.\n", "utf-8"
    )
    run_reindex(rebuild=True)
    with SearchEngine.open(settings.index, settings=settings, embedder=embedder) as fresh:
        for question in ("Yangtze fishing", "ozone in May", "北京空气"):
            assert engine.search(question, 50) == fresh.search(question, 50)


def test_many_threads_while_the_index_changes(engine: SearchEngine, tiny_corpus: Path, run_reindex) -> None:
    problems: list[BaseException] = []
    stop = threading.Event()

    def ask(question: str) -> None:
        try:
            while not stop.is_set():
                hits = engine.search(question, 50)
                assert hits and len({h.passage_id for h in hits}) == len(hits)
        except BaseException as error:
            problems.append(error)

    threads = [
        threading.Thread(target=ask, args=(q,)) for q in ("water lakes", "噪声", "Beijing 空气", "permits")
    ]
    for t in threads:
        t.start()
    for i in range(6):
        (tiny_corpus / f"new-{i}.txt").write_text(
            f"Notice {i}\n\nNotice number {i} on ozone and lakes.\n", "utf-8"
        )
        (tiny_corpus / f"new-{i - 2}.txt").unlink(missing_ok=True)
        run_reindex(rebuild=i == 3)
    stop.set()
    for t in threads:
        t.join()
    assert not problems, problems


# The rest of the interface


def test_embed(engine: SearchEngine) -> None:
    vectors = engine.embed(["water", "水质"])
    assert vectors.shape == (2, HashEmbedder.dim) and vectors.dtype == np.float32
    assert engine.embed([]).shape == (0, HashEmbedder.dim)
    assert np.allclose(engine.embed(["water"], kind="query"), vectors[:1])


def test_passages_and_stats(engine: SearchEngine) -> None:
    stored = engine.passages()
    stats = engine.stats()
    assert len(stored) == stats.passages == sum(stats.by_lang.values())
    assert stats.documents == len(BULLETINS) and stats.failed == 1 and engine.model == "hash-1"


def test_empty_index(tmp_path: Path, settings: Settings, embedder: HashEmbedder) -> None:
    (tmp_path / "corpus").mkdir()
    reindex(settings=settings, embedder=embedder)
    with SearchEngine.open(settings=settings, embedder=embedder) as engine:
        assert engine.search("water") == [] and engine.search("水", 5, "zh") == [] and engine.passages() == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_corpus_of_one_bulletin(
    tmp_path: Path, settings: Settings, embedder: HashEmbedder, lang: str
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(BULLETINS[f"{lang}-air.txt"], "utf-8")
    reindex(settings=settings, embedder=embedder)
    with SearchEngine.open(settings=settings, embedder=embedder) as engine:
        for question in ("air in Beijing", "北京空气"):
            (hit,) = engine.search(question)
            assert hit.lang == lang and np.isfinite(hit.score)


def test_closed_engine(engine: SearchEngine) -> None:
    engine.close()
    engine.close()


def test_errors_are_ours() -> None:
    assert issubclass(QueryError, QingshanError) and issubclass(SearchIndexError, QingshanError)


def test_an_error_is_not_remembered(engine: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "water quality of the plateau lakes"
    broken = sqlite3.OperationalError("disk I/O error")

    def fail(*_: object) -> None:
        raise broken

    for where in (ranking, Catalog):
        with monkeypatch.context() as patched:
            patched.setattr(where, "find_candidates" if where is ranking else "passages", fail)
            with pytest.raises(sqlite3.OperationalError) as caught:
                engine.search(question)
            assert caught.value is broken
        assert names(engine.search(question, 1))


def test_a_question_that_fails_leaves_the_others_their_turn(engine: SearchEngine) -> None:
    for _ in range(20):
        with pytest.raises(QueryError):
            engine.search("???")
        with pytest.raises(QueryError):
            engine.search("water " * 1000)
    assert names(engine.search("水质", 1))


def test_what_a_reindex_has_not_finished_is_opened_once(
    engine: SearchEngine, settings: Settings, run_reindex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first new bulletin to its end the lexical index is behind, and every question finds it so."""
    engine.search("水质")
    opened: list[object] = []
    plain = engine_module.LexicalIndex

    def counting(folder: Path) -> object:
        opened.append(folder)
        return plain(folder)

    monkeypatch.setattr(engine_module, "LexicalIndex", counting)
    monkeypatch.setattr(run, "follow", lambda *_: None)  # a reindex that is always before its end
    (settings.corpus / "new.txt").write_text("水质通报\n\n河流水质达到三类标准。\n", "utf-8")
    run_reindex()
    with FileLock(settings.index.parent / ".index.lock"):
        for _ in range(3):
            assert any(hit.path.endswith("new.txt") for hit in engine.search("河流水质"))
        assert len(opened) == 0
        assert engine._follows_again > 0  # it was tried, in vain, and not with each question
    monkeypatch.undo()
    engine._follows_again = 0.0  # a second later
    engine.search("河流水质")  # nobody is writing any more: brought in step
    assert engine._fresh().lexical.seq == engine._fresh().dense.seq
