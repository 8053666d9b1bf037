"""What a question is taken to mean, in words for the one who asked.

Nothing here changes the ranking: it tells what the ranking does (the terms that are looked for in the other language,
the filters that were typed), and what could be typed besides (filters for the places and periods that are named).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.language.regex import regex
from indexer.language.tokens import stop_words, tokenize
from indexer.search.query import Query
from indexer.search.syntax import LAST_COUNTS, Part, Request
from indexer.types import LANGS, Filter, Lang

if TYPE_CHECKING:
    from indexer.language.places import Place

Frequencies = Callable[[Lang, Sequence[str]], Mapping[str, int]]
"""From a language and tokens to the number of its passages that hold each."""

SHOWN = 3
"""Translations of a term that are shown; it is searched for with a few more."""
_ORDINAL = regex(r"(?<=\d) (st|nd|rd|th)\b")  # the lexicon cuts "13th" into two words
_SURE = 0.5  # confidence from which a place or period named in the question is worth a suggestion


@dataclass(frozen=True, slots=True)
class Label:
    """Words for people, in both languages of the page."""

    en: str
    zh: str

    def in_lang(self, lang: Lang) -> str:
        """The words in one of them."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Translated:
    """A term of the question that is also searched for in the other language.

    Attributes:
        source: The term as it was looked up: lower case, Simplified script.
        translations: What is searched for and is in the index, the first three: the glossary's in their order, others
            with the most frequent first.
        glossary: Whether the term is in our own glossary, not only in CC-CEDICT.
        on: Whether it is really searched for; False if the user switched it off.
    """

    source: str
    translations: tuple[str, ...]
    glossary: bool
    on: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """A filter, phrase or excluded word in the question: ``question[start:end]``, and the question without it."""

    label: Label
    start: int
    end: int
    without: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A filter for something that the question names; applied only when ``typed`` is added to the question."""

    label: Label
    typed: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question is taken to mean.

    Attributes:
        query: What is searched for, without the terms that are switched off; its ``lang`` is the detected language.
        request: The question taken apart.
        translated: Terms that are also searched for in the other language, in the order of the question; those whose
            translations are all absent from the index, or stop words, are not told.
        typed: The filters that hold, in words.
        suggestions: Filters that the question could mean.
    """

    query: Query
    request: Request
    translated: tuple[Translated, ...]
    typed: tuple[Typed, ...]
    suggestions: tuple[Suggestion, ...]

    @property
    def also_searched(self) -> tuple[str, ...]:
        """The best translation of each term that is searched for."""
        return tuple(dict.fromkeys(term.translations[0] for term in self.translated if term.on))


def understand(
    question: str,
    request: Request,
    query: Query,
    frequencies: Frequencies,
    without_terms: Collection[str] = (),
) -> Understanding:
    """Tell what a question is taken to mean.

    Args:
        question: As typed.
        request: The question taken apart.
        query: Its text analysed, with all terms.
        frequencies: Of the index, :meth:`LexicalIndex.frequencies`.
        without_terms: Terms that are switched off.
    """
    asked = query.without(without_terms)
    kept = {term.source for term in asked.terms}
    last = {part.key: part for part in request.parts}
    typed = tuple(
        Typed(_in_words(part, request), part.start, part.end, _without(question, part))
        for part in request.parts
        if part.key not in LAST_COUNTS or part is last[part.key]
    )
    return Understanding(
        asked,
        request,
        tuple(_translated(query, kept, frequencies)),
        typed,
        tuple(_suggestions(query, request.filter)),
    )


def _translated(query: Query, kept: Collection[str], frequencies: Frequencies) -> list[Translated]:
    """Terms with a translation of their own, each once: numbers and names that stay as they are need none."""
    other = LANGS[1 - LANGS.index(query.lang)]
    tokens = {t: _tokens(t) for term in query.terms for t in term.translations}
    passages = frequencies(other, sorted({token for some in tokens.values() for token in some}))
    found: dict[str, Translated] = {}
    for term in query.terms:
        # A dictionary has words that nobody writes any more, and a corpus tells which those are.
        rarest = {t: min((passages[token] for token in tokens[t]), default=0) for t in term.translations}
        others = [t for t, n in rarest.items() if n and t != term.source]
        if not term.glossary:
            others.sort(key=lambda t: -rarest[t])
        if others and term.source not in found:
            shown = tuple(_ORDINAL.sub(r"\1", t) for t in others[:SHOWN])
            found[term.source] = Translated(term.source, shown, term.glossary, term.source in kept)
    return list(found.values())


def _tokens(translation: str) -> list[str]:
    """The tokens that a passage must have for a translation to be in it: not those of small words, as "to" is."""
    return [token for token in tokenize(translation) if token not in stop_words()]


def _without(question: str, part: Part) -> str:
    """The question without a filter, or without the quotation marks of a phrase, whose words stay."""
    words = part.value if part.key == "phrase" else ""
    return " ".join(f"{question[: part.start]} {words} {question[part.end :]}".split())


# Typed filters in words


def _in_words(part: Part, request: Request) -> Label:
    from indexer.language.places import lookup, place
    from indexer.language.topics import find_topic, topic

    value, wanted = part.value, request.filter
    match part.key:
        case "in":
            places = [p for named in lookup(value) if (p := place(named.code))]
            return Label(
                f"In {' or '.join(dict.fromkeys(p.name_en for p in places))}",
                f"地区：{'或'.join(dict.fromkeys(p.name_zh for p in places))}",
            )
        case "topic":
            found = topic(find_topic(value) or "")
            return (
                Label(f"Topic: {found.name_en}", f"主题：{found.name_zh}") if found else Label(value, value)
            )
        case "after" if wanted.since:
            return Label(f"Published since {wanted.since}", f"{wanted.since} 起发布")
        case "before" if wanted.until:
            return Label(f"Published until {wanted.until}", f"{wanted.until} 前（含）发布")
        case "during" if wanted.period:
            label = _period_in_words(*_dates(wanted.period))
            return Label(f"About {label.en}, or published then", f"涉及{label.zh}或当时发布")
        case "lang":
            chinese = wanted.lang == "zh"
            return Label("Chinese passages", "中文段落") if chinese else Label("English passages", "英文段落")
        case "site":
            return Label(f"From {value}", f"来源：{value}")
        case "type":
            name = value.lstrip(".").upper()
            return Label(f"{name} files", f"{name} 文件")
        case "excluded":
            return Label(f"Without “{value}”", f"不含“{value}”")
        case _:
            return Label(f"With “{value}”", f"含“{value}”")


# Suggested filters


def _suggestions(query: Query, held: Filter) -> list[Suggestion]:
    """Filters for the places and the periods that a question names, but for what is filtered by already."""
    found: dict[str, Suggestion] = {}
    if not held.places:
        found |= {s.typed: s for s in _for_places(query)}
    if not (held.period or held.since or held.until):
        found |= {s.typed: s for s in _for_periods(query)}
    return list(found.values())


def _for_places(query: Query) -> list[Suggestion]:
    """One for each place; a region such as ``京津冀`` is one place of several provinces."""
    from indexer.language.places import find_places, place

    spans: dict[tuple[int, int], tuple[list[Place], str | None]] = {}
    mentions = [m for m in find_places(query.text, query.lang) if m.confidence >= _SURE]
    around = {p.parent for m in mentions if (p := place(m.code))}
    around |= {p.parent for code in around if (p := place(code or ""))}
    for mention in mentions:
        named = place(mention.code)
        if named and named.code not in around:  # Nanjing says more than Jiangsu
            spans.setdefault((mention.start, mention.end), ([], mention.region))[0].append(named)
    found = []
    for places, region in spans.values():
        typed = [_typed_place(p, query.lang) for p in places]
        if not all(typed):
            continue
        names = Label(" or ".join(p.name_en for p in places), "或".join(p.short_zh for p in places))
        if region and len(places) > 1:
            names = Label(names.en, f"{region}（{names.zh}）")
        codes = tuple(p.code for p in places)
        found.append(
            Suggestion(
                Label(f"Only about {names.en}", f"仅限{names.zh}"),
                " ".join(map(str, typed)),
                Filter(places=codes),
            )
        )
    return found


def _typed_place(named: Place, lang: Lang) -> str | None:
    """How to type a filter for a place: its shortest name that means no other."""
    from indexer.language.places import lookup

    chinese, english = (named.short_zh, named.name_zh), (named.name_en,)
    for name in (*chinese, *english) if lang == "zh" else (*english, *chinese):
        if [p.code for p in lookup(name)] == [named.code]:
            return f'in:"{name}"' if " " in name else f"in:{name}"
    return None


def _for_periods(query: Query) -> list[Suggestion]:
    from indexer.language.periods import find_periods

    found = []
    for mention in find_periods(query.text, query.lang):
        if mention.confidence >= _SURE:
            first, last = _dates(mention.value)
            label = _period_in_words(first, last)
            found.append(
                Suggestion(
                    Label(f"Only {label.en}", f"仅限{label.zh}"),
                    f"during:{_typed_period(first, last)}",
                    Filter(period=mention.value),
                )
            )
    return found


def _dates(interval: str) -> tuple[datetime.date, datetime.date]:
    first, _, last = interval.partition("/")
    return datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)


def _ends(first: datetime.date, last: datetime.date) -> tuple[str, str]:
    """Both ends as years if they are whole years, as months if they are whole months, else as days."""
    after = last + datetime.timedelta(days=1)
    length = 4 if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1) else 7
    length = length if (first.day, after.day) == (1, 1) else 10
    return first.isoformat()[:length], last.isoformat()[:length]


def _typed_period(first: datetime.date, last: datetime.date) -> str:
    start, end = _ends(first, last)
    return start if start == end else f"{start}..{end}"


def _period_in_words(first: datetime.date, last: datetime.date) -> Label:
    start, end = _ends(first, last)
    if start == end:
        return Label(start, f"{start}年" if len(start) == 4 else start)
    if len(start) == 4:
        return Label(f"{start}–{end}", f"{start}—{end}年")
    return Label(f"{start} to {end}", f"{start}至{end}")


# Where nothing is relevant


@dataclass(frozen=True, slots=True)
class Refusal:
    """What to tell where no hit is relevant.

    Attributes:
        topics: Ids of the topics that the nearest passages' documents have, those with the most confidence in all first.
        filtered: Whether filters, phrases or excluded words narrow the search.
        too_narrow: Whether there are relevant hits when they don't.
    """

    topics: tuple[str, ...] = ()
    filtered: bool = False
    too_narrow: bool = False
