"""Zip archives: each is a folder of bulletins in one file. Nothing is ever unpacked to the disk.

A bulletin in an archive is written as the archive's path, ``!/``, and its own path in there:
``2018.zip!/air/a.html``. Names are tidied up (no ``..``, no drive, no root), so that such a path never points
elsewhere, and told apart where that makes two the same.

Everything is bounded: how many bulletins, how large each and all of them unpack, how large the list of names is.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath

from indexer.errors import DocumentError, EncryptedDocumentError
from indexer.ingest import sidecar
from indexer.ingest.decode import decode
from indexer.ingest.load import check_file
from indexer.language.regex import regex

SEPARATOR = "!/"

MAX_MEMBERS = 10_000
"""Files in an archive; more are refused, since each of them costs."""

MAX_UNPACKED = 1 << 30
"""Bytes that all bulletins of an archive may unpack to."""

_MAX_RATIO = 200
"""Times that a member may unpack to its packed size; text comes to about 20, an attack to 1,000."""

_MAX_READ = 8 << 20
_PIECE = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800

_END_OF_ARCHIVE = regex(r"\.zip(?=!/)", re.I)
_CONTROL = regex(r"[\x00-\x1f\x7f]")
_DRIVE = regex(r"[A-Za-z]:")

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, IndexError,
)  # fmt: skip


def is_archive(path: str | Path) -> bool:
    """Whether a file is an archive of bulletins, by its name (Word files are zip archives too)."""
    return str(path).lower().endswith(".zip")


def split_path(path: str | Path) -> tuple[Path, str]:
    """The file that a path leads to, and where the path goes on in an archive its member's name, else ``""``."""
    path = Path(path)
    text = path.as_posix()
    ends = [match.end() for match in _END_OF_ARCHIVE.finditer(text)] if SEPARATOR in text else []
    if not ends or os.path.exists(text):  # noqa: PTH110 - Path.exists raises where a name is too long
        return path, ""
    end = next((end for end in ends if os.path.isfile(text[:end])), ends[0])  # noqa: PTH113
    return Path(text[:end]), text[end + len(SEPARATOR) :]


class Archive:
    """An archive of bulletins.

    Attributes:
        members: Size in bytes of each bulletin that may be read, by its name, sorted.
        refused: Why others can't be read, by name; not raised. Hidden files, folders and side-cars are in neither.
    """

    def __init__(self, path: Path) -> None:
        """Read the archive's list of files.

        Raises:
            EncryptedDocumentError: All of it is protected by a password.
            DocumentError: It is damaged, not a zip archive, or beyond the bounds.
            OSError: It can't be opened.
        """
        self._path = path
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._sidecars: dict[str, zipfile.ZipInfo] = {}
        self.refused: dict[str, DocumentError] = {}
        file = _File(path)
        with _damage_told():
            self._zip = zipfile.ZipFile(file)
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise DocumentError(
                f"The archive holds {len(infos):,} files; the most that is read is {MAX_MEMBERS:,}. Unpack it, or"
                " make several of it.",
                f"压缩包内有 {len(infos):,} 个文件，最多可读取 {MAX_MEMBERS:,} 个。请解压，或分成几个压缩包。",
            )
        self._sort(infos)

    def _sort(self, infos: list[zipfile.ZipInfo]) -> None:
        encrypted = 0
        for name, info in _named(infos):
            if sidecar.is_sidecar(name):
                self._sidecars[name] = info
            elif why := _why_not(name, info):
                encrypted += info.flag_bits & _ENCRYPTED
                self.refused[name] = why
            else:
                self._infos[name] = info
        if encrypted and not self._infos:
            raise EncryptedDocumentError(
                "The archive is protected by a password. Take the password off: unpack it, and pack it anew without one.",
                "压缩包有密码保护。请去掉密码：解压后重新打包，不设密码。",
            )
        unpacked = sum(info.file_size for info in self._infos.values())
        if unpacked > MAX_UNPACKED:
            raise DocumentError(
                f"The archive unpacks to {unpacked / 1024**3:.1f} GB; the most that is read is"
                f" {MAX_UNPACKED / 1024**3:.0f} GB. Unpack it, or make several of it.",
                f"压缩包解压后有 {unpacked / 1024**3:.1f} GB，最多可读取 {MAX_UNPACKED / 1024**3:.0f} GB。"
                "请解压，或分成几个压缩包。",
            )
        self._infos = dict(sorted(self._infos.items()))
        self.members = {name: info.file_size for name, info in self._infos.items()}

    def read(self, name: str) -> bytes:
        """A bulletin's bytes.

        Raises:
            DocumentError: It is not in the archive, or damaged.
        """
        return b"".join(self._pieces(self._info(name)))

    def read_sidecar(self, name: str) -> tuple[str, bytes] | None:
        """Name and bytes of the side-car of a bulletin, or None where it has none.

        Raises:
            DocumentError: It is too large, or damaged.
        """
        found = self._find_sidecar(name)
        if found is None:
            return None
        beside, info = found
        if info.file_size > sidecar.MAX_BYTES:
            raise DocumentError(
                f"{beside} has more than {sidecar.MAX_BYTES // 1024} KB. Keep only what describes the bulletin.",
                f"{beside} 超过 {sidecar.MAX_BYTES // 1024} KB。请只保留描述公报的内容。",
            )
        return beside, b"".join(self._pieces(info))

    def digest(self, name: str) -> str:
        """SHA-256 of a bulletin and its side-car, hexadecimal; its document's identity is the beginning.

        Raises:
            DocumentError: It is not in the archive, or damaged.
        """
        digest = hashlib.sha256()
        for piece in self._pieces(self._info(name)):
            digest.update(piece)
        beside = self.read_sidecar(name)
        if beside is not None:
            digest.update(sidecar.MARK + beside[1])
        return digest.hexdigest()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self._infos.get(name)
        if info is None:
            raise DocumentError(
                f"There is no {name} in {self._path}. Index the folder again.",
                f"{self._path} 中没有 {name}。请重新索引该文件夹。",
            )
        return info

    def _find_sidecar(self, name: str) -> tuple[str, zipfile.ZipInfo] | None:
        path = PurePosixPath(name)
        for beside in (path.name + sidecar.SUFFIX, path.stem + sidecar.SUFFIX):
            place = str(path.with_name(beside))
            if place in self._sidecars:
                return place, self._sidecars[place]
        return None

    def _pieces(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """A member's bytes; never more than the archive says, so that the bounds hold."""
        with _damage_told(), self._zip.open(info) as stream:
            while piece := stream.read(_PIECE):
                yield piece


@lru_cache(maxsize=1)
def _opened(path: Path, _stamp: tuple[int, int, int]) -> Archive:
    return Archive(path)


def open_archive(path: Path) -> Archive:
    """An archive; the last one is kept open for its other members until it changes.

    Raises:
        DocumentError: It can't be read; see :class:`Archive`.
        OSError: It can't be opened.
    """
    s = path.stat()
    return _opened(path, (s.st_size, s.st_mtime_ns, s.st_ino))


close_archive = _opened.cache_clear
"""Close the archive that :func:`open_archive` keeps."""


class _File(io.FileIO):
    """A file that closes itself, and never gives more at once than an honest list of names takes.

    The standard library reads that list whole, however long, before anyone can count it.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_READ:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size) or b""

    def __del__(self) -> None:
        self.close()


def _named(infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Files of an archive by their tidy names, without folders and what is hidden."""
    encoding = _encoding([i.orig_filename.encode("cp437") for i in infos if not i.flag_bits & _NAME_IS_UTF8])
    seen: set[str] = set()
    numbers: Counter[PurePosixPath] = Counter()  # of names that several have
    # Of two with the same name the later one replaces the earlier.
    for raw, info in {info.orig_filename: info for info in infos}.items():
        decoded = raw if info.flag_bits & _NAME_IS_UTF8 else raw.encode("cp437").decode(encoding, "replace")
        place = _CONTROL.sub("_", decoded).replace("\\", "/")
        parts = [part for part in place.split("/") if part not in ("", ".", "..")]
        if place.endswith("/"):  # a folder
            continue
        if parts and _DRIVE.fullmatch(parts[0]):
            del parts[0]
        if not parts or any(p.startswith((".", "~$")) or p == "__MACOSX" for p in parts):
            continue
        path = name = PurePosixPath(*parts)
        while str(name) in seen:
            numbers[path] += 1
            name = path.with_name(f"{path.stem} ({numbers[path] + 1}){path.suffix}")
        seen.add(str(name))
        yield str(name), info


def _encoding(names: list[bytes]) -> str:
    """Of names that don't say theirs: UTF-8, else what Chinese systems wrote, else what the format calls for."""
    joined = b"\n".join(name for name in names if not name.isascii())
    candidates = ["utf-8", "gb18030", "big5hkscs"]
    try:
        if decode(joined).encoding == "big5":
            candidates = ["utf-8", "big5hkscs", "gb18030"]
    except DocumentError:
        pass
    return next((c for c in candidates if _decodes(joined, c)), "cp437")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _why_not(name: str, info: zipfile.ZipInfo) -> DocumentError | None:
    """Why a member can't be read, or None."""
    if info.flag_bits & _ENCRYPTED:
        return EncryptedDocumentError(
            "It is protected by a password. Take the password off: unpack the archive, and pack it anew without one.",
            "文件有密码保护。请去掉密码：解压后重新打包，不设密码。",
        )
    if is_archive(Path(name)):
        return DocumentError(
            "It is an archive in an archive, which is not opened. Unpack it beside the other one.",
            "这是压缩包中的压缩包，不会打开。请将其解压到外层压缩包旁。",
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        return DocumentError(
            "It is a link to another file. Pack the file itself.", "这是指向另一文件的链接。请打包文件本身。"
        )
    if info.compress_type not in _METHODS:
        return DocumentError(
            "It is packed in an unusual way. Unpack the archive, and pack it anew as an ordinary zip file.",
            "文件的压缩方式不常见。请解压后重新打包为普通 zip 文件。",
        )
    try:
        check_file(PurePosixPath(name).suffix, info.file_size)
    except DocumentError as error:
        return error
    if info.file_size > max(_PIECE, _MAX_RATIO * info.compress_size):
        times = info.file_size // max(info.compress_size, 1)
        return DocumentError(
            f"It unpacks to {times:,} times its size, as files do that are made to do harm. If it is honest, unpack it"
            " into the folder.",
            f"文件解压后是原大小的 {times:,} 倍，恶意文件往往如此。若确属正常，请将其解压到文件夹中。",
        )
    return None


@contextmanager
def _damage_told() -> Iterator[None]:
    """Make one error of all that zipfile and the libraries below it raise on damaged archives."""
    try:
        yield
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that is a place before the beginning
            raise
        raise DocumentError(
            f"The archive is damaged or not a zip file ({str(error)[:100] or type(error).__name__}). Download or pack"
            " it again.",
            f"压缩包已损坏，或不是 zip 文件（{str(error)[:100] or type(error).__name__}）。请重新下载或打包。",
        ) from error
