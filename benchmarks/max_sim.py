"""How long MaxSim takes over packed token vectors, beside plain float32 over vectors that are not packed.

usage: python benchmarks/max_sim.py [--passages 73] [--rounds 300]

Random vectors: 73 passages of 100 to 310 tokens are what is rescored of a language with a filter that keeps half. One
thread; then two at once, which wait for Python's lock between the steps. Medians.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable

import numpy as np
import threadpoolctl

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.embedding.late import DIMS, late_codec


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Median of some rounds, after some to warm up."""
    taken = []
    for n in range(rounds + 10):
        started = time.perf_counter()
        work()
        if n >= 10:
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def at_once(work: Callable[[], object], rounds: int, threads: int = 2) -> float:
    """The same of several threads at once; the mean of their medians."""
    medians: list[float] = []
    running = [
        threading.Thread(target=lambda: medians.append(milliseconds(work, rounds))) for _ in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return statistics.mean(medians)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=73)
    parser.add_argument("--rounds", type=int, default=300)
    args = parser.parse_args()
    embedder = load_embedder(load_settings())
    codec = late_codec(embedder)
    assert codec is not None
    threadpoolctl.threadpool_limits(1, user_api="blas")
    random = np.random.default_rng(0)
    lengths = random.integers(100, 310, args.passages).tolist()
    tokens = [random.standard_normal((n, embedder.dim)).astype(np.float32) for n in lengths]
    packed = [codec.pack(one, "zh") for one in tokens]
    plain = [random.standard_normal((n, DIMS)).astype(np.float32) for n in lengths]
    print(f"{args.passages} passages, {sum(lengths):,} tokens; ms")
    print(
        "| tokens of the question | packed | two at once | float32, not packed | ratio |\n|---|---|---|---|---|"
    )
    for n in (8, 12, 16, 24, 40):
        query = codec.query(random.standard_normal((n, embedder.dim)).astype(np.float32), "zh")

        def ours(query: np.ndarray = query) -> object:
            return codec.max_sim(query, packed)

        def theirs(query: np.ndarray = query) -> object:
            return [float((query @ one.T).max(axis=1).sum()) for one in plain]

        alone, other = milliseconds(ours, args.rounds), milliseconds(theirs, args.rounds)
        print(f"| {n} | {alone:.2f} | {at_once(ours, args.rounds):.2f} | {other:.2f} | {other / alone:.2f} |")


if __name__ == "__main__":
    main()
