"""Finds written forms of places in a text, Chinese and English, and settles those that need no context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from indexer.language.detect import HAN, simplify
from indexer.language.places.table import Name, fold, load_table, meaning_en, meaning_zh, place_of
from indexer.language.regex import regex


@dataclass(slots=True)
class Found:
    """A written form found in a text, before context decides what it means; confidence 0 until then."""

    start: int
    end: int
    name: Name
    codes: tuple[str, ...]
    weak: bool
    full: bool
    confidence: float = 0.0


HAN_CHARACTER = regex(f"[{HAN}]")
ABBREVIATIONS = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23", "沪": "31",
    "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41", "鄂": "42", "湘": "43",
    "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "黔": "52", "贵": "52", "滇": "53", "云": "53",
    "藏": "54", "陕": "61", "甘": "62", "青": "63", "宁": "64", "新": "65", "台": "71", "港": "81", "澳": "82",
}  # fmt: skip
# Characters that are not part of everyday words when two or more stand together.
RUN = regex("[京津冀晋蒙辽沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔滇陕甘港澳]{2,}(?!高铁|高速|铁路|线|运|国道|剧)")
PART = regex(
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


def simplified(text: str) -> str:
    """In Simplified characters but for 乾, which is 干 elsewhere and itself in names (乾县)."""
    simple = simplify(text)
    if "乾" in text:
        simple = "".join("乾" if c == "乾" else s for c, s in zip(text, simple, strict=True))
    return simple


def scan_chinese(text: str) -> list[Found]:
    """The written forms of Chinese names in a text; none lies over another."""
    table = load_table()
    folded = simplified(text)
    raw: list[tuple[int, int, int, Name]] = []
    for at in table.start.finditer(folded):
        start = at.start()
        for written in table.starts.get(folded[start : start + 2], ()):
            end = start + len(written)
            name = meaning_zh(written) if folded.startswith(written, start) else None
            if name is None:
                continue
            if name.full and (other := _OTHER_SUFFIX.get(written[-1])) and other.match(folded, end - 1):
                continue
            raw.append(
                (2 if name.weak or name.near else 0 if name.full and not name.noun else 1, start, end, name)
            )
            break
    for pattern, region in ((_FILE_NUMBER, None), (RUN, ""), (PART, "")):
        for match in pattern.finditer(folded):
            codes = dict.fromkeys(
                ABBREVIATIONS[c] + "0000" for c in (match[0] if pattern is RUN else match[0][0])
            )
            if pattern is RUN and len(codes) == 1:
                continue
            name = Name(tuple(codes), region=match[0] if region is not None else None)
            raw.append((0 if pattern is PART else 1, match.start(), match.end(), name))
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
            found.append(Found(start, end, name, name.codes, weak, name.full))
    for f in found:
        if not f.weak:
            f.confidence = _confidence(folded, f)
    return found


def _apart(text: str, start: int, taken: bytearray) -> bool:
    """Whether a name begins where a word surely does."""
    return (
        start == 0
        or taken[start - 1] == 2
        or not HAN_CHARACTER.match(text[start - 1])
        or text[start - 1] in _PREPOSITIONS
    )


_PREPOSITIONS = "在于从到向对与和及至由为是、"


def _stands(text: str, start: int, end: int, name: Name, taken: bytearray) -> bool:
    """Whether a name is a word here, not the end of one word and the beginning of the next."""
    if start > 0 and taken[start - 1] == 2:
        return True
    if start > 0 and text[start - 1] in name.before:
        return False
    if name.full:
        return True
    if _DIRECTION.match(text, end - 1) or _STREET.match(text, end):
        return False
    level = load_table().places[name.codes[0]].level
    if text[end : end + 1] in (_FEATURES if level == "county" else ("村",)):
        return False
    return not (text[end : end + 1] in name.after and text[end : end + 1]) or _apart(text, start, taken)


_FEATURES = tuple("村山湖河江岭峡岛")
"""What makes the name of a village, mountain or river of a county's short name."""


def _confidence(text: str, found: Found) -> float:
    """How sure a name is that needs no context."""
    if found.name.region is not None:
        return 0.8 if len(found.codes) == 1 or found.name.region in load_table().special else 0.6
    if found.full:
        base = 0.95
    else:
        base = {"province": 0.95, "city": 0.9, "county": 0.75}[load_table().places[found.codes[0]].level]
        found.codes = found.codes[:1]
        if _ORGANISATION.match(text, found.end):
            base = 0.4
    before = text[max(0, found.start - 1) : found.start]
    if before in ("社", "网", "报") and _DATELINE.match(text, found.end):
        return 0.2
    if found.codes == (_CAPITAL,) and before in ("在", "于") and _HELD.match(text, found.end):
        return 0.3
    return base


LATIN = regex("[A-Za-z]{2}")
_CAPITALISED = regex(r"\b(?<!['’])[A-ZÜ][a-zA-Zü]*(?:['’‘`\u00b4\u02bc][aeoAEO][a-zA-Z]*)?")
_ANY_WORD = regex(r"\b(?<!['’])[a-z]+(?:['’‘`\u00b4\u02bc][aeo][a-z]*)?")
KIND = regex(
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


def scan_english(text: str, any_case: bool) -> list[Found]:
    """The written forms of English names in a text, in order; in lower case too if any case will do."""
    words = load_table().words
    found: list[Found] = []
    last = 0
    for match in (_ANY_WORD if any_case else _CAPITALISED).finditer(text):
        start = match.start()
        names = words.get(fold(match[0])) if start >= last else None
        if not names:
            continue
        here = fold(text[start : start + _WINDOW])
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


def _read_english(here: str, written: str, before: str, any_case: bool) -> Found | None:
    """The name at the beginning of some text, with the kind of division that follows it."""
    name, end = meaning_en(written), len(written)
    if name is None or _NOT_PLACE.match(here, end):
        return None
    if name.region is not None:
        return Found(0, end, name, name.codes, weak=False, full=True, confidence=0.8)
    if (kind := KIND.match(here, end)) and (codes := of_kind(name.codes, kind["kind"] or kind["autonomous"])):
        weak = len(codes) > 1
        return Found(0, kind.end(), name, codes, weak, full=True, confidence=0.0 if weak else 0.95)
    county_or_city = place_of(name.codes[0]).level != "province"
    if (any_case and (name.weak or end < 4)) or (county_or_city and _SURNAME.search(before)):
        return None
    item = Found(0, end, name, name.codes, name.weak, full=False)
    if not name.weak:
        item.codes = name.codes[:1]
        item.confidence = {"province": 0.95, "city": 0.9, "county": 0.7}[place_of(name.codes[0]).level]
        if _ORGANISATION_EN.match(here, end) or (county_or_city and _FEATURE_EN.match(here, end)):
            item.confidence = 0.4
        elif item.codes == (_CAPITAL,) and _HELD_EN.search(before):
            item.confidence = 0.3
        elif before[-1] in "\n(" and _DATELINE_EN.match(here, end):
            item.confidence = 0.2
    return item


def of_kind(codes: Iterable[str], kind: str) -> tuple[str, ...]:
    """The codes whose division is of a kind."""
    places = load_table().places
    if kind in ("province", "provinces", "provincial"):
        return tuple(code for code in codes if places[code].level == "province")
    endings = tuple(_KIND_ZH[kind].split())
    return tuple(
        code
        for code in codes
        if places[code].name_zh.endswith(endings)
        and not (kind.startswith("district") and places[code].name_zh.endswith(("自治区", "地区")))
    )
