"""A bulletin's own document number: ``川环发〔2019〕12号``, ``GB 3838-2002``. Numbers it cites are not."""

from __future__ import annotations

import re
import unicodedata

from indexer.ingest.describe.fields import Field
from indexer.ingest.describe.page import Page, fact
from indexer.language.regex import regex
from indexer.types import Fact, Line

_HAN = "\u3400-\u9fff"
_OPEN, _CLOSE = r"[〔\[(（【﹝\uff3b]", r"[〕\])）】﹞\uff3d]"
_ISSUED = regex(
    rf"(?P<agency>[{_HAN}]{{1,14}})\s*{_OPEN}\s*(?P<year>(?:19|20)\d\d)\s*年?\s*{_CLOSE}\s*(?:第\s*)?(?P<number>\d{{1,5}})\s*[号號]"
)
_YEARLY = regex(
    rf"(?P<agency>(?:[{_HAN}]{{2,30}})?(?:公告|通告|令|公报))?\s*[（(]?\s*(?P<year>(?:19|20)\d\d)\s*年\s*第\s*(?P<number>\d{{1,4}})\s*[号號期][)）]?"
)
_ORDER = regex(
    rf"(?P<agency>(?:中华人民共和国)?[{_HAN}、]{{2,30}}?令)\s*[（(〔\[]?第?\s*(?P<number>\d{{1,4}})\s*[号號][)）〕\]]?"
)
_NOTICE = regex(rf"(?P<agency>[{_HAN}、]{{2,30}}?(?:公告|通告))第(?P<number>\d{{1,4}})[号號]")
_STANDARD = regex(
    r"(?P<kind>(?:GB|HJ|DB\s?\d{2,4}|CJJ?|NY|HG|QX|SL|HY|LY|GBZ|JJG|HJ/T|T/[A-Z]{2,8})(?:\s?/\s?[TZ])?)\s*/?\s*(?P<number>\d{1,6}(?:\.\d{1,2})?)\s*[-\u2010-\u2015\uff0d]+\s*(?P<year>(?:19|20)?\d{2})(?!\d)"
)
_ENGLISH = regex(
    r"(?P<agency>[A-Z][A-Za-z]{2,20}(?: [A-Z][A-Za-z]{1,15}){0,4})\s*[\[(〔（]\s*(?P<year>(?:19|20)\d\d)\s*[\])〕）]\s*(?:No\.?|Number|#)\s*(?P<number>\d{1,5})"
)
_ENGLISH_ORDER = regex(
    r"(?:Order|Decree|Announcement) No\.?\s*\d{1,4}(?: (?:of|by) (?:the )?[A-Z][\w' ]{4,80})?|(?:Announcement|Notice|Bulletin) No\.?\s*\d{1,4} of \d{4}",
    re.I,
)


def is_number_line(text: str) -> bool:
    """Whether a line is nothing but a document number."""
    text = text.strip(" \u3000()（）")
    if len(text) > 60:
        return False
    return any(pattern.fullmatch(text) for pattern in (_ISSUED, _YEARLY, _ORDER, _STANDARD, _ENGLISH))


def find_number(page: Page) -> Fact | None:
    """The document's own number."""
    return _labelled(page.fields) or _alone(page) or _in_title(page) or _standard(page) or _in_head(page)


def _labelled(fields: list[Field]) -> Fact | None:
    for field in fields:
        if field.kind == "number" and field.leads and (value := _number(field.value)):
            return fact("doc_number", value, 0.97, "label", field.line, field.quote)
    return None


def _alone(page: Page) -> Fact | None:
    """A line by the title that is nothing but a number."""
    for index, line in enumerate(page.top):
        if len(line.text) > 120 or not re.search(r"\d|[令告]$", line.text):
            continue
        text = unicodedata.normalize("NFKC", line.text).strip(" \u3000()")
        # The sender's line of a paper: "川环发〔2019〕12号　　签发人：…".
        text = re.split(r"\s{2,}|\u3000|\s*签发人|\s*\|", text)[0]
        if len(text) > 60:
            continue
        text = text.strip(" ()")
        for pattern in (_ISSUED, _ENGLISH, _ORDER, _YEARLY):
            if (match := pattern.fullmatch(text)) or (
                match := pattern.fullmatch(line.text.strip(" \u3000()（）"))
            ):
                return fact("doc_number", _written(match), 0.93, "title line", line, line.text)
        # "生态环境部令" over "第 9 号".
        if index + 1 < len(page.top) and re.search(r"(?:令|公告)$", text):
            joined = text + re.sub(r"\s", "", page.top[index + 1].text)
            if match := _ORDER.fullmatch(joined) or _NOTICE.fullmatch(joined):
                return fact("doc_number", _written(match), 0.93, "title line", line, joined)
        if _ENGLISH_ORDER.fullmatch(text):
            return fact("doc_number", " ".join(text.split()), 0.9, "title line", line, line.text)
    return None


def _in_title(page: Page) -> Fact | None:
    """A number in brackets after a title: ``关于…的通知（川环发〔2019〕12号）``."""
    match = re.search(
        r"[（(](?P<inner>[^（()）]*(?:[〔\[(（][^）)]*[〕\])）])?[^（()）]*)[)）]\s*$", page.title or ""
    )
    if match and (value := _number(match["inner"])):
        line = page.lines[page.title_index] if page.title_index is not None else None
        return fact("doc_number", value, 0.9, "title line", line, page.title or "")
    return None


def _standard(page: Page) -> Fact | None:
    """The number on a standard's cover, or in the title of a text about one; not that which it replaces."""
    for line in page.top:
        if len(line.text) > 60:
            continue
        text = unicodedata.normalize("NFKC", line.text)
        if re.search(r"代替|替代|部分代替|[。；，]", text):
            continue
        match = _STANDARD.search(text)
        rest = _STANDARD.sub("", text) if match else ""
        if match and re.fullmatch(
            rf"[\s()\[\]|—-]*(?:[{_HAN}]{{2,12}}标准|ICS[\d. ]*|[A-Z] ?\d\d)?[\s()\[\]|—-]*", rest
        ):
            return fact("doc_number", _written_standard(match), 0.93, "title line", line, line.text)
    for line in page.lines[:60]:
        # A cover whose dash was lost in the font; the next pages repeat the number alone.
        if line.page is None or line.page > 3 or len(line.text) > 30:
            continue
        if match := _STANDARD.fullmatch(unicodedata.normalize("NFKC", line.text).strip()):
            return fact("doc_number", _written_standard(match), 0.85, "title line", line, line.text)
    return None


def _in_head(page: Page) -> Fact | None:
    """The order that put a rule into force, in its head, if there is one only: ``国务院令第736号公布``."""
    found: list[tuple[Line, re.Match[str]]] = []
    for line in page.head(4):
        if len(line.text) > 400 or line is page.lines[0]:
            continue
        if not re.match(r"[\s（(]*\D{0,6}\d{4}\s*年", line.text):
            continue
        found += [
            (line, match)
            for match in _ORDER.finditer(line.text)
            if re.match(r".{0,3}(?:公布|发布|颁布)", line.text[match.end() :])
        ]
    if len(found) != 1:
        return None
    line, match = found[0]
    agency = re.sub(r"^.*日|^[以由经]", "", match["agency"])
    return fact("doc_number", f"{agency}第{match['number']}号", 0.8, "title line", line, match[0])


def _number(text: str) -> str | None:
    text = unicodedata.normalize("NFKC", text).strip()
    for pattern in (_ISSUED, _ENGLISH, _ORDER, _YEARLY):
        if match := pattern.search(text):
            return _written(match)
    if match := _STANDARD.search(text):
        return _written_standard(match)
    return None


def _written(match: re.Match[str]) -> str:
    """A number in its official form."""
    parts = match.groupdict()
    agency = re.sub(r"\s+", " ", parts["agency"] or "")
    form = match.re.pattern
    if form == _ENGLISH.pattern:
        return f"{agency} [{parts['year']}] No. {int(parts['number'])}"
    if form in (_ORDER.pattern, _NOTICE.pattern):
        return f"{agency}第{int(parts['number'])}号"
    if form == _YEARLY.pattern:
        return f"{agency}{parts['year']}年第{int(parts['number'])}号"
    return f"{agency}〔{parts['year']}〕{int(parts['number'])}号"


def _written_standard(match: re.Match[str]) -> str:
    kind = re.sub(r"\s*/\s*", "/", re.sub(r"(?<=DB)\s+", "", match["kind"]))
    gap = "/" if re.match(r"DB\d+$", kind) else " "
    return f"{kind}{gap}{match['number']}-{match['year']}"
