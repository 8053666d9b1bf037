"""Saved searches, which must outlive whatever happens to the rest of a catalog."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from indexer import SearchEngine, Settings
from indexer.errors import QueryError, SearchIndexError
from indexer.store import saved
from indexer.store.catalog import FILE_NAME, Catalog
from indexer.store.saved import SavedSearches

QUERY = {"q": ["北京 空气"], "topic": ["air", "water"], "sort": ["newest"]}


def test_save_and_forget(engine: SearchEngine) -> None:
    assert engine.saved() == []
    engine.save("  空气\n air ", QUERY)
    engine.save("b", {"q": ["x"]})
    air, b = sorted(engine.saved(), key=lambda s: s.name, reverse=True)
    assert (air.name, air.query, b.name) == ("空气 air", QUERY, "b")
    assert air.created == air.seen < b.created
    engine.mark_seen("b")
    assert {s.name: s.seen > s.created for s in engine.saved()} == {"b": True, "空气 air": False}
    engine.forget_saved("b")
    engine.forget_saved("never there")
    engine.mark_seen("never there")
    assert [s.name for s in engine.saved()] == ["空气 air"]


def test_what_came_after_the_look_stays_new(engine: SearchEngine) -> None:
    engine.save("a", QUERY)
    looked = "2099-01-02T03:04:05.000006+00:00"
    engine.mark_seen("a", looked)
    assert [s.seen for s in engine.saved()] == [looked]


def test_saving_again_replaces(engine: SearchEngine) -> None:
    engine.save("a", {"q": ["x"]})
    (before,) = engine.saved()
    engine.save("a", {"q": ["y"]})
    (after,) = engine.saved()
    assert after.query == {"q": ["y"]} and after.created == before.created and after.seen > before.seen


@pytest.mark.parametrize("name", ["", " \n", "x" * 101])
def test_bad_names(engine: SearchEngine, name: str) -> None:
    with pytest.raises(QueryError, match="name"):
        engine.save(name, QUERY)
    assert engine.saved() == []


def test_too_much(engine: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueryError, match="too long"):
        engine.save("a", {"q": ["x" * 60_000]})
    monkeypatch.setattr(saved, "MAX_SAVED", 1)
    engine.save("a", QUERY)
    engine.save("a", QUERY)
    with pytest.raises(QueryError, match="Delete"):
        engine.save("b", QUERY)


@pytest.mark.parametrize("name", ["'; DROP TABLE documents; --", "<script>", "\ud800", "a\x00b"])
def test_odd_names_are_names(engine: SearchEngine, name: str) -> None:
    engine.save(name, {"q": [name]})
    assert len(engine.saved()) == 1 and engine.stats().documents
    engine.forget_saved(name)
    assert engine.saved() == []


# What they outlive


def test_reindex_and_rebuild(engine: SearchEngine, settings: Settings, run_reindex) -> None:
    engine.save("a", QUERY)
    kept = engine.saved()
    run_reindex()
    assert engine.saved() == kept
    run_reindex(rebuild=True)
    assert engine.saved() == kept
    (settings.corpus / "zh-air.txt").unlink()
    run_reindex(rebuild=True)
    assert engine.saved() == kept


def test_rebuild_that_was_cut_off(engine: SearchEngine, settings: Settings, run_reindex, monkeypatch) -> None:
    """What was forgotten in between does not come back."""
    engine.save("a", QUERY)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_reindex(rebuild=True)
    engine.forget_saved("a")
    engine.save("b", QUERY)
    run_reindex(rebuild=True)
    assert [s.name for s in engine.saved()] == ["b"]


def test_rebuild_of_an_index_of_another_version(fresh_index: Path, run_reindex) -> None:
    with Catalog(fresh_index) as catalog:
        SavedSearches(catalog).save("a", QUERY, "2026-01-01")
        catalog.set_meta(schema="1")
    run_reindex(rebuild=True)
    with Catalog(fresh_index) as catalog:
        assert [s.name for s in SavedSearches(catalog).all()] == ["a"]


def test_rebuild_of_a_damaged_index_tells_what_is_lost(fresh_index: Path, run_reindex) -> None:
    (fresh_index / FILE_NAME).write_bytes(b"damaged" * 1000)
    for rest in ("-wal", "-shm"):
        (fresh_index / f"{FILE_NAME}{rest}").unlink(missing_ok=True)
    summary = run_reindex(rebuild=True)
    assert any("saved searches" in note.text for note in summary.notes)
    with Catalog(fresh_index) as catalog:
        assert SavedSearches(catalog).all() == []


def test_catalog_of_before(fresh_index: Path) -> None:
    with closing(sqlite3.connect(fresh_index / FILE_NAME)) as db:
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'saved_searches'").fetchone()
    with Catalog(fresh_index) as catalog:
        assert SavedSearches(catalog).all() == []
        SavedSearches(catalog).save("a", QUERY, "2026-01-01")
        assert [s.query for s in SavedSearches(catalog).all()] == [QUERY]


READER = """
from indexer import SearchEngine
from conftest import HashEmbedder
with SearchEngine.open({index!r}, embedder=HashEmbedder()) as engine:
    print(len(engine.search("water")), len(engine.saved()), engine.facets(None).total_documents, engine.health().documents)
    for write in (lambda: engine.save("b", {{}}), lambda: engine.mark_seen("a"), lambda: engine.forget_saved("a")):
        try:
            write()
        except Exception as error:
            print(type(error).__name__, "right to write" in str(error))
"""


def test_reader_of_a_folder_that_can_not_be_written(engine: SearchEngine, fresh_index: Path) -> None:
    engine.search("water")
    engine.save("a", QUERY)
    engine.close()

    def as_others() -> None:  # root may write anywhere, unless it gives that up
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)

    everything = [fresh_index, *fresh_index.rglob("*")]
    try:
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-c", READER.format(index=str(fresh_index))], capture_output=True, encoding="utf-8", timeout=300,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, preexec_fn=as_others,
        )  # fmt: skip
    finally:
        for path in everything:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["10 1 11 11", *["SearchIndexError True"] * 3]


def test_index_that_can_not_be_written(catalog: Catalog) -> None:
    catalog._db.execute("PRAGMA query_only = ON")
    with pytest.raises(SearchIndexError, match="right to write"):
        SavedSearches(catalog).save("a", QUERY, "2026-01-01")


# What is new


def test_new_passages(engine: SearchEngine, settings: Settings, run_reindex) -> None:
    engine.save("fish", {"q": ["Yangtze fishing"]})
    seen = engine.saved()[0].seen
    assert engine.new_passages("Yangtze fishing", seen) == []
    assert engine.new_passages("Yangtze fishing", "2020-01-01")
    (settings.corpus / "new.txt").write_text(
        "The Yangtze fishing ban, five years on\n\nFishing on the Yangtze is still forbidden and the porpoises return.\n",
        "utf-8",
    )
    run_reindex()
    new = engine.new_passages("Yangtze fishing", seen)
    assert [hit.path for hit in new] == ["corpus/new.txt"]
    assert engine.new_passages("Yangtze fishing", seen, lang="zh") == []
    run_reindex(rebuild=True)  # which makes no bulletin new
    assert [hit.path for hit in engine.new_passages("Yangtze fishing", seen)] == ["corpus/new.txt"]
    engine.mark_seen("fish")
    assert engine.new_passages("Yangtze fishing", engine.saved()[0].seen) == []
