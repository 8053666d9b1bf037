"""Text from outside: what a bulletin, a question or an address says stays text.

It reaches the page through :func:`safe` (HTML) or :func:`plain` (Markdown) and nothing else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$^=:&\"'])")
_STARTERS = re.compile(r"(?<=[:@])(?=\S)|(?<=\bwww)(?=\.)", re.IGNORECASE)
# Control characters, and those that turn the direction of the text around them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """A text without the characters that only hide or turn other text."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    return text.encode("utf-8", "replace").decode("utf-8")


def safe(text: str) -> str:
    """A text for HTML."""
    return html.escape(visible(text))


def plain(text: str) -> str:
    """A text for Markdown.

    Backslashes are enough for most of it. Bare addresses and emoji codes are recognised after those are read,
    so a word joiner, which is not seen, is put where they start.
    """
    return _MARKDOWN.sub(r"\\\1", _STARTERS.sub("\u2060", visible(text))).replace("\n", "  \n")


def marked(
    text: str,
    spans: Sequence[tuple[int, int]],
    tag: str = "mark",
    sentence: tuple[int, int] | None = None,
) -> str:
    """A text for HTML with some spans of it marked, and lightly one sentence, unless that is all of the text."""
    if sentence is not None and text[: sentence[0]].strip() + text[sentence[1] :].strip():
        before, inside, after = (
            marked(
                text[start:end],
                [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start],
                tag,
            )
            for start, end in ((0, sentence[0]), sentence, (sentence[1], len(text)))
        )
        return f'{before}<span class="qs-sentence">{inside}</span>{after}'
    parts, at = [], 0
    for start, end in spans:
        parts += [safe(text[at:start]), f"<{tag}>", safe(text[start:end]), f"</{tag}>"]
        at = end
    return "".join([*parts, safe(text[at:])])


def web_address(url: str | None) -> str | None:
    """An address if it is one of the web."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
