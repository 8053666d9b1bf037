"""Why a passage is a hit: in plain words first, then in figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.messages import listed, t
from indexer.page.text import safe
from indexer.types import Hit

if TYPE_CHECKING:
    from indexer.search.query import Query
    from indexer.search.understanding import Understanding

# Standard deviations above the language's mean from which a meaning is called nearer than usual, and far nearer.
_NEARER, _FAR_NEARER = 1.5, 3.0
_FIGURES = ("dense", "cosine", "lexical", "late", "standing", "lead")
_WORDS = 8


def why(
    hit: Hit, understanding: Understanding, rank: int | None, match: str, *, together: bool = False
) -> None:
    """The panel of one hit.

    Args:
        hit: The hit.
        understanding: What the question is taken to mean.
        rank: Its place among the hits in its language; None where they are not ordered by relevance.
        match: What its match is called: ``strong``, ``good`` or ``weak``.
        together: Whether hits in both languages are ordered together.
    """
    lines = [t("why_match", match=t(match), percent=round(100 * hit.relevance))]
    if rank is not None:
        lines.append(t("why_rank", rank=rank, lang=t(f"why_{hit.lang}")))
    if together:
        lines.append(t("why_order"))
    own, translated = matched(hit, understanding)
    if own:
        lines.append(t("why_words", words=listed(own)))
    if translated:
        lines.append(t("why_translated", words=listed([f"{a} → {b}" for a, b in translated])))
    if not own and not translated:
        lines.append(t("why_no_words"))
    if "dense" in hit.scores:
        dense = hit.scores["dense"]
        how = "high" if dense >= _FAR_NEARER else "mid" if dense >= _NEARER else "low"
        lines.append(t(f"why_meaning_{how}"))
    figures = {"relevance": hit.relevance} | {k: hit.scores[k] for k in _FIGURES if k in hit.scores}
    figures["score"] = hit.score
    rows = "".join(
        f"<tr><th scope='row'>{safe(t(f'score_{name}'))}</th><td>{value:.2f}</td></tr>"
        for name, value in figures.items()
    )
    st.html(
        f'<ul class="qs-why">{"".join(f"<li>{safe(line)}</li>" for line in lines)}</ul>'
        f'<table class="qs-figures"><caption>{safe(t("why_figures"))}</caption>{rows}</table>'
    )


def matched(hit: Hit, understanding: Understanding) -> tuple[list[str], list[tuple[str, str]]]:
    """Words of the question that stand in a hit, as they stand there, and terms that do under another name.

    Returns:
        The question's own words; pairs of a term and the words of the hit that translate it. Eight of each at most.
    """
    query = understanding.query
    own = _found(hit, replace(query, terms=()))
    translated = []
    if hit.lang != query.lang:
        for term in query.terms:
            words = _found(hit, replace(query, tokens=(), terms=(term,)))
            if words and words != [term.source]:
                translated.append((term.source, words[0]))
    return own[:_WORDS], translated[:_WORDS]


def _found(hit: Hit, query: Query) -> list[str]:
    from indexer.search.highlight import highlight

    spans = highlight(hit.text, query, hit.lang)
    return list(dict.fromkeys(hit.text[start:end].casefold() for start, end in spans))
