"""The typed part of a question: ``"required phrases"``, ``-excluded`` words, ``before:2020`` and other filters.

What is left is the question itself, which goes to the ranking as it stands. An unknown ``word:`` is part of the
question; a known one with a value that makes no sense is refused with the way to write it.
"""

from __future__ import annotations

import datetime
import difflib
import re
import unicodedata
from dataclasses import dataclass, field

from indexer.errors import QueryError
from indexer.language.regex import regex
from indexer.types import LANGS, Filter, Lang


@dataclass(frozen=True, slots=True)
class Part:
    """A typed filter, phrase or excluded word: ``question[start:end]``.

    Attributes:
        key: ``in``, ``before`` … as listed below, or ``phrase``, ``excluded``.
        value: What was typed after the key, without quotation marks.
    """

    start: int
    end: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Request:
    """A question as typed, taken apart.

    Attributes:
        text: What to rank by: the question with its phrases, without excluded words and filters.
        phrases: What a hit's text must contain, as typed between straight quotation marks.
        excluded: What it must not contain.
        filter: The typed filters.
        parts: All of these where they were typed, in order.
    """

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)
    parts: tuple[Part, ...] = field(default=(), compare=False)


# Only straight marks require a phrase: “十二五” and 「河長制」 are how Chinese writes names, and a phrase that is
# required is found in one language alone. As the value of a filter or after a minus all of them hold words together.
_REQUIRED = r"[\"\uff02][^\"\uff02]+[\"\uff02]"
_QUOTED = rf"{_REQUIRED}|“[^“”]+”|「[^「」]+」"
_VALUE = rf"{_QUOTED}|[^\s\"“”「」]+"
_PART = regex(
    rf"(?<!\S)(?P<key>site|before|after|during|in|lang|topic|type)[:：](?P<value>{_VALUE}|(?=\s|$))"
    rf"|(?<!\S)[-－](?P<excluded>{_QUOTED}|[^\W\d_][^\s\"“”「」]*)"
    rf"|(?P<phrase>{_REQUIRED})",
    re.IGNORECASE,
)
_DATE = regex(r"((?:19|20)\d\d)(?:[-/.年](1[0-2]|0?[1-9])(?:[-/.月](3[01]|[12]\d|0?[1-9]))?)?[年月日]?")


LAST_COUNTS = frozenset({"lang", "after", "before", "during", "site"})
"""Filters of which the last one holds where several are typed; of places, topics and file types any may hold."""


def parse(question: str) -> Request:
    """Take a typed question apart.

    Raises:
        QueryError: A filter's value can't be understood; the message shows how to write it.
    """
    kept: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    filters: dict[str, list[str]] = {}
    parts: list[Part] = []
    at = 0
    for match in _PART.finditer(question):
        kept.append(question[at : match.start()])
        at = match.end()
        key = match["key"] or ("excluded" if match["excluded"] else "phrase")
        parts.append(
            Part(
                *match.span(),
                key.lower(),
                _bare(match["value"] or match["excluded"] or match["phrase"] or ""),
            )
        )
        if match["key"]:
            filters.setdefault(match["key"].lower(), []).append(_bare(match["value"]))
        elif match["excluded"]:
            excluded.append(_bare(match["excluded"]))
        else:
            phrase = _bare(match["phrase"])
            if phrase:
                phrases.append(phrase)
            kept.append(f" {phrase} ")
    kept.append(question[at:])
    text = " ".join("".join(kept).split())
    return Request(text, tuple(phrases), tuple(excluded), _filter(filters), tuple(parts))


def _bare(value: str) -> str:
    return value.strip('"\uff02“”「」').strip()


def _filter(typed: dict[str, list[str]]) -> Filter:
    """The filters that were typed; see ``LAST_COUNTS``."""
    until = _date("before", typed["before"][-1])[0] if "before" in typed else None
    return Filter(
        lang=_lang(typed["lang"][-1]) if "lang" in typed else None,
        since=_date("after", typed["after"][-1])[0].isoformat() if "after" in typed else None,
        until=(until - datetime.timedelta(days=1)).isoformat() if until else None,
        places=tuple(code for value in typed.get("in", ()) for code in _places(value)),
        topics=tuple(_topic(value) for value in typed.get("topic", ())),
        site=_filled("site", typed["site"][-1], "site:mee.gov.cn or site:新华社").lower()
        if "site" in typed
        else None,
        formats=tuple(
            _filled("type", v, "type:pdf or type:html").lower().lstrip(".") for v in typed.get("type", ())
        ),
        period=_period(typed["during"][-1]) if "during" in typed else None,
    )


def _filled(key: str, value: str, example: str) -> str:
    if not value:
        raise QueryError(
            f"After {key}: something is missing. Write it without a space, such as {example}.",
            f"{key}: 后缺少内容。请不加空格书写，例如 {example.replace(' or ', ' 或 ')}。",
        )
    return value


def _date(key: str, value: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of a year, month or day."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", value))
    if match:
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            first = datetime.date(year or 1, month or 1, day or 1)
        except ValueError:
            raise QueryError(
                f"There is no such day as {value} in {key}:{value}.", f"{key}:{value} 中没有 {value} 这一天。"
            ) from None
        if day:
            return first, first
        following = datetime.date(first.year + (not month or month == 12), (month or 0) % 12 + 1, 1)
        return first, following - datetime.timedelta(days=1)
    raise QueryError(
        f"The date in {key}:{value} can't be read. Write a year, a month or a day: "
        f"{key}:2020, {key}:2020-06 or {key}:2020-06-30.",
        f"无法识别 {key}:{value} 中的日期。请写年、月或日：{key}:2020、{key}:2020-06 或 {key}:2020-06-30。",
    )


def _period(value: str) -> str:
    """The interval of a year, a month, two of them (``2016..2020``) or a period's name (``十三五``)."""
    from indexer.language.periods import find_periods

    ends = value.split("..")
    if len(ends) <= 2 and all(_DATE.fullmatch(unicodedata.normalize("NFKC", end)) for end in ends):
        first, last = _date("during", ends[0])[0], _date("during", ends[-1])[1]
        if first > last:
            raise QueryError(
                f"The period in during:{value} ends before it begins. Write during:{ends[-1]}..{ends[0]}.",
                f"during:{value} 的时段先后颠倒，请写 during:{ends[-1]}..{ends[0]}。",
            )
        return f"{first.isoformat()}/{last.isoformat()}"
    found = find_periods(value, "zh")
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(value)):
        return found[0].value
    raise QueryError(
        f"The period in during:{_quoted(value)} can't be read. Write a year or a month, two of them, or a plan: "
        "during:2020, during:2020-01..2020-06 or during:十三五.",
        f"无法识别 during:{_quoted(value)} 中的时段。请写年或月、起止两端或规划期："
        "during:2020、during:2020-01..2020-06 或 during:十三五。",
    )


def _lang(value: str) -> Lang:
    names = {"zh": "zh", "cn": "zh", "chinese": "zh", "中文": "zh", "en": "en", "english": "en", "英文": "en"}
    found = names.get(value.lower())
    for lang in LANGS:
        if found == lang:
            return lang
    raise QueryError(
        f"The language in lang:{value} is not known. Write lang:zh or lang:en.",
        f"无法识别 lang:{value} 中的语言。请写 lang:zh 或 lang:en。",
    )


def _places(value: str) -> list[str]:
    from indexer.language.places import lookup, provinces

    _filled("in", value, 'in:Sichuan, in:四川 or in:"Inner Mongolia"')
    found = [place.code for place in lookup(value)]
    if found:
        return found
    names = [name for p in provinces() for name in (p.name_en, p.short_zh, p.name_zh)]
    close = difflib.get_close_matches(value, names, n=1)
    hint, hint_zh = 'Write in:Sichuan, in:四川 or in:"Inner Mongolia".', "请写 in:四川 或 in:Sichuan。"
    if close:
        meant = f"in:{_quoted(close[0])}"
        hint, hint_zh = f"Did you mean {meant}?", f"是否指 {meant}？"
    raise QueryError(
        f"No place in China is known by the name {value} of in:{_quoted(value)}. {hint}",
        f"in:{_quoted(value)} 中的“{value}”不是已知的中国地名。{hint_zh}",
    )


def _topic(value: str) -> str:
    from indexer.language.topics import all_topics, find_topic

    found = find_topic(value)
    if found:
        return found
    topics = all_topics()
    raise QueryError(
        f"The topic in topic:{_quoted(value)} is not known. Known topics: {', '.join(t.id for t in topics)}.",
        f"无法识别 topic:{_quoted(value)} 中的主题。已知主题：{'、'.join(t.name_zh for t in topics)}。",
    )


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
