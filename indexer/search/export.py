"""Kept passages as a file: Markdown, CSV, RIS, BibTeX, a JSON receipt, Word.

What is exported is opened by other programs. So nothing in a bulletin, a question or a note is taken by them for more
than text: no markup, no formula, no further record.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexer.language.regex import regex
from indexer.search.citation import (
    bibtex_entry,
    cite,
    format_citation,
    one_line,
    ris_entry,
    visible,
    web_address,
)
from indexer.search.receipt import IndexFacts, dump_receipt, receipt
from indexer.types import Filter, Hit


@dataclass(frozen=True, slots=True)
class Item:
    """A passage that someone keeps, with what they wrote about it."""

    hit: Hit
    note: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of file: the end of its name, and its media type."""

    suffix: str
    mime: str


EXPORTS: dict[str, Export] = {
    "markdown": Export(".md", "text/markdown"),
    "csv": Export(".csv", "text/csv"),
    "ris": Export(".ris", "application/x-research-info-systems"),
    "bibtex": Export(".bib", "application/x-bibtex"),
    "json": Export(".json", "application/json"),
    "docx": Export(".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def export(
    items: Sequence[Item],
    kind: str,
    *,
    question: str | None,
    index: IndexFacts,
    accessed: datetime.date,
    where: Filter | None = None,
) -> bytes:
    """Passages with their notes as the bytes of a file.

    Args:
        items: In the order wanted; RIS and BibTeX have one record a document, with all its passages.
        kind: A key of ``EXPORTS``.
        question: As typed; None if the passages answer several.
        index: Where they were found.
        accessed: When the sources were last looked at.
        where: Filters on top of those typed.

    Raises:
        ValueError: There is no such kind.
    """
    if kind == "json":
        return dump_receipt(receipt(items, question=question, index=index, where=where))
    if kind == "docx":
        from indexer.search.word import document

        return document(items, question, accessed)
    write = _WRITERS.get(kind)
    if write is None:
        raise ValueError(f"The export {kind!r} is not known; use one of {', '.join(EXPORTS)}.")
    return write(items, question, accessed)


def _by_document(items: Sequence[Item]) -> list[list[Item]]:
    documents: dict[str, list[Item]] = {}
    for item in items:
        documents.setdefault(item.hit.doc_id, []).append(item)
    return list(documents.values())


def _ris(items: Sequence[Item], _question: str | None, accessed: datetime.date) -> bytes:
    records = [
        ris_entry([i.hit for i in some], accessed, [i.note for i in some]) for some in _by_document(items)
    ]
    return "\r\n".join(records).encode("utf-8")


def _bibtex(items: Sequence[Item], _question: str | None, accessed: datetime.date) -> bytes:
    entries = [
        bibtex_entry([i.hit for i in some], accessed, [i.note for i in some]) for some in _by_document(items)
    ]
    return "".join(f"{entry}\n\n" for entry in entries).encode("utf-8")


# CSV

_COLUMNS = (
    "number", "title", "publisher", "published", "language", "relevance", "place", "text", "note", "file", "url",
    "page", "page_end", "line", "line_end", "start", "end", "doc_id", "sha256",
)  # fmt: skip
# What a spreadsheet takes for a formula, also behind white space and in full width.
_FORMULA = regex(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def _csv(items: Sequence[Item], _question: str | None, _accessed: datetime.date) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for number, item in enumerate(items, 1):
        hit, cited = item.hit, cite(item.hit)
        row = (
            number, hit.title, hit.publisher, hit.published, hit.lang, f"{hit.relevance:.2f}", cited.locator,
            hit.text, item.note, hit.path, hit.url, hit.page, hit.page_end, hit.line, hit.line_end, hit.start,
            hit.end, hit.doc_id, cited.digest,
        )  # fmt: skip
        writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])
    return out.getvalue().encode("utf-8-sig")  # the mark by which Excel knows UTF-8


def _cell(text: str) -> str:
    text = visible(text)
    return f"'{text}" if _FORMULA.match(text) else text


# Markdown

_MARKUP = regex(r"([\\`*_{}\[\]()#+\-.!|~<>$^=:&\"'@])")


def _markdown(items: Sequence[Item], question: str | None, accessed: datetime.date) -> bytes:
    lines = [f"# {_plain(one_line(question))}" if question else "# 摘录 Passages", ""]
    for number, item in enumerate(items, 1):
        hit = item.hit
        lines += [f"## {number}\\. {_plain(one_line(hit.title))}", ""]
        lines += [f"> {_plain(one_line(line))}".rstrip() for line in visible(hit.text).split("\n")] + [""]
        lines += [_plain(format_citation(hit, "plain", accessed)), ""]
        if url := web_address(hit.url):
            lines += [f"<{url}>", ""]
        lines += [f"SHA\\-256 `{cite(hit).digest}`", ""]
        if item.note.strip():
            lines += [_plain(one_line(line)) + "  " for line in visible(item.note).strip().split("\n")] + [""]
    return "\n".join(lines).encode("utf-8")


def _plain(text: str) -> str:
    """A line of text for Markdown."""
    return _MARKUP.sub(r"\\\1", text)


_WRITERS: dict[str, Callable[[Sequence[Item], str | None, datetime.date], bytes]] = {
    "markdown": _markdown,
    "csv": _csv,
    "ris": _ris,
    "bibtex": _bibtex,
}
