"""Who may see the page: everyone on this machine, or those who sign in where sign-in is configured."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st
from streamlit.errors import Error, StreamlitSecretNotFoundError

from indexer.errors import ConfigError
from indexer.page.messages import t
from indexer.page.text import safe

log = logging.getLogger("qingshan.app")


def configured() -> bool:
    """Whether ``.streamlit/secrets.toml`` has a section ``[auth]``.

    Raises:
        ConfigError: The file is there and can't be read: whether it has one is not known.
    """
    try:
        return "auth" in st.secrets
    except (StreamlitSecretNotFoundError, OSError, ValueError) as error:
        if not any(Path(file).exists() for file in st.get_option("secrets.files")):
            return False
        log.exception("secrets.toml can't be read")
        raise ConfigError(
            "The file .streamlit/secrets.toml can't be read, so nobody may sign in. Whoever runs this page finds the "
            "reason in its log; mend the file, or delete it to open the page to everyone who reaches it.",
            "无法读取 .streamlit/secrets.toml，因此不能登录。原因见运行本页面的日志；请修正该文件，或将其删除，使可访问者均能使用本页面。",
        ) from error


def may_enter() -> bool:
    """Whether the page may be shown.

    Raises:
        ConfigError: Nobody can tell.
    """
    return not configured() or bool(st.user.get("is_logged_in"))


def sign_in() -> None:
    """The way in."""
    st.html(f'<p class="qs-tagline qs-below">{safe(t("sign_in_first"))}</p>')
    st.button(t("sign_in"), key="sign-in", type="primary", icon=":material/login:", on_click=_sign_in)
    if st.session_state.pop("sign-in-failed", False):
        st.error(t("sign_in_failed"))


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
