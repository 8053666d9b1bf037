"""Read the lines of a file, by what it is: its content says so, and only where that could be any text its suffix."""

from __future__ import annotations

import errno
from collections.abc import Callable
from importlib import import_module

from indexer.errors import (
    DocumentError,
    EmptyDocumentError,
    TransientDocumentError,
    UnsupportedFormatError,
)
from indexer.ingest.load.sniff import sniff
from indexer.types import LoadedFile

# Suffix -> kind; a kind is a module of this package with a function ``load(data: bytes) -> LoadedFile``.
_KINDS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".mhtml": "mail",
    ".mht": "mail",
    ".eml": "mail",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".doc": "doc",
    ".wps": "doc",
    ".rtf": "rtf",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".tif": "image",
    ".tiff": "image",
    ".bmp": "image",
}
SUPPORTED_SUFFIXES: frozenset[str] = frozenset(_KINDS)

# Files that people keep beside bulletins, and what to do with them, in English and in Chinese.
_ADVICE = {
    **dict.fromkeys(
        (".xls", ".xlsx", ".et", ".csv"),
        ("Tables can't be indexed. Save it as .pdf or .docx", "表格不能索引。请另存为 .pdf 或 .docx"),
    ),
    **dict.fromkeys(
        (".ppt", ".pptx", ".dps"),
        ("Presentations can't be indexed. Save it as .pdf", "演示文稿不能索引。请另存为 .pdf"),
    ),
    **dict.fromkeys(
        (".ofd", ".ceb", ".caj", ".odt"),
        ("Open it in its own program and save it as .pdf", "请用相应程序打开，另存为 .pdf"),
    ),
    **dict.fromkeys((".rar", ".7z", ".gz", ".tgz", ".tar"), ("Unpack it", "请解压")),
}

MAX_BYTES = 256 * 1024 * 1024
"""Files above this are refused: reading one takes several times its size in memory."""


def check_file(suffix: str, n_bytes: int) -> str:
    """The kind of a file, before it is read.

    Args:
        suffix: The end of its name.
        n_bytes: Its size.

    Raises:
        UnsupportedFormatError: Such files are not read.
        DocumentError: It is too large.
    """
    kind = _KINDS.get(suffix.lower())
    if kind is None:
        known = " ".join(sorted(SUPPORTED_SUFFIXES))
        advice, chinese = _ADVICE.get(
            suffix.lower(), (f"Save it as one of {known}", f"请另存为 {known} 之一")
        )
        raise UnsupportedFormatError(
            f"Files that end in {suffix or 'nothing'} can't be read. {advice}, or take it out of the folder.",
            f"无法读取 {suffix or '无后缀'} 文件。{chinese}，或移出文件夹。",
        )
    if n_bytes > MAX_BYTES:
        raise DocumentError(
            f"The file has {n_bytes // 1024**2} MB; the most that is read is {MAX_BYTES // 1024**2} MB. "
            "Split it into smaller files.",
            f"文件有 {n_bytes // 1024**2} MB，最多可读取 {MAX_BYTES // 1024**2} MB。请拆分为较小的文件。",
        )
    return kind


# What temporary files may meet; a library that finds a file damaged may raise OSError too.
_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EROFS})


def load_file(data: bytes, suffix: str) -> LoadedFile:
    """Read a file's lines and what its format declares about it.

    Args:
        data: The file's bytes.
        suffix: The end of its name, such as ``.pdf``, in any case. It says which files are meant to be read at all;
            how they are read, their content says first.

    Raises:
        DocumentError: The file can't be read. No other exception leaves this function.
    """
    kind = check_file(suffix, len(data))
    if not data.strip():
        raise EmptyDocumentError(
            "The file is empty. Download or save it again, or take it out of the folder.",
            "文件是空的。请重新下载或保存，或移出文件夹。",
        )
    try:
        return _load(data, kind)
    except DocumentError:
        raise
    except MemoryError as error:
        raise DocumentError(
            "The file is too large for this machine's memory. Split it into smaller files.",
            "文件过大，本机内存不足。请拆分为较小的文件。",
        ) from error
    except RecursionError as error:
        raise DocumentError(
            "The file is nested too deeply. Save its text as a .txt file.",
            "文件嵌套过深。请将文字另存为 .txt 文件。",
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise TransientDocumentError(
                f"The file can't be read for now ({error.strerror}): reading it needs room for temporary files. Free some, "
                "and index the folder again.",
                f"暂时无法读取文件（{error.strerror}）：读取时需要临时空间。请腾出空间后重新索引该文件夹。",
            ) from error
        # The libraries below raise what they like on broken files; one bad file mustn't stop the others.
        raise DocumentError(
            f"The file can't be read: it is damaged, or not what its suffix {suffix} says "
            f"({type(error).__name__}: {str(error)[:200]}). Open it in its own program and save it again.",
            f"无法读取文件：已损坏，或与后缀 {suffix} 不符（{type(error).__name__}：{str(error)[:200]}）。"
            "请用相应程序打开后重新保存。",
        ) from error


def _load(data: bytes, kind: str) -> LoadedFile:
    found = sniff(data)
    if found is None and kind in ("doc", "docx", "rtf"):
        kind = "text"  # or it isn't text, as the decoder will say
    kind = found or kind
    module = import_module(f"{__name__}.{'text' if kind == 'markdown' else kind}")
    load: Callable[[bytes], LoadedFile] = getattr(module, "load_markdown" if kind == "markdown" else "load")
    return load(data)
