"""Where a hit stands in its source, in words that a reader can follow and a digest that can be checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from indexer.types import Hit


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of one passage.

    Attributes:
        locator: Page and lines, for example ``p. 2`` or ``lines 12-15``; empty where the source has neither.
        start: Offset of the passage's first character in the document's clean text; ``end`` is exclusive.
        digest: SHA-256 of the quoted text (UTF-8), hexadecimal.
    """

    title: str
    publisher: str | None
    published: str | None
    path: str
    url: str | None
    locator: str
    start: int
    end: int
    digest: str

    def __str__(self) -> str:
        """One line: publisher, title, date, file, place."""
        parts = [self.publisher, f"“{self.title}”", self.published, self.path, self.locator]
        return ", ".join(p for p in parts if p)


def cite(hit: Hit) -> Citation:
    """The citation of a hit."""
    return Citation(
        title=hit.title,
        publisher=hit.publisher,
        published=hit.published,
        path=hit.path,
        url=hit.url,
        locator=locate(hit),
        start=hit.start,
        end=hit.end,
        digest=hashlib.sha256(hit.text.encode()).hexdigest(),
    )


def locate(hit: Hit) -> str:
    """Page, or lines of a text file, or paragraphs of a file that has no lines."""
    if hit.page is not None:
        return _range("p.", "pp.", hit.page, hit.page_end)
    if hit.line is not None:
        one, many = ("line", "lines") if hit.format in ("txt", "md", "text") else ("para.", "paras.")
        return _range(one, many, hit.line, hit.line_end)
    return ""


def _range(one: str, many: str, first: int, last: int | None) -> str:
    return f"{one} {first}" if last in (None, first) else f"{many} {first}–{last}"
