"""Ranking that is fair across languages.

For each language: the dense and the lexical leg find candidates, late interaction rescores the best of them, and the
result is put on a scale that means the same in every language. Only then are the languages merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from indexer.search.relevance import log_odds, probability
from indexer.store.dense import Nearest
from indexer.store.lexical import Matches
from indexer.types import Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

Similar = Callable[[int, Lang, Lang, "NDArray[np.int64]"], "NDArray[np.float32]"]

# Chosen on data/xquad-dev and data/bulletins-gold-dev; benchmarks/README.md has the tables.
LEXICAL_WEIGHT = 7.0  # of the lexical share, in standard deviations of the dense score
LATE_SCALE = 19.0  # brings MaxSim, whose spread among candidates is about 0.05, to the dense score's scale
# Beside MaxSim, in the question's language only: the weight of the pooled vectors' standardised cosine (across languages
# MaxSim alone ranks better), and that of the lexical share, which says less where MaxSim sees the same words.
MEANING_WEIGHT = 0.5
OWN_WORDS = 4.0
# Candidates of each language that late interaction rescores; more where so many passages are held, of which more are alike.
RESCORED, RESCORED_OF_MANY, MANY = 48, 80, 20_000
TAIL = 20
SPREAD_FLOOR = 0.2
# The tail and the spread that languages with many passages have (about the medians), and the number of candidates from
# which a language's own count alone; by whether late interaction rescored the passages and whether they are in the
# question's language. benchmarks/lopsided.py measures what they do.
USUAL = {
    (True, True): (8.1, 2.2, 60),
    (True, False): (7.6, 1.25, 60),
    (False, True): (1.2, 1.4, 40),
    (False, False): (1.2, 1.4, 40),
}
ODDS_WEIGHT = 0.3  # of the log-odds of being relevant, against the standing in one's own language
# Of the likeness to the other language's best passage: for passages in the language that was not asked in, which that
# passage leads to, and for those in the question's own language.
LEAD_AWAY, LEAD_HOME = 0.6, 0.3
LED = 60  # candidates of each language that the other's best passage may lead to
_LEAD_FLOOR = 0.05  # least spread of cosines that is taken as real


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages of one language with their scores; arrays of shape ``(n,)``, best first by ``combined``.

    Attributes:
        cosine: Cosine of centred vectors.
        dense: The cosine standardised over all passages of the language.
        lexical: BM25 as a share of what a passage with all of the question's terms could reach, 0 to 1.
        combined: Meaning and words in one score; comparable within the language.
        late: MaxSim; NaN where it was not computed.
    """

    lang: Lang
    numbers: NDArray[np.int64]
    cosine: NDArray[np.float32]
    dense: NDArray[np.float32]
    lexical: NDArray[np.float32]
    combined: NDArray[np.float32]
    late: NDArray[np.float32]

    def order(self) -> NDArray[np.intp]:
        """Their rows, best first, ties by passage number."""
        return np.lexsort((self.numbers, -self.combined))

    def only(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Candidates:
        """Some of them: a mask, or rows in the order wanted."""
        return Candidates(
            self.lang, self.numbers[rows], self.cosine[rows], self.dense[rows], self.lexical[rows],
            self.combined[rows], self.late[rows],
        )  # fmt: skip


def rows_of(numbers: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where given numbers stand among others that are in any order, shape ``(len(numbers),)``; -1 for those that don't."""
    if not len(held):
        return np.full(len(numbers), -1, np.intp)
    order = np.argsort(held)
    rows = order[np.searchsorted(held, numbers, sorter=order).clip(max=len(order) - 1)]
    return np.where(held[rows] == numbers, rows, -1)


class Ranked(NamedTuple):
    """A passage's place in the merged ranking.

    Attributes:
        relevance: Estimated probability, 0 to 1, that it bears on the question.
        standing: How far it stands above its language's tail, see :func:`calibrate`.
        lead: How much it resembles the other language's best passage, see :func:`merge`.
        row: Its place among ``candidates``.
    """

    number: int
    score: float
    relevance: float
    standing: float
    lead: float
    row: int
    candidates: Candidates

    @property
    def lang(self) -> Lang:
        """The passage's language."""
        return self.candidates.lang

    @property
    def scores(self) -> dict[str, float]:
        """The parts of the score by name: ``cosine``, ``dense``, ``lexical``, ``late`` (where it was computed), ``standing``, ``lead``."""
        c = self.candidates
        arrays = {"cosine": c.cosine, "dense": c.dense, "lexical": c.lexical, "late": c.late}
        parts = {name: float(v[self.row]) for name, v in arrays.items() if not np.isnan(v[self.row])}
        return {**parts, "standing": self.standing, "lead": self.lead}


class Ranking(Sequence[Ranked]):
    """A merged ranking, best first. A passage's place in it is put together when it is looked at: most never are."""

    def __init__(self, candidates: Sequence[Candidates], columns: Sequence[Sequence[Any]]) -> None:
        """Make one.

        Args:
            candidates: Of each language.
            columns: The values of :class:`Ranked`, in its order, of each place; the last is an index into ``candidates``.
        """
        self._candidates, self._columns = candidates, columns

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, at: int) -> Ranked: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Ranked]: ...
    def __getitem__(self, at: int | slice) -> Ranked | Sequence[Ranked]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        *values, which = (column[at] for column in self._columns)
        return Ranked._make((*values, self._candidates[which]))


class Legs(NamedTuple):
    """What both legs have to say to a question, in one language."""

    meaning: Nearest
    words: Matches


def find_candidates(
    lang: Lang, legs: Legs, depth: int, filters: Sequence[NDArray[np.int64] | None]
) -> list[Candidates]:
    """The passages of one language that either leg finds with each of some filters, with both legs' scores.

    Args:
        lang: Whose passages.
        legs: Of this language.
        depth: Candidates of each leg, for each filter.
        filters: Only these passage numbers, ascending; None for all.

    Returns:
        The candidates of each filter.
    """
    meaning, words = legs
    ceiling = words.ceiling or 1.0  # 0: none of the words is known
    found = [(words.best(depth, among), meaning.best(depth, among)) for among in filters]
    numbers = distinct([numbers for both in found for numbers, _ in both])
    cosine, share = np.full((2, len(numbers)), np.nan, np.float32)
    places = []
    for (by_words, word_scores), (by_meaning, cosines) in found:
        at_words, at_meaning = np.searchsorted(numbers, by_words), np.searchsorted(numbers, by_meaning)
        share[at_words] = word_scores / ceiling
        cosine[at_meaning] = cosines
        places.append(np.concatenate([at_words, at_meaning]))
    rest = np.isnan(cosine)
    cosine[rest] = meaning.scores(numbers[rest])
    rest = np.isnan(share)
    # Where not all were wanted that have any of the words, none of the others has any.
    cut = any(len(by_words) == depth for (by_words, _), _ in found)
    share[rest] = words.scores(numbers[rest]) / ceiling if cut else 0
    standard = meaning.standardize(cosine)
    unknown = np.full(len(numbers), np.nan, np.float32)
    every = Candidates(lang, numbers, cosine, standard, share, standard + LEXICAL_WEIGHT * share, unknown)
    held = ~np.isnan(cosine)  # the lexical index may be a step ahead or behind
    order = every.order()
    of_each = []
    for here in places:
        mine = np.zeros(len(numbers), bool)
        mine[here] = True
        of_each.append(every.only(order[(mine & held)[order]]))
    return of_each


def distinct(numbers: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Different numbers, ascending: of so few, quicker than :func:`numpy.unique`, which makes a table."""
    ascending = np.sort(np.concatenate(numbers))
    first = np.ones(len(ascending), bool)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending[first]


def n_rescored(n_passages: int) -> int:
    """How many candidates late interaction rescores in a language of so many passages."""
    return RESCORED if n_passages < MANY else RESCORED_OF_MANY


def with_late(candidates: Candidates, late: NDArray[np.float32], *, same_language: bool) -> Candidates:
    """The first candidates rescored: MaxSim takes the place of most of the pooled vectors' cosine, or of all.

    Args:
        candidates: Best first.
        late: MaxSim of the first ``len(late)`` of them; NaN for a passage without token vectors. Those that are not
            rescored stay behind the others in their order.
        same_language: Whether they are in the language of the question.
    """
    all_late = np.concatenate([late, np.full(len(candidates.numbers) - len(late), np.nan, np.float32)])
    known = ~np.isnan(all_late)
    if not known.any():
        return candidates
    words = OWN_WORDS if same_language else LEXICAL_WEIGHT
    combined = LATE_SCALE * all_late + words * candidates.lexical
    if same_language:
        combined += MEANING_WEIGHT * candidates.dense
    behind = candidates.combined[~known]
    if len(behind):
        combined[~known] = combined[known].min() - (behind.max() - behind) - 1e-3
    rescored = replace(candidates, combined=combined, late=all_late)
    return rescored.only(rescored.order())


def merge(
    query_lang: Lang,
    candidates: Sequence[Candidates],
    similar: Similar | None = None,
    unfiltered: Sequence[Candidates] | None = None,
) -> Sequence[Ranked]:
    """One ranking of all languages' candidates, best first, ties by passage number.

    A passage counts by how far it stands out in its own language, and by how likely it is to be relevant at all: where
    a language has no answer, its best passage stands out too. Then each language's best passage leads to those of the
    other that resemble it, as far as it is likely to be relevant itself: passages compare better than a question does
    with a passage, above all across languages.

    Args:
        query_lang: The language of the question.
        candidates: Of each language.
        similar: Likeness of passages, :meth:`DenseIndex.similar`; without it no passage leads to another.
        unfiltered: What the question finds without filters, in the same languages, if ``candidates`` were found with
            some: a passage stands where it stands without them.
    """
    standings = [
        calibrate(
            c.combined, USUAL[not bool(np.isnan(every.late).all()), c.lang == query_lang], every.combined
        )
        for c, every in zip(candidates, unfiltered or candidates, strict=True)
    ]
    odds = [
        log_odds(c.late, c.dense, c.lexical, standing, same_language=c.lang == query_lang)
        for c, standing in zip(candidates, standings, strict=True)
    ]
    scores = [standing + ODDS_WEIGHT * o for standing, o in zip(standings, odds, strict=True)]
    leads = _leads(candidates, scores, odds, similar)
    columns = []
    for at, (c, own, lead) in enumerate(zip(candidates, scores, leads, strict=True)):
        weight = LEAD_HOME if c.lang == query_lang else LEAD_AWAY
        of_each = (c.numbers, own + weight * lead, probability(odds[at]), standings[at], lead)
        columns.append((*of_each, np.arange(len(own)), np.full(len(own), at)))
    if not columns:
        return []
    joined = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
    numbers, total = joined[:2]
    best = np.lexsort((numbers, -total))
    return Ranking(candidates, [column[best].tolist() for column in joined])


def _leads(
    candidates: Sequence[Candidates],
    scores: Sequence[NDArray[np.float32]],
    odds: Sequence[NDArray[np.float32]],
    similar: Similar | None,
) -> list[NDArray[np.float32]]:
    """How much each candidate resembles the other language's best, times the probability that this one is relevant.

    The likeness is standardised over the best candidates; the others get none.
    """
    leads = [np.zeros(len(c.numbers), np.float32) for c in candidates]
    if similar is None or len(candidates) != 2:
        return leads
    for at, (here, there) in enumerate(((0, 1), (1, 0))):
        led, leader = candidates[here], candidates[there]
        if not len(led.numbers) or not len(leader.numbers):
            continue
        best = int(np.argmax(scores[there]))
        first = led.numbers[:LED]
        cosines = similar(int(leader.numbers[best]), leader.lang, led.lang, first)
        if np.isnan(cosines).any():  # removed in this moment
            continue
        likeness = (cosines - cosines.mean()) / max(float(cosines.std()), _LEAD_FLOOR)
        leads[at][: len(first)] = probability(odds[there][best : best + 1]) * likeness
    return leads


def calibrate(
    scores: NDArray[np.float32],
    usual: tuple[float, float, int],
    every: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Scores of one language's candidates relative to that language's own tail.

    The best of many unrelated passages scores higher in the language that has more of them, so a score counts by how
    far it stands above its language's 20th best, in units of the spread of the best 20. A few passages have no such
    tail: the worst of five may be as good as the best, and a single one would always stand at nought. So the fewer
    they are, the more the usual tail and spread count instead of theirs.

    Args:
        scores: Shape ``(n,)``, best first.
        usual: Tail and spread of languages with many passages, and how many are many.
        every: Scores of all of the language's candidates, best first, if ``scores`` are those that a filter lets
            through: the tail is theirs.
    """
    if every is None:
        every = scores
    if not len(every):
        return scores
    top = every[:TAIL]
    usual_tail, usual_spread, many = usual
    own = min(len(every) / many, 1.0)
    tail = own * float(top[-1]) + (1 - own) * usual_tail
    spread = own * float(top.std()) + (1 - own) * usual_spread
    return np.asarray((scores - tail) / (spread + SPREAD_FLOOR), np.float32)
