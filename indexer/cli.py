"""The command line: ``qingshan`` and ``reindex``. The only module of the package that prints.

Exit codes: 0 all well; 1 some bulletins could not be read; 2 the command could not be carried out.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from indexer.errors import QingshanError
from indexer.types import METHODS, Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.evaluation.runner import Report
    from indexer.indexing.report import Step, Summary
    from indexer.ingest.fingerprint import Likeness
    from indexer.search.engine import SearchEngine
    from indexer.search.receipt import Status, Verdict
    from indexer.search.reprints import Difference
    from indexer.search.spans import Highlights
    from indexer.search.understanding import Refusal, Understanding
    from indexer.types import Document, Fact, Passage, Script

app = typer.Typer(
    help="Bilingual semantic search over Chinese and English environmental-policy bulletins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # for _errors; rich would exit with code 1


_out = _Console(highlight=False, soft_wrap=True)
_err = _Console(stderr=True, highlight=False, soft_wrap=True)

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index (QINGSHAN_INDEX; ./index by default).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

_PRIORITY = 10  # of a reindex, in the system's terms: 0 is usual, 19 the lowest
FAILED_FILES = 1
LOST_PASSAGES = 1
COULD_NOT_RUN = 2


@contextmanager
def _errors() -> Iterator[None]:
    """Errors that a user can meet become one clear line and exit code 2."""
    try:
        yield
    except QingshanError as error:
        _fail(str(error))
    except sqlite3.DatabaseError as error:
        _fail(
            f"The index is damaged ({error}). Make it anew from the bulletins: reindex FOLDER_OF_BULLETINS "
            "--rebuild"
        )
    except KeyboardInterrupt:
        _err.print("\nStopped. What was stored so far is kept; run the command again to go on.")
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`). Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def _fail(message: str) -> NoReturn:
    _err.print(f"[red]error:[/red] {escape(message)}")
    raise typer.Exit(COULD_NOT_RUN)


def _say(message: str) -> None:
    _err.print(f"[dim]{escape(message)}[/dim]")


# reindex


@app.command()
def reindex(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders or files of bulletins; corpus/ by default.", show_default=False),
    ] = None,
    index: IndexOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index anew from these paths alone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the index in step with the bulletins: index new and changed ones, drop those that are gone."""
    with _errors():
        from indexer.indexing.run import reindex as run

        if hasattr(os, "setpriority"):  # those who search meanwhile come first
            os.setpriority(os.PRIO_PROCESS, 0, max(_PRIORITY, os.getpriority(os.PRIO_PROCESS, 0)))
        if dry_run or as_json or not _err.is_terminal:

            def note(step: Step) -> None:
                # Without a bar: only what takes long, and what a dry run would do.
                if step.doing.startswith(("preparing the model", "would ")):
                    _say(step.doing)

            summary = run(paths, index, rebuild=rebuild, dry_run=dry_run, progress=note)
        else:
            with _bar() as progress:
                summary = run(paths, index, rebuild=rebuild, dry_run=dry_run, progress=progress)
        if as_json:
            print(json.dumps(summary.to_dict(), ensure_ascii=False))
        else:
            _print_summary(summary)
    if summary.failed:
        raise typer.Exit(FAILED_FILES)


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    """A progress bar by bytes of bulletins, with passages per second and the time left."""
    import time

    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task("starting", total=None, rate="")
        began = time.monotonic()

        def progress(step: Step) -> None:
            nonlocal began
            if not step.passages:
                began = time.monotonic()
            seconds = time.monotonic() - began
            rate = f"{step.passages / seconds:,.0f} passages/s" if step.passages and seconds > 0.5 else ""
            doing = step.doing if len(step.doing) <= 60 else step.doing[:59] + "…"
            bar.update(task, description=escape(doing))
            if step.total:
                bar.update(task, completed=step.done, total=step.total, rate=rate)

        yield progress


def _print_summary(summary: Summary) -> None:
    for failure in summary.failures:
        _err.print(f"[yellow]not read:[/yellow] {escape(failure.path)}: {escape(failure.reason)}")
    for note in summary.notes:
        _err.print(f"[dim]note:[/dim] {escape(note.path)}: {escape(note.text)}")
    counts = ", ".join(
        f"{getattr(summary, name)} {name}"
        for name in ("added", "changed", "renamed", "removed", "unchanged", "failed")
    )
    if summary.dry_run:
        _out.print(f"Would be: {counts} (nothing was written)")
    else:
        _out.print(f"{counts}; {summary.passages:,} passages in {summary.seconds:.1f} seconds")


# search


@app.command()
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
    with _errors():
        from indexer.search.engine import SearchEngine
        from indexer.search.query import check_k, check_lang

        check_k(k)
        with SearchEngine.open(index, progress=lambda step: _say(f"preparing the model: {step}")) as engine:
            only, switched_off = check_lang(lang), without or []
            # Whether nothing is relevant is said of the best ten, however few are asked for.
            best = engine.search(question, max(k, 10), only, without_terms=switched_off)
            hits = best[:k]
            if to is not None:
                _export(to, question, hits, engine)
            if as_json:
                for hit in hits:
                    print(json.dumps(asdict(hit), ensure_ascii=False))
                return
            if not engine.stats().passages:
                _out.print("The index is empty. Fill it: reindex FOLDER_OF_BULLETINS")
                return
            understood = engine.understand(question, switched_off)
            _print_understanding(understood)
            refusal = engine.refusal(question, best, only, without_terms=switched_off)
            if refusal is not None:
                _print_refusal(refusal, lang, bool(hits))
            for hit in hits:
                found = engine.highlight(understood.query, hit)
                _print_hit(hit, found, dim=refusal is not None)


def _export(path: Path, question: str, hits: Sequence[Hit], engine: SearchEngine) -> None:
    from datetime import date

    from indexer.errors import ConfigError
    from indexer.search.export import EXPORTS, Item, export

    kinds = {kind.suffix: name for name, kind in EXPORTS.items()}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise ConfigError(f"Hits can't be exported to {path}. Name a file that ends in {', '.join(kinds)}.")
    items = [Item(hit) for hit in hits]
    data = export(items, kind, question=question, index=engine.facts(), accessed=date.today())
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
            _say(f"{label}: {', '.join(words)}")


def _print_refusal(refusal: Refusal, lang: str | None, nearest: bool) -> None:
    from indexer.language.topics import topic

    where = f" in {lang}" if lang else ""
    _out.print(f"[bold]Nothing relevant found{where}.[/bold]" if nearest else f"Nothing found{where}.")
    names = [found.name_en for name in refusal.topics if (found := topic(name))]
    if names:
        _out.print(f"The nearest topics in the index: {escape(', '.join(names))}.")
    if refusal.filtered:
        _out.print(
            "A filter may be too narrow: without filters there are relevant passages."
            if refusal.too_narrow
            else "Without the filters there is nothing relevant either."
        )
    if nearest:
        _out.print("\n[dim]Nearest passages:[/dim]")


def _print_hit(hit: Hit, found: Highlights, *, dim: bool = False) -> None:
    from rich.text import Text

    from indexer.search.citation import locate

    about = [hit.lang, hit.publisher, hit.published, hit.path, locate(hit)]
    style = "dim" if dim else "bold"
    _out.print(
        f"[{style}]{hit.rank}. {escape(hit.title)}[/{style}]  [dim]score {hit.score:.2f}, relevance {hit.relevance:.0%}[/dim]"
    )
    _out.print("   [cyan]" + escape(" · ".join(x for x in about if x)) + "[/cyan]")
    visible = re.sub(r"[\x07\x08\x0b\x0c\r]", " ", hit.text)  # rich drops these, and offsets would be off
    text = Text(visible, style="dim" if dim else "")
    if found.sentence is not None and found.sentence != (0, len(hit.text)):
        text.stylize("underline", *found.sentence)
    for span in found.spans:
        text.stylize("bold yellow", *span)
    at = 0
    for line in hit.text.splitlines(keepends=True):
        _out.print(Text("   ").append_text(text[at : at + len(line.rstrip())]))
        at += len(line)
    if others := [path for path in hit.paths if path != hit.path]:
        _out.print(f"   [dim]also at {escape(', '.join(others))}[/dim]")
    if hit.reprints:
        _out.print(f"   [dim]{len(hit.reprints)} reprint{'s' * (len(hit.reprints) > 1)}:[/dim]")
    for reprint in hit.reprints:
        about = [reprint.title, reprint.publisher, reprint.published, _script(reprint.script), *reprint.paths]
        _out.print(f"   [dim]- {escape(' · '.join(x for x in about if x))}[/dim]")
    _out.print()


def _script(script: Script) -> str:
    return {"Hant": "Traditional", "Hans": "Simplified", "Latn": ""}[script]


# diff


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A bulletin's file, or its doc_id.", show_default=False)],
    second: Annotated[str, typer.Argument(help="Another, likewise.", show_default=False)],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two bulletins, such as two reprints, sentence by sentence.

    Two files need no index. Script, width, punctuation and line breaks make no difference.
    """
    with _errors():
        from indexer.search.reprints import compare, resemblance

        a, b = (_document(name, index) for name in (first, second))
        likeness, differences = resemblance(a, b), compare(a, b)
        if as_json:
            about = ("doc_id", "title", "published", "publisher")
            row: dict[str, Any] = {
                side: {name: getattr(d, name) for name in about} for side, d in (("a", a), ("b", b))
            }
            row |= {"likeness": asdict(likeness), "differences": [asdict(d) for d in differences]}
            print(json.dumps(row, ensure_ascii=False))
            return
        for mark, name, document in (("---", first, a), ("+++", second, b)):
            known = [document.title, document.publisher, document.published, name]
            _out.print(f"[bold]{mark} {escape(' · '.join(x for x in known if x))}[/bold]")
        _out.print(f"[dim]{escape(_likeness_in_words(likeness))}[/dim]\n")
        for difference in differences:
            _print_difference(difference)


def _document(name: str, index: Path | None) -> Document:
    """The document of a file, or of the index by its identity."""
    from indexer.errors import ConfigError, SearchIndexError
    from indexer.ingest import read_document

    if Path(name).exists():
        return read_document(Path(name))
    if not re.fullmatch("[0-9a-f]{16}", name):
        raise ConfigError(
            f"There is no file {name}. Give a file, or a doc_id of 16 digits as a search with --json shows it."
        )
    from indexer.config import load_settings
    from indexer.store.catalog import Catalog

    with Catalog(index or load_settings().index) as catalog:
        document = catalog.document(name)
    if document is None:
        raise SearchIndexError(
            f"No bulletin in the index has the doc_id {name}. Search again: it may have changed."
        )
    return document


def _likeness_in_words(likeness: Likeness) -> str:
    shares = f"{likeness.in_a:.0%} of the first is in the second, {likeness.in_b:.0%} of the second in it: "
    if likeness.reprint:
        return shares + "one text, printed twice"
    if not likeness.alike:
        return shares + "two texts"
    differing = [f"{likeness.numbers} numbers"] * (likeness.numbers > 0)
    differing += [f"{likeness.edits} wordings"] * (likeness.edits > 0)
    differing += [" for ".join(f"“{word}”" for word in likeness.swapped)] if likeness.swapped else []
    return shares + f"two texts of one form, for between the same words differ {', '.join(differing)}"


def _print_difference(difference: Difference) -> None:
    from rich.text import Text

    if difference.kind == "same":
        n = f" ({len(difference.a):,} characters)" if len(difference.a) > 60 else ""
        text = " ".join(difference.a.split())
        _out.print(Text(f"  {text if len(text) <= 60 else f'{text[:28]} … {text[-28:]}'}{n}", "dim"))
        return
    for sign, text, marks, colour, around in (
        ("- ", difference.a, difference.a_marks, "red", ("[-", "-]")),
        ("+ ", difference.b, difference.b_marks, "green", ("{+", "+}")),
    ):
        if not text:
            continue
        before, after = ("", "") if _out.is_terminal else around  # where colours are lost
        line, at = Text(), 0
        for start, end in marks:
            line.append(text[at:start]).append(before + text[start:end] + after, f"bold {colour} reverse")
            at = end
        line.append(text[at:], colour if difference.kind != "changed" else "")
        for part in line.split("\n"):
            _out.print(Text(sign, colour) + part)


# verify


@app.command()
def verify(
    receipt: Annotated[
        Path,
        typer.Argument(help="A JSON receipt, as the page or search --export makes it.", show_default=False),
    ],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of each passage of a receipt whether it is unchanged, moved, changed or gone.

    The index is asked, not the files: run reindex first if they may have changed. Exit codes: 0 all words are still
    there; 1 some are changed or gone; 2 the receipt or the index can't be used.
    """
    with _errors():
        from indexer.config import load_settings
        from indexer.errors import ReceiptError
        from indexer.search.receipt import load_receipt
        from indexer.search.receipt import verify as check
        from indexer.store.catalog import Catalog

        try:
            made = load_receipt(receipt.read_bytes())
        except OSError as error:
            raise ReceiptError(
                f"{receipt} can't be read: {error.strerror or error}. Give the file that was exported as JSON receipt."
            ) from error
        with Catalog(index or load_settings().index) as catalog:
            verdicts, updated = check(made, catalog), catalog.meta("updated")
        if as_json:
            for verdict in verdicts:
                print(json.dumps(asdict(verdict), ensure_ascii=False))
        else:
            _print_verdicts(verdicts, updated)
    if any(verdict.status in ("changed", "gone") for verdict in verdicts):
        raise typer.Exit(LOST_PASSAGES)


def _print_verdicts(verdicts: Sequence[Verdict], updated: str | None) -> None:
    colours: dict[Status, str] = {"unchanged": "green", "moved": "yellow", "changed": "red", "gone": "red"}
    for number, verdict in enumerate(verdicts, 1):
        status = f"[{colours[verdict.status]}]{verdict.status:<9}[/{colours[verdict.status]}]"
        _out.print(f"{number:>3}  {status}  {escape(verdict.title)}  [dim]{escape(verdict.path)}[/dim]")
        _out.print(f"                {escape(verdict.detail)}")
    counts = Counter(verdict.status for verdict in verdicts)
    summary = ", ".join(f"{counts[status]} {status}" for status in colours)
    _out.print(f"{summary}; by the index as of {updated or 'never'}")


# inspect


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A bulletin: text, HTML, PDF, Word …", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Show what reading makes of one file: facts with their evidence, removed lines, passages.

    Needs no index and no model.
    """
    with _errors():
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
    _out.print(f"[bold]{escape(file.name)}[/bold]  [dim]{escape(', '.join(k for k in kind if k))}[/dim]")
    for note in document.notes:
        _out.print(f"[yellow]note:[/yellow] {escape(note)}")

    _out.print("\n[bold]Facts[/bold]")
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("what", "value", "sure", "found"):
        table.add_column(name, overflow="fold")
    for fact in document.facts:
        where = f"p. {fact.page} " * (fact.page is not None) + f"line {fact.line}" * (fact.line is not None)
        found = ", ".join(x for x in (fact.origin, where, f"“{fact.quote}”" if fact.quote else "") if x)
        cells = (fact.name.replace("_", " "), _in_words(fact), f"{fact.confidence:.2f}", found)
        table.add_row(*(escape(cell) for cell in cells))
    _out.print(table if document.facts else "   none found")

    _out.print(f"\n[bold]Removed[/bold]  [dim]{len(document.removed)} lines[/dim]")
    for removed in document.removed:
        where = f"p. {removed.line.page} " * (removed.line.page is not None) + f"{removed.line.number:>5}"
        _out.print(f"  {where}  [cyan]{removed.reason}[/cyan]  {escape(_short(removed.line.text, 100))}")

    _out.print(f"\n[bold]Passages[/bold]  [dim]{len(passages)}, {sum(tokens):,} tokens[/dim]")
    for p, n, m in zip(passages, tokens, in_context, strict=True):
        pages = f"p. {_span(p.page, p.page_end)}, " if p.page is not None else ""
        _out.print(
            f"  [cyan]{p.ordinal + 1:>3}  {p.lang} {p.script}  {pages}lines {_span(p.line, p.line_end)}"
            f"  characters {p.start}–{p.end}  {n} + {m} tokens[/cyan]"
        )
        if p.context:
            _out.print(f"       [dim]{escape(_short(p.context, 100))}[/dim]")
        _out.print(f"       {escape(_short(p.text, 160))}")


def _in_words(fact: Fact) -> str:
    """A fact's value, with the names of places and topics beside their codes."""
    if fact.name == "place":
        from indexer.language.places import place

        found = place(fact.value)
        return f"{fact.value} {found.name_zh} {found.name_en}" if found else fact.value
    return fact.value.replace("/", " to ") if fact.name == "period" else fact.value


def _short(text: str, n: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= n else text[: n - 1] + "…"


def _span(first: int | None, last: int | None) -> str:
    return f"{first}" if last in (None, first) else f"{first}–{last}"


# evaluate


@app.command()
def evaluate(
    dataset: Annotated[
        Path, typer.Argument(help="Folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels/test.tsv.")
    ],
    method: Annotated[
        str,
        typer.Option(
            "--method", help="fair (ours), or for comparison cosine or rrf (BM25 + cosine, one pool)."
        ),
    ] = "fair",
    methods: Annotated[bool, typer.Option("--methods", help="Compare all methods in one table.")] = False,
    run: Annotated[Path | None, typer.Option("--run", help="Write a TREC run to this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the ranking on a dataset with judged questions."""
    with _errors():
        from indexer.config import load_settings
        from indexer.embedding import load_embedder
        from indexer.errors import ConfigError
        from indexer.evaluation.datasets import load_dataset
        from indexer.evaluation.runner import evaluate as measure
        from indexer.evaluation.runner import write_run

        chosen = next((m for m in METHODS if m == method), None)
        if chosen is None:
            raise ConfigError(f"The method {method!r} is not known; use {', '.join(METHODS)}.")
        if methods and run is not None:
            raise ConfigError("A run is of one method; use --run with --method.")
        settings = load_settings()
        if settings.reranker:
            _say("The reranker of QINGSHAN_RERANKER is not measured: this is the ranking before it.")
        data = load_dataset(dataset)
        embedder = load_embedder(settings, lambda step: _say(f"preparing the model: {step}"))
        if methods:
            with _counter() as progress:
                reports = [measure(data, embedder, settings, m, progress)[0] for m in METHODS]
            if as_json:
                for report in reports:
                    print(json.dumps(report.to_dict(), ensure_ascii=False))
            else:
                _print_comparison(reports)
            return
        with _counter() as progress:
            report, ranking = measure(data, embedder, settings, chosen, progress)
        if as_json:
            print(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            _print_report(report.to_dict())
        if run is not None:
            try:
                write_run(ranking, run, chosen)
            except OSError as error:
                raise ConfigError(
                    f"The run can't be written to {run}: {error.strerror}. Name another file."
                ) from error


@contextmanager
def _counter() -> Iterator[Callable[[str, int, int], None]]:
    if not _err.is_terminal:
        yield lambda _doing, _done, _total: None
        return
    from rich.progress import Progress

    with Progress(console=_err, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda doing, done, total: bar.update(task, description=doing, completed=done, total=total)


def _print_report(report: dict[str, Any]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    _out.print(
        f"{report['dataset']}: {report['passages']:,} passages, method {report['method']}, model "
        f"{report['model']}, "
        f"{report['seconds']:.1f} seconds"
    )
    groups = {"all": report["overall"], **{f"{k} q.": v for k, v in report["by_query_lang"].items()}}
    groups |= report["by_direction"]
    table = Table("", box=SIMPLE, padding=(0, 1, 0, 0))
    for label in groups:
        table.add_column(label, justify="right", no_wrap=True)
    for name in report["overall"]:
        table.add_row(
            name, *(str(v[name]) if name == "questions" else f"{v[name]:.4f}" for v in groups.values())
        )
    _out.print(table)


def _print_comparison(reports: Sequence[Report]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from indexer.evaluation.runner import headline

    first = reports[0]
    _out.print(
        f"{first.dataset}: {first.passages:,} passages, {first.overall['questions']} questions, model {first.model}"
    )
    columns = [headline(report) for report in reports]
    table = Table("", box=SIMPLE, padding=(0, 1, 0, 0))
    for report in reports:
        table.add_column(report.method, justify="right", no_wrap=True)
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:.4f}" for column in columns))
    _out.print(table)
    _out.print("fair: ours; rrf: BM25 + cosine in one pool; cosine: meaning alone in one pool.")
    _out.print("A direction (en→zh) ranks the documents of that language only.")


# status


@app.command()
def status(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what is indexed, with which model, and which files could not be read."""
    with _errors():
        from indexer.config import load_settings
        from indexer.store.catalog import Catalog

        with Catalog(index or load_settings().index) as catalog:
            stats = catalog.stats()
            failed = sorted((f.path, f.error) for f in catalog.files().values() if f.error)
            facts: dict[str, Any] = {
                "documents": stats.documents,
                "passages": stats.passages,
                "by_lang": stats.by_lang,
                "updated": stats.updated,
                "model": catalog.meta("model"),
                "failed": [{"path": path, "reason": reason} for path, reason in failed],
            }
        if as_json:
            print(json.dumps(facts, ensure_ascii=False))
            return
        languages = ", ".join(f"{n:,} {lang}" for lang, n in stats.by_lang.items()) or "none"
        _out.print(f"{stats.documents:,} documents, {stats.passages:,} passages ({languages})")
        _out.print(f"updated {stats.updated or 'never'}, model {facts['model'] or 'none yet'}")
        for path, reason in failed:
            _out.print(f"[yellow]not read:[/yellow] {escape(path)}: {escape(reason or '')}")


@app.command()
def prepare() -> None:
    """Prepare the bundled model and the dictionary now, so that the first search need not."""
    with _errors():
        from indexer.config import load_settings
        from indexer.embedding import load_embedder
        from indexer.language.lexicon import Lexicon

        settings = load_settings()
        embedder = load_embedder(settings, lambda step: _say(f"preparing the model: {step}"))
        Lexicon(settings.cache)
        _out.print(f"ready: {embedder.fingerprint}")


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", help="Port of the search page.")] = 8501,
    index: IndexOption = None,
) -> None:
    """Open the search page."""
    import subprocess

    page = Path(__file__).resolve().parent.parent / "app.py"
    if not page.is_file():
        page = Path("app.py")
    if not page.is_file():
        _fail("app.py is not here. Run this in the project's folder: streamlit run app.py")
    environment = dict(os.environ)
    if index is not None:
        environment["QINGSHAN_INDEX"] = str(index)
    command = [sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port)]
    raise typer.Exit(subprocess.call(command, env=environment))


def _run(program: typer.Typer, name: str) -> NoReturn:
    """Run a program, then leave at once: unloading the model's libraries takes half a second for nothing."""
    code: int | str | None = 0
    try:
        program(prog_name=name)
    except SystemExit as stop:
        code = stop.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    os._exit(code if isinstance(code, int) else 0 if code is None else COULD_NOT_RUN)


def main() -> NoReturn:
    """Run ``qingshan``."""
    _run(app, "qingshan")


def reindex_main() -> NoReturn:
    """Run ``reindex``, which is ``qingshan reindex``."""
    single = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    single.command(name="reindex")(reindex)
    _run(single, "reindex")
