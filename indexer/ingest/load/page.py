"""The lines of an HTML page, and which of them are its main text rather than the page around it.

Readability (as trafilatura ships it) tells which elements hold the text; where it finds too little, trafilatura's own
extraction does. Neither is asked for the text itself: both leave out short paragraphs, signatures, tables and lists
of attachments. The main text is the stretch of the page's lines that holds the most of what they found and the
least of anything else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from indexer.language.regex import regex

_Element = Any  # lxml has no type hints

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody tfoot thead tr ul".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CELLS = frozenset(("td", "th"))
_INVISIBLE = frozenset(
    "script style noscript template head iframe object select option button svg textarea".split()
)
_NUMBER = "data-element-number"

_MIN_FOUND = 60
"""Characters below which readability is believed to have missed the main text."""

_MIN_SHARE = 0.4
"""Share of the page's sentences outside of links that readability must have found."""

_MAX_SPAN = 1000
"""Rows or columns that a cell may claim to span."""

_SENTENCE = regex(r"[。；！？]|[a-z)]\. ")
_FILE = regex(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z)(?:[?#].*)?$", re.I)
_NOT_WORD = regex(r"\W+")
# What may follow the last paragraph: who signed it, when, remarks in brackets, attachments, copies to.
_CLOSING = regex(
    r"[（(]?.{0,40}(?:局|厅|廳|部|办公室|辦公室|委员会|委員會|政府|院|署|中心|会|會|Bureau|Department|Office|Ministry)[)）]?|"
    r".{0,20}(?:\d{4}|[〇零○一二三四五六七八九]{4})\s?年\s?.{1,3}\s?月\s?.{1,3}\s?日(?:印发|印發)?|[（(].{2,30}[)）]|"
    r"(?:附件|附表|附图|附：|附:|抄送|主送|Attachment|Annex).{0,120}|\d{1,2}[.、．].{1,80}"
)


@dataclass(slots=True)
class Block:
    """A line of a page: a paragraph, a heading, a table's row.

    Attributes:
        text: Its text, white space normalised; cells are divided by ``" | "``.
        heading: Whether it is marked as a heading.
        linked: Share of its characters that are links, 0 to 1.
        file: Whether it links to a file, as attachments do.
        main: Whether it is in an element that holds the main text.
        number: Number of the element in which it starts, in the order of the page.
    """

    text: str
    heading: bool = False
    linked: float = 0.0
    file: bool = False
    main: bool = False
    number: int = 0


def read_page(root: _Element, find_main: bool = True) -> tuple[list[Block], range]:
    """The lines that a page shows, and which of them are its main text.

    Args:
        root: The page.
        find_main: Whether to look for the main text; without, it is the whole page.

    Returns:
        The lines; and the place of the main text among them, empty where none was found. Lines there that aren't
        ``main`` and mostly links don't belong to it (see ``in_main``).
    """
    tree = deepcopy(root)
    for number, element in enumerate(tree.iter()):
        if isinstance(element.tag, str):
            element.set(_NUMBER, str(number))
    found = _readable(tree) if find_main else frozenset()
    _open_layout_tables(tree)
    _repeat_spanning_cells(tree)
    blocks = list(_blocks(tree, found))
    if not find_main:
        return blocks, range(len(blocks))
    _find_more(blocks, tree)
    return blocks, _stretch(blocks, tree)


def in_main(block: Block) -> bool:
    """Whether a line in the stretch of the main text belongs to it."""
    return block.main or block.file or block.linked < 0.7


def _readable(tree: _Element) -> frozenset[str]:
    """Numbers of the elements that readability keeps."""
    from trafilatura.readability_lxml import Document

    try:
        kept = Document(deepcopy(tree)).summary()
    except (
        ValueError,
        TypeError,
        AssertionError,
        RecursionError,
    ):  # from lxml, on trees that no page should have
        return frozenset()
    return frozenset(re.findall(rf'{_NUMBER}="(\d+)"', kept))


def _find_more(blocks: Sequence[Block], tree: _Element) -> None:
    """Where readability found little ask trafilatura, and if that does neither, take the page's sentences."""
    own = [block for block in blocks if block.linked < 0.5]
    sentences = [block for block in own if _SENTENCE.search(block.text) or len(block.text) >= 60]
    found = sum(len(block.text) for block in own if block.main)
    if found >= max(_MIN_FOUND, _MIN_SHARE * sum(len(block.text) for block in sentences)):
        return
    texts = _extracted(tree)
    also = [block for block in own if _NOT_WORD.sub("", block.text) in texts]
    n_also = sum(len(block.text) for block in also)
    if max(found, n_also) < _MIN_FOUND:
        also = sentences or own
    elif n_also <= found:
        return
    for block in blocks:
        block.main = False
    for block in also:
        block.main = True


def _extracted(tree: _Element) -> set[str]:
    """The texts of all elements that trafilatura extracts, without white space and punctuation."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs pages that it finds nothing in
    # Not its fallbacks: one is readability, the other takes long on pages of many short lines.
    found = trafilatura.bare_extraction(
        tree, fast=True, include_comments=False, include_tables=True, include_links=False, with_metadata=False
    )
    body = getattr(found, "body", None)
    return (
        {_NOT_WORD.sub("", "".join(part.itertext())) for part in body.iter()} - {""}
        if body is not None
        else set()
    )


def _stretch(blocks: Sequence[Block], tree: _Element) -> range:
    """The run of lines with the greatest sum of characters, those of links and of unknown lines counted off.

    What follows in the same element is added, up to the first links that aren't files; elsewhere only what closes
    a text: signature, date, attachments.
    """
    best, start, end = 0.0, 0, 0
    total, since = 0.0, 0
    for index, block in enumerate(blocks):
        if total <= 0:
            total, since = 0.0, index
        size = len(block.text)
        if block.main and block.linked < 0.7:
            total += size + 2
        elif block.linked > 0.5 and not block.file:
            total -= 2 * size + 2
        else:
            total -= size / 2 + 1
        if total > best:
            best, start, end = total, since, index + 1
    start = _title_above(blocks, start, tree)
    holder = _holder(tree, [block.number for block in blocks[start:end] if block.main])
    while start < end < len(blocks):
        block = blocks[end]
        own = block.linked < 0.5 and (block.number in holder or _CLOSING.fullmatch(block.text) is not None)
        if not (own or block.file):
            break
        end += 1
    return range(start, end)


def _title_above(blocks: Sequence[Block], start: int, tree: _Element) -> int:
    """Where the text's title stands if it does so right above, with date and source perhaps between."""
    page_title = " ".join(" ".join(title.text_content() for title in tree.iter("title")).split())
    for index in range(start - 1, max(-1, start - 6), -1):
        block = blocks[index]
        if block.linked > 0.5:
            break
        if block.heading or (len(block.text) >= 6 and block.text in page_title):
            return index
    return start


def _holder(tree: _Element, numbers: Sequence[int]) -> range:
    """Numbers of the elements in the innermost one that holds all these; empty where that is the whole page."""
    if not numbers:
        return range(0)
    ends = {str(min(numbers)), str(max(numbers))}
    lines = [
        [element, *element.iterancestors()]
        for element in tree.iter()
        if isinstance(element.tag, str) and element.get(_NUMBER) in ends
    ]
    holder = next((e for e in lines[0] if all(e in line for line in lines[1:])), tree)
    if holder.tag in ("html", "body"):
        return range(0)
    within = [int(e.get(_NUMBER)) for e in holder.iter() if isinstance(e.tag, str) and e.get(_NUMBER)]
    return range(min(within), max(within) + 1)


def _open_layout_tables(tree: _Element) -> None:
    """Turn tables that only lay out a page into plain blocks, so that their text keeps its paragraphs."""
    own: dict[_Element, list[_Element]] = {table: [table] for table in tree.iter("table")}
    for part in tree.iter("tbody", "thead", "tfoot", "tr", "td", "th"):
        table = next(part.iterancestors("table"), None)
        if table is not None:
            own[table].append(part)
    nested = {outer for table in own for outer in table.iterancestors("table")}
    for table, parts in own.items():
        cells = [part for part in parts if part.tag in _CELLS]
        rows = {cell.getparent() for cell in cells}
        if table in nested or len(cells) == len(rows) or any(_is_text(cell) for cell in cells):
            for part in parts:
                part.tag = "div"


def _is_text(cell: _Element) -> bool:
    """Whether a cell holds paragraphs of a text."""
    return len(cell.text_content()) > 300 and (
        cell.find(".//p") is not None or len(cell.findall(".//br")) > 2
    )


def _repeat_spanning_cells(tree: _Element) -> None:
    """Give a short cell that spans several rows to each of them, so that each row says what it belongs to."""
    for table in list(tree.iter("table")):
        waiting: dict[int, tuple[_Element, int]] = {}  # column -> cell and the rows that it still goes on for
        for row in list(table.iter("tr")):
            column = 0
            cells = [cell for cell in row if cell.tag in _CELLS]
            for cell in [*cells, None]:
                while column in waiting:
                    above, rows = waiting.pop(column)
                    copy = deepcopy(above)
                    copy.tail = None
                    if cell is None:
                        row.append(copy)
                    else:
                        cell.addprevious(copy)
                    if rows > 1:
                        waiting[column] = above, rows - 1
                    column += _span(above, "colspan")
                if cell is None:
                    break
                rows = _span(cell, "rowspan")
                if rows > 1 and len(cell.text_content().strip()) <= 30:
                    waiting[column] = cell, rows - 1
                column += _span(cell, "colspan")


def _span(cell: _Element, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(int(value), _MAX_SPAN) if value.isdecimal() and value.isascii() and int(value) > 0 else 1


class _Writer:
    """Gathers the pieces of one line."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.pieces: list[str] = []
        self.n_cells = self.n_linked = self.n_main = self.number = 0
        self.file = False

    def add(self, text: str | None, holder: _Element, linked: bool, found: Collection[str]) -> None:
        if text:
            number = holder.get(_NUMBER) or "0"
            main = number in found
            self.number = self.number or (int(number) if text.strip() else 0)
            self.pieces.append(text)
            size = len(text.strip())
            self.n_linked += size * linked
            self.n_main += size * main

    def flush(self, heading: bool) -> Iterator[Block]:
        line = re.sub(r"[ \t\r\n\f\v]+", " ", "".join(self.pieces)).strip()
        if line.strip(" |"):
            main = self.n_main > 0.4 * len(line)
            yield Block(line, heading, self.n_linked / len(line), self.file, main, self.number)
        self._start()


def _blocks(root: _Element, found: Collection[str]) -> Iterator[Block]:
    """Lines of an element: one for each block, line break and table row.

    Args:
        root: The element.
        found: Numbers of the elements that hold the main text.
    """
    writer = _Writer()
    # An explicit stack, because pages may be nested deeper than Python's recursion goes.
    stack: list[tuple[_Element, bool]] = [(root, False)]
    in_row = headings = links = 0

    def tail(element: _Element) -> None:
        if element is not root:
            writer.add(element.tail, element.getparent(), links > 0, found)

    while stack:
        element, closing = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        tag = tag.rpartition("}")[2].lower()
        is_row = tag == "tr"
        breaks = tag == "br" or tag in _BLOCKS
        if closing:
            in_row -= is_row
            if tag in _BLOCKS and (not in_row or is_row):
                yield from writer.flush(headings > 0)
            elif tag in _BLOCKS:
                writer.pieces.append(" ")
            headings -= tag in _HEADINGS
            links -= tag == "a"
            tail(element)
            continue
        if not tag or (tag in _INVISIBLE and element is not root):
            tail(element)
            continue
        if breaks and not in_row:
            yield from writer.flush(headings > 0)
        elif tag == "br":
            writer.pieces.append(" ")
        in_row += is_row
        if tag in _CELLS and in_row:
            if writer.n_cells:
                writer.pieces.append(" | ")
            writer.n_cells += 1
        headings += tag in _HEADINGS
        if tag == "a":
            links += 1
            writer.file = writer.file or _FILE.search(element.get("href") or "") is not None
        writer.add(element.text, element, links > 0, found)
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))
    yield from writer.flush(False)
