"""The side of the page that narrows a question: dates, and what matches by language, publisher, place, topic and so on."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.address import Address, go, here, toggled, with_place
from indexer.page.chips import span
from indexer.page.messages import place_name, publisher_name, t, topic_name
from indexer.page.text import plain
from indexer.types import LANGS

if TYPE_CHECKING:
    from indexer.search.facets import Count, Facets

_FEW = 5  # values of a facet that are shown at once
_MANY = 40  # and once it is unfolded
_LONG = 60  # characters of a name
_FIRST, _LAST = datetime.date(1949, 10, 1), datetime.date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class _Facet:
    """One facet.

    Attributes:
        counts: Its values, in the order to show.
        name: A value's name for people.
        chosen: The values that are filtered by.
        choose: The address with one more value, or without it.
    """

    kind: str
    counts: Sequence[Count]
    name: Callable[[str], str]
    chosen: tuple[str, ...]
    choose: Callable[[Address, str], Address]


def facets(address: Address, found: Facets) -> None:
    """All facets, each value with the number of documents that it would leave."""
    for facet in _facets(address, found):
        if facet.chosen or _narrows(facet.counts, found):
            _show(facet)
        if facet.kind == "year":
            dates(address)


def _facets(address: Address, found: Facets) -> list[_Facet]:
    year = next((y.value for y in found.years if (address.since, address.until) == span(y.value)), None)
    return [
        _Facet("lang", found.langs, lambda v: t(f"lang_{v}"), (address.lang,) if address.lang else (), _lang),
        _Facet("year", found.years, str, (year,) if year else (), _year),
        _Facet("topic", found.topics, topic_name, address.topics,
               lambda a, v: replace(a, topics=toggled(a.topics, v))),
        _Facet("province", found.provinces, place_name, _among(address.places, province=True), _place),
        _Facet("city", found.cities, place_name, _among(address.places, province=False), _place),
        _Facet("publisher", found.publishers, _publisher(found), address.publishers,
               lambda a, v: replace(a, publishers=toggled(a.publishers, v))),
        _Facet("format", found.formats, str.upper, address.formats,
               lambda a, v: replace(a, formats=toggled(a.formats, v))),
    ]  # fmt: skip


def _publisher(found: Facets) -> Callable[[str], str]:
    """Names of publishers; as printed where two would be called the same."""
    called = Counter(publisher_name(count.value) for count in found.publishers)
    return lambda value: name if called[name := publisher_name(value)] <= 1 else value


def _narrows(counts: Sequence[Count], found: Facets) -> bool:
    """Whether choosing a value leaves anything out: one that all documents have narrows nothing."""
    return any(count.documents < found.total_documents for count in counts)


def _among(codes: Sequence[str], *, province: bool) -> tuple[str, ...]:
    return tuple(code for code in codes if code.endswith("0000") == province)


def _lang(address: Address, value: str) -> Address:
    lang = next((lang for lang in LANGS if lang == value and address.lang != value), None)
    return replace(address, lang=lang)


def _year(address: Address, value: str) -> Address:
    since, until = span(value)
    if (address.since, address.until) == (since, until):
        return replace(address, since=None, until=None)
    return replace(address, since=since, until=until)


def _place(address: Address, value: str) -> Address:
    return replace(address, places=with_place(address.places, value))


def _show(facet: _Facet) -> None:
    ranked = facet.counts if facet.kind == "year" else sorted(facet.counts, key=lambda c: -c.documents)
    counts = {count.value: count.documents for count in ranked[:_MANY]}
    # What is chosen is always seen; the others keep their places.
    values = [*dict.fromkeys([*list(counts)[:_FEW], *facet.chosen])]
    _values(facet, f"facet-{facet.kind}", values, counts)
    rest = [value for value in counts if value not in values]
    if rest:
        more = st.expander(
            t("all_values", n=len(rest)), key=f"all-{facet.kind}", on_change="rerun", type="compact"
        )
        if more.open:
            with more:
                _values(facet, f"facet-{facet.kind}-more", rest, counts, folded=True)


def _values(
    facet: _Facet, key: str, values: Sequence[str], counts: Mapping[str, int], *, folded: bool = False
) -> None:
    st.session_state[key] = chosen = [value for value in values if value in facet.chosen]
    st.pills(
        t(f"facet_{facet.kind}"), values, selection_mode="multi", key=key, width="stretch",
        format_func=lambda value: f"{plain(_short(facet.name(value)))} :small[{counts.get(value, 0):,}]",
        label_visibility="collapsed" if folded else "visible",
        on_change=_choose, args=(facet, key, frozenset(chosen)),
    )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[: _LONG - 1].rstrip()}…"


def _choose(facet: _Facet, key: str, before: frozenset[str]) -> None:
    address = here()
    for value in sorted(before ^ set(st.session_state[key])):
        address = facet.choose(address, value)
    go(replace(address, page=1))


def dates(address: Address) -> None:
    """First and last day of publication."""
    with st.expander(t("dates"), key="dates", type="compact"):
        for name, value in (("since", address.since), ("until", address.until)):
            st.session_state[name] = datetime.date.fromisoformat(value) if value else None
            st.date_input(
                t(name), key=name, format="YYYY-MM-DD", min_value=_FIRST, max_value=_LAST, on_change=_date
            )


def _date() -> None:
    since, until = st.session_state["since"], st.session_state["until"]
    if since and until and since > until:
        since, until = until, since
    address = here()
    go(
        replace(
            address,
            since=since.isoformat() if since else None,
            until=until.isoformat() if until else None,
            page=1,
        )
    )
