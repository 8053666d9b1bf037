"""``reindex``: what it notices, what it embeds, and what is left after anything goes wrong."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import BULLETINS, HashEmbedder, write_corpus
from filelock import FileLock

from indexer import SearchEngine, Settings, Summary, reindex
from indexer.errors import (
    ConfigError,
    DocumentError,
    IndexBusyError,
    IndexVersionError,
    ModelMismatchError,
    NeedsOcrError,
    SearchIndexError,
    TransientDocumentError,
)
from indexer.indexing import passages, run
from indexer.indexing.files import source_path, stored_path
from indexer.indexing.followers import try_follow
from indexer.indexing.reading import Reader
from indexer.indexing.report import Step
from indexer.ingest.load import ocr
from indexer.store import dense, lexical
from indexer.store.catalog import FILE_NAME, SCHEMA_VERSION, Catalog
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex

TEXT = (
    "排放标准 emission standards for {0}\n\n"
    "{0} 锅炉的颗粒物排放限值为二十毫克每立方米。The limit applies from {0}.\n"
)


def counts(summary: Summary) -> dict[str, int]:
    names = ("added", "changed", "renamed", "removed", "unchanged", "failed")
    return {name: n for name in names if (n := getattr(summary, name))}


def content(index: Path) -> dict[str, list[tuple[str, str, str, bytes]]]:
    """All that a search could find: by path the passages with their vectors, in order."""
    with Catalog(index) as catalog:
        numbers, langs, vectors = catalog.vectors()
        by_number = dict(zip(numbers.tolist(), zip(langs.tolist(), vectors, strict=True), strict=True))
        stored = catalog.passages(numbers.tolist())
        found: dict[str, list[tuple[str, str, str, bytes]]] = {}
        for number in numbers.tolist():
            p = stored[number].passage
            lang, vector = by_number[number]
            for path in catalog.paths(p.doc_id):
                found.setdefault(path, []).append((p.text, p.context, lang, vector.tobytes()))
        assert sum(catalog.stats().by_lang.values()) == len(numbers)  # each passage has its embedding
        return found


def assert_whole(index: Path, embedder: HashEmbedder) -> None:
    """Catalog and followers agree, nothing is doubled, nothing is left over."""
    with Catalog(index) as catalog:
        numbers, langs, _ = catalog.vectors()
        dense, lexical = DenseIndex.open(catalog, embedder.dim), LexicalIndex(index)
        for lang in ("zh", "en"):
            mine = set(numbers[langs == lang].tolist())
            assert set(dense.reconstruct(lang)[0].tolist()) == mine
            assert lexical.size(lang) == len(mine)
        assert dense.seq == lexical.seq == catalog.seq()
    db = sqlite3.connect(index / FILE_NAME)
    one = "SELECT count(*) FROM "
    assert db.execute(
        one + "(SELECT doc_id, ordinal FROM passages GROUP BY 1, 2 HAVING count(*) > 1)"
    ).fetchone() == (0,)
    assert db.execute(
        one + "documents WHERE doc_id NOT IN (SELECT doc_id FROM files WHERE doc_id NOT NULL)"
    ).fetchone() == (0,)
    assert db.execute(one + "embeddings WHERE digest NOT IN (SELECT digest FROM passages)").fetchone() == (0,)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


# What it notices


def test_first_run(tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder) -> None:
    summary = run_reindex()
    assert counts(summary) == {"added": len(BULLETINS) + 1, "failed": 1}
    assert summary.passages == summary.embedded == embedder.embedded > len(BULLETINS) - 1
    (failure,) = summary.failures
    assert Path(failure.path) == tiny_corpus / "empty.txt" and "empty" in failure.reason
    assert_whole(settings.index, embedder)


def test_second_run_does_nothing(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder
) -> None:
    first = run_reindex()
    files = {p: p.stat().st_mtime_ns for p in settings.index.rglob("*") if not p.name.startswith(FILE_NAME)}
    embedded = embedder.embedded
    second = run_reindex(embedder=None)  # no model is loaded: the bundled one would be refused
    assert counts(second) == {"unchanged": len(BULLETINS) + 1, "failed": 1}
    assert second.failures == first.failures and second.passages == first.passages and second.embedded == 0
    assert embedder.embedded == embedded
    assert {p: p.stat().st_mtime_ns for p in files} == files


def test_added_changed_renamed_removed(tiny_corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    run_reindex()
    (tiny_corpus / "new.txt").write_text(TEXT.format(2024), encoding="utf-8")
    (tiny_corpus / "en-air.txt").write_text(
        BULLETINS["en-air.txt"] + "\nOne more sentence about ozone.\n", "utf-8"
    )
    (tiny_corpus / "zh-lake.txt").rename(tiny_corpus / "sub" / "renamed.txt")
    (tiny_corpus / "en-fishing.txt").unlink()
    (tiny_corpus / "empty.txt").unlink()
    embedded = embedder.embedded
    summary = run_reindex()
    assert counts(summary) == {
        "added": 1,
        "changed": 1,
        "renamed": 1,
        "removed": 1,
        "unchanged": len(BULLETINS) - 2,
    }
    assert embedder.embedded - embedded == summary.embedded <= 3
    paths = content(settings.index)
    assert {"corpus/new.txt", "corpus/sub/renamed.txt"} <= set(paths)
    assert {"corpus/zh-lake.txt", "corpus/en-fishing.txt"}.isdisjoint(paths)
    assert_whole(settings.index, embedder)


def test_incremental_equals_rebuild(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder, tmp_path
) -> None:
    run_reindex()
    for step in range(3):
        (tiny_corpus / f"new-{step}.txt").write_text(TEXT.format(step), encoding="utf-8")
        (tiny_corpus / "en-air.txt").write_text(BULLETINS["en-air.txt"] + f"\nRevision {step}.\n", "utf-8")
        (tiny_corpus / list(BULLETINS)[step + 2]).unlink()
        run_reindex()
    other = tmp_path / "other"
    run_reindex(index=other)
    assert content(other) == content(settings.index)
    with (
        SearchEngine.open(settings.index, settings=settings, embedder=embedder) as a,
        SearchEngine.open(other, settings=settings, embedder=embedder) as b,
    ):
        for question in ("emission limits", "噪声投诉", "good air in Beijing", "土壤污染风险"):
            left, right = ({h.passage_id: h.score for h in e.search(question, 50)} for e in (a, b))
            assert left == pytest.approx(right, abs=1e-3)


def test_touched_but_same_content(tiny_corpus: Path, run_reindex, embedder: HashEmbedder) -> None:
    run_reindex()
    before = embedder.embedded
    for path in tiny_corpus.rglob("*.txt"):
        os.utime(path, (1, 1))
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 1}
    assert embedder.embedded == before


def test_swapped_contents(tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder) -> None:
    run_reindex()
    before, embedded = content(settings.index), embedder.embedded
    a, b, c = tiny_corpus / "en-air.txt", tiny_corpus / "zh-air.txt", tiny_corpus / "c"
    a.rename(c), b.rename(a), c.rename(b)
    assert counts(run_reindex()) == {"changed": 2, "unchanged": len(BULLETINS) - 1, "failed": 1}
    after = content(settings.index)
    assert after["corpus/en-air.txt"] == before["corpus/zh-air.txt"]
    assert after["corpus/zh-air.txt"] == before["corpus/en-air.txt"]
    assert embedder.embedded == embedded
    assert_whole(settings.index, embedder)


def test_chain_of_renames(tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder) -> None:
    run_reindex()
    before = content(settings.index)
    (tiny_corpus / "zh-air.txt").rename(tiny_corpus / "z.txt")
    (tiny_corpus / "en-air.txt").rename(tiny_corpus / "zh-air.txt")
    run_reindex()
    after = content(settings.index)
    assert after["corpus/z.txt"] == before["corpus/zh-air.txt"] and "corpus/en-air.txt" not in after
    assert after["corpus/zh-air.txt"] == before["corpus/en-air.txt"]
    assert_whole(settings.index, embedder)


def test_renamed_folder_with_copies(tiny_corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    run_reindex()
    shutil.copytree(tiny_corpus / "sub", tiny_corpus / "sub2")
    assert counts(run_reindex())["added"] == 2
    (tiny_corpus / "sub").rename(tiny_corpus / "sub3")
    (tiny_corpus / "sub2").rename(tiny_corpus / "sub4")
    embedded = embedder.embedded
    assert counts(run_reindex()) == {"renamed": 4, "unchanged": len(BULLETINS) - 1, "failed": 1}
    assert embedder.embedded == embedded
    assert_whole(settings.index, embedder)


def test_moved_and_edited_file_keeps_the_embeddings_of_what_it_kept(
    tmp_path: Path, run_reindex, embedder
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    paragraphs = [f"Article {i}. " + " ".join(f"word{i}x{j}" for j in range(150)) + "." for i in range(6)]
    (corpus / "a.txt").write_text("\n\n".join(paragraphs), "utf-8")
    assert run_reindex().passages >= 6
    (corpus / "a.txt").unlink()
    (corpus / "b.txt").write_text("\n\n".join([*paragraphs, "Article 6. A new article."]), "utf-8")
    summary = run_reindex()
    assert counts(summary) == {"added": 1, "removed": 1} and summary.embedded <= 2


def test_text_of_a_replaced_bulletin_lives_on_in_another(
    tmp_path: Path, run_reindex, settings, embedder
) -> None:
    """One batch replaces the only bulletin that holds a passage and adds another one that holds it too."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shared = "Shared notice. " + " ".join(f"shared{j}" for j in range(150)) + "."
    own = "Own text. " + " ".join(f"own{j}" for j in range(150)) + "."
    (corpus / "a.md").write_text(f"{shared}\n\n{own}", "utf-8")
    run_reindex()
    (corpus / "a.md").write_text("Something else entirely.", "utf-8")
    (corpus / "b.md").write_text(f"{shared}\n\n{own}\n\nThe end.", "utf-8")
    run_reindex()
    assert {len(p) >= 1 for p in content(settings.index).values()} == {True}
    assert_whole(settings.index, embedder)


def test_two_copies_are_one_document(tmp_path: Path, run_reindex, settings: Settings) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (corpus / name).write_text(TEXT.format(1), encoding="utf-8")
    assert counts(run_reindex()) == {"added": 3}
    with Catalog(settings.index) as catalog:
        assert catalog.stats().documents == 1
    (corpus / "a.txt").unlink()
    assert counts(run_reindex()) == {"removed": 1, "unchanged": 2}
    assert set(content(settings.index)) == {"corpus/b.txt", "corpus/c.txt"}


# Paths


def test_paths_outside_keep_their_place(tiny_corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    assert counts(run_reindex(tiny_corpus / "sub")) == {"unchanged": 2}
    (tiny_corpus / "zh-air.txt").unlink()
    (tiny_corpus / "sub" / "zh-soil.txt").unlink()
    assert counts(run_reindex(tiny_corpus / "sub")) == {"removed": 1, "unchanged": 1}
    assert "corpus/zh-air.txt" in content(settings.index)
    assert counts(run_reindex(tiny_corpus / "zh-air.txt")) == {"removed": 1}


@pytest.mark.parametrize("where", [".", "..", "../.."])
def test_root_above_the_index_notices_removals(tmp_path: Path, embedder: HashEmbedder, where: str) -> None:
    place = tmp_path / "top" / "middle" / "corpus"
    write_corpus(place)
    index = tmp_path / "top" / "middle" / "index"
    root = place.parent / where
    assert reindex([root], index, embedder=embedder).failed == 1
    (place / "zh-air.txt").unlink()
    again = reindex([root], index, embedder=embedder)
    assert counts(again) == {"removed": 1, "unchanged": len(BULLETINS), "failed": 1}


def test_hidden_and_lock_files_are_passed_over(tiny_corpus: Path, run_reindex) -> None:
    for name in (".hidden.txt", "~$word.docx", ".git/config.txt"):
        (tiny_corpus / name).parent.mkdir(exist_ok=True)
        (tiny_corpus / name).write_text("x" * 100)
    assert counts(run_reindex()) == {"added": len(BULLETINS) + 1, "failed": 1}


def test_paths_are_kept_relative_to_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert stored_path(Path("corpus/a.txt"), Path("index")) == "corpus/a.txt"
    assert stored_path(tmp_path / "corpus" / "a.txt", Path("index")) == "corpus/a.txt"
    assert stored_path(Path("/elsewhere/a.txt"), Path("index")) == "/elsewhere/a.txt"
    for stored in ("corpus/a.txt", "/elsewhere/a.txt"):
        assert stored_path(source_path(stored, Path("index")), Path("index")) == stored


def test_corpus_and_index_may_move_together(tiny_corpus: Path, run_reindex, tmp_path: Path, embedder) -> None:
    run_reindex()
    new = tmp_path / "elsewhere"
    new.mkdir()
    for name in ("corpus", "index"):
        (tmp_path / name).rename(new / name)
    assert counts(reindex([new / "corpus"], new / "index", embedder=embedder)) == {
        "unchanged": 12,
        "failed": 1,
    }


def test_missing_path(tmp_path: Path, run_reindex, settings: Settings) -> None:
    with pytest.raises(ConfigError, match=r"no file or folder .*corpus"):
        run_reindex()
    with pytest.raises(ConfigError, match="nowhere"):
        run_reindex(tmp_path / "nowhere", rebuild=True)
    assert not settings.index.exists()


def test_bulletins_inside_the_index_are_refused(tiny_corpus: Path, run_reindex) -> None:
    with pytest.raises(ConfigError, match="apart"):
        run_reindex(tiny_corpus, index=tiny_corpus.parent)


def test_empty_folder(tmp_path: Path, run_reindex, settings: Settings, embedder: HashEmbedder) -> None:
    (tmp_path / "corpus").mkdir()
    assert counts(run_reindex()) == {} and run_reindex().passages == 0
    with SearchEngine.open(settings.index, settings=settings, embedder=embedder) as engine:
        assert engine.search("anything") == []


def test_progress(tmp_path: Path, run_reindex) -> None:
    """Bytes and passages only grow, in steps of a slice, and end at the whole."""
    large_corpus(tmp_path / "corpus", 6, 40)
    steps: list[Step] = []
    summary = run_reindex(progress=steps.append)
    counted = [s for s in steps if s.total]
    assert [s.done for s in counted] == sorted(s.done for s in counted)
    assert [s.passages for s in counted] == sorted(s.passages for s in counted)
    assert (
        counted[-1].done
        == counted[-1].total
        == sum(p.stat().st_size for p in (tmp_path / "corpus").iterdir())
    )
    assert counted[-1].passages == summary.embedded
    assert len({s.done for s in counted}) > summary.passages // 64


# Files that can't be read


def test_bad_files_are_listed_and_the_others_indexed(
    tiny_corpus: Path, run_reindex, settings, embedder
) -> None:
    bad = {
        "image.png": b"\x89PNG\r\n\x1a\n" + os.urandom(200), "no-suffix": b"text",
        "binary.txt": os.urandom(3000),
        "broken.pdf": b"%PDF-1.7\n garbage", "broken.docx": b"PK\x03\x04 garbage", "blank.md": b" \n\t\n ",
    }  # fmt: skip
    for name, data in bad.items():
        (tiny_corpus / name).write_bytes(data)
    (tiny_corpus / "dangling.txt").symlink_to(tiny_corpus / "nowhere")
    summary = run_reindex()
    assert counts(summary) == {"added": len(BULLETINS) + 1, "failed": len(bad) + 2}
    assert {Path(f.path).name for f in summary.failures} == {*bad, "empty.txt", "dangling.txt"}
    for failure in summary.failures:
        assert failure.reason.rstrip().endswith(".") and len(failure.reason) > 30
    assert_whole(settings.index, embedder)
    again = run_reindex()
    assert again.failures == summary.failures and again.embedded == 0


def test_mended_file_is_added(tiny_corpus: Path, run_reindex) -> None:
    run_reindex()
    (tiny_corpus / "empty.txt").write_text(TEXT.format(1), encoding="utf-8")
    assert counts(run_reindex()) == {"added": 1, "unchanged": len(BULLETINS) + 1}


def test_bulletin_that_breaks_is_a_failure(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder
) -> None:
    run_reindex()
    (tiny_corpus / "zh-air.txt").write_bytes(b"")
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS), "failed": 2}
    assert "corpus/zh-air.txt" not in content(settings.index)
    assert_whole(settings.index, embedder)


def test_file_that_cannot_be_opened_stays_as_it_was(
    tiny_corpus: Path, run_reindex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reindex()
    os.utime(tiny_corpus / "zh-air.txt", (1, 1))
    original = Path.open

    def refuse(self: Path, *args: object, **options: object):
        if self.name == "zh-air.txt":
            raise PermissionError(13, "Permission denied")
        return original(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    summary = run_reindex()
    assert summary.failed == 2 and "right to read" in summary.failures[1].reason
    assert "corpus/zh-air.txt" in content(settings.index)
    monkeypatch.undo()
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 1}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> list[DocumentError]:
    """As if reading any file gave this error; the list is emptied to read as ever."""
    errors: list[DocumentError] = []
    monkeypatch.setattr(
        run,
        "Reader",
        lambda files, n: nullcontext(errors * len(files)) if errors else Reader(files, n),
    )
    return errors


def test_what_can_not_be_read_for_now_is_tried_again_and_stays_meanwhile(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder, reading: list[DocumentError]
) -> None:
    run_reindex()
    (tiny_corpus / "zh-air.txt").write_text(TEXT.format("a new text"), "utf-8")
    (tiny_corpus / "new.txt").write_text(TEXT.format("a new file"), "utf-8")
    before = content(settings.index)["corpus/zh-air.txt"]
    reading.append(TransientDocumentError("its disk is away", "磁盘不在"))
    for _ in range(2):
        summary = run_reindex()
        assert counts(summary) == {"unchanged": len(BULLETINS), "failed": 3}
        assert content(settings.index)["corpus/zh-air.txt"] == before
    reading.clear()
    assert counts(run_reindex()) == {"added": 1, "changed": 1, "unchanged": len(BULLETINS), "failed": 1}
    assert_whole(settings.index, embedder)


@pytest.mark.parametrize("name", ["scan.txt", "scans.zip"])
def test_scans_are_read_once_text_recognition_is_there(
    tiny_corpus: Path, run_reindex, monkeypatch: pytest.MonkeyPatch, reading: list[DocumentError], name: str
) -> None:
    run_reindex()
    if name.endswith("zip"):
        with zipfile.ZipFile(tiny_corpus / name, "w") as packed:
            packed.writestr("scan.txt", TEXT.format("a scan"))
    else:
        (tiny_corpus / name).write_text(TEXT.format("a scan"), "utf-8")
    monkeypatch.setattr(ocr, "available", lambda: False)
    reading.append(NeedsOcrError("needs OCR", "需要文字识别"))
    assert run_reindex().failed == 2
    reading.clear()
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 2}  # not read again
    monkeypatch.setattr(ocr, "available", lambda: True)
    reading.append(TransientDocumentError("its disk is away", "磁盘不在"))
    for _ in range(2):
        assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 2}
    reading.clear()
    assert counts(run_reindex()) == {"added": 1, "unchanged": len(BULLETINS) + 1, "failed": 1}


def test_a_file_without_a_folder_has_its_side_car(
    tiny_corpus: Path, run_reindex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_corpus)
    beside = Path("zh-air.txt.meta.yaml")
    for title in ("一个题名", "另一个题名"):
        beside.write_text(f"title: {title}\n", "utf-8")
        run_reindex(Path("zh-air.txt"))
        with Catalog(settings.index) as catalog:
            record = catalog.files()["corpus/zh-air.txt"]
            assert record.doc_id and catalog.document(record.doc_id).title == title


def test_a_linked_folder_is_told_and_keeps_its_bulletins(
    tiny_corpus: Path, run_reindex, settings: Settings, tmp_path: Path
) -> None:
    run_reindex()
    (tiny_corpus / "sub").rename(tmp_path / "elsewhere")
    (tiny_corpus / "sub").symlink_to(tmp_path / "elsewhere")
    summary = run_reindex()
    assert not summary.removed and "corpus/sub/zh-soil.txt" in content(settings.index)
    (note,) = summary.notes
    assert note.path.endswith("sub") and "not followed" in note.text
    (tmp_path / "elsewhere" / "zh-soil.txt").unlink()
    summary = run_reindex(tiny_corpus, tiny_corpus / "sub")  # as the note says
    assert summary.removed == 1 and not summary.notes
    assert "corpus/sub/zh-soil.txt" not in content(settings.index)


def test_folder_that_cannot_be_opened_keeps_its_bulletins(
    tiny_corpus: Path, run_reindex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reindex()
    original = os.scandir

    def refuse(path):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(os, "scandir", refuse)
    summary = run_reindex()
    assert counts(summary) == {"unchanged": len(BULLETINS) - 1, "failed": 2}
    assert any(f.path.endswith("sub") and "folder" in f.reason for f in summary.failures)
    assert "corpus/sub/zh-soil.txt" in content(settings.index)


def test_pipes_and_sockets_do_not_block(tiny_corpus: Path, run_reindex) -> None:
    os.mkfifo(tiny_corpus / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.relpath(tiny_corpus / "socket.txt"))
        summary = run_reindex()
    assert summary.failed == 3 and sum("pipe" in f.reason for f in summary.failures) == 2


def test_name_that_is_not_utf8(tiny_corpus: Path, run_reindex) -> None:
    """As old archives unpack on Linux."""
    Path(os.fsdecode(os.fsencode(tiny_corpus) + b"/" + "公报.txt".encode("gbk"))).write_text(
        TEXT.format(1), "utf-8"
    )
    summary = run_reindex()
    assert counts(summary) == {"added": len(BULLETINS) + 1, "failed": 2}
    (failure,) = (f for f in summary.failures if "UTF-8" in f.reason)
    assert "公报.txt" in failure.reason
    failure.path.encode()


# Dry run and rebuild


def test_dry_run_writes_nothing(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder
) -> None:
    said: list[str] = []
    summary = run_reindex(dry_run=True, progress=lambda step: said.append(step.doing))
    assert summary.dry_run and counts(summary)["added"] == len(BULLETINS) + 2  # empty.txt is not read
    assert not settings.index.exists() and embedder.embedded == 0
    assert sum(s.startswith("would index") for s in said) == len(BULLETINS) + 2
    run_reindex()
    (tiny_corpus / "en-air.txt").unlink()
    (tiny_corpus / "zh-air.txt").rename(tiny_corpus / "air.txt")
    shutil.copy(tiny_corpus / "zh-lake.txt", tiny_corpus / "lake.txt")
    before = {p: p.stat().st_mtime_ns for p in settings.index.rglob("*")}
    said.clear()
    summary = run_reindex(dry_run=True, progress=lambda step: said.append(step.doing))
    assert counts(summary) == {
        "added": 1,
        "renamed": 1,
        "removed": 1,
        "unchanged": len(BULLETINS) - 1,
        "failed": 1,
    }
    assert "would note corpus/lake.txt, a copy" in said
    assert {
        p: p.stat().st_mtime_ns for p in before if p.suffix not in (".sqlite-shm", ".sqlite-wal")
    }.items() <= before.items()
    assert (
        "would drop corpus/en-air.txt" in said and "would rename corpus/zh-air.txt to corpus/air.txt" in said
    )


def test_rebuild(tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder) -> None:
    run_reindex()
    before = content(settings.index)
    first = embedder.embedded
    summary = run_reindex(rebuild=True)
    assert counts(summary) == {"added": len(BULLETINS) + 1, "failed": 1}
    assert embedder.embedded == 2 * first and content(settings.index) == before
    assert sorted(p.name for p in settings.index.parent.iterdir()) == [".index.lock", "corpus", "index"]
    assert_whole(settings.index, embedder)


def test_rebuild_takes_these_paths_alone(tiny_corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    run_reindex(tiny_corpus / "sub", rebuild=True)
    assert set(content(settings.index)) == {"corpus/sub/zh-soil.txt", "corpus/sub/copy-of-zh-noise.txt"}


class Interrupted(HashEmbedder):
    """Stops the run at its n-th batch."""

    def __init__(self, after: int, error: BaseException) -> None:
        super().__init__()
        self.after, self.error = after, error

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        if len(self.calls) >= self.after:
            raise self.error
        return super().embed_passages(texts)


def large_corpus(folder: Path, n_files: int = 6, n_articles: int = 50) -> Path:
    folder.mkdir()
    for i in range(n_files):
        articles = [
            f"Article {j}. " + " ".join(f"w{i}x{j}x{w}" for w in range(120)) + "." for j in range(n_articles)
        ]
        (folder / f"{i:02}.txt").write_text(f"Law number {i}\n\n" + "\n\n".join(articles), "utf-8")
    return folder


@pytest.mark.parametrize("rebuild", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_stopped_run_goes_on(tmp_path: Path, settings: Settings, error: BaseException, rebuild: bool) -> None:
    large_corpus(tmp_path / "corpus")
    stopped = Interrupted(2, error)
    with pytest.raises((KeyboardInterrupt, SearchIndexError)):
        reindex(settings=settings, embedder=stopped, rebuild=rebuild)
    assert stopped.embedded == 2 * 64
    rest = HashEmbedder()
    summary = reindex(settings=settings, embedder=rest, rebuild=rebuild)
    assert summary.passages == summary.embedded + stopped.embedded == rest.embedded + stopped.embedded
    assert_whole(settings.index, rest)
    assert not list(settings.index.parent.glob(".index.re*"))


def test_bad_files_of_a_stopped_run_are_not_read_again(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = large_corpus(tmp_path / "corpus", 1)
    for i in range(5):
        (folder / f"0-{i}.txt").write_bytes(b"")
    monkeypatch.setattr(passages, "_BATCH", 3)
    with pytest.raises(KeyboardInterrupt):
        reindex(settings=settings, embedder=Interrupted(0, KeyboardInterrupt()))
    with Catalog(settings.index) as catalog:
        assert [Path(record.path).name for record in catalog.files().values() if record.error] == [
            "0-0.txt", "0-1.txt", "0-2.txt",
        ]  # fmt: skip


def test_embeddings_of_one_long_bulletin_are_kept_as_they_come(tmp_path: Path, settings: Settings) -> None:
    large_corpus(tmp_path / "corpus", 1, 300)
    stopped = Interrupted(2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        reindex(settings=settings, embedder=stopped)
    rest = HashEmbedder()
    summary = reindex(settings=settings, embedder=rest)
    assert stopped.embedded == 2 * 64 and summary.passages == rest.embedded + 2 * 64
    assert_whole(settings.index, rest)


def test_rebuild_killed_between_its_two_moves(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder
) -> None:
    run_reindex()
    settings.index.rename(settings.index.parent / ".index.old")
    before = embedder.embedded
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 1}
    assert embedder.embedded == before


def test_rebuild_killed_before_it_had_cleared_up(tiny_corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    old = settings.index.parent / ".index.old"
    shutil.copytree(settings.index, old)
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 1}
    assert not old.exists()


def test_leftovers_of_a_rebuild_with_another_model_are_no_hindrance(
    tiny_corpus: Path, settings: Settings
) -> None:
    with Catalog(settings.index.parent / ".index.rebuilding", create=True) as catalog:
        catalog.set_meta(model="other", model_name="other", dim="7")
    summary = reindex(settings=settings, embedder=HashEmbedder(), rebuild=True)
    assert counts(summary) == {"added": len(BULLETINS) + 1, "failed": 1}


def test_leftovers_of_a_rebuild_with_other_settings_are_no_hindrance(
    tiny_corpus: Path, settings: Settings
) -> None:
    for other in (replace(settings, late=False), replace(settings, passage_tokens=100), settings):
        stopped = Interrupted(0, OSError(28, "No space left on device"))
        with pytest.raises(SearchIndexError):
            reindex(settings=other, embedder=stopped, rebuild=True)
        with Catalog(settings.index.parent / ".index.rebuilding") as catalog:
            assert catalog.meta("late_wanted") == ("on" if other.late else "off")
            assert catalog.meta("passage_tokens") == str(other.passage_tokens)


def test_passages_of_another_length_are_not_mixed(
    tiny_corpus: Path, settings: Settings, embedder: HashEmbedder, run_reindex
) -> None:
    run_reindex()
    shorter = replace(settings, passage_tokens=100)
    for dry_run in (True, False):
        with pytest.raises(IndexVersionError, match=r"QINGSHAN_PASSAGE_TOKENS=200, but 100 .*--rebuild"):
            reindex(settings=shorter, embedder=embedder, dry_run=dry_run)
    reindex(settings=shorter, embedder=embedder, rebuild=True)
    assert counts(reindex(settings=shorter, embedder=embedder)) == {
        "unchanged": len(BULLETINS) + 1,
        "failed": 1,
    }


def test_rebuild_deletes_nothing_but_an_index(tiny_corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    (settings.index / ".DS_Store").write_bytes(b"")
    run_reindex(rebuild=True)
    precious = settings.index / "report.docx"
    precious.write_text("years of work")
    for dry_run in (True, False):
        with pytest.raises(ConfigError, match=r"report\.docx.*Move them away"):
            run_reindex(rebuild=True, dry_run=dry_run)
    assert precious.read_text() == "years of work" and content(settings.index)
    assert not (settings.index.parent / ".index.rebuilding").exists()


def test_where_a_disk_is_mounted_nothing_is_rebuilt(
    tiny_corpus: Path, run_reindex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reindex()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == settings.index)
    with pytest.raises(ConfigError, match="mounted"):
        run_reindex(rebuild=True)


def test_a_linked_index_is_rebuilt_where_it_lies(
    tiny_corpus: Path, run_reindex, settings: Settings, tmp_path: Path, embedder: HashEmbedder
) -> None:
    real = tmp_path / "large disk" / "data"
    real.mkdir(parents=True)
    settings.index.symlink_to(real)
    for rebuild in (False, True, True):
        run_reindex(rebuild=rebuild)
        assert settings.index.readlink() == real and (real / FILE_NAME).is_file()
        assert "corpus/zh-air.txt" in content(settings.index)
        assert {path.name for path in real.parent.iterdir()} == {"data", ".data.lock"}
    with FileLock(real.parent / ".data.lock"), pytest.raises(IndexBusyError):
        run_reindex()
    real.rename(real.parent / ".data.old")  # as a rebuild that is killed between its two moves leaves it
    assert counts(run_reindex()) == {"unchanged": len(BULLETINS) + 1, "failed": 1}
    assert settings.index.readlink() == real and content(settings.index)


def test_a_linked_index_whose_neighbourhood_is_closed(
    tiny_corpus: Path, run_reindex, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "disk"
    real.mkdir()
    settings.index.symlink_to(real)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path or mode != os.W_OK)
    run_reindex()
    assert (settings.index.parent / ".index.lock").exists() and not (tmp_path / ".disk.lock").exists()


@pytest.mark.parametrize("name", [".", "odd?name#%20"])
def test_index_folder_names(tiny_corpus: Path, tmp_path: Path, monkeypatch, embedder, name: str) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for rebuild in (False, True):
        assert reindex([tiny_corpus], name, embedder=embedder, rebuild=rebuild).failed == 1
    assert (tmp_path / "work" / name / FILE_NAME).is_file()


# Models and versions


def test_another_model_is_refused(tiny_corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    run_reindex()
    before = content(settings.index)
    with pytest.raises(ModelMismatchError, match=r"hash-1.*hash-2.*--rebuild"):
        run_reindex(embedder=HashEmbedder("hash-2"))
    other = replace(settings, model="some/model")
    with pytest.raises(ModelMismatchError, match=r"some/model.*--rebuild"):
        reindex(settings=other)  # refused by name, before anything is loaded
    assert content(settings.index) == before
    run_reindex(embedder=HashEmbedder("hash-2"), rebuild=True)
    with Catalog(settings.index) as catalog:
        assert catalog.meta("model") == "hash-2"


@pytest.mark.parametrize(
    "fact", [{"schema": str(SCHEMA_VERSION + 1)}, {"chunking": "0"}, {"ingest": "99"}, {"late": "1"}]
)
def test_other_versions_are_refused_and_rebuilt(
    tiny_corpus: Path, run_reindex, settings: Settings, fact
) -> None:
    run_reindex()
    with Catalog(settings.index) as catalog:
        catalog.set_meta(**fact)
    for dry_run in (False, True):
        with pytest.raises(IndexVersionError, match="--rebuild"):
            run_reindex(dry_run=dry_run)
    assert counts(run_reindex(rebuild=True))["added"] == len(BULLETINS) + 1


def test_damaged_catalog_is_told_and_rebuilt(tiny_corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    (settings.index / FILE_NAME).write_bytes(b"garbage" * 10_000)
    with pytest.raises(SearchIndexError, match="--rebuild"):
        run_reindex()
    assert counts(run_reindex(rebuild=True))["added"] == len(BULLETINS) + 1


def test_one_writer_at_a_time(tiny_corpus: Path, run_reindex, settings: Settings, fresh_index: Path) -> None:
    with FileLock(settings.index.parent / ".index.lock"):
        for rebuild in (False, True):
            with pytest.raises(IndexBusyError, match="Another reindex"):
                run_reindex(rebuild=rebuild)
        assert run_reindex(dry_run=True).unchanged == len(BULLETINS) + 1
        with Catalog(settings.index) as catalog:
            assert not try_follow(catalog)


def test_index_that_cannot_be_made(tiny_corpus: Path, run_reindex, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for index in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises(SearchIndexError, match="file"):
            run_reindex(index=index)


# Followers


def lose_dense(index: Path) -> None:
    (index / "dense.json").unlink()


def garble_dense_pointer(index: Path) -> None:
    (index / "dense.json").write_text("{")


def garble_dense_files(index: Path) -> None:
    for path in index.glob("dense-*/*"):
        path.write_bytes(b"garbage")


def lose_lexical(index: Path) -> None:
    shutil.rmtree(index / "lexical")


def garble_lexical(index: Path) -> None:
    for path in index.glob("lexical/*/*/*"):
        path.write_bytes(b"garbage")


@pytest.mark.parametrize(
    "damage", [lose_dense, garble_dense_pointer, garble_dense_files, lose_lexical, garble_lexical]
)
def test_followers_come_back_without_embedding(
    tiny_corpus: Path, run_reindex, settings, embedder, damage
) -> None:
    run_reindex()
    before = embedder.embedded
    damage(settings.index)
    assert run_reindex().unchanged == len(BULLETINS) + 1
    assert_whole(settings.index, embedder)
    assert embedder.embedded == before
    stamps = {p: p.stat().st_mtime_ns for p in settings.index.glob("dense-*/*")}
    run_reindex()
    assert stamps and {p: p.stat().st_mtime_ns for p in settings.index.glob("dense-*/*")} == stamps


def test_a_lexical_index_that_is_made_anew_before_the_first_question_is_told(
    tiny_corpus: Path, run_reindex, settings: Settings, embedder: HashEmbedder
) -> None:
    run_reindex()
    lose_lexical(settings.index)
    said: list[str] = []
    for _ in range(2):
        with SearchEngine.open(settings=settings, embedder=embedder, progress=said.append) as engine:
            assert engine.search("空气")
    assert said == ["updating the search indexes"]
    assert_whole(settings.index, embedder)


@pytest.mark.parametrize(("library", "error"), [(dense, RuntimeError), (lexical, ValueError)])
def test_followers_that_cannot_be_written(
    tiny_corpus: Path,
    run_reindex,
    settings: Settings,
    embedder,
    monkeypatch: pytest.MonkeyPatch,
    library,
    error,
) -> None:
    """FAISS and Tantivy raise these for a full disk."""

    def full(*_args: object) -> None:
        raise error("write error: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(library, "sync", full)
        with pytest.raises(SearchIndexError, match="No space left.*run reindex again"):
            run_reindex()
        with Catalog(settings.index) as catalog:
            assert not try_follow(catalog)  # whoever only asks a question needn't know
    embedded = embedder.embedded
    assert run_reindex().unchanged == len(BULLETINS) + 1 and embedder.embedded == embedded
    assert_whole(settings.index, embedder)


@pytest.mark.parametrize("damage", [garble_dense_pointer, garble_dense_files])
def test_damaged_base_is_written_anew(tiny_corpus: Path, run_reindex, settings: Settings, damage) -> None:
    """Else every search would have to build it in memory."""
    run_reindex()
    damage(settings.index)
    run_reindex()
    assert (settings.index / "dense.json").read_text() != "{"
    assert all(path.read_bytes() != b"garbage" for path in settings.index.glob("dense-*/*"))
