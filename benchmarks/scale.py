"""What a question, a new bulletin and the index cost as the index grows, beside txtai over the same passages.

usage: python benchmarks/scale.py FOLDER [--sizes 1000,10000,100000] [--rival-up-to 100000] [--plot docs/scale.png]

Makes an index of each size under FOLDER (benchmarks/synthetic.py says what is synthetic about them) unless it is there,
then measures it in a process of its own: seconds to build and to open, bytes on disk, memory, the time of a question
(all legs, late interaction, folding of reprints) without a filter, with one that keeps a thousandth of the passages and
with one that keeps half, whether the filtered searches find all hits that there are, recall of the dense leg against
exact float32, and a `reindex` after one bulletin was added. The rival is txtai 9, hybrid, over the same texts and
vectors, its questions embedded by our model; where it is not installed its column is empty. Questions are those of the
dev sets, 400 for each filter by default. Medians of 5, of latencies those of 5 rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from indexer import SearchEngine, reindex
from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.embedding.bundled import BundledEmbedder
from indexer.embedding.late import late_codec
from indexer.types import LANGS, Filter

sys.path.insert(0, str(Path(__file__).parent))
import synthetic

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILTERS = {
    "no filter": Filter(),
    "a thousandth": Filter(publishers=(synthetic.RARE,)),
    "half": Filter(since="2015-07-01"),
}
K = 10
WARM, ROUNDS = 200, 5


def questions(n: int) -> list[str]:
    """Questions of both dev sets in both languages, spread evenly."""
    asked = [
        json.loads(line)["text"]
        for name in ("xquad-dev", "bulletins-gold-dev")
        for line in (DATA / name / "queries.jsonl").read_text("utf-8").splitlines()
    ]
    return asked[:: max(1, len(asked) // n)][:n]


def milliseconds(
    ask: Callable[[str], object], asked: Sequence[str], others: Sequence[str]
) -> dict[str, float]:
    """Median and 95th percentile of the time of a question, after others to warm up; medians of the rounds."""
    for question in others[:WARM]:
        ask(question)
    rounds = []
    for n in range(ROUNDS):
        taken = []
        for question in asked[n::ROUNDS]:
            started = time.perf_counter()
            ask(question)
            taken.append(1000 * (time.perf_counter() - started))
        rounds.append(np.percentile(taken, (50, 95)))
    p50, p95 = np.median(rounds, axis=0).tolist()
    return {"p50": p50, "p95": p95}


def memory() -> dict[str, float]:
    """Megabytes that this process holds: in all, of its own, and of files that are mapped."""
    status = Path("/proc/self/status").read_text()
    facts = {
        line.split(":")[0]: line.split()[1]
        for line in status.splitlines()
        if line.startswith(("VmRSS", "Rss"))
    }
    return {
        "resident": int(facts["VmRSS"]) / 1024,
        "own": int(facts["RssAnon"]) / 1024,
        "mapped": int(facts["RssFile"]) / 1024,
    }


def size(path: Path) -> int:
    """Bytes on disk of a file or folder."""
    return sum(f.stat().st_size for f in [path, *path.rglob("*")] if f.is_file())


def recall(engine: SearchEngine, asked: Sequence[str]) -> float:
    """Share of the exact ten nearest passages of a language, by float32, that the dense leg has among its ten."""
    dense = engine._fresh().dense
    queries = [engine.analyze(question) for question in asked]
    vectors = np.stack(
        [dense.centre_query(engine._encoder.vectors(query)[0], query.lang) for query in queries]
    )
    found, wanted = 0, 0
    for lang in LANGS:
        best_numbers = np.zeros((len(asked), 0), np.int64)
        best_scores = np.zeros((len(asked), 0), np.float32)
        _, top = engine._catalog.newest()
        for after in range(0, top, 50_000):
            numbers, langs, stored = engine._catalog.vectors(after, min(after + 50_000, top))
            mine = langs == lang
            if not mine.any():
                continue
            exact = stored[mine].astype(np.float32) - dense.mean(lang)
            exact /= np.linalg.norm(exact, axis=1, keepdims=True)
            scores = np.concatenate([best_scores, vectors @ exact.T], axis=1)
            both = np.concatenate([best_numbers, np.tile(numbers[mine], (len(asked), 1))], axis=1)
            keep = np.argsort(-scores, axis=1)[:, :K]
            best_numbers = np.take_along_axis(both, keep, axis=1)
            best_scores = np.take_along_axis(scores, keep, axis=1)
        for i in range(len(asked)):
            ours, _ = dense.search(vectors[i], lang, 200)
            found += len(np.intersect1d(ours[:K], best_numbers[i]))
            wanted += best_numbers.shape[1]
    return found / wanted


def measure(folder: Path, n_questions: int) -> dict[str, Any]:
    """All figures of one index; to be called in a process of its own."""
    index = folder / "index"
    asked = questions(len(FILTERS) * n_questions)
    embedder = load_embedder(load_settings())
    embedder.embed_queries(["warm up"])
    before = memory()
    started = time.perf_counter()
    with SearchEngine.open(index, embedder=embedder) as engine:
        engine.search(asked[0])
        facts: dict[str, Any] = {"open_s": time.perf_counter() - started}
        stats = engine.stats()
        facts["passages"] = stats.passages
        for n, (name, where) in enumerate(FILTERS.items()):
            mine = asked[n :: len(FILTERS)]
            # What the engine remembers of the other questions is gone when their turn comes.
            others = asked[(n + 1) % len(FILTERS) :: len(FILTERS)]
            facts[name] = milliseconds(lambda q, where=where: engine.search(q, K, where=where), mine, others)
            hits = [engine.search(q, K, where=where, fold=False) for q in asked[:20]]
            allowed = len(engine._catalog.matching(where)) if where.of_documents else stats.passages
            facts[name]["all_found"] = min(len(h) for h in hits) == min(K, allowed)
        facts["memory_mb"] = memory()
        facts["memory_mb"]["model"] = before["resident"]
        facts["recall@10"] = recall(engine, asked[:100])
    facts["bytes"] = {
        "catalog": size(index / "catalog.sqlite"),
        "dense": sum(size(p) for p in index.glob("dense*")),
        "lexical": size(index / "lexical"),
    }
    facts["one_new_bulletin"] = one_new_bulletin(folder, embedder)
    return facts


def one_new_bulletin(folder: Path, embedder: Any) -> dict[str, float]:
    """Seconds of a `reindex` of the whole corpus when one bulletin was added; the model is loaded. Median of 5."""
    bulletin = synthetic.DATA / "bulletins" / "docs" / "000_5fe7c68566c5cf4f.txt"
    text = bulletin.read_text("utf-8", "replace")
    taken, embedding = [], []
    for n in range(5):
        place = folder / "corpus" / f"new-{time.time_ns()}.txt"
        # Of each sentence a text that was never embedded.
        place.write_text(text.replace(". ", f" (round {n} of {time.time_ns()}). "), "utf-8")
        started = time.perf_counter()
        spent = 0.0
        plain = embedder.encode

        def timed(*args: Any, plain: Any = plain, **more: Any) -> Any:
            nonlocal spent
            began = time.perf_counter()
            try:
                return plain(*args, **more)
            finally:
                spent += time.perf_counter() - began

        embedder.encode = timed
        try:
            summary = reindex([folder / "corpus"], folder / "index", embedder=embedder)
        finally:
            embedder.encode = plain
        assert summary.added == 1, summary
        taken.append(time.perf_counter() - started)
        embedding.append(spent)
    return {"seconds": statistics.median(taken), "of_which_embedding": statistics.median(embedding)}


def rival(folder: Path, n_questions: int) -> dict[str, Any]:
    """The same of txtai."""
    import txtai

    embedder = load_embedder(load_settings())
    with SearchEngine.open(folder / "index", embedder=embedder) as engine:
        catalog = engine._catalog
        rows = [(n, f"{context}\n{text}".strip()) for n, _, context, text in catalog.iter_passages()]
        _, _, stored = catalog.vectors()
    row_of = {text: row for row, (_, text) in enumerate(rows)}

    def transform(given: list[str]) -> np.ndarray:
        if all(text in row_of for text in given):
            return np.stack([stored[row_of[text]].astype(np.float32) for text in given])
        return embedder.embed_queries(list(given))

    index = txtai.Embeddings(method="external", transform=transform, hybrid=True)
    started = time.perf_counter()
    index.index([(n, text, None) for n, text in rows])
    facts: dict[str, Any] = {"build_s": time.perf_counter() - started}
    asked = questions(2 * n_questions)
    facts["no filter"] = milliseconds(lambda q: index.search(q, K), asked[::2], asked[1::2])
    facts["memory_mb"] = memory()
    return facts


def make(folder: Path, sizes: Sequence[int]) -> None:
    """Make the indexes that are missing; what each step took is kept beside them."""
    missing = [n for n in sizes if not (folder / str(n) / "built.json").is_file()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    embedder = load_embedder(load_settings())
    assert isinstance(embedder, BundledEmbedder)
    codec = late_codec(embedder)
    assert codec is not None
    banks = synthetic.load_bank(embedder, codec, folder / synthetic.SENTENCES)
    real = synthetic.load_real(banks, embedder, codec, folder / synthetic.REAL_PASSAGES)
    for n in missing:
        place = folder / str(n)
        shutil.rmtree(place, ignore_errors=True)
        print(f"making an index of {n:,} passages", file=sys.stderr, flush=True)
        seconds = synthetic.build(place, n, banks, real, embedder)
        (place / "built.json").write_text(json.dumps(seconds))


def alone(what: str, folder: Path, n_questions: int) -> dict[str, Any]:
    """Run one measurement in a new process."""
    command = [sys.executable, __file__, str(folder), "--only", what, "--questions", str(n_questions)]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ)
    facts: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return facts


def table(results: dict[int, dict[str, Any]]) -> str:
    """The figures as a Markdown table, a column for each size."""
    rows: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("question, p50 / p95, ms", lambda r: _pair(r["ours"]["no filter"])),
        ("… with a filter that keeps a thousandth", lambda r: _pair(r["ours"]["a thousandth"])),
        ("… with a filter that keeps half", lambda r: _pair(r["ours"]["half"])),
        ("all hits found with each filter", lambda r: "yes" if all(r["ours"][f]["all_found"] for f in FILTERS) else "no"),
        ("txtai 9 hybrid, p50 / p95, ms", lambda r: _pair(r["txtai"]["no filter"]) if "txtai" in r else ""),
        ("ratio of the medians, txtai : ours", lambda r: f"{r['txtai']['no filter']['p50'] / r['ours']['no filter']['p50']:.1f}" if "txtai" in r else ""),
        ("recall@10 of the dense leg", lambda r: f"{r['ours']['recall@10']:.4f}"),
        ("open and first question, s", lambda r: f"{r['ours']['open_s']:.2f}"),
        ("reindex after one bulletin, s (embedding)", lambda r: f"{r['ours']['one_new_bulletin']['seconds']:.2f} ({r['ours']['one_new_bulletin']['of_which_embedding']:.2f})"),
        ("memory, MB: resident (own, mapped)", lambda r: "{resident:,.0f} ({own:,.0f}, {mapped:,.0f})".format(**r["ours"]["memory_mb"])),
        ("memory of txtai, MB", lambda r: f"{r['txtai']['memory_mb']['resident']:,.0f}" if "txtai" in r else ""),
        ("disk, MB: catalog, dense, lexical", lambda r: ", ".join(f"{b / 1e6:,.0f}" for b in r["ours"]["bytes"].values())),
        ("followers built from the catalog, s", lambda r: f"{r['built']['followers']:.0f}"),
        ("txtai built from the same vectors, s", lambda r: f"{r['txtai']['build_s']:.0f}" if "txtai" in r else ""),
    ]  # fmt: skip
    lines = [
        "| passages | " + " | ".join(f"{n:,}" for n in results) + " |",
        "|---" * (1 + len(results)) + "|",
    ]
    lines += [f"| {name} | " + " | ".join(cell(r) for r in results.values()) + " |" for name, cell in rows]
    return "\n".join(lines)


def _pair(facts: dict[str, float]) -> str:
    return f"{facts['p50']:.1f} / {facts['p95']:.1f}"


def plot(results: dict[int, dict[str, Any]], target: Path) -> None:
    """How four costs grow, on logarithmic axes, with a line that grows as the index does."""
    import matplotlib.pyplot as plt

    sizes = list(results)
    curves = {
        "building the followers, s": [r["built"]["followers"] for r in results.values()],
        "index on disk, MB": [sum(r["ours"]["bytes"].values()) / 1e6 for r in results.values()],
        "opening and first question, s": [r["ours"]["open_s"] for r in results.values()],
        "a question, median, ms": [r["ours"]["no filter"]["p50"] for r in results.values()],
    }
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.2), layout="constrained")
    for axis, (name, values) in zip(axes, curves.items(), strict=True):
        axis.loglog(sizes, values, "o-", color="#1f6b4a")
        axis.loglog(sizes, [values[-1] * n / sizes[-1] for n in sizes], ":", color="#888888", label="linear")
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("passages")
        axis.legend(frameon=False, fontsize=8)
    figure.savefig(target, dpi=110)


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--rival-up-to", type=int, default=100_000)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--only", choices=["ours", "txtai"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps((measure if args.only == "ours" else rival)(args.folder, args.questions)))
        return
    sizes = [int(n) for n in args.sizes.split(",")]
    make(args.folder, sizes)
    results: dict[int, dict[str, Any]] = {}
    for n in sizes:
        place = args.folder / str(n)
        facts = {"built": json.loads((place / "built.json").read_text())}
        facts["ours"] = alone("ours", place, args.questions)
        if n <= args.rival_up_to and find_spec("txtai"):
            facts["txtai"] = alone("txtai", place, args.questions)
        results[n] = facts
        print(json.dumps({n: facts}), file=sys.stderr, flush=True)
    print(table(results))
    if args.plot:
        plot(results, args.plot)


if __name__ == "__main__":
    main()
