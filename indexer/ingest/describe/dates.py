"""The date on which a bulletin came out. Where it isn't stated there is none: a wrong date is worse."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from indexer.ingest.describe.names import is_body, is_english_body
from indexer.ingest.describe.page import TAIL_LINES, TOP_LINES, Page, Signature, fact
from indexer.language.dates import MONTHS, ZERO, chinese_number, iso_date
from indexer.language.detect import HAN
from indexer.language.periods import find_periods
from indexer.language.regex import regex
from indexer.types import Fact, Line

_MONTH_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_DASH = "-\uff0d\u2010-\u2015"
_NUMERIC = regex(
    rf"(?<![\d.])((?:19|20)\d\d)\s*(?:[{_DASH}/.]\s*|年\s*)(1[0-2]|0?[1-9])\s*(?:[{_DASH}/.]\s*|月\s*)"
    r"(3[01]|[12]\d|0?[1-9])(?!\d)\s*[日号號]?"
)
_CHINESE = regex(
    rf"([{ZERO}一二三四五六七八九]{{4}})\s*年\s*(一?十[一二]?|[一二三四五六七八九])\s*月"
    r"\s*([一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s*[日号號]"
)
_ENGLISH = regex(
    rf"\b(?:({_MONTH_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)((?:19|20)\d\d)"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH_NAME})\.?,?\s+((?:19|20)\d\d)"
    rf"|((?:19|20)\d\d),?\s+({_MONTH_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?)\b",
    re.I,
)
_YEAR = regex(rf"(?:19|20)\d\d|[{ZERO}一二三四五六七八九]{{4}}\s*年")
_COMPACT = regex(r"\W{0,2}((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
# What stands beside a date and says nothing: times, weekdays.
_TIME = regex(
    r"T?\d{1,2}\s*[:：时時点]\s*\d{2}(?:\s*[:：分]\s*\d{2})?[分秒]?(?:\.\d+)?(?:Z|\s*[+-]\d{2}:?\d{2})?|\b[ap]\.?m\b\.?"
    r"|(?:星期|周|週)[一二三四五六日天]|(?<=[\s(])[上下]午|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:s|nes|rs|ur)?(?:day)?\b,?",
    re.I,
)
_ATTACHED = regex(
    r"\W*(?:附\s*件|附\s*[:：]|附\s*表|此件|抄\s*送|Attachment|Annex|Appendix|\(?This document)", re.I
)
_BESIDE = regex(
    r"(?:信息|稿件|文章)?(?:来\s*源|來\s*源|稿\s*源|作者|(?:责任)?编辑|点击|浏览|阅读|字[体号]|Source|Author|Editor|Views?|Hits?|Font)\s*[:：].*",
    re.I,
)
_AFTER = regex(r"\s*(?:发\s*布|發\s*[佈布]|印\s*发|公\s*布|颁\s*布)(?:\s*稿)?\s*(?:[|\s]|$)")
# Dates of a meeting, of coming into force or of a revision are not those of publication.
_OTHER_DATE = regex(
    r"通过|通過|批准|修正|修订|修訂|修改|施行|实施|實施|生效|会议|會議|截至|截止|开始|起|召开|生于|有效期|adopted|effective|"
    r"amended|revised|deadline|in force|meeting|until|approved|implemented|expire|passed|updated?|taken",
    re.I,
)
_PROMULGATED = regex(r"公布|发布|颁布|發布|頒布|公佈")
_ARTICLE = regex(r"\s*第[一1][章条編编節节條]")
# "/2025/11/06/", "/202511/06/", "/2019-06/03/", "/art/2019/6/3/art_", "/t20190603_123.html".
_IN_ADDRESS = regex(
    r"/(20\d\d)[-/]?([01]\d)[-/]?([0-3]\d)/|/(20\d\d)/(1[0-2]|[1-9])/([12]\d|3[01]|[1-9])/|/[tc]?(20\d\d)([01]\d)([0-3]\d)_\d"
)
_EVENT_EN = regex(
    rf"^\W{{0,3}}(?:On\s+)?(?P<month>{_MONTH_NAME})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?!\d)(?=.*\b(?:reporters?|"
    r"press conference|news conference|press briefing|announced|released|reported|notified|circular)\b)",
    re.I,
)
_EVENT_ZH = regex(
    r"^\W{0,3}(?:.{0,12}[讯訊])?\W{0,2}(?:[（(][^（）()]{0,20}[)）])?(?P<month>1[0-2]|[1-9])月(?P<day>3[01]|[12]\d|[1-9])日[，,]?"
    r"(?=.*(?:记者|記者|发布会|發布會|获悉|通报|发布|公布))"
)


def parse_date(text: str) -> str | None:
    """The first full date in a text as an ISO date; None if there is none or it doesn't exist."""
    return next((iso for iso, _, _ in _dates(text)), None)


def _dates(text: str) -> Iterator[tuple[str, int, int]]:
    """The full dates of a text that exist, in order: ISO date, start and end."""
    if not _YEAR.search(text):
        return
    found: list[tuple[int, int, int, int, int]] = []
    for match in _NUMERIC.finditer(text):
        found.append((match.start(), match.end(), int(match[1]), int(match[2]), int(match[3])))
    if "年" in text:
        for match in _CHINESE.finditer(text):
            year, month, day = (chinese_number(match[part]) for part in (1, 2, 3))
            found.append((match.start(), match.end(), year, month, day))
    for match in _ENGLISH.finditer(text):
        day_of, name, year_of = next(
            (match[d], match[m], match[y]) for m, d, y in ((1, 2, 3), (5, 4, 6), (8, 9, 7)) if match[y]
        )
        found.append((match.start(), match.end(), int(year_of), MONTHS[name.lower()], int(day_of)))
    for start, end, year, month, day in sorted(found):
        if iso := iso_date(year, month, day):
            yield iso, start, end


def find_published(page: Page) -> Fact | None:
    """When a bulletin came out, by the best evidence for it; the package's docstring has the order."""
    return (
        _declared(page)
        or _labelled(page)
        or _on_cover(page)
        or _stamped(page)
        or _issued(page)
        or _signed(page)
        or _promulgated(page)
        or _in_dateline(page)
        or _in_address(page)
        or _updated(page)
        or _ends_with(page)
        or _from_lead(page)
    )


# Kinds of label with their confidence, the best first.
_LABELLED = (("published", 0.97), ("written", 0.95), ("dated", 0.9))


def _labelled(page: Page) -> Fact | None:
    for fields, sure in ((page.fields, 1.0), (page.tail_fields, 0.95)):
        for kind, confidence in _LABELLED:
            dated = [(f, iso) for f in fields if f.kind == kind and f.leads and (iso := _leading(f.value))]
            # At the end stand other news with their dates.
            if dated and (sure == 1.0 or len({iso for _, iso in dated}) == 1):
                field, iso = dated[0]
                return fact("published", iso, round(confidence * sure, 2), "label", field.line, field.quote)
    return None


def _updated(page: Page) -> Fact | None:
    """Sites that show only when a page was changed show when it was made."""
    for field in page.fields:
        if field.kind == "updated" and field.leads and (iso := _leading(field.value)):
            return fact("published", iso, 0.6, "label", field.line, field.quote)
    return None


def _leading(text: str) -> str | None:
    """The date that a value begins with, if it says nothing about the date that follows."""
    if match := _COMPACT.match(text):
        return iso_date(int(match[1]), int(match[2]), int(match[3]))
    text = _TIME.sub(" ", text[:60])
    first = next(_dates(text), None)
    if first is None or re.search(r"\w", text[: first[1]]):
        return None
    return (
        None if re.match(r"\s*(?:起|至|到|前|后|to\b|until\b|[-—~]\s*\d{4})", text[first[2] :]) else first[0]
    )


def _on_cover(page: Page) -> Fact | None:
    """``2018-12-24 发布`` on the cover of a standard."""
    for line in page.top:
        if len(line.text) > 60:
            continue
        text = unicodedata.normalize("NFKC", line.text)
        # Some fonts lose the dashes.
        text = re.sub(r"^((?:19|20)\d\d) +(\d\d) +(\d\d)(?= *发)", r"\1-\2-\3", text)
        for iso, start, end in _dates(text):
            if _AFTER.match(text, end):
                return fact("published", iso, 0.96, "title line", line, line.text[start:])
    return None


def _declared(page: Page) -> Fact | None:
    """What the format declares; surer where the page shows the same."""
    if not page.loaded.published:
        return None
    shown = _labelled(page)
    if shown is not None and shown.value == page.loaded.published:
        return replace(shown, confidence=0.98)
    return fact(
        "published", page.loaded.published, 0.9 if shown else 0.95, "format", quote=page.loaded.published
    )


def _stamped(page: Page) -> Fact | None:
    """A line by the title of nothing but a date, a time and perhaps names: ``2020-07-21 17:57``."""
    for line in stamps(page):
        found = beside_date(line.text)
        if found is None:
            continue
        iso, rest = found
        if not rest:
            return fact("published", iso, 0.93, "title line", line, line.text)
        timed = re.search(r"\d{1,2}[:：]\d{2}", line.text)
        if page.title is not None and (_is_name(rest) or (timed and len(rest) <= 30)):
            return fact("published", iso, 0.88, "title line", line, line.text)
    return None


def stamps(page: Page) -> Iterator[Line]:
    """Lines above and under the title in which a date may stand with names."""
    last = page.lines[min(page.title_end + 6, len(page.lines)) - 1]
    for line in page.top:
        if (line.page or 0, line.number) > (last.page or 0, last.number):
            return
        if len(line.text) <= 100:
            yield line


def beside_date(text: str) -> tuple[str, str] | None:
    """The one date of a line that begins or ends with it, and the other words, if they are no sentence."""
    dates = list(_dates(text))
    if len(dates) != 1:
        return None
    iso, start, stop = dates[0]
    before, after = text[:start], _PAGE.sub("", text[stop:])
    rest = _BESIDE.sub("", _TIME.sub(" ", before + " | " + after))
    if re.search(r"[，。；！？]|[.!?]\s*$|[:：]", rest) or _OTHER_DATE.search(rest):
        return None
    bare_before, bare_after = (
        _BESIDE.sub("", _TIME.sub(" ", part)).strip(_SEPARATORS) for part in (before, after)
    )
    if bare_before and bare_after:
        return None
    return iso, bare_before or bare_after


_SEPARATORS = " \t\u3000|｜/()（）[]【】-—·,."
_PAGE = regex(r"第?\s*[A-Z]?\d{1,3}\s*版|\bpage \d{1,3}\b", re.I)


def _is_name(text: str) -> bool:
    """Whether the words beside a date can be a person's, a place's or a body's name."""
    if re.search(f"[{HAN}]", text):
        return bool(re.fullmatch(r"(?:[^\W\d]|[（）()·、\s\u3000]){2,40}", text)) and len(text) <= 40
    words = re.split(r"[\s,|/]+", text)
    return len(words) <= 10 and all(
        re.match(r"[A-Z(]|of$|and$|the$|for$|by$", word) for word in words if word
    )


def _issued(page: Page) -> Fact | None:
    """``国务院　2018-01-01`` under the title of a law, which may be the day of its coming into force."""
    for line in page.head(5):
        if len(line.text) > 100:
            continue
        found = next(_dates(line.text), None)
        if (
            found
            and not line.text[found[2] :].strip(" )）")
            and re.search(r"[\s\u3000]$", line.text[: found[1]])
        ):
            if is_body(line.text[: found[1]].strip(" 　(（")):
                return fact("published", found[0], 0.88, "title line", line, line.text)
    return None


def _only_date(text: str) -> str | None:
    """The date of a line that has nothing else, as under a signature."""
    if len(text) > 40:
        return None
    found = next(_dates(text), None)
    if found is None:
        return None
    rest = _TIME.sub("", re.sub(r"^\s*(?:Ends?|完)\s*/", "", text[: found[1]]) + text[found[2] :])
    return found[0] if re.fullmatch(r"[\s\u3000()（）]*(?:印发|发布)?[\s\u3000()（）.。]*", rest) else None


def find_signatures(lines: Sequence[Line]) -> Iterator[Signature]:
    """Signatures at the end of a document, or before what is attached to it."""
    for index, line in enumerate(lines):
        text = line.text
        if index == 0 or len(text) > 160 or not _YEAR.search(text):
            continue
        at_end = index >= len(lines) - TAIL_LINES
        if not at_end and not any(_ATTACHED.match(later.text) for later in lines[index + 1 : index + 4]):
            continue
        confidence = 0.9 if at_end else 0.85
        if iso := _only_date(text):
            first = index
            while (
                first > 1
                and index - first < 8
                and (is_body(lines[first - 1].text) or is_english_body(lines[first - 1].text))
            ):
                first -= 1
            if first < index:
                yield Signature(
                    [name.text for name in lines[first:index]], iso, lines[first], line, confidence
                )
        elif (found := next(_dates(text), None)) and not text[found[2] :].strip(" 印发\u3000)）"):
            body = text[: found[1]].strip(" \u3000(（,，")
            if index >= 3 and (is_body(body) or is_english_body(body)):
                yield Signature([body], found[0], line, line, confidence)


def _signed(page: Page) -> Fact | None:
    """The date under a notice's signature."""
    for signature in page.signatures[:1]:
        return fact(
            "published", signature.date, signature.confidence, "signature", signature.dated, signature.quote
        )
    return None


def _promulgated(page: Page) -> Fact | None:
    """``2021年1月24日国务院令第736号公布`` in the head of a rule that wasn't changed since."""
    found: list[tuple[Line, str, str]] = []
    for line in page.lines[page.title_end : TOP_LINES]:
        text = line.text
        if _ARTICLE.match(text) or len(text) > 300:
            break
        if re.search(r"修正|修订|修改|修訂", text):
            return None
        if not re.match(r"[\s（(]*\D{0,6}\d{4}\s*年", text):
            continue
        dates = list(_dates(text))
        ends = [start for _, start, _ in dates[1:]] + [len(text)]
        for (iso, start, stop), upto in zip(dates, ends, strict=False):
            # The words between a date and the next one are what happened on it.
            if (match := _PROMULGATED.search(text, stop, upto)) and match.start() - stop <= 60:
                found.append((line, iso, text[start : match.end()]))
    if len({iso for _, iso, _ in found}) != 1:
        return None
    line, iso, quote = found[0]
    return fact("published", iso, 0.85, "title line", line, quote)


def _in_dateline(page: Page) -> Fact | None:
    """A dateline with its year: ``新华社北京2023年2月11日电``, ``BEIJING, June 3, 2019 (Xinhua) --``."""
    for line in page.head(4):
        start = line.text[:120]
        for iso, begin, stop in _dates(start):
            before, after = start[:begin], start[stop : stop + 30]
            zh = (
                re.match(r"\s*(?:[电電]|讯|訊|消息)", after)
                and re.search(r"[社网網报報]", before)
                and len(before) <= 30
            )
            en = re.match(r"\s*\(?[A-Z][\w. ,]{2,30}\)?\s*(?:--|—|–|-|:)|\s*(?:--|—|–)", after) and re.match(
                r"[A-Z][\w .,'()-]{0,60}$", before
            )
            if zh or en:
                return fact("published", iso, 0.88, "dateline", line, start[: stop + 20])
            break
    return None


def _in_address(page: Page) -> Fact | None:
    """The date that news sites and government sites write into addresses."""
    for url in (page.loaded.url, page.url):
        if match := _IN_ADDRESS.search(url or ""):
            year, month, day = (int(part) for part in match.groups() if part)
            if iso := iso_date(year, month, day):
                return fact("published", iso, 0.85, "address", quote=url or "")
    return None


def _ends_with(page: Page) -> Fact | None:
    """A date alone in the last line."""
    if len(page.lines) < 3:
        return None
    line = page.lines[-1]
    iso = _only_date(line.text)
    return fact("published", iso, 0.7, "signature", line, line.text) if iso else None


def _from_lead(page: Page) -> Fact | None:
    """``On June 3rd, the reporter learned from the conference of the second quarter of 2019 …``.

    The day of the news in its first sentence, if that names one part of a year that the day is in or soon after, and
    its paragraph names no other year. A whole year may be the last one.
    """
    for line in page.lines[page.title_end : page.title_end + 2]:
        if len(line.text) < 40:
            continue
        sentence = re.split(r"(?<=[。！？])|(?<=[a-z)]\.)\s+(?=[A-Z])", line.text, maxsplit=1)[0][:600]
        match = _EVENT_EN.match(sentence) or _EVENT_ZH.match(sentence)
        if match is None or len(set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", line.text))) != 1:
            return None
        month = match["month"].lower()
        for mention in find_periods(sentence, page.lang):
            start, end = (datetime.date.fromisoformat(day) for day in mention.value.split("/"))
            iso = iso_date(start.year, MONTHS.get(month) or int(month), int(match["day"]))
            if iso is None or not 27 <= (end - start).days <= 300:
                continue
            if start <= datetime.date.fromisoformat(iso) <= end + datetime.timedelta(days=45):
                return fact("published", iso, 0.55, "dateline", line, sentence)
        return None
    return None
