"""The dense follower: one flat FAISS index per language, on vectors centred by their language's mean.

A multilingual encoder puts texts of one language nearer to each other than to their translations. Subtracting each
language's mean passage vector (and that of the question's language from the question) takes most of that away, and
standardising a score by the mean and variance that the language's passages have in the question's direction takes
away the rest:

    z = (q·p - q·m) / sqrt(qᵀ S q)        m, S: mean and covariance of the language's (centred, unit) vectors

which is in closed form: no sample of scores is needed. (Libovický et al. 2020 and Yang et al. 2021 on language means;
Roy et al. 2020, LAReQA, on language bias.)

On disk a *base* (FAISS index, numbers, statistics) is immutable; what changed in the catalog after it was written is a
*tail* that is read when the follower is opened and held in memory. The base is written anew when the tail has grown
to a good part of it, so that adding one bulletin to many costs little.

A language with many passages also has a *sketch*: product-quantised codes of a quarter bit a component, scanned many
times as fast as the vectors, which then score only the best by it (FAISS's fast scan: André et al. 2015, 2021).
"""

from __future__ import annotations

import functools
import json
import shutil
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.store.catalog import Catalog
from indexer.store.filters import is_among
from indexer.types import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 3
_POINTER = "dense.json"
# The base is written anew when more than this share of it has changed, or when it is small anyway.
_TAIL_SHARE = 0.05
_SMALL = 20_000
# Passages from which on a language has a sketch, how many vectors teach it its codes, and how many times as many
# passages as are wanted it picks for the vectors to score.
_SKETCHED = 50_000
_TAUGHT = 20_000
_PICKED = 10
# Passages up to which a filter's are scored one by one, a microsecond each: so many, and one of so many of all more, as
# the search that skips the others takes longer the more there are.
_FEW, _FEW_OF = 250, 200
# A filter that lets one of so many passages through finds its own among the best of all, if the scan reaches so far.
_AHEAD = 4
# A language's mean is drawn to the prior as if the prior were this many passages.
_PRIOR_WEIGHT = 10.0
# Variance of a unit vector's component along a direction: the prior, and how many passages it weighs.
_PRIOR_VARIANCE = 0.004
_PRIOR_VARIANCE_WEIGHT = 20.0

Scored = tuple["NDArray[np.int64]", "NDArray[np.float32]"]
"""Passage numbers and their scores, best first, ties by number."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One language's passages. Arrays are never changed in place."""

    mean: NDArray[np.float32]  # (dim,) subtracted from every vector
    centre: NDArray[np.float32]  # (dim,) mean of the centred unit vectors
    covariance: NDArray[np.float32]  # (dim, dim) of the centred unit vectors
    numbers: NDArray[np.int64]  # (n,) of the base, ascending
    base: Any  # faiss index of n vectors
    sketch: Any  # faiss index of their codes; None for few
    gone: NDArray[np.int64]  # rows of the base that were removed since
    tail_numbers: NDArray[np.int64]
    tail: NDArray[np.float32]  # centred unit vectors added since

    @property
    def size(self) -> int:
        return len(self.numbers) - len(self.gone) + len(self.tail_numbers)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of the base, shape ``(len(rows), dim)``."""
        import faiss

        # As FAISS keeps them; its own decoding, component by component, takes twice as long.
        codes = faiss.rev_swig_ptr(self.base.codes.data(), self.base.ntotal * self.base.code_size)
        return np.asarray(codes.view(np.float16).reshape(-1, self.base.d)[rows], np.float32)

    def nearest(
        self, query: NDArray[np.float32], depth: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows of the base, of the allowed ones if that is said, and their cosines with a centred question, best first.

        More than ``depth`` where that costs nothing.
        """
        import faiss

        untyped: Any = faiss
        # A thread that is woken for one question spins afterwards and keeps the model from its core.
        faiss.omp_set_num_threads(1)
        selector = None
        if allowed is not None or len(self.gone):
            wanted = np.ones(len(self.numbers), bool) if allowed is None else allowed
            wanted[self.gone] = False
            selector = untyped.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))
        if self.sketch is None:
            found = self.base.search(query[None], depth, params=untyped.SearchParameters(sel=selector))
        else:
            both = untyped.IndexRefine(self.sketch, self.base)
            how = untyped.IndexRefineSearchParameters(
                k_factor=1, base_index_params=untyped.SearchParametersIVF(sel=selector)
            )
            found = both.search(query[None], _PICKED * depth, params=how)
        (scores,), (rows,) = found
        return rows[rows >= 0], scores[rows >= 0]  # faiss pads with -1


class Nearest:
    """The passages of one language by their cosine with a centred question; one scan serves several filters."""

    def __init__(self, dense: DenseIndex, query: NDArray[np.float32], lang: Lang) -> None:
        """Made by :meth:`DenseIndex.near`."""
        self.lang = lang
        self._dense, self._query = dense, query
        self._part = dense._parts.get(lang)
        self._scanned: Scored = np.zeros(0, np.int64), np.zeros(0, np.float32)
        self._ahead = 0

    def expect(self, depth: int, among: NDArray[np.int64]) -> None:
        """Have the first scan reach as far as :meth:`best` will need for a filter that lets a good part through."""
        part = self._part
        if part is None or part.sketch is not None:  # which reaches far anyway
            return
        n_allowed = int(is_among(part.numbers, among).sum())
        if n_allowed * _AHEAD >= len(part.numbers):
            self._ahead = min(len(part.numbers), int(1.25 * depth * len(part.numbers) / max(n_allowed, 1)))

    def best(self, depth: int, among: NDArray[np.int64] | None = None) -> Scored:
        """The best of them.

        Args:
            depth: How many at most.
            among: Only these passage numbers; ascending.
        """
        part = self._part
        if part is None or part.size == 0 or depth <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        numbers, scores = self._of_base(part, depth, among)
        added, tail = part.tail_numbers, part.tail
        if among is not None:
            mine = is_among(added, among)
            added, tail = added[mine], tail[mine]
        numbers = np.concatenate([numbers, added])
        scores = np.concatenate([scores, tail @ self._query])
        order = np.lexsort((numbers, -scores))[:depth]
        return numbers[order], scores[order].astype(np.float32)

    def scores(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of given passages; NaN for those that are not held."""
        return self._dense.scores(self._query, self.lang, numbers)

    def standardize(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines less their mean over all passages of the language, in units of their standard deviation."""
        mean, spread = self._usual
        return (cosines - mean) / spread

    @functools.cached_property
    def _usual(self) -> tuple[float, float]:
        return self._dense.standardize(self._query, self.lang)

    def _of_base(self, part: _Part, depth: int, among: NDArray[np.int64] | None) -> Scored:
        """Scores all of a few passages one by one; of many, picks from the best of all, or skips the others."""
        few = _FEW + len(part.numbers) // _FEW_OF
        n_held = len(part.numbers) - len(part.gone)
        if among is not None and (len(among) <= few or not n_held):
            held = among[is_among(among, part.numbers)]
            return held, part.vectors(np.searchsorted(part.numbers, held)) @ self._query
        numbers, scores = self._scan(part, min(depth, n_held))
        if among is None:
            return numbers[:depth], scores[:depth]
        mine = is_among(numbers, among)
        # The sketch picks a good many times as many as are wanted, with a filter as without.
        wanted = depth if part.sketch is None else _PICKED * depth // 3
        if mine.sum() >= wanted or len(numbers) == n_held:
            return numbers[mine], scores[mine]
        allowed = is_among(part.numbers, among)
        if allowed.sum() <= few:
            return part.numbers[allowed], part.vectors(np.flatnonzero(allowed)) @ self._query
        rows, scores = part.nearest(self._query, depth, allowed)
        return part.numbers[rows], scores

    def _scan(self, part: _Part, depth: int) -> Scored:
        """At least so many of the base's best; they are kept."""
        scanned = self._scanned
        if len(scanned[0]) < depth:
            rows, scores = part.nearest(self._query, max(depth, self._ahead))
            self._scanned = scanned = part.numbers[rows], scores
        return scanned


class DenseIndex:
    """One state of the dense follower. Immutable, so any number of threads may search it."""

    def __init__(self, seq: int, dim: int, parts: dict[Lang, _Part], base_seq: int) -> None:
        self.seq = seq
        self.dim = dim
        self._parts = parts
        self._base_seq = base_seq

    # Searching

    def size(self, lang: Lang) -> int:
        """Number of passages in a language."""
        return self._parts[lang].size if lang in self._parts else 0

    def centre_query(self, query: NDArray[np.float32], lang: Lang) -> NDArray[np.float32]:
        """A question less the mean passage vector of its language; shape ``(dim,)``, unit norm."""
        return _unit(query - self._parts[lang].mean) if lang in self._parts else query

    def mean(self, lang: Lang) -> NDArray[np.float32]:
        """The mean vector that a language's passages are centred by, shape ``(dim,)``."""
        return self._parts[lang].mean

    def near(self, query: NDArray[np.float32], lang: Lang) -> Nearest:
        """The passages of one language by their cosine, centred, with a question from :meth:`centre_query`."""
        return Nearest(self, query, lang)

    def search(
        self, query: NDArray[np.float32], lang: Lang, depth: int, among: NDArray[np.int64] | None = None
    ) -> Scored:
        """The passages of one language nearest to a centred question; see :meth:`Nearest.best`."""
        return self.near(query, lang).best(depth, among)

    def scores(
        self, query: NDArray[np.float32], lang: Lang, numbers: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Cosines of given passages of one language with a centred question; NaN for those it does not hold."""
        part = self._parts[lang]
        scores = np.full(len(numbers), np.nan, np.float32)
        for held, get in ((part.numbers, part.vectors), (part.tail_numbers, part.tail.__getitem__)):
            if len(held):
                rows = np.minimum(np.searchsorted(held, numbers), len(held) - 1)
                mine = held[rows] == numbers
                if mine.any():
                    scores[mine] = get(rows[mine]) @ query
        return scores

    def similar(
        self, number: int, lang: Lang, other: Lang, numbers: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Cosines of given passages of one language with a passage of the same or the other, each centred by its own.

        Args:
            number: The passage that is compared with, of language ``lang``.
            lang: Its language.
            other: The language of ``numbers``.
            numbers: Shape ``(n,)``.

        Returns:
            Shape ``(n,)``; NaN for passages that are not held, or everywhere if ``number`` is not.
        """
        part = self._parts[lang]
        for held, get in ((part.numbers, part.vectors), (part.tail_numbers, part.tail.__getitem__)):
            row = int(np.searchsorted(held, number))
            if row < len(held) and held[row] == number:
                return self.scores(get(np.array([row]))[0], other, numbers)
        return np.full(len(numbers), np.nan, np.float32)

    def standardize(self, query: NDArray[np.float32], lang: Lang) -> tuple[float, float]:
        """Mean and standard deviation of a centred question's cosine with the passages of one language."""
        part = self._parts[lang]
        variance = float(query @ part.covariance @ query)
        return float(query @ part.centre), float(np.sqrt(max(variance, 1e-6)))

    def reconstruct(self, lang: Lang) -> Scored:
        """All numbers and centred vectors of a language, shape ``(n,)`` and ``(n, dim)`` (for pictures and tests)."""
        part = self._parts[lang]
        vectors, numbers = part.tail, part.tail_numbers
        if len(part.numbers):
            keep = np.ones(len(part.numbers), bool)
            keep[part.gone] = False
            vectors = np.concatenate([part.base.reconstruct_n(0, len(part.numbers))[keep], vectors])
            numbers = np.concatenate([part.numbers[keep], numbers])
        return numbers, vectors

    # Following the catalog

    @classmethod
    def open(
        cls, catalog: Catalog, dim: int, prior: dict[Lang, NDArray[np.float32]] | None = None
    ) -> DenseIndex:
        """The follower in step with the catalog: the base from disk and the tail from the catalog.

        Args:
            catalog: What to follow.
            dim: Length of the vectors.
            prior: Mean vector of general text by language, for languages with few passages.
        """
        base = _read(catalog.folder, dim)
        if base is None or base.seq > catalog.seq():  # ahead: an older catalog was put back
            return build(catalog, dim, prior)
        return base.catch_up(catalog)

    def catch_up(self, catalog: Catalog) -> DenseIndex:
        """A new state that has applied the catalog's changes since this one.

        A base that was written since goes before this state's own: its means and statistics are those of the language
        as it is now, and a process that stays open doesn't gather a tail without end.
        """
        newer = _read(catalog.folder, self.dim, after=self._base_seq)
        if newer is not None and newer.seq <= catalog.seq():
            return newer.catch_up(catalog)
        changes = catalog.changes(self.seq)
        if not changes:
            return self
        added = [c for c in changes if c.added]
        removed = [(c.first, c.last) for c in changes if not c.added]
        numbers, langs, vectors = (
            catalog.vectors(added[0].first - 1, added[-1].last) if added else _nothing(self.dim)
        )
        parts = {}
        for lang, part in self._parts.items():
            gone = part.gone
            tail_numbers, tail = part.tail_numbers, part.tail
            for first, last in removed:
                a, b = np.searchsorted(part.numbers, [first, last + 1])
                gone = np.concatenate([gone, np.arange(a, b)])
                keep = (tail_numbers < first) | (tail_numbers > last)
                tail_numbers, tail = tail_numbers[keep], tail[keep]
            mine = langs == lang
            if mine.any():
                tail_numbers = np.concatenate([tail_numbers, numbers[mine]])
                tail = np.concatenate([tail, _unit(vectors[mine].astype(np.float32) - part.mean)])
            parts[lang] = replace(part, gone=np.unique(gone), tail_numbers=tail_numbers, tail=tail)
        return DenseIndex(changes[-1].seq, self.dim, parts, self._base_seq)

    def write(self, folder: Path) -> None:
        """Write this state (which must have no tail) as the base; a reader sees the old base or the new one.

        Needs the write lock.
        """
        import faiss

        name = f"dense-{self.seq}"
        temporary = folder / ".dense"
        shutil.rmtree(temporary, ignore_errors=True)  # left by a run that was killed
        temporary.mkdir(parents=True)
        for lang, part in self._parts.items():
            faiss.write_index(part.base, str(temporary / f"{lang}.faiss"))
            if part.sketch is not None:
                faiss.write_index(part.sketch, str(temporary / f"{lang}.sketch.faiss"))
            np.savez(
                temporary / f"{lang}.npz",
                numbers=part.numbers, mean=part.mean, centre=part.centre, covariance=part.covariance,
            )  # fmt: skip
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
        pointer = folder / f".{_POINTER}"
        pointer.write_text(json.dumps({"format": FORMAT, "seq": self.seq, "dim": self.dim, "folder": name}))
        pointer.replace(folder / _POINTER)
        for old in folder.glob("dense-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)


def sync(catalog: Catalog, dim: int, prior: dict[Lang, NDArray[np.float32]] | None = None) -> None:
    """Write the base anew if it is missing or damaged, or too much has changed since. Needs the write lock."""
    base = _read(catalog.folder, dim)
    if base is not None and base.seq <= catalog.seq():
        changed = sum(change.last - change.first + 1 for change in catalog.changes(base.seq))
        size = sum(base.size(lang) for lang in LANGS)
        if not changed or (size > _SMALL and changed <= _TAIL_SHARE * size):
            return
    build(catalog, dim, prior).write(catalog.folder)


def build(catalog: Catalog, dim: int, prior: dict[Lang, NDArray[np.float32]] | None = None) -> DenseIndex:
    """The follower built from all of the catalog, with fresh means and statistics and no tail."""
    seq, last = catalog.newest()
    # Half-precision, by language and in pieces: all vectors at once in float32 would take twice the memory of the index.
    stored: dict[Lang, list[tuple[NDArray[np.int64], NDArray[np.float16]]]] = {lang: [] for lang in LANGS}
    for numbers, langs, vectors in catalog.iter_vectors(last):
        for lang in LANGS:
            mine = langs == lang
            if mine.any():
                stored[lang].append((numbers[mine], vectors[mine]))
    sums = {
        lang: sum((v.sum(0, dtype=np.float64) for _, v in some), np.zeros(dim))
        for lang, some in stored.items()
    }
    sizes = {lang: sum(len(numbers) for numbers, _ in some) for lang, some in stored.items()}
    means = [sums[lang] / n for lang, n in sizes.items() if n]
    parts: dict[Lang, _Part] = {}
    for lang, some in stored.items():
        # Without a prior of its own a language without passages borrows the other's mean.
        expected = (prior or {}).get(lang, next(iter(means), np.zeros(dim)))
        mean = ((sums[lang] + _PRIOR_WEIGHT * expected) / (sizes[lang] + _PRIOR_WEIGHT)).astype(np.float32)
        parts[lang] = _build_part(some, mean)
        some.clear()
    return DenseIndex(seq, dim, parts, seq)


def _build_part(
    stored: list[tuple[NDArray[np.int64], NDArray[np.float16]]], mean: NDArray[np.float32]
) -> _Part:
    """One language's passages.

    Args:
        stored: Numbers and vectors, in pieces.
        mean: To be subtracted from every vector.
    """
    dim = len(mean)
    base = _flat(dim)
    total, products, n = np.zeros(dim), np.zeros((dim, dim)), 0
    for numbers, vectors in stored:
        centred = _unit(vectors.astype(np.float32) - mean)
        base.add(np.ascontiguousarray(centred))
        total += centred.sum(0)
        products += centred.T @ centred
        n += len(numbers)
    covariance = products - np.outer(total, total) / max(n, 1)
    covariance += np.eye(dim) * (_PRIOR_VARIANCE_WEIGHT * _PRIOR_VARIANCE)
    covariance /= n + _PRIOR_VARIANCE_WEIGHT
    numbers = np.concatenate([numbers for numbers, _ in stored]) if stored else np.zeros(0, np.int64)
    return _Part(
        mean, (total / (n + _PRIOR_WEIGHT)).astype(np.float32), covariance.astype(np.float32),
        numbers, base, _sketch(base), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, dim), np.float32),
    )  # fmt: skip


def _flat(dim: int) -> Any:  # noqa: ANN401 - faiss is untyped
    import faiss

    # Half precision, as in the catalog: half the memory of float32, and several times its speed on one question.
    return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _sketch(base: Any) -> Any:  # noqa: ANN401
    """Codes of two components in four bits, for all vectors of a large base; None for a small one."""
    import faiss

    n, dim = base.ntotal, base.d
    if n < _SKETCHED:
        return None
    # One list of all: unlike FAISS's index without lists it can skip what a filter doesn't let through.
    untyped: Any = faiss
    sketch = untyped.IndexIVFPQFastScan(
        faiss.IndexFlatIP(dim), dim, 1, dim // 2, 4, faiss.METRIC_INNER_PRODUCT, 32, True
    )
    sketch.by_residual = False
    sketch.train(base.reconstruct_batch(np.linspace(0, n - 1, min(n, _TAUGHT)).astype(np.int64)))
    for at in range(0, n, _TAUGHT):
        sketch.add(base.reconstruct_n(at, min(_TAUGHT, n - at)))
    return sketch


def _read(folder: Path, dim: int, after: int = -1) -> DenseIndex | None:
    """The base on disk; None where there is none, or none that this version and model can use.

    Args:
        folder: The index folder.
        dim: Length of the vectors.
        after: Only a base with changes after this one.
    """
    import faiss

    try:
        pointer = json.loads((folder / _POINTER).read_text())
        seq = int(pointer["seq"])
        if pointer["format"] != FORMAT or pointer["dim"] != dim or seq <= after:
            return None
        where = folder / pointer["folder"]
        parts: dict[Lang, _Part] = {}
        for lang in LANGS:
            with (where / f"{lang}.npz").open("rb") as file, np.load(file) as arrays:
                facts = {name: arrays[name] for name in arrays.files}
            # Mapped, not read: opening costs nothing, and processes that search share one copy in memory.
            base = faiss.read_index(str(where / f"{lang}.faiss"), faiss.IO_FLAG_MMAP_IFC)
            n = len(facts["numbers"])
            sketch = faiss.read_index(str(where / f"{lang}.sketch.faiss")) if n >= _SKETCHED else None
            if base.ntotal != n or (sketch and sketch.ntotal != n):
                return None
            parts[lang] = _Part(
                facts["mean"], facts["centre"], facts["covariance"], facts["numbers"], base, sketch,
                np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, dim), np.float32),
            )  # fmt: skip
        return DenseIndex(seq, dim, parts, seq)
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile):
        return None  # a follower that is missing or damaged is built anew from the catalog


def _nothing(dim: int) -> tuple[NDArray[np.int64], NDArray[np.str_], NDArray[np.float16]]:
    return np.zeros(0, np.int64), np.zeros(0, "<U2"), np.zeros((0, dim), np.float16)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (or one vector) scaled to unit norm; zero vectors stay zero."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, 1e-12), np.float32)
