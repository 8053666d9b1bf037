"""Tell what a file is by its first bytes: many a ``.doc`` is a web page, a message or RTF inside."""

from __future__ import annotations

import codecs
import io
import re
import zipfile

from indexer.errors import DocumentError, EncryptedDocumentError, UnsupportedFormatError
from indexer.language.regex import regex

_HEAD = 8192
"""Bytes that are looked at."""

_OLE = b"\xd0\xcf\x11\xe0"
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_OTHERS = (
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it, and index what is in it."),
    (b"Rar!", "a RAR archive", "Unpack it, and index the files in it."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it, and index the files in it."),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", "Save it as .png."),
    (b"%!PS", "a PostScript file", "Convert it to PDF."),
    (b"HM\x10\x00", "a CAJ file", "Open it in its reader and print it to a PDF."),
    (b"CAJ", "a CAJ file", "Open it in its reader and print it to a PDF."),
)
# Comments are taken once and for all (``*+``): else each could end at any later one's mark, and every way is tried.
_HTML = regex(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_WORD_XML = regex(r'<\?mso-application\s+progid="Word\.Document"|<(?:pkg:package|w:wordDocument)\b')
_HEADER = regex(r"\s*(?:[A-Za-z][A-Za-z-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")
_MIME = regex(r"^(?:MIME-Version|Content-Type)\s*:", re.I | re.M)
# Directory entries of OLE files, whose names are UTF-16.
_OLE_KINDS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("Workbook", "an Excel workbook (.xls)"),
    ("Book\0", "an Excel workbook (.xls)"),
    ("PowerPoint Document", "a PowerPoint presentation (.ppt)"),
    ("__properties_version1.0", "an Outlook message (.msg)"),
)
_ZIP_KINDS = (
    ("xl/workbook.xml", "an Excel workbook (.xlsx)"),
    ("ppt/presentation.xml", "a PowerPoint presentation (.pptx)"),
    ("OFD.xml", "an OFD file"),
    ("META-INF/container.xml", "an EPUB book"),
    ("content.xml", "an OpenDocument file (.odt)"),
)


def sniff(data: bytes) -> str | None:
    """What the bytes themselves say the file is, or None where they could be any text.

    Returns:
        ``pdf``, ``docx``, ``doc``, ``rtf``, ``html``, ``mail``, ``image`` or None.

    Raises:
        EncryptedDocumentError: An Office file with a password.
        UnsupportedFormatError: A kind of file that can't be read.
        DocumentError: A zip archive that is damaged.
    """
    head = data[:_HEAD]
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"%PDF-"):
        return "pdf"
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_OLE):
        return _ole_kind(data)
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if picture(head):
        return "image"
    for signature, what, advice in _OTHERS:
        if head.startswith(signature):
            raise UnsupportedFormatError(f"The file is {what}, which can't be read. {advice}")
    return _text_kind(_as_text(head))


def picture(data: bytes) -> str | None:
    """The format of a picture: ``png``, ``jpeg``, ``tiff``, ``gif``, ``bmp``, ``webp``; None for other files."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    # "BM" starts many a text; the rest of a bitmap's header is fixed too.
    if (
        data[:2] == b"BM"
        and data[6:10] == bytes(4)
        and data[14:18] in (b"\x28\0\0\0", b"\x7c\0\0\0", b"\x0c\0\0\0")
    ):
        return "bmp"
    return next((name for signature, name in _PICTURES if data.startswith(signature)), None)


def _as_text(head: bytes) -> str:
    """The beginning as text, good enough to see tags and headers, which are ASCII in every encoding."""
    if head.startswith(codecs.BOM_UTF16_LE) or head[1:40:2].count(0) > 15:
        return head.decode("utf-16-le", "replace").lstrip("\ufeff")
    if head.startswith(codecs.BOM_UTF16_BE) or head[0:40:2].count(0) > 15:
        return head.decode("utf-16-be", "replace").lstrip("\ufeff")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _text_kind(text: str) -> str | None:
    if _WORD_XML.search(text[:1000]):
        return "docx"
    if _HTML.match(text):
        return "html"
    header = _HEADER.match(text.replace("\r\n", "\n"))
    return "mail" if header and _MIME.search(text) else None


def _ole_kind(data: bytes) -> str:
    for name, kind in _OLE_KINDS:
        if name.encode("utf-16-le") not in data:
            continue
        if kind == "encrypted":
            raise EncryptedDocumentError(
                "The file is protected by a password. Open it in Word, and save a copy without a password."
            )
        if kind == "doc":
            return kind
        raise _not_a_text(kind)
    raise UnsupportedFormatError(
        "The file is an old Office file without a Word text in it. Open it in its own program, and save it as .docx or .pdf."
    )


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if _is_word(archive):
                return "docx"
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise DocumentError(
            "The file is damaged or incomplete (a Word file or archive that can't be unpacked). Open it in its own "
            "program, let it repair the file, and save it again; or download it again."
        ) from error
    for name, kind in _ZIP_KINDS:
        if name in names:
            raise _not_a_text(kind)
    raise UnsupportedFormatError(
        "The file is a zip archive, not a Word file. If it holds bulletins, rename it to end in .zip; else take it out of "
        "the folder."
    )


def _is_word(archive: zipfile.ZipFile) -> bool:
    """Whether a zip archive is a Word file; its text isn't always in ``word/document.xml``."""
    if "word/document.xml" in archive.namelist():
        return True
    try:
        with archive.open("[Content_Types].xml") as types:
            return b"wordprocessingml.document.main" in types.read(1 << 20)
    except KeyError:
        return False


def _not_a_text(kind: str) -> UnsupportedFormatError:
    return UnsupportedFormatError(
        f"The file is {kind}, which can't be read. Open it in its own program, and save it as .pdf, or its text as .docx."
    )
