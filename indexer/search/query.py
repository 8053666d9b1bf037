"""What a question asks: its language, its words, and what they are called in the other language."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from indexer.errors import QueryError
from indexer.language.detect import detect_lang
from indexer.language.lexicon import Lexicon, Term
from indexer.language.tokens import normalize, query_tokens, tokenize
from indexer.types import LANGS, Lang

MAX_CHARACTERS = 2000
MAX_K = 1000
# Of a term that only the general dictionary has: its translations are mostly of other senses than the one meant.
DICTIONARY_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Query:
    """An analysed question.

    Attributes:
        text: As asked, without outer white space and control characters.
        tokens: Its own words, for passages in its language.
        terms: Its words and phrases with their translations, for passages in the other language.
    """

    text: str
    lang: Lang
    tokens: tuple[str, ...]
    terms: tuple[Term, ...]

    def concepts(self, lang: Lang) -> list[tuple[Mapping[str, float], float]]:
        """What to look for in passages of a language: alternatives with weights, and the weight of each concept."""
        if lang == self.lang:
            return [({token: 1.0}, 1.0) for token in self.tokens]
        return [concept for term in self.terms if (concept := _concept(term))[0]]

    def without(self, sources: Collection[str]) -> Query:
        """The question with some of its terms left untranslated, whatever their case and script."""
        if not sources:
            return self
        unwanted = {_folded(source) for source in sources}
        return replace(self, terms=tuple(term for term in self.terms if _folded(term.source) not in unwanted))


def _folded(source: str) -> str:
    return " ".join(normalize(source).split()).casefold()


@functools.lru_cache(maxsize=1024)  # the same words are asked for again, and looked for with each filter
def _concept(term: Term) -> tuple[Mapping[str, float], float]:
    """A term's translations as alternative tokens; the first ones, and those of one word, weigh most.

    What the glossary has weighs as much as what needs no translation.
    """
    alternatives: dict[str, float] = {}
    for rank, translation in enumerate(term.translations):
        words = list(dict.fromkeys(tokenize(translation)))
        for word in words:
            weight = (1.0 / len(words) ** 0.5) * (1.0 / (1.0 + 0.15 * rank))
            alternatives[word] = max(weight, alternatives.get(word, 0.0))
    sure = term.glossary or term.translations == (term.source,)
    return alternatives, 1.0 if sure else DICTIONARY_WEIGHT


def cleaned(text: str) -> str:
    """A question without control characters and outer white space.

    Raises:
        QueryError: It is empty or too long.
    """
    kept = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c
        for c in text
        if c not in "\u200b\ufeff"
    )
    kept = " ".join(kept.split())
    if not kept:
        raise QueryError(
            "The question is empty. Type a question or some words, in Chinese or English.",
            "问题为空，请输入问题或关键词，中英文均可。",
        )
    if len(kept) > MAX_CHARACTERS:
        raise QueryError(
            f"The question has {len(kept):,} characters; at most {MAX_CHARACTERS:,} can be searched for. "
            "Keep the sentence that says what you want to know.",
            f"问题有 {len(kept):,} 字，最多可检索 {MAX_CHARACTERS:,} 字。请只保留说明所问内容的句子。",
        )
    return kept


def analyze(text: str, lexicon: Lexicon) -> Query:
    """Analyse a question.

    Raises:
        QueryError: It is empty, too long, or has neither words nor numbers.
    """
    text = cleaned(text)
    tokens = query_tokens(text)
    if not tokens:
        raise QueryError(
            "The question has no words or numbers to search for. Type some, in Chinese or English.",
            "问题中没有可检索的字词或数字，请用中文或英文输入。",
        )
    lang = detect_lang(text)
    return Query(text, lang, tuple(tokens), tuple(lexicon.translate(text, lang)))


def check_k(k: int) -> None:
    """Refuse a number of hits that makes no sense.

    Raises:
        QueryError: It is below 1 or above 1,000.
    """
    if not 1 <= k <= MAX_K:
        raise QueryError(f"{k:,} hits can't be returned; ask for 1 to {MAX_K:,}.")


def check_lang(lang: str | None) -> Lang | None:
    """The language of a filter.

    Raises:
        QueryError: It is neither ``zh`` nor ``en``.
    """
    for known in LANGS:
        if lang == known:
            return known
    if lang is None:
        return None
    raise QueryError(f"The language {lang!r} is not known; use zh or en, or leave it out for both.")
