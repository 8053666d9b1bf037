"""Which lines the documents of one site share at their edges, counted in the transactions that change the documents.

A site is the host of a document's address, else the publisher that its file declares, else the folder that it lies in.
Each document's lines are kept with whether they counted as the site's when its passages were made, so that after any
change it is known which documents need other passages, without looking at the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexer.language.regex import regex

if TYPE_CHECKING:
    from indexer.store.catalog import Catalog

SCHEMA = """
CREATE TABLE sites (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    n INTEGER NOT NULL, -- documents
    settled INTEGER NOT NULL -- whether all passages agree with the counts
);
CREATE INDEX sites_unsettled ON sites (number) WHERE NOT settled;
CREATE TABLE document_sites (doc_id TEXT PRIMARY KEY REFERENCES documents, site INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE site_lines (
    site INTEGER NOT NULL, line BLOB NOT NULL,
    was_repeated INTEGER NOT NULL, -- when the document's passages were made
    doc_id TEXT NOT NULL,
    PRIMARY KEY (site, line, was_repeated, doc_id)
) WITHOUT ROWID;
CREATE INDEX site_lines_by_document ON site_lines (doc_id);
CREATE TABLE line_counts (
    site INTEGER NOT NULL, line BLOB NOT NULL,
    n INTEGER NOT NULL, -- documents that have it
    n_repeated INTEGER NOT NULL, -- those of them for which it was the site's
    PRIMARY KEY (site, line)
) WITHOUT ROWID;
CREATE INDEX lines_in_question ON line_counts (site) WHERE n >= 5 OR n_repeated > 0
"""

MIN_COUNT = 5
"""Documents from which a line is in question; the index above says the same."""

_ARCHIVED = regex(r"https?://web\.archive\.org/web/[^/]+/(.+)")


@dataclass(frozen=True, slots=True)
class LineCount:
    """A line of a site: how many documents have it, and for how many of these it was the site's."""

    line: bytes
    n: int
    n_repeated: int


def site_name(url: str | None, publisher: str | None, path: str) -> str:
    """The site of a document.

    Args:
        url: Its address; that of a web archive's copy counts as the original's.
        publisher: The one that its file declares.
        path: Where it lies.
    """
    return host_of(url) or (f"publisher:{publisher}" if publisher else f"folder:{PurePosixPath(path).parent}")


def host_of(url: str | None) -> str | None:
    """The host of an address, without ``www.``; that of the original for a web archive's copy."""
    archived = _ARCHIVED.match(url or "")
    try:
        host = urlsplit(archived[1] if archived else url or "").hostname
    except ValueError:  # such as an unclosed bracket
        return None
    return host.removeprefix("www.") if host else None


# Inside the transactions of the catalog


def place(db: sqlite3.Connection, doc_id: str) -> None:
    """Note the site of a document, new or after its files have changed."""
    row = db.execute(
        "SELECT url, (SELECT value FROM facts f WHERE f.doc_id = d.doc_id AND name = 'publisher'"
        " AND origin IN ('side-car', 'format') ORDER BY ordinal LIMIT 1),"
        " (SELECT min(path) FROM files f WHERE f.doc_id = d.doc_id) FROM documents d WHERE doc_id = ?",
        (doc_id,),
    ).fetchone()
    if row is None or row[2] is None:
        return
    name = site_name(*row)
    old = db.execute(
        "SELECT number, name FROM document_sites JOIN sites ON number = site WHERE doc_id = ?", (doc_id,)
    ).fetchone()
    if old is not None and old[1] == name:
        return
    lines = _take_away(db, doc_id) if old is not None else {}
    db.execute("INSERT OR IGNORE INTO sites (name, n, settled) VALUES (?, 0, 0)", (name,))
    db.execute("UPDATE sites SET n = n + 1, settled = 0 WHERE name = ?", (name,))
    db.execute("INSERT INTO document_sites SELECT ?, number FROM sites WHERE name = ?", (doc_id, name))
    put(db, doc_id, lines)


def put(db: sqlite3.Connection, doc_id: str, lines: Mapping[bytes, bool]) -> None:
    """Keep a document's lines in place of those kept before; each with whether it was the site's for its passages."""
    (site,) = db.execute("SELECT site FROM document_sites WHERE doc_id = ?", (doc_id,)).fetchone()
    _uncount(db, doc_id, site)
    rows = [(site, line, int(was_repeated)) for line, was_repeated in lines.items()]
    db.executemany("INSERT INTO site_lines VALUES (?, ?, ?, ?)", ((*row, doc_id) for row in rows))
    db.executemany(
        "INSERT INTO line_counts VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE"
        " SET n = n + 1, n_repeated = n_repeated + excluded.n_repeated",
        rows,
    )


def forget(db: sqlite3.Connection, doc_id: str) -> None:
    """Forget a document that is about to be removed."""
    if db.execute("SELECT 1 FROM document_sites WHERE doc_id = ?", (doc_id,)).fetchone():
        _take_away(db, doc_id)


def _take_away(db: sqlite3.Connection, doc_id: str) -> dict[bytes, bool]:
    """Take a document away from its site; returns its lines."""
    (site,) = db.execute("SELECT site FROM document_sites WHERE doc_id = ?", (doc_id,)).fetchone()
    lines = _uncount(db, doc_id, site)
    db.execute("DELETE FROM document_sites WHERE doc_id = ?", (doc_id,))
    db.execute("UPDATE sites SET n = n - 1, settled = 0 WHERE number = ?", (site,))
    db.execute("DELETE FROM sites WHERE number = ? AND n = 0", (site,))
    return lines


def _uncount(db: sqlite3.Connection, doc_id: str, site: int) -> dict[bytes, bool]:
    rows = db.execute("SELECT line, was_repeated FROM site_lines WHERE doc_id = ?", (doc_id,)).fetchall()
    db.execute("DELETE FROM site_lines WHERE doc_id = ?", (doc_id,))
    for line, was_repeated in rows:
        db.execute(
            "UPDATE line_counts SET n = n - 1, n_repeated = n_repeated - ? WHERE site = ? AND line = ?",
            (was_repeated, site, line),
        )
        db.execute("DELETE FROM line_counts WHERE site = ? AND line = ? AND n = 0", (site, line))
    return {line: bool(was_repeated) for line, was_repeated in rows}


class Lines:
    """The part of a catalog that knows the lines of sites."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @property
    def _db(self) -> sqlite3.Connection:
        return self._catalog._db

    def unsettled(self) -> list[int]:
        """Sites some of whose documents may need other passages."""
        return [
            row[0] for row in self._db.execute("SELECT number FROM sites WHERE NOT settled ORDER BY number")
        ]

    def settle(self, site: int) -> None:
        """Note that all documents of a site have the passages that they should."""
        with self._catalog._transaction() as db:
            db.execute("UPDATE sites SET settled = 1 WHERE number = ?", (site,))

    def site(self, name: str) -> int | None:
        """The number of a site; None if no document is of it."""
        row = self._db.execute("SELECT number FROM sites WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def n_documents(self, site: int) -> int:
        """Number of a site's documents."""
        row = self._db.execute("SELECT n FROM sites WHERE number = ?", (site,)).fetchone()
        return 0 if row is None else int(row[0])

    def in_question(self, site: int) -> list[LineCount]:
        """The lines of a site that may be, or were, its own rather than its documents'."""
        rows = self._db.execute(
            "SELECT line, n, n_repeated FROM line_counts WHERE site = ? AND (n >= 5 OR n_repeated > 0) ORDER BY line",
            (site,),
        )
        return [LineCount(*row) for row in rows]

    def counts(self, site: int, lines: Iterable[bytes]) -> dict[bytes, int]:
        """How many of a site's documents have these lines."""
        found = {}
        for line in lines:
            row = self._db.execute(
                "SELECT n FROM line_counts WHERE site = ? AND line = ?", (site, line)
            ).fetchone()
            found[line] = 0 if row is None else int(row[0])
        return found

    def of(self, doc_id: str) -> dict[bytes, bool]:
        """A document's lines, each with whether it was the site's when the passages were made."""
        rows = self._db.execute("SELECT line, was_repeated FROM site_lines WHERE doc_id = ?", (doc_id,))
        return {line: bool(was_repeated) for line, was_repeated in rows}

    def left_out(self, at_most: int) -> list[tuple[int, bytes, int]]:
        """(site, line, documents) of the lines that passages leave out, those of the most documents first."""
        return self._db.execute(
            "SELECT site, line, n_repeated FROM line_counts WHERE n_repeated > 0"
            " ORDER BY n_repeated DESC, site, line LIMIT ?",
            (at_most,),
        ).fetchall()

    def name(self, site: int) -> str:
        """The name of a site."""
        row = self._db.execute("SELECT name FROM sites WHERE number = ?", (site,)).fetchone()
        return "" if row is None else str(row[0])

    def documents(self, site: int, line: bytes, was_repeated: bool) -> Iterator[str]:
        """Documents with a line, for which it was the site's when their passages were made, or wasn't."""
        yield from (
            row[0]
            for row in self._db.execute(
                "SELECT doc_id FROM site_lines WHERE site = ? AND line = ? AND was_repeated = ? ORDER BY doc_id",
                (site, line, int(was_repeated)),
            ).fetchall()
        )
