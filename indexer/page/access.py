"""Who may see the page: everyone on this machine, or those who sign in where sign-in is configured."""

from __future__ import annotations

import logging

import streamlit as st
from streamlit.errors import Error, StreamlitSecretNotFoundError

from indexer.page.messages import t
from indexer.page.text import safe

log = logging.getLogger("qingshan.app")


def configured() -> bool:
    """Whether ``.streamlit/secrets.toml`` has a section ``[auth]``."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def may_enter() -> bool:
    """Whether the page may be shown; otherwise it asks to sign in."""
    if not configured() or st.user.get("is_logged_in"):
        return True
    st.html(f'<p class="qs-tagline">{safe(t("sign_in_first"))}</p>')
    st.button(t("sign_in"), key="sign-in", type="primary", icon=":material/login:", on_click=_sign_in)
    if st.session_state.pop("sign-in-failed", False):
        st.error(t("sign_in_failed"))
    return False


def _sign_in() -> None:
    try:
        st.login()
    except Error:
        log.exception("the section [auth] of secrets.toml can't be used")
        st.session_state["sign-in-failed"] = True


def sign_out() -> None:
    """A way out, where there was a way in."""
    if configured():
        st.button(
            t("sign_out"), key="sign-out", type="tertiary", icon=":material/logout:", on_click=st.logout
        )
