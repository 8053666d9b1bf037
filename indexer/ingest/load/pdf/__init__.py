"""PDF files: paragraphs and table rows in reading order, without running headers and page numbers.

Pages that only hold a picture of text are recognised where the extra ``qingshan[ocr]`` is installed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest import pulse
from indexer.ingest.load import ocr
from indexer.ingest.load.pdf.layout import clean_pages
from indexer.ingest.load.pdf.opening import LOCK, open_pdf
from indexer.ingest.load.pdf.page import Drawn, read_page
from indexer.ingest.load.pdf.paragraph import document_lines
from indexer.ingest.load.pdf.run import Page, recognised_page
from indexer.language.regex import regex
from indexer.types import Line, LoadedFile

_Handle = Any  # pypdfium2 has no type hints

_JUNK_TITLE = regex(
    r"^(?:microsoft word|untitled|无标题|未命名|document\d*|文档\d*|标准名称|地方标准|正文|附件\d*|"
    r"封面|目录|<[0-9A-Fa-f]+>)|"
    r"\.(?:docx?|wps|pdf|indd|xlsx?|pptx?|ps|cdr|qxd|fbd|s10)\b",
    re.I,
)

_MAX_PAGES = 5_000
_MAX_RECOGNISED = 1_000
"""Pages that are recognised, at two seconds each; the rest is left out and reported."""

_FEW = 10
"""Characters up to which a page counts as without text: a stamp, a page number."""

_PICTURED = 0.3
"""Share of a page that pictures cover where it is a scan; and ``_OUTLINED`` paths where its text is drawn."""
_OUTLINED = 100

_DPI = 200
_MAX_PIXELS = 25_000_000
"""Pixels of a page drawn for recognition; an A3 page at 200 dpi has 8 million."""


def load(data: bytes) -> LoadedFile:
    """Read a PDF file.

    Raises:
        EncryptedDocumentError: It can't be opened without a password.
        NeedsOcrError: It holds only pictures of text, or text whose fonts don't say what the characters are, and
            text recognition isn't installed.
        DocumentError: It is damaged.
    """
    with LOCK:
        document, is_mended = open_pdf(data)
        try:
            title = _title(document)
            n_pages = len(document)
            pages, broken, unread = _pages(document)
        finally:
            document.close()
    if n_pages == 0 or len(broken) == len(pages):
        raise DocumentError(
            "No page of the PDF can be read: it is damaged. Download it again.",
            "PDF 没有一页可以读取：文件已损坏。请重新下载。",
        )
    lines = document_lines(clean_pages(pages))
    if not lines and unread and not ocr.available():
        ocr.require()
    if not lines:
        raise EmptyDocumentError(
            "The PDF holds no text"
            + (" that could be recognised" if unread else " but page numbers")
            + ". Take it out of the folder.",
            f"PDF {'未识别出文字' if unread else '除页码外没有文字'}。请移出文件夹。",
        )
    notes = []
    if is_mended:
        notes.append(
            "The PDF is damaged; what could be mended is indexed. Download it again to have all of it."
        )
    if broken:
        notes.append(f"{_named(broken)} can't be read: the PDF is damaged there. Download it again.")
    if n_pages > _MAX_PAGES:
        notes.append(f"Only the first {_MAX_PAGES:,} of {n_pages:,} pages are indexed. Split the PDF.")
    if unread:
        what = f"{_named(unread)} of {n_pages} hold{'s' if len(unread) == 1 else ''} only pictures of text"
        advice = (
            "Split the PDF"
            if ocr.available()
            else f"They need OCR: {ocr.INSTALL}, then make the index anew with --rebuild"
        )
        notes.append(f"{what}, which are not indexed. {advice}.")
    return LoadedFile(
        lines=tuple(lines),
        format="pdf",
        n_pages=n_pages,
        title=_declared_title(title, lines),
        notes=tuple(notes),
    )


def _pages(document: _Handle) -> tuple[list[Page], list[int], list[int]]:
    """All pages, and the 1-based numbers of those that are broken and of those that need recognition in vain."""
    import pypdfium2 as pdfium

    pages: list[Page] = []
    broken: list[int] = []
    unread: list[int] = []
    n_recognised = 0
    for index in range(min(len(document), _MAX_PAGES)):
        pulse.beat()
        try:
            page = document[index]
            read, drawn = read_page(page, pdfium.raw)
        except pdfium.PdfiumError:
            broken.append(index + 1)
            pages.append(Page([], 0.0, 0.0))
            continue
        if _needs_recognition(read, drawn):
            if ocr.available() and n_recognised < _MAX_RECOGNISED:
                n_recognised += 1
                read = _recognised(page)
            else:
                unread.append(index + 1)
                read = Page([], read.width, read.height)
        pages.append(read)
        page.close()
    return pages, broken, unread


def _needs_recognition(page: Page, drawn: Drawn) -> bool:
    """Whether a page shows text that its characters don't give: a scan, outlines, or a font without meanings."""
    characters = "".join(
        run.text + "".join(cell[0] for row in run.rows for cell in row) for run in page.runs
    ).replace(" ", "")
    if len(characters) < _FEW:
        return drawn.pictured > _PICTURED or drawn.n_paths > _OUTLINED
    n_unknown = sum(ch == "\ufffd" or "\ue000" <= ch <= "\uf8ff" or ch < " " for ch in characters)
    return n_unknown > 0.3 * len(characters)


def _recognised(page: _Handle) -> Page:
    """The text in a drawn page."""
    width, height = page.get_size()
    scale = _DPI / 72
    if (n_pixels := width * height * scale**2) > _MAX_PIXELS:
        scale *= (_MAX_PIXELS / n_pixels) ** 0.5
    bitmap = page.render(scale=scale, rev_byteorder=False)
    try:
        picture = bitmap.to_numpy()
        if picture.ndim == 2 or picture.shape[2] == 1:
            import numpy as np

            picture = np.repeat(picture.reshape(*picture.shape[:2], 1), 3, axis=2)
        found = ocr.recognise(picture[:, :, :3].copy())
        return recognised_page(found, picture.shape[1], picture.shape[0])
    finally:
        bitmap.close()


def _named(numbers: Sequence[int]) -> str:
    """Page numbers for people: ``Pages 1-3, 7``."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    shown = [str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in ranges[:10]]
    more = " and more" if len(ranges) > 10 else ""
    return ("Page " if len(numbers) == 1 else "Pages ") + ", ".join(shown) + more


def _title(document: _Handle) -> str:
    """The title in the PDF's information, as it stands there."""
    try:
        return str(document.get_metadata_value("Title"))
    except UnicodeDecodeError:  # of no consequence for the text
        return ""


def _declared_title(title: str, lines: Sequence[Line]) -> str | None:
    """The title in the PDF's information, if it is no file name or leftover, and the first pages have it."""
    title = " ".join(title.replace("\x00", "").split())
    if len(title) < 4 or _JUNK_TITLE.search(title):
        return None
    start = re.sub(r"\s", "", "".join(line.text for line in lines if (line.page or 1) <= 2)).lower()
    return title if re.sub(r"\s", "", title).lower() in start else None
