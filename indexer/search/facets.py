"""Facets: how many passages of a question, or of all, have which language, date, publisher, place, topic and format.

The counts of a facet are taken without its own filter, so that choosing one value does not make the others vanish.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.relevance import RELEVANT
from indexer.store.columns import Columns
from indexer.store.filters import is_among
from indexer.types import LANGS, Filter, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.search.ranking import Ranked
    from indexer.store.catalog import Catalog

_KEPT = 16
"""Filters whose counts over the whole index are remembered."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many documents and passages have a value (``zh``, ``2024``, ``510000``, ``air`` …)."""

    value: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to narrow a question by.

    Attributes:
        total_documents: Documents with a passage for which all filters hold; ``total_passages`` likewise.
        langs: Of passages; all others are those of their documents.
        years: The newest first; ``months`` (``2024-03``) the earliest first. All others by passages, the most first.
        provinces: Division codes; ``cities`` likewise, those of the provinces that are chosen.
        undated: Passages of documents without a date, for which all filters hold but those of dates.
    """

    total_documents: int
    total_passages: int
    langs: tuple[Count, ...]
    years: tuple[Count, ...]
    publishers: tuple[Count, ...]
    provinces: tuple[Count, ...]
    cities: tuple[Count, ...]
    topics: tuple[Count, ...]
    formats: tuple[Count, ...]
    months: tuple[Count, ...]
    undated: int


class FacetCounter:
    """Counts facets over one catalog. Any number of threads may use it at once."""

    def __init__(
        self, catalog: Catalog, matching: Callable[[tuple[int, int], Filter], NDArray[np.int64]]
    ) -> None:
        """``matching`` gives the passages for which a filter holds, at a state of the catalog."""
        self._catalog = catalog
        self._matching = matching
        self._columns: Columns | None = None
        self._lock = threading.Lock()
        self._whole = lru_cache(maxsize=_KEPT)(self._whole_at)

    def of_index(self, where: Filter) -> Facets:
        """Of all passages for which a filter holds."""
        columns = self._fresh()
        return self._whole(columns.generation, columns.seq, where)

    def of_passages(self, numbers: Sequence[int], where: Filter) -> Facets:
        """Of those of some passages for which a filter holds."""
        columns = self._fresh()
        return self._count(columns, is_among(columns.numbers, np.unique(np.array(numbers, np.int64))), where)

    def _fresh(self) -> Columns:
        with self._lock:
            self._columns = (
                self._columns.catch_up(self._catalog) if self._columns else Columns.read(self._catalog)
            )
            return self._columns

    def _whole_at(self, _generation: int, _seq: int, where: Filter) -> Facets:
        columns = self._fresh()
        return self._count(columns, np.ones(len(columns.numbers), bool), where)

    def _count(self, columns: Columns, chosen: NDArray[np.bool_], where: Filter) -> Facets:
        """Count the chosen passages under a filter, each facet without its own part of it."""

        def passing(wanted: Filter) -> NDArray[np.bool_]:
            mask = chosen
            if wanted.of_documents:
                numbers = self._matching((columns.generation, columns.seq), replace(wanted, lang=None))
                mask = mask & is_among(columns.numbers, numbers)
            if wanted.lang:
                mask = mask & (columns.langs == LANGS.index(wanted.lang))
            return mask

        @cache
        def per_document(wanted: Filter) -> NDArray[np.int64]:
            return np.bincount(columns.rows[passing(wanted)], minlength=len(columns.doc_ids))

        def counts(name: str, wanted: Filter) -> list[Count]:
            return [Count(*of_value) for of_value in columns.of[name].counts(per_document(wanted))]

        total = per_document(where)
        any_time = replace(where, since=None, until=None, period=None)
        months = counts("months", any_time)
        around = tuple(dict.fromkeys(map(_province, where.places)))
        return Facets(
            total_documents=int(np.count_nonzero(total)),
            total_passages=int(total.sum()),
            langs=_largest_first(
                Count(lang, int(np.count_nonzero(of_lang)), int(of_lang.sum()))
                for lang in LANGS
                if (of_lang := per_document(replace(where, lang=lang))).any()
            ),
            years=tuple(sorted(counts("years", any_time), key=lambda c: c.value, reverse=True)),
            publishers=_largest_first(counts("publishers", replace(where, publishers=()))),
            provinces=_largest_first(counts("provinces", replace(where, places=()))),
            cities=_largest_first(
                count
                for count in counts("cities", replace(where, places=around))
                if not around or _province(count.value) in around
            ),
            topics=_largest_first(counts("topics", replace(where, topics=()))),
            formats=_largest_first(counts("formats", replace(where, formats=()))),
            months=tuple(sorted(months, key=lambda c: c.value)),
            undated=int(per_document(any_time).sum()) - sum(c.passages for c in months),
        )


def matching_numbers(ranked: Iterable[Ranked], lang: Lang | None = None) -> list[int]:
    """Passages of a ranking that bear on the question; all of them where none does."""
    of_lang = [r for r in ranked if lang in (None, r.lang)]
    return [r.number for r in of_lang if r.relevance >= RELEVANT] or [r.number for r in of_lang]


def _largest_first(counts: Iterable[Count]) -> tuple[Count, ...]:
    return tuple(sorted(counts, key=lambda c: (-c.passages, c.value)))


def _province(code: str) -> str:
    return code[:2] + "0000"
