"""Word files (.docx, .docm, and Word's XML in one file): paragraphs, tables and notes as Word shows them.

The XML is read directly, because what matters here lies outside of what python-docx gives: tracked changes,
content controls, text boxes, footnotes and the numbers of lists.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from indexer.errors import DocumentError
from indexer.ingest.load.numbering import Numbering
from indexer.ingest.load.table import table_lines
from indexer.language.regex import regex
from indexer.types import Line, LoadedFile

_Element = Any  # lxml has no type hints

MAX_UNPACKED = 1 << 30
"""Bytes that a Word file may unpack to; more is an attack or a mistake."""

MAX_XML = 100 * 1024 * 1024
"""Bytes of one part's XML; its tree takes ten times as much memory."""

_HEADING_STYLE = regex(r"^(?:heading\s*\d|title|标题|標題)", re.I)
_TITLE_STYLE = regex(r"^(?:title|标题|標題)$", re.I)
_CONTENTS_STYLE = regex(r"^(?:toc\s*\d|table of contents|目录\s*\d|目錄\s*\d)", re.I)

# Text that isn't there for the reader: deleted, moved away, instructions of fields, alternatives, phonetic signs.
_SKIPPED = frozenset(
    "del moveFrom delText instrText delInstrText rt pPr rPr sectPr tblPr tblGrid trPr tcPr Fallback annotationRef".split()
)
# Characters of the font *Symbol*, which Word stores by the font's own codes.
_SYMBOLS = dict(
    zip(
        "61 62 64 65 67 6C 6D 70 71 72 73 77 44 53 57 A3 A5 AE B0 B1 B2 B3 B4 B7 B8 B9 BB D7 E5".split(),
        "αβδεγλμπθρσωΔΣΩ≤∞→°±″≥×•÷≠≈·Σ",
        strict=True,
    )
)
_BREAKS = frozenset(("br", "cr"))
_OFF = ("0", "false", "off", "none")


@dataclass(slots=True)
class _Style:
    name: str = ""
    based_on: str | None = None
    outline: int | None = None
    num_id: str | None = None
    level: int = 0


@dataclass(slots=True)
class _Parts:
    """What the parts beside the text say, and what has been read so far."""

    styles: dict[str, _Style] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=Numbering)
    notes: dict[tuple[str, str], _Element] = field(default_factory=dict)
    title: str | None = None


def load(data: bytes) -> LoadedFile:
    """Read a Word file.

    Raises:
        DocumentError: It is damaged, or not a .docx file.
    """
    from lxml import etree  # type: ignore[import-untyped]

    try:
        parts = _parts(data)
    except DocumentError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        OSError,
        EOFError,
        ValueError,
        etree.XMLSyntaxError,
        NotImplementedError,
    ) as error:
        raise DocumentError(
            "The Word file is damaged or incomplete. Open it in Word, let it repair the file, and save it again; "
            "or download it again.",
            "Word 文件已损坏或不完整。请在 Word 中打开并修复后重新保存，或重新下载。",
        ) from error
    reader = _Parts(
        _styles(parts.get("styles")),
        Numbering.of(parts.get("numbering")),
        {
            (kind, _get(note, "id")): note
            for kind in ("footnote", "endnote")
            for note in _children(parts.get(f"{kind}s"), kind)
            if _get(note, "type") in ("", "normal")
        },
    )
    body = next((element for element in parts["document"].iter() if _tag(element) == "body"), None)
    if body is None:
        raise DocumentError(
            "The Word file holds no text. Open it in Word, and save it again.",
            "Word 文件没有文字。请在 Word 中打开后重新保存。",
        )
    lines: list[Line] = []
    _add_blocks(body, reader, lines)
    lines = [Line(line.text, number, heading=line.heading) for number, line in enumerate(lines, start=1)]
    declared = next((e.text or "" for e in _iter(parts.get("core"), "title")), "").strip()
    texts = {line.text.strip() for line in lines}
    return LoadedFile(
        lines=tuple(lines),
        format="docx",
        # Word keeps the title of whatever a file was made from, so that it is believed only where the text has it.
        title=reader.title or (declared if declared in texts else None),
    )


def _parts(data: bytes) -> dict[str, _Element]:
    """Roots of the parts that are read, by the last part of their names: ``document``, ``styles``, and so on."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    if not data.startswith(b"PK"):
        # Word's XML in one file: the parts are elements of it, or it is the document itself (Word 2003).
        root = etree.fromstring(data, parser)
        found = {"document": root}
        for part in _iter(root, "part"):
            name = _get(part, "name").rpartition("/")[2].partition(".")[0]
            inner = next(_iter(part, "xmlData"), None)
            if inner is not None and len(inner):
                found[name] = inner
        return found
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise DocumentError(
                "The Word file unpacks to more than 1 GB. Remove its pictures and save it again.",
                "Word 文件解压后超过 1 GB。请删去其中的图片后重新保存。",
            )
        main = _main_part(archive)
        folder = main.rpartition("/")[0]
        found = {}
        for name in ("document", "styles", "numbering", "footnotes", "endnotes", "core"):
            path = {"document": main, "core": "docProps/core.xml"}.get(
                name, f"{folder}/{name}.xml".lstrip("/")
            )
            try:
                size = archive.getinfo(path).file_size
            except KeyError:
                continue
            if size > MAX_XML:
                raise DocumentError(
                    f"The Word file holds {size // 1024**2} MB of text; the most that is read is "
                    f"{MAX_XML // 1024**2} MB. Split it into smaller files.",
                    f"Word 文件的文字有 {size // 1024**2} MB，最多可读取 {MAX_XML // 1024**2} MB。请拆分为较小的文件。",
                )
            found[name] = etree.fromstring(archive.read(path), parser)
    if "document" not in found:
        raise KeyError("word/document.xml")
    return found


def _main_part(archive: zipfile.ZipFile) -> str:
    """Name of the part with the text, which isn't ``word/document.xml`` in the files of some programs."""
    usual = "word/document.xml"
    if usual in archive.namelist():
        return usual
    relations = archive.read("_rels/.rels")[: 1 << 20].decode("utf-8", "replace")
    for relation in re.findall(r"<Relationship\b[^>]*>", relations):
        if '/officeDocument"' in relation and (target := re.search(r'Target="/?([^"]+)"', relation)):
            return target[1]
    return usual


def _styles(root: _Element | None) -> dict[str, _Style]:
    styles = {}
    for element in _iter(root, "style"):
        style = _Style()
        for child in element:
            tag = _tag(child)
            if tag == "name":
                style.name = _get(child, "val")
            elif tag == "basedOn":
                style.based_on = _get(child, "val")
            elif tag == "pPr":
                style.outline, style.num_id, style.level = _outline_and_list(child)
        styles[_get(element, "styleId")] = style
    return styles


def _outline_and_list(properties: _Element | None) -> tuple[int | None, str | None, int]:
    """Outline level, identity of the list and level in it, from a paragraph's or style's properties."""
    outline: int | None = None
    num_id: str | None = None
    level = 0
    for child in properties if properties is not None else ():
        if _tag(child) == "outlineLvl":
            outline = _number(_get(child, "val"))
        elif _tag(child) == "numPr":
            for part in child:
                if _tag(part) == "numId":
                    num_id = _get(part, "val")
                elif _tag(part) == "ilvl":
                    level = _number(_get(part, "val"))
    return outline, num_id, level


def _add_blocks(container: _Element, reader: _Parts, lines: list[Line]) -> None:
    """Add the lines of paragraphs and tables, in order, also of those inside of content controls."""
    for child in container:
        tag = _tag(child)
        if tag == "p":
            _add_paragraph(child, reader, lines)
        elif tag == "tbl":
            _add_table(child, reader, lines)
        elif tag == "AlternateContent":
            _add_blocks(_alternative(child), reader, lines)
        elif tag and tag not in _SKIPPED:
            _add_blocks(child, reader, lines)


def _add_paragraph(paragraph: _Element, reader: _Parts, lines: list[Line]) -> None:
    properties = next(_children(paragraph, "pPr"), None)
    style_id = next((_get(e, "val") for e in _children(properties, "pStyle")), "")
    style = _resolved(style_id, reader.styles)
    outline, num_id, level = _outline_and_list(properties)
    outside: list[Line] = []
    text = "".join(_pieces(paragraph, reader, outside)).strip(" ")
    if text.strip():
        if _CONTENTS_STYLE.match(style.name):
            return  # a table of contents repeats the headings, and finds nothing by itself
        if num_id is None:
            num_id, level = style.num_id, level or style.level
        label = reader.numbering.label(num_id, level) if num_id else ""
        if label and not text.startswith(label.strip()):
            text = label + text
        outline = style.outline if outline is None else outline
        heading = bool(_HEADING_STYLE.match(style.name)) or (outline is not None and outline < 9)
        if _TITLE_STYLE.match(style.name) and reader.title is None:
            reader.title = " ".join(text.split())
        for piece in text.split("\n"):  # a manual line break
            lines.append(Line(piece, 0, heading=heading and bool(piece.strip())))
    elif not outside:
        lines.append(Line("", 0))
    lines += outside


def _resolved(style_id: str, styles: dict[str, _Style]) -> _Style:
    """A style with what it inherits."""
    own = styles.get(style_id)
    result = _Style(own.name if own else "")
    for _ in range(20):
        if own is None:
            break
        result.outline = own.outline if result.outline is None else result.outline
        if result.num_id is None and own.num_id is not None:
            result.num_id, result.level = own.num_id, own.level
        own = styles.get(own.based_on or "")
    return result


def _pieces(element: _Element, reader: _Parts, outside: list[Line]) -> Iterator[str]:
    """Text of a paragraph; its footnotes and text boxes become lines that stand outside of it."""
    for child in element:
        tag = _tag(child)
        if tag == "t":
            yield (child.text or "").replace("\n", " ").replace("\t", " ")
        elif tag == "tab" or tag == "ptab":
            yield " "
        elif tag in _BREAKS:
            yield "\n"
        elif tag == "sym":
            yield (
                _SYMBOLS.get(_get(child, "char")[-2:].upper(), "") if _get(child, "font") == "Symbol" else ""
            )
        elif tag == "noBreakHyphen":
            yield "-"
        elif tag in ("footnoteReference", "endnoteReference"):
            note = reader.notes.pop((tag.removesuffix("Reference"), _get(child, "id")), None)
            if note is not None:
                _add_blocks(note, reader, outside)
        elif tag == "txbxContent":
            _add_blocks(child, reader, outside)
        elif tag == "AlternateContent":
            yield from _pieces(_alternative(child), reader, outside)
        elif tag == "r" and _is_hidden(child):
            continue
        elif tag and tag not in _SKIPPED and len(child):
            yield from _pieces(child, reader, outside)


def _alternative(element: _Element) -> _Element:
    """The first of the forms that a thing is given in."""
    return element[0] if len(element) else element


def _is_hidden(run: _Element) -> bool:
    for properties in _children(run, "rPr"):
        for vanish in _children(properties, "vanish"):
            return _get(vanish, "val").lower() not in _OFF
    return False


def _add_table(table: _Element, reader: _Parts, lines: list[Line]) -> None:
    """Add a table's rows; a table of one column only frames its text."""
    rows = [row for row in _rows(table) if not _is_deleted(row)]
    if all(sum(1 for _ in _cells(row)) <= 1 for row in rows):
        for row in rows:
            for cell in _cells(row):
                _add_blocks(cell, reader, lines)
        return
    grid: list[list[tuple[str, int, bool]]] = []
    for row in rows:
        texts = []
        for cell in _cells(row):
            inner: list[Line] = []
            properties = next(_children(cell, "tcPr"), None)
            merge = next((_get(e, "val") or "continue" for e in _children(properties, "vMerge")), "")
            span = next((_number(_get(e, "val")) for e in _children(properties, "gridSpan")), 1)
            _add_blocks(cell, reader, inner)
            text = " ".join(line.text.strip() for line in inner if line.text.strip())
            texts.append((text, max(1, min(span, 100)), merge == "continue"))
        grid.append(texts)
    lines += [Line(text, 0) for text in table_lines(grid)]


def _rows(table: _Element) -> Iterator[_Element]:
    return _through(table, "tr", frozenset(("tbl", "p")))


def _cells(row: _Element) -> Iterator[_Element]:
    return _through(row, "tc", frozenset(("tbl", "p")))


def _through(element: _Element, wanted: str, stop: frozenset[str]) -> Iterator[_Element]:
    """Elements of one name, also inside of content controls, but not inside of other blocks."""
    for child in element:
        tag = _tag(child)
        if tag == wanted:
            yield child
        elif tag and tag not in stop and tag not in _SKIPPED:
            yield from _through(child, wanted, stop)


def _is_deleted(row: _Element) -> bool:
    return any(True for properties in _children(row, "trPr") for _ in _children(properties, "del"))


def _tag(element: _Element) -> str:
    """Name without its namespace, of which Word has several for the same; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _get(element: _Element, name: str) -> str:
    """An attribute by its name without namespace."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _children(element: _Element | None, name: str) -> Iterator[_Element]:
    return (child for child in (element if element is not None else ()) if _tag(child) == name)


def _iter(element: _Element | None, name: str) -> Iterator[_Element]:
    return (child for child in (element.iter() if element is not None else ()) if _tag(child) == name)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else 0
