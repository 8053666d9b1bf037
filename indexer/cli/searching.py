"""``search``: a question's hits, printed or exported."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from indexer.cli.console import IndexOption, JsonOption, errors, out, say
from indexer.types import Filter, Hit

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.spans import Highlights
    from indexer.search.understanding import Refusal, Understanding
    from indexer.types import Lang, Script


def search(
    question: Annotated[str, typer.Argument(help="A question or some words, in Chinese or English.")],
    k: Annotated[int, typer.Option("-k", help="How many hits at most.")] = 10,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Only passages in this language: zh or en.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            help="A term not to search for in the other language; may be given several times.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--export",
            help="Write the hits to a file too: .md, .csv, .ris, .bib, .docx, or .json, a receipt.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question and print the passages that answer it, whichever language they are in."""
    with errors():
        from indexer.config import load_settings
        from indexer.embedding import load_ahead

        settings = load_settings()
        load_ahead(settings)  # while the rest is imported, which takes as long
        from indexer.search.engine import SearchEngine
        from indexer.search.query import check_k, check_lang

        check_k(k)
        with SearchEngine.open(index, settings=settings, progress=say) as engine:
            only, switched_off = check_lang(lang), without or []
            # Whether nothing is relevant is said of the best ten, however few are asked for.
            best = engine.search(question, max(k, 10), only, without_terms=switched_off)
            hits = best[:k]
            if to is not None:
                _export(to, question, only, hits, engine)
            if as_json:
                for hit in hits:
                    print(json.dumps(asdict(hit), ensure_ascii=False))
                return
            if not engine.stats().passages:
                out.print("The index is empty. Fill it: reindex FOLDER_OF_BULLETINS")
                return
            understood = engine.understand(question, switched_off)
            _print_understanding(understood)
            refusal = engine.refusal(question, best, only, without_terms=switched_off)
            if refusal is not None:
                _print_refusal(refusal, lang, bool(hits))
            for hit in hits:
                found = engine.highlight(understood.query, hit)
                _print_hit(hit, found, dim=refusal is not None)


def _export(path: Path, question: str, lang: Lang | None, hits: Sequence[Hit], engine: SearchEngine) -> None:
    from datetime import date

    from indexer.errors import ConfigError
    from indexer.search.export import EXPORTS, Item, export

    kinds = {kind.suffix: name for name, kind in EXPORTS.items()}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise ConfigError(f"Hits can't be exported to {path}. Name a file that ends in {', '.join(kinds)}.")
    items = [Item(hit) for hit in hits]
    where = Filter(lang=lang)
    data = export(items, kind, question=question, where=where, index=engine.facts(), accessed=date.today())
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(
            f"The hits can't be written to {path}: {error.strerror or error}. Name another file."
        ) from error


def _print_understanding(understood: Understanding) -> None:
    for label, words in (
        ("also searched", list(understood.also_searched)),
        ("filters", [typed.label.en for typed in understood.typed]),
        ("could be narrowed by adding", [s.typed for s in understood.suggestions]),
    ):
        if words:
            say(f"{label}: {', '.join(words)}")


def _print_refusal(refusal: Refusal, lang: str | None, nearest: bool) -> None:
    from indexer.language.topics import topic

    where = f" in {lang}" if lang else ""
    out.print(f"[bold]Nothing relevant found{where}.[/bold]" if nearest else f"Nothing found{where}.")
    names = [found.name_en for name in refusal.topics if (found := topic(name))]
    if names:
        out.print(f"The nearest topics in the index: {escape(', '.join(names))}.")
    if refusal.filtered:
        out.print(
            "A filter may be too narrow: without filters there are relevant passages."
            if refusal.too_narrow
            else "Without the filters there is nothing relevant either."
        )
    if nearest:
        out.print("\n[dim]Nearest passages:[/dim]")


def _print_hit(hit: Hit, found: Highlights, *, dim: bool = False) -> None:
    from rich.text import Text

    from indexer.search.citation import locate

    about = [hit.lang, hit.publisher, hit.published, hit.path, locate(hit)]
    style = "dim" if dim else "bold"
    out.print(
        f"[{style}]{hit.rank}. {escape(hit.title)}[/{style}]  [dim]score {hit.score:.2f}, relevance {hit.relevance:.0%}[/dim]"
    )
    out.print("   [cyan]" + escape(" · ".join(x for x in about if x)) + "[/cyan]")
    visible = re.sub(r"[\x07\x08\x0b\x0c\r]", " ", hit.text)  # rich drops these, and offsets would be off
    text = Text(visible, style="dim" if dim else "")
    if found.sentence is not None and found.sentence != (0, len(hit.text)):
        text.stylize("underline", *found.sentence)
    for span in found.spans:
        text.stylize("bold yellow", *span)
    at = 0
    for line in hit.text.splitlines(keepends=True):
        out.print(Text("   ").append_text(text[at : at + len(line.rstrip())]))
        at += len(line)
    if others := [path for path in hit.paths if path != hit.path]:
        out.print(f"   [dim]also at {escape(', '.join(others))}[/dim]")
    if hit.reprints:
        out.print(f"   [dim]{len(hit.reprints)} reprint{'s' * (len(hit.reprints) > 1)}:[/dim]")
    for reprint in hit.reprints:
        about = [reprint.title, reprint.publisher, reprint.published, _script(reprint.script), *reprint.paths]
        out.print(f"   [dim]- {escape(' · '.join(x for x in about if x))}[/dim]")
    out.print()


def _script(script: Script) -> str:
    return {"Hant": "Traditional", "Hans": "Simplified", "Latn": ""}[script]
