"""From a page's runs to paragraphs: rows joined where the page broke them, cells of a row divided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from indexer.ingest.load.pdf.run import HAN, WIDE_CHAR, Run, tidy
from indexer.ingest.load.table import table_lines
from indexer.language.regex import regex
from indexer.types import Line

# A line that starts a paragraph whatever its indent: a list mark, an article, a heading.
_STARTS_ANEW = regex(
    r"[•●■◆▪□*]\s?|代替|[-–—]{1,2}\s|[(（][一二三四五六七八九十\d]{1,3}[)）]|"
    r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百零〇\d]+[章节条編编款]"
    r"|§|\d{1,2}(?:\.\d{1,3})+(?:$|(?=[\u4e00-\u9fff]))|\d{1,2}(?:\.\d{1,2})*[\s、．](?=\D)|[a-z]\)|【|\[\d+\]|\uff3b\d+\uff3d"
)
_BODY = regex(r"^[^，。；]{2,20}(?:部|厅|局|委员会|委|院|发\s?布)$")
_ENDS = regex(r"[。！？；：.!?;:”）)]\s*$")
# Words that keep their hyphen when a line ends after it.
_KEEPS_HYPHEN = frozenset(
    "all anti cross long low high mid multi non post pre self semi short two three four five six ten "
    "well half year "
    "large small medium end year co zero near eco inter sub ultra coal water energy land carbon state"
    " city".split()
)
_COLUMN_JUMP = 150.0
"""Points that the next row must lie higher to be in another column, not in another cell of a table."""


def document_lines(pages: Sequence[Sequence[Run]]) -> list[Line]:
    """The paragraphs and table rows of all pages, numbered page by page."""
    lines = [line for number, runs in enumerate(pages, start=1) for line in _page_lines(runs, number)]
    return _join_pages(lines)


def cell_text(runs: Sequence[Run]) -> str:
    """The text of a table's cell; what starts anew in it, such as a numbered item, stands after a space."""
    rows = _merge_rows(sorted(runs, key=lambda run: (-round(run.middle / max(run.height, 1)), run.left)))
    if not rows:
        return ""
    text = rows[0].text
    for above, below in pairwise(rows):
        anew = bool(_STARTS_ANEW.match(below.text)) and bool(_ENDS.search(above.text))
        text = f"{text} {below.text}" if anew else _join(text, below.text)
    return tidy(text.replace("\u00ad", "-").replace(" | ", " ")).strip()


def _page_lines(runs: Sequence[Run], page: int) -> list[Line]:
    """Lines of a page, from its runs in reading order."""
    lines: list[Line] = []
    prose: list[Run] = []
    pitch = _row_pitch([row for row in _merge_rows(runs) if not row.rows])
    for run in runs:
        if not run.rows:
            prose.append(run)
            continue
        _add_prose(prose, page, pitch, lines)
        prose = []
        for text in table_lines(run.rows):
            lines.append(Line(text, len(lines) + 1, page=page))
    _add_prose(prose, page, pitch, lines)
    return lines


def _add_prose(runs: Sequence[Run], page: int, pitch: float, lines: list[Line]) -> None:
    """Add the paragraphs of the runs between two tables."""
    rows = [replace(row, text=tidy(row.text)) for row in _merge_rows(runs)]
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and _in_block(rows[end - 1], rows[end], pitch):
            end += 1
        jumps = start > 0 and rows[start].bottom > rows[start - 1].top + _COLUMN_JUMP
        for text in _paragraphs(rows[start:end]):
            line = Line(text, len(lines) + 1, page=page)
            # The paragraph goes on at the top of the next column.
            if jumps and _goes_on(lines[-1].text, text):
                line = replace(line, separator=_separator(lines[-1].text, text))
            lines.append(line)
            jumps = False
        start = end


def _row_pitch(rows: Sequence[Run]) -> float:
    """The usual distance between a page's rows; 0 where there are too few to tell."""
    distances = [_distance(above, below) for above, below in pairwise(rows)]
    distances = [distance for distance in distances if distance > 4]
    return median(distances) if len(distances) >= 4 else 0.0


def _distance(above: Run, below: Run) -> float:
    return (above.top + above.bottom - below.top - below.bottom) / 2


def _merge_rows(runs: Sequence[Run]) -> list[Run]:
    """Join runs that stand on one line: words beside raised or lowered ones, and cells of a table row."""
    rows: list[Run] = []
    for run in runs:
        last = rows[-1] if rows else None
        if last is not None and not last.rows and not run.rows:
            overlap = min(last.top, run.top) - max(last.bottom, run.bottom)
            gap = run.left - last.right
            height = max(last.height, run.height)
            if overlap > 0.4 * min(last.height, run.height) and gap > -0.5 * height:
                rows[-1] = Run(
                    last.text + _gap_text(last.text, run.text, gap / height) + run.text,
                    min(last.left, run.left),
                    max(last.right, run.right),
                    # a raised character mustn't make the row look taller
                    last.bottom if last.height >= run.height else run.bottom,
                    last.top if last.height >= run.height else run.top,
                )
                continue
        rows.append(run)
    return rows


def _gap_text(before: str, after: str, gap: float) -> str:
    """What stands in a gap on a line, given in line heights: nothing, a space, or a border of cells."""
    if gap > 2.2:
        return " | " if WIDE_CHAR.search(before + after) or gap > 4 else " "
    return " " if gap > 0.2 and not (WIDE_CHAR.match(before[-1]) and WIDE_CHAR.match(after[0])) else ""


def _in_block(above: Run, below: Run, pitch: float) -> bool:
    """Whether a row can go on with the paragraph of the row above it."""
    height = max(above.height, below.height)
    # Fonts tell their height badly, and the usual pitch tells nothing of a heading: either may allow it.
    farthest = max(1.35 * pitch, 1.5 * height) if pitch else 2.3 * height
    return (
        0.4 * min(above.height, below.height) < _distance(above, below) < min(farthest, 4 * height)
        and min(above.height, below.height) > 0.55 * height
        and min(above.right, below.right) > max(above.left, below.left)
    )


def _paragraphs(rows: Sequence[Run]) -> list[str]:
    """Join the rows of a block where a full row is followed by one that isn't indented."""
    left = min(row.left for row in (rows[1:] or rows))
    right = max(row.right for row in rows)
    texts = [rows[0].text]
    first = rows[0]
    for index, (above, below) in enumerate(pairwise(rows)):
        height = max(above.height, below.height)
        full = above.right > right - (2.2 if WIDE_CHAR.search(above.text) else 5.5) * height
        indented = below.left > left + 1.2 * height
        if indented and _STARTS_ANEW.match(first.text) and below.left > first.left + 0.5 * height:
            # The rows of a list's item often stand further in than its mark; so does the first of a paragraph
            # under a heading, but not its second.
            after = rows[index + 2] if index + 2 < len(rows) else None
            hangs = after is None or after.left > first.left + 0.5 * height or _STARTS_ANEW.match(after.text)
            indented = not hangs if above is first else abs(below.left - above.left) > 0.5 * height
        table = " | " in above.text or " | " in below.text
        other_script = _script(above.text) != _script(below.text) and "mixed" not in (
            _script(above.text),
            _script(below.text),
        )
        names = bool(
            _BODY.search(above.text) and _BODY.search(below.text)
        )  # of the bodies that issue a standard
        anew = bool(_STARTS_ANEW.match(below.text)) and bool(
            _ENDS.search(above.text) or not re.match(r"[\d\[\uff3b(（]", below.text)
        )
        if full and not (indented or table or anew or other_script or names):
            texts[-1] = _join(texts[-1], below.text)
        else:
            texts.append(below.text)
            first = below
    return [text.replace("\u00ad", "-") for text in texts]


def _script(text: str) -> str:
    """Whether a row is wholly Chinese or wholly English, as in titles; anything else is ``mixed``."""
    has_han, has_words = re.search(f"[{HAN}]", text), re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", text)
    if has_han and not re.search(r"[A-Za-z]", text):
        return "zh" if len(text) < 40 and not re.search(r"[，。；、]", text) else "mixed"
    return "en" if has_words and not has_han and len(text) < 120 else "mixed"


def _join(before: str, after: str) -> str:
    """Join two halves of a broken line: Chinese without a space, divided words without their hyphen."""
    if before.endswith("\u00ad"):
        word = re.search(r"([A-Za-z]+)\u00ad$", before)
        if word and after[:1].islower() and word[1].lower() not in _KEEPS_HYPHEN:
            return before[:-1] + after
        return before[:-1] + "-" + after
    match = re.search(r"([A-Za-z]{2,})-$", before)
    if match and after[:1].islower():
        return (before if match[1].lower() in _KEEPS_HYPHEN else before[:-1]) + after
    if WIDE_CHAR.match(before[-1]) or WIDE_CHAR.match(after[0]):
        return before + after
    return f"{before} {after}"


def _join_pages(lines: Sequence[Line]) -> list[Line]:
    """Mark the first line of a page that goes on with the last sentence of the page before."""
    joined = list(lines[:1])
    for before, line in pairwise(lines):
        if before.page != line.page and _goes_on(before.text, line.text):
            line = replace(line, separator=_separator(before.text, line.text))
        joined.append(line)
    return joined


def _goes_on(before: str, after: str) -> bool:
    """Whether a paragraph breaks off at the end of a page or column and goes on in the next."""
    return (
        len(before) > 30
        and " | " not in before + after
        and not re.search(r"[。！？；：.!?;:”）)\]】]\s*$", before)
        and not _STARTS_ANEW.match(after)
        and (after[0].islower() or bool(WIDE_CHAR.match(after[0])))
    )


def _separator(before: str, after: str) -> str:
    return "" if WIDE_CHAR.match(before[-1]) or WIDE_CHAR.match(after[0]) else " "
