"""The packing of token vectors and MaxSim over them; how well they rank is in test_quality."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import HashEmbedder

from indexer.embedding import late
from indexer.embedding.late import BYTES, TokenCodec, late_codec


@pytest.fixture(scope="module")
def codec() -> TokenCodec:
    found = late_codec_of("e5-small-test")
    assert found is not None
    return found


def late_codec_of(fingerprint: str) -> TokenCodec | None:
    return late._fitted(fingerprint)


def tokens(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 384)).astype(np.float32)


def test_a_token_takes_forty_eight_bytes(codec: TokenCodec) -> None:
    assert len(codec.pack(tokens(7, 1), "zh")) == 7 * BYTES == 7 * 48
    assert codec.pack(tokens(0, 1), "zh") == b""


def test_other_models_have_none() -> None:
    assert late_codec_of("another-model") is None
    assert late_codec(HashEmbedder()) is None


@pytest.mark.parametrize("n", [3, 4, 30])
def test_max_sim_is_the_weighted_mean_of_each_tokens_best(codec: TokenCodec, n: int) -> None:
    """Also where passages lie across the slices that are unpacked at once, and among empty ones."""
    weights = np.linspace(0.5, 2, n, dtype=np.float32)
    query = codec.query(tokens(n, 99), "en", weights)
    for lengths in ((5, 0, 1, 40, 9, 0, 30), (1,), (384,), (383, 2, 383), (1535, 1, 1), (2000, 0, 700, 3)):
        passages = [codec.pack(tokens(length, length), "en") for length in lengths]
        shares = weights / weights.sum()
        expected = [float(codec.similarities(query, p).max(1) @ shares) if p else np.nan for p in passages]
        found = codec.max_sim(query, passages)
        assert found.dtype == np.float32
        assert found == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_nothing_to_compare(codec: TokenCodec) -> None:
    query = codec.query(tokens(2, 3), "zh")
    assert codec.max_sim(query, []).shape == (0,)
    assert np.isnan(codec.max_sim(query, [b"", b""])).all()
    assert np.isnan(codec.max_sim(codec.query(tokens(0, 3), "zh"), [codec.pack(tokens(3, 4), "zh")])).all()


def test_four_bits_keep_the_direction(codec: TokenCodec) -> None:
    """Random vectors are the worst case; the projection is to a quarter of the dimensions."""
    given = tokens(200, 5)
    query = codec.query(given[:1], "zh")
    own = codec.similarities(query, codec.pack(given[:1], "zh"))[0, 0]
    others = codec.similarities(query, codec.pack(given[1:], "zh"))[0]
    assert own > 0.8 > others.max()
