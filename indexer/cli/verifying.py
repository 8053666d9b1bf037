"""``verify``: what became of the passages of a receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from indexer.cli.console import IndexOption, JsonOption, errors, out

if TYPE_CHECKING:
    from indexer.search.receipt import Status, Verdict

_LOST_PASSAGES = 1


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
    with errors():
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
        raise typer.Exit(_LOST_PASSAGES)


def _print_verdicts(verdicts: Sequence[Verdict], updated: str | None) -> None:
    colours: dict[Status, str] = {"unchanged": "green", "moved": "yellow", "changed": "red", "gone": "red"}
    for number, verdict in enumerate(verdicts, 1):
        status = f"[{colours[verdict.status]}]{verdict.status:<9}[/{colours[verdict.status]}]"
        out.print(f"{number:>3}  {status}  {escape(verdict.title)}  [dim]{escape(verdict.path)}[/dim]")
        out.print(f"                {escape(verdict.detail)}")
    counts = Counter(verdict.status for verdict in verdicts)
    summary = ", ".join(f"{counts[status]} {status}" for status in colours)
    out.print(f"{summary}; by the index as of {updated or 'never'}")
