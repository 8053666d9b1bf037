"""Put a document's pages in order: columns, running headers and footers, page numbers, contents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from indexer.ingest.load.pdf.run import Page, Run
from indexer.ingest.load.table import Cell, open_groups
from indexer.language.regex import regex

_LEADERS = regex(r"(?:[.．…·]\s?){6,}\s*[\divxlcIVXLC]*(?:\s|$)")
_NUMBER = regex(r"\d{1,4}|[ivxlc]{1,6}|[\u2170-\u217b]", re.I)
# A page number with something around it that says so; a bare number could be that of a section.
_PAGE_NUMBER = regex(
    r"[\-—–－·•∙.|/\s]+(?:\d{1,4}|[ivxlc]{1,6})[\-—–－·•∙.|/\s]+|第\s*\d{1,4}\s*[页頁](?:[，,\s]*共\s*\d{1,4}\s*[页頁])?"
    r"|(?:page\s*)?\d{1,4}\s*(?:/|of)\s*\d{1,4}(?:\s*[页頁])?|page\s*\d{1,4}|[\u2170-\u217b]",
    re.I,
)
# Headings that count on from page to page by themselves.
_COUNTED = regex(
    r"(?:附件|附表|附录|附錄|附图|表|图|圖|Annex|Appendix|Table|Figure|Chapter)\s*[A-Z]?\d{1,3}\s*[：:]?",
    re.I,
)
_FULL_WIDTH = {0xFF10 + digit: 0x30 + digit for digit in range(10)}

_MARGIN = 0.15
"""Share of a page's height, at the top and at the bottom, where running headers and footers may stand."""

_EDGE = 0.09
"""Share of it at the bottom where a bare number is the page's."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An outermost row of a page: its text, its runs, and whether it stands at the very bottom."""

    text: str
    runs: tuple[int, ...]
    at_edge: bool


def clean_pages(pages: Sequence[Page]) -> list[list[Run]]:
    """The runs of each page in reading order, without what belongs to the pages and not to the text."""
    ordered = [Page(_order_columns(list(page.runs), page.width), page.width, page.height) for page in pages]
    kept = [_drop_contents(runs) for runs in _drop_running_lines(ordered)]
    return _drop_repeated_headers(kept)


def _order_columns(runs: list[Run], width: float) -> list[Run]:
    """Put two columns one after the other where the file draws them line by line across both.

    Only pages are touched whose order goes to and fro over a gutter with prose on both sides, so that
    tables, and pages that PDFium reads well already, stay as they are.
    """
    if len(runs) < 12:
        return runs
    gutter = _gutter(runs, width)
    if gutter is None:
        return runs
    sides = ["left" if run.right <= gutter else "right" if run.left >= gutter else "both" for run in runs]
    columns = [side for side in sides if side != "both"]
    n_left, n_right = columns.count("left"), columns.count("right")
    n_turns = sum(a == "right" and b == "left" for a, b in pairwise(columns))
    if min(n_left, n_right) < 5 or n_turns < 0.5 * min(n_left, n_right):
        return runs
    ordered: list[Run] = []
    left: list[Run] = []
    right: list[Run] = []
    for run, side in zip(runs, sides, strict=True):
        if side == "both":  # a heading over both columns ends what stands above it
            ordered += left + right + [run]
            left, right = [], []
        else:
            (left if side == "left" else right).append(run)
    return ordered + left + right


def _gutter(runs: Sequence[Run], width: float) -> float | None:
    """Middle of the empty strip between two columns of prose."""
    best: tuple[int, float] | None = None
    for percent in range(40, 61):
        x = width * percent / 100
        n_crossing = sum(run.left < x < run.right for run in runs)
        if best is None or n_crossing < best[0]:
            best = (n_crossing, x)
    if best is None or best[0] > 0.2 * len(runs):
        return None
    x = best[1]
    wide = [run for run in runs if run.right - run.left > 0.25 * width]
    n_left = sum(run.right <= x for run in wide)
    n_right = sum(run.left >= x for run in wide)
    # Prose fills its lines; the cells of a table mostly don't.
    return x if min(n_left, n_right) >= 4 and n_left + n_right >= 0.5 * len(runs) else None


def _drop_running_lines(pages: Sequence[Page]) -> list[list[Run]]:
    """Drop page numbers, and outermost lines that many pages repeat (left pages' differ from right ones').

    A line repeats another if they are the same, or if the one number in which they differ counts the pages. Of
    a table's header, which is repeated too, the first stays.
    """
    outer = [_outermost(page) for page in pages]
    counts: Counter[tuple[str, int]] = Counter()
    for number, rows in enumerate(outer):
        counts.update({key for row in rows for key in _keys(row.text, number)})
    n_filled = sum(bool(page.runs) for page in pages)
    enough = max(2, 0.3 * n_filled)
    seen: set[tuple[str, int]] = set()
    kept = []
    for number, (page, rows) in enumerate(zip(pages, outer, strict=True)):
        dropped: set[int] = set()
        for row in rows:
            keys = _keys(row.text, number)
            text = row.text.translate(_FULL_WIDTH).strip()
            if _PAGE_NUMBER.fullmatch(text):
                dropped.update(row.runs)
            elif _NUMBER.fullmatch(text):
                if row.at_edge or any(counts[key] >= 2 for key in keys):
                    dropped.update(row.runs)
            elif (
                n_filled > 1
                and not _COUNTED.fullmatch(text)
                and any(counts[key] >= enough for key in keys)
                and _has_words(text)
            ):
                table_header = row.text.count(" ") >= 3 and not any(
                    character.isdigit() for character in row.text
                )
                if not (table_header and not seen & keys):
                    dropped.update(row.runs)
        seen |= {key for row in rows for key in _keys(row.text, number)}
        kept.append([run for index, run in enumerate(page.runs) if index not in dropped])
    if not any(kept) and any(_has_words(run.text) for page in pages for run in page.runs):
        return [list(page.runs) for page in pages]  # copies of one notice
    return kept


def _keys(text: str, page: int) -> set[tuple[str, int]]:
    """What rows on other pages must share to be the same: the text, or the text but for a number that counts pages."""
    squeezed = re.sub(r"\s", "", text.translate(_FULL_WIDTH))
    keys = {(squeezed, 0)} if not _NUMBER.fullmatch(squeezed) else set()
    for match in re.finditer(r"\d{1,4}|(?<![A-Za-z])[ivxlc]{1,6}(?![A-Za-z])", squeezed, re.I):
        value = int(match[0]) if match[0].isdecimal() else _roman(match[0].lower())
        if value:
            keys.add((f"{squeezed[: match.start()]}#{squeezed[match.end() :]}", value - page))
    return keys


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[character] for character in text]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _has_words(text: str) -> bool:
    """Whether a row says anything besides a number: the number of a section that starts pages by chance doesn't."""
    return len(re.findall(r"[^\W\d_]", text)) >= 2


def _outermost(page: Page) -> list[_Row]:
    """A page's two top and two bottom rows, as far as they stand in the margins."""
    runs = page.runs
    rows: list[list[int]] = []
    for index in sorted((i for i, run in enumerate(runs) if not run.rows), key=lambda i: -runs[i].middle):
        run = runs[index]
        if rows and runs[rows[-1][0]].bottom <= run.middle <= runs[rows[-1][0]].top:
            rows[-1].append(index)
        else:
            rows.append([index])
    outer = []
    for place, row in enumerate(rows):
        if 2 <= place < len(rows) - 2:
            continue
        run = runs[row[0]]
        if run.bottom > page.height * (1 - _MARGIN) or run.top < page.height * _MARGIN:
            text = " ".join(runs[index].text for index in sorted(row, key=lambda i: runs[i].left))
            at_edge = place == len(rows) - 1 and run.top < page.height * _EDGE
            outer.append(_Row(text, tuple(row), at_edge))
    return outer


def _drop_contents(runs: list[Run]) -> list[Run]:
    """Drop a table of contents: it repeats the headings, and finds nothing by itself."""
    leaders = [index for index, run in enumerate(runs) if _LEADERS.search(run.text)]
    if (
        len(leaders) < 4
        or len(leaders) < 0.25 * len(runs)
        or any(run.rows for run in runs[leaders[0] : leaders[-1]])
    ):
        return runs
    return runs[: leaders[0]] + runs[leaders[-1] + 1 :]


def _drop_repeated_headers(pages: Sequence[list[Run]]) -> list[list[Run]]:
    """Drop the header of a drawn table where it is only repeated at the top of the next page.

    Groups that go on there get their names again, which stand only on the page where they begin.
    """
    result = [list(runs) for runs in pages]
    header: tuple[tuple[Cell, ...], ...] = ()
    for before, runs in pairwise(result):
        last = next((run for run in reversed(before) if run.rows), None)
        if last is None or not runs or not runs[0].rows or not _same_columns(last, runs[0]):
            header = ()
            continue
        next_ = runs[0]
        header = header or last.rows
        n_same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(header, next_.rows, strict=False))
        )
        rows = next_.rows[n_same:] if n_same < len(next_.rows) else next_.rows
        groups = open_groups(last.rows)
        named: list[Cell] = []
        column = 0
        for text, span, goes_on in rows[0]:
            named.append((text or groups.get(column, ""), span, goes_on))
            column += span
        runs[0] = replace(next_, rows=(tuple(named), *rows[1:]))
    return result


def _same_columns(one: Run, other: Run) -> bool:
    """Whether a table can go on with another: as many columns, at about the same places."""
    return len(one.columns) == len(other.columns) and all(
        abs(a - b) < 12 for a, b in zip(one.columns, other.columns, strict=True)
    )
