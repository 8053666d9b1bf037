"""Eight people asking at once for a minute while bulletins are indexed.

usage: python benchmarks/people.py [--runs 3] [--seconds 60] [--people 8] [--share 0.8]

Indexes half of ../shared/data/bulletins, measures one person asking without a pause (the serial capacity, and the idle
latency), then lets all ask for a minute, together as often as a share of that capacity, while the `reindex` command
adds the other half again and again; then one person again, for a processor whose speed has changed in between tells
nothing. A person asks at fixed times; a late answer delays the next question's answer, not its time, so that waiting
counts. Prints, for each run, the questions answered a second, latencies and their ratios to idle, and the median of the
ratios of p95.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from scale import DATA, questions

from indexer import SearchEngine, reindex
from indexer.config import load_settings
from indexer.embedding import load_embedder

IDLE = 20.0  # seconds that one person asks


def serial(engine: SearchEngine, asked: list[str], duration: float) -> list[float]:
    """Seconds of each question of one person who asks without a pause."""
    for question in asked[:20]:
        engine.search(question)
    taken: list[float] = []
    end = time.perf_counter() + duration
    while time.perf_counter() < end:
        started = time.perf_counter()
        engine.search(asked[len(taken) % len(asked)])
        taken.append(time.perf_counter() - started)
    return taken


def together(
    engine: SearchEngine, asked: list[str], people: int, rate: float, duration: float
) -> tuple[list[float], list[BaseException]]:
    """Seconds from when each question was to be asked to its answer, and what went wrong."""
    taken: list[float] = []
    errors: list[BaseException] = []
    begin = time.perf_counter()

    def person(n: int) -> None:
        while (due := begin + n / rate) < begin + duration:
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                engine.search(asked[n % len(asked)])
                taken.append(time.perf_counter() - due)
            except Exception as error:
                errors.append(error)
            n += people

    threads = [threading.Thread(target=person, args=(n,)) for n in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, errors


def keep_indexing(corpus: Path, index: Path, more: list[Path], stop: threading.Event) -> list[float]:
    """Add some bulletins and take them away again, each time with the command; seconds of each run."""
    taken = []
    while not stop.is_set():
        for path in more:
            (corpus / path.name).unlink(missing_ok=True)
            if len(taken) % 2 == 0:
                text = path.read_text("utf-8", "replace")
                (corpus / path.name).write_text(f"{text}\n\nRound {len(taken)} of this test.\n", "utf-8")
        started = time.perf_counter()
        command = [Path(sys.executable).with_name("reindex"), corpus, "--index", index]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--share", type=float, default=0.8)
    parser.add_argument("--documents", type=int, default=60)
    args = parser.parse_args()
    embedder, asked = load_embedder(load_settings()), questions(1_000)  # more than are remembered
    found = sorted((DATA / "bulletins" / "docs").iterdir())
    some = found[:: max(1, len(found) // args.documents)][: args.documents]
    with tempfile.TemporaryDirectory() as place:
        corpus, index = Path(place) / "corpus", Path(place) / "index"
        corpus.mkdir()
        for path in some[::2]:
            shutil.copy(path, corpus)
        reindex([corpus], index, embedder=embedder)
        with SearchEngine.open(index, embedder=embedder) as engine:
            print(
                "| run | | a second | p50, ms | p95, ms | p50 : idle | p95 : idle |\n|---|---|---|---|---|---|---|"
            )
            ratios = [
                one_run(run, engine, asked, corpus, index, some[1::2], args)
                for run in range(1, 1 + args.runs)
            ]
    print(f"\np95 to idle, median of the runs: {np.median(ratios):.1f}")


def one_run(
    run: int,
    engine: SearchEngine,
    asked: list[str],
    corpus: Path,
    index: Path,
    more: list[Path],
    args: argparse.Namespace,
) -> float:
    """One person, all with `reindex`, one person again; prints them and gives the ratio of p95 to idle."""
    idle = serial(engine, asked, IDLE)
    rate = args.share * len(idle) / sum(idle)
    stop, runs = threading.Event(), []
    indexing = threading.Thread(target=lambda: runs.extend(keep_indexing(corpus, index, more, stop)))
    indexing.start()
    taken, errors = together(engine, asked, args.people, rate, args.seconds)
    stop.set()
    indexing.join()
    after = serial(engine, asked, IDLE)
    usual = np.percentile(idle, [50, 95])
    for what, times, seconds in (
        ("one person", idle, sum(idle)),
        (f"{args.people} people, {len(runs)} x `reindex`, {len(errors)} errors", taken, args.seconds),
        ("one person, afterwards", after, sum(after)),
    ):
        found = np.percentile(times, [50, 95])
        figures = [f"{len(times) / seconds:.1f}", *(f"{1000 * t:.1f}" for t in found)]
        print(
            f"| {run} | {what} | " + " | ".join([*figures, *(f"{r:.1f}" for r in found / usual)]) + " |",
            flush=True,
        )
    if errors:
        print(errors[0], file=sys.stderr)
    return float(np.percentile(taken, 95) / usual[1])


if __name__ == "__main__":
    main()
