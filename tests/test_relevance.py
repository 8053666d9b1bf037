from __future__ import annotations

import numpy as np
import pytest

from indexer.search.ranking import MANY, RESCORED, RESCORED_OF_MANY, n_rescored
from indexer.search.relevance import log_odds, probability


def odds_of(
    late: list[float], dense: list[float], lexical: list[float], *, same_language: bool
) -> np.ndarray:
    columns = [np.array(values, np.float32) for values in (late, dense, lexical)]
    return log_odds(*columns, np.zeros(len(late), np.float32), same_language=same_language)


@pytest.mark.parametrize("same_language", [True, False])
def test_what_was_not_rescored_is_judged_by_what_else_is_known(same_language: bool) -> None:
    nan = float("nan")
    odds = odds_of([0.6, 0.5, 0.4, nan, nan], [6, 5, 4, 3, 0], [1, 1, 1, 1, 0], same_language=same_language)
    assert list(odds) == sorted(odds, reverse=True)
    assert probability(odds[-1:])[0] < 0.01
    better = odds_of([0.6, 0.5, 0.4, nan], [6, 5, 4, 9], [1, 1, 1, 1], same_language=same_language)
    assert better[3] == better[:3].min()  # not better than what late interaction has seen


def test_of_many_passages_more_are_rescored() -> None:
    assert n_rescored(0) == n_rescored(MANY - 1) == RESCORED < n_rescored(MANY) == RESCORED_OF_MANY
