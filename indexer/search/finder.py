"""What a question finds at one state of the index, in each language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.embedding.late import TokenCodec
from indexer.search import ranking
from indexer.search.encoding import QueryEncoder
from indexer.search.query import Query
from indexer.search.restrict import with_phrase
from indexer.store.catalog import Catalog
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex, Matches
from indexer.types import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Questions, in one language each, whose candidates without filters are remembered: 12 KB each.
_REMEMBERED = 128
# Phrases whose passages are remembered: a page asks for those of its question several times.
_PHRASES = 16
# Passages of a language from which on finding takes as long as rescoring, most of it without Python's lock.
_LARGE = 20_000

_Both = tuple[ranking.Candidates, ranking.Candidates]
"""What is found with a filter and without it."""


@dataclass(slots=True)
class _Remembered:
    """What a question finds in one language without filters, rescored; None before that is known."""

    rescored: ranking.Candidates | None = None


class Finder:
    """Finds candidates with both followers and late interaction. Any number of threads may use it at once.

    Filters are tried out, and what passes them is judged by what there is without them: the last questions' candidates
    are remembered, and what the legs of the very last one have read.

    Attributes:
        generation: Of the catalog.
        dense: The dense follower.
        lexical: The lexical follower.
        lexical_seq: How far that had followed.
    """

    def __init__(
        self,
        catalog: Catalog,
        dense: DenseIndex,
        lexical: LexicalIndex,
        encoder: QueryEncoder,
        codec: TokenCodec | None,
        helpers: Executor,
        generation: int,
    ) -> None:
        """Put one together; without a codec there is no late interaction."""
        self.generation = generation
        self.dense = dense
        self.lexical = lexical
        self.lexical_seq = lexical.seq
        self._catalog = catalog
        self._encoder = encoder
        self._codec = codec
        self._helpers = helpers
        self._matches = functools.lru_cache(maxsize=2 * len(LANGS))(self._match)
        self._legs = functools.lru_cache(maxsize=2 * len(LANGS))(self._both_legs)
        self._phrases = functools.lru_cache(maxsize=_PHRASES)(lambda p: with_phrase(p, catalog, lexical))
        self._remembered = functools.lru_cache(maxsize=_REMEMBERED)(lambda *_question: _Remembered())

    def with_phrase(self, phrase: str) -> NDArray[np.int64]:
        """Numbers of the passages that contain a phrase, ascending; see :func:`restrict.with_phrase`."""
        return self._phrases(phrase)

    def match_words(self, query: Query, langs: Sequence[Lang]) -> None:
        """Do what needs no vectors, for the calls that follow."""
        for lang in langs:
            self._matches(query, lang)

    def rank(
        self, query: Query, depth: int, langs: Sequence[Lang], among: NDArray[np.int64] | None = None
    ) -> Sequence[ranking.Ranked]:
        """All candidates, best first; see :func:`ranking.merge`.

        Args:
            query: The question.
            depth: Candidates of each leg in each language.
            langs: The languages of the passages.
            among: Only these passage numbers; ascending.
        """
        found = self._in_each(query, depth, langs, among)
        allowed, every = [mine for mine, _ in found], [every for _, every in found]
        return ranking.merge(query.lang, allowed, self.dense.similar, every)

    def candidates(
        self, query: Query, depth: int, langs: Sequence[Lang], among: NDArray[np.int64] | None = None
    ) -> list[ranking.Candidates]:
        """The candidates of each language, before the languages are compared."""
        return [mine for mine, _ in self._in_each(query, depth, langs, among)]

    def _in_each(
        self, query: Query, depth: int, langs: Sequence[Lang], among: NDArray[np.int64] | None
    ) -> list[_Both]:
        """The candidates of each language with a filter and without it.

        Finding and rescoring are many short steps that need Python's lock: two threads that take turns at it are no faster
        than one. Reading what is to be rescored is one long step that doesn't, so that is left to helpers. Among many
        passages finding has long steps too: then each language is left to one thread.
        """
        self._encoder.vectors(query)
        held = [lang for lang in langs if self.dense.size(lang)]
        if any(self.dense.size(lang) >= _LARGE for lang in held):
            begun = [
                self._helpers.submit(lambda lang: self._begin(query, lang, depth, among)(), lang)
                for lang in held[:-1]
            ]
            last = [self._begin(query, lang, depth, among)() for lang in held[-1:]]
            return [one.result() for one in begun] + last
        rescore = [self._begin(query, lang, depth, among) for lang in held]
        return [one() for one in rescore]

    def _begin(
        self, query: Query, lang: Lang, depth: int, among: NDArray[np.int64] | None
    ) -> Callable[[], _Both]:
        """Find the candidates of one language and have what is to be rescored read; what is given rescores it.

        If no helper has begun to read by then, it is read there.
        """
        remembered = self._remembered(query, lang, depth)
        every = remembered.rescored
        if every is not None and among is None:
            return lambda: (every, every)
        legs = self._legs(query, lang)
        filters: list[NDArray[np.int64] | None] = [] if every is not None else [None]
        if among is not None:
            legs.meaning.expect(depth, among)
            filters.append(among)
        found = ranking.find_candidates(lang, legs, depth, filters)
        numbers, scores = _scored(every)
        first = [c.numbers[: ranking.n_rescored(self.dense.size(lang))] for c in found]
        wanted = ranking.distinct(first)
        rest = wanted[ranking.rows_of(wanted, numbers) < 0]

        reading = self._helpers.submit(self._packed_tokens, rest)

        def rescore() -> _Both:
            packed = self._packed_tokens(rest) if reading.cancel() else reading.result()
            known = np.concatenate([numbers, rest])
            all_scores = np.concatenate([scores, self._max_sim(query, packed)])
            rescored = [
                ranking.with_late(
                    c, all_scores[ranking.rows_of(some, known)], same_language=lang == query.lang
                )
                for c, some in zip(found, first, strict=True)
            ]
            if every is None:
                remembered.rescored = rescored[0]
            return rescored[-1], every or rescored[0]

        return rescore

    def _packed_tokens(self, numbers: NDArray[np.int64]) -> list[bytes]:
        """Packed token vectors of some passages; nothing for those that have none."""
        some = numbers.tolist()
        packed = self._catalog.packed_tokens(some) if self._codec is not None else {}
        return [packed.get(n, b"") for n in some]

    def _max_sim(self, query: Query, packed: Sequence[bytes]) -> NDArray[np.float32]:
        """MaxSim of passages by their packed token vectors; NaN for those that have none."""
        _, tokens = self._encoder.vectors(query)
        if tokens is None or self._codec is None:
            return np.full(len(packed), np.nan, np.float32)
        return self._codec.max_sim(tokens, packed)

    def _both_legs(self, query: Query, lang: Lang) -> ranking.Legs:
        vector, _ = self._encoder.vectors(query)
        meaning = self.dense.near(self.dense.centre_query(vector, query.lang), lang)
        return ranking.Legs(meaning, self._matches(query, lang))

    def _match(self, query: Query, lang: Lang) -> Matches:
        return self.lexical.match(query.concepts(lang), lang)


def _scored(candidates: ranking.Candidates | None) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The numbers of those that have MaxSim, and it."""
    if candidates is None:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    known = ~np.isnan(candidates.late)
    return candidates.numbers[known], candidates.late[known]
