"""What can be counted about passages and their documents, in arrays: a million passages are counted in milliseconds.

Read from the catalog once, then kept in step with it by its log of changes. A document's facts never change while it
is in the catalog; only which passages it has may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.language.places import ABOUT, place
from indexer.language.publishers import publisher_key
from indexer.types import LANGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.store.catalog import Catalog

NAMES = ("years", "months", "publishers", "formats", "provinces", "cities", "topics")

# More changes than this in one go, and reading all anew is as quick.
_MOST_CHANGES = 500


@dataclass(frozen=True, slots=True)
class Column:
    """The values that documents have of one kind; a document may have none or several.

    Attributes:
        rows: Documents, shape ``(n,)``.
        codes: Their values, as places in ``values``, shape ``(n,)``.
    """

    rows: NDArray[np.int32]
    codes: NDArray[np.int32]
    values: tuple[str, ...]

    def counts(self, per_document: NDArray[np.int64]) -> Iterator[tuple[str, int, int]]:
        """Each value with how many documents and passages have it, where any has.

        Args:
            per_document: Passages that are counted of each document.
        """
        weights = per_document[self.rows]
        passages = np.bincount(self.codes, weights, len(self.values)).astype(np.int64)
        documents = np.bincount(self.codes[weights > 0], minlength=len(self.values))
        for code in np.flatnonzero(passages).tolist():
            yield self.values[code], int(documents[code]), int(passages[code])


@dataclass(frozen=True, slots=True)
class Columns:
    """All passages at one state of the catalog. Arrays are never changed in place.

    Attributes:
        generation: Of the catalog's file; ``seq`` is the last change that is in.
        numbers: The passages, shape ``(n,)``, ascending.
        langs: Their languages as places in ``LANGS``, shape ``(n,)``.
        rows: Their documents, shape ``(n,)``.
        doc_ids: The documents; some may have no passage any more.
    """

    generation: int
    seq: int
    numbers: NDArray[np.int64]
    langs: NDArray[np.int8]
    rows: NDArray[np.int32]
    doc_ids: dict[str, int]
    of: dict[str, Column]

    @classmethod
    def read(cls, catalog: Catalog) -> Columns:
        """All that a catalog holds now."""
        generation, seq = catalog.generation, catalog.seq()
        empty = np.zeros(0, np.int32)
        nothing = cls(
            generation, seq, empty.astype(np.int64), empty.astype(np.int8), empty, {},
            {name: Column(empty, empty, ()) for name in NAMES},
        )  # fmt: skip
        return nothing._with(catalog, 0)

    def catch_up(self, catalog: Catalog) -> Columns:
        """The same at the catalog's present state."""
        if catalog.generation != self.generation:
            return Columns.read(catalog)
        seq = catalog.seq()
        if seq == self.seq:
            return self
        changes = catalog.changes(self.seq)
        if len(changes) > _MOST_CHANGES:
            return Columns.read(catalog)
        keep = np.ones(len(self.numbers), bool)
        for change in changes:
            if not change.added:
                first, end = np.searchsorted(self.numbers, (change.first, change.last + 1))
                keep[first:end] = False
        kept = replace(
            self, seq=seq, numbers=self.numbers[keep], langs=self.langs[keep], rows=self.rows[keep]
        )
        # Numbers are never given twice, so that what is new is above all that was ever here.
        return kept._with(catalog, int(self.numbers[-1]) if len(self.numbers) else 0)

    def _with(self, catalog: Catalog, after: int) -> Columns:
        """With the passages above some number, and the documents that have these."""
        found = catalog.documents_of_passages(after)
        documents = dict(self.doc_ids)
        rows = [documents.setdefault(doc_id, len(documents)) for _, _, doc_id in found]
        numbers = np.fromiter((number for number, _, _ in found), np.int64, len(found))
        langs = np.fromiter((LANGS.index(lang) for _, lang, _ in found), np.int8, len(found))
        order = np.argsort(numbers)
        new = [doc_id for doc_id, row in documents.items() if row >= len(self.doc_ids)]
        pairs: dict[str, list[tuple[int, str]]] = {name: [] for name in NAMES}
        for doc_id, name, value in _values(catalog, new):
            pairs[name].append((documents[doc_id], value))
        return replace(
            self,
            numbers=np.concatenate([self.numbers, numbers[order]]),
            langs=np.concatenate([self.langs, langs[order]]),
            rows=np.concatenate([self.rows, np.array(rows, np.int32)[order]]),
            doc_ids=documents,
            of={name: _extended(self.of[name], pairs[name]) for name in NAMES},
        )


def _extended(column: Column, pairs: list[tuple[int, str]]) -> Column:
    if not pairs:
        return column
    codes = {value: code for code, value in enumerate(column.values)}
    added = [codes.setdefault(value, len(codes)) for _, value in pairs]
    return Column(
        np.concatenate([column.rows, np.array([row for row, _ in pairs], np.int32)]),
        np.concatenate([column.codes, np.array(added, np.int32)]),
        tuple(codes),
    )


def _values(catalog: Catalog, doc_ids: list[str]) -> Iterator[tuple[str, str, str]]:
    """(document, column, value) of some documents."""
    for doc_id, published, publisher, kind in catalog.labels(doc_ids):
        if published:
            yield doc_id, "years", published[:4]
            yield doc_id, "months", published[:7]
        if publisher:
            yield doc_id, "publishers", publisher_key(publisher)
        yield doc_id, "formats", kind
    places: dict[str, set[tuple[str, str]]] = {}
    for doc_id, code in catalog.fact_values("place", ABOUT, doc_ids):
        places.setdefault(doc_id, set()).update(_above(code))
    for doc_id, found in places.items():
        yield from ((doc_id, name, code) for name, code in sorted(found))
    for doc_id, topic in catalog.fact_values("topic", 0.0, doc_ids):
        yield doc_id, "topics", topic


def _above(code: str) -> Iterable[tuple[str, str]]:
    """The province and the city that a place is or lies in."""
    at = place(code)
    while at is not None:
        if at.level != "county":
            yield ("provinces" if at.level == "province" else "cities"), at.code
        at = place(at.parent) if at.parent else None
