"""jieba's dictionary of words in a form that opens at once.

jieba reads half a million words into memory before it cuts its first sentence, which is a third of the time of a
search from the command line. Here the words are kept in a file as sorted 64-bit hashes with their frequencies: a word
is found by bisection, more slowly than in jieba's own table, but a question has few.
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path

_REMEMBERED = 50_000
"""Words, and beginnings of words, that need not be looked up again: questions share most of theirs."""


class CompactDictionary:
    """Read-only frequencies by word, 0 for what only begins a word: what jieba asks of its ``FREQ``.

    Attributes:
        total: Sum of all frequencies.
    """

    def __init__(self, path: Path) -> None:
        """Open a file that :func:`write` made.

        Raises:
            ValueError: It is damaged.
            OSError: It can't be read.
        """
        self._hashes, self._frequencies, head = array("Q"), array("I"), array("Q")
        self._found = functools.lru_cache(maxsize=_REMEMBERED)(self._look_up)
        with path.open("rb") as file:
            try:
                head.fromfile(file, 2)
                size, self.total = head
                self._hashes.fromfile(file, size)
                self._frequencies.fromfile(file, size)
            except (EOFError, ValueError, OverflowError, MemoryError) as error:
                raise ValueError(f"{path} is damaged") from error

    def get(self, word: str, default: int | None = None) -> int | None:
        """Frequency of a word."""
        found = self._found(word)
        return default if found is None else found

    def _look_up(self, word: str) -> int | None:
        wanted = _hash(word)
        at = bisect_left(self._hashes, wanted)
        if at < len(self._hashes) and self._hashes[at] == wanted:
            return self._frequencies[at]
        return None

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def __getitem__(self, word: str) -> int:
        found = self.get(word)
        if found is None:
            raise KeyError(word)
        return found


def write(path: Path, frequencies: Mapping[str, int], total: int) -> None:
    """Write a dictionary for :class:`CompactDictionary`; a reader meets all of it or none.

    Raises:
        OSError: It can't be written.
    """
    by_hash = sorted((_hash(word), frequency) for word, frequency in frequencies.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".words-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            array("Q", (len(by_hash), total)).tofile(file)
            array("Q", (one for one, _ in by_hash)).tofile(file)
            array("I", (frequency for _, frequency in by_hash)).tofile(file)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _hash(word: str) -> int:
    # Of half a million words and as many others none is likely to meet in 64 bits: 1 in 30 million.
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
