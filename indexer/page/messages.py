"""What the page says, in the language that its reader chose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from indexer.errors import QingshanError
from indexer.page.words import MESSAGES
from indexer.types import LANGS, Lang

# What citations call a place, for readers of Chinese.
PLACES_ZH = {
    "p.": "第 {} 页", "pp.": "第 {} 页", "line": "第 {} 行", "lines": "第 {} 行",
    "para.": "第 {} 段", "paras.": "第 {} 段",
}  # fmt: skip


REMEMBERED = "qingshan_language"
"""The cookie with the language that was chosen last in this browser."""


def page_lang() -> Lang:
    """What the switch says, else what it said last in this browser, else the browser's language."""
    for chosen in (st.session_state.get("ui"), st.context.cookies.get(REMEMBERED)):
        for lang in LANGS:
            if chosen == lang:
                return lang
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """A message in the language of the page."""
    english, chinese = MESSAGES[key]
    return (chinese if page_lang() == "zh" else english).format(**values)


def reason(error: QingshanError) -> str:
    """What an error says, in Chinese if the page is and the error knows how."""
    return (error.chinese if page_lang() == "zh" else "") or str(error)


def step_words(step: str) -> str:
    """What a run, or the model's preparation, says that it does, in the language of the page; as it is if not known."""
    if page_lang() == "en":
        return step
    for key, (english, chinese) in MESSAGES.items():
        if key.startswith("step_"):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(english))
            if found := re.fullmatch(pattern, step, re.DOTALL):
                values = found.groupdict()
                if "step" in values:
                    values["step"] = step_words(values["step"])
                return chinese.format(**values)
    return step


def counted(one: str, many: str, n: int) -> str:
    """One of two messages, by a number."""
    return t(one) if n == 1 else t(many, n=f"{n:,}")


def listed(words: Sequence[str]) -> str:
    """Words in a row."""
    return ("、" if page_lang() == "zh" else ", ").join(words)


def count_by_lang(counts: Mapping[Any, int]) -> str:
    """For example "60 Chinese, 55 English"."""
    return listed([t(f"passages_{lang}", n=f"{counts[lang]:,}") for lang in LANGS if counts.get(lang)])


def place_name(code: str) -> str:
    """A division's name, or its code if it is not known."""
    from indexer.language.places import place

    found = place(code)
    return (found.short_zh if page_lang() == "zh" else found.name_en) if found else code


def topic_name(topic_id: str) -> str:
    """A topic's name, or its id if it is not known."""
    from indexer.language.topics import topic

    found = topic(topic_id)
    return (found.name_zh if page_lang() == "zh" else found.name_en) if found else topic_id


def publisher_name(name: str) -> str:
    """A publisher's name in the language of the page where it can be put together, else as printed."""
    from indexer.language.publishers import publisher_in

    return publisher_in(page_lang(), name) or name


def local_time(moment: str | None) -> str:
    """A UTC moment on the reader's clock."""
    if not moment:
        return t("never")
    try:
        clock = ZoneInfo(st.context.timezone or "UTC")
        return datetime.fromisoformat(moment).astimezone(clock).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OSError, KeyError):
        return moment
