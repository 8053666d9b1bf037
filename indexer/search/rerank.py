"""An optional second stage: a cross-encoder reads the question with each of the first hits and orders them anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from indexer.errors import ModelError
from indexer.types import Hit

RERANKED = 30
"""Hits that the cross-encoder reads."""


class CrossEncoder(Protocol):
    """What :class:`sentence_transformers.CrossEncoder` has of use here."""

    def predict(self, sentences: list[tuple[str, str]]) -> Sequence[float]:
        """How well each passage answers its question; higher is better, on any scale."""
        ...


def load_reranker(name: str) -> CrossEncoder:
    """Load a cross-encoder.

    Args:
        name: Hub id or folder.

    Raises:
        ModelError: It can't be loaded.
    """
    try:
        from sentence_transformers import CrossEncoder as Model

        model: CrossEncoder = Model(name, device="cpu")
    except Exception as error:  # whatever the libraries raise for a missing or broken model
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"The reranker {name!r} can't be loaded: {reason}. Give the folder or hub id of a cross-encoder for "
            "sentence-transformers in QINGSHAN_RERANKER, or leave it empty to search without.",
            f"无法加载重排模型 {name!r}：{reason}。请在 QINGSHAN_RERANKER 中填写 sentence-transformers 交叉编码器的文件夹或 hub 名称，"
            "或留空不用。",
        ) from error
    return model


def rerank(question: str, hits: Sequence[Hit], model: CrossEncoder) -> list[Hit]:
    """The first 30 hits in the cross-encoder's order, then the others in theirs.

    A hit's relevance stays. So do the scores as a whole: the best hit has the highest of them, whichever it is; what the
    cross-encoder said is among its ``scores`` as ``reranker``.

    Args:
        question: Without filters.
        hits: Best first.
        model: See :func:`load_reranker`.
    """
    first = hits[:RERANKED]
    if not first:
        return []
    said = [float(x) for x in model.predict([(question, f"{hit.title}\n{hit.text}") for hit in first])]
    order = sorted(range(len(first)), key=lambda row: -said[row])
    again = [
        replace(
            first[row],
            rank=place.rank,
            score=place.score,
            scores={**first[row].scores, "reranker": said[row]},
        )
        for place, row in zip(first, order, strict=True)
    ]
    return [*again, *hits[RERANKED:]]
