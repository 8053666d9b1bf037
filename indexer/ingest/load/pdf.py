"""PDF files: paragraphs in reading order, without running headers and page numbers."""

from __future__ import annotations

import ctypes
import logging
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from indexer.errors import DocumentError, EmptyDocumentError, EncryptedDocumentError, NeedsOcrError
from indexer.types import Line, LoadedFile

_Handle = Any  # pypdfium2 has no type hints

_LOCK = threading.Lock()
"""PDFium isn't safe to use from two threads at once."""

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WIDE = f"{_HAN}\u3000-\u303f\uff00-\uffef"
_WIDE_CHAR = re.compile(f"[{_WIDE}\u2014\u2018-\u201d\u2026\u00b7]")
_SPACED_OUT = re.compile(rf"(?<![{_HAN}\w])[{_HAN}](?: (?:\| )?[{_HAN}]){{2,}}(?![{_HAN}\w])")
_LEADERS = re.compile(r"(?:[.．…·]\s?){6,}\s*[\divxlcIVXLC]*(?:\s|$)")
_PAGE_NUMBER = re.compile(
    r"^[\s\-—–－·•∙.|/]*(?:第\s*)?(?:page\s*)?(?:\d{1,4}|[ivxlc\u2170-\u217b]{1,6})(?:\s*(?:/|of|"
    r"页\s*共|，?\s*共)\s*\d{1,4})?(?:\s*页)?"
    r"[\s\-—–－·•∙.|/]*$",
    re.I,
)
_DIGITS = re.compile(
    r"[\d\uff10-\uff19]+|(?<![A-Za-z])[ivxIVX]{1,5}(?![A-Za-z])|[\u2170-\u217b\u2160-\u216b]"
)
# A line that starts a paragraph whatever its indent: a list mark, an article, a heading.
_STARTS_ANEW = re.compile(
    r"[•●■◆▪□*]\s?|代替|[-–—]{1,2}\s|[(（][一二三四五六七八九十\d]{1,3}[)）]|"
    r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百零〇\d]+[章节条編编款]"
    r"|\d{1,2}(?:\.\d{1,2})*[\s、．](?=\D)|[a-z]\)|【|\[\d+\]|\uff3b\d+\uff3d"
)
_BODY = re.compile(r"^[^，。；]{2,20}(?:部|厅|局|委员会|委|院|发\s?布)$")
_ENDS = re.compile(r"[。！？；：.!?;:”）)]\s*$")
_JUNK_TITLE = re.compile(
    r"^(?:microsoft word|untitled|无标题|未命名|document\d*|文档\d*|标准名称|地方标准|正文|附件\d*|"
    r"封面|目录|<[0-9A-Fa-f]+>)|"
    r"\.(?:docx?|wps|pdf|indd|xlsx?|pptx?|ps|cdr|qxd|fbd|s10)\b",
    re.I,
)
# Words that keep their hyphen when a line ends after it.
_KEEPS_HYPHEN = frozenset(
    "all anti cross long low high mid multi non post pre self semi short two three four five six ten "
    "well half year "
    "large small medium end year co zero near eco inter sub ultra coal water energy land carbon state"
    " city".split()
)
_COLUMN_JUMP = 150.0
"""Points that the next row must lie higher to be in another column, not in another cell of a table."""

_MARGIN = 0.15
"""Share of a page's height, at the top and at the bottom, where running headers and footers may stand."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters that stand on one line of a page without a wide gap; coordinates in points, y upwards."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        return max(self.top - self.bottom, 1.0)


def load(data: bytes) -> LoadedFile:
    """Read a PDF file.

    Raises:
        EncryptedDocumentError: It can't be opened without a password.
        NeedsOcrError: It holds only pictures of text, or text whose fonts don't say what the characters are.
        DocumentError: It is damaged.
    """
    import pypdfium2 as pdfium

    with _LOCK:
        document = _open(data)
        try:
            n_pages = len(document)
            info = document.get_metadata_dict()
            sizes: list[float] = []
            pages: list[list[_Run]] = []
            n_broken = 0
            for index in range(n_pages):
                try:
                    page = document[index]
                except pdfium.PdfiumError:
                    n_broken += 1
                    sizes.append(0.0)
                    pages.append([])
                    continue
                sizes.append(page.get_height())
                textpage = page.get_textpage()
                pages.append(_order_columns(_page_runs(textpage, pdfium.raw), page.get_width()))
                textpage.close()
                page.close()
        finally:
            document.close()
    if n_pages == 0 or n_broken == n_pages:
        raise DocumentError("No page of the PDF can be read: it is damaged. Download it again.")
    _check_text(pages)
    pages = [_drop_contents(runs) for runs in _drop_running_lines(pages, sizes)]
    lines = [line for number, runs in enumerate(pages, start=1) for line in _page_lines(runs, number)]
    lines = _join_pages(lines)
    if not lines:
        raise EmptyDocumentError("The PDF holds no text but page numbers. Take it out of the folder.")
    return LoadedFile(
        lines=tuple(lines), format="pdf", n_pages=n_pages, title=_declared_title(info.get("Title", ""), lines)
    )


def _open(data: bytes) -> _Handle:
    """The file opened by PDFium; one that PDFium refuses is first mended by pypdf, which forgives more."""
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedDocumentError(
                "The PDF is protected by a password. Open it with the password, print or save an unprotected copy, "
                "and index that."
            ) from error
        if "security" in str(error).lower():
            raise EncryptedDocumentError(
                "The PDF is protected in a way that can't be opened here. Save an unprotected copy of it."
            ) from error
        try:
            return pdfium.PdfDocument(_mended(data))
        except Exception as second:  # pypdf raises many kinds for what it can't mend
            raise DocumentError(
                "The PDF is damaged or incomplete. Download it again; if it opens in a PDF reader, print it to a new "
                "PDF there and index that."
            ) from second


def _mended(data: bytes) -> bytes:
    """The pages that pypdf finds in a damaged file, written anew."""
    import io

    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages = pypdf.PdfReader(io.BytesIO(data), strict=False).pages
    writer = pypdf.PdfWriter()
    for page in pages:
        writer.add_page(page)
    if not len(writer.pages):
        raise DocumentError("no page was found")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _check_text(pages: Sequence[Sequence[_Run]]) -> None:
    """Raise where there is hardly any text, or text that can't be read."""
    text = "".join(run.text for runs in pages for run in runs)
    characters = "".join(text.split())
    if len(characters) < min(10 * len(pages), 100) and len(characters) < 12 * len(pages):
        if not characters or len(pages) > 1 or len(characters) < 4:
            raise NeedsOcrError(
                "The PDF holds only pictures of text (a scan). Run text recognition (OCR) on it, for "
                "instance "
                "`ocrmypdf -l chi_sim+eng in.pdf out.pdf`, and index the result."
            )
    n_unknown = sum(ch == "\ufffd" or "\ue000" <= ch <= "\uf8ff" or ch < " " for ch in characters)
    if n_unknown > 0.3 * len(characters):
        raise NeedsOcrError(
            "The PDF's fonts don't say which characters they show, so that its text can't be read. Run text "
            "recognition (OCR) on it, for instance `ocrmypdf --force-ocr -l chi_sim+eng in.pdf out.pdf`."
        )


def _page_runs(textpage: _Handle, raw: _Handle) -> list[_Run]:
    """Runs of a page in PDFium's reading order, which follows columns where the file's own order does."""
    runs: list[_Run] = []
    characters: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []  # left, right, bottom, top
    box = raw.FS_RECTF()
    pointer = ctypes.byref(box)
    handle = textpage.raw

    def flush() -> None:
        text = _tidy("".join(characters)).strip()
        if text and boxes:
            lefts, rights, bottoms, tops = zip(*boxes, strict=True)
            # Medians, for one character of another font mustn't make the run look taller.
            middle = len(boxes) // 2
            runs.append(_Run(text, min(lefts), max(rights), sorted(bottoms)[middle], sorted(tops)[middle]))
        characters.clear()
        boxes.clear()

    for index in range(raw.FPDFText_CountChars(handle)):
        code = raw.FPDFText_GetUnicode(handle, index)
        character = chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if character in "\r\n":
            flush()
            continue
        if code in (0x02, 0xFFFE, 0xAD):  # how PDFium marks the hyphen of a divided word
            character = "\u00ad"
        if character.isspace() or code == 0:
            characters.append(" ")
            continue
        raw.FPDFText_GetLooseCharBox(handle, index, pointer)
        if boxes:
            _, right, bottom, top = boxes[-1]
            same_row = box.bottom <= top and box.top >= bottom
            if same_row and box.left - right > 2.2 * max(top - bottom, 1.0):
                flush()
        boxes.append((box.left, box.right, box.bottom, box.top))
        characters.append(character)
        if character == "\u00ad":  # PDFium gives no line break after it
            flush()
    flush()
    return runs


def _tidy(text: str) -> str:
    text = re.sub(r" {2,}", " ", text)
    return _SPACED_OUT.sub(lambda match: match[0].replace(" ", ""), text)


def _order_columns(runs: list[_Run], width: float) -> list[_Run]:
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
    ordered: list[_Run] = []
    left: list[_Run] = []
    right: list[_Run] = []
    for run, side in zip(runs, sides, strict=True):
        if side == "both":  # a heading over both columns ends what stands above it
            ordered += left + right + [run]
            left, right = [], []
        else:
            (left if side == "left" else right).append(run)
    return ordered + left + right


def _gutter(runs: Sequence[_Run], width: float) -> float | None:
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


def _drop_running_lines(pages: list[list[_Run]], heights: Sequence[float]) -> list[list[_Run]]:
    """Drop page numbers, and outermost lines that many pages repeat (left pages' differ from right ones').

    Of a table's header, which is repeated too, the first stays.
    """
    outer = [_outermost(runs, height) for runs, height in zip(pages, heights, strict=True)]
    counts: Counter[str] = Counter()
    for rows in outer:
        counts.update({_mask(row) for row in rows.values()})
    n_filled = sum(bool(runs) for runs in pages)
    enough = max(2, 0.3 * n_filled)
    seen: set[str] = set()
    kept = []
    for runs, rows in zip(pages, outer, strict=True):
        kept_runs = []
        for index, run in enumerate(runs):
            row = rows.get(index)
            if row is not None:
                mask = _mask(row)
                repeated = n_filled > 1 and counts[mask] >= enough
                table_header = row.count(" ") >= 3 and not any(character.isdigit() for character in row)
                if _PAGE_NUMBER.match(row) or (repeated and not (table_header and mask not in seen)):
                    continue
            kept_runs.append(run)
        seen |= {_mask(row) for row in rows.values()}
        kept.append(kept_runs)
    return kept


def _outermost(runs: Sequence[_Run], height: float) -> dict[int, str]:
    """For each run in a page's two top and two bottom rows, in the margins, the text of its whole row."""
    rows: list[list[int]] = []
    for index in sorted(range(len(runs)), key=lambda i: -(runs[i].top + runs[i].bottom)):
        run = runs[index]
        middle = (run.top + run.bottom) / 2
        if rows and runs[rows[-1][0]].bottom <= middle <= runs[rows[-1][0]].top:
            rows[-1].append(index)
        else:
            rows.append([index])
    outer = {}
    for row in [*rows[:2], *rows[-2:]]:
        run = runs[row[0]]
        if run.bottom > height * (1 - _MARGIN) or run.top < height * _MARGIN:
            text = " ".join(runs[index].text for index in sorted(row, key=lambda i: runs[i].left))
            outer.update(dict.fromkeys(row, text))
    return outer


def _drop_contents(runs: list[_Run]) -> list[_Run]:
    """Drop a table of contents: it repeats the headings, and finds nothing by itself."""
    leaders = [index for index, run in enumerate(runs) if _LEADERS.search(run.text)]
    if len(leaders) < 4 or len(leaders) < 0.25 * len(runs):
        return runs
    return runs[: leaders[0]] + runs[leaders[-1] + 1 :]


def _mask(text: str) -> str:
    return _DIGITS.sub("#", re.sub(r"\s", "", text))


def _page_lines(runs: Sequence[_Run], page: int) -> list[Line]:
    """Paragraphs of a page, from its runs in reading order."""
    rows = [replace(row, text=_tidy(row.text)) for row in _merge_rows(runs)]
    pitch = _row_pitch(rows)
    lines: list[Line] = []
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
    return lines


def _row_pitch(rows: Sequence[_Run]) -> float:
    """The usual distance between a page's rows; 0 where there are too few to tell."""
    distances = [_distance(above, below) for above, below in pairwise(rows)]
    distances = [distance for distance in distances if distance > 4]
    return median(distances) if len(distances) >= 4 else 0.0


def _distance(above: _Run, below: _Run) -> float:
    return (above.top + above.bottom - below.top - below.bottom) / 2


def _merge_rows(runs: Sequence[_Run]) -> list[_Run]:
    """Join runs that stand on one line: words beside raised or lowered ones, and cells of a table row."""
    rows: list[_Run] = []
    for run in runs:
        last = rows[-1] if rows else None
        if last is not None:
            overlap = min(last.top, run.top) - max(last.bottom, run.bottom)
            gap = run.left - last.right
            height = max(last.height, run.height)
            if overlap > 0.4 * min(last.height, run.height) and gap > -0.5 * height:
                rows[-1] = _Run(
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
        return " | " if _WIDE_CHAR.search(before + after) or gap > 4 else " "
    return " " if gap > 0.2 and not (_WIDE_CHAR.match(before[-1]) and _WIDE_CHAR.match(after[0])) else ""


def _in_block(above: _Run, below: _Run, pitch: float) -> bool:
    """Whether a row can go on with the paragraph of the row above it."""
    height = max(above.height, below.height)
    # Fonts tell their height badly, and the usual pitch tells nothing of a heading: either may allow it.
    farthest = max(1.35 * pitch, 1.5 * height) if pitch else 2.3 * height
    return (
        0.4 * min(above.height, below.height) < _distance(above, below) < min(farthest, 4 * height)
        and min(above.height, below.height) > 0.55 * height
        and min(above.right, below.right) > max(above.left, below.left)
    )


def _paragraphs(rows: Sequence[_Run]) -> list[str]:
    """Join the rows of a block where a full row is followed by one that isn't indented."""
    left = min(row.left for row in (rows[1:] or rows))
    right = max(row.right for row in rows)
    texts = [rows[0].text]
    for above, below in pairwise(rows):
        height = max(above.height, below.height)
        full = above.right > right - (2.2 if _WIDE_CHAR.search(above.text) else 5.5) * height
        indented = below.left > left + 1.2 * height
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
    return [text.replace("\u00ad", "-") for text in texts]


def _script(text: str) -> str:
    """Whether a row is wholly Chinese or wholly English, as in titles; anything else is ``mixed``."""
    has_han, has_words = re.search(f"[{_HAN}]", text), re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", text)
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
    if _WIDE_CHAR.match(before[-1]) or _WIDE_CHAR.match(after[0]):
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
        and (after[0].islower() or bool(_WIDE_CHAR.match(after[0])))
    )


def _separator(before: str, after: str) -> str:
    return "" if _WIDE_CHAR.match(before[-1]) or _WIDE_CHAR.match(after[0]) else " "


def _declared_title(title: str, lines: Sequence[Line]) -> str | None:
    """The title in the PDF's information, if it is no file name or leftover, and the first pages have it."""
    title = " ".join(title.replace("\x00", "").split())
    if len(title) < 4 or _JUNK_TITLE.search(title):
        return None
    start = re.sub(r"\s", "", "".join(line.text for line in lines if (line.page or 1) <= 2)).lower()
    return title if re.sub(r"\s", "", title).lower() in start else None
