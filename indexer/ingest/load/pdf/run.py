"""What a page is made of once its characters are read: runs of text with their places, and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.ingest.load.ocr import Recognised
from indexer.ingest.load.table import Cell
from indexer.language.regex import regex

HAN = "\u3400-\u9fff\uf900-\ufaff"
WIDE_CHAR = regex(f"[{HAN}\u3000-\u303f\uff00-\uffef\u2014\u2018-\u201d\u2026\u00b7]")
_SPACED_OUT = regex(rf"(?<![{HAN}\w])[{HAN}](?: (?:\| )?[{HAN}]){{2,}}(?![{HAN}\w])")

_POINTS = 842.0
"""Height that is given to recognised pages, an A4 page's: their true size doesn't matter."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that stand on one line of a page without a wide gap, or a table.

    Attributes:
        left: Coordinates in points from the lower left corner of the page turned upright, y upwards.
        rows: The rows of a table, whose ``text`` is empty then.
        columns: Where the table's upright lines stand.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    rows: tuple[tuple[Cell, ...], ...] = ()
    columns: tuple[float, ...] = ()

    @property
    def height(self) -> float:
        """At least 1, for some fonts say 0."""
        return max(self.top - self.bottom, 1.0)

    @property
    def middle(self) -> float:
        """Height on the page of its middle."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Page:
    """A page's runs in the order of the file, and its size in points."""

    runs: Sequence[Run]
    width: float
    height: float


def tidy(text: str) -> str:
    """Single spaces, and none between characters that are only spaced out (公　告)."""
    text = re.sub(r" {2,}", " ", text)
    return _SPACED_OUT.sub(lambda match: re.sub(r"[ |]", "", match[0]), text)


def recognised_page(lines: Sequence[Recognised], width: float, height: float) -> Page:
    """A page from what text recognition found in its picture, of so many pixels; rows from left to right."""
    scale = _POINTS / max(height, 1.0)
    runs = [
        Run(
            line.text,
            line.left * scale,
            line.right * scale,
            (height - line.bottom) * scale,
            (height - line.top) * scale,
        )
        for line in lines
    ]
    return Page(by_rows(runs), width * scale, _POINTS)


def by_rows(runs: Sequence[Run]) -> list[Run]:
    """Runs as they stand on the page: from top to bottom, and in a row from left to right."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.middle):
        if rows and abs(rows[-1][0].middle - run.middle) < 0.4 * min(rows[-1][0].height, run.height):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [run for row in rows for run in sorted(row, key=lambda run: run.left)]
