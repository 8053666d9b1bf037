"""Ranking that is fair across languages.

For each language: the dense and the lexical leg find candidates, late interaction rescores the best of them, and the
result is put on a scale that means the same in every language. Only then are the languages merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from indexer.search.query import Query
from indexer.search.relevance import log_odds, probability
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex
from indexer.types import Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen on data/xquad-dev and data/bulletins-gold-dev; benchmarks/README.md has the tables.
LEXICAL_WEIGHT = 6.0  # of the lexical share, in standard deviations of the dense score
LATE_SCALE = 20.0  # brings MaxSim, whose spread among candidates is about 0.05, to the dense score's scale
RESCORED = 60  # candidates of each language that late interaction rescores
TAIL = 20
SPREAD_FLOOR = 0.2
ODDS_WEIGHT = 0.4  # of the log-odds of being relevant, against the standing in one's own language


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages of one language with their scores; arrays of shape ``(n,)``, best first by ``combined``.

    Attributes:
        cosine: Cosine of centred vectors.
        dense: The cosine standardised over all passages of the language.
        lexical: BM25 as a share of what a passage with all of the question's terms could reach, 0 to 1.
        combined: Meaning and words in one score; comparable within the language.
        late: MaxSim; NaN where it was not computed.
    """

    lang: Lang
    numbers: NDArray[np.int64]
    cosine: NDArray[np.float32]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]
    combined: NDArray[np.float32]
    late: NDArray[np.float32]

    def ordered(self) -> Candidates:
        """Best first, ties by passage number."""
        order = np.lexsort((self.numbers, -self.combined))
        return Candidates(
            self.lang, self.numbers[order], self.cosine[order], self.dense[order], self.lexical[order],
            self.combined[order], self.late[order],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage's place in the merged ranking.

    Attributes:
        relevance: Estimated probability, 0 to 1, that it bears on the question.
    """

    number: int
    lang: Lang
    score: float
    relevance: float
    _candidates: Candidates
    _row: int

    @property
    def scores(self) -> dict[str, float]:
        """The parts of the score by name: ``cosine``, ``dense``, ``lexical`` and, where it was computed, ``late``."""
        c = self._candidates
        parts = {"cosine": c.cosine, "dense": c.dense, "lexical": c.lexical, "late": c.late}
        return {name: float(v[self._row]) for name, v in parts.items() if not np.isnan(v[self._row])}


def find_candidates(
    query: Query,
    vector: NDArray[np.float32],
    lang: Lang,
    dense: DenseIndex,
    lexical: LexicalIndex,
    depth: int,
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
        known, rows, _ = np.intersect1d(found, numbers, assume_unique=True, return_indices=True)
        bm25[np.searchsorted(numbers, known)] = scores[rows]
    mean, spread = dense.standardize(centred, lang)
    ceiling = lexical.ceiling(concepts, lang)
    share = bm25 / ceiling if ceiling > 0 else bm25
    standard = (cosine - mean) / spread
    unknown = np.full(len(numbers), np.nan, np.float32)
    return Candidates(
        lang, numbers, cosine, standard, share, standard + LEXICAL_WEIGHT * share, unknown
    ).ordered()


def with_late(candidates: Candidates, late: NDArray[np.float32]) -> Candidates:
    """The first candidates rescored: MaxSim takes the place of the pooled vectors' cosine.

    Args:
        candidates: Best first.
        late: MaxSim of the first ``len(late)`` of them; NaN for a passage without token vectors. Those that are not
            rescored stay behind the others in their order.
    """
    all_late = np.concatenate([late, np.full(len(candidates.numbers) - len(late), np.nan, np.float32)])
    known = ~np.isnan(all_late)
    if not known.any():
        return candidates
    combined = LATE_SCALE * all_late + LEXICAL_WEIGHT * candidates.lexical
    behind = candidates.combined[~known]
    if len(behind):
        combined[~known] = combined[known].min() - (behind.max() - behind) - 1e-3
    return replace(candidates, combined=combined, late=all_late).ordered()


def merge(query_lang: Lang, candidates: Sequence[Candidates]) -> list[Ranked]:
    """One ranking of all languages' candidates, best first, ties by passage number.

    A passage counts by how far it stands out in its own language, and by how likely it is to be relevant at all: where
    a language has no answer, its best passage stands out too.
    """
    ranked = []
    for c in candidates:
        standing = calibrate(c.combined)
        odds = log_odds(c.late, c.dense, c.lexical, standing, same_language=c.lang == query_lang)
        columns = (c.numbers, standing + ODDS_WEIGHT * odds, probability(odds))
        ranked += [
            Ranked(number, c.lang, score, likely, c, row)
            for row, (number, score, likely) in enumerate(zip(*(x.tolist() for x in columns), strict=True))
        ]
    ranked.sort(key=lambda r: (-r.score, r.number))
    return ranked


def calibrate(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of one language's candidates relative to that language's own tail.

    The best of many unrelated passages scores higher in the language that has more of them, so a score counts by how
    far it stands above its language's 20th best, in units of the spread of the best 20.

    Args:
        scores: Shape ``(n,)``, best first.
    """
    if not len(scores):
        return scores
    top = scores[:TAIL]
    return np.asarray((scores - top[-1]) / (top.std() + SPREAD_FLOOR), np.float32)
