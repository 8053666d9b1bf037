"""From new files to stored passages: read, chunk, embed, store."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from indexer.embedding import Embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.embedding.late import late_codec
from indexer.errors import DocumentError
from indexer.indexing.files import Plan
from indexer.indexing.repeated import Cut, cut_new
from indexer.indexing.report import Note, Progress, Step
from indexer.indexing.topics import TopicJudge
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import Document, Encoded, Lang, Passage, TokenEmbedder

# Passages gathered before they are embedded, the shortest first: enough for batches without much padding.
_BATCH = 256


# Passages embedded and stored in one go; how many such slices are made at once, as one is put together while the model
# has the other; and how many there are with those that wait to be stored. What they hold is in memory, a third of a
# megabyte a passage, and is what a kill can cost.
_SLICE, _AT_ONCE, _ON_THEIR_WAY = 64, 2, 4


@dataclass
class _Batch:
    """Documents that are embedded and stored together.

    Attributes:
        documents: With their passages and files.
        lines: For documents by their ids the keys of lines that may be their sites'; see `Catalog.add_document`.
        copies: Files that only have to be noted.
        size: Bytes of the files.
        n_passages: Of all its documents.
        digests: Of the passages of each document, once it is being embedded.
    """

    documents: list[tuple[Document, Sequence[Passage], FileRecord]] = field(default_factory=list)
    lines: dict[str, Mapping[bytes, bool]] = field(default_factory=dict)
    copies: list[FileRecord] = field(default_factory=list)
    size: int = 0
    n_passages: int = 0
    digests: list[list[bytes]] = field(default_factory=list)


def ingest(
    catalog: Catalog,
    plan: Plan,
    documents: Iterable[Document | DocumentError],
    embedder: Embedder,
    budget: int,
    say: Progress,
) -> int:
    """Index the new files of a plan; while a batch is embedded, the next one is read and cut.

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
    done = embedded = 0  # bytes of what is stored, and texts
    gathered, under_way = _Batch(), _Batch()
    taken: set[str] = set()  # documents of these batches: two copies of one new bulletin are one document

    def turn() -> None:
        """Store what is under way, and begin with what is gathered."""
        nonlocal gathered, under_way, done, embedded
        of = embedding.n_begun
        for n in embedding.finish():
            so_far = done + under_way.size * n // of
            say(Step(f"embedding {of} passages", so_far, total, embedded + n))
        embedded += of
        ready, under_way = under_way, gathered
        under_way.digests = embedding.begin([passages for _, passages, _ in under_way.documents])
        _store(catalog, embedder, ready)
        done, gathered = done + ready.size, _Batch()
        taken.intersection_update(document.doc_id for document, _, _ in under_way.documents)

    reading = iter(documents)
    with _Embedding(catalog, embedder) as embedding:
        for path, record in plan.fresh:
            say(Step(f"reading {path.name}", done, total, embedded))
            document = next(reading)
            embedding.keep_up()
            if isinstance(document, DocumentError):
                was_known = record.path in plan.changed_paths
                plan.changed, plan.added = plan.changed - was_known, plan.added - (not was_known)
                unread = plan.unread(path, record, document, was_indexed=was_known)
                if unread is not None:
                    gathered.copies.append(unread)
            elif document.doc_id in taken or catalog.has_document(document.doc_id):
                gathered.copies.append(
                    FileRecord(record.path, record.stamp, record.digest, document.doc_id, None)
                )
            else:
                plan.notes += [Note(str(path), note) for note in document.notes]
                cut = cut_new(catalog, document, record.path, embedder, budget)
                taken.add(document.doc_id)
                gathered.documents.append((document, cut.passages, record))
                gathered.lines[document.doc_id] = cut.lines
                gathered.n_passages += len(cut.passages)
            gathered.size += record.size
            # Files that can't be read make no passages, but a kill shouldn't cost the reading of a thousand of them either.
            if gathered.n_passages >= _BATCH or len(gathered.copies) >= _BATCH:
                turn()
        turn()
        turn()
    say(Step("all files are read", total, total, embedded))
    return embedded


def store_documents(
    catalog: Catalog,
    embedder: Embedder,
    batch: Sequence[tuple[Document, Sequence[Passage], FileRecord]],
) -> int:
    """Embed the passages of some documents that are not embedded yet, then store each document whole.

    Args:
        catalog: Where to.
        embedder: The model of the catalog.
        batch: Documents with their passages and files.

    Returns:
        How many texts were embedded.
    """
    digests, n_embedded = _embed_missing(catalog, embedder, [passages for _, passages, _ in batch])
    _store(catalog, embedder, _Batch(list(batch), digests=digests))
    return n_embedded


def _store(catalog: Catalog, embedder: Embedder, batch: _Batch) -> None:
    """Store documents whose passages are embedded."""
    judge = (
        TopicJudge(catalog, embedder) if any(document.facts for document, _, _ in batch.documents) else None
    )
    for (document, passages, record), mine in zip(batch.documents, batch.digests, strict=True):
        if judge is not None:
            document = judge.refined(document, passages, catalog.embeddings(mine))
        file = FileRecord(record.path, record.stamp, record.digest, document.doc_id, None)
        catalog.add_document(document, passages, mine, file, batch.lines.get(document.doc_id))
    catalog.record_files(batch.copies)


def replace_passages(catalog: Catalog, embedder: Embedder, doc_id: str, cut: Cut) -> int:
    """Embed what is new among the passages of a stored document, then put them in place of the old ones.

    Returns:
        How many texts were embedded.
    """
    (digests,), n_embedded = _embed_missing(catalog, embedder, [cut.passages])
    catalog.replace_passages(doc_id, cut.passages, digests, cut.lines)
    return n_embedded


def _embed_missing(
    catalog: Catalog, embedder: Embedder, documents: Sequence[Sequence[Passage]]
) -> tuple[list[list[bytes]], int]:
    """Embed the passages of some documents that are not embedded yet.

    Returns:
        The digests of each document's passages, and how many texts were embedded.
    """
    with _Embedding(catalog, embedder) as embedding:
        digests = embedding.begin(documents)
        return digests, max(embedding.finish(), default=0)


class _Embedding:
    """Texts on their way through the model, in threads beside the one that writes the catalog.

    Attributes:
        n_begun: Texts that :meth:`begin` was given last and that were not embedded yet.
    """

    def __init__(self, catalog: Catalog, embedder: Embedder) -> None:
        self._catalog, self._embedder = catalog, embedder
        self._codec = late_codec(embedder) if catalog.meta("late") == LATE_VERSION else None
        self._threads = ThreadPoolExecutor(_AT_ONCE, "embed")
        self._waiting: deque[_Slice] = deque()
        self._running: deque[tuple[_Slice, Future[Encoded]]] = deque()
        self.n_begun = self._n_stored = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def begin(self, documents: Sequence[Sequence[Passage]]) -> list[list[bytes]]:
        """Begin with the passages of some documents that are not embedded yet; what was begun before must be finished.

        Returns:
            The digests of each document's passages.
        """
        texts: dict[bytes, str] = {}
        langs: dict[bytes, Lang] = {}
        digests = []
        for passages in documents:
            embedded = [p.embedded for p in passages]
            digests.append([hashlib.sha256(t.encode()).digest()[:16] for t in embedded])
            texts.update(zip(digests[-1], embedded, strict=True))
            langs.update(zip(digests[-1], (p.lang for p in passages), strict=True))
        known = self._catalog.known_embeddings(texts)
        missing = sorted((d for d in texts if d not in known), key=lambda d: len(texts[d]))
        self.n_begun, self._n_stored = len(missing), 0
        for at in range(0, len(missing), _SLICE):
            some = missing[at : at + _SLICE]
            self._waiting.append(_Slice(some, [texts[d] for d in some], [langs[d] for d in some]))
        self._submit()
        return digests

    def keep_up(self) -> None:
        """Store the slices that are ready, and have the next ones embedded."""
        while self._running and self._running[0][1].done():
            self._store_next()

    def finish(self) -> Iterator[int]:
        """Store all slices, each as it comes; how many of the texts are stored so far."""
        while self._running:
            self._store_next()
            yield self._n_stored

    def _submit(self) -> None:
        while self._waiting and len(self._running) < _ON_THEIR_WAY:
            some = self._waiting.popleft()
            self._running.append((some, self._threads.submit(self._encode, some.texts)))

    def _store_next(self) -> None:
        some, encoding = self._running.popleft()
        encoded = encoding.result()
        self._submit()
        packed: list[bytes] = []
        if self._codec is not None and encoded.tokens is not None:
            packed = [self._codec.pack(t, lang) for t, lang in zip(encoded.tokens, some.langs, strict=True)]
        self._catalog.add_embeddings(some.digests, encoded.pooled, packed)
        self._n_stored += len(some.digests)

    def _encode(self, texts: Sequence[str]) -> Encoded:
        if self._codec is None or not isinstance(self._embedder, TokenEmbedder):
            return Encoded(self._embedder.embed_passages(texts))
        return self._embedder.encode(texts, "passage", tokens=True)


class _Slice(NamedTuple):
    """Texts that are embedded and stored in one go."""

    digests: list[bytes]
    texts: list[str]
    langs: list[Lang]
