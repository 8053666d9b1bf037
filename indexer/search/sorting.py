"""Hits in the order of their documents' dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from indexer.errors import QueryError
from indexer.search.relevance import RELEVANT
from indexer.types import Hit

Sort = Literal["relevance", "newest", "oldest"]
SORTS: tuple[Sort, ...] = ("relevance", "newest", "oldest")

DATED = 200
"""Hits, the best, among which those that are relevant are put in the order of their dates."""


def check_sort(sort: str) -> Sort:
    """The order of hits.

    Raises:
        QueryError: There is no such order.
    """
    for known in SORTS:
        if sort == known:
            return known
    raise QueryError(f"The order {sort!r} is not known; use {', '.join(SORTS)}.")


def by_date(hits: Sequence[Hit], sort: Sort) -> list[Hit]:
    """The relevant hits by date, those without one last, ties by score; unchanged where none is relevant."""
    relevant = [hit for hit in hits if hit.relevance >= RELEVANT]
    if sort == "relevance" or not relevant:
        return list(hits)
    best_first = sorted(relevant, key=lambda hit: -hit.score)
    dated = sorted(
        (hit for hit in best_first if hit.published),
        key=lambda hit: hit.published or "",
        reverse=sort == "newest",
    )  # sorted() keeps the order of equals, also in reverse
    ordered = dated + [hit for hit in best_first if not hit.published]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)]
