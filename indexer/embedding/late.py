"""Late interaction: token vectors in few bytes, and MaxSim over them.

The token vectors that a pooled embedding averages away say which words a passage has. A question's score with a
passage is the mean over the question's tokens, weighted by how much each says, of the best cosine to any of the
passage's tokens (Khattab & Zaharia 2020, ColBERT), here with the same encoder that makes the pooled vectors and no
training. As with pooled vectors, token vectors of one language lie together; each language's mean token vector is
subtracted first.

A token is kept in 48 bytes: 96 principal components of 4 bits each, on even steps that lose least for a normal
distribution (Max 1960): on uneven ones, which lose a fifth less, unpacking takes as long as all the rest. Basis and means
were fitted once on news in both languages (``benchmarks/fit_statistics.py``).
Punctuation has no vector: it says nothing, and is an eighth of all tokens.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from indexer.types import LANGS, Embedder, Lang, TokenEmbedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = "4"
DIMS = 96
BYTES = DIMS // 2
_FAMILY = "e5-small-"
# Tokens that are unpacked at once: few stay in the cache, but after each step Python's lock is wanted back. And what the
# question's tokens are rounded up to: numbers that don't fill the registers take a fifth longer in OpenBLAS.
_SLICE, _LANES = 1536, 4
# The step between 16 even levels that loses least for a standard normal variable (J. Max, "Quantizing for minimum
# distortion", 1960, table II). A component is (code - 7.5) steps; the first half of them are in the low four bits of
# the bytes, the others in the high ones.
_STEP = 0.3352
_MIDDLE = 7.5


class TokenCodec:
    """Packs passages' token vectors, and scores questions against the packed ones."""

    def __init__(
        self,
        basis: NDArray[np.float32],
        deviation: NDArray[np.float32],
        passage_means: dict[Lang, NDArray[np.float32]],
        query_means: dict[Lang, NDArray[np.float32]],
    ) -> None:
        """Make a codec.

        Args:
            basis: Principal directions, shape ``(dim, 96)``.
            deviation: Standard deviation along each, shape ``(96,)``.
            passage_means: Mean token vector of passages by language, shape ``(dim,)``.
            query_means: The same of questions.
        """
        self._basis = basis
        self._deviation = deviation
        self._passage_means = passage_means
        self._query_means = query_means
        self._room = threading.local()

    def pack(self, tokens: NDArray[np.float32], lang: Lang) -> bytes:
        """Token vectors of one passage, shape ``(n_tokens, dim)``, in 48 bytes each."""
        if not len(tokens):
            return b""
        steps = self._project(tokens, self._passage_means[lang]) / (_STEP * self._deviation)
        codes = np.clip(np.rint(steps + _MIDDLE), 0, 15).astype(np.uint8)
        return bytes((codes[:, :BYTES] | (codes[:, BYTES:] << 4)).tobytes())

    def query(
        self, tokens: NDArray[np.float32], lang: Lang, weights: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """A question's token vectors, ready for :meth:`max_sim`: shape ``(n_tokens, 96)``.

        Args:
            tokens: Shape ``(n_tokens, dim)``.
            lang: The question's language.
            weights: How much each token counts, above 0, shape ``(n_tokens,)``; the same where not given.

        Returns:
            Unit vectors times their tokens' shares of the weight.
        """
        shares = np.full(len(tokens), 1 / max(len(tokens), 1), np.float32) if weights is None else weights
        shares = shares / max(float(shares.sum()), 1e-12)
        return self._project(tokens, self._query_means[lang]) * shares[:, None]

    def max_sim(self, query: NDArray[np.float32], passages: Sequence[bytes]) -> NDArray[np.float32]:
        """MaxSim of a question with some packed passages.

        Args:
            query: From :meth:`query`.
            passages: From :meth:`pack`.

        Returns:
            Scores, shape ``(len(passages),)``, -1 to 1; NaN for a passage without tokens.
        """
        scores = np.full(len(passages), np.nan, np.float32)
        filled = [i for i, p in enumerate(passages) if p]
        if not filled or not len(query):
            return scores
        codes = np.frombuffer(b"".join(passages[i] for i in filled), np.uint8).reshape(-1, BYTES)
        weights, offset = self._against_codes(query, -len(query) % _LANES)
        # A row for each of the question's tokens: along rows the greatest is found several times as fast as along columns.
        similarities, halves, components = self._scratch(len(weights), len(codes))
        for at in range(0, len(codes), _SLICE):
            part = codes[at : at + _SLICE]
            unpacked = _unpack(part, halves[: len(part)], components[: len(part)])
            np.matmul(weights, unpacked.T, out=similarities[:, at : at + _SLICE])
        lengths = np.array([len(passages[i]) // BYTES for i in filled])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        scores[filled] = np.maximum.reduceat(similarities, starts, axis=1).sum(axis=0) + offset.sum()
        return scores

    def _against_codes(
        self, query: NDArray[np.float32], more: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What multiplies what :func:`_unpack` gives, shape ``(n, 96)``, and what is added, ``(n,)``, for similarities.

        Unit vectors keep a norm within a few hundredths of 1 in 4 bits, so they are not normalised again; the deviations
        and steps go into the question, which is short.

        Args:
            query: From :meth:`query`.
            more: Rows of zeros that are added.
        """
        weights = np.zeros((len(query) + more, DIMS), np.float32)
        weights[: len(query)] = query * (self._deviation * _STEP)
        offset = -_MIDDLE * weights.sum(axis=1)
        # A byte is its low code and 16 times its high one, so the low one comes with a sixteenth of the high one's weight.
        weights[:, BYTES:] /= 16
        weights[:, :BYTES] -= weights[:, BYTES:]
        return weights, offset

    def _scratch(self, m: int, n: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]:
        """Room for ``m`` by ``n`` similarities and for unpacking one slice of tokens, as this thread's last question left it.

        What stays in the cache is several times as fast, and new room of this size costs as much as what is done in it.
        """
        mine = self._room
        if len(getattr(mine, "similarities", ())) < n * m:
            mine.similarities = np.empty(n * m, np.float32)
        if len(getattr(mine, "slice", [()])[0]) != _SLICE:
            mine.slice = np.empty((_SLICE, BYTES), np.uint8), np.empty((_SLICE, DIMS), np.float32)
        return mine.similarities[: m * n].reshape(m, n), *mine.slice

    def similarities(self, query: NDArray[np.float32], passage: bytes) -> NDArray[np.float32]:
        """Cosines of a question's tokens with a passage's.

        Args:
            query: From :meth:`query`.
            passage: From :meth:`pack`.

        Returns:
            Shape ``(n_question_tokens, n_tokens)``.
        """
        codes = np.frombuffer(passage, np.uint8).reshape(-1, BYTES)
        units = query / np.maximum(np.linalg.norm(query, axis=1, keepdims=True), 1e-12)
        weights, offset = self._against_codes(units)
        unpacked = _unpack(codes, np.empty_like(codes), np.empty((len(codes), DIMS), np.float32))
        return np.asarray(weights @ unpacked.T + offset[:, None], np.float32)

    def _project(self, tokens: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
        projected = (tokens - mean) @ self._basis
        norm = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.asarray(projected / np.maximum(norm, 1e-12), np.float32)


def _unpack(
    codes: NDArray[np.uint8], halves: NDArray[np.uint8], components: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The low codes of some tokens, 0 to 15, and their bytes, shape ``(n, 96)``: the last argument, filled.

    The bytes stand for the high codes, which would take one more pass; see :meth:`TokenCodec._against_codes`.
    """
    components[:, :BYTES] = np.bitwise_and(codes, 15, out=halves)
    components[:, BYTES:] = codes
    return components


def late_codec(embedder: Embedder) -> TokenCodec | None:
    """The codec for an embedder's token vectors; None where it gives none or no codec was fitted for it."""
    return _fitted(embedder.fingerprint) if isinstance(embedder, TokenEmbedder) else None


@functools.cache
def _fitted(fingerprint: str) -> TokenCodec | None:
    if not fingerprint.startswith(_FAMILY):
        return None
    with resources.as_file(resources.files(__package__) / "late.npz") as path, np.load(path) as arrays:
        facts = {name: arrays[name].astype(np.float32) for name in arrays.files}
    return TokenCodec(
        facts["basis"],
        facts["deviation"],
        {lang: facts[f"passage_{lang}"] for lang in LANGS},
        {lang: facts[f"query_{lang}"] for lang in LANGS},
    )
