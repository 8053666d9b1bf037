"""Messages (.eml) and saved web pages (.mht, .mhtml, Word's web page in one file), which are messages too.

A message's own text is read. Attachments are not: what is said about them is their names, as a note.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import re
from dataclasses import replace
from email.message import EmailMessage

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest.decode import decode
from indexer.ingest.load.html import load_html
from indexer.ingest.load.text import text_lines
from indexer.language.dates import iso_date
from indexer.language.regex import regex
from indexer.types import LoadedFile

_ENCODED_WORD = regex(r"=\?[^?\s]+\?[BbQq]\?")


def load(data: bytes) -> LoadedFile:
    """Read a message's own text, not its attachments; of a saved page the page itself.

    Raises:
        DocumentError: It isn't a message.
        EmptyDocumentError: It has no text.
    """
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.default)
    if not message.keys():
        raise DocumentError(
            "The file is not a message or saved page: it has no header. Save the message or the page again.",
            "文件没有邮件头，不是邮件，也不是已保存的网页。请重新保存邮件或网页。",
        )
    location = _location(message)
    # Mail programs put a message together with the pictures in it as browsers do a page.
    was_sent = any(name in message for name in ("Message-ID", "Received", "To"))
    is_page = location is not None or (message.get_content_subtype() == "related" and not was_sent)
    part = _body(message, is_page)
    if part is None:
        raise EmptyDocumentError(
            "The message has no text of its own. Save its attachments as files, and index those.",
            "邮件本身没有正文。请将附件另存为文件，再索引这些文件。",
        )
    payload = _payload(part)
    if not payload.strip():
        raise EmptyDocumentError(
            "The message has no text. Save it again, or take it out of the folder.",
            "邮件没有文字。请重新保存，或移出文件夹。",
        )
    decoded = decode(payload, _charset(part))
    format_name = "mhtml" if is_page else "eml"
    if part.get_content_subtype() == "html":
        loaded = load_html(decoded.text, format_name, decoded.encoding, location)
    else:
        loaded = LoadedFile(lines=text_lines(decoded.text), format=format_name, encoding=decoded.encoding)
    if is_page:
        return loaded
    return replace(
        loaded,
        title=_header(message, "Subject") or loaded.title,
        published=_date(message) or loaded.published,
        publisher=_sender(message) or loaded.publisher,
        notes=(*loaded.notes, *_attachments(message)),
    )


def _location(message: EmailMessage) -> str | None:
    """Address of a saved page; ``file:`` and ``cid:`` name no page."""
    for part in (message, *list(message.walk())[1:2]):
        for name in ("Snapshot-Content-Location", "Content-Location"):
            value = _header(part, name) or ""
            if value.startswith(("http://", "https://")):
                return value
    return None


def _body(message: EmailMessage, is_page: bool) -> EmailMessage | None:
    """The part with the text: of a page the page, of a message plain text first; else of what it forwards."""
    order = ("html", "plain") if is_page else ("plain", "html")
    candidates = [message]
    candidates += [part for part in message.walk() if part.get_content_type() == "message/rfc822"]
    for candidate in candidates:
        inner = candidate.get_payload(0) if candidate.get_content_type() == "message/rfc822" else candidate
        if not isinstance(inner, EmailMessage):
            continue
        part = inner.get_body(preferencelist=order)
        if isinstance(part, EmailMessage) and _payload(part).strip():
            return part
    # Some programs mark the text itself as an attachment, or the parts of a page as mixed.
    for wanted in order:
        for part in message.walk():
            if part.get_content_type() == f"text/{wanted}" and not part.get_filename():
                return part
    return None


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: EmailMessage) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, UnicodeError):
        return None


def _header(message: EmailMessage, name: str) -> str | None:
    """A header's text, also where its bytes are bare, or in a wider encoding than the one it names."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), None)
    if raw is None:
        return None
    return " ".join(_unfolded(str(raw)).split()) or None


def _unfolded(raw: str) -> str:
    if not raw.isascii():  # bare bytes, which the standard library keeps as lone surrogates
        try:
            raw = decode(raw.encode("utf-8", "surrogateescape")).text
        except DocumentError:
            return raw.encode("ascii", "ignore").decode("ascii")
    if not _ENCODED_WORD.search(raw):
        return raw
    pieces = []
    try:
        words = email.header.decode_header(re.sub(r"\r?\n[ \t]+", " ", raw))
    except (ValueError, email.errors.HeaderParseError):
        return raw
    for word, charset in words:
        if isinstance(word, str):
            pieces.append(word)
            continue
        try:
            pieces.append(decode(word, charset).text if charset else word.decode("utf-8", "replace"))
        except DocumentError:
            pieces.append(word.decode("ascii", "ignore"))
    return "".join(pieces)


def _date(message: EmailMessage) -> str | None:
    value = _header(message, "Date")
    if value is None:
        return None
    try:
        sent = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return iso_date(sent.year, sent.month, sent.day)


def _sender(message: EmailMessage) -> str | None:
    """The sender's name, where the address has one."""
    name = re.sub(r"<[^<>]*>\s*$", "", _header(message, "From") or "").strip().strip("\"'").strip()
    return name if name and "@" not in name else None


def _attachments(message: EmailMessage) -> tuple[str, ...]:
    names = []
    for part in message.walk():
        disposition = _header(part, "Content-Disposition") or ""
        try:
            name = part.get_filename()
        except (ValueError, LookupError, IndexError, TypeError):
            name = None
        if name and (
            disposition.lower().startswith("attachment") or part.get_content_maintype() == "application"
        ):
            names.append(" ".join(_unfolded(name).split()))
    if not names:
        return ()
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return (
        f"Attachments are not indexed: {shown}. Save them as files beside the message to have them searched.",
    )
