"""Tell Chinese from English, and Traditional from Simplified."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.types import Lang

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Ranges of Chinese characters, for use inside ``[...]`` of a regular expression."""

HAN_WEIGHT = 0.6
"""How many English words one Chinese character is worth: a Chinese word has 1.6 characters on average."""

_HAN_CHAR = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['\u2019-][A-Za-z\u00c0-\u024f]+)*")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\u3000-\uffef]+|[\w.+-]+@[\w-]+\.[\w.-]+")


def detect_lang(text: str, default: Lang = "en") -> Lang:
    """Language of a passage or a question, by weighing Chinese characters against Latin words.

    Numbers, punctuation and web addresses don't count, so that ``PM2.5 北京`` is Chinese, and a name in the
    other language doesn't decide: ``What is 三同时?`` is English.

    Args:
        text: Any text.
        default: What to answer where nothing decides (no letters, or a tie).
    """
    n_han = len(_HAN_CHAR.findall(text))
    if "://" in text or "@" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    n_words = len(_LATIN_WORD.findall(text))
    weight = n_han * HAN_WEIGHT
    if weight == n_words:
        return default
    return "zh" if weight > n_words else "en"


def is_traditional(text: str) -> bool:
    """Whether Chinese text is written in Traditional characters.

    Counts characters that exist in one script only; text without such characters counts as Simplified.
    """
    traditional, simplified = _script_characters()
    characters = _HAN_CHAR.findall(text)
    n_traditional = sum(character in traditional for character in characters)
    n_simplified = sum(character in simplified for character in characters)
    return n_traditional > n_simplified


@cache
def _script_characters() -> tuple[frozenset[str], frozenset[str]]:
    """Characters that exist only in Traditional, and only in Simplified, by OpenCC's conversion."""
    import opencc

    han = [chr(code) for code in range(0x4E00, 0xA000)]
    # Line breaks keep neighbours from being converted as a phrase.
    simplified = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    sources = {a for a, b in zip(han, simplified, strict=True) if a != b}
    targets = {b for a, b in zip(han, simplified, strict=True) if a != b}
    return frozenset(sources - targets), frozenset(targets - sources)
