"""Late interaction: token vectors in few bytes, and MaxSim over them.

The token vectors that a pooled embedding averages away say which words a passage has. A question's score with a
passage is the mean over the question's tokens, weighted by how much each says, of the best cosine to any of the
passage's tokens (Khattab & Zaharia 2020, ColBERT), here with the same encoder that makes the pooled vectors and no
training. As with pooled vectors, token vectors of one language lie together; each language's mean token vector is
subtracted first.

A token is kept in 48 bytes: 96 principal components of 4 bits each, on even steps that lose least for a normal
distribution (Max 1960): on uneven ones, which lose a fifth less, unpacking takes as long as all the rest. Of a passage's
tokens the same components lie together, which is how a matrix product reads them without arranging them first. Basis and
means were fitted once on news in both languages (``benchmarks/fit_statistics.py``).
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

VERSION = "5"
DIMS = 96
BYTES = DIMS // 2
_FAMILY = "e5-small-"
# Tokens of one matrix product, and products in one step. Before products of up to a million multiplications (questions of up
# to 24 tokens) OpenBLAS rearranges nothing, which takes half the time; few tokens stay in the cache, but after each step
# Python's lock is wanted back. And what the question's tokens are rounded up to: numbers that don't fill the registers take
# a fifth longer.
_SLICE, _SLICES, _LANES = 384, 4, 4
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
        """Token vectors of one passage, shape ``(n_tokens, dim)``, in 48 bytes each: an array of shape ``(48, n_tokens)``."""
        if not len(tokens):
            return b""
        steps = self._project(tokens, self._passage_means[lang]) / (_STEP * self._deviation)
        codes = np.clip(np.rint(steps + _MIDDLE), 0, 15).astype(np.uint8).T
        return (codes[:BYTES] | (codes[BYTES:] << 4)).tobytes()

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
        packed = [_codes(passages[i]) for i in filled]
        ends = np.cumsum([codes.shape[1] for codes in packed])
        weights, offset = self._against_codes(query, -len(query) % _LANES)
        codes, similarities, components = self._scratch(len(weights), int(ends[-1]))
        np.concatenate(packed, axis=1, out=codes[:, : ends[-1]])
        in_slices = codes.reshape(BYTES, -1, _SLICE).swapaxes(0, 1)
        # A row for each of the question's tokens: along rows the greatest is found several times as fast as along columns.
        of_slices = similarities.reshape(len(weights), -1, _SLICE).swapaxes(0, 1)
        for at in range(0, len(in_slices), _SLICES):
            unpacked = _unpack(in_slices[at : at + _SLICES], components)
            np.matmul(weights, unpacked, out=of_slices[at : at + _SLICES])
        best = np.maximum.reduceat(similarities[:, : ends[-1]], np.concatenate([[0], ends[:-1]]), axis=1)
        scores[filled] = best.sum(axis=0) + offset.sum()
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

    def _scratch(self, m: int, n: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Room for ``n`` tokens, ``m`` similarities of each and some slices unpacked, as this thread's last question left it.

        What stays in the cache is several times as fast, and new room of this size costs as much as what is done in it.
        """
        mine = self._room
        n += -n % (_SLICES * _SLICE)
        if len(getattr(mine, "codes", ())) < BYTES * n:
            mine.codes = np.empty(BYTES * n, np.uint8)
        if len(getattr(mine, "similarities", ())) < m * n:
            mine.similarities = np.empty(m * n, np.float32)
        if not hasattr(mine, "components"):
            mine.components = np.empty((_SLICES, DIMS, _SLICE), np.float32)
        return (
            mine.codes[: BYTES * n].reshape(BYTES, n),
            mine.similarities[: m * n].reshape(m, n),
            mine.components,
        )

    def similarities(self, query: NDArray[np.float32], passage: bytes) -> NDArray[np.float32]:
        """Cosines of a question's tokens with a passage's.

        Args:
            query: From :meth:`query`.
            passage: From :meth:`pack`.

        Returns:
            Shape ``(n_question_tokens, n_tokens)``.
        """
        codes = _codes(passage)
        units = query / np.maximum(np.linalg.norm(query, axis=1, keepdims=True), 1e-12)
        weights, offset = self._against_codes(units)
        unpacked = _unpack(codes, np.empty((DIMS, codes.shape[1]), np.float32))
        return np.asarray(weights @ unpacked + offset[:, None], np.float32)

    def _project(self, tokens: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
        projected = (tokens - mean) @ self._basis
        norm = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.asarray(projected / np.maximum(norm, 1e-12), np.float32)


def _codes(passage: bytes) -> NDArray[np.uint8]:
    """A packed passage as an array, shape ``(48, n_tokens)``."""
    return np.frombuffer(passage, np.uint8).reshape(BYTES, -1)


def _unpack(codes: NDArray[np.uint8], components: NDArray[np.float32]) -> NDArray[np.float32]:
    """The low codes of some tokens, 0 to 15, and their bytes: the last argument, filled.

    The bytes stand for the high codes, which would take one more pass; see :meth:`TokenCodec._against_codes`.

    Args:
        codes: Shape ``(..., 48, n)``.
        components: Shape ``(..., 96, n)``.
    """
    np.bitwise_and(codes, 15, out=components[..., :BYTES, :], casting="unsafe")
    components[..., BYTES:, :] = codes
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
