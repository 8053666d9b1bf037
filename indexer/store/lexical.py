"""The lexical follower: one Tantivy index per language over our own tokens (:mod:`indexer.language.tokens`).

A language has an index of its own because BM25 needs its own document frequencies and mean length. A mixed
passage lies in the index of its main language with all its tokens.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.language.detect import variants
from indexer.language.tokens import ANALYZER_VERSION, load_dictionary, phrase_parts, tokenize
from indexer.store.catalog import Catalog, Change
from indexer.store.filters import is_among
from indexer.types import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.store.dense import Scored

FORMAT = 3
_FOLDER = "lexical"
_STATE = "state.json"
_HEAP_BYTES = 64_000_000
# Tantivy counts deleted passages in its document frequencies and mean length until it merges them away. The
# index is made anew when they are more than this share of it, or at once while it is so small that this takes
# no time.
_STALE_SHARE = 0.05
_SMALL = 1000
# A filter's passages are a condition of the query where they are few: that takes longer the more they are. Of many the best
# are picked from all that match, which takes longer the fewer they are among all. Both take as long where their square is
# about this many times the number of all: at 250 of 7,500 passages, 4,500 of 750,000 (benchmarks/README.md has the machine).
_FEW = 25
# Passages of a language up to which all that match are fetched at once: whatever else is asked of a question is then known.
# Of more, so many times as many as are wanted, at hardly more cost: a filter finds its own among them.
_ALL, _AHEAD = 10_000, 4
# Characters of a phrase that are looked for, and pairs of them: each takes a few milliseconds among a million passages.
_MOST_PARTS = 16
# Passages for which it pays to load jieba's dictionary, half a second.
_MANY = 200
# A term that none of many passages has is taken for one that the language doesn't use, such as a translation that nobody
# writes, and left out of account. Fewer passages tell less of that: a term that they lack counts in part, so that one word
# of a question is not taken for nearly all of it.
_TELLING, _LACKED = 60, 0.2
_SATURATION = 2.2  # k1 + 1: what BM25's term frequency factor tends to; Tantivy has k1 = 1.2, b = 0.75

WeightedTerms = Sequence[tuple[Mapping[str, float], float]]
"""Concepts of a question: for each, its alternative tokens (any of which stands for it) with their weights, and the
concept's own weight."""


def _schema() -> Any:  # noqa: ANN401 - tantivy is untyped
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=False, indexed=True, fast=True)
    builder.add_text_field("tokens", stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class LexicalIndex:
    """The lexical follower, open for searching. Tantivy gives every search one whole committed state."""

    def __init__(self, folder: Path) -> None:

        self._folder = folder / _FOLDER
        self._schema = _schema()
        self._indexes: dict[Lang, Any] = {}
        self.reload()

    @property
    def seq(self) -> int:
        """The newest change that was applied; -1 where the index is missing or damaged."""
        return self._state.seq if len(self._indexes) == len(LANGS) else -1

    def is_current(self) -> bool:
        """Whether nothing was committed since it was opened."""
        return _state(self._folder) == self._state

    def reload(self) -> None:
        """See what was committed since. A language whose index is missing or damaged has no passages here."""
        for _ in range(3):  # a reindex may put a new folder in place and delete the old one in between
            self._state = _state(self._folder)
            where = self._folder / self._state.name
            self._indexes = {lang: index for lang in LANGS if (index := _open(where / lang)) is not None}
            if len(self._indexes) == len(LANGS) or _state(self._folder) == self._state:
                break

    def size(self, lang: Lang) -> int:
        """Number of passages in a language."""
        index = self._indexes.get(lang)
        return int(index.searcher().num_docs) if index is not None else 0

    def frequencies(self, lang: Lang, terms: Sequence[str]) -> dict[str, int]:
        """Number of passages of a language that hold each token."""
        index = self._indexes.get(lang)
        if index is None:
            return dict.fromkeys(terms, 0)
        searcher = index.searcher()
        return {t: int(searcher.doc_freq("tokens", t)) for t in terms}

    def ceiling(self, terms: WeightedTerms, lang: Lang) -> float:
        """The BM25 score that a passage with every concept would have if terms never stopped adding up.

        Concepts that no passage has are left out where there are many passages, and count in part where there are few.
        """
        n = self.size(lang)
        frequencies = self.frequencies(lang, sorted({t for alternatives, _ in terms for t in alternatives}))
        lacked = _LACKED * (1 - min(n / _TELLING, 1.0))
        total = 0.0
        for alternatives, weight in terms:
            held = [(w, f) for t, w in alternatives.items() if (f := frequencies[t])]
            best = max((w * _idf(f, n) for w, f in held), default=0.0)
            if not held:
                best = lacked * max(alternatives.values(), default=0.0) * _idf(1, n)
            total += weight * best * _SATURATION
        return total

    def match(self, terms: WeightedTerms, lang: Lang) -> Matches:
        """The passages of one language that have any of the terms."""
        index, query = self._indexes.get(lang), self._query(terms)
        searcher = index.searcher() if index is not None and query is not None else None
        return Matches(searcher, query, self._schema, self.ceiling(terms, lang))

    def search(
        self, terms: WeightedTerms, lang: Lang, depth: int, among: NDArray[np.int64] | None = None
    ) -> Scored:
        """The passages of one language that best match the terms; see :meth:`Matches.best`."""
        return self.match(terms, lang).best(depth, among)

    def containing(self, phrase: str, limit: int) -> NDArray[np.int64]:
        """Numbers of the passages that may contain a phrase, language by language: all that do are among them.

        A passage that contains it need not have its tokens (``环境质量`` is in 大气环境质量, cut as 大气环境 and 质量), but
        each character is in one of them.

        Args:
            phrase: Has letters or digits.
            limit: How many of a language at most: those that have most of its neighbouring characters side by side.
        """
        import tantivy

        parts = phrase_parts(phrase)
        must = [tantivy.Query.term_query(self._schema, "tokens", t, "freq") for t in parts.tokens]
        must += map(self._inside, parts.inside[:_MOST_PARTS])
        all_of_it = [(tantivy.Occur.Must, tantivy.Query.const_score_query(q, 0.0)) for q in must]
        found = [np.zeros(0, np.int64)]
        for index in self._indexes.values() if must else ():
            numbers, _ = _search(index.searcher(), tantivy.Query.boolean_query(all_of_it), limit)
            if len(numbers) == limit:
                pairs = [(tantivy.Occur.Should, self._inside(p)) for p in parts.pairs[:_MOST_PARTS]]
                numbers, _ = _search(index.searcher(), tantivy.Query.boolean_query(all_of_it + pairs), limit)
            found.append(numbers)
        return np.concatenate(found)

    def _inside(self, part: str) -> Any:  # noqa: ANN401
        """Passages that have a token with some characters in it."""
        import tantivy

        pattern = "".join(f"[{forms}]" if len(forms := variants(c)) > 1 else re.escape(c) for c in part)
        return tantivy.Query.regex_query(self._schema, "tokens", f".*{pattern}.*")

    def _query(self, terms: WeightedTerms) -> Any:  # noqa: ANN401
        import tantivy

        concepts = []
        for alternatives, weight in terms:
            options = [
                tantivy.Query.boost_query(
                    tantivy.Query.term_query(self._schema, "tokens", t, "freq"), w * weight
                )
                for t, w in alternatives.items()
            ]
            if options:
                concepts.append(
                    options[0] if len(options) == 1 else tantivy.Query.disjunction_max_query(options)
                )
        if not concepts:
            return None
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, c) for c in concepts])


def _idf(frequency: int, n: int) -> float:
    """BM25's weight of a term that so many of ``n`` passages have."""
    return math.log(1 + (n - frequency + 0.5) / (frequency + 0.5))


@dataclass(frozen=True, slots=True)
class _Fetched:
    """The best matches down to some depth, best first; whether they are all that there are."""

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]
    depth: int
    are_all: bool


class Matches:
    """The passages of one language that have any of some terms, by BM25; of a concept the best alternative counts.

    Attributes:
        ceiling: See :meth:`LexicalIndex.ceiling`.
    """

    def __init__(self, searcher: Any, query: Any, schema: Any, ceiling: float) -> None:  # noqa: ANN401
        """Made by :meth:`LexicalIndex.match`; without a searcher there are none."""
        self.ceiling = ceiling
        self._searcher, self._query, self._schema = searcher, query, schema
        self._n_held = int(searcher.num_docs) if searcher is not None else 0
        self._fetched = _Fetched(np.zeros(0, np.int64), np.zeros(0, np.float32), 0, are_all=not self._n_held)
        if self._n_held <= _ALL:
            self._fetch(self._n_held)

    def best(self, depth: int, among: NDArray[np.int64] | None = None) -> Scored:
        """The best of them.

        Args:
            depth: How many at most.
            among: Only these passage numbers; ascending.
        """
        if not self._n_held or depth <= 0 or (among is not None and not len(among)):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if among is None:
            fetched = self._fetch(depth)
            numbers, scores = fetched.numbers, fetched.scores
        elif not self._fetched.are_all and len(among) ** 2 <= _FEW * self._n_held:
            numbers, scores = _search(self._searcher, self._restricted(among), depth)
        else:
            numbers, scores = self._best_of_many(depth, among)
        numbers, scores = numbers[:depth], scores[:depth]
        order = np.lexsort((numbers, -scores))
        return numbers[order], scores[order]

    def scores(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores of given passages, shape ``(len(numbers),)``; 0 for those without any of the terms."""
        ascending, fetched = np.sort(numbers), self._fetched
        mine = is_among(fetched.numbers, ascending)
        found, known = fetched.numbers[mine], fetched.scores[mine]
        rest = ascending[~is_among(ascending, np.sort(found))]
        if len(rest) and not fetched.are_all:
            others, theirs = _search(self._searcher, self._restricted(rest), len(rest))
            found, known = np.concatenate([found, others]), np.concatenate([known, theirs])
        scores = np.zeros(len(numbers), np.float32)
        scores[np.searchsorted(ascending, found)] = known
        return scores[np.searchsorted(ascending, numbers)]

    def _fetch(self, depth: int) -> _Fetched:
        """At least so many of the best, or all that there are; they are kept."""
        fetched = self._fetched
        if depth > fetched.depth and not fetched.are_all:
            depth = min(_AHEAD * depth, self._n_held)
            numbers, scores = _search(self._searcher, self._query, depth)
            all_of_them = len(numbers) < depth or depth == self._n_held
            self._fetched = fetched = _Fetched(numbers, scores, depth, all_of_them)
        return fetched

    def _best_of_many(self, depth: int, among: NDArray[np.int64]) -> Scored:
        """As far down as is needed to find so many of many passages, or all that there are."""
        reach = depth
        while True:
            fetched = self._fetch(reach)
            mine = is_among(fetched.numbers, among)
            if fetched.are_all or mine.sum() >= depth:
                return fetched.numbers[mine], fetched.scores[mine]
            reach = 2 * fetched.depth

    def _restricted(self, among: NDArray[np.int64]) -> Any:  # noqa: ANN401
        import tantivy

        # One by one: a set of terms takes two to four times as long for so few.
        allowed = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "number", n, "basic"))
                for n in among.tolist()
            ]
        )
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.const_score_query(allowed, 0.0)),
                (tantivy.Occur.Must, self._query),
            ]
        )


def _search(searcher: Any, query: Any, depth: int) -> Scored:  # noqa: ANN401
    """The best passages by a query, best first."""
    hits = searcher.search(query, limit=depth, count=False).hits
    numbers = np.array(searcher.fast_field_values("number", [a for _, a in hits]), np.int64)
    return numbers, np.array([s for s, _ in hits], np.float32)


@dataclass(frozen=True, slots=True)
class _State:
    """What ``state.json`` says.

    Attributes:
        seq: The newest change that was applied, -1 for none.
        written: Passages written in all, those removed since included.
        name: Folder of the indexes. Building anew takes another one, so that no reader meets half of each.
    """

    seq: int = -1
    written: int = 0
    name: str = ""


def has_lexical(folder: Path) -> bool:
    """Whether an index folder has a lexical index of this version, however far it has followed."""
    return _state(folder / _FOLDER).seq >= 0


def _state(folder: Path) -> _State:
    try:
        state = json.loads((folder / _STATE).read_text())
        if state["format"] == [FORMAT, ANALYZER_VERSION]:
            return _State(int(state["seq"]), int(state["written"]), Path(state["name"]).name)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return _State()


def _open(where: Path) -> Any:  # noqa: ANN401 - tantivy.Index, or None where there is none that can be used
    import tantivy

    try:
        if tantivy.Index.exists(str(where)):
            index = tantivy.Index.open(str(where))
            if index.searcher().num_docs >= 0:  # has opened every segment
                return index
    except (OSError, ValueError):  # damaged
        pass
    return None


def sync(catalog: Catalog) -> None:
    """Apply the catalog's changes since the last time. Needs the index's write lock.

    Applying a change twice is harmless (a passage's number is deleted before it is added), so a crash between
    Tantivy's commit and the note of how far it got costs nothing but repeated work. An index that is missing,
    damaged or does not fit the catalog is made anew.
    """
    folder = catalog.folder / _FOLDER
    before, stats = LexicalIndex(catalog.folder), catalog.stats()
    target, done = catalog.seq(), before.seq
    if done == target and all(before.size(lang) == stats.by_lang.get(lang, 0) for lang in LANGS):
        return
    changes = catalog.changes(done)
    state = _state(folder)
    name, written = state.name, state.written + sum(c.last - c.first + 1 for c in changes if c.added)
    stale = written - stats.passages
    bearable = 0 if stats.passages <= _SMALL else _STALE_SHARE * stats.passages
    if not 0 < done < target or stale > bearable:
        name = f"{target}-{time.time_ns()}"
        done, changes, written = 0, catalog.changes(0), stats.passages
    _write({lang: folder / name / lang for lang in LANGS}, catalog, changes, fresh=not done)
    temporary = folder / f".{_STATE}"
    temporary.write_text(
        json.dumps({"format": [FORMAT, ANALYZER_VERSION], "seq": target, "written": written, "name": name})
    )
    temporary.replace(folder / _STATE)
    for old in folder.iterdir():
        if old.is_dir() and old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def _write(places: Mapping[Lang, Path], catalog: Catalog, changes: Sequence[Change], *, fresh: bool) -> None:
    """Apply some changes to the indexes of all languages; ``fresh`` ones hold nothing yet."""
    import tantivy

    schema = _schema()
    writers = {}
    for lang, where in places.items():
        where.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(schema, path=str(where))
        writers[lang] = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    if not fresh:
        touched = [number for c in changes for number in range(c.first, c.last + 1)]
        for writer in writers.values():
            writer.delete_documents_by_query(tantivy.Query.term_set_query(schema, "number", touched))
    added = [c for c in changes if c.added]
    if sum(c.last - c.first + 1 for c in added) > _MANY:
        load_dictionary()
    if added:
        for number, lang, context, text in catalog.iter_passages(added[0].first - 1, added[-1].last):
            document = tantivy.Document()
            document.add_unsigned("number", number)
            document.add_text("tokens", " ".join(tokenize(f"{context} {text}")))
            writers[lang].add_document(document)
    for writer in writers.values():
        writer.commit()
        writer.wait_merging_threads()
