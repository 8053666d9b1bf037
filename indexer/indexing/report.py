"""What a run of ``reindex`` says while it goes and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why, in English; the reason says what to do."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What could not be read of a file that was indexed, and what to do."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. Counts are of files, but for ``passages`` (all in the index now) and ``embedded``."""

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run has come: bytes of the files that have to be read, and passages embedded."""

    doing: str
    done: int = 0
    total: int = 0
    passages: int = 0


Progress = Callable[[Step], None]
