"""When, where and about what the matching passages are: bars to look at, and to click."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from indexer.page.address import Address, go, here, toggled, with_place
from indexer.page.chips import span
from indexer.page.messages import place_name, t, topic_name
from indexer.page.text import safe, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import altair as alt

    from indexer.search.facets import Count, Facets

_BARS = 10
_MONTHS = 60  # more than that are drawn by year
_GREEN = "#2f8a62"


def overview(address: Address, found: Facets) -> None:
    """A timeline, and ranked bars of provinces and topics."""
    if not found.total_passages:
        st.html(f'<p class="qs-note">{safe(t("no_counts"))}</p>')
        return
    st.html(f'<p class="qs-small">{safe(t("overview_hint"))}</p>')
    monthly = _span(found.months) <= _MONTHS
    counts = found.months if monthly else found.years
    _chart(
        t("by_month" if monthly else "by_year"), "time", _timeline(counts, monthly), address,
        lambda a, value: replace(a, since=span(value)[0], until=span(value)[1]),
    )  # fmt: skip
    if found.undated:
        st.html(f'<p class="qs-small">{safe(t("undated", n=f"{found.undated:,}"))}</p>')
    left, right = st.columns(2, gap="medium")
    with left:
        bars = _ranked(found.provinces, place_name)
        _chart(
            t("by_province"),
            "province",
            bars,
            address,
            lambda a, v: replace(a, places=with_place(a.places, v)),
        )
    with right:
        bars = _ranked(found.topics, topic_name)
        _chart(t("by_topic"), "topic", bars, address, lambda a, v: replace(a, topics=toggled(a.topics, v)))


def _span(months: Sequence[Count]) -> int:
    """Months from the first to the last."""
    if not months:
        return 0
    (y1, m1), (y2, m2) = (map(int, end.value.split("-")) for end in (months[0], months[-1]))
    return 12 * (y2 - y1) + m2 - m1 + 1


def _chart(
    title: str,
    name: str,
    chart: alt.Chart | None,
    address: Address,
    choose: Callable[[Address, str], Address],
) -> None:
    st.html(f'<h3 class="qs-side">{safe(title)}</h3>')
    if chart is None:
        st.html(f'<p class="qs-small">{safe(t("no_counts"))}</p>')
        return
    # A chart keeps what was clicked; under another name it is a new one, with nothing clicked.
    key = f"chart-{name}-{hash(address) & 0xFFFFFF:x}"

    def clicked() -> None:
        value = _clicked(st.session_state.get(key))
        if value is not None:
            go(replace(choose(here(), value), page=1))

    with st.container(key=f"chart-{name}"):
        st.altair_chart(chart, key=key, on_select=clicked, alt=title)


def _clicked(state: Any) -> str | None:  # noqa: ANN401 - Streamlit's own, a mapping
    """The value of the bar that was clicked."""
    points = ((state or {}).get("selection") or {}).get("bar") or []
    return str(points[0]["value"]) if points and "value" in points[0] else None


def _timeline(counts: Sequence[Count], monthly: bool) -> alt.Chart | None:
    import altair as alt

    if not counts:
        return None
    passages = {c.value: c.passages for c in counts}
    rows = [{"value": value, "n": passages.get(value, 0)} for value in _all(passages, monthly)]
    return _chart_of(rows).encode(
        x=alt.X("value:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=24, labelColor=_ink())),
        y=alt.Y("n:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3, labelColor=_ink())),
        tooltip=[alt.Tooltip("value:O", title=t("month" if monthly else "facet_year")),
                 alt.Tooltip("n:Q", title=t("passages"))],
    ).properties(height=150)  # fmt: skip


def _all(values: Iterable[str], monthly: bool) -> list[str]:
    """All months or years from the first to the last: a time in which nothing was published is seen as such."""
    first, last = min(values), max(values)
    found = [first]
    while found[-1] < last:
        year, month = (int(part) for part in (found[-1] + "-12").split("-")[:2])
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append(f"{year}-{month:02}" if monthly else str(year))
    return found


def _ranked(counts: Sequence[Count], name: Callable[[str], str]) -> alt.Chart | None:
    import altair as alt

    if not counts:
        return None
    ranked = sorted(counts, key=lambda c: -c.documents)[:_BARS]
    rows = [{"value": c.value, "name": visible(name(c.value)), "n": c.documents} for c in ranked]
    return _chart_of(rows).encode(
        x=alt.X("n:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=4, labelColor=_ink())),
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=180, labelColor=_ink())),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("n:Q", title=t("documents"))],
    ).properties(height=alt.Step(22))  # fmt: skip


def _ink() -> str:
    """The colour of labels; the charts' own is too faint to read."""
    return "#b9c4bd" if st.context.theme.type == "dark" else "#46534b"


def _chart_of(rows: list[dict[str, Any]]) -> alt.Chart:
    import altair as alt

    bar = alt.selection_point("bar", fields=["value"], on="click")
    chart: alt.Chart = alt.Chart(alt.InlineData(values=rows)).mark_bar(
        color=_GREEN, cornerRadiusEnd=3, cursor="pointer"
    )
    return chart.add_params(bar)
