"""``inspect``: what reading makes of one file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from indexer.cli.console import JsonOption, errors, out, shortened

if TYPE_CHECKING:
    from indexer.types import Document, Fact, Passage


def inspect(
    file: Annotated[Path, typer.Argument(help="A bulletin: text, HTML, PDF, Word …", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Show what reading makes of one file: facts with their evidence, removed lines, passages.

    Needs no index and no model.
    """
    with errors():
        from indexer.config import load_settings
        from indexer.embedding.bundled import token_counter
        from indexer.ingest import chunk_document, read_document

        settings = load_settings()
        document = read_document(file)
        count_tokens = token_counter(settings.cache)
        passages = chunk_document(document, count_tokens, settings.passage_tokens)
        tokens = count_tokens([p.text for p in passages])
        in_context = count_tokens([p.context for p in passages])
        if as_json:
            print(json.dumps(_inspected(document, passages, tokens, in_context), ensure_ascii=False))
        else:
            _print_inspected(file, document, passages, tokens, in_context)


def _inspected(
    document: Document, passages: Sequence[Passage], tokens: Sequence[int], in_context: Sequence[int]
) -> dict[str, Any]:
    """What ``inspect --json`` prints."""
    about = ("doc_id", "format", "encoding", "n_pages", "lang", "url", "title", "published", "publisher")
    return {
        **{name: getattr(document, name) for name in about},
        "characters": len(document.text),
        "notes": list(document.notes),
        "facts": [asdict(fact) for fact in document.facts],
        "removed": [
            {"line": r.line.number, "page": r.line.page, "reason": r.reason, "text": r.line.text}
            for r in document.removed
        ],
        "passages": [
            {**asdict(p), "tokens": n, "context_tokens": m}
            for p, n, m in zip(passages, tokens, in_context, strict=True)
        ],
    }


def _print_inspected(
    file: Path,
    document: Document,
    passages: Sequence[Passage],
    tokens: Sequence[int],
    in_context: Sequence[int],
) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    kind = [document.format, document.encoding, f"{document.n_pages} pages" if document.n_pages else None]
    kind += [
        f"{len(document.text):,} characters of clean text",
        f"mostly {document.lang}",
        f"id {document.doc_id}",
    ]
    out.print(f"[bold]{escape(file.name)}[/bold]  [dim]{escape(', '.join(k for k in kind if k))}[/dim]")
    for note in document.notes:
        out.print(f"[yellow]note:[/yellow] {escape(note)}")

    out.print("\n[bold]Facts[/bold]")
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("what", "value", "sure", "found"):
        table.add_column(name, overflow="fold")
    for fact in document.facts:
        where = f"p. {fact.page} " * (fact.page is not None) + f"line {fact.line}" * (fact.line is not None)
        found = ", ".join(x for x in (fact.origin, where, f"“{fact.quote}”" if fact.quote else "") if x)
        cells = (fact.name.replace("_", " "), _in_words(fact), f"{fact.confidence:.2f}", found)
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table if document.facts else "   none found")

    out.print(f"\n[bold]Removed[/bold]  [dim]{len(document.removed)} lines[/dim]")
    for removed in document.removed:
        where = f"p. {removed.line.page} " * (removed.line.page is not None) + f"{removed.line.number:>5}"
        out.print(f"  {where}  [cyan]{removed.reason}[/cyan]  {escape(shortened(removed.line.text, 100))}")

    out.print(f"\n[bold]Passages[/bold]  [dim]{len(passages)}, {sum(tokens):,} tokens[/dim]")
    for p, n, m in zip(passages, tokens, in_context, strict=True):
        pages = f"p. {_span(p.page, p.page_end)}, " if p.page is not None else ""
        out.print(
            f"  [cyan]{p.ordinal + 1:>3}  {p.lang} {p.script}  {pages}lines {_span(p.line, p.line_end)}"
            f"  characters {p.start}–{p.end}  {n} + {m} tokens[/cyan]"
        )
        if p.context:
            out.print(f"       [dim]{escape(shortened(p.context, 100))}[/dim]")
        out.print(f"       {escape(shortened(p.text, 160))}")


def _in_words(fact: Fact) -> str:
    """A fact's value, with the names of places and topics beside their codes."""
    if fact.name == "place":
        from indexer.language.places import place

        found = place(fact.value)
        return f"{fact.value} {found.name_zh} {found.name_en}" if found else fact.value
    return fact.value.replace("/", " to ") if fact.name == "period" else fact.value


def _span(first: int | None, last: int | None) -> str:
    return f"{first}" if last in (None, first) else f"{first}–{last}"
