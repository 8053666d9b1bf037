"""The analyst's workbench: which part is shown, and where. What the parts do is in ``indexer.page``.

Whatever a bulletin or an address says is text: it reaches the page through :mod:`indexer.page.text` and nothing else.
"""

from __future__ import annotations

import logging
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from indexer.config import Settings, load_settings
from indexer.errors import ConfigError, IndexNotFoundError, QingshanError, QueryError
from indexer.page.access import may_enter, sign_in, sign_out
from indexer.page.address import Address, here, page_param
from indexer.page.asked import understood
from indexer.page.asking import ask, examples, hints, history, question_form, remember
from indexer.page.basket import basket
from indexer.page.chips import chips
from indexer.page.corpus import corpus
from indexer.page.engines import engines, facets_of, warm
from indexer.page.facets import facets
from indexer.page.header import header, tabs
from indexer.page.messages import count_by_lang, counted, local_time, page_lang, reason, t
from indexer.page.overview import overview
from indexer.page.results import find, order, results
from indexer.page.saved import save_search, saved_searches
from indexer.page.style import ICON, STYLE
from indexer.page.text import plain, safe, visible
from indexer.page.upload import upload

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.store.catalog import Stats

log = logging.getLogger("qingshan.app")


def adopt_address() -> Address:
    """What the address shows, which a link or the back button may have changed; the widgets follow it."""
    address, state = here(), st.session_state
    for key, value in (("question", address.question), ("ui", page_param() or page_lang())):
        if state.get(key) != value:
            state[key] = value
    return address


def search(engine: SearchEngine, stats: Stats, address: Address) -> None:
    """The part of the workbench that answers questions. Counts come last: hits don't wait for them."""
    question_form()
    if not address.question:
        if st.session_state.get("asked_nothing"):
            st.info(t("type_something"))
        chips(address, None, ask)
        st.html(f'<p class="qs-tagline">{safe(t("tagline"))}</p>')
        examples()
        warm(engine, id(engine))
        hints()
    else:
        try:
            answer(engine, stats, address)
        except QueryError as error:
            st.warning(plain(reason(error)))
    with st.sidebar:
        narrow(engine, stats, address)


def answer(engine: SearchEngine, stats: Stats, address: Address) -> None:
    """What the question is taken to mean, and its hits.

    They are found before anything is drawn: what was there stays in its place until all of it can change at once.
    """
    understanding = engine.understand(address.question, address.off)
    remember(address)
    found = find(engine, address)
    chips(address, understanding, ask)
    understood(understanding)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="order"):
        order(address)
        save_search(engine, address)
    seen = st.expander(
        t("overview"), icon=":material/bar_chart:", key="overview", on_change="rerun", type="compact"
    )
    results(engine, stats, address, understanding, found)
    if seen.open:
        with seen:
            overview(address, facets_of(engine, stats, address))


def narrow(engine: SearchEngine, stats: Stats, address: Address) -> None:
    """Filters, and what was asked before."""
    try:
        facets(address, facets_of(engine, stats, address))
    except QueryError:
        log.debug("no counts for a question that can't be searched for", exc_info=True)
    history()


def how_to_fill(message: str, index: Path) -> None:
    """What to do about an index that is not there or empty."""
    with st.sidebar:
        history()
    st.warning(t(message))
    st.code(f"reindex FOLDER --index {shlex.quote(visible(str(index)))}", language=None, wrap_lines=True)
    st.button(t("again"))


def footer(stats: Stats) -> None:
    """What is indexed."""
    known = t(
        "stats", documents=f"{stats.documents:,}", passages=f"{stats.passages:,}",
        by_lang=count_by_lang(stats.by_lang), updated=local_time(stats.updated),
    )  # fmt: skip
    lines = [known, *([counted("failed_one", "failed", stats.failed)] if stats.failed else [])]
    st.html(f'<p class="qs-note qs-foot">{"<br>".join(map(safe, lines))}</p>')


def page(address: Address, settings: Settings) -> None:
    """Everything below the header."""
    try:
        engine = engines().get(settings.index)
    except IndexNotFoundError:
        how_to_fill("missing", settings.index)
        upload_alone(settings)
        return
    stats = engine.stats()
    if not stats.documents:
        how_to_fill("empty", settings.index)
        upload_alone(settings)
        footer(stats)
        return
    if address.view == "search":
        search(engine, stats, address)
        footer(stats)
        return
    # The side stays, so that the head does.
    with st.sidebar:
        history()
    if address.view == "basket":
        basket(engine)
    elif address.view == "saved":
        saved_searches(engine)
    else:
        corpus(engine)
        upload(settings)
    footer(stats)


def side(address: Address) -> None:
    """The side of the page, there from the beginning: if it came with what is in it, it would push the rest away.

    Its name is for those who hear the page.
    """
    name = "narrow" if address.view == "search" else "history"
    st.sidebar.html(f'<p class="qs-heard">{safe(t(name))}</p>')


def upload_alone(settings: Settings) -> None:
    """A way to the first bulletins, where it is allowed."""
    if settings.allow_upload:
        upload(settings)


def main() -> None:
    """Run the page once."""
    address = adopt_address()
    title = f"{address.question[:60]} · 青山 Qingshan" if address.question else "青山 Qingshan"
    st.set_page_config(page_title=title, page_icon=ICON, layout="centered")
    st.html(STYLE)
    try:
        try:
            entered = may_enter()
        except ConfigError:
            header()
            raise
        if entered:
            side(address)
        header()
        if entered:
            tabs(address)
            page(address, load_settings())
            sign_out()
        else:
            sign_in()
    except QingshanError as error:
        st.error(plain(reason(error)))
    except Exception:
        log.exception("the page failed")
        st.error(t("unexpected"))


main()
