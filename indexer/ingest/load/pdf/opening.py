"""Open a PDF with PDFium, mended first where that is needed."""

from __future__ import annotations

import io
import logging
import threading
from typing import Any

from indexer.errors import DocumentError, EncryptedDocumentError

_Handle = Any  # pypdfium2 has no type hints

LOCK = threading.Lock()
"""PDFium isn't safe to use from two threads at once."""


def open_pdf(data: bytes) -> tuple[_Handle, bool]:
    """The file opened by PDFium, and whether it had to be mended first by pypdf, which forgives more.

    Raises:
        EncryptedDocumentError: It can't be opened without a password.
        DocumentError: It is damaged.
    """
    import pypdfium2 as pdfium

    try:
        return pdfium.PdfDocument(data), False
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise EncryptedDocumentError(
                "The PDF is protected by a password. Open it with the password, print or save an unprotected copy, "
                "and index that.",
                "PDF 有密码保护。请用密码打开，打印或另存为不受保护的副本，再索引该副本。",
            ) from error
        if "security" in str(error).lower():
            raise EncryptedDocumentError(
                "The PDF is protected in a way that can't be opened here. Save an unprotected copy of it.",
                "PDF 的保护方式使其在此无法打开。请另存一份不受保护的副本。",
            ) from error
        try:
            return pdfium.PdfDocument(_mended(data)), True
        except Exception as second:  # pypdf raises many kinds for what it can't mend
            raise DocumentError(
                "The PDF is damaged or incomplete. Download it again; if it opens in a PDF reader, print it to a new "
                "PDF there and index that.",
                "PDF 已损坏或不完整。请重新下载；若 PDF 阅读器能打开，请在其中打印为新的 PDF，再索引新文件。",
            ) from second


def _mended(data: bytes) -> bytes:
    """The pages that pypdf finds in a damaged file, written anew."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages = pypdf.PdfReader(io.BytesIO(data), strict=False).pages
    writer = pypdf.PdfWriter()
    for page in pages:
        writer.add_page(page)
    if not len(writer.pages):
        raise DocumentError("no page was found", "未找到页面")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
