"""What the length of passages, their overlap and their context are worth.

usage: python benchmarks/chunking.py [SET ...]   (default: all three sets in ../shared/data; about an hour)

Prints a Markdown table for each set. One factor is changed at a time, the others stay at the default. A passage hits
where it holds the answer; only passages in the language of the documents that answer are ranked, and a question with
answers in two languages counts once for each. "1,000 tokens" is the share of questions whose answer is among the first
1,000 tokens returned, which is fair to passages of any length.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from math import log2
from pathlib import Path
from unittest.mock import patch

from indexer.config import Settings, load_settings
from indexer.embedding import load_embedder
from indexer.indexing.followers import follow
from indexer.indexing.models import adopt_model
from indexer.indexing.passages import store_documents
from indexer.ingest import chunk_document, document_from_text, read_document
from indexer.language.lexicon import Lexicon
from indexer.search.engine import SearchEngine
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import LANGS, Document, Embedder, Lang, Passage

chunking = import_module("indexer.ingest.chunk")  # `indexer.ingest` has a function of that name
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DEPTH = 100
TOKENS = 1000


@dataclass(frozen=True)
class Answer:
    """Where a question is answered: a passage hits that holds this share of ``text[start:end]``.

    With ``mutual`` the share may also be that of the passage, for answers known by their paragraph only.
    """

    doc_id: str
    start: int
    end: int
    share: float
    mutual: bool = False

    def is_hit(self, passage: Passage) -> bool:
        """Whether a passage holds the answer."""
        common = min(self.end, passage.end) - max(self.start, passage.start)
        length = self.end - self.start
        if self.mutual:
            length = min(length, passage.end - passage.start)
        return passage.doc_id == self.doc_id and common > 0 and common >= self.share * length


@dataclass(frozen=True)
class Benchmark:
    """Documents, and questions with their answers."""

    name: str
    about: str
    documents: list[Document]
    questions: list[tuple[str, list[Answer]]]


def rows(path: Path) -> Iterator[dict]:
    """The objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def xquad() -> Benchmark:
    """XQuAD: the paragraphs of an article and language make a document."""
    articles: dict[str, list[dict]] = {}
    for row in rows(DATA / "xquad-dev" / "corpus.jsonl"):
        articles.setdefault(row["_id"].rpartition("-")[0], []).append(row)
    documents, place = [], {}
    for name, paragraphs in articles.items():
        at = 0
        for row in paragraphs:
            place[row["_id"]] = Answer(name, at, at + len(row["text"]), 0.5, mutual=True)
            at += len(row["text"]) + 1
        text = "\n".join(row["text"] for row in paragraphs)
        documents.append(document_from_text(text, doc_id=name, lang=paragraphs[0]["lang"]))
    answers: dict[str, list[Answer]] = {}
    for line in (DATA / "xquad-dev" / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query_id, paragraph, _ = line.split("\t")
        answers.setdefault(query_id, []).append(place[paragraph])
    questions = [(row["text"], answers[row["_id"]]) for row in rows(DATA / "xquad-dev" / "queries.jsonl")]
    about = "articles joined of their paragraphs, no titles; a hit lies in the right paragraph by half"
    return Benchmark("xquad-dev", about, documents, questions[::2])


def drcd() -> Benchmark:
    """DRCD: Wikipedia articles in Traditional Chinese with their titles."""
    articles = json.loads((DATA / "drcd-dev" / "DRCD_dev.json").read_text())["data"]
    articles = [a for a in articles if len(a["paragraphs"]) >= 3]
    documents, questions = [], []
    for article in articles:
        at = 0
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                first = qa["answers"][0]
                start = at + first["answer_start"]
                answer = Answer(article["id"], start, start + len(first["text"]), 1.0)
                questions.append((qa["question"], [answer]))
            at += len(paragraph["context"]) + 1
        text = "\n".join(p["context"] for p in article["paragraphs"])
        documents.append(document_from_text(text, title=article["title"], doc_id=article["id"], lang="zh"))
    about = "articles of three paragraphs and more with their titles; a hit holds the answer"
    questions = random.Random(0).sample(questions, 800)
    return Benchmark("drcd-dev", about, documents, questions)


def bulletins() -> Benchmark:
    """Real bulletins: analysts' questions with quotations that answer them."""
    documents, answers_in = [], {}
    for path in sorted((DATA / "bulletins" / "docs").iterdir()):
        document = read_document(path)
        documents.append(document)
        answers_in[path.name] = document
    questions, lost = [], 0
    for row in rows(DATA / "bulletins-gold-dev" / "answers.jsonl"):
        found = [_located(answers_in[r["file"]], r["quote"]) for r in row["relevant"]]
        lost += found.count(None)
        questions.append((row["query"], [answer for answer in found if answer]))
    about = f"real bulletins; a hit holds four fifths of the quotation that answers ({lost} not found)"
    return Benchmark("bulletins-gold-dev", about, documents, questions)


def _located(document: Document, quote: str) -> Answer | None:
    """Where a quotation stands, whatever the white space."""
    places = [i for i, c in enumerate(document.text) if not c.isspace()]
    bare = "".join(document.text.split())
    wanted = "".join(quote.split())
    at = bare.find(wanted)
    if at < 0:
        return None
    return Answer(document.doc_id, places[at], places[at + len(wanted) - 1] + 1, 0.8)


SETS = {"xquad-dev": xquad, "bulletins-gold-dev": bulletins, "drcd-dev": drcd}

PARTS = chunking._Path._parts


def with_parts(keep: Callable) -> Callable[[], AbstractContextManager]:
    """Changes which parts of title and headings make the context."""

    def parts(self: object, unit: object) -> list:
        return keep(PARTS(self, unit), self._title)  # type: ignore[attr-defined]

    return lambda: patch.object(chunking._Path, "_parts", parts)


Variant = tuple[str, dict, Callable[[], AbstractContextManager]]
VARIANTS: list[Variant] = [
    ("**default**", {}, nullcontext),
    ("budget 80", {"budget": 80}, nullcontext),
    ("budget 120", {"budget": 120}, nullcontext),
    ("budget 160", {"budget": 160}, nullcontext),
    ("budget 240", {"budget": 240}, nullcontext),
    ("budget 300", {"budget": 300}, nullcontext),
    ("no overlap", {"overlap_sentences": 0}, nullcontext),
    ("overlap 2", {"overlap_sentences": 2}, nullcontext),
    ("no context", {}, with_parts(lambda parts, title: [])),
    ("title only", {}, with_parts(lambda parts, title: [p for p in parts if p == title])),
    ("headings only", {}, with_parts(lambda parts, title: [p for p in parts if p != title])),
    ("without lead-ins and headers", {}, lambda: patch.object(chunking, "LEAD_TOKENS", 0)),
    ("title and nearest heading", {}, with_parts(lambda parts, title: parts[:1] + parts[1:][-1:])),
]


def index(catalog: Catalog, embedder: Embedder, benchmark: Benchmark, **how: int) -> list[Passage]:
    """Make the catalog hold the documents in these passages; embeddings of the same text are kept."""
    catalog.forget_files(catalog.files())
    made = []
    for at in range(0, len(benchmark.documents), 32):
        batch = []
        for document in benchmark.documents[at : at + 32]:
            passages = chunk_document(document, embedder.count_tokens, **how)
            made += passages
            batch.append((document, passages, FileRecord(document.doc_id, "", None, document.doc_id, None)))
        store_documents(catalog, embedder, batch)
    follow(catalog, embedder.dim)
    return made


def measure(
    benchmark: Benchmark, settings: Settings, embedder: Embedder, **how: int
) -> tuple[list[Passage], list[float]]:
    """The passages; and nDCG@10, MRR@10, recall@10 and recall in the first tokens, of the first hit."""
    with Catalog(settings.cache / "chunking" / benchmark.name, create=True) as catalog:
        adopt_model(catalog, settings, embedder, catalog.folder)
        made = index(catalog, embedder, benchmark, **how)
        langs = {d.doc_id: d.lang for d in benchmark.documents}
        sums, n = [0.0] * 4, 0
        with SearchEngine(catalog, embedder, Lexicon(settings.cache)) as engine:
            for question, answers in benchmark.questions:
                numbers = [r.number for r in engine.rank(engine.analyze(question))]
                stored = catalog.passages(numbers)
                ranking = [stored[number].passage for number in numbers]
                for lang in LANGS:
                    mine = [a for a in answers if langs[a.doc_id] == lang]
                    if mine:
                        scores = first_hit([p for p in ranking if langs[p.doc_id] == lang], mine, embedder)
                        sums, n = [a + b for a, b in zip(sums, scores, strict=True)], n + 1
    return made, [s / n for s in sums]


def first_hit(ranking: Sequence[Passage], answers: list[Answer], embedder: Embedder) -> list[float]:
    """Measures of one ranking."""
    rank = next((i for i, p in enumerate(ranking, 1) if any(a.is_hit(p) for a in answers)), None)
    if rank is None:
        return [0.0] * 4
    tokens = (
        sum(embedder.count_tokens([p.text for p in ranking[:rank]])) if rank <= TOKENS / 10 else TOKENS + 1
    )
    top = rank <= 10
    return [1 / log2(1 + rank) if top else 0.0, 1 / rank if top else 0.0, float(top), float(tokens <= TOKENS)]


def main() -> None:
    """Measure every variant on every set."""
    settings = load_settings()
    embedder = load_embedder(settings)
    wanted = [a for a in sys.argv[1:] if a in SETS]
    only = [a for a in sys.argv[1:] if a not in SETS]
    for name in wanted or SETS:
        benchmark = SETS[name]()
        langs: dict[Lang, int] = {lang: sum(d.lang == lang for d in benchmark.documents) for lang in LANGS}
        print(
            f"\n{name}: {langs['zh']} zh and {langs['en']} en documents, {len(benchmark.questions)} questions"
        )
        print(f"({benchmark.about})\n")
        print("| passages | number | tokens each | nDCG@10 | MRR@10 | recall@10 | recall in 1,000 tokens |")
        print("|" + "---|" * 7)
        for variant, how, patched in VARIANTS:
            if only and not any(o in variant for o in only):
                continue
            with patched():
                made, values = measure(benchmark, settings, embedder, **how)
            mean = sum(embedder.count_tokens([p.text for p in made])) / len(made)
            figures = " | ".join(f"{v:.3f}" for v in values)
            print(f"| {variant} | {len(made)} | {mean:.0f} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
