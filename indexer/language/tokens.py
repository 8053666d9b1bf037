"""Words for the lexical leg, the same for passages and questions.

Chinese is cut by jieba in its search mode (long words and the words inside them), after Traditional
characters are folded to Simplified; Latin words are lower-cased and stemmed; numbers stay whole (``30.5``,
``87.1%``), with the thousands' separators taken out.
"""

from __future__ import annotations

import functools
import logging
import threading
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from indexer.language import dictionary
from indexer.language.detect import HAN, simplify
from indexer.language.regex import regex

ANALYZER_VERSION = "2"

# Chinese puts no space around what is in Latin letters: "VOCs治理" are two words, as are the others of "采用SCR脱硝".
_LETTER = rf"[^\W\d_{HAN}]"
_PIECE = regex(
    rf"(?P<han>[{HAN}]+)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|\d+(?:\.\d+)*%?)"
    rf"|(?P<code>{_LETTER}+\d+(?:\.\d+)?)"
    rf"|(?P<word>{_LETTER}+(?:['’]{_LETTER}+)?)"
)

# Words that carry a question's grammar, not its subject. Passages keep them: only questions are stripped.
STOP_WORDS = frozenset(
    "a about after all am an and any are as at be been before being both but by can could did do does "
    "doing for from "
    "had has have having he her hers him his how i if in into is it its just many me more most much my no "
    "nor not of "
    "on or other our out over own s same she should so some such t than that the their them then there "
    "these they "
    "this those through to too under up very was we were what when where which while who whom whose why "
    "will with "
    "would you your tell know said say".split()
)
STOP_WORDS_ZH = frozenset(
    "的 了 是 在 有 和 与 及 或 等 被 把 将 对 对于 关于 就 都 也 而 并 其 该 此 这 那 这个 那个 哪 哪些 "
    "哪个 哪种 哪里 哪儿 "
    "什么 什麼 谁 为 为什么 怎么 怎样 如何 多少 几 几个 何 何时 何地 何种 是否 吗 呢 吧 啊 之 于 以 所 由 "
    "从 到 向 地 得 着 过 "
    "个 一个 一些 种 些 请问 请 哪年 哪一年 有没有 是不是 能否 可以 应该 应 会 要 里 中 上 下".split()
)


class _Jieba:
    """jieba with its dictionary: the compact one where only questions are cut, the whole one for many passages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokenizer: Any = None  # jieba is untyped
        self._compact: Path | None = None
        self._is_whole = False

    def use_compact(self, cache: Path) -> None:
        self._compact = cache

    def load_whole(self) -> None:
        with self._lock:
            if not self._is_whole:
                tokenizer = _import_jieba().Tokenizer()
                tokenizer.initialize()
                self._tokenizer, self._is_whole = tokenizer, True

    def __call__(self) -> Any:  # noqa: ANN401
        if self._tokenizer is None:
            with self._lock:
                self._tokenizer = self._tokenizer or self._open_compact()
            if self._tokenizer is None:
                self.load_whole()
        return self._tokenizer

    def _open_compact(self) -> Any:  # noqa: ANN401
        """A tokenizer with the compact dictionary, which is made if need be; None where that can't be had."""
        if self._compact is None:
            return None
        jieba = _import_jieba()
        path = self._compact / f"jieba-{jieba.__version__}-1.words"
        tokenizer = jieba.Tokenizer()
        try:
            if not path.is_file():
                tokenizer.initialize()
                dictionary.write(path, tokenizer.FREQ, tokenizer.total)
                return tokenizer
            tokenizer.FREQ = dictionary.CompactDictionary(path)
        except OSError:  # the whole one does the same
            return None
        except ValueError:  # damaged: the next to come makes it anew
            path.unlink(missing_ok=True)
            return None
        tokenizer.total, tokenizer.initialized = tokenizer.FREQ.total, True
        return tokenizer


_jieba = _Jieba()


def use_compact_dictionary(cache: Path) -> None:
    """Cut what is cut from now on with a dictionary that opens at once, kept in a cache folder.

    The tokens are the same; each takes longer. Without effect once a text was cut.
    """
    _jieba.use_compact(cache)


def load_dictionary() -> None:
    """Load jieba's whole dictionary (half a second), for cutting many passages."""
    _jieba.load_whole()


def _import_jieba() -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and asks for pkg_resources
        import jieba
    jieba.setLogLevel(logging.WARNING)
    return jieba


@functools.cache
def _stemmer() -> threading.local:
    return threading.local()


def _stem(word: str) -> str:
    local = _stemmer()  # a PyStemmer object must not be shared between threads
    if not hasattr(local, "stem"):
        import Stemmer

        local.stem = Stemmer.Stemmer("english").stemWord
    return str(local.stem(word))


@functools.cache
def _to_simplified() -> Any:  # noqa: ANN401 - opencc is untyped
    import opencc

    return opencc.OpenCC("t2s").convert


def fold_script(text: str) -> str:
    """Traditional characters to Simplified ones, by phrase (頭髮 → 头发, 發展 → 发展)."""
    # Half a surrogate pair, which no UTF-8 can hold, becomes a question mark: the length stays the same.
    return str(_to_simplified()(text.encode("utf-8", "replace").decode("utf-8")))


def normalize(text: str) -> str:
    """Compatibility forms folded (full-width digits and letters), lower case, Simplified script."""
    return fold_script(unicodedata.normalize("NFKC", text)).lower()


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Runs of one kind in normalised text: (``han`` | ``number`` | ``code`` | ``word``, run)."""
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        if kind is not None:
            yield kind, match.group()


def tokenize(text: str) -> list[str]:
    """Tokens of a passage, in order, with repeats."""
    tokens: list[str] = []
    for kind, run in pieces(normalize(text)):
        if kind == "han":
            tokens += _jieba().cut_for_search(run)
        elif kind == "word":
            tokens.append(_stem(run.replace("’", "'").removesuffix("'s")))
        else:
            tokens.append(run.replace(",", ""))
    return tokens


def cut(text: str) -> list[str]:
    """Words of normalised text without overlaps and unstemmed: what a dictionary is asked for."""
    words: list[str] = []
    for kind, run in pieces(normalize(text)):
        if kind == "han":
            words += _jieba().cut(run)
        else:
            words.append(run.replace("’", "'").removesuffix("'s") if kind == "word" else run.replace(",", ""))
    return words


def query_tokens(text: str) -> list[str]:
    """Tokens of a question: stop words are left out unless nothing else is there; no repeats."""
    words: list[str] = []
    for kind, run in pieces(normalize(text)):
        if kind == "han":
            words += [t for t in _jieba().cut_for_search(run) if t not in STOP_WORDS_ZH]
        elif kind == "word":
            plain = run.replace("’", "'").removesuffix("'s")
            if plain not in STOP_WORDS:
                words.append(_stem(plain))
        else:
            words.append(run.replace(",", ""))
    return list(dict.fromkeys(words)) or list(dict.fromkeys(tokenize(text)))


@dataclass(frozen=True, slots=True)
class PhraseParts:
    """What the tokens of each text that contains a phrase have.

    Attributes:
        tokens: Tokens, as words between spaces are.
        inside: Simplified characters, and numbers: they, or variants of them, are inside of some token, and which one
            depends on what stands around the phrase.
        pairs: Neighbouring characters of Chinese, which are in one token more often than not.
    """

    tokens: tuple[str, ...]
    inside: tuple[str, ...]
    pairs: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.tokens or self.inside)


def phrase_parts(phrase: str) -> PhraseParts:
    """What to look for where a text may contain a phrase."""
    words: list[str] = []
    inside: list[str] = []
    pairs: list[str] = []
    for kind, run in pieces(simplify(normalize(phrase))):
        if kind == "han":
            inside += run
            pairs += map("".join, pairwise(run))
        elif kind == "word" and phrase.isascii():
            words += tokenize(run)
        elif kind == "word":
            # Beside Chinese, a space before a number may be there or not: PM 2.5, one token or two.
            inside += tokenize(run)
        else:
            inside.append(run.replace(",", ""))
    return PhraseParts(*(tuple(dict.fromkeys(some)) for some in (words, inside, pairs)))


@functools.cache
def stop_words() -> frozenset[str]:
    """Stop words of both languages, as they stand and stemmed."""
    return STOP_WORDS_ZH | STOP_WORDS | frozenset(tokenize(" ".join(STOP_WORDS)))
