"""How fast bulletins become passages, beside how fast passages are embedded, in the same run.

usage: python benchmarks/ingest_speed.py [FOLDER ...]     (default: ../shared/data/bulletins/docs; under a minute)

Ingestion is what ``reindex`` does before it embeds: read, clean and describe in processes of their own, chunk in this
one. Embedding is of a sample of the same passages, packed for late interaction as in an index.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.embedding.late import late_codec
from indexer.indexing.reading import Reader
from indexer.ingest import SUPPORTED_SUFFIXES, chunk_document, read_document
from indexer.types import CountTokens, Document, Passage, TokenEmbedder

DOCUMENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "bulletins" / "docs"
ROUNDS = 3
SAMPLE = 512  # passages to embed


def ingest(
    files: list[tuple[Path, int]], n_workers: int, count_tokens: CountTokens, budget: int
) -> tuple[list[Passage], int]:
    """The passages of all files that can be read, and the most kilobytes that a process held for reading."""
    passages: list[Passage] = []
    with Reader(files, n_workers) as documents:
        for document in documents:
            if isinstance(document, Document):
                passages += chunk_document(document, count_tokens, budget)
        peaks = [peak(worker._process.pid) for worker in documents._workers]
    return passages, max(peaks)


def processor_seconds() -> float:
    """What this process and the ended ones that it had started have used of all processors."""
    return sum(os.times()[:4])


def peak(pid: int | str = "self") -> int:
    """The most kilobytes that a process has held; 0 where the system doesn't tell."""
    try:
        return int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return 0


def main() -> None:
    """Measure and print."""
    folders = [Path(a) for a in sys.argv[1:]] or [DOCUMENTS]
    files = [
        (path, path.stat().st_size)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUPPORTED_SUFFIXES
    ]
    settings = load_settings()
    embedder = load_embedder(settings)

    rates, work = [], []
    for n_workers in (1, 0):
        seconds = []
        for _ in range(ROUNDS):
            started, busy = time.perf_counter(), processor_seconds()
            passages, worker = ingest(files, n_workers, embedder.count_tokens, settings.passage_tokens)
            seconds.append(time.perf_counter() - started)
            work.append((processor_seconds() - busy) / len(passages))
        rates.append(len(passages) / statistics.median(seconds))
    own = peak()
    print(f"{len(files)} files, {sum(size for _, size in files) / 1e6:.1f} MB, {len(passages):,} passages")
    print(f"ingestion: {rates[1]:,.0f} passages/s (with one process that reads: {rates[0]:,.0f})")

    sample = sorted(passages[:: max(1, len(passages) // SAMPLE)], key=lambda p: len(p.text))
    texts, langs = [p.embedded for p in sample], [p.lang for p in sample]
    codec = late_codec(embedder)
    assert isinstance(embedder, TokenEmbedder) and codec is not None

    def embed(some: slice) -> None:
        encoded = embedder.encode(texts[some], "passage", tokens=True)
        for tokens, lang in zip(encoded.tokens or [], langs[some], strict=True):
            codec.pack(tokens, lang)

    embed(slice(0, 64))  # the first batch prepares kernels
    started, busy = time.perf_counter(), processor_seconds()
    for at in range(0, len(texts), 64):
        embed(slice(at, at + 64))
    embedding = len(texts) / (time.perf_counter() - started)
    print(f"embedding: {embedding:,.1f} passages/s")
    embedding_work = (processor_seconds() - busy) / len(texts)
    print(
        f"ratio: {rates[1] / embedding:.1f}; by processor time, which other programs disturb less:"
        f" {embedding_work / statistics.median(work):.1f} ({statistics.median(work) * 1000:.2f} and"
        f" {embedding_work * 1000:.1f} ms a passage)"
    )
    print(
        f"peak memory: {own / 1024:,.0f} MB here, model included; {worker / 1024:,.0f} MB in a process that reads"
    )

    small = min((f for f in files if f[0].suffix in (".txt", ".md")), key=lambda f: f[1], default=None)
    if small is not None:
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            with Reader([small]) as documents:
                list(documents)
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        read_document(small[0])
        here = time.perf_counter() - started
        print(f"one small file: {min(seconds):.3f} s, {here:.3f} s if it were read in this process")


if __name__ == "__main__":
    main()
