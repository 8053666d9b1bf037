"""Find a bulletin's title, date, publisher and language; where unsure, None: a wrong date is worse."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.language.detect import detect_lang
from indexer.types import Lang, Line, LoadedFile

_HEADER_LINES = 12
"""Lines at the top in which title, date and publisher are looked for."""

_HAN = "\u3400-\u9fff"
_SECTION_LABEL = re.compile(
    r"(?:open gov(?:ernance|ernment)|government affairs|news(?: center| room)?|home|press releases?|"
    r"announcements?|notices?|"
    r"policies|policy documents?|information disclosure|about us|headlines?|top stories|"
    r"(?:附\s?件|附\s?表|附录|附表)\s*[一二三四五六七八九十\d]*|目\s*[录錄次]|前\s*言|公\s*告|"
    r"通\s*知|新闻|要闻|动态|正文|"
    r"政务公开|信息公开|新闻中心|新闻资讯|政策文件|通知公告|.{2,8}(?:频道|专栏|专题)|∙.{1,6}∙|[·•].{1,6}[·•]|"
    r"中华人民共和国国家标准|.{2,8}地方标准|中华人民共和国.{2,12}行业标准)\s*[:：]?",
    re.I,
)
_CODE = re.compile(
    r"(?:代替|.{2,8}(?:国家|地方|行业)标准)?\s*(?:ICS|CCS|GB|HJ|DB|Z)[\s/A-Z]*[\d\s./×—-]+.{0,20}|[\W\d_]+",
    re.I,
)
_SENTENCE_END = re.compile(r"[。；;，,：:]$|[^.]\.$")
_DATELINE = re.compile(
    rf"(央[视視][网網]消息|[{_HAN}]{{2,8}}(?:社|网|網|報|"
    rf"报)[{_HAN}]{{0,10}}(?:\d{{1,2}}月\d{{1,2}}日)?[电電讯訊消息])"
)

_ENGLISH_DATELINE = re.compile(r"[A-Z][A-Z .'-]{2,30},\s+\w{3,9}\.?\s+\d{1,2},?\s*\(([A-Z][\w. ]{2,20})[,)]")

_CN_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
    "\uff2f": 0,
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|"
        "october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_NUMERIC = re.compile(
    r"(?<![\d.])((?:19|20)\d\d)\s*(?:[-－/.]\s*|年\s*)(1[0-2]|0?[1-9])\s*(?:[-－/.]\s*|月\s*)(3[01]|"
    r"[12]\d|0?[1-9])(?!\d)\s*日?"
)
_CHINESE = re.compile(
    r"([〇零○\uff2f一二三四五六七八九]{4})\s*年\s*([一二三四五六七八九十]{1,3})\s*月\s*([一二三四五六"
    r"七八九十]{1,3})\s*日"
)
_MONTH_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH = re.compile(
    rf"\b(?:({_MONTH_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH_NAME})\.?,?\s+((?:19|20)\d\d))\b",
    re.I,
)

_DATE_LABEL = re.compile(
    r"(?:(?:发布|发表|发稿|发文|印发|成文|公布|公开|發佈|發布|刊登)(?:时间|日期|時間)|"
    r"(?<![一-龥])(?:时间|日期|時間)|发布于|Release(?:d)?(?:\s*(?:Time|Date|on))?|"
    r"Publish(?:ed)?(?:\s*(?:Time|Date|on))?|Publication Date|Date(?: issued| of issue)?|"
    r"Issued(?: on)?|Posted(?: on)?)\s*[:：]?\s*",
    re.I,
)
_AFTER_DATE = re.compile(r"\s*(?:发布|印发|公布)\s*(?:[|\s]|$)")
_SOURCE_LABEL = re.compile(
    r"(?:(?:信息|文章|稿件|新闻|文件)?(?<![料据據片图圖])(?:来源|來源)于?|发布机构|发布单位|发文机关|"
    r"发文单位|发布机关|制定机关|Source|Issued by|Publisher|Published by|Issuing (?:body|authority))"
    r"\s*[:：]\s*[\"“《]?(.{2,60})",
    re.I,
)
_FIELD_END = re.compile(
    r"\s*(?:[|\uff5c\"”》]|\s{2,}|\u3000|(?:作者|编辑|责任编辑|责编|记者|发布(?:时间|日期|者)|时间|"
    r"日期|点击|浏览|访问|阅读|字号|字体|分享|打印|Author|Editor|Date|Time|Views?|Hits?)\s*[:：]?|"
    r"原创稿|\d{4}[-年/]).*$",
    re.I,
)
_BODY_NAME = (
    rf"(?:国务院|[{_HAN}]{{2,30}}(?:委员会|代表大会|国务院|人民政府|办公厅|办公室|部|厅|局|委|院|署))"
)
# Under the title of a law: "国务院　2018-01-01", or
# "2020年6月5日 北京市第十五届人民代表大会常务委员会第二十二次会议通过".
_ISSUER_LINE = re.compile(
    rf"(?P<body>{_BODY_NAME}(?:[、\s\u3000]+{_BODY_NAME})*)等?[\s\u3000]+(?={_NUMERIC.pattern}\s*$)"
)
_NAME_AND_DATE = re.compile(rf"[\w（）()·]{{2,20}}[\s\u3000]+{_NUMERIC.pattern}")
_ADOPTED = re.compile(
    rf"[(（]?\s*{_NUMERIC.pattern}\s*(?P<place>[{_HAN}]{{2,12}}?)(?:第?[一二三四五六七八九十]+届)?(?P"
    rf"<body>人民代表大会(?:常务委员会)?)"
    r"(?:第[一二三四五六七八九十]+次会议)?(?:修订|修正)?通过"
)
_ENGLISH_BODY = re.compile(
    r"(?:(?:[A-Z][\w'’-]+|of|and|the|for|&)\s+){0,8}(?:Department|Ministry|Bureau|Office|"
    r"Administration|Commission|Committee|"
    r"Government|Council|Agency|Congress)(?:\s+(?:of|and|the|for|on|&|[A-Z][\w'’,-]+))*"
)


@dataclass(frozen=True, slots=True)
class Description:
    """What a bulletin says about itself."""

    title: str | None
    published: str | None
    publisher: str | None
    lang: Lang


def describe(
    loaded: LoadedFile, lines: Sequence[Line], dropped: Sequence[Line] = (), url: str | None = None
) -> Description:
    """Describe a document.

    Args:
        loaded: What the format declares, which goes first.
        lines: The clean lines.
        dropped: Lines that cleaning took out: they may hold labelled fields, never a title.
        url: Address of the original, where cleaning found one.
    """
    lang = detect_lang("\n".join(line.text for line in lines), default="zh")
    index = None if loaded.title else _title_index(lines)
    title = loaded.title or (lines[index].text if index is not None else None)
    header = list(lines[:_HEADER_LINES])
    fields = sorted([*dropped, *header], key=lambda line: (line.page or 0, line.number))
    return Description(
        title=_tidy_title(title) if title else None,
        published=(
            loaded.published
            or _published(fields, index)
            or _signed(lines)
            or _date_in_address(loaded.url or url)
        ),
        publisher=_publisher(loaded.publisher)
        or _labelled_source([*dropped, *header, *lines[-4:]])
        or _issuer(header, index),
        lang=lang,
    )


def _tidy_title(title: str) -> str:
    return re.sub(r"\s+", " ", title).strip()[:300]


def _title_index(lines: Sequence[Line]) -> int | None:
    """The first line that can be a title; a marked heading that follows closely beats a short line."""
    top = list(lines[:_HEADER_LINES])
    for index, line in enumerate(top):
        text = unicodedata.normalize("NFKC", line.text)
        if _SECTION_LABEL.fullmatch(text) or _CODE.fullmatch(text) or len(text) < 4:
            continue
        if _NUMERIC.fullmatch(text) or _FIELD_LINE.match(text):
            continue
        goes_on = index + 1 < len(lines) and lines[index + 1].separator != "\n"
        if len(text) > (80 if detect_lang(text) == "zh" else 250) or _SENTENCE_END.search(text) or goes_on:
            return None  # the body has begun
        if not line.heading and len(text) < (8 if detect_lang(text) == "zh" else 25):
            for later in range(index + 1, min(index + 4, len(top))):
                if (
                    top[later].heading
                    and len(top[later].text) > len(text)
                    and not _CHAPTER.match(top[later].text)
                ):
                    return later
        return None if _CHAPTER.match(text) else index
    return None


_CHAPTER = re.compile(
    r"第[一二三四五六七八九十\d]+[编編章节節条條]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]"
)
_FIELD_LINE = re.compile(r".{0,12}(?:发布时间|发布日期|来源|Source|Release Time|Published)\s*[:：]", re.I)


def parse_date(text: str) -> str | None:
    """The first full date in a text as an ISO date; None if there is none or it doesn't exist."""
    found: list[tuple[int, int, int, int]] = []
    if match := _NUMERIC.search(text):
        found.append((match.start(), int(match[1]), int(match[2]), int(match[3])))
    if match := _CHINESE.search(text):
        year = int("".join(str(_CN_DIGITS[character]) for character in match[1]))
        found.append((match.start(), year, _chinese_number(match[2]), _chinese_number(match[3])))
    if match := _ENGLISH.search(text):
        name, day_of_month, in_year = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
        found.append((match.start(), int(in_year), _MONTHS[name.lower()], int(day_of_month)))
    for _, year, month, day in sorted(found):
        try:
            return datetime.date(year, month, day).isoformat()
        except ValueError:
            continue
    return None


def _chinese_number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _CN_DIGITS.get(text, 0)
    return (_CN_DIGITS.get(tens, 0) if tens else 1) * 10 + (_CN_DIGITS.get(ones, 0) if ones else 0)


def _published(fields: Sequence[Line], title_index: int | None) -> str | None:
    """A labelled date anywhere in the fields, else a date that stands alone under the title."""
    for line in fields:
        if len(line.text) > 200:
            continue
        for label in _DATE_LABEL.finditer(line.text):
            date = parse_date(line.text[label.end() : label.end() + 40])
            if date and _leads(line.text[label.end() :]):
                return date
    for line in fields:
        # "2018-12-24 发布" on a standard's cover
        match = _NUMERIC.search(line.text) if len(line.text) <= 60 else None
        if match and _AFTER_DATE.match(line.text[match.end() :]):
            return parse_date(match[0])
    for line in fields[: (title_index or 0) + 6]:
        # A line of nothing but a date, a time and perhaps a name: "2020-07-21 17:57", "国务院　2018-01-01".
        text = line.text
        if len(text) > 60:
            continue
        date = parse_date(text)
        if date is None:
            continue
        rest = _ENGLISH.sub("", _CHINESE.sub("", _NUMERIC.sub("", text)))
        rest = re.sub(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?|(?:来源|來源|Source)\s*[:：].*", "", rest)
        under_title = title_index is not None and _NAME_AND_DATE.fullmatch(text)
        stamped = re.match(r".{0,40}\d{1,2}[:：]\d{2}[:：]\d{2}", text) and _NUMERIC.search(text, 0, 32)
        if stamped or not re.search(r"\w", rest) or _ISSUER_LINE.match(text) or under_title:
            return date
    return None


def _signed(lines: Sequence[Line]) -> str | None:
    """The date under a notice's signature: the body's name on a line, the date alone on the next."""
    for name, date in zip(lines[-8:], lines[-7:], strict=False):
        if len(name.text) <= 60 and re.fullmatch(rf"(?:{_BODY_NAME}[\s\u3000]*)+", name.text):
            rest = _CHINESE.sub("", _NUMERIC.sub("", date.text))
            if rest.strip("印发 \u3000") == "":
                return parse_date(date.text)
    return None


def _date_in_address(url: str | None) -> str | None:
    """The date that news sites write into addresses: ``/2025/11/06/`` or ``/202511/06/``."""
    match = re.search(r"/(20\d\d)[-/]?([01]\d)[-/]?([0-3]\d)/", url or "")
    return parse_date(f"{match[1]}-{match[2]}-{match[3]}") if match else None


def _leads(text: str) -> bool:
    """Whether a date comes first in a text."""
    return any(
        (match := pattern.search(text[:40])) and match.start() <= 2
        for pattern in (_NUMERIC, _CHINESE, _ENGLISH)
    )


def _publisher(value: str | None) -> str | None:
    if not value:
        return None
    match = _SOURCE_LABEL.search(value)
    value = match[1] if match else value
    value = _FIELD_END.sub("", value).strip(" \u3000：:|【】[]()（）“”\"'")
    value = re.sub(r"[（(]?版权所有.*$", "", value).strip()
    return value if 2 <= len(value) <= 60 and re.search(r"[^\W\d]", value) else None


def _labelled_source(lines: Sequence[Line]) -> str | None:
    for line in lines:
        if len(line.text) > 200:
            continue
        match = _SOURCE_LABEL.search(line.text)
        if match and match.start() <= 60 and not re.search(r"[，。；]", line.text[: match.start()]):
            value = _publisher(match[1])
            if value and not re.search(r"[，。；,;]", value):
                return value
    return None


def _issuer(header: Sequence[Line], title_index: int | None) -> str | None:
    """The body named with a date under the title, or a news dateline."""
    start = title_index or 0
    for line in header[: start + 5]:
        text = line.text
        if match := _DATELINE.match(text):
            return _dateline_name(match[1])
        if match := _ENGLISH_DATELINE.match(text):
            return match[1].strip()
        if len(text) > 80:
            continue
        if match := _ISSUER_LINE.match(text):
            return " ".join(match["body"].split())
        if match := _ADOPTED.match(text):  # whose date isn't that of publication
            return match["place"] + match["body"]
        if _ENGLISH_BODY.fullmatch(text) and line is not header[0]:
            return text
    return None


def _dateline_name(text: str) -> str | None:
    match = re.match(rf"(央[视視][网網]|[{_HAN}]{{1,6}}?(?:社|网|網|報|报))", text)
    return match[1] if match else None
