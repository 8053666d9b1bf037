"""Which files there are, and how they differ from what the catalog knows.

A zip archive counts as a folder: each bulletin in it is a file with a path of its own (``2018.zip!/a.html``). The
archive has a record too, without a document, whose stamp says that nothing in it has changed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path

from indexer.errors import ConfigError, DocumentError, NeedsOcrError, TransientDocumentError
from indexer.indexing.report import Failure, Note
from indexer.ingest import archive, sidecar
from indexer.ingest.load import ocr
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
    notes: list[Note] = field(default_factory=list)
    failed_records: list[FileRecord] = field(default_factory=list)
    archives: dict[str, FileRecord] = field(default_factory=dict)  # to be recorded when all in them are
    changed_paths: set[str] = field(default_factory=set)  # those that were indexed with other content
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def refuse(
        self, path: Path, record: FileRecord, error: DocumentError, *, was_indexed: bool = False
    ) -> None:
        """Note that a file can't be read, for the summary and for the catalog; see :meth:`unread`."""
        unread = self.unread(path, record, error, was_indexed=was_indexed)
        if unread is not None:
            self.failed_records.append(unread)

    def unread(
        self, path: Path, record: FileRecord, error: DocumentError, *, was_indexed: bool
    ) -> FileRecord | None:
        """Note that a file can't be read, for the summary; what to record, if anything.

        What may pass is tried again by the next run, and until then what was indexed before stays.
        """
        stamp, stays = record.stamp, False
        if isinstance(error, TransientDocumentError):
            stamp, stays = "", was_indexed
            for name in [n for n in self.archives if record.path.startswith(n + archive.SEPARATOR)]:
                del self.archives[name]  # look into it again
        elif isinstance(error, NeedsOcrError):
            stamp += _NEEDS_OCR
        unread = FileRecord.unread(record.path, stamp, record.digest, error)
        self.failures.append(Failure(str(path), unread.why()))
        return None if stays else unread


_NEEDS_OCR = "?ocr"
"""Ends the stamps of files that wait for text recognition: they are tried again when it is installed."""


def stored_path(path: Path, folder: Path) -> str:
    """A path as the catalog keeps it: relative to the folder that holds the index, where it lies in that."""
    full, base = absolute(path), absolute(folder).parent
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else full.as_posix()


def source_path(stored: str, folder: Path) -> Path:
    """The file that a stored path leads to: the archive, for what is in one."""
    return archive.split_path(absolute(folder).parent / stored)[0]


def read_source(stored: str, folder: Path) -> bytes:
    """The bytes of a bulletin's file, also of one in an archive.

    Raises:
        DocumentError: It is no longer in its archive, or that is damaged.
        OSError: The file is gone, or can't be opened.
    """
    path, member = archive.split_path(absolute(folder).parent / stored)
    return archive.open_archive(path).read(member) if member else path.read_bytes()


def absolute(path: str | Path) -> Path:
    """The absolute path, with symbolic links as they are (``resolve`` would follow them)."""
    return Path(os.path.abspath(path))


def must_exist(root: Path) -> None:
    """Raise ConfigError if there is no such file or folder."""
    if not root.exists():
        raise ConfigError(
            f"There is no file or folder {root}. Name the folder that holds the bulletins: reindex FOLDER",
            f"没有文件或文件夹 {root}。请指明公报所在的文件夹：reindex 文件夹",
        )


@dataclass(slots=True)
class _Found:
    """What lies under the roots.

    Attributes:
        paths: Of each bulletin, by its stored path. Plain strings: most files of a large folder haven't changed, and
            making a `Path` takes longer than looking at the file.
        stamps: Of those that are in archives.
        others: Stored paths of what is no bulletin but has a record: archives, and what can't be read in them.
        closed: Folders and archives that can't be opened.
        described: Folders that hold side-cars.
    """

    paths: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    closed: list[Path] = field(default_factory=list)
    described: set[str] = field(default_factory=set)


def compare(roots: list[Path], folder: Path, known: dict[str, FileRecord], keep_outside: bool = True) -> Plan:
    """Compare the files under some roots with those that the catalog knows.

    Args:
        roots: Folders or files.
        folder: The index.
        known: What the catalog knows, by stored path.
        keep_outside: Whether files outside the roots keep their place in the index.

    Raises:
        ConfigError: A root is not there, or lies in the index.
    """
    plan = Plan()
    found = _find(roots, folder, known, plan)
    gone = set()
    for name in known.keys() - found.paths.keys() - found.others:
        path = source_path(name, folder)
        if not _is_inside(path, found.closed) and (_is_inside(path, roots) or not keep_outside):
            gone.add(name)
    lost: dict[str | None, list[str]] = {}
    for name in sorted(gone, reverse=True):
        if known[name].doc_id:
            lost.setdefault(known[name].digest, []).append(name)
    documents = {record.digest: record.doc_id for record in known.values() if record.doc_id}
    for name, place in found.paths.items():
        before = known.get(name)
        if before is not None and before.error is None and os.path.dirname(place) not in found.described:
            if before.stamp == (found.stamps.get(name) or _stamp_if_regular(place)):
                plan.unchanged += 1
                continue
        path = Path(place)
        if not _is_utf8(name):  # SQLite and JSON could not hold it
            plan.failures.append(
                Failure(
                    _printable(path), _BAD_NAME.format(os.fsencode(path.name).decode("gb18030", "replace"))
                )
            )
            continue
        stamp = ""
        try:
            beside = sidecar.find(path) if os.path.dirname(place) in found.described else None
            stamp = found.stamps.get(name) or _stamp(path, beside)
            if before is not None and (
                before.stamp == stamp or (before.stamp == stamp + _NEEDS_OCR and not ocr.available())
            ):
                if before.error is None:
                    plan.unchanged += 1
                else:  # it would fail again
                    plan.failures.append(Failure(str(path), before.why()))
                continue
            digest = _digest(path, beside)
        except (DocumentError, OSError) as error:
            problem = _cannot_open(error) if isinstance(error, OSError) else error
            was_indexed = before is not None and before.doc_id is not None
            plan.refuse(path, FileRecord(name, stamp, None, None, None), problem, was_indexed=was_indexed)
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
    archive.close_archive()
    plan.gone = sorted(gone)
    plan.removed = sum(known[name].doc_id is not None for name in gone)
    return plan


def _find(roots: list[Path], folder: Path, known: dict[str, FileRecord], plan: Plan) -> _Found:
    """What lies under the roots; what can't be opened goes to the plan's failures."""
    found = _Found()
    names = sorted(known)
    for root in roots:
        if not root.exists() and stored_path(root, folder) in known:
            continue  # a single file that is gone
        must_exist(root)
        if _is_inside(root, [folder]):
            raise ConfigError(
                f"{root} lies in the index folder {folder}. Keep the bulletins and the index apart.",
                f"{root} 位于索引文件夹 {folder} 之内，请将公报与索引分开存放。",
            )
        for place, name in _walk(root, folder, plan, found, {absolute(other) for other in roots}):
            if archive.is_archive(place) and _is_utf8(name):
                if name not in found.others:
                    found.others.add(name)
                    _look_into(Path(place), name, known, names, plan, found)
            elif name in found.stamps:
                reason = "its path is that of a bulletin in an archive beside it. Rename its folder."
                plan.failures.append(Failure(str(Path(place)), reason))
            else:
                found.paths.setdefault(name, place)
    return found


def _look_into(
    path: Path, name: str, known: dict[str, FileRecord], names: list[str], plan: Plan, found: _Found
) -> None:
    """Find the bulletins in an archive; one that hasn't changed isn't opened for that.

    Args:
        path: The archive.
        name: Its stored path.
        known: What the catalog knows.
        names: Its stored paths, sorted.
        plan: Where failures go, and the archive's record.
        found: Where the bulletins go.
    """
    before = known.get(name)
    inside = name + archive.SEPARATOR
    try:
        stamp = _stamp(path)
        first = bisect_left(names, inside)
        held = list(takewhile(lambda name: name.startswith(inside), islice(names, first, None)))
        # What could not be read for a while has no stamp, and is looked for anew.
        if before is not None and before.stamp == stamp and all(known[member].stamp for member in held):
            if before.error is not None:
                plan.failures.append(Failure(str(path), before.why()))
            for member in held:
                found.paths[member] = str(_member(path, member.removeprefix(inside)))
                found.stamps[member] = known[member].stamp.removesuffix(_NEEDS_OCR)
            return
        opened = archive.open_archive(path)
    except DocumentError as error:
        plan.refuse(path, FileRecord(name, stamp, None, None, None), error)
        return
    except OSError as error:
        plan.refuse(path, FileRecord(name, "", None, None, None), _cannot_open(error))
        found.closed.append(path)
        return
    for member, size in opened.members.items():
        found.paths[inside + member] = str(_member(path, member))
        found.stamps[inside + member] = f"{size}-{stamp}"
    for member, why in opened.refused.items():
        plan.refuse(_member(path, member), FileRecord(inside + member, f"0-{stamp}", None, None, None), why)
        found.others.add(inside + member)
    plan.archives[name] = FileRecord(name, stamp, None, None, None)


def _member(path: Path, name: str) -> Path:
    return Path(f"{path}{archive.SEPARATOR}{name}")


def _cannot_open(error: OSError) -> TransientDocumentError:
    why = error.strerror or error
    return TransientDocumentError(
        f"it can't be opened ({why}). Give yourself the right to read it, or copy it again.",
        f"无法打开（{why}）。请检查读取权限，或重新复制文件。",
    )


_BAD_NAME = (
    "its name, or that of a folder on the way, is not in UTF-8 (in GB 18030 it would be {}). Rename it."
)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: Path) -> str:
    return str(path).encode(errors="backslashreplace").decode()


def _is_inside(path: str | Path, places: Iterable[str | Path]) -> bool:
    full = absolute(path)
    return any(full.is_relative_to(absolute(place)) for place in places)


def _walk(
    root: Path, folder: Path, plan: Plan, found: _Found, roots: Collection[Path]
) -> Iterator[tuple[str, str]]:
    """Files under a root with their stored paths, in a stable order; no hidden ones, no side-cars, not the index.

    Links to folders are followed only where they are among the roots.
    """
    if root.is_file():
        found.described.add(os.path.dirname(str(root)))
        yield str(root), stored_path(root, folder)
        return

    def refuse(error: OSError) -> None:
        where = Path(error.filename)
        found.closed.append(where)
        plan.failures.append(
            Failure(
                _printable(where),
                f"this folder can't be opened ({error.strerror}). Give yourself the right to read it.",
            )
        )

    index = str(absolute(folder))
    for where, folders, files in os.walk(str(root), onerror=refuse, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        if folder.name in folders:
            folders[:] = [f for f in folders if os.path.abspath(os.path.join(where, f)) != index]
        links = (Path(where, f) for f in folders if os.path.islink(os.path.join(where, f)))
        for link in (link for link in links if absolute(link) not in roots):
            found.closed.append(link)  # what was indexed when it was a folder stays
            note = (
                "a link to a folder, which is not followed. To index that too, name it as a path of its own."
            )
            plan.notes.append(Note(_printable(link), note))
        if any(sidecar.is_sidecar(name) for name in files):
            found.described.add(where)
        here = stored_path(Path(where), folder)
        inside = "" if here == "." else here.removesuffix("/") + "/"
        beside = os.path.join(where, "")
        for name in sorted(files):
            if not name.startswith((".", "~$")) and not sidecar.is_sidecar(name):
                yield beside + name, inside + name


def _stamp_if_regular(place: str) -> str | None:
    """The stamp of a file without a side-car; None where there is none, or it is no plain file."""
    try:
        return _stamp(place)
    except OSError:
        return None


def _stamp(path: str | Path, beside: Path | None = None) -> str:
    """What changes whenever a file does, or its side-car; the size comes first."""
    if beside is not None:
        return f"{_stamp(path)}+{_stamp(beside)}"
    s = os.stat(path)
    if not stat.S_ISREG(s.st_mode):  # opening a pipe would wait for ever
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, not a file")
    return f"{s.st_size}-{s.st_mtime_ns}-{s.st_ctime_ns}-{s.st_ino}"


def _digest(path: Path, beside: Path | None) -> str:
    """SHA-256 of a bulletin's file and its side-car, of which its document's identity is the beginning.

    Raises:
        OSError: One of them can't be opened.
        DocumentError: The side-car is too large, or the archive that holds the bulletin damaged.
    """
    file, member = archive.split_path(path)
    if member:
        return archive.open_archive(file).digest(member)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256")
    if beside is not None:
        digest.update(sidecar.MARK + sidecar.load(beside))
    return digest.hexdigest()
