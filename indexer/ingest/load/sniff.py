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
# What a file is and what to do with it, in English and in Chinese (with a space before what isn't).
_UNPACK = ("Unpack it, and index the files in it.", "请解压后索引其中的文件。")
_PRINT = ("Open it in its reader and print it to a PDF.", "请用相应阅读器打开，打印为 PDF。")
_OTHERS = (
    (b"\x1f\x8b", ("a compressed file (gzip)", "压缩文件（gzip）"),
     ("Unpack it, and index what is in it.", "请解压后索引其中的内容。")),
    (b"Rar!", ("a RAR archive", " RAR 压缩包"), _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", ("a 7-Zip archive", " 7-Zip 压缩包"), _UNPACK),
    (b"\x00\x00\x00\x0cjP  ", ("a JPEG 2000 picture", " JPEG 2000 图片"), ("Save it as .png.", "请另存为 .png。")),
    (b"%!PS", ("a PostScript file", " PostScript 文件"), ("Convert it to PDF.", "请转换为 PDF。")),
    (b"HM\x10\x00", ("a CAJ file", " CAJ 文件"), _PRINT),
    (b"CAJ", ("a CAJ file", " CAJ 文件"), _PRINT),
)  # fmt: skip
# Comments are taken once and for all (``*+``): else each could end at any later one's mark, and every way is tried.
_HTML = regex(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_WORD_XML = regex(r'<\?mso-application\s+progid="Word\.Document"|<(?:pkg:package|w:wordDocument)\b')
_HEADER = regex(r"\s*(?:[A-Za-z][A-Za-z-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")
_MIME = regex(r"^(?:MIME-Version|Content-Type)\s*:", re.I | re.M)
# Directory entries of OLE files, whose names are UTF-16.
_OLE_KINDS = (
    ("EncryptedPackage", "encrypted", ""),
    ("WordDocument", "doc", ""),
    ("Workbook", "an Excel workbook (.xls)", " Excel 工作簿（.xls）"),
    ("Book\0", "an Excel workbook (.xls)", " Excel 工作簿（.xls）"),
    ("PowerPoint Document", "a PowerPoint presentation (.ppt)", " PowerPoint 演示文稿（.ppt）"),
    ("__properties_version1.0", "an Outlook message (.msg)", " Outlook 邮件（.msg）"),
)
_ZIP_KINDS = (
    ("xl/workbook.xml", "an Excel workbook (.xlsx)", " Excel 工作簿（.xlsx）"),
    ("ppt/presentation.xml", "a PowerPoint presentation (.pptx)", " PowerPoint 演示文稿（.pptx）"),
    ("OFD.xml", "an OFD file", " OFD 文件"),
    ("META-INF/container.xml", "an EPUB book", " EPUB 电子书"),
    ("content.xml", "an OpenDocument file (.odt)", " OpenDocument 文件（.odt）"),
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
            raise UnsupportedFormatError(
                f"The file is {what[0]}, which can't be read. {advice[0]}",
                f"文件是{what[1]}，无法读取。{advice[1]}",
            )
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
    for name, kind, chinese in _OLE_KINDS:
        if name.encode("utf-16-le") not in data:
            continue
        if kind == "encrypted":
            raise EncryptedDocumentError(
                "The file is protected by a password. Open it in Word, and save a copy without a password.",
                "文件有密码保护。请在 Word 中打开，另存一份不带密码的副本。",
            )
        if kind == "doc":
            return kind
        raise _not_a_text(kind, chinese)
    raise UnsupportedFormatError(
        "The file is an old Office file without a Word text in it. Open it in its own program, and save it as .docx or .pdf.",
        "文件是旧版 Office 文件，其中没有 Word 正文。请用相应程序打开，另存为 .docx 或 .pdf。",
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
            "program, let it repair the file, and save it again; or download it again.",
            "文件已损坏或不完整（Word 文件或压缩包无法解压）。请用相应程序打开并修复后重新保存，或重新下载。",
        ) from error
    for name, kind, chinese in _ZIP_KINDS:
        if name in names:
            raise _not_a_text(kind, chinese)
    raise UnsupportedFormatError(
        "The file is a zip archive, not a Word file. If it holds bulletins, rename it to end in .zip; else take it out of "
        "the folder.",
        "文件是 zip 压缩包，不是 Word 文件。若其中是公报，请将后缀改为 .zip；否则请移出文件夹。",
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


def _not_a_text(kind: str, chinese: str) -> UnsupportedFormatError:
    return UnsupportedFormatError(
        f"The file is {kind}, which can't be read. Open it in its own program, and save it as .pdf, or its text as .docx.",
        f"文件是{chinese}，无法读取。请用相应程序打开，另存为 .pdf，或将文字另存为 .docx。",
    )
