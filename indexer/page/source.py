"""Where a hit comes from: its file, to download, and its address on the web."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.messages import t
from indexer.page.text import safe, visible, web_address
from indexer.types import Hit

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine

log = logging.getLogger("qingshan.app")


def source(engine: SearchEngine, hit: Hit) -> None:
    """The original file, read only when it is asked for, and the web page."""
    path, there = engine.source(hit), False
    try:
        there = path.is_file()
    except OSError:
        log.warning("can't look at %s", path, exc_info=True)
    st.html(f'<p class="qs-small"><code>{safe(hit.path)}</code></p>')
    st.download_button(
        t("download"), lambda: engine.read_source(hit), visible(PurePosixPath(hit.path).name),
        "application/octet-stream", key=f"download-{hit.passage_id}", on_click="ignore",
        icon=":material/download:", disabled=not there, help=None if there else t("gone"),
    )  # fmt: skip
    if url := web_address(hit.url):
        st.link_button(t("web_page"), url, icon=":material/open_in_new:")
