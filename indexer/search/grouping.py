"""Hits of one document, gathered under the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.types import Hit


@dataclass(frozen=True, slots=True)
class Group:
    """The best hit of a document, and its other hits in their order."""

    best: Hit
    more: tuple[Hit, ...] = ()


def group(hits: Sequence[Hit]) -> list[Group]:
    """Hits by document, in the order of the best of each."""
    documents: dict[str, list[Hit]] = {}
    for hit in hits:
        documents.setdefault(hit.doc_id, []).append(hit)
    return [Group(best, tuple(more)) for best, *more in documents.values()]
