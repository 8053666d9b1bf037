"""Hits as cards: what it is, what it says, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page import basket
from indexer.page.cite import citation
from indexer.page.context import context
from indexer.page.differences import differences
from indexer.page.messages import counted, t
from indexer.page.passage import about, also_at, match, match_name, quote, standing
from indexer.page.source import source
from indexer.page.text import safe, web_address
from indexer.page.why import why
from indexer.types import Fact, Filter, Hit, Reprint

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.grouping import Group
    from indexer.search.understanding import Understanding


@dataclass(frozen=True, slots=True)
class Reader:
    """What cards need beside their hits.

    Attributes:
        ranks: Each passage's place among the hits in its language, from 1; empty where they aren't ordered by relevance.
        where: The filters beside those typed.
        facts: What is known about the documents of the hits.
        together: Whether hits in both languages are ordered together by relevance.
    """

    engine: SearchEngine
    understanding: Understanding
    question: str
    where: Filter
    ranks: dict[str, int]
    facts: dict[str, tuple[Fact, ...]]
    together: bool


@st.fragment
def card(reader: Reader, group: Group) -> None:
    """The best hit of a document, and the others folded away."""
    with st.container(border=True, gap="small", key=f"card-{group.best.passage_id}"):
        _passage(reader, group.best)
        if n := len(group.more):
            further = st.expander(
                counted("more_here_one", "more_here", n), key=f"more-{group.best.passage_id}",
                icon=":material/notes:", type="compact", on_change="rerun",
            )  # fmt: skip
            if further.open:
                with further:
                    for hit in group.more:
                        _further(reader, hit)
        if n := len(group.best.reprints):
            with st.expander(
                counted("reprint", "reprints", n), icon=":material/content_copy:", type="compact"
            ):
                for reprint in group.best.reprints:
                    _reprinted(reader.engine, group.best, reprint)


def _passage(reader: Reader, hit: Hit) -> None:
    found = reader.engine.highlight(reader.understanding.query, hit)
    st.html(
        f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3>{match(hit.relevance)}</div>'
        f'<p class="qs-meta">{about(hit, reader.facts.get(hit.doc_id, ()))}</p>'
        f"{quote(hit, found.spans, found.sentence)}{also_at(hit.paths, hit.path)}"
    )
    _actions(reader, hit)


def _further(reader: Reader, hit: Hit) -> None:
    """Another hit of the same document: what is the same is not said again."""
    found = reader.engine.highlight(reader.understanding.query, hit)
    st.html(
        f'<div class="qs-top qs-further"><span class="qs-meta">{safe(standing(hit))}</span>{match(hit.relevance)}</div>'
        f"{quote(hit, found.spans, found.sentence)}"
    )
    _actions(reader, hit)


def _actions(reader: Reader, hit: Hit) -> None:
    engine, key = reader.engine, hit.passage_id
    with st.container(horizontal=True, gap="small", key=f"actions-{key}"):
        if st.button(t("context"), key=f"context-{key}", icon=":material/article:", type="tertiary"):
            st.dialog(t("in_context"), width="large")(context)(engine, hit, reader.understanding.query)
        with st.popover(t("cite"), icon=":material/format_quote:", type="tertiary", key=f"cite-{key}"):
            citation(hit)
        with st.popover(t("why"), icon=":material/lightbulb:", type="tertiary", key=f"why-{key}"):
            rank, name = reader.ranks.get(key), match_name(hit.relevance)
            why(hit, reader.understanding, rank, name, together=reader.together)
        with st.popover(t("source"), icon=":material/draft:", type="tertiary", key=f"source-{key}"):
            source(engine, hit)
        basket.keep_button(hit, reader.question, reader.where)


def _reprinted(engine: SearchEngine, hit: Hit, reprint: Reprint) -> None:
    """One document that prints the same as a hit."""
    known = [reprint.publisher, reprint.published, reprint.format.upper(), reprint.path]
    script = f'<span class="qs-badge">{safe(t(reprint.script))}</span>' if reprint.script != "Latn" else ""
    st.html(
        f'<p class="qs-meta">{script}<span lang="{reprint.lang}">{safe(reprint.title)}</span><br>'
        f"{' · '.join(safe(part) for part in known if part)}</p>{also_at(reprint.paths, reprint.path)}"
    )
    with st.container(horizontal=True, gap="small"):
        key = f"differs-{hit.passage_id}-{reprint.passage_id}"
        if st.button(t("differs"), key=key, icon=":material/difference:", type="tertiary"):
            st.dialog(t("differences"), width="large")(differences)(engine, hit, reprint)
        if url := web_address(reprint.url):
            st.link_button(t("web_page"), url, icon=":material/open_in_new:", type="tertiary")
