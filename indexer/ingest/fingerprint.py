"""Tell whether two texts are one text printed twice.

Sites print each other's bulletins: with other clutter around them, in the other script, shortened, under another
title. Texts are compared by their *units* (Chinese characters, words, numbers), in which script, width, case,
punctuation, line breaks, web addresses and pinyin notes make no difference. A MinHash of the units' shingles finds the few documents
that may be reprints; :func:`likeness` then compares those with care. A bulletin for another month or city uses the
same words: numbers that differ between the same words, and names swapped throughout, make it another bulletin.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from indexer.language.detect import HAN, VARIANTS
from indexer.language.regex import regex
from indexer.language.tokens import fold_script

SHINGLE = 4
"""Units of a shingle."""

SLOTS = 128
"""Hashes of a MinHash."""

_VERSION = "2"
_SEED = 1
_MAX_UNITS = 100_000
"""Units that are compared of one document; further on, only books go."""

_FOLDED_AT_ONCE = 100_000
"""Characters of a long text that are folded at once, and on to the end of the line."""

_SHORT = 24
"""Units below which two texts are reprints only if they are the same."""

# Shares of the smaller and of the larger text's shingles that the other must have. They are not 1 for the clutter
# that cleaning leaves, and for what was cut: an excerpt of 70 % is a reprint, a passage that is quoted isn't.
_OF_SMALLER = 0.72
_OF_LARGER = 0.55

_CONFLICTS = 2
"""Numbers that may differ, as dates of printing and corrections do."""
_CONFLICTS_OF_ALL = 1 / 3
"""And at most this share of all numbers, where more than one differs."""

_SWAPS = 3
"""A word that is replaced by one other word this often is another subject's name; a place is at one time less."""

_THROUGHOUT = 0.6
"""Share of a word's occurrences that must be replaced: characters that are misread in a picture are so now and then."""

_EDITS = 4
"""Wordings that may differ, or one in ``_UNITS_PER_EDIT`` units: a law and its amendment differ in more."""
_UNITS_PER_EDIT = 400

_FLANK = 3
"""Units that must be the same before and after a difference for it to be one within a sentence."""
_WITHIN = 12
"""Most units of such a difference."""

_MOST_CELLS = 40_000**2
"""Units of one text times those of another up to which as much as possible is found to be the same: a bit of memory each."""

_NUMERAL = "〇零一二三四五六七八九十百千万亿两"
_UNIT = regex(
    rf"\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?![,.]?\d)|(?<!\d\.)\d+\.\d+(?!\.?\d)|\d+|[{_NUMERAL}]{{2,}}|[{HAN}]|[^\W\d_{HAN}]+"
)
_PINYIN = regex(r"\([^\W\d_]{0,6}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ][^\W\d_]{0,6}\)")
_ADDRESS = regex(r"(?:https?://|www\.)[!-~]+")
# What OpenCC's conversion leaves of Taiwan's and Hong Kong's forms, and takes from either script.
_VARIANTS = VARIANTS | dict(zip("著覆迳於裡羣峯汙", "着复径于里群峰污", strict=True))
_VARIANT = regex(f"[{''.join(_VARIANTS)}]")
_DIGITS = frozenset("0123456789")
_IS_NUMBER = regex(rf"[\d.]+|[{_NUMERAL}]+")
_PRONOUNS = ("我", "本", "该", "全", "our", "the", "this")


class Unit(NamedTuple):
    """A unit with its place in the text as written: ``text[start:end]``."""

    folded: str
    start: int
    end: int


class Gap(NamedTuple):
    """Where two sequences of units differ: ``a[a_start:a_end]`` stands where the other has ``b[b_start:b_end]``.

    ``before`` and ``after`` count the units that are the same up to the next gap, or the text's start or end.
    Where both texts start or end with it, the gap counts as well enclosed on that side.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    before: int
    after: int


@dataclass(frozen=True)
class Folded:
    """A text as it is compared.

    Attributes:
        units: At most 100,000.
        traditional: Whether it is written in Traditional characters.
    """

    units: tuple[str, ...]
    traditional: bool = False

    @cached_property
    def shingles(self) -> frozenset[str]:
        """All runs of four units; of a shorter text, all of it."""
        return shingles(self.units)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of two texts is the same.

    Attributes:
        in_a: Share of the first text, 0 to 1, that the second has as well; ``in_b`` the other way round.
        numbers: Places where different numbers stand between the same words.
        swapped: Two words of which one stands wherever the other text has the other, or None.
        edits: Other wordings between the same words.
        alike: Whether each has most of the other's text; only then were numbers, swapped words and edits looked for.
        conflict: Whether numbers, a swapped word or many edits show that they are different bulletins of one form.
        reprint: Whether they are one text printed twice.
    """

    in_a: float
    in_b: float
    numbers: int = 0
    swapped: tuple[str, str] | None = None
    edits: int = 0
    alike: bool = False
    conflict: bool = False
    reprint: bool = False


# Units


def fold(text: str) -> Folded:
    """A text as it is compared."""
    head = text[:2000]
    folded = fold_script(head)
    changed = sum(map(str.__ne__, head, folded)) if len(head) == len(folded) else 0
    return Folded(tuple(units_of(text, _MAX_UNITS)), traditional=changed > 0.02 * len(head))


def units_of(text: str, most: int | None = None) -> list[str]:
    """A text's units, folded; at most so many, for which no more of a long text is folded than needed."""
    units: list[str] = []
    start = 0
    while start < len(text) and (most is None or len(units) < most):
        end = text.find("\n", start + _FOLDED_AT_ONCE) + 1 or len(text)
        found = _UNIT.findall(_fold(unicodedata.normalize("NFKC", text[start:end]).lower()))
        units += [_plain(u) if u[0] in _DIGITS else u for u in found]
        start = end
    return units[:most]


def shingles(units: Sequence[str]) -> frozenset[str]:
    """All runs of four units; of a shorter text, all of it."""
    runs = zip(*(units[i:] for i in range(SHINGLE)), strict=False)
    return frozenset(map(" ".join, runs)) or frozenset([" ".join(units)] if units else [])


def locate(text: str) -> list[Unit]:
    """A text's units with their places, for showing what differs."""
    characters: list[str] = []
    origins: list[int] = []
    for at, character in enumerate(text):
        for form in unicodedata.normalize("NFKC", character).lower():
            characters.append(form)
            origins.append(at)
    plain = "".join(characters)
    folded = _fold(plain)
    if len(folded) != len(plain):  # a phrase whose script forms differ in length: character by character then
        folded = "".join(_fold(c)[:1] or " " for c in plain)
    found = list(_UNIT.finditer(folded))
    return [
        Unit(_plain(m[0]) if m[0][0] in _DIGITS else m[0], origins[m.start()], origins[m.end() - 1] + 1)
        for m in found
    ]


def _fold(plain: str) -> str:
    """Script and variants folded, pinyin notes and web addresses blanked out.

    The length stays the same, but for the few phrases whose script forms differ in length.
    """
    folded = _VARIANT.sub(lambda m: _VARIANTS[m[0]], fold_script(plain))
    if "(" in folded:
        folded = _PINYIN.sub(_blank, folded)
    return _ADDRESS.sub(_blank, folded) if "://" in folded or "www." in folded else folded


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _plain(unit: str) -> str:
    """A number without the commas of thousands and without leading zeros; anything else as it is."""
    unit = unit.replace(",", "")
    return unit if "." in unit else unit.lstrip("0") or "0"


# Candidates


def fingerprint_version() -> str:
    """Changes whenever the same text may give another signature or judgement."""
    import rensa

    return f"{_VERSION}-{SHINGLE}-{SLOTS}-{rensa.RMinHash.ALGORITHM_VERSION}"


def signature(folded: Folded) -> bytes:
    """MinHash of a text: 128 unsigned 32-bit integers, little-endian. The more of them agree, the more is the same."""
    import numpy as np
    import rensa

    sketch = rensa.RMinHash(num_perm=SLOTS, seed=_SEED)
    sketch.update(folded.shingles)
    return np.array(sketch.digest(), "<u4").tobytes()


# Comparison


def likeness(a: Folded, b: Folded, is_place: Callable[[str], bool] | None = None) -> Likeness:
    """Compare two texts.

    Args:
        a: One.
        b: The other.
        is_place: Whether a folded word names a place; by default, whether it names a Chinese division.
    """
    common = len(a.shingles & b.shingles)
    in_a, in_b = (common / max(len(x.shingles), 1) for x in (a, b))
    smaller, larger = max(in_a, in_b), min(in_a, in_b)
    short = min(len(a.units), len(b.units)) < _SHORT
    if smaller < _OF_SMALLER or larger < _OF_LARGER or (short and a.units != b.units):
        return Likeness(in_a, in_b)
    if a.units == b.units:
        return Likeness(in_a, in_b, alike=True, reprint=True)
    numbers, n_numbers, swapped, edits = _differences(a, b, is_place or _is_place)
    some = max(_EDITS, min(len(a.units), len(b.units)) / _UNITS_PER_EDIT)
    conflict = (
        numbers > _CONFLICTS
        or (numbers > 1 and numbers > _CONFLICTS_OF_ALL * n_numbers)
        or swapped is not None
        or edits > 2 * some
    )
    same = not conflict and edits <= some
    return Likeness(in_a, in_b, numbers, swapped, edits, alike=True, conflict=conflict, reprint=same)


def gaps(a: Sequence[str], b: Sequence[str], *, most_in_common: bool = False) -> list[Gap]:
    """Where two sequences of units differ, in order; everything between the gaps is the same.

    Args:
        a: One sequence.
        b: The other.
        most_in_common: Whether to find as much as possible that is the same, even if one gap becomes several; not
            done for two whole books, for which there is not the memory.
    """
    from rapidfuzz.distance import Indel, Levenshtein

    found: list[Gap] = []
    same = 0
    metric = Indel if most_in_common and len(a) * len(b) <= _MOST_CELLS else Levenshtein
    for op in metric.opcodes(a, b):
        if op.tag == "equal":
            same = op.src_end - op.src_start
            if found:
                found[-1] = found[-1]._replace(after=same)
            continue
        last = found[-1] if found else None
        if last and (last.a_end, last.b_end) == (op.src_start, op.dest_start):
            found[-1] = last._replace(a_end=op.src_end, b_end=op.dest_end)
        else:
            before = same if op.src_start or op.dest_start else _WITHIN
            found.append(Gap(op.src_start, op.src_end, op.dest_start, op.dest_end, before, 0))
    if found and (found[-1].a_end, found[-1].b_end) == (len(a), len(b)):
        found[-1] = found[-1]._replace(after=_WITHIN)
    return found


def _differences(
    a: Folded, b: Folded, is_place: Callable[[str], bool]
) -> tuple[int, int, tuple[str, str] | None, int]:
    """Differing numbers, all numbers, a swapped name, and other edits, within what is otherwise the same."""
    found = gaps(a.units, b.units)
    n_numbers = sum(map(_is_number, a.units))
    numbers = edits = 0
    swaps: Counter[tuple[str, str]] = Counter()
    places = 0
    for gap in found:
        ours, theirs = a.units[gap.a_start : gap.a_end], b.units[gap.b_start : gap.b_end]
        if max(len(ours), len(theirs)) > _WITHIN or min(gap.before, gap.after) < 1:
            continue
        if "".join(ours) == "".join(theirs):  # a line break within a number or word
            continue
        if _conflict(ours, theirs):
            numbers += 1
            continue
        swap = (" ".join(ours), " ".join(theirs))
        if ours and theirs and not any(side.startswith(_PRONOUNS) for side in swap):
            swaps[swap] += 1
            places += all(
                any(is_place(word) for word in _words_around(side, start, end))
                for side, start, end in ((a.units, gap.a_start, gap.a_end), (b.units, gap.b_start, gap.b_end))
            )
        both = ours and theirs
        if max(len(ours), len(theirs)) > 1 and min(gap.before, gap.after) >= _FLANK:
            edits += bool(both) or not any(map(_is_number, ours or theirs))  # a page's number is none
    swap, n = swaps.most_common(1)[0] if swaps else (("", ""), 0)
    # Taiwan's and Hong Kong's words for things differ throughout.
    same_script = a.traditional == b.traditional
    throughout = n >= _SWAPS and n >= _THROUGHOUT * f" {' '.join(a.units)} ".count(f" {swap[0]} ")
    swapped = swap if (throughout and same_script) or places >= _SWAPS - 1 else None
    return numbers, n_numbers, swapped, edits


def _conflict(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both have numbers, in the same figures, and not the same ones."""
    mine, other = [u for u in ours if _is_number(u)], [u for u in theirs if _is_number(u)]
    if not mine or not other or mine == other:
        return False
    return any(x[0].isdigit() for x in mine) == any(x[0].isdigit() for x in other)


def _is_number(unit: str) -> bool:
    return _IS_NUMBER.fullmatch(unit) is not None


def _words_around(units: Sequence[str], start: int, end: int) -> Iterator[str]:
    """The units from ``start`` to ``end``, and with one or two neighbours: 南 of 河南省."""
    for a in (start, start - 1, start - 2):
        for b in (end, end + 1, end + 2):
            if 0 <= a and b <= len(units) and b - a > 1:
                han = units[start] >= "\u3400"
                yield ("" if han else " ").join(units[a:b])


def _is_place(word: str) -> bool:
    from indexer.language.places import lookup

    return bool(lookup(word))
