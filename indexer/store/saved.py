"""Saved searches: the one thing in a catalog that the bulletins can't give back.

Their table is made when something is first saved, so that catalogs of older versions get it without a rebuild and a
reader needs no right to write. A rebuild carries it over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import QueryError, SearchIndexError

if TYPE_CHECKING:
    from indexer.store.catalog import Catalog

_SCHEMA = """
CREATE TABLE IF NOT EXISTS saved_searches (
    name TEXT PRIMARY KEY,
    query TEXT NOT NULL, -- JSON: the parameters of the page's address
    created TEXT NOT NULL,
    seen TEXT NOT NULL -- when its hits were last looked at
) WITHOUT ROWID
"""

MAX_NAME = 100
"""Characters of a name."""

MAX_SAVED = 500
"""Saved searches of one index."""

_MAX_QUERY = 50_000
"""Characters of a query as JSON; addresses are far shorter."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search.

    Attributes:
        query: The parameters of the page's address, each with its values.
        created: When it was saved (UTC, ISO 8601).
        seen: When its hits were last looked at, likewise.
    """

    name: str
    query: dict[str, list[str]]
    created: str
    seen: str


class SavedSearches:
    """The part of a catalog that knows saved searches."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self) -> list[Saved]:
        """All of them by name."""
        db = self._catalog._db
        if not _has_table(db):
            return []
        rows = db.execute("SELECT name, query, created, seen FROM saved_searches ORDER BY name")
        return [Saved(name, json.loads(query), created, seen) for name, query, created, seen in rows]

    def save(self, name: str, query: Mapping[str, Sequence[str]], now: str) -> None:
        """Save a search, in place of the one of that name if there is one.

        Raises:
            QueryError: The name is empty or too long, or there are too many.
            SearchIndexError: The index can't be written.
        """
        name = _tidy(name)
        if not 1 <= len(name) <= MAX_NAME:
            raise QueryError(
                f"A saved search needs a name of 1 to {MAX_NAME} characters. Give it another.",
                f"检索名称须为 1 至 {MAX_NAME} 字，请另取名称。",
            )
        packed = json.dumps({key: list(values) for key, values in query.items()})
        if len(packed) > _MAX_QUERY:
            raise QueryError(
                "The search is too long to be saved. Ask with fewer words or filters.",
                "检索内容过长，无法保存。请减少字词或筛选条件。",
            )
        with self._writing() as db:
            (n,) = db.execute("SELECT count(*) FROM saved_searches WHERE name <> ?", (name,)).fetchone()
            if n >= MAX_SAVED:
                raise QueryError(
                    f"There are {n} saved searches already. Delete some that you don't need.",
                    f"已有 {n} 个已存检索，请删除不需要的。",
                )
            db.execute(
                "INSERT INTO saved_searches VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET query = excluded.query, seen = excluded.seen",
                (name, packed, now, now),
            )

    def forget(self, name: str) -> None:
        """Forget a saved search, if there is one of that name."""
        with self._writing() as db:
            db.execute("DELETE FROM saved_searches WHERE name = ?", (_tidy(name),))

    def mark_seen(self, name: str, at: str) -> None:
        """Note when the hits of a saved search were looked at."""
        with self._writing() as db:
            db.execute("UPDATE saved_searches SET seen = ? WHERE name = ?", (at, _tidy(name)))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._catalog._transaction() as db:
                db.execute(_SCHEMA)
                yield db
        except sqlite3.OperationalError as error:
            raise SearchIndexError(
                f"The saved searches can't be written to {self._catalog.folder} ({error}). Free some disk if it is "
                "full, or give yourself the right to write there; then try again.",
                "无法写入已存检索：请检查磁盘空间与写入权限，然后重试。",
            ) from error

    def carry_over(self, old: Path) -> None:
        """Take over what another catalog knows, of whatever version: its saved searches, and since when documents are in.

        Args:
            old: The other catalog's file.

        Raises:
            sqlite3.Error: Its saved searches can't be read.
        """
        with closing(sqlite3.connect(f"{old.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as source:
            if _has_table(source):
                rows = source.execute("SELECT name, query, created, seen FROM saved_searches").fetchall()
                with self._writing() as db:
                    db.execute("DELETE FROM saved_searches")  # of a rebuild that was cut off
                    db.executemany("INSERT INTO saved_searches VALUES (?, ?, ?, ?)", rows)
            # Without it every bulletin would look new; that is no reason to lose more.
            with suppress(sqlite3.Error), self._catalog._transaction() as db:
                since = source.execute("SELECT indexed_at, doc_id FROM documents")
                db.executemany("UPDATE documents SET indexed_at = ? WHERE doc_id = ?", since)


def _tidy(name: str) -> str:
    """A name in one line that SQLite can hold."""
    return " ".join(name.encode("utf-8", "replace").decode().split())


def _has_table(db: sqlite3.Connection) -> bool:
    found = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'saved_searches'")
    return found.fetchone() is not None
