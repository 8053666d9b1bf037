"""New bulletins from the page: into the corpus folder's inbox, then into the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.job import Job, job
from indexer.page.messages import listed, reason, step_words, t
from indexer.page.text import plain, safe, visible

if TYPE_CHECKING:
    from indexer.config import Settings


def upload(settings: Settings) -> None:
    """Takes files, and brings the index up to date; says how, where it is not allowed."""
    st.html(f'<section class="qs-section"><h3>{safe(t("upload"))}</h3></section>')
    if not settings.allow_upload:
        st.html(f'<p class="qs-note">{safe(t("upload_off"))}</p>')
        return
    _files(settings)
    _reindex(settings)


def _files(settings: Settings) -> None:
    from indexer.indexing.inbox import MAX_UPLOAD, SUFFIXES, accept

    n = st.session_state.setdefault("uploads", 0)
    files = st.file_uploader(
        t("upload_label"), accept_multiple_files=True, type=sorted(SUFFIXES), key=f"upload-{n}",
        help=t("upload_help"), max_upload_size=MAX_UPLOAD // 1024**2,
    )  # fmt: skip
    limits = t(
        "upload_limits",
        mb=MAX_UPLOAD // 1024**2,
        kinds=listed([kind[1:].upper() for kind in sorted(SUFFIXES)]),
    )
    st.html(f'<p class="qs-small">{safe(limits)} {safe(t("upload_help"))}</p>')
    taken: dict[str, str] = st.session_state.setdefault("uploaded", {})
    for file in files or []:
        if file.file_id in taken:
            continue
        try:
            place = accept(file.name, file.getvalue(), settings.corpus)
            taken[file.file_id] = t("uploaded", name=visible(place.name))
        except QingshanError as error:
            taken[file.file_id] = reason(error)
            st.warning(plain(reason(error)))
        else:
            st.success(plain(taken[file.file_id]))


def _reindex(settings: Settings) -> None:
    current = job()
    st.button(
        t("reindex"), key="reindex", type="primary", icon=":material/sync:", disabled=current.state.running,
        on_click=current.start, args=(settings,),
    )  # fmt: skip
    st.fragment(_progress, run_every=1.0 if current.state.running else None)(current)


def _progress(current: Job) -> None:
    state = current.state
    if state.running:
        step = state.step
        share = min(step.done / step.total, 1.0) if step and step.total else 0.0
        doing = step_words(step.doing) if step else ""
        st.progress(share, plain(t("reindex_running", doing=doing)))
        st.session_state["reindexing"] = True
        return
    if st.session_state.pop("reindexing", False):
        st.rerun()  # what the page says of the corpus is no longer so
    if state.summary:
        s = state.summary
        st.success(
            t("reindex_done", added=s.added, changed=s.changed, removed=s.removed, failed=s.failed,
              passages=f"{s.passages:,}")
        )  # fmt: skip
    elif isinstance(state.problem, QingshanError):
        st.error(plain(reason(state.problem)))
    elif state.problem is not None:
        st.error(t("unexpected"))
