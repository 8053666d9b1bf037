"""What the page says about a question: how it was understood, and that nothing relevant was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.messages import page_lang, t
from indexer.page.text import plain, safe

if TYPE_CHECKING:
    from indexer.search.understanding import Refusal, Translated, Understanding


def understood(
    understanding: Understanding, question: str, ask: Callable[[str], None], switch: Callable[[str], None]
) -> None:
    """How a question was understood: the terms searched for, the filters that hold, and those that could.

    Args:
        understanding: What :meth:`SearchEngine.understand` gave.
        question: As typed.
        ask: Asks another question instead.
        switch: Switches a term off, or on again.
    """
    lang = page_lang()
    if understanding.typed or understanding.suggestions:
        with st.container(horizontal=True, gap="small", key="filters", vertical_alignment="center"):
            for n, typed in enumerate(understanding.typed):
                st.button(
                    plain(typed.label.in_lang(lang)), key=f"typed-{n}", icon=":material/close:",
                    help=t("remove_filter"), on_click=ask, args=(typed.without,),
                )  # fmt: skip
            for n, suggestion in enumerate(understanding.suggestions):
                st.button(
                    plain(suggestion.label.in_lang(lang)), key=f"suggested-{n}", icon=":material/add:", type="tertiary",
                    help=plain(t("add_filter", typed=suggestion.typed)),
                    on_click=ask, args=(f"{question} {suggestion.typed}",),
                )  # fmt: skip
    if understanding.translated:
        separator = "、" if lang == "zh" else ", "
        words = separator.join(understanding.also_searched) or t("no_terms")
        other = "en" if understanding.query.lang == "zh" else "zh"
        note = t(f"question_{understanding.query.lang}") + t("also_searched")
        with st.container(horizontal=True, gap="small", key="terms", vertical_alignment="center"):
            st.html(f'<p class="qs-note">{safe(note)}<span lang="{other}">{safe(words)}</span></p>')
            with st.popover(t("terms"), icon=":material/tune:", type="tertiary"):
                st.html(f'<p class="qs-note">{safe(t("terms_help"))}</p>')
                for term in understanding.translated:
                    _term(term, switch)


def _term(term: Translated, switch: Callable[[str], None]) -> None:
    key = f"term-{term.source}"
    if st.session_state.get(key) != term.on:
        st.session_state[key] = term.on
    separator = "、" if page_lang() == "zh" else ", "
    label = f"{term.source} → {separator.join(term.translations)} · {t('glossary' if term.glossary else 'cedict')}"
    st.checkbox(plain(label), key=key, on_change=switch, args=(term.source,))


def squeezed(text: str) -> str:
    """A text's letters and digits alone, in one script and case: for telling whether a question still has a term."""
    from indexer.language.tokens import normalize

    return re.sub(r"[\W_]+", "", normalize(text))


def switched(terms: Collection[str], term: str) -> list[str]:
    """The terms that are switched off, once one of them is switched."""
    return [other for other in terms if other != term] if term in terms else [*terms, term]


def refused(refusal: Refusal, scope: str, nearest: bool) -> None:
    """That nothing relevant was found, the nearest topics, and whether a filter is too narrow.

    Args:
        refusal: What :meth:`SearchEngine.refusal` gave.
        scope: ``both``, or the language that was searched.
        nearest: Whether there are hits at all.
    """
    from indexer.language.topics import topic

    found = [known for name in refusal.topics if (known := topic(name))]
    lines = [t("irrelevant") if nearest else t("nothing") if scope == "both" else t("nothing_scope")]
    if found:
        chinese = page_lang() == "zh"
        names = [known.name_zh if chinese else known.name_en for known in found]
        lines.append(t("nearest_topics", topics=("、" if chinese else ", ").join(names)))
    if refusal.filtered:
        lines.append(t("too_narrow" if refusal.too_narrow else "not_the_filters"))
    st.warning(plain("\n".join(lines)))
