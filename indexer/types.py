"""The data that the stages hand to each other. Imports nothing else of this package.

A *document* is one bulletin; a *passage* is the unit that is stored, embedded, ranked and returned; a *hit* is a
ranked passage. All offsets are in characters (Unicode code points) of the document's clean text, end exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, Lang] = ("zh", "en")
Script = Literal["Hans", "Hant", "Latn"]
"""ISO 15924: Simplified Chinese, Traditional Chinese, Latin."""
Method = Literal["fair", "rrf", "cosine"]
METHODS: tuple[Method, ...] = ("fair", "rrf", "cosine")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source file.

    Attributes:
        text: The line without its line break.
        number: 1-based line of a text file, or paragraph of a file that has no lines (HTML, Word, PDF page).
        page: 1-based page, for formats that have pages.
        heading: Whether the format itself marks the line as a heading.
        separator: What stands between the line before and this one in the document's text: a line break, or a space
            or nothing where the file breaks the lines of a paragraph.
    """

    text: str
    number: int
    page: int | None = None
    heading: bool = False
    separator: str = "\n"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What a loader reads from one file, before cleaning.

    ``title``, ``published`` (ISO date), ``publisher``, ``site`` (the web site's name) and ``url`` are only what the
    format itself declares (HTML metadata, PDF information, Word properties). ``around`` are the lines of a web page
    that aren't of its main text. ``notes`` tell what could not be read although the rest could.
    """

    lines: tuple[Line, ...]
    format: str
    encoding: str | None = None
    n_pages: int | None = None
    title: str | None = None
    published: str | None = None
    publisher: str | None = None
    url: str | None = None
    notes: tuple[str, ...] = ()
    site: str | None = None
    around: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A line of clean text: ``text[start:end]`` came from line ``number`` (of page ``page``) of the source."""

    start: int
    end: int
    number: int
    page: int | None = None
    heading: bool = False


FactName = Literal["title", "published", "publisher", "source", "doc_number", "period", "place", "topic"]
Origin = Literal[
    "side-car",
    "format",
    "label",
    "title line",
    "signature",
    "dateline",
    "address",
    "file name",
    "text",
    "embedding",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known about a document, with where it was found and how sure that is.

    Attributes:
        name: What it is. A document has one title, published, publisher, source and doc_number at most, but any
            number of periods, places and topics, the most important first.
        value: A text for people for title, publisher, source and doc_number; an ISO date for published; an ISO 8601
            interval of dates, both ends included, for a period (``2021-01-01/2025-12-31``); a division code of six
            digits for a place (``510000``); a topic's id for a topic (``air``).
        confidence: 0 to 1; what was declared by hand has 1.
        origin: Where it was found.
        line: Source line (or paragraph) where it was read, if it was read in one; ``page`` likewise.
        quote: The words from which it was read, 80 characters at most.
    """

    name: FactName
    value: str
    confidence: float
    origin: Origin
    line: int | None = None
    page: int | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that cleaning took out, and why (a word or two: ``navigation``, ``counter``, ``footer`` …)."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """One bulletin, cleaned and described.

    Attributes:
        doc_id: First 16 hex digits of the SHA-256 of the file's bytes: the same content has the same identity
            wherever it lies, and changed content is another document.
        text: Clean text; lines are joined by one line break each.
        spans: One for each line of ``text``, in order.
        lang: The language of most of the text.
        title: None where none was found; show the file's name then.
        published: ISO date (``2018-06-04``), or None.
        facts: Everything known about it with its evidence; title, published and publisher are among them.
        removed: What cleaning took out. Not stored in the catalog.
        notes: What could not be read although the rest could, with what to do. Not stored in the catalog.
    """

    doc_id: str
    text: str
    spans: tuple[Span, ...]
    lang: Lang
    format: str
    title: str | None = None
    published: str | None = None
    publisher: str | None = None
    url: str | None = None
    encoding: str | None = None
    n_pages: int | None = None
    facts: tuple[Fact, ...] = ()
    removed: tuple[Removed, ...] = ()
    notes: tuple[str, ...] = ()

    def values(self, name: FactName) -> tuple[str, ...]:
        """The values of all facts of one name, the most important first."""
        return tuple(fact.value for fact in self.facts if fact.name == name)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document: ``document.text[start:end] == text``.

    Attributes:
        ordinal: 0-based place in the document.
        lang: The passage's own language, which may differ from its document's.
        script: The passage's own script.
        context: Title and heading, embedded before the text but not part of it.
        page: 1-based page of its first character; ``page_end`` of its last.
        line: Source line (or paragraph) of its first character; ``line_end`` of its last.
    """

    doc_id: str
    ordinal: int
    lang: Lang
    start: int
    end: int
    text: str
    context: str = ""
    page: int | None = None
    page_end: int | None = None
    line: int | None = None
    line_end: int | None = None
    script: Script = "Hans"

    @property
    def passage_id(self) -> str:
        """Stable identity: the document's and the place in it."""
        return f"{self.doc_id}:{self.ordinal}"

    @property
    def embedded(self) -> str:
        """What is embedded for it: its title and heading, then its text."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True)
class Reprint:
    """A passage that says the same as a hit, in another document that prints the same bulletin.

    Attributes:
        path: Where its file lies, like a hit's; ``paths`` are all files that hold the same document.
    """

    passage_id: str
    doc_id: str
    lang: Lang
    script: Script
    title: str
    published: str | None
    publisher: str | None
    path: str
    format: str
    url: str | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage with what is needed to cite it.

    Where several documents print the same bulletin, the hit is the one that was published first.

    Attributes:
        rank: 1 for the best.
        score: Higher is better; comparable between languages for one question.
        relevance: Estimated probability, 0 to 1, that the passage bears on the question.
        scores: The parts of the score by name, for those who ask why.
        path: Where the file lies: relative to the folder that holds the index if it lies in that, else absolute.
        paths: All files that hold this very document, ``path`` among them.
        reprints: The other documents that say the same here, the earliest first.
    """

    rank: int
    score: float
    passage_id: str
    doc_id: str
    lang: Lang
    title: str
    published: str | None
    publisher: str | None
    path: str
    format: str
    page: int | None
    page_end: int | None
    line: int | None
    line_end: int | None
    start: int
    end: int
    text: str
    relevance: float = 0.0
    url: str | None = None
    scores: dict[str, float] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    reprints: tuple[Reprint, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which passages may be hits; each field that is set must hold.

    Attributes:
        lang: The passage's own language.
        since: The document was published on this ISO date or later. Documents without a date are left out.
        until: … on this ISO date or earlier.
        places: Division codes; the document is about one of them, or about a place inside one.
        topics: Topics' ids; the document has one of them.
        publishers: The document's publisher is one of these, by its name in either language.
        site: Host of the document's address (or a domain above it), or a part of its publisher's name.
        formats: The document's format is one of these (``pdf``, ``html`` …).
        period: An ISO 8601 interval of dates, both ends included; the document speaks of a period that overlaps it, or
            was published in it.
        indexed_after: The document came into the index after this moment (UTC, ISO 8601).
    """

    lang: Lang | None = None
    since: str | None = None
    until: str | None = None
    places: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    site: str | None = None
    formats: tuple[str, ...] = ()
    period: str | None = None
    indexed_after: str | None = None

    @property
    def of_documents(self) -> bool:
        """Whether anything but the passage's language is asked for."""
        return self != Filter(lang=self.lang)


CountTokens = Callable[[Sequence[str]], list[int]]
"""Number of the model's tokens in each text, without special tokens."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoder gives for some texts.

    Attributes:
        pooled: One vector a text, shape ``(n, dim)``, float32, unit L2 norm.
        tokens: One array a text, shape ``(n_tokens, dim)``, float32: the vectors of the text's own tokens that have a
            letter or a digit, without prefixes and special tokens. None where they were not asked for.
        weights: How much each of these tokens says, above 0, shape ``(n_tokens,)``, float32: rare words say more than
            common ones. None where tokens is None.
    """

    pooled: NDArray[np.float32]
    tokens: list[NDArray[np.float32]] | None = None
    weights: list[NDArray[np.float32]] | None = None


class Embedder(Protocol):
    """What turns texts into vectors. Queries and passages have methods of their own: models treat them apart."""

    @property
    def fingerprint(self) -> str:
        """Names model, weights and precision; vectors of different fingerprints must not be mixed."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the model's tokens in each text, without special tokens."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of questions, shape ``(n, dim)``, float32, unit L2 norm."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of passages, shape ``(n, dim)``, float32, unit L2 norm."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that gives token vectors beside the pooled ones, for late interaction."""

    def encode(
        self, texts: Sequence[str], kind: Literal["query", "passage"], *, tokens: bool = False
    ) -> Encoded:
        """Pooled vectors, and on request token vectors, in one pass."""
        ...
