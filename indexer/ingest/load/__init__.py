"""Read the lines of a file, by what it is: its content says so, and only where that could be any text its suffix."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from indexer.errors import DocumentError, EmptyDocumentError, UnsupportedFormatError
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

# Files that people keep beside bulletins, and what to do with them.
_ADVICE = {
    **dict.fromkeys((".xls", ".xlsx", ".et", ".csv"), "Tables can't be indexed. Save it as .pdf or .docx"),
    **dict.fromkeys((".ppt", ".pptx", ".dps"), "Presentations can't be indexed. Save it as .pdf"),
    **dict.fromkeys((".ofd", ".ceb", ".caj", ".odt"), "Open it in its own program and save it as .pdf"),
    **dict.fromkeys((".rar", ".7z", ".gz", ".tgz", ".tar"), "Unpack it"),
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
        advice = _ADVICE.get(suffix.lower(), f"Save it as one of {' '.join(sorted(SUPPORTED_SUFFIXES))}")
        raise UnsupportedFormatError(
            f"Files that end in {suffix or 'nothing'} can't be read. {advice}, or take it out of the folder."
        )
    if n_bytes > MAX_BYTES:
        raise DocumentError(
            f"The file has {n_bytes // 1024**2} MB; the most that is read is {MAX_BYTES // 1024**2} MB. "
            "Split it into smaller files."
        )
    return kind


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
            "The file is empty. Download or save it again, or take it out of the folder."
        )
    try:
        return _load(data, kind)
    except DocumentError:
        raise
    except MemoryError as error:
        raise DocumentError(
            "The file is too large for this machine's memory. Split it into smaller files."
        ) from error
    except RecursionError as error:
        raise DocumentError("The file is nested too deeply. Save its text as a .txt file.") from error
    except Exception as error:
        # The libraries below raise what they like on broken files; one bad file mustn't stop the others.
        raise DocumentError(
            f"The file can't be read: it is damaged, or not what its suffix {suffix} says "
            f"({type(error).__name__}: {str(error)[:200]}). Open it in its own program and save it again."
        ) from error


def _load(data: bytes, kind: str) -> LoadedFile:
    found = sniff(data)
    if found is None and kind in ("doc", "docx", "rtf"):
        kind = "text"  # or it isn't text, as the decoder will say
    kind = found or kind
    module = import_module(f"{__name__}.{'text' if kind == 'markdown' else kind}")
    load: Callable[[bytes], LoadedFile] = getattr(module, "load_markdown" if kind == "markdown" else "load")
    return load(data)
