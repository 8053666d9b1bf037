"""The catalog: one SQLite file that holds documents, passages, embeddings and a log of changes.

It is the only truth. The dense and lexical indexes follow it: each knows the last change that it has applied
and can be rebuilt from here without embedding again. One bulletin is one transaction.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from indexer.errors import IndexNotFoundError, IndexVersionError, QingshanError, SearchIndexError
from indexer.language.regex import regex
from indexer.store import filters, reprints
from indexer.store import lines as site_lines
from indexer.types import Document, Fact, Filter, Lang, Passage, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCHEMA_VERSION = 2
FILE_NAME = "catalog.sqlite"

_HAN = regex("[\u4e00-\u9fff]")

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    doc_id TEXT PRIMARY KEY,
    format TEXT NOT NULL, encoding TEXT, n_pages INTEGER,
    title TEXT, published TEXT, publisher TEXT, url TEXT,
    lang TEXT NOT NULL,
    text TEXT NOT NULL,
    spans TEXT NOT NULL,
    indexed_at TEXT NOT NULL
) WITHOUT ROWID;
-- What is known about documents, with its evidence, in the order of importance.
CREATE TABLE facts (
    doc_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    name TEXT NOT NULL, ordinal INTEGER NOT NULL, value TEXT NOT NULL,
    confidence REAL NOT NULL, origin TEXT NOT NULL, line INTEGER, page INTEGER, quote TEXT NOT NULL,
    PRIMARY KEY (doc_id, name, ordinal)
) WITHOUT ROWID;
CREATE INDEX facts_by_value ON facts (name, value);
-- Where documents lie. Several files may hold the same document. One that can't be read has an error instead.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    stamp TEXT NOT NULL, -- size, times and inode: while these are the same the file is not read again
    digest TEXT, doc_id TEXT REFERENCES documents, error TEXT
) WITHOUT ROWID;
CREATE INDEX files_by_document ON files (doc_id);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: the followers' key
    doc_id TEXT NOT NULL REFERENCES documents,
    ordinal INTEGER NOT NULL,
    lang TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, context TEXT NOT NULL,
    page INTEGER, page_end INTEGER, line INTEGER, line_end INTEGER, script TEXT NOT NULL,
    digest BLOB NOT NULL -- of what was embedded
);
CREATE INDEX passages_by_document ON passages (doc_id, ordinal);
CREATE INDEX passages_by_digest ON passages (digest);
-- float16 vectors by the digest of the embedded text, all by the one model that meta names.
CREATE TABLE embeddings (digest BLOB PRIMARY KEY, vector BLOB NOT NULL);
-- Packed token vectors for late interaction, apart from the vectors that whole-table reads go through.
CREATE TABLE token_vectors (digest BLOB PRIMARY KEY, packed BLOB NOT NULL);
-- Reprints. A document's signature is null until it was compared with the others, its group until that was made.
CREATE TABLE fingerprints (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    doc_id TEXT NOT NULL UNIQUE REFERENCES documents,
    signature BLOB,
    group_id TEXT -- the document around which the group was formed, often this one
);
CREATE INDEX fingerprints_unsigned ON fingerprints (number) WHERE signature IS NULL;
CREATE INDEX fingerprints_by_group ON fingerprints (group_id);
CREATE TABLE bands (band INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (band, number)) WITHOUT ROWID;
-- Pairs that were found alike, each in both directions: reprints, and those that only look like it.
CREATE TABLE reprints (
    number INTEGER NOT NULL, other INTEGER NOT NULL, same INTEGER NOT NULL, PRIMARY KEY (number, other)
) WITHOUT ROWID;
-- One row for a document added or removed: its passages' numbers, both ends included.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    added INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
);
"""

# What catalogs made before lack; whoever writes adds it. Nothing that reads needs it but for its speed.
_ADDITIONS = """
CREATE INDEX IF NOT EXISTS passages_by_lang ON passages (lang, doc_id);
CREATE INDEX IF NOT EXISTS documents_by_date ON documents (published);
CREATE INDEX IF NOT EXISTS documents_by_publisher ON documents (publisher);
CREATE INDEX IF NOT EXISTS documents_by_format ON documents (format);
CREATE INDEX IF NOT EXISTS documents_by_site ON documents (url, publisher);
CREATE INDEX IF NOT EXISTS failed_files ON files (path) WHERE error IS NOT NULL;
-- Embeddings that no passage may need: new ones until their document is stored, old ones when it has gone.
CREATE TABLE IF NOT EXISTS unclaimed (digest BLOB PRIMARY KEY) WITHOUT ROWID;
"""

# Token vectors of so many passages in one row: a step from row to row lets go of Python's lock and waits to have it back. As
# many as are rescored of a language at most, with a filter and without it, but for large indexes.
_AT_ONCE = 96
_PACKED_TOKENS = "SELECT " + ", ".join(
    ["(SELECT t.packed FROM passages p JOIN token_vectors t USING (digest) WHERE p.number = ?)"] * _AT_ONCE
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the catalog knows of one file.

    Attributes:
        error: Why it could not be read and what to do: in English, and in a second line in Chinese where that is known
            (records of earlier versions have English only). Make it with :meth:`unread`, read it with :meth:`why`.
    """

    path: str
    stamp: str
    digest: str | None
    doc_id: str | None
    error: str | None

    @classmethod
    def unread(cls, path: str, stamp: str, digest: str | None, error: QingshanError) -> Self:
        """The record of a file that could not be read."""
        lines = [" ".join(message.splitlines()) for message in (str(error), error.chinese) if message]
        return cls(path, stamp, digest, None, "\n".join(lines))

    def why(self, lang: Lang = "en") -> str:
        """Why it could not be read, in Chinese if that is asked for and known, else in English; else ``""``."""
        english, _, chinese = (self.error or "").partition("\n")
        if not _HAN.search(chinese):  # English of several lines, of an earlier version
            return self.error or ""
        return chinese if lang == "zh" else english

    @property
    def size(self) -> int:
        """Bytes, with which a stamp begins; 0 for a file that could not be opened."""
        return int(self.stamp.partition("-")[0] or 0)


@dataclass(frozen=True, slots=True)
class Change:
    """A document's passages, numbers ``first`` to ``last``, were added or removed."""

    seq: int
    added: bool
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its number and what is known of its document.

    Attributes:
        paths: The files that hold the document, sorted.
        group: Names the document's group of reprints; None until it is known.
    """

    number: int
    passage: Passage
    title: str | None
    published: str | None
    publisher: str | None
    url: str | None
    format: str
    paths: tuple[str, ...] = ()
    group: str | None = None

    @property
    def path(self) -> str:
        """The first of the files that hold the document."""
        return self.paths[0] if self.paths else ""


@dataclass(frozen=True, slots=True)
class Stats:
    """What the catalog holds."""

    documents: int
    passages: int
    by_lang: dict[str, int]
    failed: int
    updated: str | None


class Catalog:
    """An open catalog. Safe to use from several threads; only one process may write at a time."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the catalog of an index.

        Args:
            folder: The index folder.
            create: Make an empty one where there is none.

        Raises:
            IndexNotFoundError: There is none, and ``create`` is false.
            IndexVersionError: Another version of Qingshan made it.
            SearchIndexError: The file is damaged or can't be opened.
        """
        self.folder = folder
        self.path = folder / FILE_NAME
        self._mode = "rwc" if create else "rw"
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._lock = threading.Lock()
        if not create and not os.path.isfile(self.path):  # noqa: PTH113 - Path.is_file raises where it can't look
            raise IndexNotFoundError(
                f"There is no index in {folder}. Make one: reindex FOLDER_OF_BULLETINS --index {folder}",
                f"{folder} 中没有索引。请建立：reindex 公报文件夹 --index {folder}",
            )
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
                self._create()
            self._check()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise SearchIndexError(
                f"The index in {folder} can't be opened ({error}). "
                "If it is damaged, make it anew from the bulletins: reindex FOLDER_OF_BULLETINS --index "
                f"{folder} --rebuild",
                f"无法打开 {folder} 中的索引（{error}）。若已损坏，请由公报重建：reindex 公报文件夹 --index {folder} --rebuild",
            ) from error

    def _create(self) -> None:
        """Make the tables where they are missing, be it because a run was killed before it had made them."""
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                for statement in f"{_SCHEMA};{site_lines.SCHEMA}".split(";"):
                    if statement.strip():
                        db.execute(statement)
                db.execute("INSERT INTO meta VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
            if db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (str(SCHEMA_VERSION),):
                for statement in _ADDITIONS.split(";"):
                    if statement.strip():
                        db.execute(statement)

    def _check(self) -> None:
        version = int(self.meta("schema") or 0)
        if version != SCHEMA_VERSION:
            newer = "a newer" if version > SCHEMA_VERSION else "an older"
            self.close()
            raise IndexVersionError(
                f"The index in {self.folder} was made by {newer} version of Qingshan "
                f"(index format {version}; this version reads {SCHEMA_VERSION}). "
                + ("Upgrade Qingshan, or make" if version > SCHEMA_VERSION else "Make")
                + f" the index anew: reindex FOLDER_OF_BULLETINS --index {self.folder} --rebuild",
                f"{self.folder} 中的索引由{'较新' if version > SCHEMA_VERSION else '较旧'}版本的 Qingshan 建立（索引格式 {version}，"
                f"本版本可读 {SCHEMA_VERSION}）。请{'升级 Qingshan，或' if version > SCHEMA_VERSION else ''}重建索引："
                f"reindex 公报文件夹 --index {self.folder} --rebuild",
            )

    # Connections

    @property
    def _db(self) -> sqlite3.Connection:
        """This thread's connection, a new one if a rebuild has put another file in place."""
        if not hasattr(self._local, "db") or self._local.generation != self.generation or self._was_written():
            self._local.snapshot = self._snapshot()
            mode = "ro&immutable=1" if self._local.snapshot else self._mode
            place = f"{self.path.absolute().as_uri()}?mode={mode}"
            db = sqlite3.connect(place, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
            if os.access(self.folder, os.W_OK):
                db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA mmap_size = 268435456")
            self._local.db, self._local.generation = db, self.generation
            me = threading.current_thread()
            with self._lock:
                # Servers come with a new thread for every request: close what ended threads have left, and what this
                # one had open of a file that is no longer there.
                kept = []
                for thread, old in self._connections:
                    if thread is not me and thread.is_alive():
                        kept.append((thread, old))
                    else:
                        old.close()
                self._connections = [*kept, (me, db)]
        connection: sqlite3.Connection = self._local.db
        return connection

    def _snapshot(self) -> tuple[int, int] | None:
        """Size and time of the file, if it can only be read as it is: SQLite needs files beside it to follow a writer.

        None if this process may make these files, or a writer has made them.
        """
        if os.access(self.folder, os.W_OK) or self.path.with_name(f"{FILE_NAME}-shm").exists():
            return None
        now = self.path.stat()
        return now.st_size, now.st_mtime_ns

    def _was_written(self) -> bool:
        """Whether a file that is read as it is isn't any more what it was when it was opened."""
        return self._local.snapshot is not None and self._local.snapshot != self._snapshot()

    @property
    def generation(self) -> int:
        """Names the file itself: another one after a rebuild, where all numbers mean something else."""
        try:
            return self.path.stat().st_ino
        except OSError:  # not made yet, or between the two moves of a rebuild
            return getattr(self._local, "generation", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for _, db in self._connections:
                db.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            if db.in_transaction:  # a full disk has rolled it back already
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    # Facts about the index

    def meta(self, key: str) -> str | None:
        """A fact stored about the index, such as the model's fingerprint."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, **facts: str) -> None:
        """Store facts about the index."""
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def seq(self) -> int:
        """Number of the newest change; 0 where nothing was ever indexed."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()[0])

    def newest(self) -> tuple[int, int]:
        """Number of the newest change, and the highest passage number that changes up to it have added; 0 for none.

        Read at once: while a bulletin is stored between two questions, neither would be true of the other.
        """
        seq, last = self._db.execute(
            "SELECT coalesce(max(seq), 0), coalesce(max(last), 0) FROM changes"
        ).fetchone()
        return int(seq), int(last)

    def changes(self, after: int) -> list[Change]:
        """The changes after one number, oldest first."""
        rows = self._db.execute(
            "SELECT seq, added, first, last FROM changes WHERE seq > ? ORDER BY seq", (after,)
        )
        return [Change(seq, bool(added), first, last) for seq, added, first, last in rows]

    def stats(self) -> Stats:
        """Counts of what the catalog holds."""
        by_lang = dict(
            self._db.execute("SELECT lang, count(*) FROM passages GROUP BY lang ORDER BY lang").fetchall()
        )
        (documents,) = self._db.execute("SELECT count(*) FROM documents").fetchone()
        (failed,) = self._db.execute("SELECT count(*) FROM files WHERE error IS NOT NULL").fetchone()
        return Stats(documents, sum(by_lang.values()), by_lang, failed, self.meta("updated"))

    # Files

    def files(self) -> dict[str, FileRecord]:
        """Every file that was seen, by path."""
        rows = self._db.execute("SELECT path, stamp, digest, doc_id, error FROM files")
        return {row[0]: FileRecord(*row) for row in rows}

    def record_files(self, records: Iterable[FileRecord], replaced: Iterable[str] = ()) -> None:
        """Remember files whose documents are known, or that can't be read; ``replaced`` are old paths."""
        with self._transaction() as db:
            db.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in replaced))
            # Only when all files are in their places is it clear which documents none of them holds any more.
            for doc_id in [self._put_file(db, record) for record in records]:
                self._drop_if_orphan(db, doc_id)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget files that are gone, with the documents that no file holds any more."""
        with self._transaction() as db:
            for path in paths:
                row = db.execute("SELECT doc_id FROM files WHERE path = ?", (path,)).fetchone()
                db.execute("DELETE FROM files WHERE path = ?", (path,))
                if row:
                    self._drop_if_orphan(db, row[0])

    def _put_file(self, db: sqlite3.Connection, record: FileRecord) -> str | None:
        """Store a file's record; returns the document that it held before, if any."""
        old = db.execute("SELECT doc_id FROM files WHERE path = ?", (record.path,)).fetchone()
        db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (record.path, record.stamp, record.digest, record.doc_id, record.error),
        )
        if record.doc_id is not None:
            site_lines.place(db, record.doc_id)
        return None if old is None else old[0]

    def _drop_if_orphan(self, db: sqlite3.Connection, doc_id: str | None) -> None:
        if doc_id is None:
            return
        if db.execute("SELECT 1 FROM files WHERE doc_id = ?", (doc_id,)).fetchone():
            site_lines.place(db, doc_id)
            return
        self._drop_passages(db, doc_id)
        reprints.forget(db, doc_id)
        site_lines.forget(db, doc_id)
        db.execute("DELETE FROM documents WHERE doc_id = ?", (doc_id,))

    # Documents

    def has_document(self, doc_id: str) -> bool:
        """Whether the document is indexed."""
        return self._db.execute("SELECT 1 FROM documents WHERE doc_id = ?", (doc_id,)).fetchone() is not None

    def known_embeddings(self, digests: Iterable[bytes]) -> set[bytes]:
        """Which of these texts are embedded already."""
        known = set()
        for digest in digests:
            if self._db.execute("SELECT 1 FROM embeddings WHERE digest = ?", (digest,)).fetchone():
                known.add(digest)
        return known

    def add_embeddings(
        self, digests: Sequence[bytes], vectors: NDArray[np.float32], packed: Sequence[bytes] = ()
    ) -> None:
        """Keep embeddings of texts, before or after the documents that they belong to.

        Args:
            digests: Of the embedded texts.
            vectors: Shape ``(n, dim)``, float32, unit norm.
            packed: The texts' packed token vectors; empty where late interaction is off.
        """
        with self._transaction() as db:
            _unclaim(db, digests)
            db.executemany(
                "INSERT OR IGNORE INTO embeddings VALUES (?, ?)",
                ((d, v.astype(np.float16).tobytes()) for d, v in zip(digests, vectors, strict=True)),
            )
            if packed:
                db.executemany(
                    "INSERT OR IGNORE INTO token_vectors VALUES (?, ?)", zip(digests, packed, strict=True)
                )

    def embeddings(self, digests: Sequence[bytes]) -> NDArray[np.float32]:
        """Embeddings of texts that are embedded, shape ``(len(digests), dim)``, in their order."""
        rows = [
            self._db.execute("SELECT vector FROM embeddings WHERE digest = ?", (d,)).fetchone()[0]
            for d in digests
        ]
        return (
            np.frombuffer(b"".join(rows), np.float16).astype(np.float32).reshape(len(digests), -1)
            if rows
            else np.zeros((0, 0), np.float32)
        )

    def prune_embeddings(self) -> None:
        """Drop the embeddings that no passage needs; those are looked at that were added or given up since."""
        with self._transaction() as db:
            for table in ("embeddings", "token_vectors"):
                db.execute(
                    f"DELETE FROM {table} WHERE digest IN (SELECT digest FROM unclaimed u"
                    " WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.digest = u.digest))"
                )
            db.execute("DELETE FROM unclaimed")

    def add_document(
        self,
        document: Document,
        passages: Sequence[Passage],
        digests: Sequence[bytes],
        file: FileRecord,
        lines: Mapping[bytes, bool] | None = None,
    ) -> None:
        """Store a bulletin, its passages and the file that holds it, all or nothing.

        Args:
            document: Not yet in the catalog.
            passages: Its passages in order.
            digests: Of what was embedded for each passage; the embeddings are in the catalog.
            file: The file's record; its ``doc_id`` is the document's.
            lines: Keys of its lines that may be its site's, each with whether it was for these passages.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    document.doc_id, document.format, document.encoding, document.n_pages,
                    document.title, document.published, document.publisher, document.url,
                    document.lang, document.text, _pack_spans(document.spans), moment(),
                ),
            )  # fmt: skip
            db.execute("INSERT INTO fingerprints (doc_id) VALUES (?)", (document.doc_id,))
            ordinals: Counter[str] = Counter()
            for fact in document.facts:
                db.execute(
                    "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document.doc_id, fact.name, ordinals[fact.name], fact.value,
                        fact.confidence, fact.origin, fact.line, fact.page, fact.quote,
                    ),
                )  # fmt: skip
                ordinals[fact.name] += 1
            self._put_passages(db, passages, digests)
            self._drop_if_orphan(db, self._put_file(db, file))
            site_lines.put(db, document.doc_id, lines or {})

    def replace_passages(
        self, doc_id: str, passages: Sequence[Passage], digests: Sequence[bytes], lines: Mapping[bytes, bool]
    ) -> None:
        """Put other passages in place of a document's, all or nothing; the arguments are those of `add_document`."""
        with self._transaction() as db:
            self._drop_passages(db, doc_id)
            self._put_passages(db, passages, digests)
            site_lines.put(db, doc_id, lines)

    def keep_lines(self, doc_id: str, lines: Mapping[bytes, bool]) -> None:
        """Note which of a document's lines are its site's now, where that gives the same passages."""
        with self._transaction() as db:
            site_lines.put(db, doc_id, lines)

    def _put_passages(
        self, db: sqlite3.Connection, passages: Sequence[Passage], digests: Sequence[bytes]
    ) -> None:
        """Store a document's passages and log the change."""
        numbers = []
        for p, digest in zip(passages, digests, strict=True):
            cursor = db.execute(
                'INSERT INTO passages (doc_id, ordinal, lang, start, "end", text, context, page, page_end, line,'
                " line_end, script, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    p.doc_id, p.ordinal, p.lang, p.start, p.end, p.text, p.context,
                    p.page, p.page_end, p.line, p.line_end, p.script, digest,
                ),
            )  # fmt: skip
            numbers.append(cursor.lastrowid)
        if numbers:
            db.execute("INSERT INTO changes (added, first, last) VALUES (1, ?, ?)", (numbers[0], numbers[-1]))

    def _drop_passages(self, db: sqlite3.Connection, doc_id: str) -> None:
        """Remove a document's passages and log the change."""
        first, last = db.execute(
            "SELECT min(number), max(number) FROM passages WHERE doc_id = ?", (doc_id,)
        ).fetchone()
        if first is not None:
            db.execute("INSERT INTO changes (added, first, last) VALUES (0, ?, ?)", (first, last))
            digests = db.execute("SELECT digest FROM passages WHERE doc_id = ?", (doc_id,)).fetchall()
            _unclaim(db, (row[0] for row in digests))
            db.execute("DELETE FROM passages WHERE doc_id = ?", (doc_id,))

    def document(self, doc_id: str) -> Document | None:
        """A document with its text, or None."""
        row = self._db.execute(
            "SELECT doc_id, text, spans, lang, format, title, published, publisher, url, encoding, n_pages"
            " FROM documents WHERE doc_id = ?",
            (doc_id,),
        ).fetchone()
        if row is None:
            return None
        return replace(Document(row[0], row[1], _unpack_spans(row[2]), *row[3:]), facts=self.facts(doc_id))

    def facts(self, doc_id: str) -> tuple[Fact, ...]:
        """What is known about a document, by name and then by importance."""
        rows = self._db.execute(
            "SELECT name, value, confidence, origin, line, page, quote FROM facts WHERE doc_id = ?"
            " ORDER BY name, ordinal",
            (doc_id,),
        )
        return tuple(Fact(*row) for row in rows)

    def documents_with(self, words: str) -> list[str]:
        """The documents that have some words, but for white space; all of them are read through for it."""
        self._db.create_function("squeezed", 1, lambda text: "".join(text.split()), deterministic=True)
        rows = self._db.execute(
            "SELECT doc_id FROM documents WHERE instr(squeezed(text), ?) ORDER BY doc_id",
            ("".join(words.split()),),
        )
        return [row[0] for row in rows]

    def paths(self, doc_id: str) -> list[str]:
        """The files that hold a document, sorted."""
        return [
            r[0] for r in self._db.execute("SELECT path FROM files WHERE doc_id = ? ORDER BY path", (doc_id,))
        ]

    # Passages

    def passages(self, numbers: Sequence[int]) -> dict[int, StoredPassage]:
        """Passages by number; those that are gone are left out."""
        found: dict[int, StoredPassage] = {}
        for at in range(0, len(numbers), 500):
            some = [int(n) for n in numbers[at : at + 500]]
            rows = self._db.execute(
                'SELECT p.number, p.doc_id, p.ordinal, p.lang, p.start, p."end", p.text, p.context, '
                "p.page, p.page_end,"
                " p.line, p.line_end, p.script, d.title, d.published, d.publisher, d.url, d.format,"
                " (SELECT json_group_array(path) FROM files f WHERE f.doc_id = p.doc_id), r.group_id"
                " FROM passages p JOIN documents d USING (doc_id) LEFT JOIN fingerprints r USING (doc_id)"
                " WHERE p.number IN "
                f"({','.join('?' * len(some))})",
                some,
            )
            for row in rows:
                paths = tuple(sorted(json.loads(row[-2])))
                title, published, publisher, url, kind = row[13:18]
                found[row[0]] = StoredPassage(
                    row[0], Passage(*row[1:13]), title, published, publisher, url, kind, paths, row[-1]
                )
        return found

    def texts(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The texts of passages, by number; those that are gone are left out."""
        for at in range(0, len(numbers), 500):
            some = list(numbers[at : at + 500])
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"SELECT number, text FROM passages WHERE number IN ({marks})", some)

    def matching(self, wanted: Filter) -> NDArray[np.int64]:
        """Numbers of the passages that a filter lets through, ascending; languages are not looked at."""
        return filters.matching(self._db, wanted)

    def documents_of_passages(self, after: int = 0) -> list[tuple[int, Lang, str]]:
        """(number, lang, doc_id) of the passages above a number, in any order."""
        # All of them are in a small index of their own, which a condition on the number would pass over.
        condition, values = ("WHERE number > ?", (after,)) if after else ("", ())
        return self._db.execute(f"SELECT number, lang, doc_id FROM passages {condition}", values).fetchall()

    def labels(self, doc_ids: Sequence[str]) -> Iterator[tuple[str, str | None, str | None, str]]:
        """(doc_id, published, publisher, format) of some documents."""
        yield from self._of_documents("SELECT doc_id, published, publisher, format FROM documents", doc_ids)

    def all_labels(self) -> Iterator[tuple[str | None, str | None, str]]:
        """(published, publisher, format) of all documents."""
        yield from self._db.execute("SELECT published, publisher, format FROM documents")

    def fact_values(self, name: str, confidence: float, doc_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(doc_id, value) of some documents' facts of one name and at least a confidence."""
        query = "SELECT doc_id, value FROM facts WHERE name = ? AND confidence >= ?"
        yield from self._of_documents(query, doc_ids, name, confidence)

    def _of_documents(self, query: str, doc_ids: Sequence[str], *values: object) -> Iterator[Any]:
        """Rows of a query about some documents."""
        word = "AND" if " WHERE " in query else "WHERE"
        for at in range(0, len(doc_ids), 500):
            some = doc_ids[at : at + 500]
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"{query} {word} doc_id IN ({marks})", (*values, *some))

    def document_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Document of each passage number; those that are gone are left out."""
        found: dict[int, str] = {}
        for at in range(0, len(numbers), 500):
            some = [int(n) for n in numbers[at : at + 500]]
            found.update(
                self._db.execute(
                    f"SELECT number, doc_id FROM passages WHERE number IN ({','.join('?' * len(some))})", some
                ).fetchall()
            )
        return found

    def iter_passages(self, after: int = 0, last: int | None = None) -> Iterator[tuple[int, Lang, str, str]]:
        """(number, lang, context, text) of the passages with ``after < number <= last``, in order."""
        yield from self._db.execute(
            "SELECT number, lang, context, text FROM passages WHERE number > ? AND number <= ? ORDER BY "
            "number",
            (after, last if last is not None else 2**62),
        )

    def packed_tokens(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Packed token vectors of some passages by number; those that have none are left out."""
        found: dict[int, bytes] = {}
        for at in range(0, len(numbers), _AT_ONCE):
            some = [int(n) for n in numbers[at : at + _AT_ONCE]]
            row = self._db.execute(_PACKED_TOKENS, some + [None] * (_AT_ONCE - len(some))).fetchone()
            found.update((n, packed) for n, packed in zip(some, row, strict=False) if packed is not None)
        return found

    def tokens_of(self, doc_id: str, ordinal: int) -> tuple[Passage, bytes] | None:
        """A document's passage and its packed token vectors; None where it has none."""
        row = self._db.execute(
            'SELECT p.doc_id, p.ordinal, p.lang, p.start, p."end", p.text, p.context, t.packed'
            " FROM passages p JOIN token_vectors t USING (digest) WHERE p.doc_id = ? AND p.ordinal = ?",
            (doc_id, ordinal),
        ).fetchone()
        return (Passage(*row[:-1]), row[-1]) if row else None

    def vectors(
        self, after: int = 0, last: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.str_], NDArray[np.float16]]:
        """Embeddings of the passages with ``after < number <= last``, in the order of their numbers.

        Returns:
            Numbers, shape ``(n,)``; languages, shape ``(n,)``; vectors, shape ``(n, dim)``, float16.
        """
        rows = self._db.execute(
            "SELECT p.number, p.lang, e.vector FROM passages p JOIN embeddings e USING (digest)"
            " WHERE p.number > ? AND p.number <= ? ORDER BY p.number",
            (after, last if last is not None else 2**62),
        ).fetchall()
        numbers = np.array([r[0] for r in rows], np.int64)
        langs = np.array([r[1] for r in rows], "<U2")
        vectors = np.frombuffer(b"".join(r[2] for r in rows), np.float16)
        return numbers, langs, vectors.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.float16)

    def iter_vectors(
        self, last: int, step: int = 50_000
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.str_], NDArray[np.float16]]]:
        """All of :meth:`vectors` up to a passage number, for ``step`` numbers at a time."""
        for after in range(0, last, step):
            numbers, langs, vectors = self.vectors(after, min(after + step, last))
            if len(numbers):
                yield numbers, langs, vectors


def _unclaim(db: sqlite3.Connection, digests: Iterable[bytes]) -> None:
    """Note embeddings that no passage may need when the run ends."""
    db.executemany("INSERT OR IGNORE INTO unclaimed VALUES (?)", ((d,) for d in digests))


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment() -> str:
    """The time in UTC, ISO 8601, to the microsecond: what comes after is greater, also than :func:`now`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _pack_spans(spans: Sequence[Span]) -> str:
    return json.dumps(
        [[s.start, s.end, s.number, s.page, int(s.heading)] for s in spans], separators=(",", ":")
    )


def _unpack_spans(packed: str) -> tuple[Span, ...]:
    return tuple(Span(a, b, n, page, bool(heading)) for a, b, n, page, heading in json.loads(packed))
