"""Where a passage answers a question: the sentence, and in it the words, also across languages.

A sentence's score is MaxSim (:mod:`indexer.embedding.late`) over its own tokens instead of all of the passage's. Words
that the lexicon does not know are found in the best sentence by their token vectors: pollutant ↔ 污染因子.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from indexer.embedding import Embedder
from indexer.embedding.late import BYTES, TokenCodec
from indexer.ingest.sentences import sentences
from indexer.language import tokens
from indexer.search.highlight import Word, highlight, merged, words
from indexer.search.query import Query
from indexer.store.catalog import Catalog
from indexer.types import Encoded, Hit, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Set on questions in both languages with the sentences that answer them (benchmarks/highlights.py).
_RARITY = 0.02  # a sentence's gain for each nat of rarity, within the passage, of the words it shares
_LENGTH = 0.02  # its loss for each nat of its length: the best of many tokens is good by chance
_UNSEEN = -0.2  # what a sentence scores that has no token vectors, being beyond what the model reads
# A word is marked for its vector only where it is about as near to a question's word as a translation is, and hardly
# another word of the passage is nearer.
_NEAR, _NEAREST = 0.56, 0.9
_SAYS = 0.5  # pieces of the question that weigh less say too little to look for their like

Span = tuple[int, int]
"""Half-open, in characters."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """What to mark of a passage.

    Attributes:
        sentence: The sentence that best answers the question; None where nothing tells one from another.
        spans: Words that carry the match, anywhere in the passage, in order and apart.
    """

    sentence: Span | None
    spans: tuple[Span, ...]


@runtime_checkable
class TokenPlaces(Protocol):
    """An embedder that tells where in a text its tokens are."""

    def token_spans(self, text: str) -> list[Span]:
        """Characters of each of the text's tokens, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's tokens, ready to be compared with those of passages.

    Attributes:
        vectors: From :meth:`TokenCodec.query`, shape ``(n_tokens, 96)``.
        shares: Each token's share of the weight, shape ``(n_tokens,)``.
        content: Which tokens are of words that say something and aren't numbers, shape ``(n_tokens,)``.
    """

    vectors: NDArray[np.float32]
    shares: NDArray[np.float32]
    content: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compared:
    """A passage's tokens, and how near they are to a question's.

    Attributes:
        similarities: Cosines, shape ``(n_question_tokens, n_tokens)``.
        spans: Where each token is in the passage's text; those of its title and heading are below 0.
    """

    similarities: NDArray[np.float32]
    spans: Sequence[Span]


class Highlighter:
    """Marks hits of one index. Any number of threads may use it at once."""

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        codec: TokenCodec | None,
        encode: Callable[[str], Encoded],
    ) -> None:
        """Mark with token vectors where the index has them (``codec``), else with words alone.

        Args:
            catalog: Where the passages are.
            embedder: The model of the index.
            codec: For its token vectors.
            encode: Gives a question's vectors and token vectors; called once for each mark, so it should remember.
        """
        self._catalog = catalog
        self._embedder = embedder
        self._codec = codec
        self._encode = encode
        self._asked = lru_cache(maxsize=64)(self._embedded)

    def highlight(self, query: Query, hit: Hit) -> Highlights:
        """The sentence and the words of a hit that answer a question; offsets are in ``hit.text``."""
        question = self._asked(query.text, query.lang)
        compared = self._compared(question, hit) if question is not None else None
        return find_highlights(hit.text, query, hit.lang, question, compared)

    def _embedded(self, text: str, lang: Lang) -> Asked | None:
        embedder, codec = self._embedder, self._codec
        if codec is None or not isinstance(embedder, TokenPlaces):
            return None
        encoded = self._encode(text)
        if not encoded.tokens or not encoded.weights or not len(encoded.tokens[0]):
            return None
        weights = encoded.weights[0]
        said = [word for word in words(text) if _says(word)]
        places = embedder.token_spans(text)[: len(weights)]  # a long question is cut
        content = [
            w >= _SAYS and _covered(span, said) for span, w in zip(places, weights.tolist(), strict=True)
        ]
        return Asked(
            codec.query(encoded.tokens[0], lang, weights),
            weights / weights.sum(),
            np.array(content, bool),
        )

    def _compared(self, question: Asked, hit: Hit) -> Compared | None:
        stored = self._catalog.tokens_of(hit.doc_id, int(hit.passage_id.rpartition(":")[2]))
        if self._codec is None or not isinstance(self._embedder, TokenPlaces) or stored is None:
            return None
        passage, packed = stored
        if passage.text != hit.text or not packed:  # indexed anew since
            return None
        embedded = passage.embedded
        before = len(embedded) - len(passage.text)
        places = self._embedder.token_spans(embedded)[: len(packed) // BYTES]
        similarities = self._codec.similarities(question.vectors, packed)
        return Compared(similarities, [(start - before, end - before) for start, end in places])


def find_highlights(
    text: str, query: Query, lang: Lang, question: Asked | None = None, compared: Compared | None = None
) -> Highlights:
    """The sentence and the words of a passage that answer a question.

    Args:
        text: The passage.
        query: The analysed question.
        lang: The passage's language.
        question: The question's tokens; without them words alone tell.
        compared: The passage's tokens.
    """
    known = highlight(text, query, lang)
    each = list(split(text))
    if not each:
        return Highlights(None, tuple(known))
    scores = _RARITY * _shared(text, each, known)
    if question is None or compared is None or not compared.spans:
        best = each[int(scores.argmax())] if scores.any() else None
        return Highlights(best, tuple(known))
    scores += _similar(each, question, compared)
    best = each[int(scores.argmax())]
    alike = _alike(text, best, question, compared)
    return Highlights(best, tuple(merged([*known, *alike])))


def split(text: str) -> list[Span]:
    """A passage's sentences; none goes beyond a line."""
    return [s for line in re.finditer(r"[^\n]+", text) for s in sentences(text, line.start(), line.end())]


def _shared(text: str, each: Sequence[Span], known: Sequence[Span]) -> NDArray[np.float64]:
    """For each sentence the rarity of the question's words in it: a word that all sentences have tells nothing."""
    having = [{tokens.normalize(text[a:b]) for a, b in known if start <= a < end} for start, end in each]
    count = Counter(word for mine in having for word in mine)
    return np.array([sum(np.log((len(each) + 1) / count[word]) for word in mine) for mine in having])


def _similar(each: Sequence[Span], question: Asked, compared: Compared) -> NDArray[np.float64]:
    """MaxSim of each sentence, less what its length gives it."""
    middles = np.array([(start + end) / 2 for start, end in compared.spans])
    scores = np.full(len(each), _UNSEEN)
    for i, (start, end) in enumerate(each):
        mine = (middles >= start) & (middles < end)
        if mine.any():
            nearest = compared.similarities[:, mine].max(axis=1)
            scores[i] = question.shares @ nearest - _LENGTH * np.log1p(mine.sum())
    return scores


def _alike(text: str, within: Span, question: Asked, compared: Compared) -> list[Span]:
    """Words of a sentence whose vectors are like those of the question's words."""
    if not question.content.any():
        return []
    similarities = compared.similarities[question.content]
    near = similarities >= np.maximum(_NEAR, _NEAREST * similarities.max(axis=1, keepdims=True))
    spans = [compared.spans[i] for i in np.flatnonzero(near.any(axis=0)).tolist()]
    start, end = within
    found = []
    for word in words(text[start:end]):
        here = (start + word.start, start + word.end)
        if _says(word) and any(_mostly_in(span, here) for span in spans):
            found.append(here)
    return found


def _says(word: Word) -> bool:
    return word.token not in tokens.stop_words() and any(c.isalpha() for c in word.token)


def _covered(span: Span, some: Sequence[Word]) -> bool:
    return any(_mostly_in(span, (word.start, word.end)) for word in some)


def _mostly_in(span: Span, word: Span) -> bool:
    """Whether a token says what a word says: one of them is mostly inside the other."""
    common = min(span[1], word[1]) - max(span[0], word[0])
    return common > 0 and 2 * common >= min(span[1] - span[0], word[1] - word[0])
