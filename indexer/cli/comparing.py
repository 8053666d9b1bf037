"""``diff``: what differs between two bulletins."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from indexer.cli.console import IndexOption, JsonOption, errors, out

if TYPE_CHECKING:
    from indexer.ingest.fingerprint import Likeness
    from indexer.search.reprints import Difference
    from indexer.types import Document


def diff(
    first: Annotated[str, typer.Argument(help="A bulletin's file, or its doc_id.", show_default=False)],
    second: Annotated[str, typer.Argument(help="Another, likewise.", show_default=False)],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two bulletins, such as two reprints, sentence by sentence.

    Two files need no index. Script, width, punctuation and line breaks make no difference.
    """
    with errors():
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
            out.print(f"[bold]{mark} {escape(' · '.join(x for x in known if x))}[/bold]")
        out.print(f"[dim]{escape(_likeness_in_words(likeness))}[/dim]\n")
        for difference in differences:
            _print_difference(difference)


def _document(name: str, index: Path | None) -> Document:
    """The document of a file, or of the index by its identity."""
    from indexer.errors import ConfigError, SearchIndexError
    from indexer.ingest import archive, read_document

    if archive.split_path(Path(name))[0].exists():
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
        out.print(Text(f"  {text if len(text) <= 60 else f'{text[:28]} … {text[-28:]}'}{n}", "dim"))
        return
    for sign, text, marks, colour, around in (
        ("- ", difference.a, difference.a_marks, "red", ("[-", "-]")),
        ("+ ", difference.b, difference.b_marks, "green", ("{+", "+}")),
    ):
        if not text:
            continue
        before, after = ("", "") if out.is_terminal else around  # where colours are lost
        line, at = Text(), 0
        for start, end in marks:
            line.append(text[at:start]).append(before + text[start:end] + after, f"bold {colour} reverse")
            at = end
        line.append(text[at:], colour if difference.kind != "changed" else "")
        for part in line.split("\n"):
            out.print(Text(sign, colour) + part)
