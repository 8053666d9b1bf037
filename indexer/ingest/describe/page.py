"""What the finders of titles, dates and publishers look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.ingest.describe.fields import Field, page_fields
from indexer.types import Fact, FactName, Lang, Line, LoadedFile, Origin

TOP_LINES = 12
"""Clean lines at the top in which title, date and publisher are looked for."""

TAIL_LINES = 8
"""Clean lines at the end in which signatures are looked for."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Names of bodies with a date under or beside them; ``named`` and ``dated`` are their (first) lines."""

    bodies: Sequence[str]
    date: str
    named: Line
    dated: Line
    confidence: float

    @property
    def quote(self) -> str:
        """Names and date."""
        return self.named.text if self.named is self.dated else f"{' '.join(self.bodies)} {self.dated.text}"


@dataclass(slots=True)
class Page:
    """A bulletin's lines and fields.

    Attributes:
        loaded: What the format declares.
        lines: Clean lines.
        top: Lines at the top in the source's order, removed ones too.
        tail: Lines at the end in the source's order, removed ones too.
        removed: Lines that cleaning took out.
        fields: Labelled fields of ``top``, ``tail_fields`` those of ``tail`` and of all lines removed below the top.
        title: What find_title found; ``published`` what find_published found.
        site: The site's name, where the page's title has it.
        title_index: The line of ``lines`` that the title was read in, or begins in.
        title_end: The line of ``lines`` after the title; 0 where the title is in no line.
        signatures: What stands under the text, the first first.
    """

    loaded: LoadedFile
    lines: Sequence[Line]
    removed: Sequence[Line]
    url: str | None
    lang: Lang
    top: list[Line] = field(default_factory=list)
    tail: list[Line] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    tail_fields: list[Field] = field(default_factory=list)
    title: str | None = None
    published: str | None = None
    site: str | None = None
    title_index: int | None = None
    title_end: int = 0
    signatures: Sequence[Signature] = ()

    def __post_init__(self) -> None:
        n_lines = len(self.lines)
        top_end = _place(self.lines[min(TOP_LINES, n_lines) - 1])
        tail_start = _place(self.lines[max(0, n_lines - TAIL_LINES)])
        last = list(self.lines[max(TOP_LINES, n_lines - TAIL_LINES) :])
        above = [line for line in self.removed if _place(line) <= top_end]
        below = [line for line in (*self.removed, *self.loaded.around) if _place(line) > top_end]
        # What stands around the text of a web page has labels; its other words and dates are the site's.
        around = [line for line in self.loaded.around if _place(line) <= top_end]
        self.top = _in_order([*self.lines[:TOP_LINES], *above])
        self.tail = _in_order([*last, *(line for line in below if _place(line) >= tail_start)])
        self.fields = page_fields(_in_order([*self.top, *around]))
        self.tail_fields = page_fields(_in_order([*last, *below]))

    def head(self, n: int) -> list[Line]:
        """The title's lines and the ``n`` after them, with what stands above the title; clean lines only."""
        return list(self.lines[: max(self.title_end, (self.title_index or 0)) + n])


def _place(line: Line) -> tuple[int, int]:
    return (line.page or 0, line.number)


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=_place)


def fact(
    name: FactName, value: str, confidence: float, origin: Origin, line: Line | None = None, quote: str = ""
) -> Fact:
    """A fact with its evidence."""
    return Fact(
        name, value, confidence, origin,
        line.number if line else None, line.page if line else None, " ".join(quote.split())[:80],
    )  # fmt: skip
