"""The commands put together, and run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from indexer.cli import SAID_WHEN_STOPPED, STOPPED
from indexer.cli.comparing import diff
from indexer.cli.console import COULD_NOT_RUN, IndexOption, err, fail
from indexer.cli.evaluating import evaluate
from indexer.cli.indexing import prepare, reindex, status
from indexer.cli.inspecting import inspect
from indexer.cli.searching import search
from indexer.cli.verifying import verify

app = typer.Typer(
    help="Bilingual semantic search over Chinese and English environmental-policy bulletins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (reindex, search, diff, verify, inspect, evaluate, status, prepare):
    app.command()(command)


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", help="Port of the search page.")] = 8501,
    index: IndexOption = None,
) -> None:
    """Open the search page."""
    import subprocess

    page = Path(__file__).resolve().parents[2] / "app.py"
    if not page.is_file():
        page = Path("app.py")
    if not page.is_file():
        fail("app.py is not here. Run this in the project's folder: streamlit run app.py")
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
    if code == STOPPED:  # here, since it may come before the command has begun
        err.print(SAID_WHEN_STOPPED)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    os._exit(code if isinstance(code, int) else 0 if code is None else COULD_NOT_RUN)


def run() -> NoReturn:
    """Run ``qingshan``."""
    _run(app, "qingshan")


def run_reindex() -> NoReturn:
    """Run ``reindex``, which is ``qingshan reindex``."""
    single = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    single.command(name="reindex")(reindex)
    _run(single, "reindex")
