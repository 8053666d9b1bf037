"""HTML pages: the main text without the page around it, and what the page declares about itself."""

from __future__ import annotations

import re
from html import unescape
from operator import itemgetter
from typing import Any

from indexer.errors import EmptyDocumentError
from indexer.ingest.decode import decode
from indexer.ingest.load.page import Block, in_main, read_page
from indexer.language.dates import iso_date
from indexer.language.regex import regex
from indexer.types import Line, LoadedFile

_Element = Any  # lxml has no type hints

_DECLARED = regex(
    rb"""(?:<meta[^>]{0,200}?charset\s*=|<\?xml[^>]{0,100}?encoding\s*=)\s*["']?\s*([\w.:-]+)""", re.I
)
_XML_DECLARATION = regex(r"^\s*<\?xml[^>]*\?>")

MAX_EXTRACTED = 4_000_000
"""Characters of HTML above which the main text isn't sought: such pages are all text, and it takes long."""

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
_PUBLISHER_META = ("contentsource", "source", "article:publisher", "dc.publisher")
_SITE_META = ("sitename", "og:site_name", "application-name")
# An author that is a body, not a person.
_BODY = regex(
    r"(?:厅|局|部|委|处|办公室|政府|委员会|中心|网|报|社)$|Bureau|Department|Ministry|Government|Office", re.I
)
_URL_META = ("og:url",)

_DATE = regex(r"(?<!\d)((?:19|20)\d\d)[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12]\d|0?[1-9])(?!\d)")
_PAGE_INFO = regex(
    r"(?:发布|發佈|发文|發布|成文|更新|公开)(?:时间|時間|日期)\s*[:：]|(?:信息)?(?:来源|"
    r"來源)\s*[:：]|发布机构\s*[:：]"
    r"|\b(?:Source|Published|Release Date|Posted)\s*:",
    re.I,
)
_SITE_SUFFIX = regex(r"\s*(?:--?|_|\||—{1,2}|–|::|>)\s*")


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
            "The page holds no text. Save the page again, with its text showing.",
            "网页没有文字。请在文字显示后重新保存网页。",
        ) from error
    meta = _metadata(root)
    shown, place = read_page(root, find_main=len(text) <= MAX_EXTRACTED)
    shown = shown or [Block(line, main=True) for line in _text_between_tags(text)]
    if not shown:
        raise EmptyDocumentError(
            "The page shows no text: it may build its text by a script. "
            "Open it in a browser, and save what you see as a complete page or a PDF.",
            "网页不显示文字，可能由脚本生成。请在浏览器中打开，将所见内容保存为完整网页或 PDF。",
        )
    numbered = list(enumerate(shown, start=1))
    lines = [(n, block) for n, block in numbered[place.start : place.stop] if in_main(block)] or numbered
    # Date and source often stand outside of the main text; cleaning takes them out again once they are read.
    known = {block.text for _, block in lines}
    info = [
        (n, block)
        for n, block in numbered
        if len(block.text) <= 150 and _PAGE_INFO.search(block.text) and block.text not in known
    ][:3]
    used = {n for n, _ in [*info, *lines]}
    return LoadedFile(
        lines=tuple(
            Line(block.text, n, heading=block.heading)
            for n, block in sorted([*info, *lines], key=itemgetter(0))
        ),
        around=tuple(Line(block.text, n) for n, block in numbered if n not in used),
        format=format_name,
        encoding=encoding,
        title=_title(root, meta, [block.text for block in shown]),
        published=_published(meta),
        publisher=_first(meta, _PUBLISHER_META) or _author(meta),
        url=url or _url(root, meta),
        site=_first(meta, _SITE_META) or _site_in_title(root),
    )


def _text_between_tags(text: str) -> list[str]:
    """Lines of a page that is nested deeper than the parser goes."""
    text = re.sub(r"(?is)<(script|style|head|noscript|template)\b.*?</\1\s*>", "\n", text)
    lines = (" ".join(unescape(line).split()) for line in re.sub(r"<[^<>]*>", "\n", text).split("\n"))
    return [line for line in lines if line]


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


def _author(meta: dict[str, str]) -> str | None:
    author = meta.get("author", "")
    return author if _BODY.search(author) else None


def _site_in_title(root: _Element) -> str | None:
    """The last part of a page title such as "Article_Section_Site"."""
    parts = _SITE_SUFFIX.split(_page_title(root))
    return parts[-1] if len(parts) > 1 and 2 <= len(parts[-1]) <= 30 else None


def _page_title(root: _Element) -> str:
    return " ".join("".join(root.xpath("//title[1]//text()")).split())


def _published(meta: dict[str, str]) -> str | None:
    match = _DATE.search(_first(meta, _DATE_META) or "")
    return iso_date(int(match[1]), int(match[2]), int(match[3])) if match else None


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
    page_title = _page_title(root)
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
