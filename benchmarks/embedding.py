"""How fast passages and questions are embedded, beside sentence-transformers in float32 with the same weights.

usage: python benchmarks/embedding.py FOLDER [--passages 128] [--rounds 5]

FOLDER keeps the other's model. Passages are those of ../shared/data/bulletins, of 100 to 300 tokens; questions those of
the dev sets. The two take turns, so that both meet the same machine; medians of the rounds. Prints the ratio and the
cosine between the vectors of the two.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from peer import load_peer
from scale import DATA, questions

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.ingest import chunk_document, read_document


def passages(n: int, count: Callable[[list[str]], list[int]]) -> list[str]:
    """Passages of real bulletins, as the index cuts them."""
    found: list[str] = []
    for path in sorted((DATA / "bulletins" / "docs").iterdir()):
        texts = [p.text for p in chunk_document(read_document(path), count)]
        found += [text for text, size in zip(texts, count(texts), strict=True) if 100 <= size <= 300]
        if len(found) >= 4 * n:
            break
    return found[:: max(1, len(found) // n)][:n]


def seconds(work: Callable[[], Any]) -> float:
    """Of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of each, after a run to warm up."""
    ours(), theirs()
    taken = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return statistics.median(a for a, _ in taken), statistics.median(b for _, b in taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    embedder = load_embedder(load_settings())
    peer = load_peer(args.folder)
    texts = passages(args.passages, embedder.count_tokens)
    asked = questions(40)
    sizes = embedder.count_tokens(texts)
    near = (embedder.embed_passages(texts) * peer.encode(texts, prompt_name="document")).sum(1)
    print(
        f"{len(texts)} passages, {np.mean(sizes):.0f} tokens on average; cosine with float32 {near.mean():.4f}"
    )

    ours, theirs = turns(
        lambda: embedder.embed_passages(texts),
        lambda: peer.encode(texts, prompt_name="document", show_progress_bar=False),
        args.rounds,
    )
    print("| work | ours | sentence-transformers float32 | ratio |\n|---|---|---|---|")
    print(
        f"| passages a second | {len(texts) / ours:.1f} | {len(texts) / theirs:.1f} | {theirs / ours:.2f} |"
    )
    tokens = sum(sizes)
    print(f"| tokens a second | {tokens / ours:,.0f} | {tokens / theirs:,.0f} | {theirs / ours:.2f} |")
    ours, theirs = turns(
        lambda: [embedder.embed_queries([q]) for q in asked],
        lambda: [peer.encode([q], prompt_name="query", show_progress_bar=False) for q in asked],
        args.rounds,
    )
    each = 1000 / len(asked)
    print(f"| a question, ms | {each * ours:.1f} | {each * theirs:.1f} | {theirs / ours:.2f} |")
    alone = load_embedder(load_settings(threads=1))
    for question in asked[:5]:
        alone.embed_queries([question])
    one = statistics.median(seconds(lambda q=q: alone.embed_queries([q])) for q in asked)
    print(f"| a question on one thread, ms | {1000 * one:.1f} | | |")


if __name__ == "__main__":
    main()
