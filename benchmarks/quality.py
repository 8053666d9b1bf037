"""What each part of the ranking is worth, beside what others do, on the same model in the same run.

usage: python benchmarks/quality.py [DATASET ...]   (default: the dev sets in ../shared/data; about five minutes)

Prints a Markdown table. Directions are by the languages of the question and of its relevant documents.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.runner import evaluate
from indexer.search import ranking
from indexer.search.query import Query
from indexer.types import Method

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CONCEPTS = Query.concepts


def own_language_only(query: Query, lang: str) -> list:
    """A question's words for its own language alone: no dictionary, no glossary."""
    return CONCEPTS(query, lang) if lang == query.lang else [({token: 1.0}, 1.0) for token in query.tokens]


Variant = tuple[str, Method, list[Callable]]
VARIANTS: list[Variant] = [
    ("cosine, one pool", "cosine", []),
    ("BM25 + cosine, RRF, one pool", "rrf", []),
    ("**all parts**", "fair", []),
    ("without late interaction", "fair", [lambda: patch.object(ranking, "RESCORED", 0)]),
    ("without dictionary and glossary", "fair", [lambda: patch.object(Query, "concepts", own_language_only)]),
    ("without the words' share in the order", "fair", [lambda: patch.object(ranking, "LEXICAL_WEIGHT", 0.0)]),
    ("without the odds of being relevant", "fair", [lambda: patch.object(ranking, "ODDS_WEIGHT", 0.0)]),
    ("without each language's own tail", "fair", [lambda: patch.object(ranking, "calibrate", lambda s: s)]),
]


def main() -> None:
    """Measure every variant on every dataset."""
    settings = load_settings()
    embedder = load_embedder(settings)
    for folder in [Path(a) for a in sys.argv[1:]] or [DATA / "xquad-dev", DATA / "bulletins-gold-dev"]:
        dataset = load_dataset(folder)
        print(f"\n{dataset.name}: {len(dataset.documents)} documents, {len(dataset.questions)} questions\n")
        heads = ["method", "nDCG@10", "zh mAP", "zh all in top 10", "en mAP", "en all in top 10"]
        heads += ["zh→zh", "zh→en", "en→zh", "en→en (nDCG@10)"]
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for name, method, patches in VARIANTS:
            with ExitStack() as stack:
                for make in patches:
                    stack.enter_context(make())
                report, _ = evaluate(dataset, embedder, settings, method)
            values = [report.overall["nDCG@10"]]
            for lang in ("zh", "en"):
                values += [report.by_query_lang[lang]["mAP"], report.by_query_lang[lang]["all_in_top_10"]]
            values += [report.by_direction[d]["nDCG@10"] for d in ("zh->zh", "zh->en", "en->zh", "en->en")]
            print(f"| {name} | " + " | ".join(f"{v:.3f}" for v in values) + " |", flush=True)


if __name__ == "__main__":
    main()
