"""Tell Chinese from English, and Traditional from Simplified."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from indexer.language.regex import regex

if TYPE_CHECKING:
    from indexer.types import Lang, Script

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Ranges of Chinese characters, for use inside ``[...]`` of a regular expression."""

HAN_WEIGHT = 0.6
"""How many English words one Chinese character is worth: a Chinese word has 1.6 characters on average."""

VARIANTS = dict(zip("敍枱粧衞", "叙台妆卫", strict=True))
"""Hong Kong's and Taiwan's forms of characters that OpenCC's conversion leaves as they are."""

_HAN_CHAR = regex(f"[{HAN}]")
_LATIN_WORD = regex(r"[A-Za-z\u00c0-\u024f]+(?:['\u2019-][A-Za-z\u00c0-\u024f]+)*")
_ADDRESS = regex(r"(?:https?://|www\.)[^\s\u3000-\uffef]+|[\w.+-]+@[\w-]+\.[\w.-]+")


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


def detect_script(text: str, default: Script = "Hans") -> Script:
    """Script of a passage or a document.

    Args:
        text: Any text.
        default: What to answer for Chinese whose characters are the same in both scripts, such as ``中文``:
            give a passage its document's.
    """
    if detect_lang(text, default="en" if default == "Latn" else "zh") == "en":
        return "Latn"
    traditional, simplified = _script_characters()
    characters = _HAN_CHAR.findall(text)
    surplus = sum(map(traditional.__contains__, characters)) - sum(map(simplified.__contains__, characters))
    if surplus == 0:
        return "Hans" if default == "Latn" else default
    return "Hant" if surplus > 0 else "Hans"


def simplify(text: str) -> str:
    """Chinese text in Simplified characters, one for one: lengths stay, words of other regions too."""
    if text.isascii() or not _convertible().search(text):  # which is much faster than to translate
        return text
    return text.translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    return {ord(a): b for a, b in _conversions()}


def variants(character: str) -> str:
    """A Simplified character and those that :func:`simplify` makes it of."""
    return _variants().get(character, character)


@cache
def _variants() -> dict[str, str]:
    found: dict[str, str] = {}
    for a, b in _conversions():
        found[b] = found.get(b, b) + a
    return found


@cache
def _convertible() -> re.Pattern[str]:
    return re.compile(f"[{''.join(a for a, _ in _conversions())}]")


@cache
def _script_characters() -> tuple[frozenset[str], frozenset[str]]:
    """Characters that exist only in Traditional, and only in Simplified.

    They are those that OpenCC's conversion changes or changes to. Some of these are at home in both scripts
    (后 is 後 simplified, and the empress in both), which the scripts' own standards tell: Big5, GB 2312.
    """
    changed = _conversions()
    sources, targets = {a for a, _ in changed}, {b for _, b in changed}
    return (
        frozenset(c for c in sources - targets if not _has(c, "gb2312")),
        frozenset(c for c in targets - sources if not _has(c, "big5")),
    )


@cache
def _conversions() -> list[tuple[str, str]]:
    """Traditional characters with their Simplified forms, by OpenCC and ``VARIANTS``."""
    import opencc

    han = [chr(code) for code in range(0x4E00, 0xA000)]
    # Line breaks keep neighbours from being converted as a phrase.
    converted = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    return [
        (a, b) for a, b in ((a, VARIANTS.get(a, b)) for a, b in zip(han, converted, strict=True)) if a != b
    ]


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
