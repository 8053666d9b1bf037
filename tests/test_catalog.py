from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import DocumentError, IndexNotFoundError, IndexVersionError, SearchIndexError
from indexer.store.catalog import FILE_NAME, SCHEMA_VERSION, Catalog, Change, FileRecord
from indexer.types import Document, Filter, Passage, Span

STRANGE = "山\u0000水 𠮷野家 \U0001f343 e\u0301 \u200b\ufeff\u2028 ﬁn"


def digest(text: str) -> bytes:
    return text.encode().ljust(16, b".")[:16]


def add(catalog: Catalog, doc_id: str, texts: list[str], path: str | None = None, lang: str = "en") -> None:
    """Store a document of one passage for each text, with a vector that tells the text's length."""
    whole = "\n".join(texts)
    document = Document(
        doc_id, whole, (Span(0, len(whole), 1, None, True),), lang, "txt", title=f"Title {doc_id}"
    )
    passages = [
        Passage(doc_id, i, lang, whole.index(t), whole.index(t) + len(t), t, line=1)
        for i, t in enumerate(texts)
    ]
    digests = [digest(t) for t in texts]
    catalog.add_embeddings(
        digests, np.array([[len(t), 1, 0, 0] for t in texts], np.float32).reshape(len(texts), 4)
    )
    path = path or f"{doc_id}.txt"
    catalog.add_document(document, passages, digests, FileRecord(path, "1-1", f"sha-{doc_id}", doc_id, None))


@pytest.fixture
def empty(tmp_path: Path):
    with Catalog(tmp_path / "index", create=True) as catalog:
        yield catalog


def count(catalog: Catalog, table: str) -> int:
    with sqlite3.connect(catalog.path) as db:
        (n,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    db.close()
    return n


def test_document_comes_back_as_it_was(empty: Catalog) -> None:
    document = Document(
        "d" * 16, STRANGE, (Span(0, 3, 7, 2, True), Span(4, len(STRANGE), 8)), "zh", "pdf", title="题",
        published="2020-01-02", publisher="部", url="https://x/", encoding="gb18030", n_pages=3,
    )  # fmt: skip
    passage = Passage(document.doc_id, 0, "zh", 0, len(STRANGE), STRANGE, "题", 2, 3, 7, 8)
    empty.add_embeddings([b"x" * 16], np.ones((1, 4), np.float32) / 2)
    empty.add_document(document, [passage], [b"x" * 16], FileRecord("a.pdf", "s", "g", document.doc_id, None))
    assert empty.document(document.doc_id) == document
    (stored,) = empty.passages([1]).values()
    assert stored.passage == passage
    assert (stored.title, stored.published, stored.publisher, stored.url) == (
        "题",
        "2020-01-02",
        "部",
        "https://x/",
    )
    assert (stored.format, stored.path, stored.number) == ("pdf", "a.pdf", 1)
    numbers, langs, vectors = empty.vectors()
    assert numbers.tolist() == [1] and langs.tolist() == ["zh"]
    assert vectors.dtype == np.float16 and vectors.tolist() == [[0.5, 0.5, 0.5, 0.5]]


def test_unknown_document_is_none(empty: Catalog) -> None:
    assert empty.document("nothing") is None
    assert not empty.has_document("nothing")
    assert empty.passages([5]) == {} and empty.paths("nothing") == []


def test_empty_catalog(empty: Catalog) -> None:
    numbers, langs, vectors = empty.vectors()
    assert len(numbers) == len(langs) == len(vectors) == 0
    assert empty.seq() == 0 and empty.changes(0) == []
    assert empty.stats().documents == 0 and empty.stats().by_lang == {}


def test_log_of_changes(empty: Catalog) -> None:
    add(empty, "a", ["one", "two"])
    add(empty, "b", ["three"])
    empty.forget_files(["a.txt"])
    add(empty, "c", ["four"])
    changes = [Change(1, True, 1, 2), Change(2, True, 3, 3), Change(3, False, 1, 2), Change(4, True, 4, 4)]
    assert empty.changes(0) == changes and empty.changes(2) == changes[2:]
    assert empty.seq() == 4
    assert [row[:2] for row in empty.iter_passages()] == [(3, "en"), (4, "en")]
    assert [row[0] for row in empty.iter_passages(3)] == [4] and [
        row[0] for row in empty.iter_passages(2, 3)
    ] == [3]


def test_numbers_are_never_given_twice(empty: Catalog) -> None:
    add(empty, "a", ["one", "two"])
    empty.forget_files(["a.txt"])
    add(empty, "b", ["one"])
    assert empty.vectors()[0].tolist() == [3]


def test_text_is_embedded_once_for_several_documents(empty: Catalog) -> None:
    add(empty, "a", ["boilerplate", "one"])
    assert empty.known_embeddings([digest("boilerplate"), digest("two")]) == {digest("boilerplate")}
    add(empty, "b", ["boilerplate", "two"])
    assert count(empty, "embeddings") == 3
    empty.forget_files(["a.txt"])
    empty.prune_embeddings()
    assert count(empty, "embeddings") == 2
    assert empty.vectors()[0].tolist() == [3, 4]


def test_token_vectors_live_as_long_as_their_embeddings(empty: Catalog) -> None:
    empty.add_embeddings([digest("one"), digest("two")], np.ones((2, 4), np.float32), [b"1", b"2"])
    add(empty, "a", ["one"])
    assert empty.packed_tokens([1, 2]) == {1: b"1"}
    empty.prune_embeddings()
    assert count(empty, "embeddings") == count(empty, "token_vectors") == 1
    empty.forget_files(["a.txt"])
    empty.prune_embeddings()
    assert count(empty, "embeddings") == count(empty, "token_vectors") == 0


def test_document_stays_while_a_file_holds_it(empty: Catalog) -> None:
    add(empty, "a", ["one"])
    empty.record_files([FileRecord("copy.txt", "s", "sha-a", "a", None)])
    assert empty.paths("a") == ["a.txt", "copy.txt"]
    empty.forget_files(["a.txt"])
    assert empty.has_document("a")
    empty.forget_files(["copy.txt"])
    assert not empty.has_document("a") and empty.stats().passages == 0


def test_files_may_swap_their_documents(empty: Catalog) -> None:
    add(empty, "a", ["one"])
    add(empty, "b", ["two"])
    empty.record_files(
        [FileRecord("a.txt", "s", "sha-b", "b", None), FileRecord("b.txt", "s", "sha-a", "a", None)]
    )
    assert empty.paths("a") == ["b.txt"] and empty.paths("b") == ["a.txt"]
    assert len(empty.vectors()[0]) == 2


def test_changed_file_drops_what_it_held(empty: Catalog) -> None:
    add(empty, "a", ["one"], "x.txt")
    add(empty, "b", ["two"], "x.txt")
    assert not empty.has_document("a") and empty.paths("b") == ["x.txt"]
    empty.record_files([FileRecord("x.txt", "s", "g", None, "It is empty.")])
    assert empty.stats().documents == 0 and empty.stats().failed == 1


def test_why_a_file_cannot_be_read_is_kept_in_both_languages(empty: Catalog) -> None:
    made = FileRecord.unread("a.txt", "s", None, DocumentError("No\nfile a\r\nb.", "没有文件 a\nb。"))
    empty.record_files([made])
    kept = empty.files()["a.txt"]
    assert kept == made and kept.error == "No file a b.\n没有文件 a b。"
    assert (kept.why(), kept.why("zh")) == ("No file a b.", "没有文件 a b。")


@pytest.mark.parametrize("error", ["It is empty.", "Damaged (line 1\nline 2). Save it again.", "", None])
def test_why_a_file_cannot_be_read_by_an_earlier_version(error: str | None) -> None:
    record = FileRecord("x.txt", "s", "g", None, error)
    assert record.why() == record.why("zh") == (error or "")


def test_failed_transaction_leaves_nothing(empty: Catalog) -> None:
    add(empty, "a", ["one"])
    before = empty.seq()
    with pytest.raises(sqlite3.IntegrityError):
        add(empty, "a", ["two"])  # the same document again
    assert empty.seq() == before and empty.stats().passages == 1
    add(empty, "b", ["three"])


def test_threads_have_connections_of_their_own(empty: Catalog) -> None:
    add(empty, "a", ["one"])
    seen: list[int] = []

    def read() -> None:
        for _ in range(20):
            seen.append(empty.stats().passages)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for t in threads:
        t.start()
    add(empty, "b", ["two"])
    for t in threads:
        t.join()
    assert len(seen) == 160 and set(seen) <= {1, 2}


def test_reader_sees_a_replaced_file(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as old, Catalog(tmp_path / "new", create=True) as new:
        add(old, "a", ["one"])
        add(new, "b", ["two"])
        generation = old.generation
        (tmp_path / "index").rename(tmp_path / "old")
        assert old.stats().documents == 1  # between the two moves
        (tmp_path / "new").rename(tmp_path / "index")
        assert old.generation != generation
        assert old.has_document("b") and not old.has_document("a")
        assert len(old._connections) == 1  # the one to the file that was replaced is closed


def test_missing_index(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError, match="reindex FOLDER_OF_BULLETINS --index"):
        Catalog(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("version", "words"), [(SCHEMA_VERSION + 1, "a newer version"), (0, "an older version")]
)
def test_other_versions_are_refused(tmp_path: Path, version: int, words: str) -> None:
    with Catalog(tmp_path, create=True) as catalog:
        catalog.set_meta(schema=str(version))
    with pytest.raises(IndexVersionError, match=words) as caught:
        Catalog(tmp_path)
    assert "--rebuild" in str(caught.value)


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 2000])
def test_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    for create in (False, True):
        with pytest.raises(SearchIndexError, match="--rebuild"):
            Catalog(tmp_path, create=create)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_catalog_killed_at_birth_is_completed(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"")
    with Catalog(tmp_path, create=True) as catalog:
        assert catalog.stats().documents == 0


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("x")
    with pytest.raises(SearchIndexError):
        Catalog(tmp_path / "index", create=True)


@pytest.mark.parametrize("name", ["a?b#c%20d", "索引 文件夹"])
def test_folder_with_an_odd_name(tmp_path: Path, name: str) -> None:
    with Catalog(tmp_path / name, create=True) as catalog:
        add(catalog, "a", ["one"])
    assert (tmp_path / name / FILE_NAME).is_file()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.mee.gov.cn", True), ("https://mee.gov.cn:8080/x", True), ("http://sub.mee.gov.cn/a", True),
        ("https://web.archive.org/web/2019/https://www.mee.gov.cn/a", True),
        ("https://other.com/a.mee.gov.cn/x", False), ("https://other.com/?u=http://mee.gov.cn/x", False),
        ("https://notmee.gov.cn/", False), (None, False),
    ],
)  # fmt: skip
def test_site_is_the_host(empty: Catalog, url: str | None, found: bool) -> None:
    add(empty, "a", ["x"])
    with sqlite3.connect(empty.path) as db:
        db.execute("UPDATE documents SET url = ?", (url,))
    for site in ("mee.gov.cn", "www.mee.gov.cn", "MEE.gov.cn"):
        assert bool(len(empty.matching(Filter(site=site)))) is found
