"""Messages (.eml) and saved web pages (.mht, .mhtml), which are messages too."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest.decode import decode
from indexer.ingest.load.html import load_html
from indexer.ingest.load.text import text_lines
from indexer.types import LoadedFile


def load(data: bytes) -> LoadedFile:
    """Read a message's own text, not its attachments; of a saved page the page itself.

    Raises:
        DocumentError: It isn't a message.
        EmptyDocumentError: It has no text.
    """
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.default)
    if not message.keys():
        raise DocumentError(
            "The file is not a message or saved page: it has no header. Save the message or the page again."
        )
    location = str(message["Snapshot-Content-Location"] or "") or None
    is_page = location is not None or message.get_content_subtype() == "related"
    part = message.get_body(preferencelist=("html", "plain") if is_page else ("plain", "html"))
    if part is None:
        raise EmptyDocumentError(
            "The message has no text of its own. Save its attachments as files, and index those."
        )
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        raise EmptyDocumentError("The message has no text. Save it again, or take it out of the folder.")
    decoded = decode(payload, part.get_content_charset())
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
    )


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        value = message[name]
    except (ValueError, IndexError, TypeError):  # the standard library trips over some broken headers
        return None
    return " ".join(str(value).split()) or None if value is not None else None


def _date(message: EmailMessage) -> str | None:
    try:
        moment = message["Date"].datetime
    except (AttributeError, ValueError, IndexError, TypeError):
        return None
    return moment.date().isoformat() if moment is not None else None


def _sender(message: EmailMessage) -> str | None:
    try:
        name = message["From"].addresses[0].display_name
    except (AttributeError, ValueError, IndexError, TypeError):
        return None
    return str(name).strip() or None
