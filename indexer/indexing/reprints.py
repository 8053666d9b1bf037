"""Finds reprints among the documents of a catalog and groups them.

Each step is one transaction and leaves behind what is still to be done, so that a run that was cut off is taken up by
the next one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from indexer.indexing.report import Progress, Step
from indexer.ingest.fingerprint import Folded, fingerprint_version, fold, likeness, signature
from indexer.store.catalog import Catalog
from indexer.store.reprints import Reprints

_SLICE = 32
"""Documents of one transaction."""

_REMEMBERED = 300_000
"""Units of folded documents that are kept, since neighbours in a folder are often each other's candidates."""


def group_reprints(catalog: Catalog, progress: Progress = lambda _step: None) -> None:
    """Compare the documents that are new with all others, and form the groups that this changes.

    What comes out depends on the documents alone and hardly on the order in which they came: only where more than a
    hundred share a form that all fill in, or more than thirty are alike, are not all pairs compared.

    Args:
        catalog: To be written; the caller has the write lock.
        progress: Told how far it is.
    """
    store = Reprints(catalog)
    store.begin_anew(fingerprint_version())
    texts = _Texts(store)
    new = store.unsigned()
    for at in range(0, len(new), _SLICE):
        progress(Step(f"looking for reprints: {at:,} of {len(new):,} documents"))
        with store.transaction():
            for number in new[at : at + _SLICE]:
                mine = texts[number]
                sketch = signature(mine)
                found = store.candidates(sketch) if mine.units else []
                judged = {n: likeness(mine, texts[n]) for n in found}
                alike = {n: j.reprint for n, j in judged.items() if j.reprint or j.conflict}
                store.sign(number, sketch, alike, find=bool(mine.units))
    with store.transaction():
        _regroup(store)


def form_groups(pairs: Mapping[int, Mapping[int, bool]], names: Mapping[int, str]) -> dict[int, int]:
    """Group documents around those that have the most reprints.

    All of a group are reprints of its centre, and no two speak of different things: an excerpt without the numbers in
    which two bulletins differ belongs to one of them.

    Args:
        pairs: Each document with its reprints: true; and with those that only look like it: false.
        names: The documents' identities, which decide where numbers of reprints are the same.

    Returns:
        The centre of each document's group.
    """
    reprints = {n: {other for other, same in alike.items() if same} for n, alike in pairs.items()}
    centres: dict[int, int] = {}
    for centre in sorted(pairs, key=lambda n: (-len(reprints[n]), names[n])):
        if centre in centres:
            continue
        group = {centre}
        free = [n for n in reprints[centre] if n not in centres]
        for other in sorted(free, key=lambda n: (-len(reprints[n] & reprints[centre]), names[n])):
            if all(pairs[other].get(member, True) for member in group):
                group.add(other)
        centres.update(dict.fromkeys(group, centre))
    return centres


def _regroup(store: Reprints) -> None:
    """Make the groups of the documents that have none, and of those that these are connected with."""
    made: dict[int, str] = {}
    for number in store.ungrouped():
        if number not in made:
            pairs = store.connected(number)
            names = store.doc_ids(list(pairs))
            made |= {n: names[centre] for n, centre in form_groups(pairs, names).items()}
    store.set_groups(made)


class _Texts:
    """Documents as they are compared, the latest ones kept."""

    def __init__(self, store: Reprints) -> None:
        self._store = store
        self._kept: OrderedDict[int, Folded] = OrderedDict()
        self._size = 0

    def __getitem__(self, number: int) -> Folded:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        folded = self._kept[number] = fold(self._store.text(number))
        self._size += len(folded.units)
        while self._size > _REMEMBERED and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1].units)
        return folded
