"""Which passages a filter lets through, by SQL over the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from indexer.language.places import ABOUT
from indexer.language.publishers import publisher_key
from indexer.store.lines import host_of
from indexer.types import Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray


def matching(db: sqlite3.Connection, wanted: Filter) -> NDArray[np.int64]:
    """Numbers of the passages of all documents that a filter lets through, ascending; languages are not looked at."""
    conditions: list[str] = []
    values: list[object] = []

    def need(condition: str, *mine: object) -> None:
        conditions.append(condition)
        values.extend(mine)

    if wanted.since:
        need("d.published >= ?", wanted.since)
    if wanted.until:
        need("d.published <= ?", wanted.until)
    if wanted.period:
        first, _, last = wanted.period.partition("/")
        speaks_of_it = _has_fact("substr(f.value, 1, 10) <= ? AND substr(f.value, 12) >= ?")
        need(f"(d.published BETWEEN ? AND ? OR {speaks_of_it})", first, last, "period", 0.0, last, first)
    if wanted.indexed_after:
        need("d.indexed_at > ?", wanted.indexed_after)
    if wanted.publishers:
        names = _printed(db, wanted.publishers)
        need(f"d.publisher IN ({_marks(names)})", *names)
    if wanted.formats:
        need(f"d.format IN ({_marks(wanted.formats)})", *wanted.formats)
    if wanted.site:
        site = wanted.site.lower().removeprefix("www.")
        part = site.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        names = _printed(db, (wanted.site,))
        need(
            r"(host(d.url) = ? OR host(d.url) LIKE ? ESCAPE '\' OR d.publisher LIKE ? ESCAPE '\'"
            f" OR d.publisher IN ({_marks(names)}))",
            site, f"%.{part}", f"%{part}%", *names,
        )  # fmt: skip
    if wanted.topics:
        need(_has_fact(f"f.value IN ({_marks(wanted.topics)})"), "topic", 0.0, *wanted.topics)
    if wanted.places:
        prefixes = [_prefix(code) for code in wanted.places]
        either = " OR ".join(["f.value GLOB ?"] * len(prefixes))
        need(_has_fact(either), "place", ABOUT, *(f"{p}*" for p in prefixes))
    db.create_function("host", 1, host_of, deterministic=True)
    # A document's passages were stored in one go: their numbers follow each other.
    end = "SELECT number FROM passages p WHERE p.doc_id = d.doc_id ORDER BY p.ordinal"
    rows = db.execute(
        f"SELECT ({end} LIMIT 1) AS first, ({end} DESC LIMIT 1) FROM documents d"
        f" WHERE {' AND '.join(conditions) or '1'} AND first NOT NULL ORDER BY first",
        values,
    ).fetchall()
    return _ranges(np.array(rows, np.int64).reshape(-1, 2))


def is_among(numbers: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which passage numbers are among others, which ascend; shape ``(len(numbers),)``."""
    if not len(held) or not len(numbers):
        return np.zeros(len(numbers), bool)
    if 20 * len(numbers) < len(held):
        return np.asarray(held[np.minimum(np.searchsorted(held, numbers), len(held) - 1)] == numbers, bool)
    table = np.zeros(int(held[-1]) + 2, bool)  # the last is for numbers beyond
    table[held] = True
    return np.asarray(table[np.minimum(numbers, len(table) - 1)], bool)


def _printed(db: sqlite3.Connection, publishers: Sequence[str]) -> tuple[str, ...]:
    """The names, in either language, under which some publishers have published."""
    keys = set(map(publisher_key, publishers))
    names = db.execute("SELECT DISTINCT publisher FROM documents WHERE publisher NOT NULL")
    return tuple(name for (name,) in names if publisher_key(name) in keys)


def _ranges(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers of some ranges, ``ends`` being the first and the last of each; shape ``(n, 2)``."""
    lengths = ends[:, 1] - ends[:, 0] + 1
    before = np.cumsum(lengths) - lengths
    return np.repeat(ends[:, 0] - before, lengths) + np.arange(int(lengths.sum()))


def _has_fact(condition: str) -> str:
    return (
        f"d.doc_id IN (SELECT f.doc_id FROM facts f WHERE f.name = ? AND f.confidence >= ? AND ({condition}))"
    )


def _prefix(code: str) -> str:
    """The digits that a division shares with those inside it: 51 for Sichuan (510000), 2102 for Dalian (210200)."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
