"""Word files: paragraphs and tables in the order of the document."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from indexer.errors import DocumentError, EncryptedDocumentError
from indexer.types import Line, LoadedFile

_Block = Any  # python-docx has types, but they are not checked here

MAX_UNPACKED = 1 << 30
"""Bytes that a Word file may unpack to; more is an attack or a mistake."""

_HEADING_STYLE = re.compile(r"^(?:heading \d|title|标题|標題)", re.I)
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def load(data: bytes) -> LoadedFile:
    """Read a Word file.

    Raises:
        EncryptedDocumentError: It has a password.
        DocumentError: It is damaged, or not a .docx file.
    """
    if data.startswith(_OLE):
        if _ENCRYPTED_STREAM in data:
            raise EncryptedDocumentError(
                "The Word file is protected by a password. Open it in Word, and save a copy without a"
                " password."
            )
        raise DocumentError(
            "This is an old Word file under a new name. Open it in Word and save it as .docx."
        )
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise DocumentError(
                "The Word file unpacks to more than 1 GB. Remove its pictures and save it again."
            )
        document = docx.Document(io.BytesIO(data))
    except DocumentError:
        raise
    except Exception as error:  # whatever zipfile, lxml and python-docx find wrong
        raise DocumentError(
            "The Word file is damaged or incomplete. Open it in Word, let it repair the file, and sav"
            "e it again; "
            "or download it again."
        ) from error
    lines: list[Line] = []
    title = _add_blocks(document, lines)
    declared = (document.core_properties.title or "").strip()
    texts = {line.text.strip() for line in lines}
    return LoadedFile(
        lines=tuple(lines),
        format="docx",
        # Word keeps the title of whatever a file was made from, so that it is believed only where the text
        # has it.
        title=title or (declared if declared in texts else None),
    )


def _add_blocks(container: _Block, lines: list[Line]) -> str | None:
    """Add the lines of paragraphs and table rows; return the first paragraph in the style *Title*."""
    from docx.table import Table

    title = None
    for block in container.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                line = " | ".join(_cells(row))
                if line.strip(" |"):
                    lines.append(Line(line, len(lines) + 1))
            continue
        style = (block.style.name if block.style is not None else "") or ""
        heading = bool(_HEADING_STYLE.match(style))
        text = block.text.replace("\t", " ")
        if style.lower() in ("title", "标题", "標題") and text.strip() and title is None:
            title = " ".join(text.split())
        for piece in text.split("\n"):  # a manual line break
            lines.append(Line(piece, len(lines) + 1, heading=heading and bool(piece.strip())))
    return title


def _cells(row: _Block) -> list[str]:
    """Text of a row's cells, a merged cell once; tables inside a cell are read too."""
    texts: list[str] = []
    seen = set()
    for cell in row.cells:
        if id(cell._tc) in seen:
            continue
        seen.add(id(cell._tc))
        inner: list[Line] = []
        _add_blocks(cell, inner)
        texts.append(" ".join(line.text.strip() for line in inner if line.text.strip()))
    return texts
