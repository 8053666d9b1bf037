"""What a bureau is called in the other language: 大连市生态环境局, Dalian Ecology and Environment Bureau.

Names are put together from a place, a field and a kind of body, as nearly all publishers of bulletins are. What is not
put together that way has no name here, rather than a guessed one.
"""

from __future__ import annotations

import functools

from indexer.language.detect import detect_lang, simplify
from indexer.language.places import Place, lookup
from indexer.language.places.table import DEFAULTS_EN
from indexer.language.regex import regex
from indexer.types import Lang

# Of several Chinese forms of one English field, the first is what the English one becomes.
_FIELDS = {
    "生态环境": "Ecology and Environment",
    "环境保护": "Environmental Protection",
    "环保": "Environmental Protection",
    "水利": "Water Resources",
    "水务": "Water Affairs",
    "自然资源": "Natural Resources",
    "农业农村": "Agriculture and Rural Affairs",
    "住房和城乡建设": "Housing and Urban-Rural Development",
    "林业和草原": "Forestry and Grassland",
    "工业和信息化": "Industry and Information Technology",
    "交通运输": "Transport",
    "应急管理": "Emergency Management",
    "卫生健康": "Health",
    "统计": "Statistics",
    "气象": "Meteorology",
    "发展和改革": "Development and Reform",
    "发展改革": "Development and Reform",
}
_KINDS = {
    "厅": "Department of {}", "局": "{} Bureau", "部": "Ministry of {}",
    "委员会": "{} Commission", "委": "{} Commission",
}  # fmt: skip
_WHOLE = {
    "国务院": "State Council",
    "国务院办公厅": "General Office of the State Council",
    "国家发展和改革委员会": "National Development and Reform Commission",
    "国家统计局": "National Bureau of Statistics",
    "国家林业和草原局": "National Forestry and Grassland Administration",
    "国家环境保护总局": "State Environmental Protection Administration",
    "全国人民代表大会常务委员会": "Standing Committee of the National People's Congress",
}
_CHINESE = regex(
    rf"(?:中华人民共和国)?(?P<place>.*?)(?:(?P<field>{'|'.join(sorted(_FIELDS, key=len, reverse=True))})"
    rf"(?P<kind>{'|'.join(_KINDS)})|(?P<government>人民政府)(?P<office>办公[厅室])?)"
)
_ENGLISH_KINDS = {"department": "厅", "bureau": "局", "ministry": "部", "commission": "委员会"}
_BESIDE_A_PLACE = regex(
    r"\b(?:people's republic of china|the|of|s|general office|people|government|provincial|municipal|municipality|province|"
    rf"city|autonomous region|{'|'.join(_ENGLISH_KINDS)})\b|[’',()]"
)


@functools.lru_cache(maxsize=4096)
def publisher_key(name: str) -> str:
    """What stands for a publisher in either language: its Chinese name where that can be put together, else as printed."""
    return publisher_in("zh", name) or simplify(name).strip().removeprefix("中华人民共和国") or name


@functools.lru_cache(maxsize=1024)
def publisher_in(lang: Lang, name: str) -> str | None:
    """A publisher's name in a language; None if it is in that language already, or can't be put together.

    Args:
        lang: The language wanted.
        name: As printed.
    """
    if detect_lang(name) == lang:
        return None
    return _english(simplify(name).strip()) if lang == "en" else _chinese(name.strip())


def _english(name: str) -> str | None:
    if name in _WHOLE:
        return _WHOLE[name]
    match = _CHINESE.fullmatch(name)
    if match is None:
        return None
    where = _place(match["place"])
    if match["place"] and where is None:
        return None
    place = where.name_en if where else ""
    if match["government"]:
        body = f"{place} People's Government".strip()
        return f"General Office of {body}" if match["office"] else body
    return f"{place} {_KINDS[match['kind']].format(_FIELDS[match['field']])}".strip()


def _chinese(name: str) -> str | None:
    plain = " ".join(name.lower().split())
    for chinese, english in _WHOLE.items():
        if plain == english.lower():
            return chinese
    rest, body = plain, ""
    fields = {english.lower(): chinese for chinese, english in reversed(_FIELDS.items())}
    if field := next((f for f in sorted(fields, key=len, reverse=True) if f in plain), None):
        kind = next((k for word, k in _ENGLISH_KINDS.items() if word in plain), None)
        if kind is None:
            return None
        rest, body = plain.replace(field, " "), fields[field] + kind
    elif "people's government" in plain or "people’s government" in plain:
        body = "人民政府"
    else:
        return None
    place = " ".join(_BESIDE_A_PLACE.sub(" ", rest).split())
    if not place:
        return body if body.endswith("部") else None
    where = _place(place)
    return f"{where.name_zh}{body}" if where and not body.endswith("部") else None


def _place(name: str) -> Place | None:
    """The place that a name means: of several the one that is usually meant, or a grade above the others."""
    found = lookup(name) if name else []
    if not found:
        return None
    first, *others = found
    if first.code in DEFAULTS_EN.values():
        return first
    return None if any(other.level == first.level for other in others) else first
