"""The state of the corpus: what is indexed, what could not be read, with what it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from indexer.page.messages import local_time, page_lang, publisher_name, t
from indexer.page.text import safe
from indexer.page.words import MESSAGES

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.health import Health

_SHOWN = 200  # rows of a table


def corpus(engine: SearchEngine) -> None:
    """The part of the workbench that shows it."""
    found = engine.health(page_lang())
    st.html(f'<h2 class="qs-title">{safe(t("corpus"))}</h2>{_facts(found)}')
    st.html(_section(t("corpus_failures"), _failures(found)))
    left, right = st.columns(2, gap="large")
    with left:
        st.html(_section(t("corpus_languages"), _bars({t(f"lang_{k}"): v for k, v in found.by_lang.items()})))
        st.html(_section(t("corpus_formats"), _bars({k.upper(): v for k, v in found.formats.items()})))
    with right:
        first = list(found.publishers.items())[:10]
        st.html(_section(t("corpus_publishers"), _bars({publisher_name(name): n for name, n in first})))
    st.html(_section(t("corpus_repeated"), _repeated(found)))
    st.html(_section(t("corpus_model"), _versions(found)))


def _facts(found: Health) -> str:
    dates = f"{found.first} – {found.last}" if found.first else "–"
    undated = t("corpus_undated", n=f"{found.undated:,}") if found.undated else ""
    facts = [
        (t("corpus_documents"), f"{found.documents:,}", ""),
        (t("corpus_passages"), f"{found.passages:,}", ""),
        (t("corpus_dates"), dates, undated),
        (t("corpus_updated"), local_time(found.updated), ""),
    ]
    parts = [
        f"<div><dt>{safe(name)}</dt><dd>{safe(value)}<small>{safe(more)}</small></dd></div>"
        for name, value, more in facts
    ]
    return f'<dl class="qs-facts">{"".join(parts)}</dl>'


def _section(title: str, content: str) -> str:
    return f'<section class="qs-section"><h3>{safe(title)}</h3>{content}</section>'


def _failures(found: Health) -> str:
    if not found.failures:
        return f'<p class="qs-note">{safe(t("corpus_no_failures"))}</p>'
    more = len(found.failures) - _SHOWN
    note = f'<p class="qs-note">{safe(t("corpus_more_failures", n=more))}</p>' if more > 0 else ""
    return _table((t("corpus_file"), t("corpus_reason")), found.failures) + note


def _repeated(found: Health) -> str:
    if not found.boilerplate:
        return f'<p class="qs-note">{safe(t("corpus_no_repeated"))}</p>'
    rows = [(one.line, one.site, f"{one.documents:,}") for one in found.boilerplate]
    return _table((t("corpus_line"), t("corpus_site"), t("corpus_documents")), rows)


def _versions(found: Health) -> str:
    rows = [(t("version_model"), found.model or "–")]
    rows += [(_named("version", part), number) for part, number in found.versions.items()]
    size = " · ".join(f"{_named('part', name)} {_size(n)}" for name, n in found.bytes.items())
    return _table((), [*rows, (t("corpus_size"), size)])


def _named(kind: str, name: str) -> str:
    """A part's name; its own if a newer index has parts that this page doesn't know."""
    key = f"{kind}_{name}"
    return t(key) if key in MESSAGES else name


def _size(n: float) -> str:
    for unit in ("B", "KB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if n >= 10 or unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{safe(h)}</th>' for h in heads)}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{''.join(f'<td>{safe(c)}</td>' for c in row)}</tr>" for row in rows[:_SHOWN])
    return f'<div class="qs-scroll" tabindex="0"><table class="qs-table">{head}<tbody>{body}</tbody></table></div>'


def _bars(counts: Mapping[str, int]) -> str:
    most = max(counts.values(), default=1) or 1
    rows = "".join(
        f'<li><span>{safe(name)}</span><span>{n:,}</span><i style="width:{round(100 * n / most)}%"></i></li>'
        for name, n in counts.items()
    )
    return f'<ul class="qs-bars">{rows}</ul>'
