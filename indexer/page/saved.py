"""Saved searches, and what is new for each since it was last looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.address import Address, go, parse
from indexer.page.chips import in_words
from indexer.page.messages import local_time, reason, t
from indexer.page.passage import about
from indexer.page.text import plain, safe, visible
from indexer.store.catalog import moment

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.store.saved import Saved

_NEW = 20  # passages counted as new; beyond that it says "or more"
_NAMED = 3


def save_search(engine: SearchEngine, address: Address) -> None:
    """Saves the question with its filters under a name."""
    with st.popover(t("save_search"), icon=":material/star:", type="tertiary", key="save-search"):
        name = st.text_input(t("save_name"), value=address.question[:80], key=f"save-name-{address.question}")
        if st.button(t("save"), key="save", type="primary", disabled=not visible(name).strip()):
            try:
                engine.save(visible(name).strip(), replace(address, page=1, view="search").params())
            except QingshanError as error:
                st.warning(plain(reason(error)))
            else:
                st.success(plain(t("saved_as", name=visible(name).strip())))


def saved_searches(engine: SearchEngine) -> None:
    """The part of the workbench that shows them."""
    st.html(f'<h2 class="qs-title">{safe(t("saved"))}</h2>')
    found = engine.saved()
    if not found:
        st.html(f'<p class="qs-note">{safe(t("saved_empty"))}</p>')
    for one in found:
        # By its name, not by its place: a second press of "Delete" is not the next one's.
        key = str(crc32(one.name.encode()))
        with st.container(border=True, gap="small", key=f"saved-{key}"):
            _search(engine, one, key)


def _search(engine: SearchEngine, one: Saved, key: str) -> None:
    address = parse(one.query)
    filters = " · ".join([address.question, *in_words(address)])
    seen = t("saved_seen", moment=local_time(one.seen))
    looked = moment()  # what is indexed while the page stands there is new at the next look
    try:
        new = engine.new_passages(
            address.question,
            one.seen,
            lang=address.lang,
            where=address.where,
            without_terms=address.off,
            k=_NEW,
        )
        news, problem = _news(len(new)), None
    except QingshanError as error:
        new, news, problem = [], "", reason(error)
    strong = ' class="qs-new"' if new else ""
    st.html(
        f'<div class="qs-top"><h3>{safe(one.name)}</h3><span{strong}>{safe(news)}</span></div>'
        f'<p class="qs-meta">{safe(filters)}<br>{safe(seen)}</p>'
        + "".join(
            f'<p class="qs-small"><span lang="{hit.lang}">{safe(hit.title)}</span> {about(hit)}</p>'
            for hit in new[:_NAMED]
        )
    )
    if problem:
        st.warning(plain(problem))
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("open"),
            key=f"open-{key}",
            icon=":material/search:",
            on_click=_open,
            args=(engine, one, address),
        )
        if new:
            st.button(
                t("seen"), key=f"seen-{key}", icon=":material/done_all:", type="tertiary",
                on_click=_try, args=(engine.mark_seen, one.name, looked),
            )  # fmt: skip
        st.button(
            t("delete"), key=f"delete-{key}", icon=":material/delete:", type="tertiary",
            on_click=_try, args=(engine.forget_saved, one.name),
        )  # fmt: skip


def _news(n: int) -> str:
    return t("saved_new_most" if n >= _NEW else "saved_new", n=n) if n else t("saved_none")


def _open(engine: SearchEngine, one: Saved, address: Address) -> None:
    _try(engine.mark_seen, one.name)
    go(address)


def _try(action: Callable[..., None], *args: str) -> None:
    try:
        action(*args)
    except QingshanError as error:
        st.toast(plain(reason(error)))
