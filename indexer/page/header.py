"""The head of the page: its name, its language, its parts."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from indexer.page import basket
from indexer.page.address import VIEWS, Address, View, go, here, speak
from indexer.page.messages import REMEMBERED, page_lang, t
from indexer.page.words import MESSAGES
from indexer.types import LANGS, Lang

_LANGUAGES = {"zh": "中文", "en": "EN"}
_TAGS = {"zh": "zh-CN", "en": "en"}
# Names that only screen readers say, and the two texts that can be seen; whenever something of the page changes, for widgets
# come and go. Of a file that was chosen, the name follows the word.
_SAY = """{
const words = %s;
const say = () => {
  for (const e of document.querySelectorAll('[aria-label]')) {
    const said = e.getAttribute('aria-label');
    const [, verb, name] = /^(Remove |移除 )(.+)$/.exec(said) || [];
    const word = verb && words[verb] ? words[verb] + name : words[said];
    if (word && word !== said) e.setAttribute('aria-label', word);
  }
  for (const e of document.querySelectorAll(
    '[data-testid="stSkipToContent"], [data-testid="stFileUploaderDropzone"] button p')) {
    const word = words[e.textContent];
    if (word && word !== e.textContent) e.textContent = word;
  }
};
window.qingshanSays?.disconnect();
window.qingshanSays = new MutationObserver(say);
window.qingshanSays.observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label']
});
say();
}"""


def header() -> None:
    """Name and language switch."""
    _spoken()
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"
    ):
        name = '<h1 lang="zh">青山<span lang="en">Qingshan</span></h1>'
        st.html(f'<div class="qs-head">{name}</div>', width="content")
        st.segmented_control(
            t("interface"), LANGS, format_func=_LANGUAGES.__getitem__, key="ui", required=True,
            on_change=_speak, label_visibility="collapsed",
        )  # fmt: skip


def tabs(address: Address) -> None:
    """The parts of the workbench."""
    st.session_state["view"] = address.view
    names = {view: _name(view) for view in VIEWS}
    st.segmented_control(
        t("views"), VIEWS, format_func=names.__getitem__, key="view", required=True, on_change=_turn_to,
        label_visibility="collapsed", width="stretch",
    )  # fmt: skip


def _spoken() -> None:
    """Says in which language the page is: a screen reader chooses its voice by it, a browser its Chinese characters.

    Has the browser remember a choice for a year, and Streamlit say in that language what it says by itself. It is the
    only script, and nothing from outside is in it.
    """
    lang = page_lang()
    script = speaking(lang)
    if st.session_state.get("spoken"):
        script += f"; document.cookie = '{REMEMBERED}={lang}; path=/; max-age=31536000; samesite=lax'"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def speaking(lang: Lang) -> str:
    """The script that makes a page speak a language."""
    words = {
        word: chinese if lang == "zh" else english
        for key, (english, chinese) in MESSAGES.items()
        if key.startswith("builtin_")
        for word in (english, chinese)
    }
    return f"document.documentElement.lang = '{_TAGS[lang]}'; {_SAY % json.dumps(words)}"


def _name(view: View) -> str:
    kept = len(basket.items())
    return t("view_basket_n", n=kept) if view == "basket" and kept else t(f"view_{view}")


def _speak() -> None:
    if st.session_state["ui"] in LANGS:
        speak(st.session_state["ui"])
        st.session_state["spoken"] = True


def _turn_to() -> None:
    if st.session_state["view"] in VIEWS:
        go(replace(here(), view=st.session_state["view"]))
