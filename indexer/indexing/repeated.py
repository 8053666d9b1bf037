"""Keeps the lines of sites out of passages, whatever documents come and go.

What is left out follows from the documents that the catalog holds, not from the order in which they came. A document
is chunked again, from its own text in the catalog, only if that turned for one of its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from indexer.embedding import Embedder
from indexer.indexing.report import Progress, Step
from indexer.ingest import chunk_document
from indexer.ingest.repeated import edge_lines, is_repeated, spans_left_out
from indexer.store.catalog import Catalog
from indexer.store.lines import Lines, site_name
from indexer.types import Document, Passage


class Settled(NamedTuple):
    """What settling came to: documents with other passages than before, and texts embedded for them."""

    documents: int
    embedded: int


class Cut(NamedTuple):
    """A document's passages, and which of its lines at the edge counted as the site's when they were made."""

    passages: list[Passage]
    lines: dict[bytes, bool]


def cut_new(catalog: Catalog, document: Document, path: str, embedder: Embedder, budget: int) -> Cut:
    """Cut a document that isn't in the catalog yet, by what is known of its site so far."""
    publisher = next(
        (f.value for f in document.facts if f.name == "publisher" and f.origin in ("side-car", "format")),
        None,
    )
    lines = Lines(catalog)
    site = lines.site(site_name(document.url, publisher, path))
    edges = edge_lines(document)
    counts = lines.counts(site, edges.values()) if site is not None else {}
    n = lines.n_documents(site) if site is not None else 0
    return _cut(
        document, edges, {key for key, n_with in counts.items() if is_repeated(n_with, n)}, embedder, budget
    )


def settle_repeated(
    catalog: Catalog,
    embedder: Callable[[], Embedder],
    budget: int,
    replace: Callable[[Catalog, Embedder, str, Cut], int],
    progress: Progress = lambda _step: None,
) -> Settled:
    """Give the documents whose sites' lines have changed the passages that they should have.

    A run that was cut off is taken up by the next one.

    Args:
        catalog: To be written; the caller has the write lock.
        embedder: Loads the model; called only if a document must be cut again.
        budget: Tokens of a passage.
        replace: Puts other passages in place of a document's; returns how many texts it embedded.
        progress: Told how far it is.
    """
    lines = Lines(catalog)
    n_documents = n_embedded = 0
    for site in lines.unsettled():
        n_site = lines.n_documents(site)
        repeated: set[bytes] = set()
        affected: dict[str, None] = {}
        for count in lines.in_question(site):
            now = is_repeated(count.n, n_site)
            if now:
                repeated.add(count.line)
            if count.n_repeated != (count.n if now else 0):
                affected.update(dict.fromkeys(lines.documents(site, count.line, was_repeated=not now)))
        for n, doc_id in enumerate(affected):
            progress(Step(f"leaving out what a site repeats: {n:,} of {len(affected):,} documents"))
            document = catalog.document(doc_id)
            if document is None:
                continue
            edges = edge_lines(document)
            before = {line for line, was_repeated in lines.of(doc_id).items() if was_repeated}
            if spans_left_out(document, edges, before) == spans_left_out(document, edges, repeated):
                catalog.keep_lines(doc_id, {key: key in repeated for key in edges.values()})
                continue
            n_embedded += replace(
                catalog, embedder(), doc_id, _cut(document, edges, repeated, embedder(), budget)
            )
            n_documents += 1
        lines.settle(site)
    return Settled(n_documents, n_embedded)


def _cut(
    document: Document,
    edges: Mapping[int, bytes],
    repeated: Collection[bytes],
    embedder: Embedder,
    budget: int,
) -> Cut:
    skip = spans_left_out(document, edges, repeated)
    passages = chunk_document(document, embedder.count_tokens, budget, skip=skip)
    return Cut(passages, {key: key in repeated for key in edges.values()})
