"""What the page says about a question: how it was understood, and that nothing relevant was found."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.address import Address, go, here, toggled
from indexer.page.messages import listed, t, topic_name
from indexer.page.text import plain, safe

if TYPE_CHECKING:
    from indexer.search.understanding import Refusal, Translated, Understanding


def understood(understanding: Understanding) -> None:
    """The question's language and the terms searched for in the other one, each with a switch."""
    if not understanding.translated:
        return
    words = listed(understanding.also_searched) or t("no_terms")
    other = "en" if understanding.query.lang == "zh" else "zh"
    note = t(f"question_{understanding.query.lang}") + t("also_searched")
    with st.container(horizontal=True, gap="small", key="terms", vertical_alignment="center"):
        st.html(f'<p class="qs-note">{safe(note)}<span lang="{other}">{safe(words)}</span></p>')
        with st.popover(t("terms"), icon=":material/tune:", type="tertiary"):
            st.html(f'<p class="qs-note">{safe(t("terms_help"))}</p>')
            for term in understanding.translated:
                _term(term)


def _term(term: Translated) -> None:
    key = f"term-{term.source}"
    if st.session_state.get(key) != term.on:
        st.session_state[key] = term.on
    label = f"{term.source} → {listed(term.translations)} · {t('glossary' if term.glossary else 'cedict')}"
    st.checkbox(plain(label), key=key, on_change=_switch, args=(term.source,))


def _switch(term: str) -> None:
    address = here()
    go(replace(address, off=toggled(address.off, term), page=1))


def squeezed(text: str) -> str:
    """A text's letters and digits alone, in one script and case: for telling whether a question still has a term."""
    from indexer.language.tokens import normalize

    return re.sub(r"[\W_]+", "", normalize(text))


def refused(refusal: Refusal, address: Address, nearest: bool) -> None:
    """That nothing relevant was found, the nearest topics, and whether a filter is too narrow.

    Args:
        refusal: What :meth:`SearchEngine.refusal` gave.
        address: What was asked.
        nearest: Whether there are hits at all.
    """
    if nearest:
        lines = [t("irrelevant")]
    else:
        lines = [t("nothing_filtered") if address.filtered else t("nothing")]
    if found := [topic_name(name) for name in refusal.topics]:
        lines.append(t("nearest_topics", topics=listed(found)))
    if refusal.filtered:
        lines.append(t("too_narrow" if refusal.too_narrow else "not_the_filters"))
    st.warning(plain("\n".join(lines)))
    if address.filtered:
        st.button(t("clear"), key="clear-all", on_click=go, args=(address.unfiltered(),))
