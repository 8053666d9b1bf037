"""The hits of a question: found, balanced between the languages, gathered by document, shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.address import BALANCES, MOST_PAGES, SORTS, Address, go, here
from indexer.page.asked import refused
from indexer.page.cards import Reader, card
from indexer.page.engines import facts_of
from indexer.page.messages import counted, t
from indexer.page.text import safe
from indexer.types import LANGS, Hit, Lang

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.grouping import Group
    from indexer.search.understanding import Refusal, Understanding
    from indexer.store.catalog import Stats

PAGE = 10  # documents shown at first, and more at each press of the button
COLUMN = 6  # in each of two columns
_HITS = 3  # passages looked at for each document that is shown, at first
_MOST_HITS = 400


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a question.

    Attributes:
        columns: One list of documents, or those of Chinese and of English.
        hits: All that were looked at.
        more: Whether there are relevant ones beyond those.
        refusal: What to tell if none is relevant.
    """

    columns: tuple[tuple[Group, ...], ...]
    hits: tuple[Hit, ...]
    more: bool
    refusal: Refusal | None

    @property
    def groups(self) -> list[Group]:
        """The documents of all columns."""
        return [group for column in self.columns for group in column]


def find(engine: SearchEngine, address: Address) -> Found:
    """The hits that an address shows.

    Raises:
        QueryError: The question can't be searched for.
    """
    langs: tuple[Lang | None, ...] = (None,)
    if address.lang:
        langs = (address.lang,)
    elif address.balance != "both":
        langs = ("en", "zh") if address.balance == "en" else LANGS
    side = len(langs) == 2 and address.balance == "side"
    wanted = (COLUMN if side else PAGE) * address.page
    parts = [_gathered(engine, address, lang, wanted + 1) for lang in langs]
    hits = tuple(hit for found, _ in parts for hit in found)
    columns = [groups for _, groups in parts]
    if not side:
        # Of two languages, what is weak in the first does not stand before what is relevant in the second.
        both = [group for groups in columns for group in groups]
        columns = [[*filter(_relevant, both), *(group for group in both if not _relevant(group))]]
    more = any(_relevant(group) for groups in columns for group in groups[wanted:])
    refusal = engine.refusal(
        address.question, hits, address.lang, where=address.where, without_terms=address.off
    )
    return Found(tuple(tuple(groups[:wanted]) for groups in columns), hits, more, refusal)


def _gathered(
    engine: SearchEngine, address: Address, lang: Lang | None, wanted: int
) -> tuple[list[Hit], list[Group]]:
    """Hits in one or all languages, as many as make the documents wanted, and these."""
    from indexer.search.grouping import Group, group

    k = _HITS * wanted
    while True:
        hits = engine.search(
            address.question, k, lang, where=address.where, without_terms=address.off, sort=address.sort
        )
        groups = group(hits)
        if len(groups) >= wanted or len(hits) < k or k >= _MOST_HITS:
            break
        k = min(2 * k, _MOST_HITS)
    # Weak passages of a document that has better ones say nothing that its text in context doesn't.
    return hits, [Group(g.best, tuple(hit for hit in g.more if _is_relevant(hit))) for g in groups]


def _relevant(group: Group) -> bool:
    return _is_relevant(group.best)


def _is_relevant(hit: Hit) -> bool:
    from indexer.search.relevance import RELEVANT

    return hit.relevance >= RELEVANT


def results(
    engine: SearchEngine, stats: Stats, address: Address, understanding: Understanding, found: Found
) -> None:
    """The hits that an address shows."""
    shown = found.groups
    ranked = address.sort == "relevance"
    reader = Reader(
        engine,
        understanding,
        address.question,
        replace(address.where, lang=address.lang),
        _ranks(found.hits) if ranked else {},
        {group.best.doc_id: facts_of(engine, stats, group.best.doc_id) for group in shown},
        together=ranked
        and address.balance == "both"
        and len({g.best.lang for g in filter(_relevant, shown)}) == 2,
    )
    if found.refusal is not None:
        refused(found.refusal, address, bool(shown))
        if shown:
            _folded(reader, shown, t("nearest"), ":material/near_me:", "nearest")
        return
    relevant = [[group for group in column if _relevant(group)] for column in found.columns]
    weak = [group for group in shown if not _relevant(group)]
    _count(stats, address, [group for column in relevant for group in column])
    if len(relevant) == 2:
        for lang, place, groups in zip(LANGS, st.columns(2, gap="medium"), relevant, strict=True):
            with place, st.container(key=f"column-{lang}"):
                st.html(f'<h2 class="qs-column">{safe(t(f"column_{lang}"))}</h2>')
                if not groups:
                    st.html(f'<p class="qs-note">{safe(t("column_empty"))}</p>')
                for group in groups:
                    card(reader, group)
    else:
        for group in relevant[0]:
            card(reader, group)
    if found.more and address.page < MOST_PAGES:
        st.button(t("more"), key="more", on_click=_more, width="stretch")
    if weak:
        _folded(reader, weak, counted("rest_one", "rest", len(weak)), ":material/low_priority:", "rest")


def _folded(reader: Reader, groups: Sequence[Group], label: str, icon: str, name: str) -> None:
    """What hardly bears on the question: drawn for those who ask."""
    rest = st.expander(label, icon=icon, key=f"{name}-{reader.question}", on_change="rerun", type="compact")
    if rest.open:
        with rest:
            for group in groups:
                card(reader, group)


def _count(stats: Stats, address: Address, groups: Sequence[Group]) -> None:
    total = stats.by_lang.get(address.lang, 0) if address.lang else stats.passages
    passages = sum(1 + len(group.more) for group in groups)
    key = "found_one" if passages == 1 else "found_document" if len(groups) == 1 else "found"
    found = t(key, passages=passages, total=f"{total:,}", documents=len(groups))
    st.html(f'<p class="qs-note" role="status">{safe(found)}</p>')


def _ranks(hits: Sequence[Hit]) -> dict[str, int]:
    """Each passage's place among the hits in its language."""
    counts: Counter[Lang] = Counter()
    found = {}
    for hit in hits:
        counts[hit.lang] += 1
        found[hit.passage_id] = counts[hit.lang]
    return found


def _more() -> None:
    address = here()
    go(replace(address, page=min(address.page + 1, MOST_PAGES)))


# How they are ordered


def order(address: Address) -> None:
    """The balance of the languages and the order of the hits."""

    def change() -> None:
        state = st.session_state
        go(replace(here(), balance=state["balance"], sort=state["sort"], page=1))

    st.session_state["balance"], st.session_state["sort"] = address.balance, address.sort
    st.segmented_control(
        t("balance"), BALANCES, format_func=lambda name: t(f"balance_{name}"), key="balance", required=True,
        on_change=change, label_visibility="collapsed", disabled=address.lang is not None,
    )  # fmt: skip
    st.selectbox(
        t("sort"), SORTS, format_func=lambda name: t(f"sort_{name}"), key="sort", on_change=change,
        label_visibility="collapsed", width=170, placeholder=t("sort"),
    )  # fmt: skip
