"""Qingshan (青山): bilingual semantic search over Chinese and English environmental-policy bulletins.

>>> from indexer import SearchEngine, reindex
>>> reindex(["corpus"], "index")  # doctest: +SKIP
>>> SearchEngine.open("index").search("How many good-air days did Beijing have?")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.config import Settings
    from indexer.errors import QingshanError
    from indexer.indexing.report import Summary
    from indexer.indexing.run import reindex
    from indexer.search.citation import Citation, cite
    from indexer.search.engine import SearchEngine
    from indexer.types import Document, Hit, Passage

__version__ = "0.1.0"

_HOME = {
    "Citation": "indexer.search.citation",
    "Document": "indexer.types",
    "Hit": "indexer.types",
    "Passage": "indexer.types",
    "QingshanError": "indexer.errors",
    "SearchEngine": "indexer.search.engine",
    "Settings": "indexer.config",
    "Summary": "indexer.indexing.report",
    "cite": "indexer.search.citation",
    "reindex": "indexer.indexing.run",
}
__all__ = [
    "Citation",
    "Document",
    "Hit",
    "Passage",
    "QingshanError",
    "SearchEngine",
    "Settings",
    "Summary",
    "cite",
    "reindex",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import public names when they are first used, so that ``import indexer`` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
