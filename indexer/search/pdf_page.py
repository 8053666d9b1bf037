"""A page of a PDF as a picture, with boxes around the lines of a passage.

A passage is found again by its letters and digits: white space, punctuation, hyphens and the bars between the cells of
a table are not in the PDF, or not in this form. What runs over to another page, or is divided by a running header, is
found in pieces.
"""

from __future__ import annotations

import ctypes
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from indexer.errors import DocumentError
from indexer.ingest.load.pdf.opening import LOCK, open_pdf

_Handle = Any  # pypdfium2 has no type hints

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels of the picture."""

_MAX_CHARACTERS = 200_000
_MAX_PIXELS = 12_000_000
_PIECE = 8
"""Letters in a row from which they are found in a page whatever is around them."""
_ALONE = 24
"""Letters from which a piece is believed that has no other piece near it; ``_NEAR`` letters are near."""
_NEAR = 120
_WIDE = 2.5
"""Heights of a line that may lie between its characters; between columns and cells there is more."""

_FILL, _LINE = (255, 243, 176), (196, 110, 0)


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as a picture.

    Attributes:
        png: The picture.
        boxes: How many boxes are drawn; 0 where the passage is not on the page as text, as in a scan.
        top: Where the first box begins, as a share of the height; 0 without boxes.
        width: In pixels; ``height`` likewise.
    """

    png: bytes
    boxes: int
    top: float
    width: int
    height: int


def draw_page(data: bytes, page: int, text: str, width: int = 1000) -> DrawnPage:
    """Draw a page with boxes around the lines of a passage.

    Args:
        data: The PDF.
        page: 1-based.
        text: The passage; what of it is on other pages does no harm.
        width: Of the picture in pixels; less for pages so tall that it would be too large.

    Raises:
        DocumentError: The PDF can't be opened, or has no such page.
    """
    import pypdfium2 as pdfium

    with LOCK:
        document, _ = open_pdf(data)
        try:
            if not 1 <= page <= len(document):
                raise DocumentError(
                    f"The PDF has no page {page:,}, only {len(document):,}. It was changed: reindex, then search again.",
                    f"PDF 没有第 {page:,} 页（共 {len(document):,} 页），文件已变更。请更新索引后重新检索。",
                )
            opened = document[page - 1]
            try:
                picture, boxes = _drawn(opened, pdfium.raw, text, width)
            finally:
                opened.close()
        except pdfium.PdfiumError as error:
            raise DocumentError(
                f"Page {page:,} of the PDF can't be drawn: it is damaged there. Download it again.",
                f"无法绘制 PDF 第 {page:,} 页：该处已损坏。请重新下载文件。",
            ) from error
        finally:
            document.close()
    return _painted(picture, boxes)


def _drawn(page: _Handle, raw: _Handle, text: str, width: int) -> tuple[Any, list[Box]]:
    """The page's picture, and the boxes on it."""
    page_width, page_height = page.get_size()
    scale = width / max(page_width, 1.0)
    pixels = page_width * page_height * scale**2
    if pixels > _MAX_PIXELS:
        scale *= (_MAX_PIXELS / pixels) ** 0.5
    bitmap = page.render(scale=scale)
    try:
        picture = bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()
    textpage = page.get_textpage()
    try:
        codes = [
            raw.FPDFText_GetUnicode(textpage.raw, i)
            for i in range(min(raw.FPDFText_CountChars(textpage.raw), _MAX_CHARACTERS))
        ]
        boxes = [_on_picture(page, textpage, raw, i, picture.size) for i in find_characters(codes, text)]
    finally:
        textpage.close()
    return picture, list(lines_of([box for box in boxes if box[2] > box[0] and box[3] > box[1]]))


def _on_picture(page: _Handle, textpage: _Handle, raw: _Handle, index: int, size: tuple[int, int]) -> Box:
    """Where a character is in the picture; PDFium knows how the page is turned and cut."""
    places = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(textpage.raw, index, *map(ctypes.byref, places))
    left, right, bottom, top = (place.value for place in places)
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for corner in ((left, bottom), (right, top)):
        raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, *corner, ctypes.byref(x), ctypes.byref(y))
        corners.append((x.value, y.value))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _painted(picture: Any, boxes: Sequence[Box]) -> DrawnPage:  # noqa: ANN401 - PIL is loaded when it is needed
    from PIL import Image, ImageChops, ImageDraw

    margin = max(2, picture.width // 400)
    around = [(x0 - margin, y0 - margin, x1 + margin, y1 + margin) for x0, y0, x1, y1 in boxes]
    marker = Image.new("RGB", picture.size, "white")
    for box in around:
        ImageDraw.Draw(marker).rectangle(box, fill=_FILL)
    picture = ImageChops.multiply(picture, marker)  # as a marker pen does: the letters stay black
    for box in around:
        ImageDraw.Draw(picture).rectangle(box, outline=_LINE, width=max(1, picture.width // 700))
    out = io.BytesIO()
    picture.save(out, "PNG")
    top = max(min((y0 for _, y0, _, _ in around), default=0) / picture.height, 0.0)
    return DrawnPage(out.getvalue(), len(boxes), top, picture.width, picture.height)


# Finding


def find_characters(codes: Sequence[int], text: str) -> list[int]:
    """Which characters of a page are those of a passage.

    Args:
        codes: The page's characters as code points, in PDFium's order.
        text: The passage.

    Returns:
        Indices of ``codes``, ascending.
    """
    folded: list[str] = []
    places: list[int] = []
    for index, code in enumerate(codes):
        for letter in _folded(chr(code) if 0 < code < 0x110000 else ""):
            folded.append(letter)
            places.append(index)
    page, wanted = "".join(folded), "".join(_folded(text))
    if not page or not wanted:
        return []
    at = page.find(wanted)
    pieces = (
        [_Piece(at, at + len(wanted), 0)] if at >= 0 else _believed(list(_pieces(page, wanted)), page, wanted)
    )
    found: set[int] = set()
    for piece in pieces:
        found.update(_with_punctuation(codes, places[piece.start], places[piece.end - 1]))
    return sorted(found)


def _with_punctuation(codes: Sequence[int], first: int, last: int) -> Iterator[int]:
    """Characters from one to another, without white space, with the brackets and stops that belong to them."""
    while first > 0 and _category(codes[first - 1]) in ("Ps", "Pi"):
        first -= 1
    while last + 1 < len(codes) and _category(codes[last + 1]) in ("Pe", "Pf", "Po"):
        last += 1
    yield from (i for i in range(first, last + 1) if _category(codes[i])[0] not in "ZC")


def _category(code: int) -> str:
    return unicodedata.category(chr(code)) if 0 < code < 0x110000 else "Cn"


def _folded(text: str) -> Iterator[str]:
    """The letters and digits of a text, whatever their case and width."""
    yield from (c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


class _Piece(NamedTuple):
    """Letters ``start`` to ``end`` of a page, which are those of the passage from ``at`` on."""

    start: int
    end: int
    at: int


def _pieces(page: str, wanted: str) -> Iterator[_Piece]:
    """Where the pieces of a passage are in a page: from its start on the longest that there is, nearest to the last."""
    size = min(_PIECE, len(wanted))
    starts: dict[str, list[int]] = defaultdict(list)
    for at in range(len(page) - size + 1):
        starts[page[at : at + size]].append(at)
    at = last = 0
    while at <= len(wanted) - size:
        best: tuple[int, int, int] | None = None
        for start in starts.get(wanted[at : at + size], ()):
            n = size
            while at + n < len(wanted) and start + n < len(page) and wanted[at + n] == page[start + n]:
                n += 1
            best = max(best or (0, 0, 0), (n, -abs(start - last), start))
        if best is None:
            at += 1
            continue
        n, _, start = best
        yield _Piece(start, start + n, at)
        at, last = at + n, start + n


def _believed(pieces: Sequence[_Piece], page: str, wanted: str) -> list[_Piece]:
    """Pieces less those that are short and far from the others: words that the page has by chance."""
    long = [
        piece
        for piece in pieces
        if piece.end - piece.start >= _ALONE
        # The passage begins at the end of the page, or ends at its beginning.
        or (piece.at == 0 and piece.end > len(page) - _NEAR)
        or (piece.at + piece.end - piece.start == len(wanted) and piece.start < _NEAR)
    ]
    return [p for p in pieces if any(q.start - p.end < _NEAR and p.start - q.end < _NEAR for q in long)]


def lines_of(boxes: Sequence[Box]) -> Iterator[Box]:
    """Boxes of lines, level or upright, from those of characters in reading order."""
    n_level = sum(_overlap(a, b, 1) > 0.5 for a, b in pairwise(boxes))
    n_upright = sum(_overlap(a, b, 0) > 0.5 for a, b in pairwise(boxes))
    across = 1 if n_level >= n_upright else 0
    line: Box | None = None
    for box in boxes:
        if line is not None and _overlap(line, box, across) > 0.3 and _gap(line, box, across) < _WIDE:
            line = min(line[0], box[0]), min(line[1], box[1]), max(line[2], box[2]), max(line[3], box[3])
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _overlap(one: Box, other: Box, axis: int) -> float:
    """Share of the smaller extent along an axis (0 level, 1 upright) that two boxes have in common."""
    common = min(one[axis + 2], other[axis + 2]) - max(one[axis], other[axis])
    return common / max(min(one[axis + 2] - one[axis], other[axis + 2] - other[axis]), 1e-6)


def _gap(line: Box, box: Box, across: int) -> float:
    """How far a box lies from a line along it, in the line's heights."""
    along = 1 - across
    gap = max(box[along] - line[along + 2], line[along] - box[along + 2])
    return gap / max(line[across + 2] - line[across], box[across + 2] - box[across], 1e-6)
