"""The write lock of an index, and the search indexes that follow the catalog."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import IndexBusyError, SearchIndexError
from indexer.indexing.files import absolute
from indexer.store import dense, lexical
from indexer.store.catalog import FILE_NAME, Catalog


@contextmanager
def write_lock(folder: Path, wait: float = 1.0) -> Iterator[None]:
    """The index's write lock. It lies beside the folder, so that a rebuild can replace the folder."""
    from filelock import FileLock, Timeout  # a search rarely needs it, and it takes a while to import

    place, lock_file = folder.resolve(), _lock_file(folder)
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=wait)  # a search that mends a follower holds it for a moment
    except Timeout as error:
        raise IndexBusyError(
            f"Another reindex is writing to {folder}. Wait until it has finished, then try again.",
            "另一个 reindex 正在写入索引，请待其完成后重试。",
        ) from error
    try:
        old = beside(folder, "old")
        if old.exists():  # a rebuild was killed between its two moves, or after them
            if not place.exists():
                old.rename(place)
            elif (place / FILE_NAME).is_file():
                shutil.rmtree(old, ignore_errors=True)
        yield
    finally:
        lock.release()


def _lock_file(folder: Path) -> Path:
    """Beside what the folder's path leads to; beside a link itself where nothing can be written there."""
    place = beside(folder, "lock")
    if folder.is_symlink() and not os.access(place.parent, os.W_OK):
        full = absolute(folder)
        return full.parent / f".{full.name}.lock"
    return place


def beside(folder: Path, what: str) -> Path:
    """A hidden neighbour of the index folder, for what must outlive the folder's replacement.

    Of a link it is the neighbour of what that leads to, on the same disk and the same for all ways there.
    """
    full = folder.resolve()
    return full.parent / f".{full.name}.{what}"


def follow(catalog: Catalog, dim: int | None = None) -> None:
    """Let the dense and the lexical index catch up with the catalog. Needs the write lock.

    Raises:
        SearchIndexError: They can't be written.
        OSError: Likewise.
    """
    dim = dim or int(catalog.meta("dim") or 0)
    if dim == 0:
        return  # nothing was ever embedded
    from indexer.embedding.prior import language_means

    try:
        dense.sync(catalog, dim, language_means(catalog.meta("model") or ""))
        lexical.sync(catalog)
    except (RuntimeError, ValueError) as error:
        # What FAISS and Tantivy raise for a full disk, among other things.
        raise SearchIndexError(
            f"The search indexes in {catalog.folder} can't be written ({str(error)[:200]}). What was stored so far is "
            "kept. Free some disk if it is full, then run reindex again; it goes on where it stopped.",
            f"无法写入 {catalog.folder} 中的检索索引（{str(error)[:200]}）。已存内容均保留。如磁盘已满，请先腾出空间，再运行 reindex，"
            "它会从中断处继续。",
        ) from error


def try_follow(catalog: Catalog) -> bool:
    """:func:`follow`, unless another process is writing or it can't be done; returns whether all are in step now."""
    try:
        with write_lock(catalog.folder, wait=0):
            follow(catalog)
            return True
    except (SearchIndexError, OSError):
        return False
