"""Who publishes a bulletin, and where it was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from indexer.ingest.describe.dates import beside_date, parse_date, stamps
from indexer.ingest.describe.fields import Field, Kind
from indexer.ingest.describe.names import (
    ENGLISH_BODY,
    HAN,
    MEDIUM_NAME,
    clean_name,
    is_body,
    is_english_body,
    tidy_bodies,
)
from indexer.ingest.describe.numbers import is_number_line
from indexer.ingest.describe.page import Page, fact
from indexer.language.regex import regex
from indexer.types import Fact, Line

_MEDIUM = "(?:社|网|網|報|报|电视台|電視台|广播|新闻|新聞|融媒|客户端|日报|晚报)"
_DATELINE = regex(
    rf"[\s【\[（(]*(?P<name>央[视視][网網]|(?!本)[{HAN}A-Z0-9]{{1,10}}?{_MEDIUM})(?P<rest>[{HAN}]{{0,10}}(?:\d{{4}}年)?(?:\d{{1,2}}月\d{{1,2}}日)?)"
    r"\W{0,2}(?:[电電讯訊](?![视視影话話])|消息|报道|報道)"
)
_EN_MEDIUM = (
    r"(?:Xinhua(?: News Agency|net)?|CCTV(?:\.com)?(?: News)?|CGTN|CNS|China News(?: Service| Network)?|Ecns\.cn|[A-Z]\w+(?: [A-Z][\w']+){0,4} "
    r"(?:News|Daily|Times|Agency|Online|Network|Evening News|Post|Journal|Gazette|Press|Network News)(?: Agency| Service| Network| Online)?)"
)
_ENGLISH_DATELINE = regex(
    r"\W{0,2}[A-Z][A-Za-z .'’-]{2,30},\s+\w{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?,?\s*[(（](?:[Rr]eporters? [\w ]+, )?([A-Z][\w. ]{2,30}?)[,，)）]"
)
_ENGLISH_LEAD = regex(
    rf"\W{{0,2}}({_EN_MEDIUM})(?:\s*\([^()]{{0,40}}\)\s*:|,?\s+(?:on\s+)?(?:[A-Z]\w+,\s+)?(?:reported\s+)?(?:on\s+)?"
    r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+\d|,\s+[A-Z]\w+,\s+(?:reported|[A-Z]\w+ \d)|\s+(?:news|report)\s*[:,])"
)
_KINDS = (
    "通知|意见|决定|公告|通告|批复|函|复函|通报|办法|规定|报告|请示|方案|公示|令|命令|解释|答复|计划|规划|纪要|细则|指南|条例|说明|标准|清单|规程|要点|安排|提示|声明|"
    "通知書|決定|意見|規定|辦法|計劃|規劃|批覆|條例"
)
_ABOUT = regex(rf"(?:关于|關於).+?(?:{_KINDS})(?:\s*[（(].*[)）])*$")
_EN_TITLE_BODY = regex(
    rf"(?:(?:The\s+)?(?:Interim |Joint |Guiding |Implementation |Implementing )?(?:Notice|Circular|Opinions?|Announcement|Decision|Notification|Measures|Provisions|Reply|Letter|Bulletin|Order|"
    rf"Decree|Regulations?|Report)\s+(?:issued\s+)?(?:of|by|from)\s+(?:the\s+)?)(?P<body>{ENGLISH_BODY}?)\s+(?:on|[Oo]n|ON|[Cc]oncerning|[Rr]egarding|[Aa]bout)\b"
    rf"|^(?:The\s+)?(?P<body2>{ENGLISH_BODY}?)(?:['’]s?)?\s+(?:Notice|Circular|Opinions?|Announcement|Decision|Notification|Reply)\s+(?:on|[Oo]n|[Cc]oncerning|[Rr]egarding|[Aa]bout)\b"
)
_ISSUER_LINE = regex(r"(?P<body>\S.*?)等?[\s\u3000]+(?=\(?[12]\d{3}\s*[-年/.])")
_ADOPTED = regex(
    rf"[(（]?\s*\d{{4}}\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*日[\s，,]*(?:第[一二三四五六七八九十]+届)?(?P<place>[{HAN}]{{2,12}}?)(?:第?[一二三四五六七八九十]+届)?"
    r"(?P<body>人民代表大会(?:常务委员会)?|人大(?:常委会)?)(?:第?[一二三四五六七八九十]+次会议)?(?:表决)?(?:修订|修正)?通过"
)
_ORDER = regex(
    rf"\d{{1,2}}\s*日(?P<body>[{HAN}、]{{2,40}}?)令[\s第〔\[（(]*\d+\s*号?[^，。；]{{0,4}}(?:公布|发布|颁布)"
)
_SUBSCRIBE = regex(
    rf"(?:成为|成為|订阅|訂閱|关注|關注)[“「]?([{HAN}A-Za-z]{{2,16}})[”」]?的?(?:月[费費]|年[费費])?(?:微信公众号|公众号|订户|訂戶|会员|會員|读者|讀者)"
)
_COPYRIGHT = regex(
    r"(?:©|Copyright)\s*(?:\(c\)|©)?\s*(?:by\s+)?(?:\d{4}(?:\s*[-–—]\s*\d{4})?)?[\s,]*(?:by\s+)?(?P<name>[^\d|©.][^|©]{2,100}?)(?:\s*(?:版权所有|All rights.*|保留.*|\.|$))",
    re.I,
)
_BLOG = regex(r"(?:博客|專欄|专栏|撰文|供稿)\s*[|｜:：]\s*(.{2,20})")
_PUBLISHED_BY_COVER = regex(r"[\s|]*(?:联合|聯合)?\s*(?:发\s*布|發\s*[佈布])[\s|]*$")
_SITE = regex(
    r"(?:网|網|网站|官网|社|报|報|门户|政府|厅|局|部|委|委员会|台|中心|学会|协会|大学|频道|在线|客户端)$|\.(?:cn|com|net|org)\b|"
    r"\b(?:News|Daily|Online|Network|Portal|Government|Bureau|Department|Ministry|Agency|Xinhua|CCTV|Times|Post)\b",
    re.I,
)


_HOST = regex(r"https?://(?:www\d?\.)?((?:[\w-]+\.)+[a-z]{2,})(?=[:/]|$)", re.I)
_ARCHIVE = regex(r"archive\.|webcache|github|localhost|translate\.", re.I)


def find_publishers(page: Page, known: Fact | None = None) -> list[Fact]:
    """Publisher, and source where it is another; the package's docstring has the order.

    Args:
        page: The bulletin.
        known: The publisher, where it was declared by hand.
    """
    issuer = _labelled(page, ("issuer",), 0.97)
    declared = _declared(page)
    source = _labelled(page, ("source",), 0.95)
    if declared is not None and page.loaded.format != "eml":
        same = source is not None and source.value == declared.value
        source = replace(source, confidence=0.97) if source is not None and same else declared
    official = _cover(page) or _issuer_line(page) or _signature(page) or _title_body(page)
    publisher = (
        known
        or issuer
        or (declared if page.loaded.format == "eml" else None)  # who sends a message publishes it
        # A notice that a newspaper prints is still its ministry's.
        or (official if official and source and MEDIUM_NAME.fullmatch(source.value) else None)
        or source
        or _dateline(page)
        or official
        or _stamp(page)
        or _body_line(page)
        or _order(page)
        or _adopted(page)
        or _author(page)
        or _host(page)
        or _site(page)
        or _address(page)
    )
    if publisher is None:
        return []
    facts = [publisher]
    if source is not None and source.value != publisher.value:
        facts.append(replace(source, name="source"))
    return facts


def _labelled(page: Page, kinds: tuple[Kind, ...], confidence: float) -> Fact | None:
    for fields, sure in ((page.fields, 1.0), (page.tail_fields, 0.97)):
        for field in fields:
            if field.kind in kinds and field.leads and (found := _named(field, confidence * sure)):
                return found
    # "資料來源：根據…編寫" says what a text was made from, unlike the 资料来源 of a table.
    for field in page.fields:
        if field.kind == "data_source" and "source" in kinds and field.leads:
            name, compiled = clean_name(field.value)
            if name and compiled:
                return fact("publisher", name, 0.6, "label", field.line, field.quote)
    return None


def _named(field: Field, confidence: float) -> Fact | None:
    name, compiled = clean_name(field.value)
    if name is None or parse_date(name):
        return None
    return fact(
        "publisher", name, round(0.6 if compiled else confidence, 2), "label", field.line, field.quote
    )


def _declared(page: Page) -> Fact | None:
    name, compiled = clean_name(page.loaded.publisher or "")
    return (
        fact("publisher", name, 0.6 if compiled else 0.9, "format", quote=page.loaded.publisher or "")
        if name
        else None
    )


def _dateline(page: Page) -> Fact | None:
    for line in page.head(5):
        text = line.text
        if match := _DATELINE.match(text):
            return fact("publisher", match["name"], 0.9, "dateline", line, match[0])
        if match := _ENGLISH_DATELINE.match(text) or _ENGLISH_LEAD.match(text):
            return fact("publisher", match[1].strip(), 0.88, "dateline", line, match[0])
    return None


def _cover(page: Page) -> Fact | None:
    """Bodies above or beside ``发布`` on the cover of a standard."""
    bodies: list[str] = []
    first: Line | None = None
    for line in page.lines[:20]:
        if line.page != page.lines[0].page or len(line.text) > 160:
            break
        text = re.sub(rf"(?<=[{HAN}])\s*\|\s*(?=[{HAN}](?:\s*\||$))", "", line.text)
        marked = _PUBLISHED_BY_COVER.search(text)
        name = text[: marked.start()] if marked else text
        dated = parse_date(name)
        if is_body(name) and not dated:
            bodies.append(tidy_bodies(name))
            first = first or line
        if marked and not dated and bodies:
            return fact("publisher", _together(bodies), 0.9, "title line", first, " ".join(bodies) + " 发布")
        if not is_body(name) and bodies and not (dated or marked):
            bodies, first = [], None
    return None


def _issuer_line(page: Page) -> Fact | None:
    """The body named with a date under the title of a law."""
    for line in page.head(5):
        match = _ISSUER_LINE.match(line.text) if len(line.text) <= 100 else None
        if match and is_body(match["body"]):
            return fact("publisher", tidy_bodies(match["body"]), 0.9, "title line", line, line.text)
    return None


def _stamp(page: Page) -> Fact | None:
    """The medium or other name beside the date under the title."""
    for line in stamps(page):
        cells = [cell.strip() for cell in line.text.split("|")]
        found = beside_date(line.text) if len(line.text) <= 60 else None
        name = clean_name(found[1])[0] if found else None
        if name and MEDIUM_NAME.fullmatch(name):
            return fact("publisher", name, 0.85, "title line", line, line.text)
        # "By someone | China Daily | Updated: 2018-12-27"
        if len(cells) > 2 and (
            medium := next((c for c in cells[1:] if len(c) <= 40 and MEDIUM_NAME.fullmatch(c)), None)
        ):
            return fact("publisher", medium, 0.8, "title line", line, line.text)
        # Any other name but a person's.
        if (
            name
            and len(name) >= 5
            and " " not in name
            and line.text.startswith(name)
            and not is_number_line(line.text)
        ):
            return fact("publisher", name, 0.7, "title line", line, line.text)
    return None


def _signature(page: Page) -> Fact | None:
    for signature in page.signatures[:1]:
        # Above an attachment may stand the signature of a paper that is quoted.
        if signature.confidence < 0.9 and page.published not in (None, signature.date):
            return None
        value = _together(signature.bodies)
        return fact("publisher", value, signature.confidence, "signature", signature.named, signature.quote)
    return None


def _together(bodies: Sequence[str]) -> str:
    """One name for the bodies that sign together: three Chinese ones at most, else the first."""
    if not re.search(f"[{HAN}]", bodies[0]):
        return bodies[0].strip(" ,:")
    names = list(dict.fromkeys("、".join(tidy_bodies(body) for body in bodies).split("、")))
    return "、".join(names) if len(names) <= 3 else names[0]


def _title_body(page: Page) -> Fact | None:
    """The body that a notice names first in its title."""
    title = page.title
    if not title:
        return None
    line = page.lines[page.title_index] if page.title_index is not None else None
    about = _ABOUT.search(title)
    if about and is_body(title[: about.start()]):
        return fact("publisher", tidy_bodies(title[: about.start()]), 0.86, "title line", line, title)
    if match := _EN_TITLE_BODY.match(title):
        name = (match["body"] or match["body2"] or "").strip()
        if name.lower().startswith("the "):
            name = name[4:]
        if is_english_body(name):
            return fact("publisher", name, 0.84, "title line", line, match[0])
    return None


def _body_line(page: Page) -> Fact | None:
    """A line by the title that is nothing but a body's name."""
    start = page.title_index or 0
    candidates: Iterable[Line] = [
        *page.lines[page.title_end : page.title_end + 3],
        *page.lines[max(0, start - 2) : start],
    ]
    for line in candidates:
        text = re.sub(r"\s*文件$", "", line.text)
        if text.endswith(("：", ":")):  # to whom a letter goes
            continue
        if is_body(text):
            return fact("publisher", tidy_bodies(text), 0.85, "title line", line, line.text)
        if is_english_body(line.text) and line is not page.lines[0]:
            return fact("publisher", line.text.strip(" :"), 0.8, "title line", line, line.text)
    return None


def _order(page: Page) -> Fact | None:
    """The body whose order put a rule into force: ``2021年1月24日中华人民共和国国务院令第736号公布``."""
    for line in page.head(4):
        if len(line.text) <= 300 and (match := _ORDER.search(line.text)):
            return fact("publisher", match["body"], 0.82, "title line", line, match[0])
    return None


def _adopted(page: Page) -> Fact | None:
    """The people's congress that adopted a law."""
    for line in page.head(5):
        if match := _ADOPTED.match(line.text):
            body = match["body"].replace("人大常委会", "人民代表大会常务委员会")
            body = "人民代表大会" if body == "人大" else body
            return fact("publisher", match["place"] + body, 0.8, "title line", line, match[0])
    return None


def _author(page: Page) -> Fact | None:
    """A body as an author; people publish nothing."""
    for field in (*page.fields, *page.tail_fields):
        if field.kind == "author" and field.leads:
            name, _ = clean_name(field.value)
            if name and (is_body(name) or is_english_body(name)):
                return fact("publisher", name, 0.75, "label", field.line, field.quote)
    for line in page.tail:
        match = _BLOG.fullmatch(line.text.strip(" *【】"))
        if match:
            return fact("publisher", match[1].strip(), 0.55, "signature", line, line.text)
    return None


def _host(page: Page) -> Fact | None:
    """Who keeps the site, by its footer."""
    found: list[Fact] = []
    for field in page.tail_fields:
        if field.kind == "host" and field.leads:
            name, _ = clean_name(re.sub(r"^[\s©\d,–—-]+|\(c\)", "", field.value, flags=re.I))
            if name:
                charge = re.match(r"(?:网站)?主|Unit in|Sponsor|Website sponsor|Host", field.quote, re.I)
                found.append(
                    fact("publisher", name, 0.65 if charge else 0.55, "label", field.line, field.quote)
                )
    if found:
        return max(found, key=lambda f: f.confidence)
    for line in page.tail:
        if match := _SUBSCRIBE.search(line.text):
            return fact("publisher", match[1], 0.55, "text", line, match[0])
        if len(line.text) <= 200 and (match := _COPYRIGHT.search(line.text)):
            name, _ = clean_name(match["name"])
            if name:
                return fact("publisher", name, 0.55, "text", line, match[0])
    return None


def _site(page: Page) -> Fact | None:
    """The site's name, as the page declares it or after its title: ``标题_中山网``."""
    if page.loaded.site:
        name, _ = clean_name(page.loaded.site)
        if name and _SITE.search(page.loaded.site):
            return fact("publisher", name, 0.6, "format", quote=page.loaded.site)
    name, _ = clean_name(page.site or "")
    return fact("publisher", name, 0.5, "title line", quote=name) if name else None


def _address(page: Page) -> Fact | None:
    """The host of the original's address, where nothing says whose it is."""
    for url in (page.loaded.url, page.url):
        match = _HOST.match(url or "")
        if match and not _ARCHIVE.search(match[1]):
            return fact("publisher", match[1].lower(), 0.5, "address", quote=url or "")
    return None
