"""Which documents are printed more than once: their signatures, the pairs of reprints, and groups of these.

Signatures are cut into bands; documents that share a band are candidates, found by an index whatever the number of
documents. A group is a document with those that are its reprints, so that no chain of small differences joins what
has little in common. Everything here follows from the documents' texts and is made again if it is lost.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from indexer.store.catalog import Catalog

ROWS = 3
"""Hashes of a band: at a likeness of .5, one of the 42 bands agrees in 99.6 % of pairs; at .1, in 4 %."""

_CROWD = 100
"""Documents of one band that are looked at, the newest: what more documents share is a form that all fill in."""

_SHORT_LIST = 200
"""Documents whose signatures are looked at, those that share the most bands."""

_FLOOR = 0.35
"""Estimated likeness below which no document is a candidate; that of a reprint is .45 at the least."""


class Reprints:
    """The part of a catalog that knows reprints. Documents are named by a number of their own."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @property
    def _db(self) -> sqlite3.Connection:
        return self._catalog._db

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing."""
        with self._catalog._transaction():
            yield

    def begin_anew(self, version: str) -> None:
        """Forget all signatures, pairs and groups if another version made them."""
        if self._catalog.meta("fingerprint") == version:
            return
        with self._catalog._transaction() as db:
            db.execute("DELETE FROM bands")
            db.execute("DELETE FROM reprints")
            db.execute("UPDATE fingerprints SET signature = NULL, group_id = NULL")
            db.execute("INSERT OR REPLACE INTO meta VALUES ('fingerprint', ?)", (version,))

    # Pairs

    def unsigned(self) -> list[int]:
        """The documents that have no signature yet, in the order in which they were indexed."""
        rows = self._db.execute("SELECT number FROM fingerprints WHERE signature IS NULL ORDER BY number")
        return [row[0] for row in rows]

    def text(self, number: int) -> str:
        """A document's clean text; empty if it is gone."""
        row = self._db.execute(
            "SELECT d.text FROM fingerprints f JOIN documents d USING (doc_id) WHERE f.number = ?", (number,)
        ).fetchone()
        return "" if row is None else str(row[0])

    def candidates(self, signature: bytes, at_most: int = 32) -> list[int]:
        """Documents that may be reprints of one with this signature, the most alike first.

        Args:
            signature: Not yet stored.
            at_most: How many; the documents around which their groups are formed come on top of that.
        """
        shared: Counter[int] = Counter()
        for band in _bands(signature):
            shared.update(
                row[0]
                for row in self._db.execute(
                    "SELECT number FROM bands WHERE band = ? ORDER BY number DESC LIMIT ?", (band, _CROWD)
                )
            )
        numbers = [n for n, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_SHORT_LIST]]
        rows = self._db.execute(
            "SELECT f.number, f.signature, c.number FROM fingerprints f"
            " LEFT JOIN fingerprints c ON c.doc_id = f.group_id"
            f" WHERE f.signature NOT NULL AND f.number IN ({','.join('?' * len(numbers))})",
            numbers,
        )
        mine = np.frombuffer(signature, "<u4")
        alike = [
            (float((np.frombuffer(other, "<u4") == mine).mean()), number, centre)
            for number, other, centre in rows
        ]
        alike = sorted((row for row in alike if row[0] >= _FLOOR), key=lambda row: (-row[0], row[1]))[
            :at_most
        ]
        return list(dict.fromkeys([n for _, n, _ in alike] + [c for _, _, c in alike if c is not None]))

    def sign(self, number: int, signature: bytes, alike: Mapping[int, bool], *, find: bool = True) -> None:
        """Keep a document's signature and its pairs; its group is to be made then. Inside a transaction.

        Args:
            number: The document.
            signature: Its MinHash.
            alike: True for its reprints, false for documents that have most of its text but speak of something else.
            find: Whether other documents are to find it; false for one that says nothing.
        """
        db = self._db
        db.execute(
            "UPDATE fingerprints SET signature = ?, group_id = NULL WHERE number = ?", (signature, number)
        )
        if find:
            db.executemany(
                "INSERT OR IGNORE INTO bands VALUES (?, ?)", ((b, number) for b in _bands(signature))
            )
        for other, same in alike.items():
            for pair in ((number, other), (other, number)):
                db.execute("INSERT OR REPLACE INTO reprints VALUES (?, ?, ?)", (*pair, int(same)))

    # Groups

    def ungrouped(self) -> list[int]:
        """Signed documents whose group is to be made, or to be made anew because a document near it has gone."""
        rows = self._db.execute(
            "SELECT number FROM fingerprints WHERE group_id IS NULL AND signature NOT NULL ORDER BY number"
        )
        return [row[0] for row in rows]

    def connected(self, number: int) -> dict[int, dict[int, bool]]:
        """All documents that are reprints of a document, or of one that is so itself …, each with its pairs."""
        found: dict[int, dict[int, bool]] = {}
        waiting = [number]
        while waiting:
            at = waiting.pop()
            if at not in found:
                rows = self._db.execute("SELECT other, same FROM reprints WHERE number = ?", (at,))
                found[at] = {other: bool(same) for other, same in rows}
                waiting += [other for other, same in found[at].items() if same]
        return found

    def doc_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """The documents' identities."""
        found: dict[int, str] = {}
        for at in range(0, len(numbers), 500):
            some = numbers[at : at + 500]
            marks = ",".join("?" * len(some))
            found.update(
                self._db.execute(
                    f"SELECT number, doc_id FROM fingerprints WHERE number IN ({marks})", some
                ).fetchall()
            )
        return found

    def set_groups(self, groups: dict[int, str]) -> None:
        """Keep the groups of some documents: the identity of the document around which each was formed."""
        self._db.executemany(
            "UPDATE fingerprints SET group_id = ? WHERE number = ? AND group_id IS NOT ?",
            ((group, number, group) for number, group in groups.items()),
        )

    # Questions

    def members(self, groups: Iterable[str]) -> dict[str, list[str]]:
        """The documents of each group that has more than one, in the order in which they were indexed."""
        found: dict[str, list[str]] = {}
        for group in groups:
            rows = self._db.execute(
                "SELECT doc_id FROM fingerprints WHERE group_id = ? ORDER BY number LIMIT 1000", (group,)
            ).fetchall()
            if len(rows) > 1:
                found[group] = [row[0] for row in rows]
        return found

    def passage_numbers(self, doc_id: str) -> list[int]:
        """The numbers of a document's passages, in order."""
        rows = self._db.execute("SELECT number FROM passages WHERE doc_id = ? ORDER BY ordinal", (doc_id,))
        return [row[0] for row in rows]


def forget(db: sqlite3.Connection, doc_id: str) -> None:
    """Take a document out, with what it had to do with others; their groups are to be made anew."""
    row = db.execute("SELECT number, signature FROM fingerprints WHERE doc_id = ?", (doc_id,)).fetchone()
    if row is None:
        return
    number, signature = row
    db.execute(
        "UPDATE fingerprints SET group_id = NULL WHERE group_id = ?"
        " OR number IN (SELECT other FROM reprints WHERE number = ?)",
        (doc_id, number),
    )
    db.execute(
        "DELETE FROM reprints WHERE other = ?1 AND number IN (SELECT other FROM reprints WHERE number = ?1)",
        (number,),
    )
    db.execute("DELETE FROM reprints WHERE number = ?", (number,))
    if signature is not None:
        bands = ((band, number) for band in _bands(signature))
        db.executemany("DELETE FROM bands WHERE band = ? AND number = ?", bands)
    db.execute("DELETE FROM fingerprints WHERE number = ?", (number,))


def _bands(signature: bytes) -> list[int]:
    """The bands of a signature as integers of 40 bits, its place among them included."""
    size = 4 * ROWS
    return [
        int.from_bytes(
            hashlib.blake2b(signature[at : at + size], digest_size=5, salt=at.to_bytes(2)).digest()
        )
        for at in range(0, len(signature) // size * size, size)
    ]
