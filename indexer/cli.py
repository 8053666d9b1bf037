"""The command line: ``qingshan`` and ``reindex``. The only module of the package that prints.

Exit codes: 0 all well; 1 some bulletins could not be read; 2 the command could not be carried out.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from indexer.errors import QingshanError
from indexer.types import METHODS, Hit

if TYPE_CHECKING:
    from indexer.indexing.report import Step, Summary

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

FAILED_FILES = 1
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
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question and print the passages that answer it, whichever language they are in."""
    with _errors():
        from indexer.search.engine import SearchEngine
        from indexer.search.query import check_k, check_lang

        check_k(k)
        with SearchEngine.open(index, progress=lambda step: _say(f"preparing the model: {step}")) as engine:
            hits = engine.search(question, k, check_lang(lang))
            if as_json:
                for hit in hits:
                    print(json.dumps(_as_row(hit), ensure_ascii=False))
            elif hits:
                for hit in hits:
                    _print_hit(hit)
            else:
                stats = engine.stats()
                where = f" in {lang}" if lang else ""
                _out.print(
                    f"Nothing found{where}."
                    if stats.passages
                    else "The index is empty. Fill it: reindex FOLDER_OF_BULLETINS"
                )


def _as_row(hit: Hit) -> dict[str, Any]:
    return {name: getattr(hit, name) for name in hit.__slots__}


def _print_hit(hit: Hit) -> None:
    from indexer.search.citation import locate

    about = [hit.lang, hit.publisher, hit.published, f"{hit.path}", locate(hit)]
    _out.print(
        f"[bold]{hit.rank}. {escape(hit.title)}[/bold]  [dim]score {hit.score:.2f}, relevance {hit.relevance:.0%}[/dim]"
    )
    _out.print("   [cyan]" + escape(" · ".join(x for x in about if x)) + "[/cyan]")
    for line in hit.text.splitlines():
        _out.print(f"   {escape(line)}")
    _out.print()


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
        settings = load_settings()
        data = load_dataset(dataset)
        embedder = load_embedder(settings, lambda step: _say(f"preparing the model: {step}"))
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
