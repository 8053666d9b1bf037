"""A passage where it stands: in the whole text of its document, and on the page of its file."""

from __future__ import annotations

import base64
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.messages import reason, t
from indexer.page.passage import about, spaced
from indexer.page.text import marked, plain, safe
from indexer.types import Document, Hit

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.query import Query

AROUND = 200_000
"""Characters before and after a passage that are shown; a browser copes with no more."""

_NEAR = 800  # characters before a passage with which it is still seen at once


def context(engine: SearchEngine, hit: Hit, query: Query) -> None:
    """The content of the dialog."""
    st.html(
        f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3></div>'
        f'<p class="qs-meta">{about(hit)}</p>'
    )
    try:
        if hit.format == "pdf" and hit.page is not None and _choice(hit) == "page":
            _page(engine, hit)
        else:
            _text(engine.document(hit.doc_id), engine, hit, query)
    except QingshanError as error:
        st.warning(plain(reason(error)))


def _choice(hit: Hit) -> str | None:
    return st.segmented_control(
        t("as"), ("text", "page"), default="text", required=True, format_func=lambda name: t(f"as_{name}"),
        key=f"as-{hit.passage_id}", label_visibility="collapsed",
    )  # fmt: skip


# The text


def _text(document: Document, engine: SearchEngine, hit: Hit, query: Query) -> None:
    text = document.text
    start, end = min(hit.start, len(text)), min(hit.end, len(text))
    first, last = max(start - AROUND, 0), min(end + AROUND, len(text))
    here = text[start:end]
    found = engine.highlight(query, replace(hit, text=here))
    pages = _page_starts(document)
    label = safe(t("whole"))
    st.html(
        f"{_to_passage() if start - first > _NEAR else ''}"
        f'<div class="qs-context" lang="{hit.lang}" role="region" tabindex="0" aria-label="{label}">'
        f"{_left_out(first)}{_with_pages(text, first, start, pages)}"
        f'<div class="qs-here" id="qs-here" tabindex="-1">{_page_mark(pages.get(start))}'
        f"{spaced(marked(here, found.spans, sentence=found.sentence))}</div>"
        f"{_with_pages(text, end, last, pages)}{_left_out(len(text) - last)}</div>"
    )


def _to_passage() -> str:
    """A way to the passage, for browsers that don't scroll to it by themselves."""
    return f'<p class="qs-small"><a href="#qs-here">{safe(t("to_passage"))}</a></p>'


def _page_starts(document: Document) -> dict[int, int]:
    """Where each page but the first begins in the text."""
    found: dict[int, int] = {}
    before = None
    for span in document.spans:
        if span.page is not None and span.page != before:
            found[span.start] = span.page
            before = span.page
    return found


def _with_pages(text: str, start: int, end: int, pages: dict[int, int]) -> str:
    """A part of the text for HTML, with the numbers of the pages that begin in it."""
    if start >= end:
        return ""
    cuts = [start, *(at for at in pages if start < at < end), end]
    parts = [
        _page_mark(pages.get(a)) + spaced(safe(text[a:b].strip("\n"))) for a, b in itertools.pairwise(cuts)
    ]
    return "".join(parts)


def _page_mark(page: int | None) -> str:
    return f'<div class="qs-page">{safe(t("page_n", n=page))}</div>' if page is not None else ""


def _left_out(n: int) -> str:
    return f'<p class="qs-note">{safe(t("left_out", n=f"{n:,}"))}</p>' if n else ""


# The page


def _page(engine: SearchEngine, hit: Hit) -> None:
    from indexer.errors import DocumentError
    from indexer.search.pdf_page import draw_page

    first = hit.page or 1
    pages = range(first, max(hit.page_end or first, first) + 1)
    page = first
    if len(pages) > 1:
        chosen = st.segmented_control(
            t("which_page"), pages, default=first, required=True, key=f"page-{hit.passage_id}",
            format_func=lambda n: t("page_n", n=n), label_visibility="collapsed",
        )  # fmt: skip
        page = chosen or first
    try:
        data = engine.read_source(hit)
    except OSError as error:
        raise DocumentError(t("gone")) from error
    drawn = draw_page(data, page, hit.text)
    if not drawn.boxes:
        st.info(t("boxes_none"))
    name = safe(t("page_picture", page=page, title=hit.title))
    picture = base64.b64encode(drawn.png).decode()
    st.html(
        f'<div class="qs-paper" role="region" tabindex="0" aria-label="{name}"><div>'
        f'<img src="data:image/png;base64,{picture}" width="{drawn.width}" height="{drawn.height}" alt="{name}">'
        f'<i class="qs-spot" style="top:{100 * drawn.top:.2f}%"></i></div></div>'
    )
