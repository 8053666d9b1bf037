"""Runs the prepared network on OpenVINO.

It is compiled several times. Questions are short and come one by one: a network whose shape is fixed spares OpenVINO the
work of fitting its kernels to every new one, which for so few tokens takes as long as a third of the rest. Everything else
goes through one that takes any shape. Each is loaded when it is first needed.

The word vectors, four fifths of the weights, stay outside as a mapped file, of which a text needs a few rows.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.runtime import quiet_openvino

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANY, WORDS = "any", "words.npy"
# Tokens of the fixed shapes. Of the dev sets' questions a quarter have up to 16, three quarters up to 20, nine of ten up to
# 24, and one of 400 more than 32. A whole search takes a twentieth less than with 20 and 32 alone, for 120 MB of memory.
QUESTION_WIDTHS = (16, 20, 24, 32)
# What is loaded at once: most questions fit it.
_FIRST = 20
# Widths are rounded up to this: OpenVINO prepares its kernels anew for every shape that it has not met.
_WIDTH_STEP = 8
_PAD = 1
_OPTIONS: dict[str, Any] = {
    "PERFORMANCE_HINT": "LATENCY",
    "NUM_STREAMS": 1,
    # Not bfloat16 where the processor has it: vectors are the same on every machine, and a question takes a sixth less.
    "INFERENCE_PRECISION_HINT": "f32",
}
# What networks are tried out with: so many texts of so many tokens, and how many times.
_TRIED, _TRIALS = (8, 128), 6

Lines = Sequence[Sequence[int]]
"""Token ids of some texts, special tokens included."""


class Network:
    """The network, ready to run. Any number of threads may use it; they take turns."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load what most questions need.

        Args:
            folder: What :func:`save` wrote.
            threads: Threads of an inference; 0 lets OpenVINO choose.
        """
        self._folder = folder
        self._threads = threads
        self._words = np.load(folder / WORDS, mmap_mode="r")
        # One inference at a time, on all cores. Side by side, in OpenVINO's streams, they are hardly faster, and one in
        # some forty processes got wrong vectors for all texts of a batch (2026.4, where two meet a new shape at once).
        self._turn = threading.Lock()
        self._requests: dict[int, Any] = {}
        self._asked: set[int] = set()
        self._request(_FIRST, self._inputs([[_PAD]], _FIRST))

    def run(self, lines: Lines) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pooled vectors, shape ``(n, dim)``, unit L2 norm, and token vectors, shape ``(n, width, dim)``, of some texts.

        The width is that of the longest text or more; what follows a text's own tokens means nothing.
        """
        longest = max(map(len, lines))
        fixed = self._fixed_width(longest) if len(lines) == 1 else 0
        inputs = self._inputs(lines, fixed or -(-longest // _WIDTH_STEP) * _WIDTH_STEP)
        with self._turn:
            out = self._request(fixed, inputs).infer(inputs, share_inputs=True)
        return out["pooled"], out["tokens"]

    def _fixed_width(self, length: int) -> int:
        """The fixed width for a question of so many tokens; 0 if it is too long for all.

        Loading a network takes longer than it saves one question, so for the first one the next that is loaded serves.
        """
        wide_enough = [width for width in QUESTION_WIDTHS if width >= length]
        best = next(iter(wide_enough), 0)
        if best in self._asked:
            return best
        self._asked.add(best)
        return next((width for width in wide_enough if width in self._requests), best)

    def _request(self, width: int, inputs: dict[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - openvino.InferRequest
        """The network of a fixed width, or with 0 that of any shape; ``inputs`` are the first that it meets."""
        if width not in self._requests:
            self._requests[width] = _compile(_path(self._folder, width), self._threads, inputs)
        return self._requests[width]

    def _inputs(self, lines: Lines, width: int) -> dict[str, NDArray[Any]]:
        ids = np.full((len(lines), width), _PAD, np.int64)
        mask = np.zeros((len(lines), width), np.int64)
        for row, line in enumerate(lines):
            ids[row, : len(line)] = line
            mask[row, : len(line)] = 1
        return {"words": self._words[ids].astype(np.float32), "attention_mask": mask}


def save(model: Any, words: NDArray[np.float16], folder: Path) -> None:  # noqa: ANN401 - openvino.Model
    """Write a network for :class:`Network`.

    Args:
        model: As :func:`indexer.embedding.network.build_model` makes it; its shape is fixed afterwards.
        words: Word vectors by token id, shape ``(n, dim)``.
        folder: Where to.
    """
    with quiet_openvino():
        import openvino as ov

    np.save(folder / WORDS, words)
    for width in (0, *QUESTION_WIDTHS):
        if width:
            model.reshape({"words": [1, width, words.shape[1]], "attention_mask": [1, width]})
        ov.save_model(model, str(_path(folder, width)))


def compile_all(folder: Path) -> None:
    """Compile what :func:`save` wrote, in the place where it stays: OpenVINO knows what it has compiled by its path."""
    network = Network(folder)
    for width in (0, *QUESTION_WIDTHS):
        network._request(width, network._inputs([[_PAD]], width or _WIDTH_STEP))


def quicker(one: Any, other: Any) -> bool:  # noqa: ANN401 - openvino.Model
    """Whether the first of two networks embeds passages in less time on this processor, by the medians of a few runs in turn.

    Args:
        one: As :func:`indexer.embedding.network.build_model` makes them.
        other: The same.
    """
    with quiet_openvino():
        import openvino as ov

    requests = [ov.Core().compile_model(m, "CPU", _OPTIONS).create_infer_request() for m in (one, other)]
    texts, width = _TRIED
    dim = one.input("words").partial_shape[2].get_length()
    inputs = {
        "words": np.zeros((texts, width, dim), np.float32),
        "attention_mask": np.ones((texts, width), np.int64),
    }
    taken: list[list[float]] = [[], []]
    for _ in range(_TRIALS):
        for request, mine in zip(requests, taken, strict=True):
            started = time.perf_counter()
            request.infer(inputs, share_inputs=True)
            mine.append(time.perf_counter() - started)
    first, second = (statistics.median(mine[1:]) for mine in taken)  # the first run also prepares
    return first < second


def _path(folder: Path, width: int) -> Path:
    return folder / (f"question-{width}.xml" if width else f"{ANY}.xml")


def _compile(path: Path, threads: int, first: dict[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - openvino.InferRequest
    """Load a network, from OpenVINO's cache if it was loaded before, and run it once."""
    with quiet_openvino():
        import openvino as ov

    options = {**_OPTIONS, "CACHE_DIR": str(path.parent / "compiled")}
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    request = ov.Core().compile_model(str(path), "CPU", options).create_infer_request()
    # Two threads whose inferences are the first of the process wait for each other for ever: one has Python's lock and
    # waits for what the other, which waits for that lock, is setting up (openvino 2026.4). So one goes first, alone.
    request.infer(first, share_inputs=True)
    return request
