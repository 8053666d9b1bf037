"""What people write about a bulletin by hand: a side-car file beside it, or front matter at its top.

A side-car of ``bulletin.pdf`` is ``bulletin.pdf.meta.yaml`` or ``bulletin.meta.yaml``; the first goes before the
second. Front matter is the same YAML between two lines of ``---`` at the top of a text or Markdown file::

    title: 关于做好监测工作的通知
    published: 2018-06-04
    publisher: 四川省生态环境厅
    source: 中国环境报
    doc_number: 川环函〔2018〕15号
    url: https://...
    lang: zh
    places: [四川, 510100]            # names or division codes
    topics: [water, 监测]              # ids or names
    periods: [2018, 2021-01-01/2025-12-31]

All keys may be left out. What is declared overrides what ingestion finds; a key with nothing after it says that
the bulletin has none. Lists may be single values, and Chinese keys (标题, 发布日期 …) mean the same.

Values are read as they are written, so that YAML doesn't make numbers, dates and booleans of them.
"""

from __future__ import annotations

import calendar
import datetime
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from indexer.errors import DocumentError, TransientDocumentError
from indexer.ingest.decode import decode
from indexer.language.dates import FIRST_YEAR, LAST_YEAR, iso_date
from indexer.language.regex import regex
from indexer.types import LANGS, Fact, FactName, Lang, Line

SUFFIX = ".meta.yaml"

MARK = b"\0side-car\0"
"""Stands between a bulletin's bytes and its side-car's, where both are digested."""

MAX_BYTES = 64 * 1024
"""A side-car above this is a mistake or an attack."""

_MAX_VALUE = 500
"""Characters of one value."""

_MAX_VALUES = 100
"""Values of one list."""

_MAX_DEPTH = 4
"""Lists within lists; one is ever used."""

# Other names of the keys.
_ALIASES = {
    "date": "published", "number": "doc_number", "language": "lang",
    "place": "places", "topic": "topics", "period": "periods",
    "标题": "title", "发布日期": "published", "发布时间": "published", "日期": "published",
    "发布机构": "publisher", "发布单位": "publisher", "来源": "source", "文号": "doc_number", "发文字号": "doc_number",
    "网址": "url", "链接": "url", "语言": "lang", "地区": "places", "地点": "places", "主题": "topics", "时期": "periods",
}  # fmt: skip
_KEYS = (
    "title",
    "published",
    "publisher",
    "source",
    "doc_number",
    "url",
    "lang",
    "places",
    "topics",
    "periods",
)
_LISTS: dict[str, FactName] = {"places": "place", "topics": "topic", "periods": "period"}

_FENCE = regex(r"---\s*")
_FENCE_END = regex(r"(?:---|\.\.\.)\s*")
_FRONT_LINE = regex(r"[A-Za-z_\u4e00-\u9fff][\w -]{0,30}:(?:\s.*)?|\s+\S.*|- .*|#.*|\s*")
_MAX_FRONT_LINES = 200


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared by hand.

    Attributes:
        facts: For each name that was declared its facts, none where the bulletin is said to have none.
        lang: The document's language, where declared.
        url: Address of the original, where declared; ``""`` where it is said to have none.
    """

    facts: Mapping[FactName, tuple[Fact, ...]] = field(default_factory=dict)
    lang: Lang | None = None
    url: str | None = None

    def over(self, other: Declared) -> Declared:
        """Both together; this one goes first."""
        return Declared(
            {**other.facts, **self.facts},
            self.lang or other.lang,
            self.url if self.url is not None else other.url,
        )


def is_sidecar(path: str | Path) -> bool:
    """Whether a file is a side-car and not a bulletin, by its name."""
    return str(path).lower().endswith(SUFFIX)


def find(path: Path) -> Path | None:
    """The side-car of a bulletin, if there is one.

    Whoever compares files to see which have changed must look at both: a bulletin whose side-car came, went or
    changed is another document (see :func:`indexer.ingest.document_id`).
    """
    for name in dict.fromkeys((path.name + SUFFIX, path.stem + SUFFIX)):
        candidate = path.with_name(name)
        if candidate.is_file():
            return candidate
    return None


def load(path: Path) -> bytes:
    """The bytes of a side-car.

    Raises:
        DocumentError: It can't be opened, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TransientDocumentError(
            f"{path} can't be opened ({error.strerror or error}). Check that you may read it, or take it away.",
            f"无法打开 {path}（{error.strerror or error}）。请检查读取权限，或移走该文件。",
        ) from error
    if len(data) > MAX_BYTES:
        raise DocumentError(
            f"{path.name} has more than {MAX_BYTES // 1024} KB. Keep only {', '.join(_KEYS)}.",
            f"{path.name} 超过 {MAX_BYTES // 1024} KB。请只保留 {'、'.join(_KEYS)}。",
        )
    return data


def parse(data: bytes, name: str) -> Declared:
    """Read a side-car.

    Args:
        data: Its bytes.
        name: Its file name, for messages.

    Raises:
        DocumentError: A key or value can't be used; the message names the line and what is expected there.
    """
    return _read(decode(data).text if data.strip() else "", name, first_line=1, strict=True)


def split_front_matter(lines: Sequence[Line], name: str) -> tuple[Declared, int]:
    """Read the front matter of a text file.

    Keys that other programs write there (``layout``, ``tags`` …) are left alone; one that is nearly one of ours
    is a slip of the pen.

    Args:
        lines: The file's lines.
        name: The file's name, for messages.

    Returns:
        What it declares, and how many lines to leave out: 0 where there is no front matter.

    Raises:
        DocumentError: A key or value can't be used.
    """
    start = next((i for i, line in enumerate(lines[:20]) if line.text.strip("\ufeff \t")), None)
    if start is None or not _FENCE.fullmatch(lines[start].text.lstrip("\ufeff")):
        return Declared(), 0
    block: list[str] = []
    for index in range(start + 1, min(len(lines), start + _MAX_FRONT_LINES)):
        text = lines[index].text
        if _FENCE_END.fullmatch(text):
            # A rule at the top of a text isn't followed by keys only.
            if not any(re.match(r"[\w\u4e00-\u9fff]", line) for line in block):
                return Declared(), 0
            declared = _read("\n".join(block), name, first_line=lines[start].number + 1, strict=False)
            return declared, index + 1
        if not _FRONT_LINE.fullmatch(text):
            return Declared(), 0
        block.append(text)
    return Declared(), 0


def _read(text: str, name: str, first_line: int, strict: bool) -> Declared:
    """Read YAML text; ``first_line`` is its number in the file, ``strict`` refuses keys that aren't ours."""
    facts: dict[FactName, tuple[Fact, ...]] = {}
    lang: Lang | None = None
    url: str | None = None
    seen: set[str] = set()
    for key, values, number in _entries(text, name, first_line):
        known = _known(key, name, number, strict)
        if known is None:
            continue

        def fail(expected: str, chinese: str, number: int = number, known: str = known) -> DocumentError:
            return _error(name, number, f"{known} must be {expected}", f"{known} {chinese}")

        if known in seen:
            raise _error(name, number, f"{known} is there twice; keep one", f"{known} 重复出现，请只保留一处")
        seen.add(known)
        if values is None or any(len(value) > _MAX_VALUE for value in values) or len(values) > _MAX_VALUES:
            listed = known in _LISTS
            raise fail(
                "a short text" + (" or a list of such" if listed else ""),
                "应为一段短文字" + ("或短文字的列表" if listed else ""),
            )
        if known not in _LISTS and len(values) > 1:
            raise fail("one value, not a list", "应为单个值，而不是列表")
        if known == "lang":
            lang = next((of for of in LANGS if values and values[0].lower().startswith(of)), None)
            if values and lang is None:
                raise fail("zh or en", "应为 zh 或 en")
        elif known == "url":
            if values and not re.match(r"https?://\S+$", values[0]):
                raise fail(
                    "an address that starts with http:// or https://", "应为以 http:// 或 https:// 开头的网址"
                )
            url = values[0] if values else ""
        else:
            # Lines of a side-car are not lines of the bulletin.
            line = None if strict else number
            fact_name = _LISTS.get(known) or cast(FactName, known)
            read = _READERS.get(known, _plain)
            facts[fact_name] = tuple(
                Fact(fact_name, meant, 1.0, "side-car", line, quote=f"{key}: {value}"[:80])
                for value in dict.fromkeys(values)
                for meant in read(value, fail)
            )
    return Declared(facts, lang, url)


def _entries(text: str, name: str, first_line: int) -> list[tuple[str, list[str] | None, int]]:
    """Key, values and line of each entry; None for values that are no text or list of texts."""
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            # A short text could name one list a million times, or nest a million lists.
            if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
                what = "a list within lists" if depth > _MAX_DEPTH else "a reference (*name)"
                raise yaml.MarkedYAMLError(problem=what, problem_mark=event.start_mark)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        number = first_line + (mark.line if mark else 0)
        problem = error.problem or "no YAML"
        raise _error(
            name, number, f"it is no YAML that can be used ({problem}); write `key: value`, and put a value with"
            " colons or brackets in quotes",
            f"不是可用的 YAML（{problem}）；请写成 `key: value`，值中有冒号或括号时请加引号",
        ) from error  # fmt: skip
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _error(
            name,
            first_line,
            "it is no YAML that can be used; write one `key: value` a line",
            "不是可用的 YAML；请每行写一个 `key: value`",
        ) from error
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise _error(
            name,
            first_line + root.start_mark.line,
            "write `key: value`, one a line",
            "请每行写一个 `key: value`",
        )
    entries: list[tuple[str, list[str] | None, int]] = []
    for key, value in root.value:
        number = first_line + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            raise _error(name, number, "a key must be a word", "键应为一个词")
        items = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if any(not isinstance(item, yaml.ScalarNode) for item in items):
            entries.append((key.value, None, number))
            continue
        texts = ["" if item.tag.endswith(":null") else " ".join(item.value.split()) for item in items]
        entries.append((key.value, [t for t in texts if t], number))
    return entries


def _known(key: str, name: str, number: int, strict: bool) -> str | None:
    plain = key.strip().lower().replace("-", "_").replace(" ", "_")
    plain = _ALIASES.get(plain, plain)
    if plain in _KEYS:
        return plain
    near = difflib.get_close_matches(plain, [*_KEYS, *_ALIASES], n=1, cutoff=0.6 if strict else 0.88)
    if not strict and not near:
        return None
    guess, guess_zh = (f"did you mean {near[0]}? ", f"是否应为 {near[0]}？") if near else ("", "")
    raise _error(
        name,
        number,
        f"there is no key {key[:40]!r}; {guess}Known are {', '.join(_KEYS)}",
        f"没有键 {key[:40]!r}；{guess_zh}可用的键有 {'、'.join(_KEYS)}",
    )


def _error(name: str, number: int, what: str, chinese: str) -> DocumentError:
    return DocumentError(
        f"Fix line {number} of {name}: {what}.", f"请修改 {name} 第 {number} 行：{chinese}。"
    )


_Fail = Callable[[str, str], DocumentError]
"""Makes the error from what is expected, in English and in Chinese."""

_DATE = regex(r"(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?(?:[T\s]\d{1,2}:\d{2}.*)?")
_INTERVAL = regex(r"(.{4,}?)\s*(?:/|\.\.|至|到| - |–|—|~)\s*(.{4,})")


def _plain(value: str, fail: _Fail) -> Sequence[str]:
    return (value,)


def _date(value: str, fail: _Fail) -> Sequence[str]:
    match = _DATE.fullmatch(value)
    if match and (iso := iso_date(int(match[1]), int(match[2]), int(match[3]))):
        return (iso,)
    raise fail(
        f"a date such as 2018-06-04, of {FIRST_YEAR} to {LAST_YEAR}, not {value[:40]!r}",
        f"应为 {FIRST_YEAR} 至 {LAST_YEAR} 年的日期，如 2018-06-04，而不是 {value[:40]!r}",
    )


def _period(value: str, fail: _Fail) -> Sequence[str]:
    """An interval of two dates, months or years, one of these, or what a text may call it (``“十四五”``)."""
    from indexer.language.periods import find_periods

    ends = _INTERVAL.fullmatch(value)
    first, last = (ends[1], ends[2]) if ends else (value, value)
    start, end = _span(first.strip()), _span(last.strip())
    if start is not None and end is not None and start[0] <= end[1]:
        return (f"{start[0]}/{end[1]}",)
    for lang in LANGS:
        mentions = find_periods(value, lang)
        if len(mentions) == 1:
            return (mentions[0].value,)
    raise fail(
        f"like 2018, 2018-06, 2018-Q2 or 2021-01-01/2025-12-31, not {value[:40]!r}",
        f"应形如 2018、2018-06、2018-Q2 或 2021-01-01/2025-12-31，而不是 {value[:40]!r}",
    )


def _span(text: str) -> tuple[datetime.date, datetime.date] | None:
    """First and last day of a year, half-year, quarter, month or day."""
    match = re.fullmatch(
        r"((?:19|20)\d\d)年?(?:-?([QH])(\d)|[-年](\d{1,2})月?(?:[-月](\d{1,2})日?)?)?", text, re.I
    )
    if not match:
        return None
    year = int(match[1])
    first, last = 1, 12
    try:
        if match[2]:
            length = 3 if match[2].upper() == "Q" else 6
            last = int(match[3]) * length
            first = last - length + 1
        elif match[4]:
            first = last = int(match[4])
        if match[5]:
            day = datetime.date(year, first, int(match[5]))
            return day, day
        return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])
    except ValueError:  # calendar.IllegalMonthError is one
        return None


def _topic(value: str, fail: _Fail) -> Sequence[str]:
    from indexer.language.topics import all_topics, find_topic

    found = find_topic(value)
    if found is None:
        known = [topic.id for topic in all_topics()]
        raise fail(
            f"among {', '.join(known)}, or the names of these; there is no {value[:40]!r}",
            f"应为 {'、'.join(known)} 之一，或其名称；没有 {value[:40]!r}",
        )
    return (found,)


def _place(value: str, fail: _Fail) -> Sequence[str]:
    """The code of a place, or those of the provinces of a region."""
    from indexer.language.places import lookup, place

    if re.fullmatch(r"\d{6}", value):
        if place(value) is None:
            raise fail(
                f"division codes of the official list; {value} is none of them",
                f"应为官方区划代码；{value} 不在其列",
            )
        return (value,)
    found = lookup(value)
    if len(found) == 1 or (found and all(each.level == "province" for each in found)):
        return tuple(each.code for each in found)
    if found:
        of = ", ".join(f"{each.code} {each.name_zh} {each.name_en}" for each in found[:5])
        raise fail(
            f"a code where places share a name: {value[:40]!r} may be {of}",
            f"遇同名地区应写区划代码：{value[:40]!r} 可能是 {of}",
        )
    raise fail(
        f"names such as 四川 or Chengdu, or division codes such as 510000; there is no {value[:40]!r}",
        f"应为四川、Chengdu 之类的地名，或 510000 之类的区划代码；没有 {value[:40]!r}",
    )


_READERS: dict[str, Callable[[str, _Fail], Sequence[str]]] = {
    "published": _date,
    "periods": _period,
    "topics": _topic,
    "places": _place,
}
