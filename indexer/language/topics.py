"""What a bulletin is about, by lists of terms in Chinese and English and, where there is a model, by its vector.

The lists, names and descriptions are in ``topics.tsv``. Terms of a topic weigh 1 to 3: 3 names the topic, 1 only goes
with it. The longest term wins where terms overlap. Embedding is done elsewhere: :func:`refine` takes vectors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from indexer.language.detect import HAN_WEIGHT, detect_script, simplify
from indexer.language.quote import lower
from indexer.language.quote import quote as words_around
from indexer.language.regex import regex
from indexer.types import Fact, Lang

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TOPICS = 5
"""Topics of a document at the most."""

MIN_CONFIDENCE = 0.4
"""Topics below this aren't told."""

_MAX_CHARACTERS = 8_000
"""Characters of a text that are looked at; what comes after says little new."""

_TITLE_WEIGHT = 4.0
"""How many mentions in the text one in the title is worth."""

_Term = str | tuple[str, ...]
"""A Chinese term, or the stems of an English one."""

_WORD = regex(r"[a-z0-9][a-z0-9.'’-]*[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the list.

    Attributes:
        id: Its name in facts and filters (``solid-waste``).
        name_zh: Its name for Chinese readers; ``name_en`` for English ones.
        description_zh: What it comprises, in a sentence that can be embedded; ``description_en`` likewise.
    """

    id: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str


@dataclass(frozen=True, slots=True)
class _Lists:
    """The file, ready for use.

    Attributes:
        topics: By id.
        chinese: Finds the longest Chinese term at a place.
        english: English terms by their first word, the longest first.
        weights: The topics that each term speaks for, and how much.
    """

    topics: dict[str, Topic]
    chinese: re.Pattern[str]
    english: dict[str, list[tuple[str, ...]]]
    weights: dict[_Term, list[tuple[str, float]]]


@cache
def _lists() -> _Lists:
    names: dict[str, dict[tuple[str, str], str]] = {}
    chinese: set[str] = set()
    english: dict[str, set[tuple[str, ...]]] = {}
    weights: dict[_Term, list[tuple[str, float]]] = {}
    text = (resources.files(__package__) / "topics.tsv").read_text("utf-8")
    for line in text.splitlines()[1:]:
        topic, lang, kind, weight, value = line.split("\t")
        if kind != "term":
            names.setdefault(topic, {})[kind, lang] = value
            continue
        term: _Term
        if lang == "zh" and not value.isascii():
            term = value.lower()
            chinese.add(term)
        else:
            term = tuple(_stem(word) for word in _WORD.findall(value.lower()))
            english.setdefault(term[0], set()).add(term)
        if topic not in (known for known, _ in weights.get(term, ())):
            weights.setdefault(term, []).append((topic, float(weight)))
    topics = {
        topic: Topic(
            topic, of["name", "zh"], of["name", "en"], of["description", "zh"], of["description", "en"]
        )
        for topic, of in names.items()
    }
    return _Lists(
        topics,
        _any_of(chinese),
        {start: sorted(terms, key=len, reverse=True) for start, terms in english.items()},
        weights,
    )


def _any_of(terms: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds the longest of many terms, shared beginnings first: several times faster than a list."""

    def pattern(node: dict[str, Any]) -> str:
        branches = [re.escape(c) + pattern(node[c]) for c in sorted(node) if c]
        return f"(?:{'|'.join(branches)}){'?' if '' in node else ''}" if branches else ""

    root: dict[str, Any] = {}
    for term in terms:
        node = root
        for character in term:
            node = node.setdefault(character, {})
        node[""] = {}
    return re.compile(pattern(root))


def all_topics() -> tuple[Topic, ...]:
    """All topics, in the order of the list."""
    return tuple(_lists().topics.values())


def topic(topic_id: str) -> Topic | None:
    """The topic of an id; None if the list has none."""
    return _lists().topics.get(topic_id)


def find_topic(name: str) -> str | None:
    """The id of a topic that someone names by its id or by either of its names, whatever the case."""
    wanted = re.sub(r"[\s_-]+", " ", simplify(name)).strip().lower()
    for known in _lists().topics.values():
        if wanted in (known.id.replace("-", " "), known.name_zh.lower(), known.name_en.lower()):
            return known.id
    return None


@dataclass(slots=True)
class Evidence:
    """What speaks for a topic.

    Attributes:
        score: Sum of the weights of its terms, each grown by the logarithm of how often it is there.
        best: Weight of the strongest of them, for :attr:`offset` and :attr:`length`.
        offset: Where that stands first in the text; None if it is in the title only.
        length: Its length.
    """

    score: float = 0.0
    best: float = 0.0
    offset: int | None = None
    length: int = 0


def _stem(word: str) -> str:
    """A word without the ``s`` of a plural."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@dataclass(slots=True)
class _Mention:
    """Where a term first stands, and how often it is there."""

    offset: int
    length: int
    count: int = 1


def _mentions(text: str) -> tuple[dict[_Term, _Mention], float]:
    """The terms of a text, and its length in words."""
    lists = _lists()
    found: dict[_Term, _Mention] = {}

    def note(term: _Term, start: int, end: int) -> None:
        if (mention := found.get(term)) is not None:
            mention.count += 1
        else:
            found[term] = _Mention(start, end - start)

    n_words = 0.0
    if not text.isascii():
        for match in lists.chinese.finditer(text):
            note(match[0], match.start(), match.end())
        n_words += HAN_WEIGHT * (len(text) - len(text.encode("ascii", "ignore")))
    words = list(_WORD.finditer(text))
    stems = [_stem(match[0]) for match in words]
    n_words += len(words)
    position = 0
    while position < len(stems):
        for term in lists.english.get(stems[position], ()):
            n = len(term)
            if n == 1 or tuple(stems[position : position + n]) == term:
                note(term, words[position].start(), words[position + n - 1].end())
                position += n - 1
                break
        position += 1
    return found, n_words


def term_evidence(title: str | None, text: str, lang: Lang) -> tuple[dict[str, Evidence], float]:
    """What speaks for each topic, and the length of the text in words."""
    text = lower(text[:_MAX_CHARACTERS])
    title = lower(title or "")
    if lang == "zh" and detect_script(text[:1000] or title) == "Hant":
        text, title = simplify(text), simplify(title)
    in_text, n_words = _mentions(text)
    in_title, _ = _mentions(title)
    evidence: dict[str, Evidence] = {}
    weights = _lists().weights
    for term in {**in_text, **in_title}:
        mention, titled = in_text.get(term), in_title.get(term)
        # The title usually is the first line of the text.
        count = (mention.count if mention else 0) + (_TITLE_WEIGHT * titled.count if titled else 0.0)
        for name, weight in weights[term]:
            of = evidence.setdefault(name, Evidence())
            score = weight * (1 + math.log(count))
            of.score += score
            if score > of.best:
                of.best = score
                of.offset, of.length = (mention.offset, mention.length) if mention else (None, 0)
    return evidence, n_words


def document_topics(title: str | None, text: str, lang: Lang) -> list[tuple[Fact, int | None]]:
    """Topics of a document by its terms, the most important first, ``MAX_TOPICS`` at the most.

    Returns:
        Facts without line and page, each with the offset in ``text`` of the term that speaks most for it (None if
        that is only in the title).
    """
    evidence, n_words = term_evidence(title, text, lang)
    found = []
    for name, confidence in _confidences({t: e.score for t, e in evidence.items()}, n_words).items():
        of = evidence[name]
        quote = title or ""
        if of.offset is not None:
            _, quote = words_around(text, of.offset, of.offset + of.length)
        found.append((Fact("topic", name, round(confidence, 2), "text", quote=quote[:80]), of.offset))
    found.sort(key=lambda item: -item[0].confidence)
    return [item for item in found[:MAX_TOPICS] if item[0].confidence >= MIN_CONFIDENCE]


def _confidences(scores: Mapping[str, float], n_words: float) -> dict[str, float]:
    """Confidence of each topic.

    It grows with the evidence, against what a text of that length has by chance, and with the topic's share of all
    evidence.
    """
    total = sum(scores.values())
    chance = 6.0 * (1 + n_words / 300) ** 0.5
    return {
        name: score / (score + chance) * min(1.0, (score / total) / 0.2) ** 0.7
        for name, score in scores.items()
        if score > 0
    }


# Vectors. Measured on 74 bulletins labelled by hand (multilingual-e5-small): of the topics told, .97 are right by
# terms alone and .99 refined, with .96 of the wanted ones found by both; the nearest description alone is right for
# .89 of the bulletins.

_WEIGHT = 0.4
"""How much one standard deviation of similarity moves the log-odds of a topic."""

_USUAL = 1.0
"""Standard deviations above the mean at which a topic that terms speak for usually lies."""

_STANDS_OUT = 2.8
"""Standard deviations above the mean from which a vector alone speaks for a topic."""


def prototype_texts() -> list[tuple[str, str]]:
    """What to embed for each topic, in the order of :func:`all_topics`: a Chinese and an English description."""
    return [
        (f"{topic.name_zh}。{topic.description_zh}", f"{topic.name_en}. {topic.description_en}")
        for topic in all_topics()
    ]


def center_prototypes(
    chinese: NDArray[np.float32], english: NDArray[np.float32], means: Mapping[Lang, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Vectors of the topics, for :func:`refine`.

    Args:
        chinese: Vectors of the Chinese descriptions, shape ``(n_topics, dim)``.
        english: Vectors of the English ones, in the same order.
        means: Mean vector of each language, which is taken away: languages lie apart.

    Returns:
        One vector a topic, shape ``(n_topics, dim)``, float32, unit L2 norm.
    """
    both = _unit(_unit(chinese - means["zh"]) + _unit(english - means["en"]))
    return _unit(both - both.mean(axis=0))


def combine(confidences: Mapping[str, float], similarities: Mapping[str, float]) -> dict[str, float]:
    """Confidences of topics by their terms and by their similarity to the document.

    Args:
        confidences: By terms, each above 0 and below 1; topics that no term speaks for may be missing.
        similarities: Of all topics, on any scale: what counts is by how many standard deviations one lies above
            the mean of all.

    Returns:
        The confidences, moved up or down, with a topic that stands out by its similarity alone.
    """
    values = list(similarities.values())
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    combined = {}
    for name, similarity in similarities.items():
        standing = (similarity - mean) / deviation
        if name in confidences:
            odds = math.log(confidences[name] / (1 - confidences[name])) + _WEIGHT * (standing - _USUAL)
            combined[name] = 1 / (1 + math.exp(-odds))
        elif standing >= _STANDS_OUT:
            combined[name] = MIN_CONFIDENCE
    return combined


def refine(
    topics: Sequence[Fact], document_vector: NDArray[np.float32], prototypes: NDArray[np.float32]
) -> list[Fact]:
    """Topics of a document by its terms and its vector, the most important first.

    Topics that were declared by hand are left as they are.

    Args:
        topics: What :func:`document_topics` found.
        document_vector: Mean of the unit vectors of the document's passages, each without the mean of its language;
            shape ``(dim,)``.
        prototypes: From :func:`center_prototypes`, shape ``(n_topics, dim)``.
    """
    if any(fact.origin == "side-car" for fact in topics):
        return list(topics)
    similarities = prototypes @ document_vector
    facts = {fact.value: fact for fact in topics}
    combined = combine(
        {name: min(max(fact.confidence, 0.01), 0.99) for name, fact in facts.items()},
        {topic.id: float(value) for topic, value in zip(all_topics(), similarities, strict=True)},
    )
    refined = [
        replace(facts.get(name, Fact("topic", name, 0.0, "embedding")), confidence=round(confidence, 2))
        for name, confidence in combined.items()
        if confidence >= MIN_CONFIDENCE
    ]
    return sorted(refined, key=lambda fact: -fact.confidence)[:MAX_TOPICS]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    result: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return result
