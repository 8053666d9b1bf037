"""Tables whose cells are divided by drawn lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_NEAR = 2.5
"""Points within which lines are one line, and ends touch."""

_MAX_LINES = 600
"""Lines in one direction above which they are a drawing or a chart, not a table."""


@dataclass(slots=True)
class Rule:
    """A drawn line along one axis: ``at`` across it, from ``start`` to ``end`` along it."""

    at: float
    start: float
    end: float


@dataclass(slots=True)
class Grid:
    """A table's cells.

    Attributes:
        xs: Where its upright lines stand, rising; ``ys`` where the level ones do.
        cells: For each field between neighbouring lines, ``cells[row][column]`` with rows from below, the number of
            the cell that it is a part of.
    """

    xs: list[float]
    ys: list[float]
    cells: list[list[int]] = field(default_factory=list)

    def cell_at(self, x: float, y: float) -> int | None:
        """The cell at a point, None outside of the table."""
        if not (self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]):
            return None
        column = min(bisect_right(self.xs, x) - 1, len(self.xs) - 2)
        row = min(bisect_right(self.ys, y) - 1, len(self.ys) - 2)
        return self.cells[row][column]


def find_grids(level: Sequence[Rule], upright: Sequence[Rule]) -> list[Grid]:
    """The tables that drawn lines make, each of two columns or more; frames and underlines are none."""
    level, upright = _merged(level), _merged(upright)
    if len(level) < 2 or not upright or max(len(level), len(upright)) > _MAX_LINES:
        return []
    grids = []
    for ours_level, ours_upright in _connected(level, upright):
        ours_upright = _with_sides(ours_level, ours_upright)
        grid = Grid(_places(ours_upright), _places(ours_level))
        if len(grid.xs) < 3 or len(grid.ys) < 2:
            continue
        _join_fields(grid, ours_level, ours_upright)
        if any(len(set(row)) > 1 for row in grid.cells):
            grids.append(grid)
    return grids


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of a line as one, and lines drawn twice once."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.at, rule.start)):
        other = next((other for other in _near(merged, rule) if _touch(other, rule)), None)
        if other is None:
            merged.append(Rule(rule.at, rule.start, rule.end))
        else:
            other.start, other.end = min(rule.start, other.start), max(rule.end, other.end)
    return [rule for rule in merged if rule.end - rule.start > _NEAR]


def _near(rules: Sequence[Rule], rule: Rule) -> Iterator[Rule]:
    """The last of some lines, sorted by place, that lie where another does."""
    for other in reversed(rules):
        if rule.at - other.at > _NEAR:
            break
        yield other


def _touch(one: Rule, other: Rule) -> bool:
    return one.start <= other.end + _NEAR and one.end >= other.start - _NEAR


def _connected(level: list[Rule], upright: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of lines that cross or touch each other."""
    parents = list(range(len(level) + len(upright)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for i, flat in enumerate(level):
        for j, up in enumerate(upright, start=len(level)):
            if (
                flat.start - _NEAR <= up.at <= flat.end + _NEAR
                and up.start - _NEAR <= flat.at <= up.end + _NEAR
            ):
                parents[root(i)] = root(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for index in range(len(parents)):
        group = groups.setdefault(root(index), ([], []))
        if index < len(level):
            group[0].append(level[index])
        else:
            group[1].append(upright[index - len(level)])
    return [group for group in groups.values() if len(group[0]) >= 2 and group[1]]


def _with_sides(level: list[Rule], upright: list[Rule]) -> list[Rule]:
    """The upright lines, with those at the sides that tables in Chinese standards are drawn without."""
    bottom, top = min(rule.at for rule in level), max(rule.at for rule in level)
    sides = []
    for end in (min(rule.start for rule in level), max(rule.end for rule in level)):
        n_reaching = sum(
            abs(end - rule.start) < 2 * _NEAR or abs(end - rule.end) < 2 * _NEAR for rule in level
        )
        if n_reaching >= 2 and all(abs(rule.at - end) > 2 * _NEAR for rule in upright):
            sides.append(Rule(end, bottom, top))
    return upright + sides


def _places(rules: Sequence[Rule]) -> list[float]:
    places: list[float] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if not places or rule.at - places[-1] > _NEAR:
            places.append(rule.at)
    return places


def _join_fields(grid: Grid, level: Sequence[Rule], upright: Sequence[Rule]) -> None:
    """Make one cell of fields that no line divides."""
    n_rows, n_columns = len(grid.ys) - 1, len(grid.xs) - 1
    parents = list(range(n_rows * n_columns))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def is_drawn(rules: Sequence[Rule], at: float, middle: float) -> bool:
        return any(abs(rule.at - at) <= _NEAR and rule.start - 1 <= middle <= rule.end + 1 for rule in rules)

    for row in range(n_rows):
        for column in range(n_columns):
            here = row * n_columns + column
            y = (grid.ys[row] + grid.ys[row + 1]) / 2
            x = (grid.xs[column] + grid.xs[column + 1]) / 2
            if column + 1 < n_columns and not is_drawn(upright, grid.xs[column + 1], y):
                parents[root(here + 1)] = root(here)
            if row + 1 < n_rows and not is_drawn(level, grid.ys[row + 1], x):
                parents[root(here + n_columns)] = root(here)
    grid.cells = [[root(row * n_columns + column) for column in range(n_columns)] for row in range(n_rows)]
