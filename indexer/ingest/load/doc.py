"""Old Word files (.doc of Word 97 to 2003, .wps of WPS Writer), turned into .docx in memory and read as such."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from indexer.errors import DocumentError, EncryptedDocumentError
from indexer.ingest.load import docx
from indexer.types import LoadedFile

_SAVE_AS = "Open it in Word or WPS and save it as .docx (or .pdf)."
_SAVE_AS_ZH = "请用 Word 或 WPS 打开，另存为 .docx（或 .pdf）。"


def load(data: bytes) -> LoadedFile:
    """Read an old Word file.

    Raises:
        EncryptedDocumentError: It has a password.
        DocumentError: It is damaged, or older than Word 97.
    """
    from doc2docx import convert
    from doc2docx.errors import Doc2DocxError
    from doc2docx.errors import EncryptedDocumentError as Encrypted

    with tempfile.TemporaryDirectory(prefix="qingshan-") as folder:  # the library only takes files
        old = Path(folder) / "old.doc"
        new = Path(folder) / "new.docx"
        old.write_bytes(data)
        try:
            convert(old, new)
        except Encrypted as error:
            raise EncryptedDocumentError(
                "The Word file is protected by a password. Open it in Word, and save a copy as .docx without a password.",
                "Word 文件有密码保护。请在 Word 中打开，另存一份不带密码的 .docx 副本。",
            ) from error
        except Doc2DocxError as error:
            raise DocumentError(
                f"The old Word file is damaged, or of a kind that can't be read. {_SAVE_AS}",
                f"旧版 Word 文件已损坏，或其类型无法读取。{_SAVE_AS_ZH}",
            ) from error
        loaded = docx.load(new.read_bytes())
    if not any(line.text.strip() for line in loaded.lines):
        raise DocumentError(
            f"No text was found in the old Word file. {_SAVE_AS}",
            f"旧版 Word 文件中未找到文字。{_SAVE_AS_ZH}",
        )
    return replace(loaded, format="doc")
