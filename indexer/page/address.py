"""The address says what is shown. Widgets follow it, and write to it; so whatever is seen can be sent as a link.

An address comes from outside: what it says that can't be is left out, and never an error.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, cast, get_args

import streamlit as st

from indexer.language.publishers import publisher_key
from indexer.page.text import visible
from indexer.types import LANGS, Filter, Lang

View = Literal["search", "basket", "saved", "corpus"]
Balance = Literal["both", "zh", "en", "side"]
Sort = Literal["relevance", "newest", "oldest"]
VIEWS: tuple[View, ...] = get_args(View)
BALANCES: tuple[Balance, ...] = get_args(Balance)
SORTS: tuple[Sort, ...] = get_args(Sort)

MOST_PAGES = 10
_T = TypeVar("_T")
_D = TypeVar("_D")
_MANY, _LONG = 20, 200  # values of one filter, and characters of one


@dataclass(frozen=True, slots=True)
class Address:
    """What a link shows.

    Attributes:
        off: Terms of the question that are not searched for in the other language.
        since: ISO date; the first day of publication. ``until`` is the last.
        balance: How the languages share the page: ranked together, one before the other, or side by side.
        page: How many pages of hits are shown, 1 to 10: more hits come below those that are there.
    """

    question: str = ""
    off: tuple[str, ...] = ()
    lang: Lang | None = None
    since: str | None = None
    until: str | None = None
    places: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    sort: Sort = "relevance"
    balance: Balance = "both"
    page: int = 1
    view: View = "search"

    @property
    def where(self) -> Filter:
        """The filters, but for the language."""
        return Filter(
            since=self.since, until=self.until, places=self.places, topics=self.topics,
            publishers=self.publishers, formats=self.formats,
        )  # fmt: skip

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return self.lang is not None or self.where != Filter()

    def params(self) -> dict[str, list[str]]:
        """What stands in the address; defaults don't."""
        found: dict[str, list[str]] = {
            "q": [self.question], "off": [*self.off], "lang": [self.lang or ""],
            "since": [self.since or ""], "until": [self.until or ""],
            "place": [*self.places], "topic": [*self.topics], "publisher": [*self.publishers],
            "type": [*self.formats],
            "sort": ["" if self.sort == "relevance" else self.sort],
            "balance": ["" if self.balance == "both" else self.balance],
            "page": ["" if self.page == 1 else str(self.page)],
            "view": ["" if self.view == "search" else self.view],
        }  # fmt: skip
        return {key: kept for key, values in found.items() if (kept := [v for v in values if v])}

    def unfiltered(self) -> Address:
        """The same question without any filter."""
        return replace(
            self, lang=None, since=None, until=None, places=(), topics=(), publishers=(), formats=(), page=1
        )


def parse(params: Mapping[str, Sequence[str]]) -> Address:
    """What an address shows.

    Args:
        params: The values of each parameter, in order.
    """
    from indexer.language.places import place
    from indexer.language.topics import topic

    def many(key: str) -> tuple[str, ...]:
        values = (visible(value).strip()[:_LONG] for value in params.get(key, ()))
        return tuple(dict.fromkeys(value for value in values if value))[:_MANY]

    def one(key: str) -> str:
        values = params.get(key, ())
        return visible(values[-1]).strip() if values else ""

    since, until = _date(one("since")), _date(one("until"))
    if since and until and since > until:
        since, until = until, since
    page = one("page")
    return Address(
        question=one("q"),
        off=many("off"),
        lang=_choice(one("lang"), LANGS, None),
        since=since,
        until=until,
        places=tuple(code for code in many("place") if place(code)),
        topics=tuple(name for name in many("topic") if topic(name)),
        publishers=tuple(dict.fromkeys(map(publisher_key, many("publisher")))),
        formats=tuple(dict.fromkeys(value.lower() for value in many("type"))),
        sort=_choice(one("sort"), SORTS, "relevance"),
        balance=_choice(one("balance"), BALANCES, "both"),
        page=min(max(int(page), 1), MOST_PAGES) if re.fullmatch("[0-9]{1,4}", page) else 1,
        view=_choice(one("view"), VIEWS, "search"),
    )


def _choice(value: str, choices: Collection[_T], otherwise: _D) -> _T | _D:
    return next((choice for choice in choices if choice == value), otherwise)


def _date(value: str) -> str | None:
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except ValueError:
        return None


# The address of this run


def here() -> Address:
    """What the address shows now."""
    asked = st.query_params
    return parse({key: asked.get_all(key) for key in asked})


def go(address: Address) -> None:
    """Show something else; the language of the page stays in the address."""
    params = address.params()
    if ui := page_param():
        params["ui"] = [ui]
    st.query_params.from_dict(cast("dict[str, str]", params))


def page_param() -> Lang | None:
    """The language of the page, if the address names one."""
    return _choice(st.query_params.get("ui", ""), LANGS, None)


def speak(lang: Lang) -> None:
    """Put the language of the page into the address."""
    st.query_params["ui"] = lang


def toggled(values: tuple[_T, ...], value: _T) -> tuple[_T, ...]:
    """Values with one more, or without it if it was among them."""
    return tuple(v for v in values if v != value) if value in values else (*values, value)


def with_place(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    """Places with one more or without it. A city takes the place of its province, and the other way round."""
    from indexer.language.places import place

    def above(inner: str) -> set[str]:
        found: set[str] = set()
        at = place(inner)
        while at and at.parent:
            found.add(at.parent)
            at = place(at.parent)
        return found

    if code in codes:
        return tuple(c for c in codes if c != code)
    return (*(c for c in codes if c not in above(code) and code not in above(c)), code)
