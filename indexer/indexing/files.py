"""Which files there are, and how they differ from what the catalog knows."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import ConfigError
from indexer.indexing.report import Failure, Progress
from indexer.store.catalog import FileRecord


@dataclass(slots=True)
class Plan:
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


def stored_path(path: Path, folder: Path) -> str:
    """A path as the catalog keeps it: relative to the folder that holds the index, where it lies in that."""
    full, base = absolute(path), absolute(folder).parent
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else full.as_posix()


def source_path(stored: str, folder: Path) -> Path:
    """Where the file of a stored path lies."""
    return absolute(folder).parent / stored


def absolute(path: str | Path) -> Path:
    """The absolute path, with symbolic links as they are (``resolve`` would follow them)."""
    return Path(os.path.abspath(path))


def must_exist(root: Path) -> None:
    """Raise ConfigError if there is no such file or folder."""
    if not root.exists():
        raise ConfigError(
            f"There is no file or folder {root}. Name the folder that holds the bulletins: reindex FOLDER"
        )


def compare(
    roots: list[Path], folder: Path, known: dict[str, FileRecord], say: Progress, keep_outside: bool = True
) -> Plan:
    """Compare the files under some roots with those that the catalog knows.

    Raises:
        ConfigError: A root is not there, or lies in the index.
    """
    plan = Plan()
    seen: dict[str, Path] = {}
    closed: list[Path] = []
    for root in roots:
        if not root.exists() and stored_path(root, folder) in known:
            continue  # a single file that is gone
        must_exist(root)
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


_BAD_NAME = (
    "its name, or that of a folder on the way, is not in UTF-8 (in GB 18030 it would be {}). Rename it."
)


def _is_utf8(name: str) -> bool:
    return not any("\udc80" <= c <= "\udcff" for c in name)


def _printable(path: Path) -> str:
    return str(path).encode(errors="backslashreplace").decode()


def _is_inside(path: str | Path, places: Iterable[str | Path]) -> bool:
    full = absolute(path)
    return any(full.is_relative_to(absolute(place)) for place in places)


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


def _stamp(path: Path) -> str:
    s = path.stat()
    if not stat.S_ISREG(s.st_mode):  # opening a pipe would wait for ever
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file")
    return f"{s.st_size}-{s.st_mtime_ns}-{s.st_ctime_ns}-{s.st_ino}"


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
