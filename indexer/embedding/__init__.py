"""Texts to vectors: the bundled model, or any sentence-transformers model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.types import Embedder

if TYPE_CHECKING:
    from indexer.config import Settings
    from indexer.embedding.bundled import Progress

__all__ = ["Embedder", "load_ahead", "load_embedder"]


def load_embedder(settings: Settings, progress: Progress | None = None) -> Embedder:
    """The embedder that the settings name.

    Args:
        settings: ``model``, ``cache`` and ``threads`` are read.
        progress: Told of the steps when the bundled model is prepared, which happens once.

    Raises:
        ModelError: The model can't be prepared or loaded; the message says what to do.
    """
    from indexer.config import BUNDLED

    if settings.model == BUNDLED:
        from indexer.embedding.bundled import BundledEmbedder

        return BundledEmbedder(settings.cache, threads=settings.threads, progress=progress)
    from indexer.embedding.transformer import TransformerEmbedder

    return TransformerEmbedder(settings.model)


def load_ahead(settings: Settings) -> None:
    """Begin to load what :func:`load_embedder` gives, where that is the bundled model and ready; do something else then.

    Args:
        settings: ``model``, ``cache`` and ``threads`` are read.
    """
    from indexer.config import BUNDLED

    if settings.model == BUNDLED:
        from indexer.embedding import bundled

        bundled.load_ahead(settings.cache, settings.threads)
