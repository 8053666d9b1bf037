"""A second process that answers questions while this one is busy with others.

Python runs one thread at a time, and a question that is answered by two cores takes nearly as much of both as one that is
answered by one: so the way to answer half as many questions again is a second process that keeps to a core of its own.
It takes a few hundred megabytes (the index itself is shared), so it is started only when questions do come at once.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from indexer.config import Settings
from indexer.errors import QingshanError
from indexer.processes import APART, environment, n_processors, stay_on_last_core, take_pipes

if TYPE_CHECKING:
    from indexer.types import Hit

# Questions that find another one being answered before the process is started: one or two happen to everybody.
_OFTEN = 10
# Seconds until a question is answered here after all.
_PATIENCE = 30.0

# What may happen where the process, or its pipes, are gone.
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, pickle.PickleError)
_ANY = "空气质量 air quality"

Question = tuple[Any, ...]
"""The arguments of :meth:`SearchEngine.answer`."""


class SecondEngine:
    """An engine of the same index in a process of its own. Any number of threads may use it at once.

    Whatever is wrong with it, it only stops to answer: the caller does without.
    """

    def __init__(self, index: Path, settings: Settings) -> None:
        """Start nothing yet.

        Args:
            index: The index folder.
            settings: What the index is opened with.
        """
        # On one core threads would only wait for each other; hits are reranked where they are asked for.
        self._settings = replace(
            settings, index=index.absolute(), cache=settings.cache.absolute(), threads=1, reranker=None
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._turns = ThreadPoolExecutor(1, "second")
        self._lock = threading.Lock()
        self._n_refused = self._n_waiting = 0
        self._is_ready = self._is_closed = False

    def answer(self, question: Question, n_before: int) -> list[Hit] | None:
        """The hits of a question; None if it is better answered here.

        Args:
            question: What is asked.
            n_before: Questions here that come before it; more than none.

        Raises:
            QingshanError: What the engine raises.
        """
        with self._lock:
            if not self._is_ready:
                self._n_refused += 1
                if self._n_refused == _OFTEN and not self._is_closed and n_processors() > 1:
                    threading.Thread(target=self._start, name="second", daemon=True).start()
                return None
            if self._n_waiting >= n_before:
                return None
            self._n_waiting += 1
        try:
            answer = self._turns.submit(self._ask, question).result(_PATIENCE)
        except _BROKEN:
            self.close()
            return None
        finally:
            with self._lock:
                self._n_waiting -= 1
        if isinstance(answer, QingshanError):
            raise answer
        return cast("list[Hit] | None", answer)

    def close(self) -> None:
        """End the process; it is not started again."""
        with self._lock:
            self._is_ready, self._is_closed = False, True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was to be sent can't be sent any more
                    cast(BinaryIO, pipe).close()

    def _start(self) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                **APART,
            )
            with self._lock:
                self._process = process
            if not self._is_closed:
                self._ask(self._settings)
                with self._lock:
                    self._is_ready = not self._is_closed
        except _BROKEN:
            pass
        if not self._is_ready:
            self.close()

    def _ask(self, what: object) -> object:
        process = self._process
        if process is None:
            raise EOFError
        requests, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        pickle.dump(what, requests, pickle.HIGHEST_PROTOCOL)
        requests.flush()
        return pickle.load(answers)


def work() -> None:
    """Answer questions from standard input until it ends."""
    requests, answers = take_pipes()

    def tell(answer: object) -> None:
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    try:
        settings = pickle.load(requests)
        stay_on_last_core()
        answer = _load(settings)
        tell(None)
        while True:
            tell(answer(pickle.load(requests)))
    except (*_BROKEN, QingshanError):
        os._exit(0)  # nobody asks any more, or the index can't be opened


def _load(settings: Settings) -> Callable[[Question], object]:
    """Open the engine, at once: while it loads questions go on queueing, and giving way to them takes longer for all."""
    from indexer.search.engine import SearchEngine

    engine = SearchEngine.open(settings=settings, alone=True)
    with suppress(QingshanError):
        engine.search(_ANY)  # the first question takes several times as long

    def answer(question: Question) -> object:
        try:
            return engine.answer(*question)
        except QingshanError as error:
            return error
        except Exception:  # which happens in the first process too, where it is reported
            return None

    return answer


if __name__ == "__main__":
    work()
