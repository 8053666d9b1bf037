"""What an index holds and what it lacks, for those who keep it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.ingest.repeated import edge_lines
from indexer.language.publishers import publisher_key
from indexer.language.tokens import ANALYZER_VERSION
from indexer.store.catalog import FILE_NAME
from indexer.store.lines import Lines

if TYPE_CHECKING:
    from indexer.store.catalog import Catalog
    from indexer.types import Lang

_TOP = 20
"""Publishers and lines that are named."""


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """A line that is left out of passages: of a site (``site``), in so many of its documents."""

    line: str
    site: str
    documents: int


@dataclass(frozen=True, slots=True)
class Health:
    """What an index holds and what it lacks.

    Attributes:
        by_lang: Passages of each language.
        undated: Documents without a date; ``first`` and ``last`` are the dates of the others (ISO).
        failures: Files that could not be read, each with the reason and what to do, in the language asked for.
        formats: Documents of each format; ``publishers`` of each of the most frequent publishers, ``no_publisher``
            of none.
        boilerplate: Lines that are left out of passages, the most frequent.
        versions: Of ``ingest``, ``chunking``, ``analyzer`` and ``late``.
        bytes: On disk by part: ``catalog``, ``dense``, ``lexical``.
    """

    documents: int
    passages: int
    by_lang: dict[str, int]
    undated: int
    first: str | None
    last: str | None
    failures: tuple[tuple[str, str], ...]
    formats: dict[str, int]
    publishers: dict[str, int]
    no_publisher: int
    boilerplate: tuple[Boilerplate, ...]
    model: str | None
    versions: dict[str, str]
    bytes: dict[str, int]
    updated: str | None


def health(catalog: Catalog, lang: Lang = "en") -> Health:
    """Look through a catalog and the files beside it.

    Args:
        catalog: Of the index.
        lang: In which to say why files could not be read; English where a reason isn't known in Chinese.
    """
    stats = catalog.stats()
    labels = list(catalog.all_labels())
    dates = [published for published, _, _ in labels if published]
    publishers = Counter(publisher_key(publisher) for _, publisher, _ in labels if publisher)
    versions = {key: catalog.meta(key) for key in ("ingest", "chunking", "late")}
    return Health(
        documents=stats.documents,
        passages=stats.passages,
        by_lang=stats.by_lang,
        undated=len(labels) - len(dates),
        first=min(dates, default=None),
        last=max(dates, default=None),
        failures=tuple(sorted((f.path, f.why(lang)) for f in catalog.files().values() if f.error)),
        formats=dict(Counter(kind for _, _, kind in labels).most_common()),
        publishers=dict(publishers.most_common(_TOP)),
        no_publisher=len(labels) - publishers.total(),
        boilerplate=tuple(_boilerplate(catalog)),
        model=catalog.meta("model"),
        versions={**{k: v for k, v in versions.items() if v}, "analyzer": ANALYZER_VERSION},
        bytes=_bytes(catalog.folder),
        updated=stats.updated,
    )


def _boilerplate(catalog: Catalog) -> list[Boilerplate]:
    """The lines themselves are not stored, only their digests: each is read in one of the documents that have it."""
    lines = Lines(catalog)
    found = []
    for site, line, n in lines.left_out(_TOP):
        doc_id = next(lines.documents(site, line, True), None)
        document = catalog.document(doc_id) if doc_id else None
        if document is None:
            continue
        spans = (document.spans[i] for i, key in edge_lines(document).items() if key == line)
        if (span := next(spans, None)) is not None:
            found.append(Boilerplate(document.text[span.start : span.end], lines.name(site), n))
    return found


def _bytes(folder: Path) -> dict[str, int]:
    """Bytes on disk of each part of an index."""
    sizes: Counter[str] = Counter()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).parts[0]
        part = "catalog" if name.startswith(FILE_NAME) else name.partition(".")[0].partition("-")[0]
        try:
            sizes[part] += path.stat().st_size if path.is_file() else 0
        except OSError:  # replaced in this moment
            continue
    return dict(sizes.most_common())
