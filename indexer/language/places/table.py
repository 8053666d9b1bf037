"""The divisions, and what a written form of their names may mean; its context is looked at elsewhere."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

from indexer.language.quote import lower
from indexer.language.regex import regex

Level = Literal["province", "city", "county"]
_RANK: dict[Level, int] = {"province": 0, "city": 1, "county": 2}


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


@dataclass(slots=True)
class Name:
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
class Table:
    """The table as it is read; what a name means is worked out when it is first met.

    ``chinese`` and ``english`` give for a written form what the lines say of it; ``starts`` the written forms by their
    first two characters and ``words`` by their first word, long ones first.
    """

    places: dict[str, Place] = field(default_factory=dict)
    chinese: dict[str, list[_Entry]] = field(default_factory=lambda: defaultdict(list))
    english: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    known: set[str] = field(default_factory=set)
    special: dict[str, Name] = field(default_factory=dict)
    starts: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    start: re.Pattern[str] = field(default_factory=lambda: re.compile(""))


def provinces() -> tuple[Place, ...]:
    """All 34 provinces in the official order: by code, Taiwan, Hong Kong and Macao last."""
    return tuple(p for p in load_table().places.values() if p.level == "province")


def place(code: str) -> Place | None:
    """The division of a code; None if the list has none."""
    return load_table().places.get(code)


def place_of(code: str) -> Place:
    """The division of a code that the list has."""
    return load_table().places[code]


def ancestors(code: str) -> set[str]:
    """Codes of the city and the province that a division may lie in."""
    return {code[:4] + "00", code[:2] + "0000"} - {code}


_PREFECTURES = ("自治州", "地区", "盟")
_COUNTY_KINDS = {
    "自治县": "County", "县": "County", "自治旗": "Banner", "旗": "Banner", "新区": "New Area", "林区": "Forestry District",
    "区": "District",
}  # fmt: skip
DEFAULTS_EN = {"suzhou": "320500", "fuzhou": "350100"}
"""What a romanisation that two cities share means where nothing decides."""
_WEAK_EN = frozenset(
    "aba aral chaoyang dongfang zhongshan shuanghe beitun xinxing baiyang laibin ili".split()
)
"""English names that are other names or words as well."""


@functools.cache
def load_table() -> Table:
    """The table of all divisions, read once."""
    table = Table()
    zh, en = table.chinese, table.english
    for line in (resources.files("indexer.language") / "places.tsv").read_text("utf-8").splitlines():
        cells = line.split("\t")
        if line.startswith("#"):
            continue
        if cells[0] == "words":
            table.special |= {word: Name(()) for word in cells[1].split()}
        elif cells[0] == "region":
            region = Name(tuple(cells[2].split()), full=True, region=cells[1])
            names = (cells[1], *(cells[3].split(";") if len(cells) > 3 else ()))
            table.special |= {fold(name): region for name in names}
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
                key = fold(name)
                en[key].append(code)
                if "'" in key and not county and (bare := key.replace("'", "")) not in ("jian", "luan"):
                    en[bare].append(code)
    for written in sorted((*zh, *(w for w in table.special if w > "\u3400")), key=len, reverse=True):
        table.starts.setdefault(written[:2], []).append(written)
    for written in sorted((*en, *(w for w in table.special if w < "\u3400")), key=len, reverse=True):
        table.words.setdefault(FIRST_WORD.match(written)[0], []).append(written)  # type: ignore[index]
    first, second = ("".join({pair[place] for pair in table.starts}) for place in (0, 1))
    table.start = re.compile(f"[{first}](?=[{second}])")
    return table


@functools.lru_cache(maxsize=1 << 14)
def meaning_zh(written: str) -> Name | None:
    """What a Chinese name means, without its context; None if there is no such name."""
    table = load_table()
    if written in table.special:
        return table.special[written]
    return _chinese_name(written, table.chinese[written], table.places) if written in table.chinese else None


@functools.lru_cache(maxsize=1 << 14)
def meaning_en(written: str) -> Name | None:
    """What an English name means, without its context; None if there is no such name."""
    table = load_table()
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


def _chinese_name(written: str, entries: Sequence[_Entry], places: dict[str, Place]) -> Name:
    """Merge the places of one written form; of the short names only those of the highest level stand for it."""
    ordered = sorted(entries, key=lambda e: (not e[1], _RANK[places[e[0]].level]))
    code, full, flags, before, after = ordered[0]
    level = places[code].level
    if full:
        codes = tuple(e[0] for e in ordered if e[1])
        near = len(written) == 2 or "g" in flags
        noun = "n" in flags
        return Name(
            codes, full=True, weak=len(codes) > 1, near=near, noun=noun, before=before if noun else ""
        )
    common = "c" in flags
    top = [e[0] for e in ordered if places[e[0]].level == level]
    return Name(
        tuple(e[0] for e in ordered),
        weak=len(top) > 1 or common or (level == "county" and "k" not in flags),
        near=level == "county" and common,
        never="g" in flags,
        common=common,
        before=before,
        after=after,
    )


def _english_name(written: str, codes: Sequence[str], table: Table) -> Name:
    codes = sorted(dict.fromkeys(codes), key=lambda code: _RANK[table.places[code].level])
    level = table.places[codes[0]].level
    several = len(codes) > 1 and table.places[codes[1]].level == level
    common = written in _WEAK_EN
    county = level == "county"
    known = county and codes[0] in table.known and len(written) > 5
    return Name(tuple(codes), weak=several or common or (county and not known), near=county, common=common)


def fold(name: str) -> str:
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
FIRST_WORD = regex(r"[a-z']+")
