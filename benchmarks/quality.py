"""What each part of the ranking is worth, beside what others do, on the same model in the same run.

usage: python benchmarks/quality.py [DATASET ...] [--methods-only | --parts-only | --tried-only] [--every N]

Without a dataset it takes the dev sets in ../shared/data. Prints, for each, the Markdown tables of docs/RANKING.md and
README.md. The rival is txtai 9 (`pip install -e ".[bench]"`) over the same passages with the same vectors, in its dense and
its hybrid mode as it ships; where it is not installed its rows are left out. Directions are by the languages of the
question and of its relevant documents. --tried-only prints what was tried in place of a part (tried.py). --every N
puts only every Nth question. All of it takes about half an hour on two cores; the first run also embeds the sets.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

from lopsided import Remembering
from tried import TRIED, Patch, words_of

from indexer.config import Settings, load_settings
from indexer.embedding import Embedder, load_embedder
from indexer.embedding.late import TokenCodec
from indexer.evaluation.datasets import Dataset, load_dataset
from indexer.evaluation.runner import Report, evaluate, headline, judge, open_dataset
from indexer.search import engine, ranking
from indexer.search.query import Query
from indexer.types import Method

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CONCEPTS, CODED = Query.concepts, TokenCodec.query

COLUMNS = {
    "nDCG@10": "nDCG@10",
    "English questions: mAP": "en mAP",
    "English questions: all in top 10": "en all in top 10",
    "Chinese questions: mAP": "zh mAP",
    "Chinese questions: all in top 10": "zh all in top 10",
    "en→zh: recall@1": "en→zh R@1",
    "zh→en: recall@1": "zh→en R@1",
    "en→zh: nDCG@10": "en→zh nDCG@10",
    "zh→en: nDCG@10": "zh→en nDCG@10",
    "zh→zh: nDCG@10": "zh→zh nDCG@10",
    "en→en: nDCG@10": "en→en nDCG@10",
    "answered only in the other language: nDCG@10": "other language only",
    "answered in their own language: nDCG@10": "own language",
}


def own_language_only(query: Query, lang: str) -> list:
    """A question's words for its own language alone: no dictionary, no glossary."""
    return CONCEPTS(query, lang) if lang == query.lang else [({token: 1.0}, 1.0) for token in query.tokens]


METHODS: list[tuple[str, Method]] = [
    ("**Qingshan**", "fair"),
    ("BM25 + cosine, RRF, one pool", "rrf"),
    ("cosine, one pool", "cosine"),
]
PARTS: list[tuple[str, list[Patch]]] = [
    ("**all parts**", []),
    ("without late interaction", [lambda: patch.object(engine, "late_codec", lambda _embedder: None)]),
    (
        "without pooled vectors beside late interaction",
        [lambda: patch.object(ranking, "MEANING_WEIGHT", 0.0)],
    ),
    (
        "tokens unweighted",
        [lambda: patch.object(TokenCodec, "query", lambda codec, t, lang, _w=None: CODED(codec, t, lang))],
    ),
    (
        "without the lead across languages",
        [lambda: patch.object(ranking, "LEAD_AWAY", 0.0), lambda: patch.object(ranking, "LEAD_HOME", 0.0)],
    ),
    ("without dictionary and glossary", [lambda: patch.object(Query, "concepts", own_language_only)]),
    ("without the glossary", [words_of(glossary=False)]),
    ("without the dictionary", [words_of(glossary=True)]),
    (
        "without the words' share in the order",
        [
            lambda: patch.object(ranking, "LEXICAL_WEIGHT", 0.0),
            lambda: patch.object(ranking, "OWN_WORDS", 0.0),
        ],
    ),
    ("without the odds of being relevant", [lambda: patch.object(ranking, "ODDS_WEIGHT", 0.0)]),
    (
        "without each language's own tail",
        [lambda: patch.object(ranking, "calibrate", lambda scores, *_: scores)],
    ),
]


def rival(dataset: Dataset, embedder: Embedder, settings: Settings, *, hybrid: bool) -> Report:
    """Txtai over the passages of our index, with their vectors and those that our model gives questions."""
    import txtai

    with open_dataset(dataset, embedder, settings) as (ours, doc_of):
        numbers, _, stored = ours._catalog.vectors()
        texts = {n: f"{context}\n{text}".strip() for n, _, context, text in ours._catalog.iter_passages()}
    vectors = {texts[n]: vector for n, vector in zip(numbers.tolist(), stored, strict=True)}

    def transform(given: list[str]) -> list:
        return [vectors[t] if t in vectors else embedder.embed_queries([t])[0] for t in given]

    index = txtai.Embeddings(method="external", transform=transform, hybrid=hybrid)
    index.index([(n, texts[n], None) for n in numbers.tolist()])
    return judge(
        dataset,
        lambda question: [
            (doc_of[int(n)], float(score)) for n, score in index.search(question, len(numbers))
        ],
        "txtai",
        embedder.fingerprint,
        len(numbers),
    )[0]


class Table:
    """A Markdown table that is printed row by row, with the columns that its first row has."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def add(self, name: str, report: Report) -> None:
        """Print a row, and the head before the first."""
        figures = headline(report)
        if not self._columns:
            self._columns = [c for c in COLUMNS if c in figures]
            print("| method | " + " | ".join(COLUMNS[c] for c in self._columns) + " |")
            print("|---" * (1 + len(self._columns)) + "|")
        cells = (f"{figures[c]:.3f}".removeprefix("0") for c in self._columns)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def compare(dataset: Dataset, embedder: Embedder, settings: Settings) -> None:
    """Print the table of the methods."""
    table = Table()
    for name, method in METHODS:
        table.add(name, evaluate(dataset, embedder, settings, method)[0])
    if find_spec("txtai"):
        table.add("txtai 9, hybrid", rival(dataset, embedder, settings, hybrid=True))
        table.add("txtai 9, dense", rival(dataset, embedder, settings, hybrid=False))
    else:
        print("txtai is not installed, its rows are left out: pip install -e '.[bench]'", file=sys.stderr)


def main() -> None:
    """Measure every method and every part on every dataset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", type=Path)
    parser.add_argument("--methods-only", action="store_true", help="leave out what each part is worth")
    parser.add_argument("--parts-only", action="store_true", help="leave out the other methods")
    parser.add_argument("--tried-only", action="store_true", help="what was tried and not taken")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="put only every Nth question")
    args = parser.parse_args()
    settings = load_settings()
    embedder = Remembering(load_embedder(settings))
    for folder in args.datasets or [DATA / "xquad-dev", DATA / "bulletins-gold-dev"]:
        dataset = load_dataset(folder)
        dataset = replace(dataset, questions=dataset.questions[:: args.every])
        print(f"\n{dataset.name}: {len(dataset.documents)} documents, {len(dataset.questions)} questions\n")
        if not (args.parts_only or args.tried_only):
            compare(dataset, embedder, settings)
        if args.methods_only:
            continue
        print()
        parts = Table()
        for name, patches in [PARTS[0], *TRIED] if args.tried_only else PARTS:
            with ExitStack() as stack:
                for make in patches:
                    stack.enter_context(make())
                parts.add(name, evaluate(dataset, embedder, settings)[0])


if __name__ == "__main__":
    main()
