"""The search page: widgets and layout. What is found, marked and cited comes from ``indexer``.

Whatever a bulletin or an address says is text: it reaches the page through :func:`safe` (HTML) or
:func:`plain` (Markdown) and nothing else.
"""

from __future__ import annotations

import html
import logging
import re
import shlex
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import streamlit as st

from indexer.config import load_settings
from indexer.errors import IndexNotFoundError, QingshanError, QueryError
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

MESSAGES = {
    "tagline": (
        "Search Chinese environmental bulletins by meaning, in Chinese or English",
        "用中文或英文提问，按含义检索生态环境公报",
    ),
    "interface": ("Language of this page", "界面语言"),
    "question": ("Your question", "您的问题"),
    "placeholder": ("Ask in English or Chinese…", "用中文或英文提问……"),
    "search": ("Search", "搜索"),
    "scope": ("Language of the bulletins", "公报语言"),
    "both": ("Both languages", "中英文"),
    "examples": ("For example", "例如"),
    "type_something": (
        "Type a question or some words, in Chinese or English.",
        "请输入问题或关键词，中英文均可。",
    ),
    "stats": (
        "{documents} documents, {passages} passages ({by_lang}) · updated {updated}",
        "已收录 {documents} 份文件、{passages} 个段落（{by_lang}）· 更新于 {updated}",
    ),
    "passages_zh": ("{n} Chinese", "中文 {n}"),
    "passages_en": ("{n} English", "英文 {n}"),
    "never": ("never", "从未"),
    "failed": (
        "{n} files could not be read; the command “qingshan status” lists them.",
        "有 {n} 个文件无法读取，可用命令 qingshan status 查看。",
    ),
    "failed_one": (
        "1 file could not be read; the command “qingshan status” names it.",
        "有 1 个文件无法读取，可用命令 qingshan status 查看。",
    ),
    "missing": (
        "There is no index yet. Make one from a folder of bulletins, then look again:",
        "尚未建立索引。请用公报所在的文件夹建立索引，然后重试：",
    ),
    "empty": (
        "The index is empty. Fill it from a folder of bulletins; this page notices by itself:",
        "索引为空。请用公报所在的文件夹填充索引，本页会自动识别：",
    ),
    "again": ("Look again", "重试"),
    "opening": ("Opening the index…", "正在打开索引……"),
    "found": ("The best {n} of {total} passages ({by_lang})", "{total} 个段落中最相关的 {n} 个（{by_lang}）"),
    "nothing": (
        "Nothing in the index matches this question.",
        "索引中没有与此问题相符的内容。",
    ),
    "nothing_scope": (
        "No bulletin in this language matches. Try both languages.",
        "该语言的公报中没有相符内容，请尝试“中英文”。",
    ),
    "irrelevant": (
        "Nothing in the index seems to answer this. The nearest passages follow; they are weak matches.",
        "索引中似乎没有能回答此问题的内容。以下是最接近的段落，但相关性较低。",
    ),
    "rest": ("Weaker matches", "相关性较低"),
    "more": ("More passages", "更多段落"),
    "strong": ("Strong match", "高度相关"),
    "good": ("Good match", "相关"),
    "weak": ("Weak match", "弱相关"),
    "context": ("Show in context", "查看上下文"),
    "in_context": ("In context", "上下文"),
    "cite": ("Cite", "引用"),
    "digest": (
        "Characters {start}–{end} of the text; SHA-256 of the passage:",
        "文本第 {start}–{end} 字符；段落 SHA-256：",
    ),
    "download": ("Download file", "下载原文件"),
    "gone": (
        "The file is no longer where it was indexed. Run reindex again.",
        "文件已不在原处，请重新运行 reindex。",
    ),
    "source": ("Web page", "网页原文"),
    "also_at": ("Also at", "另存于"),
    "reprints": ("{n} reprints", "{n} 处转载"),
    "reprint": ("1 reprint", "1 处转载"),
    "Hant": ("Traditional", "繁体"),
    "Hans": ("Simplified", "简体"),
    "differs": ("What differs", "比较差异"),
    "differences": ("What differs", "差异比较"),
    "signs": (
        "– only in the first, + only in the second. Script, width, punctuation and line breaks don't count.",
        "– 仅见于前者，+ 仅见于后者。繁简、全半角、标点与换行的不同不计。",
    ),
    "no_difference": ("Both have the same words.", "两者文字相同。"),
    "same": ("{n} characters the same", "相同内容 {n} 字"),
    "before": ("{n} more characters before", "前面还有 {n} 字"),
    "after": ("{n} more characters after", "后面还有 {n} 字"),
    "unexpected": (
        "Something went wrong on our side. Try again; if it happens again, look at the server's log.",
        "出了点问题，请重试；若仍未解决，请查看服务器日志。",
    ),
}

# What citations call a place, for readers of Chinese.
PLACES_ZH = {
    "p.": "第 {} 页", "pp.": "第 {} 页", "line": "第 {} 行", "lines": "第 {} 行",
    "para.": "第 {} 段", "paras.": "第 {} 段",
}  # fmt: skip

BADGE: dict[Lang, str] = {"zh": "中文", "en": "EN"}
SCOPE = {"zh": "中文", "en": "English"}

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#1f6b4a"/>'
    '<path d="M4 25 13 9l5 9 3-5 7 12z" fill="#fff"/></svg>'
)

# Colours are mixed with the theme's own, so that light and dark both have contrast.
STYLE = """<style>
.stMainBlockContainer { max-width: 56rem; padding-top: 2.2rem; padding-bottom: 4rem; }
.st-key-head { margin-bottom: -.8rem; }
.qs-head h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; padding: 0; margin: 0; }
.qs-head h1 span { font-weight: 400; opacity: .75; margin-left: .35rem; }
.qs-tagline { margin: 0; opacity: .8; }
button[data-variant="segmented_control"][aria-checked="true"],
button[data-testid="stBaseButton-segmented_controlActive"] { color: inherit !important; }
.st-key-examples button { text-align: left; }
.qs-note { font-size: .875rem; opacity: .8; margin: 0; }
.qs-rest { font-size: .875rem; display: flex; gap: .8rem; align-items: center; margin: .4rem 0 0; }
.qs-rest::before, .qs-rest::after { content: ""; flex: 1; border-top: 1px solid currentColor; opacity: .3; }
.qs-top { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; }
.qs-top h3 { font-size: 1.1rem; font-weight: 650; line-height: 1.35; padding: 0; margin: 0; flex: 1 1 60%;
  overflow-wrap: anywhere; }
.qs-match { font-size: .8125rem; display: inline-flex; gap: .45rem; flex: none; align-items: center; }
.qs-bar { width: 3.5rem; height: .4rem; border-radius: .2rem; overflow: hidden; display: inline-block;
  background: color-mix(in srgb, currentColor 18%, transparent); }
.qs-bar i { display: block; height: 100%; background: #2f9469; }
.qs-good .qs-bar i { background: #5f9a3c; }
.qs-weak .qs-bar i { background: #a08a4a; }
.qs-meta { font-size: .875rem; margin: .25rem 0 0; overflow-wrap: anywhere; opacity: .85; }
.qs-badge { font-size: .75rem; font-weight: 600; border: 1px solid currentColor; border-radius: .35rem;
  margin-right: .5rem; white-space: nowrap;
  padding: 0 .35rem; line-height: 1.35; }
.qs-short { white-space: nowrap; }
.qs-text { margin: .6rem 0 0; line-height: 1.7; white-space: pre-line; overflow-wrap: anywhere; }
.qs-text mark, .qs-context mark { color: inherit; background: color-mix(in srgb, #f2b705 34%, transparent);
  border-radius: .2rem; padding: .05em .08em; }
.qs-context { margin-top: .8rem; line-height: 1.7; white-space: pre-wrap; overflow-wrap: anywhere; }
.qs-context .qs-here { border-left: .25rem solid #2f9469; padding: .2rem 0 .2rem .8rem; margin: .3rem 0;
  background: color-mix(in srgb, #2f9469 10%, transparent); scroll-initial-target: nearest; }
.qs-context summary { cursor: pointer; font-size: .875rem; opacity: .85; padding: .3rem 0; }
.qs-diff { line-height: 1.7; overflow-wrap: anywhere; }
.qs-diff p { margin: .2rem 0; padding-left: 1.2rem; text-indent: -1.2rem; white-space: pre-line; }
.qs-diff p.qs-note { padding: 0; text-indent: 0; }
.qs-diff b { display: inline-block; width: 1.2rem; text-indent: 0; }
.qs-diff del, .qs-diff ins { text-decoration: none; border-radius: .2rem; padding: .05em .08em; }
.qs-diff del { background: color-mix(in srgb, #d0453a 28%, transparent); }
.qs-diff ins { background: color-mix(in srgb, #2f9469 30%, transparent); }
.qs-diff summary { cursor: pointer; font-size: .875rem; opacity: .85; padding: .2rem 0; }
.qs-diff details { white-space: pre-line; }
.qs-small { font-size: .8125rem; overflow-wrap: anywhere; margin: 0; }
.qs-small code { font-size: .75rem; }
</style>"""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$^=:&\"'])")
_STARTERS = re.compile(r"(?<=[:@])(?=\S)|(?<=\bwww)(?=\.)", re.IGNORECASE)
# Control characters, and those that turn the direction of the text around them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# Text from outside


def visible(text: str) -> str:
    """A text without the characters that only hide or turn other text."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    return text.encode("utf-8", "replace").decode("utf-8")


def safe(text: str) -> str:
    """A text for HTML."""
    return html.escape(visible(text))


def plain(text: str) -> str:
    """A text for Markdown.

    Backslashes are enough for most of it. Bare addresses and emoji codes are recognised after those are read,
    so a word joiner, which is not seen, is put where they start.
    """
    return _MARKDOWN.sub(r"\\\1", _STARTERS.sub("\u2060", visible(text))).replace("\n", "  \n")


def marked(text: str, spans: Sequence[tuple[int, int]], tag: str = "mark") -> str:
    """A text for HTML with some spans of it marked."""
    parts, at = [], 0
    for start, end in spans:
        parts += [safe(text[at:start]), f"<{tag}>", safe(text[start:end]), f"</{tag}>"]
        at = end
    return "".join([*parts, safe(text[at:])])


def web_address(url: str | None) -> str | None:
    """An address if it is one of the web."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


# Languages of the page


def page_lang() -> Lang:
    """What the switch says, else the browser's language."""
    chosen = st.session_state.get("ui")
    for lang in LANGS:
        if chosen == lang:
            return lang
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """A message in the language of the page."""
    english, chinese = MESSAGES[key]
    return (chinese if page_lang() == "zh" else english).format(**values)


def count_by_lang(counts: Mapping[Any, int]) -> str:
    """For example "60 Chinese, 55 English"."""
    separator = "、" if page_lang() == "zh" else ", "
    return separator.join(t(f"passages_{lang}", n=f"{counts[lang]:,}") for lang in LANGS if counts.get(lang))


def local_time(moment: str | None) -> str:
    """A UTC moment on the reader's clock."""
    if not moment:
        return t("never")
    try:
        clock = ZoneInfo(st.context.timezone or "UTC")
        return datetime.fromisoformat(moment).astimezone(clock).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OSError, KeyError):
        return moment


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
    search = (state["question"], state["scope"])
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
    query = engine.analyze(question)
    hits = engine.search(question, shown + 1, scope if scope in LANGS else None)
    more, hits = len(hits) > shown, hits[:shown]
    if not hits:
        st.warning(t("nothing") if scope == "both" else t("nothing_scope"))
        return
    enough = RELEVANT
    relevant = [hit for hit in hits if hit.relevance >= enough]
    weak = [hit for hit in hits if hit.relevance < enough]
    if relevant:
        total = stats.by_lang.get(scope, 0) if scope in LANGS else stats.passages
        by_lang = count_by_lang(Counter(hit.lang for hit in hits))
        found = t("found", n=len(hits), total=f"{total:,}", by_lang=by_lang)
        st.html(f'<p class="qs-note" role="status">{safe(found)}</p>')
    else:
        st.warning(t("irrelevant"))
    for hit in relevant:
        card(engine, hit, query)
    if relevant and weak:
        st.html(f'<p class="qs-rest">{safe(t("rest"))}</p>')
    for hit in weak:
        card(engine, hit, query)
    if more and shown < MOST:
        st.button(t("more"), on_click=show_more, width="stretch")


def card(engine: SearchEngine, hit: Hit, query: Query) -> None:
    """One hit."""
    from indexer.search.highlight import highlight

    with st.container(border=True, gap="small"):
        spans = highlight(hit.text, query, hit.lang)
        st.html(
            f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3>{_match(hit.relevance)}</div>'
            f'<p class="qs-meta">{_about(hit)}</p>'
            f'<p class="qs-text" lang="{hit.lang}">{marked(hit.text, spans)}</p>{_also_at(hit.paths, hit.path)}'
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
    from indexer.search.highlight import highlight

    try:
        text = engine.document(hit.doc_id).text
    except QingshanError as error:
        st.warning(plain(str(error)))
        return
    start, end = min(hit.start, len(text)), min(hit.end, len(text))
    near, far = _line_start(text, start - BEFORE), _line_end(text, end + AFTER)
    first, last = max(near - AROUND, 0), min(far + AROUND, len(text))
    spans = highlight(text[start:end], query, hit.lang)
    st.html(
        f'<div class="qs-top"><h3 lang="{hit.lang}">{safe(hit.title)}</h3></div>'
        f'<p class="qs-meta">{_about(hit)}</p>'
        f'<div class="qs-context" lang="{hit.lang}">{_folded("before", text[first:near])}'
        f"{safe(text[near:start].removesuffix(chr(10)))}"
        f'<div class="qs-here">{marked(text[start:end], spans)}</div>'
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
