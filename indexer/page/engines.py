"""The engines that this server has open, and answers that are kept while an index stays as it is."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from indexer.config import load_settings
from indexer.embedding import load_ahead
from indexer.errors import SearchIndexError
from indexer.page.messages import step_words, t
from indexer.page.text import plain
from indexer.store.catalog import FILE_NAME
from indexer.types import Fact, Filter, Lang

if TYPE_CHECKING:
    from indexer.page.address import Address
    from indexer.search.engine import SearchEngine
    from indexer.search.facets import Facets
    from indexer.store.catalog import Stats

log = logging.getLogger("qingshan.app")

_ANY = "四川 water"  # a question in both languages, with a place


class Engines:
    """Open engines by index. One that was made anew is another index; a failure to open is not kept."""

    def __init__(self) -> None:
        self._open: dict[tuple[Path, int], SearchEngine] = {}
        self._lock = threading.Lock()

    def get(self, index: Path) -> SearchEngine:
        """The engine of an index, showing what is done if it has to be opened."""
        index = index.absolute()
        try:
            key = (index, (index / FILE_NAME).stat().st_ino)
        except OSError:
            key = (index, -1)
        if (engine := self._open.get(key)) is not None:
            return engine
        place = st.empty()
        try:
            with place.status(t("opening"), expanded=True) as status, self._lock:
                if key not in self._open:
                    if key[1] != -1:
                        load_ahead(load_settings())  # while the rest is imported, which takes as long
                    from indexer.search.engine import SearchEngine

                    engine = SearchEngine.open(
                        index, progress=lambda step: status.write(plain(step_words(step)))
                    )
                    kept = {k: v for k, v in self._open.items() if k[0] != index}
                    for old in self._open.keys() - kept.keys():
                        self._open[old].end_second()  # what it has found stands on pages that still ask it
                    self._open = kept | {key: engine}
        finally:
            place.empty()
        return self._open[key]


@st.cache_resource(show_spinner=False)
def engines() -> Engines:
    """Those of this server."""
    return Engines()


@st.cache_resource(show_spinner=False)
def warm(_engine: SearchEngine, state: int) -> None:
    """Load what a question needs (words, places, the model's first run) while the first one is typed.

    Args:
        _engine: The engine.
        state: Which engine it is.
    """

    def ask() -> None:
        try:
            _engine.understand(_ANY)
            _engine.search(_ANY)
        except Exception:
            log.debug("nothing to warm up with", exc_info=True)

    threading.Thread(target=ask, name="warm", daemon=True).start()


def facets_of(engine: SearchEngine, stats: Stats, address: Address) -> Facets:
    """Counts of what matches; they stay the same as long as the index does."""
    return _facets(engine, (id(engine), stats), address.question, address.lang, address.where, address.off)


@st.cache_data(show_spinner=False, max_entries=128)
def _facets(
    _engine: SearchEngine,
    state: tuple[int, Stats],
    question: str,
    lang: Lang | None,
    where: Filter,
    off: tuple[str, ...],
) -> Facets:
    return _engine.facets(question or None, lang=lang, where=where, without_terms=off)


def facts_of(engine: SearchEngine, stats: Stats, doc_id: str) -> tuple[Fact, ...]:
    """What is known about a document; nothing if it was removed in this moment."""
    try:
        return _facts(engine, (id(engine), stats.updated), doc_id)
    except SearchIndexError:
        return ()


@st.cache_data(show_spinner=False, max_entries=4096)
def _facts(_engine: SearchEngine, state: tuple[int, str | None], doc_id: str) -> tuple[Fact, ...]:
    return _engine.document(doc_id).facts
