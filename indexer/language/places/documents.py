"""Which places a document is about, by those that its title, its publisher and its text name."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.language.places.mentions import find_places
from indexer.language.places.table import ancestors, load_table, place_of
from indexer.language.quote import quote as words_around
from indexer.language.regex import regex
from indexer.types import Fact, Lang, Origin

ABOUT = 0.5
"""Confidence from which a document is about a place; below, it only speaks of it."""
MAX_PLACES = 12
"""Places of one document at most."""


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
    return code == parent or parent in ancestors(code)


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
            child = e.code if place_of(e.code).parent == level else e.code[:4] + "00"
            if child != level and _within(child, level) and child in load_table().places:
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
