"""Chinese places in text, as codes of the official division list (``510000`` Sichuan, ``210200`` Dalian).

The table ``places.tsv`` holds provinces, cities and counties with their names in both languages;
``benchmarks/build_places.py`` makes it and says from what. Chinese text is scanned for names without cutting it into
words: full names go before short ones, what other words cover (``长江``, ``沿海``) is no place, and a short name is
refused where the characters around it make likelier words (``国内|江河``). Names that several places share, or that
mean something else as well, count only where a parent, a sibling or the full name speaks for them.
"""

from __future__ import annotations

from indexer.language.places.documents import ABOUT, MAX_PLACES, document_places
from indexer.language.places.mentions import Mention, find_places
from indexer.language.places.table import Place, place, provinces
from indexer.language.places.typed import lookup

__all__ = [
    "ABOUT",
    "MAX_PLACES",
    "Mention",
    "Place",
    "document_places",
    "find_places",
    "lookup",
    "place",
    "provinces",
]
