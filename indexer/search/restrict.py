"""Which passages a typed question allows: its filters, required phrases and excluded words."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from indexer.language.detect import simplify
from indexer.language.tokens import tokenize
from indexer.search.ranking import Ranked
from indexer.store.catalog import Catalog
from indexer.store.lexical import LexicalIndex
from indexer.types import LANGS, Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Passages holding a phrase's words, in any order, that are looked through for the phrase itself.
_MOST_FOR_A_PHRASE = 5_000


Matching = Callable[[Filter], "NDArray[np.int64]"]
"""Numbers of the passages that a filter lets through, ascending; :meth:`Catalog.matching`."""


def allowed(
    filters: Iterable[Filter],
    phrases: Sequence[str],
    matching: Matching,
    catalog: Catalog,
    lexical: LexicalIndex,
) -> NDArray[np.int64] | None:
    """Numbers of the passages that may be hits, ascending; None where all may. All filters must hold."""
    sets = [matching(f) for f in filters if f.of_documents]
    sets += [_with_phrase(phrase, catalog, lexical) for phrase in phrases]
    return functools.reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), sets) if sets else None


def among_them(number: int, numbers: NDArray[np.int64] | None) -> bool:
    """Whether a passage is one of those that may be hits."""
    if numbers is None:
        return True
    at = int(np.searchsorted(numbers, number))
    return at < len(numbers) and int(numbers[at]) == number


def _with_phrase(phrase: str, catalog: Catalog, lexical: LexicalIndex) -> NDArray[np.int64]:
    tokens = tokenize(phrase)
    found: list[int] = []
    for lang in LANGS:
        candidates = lexical.containing(tokens, lang, _MOST_FOR_A_PHRASE).tolist()
        passages = catalog.passages(candidates)
        found += [n for n, stored in passages.items() if contains(stored.passage.text, phrase)]
    return np.array(sorted(found), np.int64)


def without(ranked: Sequence[Ranked], excluded: Sequence[str], catalog: Catalog) -> Sequence[Ranked]:
    """A ranking less the passages that contain an excluded word."""
    if not excluded:
        return ranked
    passages = catalog.passages([r.number for r in ranked])
    return [
        r
        for r in ranked
        if r.number in passages and not any(contains(passages[r.number].passage.text, e) for e in excluded)
    ]


def contains(text: str, phrase: str) -> bool:
    """Whether a text has a phrase, whatever the script, width, case and line breaks; English as whole words."""
    return bool(_pattern(phrase).search(_folded(text)))


@functools.lru_cache(maxsize=64)
def _pattern(phrase: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in _folded(phrase).split()]
    pattern = r"\s*".join(words) if not phrase.isascii() else r"\s+".join(words)
    before = r"(?<![a-z0-9])" if words and re.match(r"[a-z0-9]", words[0]) else ""
    after = r"(?![a-z0-9])" if words and re.search(r"[a-z0-9]\Z", words[-1]) else ""
    return re.compile(f"{before}{pattern}{after}")


def _folded(text: str) -> str:
    return simplify(unicodedata.normalize("NFKC", text)).casefold()
