"""A few words around a place in a text, as evidence."""

from __future__ import annotations

MAX_CHARACTERS = 80


def quote(text: str, start: int, end: int) -> tuple[int, str]:
    """The words around ``text[start:end]``, within its line, 80 characters at most, and where they begin.

    English words are not cut, unless one is longer than that.
    """
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    first = max(line, start - 20)
    if first > line and _in_word(text, first):
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else start
    last = min(stop, first + MAX_CHARACTERS)
    if last < stop and _in_word(text, last):
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else last
    found = text[first:last]
    return first + len(found) - len(found.lstrip()), found.strip()


def lower(text: str) -> str:
    """Lower case, as long as the text, so that offsets stay (``İ``, which has two characters, is left as it is)."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return small


def _in_word(text: str, at: int) -> bool:
    """Whether a cut before this character would divide an English word or a number."""
    before, after = text[at - 1], text[at]
    return before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
