"""Rows of tables as lines of text, the same for every format."""

from __future__ import annotations

from collections.abc import Sequence

CELL_BORDER = " | "

Cell = tuple[str, int, bool]
"""Text, number of columns, and whether it goes on with the cell above."""

_REPEATED = 30
"""Characters of a cell over several rows that each of them repeats: a group's name, not a long remark."""


def table_lines(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """One line a row, cells divided by ``" | "``; empty rows are left out.

    Args:
        rows: For each row its cells. The text of a cell that goes on is given again if it is short, so that each row
            says what group it belongs to.
    """
    lines = []
    above: dict[int, str] = {}
    for row in rows:
        texts = []
        column = 0
        own = False
        for text, span, goes_on in row:
            if goes_on and not text:
                text = above.get(column, "")
            else:
                own = own or bool(text)
                above[column] = text if len(text) <= _REPEATED else ""
            texts.append(text)
            column += span
        if own:
            lines.append(CELL_BORDER.join(texts).rstrip(" |"))
    return lines


def open_groups(rows: Sequence[Sequence[Cell]]) -> dict[int, str]:
    """Short texts, by column, of the cells over several rows that reach the end of a table."""
    above: dict[int, str] = {}
    groups: dict[int, str] = {}
    for row in rows:
        groups = {}
        column = 0
        for text, span, goes_on in row:
            if not goes_on:
                above[column] = text if len(text) <= _REPEATED else ""
            elif above.get(column):
                groups[column] = above[column]
            column += span
    return groups
