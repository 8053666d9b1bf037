"""From new files to stored passages: read, chunk, embed, store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from indexer.embedding import Embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.embedding.late import late_codec
from indexer.errors import DocumentError
from indexer.indexing.files import Plan
from indexer.indexing.repeated import Cut, cut_new
from indexer.indexing.report import Failure, Note, Progress, Step
from indexer.indexing.topics import TopicJudge
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import Document, Lang, Passage, TokenEmbedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Passages gathered before they are embedded, the shortest first: enough for batches without much padding.
_BATCH = 256


# Passages embedded and stored in one go: what a kill can cost at the most.
_SLICE = 64


def ingest(
    catalog: Catalog,
    plan: Plan,
    documents: Iterable[Document | DocumentError],
    embedder: Embedder,
    budget: int,
    say: Progress,
) -> int:
    """Index the new files of a plan.

    Args:
        catalog: Where to.
        plan: Takes the failures.
        documents: What reading the plan's new files gives, in their order.
        embedder: The model of the catalog.
        budget: Tokens of a passage.
        say: Told of each step.

    Returns:
        How many texts were embedded.
    """
    total = sum(record.size for _, record in plan.fresh)
    done = pending = embedded = n_passages = 0  # bytes of what is stored, and of what is read but not stored
    batch: list[tuple[Document, list[Passage], FileRecord]] = []
    lines: dict[str, dict[bytes, bool]] = {}
    taken: set[str] = set()  # documents of this batch: two copies of one new bulletin are one document
    copies: list[FileRecord] = []

    def tell(n: int, of: int) -> None:
        say(Step(f"embedding {of} passages", done + pending * n // max(of, 1), total, embedded + n))

    def flush() -> None:
        nonlocal done, pending, embedded, n_passages
        embedded += store_documents(catalog, embedder, batch, tell, lines)
        catalog.record_files(copies)
        done, pending, n_passages = done + pending, 0, 0
        batch.clear()
        lines.clear()
        taken.clear()
        copies.clear()

    reading = iter(documents)
    for path, record in plan.fresh:
        say(Step(f"reading {path.name}", done, total, embedded))
        document = next(reading)
        if isinstance(document, DocumentError):
            was_known = record.path in plan.changed_paths
            plan.changed, plan.added = plan.changed - was_known, plan.added - (not was_known)
            plan.failures.append(Failure(str(path), str(document)))
            copies.append(FileRecord(record.path, record.stamp, record.digest, None, str(document)))
        elif document.doc_id in taken or catalog.has_document(document.doc_id):
            copies.append(FileRecord(record.path, record.stamp, record.digest, document.doc_id, None))
        else:
            plan.notes += [Note(str(path), note) for note in document.notes]
            cut = cut_new(catalog, document, record.path, embedder, budget)
            n_passages += len(cut.passages)
            taken.add(document.doc_id)
            batch.append((document, cut.passages, record))
            lines[document.doc_id] = cut.lines
        pending += record.size
        # Files that can't be read make no passages, but a kill shouldn't cost the reading of a thousand of them either.
        if n_passages >= _BATCH or len(copies) >= _BATCH:
            flush()
    flush()
    say(Step("all files are read", total, total, embedded))
    return embedded


def store_documents(
    catalog: Catalog,
    embedder: Embedder,
    batch: Sequence[tuple[Document, Sequence[Passage], FileRecord]],
    progress: Callable[[int, int], None] = lambda _n, _of: None,
    lines: Mapping[str, Mapping[bytes, bool]] | None = None,
) -> int:
    """Embed the passages of some documents that are not embedded yet, then store each document whole.

    Args:
        catalog: Where to.
        embedder: The model of the catalog.
        batch: Documents with their passages and files.
        progress: Told how many texts are embedded, of how many.
        lines: For documents by their ids the keys of lines that may be their sites'; see `Catalog.add_document`.

    Returns:
        How many texts were embedded.
    """
    digests, n_embedded = _embed_missing(catalog, embedder, [passages for _, passages, _ in batch], progress)
    judge = TopicJudge(catalog, embedder) if any(document.facts for document, _, _ in batch) else None
    for (document, passages, record), mine in zip(batch, digests, strict=True):
        if judge is not None:
            document = judge.refined(document, passages, catalog.embeddings(mine))
        file = FileRecord(record.path, record.stamp, record.digest, document.doc_id, None)
        catalog.add_document(document, passages, mine, file, (lines or {}).get(document.doc_id))
    return n_embedded


def replace_passages(catalog: Catalog, embedder: Embedder, doc_id: str, cut: Cut) -> int:
    """Embed what is new among the passages of a stored document, then put them in place of the old ones.

    Returns:
        How many texts were embedded.
    """
    (digests,), n_embedded = _embed_missing(catalog, embedder, [cut.passages])
    catalog.replace_passages(doc_id, cut.passages, digests, cut.lines)
    return n_embedded


def _embed_missing(
    catalog: Catalog,
    embedder: Embedder,
    documents: Sequence[Sequence[Passage]],
    progress: Callable[[int, int], None] = lambda _n, _of: None,
) -> tuple[list[list[bytes]], int]:
    """Embed the passages of some documents that are not embedded yet.

    Returns:
        The digests of each document's passages, and how many texts were embedded.
    """
    texts: dict[bytes, str] = {}
    langs: dict[bytes, Lang] = {}
    digests = []
    for passages in documents:
        embedded = [p.embedded for p in passages]
        digests.append([hashlib.sha256(t.encode()).digest()[:16] for t in embedded])
        texts.update(zip(digests[-1], embedded, strict=True))
        langs.update(zip(digests[-1], (p.lang for p in passages), strict=True))
    late = catalog.meta("late") == LATE_VERSION
    known = catalog.known_embeddings(texts)
    missing = sorted((d for d in texts if d not in known), key=lambda d: len(texts[d]))
    for at in range(0, len(missing), _SLICE):
        progress(at, len(missing))
        some = missing[at : at + _SLICE]
        vectors, packed = _embed([texts[d] for d in some], [langs[d] for d in some], embedder, late)
        catalog.add_embeddings(some, vectors, packed)
    return digests, len(missing)


def _embed(
    texts: Sequence[str], langs: Sequence[Lang], embedder: Embedder, late: bool
) -> tuple[NDArray[np.float32], list[bytes]]:
    """Pooled vectors of passages, and their packed token vectors (none without late interaction)."""
    codec = late_codec(embedder)
    if not late or codec is None or not isinstance(embedder, TokenEmbedder):
        return embedder.embed_passages(texts), []
    encoded = embedder.encode(texts, "passage", tokens=True)
    return encoded.pooled, [codec.pack(t, lang) for t, lang in zip(encoded.tokens or [], langs, strict=True)]
