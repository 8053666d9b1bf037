"""One hit for what several documents print, and what differs between two documents."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from indexer.ingest.fingerprint import Likeness, Unit, fold, gaps, likeness, locate, shingles, units_of
from indexer.ingest.sentences import sentences
from indexer.search.ranking import Ranked
from indexer.store.catalog import Catalog, StoredPassage
from indexer.store.reprints import Reprints
from indexer.types import Document, Reprint

SAME = 0.5
"""Share of the shorter passage that the other must have for both to say the same."""

_AS_GOOD = 0.8
"""Share of the best passage's text or relevance from which an earlier print is shown in its place: passages that are
cut elsewhere may lack the answer."""

_MOST = 100
"""Reprints that are looked for, of one hit."""

_SPARE = 3
"""Passages that are read at once besides as many as hits are wanted, for some may be reprints of others."""

_NEAR = 8
"""Passages of a reprint that are looked at if no ranked one says the same: those at about the same place."""


@dataclass(slots=True)
class Found:
    """A hit in the making: the ranked passage, what is shown for it, and the passages that say the same."""

    ranked: Ranked
    stored: StoredPassage
    reprints: list[StoredPassage] = field(default_factory=list)
    relevance: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.relevance[self.ranked.number] = self.ranked.relevance


# Folding


def fold_ranking(
    ranked: Sequence[Ranked],
    k: int,
    catalog: Catalog,
    may_be_hit: Callable[[StoredPassage], bool] = lambda _stored: True,
) -> list[Found]:
    """The first ``k`` different things of a ranking.

    Passages of reprints that have half of their text in common are one of these. What is shown for it is the one
    that was published first, of those that have most of the best one's text or are about as relevant; if no date is
    known, the one that was indexed first.

    Args:
        ranked: Best first.
        k: How many.
        catalog: Where the passages are.
        may_be_hit: Whether a passage that was not ranked may be shown as a hit: filters and excluded words hold for
            it. Others stay reprints of what is shown.
    """
    found: list[Found] = []
    at = 0
    while len(found) < k and at < len(ranked):
        some = ranked[at : at + k - len(found) + _SPARE]
        at += len(some)
        passages = catalog.passages([r.number for r in some])
        for candidate in some:
            stored = passages.get(candidate.number)
            if stored is None:
                continue
            same = next((f for f in found if _says_the_same(f.stored, stored)), None)
            if same is not None:
                same.relevance[candidate.number] = candidate.relevance
                if stored.passage.doc_id not in {r.passage.doc_id for r in same.reprints}:
                    same.reprints.append(stored)
            elif len(found) < k:
                found.append(Found(candidate, stored))
    _add_the_rest(found, ranked, catalog)
    # A long passage may say what two shorter ones of another print say; it is one hit all the same.
    shown = {f.stored.number for f in found}
    return [_earliest_first(f, may_be_hit, shown) for f in found]


def as_reprint(stored: StoredPassage) -> Reprint:
    """A passage as a hit names it that says the same."""
    p = stored.passage
    return Reprint(
        passage_id=p.passage_id, doc_id=p.doc_id, lang=p.lang, script=p.script,
        title=stored.title or Path(stored.path).stem, published=stored.published, publisher=stored.publisher,
        path=stored.path, format=stored.format, url=stored.url, paths=stored.paths,
    )  # fmt: skip


@lru_cache(maxsize=512)  # the same bulletins answer many questions
def _shingles(text: str) -> frozenset[int]:
    return frozenset(map(hash, shingles(units_of(text))))


def _overlap(one: StoredPassage, other: StoredPassage) -> float:
    """Share of the shorter passage that the other has."""
    a, b = _shingles(one.passage.text), _shingles(other.passage.text)
    return len(a & b) / max(min(len(a), len(b)), 1)


def _says_the_same(one: StoredPassage, other: StoredPassage) -> bool:
    if one.group is None or one.group != other.group or one.passage.doc_id == other.passage.doc_id:
        return False
    return _overlap(one, other) >= SAME


def _add_the_rest(found: Sequence[Found], ranked: Sequence[Ranked], catalog: Catalog) -> None:
    """Add the reprints whose passages rank lower, or nowhere."""
    store = Reprints(catalog)
    members = store.members({f.stored.group for f in found if f.stored.group is not None})
    if not members:
        return
    places = {r.number: i for i, r in enumerate(ranked)}
    waiting = list(_to_look_at(found, members, places, store))
    # Nearly always the one that ranks highest is the one.
    for part in (slice(0, 1), slice(1, _NEAR)):
        passages = catalog.passages(list({n for _, near in waiting for n in near[part]}))
        left: list[tuple[Found, list[int]]] = []
        for f, near in waiting:
            likely = (passages[n] for n in near[part] if n in passages)
            same = next((p for p in likely if _overlap(f.stored, p) >= SAME), None)
            if same is None:
                left.append((f, near))
            else:
                f.reprints.append(same)
                if same.number in places:
                    f.relevance[same.number] = ranked[places[same.number]].relevance
        waiting = left


def _to_look_at(
    found: Sequence[Found], members: Mapping[str, Sequence[str]], places: Mapping[int, int], store: Reprints
) -> Iterator[tuple[Found, list[int]]]:
    """For each document of a hit's group that is still missing, the passages that may say the same.

    Those that rank come first, then those at about the same place in their document.
    """
    numbers = {
        doc_id: store.passage_numbers(doc_id) for group in members.values() for doc_id in group[:_MOST]
    }
    for f in found:
        own = f.stored.passage
        known = {own.doc_id, *(r.passage.doc_id for r in f.reprints)}
        for doc_id in members.get(f.stored.group or "", [])[:_MOST]:
            if doc_id in known:
                continue
            theirs = numbers[doc_id]
            there = own.ordinal / max(len(numbers.get(own.doc_id, ())), 1) * len(theirs)
            order = sorted(
                range(len(theirs)), key=lambda i: (places.get(theirs[i], len(places)), abs(i - there))
            )
            yield f, [theirs[i] for i in order[:_NEAR]]


def _earliest_first(f: Found, may_be_hit: Callable[[StoredPassage], bool], taken: set[int]) -> Found:
    """With the earliest print as the one that is shown, unless another hit shows it: those numbers are ``taken``."""

    def age(stored: StoredPassage) -> tuple[bool, str, int]:
        return (stored.published is None, stored.published or "", stored.number)

    def as_good(stored: StoredPassage) -> bool:
        if f.relevance.get(stored.number, -1.0) >= _AS_GOOD * f.ranked.relevance:
            return True
        best = _shingles(f.stored.passage.text)
        return len(best & _shingles(stored.passage.text)) >= _AS_GOOD * len(best)

    everything = sorted([f.stored, *f.reprints], key=age)
    shown = next(
        s for s in everything if s is f.stored or (s.number not in taken and as_good(s) and may_be_hit(s))
    )
    taken.add(shown.number)
    return replace(f, stored=shown, reprints=[s for s in everything if s is not shown])


# Differences

Marks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of two documents, sentence by sentence, as they are written.

    Attributes:
        kind: ``same`` for sentences that say the same in the same words, whatever their script, width, punctuation and
            line breaks; ``changed`` for sentences with some words in common; ``removed`` for those that only the first
            document has, ``added`` for those that only the second has.
        a: The first document's text; empty if ``added``.
        b: The second document's text; empty if ``removed``.
        a_start: Offset of ``a`` in the first document; where nothing is, of what follows. ``b_start`` likewise.
        a_marks: What is not in the other, of changed sentences, as offsets in ``a``. ``b_marks`` likewise.
    """

    kind: Literal["same", "changed", "removed", "added"]
    a: str
    b: str
    a_start: int
    b_start: int
    a_marks: Marks = ()
    b_marks: Marks = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the documents: its units, its sentences, and which units the other has not."""

    text: str
    units: Sequence[Unit]
    sentences: Sequence[tuple[int, int, int, int]]  # start, end, first unit, end of units
    lone: list[bool]


_LINK = 0.4
"""Share of the shorter sentence's units that two sentences have in common that are one, changed."""

_SLIDE = 40
"""Units by which a stretch that the other has not is moved at most."""

_CHANCE = 3
"""Fewer characters than these in common, or one word, between longer differences, are so by chance."""


def resemblance(a: Document, b: Document) -> Likeness:
    """How much of two documents is the same, and whether they are one text printed twice."""
    return likeness(fold(a.text), fold(b.text))


def compare(a: Document, b: Document) -> list[Difference]:
    """What differs between two documents.

    Returns:
        All of both texts, in order, but for lines without words.
    """
    one, other, pairs = _align(a.text, b.text)
    links = _links(one, other, pairs)
    last = max(links, default=-1)
    back: dict[int, int] = {}
    for i, partners in links.items():
        for j in partners:
            back.setdefault(j, i)
    found: list[Difference] = []
    i = j = 0
    while i < len(one.sentences) or j < len(other.sentences):
        i_end, j_end = i, j
        if i < len(one.sentences) and i not in links:
            i_end += 1
        elif j < len(other.sentences) and j not in back:
            j_end += 1
        else:
            i_end, j_end = _cluster(i, j, links, last)
        found.append(_difference(one, other, (i, i_end), (j, j_end)))
        i, j = i_end, j_end
    return list(_joined(found, a.text, b.text))


def _align(a: str, b: str) -> tuple[_Side, _Side, list[int]]:
    """Both sides, and for each unit of the first the one of the second that is the same, or -1."""
    units = locate(a), locate(b)
    pairs = _matches(*units)
    one, other = (
        _Side(text, mine, list(_sentences(text, mine)), [True] * len(mine))
        for text, mine in zip((a, b), units, strict=True)
    )
    _settle(one, pairs)
    back = [-1] * len(other.units)
    for x, y in enumerate(pairs):
        if y >= 0:
            back[y] = x
    _settle(other, back)
    pairs = [-1] * len(one.units)
    for y, x in enumerate(back):
        if x >= 0:
            pairs[x] = y
            one.lone[x] = other.lone[y] = False
    return one, other, pairs


def _matches(a: Sequence[Unit], b: Sequence[Unit]) -> list[int]:
    """For each unit of ``a`` the one of ``b`` that is the same, in order, or -1."""
    pairs = [-1] * len(a)
    x = y = last = 0
    for gap in gaps([u.folded for u in a], [u.folded for u in b], most_in_common=True):
        size = max(gap.a_end - gap.a_start, gap.b_end - gap.b_start)
        weight = sum(1 if u.folded >= "\u3400" else 2 for u in a[x : min(gap.a_start, x + _CHANCE)])
        if not weight < _CHANCE < min(size, last):
            pairs[x : gap.a_start] = range(y, gap.b_start)
        x, y, last = gap.a_end, gap.b_end, size
    pairs[x:] = range(y, len(b))
    return pairs


def _settle(side: _Side, pairs: list[int]) -> None:
    """Move stretches that the other has not to where sentences start or end, if the text reads the same there.

    Of ``4 June. 5 June.`` and ``5 June.``, the sentence is what is gone, not ``4 June. 5`` or ``June. 5``.
    """
    units = side.units
    starts = {first for _, _, first, _ in side.sentences} | {len(units)}
    at = 0
    while at < len(units):
        if pairs[at] >= 0:
            at += 1
            continue
        end = at
        while end < len(units) and pairs[end] < 0:
            end += 1
        best = (at in starts) + (end in starts)
        shift = 0
        for step in (-1, 1):
            s, e, n = at, end, 0
            while best < 2 and abs(n) < _SLIDE:
                gone, come = (s - 1, e - 1) if step < 0 else (e, s)
                if not 0 <= gone < len(units) or pairs[gone] < 0 or units[gone].folded != units[come].folded:
                    break
                s, e, n = s + step, e + step, n + step
                if (s in starts) + (e in starts) > best:
                    best, shift = (s in starts) + (e in starts), n
        for n in range(abs(shift)):
            gone, come = (at - 1 - n, end - 1 - n) if shift < 0 else (end + n, at + n)
            pairs[come], pairs[gone] = pairs[gone], -1
        at = end + max(shift, 0)


def _sentences(text: str, units: Sequence[Unit]) -> Iterator[tuple[int, int, int, int]]:
    """The sentences that have units, line by line."""
    starts = [u.start for u in units]
    at = 0
    for line in text.split("\n"):
        for start, end in sentences(text, at, at + len(line)):
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            if first < last:
                yield start, end, first, last
        at += len(line) + 1


def _links(one: _Side, other: _Side, pairs: Sequence[int]) -> dict[int, list[int]]:
    """The sentences of the other side that have enough in common with a sentence, in order."""
    places = [j for j, sentence in enumerate(other.sentences) for _ in range(sentence[2], sentence[3])]
    shared = Counter(
        (i, places[pairs[x]])
        for i, sentence in enumerate(one.sentences)
        for x in range(sentence[2], sentence[3])
        if pairs[x] >= 0
    )
    links: dict[int, list[int]] = {}
    for (i, j), n in sorted(shared.items()):
        sizes = [s[3] - s[2] for s in (one.sentences[i], other.sentences[j])]
        if n >= _LINK * min(sizes):
            links.setdefault(i, []).append(j)
    return links


def _cluster(i: int, j: int, links: dict[int, list[int]], last: int) -> tuple[int, int]:
    """Ends of the sentences that hang together from two that do: a sentence may be two in the other document.

    Args:
        i: A sentence of the first document; ``j`` likewise of the second.
        j: See ``i``.
        links: From :func:`_links`.
        last: The last sentence that has links.
    """
    i_end, j_end = i + 1, max(j, links[i][-1]) + 1
    for k in range(i + 1, last + 1):
        if k in links:
            if links[k][0] >= j_end:
                break
            i_end, j_end = k + 1, max(j_end, links[k][-1] + 1)
    return i_end, j_end


def _difference(one: _Side, other: _Side, mine: tuple[int, int], theirs: tuple[int, int]) -> Difference:
    (a_start, a_end, a_marks), (b_start, b_end, b_marks) = _stretch(one, *mine), _stretch(other, *theirs)
    a, b = one.text[a_start:a_end], other.text[b_start:b_end]
    if not a or not b:
        return Difference("removed" if a else "added", a, b, a_start, b_start)
    changed = bool(a_marks or b_marks)
    return Difference("changed" if changed else "same", a, b, a_start, b_start, a_marks, b_marks)


def _stretch(side: _Side, first: int, end: int) -> tuple[int, int, Marks]:
    """Start, end and marks of some sentences; of none, the place where they would be."""
    if first == end:
        place = side.sentences[first][0] if first < len(side.sentences) else len(side.text)
        return place, place, ()
    start, stop = side.sentences[first][0], side.sentences[end - 1][1]
    marks: list[tuple[int, int]] = []
    before = False
    for index in range(side.sentences[first][2], side.sentences[end - 1][3]):
        unit = side.units[index]
        if side.lone[index]:
            if before:
                marks[-1] = (marks[-1][0], unit.end - start)
            else:
                marks.append((unit.start - start, unit.end - start))
        before = side.lone[index]
    return start, stop, tuple(marks)


def _joined(found: Sequence[Difference], a: str, b: str) -> Iterator[Difference]:
    """Neighbours of one kind made one, but for changed ones."""
    waiting: Difference | None = None
    for this in found:
        if waiting is not None and waiting.kind == this.kind != "changed":
            a_end, b_end = this.a_start + len(this.a), this.b_start + len(this.b)
            mine = a[waiting.a_start : a_end] if this.a else ""
            theirs = b[waiting.b_start : b_end] if this.b else ""
            waiting = replace(waiting, a=mine, b=theirs)
            continue
        if waiting is not None:
            yield waiting
        waiting = this
    if waiting is not None:
        yield waiting
