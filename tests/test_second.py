"""The second process: it gives the same answers, and whatever happens to it no question is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import SAMPLE_CORPUS, HashEmbedder

from indexer import SearchEngine
from indexer.config import load_settings
from indexer.embedding.bundled import BundledEmbedder
from indexer.errors import QueryError
from indexer.processes import n_processors
from indexer.search import second
from indexer.search.second import SecondEngine
from indexer.search.syntax import Request
from indexer.types import Filter

pytestmark = pytest.mark.skipif(n_processors() < 2, reason="a second process needs a second core")

ASKED = ("空气质量", "water quality", "夜间施工噪声怎么举报", "days with good air")


@pytest.fixture
def engine(sample: Path, bundled: BundledEmbedder) -> Iterator[SearchEngine]:
    settings = load_settings(corpus=SAMPLE_CORPUS, index=sample / "index")
    with SearchEngine.open(settings=settings, embedder=bundled) as opened:
        yield opened


def started(engine: SearchEngine) -> SecondEngine:
    """The second engine once it is ready."""
    found = engine._second
    assert found is not None
    for _ in range(second._OFTEN):
        assert found.answer(question("air"), 1) is None
    wait_until(lambda: found._is_ready)
    return found


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def question(text: str) -> second.Question:
    return Request(text), 10, None, Filter(), True, ()


def test_it_answers_as_the_first_does(engine: SearchEngine) -> None:
    other = started(engine)
    for asked in ASKED:
        mine, its = engine.search(asked), other.answer(question(asked), 1)
        assert its is not None
        assert [hit.passage_id for hit in its] == [hit.passage_id for hit in mine]
        assert [hit.score for hit in its] == pytest.approx([hit.score for hit in mine], abs=0.01)


def test_it_is_asked_when_questions_come_at_once(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And started no earlier than that."""
    other = engine._second
    assert other is not None
    for asked in ASKED * 5:
        engine.search(asked)
    assert other._process is None
    answered: list[object] = []
    ask = other._ask

    def noting(what: object) -> object:
        answered.append(what)
        return ask(what)

    monkeypatch.setattr(other, "_ask", noting)
    expected = {asked: [hit.passage_id for hit in engine.search(asked)] for asked in ASKED}
    wrong: list[str] = []
    done = threading.Event()

    def person() -> None:
        while not done.is_set():
            wrong.extend(
                asked
                for asked in ASKED
                if [hit.passage_id for hit in engine.search(asked)] != expected[asked]
            )

    people = [threading.Thread(target=person) for _ in range(4)]
    for one in people:
        one.start()
    try:
        wait_until(lambda: len(answered) > 20)
    finally:
        done.set()
        for one in people:
            one.join()
    assert not wrong


def test_terms_may_come_in_any_collection(engine: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in one that can't be sent to another process."""
    started(engine)
    monkeypatch.setattr(engine, "_n_here", engine._at_once)  # as if all turns were taken
    off = {"水": 1, "质量": 2}
    assert engine.search("水 质量", without_terms=off.keys())


def test_it_can_be_ended_while_the_engine_goes_on(engine: SearchEngine) -> None:
    other = started(engine)
    process = other._process
    engine.end_second()
    assert process is not None and process.returncode is not None
    assert other.answer(question("water"), 1) is None and engine.search("water")


def test_what_it_can_not_answer_is_said(engine: SearchEngine) -> None:
    other = started(engine)
    with pytest.raises(QueryError):
        other.answer(question("???"), 1)
    assert other.answer(question("water"), 1)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes can't be stopped here")
@pytest.mark.parametrize("harm", ["SIGKILL", "SIGSTOP"])
def test_a_question_is_answered_without_it(
    engine: SearchEngine, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second, "_PATIENCE", 0.5)
    other = started(engine)
    assert other._process is not None
    process = other._process
    os.kill(process.pid, getattr(signal, harm))
    assert other.answer(question("water"), 1) is None
    assert process.returncode is not None
    assert other.answer(question("water"), 1) is None and other._process is None  # not started again
    assert engine.search("water")


def test_closing_ends_it(engine: SearchEngine) -> None:
    other = started(engine)
    assert other._process is not None
    process = other._process
    engine.close()
    assert process.returncode is not None


def test_it_ends_when_nobody_asks_any_more(engine: SearchEngine) -> None:
    other = started(engine)
    assert other._process is not None and other._process.stdin is not None
    other._process.stdin.close()
    assert other._process.wait(30) == 0


def test_only_the_bundled_model_has_one(engine: SearchEngine, sample: Path, fresh_index: Path) -> None:
    with SearchEngine.open(fresh_index, embedder=HashEmbedder()) as other:
        assert other._second is None
    with SearchEngine.open(sample / "index", alone=True) as other:
        assert other._second is None
