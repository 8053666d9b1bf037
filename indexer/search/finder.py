"""What a question finds at one state of the index, in each language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from indexer.embedding.late import TokenCodec
from indexer.search import ranking
from indexer.search.encoding import QueryEncoder
from indexer.search.query import Query
from indexer.store.catalog import Catalog
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex, Matches
from indexer.types import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Questions, in one language each, whose candidates without filters are remembered: 12 KB each.
_REMEMBERED = 128
# Passages of a language from which on finding takes as long as rescoring, most of it without Python's lock.
_LARGE = 20_000


class _Late(NamedTuple):
    """MaxSim of some passages."""

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def of(cls, rescored: ranking.Candidates) -> _Late:
        """What was computed for some candidates."""
        known = ~np.isnan(rescored.late)
        return cls(rescored.numbers[known], rescored.late[known])

    def scores_of(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """The scores of given passages; NaN where there is none."""
        scores = np.full(len(numbers), np.nan, np.float32)
        rows = ranking.rows_of(numbers, self.numbers)
        scores[rows >= 0] = self.scores[rows[rows >= 0]]
        return scores


@dataclass(slots=True)
class _Unfiltered:
    """What a question finds in one language without filters, and the same rescored once that was begun."""

    found: ranking.Candidates
    rescored: Future[ranking.Candidates] | None = None


R = TypeVar("R")


def _done(work: Callable[[], R]) -> Future[R]:
    """Do some work here and now."""
    future: Future[R] = Future()
    future.set_result(work())
    return future


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
        self._unfiltered = functools.lru_cache(maxsize=_REMEMBERED)(self._find_unfiltered)

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
        found = self.candidates(query, depth, langs, among)
        every = found if among is None else self.candidates(query, depth, langs, None)
        return ranking.merge(query.lang, found, self.dense.similar, every)

    def candidates(
        self, query: Query, depth: int, langs: Sequence[Lang], among: NDArray[np.int64] | None = None
    ) -> list[ranking.Candidates]:
        """The candidates of each language, before the languages are compared."""
        self._encoder.vectors(query)
        held = [lang for lang in langs if self.dense.size(lang)]
        large = any(self.dense.size(lang) >= _LARGE for lang in held)
        try:
            begun = [
                self._helpers.submit(self._find, query, lang, depth, among)
                if large
                else self._begin(query, lang, depth, among, helped=True)
                for lang in held[:-1]
            ]
            last = [self._find(query, lang, depth, among) for lang in held[-1:]]
            return [one.result() for one in begun] + last
        except BaseException:
            self._unfiltered.cache_clear()  # an error is not remembered
            raise

    def _find(
        self, query: Query, lang: Lang, depth: int, among: NDArray[np.int64] | None
    ) -> ranking.Candidates:
        return self._begin(query, lang, depth, among, helped=False).result()

    def _begin(
        self, query: Query, lang: Lang, depth: int, among: NDArray[np.int64] | None, *, helped: bool
    ) -> Future[ranking.Candidates]:
        """Find the candidates of one language and begin to rescore them, with help or here.

        Finding is many short steps that need Python's lock, rescoring a few long ones that don't: so the first language
        is rescored while what is next is found. Among many passages finding has long steps too: then each language is
        left to one thread.
        """
        begin = self._helpers.submit if helped else _done
        if among is not None:
            self._legs(query, lang).meaning.expect(depth, among)
        every = self._unfiltered(query, lang, depth)
        if every.rescored is None and (helped or among is None):
            every.rescored = begin(partial(self._rescored, query, every.found))
        if every.rescored is not None and among is None:
            return every.rescored
        mine = self._found(query, lang, depth, among, every.found)
        if every.rescored is None:
            both = self._late(query, np.union1d(self._first(every.found), self._first(mine)))
            every.rescored = _done(partial(self._rescored, query, every.found, both))
            return _done(partial(self._rescored, query, mine, both))
        rescored = every.rescored
        return begin(lambda: self._rescored(query, mine, _Late.of(rescored.result())))

    def _find_unfiltered(self, query: Query, lang: Lang, depth: int) -> _Unfiltered:
        return _Unfiltered(self._found(query, lang, depth))

    def _found(
        self,
        query: Query,
        lang: Lang,
        depth: int,
        among: NDArray[np.int64] | None = None,
        every: ranking.Candidates | None = None,
    ) -> ranking.Candidates:
        return ranking.find_candidates(lang, self._legs(query, lang), depth, among, every)

    def _first(self, found: ranking.Candidates) -> NDArray[np.int64]:
        """Those that late interaction looks at."""
        return found.numbers[: ranking.n_rescored(self.dense.size(found.lang))]

    def _late(self, query: Query, numbers: NDArray[np.int64]) -> _Late:
        """MaxSim of some passages; NaN for those without token vectors."""
        _, tokens = self._encoder.vectors(query)
        if tokens is None or self._codec is None:
            return _Late(numbers, np.full(len(numbers), np.nan, np.float32))
        some = numbers.tolist()
        packed = self._catalog.packed_tokens(some)
        return _Late(numbers, self._codec.max_sim(tokens, [packed.get(n, b"") for n in some]))

    def _rescored(
        self, query: Query, found: ranking.Candidates, known: _Late | None = None
    ) -> ranking.Candidates:
        """Candidates rescored by late interaction; what is known is not computed again."""
        first = self._first(found)
        late = known.scores_of(first) if known else np.full(len(first), np.nan, np.float32)
        rest = np.isnan(late)
        if rest.any():
            late[rest] = self._late(query, first[rest]).scores
        return ranking.with_late(found, late, same_language=found.lang == query.lang)

    def _both_legs(self, query: Query, lang: Lang) -> ranking.Legs:
        vector, _ = self._encoder.vectors(query)
        meaning = self.dense.near(self.dense.centre_query(vector, query.lang), lang)
        return ranking.Legs(meaning, self._matches(query, lang))

    def _match(self, query: Query, lang: Lang) -> Matches:
        return self.lexical.match(query.concepts(lang), lang)
