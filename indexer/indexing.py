"""Brings an index in step with folders: walk, compare, read, chunk, embed, store, let followers follow.

Whatever happens in between, each bulletin is in the catalog whole or not at all, and the next run goes on
where this one stopped.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from indexer.config import Settings, load_settings
from indexer.embedding import Embedder, load_embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.embedding.late import late_codec
from indexer.errors import (
    ConfigError,
    DocumentError,
    IndexBusyError,
    IndexVersionError,
    ModelMismatchError,
    SearchIndexError,
)
from indexer.ingest import CHUNKING_VERSION, INGEST_VERSION, chunk_document, read_document
from indexer.store import dense, lexical
from indexer.store.catalog import FILE_NAME, Catalog, FileRecord, now
from indexer.store.dense import DenseIndex
from indexer.types import Document, Lang, Passage, TokenEmbedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Passages gathered before they are embedded, the shortest first: enough for batches without much padding.
_BATCH = 256
# Passages embedded and stored in one go: what a kill can cost at the most.
_SLICE = 64


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why; the reason says what to do."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. Counts are of files, but for ``passages`` (all in the index now) and ``embedded``."""

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    failures: tuple[Failure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run has come: bytes of the files that have to be read, and passages embedded."""

    doing: str
    done: int = 0
    total: int = 0
    passages: int = 0


Progress = Callable[[Step], None]


@dataclass(slots=True)
class _Plan:
    """What the comparison of files and catalog came to."""

    fresh: list[tuple[Path, FileRecord]] = field(
        default_factory=list
    )  # to read; not known under this content
    records: list[FileRecord] = field(default_factory=list)  # known content, new place or new stamp
    renamed: dict[str, str] = field(default_factory=dict)  # old path -> new path
    gone: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    failed_records: list[FileRecord] = field(default_factory=list)
    changed_paths: set[str] = field(default_factory=set)  # those that were indexed with other content
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


def reindex(
    paths: Sequence[str | Path] | None = None,
    index: str | Path | None = None,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Bring the index in step with the bulletins under some paths.

    New and changed files are indexed, those gone from under the paths are dropped, renamed ones are noticed,
    the rest is left alone. Files outside the paths keep their place in the index.

    Args:
        paths: Folders or files; the corpus folder of the settings by default.
        index: The index folder; that of the settings by default. Made if it is not there.
        rebuild: Make the index anew from these paths alone, and put it in place of the old one when it is
            whole.
        dry_run: Only say what would be done.
        settings: Where not given, those of the environment.
        embedder: Where not given, the one that the settings name; loaded only if something must be embedded.
        progress: Told of each step.

    Raises:
        ConfigError: A path is not there.
        IndexBusyError: Another process is writing to the index.
        IndexVersionError: Another version made the index; rebuild it.
        ModelMismatchError: Another model made the index; rebuild it.
        ModelError: The model can't be prepared or loaded.
        SearchIndexError: The index can't be written.
    """
    started = time.monotonic()
    settings = settings or load_settings()
    folder = Path(index) if index is not None else settings.index
    folder = folder if folder.name else _absolute(folder)  # "." can't be renamed
    roots = [Path(p) for p in paths] if paths else [settings.corpus]
    say = progress or (lambda _step: None)
    if dry_run:
        return _dry_run(roots, folder, rebuild, started, say)
    try:
        with _lock(folder):
            if rebuild:
                return _rebuild(roots, folder, settings, embedder, say, started)
            if not (folder / FILE_NAME).is_file():
                for root in roots:  # a slip of the pen makes no index
                    _must_exist(root)
            with Catalog(folder, create=True) as catalog:
                return _run(catalog, roots, folder, settings, embedder, say, started)
    except sqlite3.OperationalError as error:
        raise SearchIndexError(
            f"The index in {folder} can't be written: {error}. What was stored so far is kept. "
            "Free some disk if it is full, then run reindex again; it goes on where it stopped."
        ) from error
    except sqlite3.DatabaseError as error:
        raise SearchIndexError(
            f"The index in {folder} is damaged ({error}). "
            f"Make it anew from the bulletins: reindex FOLDER_OF_BULLETINS --index {folder} --rebuild"
        ) from error
    except OSError as error:
        raise SearchIndexError(
            f"{error.filename or folder}: {error.strerror or error}. What was stored so far is kept. "
            "Mend that and run reindex again; it goes on where it stopped."
        ) from error


@contextmanager
def _lock(folder: Path, wait: float = 1.0) -> Iterator[None]:
    """The index's write lock. It lies beside the folder, so that a rebuild can replace the folder."""
    place = _beside(folder, "lock")
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=wait)  # a search that mends a follower holds it for a moment
    except Timeout as error:
        raise IndexBusyError(
            f"Another reindex is writing to {folder}. Wait until it has finished, then try again."
        ) from error
    try:
        if (
            not folder.exists() and _beside(folder, "old").exists()
        ):  # a rebuild was killed between its two moves
            _beside(folder, "old").rename(folder)
        yield
    finally:
        lock.release()


def _beside(folder: Path, what: str) -> Path:
    full = _absolute(folder)
    return full.parent / f".{full.name}.{what}"


def _dry_run(roots: list[Path], folder: Path, rebuild: bool, started: float, say: Progress) -> Summary:
    known: dict[str, FileRecord] = {}
    passages = 0
    if not rebuild and (folder / FILE_NAME).is_file():
        with Catalog(folder) as catalog:
            _check_versions(catalog, folder)
            known, passages = catalog.files(), catalog.stats().passages
    plan = _compare(roots, folder, known, say)
    for path, _ in plan.fresh:
        say(Step(f"would index {path}"))
    for record in plan.records:
        before = known.get(record.path)
        if record.path not in plan.renamed.values() and (before is None or before.digest != record.digest):
            say(Step(f"would note {record.path}, a copy"))
    for old, new in plan.renamed.items():
        say(Step(f"would rename {old} to {new}"))
    for name in plan.gone:
        say(Step(f"would drop {name}"))
    return _summary(plan, passages, 0, started, dry_run=True)


def _rebuild(
    roots: list[Path],
    folder: Path,
    settings: Settings,
    embedder: Embedder | None,
    say: Progress,
    started: float,
) -> Summary:
    """Build beside the old index and swap. A rebuild that was cut off goes on in the same place."""
    for root in roots:
        _must_exist(root)
    building = _beside(folder, "rebuilding")
    try:
        catalog = Catalog(building, create=True)
        _check_versions(catalog, building)
    except SearchIndexError:
        shutil.rmtree(building)
        catalog = Catalog(building, create=True)
    with catalog:
        try:
            summary = _run(catalog, roots, folder, settings, embedder, say, started, keep_outside=False)
        except ModelMismatchError:
            catalog.close()
            shutil.rmtree(building)
            return _rebuild(roots, folder, settings, embedder, say, started)
    old = _beside(folder, "old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    building.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return summary


def _run(
    catalog: Catalog,
    roots: list[Path],
    folder: Path,
    settings: Settings,
    embedder: Embedder | None,
    say: Progress,
    started: float,
    keep_outside: bool = True,
) -> Summary:
    _check_versions(catalog, folder)
    if embedder is None:
        check_model_name(catalog, settings, folder)
    elif (fingerprint := catalog.meta("model")) is not None and fingerprint != embedder.fingerprint:
        raise model_mismatch(folder, fingerprint, embedder.fingerprint)
    say(Step("looking through the files"))
    plan = _compare(roots, folder, catalog.files(), say, keep_outside=keep_outside)
    catalog.record_files([*plan.records, *plan.failed_records], plan.renamed)
    embedded = 0
    if plan.fresh:
        if embedder is None:
            embedder = load_embedder(settings, lambda step: say(Step(f"preparing the model: {step}")))
        adopt_model(catalog, settings, embedder, folder)
        embedded = _ingest(catalog, plan, embedder, settings.passage_tokens, say)
    # Last, so that a bulletin that was moved and edited still finds the embeddings of what it kept.
    if plan.gone:
        catalog.forget_files(plan.gone)
    if plan.gone or plan.changed_paths:
        catalog.prune_embeddings()
    say(Step("updating the search indexes"))
    follow(catalog, embedder.dim if embedder is not None else None)
    catalog.set_meta(updated=now())
    return _summary(plan, catalog.stats().passages, embedded, started)


def _summary(plan: _Plan, passages: int, embedded: int, started: float, dry_run: bool = False) -> Summary:
    return Summary(
        added=plan.added,
        changed=plan.changed,
        renamed=len(plan.renamed),
        removed=plan.removed,
        unchanged=plan.unchanged,
        failed=len(plan.failures),
        passages=passages,
        embedded=embedded,
        seconds=round(time.monotonic() - started, 3),
        dry_run=dry_run,
        failures=tuple(sorted(plan.failures, key=lambda f: f.path)),
    )


# Versions and models


def _check_versions(catalog: Catalog, folder: Path) -> None:
    mine = {"ingest": INGEST_VERSION, "chunking": CHUNKING_VERSION}
    for key, version in mine.items():
        found = catalog.meta(key)
        if found is None:
            catalog.set_meta(**{key: version})
        elif found != version:
            raise IndexVersionError(
                f"The index in {folder} was made by another version of Qingshan ({key} {found}, this one has "
                f"{version}). Make it anew: reindex FOLDER_OF_BULLETINS --index {folder} --rebuild"
            )


def model_mismatch(folder: Path, found: str, wanted: str) -> ModelMismatchError:
    """The error for an index of another model."""
    return ModelMismatchError(
        f"The index in {folder} was made with the embedding model {found}, but {wanted} is set now. Set "
        "QINGSHAN_MODEL "
        f"back, or make the index anew with this model: reindex FOLDER_OF_BULLETINS --index {folder} "
        "--rebuild"
    )


def check_model_name(catalog: Catalog, settings: Settings, folder: Path) -> None:
    """Refuse another model by its name alone, without loading it.

    Raises:
        ModelMismatchError: The index was made with another.
    """
    found = catalog.meta("model_name")
    if found is not None and found != settings.model:
        raise model_mismatch(folder, found, settings.model)


def adopt_model(catalog: Catalog, settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Note the model in a new index; in an old one, refuse any other.

    Raises:
        ModelMismatchError: The index was made with another.
    """
    found = catalog.meta("model")
    if found is None:
        late = LATE_VERSION if settings.late and late_codec(embedder) is not None else "off"
        catalog.set_meta(
            model=embedder.fingerprint, model_name=settings.model, dim=str(embedder.dim), late=late
        )
    elif found != embedder.fingerprint:
        raise model_mismatch(folder, found, embedder.fingerprint)


# Files


def stored_path(path: Path, folder: Path) -> str:
    """A path as the catalog keeps it: relative to the folder that holds the index, where it lies in that."""
    full, base = _absolute(path), _absolute(folder).parent
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else full.as_posix()


def source_path(stored: str, folder: Path) -> Path:
    """Where the file of a stored path lies."""
    return _absolute(folder).parent / stored


_BAD_NAME = (
    "its name, or that of a folder on the way, is not in UTF-8 (in GB 18030 it would be {}). Rename it."
)


def _is_utf8(name: str) -> bool:
    return not any("\udc80" <= c <= "\udcff" for c in name)


def _printable(path: Path) -> str:
    return str(path).encode(errors="backslashreplace").decode()


def _must_exist(root: Path) -> None:
    if not root.exists():
        raise ConfigError(
            f"There is no file or folder {root}. Name the folder that holds the bulletins: reindex FOLDER"
        )


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # resolve() would follow symbolic links


def _is_inside(path: str | Path, places: Iterable[str | Path]) -> bool:
    full = _absolute(path)
    return any(full.is_relative_to(_absolute(place)) for place in places)


def _walk(root: Path, failures: list[Failure], closed: list[Path]) -> Iterator[Path]:
    """Files under a root in a stable order, no hidden ones; folders that can't be opened go to ``closed``."""
    if root.is_file():
        yield root
        return

    def refuse(error: OSError) -> None:
        where = Path(error.filename)
        closed.append(where)
        failures.append(
            Failure(
                _printable(where),
                f"this folder can't be opened ({error.strerror}). Give yourself the right to read it.",
            )
        )

    for where, folders, files in os.walk(root, onerror=refuse, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")):
                yield Path(where) / name


def _compare(
    roots: list[Path], folder: Path, known: dict[str, FileRecord], say: Progress, keep_outside: bool = True
) -> _Plan:
    plan = _Plan()
    seen: dict[str, Path] = {}
    closed: list[Path] = []
    for root in roots:
        if not root.exists() and stored_path(root, folder) in known:
            continue  # a single file that is gone
        _must_exist(root)
        if _is_inside(root, [folder]):
            raise ConfigError(
                f"{root} lies in the index folder {folder}. Keep the bulletins and the index apart."
            )
        for path in _walk(root, plan.failures, closed):
            if not _is_inside(path, [folder]):
                seen.setdefault(stored_path(path, folder), path)

    gone = set()
    for name in known.keys() - seen.keys():
        path = source_path(name, folder)
        if not _is_inside(path, closed) and (_is_inside(path, roots) or not keep_outside):
            gone.add(name)
    lost: dict[str | None, list[str]] = {}
    for name in sorted(gone, reverse=True):
        if known[name].doc_id:
            lost.setdefault(known[name].digest, []).append(name)
    documents = {record.digest: record.doc_id for record in known.values() if record.doc_id}
    for name, path in seen.items():
        if not _is_utf8(name):  # SQLite and JSON could not hold it
            plan.failures.append(
                Failure(
                    _printable(path), _BAD_NAME.format(os.fsencode(path.name).decode("gb18030", "replace"))
                )
            )
            continue
        before = known.get(name)
        try:
            stamp = _stamp(path)
            if before is not None and before.stamp == stamp:
                if before.error is None:
                    plan.unchanged += 1
                else:  # it would fail again
                    plan.failures.append(Failure(str(path), before.error))
                continue
            digest = _digest(path)
        except OSError as error:
            why = error.strerror or error
            reason = f"it can't be opened ({why}). Give yourself the right to read it, or copy it again."
            plan.failures.append(Failure(str(path), reason))
            if before is None or before.doc_id is None:  # what was indexed before stays
                plan.failed_records.append(FileRecord(name, "", None, None, reason))
            continue
        record = FileRecord(name, stamp, digest, documents.get(digest), None)
        if before is not None and before.doc_id and before.digest == digest:
            plan.records.append(record)
            plan.unchanged += 1
        elif lost.get(digest) and (before is None or before.doc_id is None):
            old = lost[digest].pop()
            plan.records.append(record)
            plan.renamed[old] = name
            gone.discard(old)
        else:
            if record.doc_id:  # a copy of a document that is indexed already
                plan.records.append(record)
            else:
                plan.fresh.append((path, record))
            if before is not None and before.doc_id:
                plan.changed += 1
                plan.changed_paths.add(name)
            else:
                plan.added += 1
    plan.gone = sorted(gone)
    plan.removed = sum(known[name].doc_id is not None for name in gone)
    return plan


def _stamp(path: Path) -> str:
    s = path.stat()
    if not stat.S_ISREG(s.st_mode):  # opening a pipe would wait for ever
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file")
    return f"{s.st_size}-{s.st_mtime_ns}-{s.st_ctime_ns}-{s.st_ino}"


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


# Reading, chunking, embedding


def embedded_text(passage: Passage) -> str:
    """What is embedded for a passage: its title and heading, then its text."""
    return f"{passage.context}\n{passage.text}" if passage.context else passage.text


def _ingest(catalog: Catalog, plan: _Plan, embedder: Embedder, budget: int, say: Progress) -> int:
    total = sum(int(record.stamp.split("-")[0]) for _, record in plan.fresh)
    done = pending = embedded = n_passages = 0  # bytes of what is stored, and of what is read but not stored
    batch: list[tuple[Document, list[Passage], FileRecord]] = []
    taken: set[str] = set()  # documents of this batch: two copies of one new bulletin are one document
    copies: list[FileRecord] = []

    def tell(n: int, of: int) -> None:
        say(Step(f"embedding {of} passages", done + pending * n // max(of, 1), total, embedded + n))

    def flush() -> None:
        nonlocal done, pending, embedded, n_passages
        embedded += store_documents(catalog, embedder, batch, tell)
        catalog.record_files(copies)
        done, pending, n_passages = done + pending, 0, 0
        batch.clear()
        taken.clear()
        copies.clear()

    for path, record in plan.fresh:
        say(Step(f"reading {path.name}", done, total, embedded))
        try:
            document = read_document(path)
            if document.doc_id in taken or catalog.has_document(document.doc_id):
                copies.append(FileRecord(record.path, record.stamp, record.digest, document.doc_id, None))
                passages = []
            else:
                passages = chunk_document(document, embedder.count_tokens, budget)
                taken.add(document.doc_id)
                batch.append((document, passages, record))
        except DocumentError as error:
            was_known = record.path in plan.changed_paths
            plan.changed, plan.added = plan.changed - was_known, plan.added - (not was_known)
            plan.failures.append(Failure(str(path), str(error)))
            copies.append(FileRecord(record.path, record.stamp, record.digest, None, str(error)))
            passages = []
        n_passages += len(passages)
        pending += int(record.stamp.split("-")[0])
        if n_passages >= _BATCH:
            flush()
    flush()
    say(Step("all files are read", total, total, embedded))
    return embedded


def store_documents(
    catalog: Catalog,
    embedder: Embedder,
    batch: Sequence[tuple[Document, Sequence[Passage], FileRecord]],
    progress: Callable[[int, int], None] = lambda _n, _of: None,
) -> int:
    """Embed the passages of some documents that are not embedded yet, then store each document whole.

    Args:
        catalog: Where to.
        embedder: The model of the catalog.
        batch: Documents with their passages and files.
        progress: Told how many texts are embedded, of how many.

    Returns:
        How many texts were embedded.
    """
    texts: dict[bytes, str] = {}
    langs: dict[bytes, Lang] = {}
    digests = []
    for _, passages, _ in batch:
        embedded = [embedded_text(p) for p in passages]
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
    for (document, passages, record), mine in zip(batch, digests, strict=True):
        file = FileRecord(record.path, record.stamp, record.digest, document.doc_id, None)
        catalog.add_document(document, passages, mine, file)
    return len(missing)


def _embed(
    texts: Sequence[str], langs: Sequence[Lang], embedder: Embedder, late: bool
) -> tuple[NDArray[np.float32], list[bytes]]:
    """Pooled vectors of passages, and their packed token vectors (none without late interaction)."""
    codec = late_codec(embedder)
    if not late or codec is None or not isinstance(embedder, TokenEmbedder):
        return embedder.embed_passages(texts), []
    encoded = embedder.encode(texts, "passage", tokens=True)
    return encoded.pooled, [codec.pack(t, lang) for t, lang in zip(encoded.tokens or [], langs, strict=True)]


def follow(catalog: Catalog, dim: int | None = None) -> None:
    """Let the dense and the lexical index catch up with the catalog. Needs the write lock."""
    dim = dim or int(catalog.meta("dim") or 0)
    if dim == 0:
        return  # nothing was ever embedded
    from indexer.embedding.prior import language_means

    prior = language_means(catalog.meta("model") or "")
    if DenseIndex.open(catalog, dim, prior).wants_writing():
        dense.build(catalog, dim, prior).write(catalog.folder)
    lexical.sync(catalog)


def try_follow(catalog: Catalog) -> bool:
    """:func:`follow`, unless another process is writing; returns whether the followers are in step now."""
    try:
        with _lock(catalog.folder, wait=0):
            follow(catalog)
            return True
    except (IndexBusyError, OSError):
        return False
