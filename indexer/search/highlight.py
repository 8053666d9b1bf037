"""Which words of a passage made it a hit, for marking them in a page.

Offsets are those of the text as given: compatibility forms, letter case and Traditional characters are folded
character by character, and each folded character remembers where it came from.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from indexer.language import tokens
from indexer.language.regex import regex
from indexer.search.query import Query
from indexer.types import Lang

_HAN = regex(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ebef]")
# Words of a phrase may stand this much apart, beside the phrase's own words, and still be marked together.
_SLACK = 2


@dataclass(slots=True)
class _Wanted:
    """What to mark: whole words, pieces of Chinese text, and phrases whose words must stand together."""

    words: set[str] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)
    phrases: set[frozenset[str]] = field(default_factory=set)

    def add_token(self, token: str) -> None:
        (self.pieces if len(token) > 1 and _HAN.match(token) else self.words).add(token)

    def add_translation(self, translation: str, *, sure: bool) -> None:
        """A dictionary's phrase counts as a whole; of one of the glossary (``sure``) each word does.

        A phrase with stop words (carry out, arrange in order) always counts as a whole: its words alone say
        something else.
        """
        for kind, run in tokens.pieces(tokens.normalize(translation)):
            if kind == "han" and run not in tokens.STOP_WORDS_ZH:
                self.add_token(run)
        units = frozenset(_units_of(translation))
        words = units - tokens.stop_words()
        if len(units) == 1 or (sure and words == units):
            for word in words:
                self.add_token(word)
        elif len(words) > 1:
            self.phrases.add(words)


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place: a stemmed Latin word, a number, or one of jieba's words."""

    token: str
    start: int
    end: int


def highlight(text: str, query: Query, lang: Lang) -> list[tuple[int, int]]:
    """The words of a passage that a question asks for.

    Args:
        text: The passage, or any other text.
        query: The analysed question.
        lang: The passage's language; in the one that is not the question's, translations are marked as well.

    Returns:
        Character spans of ``text``, end exclusive, in order and apart; no letter is cut from its accents.
    """
    wanted = _wanted(query, lang)
    folded, starts, ends = _fold(text)
    units = list(_units(folded))
    found = [(u.start, u.end) for u in units if u.token in wanted.words]
    for phrase in wanted.phrases:
        found += _phrase_spans(units, phrase)
    if wanted.pieces:
        found += _piece_spans(folded, units, wanted.pieces)
    return merged((starts[start], ends[end - 1]) for start, end in found)


def words(text: str) -> list[Word]:
    """The words of a text, at their places in it as given."""
    folded, starts, ends = _fold(text)
    return [Word(u.token, starts[u.start], ends[u.end - 1]) for u in _units(folded)]


@functools.lru_cache(maxsize=64)
def _wanted(query: Query, lang: Lang) -> _Wanted:
    wanted = _Wanted()
    for token in query.tokens:
        wanted.add_token(token)
    if lang != query.lang:
        for term in query.terms:
            for translation in term.translations:
                wanted.add_translation(translation, sure=term.glossary)
    return wanted


def _fold(text: str) -> tuple[str, list[int], list[int]]:
    """The text as the tokens see it, and for each of its characters where the original's starts and ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        for character in unicodedata.normalize("NFKC", text[at:end]).lower():
            folded.append("\ufffd" if "\ud800" <= character <= "\udfff" else character)
            starts.append(at)
            ends.append(end)
        at = end
    joined = "".join(folded)
    simplified = tokens.fold_script(joined)
    if len(simplified) != len(joined):  # a phrase changed its length: character by character then
        simplified = "".join(s if len(s := tokens.fold_script(c)) == 1 else c for c in folded)
    return simplified, starts, ends


def _units(folded: str) -> Iterator[Word]:
    """The words of a folded text with their places."""
    at = 0
    for kind, run in tokens.pieces(folded):
        at = folded.index(run, at)  # nothing that is skipped between two runs can begin one
        if kind == "han":
            words = tokens.cut(run)
            if "".join(words) != run:
                words = [run]
            for word in words:
                yield Word(word, at, at + len(word))
                at += len(word)
        else:
            yield Word(_token(run), at, at + len(run))
            at += len(run)


def _units_of(text: str) -> list[str]:
    return [unit.token for unit in _units(tokens.normalize(text))]


@functools.lru_cache(maxsize=16384)
def _token(run: str) -> str:
    """The lexical leg's token for a Latin word or a number."""
    found = tokens.tokenize(run)
    return found[0] if len(found) == 1 else run


def _phrase_spans(units: Sequence[Word], phrase: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The words of a phrase wherever all of them stand close together, in any order."""
    places = [i for i, unit in enumerate(units) if unit.token in phrase]
    reach = len(phrase) + _SLACK
    for n, first in enumerate(places):
        near = [i for i in places[n : n + reach] if i < first + reach]
        if len({units[i].token for i in near}) == len(phrase):
            yield from ((units[i].start, units[i].end) for i in near)


def _piece_spans(folded: str, units: Sequence[Word], pieces: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Pieces of Chinese text, but not where one only bridges two words (国家 in 中国家庭)."""
    edges = {unit.start for unit in units} | {unit.end for unit in units}
    word_at = {i: n for n, unit in enumerate(units) for i in range(unit.start, unit.end)}
    for piece in pieces:
        start = folded.find(piece)
        while start >= 0:
            end = start + len(piece)
            if start in edges or end in edges or word_at.get(start) == word_at.get(end - 1):
                yield start, end
            start = folded.find(piece, start + 1)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order and apart: those that touch become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
