"""The question: its box, examples, and what was asked in this session."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

import streamlit as st

from indexer.page.address import Address, go, here
from indexer.page.asked import squeezed
from indexer.page.messages import t
from indexer.page.text import plain, safe, visible

EXAMPLES = (
    "没有排污许可证排放污染物罚多少钱？",
    "长江禁渔有多少渔民退捕上岸？",
    "How often must river chiefs patrol in Wenzhou?",
    "What was Beijing's average PM2.5 in 2024?",
)
_REMEMBERED = 30


def ask(question: str | None = None) -> None:
    """Put a question, by default that of the box, into the address; filters stay."""
    question = visible(st.session_state["question"] if question is None else question).strip()
    st.session_state["asked_nothing"] = not question
    address = here()
    still = tuple(term for term in address.off if squeezed(term) in squeezed(question))
    go(replace(address, question=question, off=still, page=1, view="search"))


def question_form() -> None:
    """The box; Enter asks."""
    with (
        st.form("ask", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="ask-row"),
    ):
        st.text_input(
            t("question"), key="question", placeholder=t("placeholder"), label_visibility="collapsed",
            autocomplete="off",
        )  # fmt: skip
        st.form_submit_button(t("search"), type="primary", on_click=ask)


def examples() -> None:
    """Questions to start with."""
    st.html(f'<p class="qs-note">{safe(t("examples"))}</p>')
    with st.container(gap="small", key="examples"):
        for n, question in enumerate(EXAMPLES):
            st.button(
                plain(question), key=f"example-{n}", on_click=ask, args=(question,), type="tertiary",
                icon=":material/search:",
            )  # fmt: skip


# What was asked


def remember(address: Address) -> None:
    """Note what was asked, the newest first."""
    asked = replace(address, page=1, view="search")
    before = _asked()
    if before[:1] != [asked]:
        st.session_state["history"] = [asked, *(a for a in before if a != asked)][:_REMEMBERED]


def hints() -> None:
    """What else can be typed than a question."""
    st.html(f'<p class="qs-small qs-hints">{safe(t("hints"))}</p>')


def history() -> None:
    """The questions of this session, each a click away with its filters."""
    asked = _asked()
    st.html(f'<h2 class="qs-side">{safe(t("history"))}</h2>')
    if not asked:
        st.html(f'<p class="qs-small">{safe(t("no_history"))}</p>')
    with st.container(gap=None, key="history"):
        for address in asked:
            more = f" · {t('history_with')}" if address.filtered else ""
            st.button(
                # By what it is, not by its place: a click while the next hits load means what it was made on.
                plain(address.question[:80] + more), key=f"history-{crc32(repr(address).encode())}", type="tertiary",
                on_click=go, args=(address,),
            )  # fmt: skip


def _asked() -> list[Address]:
    found: list[Address] = st.session_state.get("history", [])
    return found
