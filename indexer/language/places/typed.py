"""What a typed name means, as in a filter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from indexer.language.places.scan import ABBREVIATIONS, KIND, PART, RUN, of_kind, simplified
from indexer.language.places.table import (
    DEFAULTS_EN,
    FIRST_WORD,
    Place,
    fold,
    load_table,
    meaning_en,
    meaning_zh,
)


def lookup(name: str) -> list[Place]:
    """What a typed name may mean, the most important first; empty if nothing.

    Takes any of the names in Chinese (Simplified or Traditional) or English, whatever the case, with or without
    ``省``, ``市``, ``Province``, ``City``; a code; a region (``京津冀``, ``Yangtze River Delta``), for its provinces;
    a part of a province (``川东北``), for the province.
    """
    table = load_table()
    key = fold(simplified(unicodedata.normalize("NFKC", name))).strip()
    return [table.places[code] for code in _typed_chinese(key) or _typed_english(key) if code in table.places]


def _typed_chinese(key: str) -> Sequence[str]:
    table = load_table()
    if key in table.places:
        return (key,)
    if len(key) == 1:
        return (ABBREVIATIONS[key] + "0000",) if key in ABBREVIATIONS else ()
    for written in (key, *(key.removesuffix(kind) for kind in ("地区", "省", "市", "县", "区", "州"))):
        name = meaning_zh(written)
        if name and name.codes:
            if written == key or name.region:
                return name.codes
            kind = key[len(written) :]
            return tuple(
                c for c in name.codes if kind in ("地区", "州") or table.places[c].name_zh.endswith(kind)
            )
        if match := PART.fullmatch(written.removesuffix("部")):
            return (ABBREVIATIONS[match[0][0]] + "0000",)
    if run := RUN.fullmatch(key):
        return tuple(ABBREVIATIONS[c] + "0000" for c in run[0])
    return ()


def _typed_english(key: str) -> Sequence[str]:
    table = load_table()
    key = " ".join(key.split())
    if name := meaning_en(key):
        default = DEFAULTS_EN.get(key)
        return (default, *(c for c in name.codes if c != default)) if default else name.codes
    first = FIRST_WORD.match(key)
    for written in table.words.get(first[0], ()) if first else ():
        if key.startswith(written) and (kind := KIND.fullmatch(key, len(written))):
            known = meaning_en(written)
            return of_kind(known.codes if known else (), kind["kind"] or kind["autonomous"])
    return ()
