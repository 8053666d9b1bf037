"""The basket: passages kept with notes, compared and exported."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.messages import counted, page_lang, reason, t
from indexer.page.passage import about, quote
from indexer.page.text import plain, safe, visible
from indexer.types import Filter, Hit

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine


@dataclass(frozen=True, slots=True)
class Kept:
    """A passage in the basket.

    Attributes:
        question: What it was found for, with ``where`` as the filters beside those typed.
    """

    hit: Hit
    question: str
    where: Filter = field(default_factory=Filter)
    note: str = ""


def items() -> dict[str, Kept]:
    """What this session keeps, by passage, in the order of keeping."""
    found: dict[str, Kept] = st.session_state.setdefault("basket", {})
    return found


def toggle(hit: Hit, question: str, where: Filter) -> None:
    """Put a passage into the basket, or take it out."""
    kept = items()
    if kept.pop(hit.passage_id, None) is None:
        kept[hit.passage_id] = Kept(hit, question, where)


def keep_button(hit: Hit, question: str, where: Filter) -> None:
    """Keeps a passage, or shows that it is kept."""
    kept = hit.passage_id in items()
    if st.button(
        t("kept" if kept else "keep"), key=f"keep-{hit.passage_id}", type="tertiary",
        icon=":material/bookmark_check:" if kept else ":material/bookmark_add:",
        help=t("kept_help" if kept else "keep_help"), on_click=toggle, args=(hit, question, where),
    ):  # fmt: skip
        st.rerun()  # the head of the page counts


def basket(engine: SearchEngine) -> None:
    """The part of the workbench that shows the basket."""
    kept = items()
    st.html(f'<h2 class="qs-title">{safe(t("basket"))}</h2>')
    if not kept:
        st.html(f'<p class="qs-note">{safe(t("basket_empty"))}</p>')
        _check(engine)
        return
    st.html(
        f'<p class="qs-note" role="status">{safe(counted("basket_one", "basket_n", len(kept)))} · '
        f"{safe(t('basket_lost'))}</p>"
    )
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="basket-tools"
    ):
        layout = st.segmented_control(
            t("layout"), ("list", "columns"), default="list", required=True, key="basket-layout",
            format_func=lambda name: t(f"as_{name}"), label_visibility="collapsed",
        )  # fmt: skip
        st.button(
            t("empty_basket"),
            key="empty-basket",
            type="tertiary",
            icon=":material/delete:",
            on_click=lambda: kept.clear(),
        )
    _exports(engine, kept)
    places = st.columns(2) if layout == "columns" else [st.container()]
    for n, (passage_id, one) in enumerate(kept.items()):
        with places[n % len(places)], st.container(border=True, gap="small", key=f"kept-{passage_id}"):
            hit = one.hit
            st.html(
                f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3></div>'
                f'<p class="qs-meta">{about(hit)}</p>{quote(hit)}'
                f'<p class="qs-small qs-asked">{safe(t("asked_for", question=one.question))}</p>'
            )
            _noted(passage_id)
            st.button(
                t("remove"), key=f"remove-{passage_id}", type="tertiary", icon=":material/close:",
                on_click=_remove, args=(passage_id,),
            )  # fmt: skip
    _check(engine)


@st.fragment
def _noted(passage_id: str) -> None:
    """Where a note is typed.

    The rest of the page isn't run again for it: who clicks on an export with the pointer still in the note would meet
    buttons that are just being replaced.
    """
    key = f"note-{passage_id}"
    st.session_state[key] = items()[passage_id].note
    st.text_area(
        t("note"), key=key, height=68, on_change=_note, args=(passage_id,), placeholder=t("note"),
        label_visibility="collapsed",
    )  # fmt: skip


def _remove(passage_id: str) -> None:
    items().pop(passage_id, None)


def _note(passage_id: str) -> None:
    kept = items()
    if passage_id in kept:
        kept[passage_id] = replace(kept[passage_id], note=visible(st.session_state[f"note-{passage_id}"]))


def written(engine: SearchEngine, kept: Collection[Kept], kind: str) -> bytes:
    """Kept passages as a file; the question and its filters stand in it if all were found with the same."""
    from indexer.search.export import Item, export

    asked = {(one.question, one.where) for one in kept}
    question, where = asked.pop() if len(asked) == 1 else (None, None)
    return export(
        [Item(one.hit, one.note) for one in kept],
        kind,
        question=question,
        where=where,
        index=engine.facts(),
        accessed=datetime.date.today(),
    )


def _exports(engine: SearchEngine, kept: Mapping[str, Kept]) -> None:
    """What is kept when a button is clicked, with the notes as they are then."""
    from indexer.search.export import EXPORTS

    today = datetime.date.today()
    with st.container(horizontal=True, gap="small", key="exports"):
        for kind, form in EXPORTS.items():
            st.download_button(
                t(f"export_{kind}"), functools.partial(written, engine, kept.values(), kind), f"qingshan-{today.isoformat()}{form.suffix}", form.mime,
                key=f"export-{kind}", on_click="ignore", icon=":material/download:",
                help=t("receipt_help") if kind == "json" else None,
            )  # fmt: skip


def _check(engine: SearchEngine) -> None:
    """Says of a receipt whether each passage still stands."""
    from indexer.search.receipt import load_receipt

    with st.expander(t("check_receipt"), icon=":material/fact_check:", key="check-receipt"):
        st.html(f'<p class="qs-small">{safe(t("check_receipt_help"))}</p>')
        file = st.file_uploader(
            t("check_receipt"), type="json", max_upload_size=20, key="receipt", label_visibility="collapsed"
        )
        if file is None:
            return
        try:
            verdicts = engine.verify(load_receipt(file.getvalue()))
        except QingshanError as error:
            st.warning(plain(reason(error)))
            return
        detail = attrgetter("chinese" if page_lang() == "zh" else "detail")
        names = {"unchanged": "unchanged", "moved": "moved", "changed": "changed", "gone": "gone_passage"}
        rows = "".join(
            f'<li class="qs-{v.status}"><b>{safe(t(names[v.status]))}</b> <span>{safe(v.title)}</span>'
            f'<br><span class="qs-small">{safe(" · ".join(p for p in (v.path, detail(v)) if p))}</span></li>'
            for v in verdicts
        )
        st.html(f'<ul class="qs-verdicts" role="status">{rows}</ul>')
