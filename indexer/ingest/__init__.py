"""From files to documents and passages: load, decode, clean, describe, chunk.

The stages don't import each other; this module puts them together. Libraries that are slow to import are
imported by the loaders that need them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.errors import DocumentError, EmptyDocumentError, TransientDocumentError
from indexer.ingest import archive, sidecar
from indexer.ingest.chunk import chunk
from indexer.ingest.load import SUPPORTED_SUFFIXES, check_file, load_file
from indexer.ingest.sidecar import Declared
from indexer.language.detect import detect_lang
from indexer.types import CountTokens, Document, Lang, Line, LoadedFile, Passage, Removed, Span

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

_WITH_FRONT_MATTER = ("txt", "md")

INGEST_VERSION = "3"
"""Changes whenever the same file may give another text or description."""

CHUNKING_VERSION = "3"
"""Changes whenever the same document may give other passages."""


def read_document(path: Path) -> Document:
    """Read a bulletin from a file.

    Args:
        path: The file; or a place in an archive, such as ``2018.zip!/a.html``.

    Raises:
        DocumentError: The file can't be read, for a reason that the message tells. Nothing else is raised.
    """
    try:
        file, member = archive.split_path(path)
        if member:
            opened = archive.open_archive(file)
            data, beside = opened.read(member), opened.read_sidecar(member)
        else:
            with path.open("rb") as stream:
                check_file(path.suffix, os.fstat(stream.fileno()).st_size)
                data = stream.read()
            place = sidecar.find(path)
            beside = (place.name, sidecar.load(place)) if place is not None else None
    except FileNotFoundError as error:
        raise TransientDocumentError(
            f"There is no file {path}. Check the name, or index the folder again.",
            f"没有文件 {path}。请检查文件名，或重新索引该文件夹。",
        ) from error
    except IsADirectoryError as error:
        raise DocumentError(
            f"{path} is a folder. Give the files in it, or index the folder.",
            f"{path} 是文件夹。请指明其中的文件，或索引该文件夹。",
        ) from error
    except OSError as error:
        raise TransientDocumentError(
            f"{path} can't be opened ({error.strerror or error}). Check that you may read it and that"
            f" its disk is there.",
            f"无法打开 {path}（{error.strerror or error}）。请检查读取权限，以及所在磁盘是否可用。",
        ) from error
    doc_id = document_id(data, beside and beside[1])
    declared = sidecar.parse(beside[1], beside[0]) if beside else Declared()
    return make_document(load_file(data, path.suffix), doc_id, declared, path.name)


def document_id(data: bytes, beside: bytes | None = None) -> str:
    """Identity of a document.

    Args:
        data: Its file's bytes.
        beside: Its side-car's bytes, if it has one: the same file described otherwise is another document.

    Returns:
        The first 16 hex digits of the SHA-256 of both.
    """
    digest = hashlib.sha256(data)
    if beside is not None:
        digest.update(sidecar.MARK + beside)
    return digest.hexdigest()[:16]


def make_document(
    loaded: LoadedFile, doc_id: str, declared: Declared | None = None, name: str = "the file"
) -> Document:
    """Clean and describe what a loader read.

    Args:
        loaded: What the loader read.
        doc_id: The document's identity.
        declared: What its side-car declares. Front matter is read here.
        name: The file's name, for messages.

    Raises:
        EmptyDocumentError: Cleaning leaves nothing.
        DocumentError: The front matter can't be used.
    """
    # Their patterns take a quarter of a second to compile, which those that only search need not wait for.
    from indexer.ingest.clean import clean_lines
    from indexer.ingest.describe import describe

    declared = declared or Declared()
    front: list[Removed] = []
    if loaded.format in _WITH_FRONT_MATTER:
        in_file, n_front = sidecar.split_front_matter(loaded.lines, name)
        declared = declared.over(in_file)
        front = [Removed(line, "front matter") for line in loaded.lines[:n_front] if line.text.strip()]
        if n_front:
            rest = [replace(line, separator="\n") for line in loaded.lines[n_front : n_front + 1]]
            loaded = replace(loaded, lines=(*rest, *loaded.lines[n_front + 1 :]))
    cleaned = clean_lines(loaded.lines)
    if not cleaned.lines:
        raise EmptyDocumentError(
            "The file holds no text besides white space and page clutter. Download or save it again, "
            "or take it out of the folder.",
            "文件除空白与页面杂项外没有文字。请重新下载或保存，或移出文件夹。",
        )
    text, spans = _join(cleaned.lines)
    url = declared.url if declared.url is not None else loaded.url or cleaned.url
    description = describe(loaded, cleaned.lines, cleaned.dropped, url, declared, text, spans)
    return Document(
        doc_id=doc_id,
        text=text,
        spans=spans,
        lang=description.lang,
        format=loaded.format,
        title=description.title,
        published=description.published,
        publisher=description.publisher,
        url=url or None,
        encoding=loaded.encoding,
        n_pages=loaded.n_pages,
        facts=description.facts,
        removed=(*front, *cleaned.removed, *(Removed(line, "page furniture") for line in loaded.around)),
        notes=loaded.notes,
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
    document: Document,
    count_tokens: CountTokens,
    budget: int = 200,
    overlap_sentences: int = 1,
    skip: Collection[int] = frozenset(),
) -> list[Passage]:
    """Cut a document into passages of about ``budget`` tokens; see ``indexer.ingest.chunk.chunk``."""
    return chunk(document, count_tokens, budget=budget, overlap_sentences=overlap_sentences, skip=skip)


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
