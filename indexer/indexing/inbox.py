"""Takes uploaded bulletins into ``inbox`` in the corpus, where the next reindex finds them.

A name from outside never leads anywhere else, and what is there already is never overwritten.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import count
from pathlib import Path

from indexer.errors import UploadError
from indexer.ingest.load import SUPPORTED_SUFFIXES
from indexer.language.regex import regex

MAX_UPLOAD = 50 * 1024 * 1024
"""Bytes of one file."""

SUFFIXES: frozenset[str] = SUPPORTED_SUFFIXES | {".zip"}
"""The ends of names that are taken."""

_MAX_NAME = 180
"""Bytes of a name without its suffix; file systems take 255 with it, and archives and side-cars add to it."""

# What is no character of a file's name somewhere, or is not seen, or turns the text around.
_UNSAFE = regex(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_RESERVED = regex(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


def accept(name: str, data: bytes, corpus: Path) -> Path:
    """Put an uploaded file into the inbox.

    Args:
        name: As the user's machine gives it; folders in it are left out.
        data: The file's bytes.
        corpus: The folder that `reindex` walks.

    Returns:
        Where it lies now: the same place as before if the same bytes are there under that name; under a name with a
        number (``bulletin-2.pdf``) if others are.

    Raises:
        UploadError: It is empty, too large or no bulletin by its name, or can't be written.
    """
    stem, suffix = _safe_name(name)
    if suffix not in SUFFIXES:
        raise UploadError(
            f"Files that end in {suffix or 'nothing'} are not taken. Save it as one of "
            f"{' '.join(sorted(SUFFIXES))} and upload that.",
            f"不接收 {suffix or '无后缀'} 文件。请另存为 {' '.join(sorted(SUFFIXES))} 之一再上传。",
        )
    if len(data) > MAX_UPLOAD:
        raise UploadError(
            f"{stem}{suffix} has {len(data) / 1024**2:,.1f} MB; at most {MAX_UPLOAD // 1024**2} MB can be uploaded. "
            "Split it, or put it into the corpus folder itself and reindex.",
            f"{stem}{suffix} 有 {len(data) / 1024**2:,.1f} MB，最多可上传 {MAX_UPLOAD // 1024**2} MB。"
            "请拆分，或直接放入文献库文件夹后更新索引。",
        )
    if not data.strip(b"\x00\t\n\r "):
        raise UploadError(
            f"{stem}{suffix} is empty. Download or save it again, then upload that.",
            f"{stem}{suffix} 是空文件。请重新下载或保存后再上传。",
        )
    inbox = corpus / "inbox"
    if inbox.is_symlink():
        raise UploadError(
            f"{inbox} is a link, which reindex does not follow. Put a folder in its place.",
            f"{inbox} 是链接，reindex 不会跟随。请改用文件夹。",
        )
    names = (f"{stem}-{n}{suffix}" if n > 1 else f"{stem}{suffix}" for n in count(1))
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        return next(place for name in names if _put(place := inbox / name, data))
    except OSError as error:
        raise UploadError(
            f"{stem}{suffix} can't be written to {inbox} ({error.strerror or error}). Free some disk, or let this "
            "program write there, then upload it again.",
            f"无法将 {stem}{suffix} 写入 {inbox}。请检查磁盘空间与写入权限，然后重新上传。",
        ) from error


def _put(place: Path, data: bytes) -> bool:
    """Write a file, or find that it is there; False if there is another of that name."""
    try:
        with place.open("xb") as file:  # never what is there, be it a link
            try:
                file.write(data)
            except OSError:
                place.unlink(missing_ok=True)
                raise
        return True
    except FileExistsError:
        there = place.is_file() and not place.is_symlink() and place.stat().st_size == len(data)
        return there and place.read_bytes() == data


def _safe_name(name: str) -> tuple[str, str]:
    """A name's stem and suffix without what could lead elsewhere, hide the file or be refused by a file system."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = re.split(r"[/\\]", name)[-1]
    name = " ".join(_UNSAFE.sub("_", name).split()).rstrip(". ")
    at = name.rfind(".")
    stem, suffix = (name[:at], name[at:].lower()) if at >= 0 else (name, "")
    stem = stem.lstrip(".~$ ")
    stem = stem.encode()[:_MAX_NAME].decode(errors="ignore").rstrip(". ") or "bulletin"
    return (f"_{stem}" if _RESERVED.match(stem) else stem), suffix
