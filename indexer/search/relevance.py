"""The probability that a hit bears on its question, on one scale for all languages.

A ranking only says what is better than what; the best of ten wrong passages is still wrong. A logistic model turns a
hit's scores into a probability. Its coefficients were fitted by ``benchmarks/fit_relevance.py`` on questions with and
without an answer, apart for hits in the question's language and in the other one, with and without late interaction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

FEATURES = ("dense", "lexical", "score")
FEATURES_LATE = ("late", *FEATURES)
RELEVANT = 0.2  # under this, a hit is not worth showing as an answer

# (coefficients of the features, intercept) by whether the hit is in the question's language.
_PLAIN = {True: (0.7668, 5.3838, 0.8166, -7.3972), False: (0.1605, 3.3130, 1.6306, -5.7984)}
_LATE = {True: (2.1936, 0.6887, 5.0125, 0.7930, -8.3011), False: (5.9086, 0.0126, 3.1220, 1.5052, -7.9336)}


def relevance(scores: Mapping[str, float], score: float, *, same_language: bool) -> float:
    """Probability, 0 to 1, that a hit is relevant.

    Args:
        scores: The hit's parts: ``dense``, ``lexical`` and, where it was computed, ``late``.
        score: Its final score.
        same_language: Whether it is in the language of the question.
    """
    late = "late" in scores
    values = {**scores, "score": score}
    *weights, intercept = (_LATE if late else _PLAIN)[same_language]
    names = FEATURES_LATE if late else FEATURES
    logit = intercept + sum(w * values[n] for n, w in zip(names, weights, strict=True))
    return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))
