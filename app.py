"""The search page: widgets and layout. What is found, marked and cited comes from ``indexer``.

Whatever a bulletin or an address says is text: it reaches the page through :func:`safe` (HTML) or
:func:`plain` (Markdown) and nothing else.
"""

from __future__ import annotations

import logging
import shlex
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from indexer.config import load_settings
from indexer.errors import IndexNotFoundError, QingshanError, QueryError
from indexer.page.asked import refused, squeezed, switched, understood
from indexer.page.messages import PLACES_ZH, count_by_lang, local_time, page_lang, t
from indexer.page.style import ICON, STYLE
from indexer.page.text import marked, plain, safe, visible, web_address
from indexer.types import LANGS, Hit, Lang, Reprint

if TYPE_CHECKING:
    from indexer.search.engine import SearchEngine
    from indexer.search.query import Query
    from indexer.search.reprints import Difference
    from indexer.store.catalog import Stats

log = logging.getLogger("qingshan.app")

PAGE = 10  # hits shown at first, and more at each press of the button
MOST = 100
STRONG, GOOD = 0.6, 0.3  # relevance from which a match is called so
BEFORE, AFTER = 500, 1500  # characters around a passage that are shown at once
AROUND = 200_000  # and at most, folded away

EXAMPLES = (
    "没有排污许可证排放污染物罚多少钱？",
    "长江禁渔有多少渔民退捕上岸？",
    "How often must river chiefs patrol in Wenzhou?",
    "What was Beijing's average PM2.5 in 2024?",
)

BADGE: dict[Lang, str] = {"zh": "中文", "en": "EN"}
SCOPE = {"zh": "中文", "en": "English"}

# The address says what is shown; widgets follow it and write to it


def adopt_address() -> None:
    """Set the widgets to what the address says, which a link or the back button may have changed."""
    state, asked = st.session_state, st.query_params
    for key, value in (
        ("question", asked.get("q", "")),
        ("scope", asked.get("lang") if asked.get("lang") in LANGS else "both"),
        ("ui", asked.get("ui") if asked.get("ui") in LANGS else page_lang()),
    ):
        if state.get(key) != value:
            state[key] = value
    search = (state["question"], state["scope"], *switched_off())
    if state.get("shown_for") != search:
        state["shown_for"], state["shown"] = search, PAGE


def ask(question: str | None = None) -> None:
    """Put a question, by default that of the box, into the address."""
    question = visible(st.session_state["question"] if question is None else question).strip()
    st.session_state["asked_nothing"] = not question
    if question:
        st.query_params["q"] = question
    else:
        st.query_params.pop("q", None)
    still = [term for term in switched_off() if squeezed(term) in squeezed(question)]
    if still:
        st.query_params["off"] = still
    else:
        st.query_params.pop("off", None)


def switched_off() -> tuple[str, ...]:
    """Terms that the address says are not to be searched for in the other language."""
    return tuple(st.query_params.get_all("off"))


def switch(term: str) -> None:
    """Put a term that is switched off into the address, or take it out."""
    off = switched(switched_off(), term)
    if off:
        st.query_params["off"] = off
    else:
        st.query_params.pop("off", None)


def narrow() -> None:
    """Put the language filter into the address."""
    if st.session_state["scope"] in LANGS:
        st.query_params["lang"] = st.session_state["scope"]
    else:
        st.query_params.pop("lang", None)


def switch_page() -> None:
    """Put the language of the page into the address."""
    if st.session_state["ui"] in LANGS:
        st.query_params["ui"] = st.session_state["ui"]


def show_more() -> None:
    """Show the next hits as well."""
    st.session_state["shown"] = min(st.session_state["shown"] + PAGE, MOST)


# The engine


class Engines:
    """Open engines by index. One that was made anew is another index; a failure to open is not kept."""

    def __init__(self) -> None:
        self._open: dict[tuple[Path, int], SearchEngine] = {}
        self._lock = threading.Lock()

    def get(self, index: Path) -> SearchEngine:
        """The engine of an index, showing what is done if it has to be opened."""
        from indexer.search.engine import SearchEngine
        from indexer.store.catalog import FILE_NAME

        index = index.absolute()
        try:
            key = (index, (index / FILE_NAME).stat().st_ino)
        except OSError:
            key = (index, -1)
        if (engine := self._open.get(key)) is not None:
            return engine
        place = st.empty()
        try:
            with place.status(t("opening"), expanded=True) as status, self._lock:
                if key not in self._open:
                    engine = SearchEngine.open(index, progress=lambda step: status.write(plain(step)))
                    self._open = {k: v for k, v in self._open.items() if k[0] != index} | {key: engine}
        finally:
            place.empty()
        return self._open[key]


@st.cache_resource(show_spinner=False)
def engines() -> Engines:
    """Those of this server."""
    return Engines()


# Parts of the page


def header() -> None:
    """Name and language switch."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"
    ):
        name = '<h1 lang="zh">青山<span lang="en">Qingshan</span></h1>'
        st.html(f'<div class="qs-head">{name}</div>', width="content")
        st.segmented_control(
            t("interface"), LANGS, format_func=lambda lang: {"zh": "中文", "en": "EN"}[lang],
            key="ui", on_change=switch_page, label_visibility="collapsed",
        )  # fmt: skip
    st.html(f'<p class="qs-tagline">{safe(t("tagline"))}</p>')


def question_form() -> None:
    """The question and the language filter."""
    with (
        st.form("ask", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        st.text_input(
            t("question"), key="question", placeholder=t("placeholder"), label_visibility="collapsed",
            autocomplete="off",
        )  # fmt: skip
        st.form_submit_button(t("search"), type="primary", on_click=ask)
    st.segmented_control(
        t("scope"), ("both", *LANGS), format_func=lambda lang: SCOPE.get(lang, t("both")),
        key="scope", on_change=narrow, label_visibility="collapsed",
    )  # fmt: skip


def examples() -> None:
    """Questions to start with."""
    st.html(f'<p class="qs-note">{safe(t("examples"))}</p>')
    with st.container(horizontal=True, gap="small", key="examples"):
        for n, question in enumerate(EXAMPLES):
            st.button(plain(question), key=f"example-{n}", on_click=ask, args=(question,))


def how_to_fill(message: str, index: Path) -> None:
    """What to do about an index that is not there or empty."""
    st.warning(t(message))
    st.code(f"reindex FOLDER --index {shlex.quote(visible(str(index)))}", language=None, wrap_lines=True)
    st.button(t("again"))


def footer(stats: Stats) -> None:
    """What is indexed."""
    known = t(
        "stats", documents=f"{stats.documents:,}", passages=f"{stats.passages:,}",
        by_lang=count_by_lang(stats.by_lang), updated=local_time(stats.updated),
    )  # fmt: skip
    lines = [known]
    if stats.failed:
        lines.append(t("failed_one") if stats.failed == 1 else t("failed", n=f"{stats.failed:,}"))
    st.html(f'<p class="qs-note">{"<br>".join(map(safe, lines))}</p>')


def results(engine: SearchEngine, stats: Stats, question: str) -> None:
    """The hits of a question."""
    from indexer.search.relevance import RELEVANT

    scope, shown = st.session_state["scope"], st.session_state["shown"]
    lang, off = scope if scope in LANGS else None, switched_off()
    understanding = engine.understand(question, off)
    query = understanding.query
    understood(understanding, question, ask, switch)
    hits = engine.search(question, shown + 1, lang, without_terms=off)
    more, hits = len(hits) > shown, hits[:shown]
    refusal = engine.refusal(question, hits, lang, without_terms=off)
    if refusal is not None:
        refused(refusal, scope, bool(hits))
        if hits:
            with st.expander(t("nearest"), icon=":material/near_me:"):
                for hit in hits:
                    card(engine, hit, query)
        return
    relevant = [hit for hit in hits if hit.relevance >= RELEVANT]
    weak = [hit for hit in hits if hit.relevance < RELEVANT]
    total = stats.by_lang.get(scope, 0) if scope in LANGS else stats.passages
    by_lang = count_by_lang(Counter(hit.lang for hit in hits))
    found = t("found", n=len(hits), total=f"{total:,}", by_lang=by_lang)
    st.html(f'<p class="qs-note" role="status">{safe(found)}</p>')
    for hit in relevant:
        card(engine, hit, query)
    if weak:
        st.html(f'<p class="qs-rest">{safe(t("rest"))}</p>')
    for hit in weak:
        card(engine, hit, query)
    if more and shown < MOST:
        st.button(t("more"), on_click=show_more, width="stretch")


def card(engine: SearchEngine, hit: Hit, query: Query) -> None:
    """One hit."""
    with st.container(border=True, gap="small"):
        found = engine.highlight(query, hit)
        st.html(
            f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3>{_match(hit.relevance)}</div>'
            f'<p class="qs-meta">{_about(hit)}</p>'
            f'<p class="qs-text" lang="{hit.lang}">{marked(hit.text, found.spans, sentence=found.sentence)}</p>'
            f"{_also_at(hit.paths, hit.path)}"
        )
        with st.container(horizontal=True, gap="small"):
            if st.button(
                t("context"), key=f"context-{hit.passage_id}", icon=":material/subject:", type="tertiary"
            ):
                st.dialog(t("in_context"), width="medium")(context)(engine, hit, query)
            with st.popover(t("cite"), icon=":material/format_quote:", type="tertiary"):
                citation(hit)
            download(engine, hit)
            if url := web_address(hit.url):
                st.link_button(t("source"), url, icon=":material/open_in_new:", type="tertiary")
        if hit.reprints:
            n = len(hit.reprints)
            with st.expander(t("reprint") if n == 1 else t("reprints", n=n), icon=":material/content_copy:"):
                for reprint in hit.reprints:
                    reprinted(engine, hit, reprint)


def reprinted(engine: SearchEngine, hit: Hit, reprint: Reprint) -> None:
    """One document that prints the same as a hit."""
    known = [reprint.publisher, reprint.published, reprint.format.upper(), reprint.path]
    script = f'<span class="qs-badge">{safe(t(reprint.script))}</span>' if reprint.script != "Latn" else ""
    st.html(
        f'<p class="qs-meta">{script}<span lang="{reprint.lang}">{safe(reprint.title)}</span><br>'
        f"{' · '.join(safe(part) for part in known if part)}</p>{_also_at(reprint.paths, reprint.path)}"
    )
    with st.container(horizontal=True, gap="small"):
        key = f"differs-{hit.passage_id}-{reprint.passage_id}"
        if st.button(t("differs"), key=key, icon=":material/difference:", type="tertiary"):
            st.dialog(t("differences"), width="large")(differences)(engine, hit, reprint)
        if url := web_address(reprint.url):
            st.link_button(t("source"), url, icon=":material/open_in_new:", type="tertiary")


def _also_at(paths: Sequence[str], path: str) -> str:
    others = [safe(other) for other in paths if other != path]
    return f'<p class="qs-small">{safe(t("also_at"))}: {", ".join(others)}</p>' if others else ""


def _match(relevance: float) -> str:
    name = "strong" if relevance >= STRONG else "good" if relevance >= GOOD else "weak"
    percent = round(100 * min(max(relevance, 0.0), 1.0))
    return (
        f'<span class="qs-match qs-{name}"><span class="qs-bar" aria-hidden="true">'
        f'<i style="width:{percent}%"></i></span>{safe(t(name))} · {percent}%</span>'
    )


def _about(hit: Hit) -> str:
    short = [part for part in (hit.published, hit.format.upper(), _place(hit)) if part]
    parts = [safe(hit.publisher)] if hit.publisher else []
    parts += [f'<span class="qs-short">{safe(part)}</span>' for part in short]
    return f'<span class="qs-badge">{BADGE[hit.lang]}</span>' + " · ".join(parts)


def _place(hit: Hit) -> str:
    from indexer.search.citation import locate

    place = locate(hit)
    kind, _, number = place.partition(" ")
    return PLACES_ZH[kind].format(number) if page_lang() == "zh" and kind in PLACES_ZH else place


def citation(hit: Hit) -> None:
    """A citation to copy."""
    from indexer.search.citation import cite

    cited = cite(hit)
    st.code(visible(str(cited)), language=None, wrap_lines=True)
    place = t("digest", start=f"{cited.start:,}", end=f"{cited.end:,}")
    st.html(f'<p class="qs-small">{safe(place)}<br><code>{cited.digest}</code></p>')


def download(engine: SearchEngine, hit: Hit) -> None:
    """The original file, read when it is asked for."""
    path, there = engine.source(hit), False
    try:
        there = path.is_file()
    except OSError:
        log.warning("can't look at %s", path, exc_info=True)
    st.download_button(
        t("download"), lambda: engine.read_source(hit), visible(PurePosixPath(hit.path).name), "application/octet-stream",
        key=f"download-{hit.passage_id}", on_click="ignore", icon=":material/download:", type="tertiary",
        disabled=not there, help=None if there else t("gone"),
    )  # fmt: skip


def context(engine: SearchEngine, hit: Hit, query: Query) -> None:
    """A passage where it stands in its document; what is far from it is folded away."""
    try:
        text = engine.document(hit.doc_id).text
    except QingshanError as error:
        st.warning(plain(str(error)))
        return
    start, end = min(hit.start, len(text)), min(hit.end, len(text))
    near, far = _line_start(text, start - BEFORE), _line_end(text, end + AFTER)
    first, last = max(near - AROUND, 0), min(far + AROUND, len(text))
    here = text[start:end]
    found = engine.highlight(query, replace(hit, text=here))
    st.html(
        f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3></div>'
        f'<p class="qs-meta">{_about(hit)}</p>'
        f'<div class="qs-context" lang="{hit.lang}">{_folded("before", text[first:near])}'
        f"{safe(text[near:start].removesuffix(chr(10)))}"
        f'<div class="qs-here">{marked(here, found.spans, sentence=found.sentence)}</div>'
        f"{safe(text[end:far].removeprefix(chr(10)))}{_folded('after', text[far:last])}</div>"
    )


def differences(engine: SearchEngine, hit: Hit, reprint: Reprint) -> None:
    """What differs between the documents of a hit and of a reprint; what is the same is folded away."""
    from indexer.search.reprints import compare

    try:
        found = compare(engine.document(hit.doc_id), engine.document(reprint.doc_id))
    except QingshanError as error:
        st.warning(plain(str(error)))
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


def _folded(key: str, text: str) -> str:
    if not text.strip():
        return ""
    label = t(key, n=f"{len(text):,}")
    return f"<details><summary>{safe(label)}</summary>{safe(text.strip(chr(10)))}</details>"


def _line_start(text: str, at: int) -> int:
    """The start of the line at an offset, unless that is far away."""
    if at <= 0:
        return 0
    found = text.rfind("\n", max(at - BEFORE, 0), at)
    return found + 1 if found >= 0 else at


def _line_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    found = text.find("\n", at, at + BEFORE)
    return found if found >= 0 else at


# The page


def page() -> None:
    """Everything below the header."""
    question_form()
    question = st.session_state["question"].strip()
    index = load_settings().index
    try:
        engine = engines().get(index)
    except IndexNotFoundError:
        how_to_fill("missing", index)
        return
    stats = engine.stats()
    if not stats.documents:
        how_to_fill("empty", index)
    elif question:
        try:
            results(engine, stats, question)
        except QueryError as error:
            st.warning(plain(str(error)))
    else:
        if st.session_state.get("asked_nothing"):
            st.info(t("type_something"))
        examples()
    footer(stats)


def main() -> None:
    """Run the page once."""
    adopt_address()
    question = visible(st.session_state["question"]).strip()
    title = f"{question[:60]} · 青山 Qingshan" if question else "青山 Qingshan"
    st.set_page_config(page_title=title, page_icon=ICON, layout="centered")
    st.html(STYLE)
    header()
    try:
        page()
    except QingshanError as error:
        st.error(plain(str(error)))
    except Exception:
        log.exception("the page failed")
        st.error(t("unexpected"))


main()
