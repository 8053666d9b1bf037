"""A run of ``reindex`` behind the page: it goes on whoever leaves, and everyone sees how far it is."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import QingshanError
from indexer.indexing.report import Step, Summary

if TYPE_CHECKING:
    from indexer.config import Settings

log = logging.getLogger("qingshan.app")


@dataclass(frozen=True, slots=True)
class State:
    """How a run is doing.

    Attributes:
        running: Whether it still goes.
        step: What it does now.
        summary: What it did, once it is done.
        problem: Why it could not be done.
    """

    running: bool = False
    step: Step | None = None
    summary: Summary | None = None
    problem: Exception | None = None


class Job:
    """One run at a time."""

    def __init__(self) -> None:
        self.state = State()
        self._lock = threading.Lock()

    def start(self, settings: Settings) -> None:
        """Start a run over the corpus folder, unless one is under way."""
        with self._lock:
            if self.state.running:
                return
            self.state = State(running=True)
        threading.Thread(target=self._run, args=(settings,), name="reindex", daemon=True).start()

    def _run(self, settings: Settings) -> None:
        from indexer.indexing.run import reindex

        def note(step: Step) -> None:
            self.state = replace(self.state, step=step)

        try:
            self.state = State(summary=reindex(settings=settings, progress=note))
        except QingshanError as error:
            self.state = State(problem=error)
        except Exception as error:
            log.exception("reindex failed")
            self.state = State(problem=error)


@st.cache_resource(show_spinner=False)
def job() -> Job:
    """The one of this server."""
    return Job()
