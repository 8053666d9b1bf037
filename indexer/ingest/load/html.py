"""HTML pages: the main text without the page around it, and what the page declares about itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from indexer.errors import EmptyDocumentError
from indexer.ingest.decode import decode
from indexer.types import Line, LoadedFile

_Element = Any  # lxml has no type hints

_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset\s*=|<\?xml[^>]{0,100}?encoding\s*=)\s*["']?\s*([\w.:-]+)""", re.I
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

MAX_EXTRACTED = 4_000_000
"""Characters of HTML above which the main text isn't sought: such pages are all text, and it takes long."""

_MIN_EXTRACTED = 60
"""Characters below which the extraction is believed to have missed the main text."""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption fi"
    "gure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody tfoot the"
    "ad tr ul "
    # and the names that trafilatura gives to some of them
    "head item list quote row code".split()
)
_HOLDERS = frozenset("article center div form main section table tbody td tr".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 head".split())
_ROWS = frozenset(("tr", "row"))
_CELLS = frozenset(("td", "th", "cell"))
_BREAKS = frozenset(("br", "lb"))
_INVISIBLE = frozenset(
    "script style noscript template head iframe object select option button svg textarea".split()
)
_AROUND = frozenset("nav footer aside form header".split())

# Names that Chinese government sites must use (the State Council's rules for site metadata), then the usual
# ones.
_TITLE_META = ("articletitle", "og:title", "twitter:title", "dc.title", "citation_title")
_DATE_META = (
    "pubdate",
    "publishdate",
    "article:published_time",
    "og:published_time",
    "datepublished",
    "dc.date",
)
_PUBLISHER_META = ("contentsource", "source", "article:publisher", "dc.publisher", "og:site_name", "sitename")
_URL_META = ("og:url",)

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12]\d|0?[1-9])(?!\d)")
_PAGE_INFO = re.compile(
    r"(?:发布|發佈|发文|發布|成文|更新|公开)(?:时间|時間|日期)\s*[:：]|(?:信息)?(?:来源|"
    r"來源)\s*[:：]|发布机构\s*[:：]"
    r"|\b(?:Source|Published|Release Date|Posted)\s*:",
    re.I,
)
_SITE_SUFFIX = re.compile(r"\s*(?:--?|_|\||—{1,2}|–|::|>)\s*")


def load(data: bytes) -> LoadedFile:
    """Read an HTML page."""
    match = _DECLARED.search(data[:8192])
    decoded = decode(data, match[1].decode("ascii", "replace") if match else None)
    return load_html(decoded.text, "html", decoded.encoding)


def load_html(text: str, format_name: str, encoding: str | None, url: str | None = None) -> LoadedFile:
    """Read the text of an HTML page, which may be a part of another file.

    Raises:
        EmptyDocumentError: The page shows no text.
    """
    from lxml import etree, html  # type: ignore[import-untyped]

    text = _XML_DECLARATION.sub("", text).replace("\x00", "")
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise EmptyDocumentError(
            "The page holds no text. Save the page again, with its text showing."
        ) from error
    meta = _metadata(root)
    shown = list(_block_lines(root, skip=_INVISIBLE))
    lines = _main_lines(root) if len(text) <= MAX_EXTRACTED else []
    # On short pages the extraction finds little, or gives all it finds as one line.
    if len(lines) < 2 or sum(len(line) for line, _ in lines) < _MIN_EXTRACTED:
        lines = (
            list(_block_lines(_densest(root), skip=_INVISIBLE | _AROUND)) or shown or _text_between_tags(text)
        )
    if not lines:
        raise EmptyDocumentError(
            "The page shows no text: it may build its text by a script. "
            "Open it in a browser, and save what you see as a complete page or a PDF."
        )
    # Date and source often stand outside of the main text; cleaning takes them out again once they are read.
    known = {line for line, _ in lines}
    info = [line for line, _ in shown if len(line) <= 150 and _PAGE_INFO.search(line) and line not in known][
        :3
    ]
    return LoadedFile(
        lines=tuple(
            Line(line, number, heading=heading)
            for number, (line, heading) in enumerate([(line, False) for line in info] + lines, start=1)
        ),
        format=format_name,
        encoding=encoding,
        title=_title(root, meta, [line for line, _ in shown]),
        published=_published(meta),
        publisher=_first(meta, _PUBLISHER_META),
        url=url or _url(root, meta),
    )


def _text_between_tags(text: str) -> list[tuple[str, bool]]:
    """Lines of a page that is nested deeper than the parser goes."""
    text = re.sub(r"(?is)<(script|style|head|noscript|template)\b.*?</\1\s*>", "\n", text)
    lines = (" ".join(unescape(line).split()) for line in re.sub(r"<[^<>]*>", "\n", text).split("\n"))
    return [(line, False) for line in lines if line]


def _main_lines(root: _Element) -> list[tuple[str, bool]]:
    """Lines of the page's main text and whether they are headings; none where it isn't found."""
    from copy import deepcopy

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs pages that it finds nothing in
    tree = deepcopy(root)
    _open_layout_tables(tree)
    found = trafilatura.bare_extraction(
        tree, include_comments=False, include_tables=True, include_links=False, with_metadata=False
    )
    body = getattr(found, "body", None)
    return list(_block_lines(body, skip=frozenset())) if body is not None else []


def _densest(root: _Element) -> _Element:
    """The innermost element that still holds most of the page's text outside of links."""

    def n_own(element: _Element) -> int:
        if not isinstance(element.tag, str) or element.tag in _INVISIBLE or element.tag in _AROUND:
            return 0
        linked = sum(len("".join(link.itertext()).strip()) for link in element.iter("a"))
        return len("".join(element.itertext()).strip()) - linked

    best = root.find(".//body") if root.find(".//body") is not None else root
    for _ in range(200):
        size = n_own(best)
        inner = next((child for child in best if child.tag in _HOLDERS and n_own(child) > 0.6 * size), None)
        if inner is None:
            return best
        best = inner
    return best


def _open_layout_tables(tree: _Element) -> None:
    """Turn tables that only lay out a page into plain blocks, so that their text keeps its paragraphs."""
    for table in list(tree.iter("table")):
        cells = list(table.iter("td", "th"))
        nested = next(table.iterdescendants("table"), None) is not None
        long_cell = any(
            len(cell.text_content()) > 300
            and (cell.find(".//p") is not None or len(cell.findall(".//br")) > 2)
            for cell in cells
        )
        if nested or long_cell or len(cells) <= 1:
            for part in table.iter("table", "tbody", "thead", "tfoot", "tr", "td", "th"):
                if next(part.iterancestors("table"), table) is table or part is table:
                    part.tag = "div"


def _block_lines(root: _Element, skip: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Lines of an element: one for each block, line break and table row; and whether each is a heading."""
    pieces: list[str] = []
    n_cells = 0

    def flush() -> Iterator[str]:
        nonlocal n_cells
        line = " ".join("".join(pieces).split("\n")).strip()
        line = re.sub(r"[ \t\r\f\v]+", " ", line).strip()
        pieces.clear()
        n_cells = 0
        if line.strip(" |"):
            yield line

    # An explicit stack, because pages may be nested deeper than Python's recursion goes.
    stack: list[tuple[Any, bool]] = [(root, False)]
    in_row = 0
    headings = 0
    while stack:
        element, closing = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        tag = tag.rpartition("}")[2].lower()
        if closing:
            if tag in _ROWS:
                in_row -= 1
            if tag in _BLOCKS and not (in_row and tag not in _ROWS):
                for line in flush():
                    yield line, headings > 0
            elif in_row and tag in _BLOCKS:
                pieces.append(" ")
            if tag in _HEADINGS:
                headings -= 1
            if element.tail and element is not root:
                pieces.append(element.tail)
            continue
        if not tag or (tag in skip and element is not root):
            if element.tail and element is not root:
                pieces.append(element.tail)
            continue
        if tag in _BLOCKS and not in_row:
            for line in flush():
                yield line, headings > 0
        if tag in _BREAKS:
            if in_row:
                pieces.append(" ")
            else:
                for line in flush():
                    yield line, headings > 0
        if tag in _ROWS:
            in_row += 1
        if tag in _CELLS and in_row:
            if n_cells:
                pieces.append(" | ")
            n_cells += 1
        if tag in _HEADINGS:
            headings += 1
        if element.text:
            pieces.append(element.text)
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))
    for line in flush():
        yield line, False


def _metadata(root: _Element) -> dict[str, str]:
    """The page's ``meta`` elements, names in lower case; the first of a name that isn't empty."""
    meta: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("name") or element.get("property") or element.get("itemprop") or ""
        content = " ".join((element.get("content") or "").split())
        if name and content:
            meta.setdefault(name.strip().lower(), content)
    return meta


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str | None:
    value = next((meta[name] for name in names if name in meta), None)
    if value is None or value.startswith(("http://", "https://")):
        return None
    return value


def _published(meta: dict[str, str]) -> str | None:
    match = _DATE.search(_first(meta, _DATE_META) or "")
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else None


def _url(root: _Element, meta: dict[str, str]) -> str | None:
    for element in root.iter("link"):
        if (element.get("rel") or "").lower() == "canonical" and (element.get("href") or "").startswith(
            "http"
        ):
            return str(element.get("href"))
    value = next((meta[name] for name in _URL_META if name in meta), None)
    return value if value and value.startswith("http") else None


def _title(root: _Element, meta: dict[str, str], shown: list[str]) -> str | None:
    """The article's title: as declared, or the page title without the site's, or the only main heading."""
    declared = _first(meta, _TITLE_META[:1])
    if declared:
        return declared
    # Of a page title such as "Article_Section_Site" the part that the page shows as a line is the article's.
    page_title = " ".join("".join(root.xpath("//title[1]//text()")).split())
    visible = set(shown)
    for candidate in (_first(meta, _TITLE_META), page_title):
        if not candidate:
            continue
        parts = _SITE_SUFFIX.split(candidate)
        for end in range(len(parts) - 1, 0, -1):
            head = candidate[: candidate.rfind(parts[end])]
            head = re.sub(r"[\s\-_|—–:>]+$", "", head)
            if head in visible and len(head) >= 8:
                return head
        if candidate in visible and len(candidate) >= 8:
            return candidate
    main = {" ".join(heading.text_content().split()) for heading in root.iter("h1")} - {""}
    if len(main) == 1 and len(only := main.pop()) >= 8:
        return only
    candidate = _first(meta, _TITLE_META) or page_title
    head = re.split(r"\s*(?:_|\||--|-(?=[\u4e00-\u9fff]{2,12}$))\s*", candidate)[0].strip()
    return head if len(head) >= 8 else None
