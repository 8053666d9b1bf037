"""What differs between a hit's document and a reprint of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.messages import reason, t
from indexer.page.text import marked, plain, safe
from indexer.types import Hit, Lang, Reprint

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.reprints import Difference


def differences(engine: SearchEngine, hit: Hit, reprint: Reprint) -> None:
    """What differs between the documents of a hit and of a reprint; what is the same is folded away."""
    from indexer.search.reprints import compare

    try:
        found = compare(engine.document(hit.doc_id), engine.document(reprint.doc_id))
    except QingshanError as error:
        st.warning(plain(reason(error)))
        return
    heads = "".join(
        f'<p><b>{sign}</b><span lang="{x.lang}">{safe(x.title)}</span> '
        f'<span class="qs-small">{safe(" · ".join(part for part in (x.publisher, x.published, x.path) if part))}</span></p>'
        for sign, x in (("–", hit), ("+", reprint))
    )
    parts = "".join(_difference(d, hit.lang) for d in found)
    note = t("no_difference") if all(d.kind == "same" for d in found) else t("signs")
    st.html(f'<div class="qs-diff">{heads}<p class="qs-note">{safe(note)}</p><hr>{parts}</div>')


def _difference(difference: Difference, lang: Lang) -> str:
    d = difference
    if d.kind == "same":
        if len(d.a) <= 60:
            return f'<p lang="{lang}"><b></b>{safe(d.a)}</p>'
        label = t("same", n=f"{len(d.a):,}")
        return f'<details lang="{lang}"><summary>{safe(label)}</summary>{safe(d.a)}</details>'
    html_parts = []
    for sign, tag, text, spans in (("–", "del", d.a, d.a_marks), ("+", "ins", d.b, d.b_marks)):
        if text:
            spans = spans if d.kind == "changed" else ((0, len(text)),)
            html_parts.append(f'<p lang="{lang}"><b>{sign}</b>{marked(text, spans, tag)}</p>')
    return "".join(html_parts)
