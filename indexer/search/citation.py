"""Where a hit stands in its source, in words that a reader can follow and a digest that can be checked.

Besides our own line a citation can be had in the forms of GB/T 7714-2015 (the Chinese national standard), APA 7, BibTeX
and RIS. A hit knows no authors: the publisher stands in their place, as is usual for what an office publishes.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from indexer.language.regex import regex
from indexer.types import Hit

STYLES = ("plain", "gbt7714", "apa", "bibtex", "ris")

# Formats that hold a report as it was printed, where an address leads to a file rather than to a web page.
_PRINTED = ("pdf", "docx", "doc", "rtf")
_LINES = ("txt", "md", "text")


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of one passage.

    Attributes:
        locator: Page and lines, for example ``p. 2`` or ``lines 12-15``; empty where the source has neither.
        start: Offset of the passage's first character in the document's clean text; ``end`` is exclusive.
        digest: SHA-256 of the quoted text (UTF-8), hexadecimal.
    """

    title: str
    publisher: str | None
    published: str | None
    path: str
    url: str | None
    locator: str
    start: int
    end: int
    digest: str

    def __str__(self) -> str:
        """One line: publisher, title, date, file, place."""
        parts = [self.publisher, f"“{self.title}”", self.published, self.path, self.locator]
        return ", ".join(p for p in parts if p)


def cite(hit: Hit) -> Citation:
    """The citation of a hit."""
    return Citation(
        title=hit.title,
        publisher=hit.publisher,
        published=hit.published,
        path=hit.path,
        url=hit.url,
        locator=locate(hit),
        start=hit.start,
        end=hit.end,
        digest=digest(hit.text),
    )


def digest(text: str) -> str:
    """SHA-256 of a text (UTF-8), hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def locate(hit: Hit) -> str:
    """Page, or lines of a text file, or paragraphs of a file that has no lines."""
    if hit.page is not None:
        return _range("p.", "pp.", hit.page, hit.page_end)
    if hit.line is not None:
        one, many = ("line", "lines") if hit.format in _LINES else ("para.", "paras.")
        return _range(one, many, hit.line, hit.line_end)
    return ""


def _range(one: str, many: str, first: int, last: int | None) -> str:
    return f"{one} {first}" if last in (None, first) else f"{many} {first}–{last}"


# Forms


def format_citation(hit: Hit, style: str, accessed: datetime.date) -> str:
    """The citation of a hit in a usual form.

    Args:
        hit: The passage that is cited.
        style: One of ``STYLES``.
        accessed: When its source was last looked at.

    Raises:
        ValueError: There is no such style.
    """
    write = _WRITERS.get(style)
    if write is None:
        raise ValueError(f"The citation style {style!r} is not known; use one of {', '.join(STYLES)}.")
    return write(hit, accessed)


def _plain(hit: Hit, _accessed: datetime.date) -> str:
    return one_line(str(cite(hit)))


def _gbt7714(hit: Hit, accessed: datetime.date) -> str:
    """GB/T 7714-2015, numeric system, in which a document without a known author begins with its title."""
    date, url = hit.published, web_address(hit.url)
    kind = "R/OL" if url and hit.format in _PRINTED else "EB/OL" if url else "R" if hit.publisher else "Z"
    pages = _pages(hit, "-")
    dated = f"{date[:4]}: {pages}" if date and pages else ""
    if url:
        dated += f"({date})" if date else ""
        dated += f"[{accessed.isoformat()}]"
    else:
        dated = dated or (date or "")[:4]
    parts = [_unstopped(hit.publisher or ""), f"{_unstopped(hit.title)}[{kind}]", dated, url or ""]
    return ". ".join(part for part in parts if part) + "."


def _apa(hit: Hit, accessed: datetime.date) -> str:
    """APA, seventh edition: a document without an author begins with its title, one without a date says so."""
    publisher, title, url = _unstopped(hit.publisher or ""), _unstopped(hit.title), web_address(hit.url)
    date = _apa_date(hit.published) if hit.published else "n.d."
    title += "" if title.endswith(("?", "!", "？", "！")) else "."
    first, second = (f"{publisher}.", title) if publisher else (title, "")
    if url and not hit.published:  # what has no date may change
        url = f"Retrieved {_apa_long(accessed)}, from {url}"
    return " ".join(part for part in (first, f"({date}).", second, url) if part)


def _apa_date(published: str) -> str:
    try:
        day = datetime.date.fromisoformat(published)
    except ValueError:
        return published[:4]
    return f"{day.year}, {_MONTHS[day.month - 1]} {day.day}"


def _apa_long(day: datetime.date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _bibtex(hit: Hit, accessed: datetime.date) -> str:
    return bibtex_entry([hit], accessed)


def bibtex_entry(hits: Sequence[Hit], accessed: datetime.date, notes: Sequence[str] = ()) -> str:
    """A BibTeX entry for a document of which some passages are cited.

    Args:
        hits: Passages of one document, one at least.
        accessed: When the source was last looked at.
        notes: What the one who cites wrote about them.
    """
    hit, url = hits[0], web_address(hits[0].url)
    places = [place for place in dict.fromkeys(map(locate, hits)) if place]
    pages = [p for p in dict.fromkeys(_pages(h, "--") for h in hits) if p]
    fields = {
        # Double braces: an office is no "first name, last name", and a title keeps its capitals.
        "author": f"{{{_tex(hit.publisher)}}}" if hit.publisher else "",
        "title": f"{{{_tex(hit.title)}}}",
        "year": (hit.published or "")[:4],
        "month": str(int(hit.published[5:7])) if hit.published and hit.published[5:7].isdigit() else "",
        "date": hit.published or "",
        "pages": ", ".join(pages),
        "url": url or "",
        "urldate": accessed.isoformat() if url else "",
        "langid": {"zh": "chinese", "en": "english"}[hit.lang],
        "note": _tex("; ".join([hit.path, *(() if pages else places)])),
        "annote": _tex(" / ".join(filter(None, notes))),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{_key(hit)},\n{lines}}}"


def _key(hit: Hit) -> str:
    """A citation key that stays the same for the same document."""
    return f"bulletin{(hit.published or '')[:4]}-{hit.doc_id[:8]}"


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(_TEX.get(c, c) for c in one_line(text))


def _ris(hit: Hit, accessed: datetime.date) -> str:
    return ris_entry([hit], accessed)


def ris_entry(hits: Sequence[Hit], accessed: datetime.date, notes: Sequence[str] = ()) -> str:
    """A RIS record for a document of which some passages are cited; the arguments are those of `bibtex_entry`."""
    hit, url = hits[0], web_address(hits[0].url)
    pages = [(h.page, h.page_end or h.page) for h in hits if h.page is not None]
    fields: list[tuple[str, str | None]] = [
        ("TY", "GOVDOC"),
        ("AU", hit.publisher),
        ("TI", hit.title),
        ("PY", (hit.published or "")[:4]),
        ("DA", hit.published.replace("-", "/") + "/" if hit.published else None),
        ("PB", hit.publisher),
        ("SP", str(min(first for first, _ in pages)) if pages else None),
        ("EP", str(max(last for _, last in pages if last is not None)) if pages else None),
        ("LA", hit.lang),
        ("UR", url),
        ("Y2", accessed.strftime("%Y/%m/%d/") if url else None),
        ("L1", hit.path),
        *(("N1", note) for note in notes),
        *(("N2", f"{place}: {h.text}" if (place := locate(h)) else h.text) for h in hits),
    ]
    return "".join(f"{tag}  - {one_line(v)}\r\n" for tag, v in fields if v and v.strip()) + "ER  - \r\n"


_WRITERS: dict[str, Callable[[Hit, datetime.date], str]] = {
    "plain": _plain,
    "gbt7714": _gbt7714,
    "apa": _apa,
    "bibtex": _bibtex,
    "ris": _ris,
}


def one_line(text: str) -> str:
    """A text in one line, without what is not seen or turns other text around."""
    return " ".join(visible(text).split())


def visible(text: str) -> str:
    """A text with its line breaks, without control characters and what is not seen or turns other text around."""
    text = _BREAKS.sub("\n", text).translate(_UNSEEN)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cn", "Cs"))


_BREAKS = regex("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = dict.fromkeys(
    map(ord, "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)


def web_address(url: str | None) -> str | None:
    """An address of the web, in characters that every form of citation can hold; None for any other."""
    if not url or not re.match(r"https?://[^/]", url, re.IGNORECASE):
        return None
    # What is a letter in an address of today stays; what ends or opens something in a citation does not.
    return "".join(
        quote(c) if c.isspace() or c in '{}\\^`"<>|' or unicodedata.category(c).startswith("C") else c
        for c in url.strip().translate(_UNSEEN).encode("utf-8", "replace").decode()
    )


def _unstopped(text: str) -> str:
    """A text in one line, without the full stop at its end, which the form sets itself."""
    return re.sub(r"[.。．\s]+$", "", one_line(text))


def _pages(hit: Hit, to: str) -> str:
    if hit.page is None:
        return ""
    return f"{hit.page}" if hit.page_end in (None, hit.page) else f"{hit.page}{to}{hit.page_end}"
