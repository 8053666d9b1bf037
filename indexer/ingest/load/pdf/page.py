"""Read a page with PDFium: its characters with their places, and the lines drawn on it."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from indexer.ingest.load.pdf.grid import Grid, Rule, find_grids
from indexer.ingest.load.pdf.paragraph import cell_text
from indexer.ingest.load.pdf.run import Page, Run, by_rows, tidy
from indexer.ingest.load.table import Cell

_Handle = Any  # pypdfium2 has no type hints
_Matrix = tuple[float, float, float, float, float, float]

_Char = tuple[str, float, float, float, float]
"""A character and where its left, right, bottom and top are; tuples, for there are many."""

_BREAK: _Char = ("\n", 0.0, 0.0, 0.0, 0.0)
_SPACE: _Char = (" ", 0.0, 0.0, 0.0, 0.0)
_BREAKS = frozenset((0x0A, 0x0D))
_HYPHEN = "\u00ad"
_HYPHENS = frozenset((0x02, 0xFFFE, 0xAD))
"""How PDFium marks the hyphen of a divided word."""

_TALL = 40.0
"""Points above which a character's height is doubted."""

_MAX_CHARACTERS = 200_000
"""Characters of one page above which the rest is left; a page of a newspaper has 20,000."""

_MAX_OBJECTS = 20_000
"""Objects of one page that are looked at for lines and pictures."""

_MAX_SEGMENTS = 2_000
"""Segments of a path above which it is a drawing."""

_THIN = 3.0
"""Points up to which a filled rectangle is a line."""

_SHORT = 4.0
"""Points below which a line divides nothing."""

_MIN_FILLED = 0.3
"""Share of a table's cells that hold text; grids of charts and forms to fill in have less."""


@dataclass(slots=True)
class Drawn:
    """What is drawn on a page besides its characters; ``pictured`` is the share of it that pictures cover."""

    level: list[Rule]
    upright: list[Rule]
    pictured: float
    n_paths: int


def read_page(page: _Handle, raw: _Handle) -> tuple[Page, Drawn]:
    """A page's text in PDFium's order, which follows columns where the file's own order does, and its drawing."""
    textpage = page.get_textpage()
    try:
        chars, quarters = _chars(textpage.raw, raw)
    finally:
        textpage.close()
    bbox = left, bottom, right, top = page.get_bbox()
    # As most of its text is read, which may be another way than the page is shown.
    quarter = max(quarters, key=lambda quarter: quarters[quarter], default=0)
    chars = _upright(chars, quarter, bbox)
    drawn = _drawn(page, raw, quarter)
    width, height = right - left, top - bottom
    if quarter % 2:
        width, height = height, width
    runs = _runs_and_tables(chars, find_grids(drawn.level, drawn.upright))
    if quarter * 90 != page.get_rotation():
        runs = by_rows(runs)  # PDFium's own order is that of the page as it is shown
    return Page(runs, width, height), drawn


def _chars(handle: _Handle, raw: _Handle) -> tuple[list[_Char], Counter[int]]:
    """Characters, and how many of them are written in each quarter turn; slanting ones, of watermarks, are left out."""
    chars: list[_Char] = []
    quarters: Counter[int] = Counter()
    box = raw.FS_RECTF()
    pointer = ctypes.byref(box)
    get_unicode, get_angle, get_box = (
        raw.FPDFText_GetUnicode,
        raw.FPDFText_GetCharAngle,
        raw.FPDFText_GetLooseCharBox,
    )
    for index in range(min(raw.FPDFText_CountChars(handle), _MAX_CHARACTERS)):
        code = get_unicode(handle, index)
        if code in _BREAKS:
            chars.append(_BREAK)
            continue
        text = (
            _HYPHEN
            if code in _HYPHENS
            else chr(code)
            if code < 0xD800 or 0xDFFF < code < 0x110000
            else "\ufffd"
        )
        if code == 0 or text.isspace():
            chars.append(_SPACE)
            continue
        angle = get_angle(handle, index)
        if angle:
            turns = angle / (math.pi / 2)
            if abs(turns - round(turns)) > 0.08:
                continue
            quarters[-round(turns) % 4] += 1  # PDFium counts them clockwise
        else:
            quarters[0] += 1
        get_box(handle, index, pointer)
        char = (text, box.left, box.right, box.bottom, box.top)
        chars.append(char if box.top - box.bottom < _TALL else _checked(char, handle, index, raw))
    return chars, quarters


def _checked(char: _Char, handle: _Handle, index: int, raw: _Handle) -> _Char:
    """A tall character with its true place: in fonts that write downwards PDFium's loose boxes are far too large."""
    places = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(handle, index, *map(ctypes.byref, places))
    left, right, bottom, top = (place.value for place in places)
    return (
        char
        if char[4] - char[3] < 3 * (top - bottom) or top <= bottom
        else (char[0], left, right, bottom, top)
    )


def _upright(chars: list[_Char], quarter: int, bbox: tuple[float, float, float, float]) -> list[_Char]:
    """Characters from the lower left corner of the page turned clockwise by quarters."""
    if quarter == 0 and bbox[:2] == (0, 0):
        return chars
    turned = []
    for char in chars:
        text, left, right, bottom, top = char
        if text == "\n" or text == " ":
            turned.append(char)
            continue
        x0, y0 = _turned(left, bottom, quarter, bbox)
        x1, y1 = _turned(right, top, quarter, bbox)
        turned.append((text, min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)))
    return turned


def _turned(x: float, y: float, quarter: int, bbox: tuple[float, float, float, float]) -> tuple[float, float]:
    """A point on the page after turning it clockwise by quarters."""
    left, bottom, right, top = bbox
    x, y = x - left, y - bottom
    width, height = right - left, top - bottom
    if quarter == 1:
        return y, width - x
    if quarter == 2:
        return width - x, height - y
    if quarter == 3:
        return height - y, x
    return x, y


def _runs_and_tables(chars: Sequence[_Char], grids: Sequence[Grid]) -> list[Run]:
    """Runs of the characters outside of tables, and at each table's first character the table."""
    if not grids:
        return _runs(chars)
    inside: list[dict[int, list[_Char]]] = [{} for _ in grids]
    stretches: list[list[_Char] | int] = []
    here: list[_Char] = []
    where: list[_Char] = here
    for char in chars:
        text, left, right, bottom, top = char
        if text != "\n" and text != " ":
            where = here
            for number, grid in enumerate(grids):
                cell = grid.cell_at((left + right) / 2, (bottom + top) / 2)
                if cell is None:
                    continue
                if not inside[number]:
                    stretches += [here, number]
                    here = []
                where = inside[number].setdefault(cell, [])
                break
        where.append(char)
    stretches.append(here)
    runs: list[Run] = []
    for stretch in stretches:
        if isinstance(stretch, list):
            runs += _runs(stretch)
        elif (table := _table(grids[stretch], inside[stretch])) is not None:
            runs.append(table)
        else:  # a chart, or a form without text: its characters as they come
            for inner in inside[stretch].values():
                runs += _runs(inner)
    return runs


def _table(grid: Grid, cells: dict[int, list[_Char]]) -> Run | None:
    """A table as a run, or None where too few of its cells hold text."""
    texts = {cell: cell_text(_runs(chars)) for cell, chars in cells.items()}
    numbers = {cell for row in grid.cells for cell in row}
    n_filled = sum(bool(texts.get(cell)) for cell in numbers)
    if n_filled < 2 or n_filled < _MIN_FILLED * len(numbers):
        return None
    rows: list[tuple[Cell, ...]] = []
    seen: set[int] = set()
    for fields in reversed(grid.cells):
        row: list[Cell] = []
        for column, cell in enumerate(fields):
            if column and fields[column - 1] == cell:
                text, span, goes_on = row[-1]
                row[-1] = (text, span + 1, goes_on)
            else:
                row.append(("" if cell in seen else texts.get(cell, ""), 1, cell in seen))
        if any(not goes_on for _, _, goes_on in row):
            rows.append(tuple(row))
        seen.update(fields)
    return Run("", grid.xs[0], grid.xs[-1], grid.ys[0], grid.ys[-1], tuple(rows), tuple(grid.xs))


def _runs(chars: Sequence[_Char]) -> list[Run]:
    """Characters of one line without a wide gap, together."""
    runs: list[Run] = []
    texts: list[str] = []
    boxes: list[_Char] = []

    def flush() -> None:
        text = tidy("".join(texts)).strip()
        if text and boxes:
            _, lefts, rights, bottoms, tops = zip(*boxes, strict=True)
            # Medians, for one character of another font mustn't make the run look taller.
            middle = len(boxes) // 2
            runs.append(Run(text, min(lefts), max(rights), sorted(bottoms)[middle], sorted(tops)[middle]))
        texts.clear()
        boxes.clear()

    for char in chars:
        text, left, _, bottom, top = char
        if text == "\n":
            flush()
            continue
        if text == " ":
            texts.append(" ")
            continue
        if boxes:
            _, last_left, last_right, last_bottom, last_top = boxes[-1]
            size = last_top - last_bottom
            # Some files have no line breaks, so that only the place tells; others jump over columns.
            if (
                bottom > last_top
                or top < last_bottom
                or left - last_right > 2.2 * max(size, 1.0)
                or left < last_left - 4 * max(size, 1.0)
            ):
                flush()
        boxes.append(char)
        texts.append(text)
        if text == _HYPHEN:  # PDFium gives no line break after it
            flush()
    flush()
    return runs


def _drawn(page: _Handle, raw: _Handle, quarter: int) -> Drawn:
    """The straight lines on a page, in the coordinates of its runs, and how much of it pictures cover."""
    bbox = page.get_bbox()
    area = max((bbox[2] - bbox[0]) * (bbox[3] - bbox[1]), 1.0)
    drawn = Drawn([], [], 0.0, 0)
    for handle, matrix in _objects(page, raw):
        if raw.FPDFPageObj_GetType(handle) == raw.FPDF_PAGEOBJ_IMAGE:
            a, b, c, d, _, _ = matrix
            drawn.pictured = min(1.0, drawn.pictured + abs(a * d - b * c) / area)
            continue
        drawn.n_paths += 1
        for start, end in _segments(handle, matrix, raw):
            x0, y0 = _turned(*start, quarter, bbox)
            x1, y1 = _turned(*end, quarter, bbox)
            if abs(y1 - y0) < 1 and abs(x1 - x0) >= _SHORT:
                drawn.level.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            elif abs(x1 - x0) < 1 and abs(y1 - y0) >= _SHORT:
                drawn.upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return drawn


def _objects(page: _Handle, raw: _Handle) -> Iterator[tuple[_Handle, _Matrix]]:
    """Paths and pictures of a page, also inside of forms, each with what takes its points to the page."""
    found = raw.FS_MATRIX()
    kinds = frozenset((raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM))
    stack: list[tuple[_Handle, _Matrix, int]] = []

    def push(parent: _Handle, matrix: _Matrix, depth: int) -> None:
        count, get = (
            (raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject)
            if depth
            else (raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject)
        )
        get_type = raw.FPDFPageObj_GetType
        for index in range(min(count(parent), _MAX_OBJECTS - len(stack))):
            handle = get(parent, index)
            if get_type(handle) in kinds:
                stack.append((handle, matrix, depth))

    push(page.raw, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)
    for _ in range(_MAX_OBJECTS):
        if not stack:
            break
        handle, outer, depth = stack.pop()
        if not raw.FPDFPageObj_GetMatrix(handle, ctypes.byref(found)):
            continue
        matrix = _product((found.a, found.b, found.c, found.d, found.e, found.f), outer)
        if raw.FPDFPageObj_GetType(handle) == raw.FPDF_PAGEOBJ_FORM:
            if depth < 4:
                push(handle, matrix, depth + 1)
        else:
            yield handle, matrix


def _product(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _segments(
    handle: _Handle, matrix: _Matrix, raw: _Handle
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight pieces of a path that look like lines: strokes, and thin filled rectangles."""
    n_segments = raw.FPDFPath_CountSegments(handle)
    if not 2 <= n_segments <= _MAX_SEGMENTS:
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(handle, ctypes.byref(fill), ctypes.byref(stroke))
    if not fill.value and not stroke.value:
        return
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    figure: list[tuple[float, float]] = []
    figures = [figure]
    for index in range(n_segments):
        segment = raw.FPDFPath_GetPathSegment(handle, index)
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_BEZIERTO:
            return  # nothing of a curved figure divides cells
        if kind == raw.FPDF_SEGMENT_MOVETO:
            figure = [point]
            figures.append(figure)
        else:
            figure.append(point)
        if raw.FPDFPathSegment_GetClose(segment) and figure:
            figure.append(figure[0])
    for figure in figures:
        if len(figure) < 2:
            continue
        xs, ys = [p[0] for p in figure], [p[1] for p in figure]
        width, height = max(xs) - min(xs), max(ys) - min(ys)
        if min(width, height) <= _THIN:  # a line, drawn as one or as a thin rectangle
            if width >= height:
                middle = (min(ys) + max(ys)) / 2
                yield (min(xs), middle), (max(xs), middle)
            else:
                middle = (min(xs) + max(xs)) / 2
                yield (middle, min(ys)), (middle, max(ys))
        elif stroke.value:
            yield from pairwise(figure)
