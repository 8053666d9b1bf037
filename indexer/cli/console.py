"""What the commands share: output, errors and options."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from indexer.cli import STOPPED
from indexer.errors import QingshanError


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # for `errors`; rich would exit with code 1


out = _Console(highlight=False, soft_wrap=True)
err = _Console(stderr=True, highlight=False, soft_wrap=True)

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index (QINGSHAN_INDEX; ./index by default).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

COULD_NOT_RUN = 2


@contextmanager
def errors() -> Iterator[None]:
    """Errors that a user can meet become one clear line and exit code 2."""
    try:
        yield
    except QingshanError as error:
        fail(str(error))
    except sqlite3.DatabaseError as error:
        fail(
            f"The index is damaged ({error}). Make it anew from the bulletins: reindex FOLDER_OF_BULLETINS "
            "--rebuild"
        )
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`). Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:  # a path that can't even be looked at
        why = error.strerror or error
        fail(f"{error.filename or 'A file'}: {why}. Check that it is there and that you may read it.")


def fail(message: str) -> NoReturn:
    """End the command with an error."""
    err.print(f"[red]error:[/red] {escape(message)}")
    raise typer.Exit(COULD_NOT_RUN)


def say(message: str) -> None:
    """Tell what goes on, apart from what the command prints."""
    err.print(f"[dim]{escape(message)}[/dim]")


def shortened(text: str, n: int) -> str:
    """A text on one line, of at most ``n`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= n else text[: n - 1] + "…"
