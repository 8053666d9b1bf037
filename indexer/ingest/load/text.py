"""Plain text and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from indexer.ingest.decode import decode
from indexer.language.regex import regex
from indexer.types import Line, LoadedFile

_LINE_BREAK = regex(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_HAN_OR_PUNCTUATION = regex(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\u2014\u2018-\u201d\u2026]")
# What a line of its own starts with: an indent, a list mark, a heading, a table row, a quotation.
_STARTS_ANEW = regex(
    r"[ \t\u3000]|[-*+•·●■#>|\[]|\(?\d{1,3}[.)、．]|[(（][一二三四五六七八九十\d]+[)）]"
    r"|[一二三四五六七八九十]+、|第[一二三四五六七八九十百零〇\d]+[章节節条條编編]|—|Article \d|Chapter "
)
_ENDS = regex(r"[。！？；：.!?;:…”\"'’）)\]】》|]\s*$")


def load(data: bytes) -> LoadedFile:
    """Read a text file; paragraphs that the file breaks into lines of about equal length are joined again."""
    decoded = decode(data)
    return LoadedFile(lines=text_lines(decoded.text), format="txt", encoding=decoded.encoding)


def load_markdown(data: bytes) -> LoadedFile:
    """Read a Markdown file; one line break doesn't end a paragraph there."""
    decoded = decode(data)
    return LoadedFile(lines=text_lines(decoded.text), format="md", encoding=decoded.encoding)


def text_lines(text: str) -> tuple[Line, ...]:
    """Split text at every kind of line break and mark the lines that go on with a paragraph."""
    lines = [Line(line, number) for number, line in enumerate(_LINE_BREAK.split(text), start=1)]
    return join_wrapped(lines)


def join_wrapped(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Set ``separator`` of lines that go on with the paragraph of the line before.

    A line was broken by a program, not by its author, if it is nearly as long as the longest line around it
    and most of the file's lines are like that; files with one paragraph to a line are left alone.
    """
    width = _wrap_width(lines)
    if width is None:
        return tuple(lines)
    joined = list(lines[:1])
    for before, line in pairwise(lines):
        goes_on = (
            line.text.strip()
            and width * 0.75 <= _columns(before.text) <= width
            and not _STARTS_ANEW.match(line.text)
            and not before.text.lstrip().startswith(("#", "|", "```"))
            # A full line that ends a sentence ends the paragraph, if the next one could start another.
            and not (_columns(before.text) < width * 0.85 and _ENDS.search(before.text))
        )
        joined.append(replace(line, separator=separator(before.text, line.text)) if goes_on else line)
    return tuple(joined)


def separator(before: str, after: str) -> str:
    """What to join two halves of a broken line with: Chinese takes no space."""
    last, first = before.rstrip()[-1:], after.lstrip()[:1]
    if _HAN_OR_PUNCTUATION.match(last) or _HAN_OR_PUNCTUATION.match(first):
        return ""
    return "" if last == "-" and first.isalpha() else " "


def _columns(text: str) -> int:
    """Width of a line in a fixed-width font, where a Chinese character takes two columns."""
    text = text.rstrip()
    return len(text) + len(_HAN_OR_PUNCTUATION.findall(text))


def _wrap_width(lines: Sequence[Line]) -> int | None:
    """The width at which a file's lines were broken, or None where they weren't."""
    widths = sorted(_columns(line.text) for line in lines if line.text.strip())
    if len(widths) < 4 or not 40 <= widths[-1] <= 160:
        return None
    width = widths[-1]
    # Broken lines come in runs: a long line directly followed by another line.
    n_runs = sum(
        _columns(before.text) >= width * 0.8 and bool(line.text.strip()) and not _ENDS.search(before.text)
        for before, line in pairwise(lines)
    )
    n_long = sum(w >= width * 0.8 for w in widths)
    return width if n_runs >= 3 and n_runs >= 0.4 * n_long else None
