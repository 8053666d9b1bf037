"""Read the lines of a file, by the kind of file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from indexer.errors import DocumentError, EmptyDocumentError, UnsupportedFormatError
from indexer.types import LoadedFile

# Suffix -> module of this package with a function ``load(data: bytes) -> LoadedFile``.
_LOADERS = {
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
}
SUPPORTED_SUFFIXES: frozenset[str] = frozenset(_LOADERS)

MAX_BYTES = 256 * 1024 * 1024
"""Files above this are refused: reading one takes several times its size in memory."""


def load_file(data: bytes, suffix: str) -> LoadedFile:
    """Read a file's lines and what its format declares about it.

    Args:
        data: The file's bytes.
        suffix: The end of its name, such as ``.pdf``, in any case.

    Raises:
        DocumentError: The file can't be read. No other exception leaves this function.
    """
    name = _LOADERS.get(suffix.lower())
    if name is None:
        raise UnsupportedFormatError(
            f"Files that end in {suffix or 'nothing'} can't be read. Save it as one of "
            f"{' '.join(sorted(SUPPORTED_SUFFIXES))}, or take it out of the folder."
        )
    if not data.strip():
        raise EmptyDocumentError(
            "The file is empty. Download or save it again, or take it out of the folder."
        )
    if len(data) > MAX_BYTES:
        raise DocumentError(
            f"The file has {len(data) // 1024**2} MB; the most that is read is {MAX_BYTES // 1024**2} MB. "
            "Split it into smaller files."
        )
    module = import_module(f"{__name__}.{'text' if name == 'markdown' else name}")
    load: Callable[[bytes], LoadedFile] = getattr(module, "load_markdown" if name == "markdown" else "load")
    try:
        return load(data)
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
