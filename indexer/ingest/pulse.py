"""Signs of life of what takes long, for whoever limits the time that reading one file may take."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def beat() -> None:
    """Say that reading goes on, so that its time begins anew. Call it wherever one step may take seconds."""
    for listener in _listeners:
        listener()


def listen(listener: Callable[[], None]) -> None:
    """Let a function be called at every beat, from whichever thread it comes."""
    _listeners.append(listener)
