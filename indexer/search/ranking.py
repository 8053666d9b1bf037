"""Ranking that is fair across languages.

For each language: the dense and the lexical leg find candidates, each candidate gets both legs' scores, and their sum
is put on a scale that means the same in every language. Only then are the languages merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.query import Query
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex
from indexer.types import Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages of one language with their scores; arrays of shape ``(n,)``, in no particular order.

    Attributes:
        cosine: Cosine of centred vectors.
        dense: The cosine standardised over all passages of the language.
        lexical: BM25 as a share of what a passage with all of the question's terms could reach.
    """

    lang: Lang
    numbers: NDArray[np.int64]
    cosine: NDArray[np.float32]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage's place in the merged ranking."""

    number: int
    lang: Lang
    score: float
    scores: dict[str, float]


def find_candidates(
    query: Query, vector: NDArray[np.float32], lang: Lang, dense: DenseIndex, lexical: LexicalIndex, depth: int
) -> Candidates:
    """The passages of one language that either leg finds, with both legs' scores for each.

    Args:
        query: The analysed question.
        vector: Its embedding, shape ``(dim,)``, unit norm, not centred.
        lang: Whose passages.
        dense: The dense index.
        lexical: The lexical index.
        depth: Candidates of each leg.
    """
    centred = dense.centre_query(vector, query.lang)
    by_meaning, _ = dense.search(centred, lang, depth)
    concepts = query.concepts(lang)
    by_words, word_scores = lexical.search(concepts, lang, depth)
    numbers = np.union1d(by_meaning, by_words)
    cosine = dense.scores(centred, lang, numbers)
    held = ~np.isnan(cosine)  # the lexical index may be a step ahead or behind
    numbers, cosine = numbers[held], cosine[held]

    bm25 = np.zeros(len(numbers), np.float32)
    rest = np.setdiff1d(numbers, by_words)
    for found, scores in ((by_words, word_scores), lexical.search(concepts, lang, len(rest), among=rest)):
        rows = np.minimum(np.searchsorted(numbers, found), max(len(numbers) - 1, 0))
        if len(numbers):
            known = numbers[rows] == found
            bm25[rows[known]] = scores[known]
    mean, spread = dense.standardize(centred, lang)
    ceiling = lexical.ceiling(concepts, lang)
    return Candidates(lang, numbers, cosine, (cosine - mean) / spread, bm25 / ceiling if ceiling > 0 else bm25)


# Set on data/xquad-dev and data/bulletins-gold-dev; benchmarks/README.md has the table.
LEXICAL_WEIGHT = 3.0
TAIL = 20
TAIL_SHARE = 1.0
SPREAD_FLOOR = 0.3


def merge(candidates: Sequence[Candidates]) -> list[Ranked]:
    """One ranking of all languages' candidates, best first, ties by passage number."""
    ranked = []
    for c in candidates:
        if not len(c.numbers):
            continue
        combined = c.dense + LEXICAL_WEIGHT * c.lexical
        scores = calibrate(combined)
        for i in range(len(c.numbers)):
            ranked.append(
                Ranked(
                    int(c.numbers[i]), c.lang, float(scores[i]),
                    {"cosine": float(c.cosine[i]), "dense": float(c.dense[i]), "lexical": float(c.lexical[i])},
                )
            )  # fmt: skip
    ranked.sort(key=lambda r: (-r.score, r.number))
    return ranked


def calibrate(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of one language's candidates relative to that language's own tail."""
    top = np.sort(scores)[::-1][:TAIL]
    return (scores - top[-1] * TAIL_SHARE) / (top.std() + SPREAD_FLOOR)


def relevance(score: float) -> float:
    """Estimated probability, 0 to 1, that a passage with this score bears on the question."""
    return float(1 / (1 + np.exp(-score)))
