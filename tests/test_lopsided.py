"""Small and lopsided corpora: fairness must not push up what does not answer, nor bury the only answer there is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer import SearchEngine, reindex
from indexer.search.ranking import SPREAD_FLOOR, TAIL, USUAL, calibrate

ROOT = Path(__file__).parents[1]
QUESTIONS = json.loads((Path(__file__).parent / "data" / "questions.json").read_text("utf-8"))


def falling(n: int, best: float = 12.0, step: float = 0.1) -> np.ndarray:
    return np.asarray(best - step * np.arange(n), np.float32)


@pytest.mark.parametrize("usual", USUAL.values())
def test_many_passages_have_a_tail_of_their_own(usual) -> None:
    scores = falling(usual[2])
    expected = (scores - scores[TAIL - 1]) / (scores[:TAIL].std() + SPREAD_FLOOR)
    assert calibrate(scores, usual) == pytest.approx(expected)


@pytest.mark.parametrize("usual", USUAL.values())
def test_order_within_a_language_stays(usual) -> None:
    for n in (0, 1, 2, 19, 20, 21, 59, 200):
        standing = calibrate(falling(n), usual)
        assert len(standing) == n and np.all(np.diff(standing) < 0)


def test_a_single_passage_counts_by_its_score() -> None:
    usual = USUAL[True, True]
    wrong, right = (float(calibrate(np.array([score], np.float32), usual)[0]) for score in (6.0, 16.0))
    many = float(calibrate(np.concatenate([[16.0], falling(99, 9.0, 0.02)]).astype(np.float32), usual)[0])
    assert wrong < 0 < right and right > many / 2


def test_best_of_few_alike_is_not_an_outlier() -> None:
    """Five unrelated passages: none stands out for being better than the other four."""
    assert float(calibrate(falling(5, 7.4, 0.4), USUAL[True, True])[0]) < 0


def test_what_a_filter_lets_through_stands_where_it_stood() -> None:
    every = falling(200)
    standing = calibrate(every, USUAL[True, True])
    for some in ([0], [3, 50, 199], range(0, 200, 7)):
        rows = list(some)
        assert calibrate(every[rows], USUAL[True, True], every).tolist() == standing[rows].tolist()


CORPORA = {
    "five": ("zh-2018-dalian*", "zh-2019-zero*", "zh-2023-hebei*", "en-2021-heavy*", "en-2023-eco*"),
    "all Chinese but one": ("zh-*", "en-2023-eco*"),
    "all English but one": ("en-*", "zh-2018-dalian*"),
    "Chinese only": ("zh-*",),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPORA)
def test_the_only_answer_comes_first(name: str, remembering, tmp_path: Path) -> None:
    """Questions that one document of the corpus answers, whatever its language and the language of the others."""
    files = sorted({path for pattern in CORPORA[name] for path in (ROOT / "corpus").glob(pattern)})
    held = {path.name for path in files}
    asked = [(q["query"], held & set(q["relevant"])) for q in QUESTIONS]
    asked = [(query, relevant) for query, relevant in asked if len(relevant) == 1]
    assert len(asked) >= 3
    summary = reindex(files, tmp_path / "index", embedder=remembering)
    assert summary.failed == 0
    with SearchEngine.open(tmp_path / "index", embedder=remembering) as engine:
        wrong = [
            (query, found)
            for query, relevant in asked
            if {found := Path(engine.search(query, 1)[0].path).name} != relevant
        ]
    assert len(wrong) <= len(asked) // 10, wrong
