"""Late interaction: token vectors in few bytes, and MaxSim over them.

The token vectors that a pooled embedding averages away say which words a passage has. A question's score with a
passage is the mean over the question's tokens, weighted by how much each says, of the best cosine to any of the
passage's tokens (Khattab & Zaharia 2020, ColBERT), here with the same encoder that makes the pooled vectors and no
training. As with pooled vectors, token vectors of one language lie together; each language's mean token vector is
subtracted first.

A token is kept in 64 bytes: 128 principal components of 4 bits each, on the levels that lose least for a normal
distribution (Max 1960). Basis and means were fitted once on news in both languages (``benchmarks/fit_statistics.py``).
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

VERSION = "2"
DIMS = 128
BYTES = DIMS // 2
_FAMILY = "e5-small-"
_SLICE = 1024  # tokens that are unpacked at once
# Lloyd-Max levels for a standard normal variable in 4 bits (J. Max, "Quantizing for minimum distortion", 1960).
_HALF = np.array([0.1284, 0.3881, 0.6568, 0.9424, 1.2560, 1.6180, 2.0690, 2.7330], np.float32)
_LEVELS = np.concatenate([-_HALF[::-1], _HALF])
# The level of every value from -4 to 4 in steps of 1/256, the nearest one: a look-up takes a fifth of a search.
_STEPS = 256
_NEAREST = np.searchsorted(
    (_LEVELS[1:] + _LEVELS[:-1]) / 2, np.arange(-4, 4, 1 / _STEPS) + 0.5 / _STEPS
).astype(np.uint8)


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
            basis: Principal directions, shape ``(dim, 128)``.
            deviation: Standard deviation along each, shape ``(128,)``.
            passage_means: Mean token vector of passages by language, shape ``(dim,)``.
            query_means: The same of questions.
        """
        self._basis = basis
        self._deviation = deviation
        self._passage_means = passage_means
        self._query_means = query_means
        self._room = threading.local()
        # The two float32 levels of every byte value, seen as one 8-byte item: unpacking is a single table look-up.
        byte = np.arange(256)
        levels = np.stack([_LEVELS[byte & 15], _LEVELS[byte >> 4]], axis=1)
        self._pairs = np.ascontiguousarray(levels, np.float32).view(np.float64)[:, 0]

    def pack(self, tokens: NDArray[np.float32], lang: Lang) -> bytes:
        """Token vectors of one passage, shape ``(n_tokens, dim)``, in 64 bytes each."""
        if not len(tokens):
            return b""
        projected = self._project(tokens, self._passage_means[lang]) * (_STEPS / self._deviation)
        levels = _NEAREST.take((projected + 4 * _STEPS).astype(np.int32), mode="clip")
        return bytes((levels[:, 0::2] | (levels[:, 1::2] << 4)).tobytes())

    def query(
        self, tokens: NDArray[np.float32], lang: Lang, weights: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """A question's token vectors, ready for :meth:`max_sim`: shape ``(n_tokens, 128)``.

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
        # Unit vectors keep a norm within a few hundredths of 1 in 4 bits, so they are not normalised again; the
        # deviations go into the question, which is short.
        weights = np.ascontiguousarray((query * self._deviation).T)
        similarities, unpacked = self._scratch(len(codes), len(query))
        for at in range(0, len(codes), _SLICE):
            part = codes[at : at + _SLICE]
            vectors = self._pairs.take(part, out=unpacked[: len(part)], mode="clip").view(np.float32)
            np.matmul(vectors, weights, out=similarities[at : at + _SLICE])
        lengths = np.array([len(passages[i]) // BYTES for i in filled])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        scores[filled] = np.maximum.reduceat(similarities, starts, axis=0).sum(axis=1)
        return scores

    def _scratch(self, n: int, m: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Room for ``n`` by ``m`` similarities and for one slice of unpacked tokens, as this thread's last question left it.

        What stays in the cache is several times as fast, and new room of this size costs as much as what is done in it.
        """
        room, unpacked = getattr(self._room, "last", (np.empty(0, np.float32), None))
        if unpacked is None or len(unpacked) != _SLICE:
            unpacked = np.empty((_SLICE, BYTES), np.float64)
        if len(room) < n * m:
            room = np.empty(n * m, np.float32)
        self._room.last = room, unpacked
        return room[: n * m].reshape(n, m), unpacked

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
        return np.asarray((units * self._deviation) @ self._pairs.take(codes).view(np.float32).T, np.float32)

    def _project(self, tokens: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
        projected = (tokens - mean) @ self._basis
        norm = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.asarray(projected / np.maximum(norm, 1e-12), np.float32)


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
