"""From files to documents and passages: load, decode, clean, describe, chunk.

The stages don't import each other; this module puts them together. Libraries that are slow to import are
imported by the loaders that need them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest.chunk import chunk
from indexer.ingest.clean import clean_lines
from indexer.ingest.describe import describe
from indexer.ingest.load import SUPPORTED_SUFFIXES, load_file
from indexer.language.detect import detect_lang
from indexer.types import CountTokens, Document, Lang, Line, LoadedFile, Passage, Span

__all__ = [
    "CHUNKING_VERSION",
    "INGEST_VERSION",
    "SUPPORTED_SUFFIXES",
    "chunk_document",
    "document_from_text",
    "document_id",
    "make_document",
    "read_document",
]

INGEST_VERSION = "1"
"""Changes whenever the same file may give another text or description."""

CHUNKING_VERSION = "1"
"""Changes whenever the same document may give other passages."""


def read_document(path: Path) -> Document:
    """Read a bulletin from a file.

    Raises:
        DocumentError: The file can't be read, for a reason that the message tells. Nothing else is raised.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DocumentError(f"There is no file {path}. Check the name, or index the folder again.") from error
    except IsADirectoryError as error:
        raise DocumentError(f"{path} is a folder. Give the files in it, or index the folder.") from error
    except OSError as error:
        raise DocumentError(
            f"{path} can't be opened ({error.strerror or error}). Check that you may read it and that"
            f" its disk is there."
        ) from error
    return make_document(load_file(data, path.suffix), document_id(data))


def document_id(data: bytes) -> str:
    """Identity of a document: the first 16 hex digits of the SHA-256 of its file's bytes."""
    return hashlib.sha256(data).hexdigest()[:16]


def make_document(loaded: LoadedFile, doc_id: str) -> Document:
    """Clean and describe what a loader read.

    Raises:
        EmptyDocumentError: Cleaning leaves nothing.
    """
    cleaned = clean_lines(loaded.lines)
    if not cleaned.lines:
        raise EmptyDocumentError(
            "The file holds no text besides white space and page clutter. Download or save it again, "
            "or take it out of the folder."
        )
    description = describe(loaded, cleaned.lines, cleaned.dropped, cleaned.url)
    text, spans = _join(cleaned.lines)
    return Document(
        doc_id=doc_id,
        text=text,
        spans=spans,
        lang=description.lang,
        format=loaded.format,
        title=description.title,
        published=description.published,
        publisher=description.publisher,
        url=loaded.url or cleaned.url,
        encoding=loaded.encoding,
        n_pages=loaded.n_pages,
    )


def document_from_text(
    text: str, title: str | None = None, doc_id: str | None = None, lang: Lang | None = None
) -> Document:
    """Make a document of a text that is kept as it is, such as a dataset's.

    Args:
        text: The text, not cleaned; may be empty.
        title: Its title, which isn't looked for in the text.
        doc_id: Its identity; by default that of a file with this text.
        lang: Its language; by default the one detected.
    """
    lines = [Line(line, number) for number, line in enumerate(text.split("\n"), start=1)]
    joined, spans = _join(lines)
    return Document(
        doc_id=doc_id if doc_id is not None else document_id(text.encode("utf-8", "surrogatepass")),
        text=joined,
        spans=spans,
        lang=lang or detect_lang(text),
        format="txt",
        title=title or None,
    )


def chunk_document(
    document: Document, count_tokens: CountTokens, budget: int = 200, overlap_sentences: int = 0
) -> list[Passage]:
    """Cut a document into passages of about ``budget`` tokens; see ``indexer.ingest.chunk.chunk``."""
    return chunk(document, count_tokens, budget=budget, overlap_sentences=overlap_sentences)


def _join(lines: Sequence[Line]) -> tuple[str, tuple[Span, ...]]:
    """One text of all lines, and where each of them stands in it."""
    pieces: list[str] = []
    spans = []
    offset = 0
    for line in lines:
        if pieces:
            pieces.append(line.separator)
            offset += len(line.separator)
        pieces.append(line.text)
        spans.append(Span(offset, offset + len(line.text), line.number, line.page, line.heading))
        offset += len(line.text)
    return "".join(pieces), tuple(spans)
