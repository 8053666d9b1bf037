"""A citation to copy."""

from __future__ import annotations

import datetime

import streamlit as st

from indexer.page.messages import t
from indexer.page.text import safe, visible
from indexer.types import Hit


def citation(hit: Hit) -> None:
    """The citation in the style that was chosen last, and the digest of what is quoted."""
    from indexer.search.citation import STYLES, cite, format_citation

    key = f"style-{hit.passage_id}"
    if st.session_state.get(key) not in STYLES:
        st.session_state[key] = st.session_state.get("style", STYLES[0])
    style = st.segmented_control(
        t("style"), STYLES, format_func=lambda name: t(f"style_{name}"), key=key, required=True,
        label_visibility="collapsed", on_change=_prefer, args=(key,),
    )  # fmt: skip
    st.code(
        visible(format_citation(hit, style or STYLES[0], datetime.date.today())),
        language=None, wrap_lines=True,
    )  # fmt: skip
    cited = cite(hit)
    place = t("digest", start=f"{cited.start:,}", end=f"{cited.end:,}")
    st.html(f'<p class="qs-small">{safe(place)}<br><code>{cited.digest}</code></p>')


def _prefer(key: str) -> None:
    st.session_state["style"] = st.session_state[key]
