"""Chinese places in text, as codes of the official division list (``510000`` Sichuan, ``210200`` Dalian).

The table ``places.tsv`` holds provinces, cities and counties with their names in both languages;
``benchmarks/build_places.py`` makes it and says from what. Chinese text is scanned for names without cutting it into
words: full names go before short ones, what other words cover (``长江``, ``沿海``) is no place, and a short name is
refused where the characters around it make likelier words (``国内|江河``). Names that several places share, or that
mean something else as well, count only where a parent, a sibling or the full name speaks for them.
"""

from __future__ import annotations

import bisect
import functools
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

from indexer.language.detect import HAN, simplify
from indexer.language.quote import lower
from indexer.language.quote import quote as words_around
from indexer.language.regex import regex
from indexer.types import Fact, Lang, Origin

Level = Literal["province", "city", "county"]
_RANK: dict[Level, int] = {"province": 0, "city": 1, "county": 2}

ABOUT = 0.5
"""Confidence from which a document is about a place; below, it only speaks of it."""

MAX_PLACES = 12
"""Places of one document at most."""
_QUESTION = 200
"""Characters up to which a text may be a question."""


@dataclass(frozen=True, slots=True)
class Place:
    """A division of the official list.

    Attributes:
        code: Six digits; the first two say the province, the first four the city.
        name_zh: Full Chinese name (``四川省``).
        short_zh: Chinese name without the kind of division (``四川``).
        name_en: English name as people write it (``Sichuan``, ``Anfu County``).
        parent: Code of the city or province above; None for a province.
    """

    code: str
    name_zh: str
    short_zh: str
    name_en: str
    level: Level
    parent: str | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text: ``text[start:end]``.

    Attributes:
        confidence: 0 to 1, that the text speaks of this place here. Below .5: the words name it, but as the place of
            a newspaper's office, a university or a dateline.
        region: Name of the region (``京津冀``) where the words name several provinces: then there is one mention for
            each province, all with the same span.
    """

    start: int
    end: int
    code: str
    confidence: float
    region: str | None = None


@dataclass(slots=True)
class _Name:
    """What one written form may mean; nothing (no codes) for a word that only keeps its parts from being places.

    Attributes:
        codes: Codes of the places of that name, the most important first.
        full: Whether the kind of division is part of the name.
        weak: Counts only where context speaks for it.
        near: Counts only right after a parent or beside a sibling; ``never``: not even there.
        common: Is a common word as well.
        noun: Ends in a common noun (``海|城市``), so that its first character may belong to the word before.
        before: Characters before the name that make another word of its first character; ``after`` likewise.
        region: Name of the region or part of a province that it is.
    """

    codes: tuple[str, ...]
    full: bool = False
    weak: bool = False
    near: bool = False
    never: bool = False
    common: bool = False
    noun: bool = False
    before: str = ""
    after: str = ""
    region: str | None = None


_Entry = tuple[str, bool, str, str, str]
"""Code, whether the name is the full one, flags, characters before, characters after."""


@dataclass(slots=True)
class _Found:
    """A written form found in a text, before context decides what it means; confidence 0 until then."""

    start: int
    end: int
    name: _Name
    codes: tuple[str, ...]
    weak: bool
    full: bool
    confidence: float = 0.0


@dataclass(slots=True)
class _Table:
    """The table as it is read; what a name means is worked out when it is first met.

    ``chinese`` and ``english`` give for a written form what the lines say of it; ``starts`` the written forms by their
    first two characters and ``words`` by their first word, long ones first.
    """

    places: dict[str, Place] = field(default_factory=dict)
    chinese: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    english: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    known: set[str] = field(default_factory=set)
    special: dict[str, _Name] = field(default_factory=dict)
    starts: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    start: re.Pattern[str] = field(default_factory=lambda: re.compile(""))


def provinces() -> tuple[Place, ...]:
    """All 34 provinces in the official order: by code, Taiwan, Hong Kong and Macao last."""
    return tuple(p for p in _table().places.values() if p.level == "province")


def place(code: str) -> Place | None:
    """The division of a code; None if the list has none."""
    return _table().places.get(code)


def lookup(name: str) -> list[Place]:
    """What a typed name may mean, the most important first; empty if nothing.

    Takes any of the names in Chinese (Simplified or Traditional) or English, whatever the case, with or without
    ``省``, ``市``, ``Province``, ``City``; a code; a region (``京津冀``, ``Yangtze River Delta``), for its provinces;
    a part of a province (``川东北``), for the province.
    """
    table = _table()
    key = _key(_simplified(unicodedata.normalize("NFKC", name))).strip()
    return [table.places[code] for code in _typed_chinese(key) or _typed_english(key) if code in table.places]


def find_places(text: str, lang: Lang) -> list[Mention]:
    """Places that a text or a question names, in order; ambiguous names only where context decides.

    English names are found in lower case only where the whole text is written so, as questions are.
    """
    found: list[_Found] = []
    if _HAN.search(text):
        found += _scan_chinese(text)
    if _LATIN.search(text):
        found += _scan_english(
            text, any_case=text == text.lower() and (lang == "en" or len(text) <= _QUESTION)
        )
    found.sort(key=lambda f: f.start)
    _decide(text, found)
    return [
        Mention(f.start, f.end, code, f.confidence, f.name.region)
        for f in found
        if f.confidence
        for code in f.codes
    ]


def document_places(
    title: str | None, text: str, publisher: str | None, lang: Lang
) -> list[tuple[Fact, int | None]]:
    """Places that a document is about, the most important first, 12 at most.

    Confidence from .5 says that the document is about the place; below that it only speaks of it. Where the main
    place is a city or county, it comes before its province. The first two digits of the first value are its province.

    Returns:
        Facts without line and page, each with the offset in ``text`` where its quote begins (None for what was read
        in the title or publisher).
    """
    evidence = [
        *_weigh(title or "", lang, "title line"),
        *_weigh(publisher or "", lang, "label"),
        *_weigh(text, lang, "text"),
    ]
    if not evidence:
        return []
    facts = []
    nation = _NATION_SHARE * (len(_NATION.findall(text)) + 5 * len(_NATION.findall(title or "")))
    for code, confidence in _rank(evidence, nation)[:MAX_PLACES]:
        best = min(
            (e for e in evidence if _within(e.code, code)),
            key=lambda e: (e.code != code, _ORIGINS.index(e.origin), -e.weight, e.start),
        )
        source = {"title line": title, "label": publisher}.get(best.origin) or text
        start, quote = words_around(source, best.start, best.end)
        fact = Fact("place", code, max(0.05, round(confidence, 2)), best.origin, quote=quote)
        facts.append((fact, start if best.origin == "text" else None))
    return facts


# ---------------------------------------------------------------------------------------------------------- the table

_PREFECTURES = ("自治州", "地区", "盟")
_COUNTY_KINDS = {
    "自治县": "County", "县": "County", "自治旗": "Banner", "旗": "Banner", "新区": "New Area", "林区": "Forestry District",
    "区": "District",
}  # fmt: skip
_DEFAULTS_EN = {"suzhou": "320500", "fuzhou": "350100"}
"""What a romanisation that two cities share means where nothing decides."""
_WEAK_EN = frozenset(
    "aba aral chaoyang dongfang zhongshan shuanghe beitun xinxing baiyang laibin ili".split()
)
"""English names that are other names or words as well."""


@functools.cache
def _table() -> _Table:
    table = _Table()
    zh, en = table.chinese, table.english
    for line in (resources.files("indexer.language") / "places.tsv").read_text("utf-8").splitlines():
        cells = line.split("\t")
        if line.startswith("#"):
            continue
        if cells[0] == "words":
            table.special |= {word: _Name(()) for word in cells[1].split()}
        elif cells[0] == "region":
            region = _Name(tuple(cells[2].split()), full=True, region=cells[1])
            names = (cells[1], *(cells[3].split(";") if len(cells) > 3 else ()))
            table.special |= {_key(name): region for name in names}
        else:
            code, full, short, english, more_zh, more_en, flags, before, after = cells + [""] * (
                9 - len(cells)
            )
            county = not code.endswith("00")
            table.places[code] = _place(code, full, short, english, table.places)
            if "k" in flags:
                table.known.add(code)
            zh[full].append((code, True, flags, before, ""))
            if short != full:
                zh[short].append((code, False, flags, before, after))
            for name in _more_chinese(full, short, more_zh):
                zh[name].append((code, True, "k", "", ""))
            for name in (english, *more_en.split(";")) if more_en else (english,):
                key = _key(name)
                en[key].append(code)
                if "'" in key and not county and (bare := key.replace("'", "")) not in ("jian", "luan"):
                    en[bare].append(code)
    for written in sorted((*zh, *(w for w in table.special if w > "\u3400")), key=len, reverse=True):
        table.starts.setdefault(written[:2], []).append(written)
    for written in sorted((*en, *(w for w in table.special if w < "\u3400")), key=len, reverse=True):
        table.words.setdefault(_FIRST_WORD.match(written)[0], []).append(written)  # type: ignore[index]
    first, second = ("".join({pair[place] for pair in table.starts}) for place in (0, 1))
    table.start = re.compile(f"[{first}](?=[{second}])")
    return table


@functools.lru_cache(maxsize=1 << 14)
def _chinese(written: str) -> _Name | None:
    """What a Chinese name means, without its context; None if there is no such name."""
    table = _table()
    if written in table.special:
        return table.special[written]
    return _chinese_name(written, table.chinese[written], table.places) if written in table.chinese else None


@functools.lru_cache(maxsize=1 << 14)
def _english(written: str) -> _Name | None:
    """What an English name means, without its context; None if there is no such name."""
    table = _table()
    if written in table.special:
        return table.special[written]
    return _english_name(written, table.english[written], table) if written in table.english else None


def _place(code: str, full: str, short: str, english: str, places: dict[str, Place]) -> Place:
    if code.endswith("0000"):
        return Place(code, full, short, english, "province", None)
    if code.endswith("00"):
        kind = next((kind for kind in _PREFECTURES if full.endswith(kind)), "")
        shown = english + {"自治州": " Prefecture", "地区": " Prefecture", "盟": " League"}.get(kind, "")
        return Place(
            code, full, short, "Jilin City" if code == "220200" else shown, "city", code[:2] + "0000"
        )
    kind = next((kind for kind in _COUNTY_KINDS if full.endswith(kind)), "")
    shown = f"{english} {_COUNTY_KINDS[kind]}" if kind else english
    parent = code[:4] + "00" if code[:4] + "00" in places else code[:2] + "0000"
    return Place(code, full, short, shown, "county", parent)


def _more_chinese(full: str, short: str, more: str) -> Iterator[str]:
    """Names under which a division goes besides its full and its short one: ``甘孜州``, ``北川县``."""
    yield from filter(None, more.split(";"))
    for kind, simple in (
        ("自治区", "自治区"),
        ("自治州", "州"),
        ("自治县", "县"),
        ("自治旗", "旗"),
        ("回族区", "区"),
    ):
        if full.endswith(kind) and full != short + simple and len(short) >= 2 and not short.endswith("族"):
            yield short + simple


def _chinese_name(written: str, entries: Sequence[_Entry], places: dict[str, Place]) -> _Name:
    """Merge the places of one written form; of the short names only those of the highest level stand for it."""
    ordered = sorted(entries, key=lambda e: (not e[1], _RANK[places[e[0]].level]))
    code, full, flags, before, after = ordered[0]
    level = places[code].level
    if full:
        codes = tuple(e[0] for e in ordered if e[1])
        near = len(written) == 2 or "g" in flags
        noun = "n" in flags
        return _Name(
            codes, full=True, weak=len(codes) > 1, near=near, noun=noun, before=before if noun else ""
        )
    common = "c" in flags
    top = [e[0] for e in ordered if places[e[0]].level == level]
    return _Name(
        tuple(e[0] for e in ordered),
        weak=len(top) > 1 or common or (level == "county" and "k" not in flags),
        near=level == "county" and common,
        never="g" in flags,
        common=common,
        before=before,
        after=after,
    )


def _english_name(written: str, codes: Sequence[str], table: _Table) -> _Name:
    codes = sorted(dict.fromkeys(codes), key=lambda code: _RANK[table.places[code].level])
    level = table.places[codes[0]].level
    several = len(codes) > 1 and table.places[codes[1]].level == level
    common = written in _WEAK_EN
    county = level == "county"
    known = county and codes[0] in table.known and len(written) > 5
    return _Name(tuple(codes), weak=several or common or (county and not known), near=county, common=common)


def _key(name: str) -> str:
    """Lower case without accents, ``'`` for every apostrophe; as long as the name in the text that it folds."""
    plain = lower(name)
    return plain if plain.isascii() else plain.translate(_ACCENTS)


_ACCENTS = {
    **{
        ord(a): b
        for a, b in zip("àáâãäåèéêëìíîïòóôõöùúûüǖǘǚǜñçê", "aaaaaaeeeeiiiiooooouuuuuuuunce", strict=True)
    },
    **{ord(a): "'" for a in "’‘`\u00b4\u02bc"},
    **{ord(a): "-" for a in "–—\u2010\u2011"},
    0xA0: " ",
}
_FIRST_WORD = regex(r"[a-z']+")


# --------------------------------------------------------------------------------------------------- scanning Chinese

_HAN = regex(f"[{HAN}]")
_ABBREVIATIONS = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23", "沪": "31",
    "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41", "鄂": "42", "湘": "43",
    "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "黔": "52", "贵": "52", "滇": "53", "云": "53",
    "藏": "54", "陕": "61", "甘": "62", "青": "63", "宁": "64", "新": "65", "台": "71", "港": "81", "澳": "82",
}  # fmt: skip
# Characters that are not part of everyday words when two or more stand together.
_RUN = regex("[京津冀晋蒙辽沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔滇陕甘港澳]{2,}(?!高铁|高速|铁路|线|运|国道|剧)")
_PART = regex(
    "(?:(?<![银四汉])(?!陕西|辽西北|黔西南|黔东南)[川苏皖鲁豫粤浙湘鄂赣闽冀陕晋辽桂黔滇](?:[东西][北南]|[东西南北中](?=部|地区|山区|片区|经济区|城市群|高原|[\\W_]|$)))"
)
"""Parts of provinces (``川东北``); they stand for the province."""
_FILE_NUMBER = regex(
    "(?<![\u4e00-\u9fff])[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔贵滇云藏陕甘青宁新]"
    r"(?=(?:政|府|环|发改|自然资|国土|水|林|农|建|财|办|厅|委)[\u4e00-\u9fff]{0,6}\s?[\u3014\[（(【﹝]\s?(?:19|20)\d\d)"
)
"""A province's character at the head of a document number (``川环发[2020]12号``)."""
_ORGANISATION = regex(
    "[市省]?[\u4e00-\u9fff]{0,6}?(?:大学|学院|银行|啤酒|证券|[日晚时早]报|電視台|电视台|卫视|广播电台)"
)
_STREET = regex("[东西南北中]?[一二三四]?(?:路(?![网况段域桥])|大街|大道|胡同)")
_DATELINE = regex(r"\s?\d{1,2}\s?月\s?\d{1,2}\s?日\s?(?:消息|电|讯)")
_CAPITAL = "110000"
_HELD = regex("(?:隆重)?(?:举行|召开|举办|开幕|闭幕|会见|成立|发布|揭幕|签署)")
"""What happens in the capital is about the whole country more often than about Beijing."""
_OTHER_SUFFIX = {
    "市": regex("市[场值面价]"),
    "区": regex("区[域块间划]"),
    "县": regex("县[级处]"),
}
"""Where the last character of a full name begins another word (``东方|市场``)."""
_DIRECTION = regex("[东西南北][岸侧麓坡端翼缘]")


def _simplified(text: str) -> str:
    """In Simplified characters but for 乾, which is 干 elsewhere and itself in names (乾县)."""
    simple = simplify(text)
    if "乾" in text:
        simple = "".join("乾" if c == "乾" else s for c, s in zip(text, simple, strict=True))
    return simple


def _scan_chinese(text: str) -> list[_Found]:
    table = _table()
    folded = _simplified(text)
    raw: list[tuple[int, int, int, _Name]] = []
    for at in table.start.finditer(folded):
        start = at.start()
        for written in table.starts.get(folded[start : start + 2], ()):
            end = start + len(written)
            name = _chinese(written) if folded.startswith(written, start) else None
            if name is None:
                continue
            if name.full and (other := _OTHER_SUFFIX.get(written[-1])) and other.match(folded, end - 1):
                continue
            raw.append(
                (2 if name.weak or name.near else 0 if name.full and not name.noun else 1, start, end, name)
            )
            break
    for pattern, region in ((_FILE_NUMBER, None), (_RUN, ""), (_PART, "")):
        for match in pattern.finditer(folded):
            codes = dict.fromkeys(
                _ABBREVIATIONS[c] + "0000" for c in (match[0] if pattern is _RUN else match[0][0])
            )
            if pattern is _RUN and len(codes) == 1:
                continue
            name = _Name(tuple(codes), region=match[0] if region is not None else None)
            raw.append((0 if pattern is _PART else 1, match.start(), match.end(), name))
    raw.sort(key=lambda r: (r[0], r[1], r[1] - r[2]))
    taken = bytearray(len(text) + 1)  # 1: covered, 2: covered by the end of a place
    found = []
    for _, start, end, name in raw:
        if any(taken[start:end]):
            continue
        if name.codes and name.region is None and not _stands(folded, start, end, name, taken):
            continue
        taken[start:end] = b"\1" * (end - start)
        if name.codes:
            taken[end - 1] = 2
            unsure = name.noun and name.codes[0][4:] != "00" and not _apart(folded, start, taken)
            weak = name.weak or name.near or unsure
            found.append(_Found(start, end, name, name.codes, weak, name.full))
    for f in found:
        if not f.weak:
            f.confidence = _confidence(folded, f)
    return found


def _apart(text: str, start: int, taken: bytearray) -> bool:
    """Whether a name begins where a word surely does."""
    return (
        start == 0
        or taken[start - 1] == 2
        or not _HAN.match(text[start - 1])
        or text[start - 1] in _PREPOSITIONS
    )


_PREPOSITIONS = "在于从到向对与和及至由为是、"


def _stands(text: str, start: int, end: int, name: _Name, taken: bytearray) -> bool:
    """Whether a name is a word here, not the end of one word and the beginning of the next."""
    if start > 0 and taken[start - 1] == 2:
        return True
    if start > 0 and text[start - 1] in name.before:
        return False
    if name.full:
        return True
    if _DIRECTION.match(text, end - 1) or _STREET.match(text, end):
        return False
    level = _table().places[name.codes[0]].level
    if text[end : end + 1] in (_FEATURES if level == "county" else ("村",)):
        return False
    return not (text[end : end + 1] in name.after and text[end : end + 1]) or _apart(text, start, taken)


_FEATURES = tuple("村山湖河江岭峡岛")
"""What makes the name of a village, mountain or river of a county's short name."""


def _confidence(text: str, found: _Found) -> float:
    """How sure a name is that needs no context."""
    if found.name.region is not None:
        return 0.8 if len(found.codes) == 1 or found.name.region in _table().special else 0.6
    if found.full:
        base = 0.95
    else:
        base = {"province": 0.95, "city": 0.9, "county": 0.75}[_table().places[found.codes[0]].level]
        found.codes = found.codes[:1]
        if _ORGANISATION.match(text, found.end):
            base = 0.4
    before = text[max(0, found.start - 1) : found.start]
    if before in ("社", "网", "报") and _DATELINE.match(text, found.end):
        return 0.2
    if found.codes == (_CAPITAL,) and before in ("在", "于") and _HELD.match(text, found.end):
        return 0.3
    return base


# --------------------------------------------------------------------------------------------------- scanning English

_LATIN = regex("[A-Za-z]{2}")
_CAPITALISED = regex(r"\b(?<!['’])[A-ZÜ][a-zA-Zü]*(?:['’‘`\u00b4\u02bc][aeoAEO][a-zA-Z]*)?")
_ANY_WORD = regex(r"\b(?<!['’])[a-z]+(?:['’‘`\u00b4\u02bc][aeo][a-z]*)?")
_KIND = regex(
    r"(?:[ -](?:[a-z]+(?:-[a-z]+)?,?|and|zu)){0,8}? autonomous (?P<autonomous>region|prefecture|county|banner)\b"
    r"| (?P<kind>provinces?|provincial|city|cities|municipality|municipal|special administrative region|county|"
    r"counties|districts?|prefecture|league|banner|new area|forestry district)\b"
)
_KIND_ZH = {
    "region": "自治区", "prefecture": "自治州 地区", "county": "县", "counties": "县", "banner": "旗", "city": "市",
    "cities": "市", "municipality": "市", "municipal": "市", "special administrative region": "特别行政区",
    "district": "区", "districts": "区", "league": "盟", "new area": "新区", "forestry district": "林区",
}  # fmt: skip
"""What the Chinese names end in that have these English words; the others are for provinces."""
_NOT_PLACE = regex(r"(?:'s)? (?:road|street|avenue|lane|time(?! of)|cooperation organi[sz]ation)\b|-montreal")
_ORGANISATION_EN = regex(r" (?:[a-z]+ ){0,2}?(?:university|daily|bank|airlines|evening news|morning post)\b")
_FEATURE_EN = regex(r" (?:river|lake|mountains?|creek|mount)\b")
_SURNAME = regex(
    "(?:Wang|Li|Zhang|Liu|Chen|Yang|Zhao|Huang|Zhou|Wu|Xu|Sun|Hu|Zhu|Gao|Lin|He|Guo|Ma|Luo|Liang|Song|Zheng|Xie|Han|Tang|"
    "Feng|Yu|Dong|Xiao|Cheng|Cao|Yuan|Deng|Xue|Fu|Shen|Zeng|Peng|Lu|Su|Jiang|Cai|Jia|Ding|Wei|Ye|Yan|Pan|Du|Dai|Xia|Tian|"
    "Ren|Fan|Fang|Shi|Yao|Tan|Liao|Zou|Xiong|Jin|Hao|Kong|Bai|Cui|Kang|Mao|Qiu|Qin|Gu|Hou|Shao|Meng|Long|Wan|Duan|Qian|"
    "Yin|Chang|Wen|Hong|Gong|Pang|Lai|Tao|Qi|Ni|Zuo|Miao|Geng|Niu|Ge|Guan|Nie) $"
)
"""What stands before a person's given name."""
_HELD_EN = regex(
    r"(?:held|opened|closed|convened|hosted|met|signed|launched|concluded|speech|talks|"
    r"meeting|forum|summit|conference|ceremony) in $"
)
_DATELINE_EN = regex(r", \w{3,9}\.? \d{1,2}(?:, \d{4})? ?(?:\(|--|-)| \((?:xinhua|cns|reuters|ap)\)")


def _scan_english(text: str, any_case: bool) -> list[_Found]:
    words = _table().words
    found: list[_Found] = []
    last = 0
    for match in (_ANY_WORD if any_case else _CAPITALISED).finditer(text):
        start = match.start()
        names = words.get(_key(match[0])) if start >= last else None
        if not names:
            continue
        here = _key(text[start : start + _WINDOW])
        for written in names:
            if here.startswith(written) and not here[len(written) : len(written) + 1].isalpha():
                before = text[max(0, start - 20) : start] or "\n"
                item = _read_english(here, written, before, any_case)
                if item:
                    item.start, item.end = start, start + item.end
                    found.append(item)
                last = item.end if item else start + len(written)
                break
    return found


_WINDOW = 150
"""Characters that a name with its kind may take, and what is looked at behind it."""


def _read_english(here: str, written: str, before: str, any_case: bool) -> _Found | None:
    """The name at the beginning of some text, with the kind of division that follows it."""
    name, end = _english(written), len(written)
    if name is None or _NOT_PLACE.match(here, end):
        return None
    if name.region is not None:
        return _Found(0, end, name, name.codes, weak=False, full=True, confidence=0.8)
    if (kind := _KIND.match(here, end)) and (
        codes := _of_kind(name.codes, kind["kind"] or kind["autonomous"])
    ):
        weak = len(codes) > 1
        return _Found(0, kind.end(), name, codes, weak, full=True, confidence=0.0 if weak else 0.95)
    county_or_city = _place_of(name.codes[0]).level != "province"
    if (any_case and (name.weak or end < 4)) or (county_or_city and _SURNAME.search(before)):
        return None
    item = _Found(0, end, name, name.codes, name.weak, full=False)
    if not name.weak:
        item.codes = name.codes[:1]
        item.confidence = {"province": 0.95, "city": 0.9, "county": 0.7}[_place_of(name.codes[0]).level]
        if _ORGANISATION_EN.match(here, end) or (county_or_city and _FEATURE_EN.match(here, end)):
            item.confidence = 0.4
        elif item.codes == (_CAPITAL,) and _HELD_EN.search(before):
            item.confidence = 0.3
        elif before[-1] in "\n(" and _DATELINE_EN.match(here, end):
            item.confidence = 0.2
    return item


def _of_kind(codes: Iterable[str], kind: str) -> tuple[str, ...]:
    """The codes whose division is of a kind."""
    places = _table().places
    if kind in ("province", "provinces", "provincial"):
        return tuple(code for code in codes if places[code].level == "province")
    endings = tuple(_KIND_ZH[kind].split())
    return tuple(
        code
        for code in codes
        if places[code].name_zh.endswith(endings)
        and not (kind.startswith("district") and places[code].name_zh.endswith(("自治区", "地区")))
    )


# -------------------------------------------------------------------------------------------------- deciding by context

_REACH = 300
"""Characters within which a province speaks for a city that it holds."""
_INSIDE_ZH = regex(r"[\s·•]{0,2}|的|下?辖|省|市")
_INSIDE_EN = regex(r"'s |’s |,? | ?[(（]")
_OF_EN = regex(r",? (?:in |of |under )?(?:the )?|, ?")
_BESIDE = regex(r"[、,，/～~—–-]|和|及|与|與|以及|, ?| and |, and | & ")


def _decide(text: str, found: list[_Found]) -> None:
    """Say what the weak names mean, or leave their confidence at 0."""
    anchors: dict[str, list[int]] = defaultdict(list)
    for f in found:
        if f.confidence >= 0.5:
            _anchor(anchors, f)
    previous: _Found | None = None
    for index, f in enumerate(found):
        if f.weak and not f.confidence:
            following = found[index + 1] if index + 1 < len(found) else None
            _decide_one(text, f, previous, following, anchors)
            if f.confidence:
                _anchor(anchors, f)
        if f.confidence:
            previous = f
    # A short name counts where its full name stands somewhere in the text.
    for f in found:
        if f.weak and not f.confidence and not f.full and not f.name.common and not f.name.never:
            known = [code for code in f.codes if code in anchors]
            if len(known) == 1:
                f.codes, f.confidence = (known[0],), 0.65


def _anchor(anchors: dict[str, list[int]], f: _Found) -> None:
    for code in f.codes:
        for prefix in {code, code[:4] + "00", code[:2] + "0000"}:
            bisect.insort(anchors[prefix], f.start)


def _decide_one(
    text: str, f: _Found, previous: _Found | None, following: _Found | None, anchors: dict[str, list[int]]
) -> None:
    name, places = f.name, _table().places
    chinese = bool(_HAN.match(text[f.start]))
    if name.never and not f.full:
        return
    if previous is not None and previous.end <= f.start <= previous.end + 6:
        gap = text[previous.end : f.start]
        parents = set(previous.codes)
        if (_INSIDE_ZH if chinese else _INSIDE_EN).fullmatch(gap):
            inside = [code for code in f.codes if _ancestors(code) & parents]
            if f.name.common and not f.full:  # 湖北公安 is the police of Hubei, 北京大兴 the district
                inside = [c for c in inside if places[c].parent in parents]
            if inside:
                f.codes, f.confidence = (inside[0],), 0.9 if f.full or not name.common else 0.7
                return
        if _BESIDE.fullmatch(gap):
            siblings = [c for c in f.codes if places[c].parent in {places[p].parent for p in parents}]
            if len(siblings) == 1:
                f.codes, f.confidence = (siblings[0],), 0.85 if f.full else 0.7
                return
    if (
        not chinese
        and following is not None
        and following.confidence
        and _OF_EN.fullmatch(text[f.end : following.start])
    ):
        inside = [code for code in f.codes if _ancestors(code) & set(following.codes)]
        if len(inside) == 1:
            f.codes, f.confidence = (inside[0],), 0.9 if f.full else 0.8
            return
    if (name.near and not f.full) or (name.near and chinese):
        return
    level = places[f.codes[0]].level
    if level == "county" and not f.full:
        return
    candidates = f.codes if f.full else tuple(c for c in f.codes if places[c].level == level)
    nearest = sorted(
        (distance, code)
        for code in candidates
        if (distance := _distance(f.start, code, anchors, not f.full)) is not None
    )
    if nearest and (len(nearest) == 1 or nearest[0][0] < nearest[1][0]):
        f.codes = (nearest[0][1],)
        f.confidence = (0.85 if nearest[0][0][0] == 0 else 0.7) if f.full else 0.65
        return
    if not chinese and (default := _DEFAULTS_EN.get(_key(text[f.start : f.end]))):
        f.codes, f.confidence = (default,), 0.6


def _ancestors(code: str) -> set[str]:
    return {code[:4] + "00", code[:2] + "0000"} - {code}


def _distance(start: int, code: str, anchors: dict[str, list[int]], close: bool) -> tuple[int, int] | None:
    """How far the nearest word for a place's city (0, …) or else province (1, …) is; None if there is none."""
    for grade, prefix in enumerate((code[:4] + "00", code[:2] + "0000")):
        if prefix == code or (prefix not in anchors):
            continue
        at = anchors[prefix]
        index = bisect.bisect_left(at, start)
        distance = min(
            start - at[index - 1] if index else 1 << 30,
            2 * (at[index] - start) if index < len(at) else 1 << 30,
        )
        if not close or distance <= _REACH:
            return grade, distance
    return None


# ------------------------------------------------------------------------------------------------- places of a document

_HEAD = 250
_TAIL = 120
"""Characters at the beginning and the end of a text in which a place weighs more: dateline, signature."""
_FOOT = 400
"""Characters at the end in which a line with an address is the office's own."""
_POSTAL = regex(r"\s*(?:(?:通[讯訊]|[联聯][系繫]|[办辦]公|[单單]位)?地址|Address|Add\.?)\s*[:：]")
_ORIGINS: tuple[Origin, ...] = ("title line", "label", "text")
"""Where places are read, what tells most first."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    code: str
    weight: float
    start: int
    end: int
    origin: Origin


def _weigh(text: str, lang: Lang, origin: Origin) -> Iterator[_Evidence]:
    """The mentions in a title, publisher or text with what each counts."""
    mentions = find_places(text, lang)
    codes_at = Counter(mention.start for mention in mentions)
    for mention in mentions:
        weight = mention.confidence * (1 if codes_at[mention.start] == 1 else 0.5)
        if origin == "text":
            if mention.end > len(text) - _FOOT and _POSTAL.match(
                text, text.rfind("\n", 0, mention.start) + 1
            ):
                weight *= 0.2  # the office's own address
            weight *= 1.5 if mention.start < _HEAD else 1.25 if mention.end > len(text) - _TAIL else 1
        yield _Evidence(mention.code, weight, mention.start, mention.end, origin)


def _within(code: str, parent: str) -> bool:
    """Whether a division is another or lies in it."""
    return code == parent or parent in _ancestors(code)


_NATION = regex(
    "我[国國]|全[国國]|[国國]务院|國務院|中央|各地|中[国國](?!共产党)|中华人民共和国|人民大会堂|[国國]家主席|"
    r"\b(?:nationwide|whole country|across (?:China|the country)|[Tt]he country|State Council|[Nn]ational)\b"
)
"""Words that say that a text is about the whole country."""
_NATION_SHARE = 0.25


def _rank(evidence: Sequence[_Evidence], nation: float) -> list[tuple[str, float]]:
    """Codes with their confidence, the most important first; a main place before the province that holds it.

    Args:
        evidence: All mentions.
        nation: What the words for the whole country weigh beside them.
    """
    weights: dict[str, float] = {}  # of provinces, in the text
    for e in evidence:
        if e.origin == "text":
            weights[e.code[:2]] = weights.get(e.code[:2], 0.0) + e.weight
    total = (sum(weights.values()) + nation) or 1.0
    n_provinces = len(weights)
    in_title = _provinces(evidence, "title line")
    of_publisher = _provinces(evidence, "label")
    best_two = sum(sorted(weights.values())[-2:]) / total
    confidences: dict[str, float] = {}
    for province in dict.fromkeys(e.code[:2] for e in evidence):
        weight = weights.get(province, 0.0)
        share = weight / total
        confidence = _about(share, weight, n_provinces)
        if best_two >= 0.8 and share >= 0.3 and weight >= 2:  # a matter of two provinces
            confidence = max(confidence, 0.6)
        if province in in_title:
            shared = 1.0 if len(in_title) < 3 else 0.6 if len(in_title) < 5 else 0.4
            confidence = max(confidence, in_title[province] * shared)
        if province in of_publisher and not in_title:
            agrees = share >= 0.2 or not weights
            confidence = max(confidence, of_publisher[province] * (0.95 if agrees else 0.6))
        confidences[province] = confidence
    ranked = sorted(confidences, key=lambda p: (-confidences[p], -weights.get(p, 0.0), p))
    main, others = ranked[0], ranked[1:]
    result = _inside(main, evidence, confidences[main])
    for province in others:
        result += _inside(province, evidence, confidences[province])[:4]
    head = [item for item in result if item[0][:2] == main]
    rest = sorted((item for item in result if item[0][:2] != main), key=lambda item: -item[1])
    return [*head[:6], *rest, *head[6:]]


def _provinces(evidence: Iterable[_Evidence], origin: Origin) -> dict[str, float]:
    """The first two digits of the places in a title or publisher, with the best confidence of each."""
    found: dict[str, float] = {}
    for e in evidence:
        if e.origin == origin:
            found[e.code[:2]] = max(found.get(e.code[:2], 0.0), e.weight)
    return found


def _about(share: float, weight: float, n_provinces: int) -> float:
    """Confidence that a text is about a province, from its share of all places named and how much it is named."""
    if n_provinces > 4 and share < 0.6:
        return 0.3 * math.sqrt(share)
    named = min(1.0, weight / 0.8)  # a university or a dateline alone is too little
    return min(0.9, share * named * (0.45 + 0.45 * min(1.0, weight / 4)))


def _inside(province: str, evidence: Sequence[_Evidence], confidence: float) -> list[tuple[str, float]]:
    """A province and what is named in it: the division that most of it is about first, then upwards, then others."""
    here = [e for e in evidence if e.code[:2] == province]
    titled = [e for e in here if e.origin == "title line"]
    chain, names = [province + "0000"], titled or here
    while True:  # go down as long as one division holds most of what is said
        children: dict[str, float] = defaultdict(float)
        level = chain[-1]
        for e in names:
            child = e.code if _place_of(e.code).parent == level else e.code[:4] + "00"
            if child != level and _within(child, level) and child in _table().places:
                children[child] += e.weight
        # What a title says of the province (江苏盐城) doesn't speak against the city.
        total = sum(e.weight for e in names if _within(e.code, level) and not (titled and e.code == level))
        best = max(children, key=lambda code: (children[code], code), default=None)
        if best is None or children[best] < 0.5 * total or (children[best] < 0.7 and not titled):
            break
        chain.append(best)
    result = [(code, confidence) for code in reversed(chain)]
    seen: dict[str, float] = defaultdict(float)
    for e in here:
        if e.code not in chain:
            seen[e.code] += e.weight
    total = sum(seen.values()) + 1
    for code, weight in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
        in_title = any(e.code == code for e in titled)
        result.append((code, confidence * (0.9 if in_title else 0.5 * (0.4 + 0.6 * weight / total))))
    return result


def _place_of(code: str) -> Place:
    return _table().places[code]


# ---------------------------------------------------------------------------------------------------------- typed names


def _typed_chinese(key: str) -> Sequence[str]:
    table = _table()
    if key in table.places:
        return (key,)
    if len(key) == 1:
        return (_ABBREVIATIONS[key] + "0000",) if key in _ABBREVIATIONS else ()
    for written in (key, *(key.removesuffix(kind) for kind in ("地区", "省", "市", "县", "区", "州"))):
        name = _chinese(written)
        if name and name.codes:
            if written == key or name.region:
                return name.codes
            kind = key[len(written) :]
            return tuple(
                c for c in name.codes if kind in ("地区", "州") or table.places[c].name_zh.endswith(kind)
            )
        if match := _PART.fullmatch(written.removesuffix("部")):
            return (_ABBREVIATIONS[match[0][0]] + "0000",)
    if run := _RUN.fullmatch(key):
        return tuple(_ABBREVIATIONS[c] + "0000" for c in run[0])
    return ()


def _typed_english(key: str) -> Sequence[str]:
    table = _table()
    key = " ".join(key.split())
    if name := _english(key):
        default = _DEFAULTS_EN.get(key)
        return (default, *(c for c in name.codes if c != default)) if default else name.codes
    first = _FIRST_WORD.match(key)
    for written in table.words.get(first[0], ()) if first else ():
        if key.startswith(written) and (kind := _KIND.fullmatch(key, len(written))):
            known = _english(written)
            return _of_kind(known.codes if known else (), kind["kind"] or kind["autonomous"])
    return ()
