"""The filters that hold, each with a click to remove it, and those that the question could mean."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from indexer.page.address import Address, go, toggled
from indexer.page.messages import page_lang, place_name, publisher_name, t, topic_name
from indexer.page.text import plain
from indexer.search.understanding import Understanding


def chips(address: Address, understanding: Understanding | None, ask: Callable[[str], None]) -> None:
    """Filters of the address and of the question, and suggested ones.

    Args:
        address: What is shown.
        understanding: What the question is taken to mean, if there is one.
        ask: Asks another question instead.
    """
    lang = page_lang()
    chosen = _chosen(address)
    typed = understanding.typed if understanding else ()
    suggested = understanding.suggestions if understanding else ()
    if not (chosen or typed or suggested):
        return
    with st.container(horizontal=True, gap="small", key="filters", vertical_alignment="center"):
        for key, label, without in chosen:
            st.button(
                plain(label), key=f"chip-{key}", icon=":material/close:", help=t("remove_filter"),
                on_click=go, args=(replace(without, page=1),),
            )  # fmt: skip
        for n, part in enumerate(typed):
            st.button(
                plain(part.label.in_lang(lang)), key=f"typed-{n}", icon=":material/close:",
                help=t("remove_filter"), on_click=ask, args=(part.without,),
            )  # fmt: skip
        for n, suggestion in enumerate(suggested):
            st.button(
                plain(suggestion.label.in_lang(lang)), key=f"suggested-{n}", icon=":material/add:", type="tertiary",
                help=plain(t("add_filter", typed=suggestion.typed)),
                on_click=ask, args=(f"{address.question} {suggestion.typed}",),
            )  # fmt: skip
        if len(chosen) > 1:
            st.button(t("clear"), key="clear", type="tertiary", on_click=go, args=(address.unfiltered(),))


def _chosen(address: Address) -> list[tuple[str, str, Address]]:
    """Key, label and the address without it, of each filter in the address."""
    found: list[tuple[str, str, Address]] = []
    if address.lang:
        found.append(("lang", t(f"chip_lang_{address.lang}"), replace(address, lang=None)))
    if address.since or address.until:
        found.append(
            ("dates", _dates(address.since, address.until), replace(address, since=None, until=None))
        )
    for code in address.places:
        without = replace(address, places=toggled(address.places, code))
        found.append((f"place-{code}", place_name(code), without))
    for name in address.topics:
        without = replace(address, topics=toggled(address.topics, name))
        found.append((f"topic-{name}", topic_name(name), without))
    for name in address.publishers:
        without = replace(address, publishers=toggled(address.publishers, name))
        found.append((f"publisher-{name}", publisher_name(name), without))
    for name in address.formats:
        without = replace(address, formats=toggled(address.formats, name))
        found.append((f"format-{name}", t("chip_format", format=name.upper()), without))
    return found


def _dates(since: str | None, until: str | None) -> str:
    """A year or a month by its name, other ranges by their ends."""
    if since and until:
        for period in (since[:4], since[:7]):
            if span(period) == (since, until):
                return period
        return t("chip_between", since=since, until=until)
    return t("chip_since", date=since) if since else t("chip_until", date=until)


def span(period: str) -> tuple[str, str]:
    """First and last day, ISO dates, of a year (``2024``) or a month (``2024-03``)."""
    year, _, month = period.partition("-")
    first = datetime.date(int(year), int(month or 1), 1)
    last = datetime.date(first.year, first.month if month else 12, 1)
    return first.isoformat(), last.replace(day=calendar.monthrange(last.year, last.month)[1]).isoformat()


def in_words(address: Address) -> list[str]:
    """The filters of an address, each in a few words."""
    return [label for _, label, _ in _chosen(address)]
