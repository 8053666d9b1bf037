"""Topics of documents by their vectors, on top of those by their words."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.embedding import Embedder
from indexer.embedding.prior import language_means
from indexer.language.topics import center_prototypes, prototype_texts, refine
from indexer.store.catalog import Catalog
from indexer.types import Document, Lang, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_META = "topic_prototypes"


class TopicJudge:
    """Compares documents with the topics' descriptions. Models without known language means judge nothing."""

    def __init__(self, catalog: Catalog, embedder: Embedder) -> None:
        self._means = language_means(embedder.fingerprint)
        self._prototypes = _prototypes(catalog, embedder, self._means) if self._means else None

    def refined(
        self, document: Document, passages: Sequence[Passage], vectors: NDArray[np.float32]
    ) -> Document:
        """The document with its topics weighed again.

        Args:
            document: As ingestion made it.
            passages: Its passages.
            vectors: Their embeddings, shape ``(len(passages), dim)``, unit norm.
        """
        if self._prototypes is None or self._means is None or not document.facts or not passages:
            return document
        centred = vectors - np.stack([self._means[p.lang] for p in passages])
        topics = [fact for fact in document.facts if fact.name == "topic"]
        others = [fact for fact in document.facts if fact.name != "topic"]
        return replace(
            document, facts=(*others, *refine(topics, _unit(centred).mean(axis=0), self._prototypes))
        )


def _prototypes(
    catalog: Catalog, embedder: Embedder, means: dict[Lang, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Vectors of the topics, from the catalog if it has those of the same texts."""
    texts = prototype_texts()
    digest = hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
    found = (catalog.meta(_META) or "").partition(":")
    if found[0] == digest:
        return (
            np.frombuffer(base64.b85decode(found[2]), np.float16).astype(np.float32).reshape(len(texts), -1)
        )
    chinese, english = (embedder.embed_passages(list(some)) for some in zip(*texts, strict=True))
    prototypes = center_prototypes(chinese, english, means)
    packed = base64.b85encode(prototypes.astype(np.float16).tobytes()).decode()
    catalog.set_meta(**{_META: f"{digest}:{packed}"})
    return prototypes


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
