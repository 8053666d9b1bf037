"""Periods that a text speaks of: ``2024年上半年``, ``first half of 2024``, ``“十四五”``.

A single day is a date, not a period, but for yesterday, which no date names; numbers of laws and standards
(``GB 3095-2012``, ``[2018]22号``) are neither.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from indexer.language.dates import FIRST_YEAR, LAST_YEAR, MONTHS, ZERO, chinese_number, day
from indexer.language.detect import HAN, simplify
from indexer.language.quote import quote as words_around
from indexer.language.regex import regex
from indexer.types import Fact, Lang

MAX_PERIODS = 8
"""Periods of one document at most."""

_TITLE_LIKE = 200
"""Characters up to which a text is a question or a title, in which a bare ``2020`` is a year."""


@dataclass(frozen=True, slots=True)
class PeriodMention:
    """A period named in a text: ``text[start:end]``; ``value`` is an ISO interval, both days included."""

    start: int
    end: int
    value: str
    confidence: float


def find_periods(text: str, lang: Lang, published: datetime.date | None = None) -> list[PeriodMention]:
    """Periods that a text or a question names, in order.

    Args:
        text: Any text.
        lang: Its language; the other language's expressions are found too.
        published: When it was published; ``今年`` and ``this year`` mean something only where that is known (a year
            before 1949 or after 2100 is a slip, and counts as unknown).
    """
    if published is not None and not FIRST_YEAR <= published.year <= LAST_YEAR:
        published = None
    found: list[PeriodMention] = []
    for line in _LINE.finditer(text):
        if _ANY.search(text, *line.span()):
            folded = simplify(line[0]).translate(_FOLD)
            wanted = _CHINESE if _HAN.search(folded) else ()
            if not wanted or _LATIN.search(folded):
                wanted = (*wanted, *_ENGLISH) if lang == "zh" else (*_ENGLISH, *wanted)
            wanted = (*wanted, _BARE_YEAR) if len(text) <= _TITLE_LIKE else wanted
            found += _find_in_line(folded, line.start(), wanted, published)
    return sorted(found, key=lambda mention: mention.start)


def _find_in_line(
    line: str, offset: int, rules: Sequence[_Rule], published: datetime.date | None
) -> Iterator[PeriodMention]:
    """The periods of one line that begins at an offset; what an earlier rule has read, later ones leave alone."""
    taken = bytearray(len(line))
    for pattern, read in rules:
        for match in pattern.finditer(line):
            first, last = match.span()
            if any(taken[first:last]):
                continue
            period = read(match, published)
            if period is None or not _plausible(*period[:2]):
                continue
            start, end, confidence = period
            taken[first:last] = b"\1" * (last - first)
            value = f"{start.isoformat()}/{end.isoformat()}"
            yield PeriodMention(offset + first, offset + last, value, confidence)


def document_periods(
    title: str | None, text: str, lang: Lang, published: datetime.date | None = None
) -> list[tuple[Fact, int | None]]:
    """Periods that a document speaks of, those of the title first, then by how often; 8 at most.

    Returns:
        Facts without line and page, each with the offset in ``text`` where its quote begins (None for the title).
    """
    titled = find_periods(title or "", lang, published)
    weights: dict[str, float] = defaultdict(float)
    first: dict[str, PeriodMention] = {}
    for mention in find_periods(text, lang, published):
        if _alone(text, mention):
            continue
        weights[mention.value] += mention.confidence * (1.5 if mention.start < _TITLE_LIKE else 1)
        first.setdefault(mention.value, mention)
    facts: list[tuple[Fact, int | None]] = []
    for mention in titled:
        if all(fact.value != mention.value for fact, _ in facts):
            _, quote = words_around(title or "", mention.start, mention.end)
            facts.append((Fact("period", mention.value, 0.95, "title line", quote=quote), None))
    for value in sorted(weights, key=lambda v: (-weights[v], first[v].start)):
        if all(fact.value != value for fact, _ in facts):
            offset, quote = words_around(text, first[value].start, first[value].end)
            confidence = round(min(0.85, 0.3 + 0.15 * weights[value]), 2)
            facts.append((Fact("period", value, confidence, "text", quote=quote), offset))
    return facts[:MAX_PERIODS]


def _alone(text: str, mention: PeriodMention) -> bool:
    """Whether a month stands alone on its line, as under a signature: then it is a date of issue."""
    line = text[
        text.rfind("\n", 0, mention.start) + 1 : (text.find("\n", mention.end) + 1 or len(text) + 1) - 1
    ]
    return len(line.strip(" \u3000()（）")) <= mention.end - mention.start + 1 and len(text) > _TITLE_LIKE


# ------------------------------------------------------------------------------------------------------------ intervals

_Period = tuple[datetime.date, datetime.date, float]
_Reader = Callable[[re.Match[str], datetime.date | None], _Period | None]
_Rule = tuple[re.Pattern[str], _Reader]

_LINE = regex("[^\n]+")
_HAN = regex(f"[{HAN}]")
_LATIN = regex("[A-Za-z]{2}")
_ANY = regex(
    f"[0-9\uff10-\uff19]{{2}}|[一二][{ZERO}九][{ZERO}一二三四五六七八九]{{2}}|[今去上明前本]年|[七八九十一二三四五六]五|[个個]五年|半年|季度|"
    "[0-9一二三四五六七八九十]\\s?月|昨[日天]|[Yy]esterday|[ -][Ff][Ii][Vv][Ee][ -]|[ts] [Yy]ear"
)
"""What a line with a period in it has: most lines have nothing, and are done."""


def _plausible(start: datetime.date, end: datetime.date) -> bool:
    return start <= end and FIRST_YEAR <= start.year and end.year <= LAST_YEAR


def _months(year: int, first: int, last: int, confidence: float = 0.9) -> _Period | None:
    """Whole months of a year, both included."""
    if not (1 <= first <= last <= 12):
        return None
    return (
        datetime.date(year, first, 1),
        datetime.date(year, last, calendar.monthrange(year, last)[1]),
        confidence,
    )


def _years(first: int, last: int, confidence: float = 0.9) -> _Period:
    return datetime.date(first, 1, 1), datetime.date(last, 12, 31), confidence


def _winter(year: int) -> _Period:
    """The heating season that begins in a year: what action plans for autumn and winter set their goals for."""
    return datetime.date(year, 10, 1), datetime.date(year + 1, 3, 31), 0.9


def _plan(number: int) -> _Period | None:
    """The five-year plan of a number; from the 6th on they follow one another without a gap."""
    return _years(1981 + 5 * (number - 6), 1985 + 5 * (number - 6), 0.95) if 6 <= number <= 20 else None


# -------------------------------------------------------------------------------------------------------------- Chinese

_FOLD = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{ord(dash): "-" for dash in "－—–―～〜~\u2212\u2010\u2011"},
    0xA0: " ",
    0x3000: " ",
}
_NUM = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_CN_YEAR = f"(?:19|20)[0-9]{{2}}|[一二][{ZERO}九][{ZERO}一二三四五六七八九]{{2}}"
_Y = rf"(?:(?<![0-9.\u3014\[(【A-Za-z])(?P<year>{_CN_YEAR})\s?年度?|(?P<relative>今年|本年度?|去年|上年|明年|前年))\s?"
_TO = r"\s?(?:-{1,2}|至|到)\s?"
_RELATIVE = {"今年": 0, "本年": 0, "本年度": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}


def _year(match: re.Match[str], published: datetime.date | None) -> tuple[int, float] | None:
    """The year that a match names with the confidence that it gives; None if only the date of issue would tell."""
    groups = match.groupdict()
    if groups.get("year"):
        return chinese_number(groups["year"]), 0.9
    if published is None:
        return None
    relative = (groups.get("relative") or "").lower()
    if not relative:  # "上半年" alone
        return published.year, 0.6
    shift = _RELATIVE.get(relative, _RELATIVE_EN.get(relative, 0))
    return published.year + shift, 0.75


def _part_of_year(first: Callable[[re.Match[str]], tuple[int, int]]) -> _Reader:
    """Reads some months of the year that is named with them."""

    def read(match: re.Match[str], published: datetime.date | None) -> _Period | None:
        year = _year(match, published)
        return _months(year[0], *first(match), year[1]) if year else None

    return read


def _quarters(match: re.Match[str]) -> tuple[int, int]:
    if match["upto"]:
        return 1, 3 * chinese_number(match["upto"])
    quarter = _ORDINALS.get(match["quarter"].lower()) or chinese_number(match["quarter"])
    return 3 * quarter - 2, 3 * quarter


def _read_years(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    first, last = chinese_number(match["first"]), match["last"]
    end = first // 100 * 100 + int(last) if len(last) == 2 else chinese_number(last)
    if match.groupdict().get("season") and end == first + 1:
        return _winter(first)
    return _years(first, end) if first < end <= first + 50 else None


def _read_yesterday(_: re.Match[str], published: datetime.date | None) -> _Period | None:
    """The day before the day of publication; nothing where that is not known."""
    if published is None:
        return None
    day = published - datetime.timedelta(days=1)
    return day, day, 0.6


def _read_season(match: re.Match[str], published: datetime.date | None) -> _Period | None:
    year = _year(match, published)
    return _winter(year[0]) if year else None


def _read_days(match: re.Match[str], published: datetime.date | None) -> _Period | None:
    year = _year(match, published)
    if year is None:
        return None
    start = day(year[0], chinese_number(match["m1"]), int(match["d1"]))
    last_year = chinese_number(match["year2"]) if match["year2"] else year[0]
    end = day(last_year, chinese_number(match["m2"] or match["m1"]), int(match["d2"]))
    return (start, end, year[1]) if start and end and start < end else None


def _read_span(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    start = _months(chinese_number(match["year"]), chinese_number(match["m1"]), chinese_number(match["m1"]))
    end = _months(chinese_number(match["year2"]), chinese_number(match["m2"]), chinese_number(match["m2"]))
    return (start[0], end[1], 0.9) if start and end else None


def _read_year(match: re.Match[str], published: datetime.date | None) -> _Period | None:
    year = _year(match, published)
    if year is None:
        return None
    return _years(year[0], year[0], 0.8 if match.groupdict().get("year") else 0.5)


def _read_plan(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    name = match["plan"].lower()
    if name in _ORDINALS:
        return _plan(_ORDINALS[name])
    return _plan(chinese_number(name))


_RANGE = (
    r"(?<![0-9A-Za-z.:/\u3014\[-])(?P<first>(?:19|20)[0-9]{2})\s?(?:-{1,2}|/|to|through|至|到)\s?"
    r"(?P<last>(?:19|20)[0-9]{2}|(?<=/)[0-9]{2})(?![0-9]|[-/.][0-9])"
)
"""Two years, whatever the language."""

_CHINESE: tuple[_Rule, ...] = tuple(
    (regex(pattern), reader)
    for pattern, reader in (
        (r"昨[日天]", _read_yesterday),
        (r"第(?P<plan>[六七八九]|十[一二三四五六七]?)个五年(?:规划|计划)?", _read_plan),
        (r"[“\"「『‘](?P<plan>[六七八九]|十[一二三四五六七]?)五[”\"」』’]", _read_plan),
        (r"(?<![二三四五六七八九第\d])(?P<plan>十[一二三四五六七])五(?![个年月日号%个次条十百千万亿])", _read_plan),
        (r"(?<![二三四五六七八九第十\d])(?P<plan>[七八九]|十)五(?=期间|时期|规划|计划)", _read_plan),
        (
            rf"(?<![0-9.])(?P<first>{_CN_YEAR})\s?年?(?:-|/|至|到)\s?(?P<last>{_CN_YEAR}|[0-9]{{2}}(?![0-9]))\s?年?度?\s?"
            r"(?P<season>秋冬季?|采暖季|供暖季|取暖季|冬季)",
            _read_years,
        ),
        (rf"{_Y}(?:秋冬季|采暖季|供暖季|取暖季)", _read_season),
        (
            rf"{_Y}(?P<m1>{_NUM})\s?月\s?(?P<d1>[0-3]?[0-9])\s?日?{_TO}(?:(?P<year2>{_CN_YEAR})\s?年\s?)?"
            rf"(?:(?P<m2>{_NUM})\s?月\s?)?(?P<d2>[0-3]?[0-9])\s?日",
            _read_days,
        ),
        (
            rf"(?<![0-9.])(?P<year>{_CN_YEAR})\s?年\s?(?P<m1>{_NUM})\s?月{_TO}(?P<year2>{_CN_YEAR})\s?年\s?(?P<m2>{_NUM})\s?月"
            r"(?!\s?[0-9]{1,2}\s?日)",
            _read_span,
        ),
        (
            rf"(?<![0-9.])(?P<first>{_CN_YEAR})\s?年?{_TO}(?P<last>{_CN_YEAR})\s?年(?!\s?{_NUM}\s?月)",
            _read_years,
        ),
        (rf"{_Y}(?P<half>[上下])半年", _part_of_year(lambda m: (1, 6) if m["half"] == "上" else (7, 12))),
        (rf"{_Y}(?:第?(?P<quarter>[一二三四1-4])季度?|前(?P<upto>[两二三23])个?季度)", _part_of_year(_quarters)),
        (
            rf"{_Y}(?P<m1>{_NUM})\s?月?份?{_TO}(?P<m2>{_NUM})\s?月(?!\s?[0-9]{{1,2}}\s?日)",
            _part_of_year(lambda m: (chinese_number(m["m1"]), chinese_number(m["m2"]))),
        ),
        (rf"{_Y}前(?P<n>{_NUM})个?月", _part_of_year(lambda m: (1, chinese_number(m["n"])))),
        (
            rf"{_Y}(?P<m>{_NUM})\s?月(?!\s?(?:[0-9]{{1,2}}|[一二三四五六七八九十]{{1,3}})\s?[日号-])",
            _part_of_year(lambda m: (chinese_number(m["m"]), chinese_number(m["m"]))),
        ),
        # Without a year: the year of issue.
        (r"(?<![年\w])(?P<half>[上下])半年(?=[，,、：:]|我国|全国|全省|全市|的|，)", _part_of_year(lambda m: (1, 6) if m["half"] == "上" else (7, 12))),
        (r"(?<![年\w])(?:第?(?P<quarter>[一二三四])季度|前(?P<upto>[两二三])季度)", _part_of_year(_quarters)),
        (
            rf"(?<![年\w.-])(?P<m1>{_NUM})\s?月?份?{_TO}(?P<m2>{_NUM})\s?月(?!\s?[0-9]{{1,2}}\s?日)",
            _part_of_year(lambda m: (chinese_number(m["m1"]), chinese_number(m["m2"]))),
        ),
        (_RANGE, _read_years),
        (rf"{_Y}(?!\s?{_NUM}\s?月|\s?[一二三四五]?[0-9]*个?五年)", _read_year),
    )
)  # fmt: skip

# -------------------------------------------------------------------------------------------------------------- English

_ORDINALS = {
    word: number
    for number, words in enumerate(
        "first 1st|second 2nd|third 3rd|fourth 4th last|fifth|sixth 6th|seventh 7th|eighth 8th|ninth 9th|"
        "tenth 10th|eleventh 11th|twelfth 12th|thirteenth 13th|fourteenth 14th|fifteenth 15th|sixteenth 16th".split(
            "|"
        ),
        start=1,
    )
    for word in words.split()
}
_MONTH = "(?:" + "|".join(MONTHS) + r")\b\.?"
_YEAR_EN = "(?<![0-9.:/-])(?P<year>(?:19|20)[0-9]{2})(?![0-9]|[-/.,:][0-9])"
_YEAR_OR = rf"(?:{_YEAR_EN}|(?P<relative>this year|last year|the current year|the previous year|next year))"
_RELATIVE_EN = {
    "this year": 0,
    "the current year": 0,
    "last year": -1,
    "the previous year": -1,
    "next year": 1,
}
_UNTIL = r"\s?(?:-{1,2}|to|through|until|till)\s?"


def _month(text: str) -> int:
    return MONTHS[text.lower().rstrip(".")]


def _read_days_en(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    last = int(match["year"])
    start = day(int(match["year1"] or last), _month(match["m1"]), int(match["d1"]))
    end = day(last, _month(match["m2"] or match["m1"]), int(match["d2"]))
    return (start, end, 0.9) if start and end and start < end else None


def _read_span_en(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    start = _months(int(match["year1"]), _month(match["m1"]), _month(match["m1"]))
    end = _months(int(match["year"]), _month(match["m2"]), _month(match["m2"]))
    return (start[0], end[1], 0.9) if start and end else None


def _half(match: re.Match[str]) -> tuple[int, int]:
    return (1, 6) if match["half"].lower() in ("1", "first", "1st") else (7, 12)


_COUNTS = {
    word: n for n, word in enumerate("two three four five six seven eight nine ten eleven".split(), start=2)
}


def _count(text: str) -> int:
    return _COUNTS.get(text.lower()) or int(text)


_ORDINAL = "(?P<quarter>first|second|third|fourth|last|1st|2nd|3rd|4th)"
_ENGLISH: tuple[_Rule, ...] = tuple(
    (regex(pattern, re.I), reader)
    for pattern, reader in (
        (r"\byesterday\b", _read_yesterday),
        (
            r"\b(?P<plan>[6-9]th|1[0-6]th|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|"
            r"fifteenth|sixteenth)[ -]five[ -]years?(?:['’s]*[ -](?:plan|period|planning))?",
            _read_plan,
        ),
        (
            r"(?<![0-9.:/-])(?P<first>(?:19|20)[0-9]{2})\s?[-/]\s?(?P<last>(?:(?:19|20)[0-9]{2}|[0-9]{2}))(?![0-9])\s"
            r"(?P<season>(?:autumn|fall|winter|heating)[ -](?:and[ -]winter|winter|season|heating)?)",
            _read_years,
        ),
        (
            r"(?P<season>winters?|heating season|autumn and winter)(?: season)? of (?P<first>(?:19|20)[0-9]{2})\s?[-/]\s?"
            r"(?P<last>(?:(?:19|20)[0-9]{2}|[0-9]{2}))(?![0-9])",
            _read_years,
        ),
        (
            rf"\b(?P<m1>{_MONTH}) (?P<d1>[0-3]?[0-9])(?:st|nd|rd|th)?(?:, (?P<year1>(?:19|20)[0-9]{{2}}))?{_UNTIL}"
            rf"(?:(?P<m2>{_MONTH}) )?(?P<d2>[0-3]?[0-9])(?:st|nd|rd|th)?,? {_YEAR_EN}",
            _read_days_en,
        ),
        (
            rf"\b(?P<m1>{_MONTH}),? (?P<year1>(?:19|20)[0-9]{{2}}){_UNTIL}(?P<m2>{_MONTH}),? {_YEAR_EN}",
            _read_span_en,
        ),
        (
            rf"\b(?P<m1>{_MONTH}){_UNTIL}(?P<m2>{_MONTH}),? (?:of )?{_YEAR_OR}",
            _part_of_year(lambda m: (_month(m["m1"]), _month(m["m2"]))),
        ),
        (rf"\b(?P<half>first|second|1st|2nd|latter) half of (?:the year )?(?:in )?{_YEAR_OR}", _part_of_year(_half)),
        (r"\b(?<![0-9])(?P<year>(?:19|20)[0-9]{2})[ -]?H(?P<half>[12])\b", _part_of_year(_half)),
        (rf"\bH(?P<half>[12])[ ,]{{0,2}}(?:of |in )?{_YEAR_OR}", _part_of_year(_half)),
        (
            rf"\b(?:first (?P<upto>two|three|2|3) quarters|{_ORDINAL} quarter) (?:of |in )?(?:the year )?{_YEAR_OR}",
            _part_of_year(lambda m: (1, 3 * _count(m["upto"])) if m["upto"] else _quarters(m)),
        ),
        (
            r"\b(?<![0-9])(?P<year>(?:19|20)[0-9]{2})[ -]?Q(?P<quarter>[1-4])\b(?P<upto>)",
            _part_of_year(_quarters),
        ),
        (rf"\bQ(?P<quarter>[1-4])(?P<upto>)[ ,]{{0,2}}(?:of |in )?{_YEAR_OR}", _part_of_year(_quarters)),
        (
            rf"\bfirst (?P<n>[2-9]|1[01]|{'|'.join(_COUNTS)}) months of (?:the year )?{_YEAR_OR}",
            _part_of_year(lambda m: (1, _count(m["n"]))),
        ),
        (
            rf"(?<![0-9] )(?<![0-9])(?<![0-9](?:st|nd|rd|th) )(?<!\w)(?P<m>{_MONTH}),? (?:of )?{_YEAR_OR}",
            _part_of_year(lambda m: (_month(m["m"]), _month(m["m"]))),
        ),
        (_RANGE, _read_years),
        (r"\bbetween (?P<first>(?:19|20)[0-9]{2}) and (?P<last>(?:19|20)[0-9]{2})(?![0-9])", _read_years),
        (
            r"\b(?:in|of|for|during|since|by|from|until|till|throughout|year|early|late|mid|to|than|and|after|before)[ -]"
            rf"{_YEAR_EN}(?! (?:tons?|tonnes|people|households|m\b|km|mu\b|yuan|sq|hectares|square|cubic|meters|enterprises|"
            r"kilometers|vehicles|million|billion|percent))",
            _read_year,
        ),
        (
            rf"\b{_YEAR_EN}(?= (?:annual|report|bulletin|communiqu|state of|edition|work|action|plan|target|level))",
            _read_year,
        ),
        (r"\b(?P<relative>this year|last year|next year)(?![’']s [A-Z])", _read_year),
    )
)  # fmt: skip
_NO_YEAR = regex(
    rf"(?:{_MONTH} [0-3]?[0-9](?:st|nd|rd|th)?,? ?|[0-9](?:st|nd|rd|th)? (?:of )?{_MONTH},? ?|\bNo\.? ?|第|#)$",
    re.I,
)


def _read_bare(match: re.Match[str], _: datetime.date | None) -> _Period | None:
    """A year in a question or title, unless it belongs to a date or a number."""
    if match.string.startswith("年", match.end()) or _NO_YEAR.search(match.string, 0, match.start()):
        return None
    return _years(int(match["year"]), int(match["year"]), 0.8)


_BARE_YEAR: _Rule = (
    regex(
        r"(?<![0-9.\u3014\[(【A-Za-z/-])(?P<year>(?:199|20[0-4])[0-9])(?![0-9]|[-/.,\u3015\]】][0-9]|\s?(?:[吨万亿个家户人m%％元号座条项公千]|tons|people))"
    ),
    _read_bare,
)
