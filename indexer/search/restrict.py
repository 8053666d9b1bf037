"""Which passages a typed question allows: its filters, required phrases and excluded words."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from indexer.errors import QueryError
from indexer.language.detect import HAN, simplify, variants
from indexer.language.tokens import phrase_parts
from indexer.search.ranking import Ranked
from indexer.store.catalog import Catalog
from indexer.store.lexical import LexicalIndex
from indexer.types import Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Passages of a language, having a phrase's characters and words in any order, that are looked through for it.
_MOST_FOR_A_PHRASE = 20_000

_HAN = re.compile(f"[{HAN}]+")
# Radicals and ideographs that are there for other standards' sake: NFKC makes them what they look like.
_COMPATIBLE = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f]")

Matching = Callable[[Filter], "NDArray[np.int64]"]
"""Numbers of the passages that a filter lets through, ascending; :meth:`Catalog.matching`."""

WithPhrase = Callable[[str], "NDArray[np.int64]"]
"""Numbers of the passages that contain a phrase, ascending; :func:`with_phrase`."""


def allowed(
    filters: Iterable[Filter], phrases: Sequence[str], matching: Matching, with_phrase: WithPhrase
) -> NDArray[np.int64] | None:
    """Numbers of the passages that may be hits, ascending; None where all may. All filters must hold."""
    sets = [matching(f) for f in filters if f.of_documents]
    sets += [with_phrase(phrase) for phrase in phrases]
    return functools.reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), sets) if sets else None


def among_them(number: int, numbers: NDArray[np.int64] | None) -> bool:
    """Whether a passage is one of those that may be hits."""
    if numbers is None:
        return True
    at = int(np.searchsorted(numbers, number))
    return at < len(numbers) and int(numbers[at]) == number


def with_phrase(phrase: str, catalog: Catalog, lexical: LexicalIndex) -> NDArray[np.int64]:
    """Numbers of the passages that contain a phrase, ascending.

    Raises:
        QueryError: It has no letters and no digits.
    """
    if not phrase_parts(phrase).held:
        raise QueryError(
            f"The phrase in quotation marks, {phrase}, has no words. Leave it out.",
            f"引号中的“{phrase}”不含文字，请删去。",
        )
    candidates = lexical.containing(phrase, _MOST_FOR_A_PHRASE).tolist()
    found = [n for n, text in catalog.texts(candidates) if contains(text, phrase)]
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
    pattern, is_han = _pattern(phrase)
    # To fold a text takes twenty times as long as to search it.
    return bool(pattern.search(text if is_han and not _COMPATIBLE.search(text) else _folded(text)))


@functools.lru_cache(maxsize=64)
def _pattern(phrase: str) -> tuple[re.Pattern[str], bool]:
    """What finds a phrase in folded texts; if it is all Chinese characters, in others too."""
    words = _folded(phrase).split()
    if all(map(_HAN.fullmatch, words)):
        return re.compile(r"\s*".join(f"[{''.join(variants(c))}]" for c in "".join(words))), True
    parts = list(map(re.escape, words))
    pattern = r"\s*".join(parts) if not phrase.isascii() else r"\s+".join(parts)
    # As tokens are cut: "Xi'an" is one word, of "people's" only the first part is.
    before = r"(?<![a-z0-9])(?<![a-z]['’])" if re.match(r"[a-z0-9]", parts[0]) else ""
    after = r"(?![a-z0-9])(?!['’](?!s\b)[a-z])" if re.search(r"[a-z0-9]\Z", parts[-1]) else ""
    return re.compile(f"{before}{pattern}{after}"), False


def _folded(text: str) -> str:
    return simplify(unicodedata.normalize("NFKC", text)).casefold()
