"""Which places a text names: what was found in it, the ambiguous decided by what stands around it."""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass

from indexer.language.places.scan import HAN_CHARACTER, LATIN, Found, scan_chinese, scan_english
from indexer.language.places.table import DEFAULTS_EN, ancestors, fold, load_table
from indexer.language.regex import regex
from indexer.types import Lang

_QUESTION = 200
"""Characters up to which a text may be a question."""


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


def find_places(text: str, lang: Lang) -> list[Mention]:
    """Places that a text or a question names, in order; ambiguous names only where context decides.

    English names are found in lower case only where the whole text is written so, as questions are.
    """
    found: list[Found] = []
    if HAN_CHARACTER.search(text):
        found += scan_chinese(text)
    if LATIN.search(text):
        found += scan_english(
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


_REACH = 300
"""Characters within which a province speaks for a city that it holds."""
_INSIDE_ZH = regex(r"[\s·•]{0,2}|的|下?辖|省|市")
_INSIDE_EN = regex(r"'s |’s |,? | ?[(（]")
_OF_EN = regex(r",? (?:in |of |under )?(?:the )?|, ?")
_BESIDE = regex(r"[、,，/～~—–-]|和|及|与|與|以及|, ?| and |, and | & ")


def _decide(text: str, found: list[Found]) -> None:
    """Say what the weak names mean, or leave their confidence at 0."""
    anchors: dict[str, list[int]] = defaultdict(list)
    for f in found:
        if f.confidence >= 0.5:
            _anchor(anchors, f)
    previous: Found | None = None
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


def _anchor(anchors: dict[str, list[int]], f: Found) -> None:
    for code in f.codes:
        for prefix in {code, code[:4] + "00", code[:2] + "0000"}:
            bisect.insort(anchors[prefix], f.start)


def _decide_one(
    text: str, f: Found, previous: Found | None, following: Found | None, anchors: dict[str, list[int]]
) -> None:
    name, places = f.name, load_table().places
    chinese = bool(HAN_CHARACTER.match(text[f.start]))
    if name.never and not f.full:
        return
    if previous is not None and previous.end <= f.start <= previous.end + 6:
        gap = text[previous.end : f.start]
        parents = set(previous.codes)
        if (_INSIDE_ZH if chinese else _INSIDE_EN).fullmatch(gap):
            inside = [code for code in f.codes if ancestors(code) & parents]
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
        inside = [code for code in f.codes if ancestors(code) & set(following.codes)]
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
    if not chinese and (default := DEFAULTS_EN.get(fold(text[f.start : f.end]))):
        f.codes, f.confidence = (default,), 0.6


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
