"""``evaluate``: the ranking, measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexer.cli.console import JsonOption, err, errors, out, say
from indexer.types import METHODS

if TYPE_CHECKING:
    from indexer.evaluation.runner import Report


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
    with errors():
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
            say("The reranker of QINGSHAN_RERANKER is not measured: this is the ranking before it.")
        data = load_dataset(dataset)
        embedder = load_embedder(settings, lambda step: say(f"preparing the model: {step}"))
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
    if not err.is_terminal:
        yield lambda _doing, _done, _total: None
        return
    from rich.progress import Progress

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda doing, done, total: bar.update(task, description=doing, completed=done, total=total)


def _print_report(report: dict[str, Any]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    out.print(
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
    out.print(table)


def _print_comparison(reports: Sequence[Report]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from indexer.evaluation.runner import headline

    first = reports[0]
    out.print(
        f"{first.dataset}: {first.passages:,} passages, {first.overall['questions']} questions, model {first.model}"
    )
    columns = [headline(report) for report in reports]
    table = Table("", box=SIMPLE, padding=(0, 1, 0, 0))
    for report in reports:
        table.add_column(report.method, justify="right", no_wrap=True)
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:.4f}" for column in columns))
    out.print(table)
    out.print("fair: ours; rrf: BM25 + cosine in one pool; cosine: meaning alone in one pool.")
    out.print("A direction (en→zh) ranks the documents of that language only.")
