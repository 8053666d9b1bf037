"""The probability that a passage bears on a question, on one scale for all languages.

A ranking within a language only says what is better than what; where a language has no answer its best passage is
still wrong. A logistic model turns a passage's scores into the log-odds of being relevant. Its coefficients were fitted
by ``benchmarks/fit_relevance.py`` on questions of which some have no answer, or none in one of the languages; apart for
passages in the question's language and in the other one, and with and without late interaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RELEVANT = 0.15  # under this probability a hit is not worth showing as an answer

# Coefficients of MaxSim, standardised cosine, lexical share and calibrated score, then the intercept; by whether the
# passage is in the question's language. They were fitted with token vectors of 128 components; with 96, MaxSim is 1.06 times
# as large, and its coefficient that much smaller.
_LATE = {True: (1.06, 0.97, 5.68, 0.08, -7.60), False: (6.81, 0.39, 4.20, 0.67, -8.79)}
_PLAIN = {True: (0.0, 1.01, 5.92, 0.09, -7.15), False: (0.0, 0.57, 4.58, 0.81, -6.11)}


def log_odds(
    late: NDArray[np.float32],
    dense: NDArray[np.float32],
    lexical: NDArray[np.float32],
    score: NDArray[np.float32],
    *,
    same_language: bool,
) -> NDArray[np.float32]:
    """Log-odds that passages of one language are relevant.

    Args:
        late: MaxSim, shape ``(n,)``; NaN where it was not computed.
        dense: Cosine standardised over the language, shape ``(n,)``.
        lexical: Share of the attainable BM25, shape ``(n,)``.
        score: Score relative to the language's tail, shape ``(n,)``.
        same_language: Whether they are in the language of the question.
    """
    known = ~np.isnan(late)
    if not known.any():
        _, b, c, d, intercept = _PLAIN[same_language]
        plain: NDArray[np.float32] = intercept + b * dense + c * lexical + d * score
        return plain
    a, b, c, d, intercept = _LATE[same_language]
    # What late interaction did not look at is taken to be as usual to it, but not better than what it did look at.
    likely = np.where(known, late, np.median(late[known]))
    odds: NDArray[np.float32] = intercept + a * likely + b * dense + c * lexical + d * score
    odds[~known] = np.minimum(odds[~known], odds[known].min())
    return odds


def probability(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities, 0 to 1, of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), np.float32)
