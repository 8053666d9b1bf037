"""``reindex``, ``status`` and ``prepare``: making an index and looking at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from indexer.cli.console import IndexOption, JsonOption, err, errors, out, say

if TYPE_CHECKING:
    from indexer.indexing.report import Step, Summary

_FAILED_FILES = 1


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
    with errors():
        from indexer.indexing.run import reindex as run

        if dry_run or as_json or not err.is_terminal:

            def note(step: Step) -> None:
                # Without a bar: only what takes long, and what a dry run would do.
                if step.doing.startswith(("preparing the model", "would ")):
                    say(step.doing)

            summary = run(paths, index, rebuild=rebuild, dry_run=dry_run, progress=note)
        else:
            with _bar() as progress:
                summary = run(paths, index, rebuild=rebuild, dry_run=dry_run, progress=progress)
        if as_json:
            print(json.dumps(summary.to_dict(), ensure_ascii=False))
        else:
            _print_summary(summary)
    if summary.failed:
        raise typer.Exit(_FAILED_FILES)


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    """A progress bar by bytes of bulletins, with passages per second and the time left."""
    import time

    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bar:
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
        err.print(f"[yellow]not read:[/yellow] {escape(failure.path)}: {escape(failure.reason)}")
    for note in summary.notes:
        err.print(f"[dim]note:[/dim] {escape(note.path)}: {escape(note.text)}")
    counts = ", ".join(
        f"{getattr(summary, name)} {name}"
        for name in ("added", "changed", "renamed", "removed", "unchanged", "failed")
    )
    if summary.dry_run:
        out.print(f"Would be: {counts} (nothing was written)")
    else:
        out.print(f"{counts}; {summary.passages:,} passages in {summary.seconds:.1f} seconds")


def status(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what is indexed, with which model, and which files could not be read."""
    with errors():
        from indexer.config import load_settings
        from indexer.store.catalog import Catalog

        with Catalog(index or load_settings().index) as catalog:
            stats = catalog.stats()
            failed = sorted((f.path, f.why()) for f in catalog.files().values() if f.error)
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
        out.print(f"{stats.documents:,} documents, {stats.passages:,} passages ({languages})")
        out.print(f"updated {stats.updated or 'never'}, model {facts['model'] or 'none yet'}")
        for path, reason in failed:
            out.print(f"[yellow]not read:[/yellow] {escape(path)}: {escape(reason)}")


def prepare() -> None:
    """Prepare the bundled model and the dictionaries now, so that the first search need not."""
    with errors():
        from indexer.config import load_settings
        from indexer.embedding import load_embedder
        from indexer.language import tokens
        from indexer.language.lexicon import Lexicon

        settings = load_settings()
        embedder = load_embedder(settings, lambda step: say(f"preparing the model: {step}"))
        tokens.use_compact_dictionary(settings.cache)
        tokens.tokenize("水")
        Lexicon(settings.cache)
        out.print(f"ready: {embedder.fingerprint}")
