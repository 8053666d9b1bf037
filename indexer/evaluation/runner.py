"""Runs the engine over a dataset and measures it; also what others do, for comparison."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from indexer.config import Settings
from indexer.embedding import Embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.errors import SearchIndexError
from indexer.evaluation.datasets import KINDS, Dataset
from indexer.evaluation.metrics import all_in_top, measure
from indexer.indexing.followers import follow
from indexer.indexing.models import adopt_model
from indexer.indexing.passages import store_documents
from indexer.ingest import CHUNKING_VERSION, chunk_document, document_from_text
from indexer.language.lexicon import Lexicon
from indexer.search.engine import SearchEngine
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import LANGS, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

Run = dict[str, dict[str, float]]
"""``{query_id: {doc_id: score}}``."""

DOCUMENTS_PER_QUESTION = 100
_PASSAGE_DEPTH = 1000  # of each language: enough that 100 documents of each direction are among them
_RRF_K = 60
_BATCH = 64

Ranker = Callable[[str], list[tuple[str, float]]]
"""From a question to the document and score of each passage, best first."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """Measurements of one method on one dataset; metrics by name, 0 to 1.

    Attributes:
        by_query_lang: Of the questions in one language, over documents of both.
        by_direction: ``zh->en``: of Chinese questions, over English documents only.
        by_kind: Of the questions that are answered in their own language only (``mono``), in the other only
            (``cross``), or in both; over documents of both.
    """

    dataset: str
    method: str
    model: str
    passages: int
    seconds: float
    overall: dict[str, float]
    by_query_lang: dict[str, dict[str, float]]
    by_direction: dict[str, dict[str, float]]
    by_kind: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, in the order in which it is printed; ``by_kind`` only where it is known."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return facts if self.by_kind else {name: v for name, v in facts.items() if name != "by_kind"}


def evaluate(
    dataset: Dataset,
    embedder: Embedder,
    settings: Settings,
    method: Method = "fair",
    progress: Progress | None = None,
) -> tuple[Report, Run]:
    """Rank a dataset's documents for each of its questions and measure the rankings.

    A document's score is that of its best passage. A direction (``zh->en``) ranks only the documents of that
    language, for the questions that have a relevant one among them.

    Returns:
        The report, and the run: the best 100 documents of each question.
    """
    say = progress or (lambda _doing, _done, _total: None)
    started = time.monotonic()
    catalog = _indexed(dataset, embedder, settings, say)
    with SearchEngine(catalog, embedder, Lexicon(settings.cache), late=settings.late) as engine:
        rank = _ranker(method, engine, catalog, embedder)
        passages = catalog.stats().passages
        report, run = judge(dataset, rank, method, embedder.fingerprint, passages, say)
    return replace(report, seconds=round(time.monotonic() - started, 3)), run


def judge(
    dataset: Dataset, rank: Ranker, method: str, model: str, passages: int, progress: Progress | None = None
) -> tuple[Report, Run]:
    """Measure any way of ranking; see :func:`evaluate`, which measures the engine's and those it is compared with."""
    started = time.monotonic()
    say = progress or (lambda _doing, _done, _total: None)
    lang_of = {d.doc_id: d.lang for d in dataset.documents}
    run: Run = {}
    directions: dict[str, Run] = {f"{a}->{b}": {} for a in LANGS for b in LANGS}
    for done, question in enumerate(dataset.questions):
        say("searching", done, len(dataset.questions))
        ranking = rank(question.text)
        run[question.query_id] = _top(ranking)
        for lang in LANGS:
            if any(lang_of[d] == lang for d in dataset.qrels[question.query_id]):
                directions[f"{question.lang}->{lang}"][question.query_id] = _top(
                    (d, s) for d, s in ranking if lang_of[d] == lang
                )
    query_lang = {q.query_id: q.lang for q in dataset.questions}
    by_direction = {}
    for direction, part in directions.items():
        target = direction[-2:]
        qrels = {q: {d: r for d, r in dataset.qrels[q].items() if lang_of[d] == target} for q in part}
        if part:
            by_direction[direction] = _metrics(qrels, part)
    report = Report(
        dataset.name, method, model, passages, round(time.monotonic() - started, 3),
        _metrics(dataset.qrels, run),
        {
            lang: _metrics({q: dataset.qrels[q] for q in mine}, mine)
            for lang in LANGS
            if (mine := {q: r for q, r in run.items() if query_lang[q] == lang})
        },
        by_direction,
        {
            kind: _metrics({q: dataset.qrels[q] for q in mine}, mine)
            for kind in KINDS
            if (mine := {q: r for q, r in run.items() if dataset.kinds.get(q) == kind})
        },
    )  # fmt: skip
    return report, run


def headline(report: Report) -> dict[str, float]:
    """The figures that methods are compared by, in the order in which they are printed; those that the set has."""
    figures = {"nDCG@10": report.overall["nDCG@10"]}
    for lang, name in (("en", "English"), ("zh", "Chinese")):
        if lang in report.by_query_lang:
            figures[f"{name} questions: mAP"] = report.by_query_lang[lang]["mAP"]
            figures[f"{name} questions: all in top 10"] = report.by_query_lang[lang]["all_in_top_10"]
    for metric in ("recall@1", "nDCG@10"):
        for direction in ("en->zh", "zh->en", "zh->zh", "en->en"):
            if direction in report.by_direction:
                arrow = direction.replace("->", "→")
                figures[f"{arrow}: {metric}"] = report.by_direction[direction][metric]
    for kind, name in (
        ("cross", "answered only in the other language"),
        ("mono", "answered in their own language"),
        ("both", "answered in both"),
    ):
        if kind in report.by_kind:
            figures[f"{name}: nDCG@10"] = report.by_kind[kind]["nDCG@10"]
    return figures


@contextmanager
def open_dataset(
    dataset: Dataset, embedder: Embedder, settings: Settings, progress: Progress | None = None
) -> Iterator[tuple[SearchEngine, dict[int, str]]]:
    """An engine over a dataset, and the document of each passage number."""
    catalog = _indexed(dataset, embedder, settings, progress or (lambda _doing, _done, _total: None))
    with SearchEngine(catalog, embedder, Lexicon(settings.cache), late=settings.late) as engine:
        yield engine, catalog.document_ids([n for n, *_ in catalog.iter_passages()])


def write_run(run: Run, path: Path, method: Method) -> None:
    """Write a run in TREC format: question, ``Q0``, document, rank, score, method."""
    lines = []
    for query_id, scores in run.items():
        for rank, (doc_id, score) in enumerate(sorted(scores.items(), key=lambda x: (-x[1], x[0])), 1):
            lines.append(f"{query_id} Q0 {doc_id} {rank} {score:.6f} qingshan-{method}\n")
    path.write_text("".join(lines), encoding="utf-8")


def _top(ranking: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The first documents of a ranking (each once, by its best passage)."""
    best: dict[str, float] = {}
    for doc_id, score in ranking:
        if doc_id not in best:
            if len(best) == DOCUMENTS_PER_QUESTION:
                break
            best[doc_id] = score
    return best


def _metrics(qrels: dict[str, dict[str, int]], run: Run) -> dict[str, float]:
    qrels = {q: qrels[q] for q in run}
    return {**measure(qrels, run), "all_in_top_10": all_in_top(qrels, run, 10), "questions": len(run)}


# The dataset's index


def _indexed(dataset: Dataset, embedder: Embedder, settings: Settings, say: Progress) -> Catalog:
    """The dataset's index in the cache, made or completed first if need be."""
    late = LATE_VERSION if settings.late else "off"
    facts = json.dumps(
        [dataset.digest, embedder.fingerprint, CHUNKING_VERSION, settings.passage_tokens, late]
    )
    folder = settings.cache / "datasets" / f"{dataset.name}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            catalog = Catalog(folder, create=True)
            try:
                _complete(catalog, dataset, embedder, settings, say)
            except BaseException:
                catalog.close()
                raise
            return catalog
    except (OSError, sqlite3.Error, SearchIndexError) as error:
        reason = getattr(error, "strerror", None) or error.__cause__ or error
        raise SearchIndexError(
            f"The dataset's index in {folder} can't be made or read ({reason}). Delete that folder; it is "
            "made again. "
            "If the disk is full or may not be written, name another place in QINGSHAN_CACHE."
        ) from error


def _complete(
    catalog: Catalog, dataset: Dataset, embedder: Embedder, settings: Settings, say: Progress
) -> None:
    adopt_model(catalog, settings, embedder, catalog.folder)
    known = catalog.files()
    missing = [d for d in dataset.documents if d.doc_id not in known]
    for at in range(0, len(missing), _BATCH):
        say("embedding", at, len(missing))
        batch = []
        for d in missing[at : at + _BATCH]:
            document = document_from_text(d.text, title=d.title or None, doc_id=d.doc_id, lang=d.lang)
            passages = chunk_document(document, embedder.count_tokens, settings.passage_tokens)
            batch.append((document, passages, FileRecord(d.doc_id, "", None, d.doc_id, None)))
        store_documents(catalog, embedder, batch)
    follow(catalog, embedder.dim)


# Methods


def _ranker(method: Method, engine: SearchEngine, catalog: Catalog, embedder: Embedder) -> Ranker:
    numbers, _, vectors = catalog.vectors()
    doc_of = catalog.document_ids(numbers.tolist())
    if method == "fair":
        return lambda text: [
            (doc_of[r.number], r.score) for r in engine.rank(engine.analyze(text), _PASSAGE_DEPTH)
        ]
    matrix = vectors.astype(np.float32)
    bm25 = _pooled_bm25(catalog, numbers) if method == "rrf" else None

    def rank(text: str) -> list[tuple[str, float]]:
        scores = matrix @ embedder.embed_queries([text])[0]
        if bm25 is not None:
            scores = _fuse(scores, bm25(text))
        order = np.lexsort((numbers, -scores))
        return [(doc_of[int(numbers[i])], float(scores[i])) for i in order]

    return rank


def _fuse(*legs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reciprocal rank fusion, sum of 1 / (60 + rank) (Cormack et al. 2009); a score of 0 is no match."""
    fused = np.zeros(len(legs[0]), np.float32)
    for scores in legs:
        order = np.argsort(-scores, kind="stable")
        ranks = np.empty(len(scores))
        ranks[order] = np.arange(1, len(scores) + 1)
        fused += np.where(scores != 0, 1 / (_RRF_K + ranks), 0).astype(np.float32)
    return fused


def _pooled_bm25(catalog: Catalog, numbers: NDArray[np.int64]) -> Callable[[str], NDArray[np.float32]]:
    """BM25 over the passages of all languages in one pool, as a plain hybrid search has it."""
    import tantivy

    from indexer.language.tokens import load_dictionary, query_tokens, tokenize

    load_dictionary()
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=False, fast=True)
    builder.add_text_field("tokens", stored=False, tokenizer_name="whitespace", index_option="freq")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(num_threads=1)
    for row, (_, _, context, text) in enumerate(catalog.iter_passages()):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("tokens", " ".join(tokenize(f"{context} {text}")))
        writer.add_document(document)
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def score(text: str) -> NDArray[np.float32]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "tokens", t, "freq"))
            for t in query_tokens(text)
        ]
        hits = searcher.search(tantivy.Query.boolean_query(terms), limit=len(numbers), count=False).hits
        scores = np.zeros(len(numbers), np.float32)
        if hits:
            scores[searcher.fast_field_values("row", [a for _, a in hits])] = [s for s, _ in hits]
        return scores

    return score
