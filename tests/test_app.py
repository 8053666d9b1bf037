"""The page, run without a browser over a small index and over an engine that returns what a test wants."""

from __future__ import annotations

import ast
import contextlib
import datetime
import html
import json
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from conftest import HashEmbedder, write_corpus
from streamlit.errors import StreamlitAuthError
from streamlit.testing.v1 import AppTest

from indexer import Document, Hit, SearchEngine, reindex
from indexer.config import load_settings
from indexer.errors import IndexBusyError, ModelMismatchError
from indexer.language.tokens import query_tokens
from indexer.page import messages
from indexer.page.chips import span
from indexer.page.text import plain
from indexer.search.facets import Count, Facets
from indexer.search.health import Health
from indexer.search.query import Query
from indexer.search.receipt import IndexFacts, Verdict
from indexer.search.relevance import RELEVANT
from indexer.search.spans import Highlights, find_highlights
from indexer.search.syntax import Request
from indexer.search.understanding import Label, Refusal, Suggestion, Translated, Typed, Understanding
from indexer.store.catalog import Stats
from indexer.store.saved import Saved
from indexer.types import Filter, Reprint, Span

APP = Path(__file__).resolve().parent.parent / "app.py"
PACKAGE = APP.with_name("indexer")

HIT = Hit(
    rank=1, score=1.0, passage_id="d:0", doc_id="d", lang="en", title="A permit for every plant",
    published="2021-03-01", publisher="Ministry of Ecology", path="bulletins/permit.txt", format="txt",
    page=None, page_end=None, line=3, line_end=4, start=6, end=33,
    text="Every plant needs a permit.", relevance=0.9,
)  # fmt: skip
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> ![i](http://evil.example/x.png) "
    "[l](http://evil.example) :red[x] :smile: $x^2$ **b** http://evil.example www.evil.example "
    "\u202eexe.txt\u202c permit"
)


FACETS = Facets(
    total_documents=9, total_passages=12, undated=2,
    langs=(Count("en", 5, 7), Count("zh", 4, 5)),
    years=(Count("2024", 3, 4), Count("2021", 6, 8)),
    publishers=tuple(Count(f"Office {n}", 9 - n, 9 - n) for n in range(8)),
    provinces=(Count("510000", 3, 4), Count("110000", 2, 2)),
    cities=(Count("510100", 2, 2),),
    topics=(Count("water", 5, 6), Count("air", 4, 4)),
    formats=(Count("pdf", 6, 8), Count("html", 3, 4)),
    months=(Count("2021-03", 6, 8), Count("2024-12", 3, 4)),
)  # fmt: skip
HEALTH = Health(
    documents=9, passages=12, by_lang={"en": 7, "zh": 5}, undated=2, first="2018-06-04", last="2024-12-31",
    failures=(("a/scan.pdf", "Only pictures of text. Install the extra ocr."),), formats={"pdf": 6, "html": 3},
    publishers={"Office": 9}, no_publisher=0, boilerplate=(), model="hash-1", versions={"ingest": "3"},
    bytes={"catalog": 1_234_567, "dense": 999}, updated="2026-01-02T03:04:05+00:00",
)  # fmt: skip


class StubEngine:
    """Gives the hits and the errors that it was made with."""

    translated: tuple[Translated, ...] = ()
    typed: tuple[Typed, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    refused = Refusal()
    state = HEALTH
    found = FACETS

    def __init__(
        self, hits: list[Hit], error: Exception | None = None, text: str = "", documents: int = 1
    ) -> None:
        self.hits, self.error, self.text, self.documents = hits, error, text, documents
        self.searches: list[dict[str, object]] = []
        self.searches_saved: list[Saved] = []
        self.new: list[Hit] = []
        self.seen: list[str] = []

    def understand(self, question: str, without_terms: Collection[str] = ()) -> Understanding:
        query = Query(question, "en", tuple(query_tokens(question)), ())
        return Understanding(query, Request(question), self.translated, self.typed, self.suggestions)

    def refusal(self, question: str, hits: list[Hit], lang: str | None = None, **_: object) -> Refusal | None:
        return None if any(hit.relevance >= RELEVANT for hit in hits) else self.refused

    def search(self, question: str, k: int = 10, lang: str | None = None, **how: object) -> list[Hit]:
        self.searches.append({"question": question, "k": k, "lang": lang, **how})
        if self.error:
            raise self.error
        return [hit for hit in self.hits if lang in (None, hit.lang)][:k]

    def facets(self, question: str | None, **_: object) -> Facets:
        return self.found

    def saved(self) -> list[Saved]:
        return self.searches_saved

    def save(self, name: str, query: dict[str, list[str]]) -> None:
        self.searches_saved.append(
            Saved(name, query, "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05+00:00")
        )

    def forget_saved(self, name: str) -> None:
        self.searches_saved = [one for one in self.searches_saved if one.name != name]

    def mark_seen(self, name: str, at: str | None = None) -> None:
        if self.error:
            raise self.error
        self.seen.append(name)

    def new_passages(self, question: str, since: str, **_: object) -> list[Hit]:
        return self.new

    def facts(self) -> IndexFacts:
        return IndexFacts("m", "1", "1", "1", 1, 1, 1, None)

    def verify(self, receipt: dict) -> list[Verdict]:
        return [Verdict("gone", HOSTILE, HOSTILE, HOSTILE, HOSTILE)]

    def health(self, lang: str = "en") -> Health:
        return self.state

    def highlight(self, query: Query, hit: Hit) -> Highlights:
        return find_highlights(hit.text, query, hit.lang)

    def stats(self) -> Stats:
        return Stats(self.documents, len(self.hits), {"en": len(self.hits)}, 1, "2026-01-02T03:04:05+00:00")

    def document(self, doc_id: str) -> Document:
        return Document(doc_id, self.text, (), "en", "txt")

    def source(self, hit: Hit) -> Path:
        return Path(hit.path)


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees another's index or engine."""
    st.cache_resource.clear()
    st.cache_data.clear()
    # Streamlit's harness looks through all installed packages for components at each run.
    with contextlib.suppress(ImportError):
        monkeypatch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
    # A thread that reads NumPy's files parses Python, which this one may do at the same time only from 3.11.9 on; the
    # harness parses the page at each run, a server once.
    monkeypatch.setattr("indexer.page.engines.warm", lambda *_: None)
    monkeypatch.setenv("QINGSHAN_INDEX", str(tmp_path / "index"))
    return tmp_path / "index"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[StubEngine], StubEngine]:
    """Let the page open a stub engine."""

    def use(engine: StubEngine) -> StubEngine:
        monkeypatch.setattr(SearchEngine, "open", lambda *_, **__: engine)
        return engine

    return use


@pytest.fixture(scope="module")
def tiny_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    reindex([write_corpus(folder / "corpus")], folder / "index", embedder=HashEmbedder())
    return folder / "index"


@pytest.fixture
def real(tiny_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the page open the small corpus's index, with the fake embedder."""
    opened = SearchEngine.open(tiny_index, embedder=HashEmbedder(), settings=load_settings())
    monkeypatch.setattr(SearchEngine, "open", lambda *_, **__: opened)


def run(**address: str | list[str]) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in {"ui": "en", **address}.items():
        page.query_params[key] = value
    return rerun(page)


def rerun(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, widget) -> None:
    widget.click()
    rerun(page)


def markup(page: AppTest) -> str:
    """The HTML of the page, without its style sheet and its only script."""
    bodies = [e.proto.body for e in page.get("html") if not e.proto.body.startswith("<style>")]
    (script,) = [e.proto.body for e in page.get("html") if e.proto.unsafe_allow_javascript]
    assert re.match(r"<script>document\.documentElement\.lang = '(en|zh-CN)'; \{\sconst words = \{", script)
    assert not any(word in script for word in (HOSTILE, "alert", "</script><"))
    return "\n".join(body for body in bodies if not body.startswith("<script>"))


def said(page: AppTest) -> str:
    """All text of the page, without tags."""
    alerts = [e.value for kind in (page.error, page.warning, page.info) for e in kind]
    return html.unescape(re.sub(r"<[^>]*>", "", markup(page))) + "\n".join(alerts)


def cards(page: AppTest) -> int:
    return markup(page).count('class="qs-text"')


def button(page: AppTest, label: str):
    return next(b for b in page.button if b.label == label)


def asked(page: AppTest, key: str) -> str:
    """What the address says; the harness gives a list or the value itself."""
    value = page.query_params[key]
    return value if isinstance(value, str) else value[-1]


def choice(page: AppTest, key: str):
    """A segmented control or a list of pills."""
    return next(g for g in page.get("button_group") if g.key == key)


def choose(page: AppTest, key: str, value) -> None:
    choice(page, key).set_value(value)
    rerun(page)


def by_key(page: AppTest, key: str):
    return next(b for b in page.button if b.key == key)


def open_all(page: AppTest, *keys: str) -> AppTest:
    """Unfold what is only drawn once it is unfolded."""
    for key in keys:
        page.session_state[key] = True
    return rerun(page)


def documents(n: int, **changes: object) -> list[Hit]:
    """Hits of as many documents."""
    return [replace(HIT, doc_id=f"d{i}", passage_id=f"d{i}:0", title=f"T{i}", **changes) for i in range(n)]


# Searching


@pytest.mark.usefixtures("real")
def test_the_page_says_what_is_indexed() -> None:
    page = run()
    assert re.search(r"11 documents, \d+ passages \(\d+ Chinese, \d+ English\) · updated 20\d\d-", said(page))
    assert "1 file could not be read" in said(page)
    assert cards(page) == 0


@pytest.mark.usefixtures("real")
def test_an_example_question_gives_cards() -> None:
    page = run()
    examples = [b for b in page.button if (b.key or "").startswith("example-")]
    assert any(re.search("[一-龥]", b.label) for b in examples) and any("How" in b.label for b in examples)
    press(page, examples[0])
    assert cards(page) > 0 and "<mark>" in markup(page)
    assert asked(page, "q") == page.text_input[0].value != ""


@pytest.mark.usefixtures("real")
def test_a_link_searches() -> None:
    page = run(q="How long is a discharge permit valid?")
    assert page.text_input[0].value == "How long is a discharge permit valid?"
    assert "discharge</mark>" in markup(page) and "Discharge permits explained" in said(page)


@pytest.mark.usefixtures("real")
def test_the_language_filter_is_in_the_address() -> None:
    page = run(q="water quality 水质", lang="zh")
    assert 'lang="zh"' in markup(page) and 'class="qs-text" lang="en"' not in markup(page)
    assert choice(page, "balance").proto.disabled
    choose(page, "facet-lang", ["zh", "en"])
    assert asked(page, "lang") == "en"
    choose(page, "facet-lang", [])
    assert "lang" not in page.query_params and not choice(page, "balance").proto.disabled


@pytest.mark.usefixtures("real")
def test_a_typed_question_goes_into_the_address() -> None:
    page = run()
    page.text_input[0].set_value("  噪声投诉 ")
    press(page, button(page, "Search"))
    assert asked(page, "q") == "噪声投诉" and cards(page) > 0


@pytest.mark.usefixtures("real")
def test_the_address_wins_over_an_older_question() -> None:
    page = run(q="噪声投诉")
    page.query_params["q"] = "fishing"
    rerun(page)
    assert page.text_input[0].value == "fishing" and "Ten Years Without Fishing" in said(page)


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(
    "address",
    [{"q": ""}, {"q": "   "}, {"lang": "xx"}, {"ui": "xx"}, {"since": "soon"}, {"page": "x"}, {"place": "9"},
     {"sort": "x", "balance": "y", "view": "z", "topic": "nothing"}],
)  # fmt: skip
def test_an_address_that_asks_nothing_shows_the_examples(address: dict[str, str]) -> None:
    page = run(**address)
    assert cards(page) == 0 and any((b.key or "").startswith("example-") for b in page.button)


@pytest.mark.usefixtures("real")
def test_an_empty_question_is_pointed_out() -> None:
    page = run()
    press(page, button(page, "Search"))
    assert "Type a question" in page.info[0].value and not page.error


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("question", ["？！……", "x" * 2001])
def test_a_question_that_cannot_be_searched_for_is_explained(question: str) -> None:
    page = run(q=question)
    assert len(page.warning) == 1 and "question has" in page.warning[0].value
    assert cards(page) == 0 and not page.error
    assert page.warning[0].value != run(q=question, ui="zh").warning[0].value


def test_more_hits(serve) -> None:
    engine = serve(StubEngine(documents(14)))
    page = run(q="permit")
    assert cards(page) == 10
    press(page, button(page, "More passages"))
    assert cards(page) == 14 and asked(page, "page") == "2"
    assert engine.searches[-1]["k"] >= 21 and not any(b.label == "More passages" for b in page.button)
    assert cards(run(q="permit", page="2")) == 14


def test_hits_are_looked_for_until_there_are_documents_enough(serve) -> None:
    engine = serve(StubEngine([replace(HIT, passage_id=f"d:{i}") for i in range(40)] + documents(3)))
    page = run(q="permit")
    assert [e.label for e in page.expander if "more from" in e.label] == ["39 more from this document"]
    assert "42 relevant passages from 4 documents" in said(page).replace("43", "42")
    assert [s["k"] for s in engine.searches] == [33, 66]


def test_the_address_has_order_and_filters(serve) -> None:
    engine = serve(StubEngine([HIT]))
    page = run(
        q="permit", sort="newest", since="2021-01-01", until="2021-12-31", place=["510000", "110000"],
        topic="water", publisher="Office 1", type="PDF",
    )  # fmt: skip
    search = engine.searches[-1]
    assert search["sort"] == "newest"
    assert search["where"] == Filter(
        since="2021-01-01", until="2021-12-31", places=("510000", "110000"), topics=("water",),
        publishers=("Office 1",), formats=("pdf",),
    )  # fmt: skip
    chips = [b.label for b in page.button if (b.key or "").startswith("chip-")]
    assert chips == ["2021", "Sichuan", "Beijing", "Water", "Office 1", "PDF files"]
    press(page, by_key(page, "chip-place-510000"))
    assert page.query_params["place"] in ("110000", ["110000"])
    press(page, by_key(page, "clear"))
    assert set(page.query_params) == {"q", "sort", "ui"}
    page.selectbox(key="sort").set_value("relevance")
    rerun(page)
    assert set(page.query_params) == {"q", "ui"}


def test_languages_are_balanced_as_asked(serve) -> None:
    english = documents(3)
    chinese = [
        replace(h, lang="zh", doc_id=f"z{i}", passage_id=f"z{i}:0", title=f"Z{i}")
        for i, h in enumerate(english)
    ]
    weak = replace(HIT, lang="zh", doc_id="w", passage_id="w:0", title="W", relevance=0.05)
    engine = serve(StubEngine([*english, *chinese, weak]))

    def titles(page: AppTest) -> list[str]:
        return re.findall(r"<h3[^>]*>(\w+)</h3>", markup(page))

    page = run(q="permit")
    assert titles(page) == ["T0", "T1", "T2", "Z0", "Z1", "Z2"]
    choose(page, "balance", "zh")
    assert asked(page, "balance") == "zh" and titles(page) == ["Z0", "Z1", "Z2", "T0", "T1", "T2"]
    choose(page, "balance", "en")
    assert titles(page) == ["T0", "T1", "T2", "Z0", "Z1", "Z2"]
    choose(page, "balance", "side")
    assert titles(page) == ["Z0", "Z1", "Z2", "T0", "T1", "T2"]
    assert re.findall('qs-column">(.*?)<', markup(page)) == ["Chinese", "English"]
    engine.hits = [*english, weak]
    page = run(q="permit", balance="side")
    assert "Nothing relevant in this language" in said(page)
    choose(page, "balance", "both")
    assert "balance" not in page.query_params


# Narrowing


def test_facets_are_named_counted_and_chosen(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit", page="2")
    names = [o.content for o in choice(page, "facet-province").proto.options]
    assert names == ["Sichuan :small[3]", "Beijing :small[2]"]
    choose(page, "facet-province", ["510000"])
    assert asked(page, "place") == "510000" and "page" not in page.query_params
    choose(page, "facet-city", ["510100"])  # in place of its province
    assert asked(page, "place") == "510100" and choice(page, "facet-province").value == []
    choose(page, "facet-year", ["2024"])
    assert (asked(page, "since"), asked(page, "until")) == span("2024")
    choose(page, "facet-year", ["2024", "2021"])
    assert (asked(page, "since"), asked(page, "until")) == span("2021")
    choose(page, "facet-year", [])
    assert "since" not in page.query_params
    choose(page, "facet-topic", ["water", "air"])
    assert page.query_params["topic"] == ["air", "water"]
    choose(page, "facet-format", ["pdf"])
    assert asked(page, "type") == "pdf"
    chinese = run(q="permit", ui="zh")
    assert [o.content for o in choice(chinese, "facet-province").proto.options] == [
        "四川 :small[3]",
        "北京 :small[2]",
    ]


def test_publishers_are_named_in_the_language_of_the_page(serve) -> None:
    """Those that would be called the same, as printed."""
    names = [
        "大连市生态环境局",
        "四川省生态环境厅",
        "Sichuan Department of Ecology and Environment",
        "新华社",
    ]
    engine = StubEngine([HIT])
    engine.found = replace(FACETS, publishers=tuple(Count(name, 9 - n, 9) for n, name in enumerate(names)))
    serve(engine)

    def shown(page: AppTest) -> list[str]:
        return [o.content.split(" :small")[0] for o in choice(page, "facet-publisher").proto.options]

    assert shown(run(q="permit")) == ["Dalian Ecology and Environment Bureau", *names[1:]]
    assert shown(run(q="permit", ui="zh")) == names
    chosen = run(q="permit", publisher=names[0])
    chips = [b.label for b in chosen.button if (b.key or "").startswith("chip-")]
    assert chips == ["Dalian Ecology and Environment Bureau"]


def test_a_long_facet_is_unfolded(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit")
    assert len(choice(page, "facet-publisher").proto.options) == 5
    assert not any(g.key == "facet-publisher-more" for g in page.get("button_group"))
    open_all(page, "all-publisher")
    assert len(choice(page, "facet-publisher-more").proto.options) == 3
    choose(page, "facet-publisher-more", ["Office 7"])
    assert asked(page, "publisher") == "Office 7"
    assert choice(page, "facet-publisher").value == ["Office 7"]


def test_dates_are_typed(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit")
    page.date_input(key="since").set_value(datetime.date(2022, 5, 1))
    rerun(page)
    assert asked(page, "since") == "2022-05-01" and by_key(page, "chip-dates").label == r"Since 2022\-05\-01"
    page.date_input(key="until").set_value(datetime.date(2021, 5, 1))
    rerun(page)
    assert (asked(page, "since"), asked(page, "until")) == ("2021-05-01", "2022-05-01")


def test_the_overview_is_drawn_when_it_is_unfolded(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit")
    assert not page.get("vega_lite_chart")
    open_all(page, "overview")
    assert len(page.get("vega_lite_chart")) == 3
    assert "2 passages have no date" in said(page)


def test_a_click_on_a_bar_filters() -> None:
    from indexer.page.overview import _clicked

    assert _clicked({"selection": {"bar": [{"value": "2024-03"}]}}) == "2024-03"
    assert _clicked({"selection": {"bar": []}}) is None and _clicked(None) is None


# This session


def test_what_was_asked_is_listed_with_its_filters(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit", topic="water")
    page.text_input[0].set_value("noise")
    press(page, button(page, "Search"))
    assert asked(page, "topic") == "water", "a filter stays for the next question"
    press(
        page,
        by_key(page, "clear")
        if any(b.key == "clear" for b in page.button)
        else by_key(page, "chip-topic-water"),
    )
    labels = [b.label for b in page.button if (b.key or "").startswith("history-")]
    assert labels == ["noise", "noise · with filters", "permit · with filters"]
    press(page, next(b for b in page.button if b.label == "permit · with filters"))
    assert (asked(page, "q"), asked(page, "topic")) == ("permit", "water")
    assert page.text_input[0].value == "permit"


def test_the_parts_of_the_workbench_are_in_the_address(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit")
    for view, words in (
        ("basket", "Nothing kept yet"),
        ("saved", "No saved search yet"),
        ("corpus", "scan.pdf"),
    ):
        choose(page, "view", view)
        assert asked(page, "view") == view and words in said(page) and cards(page) == 0
    choose(page, "view", "search")
    assert "view" not in page.query_params and cards(page) == 1


# The basket


def test_passages_are_kept_noted_and_exported(serve) -> None:
    serve(StubEngine(documents(2)))
    page = run(q="permit")
    press(page, by_key(page, "keep-d0:0"))
    assert by_key(page, "keep-d0:0").label == "Kept"
    press(page, by_key(page, "keep-d1:0"))
    assert "Basket (2)" in [o.content for o in choice(page, "view").proto.options]
    choose(page, "view", "basket")
    assert "2 passages" in said(page) and re.findall(r">(T\d)</h3>", markup(page)) == ["T0", "T1"]
    page.text_area(key="note-d0:0").set_value("Check the year")
    rerun(page)
    assert page.text_area(key="note-d0:0").value == "Check the year"
    assert [b.key for b in page.get("download_button")] == [
        f"export-{kind}" for kind in ("markdown", "csv", "ris", "bibtex", "json", "docx")
    ]
    choose(page, "basket-layout", "columns")
    assert cards(page) == 2
    press(page, by_key(page, "remove-d0:0"))
    assert "1 passage ·" in said(page)
    press(page, by_key(page, "empty-basket"))
    assert "Nothing kept yet" in said(page)


def test_every_kind_of_export_can_be_written() -> None:
    from indexer.page.basket import Kept, written

    kept = [Kept(HIT, "permit", note="Check the year")]
    for kind in ("markdown", "csv", "ris", "bibtex", "json", "docx"):
        assert written(StubEngine([]), kept, kind)
    assert b'"permit"' in written(StubEngine([]), kept, "json")
    assert b'"permit"' not in written(StubEngine([]), [*kept, Kept(HIT, "other")], "json")


def test_a_receipt_has_the_filters_if_all_was_found_with_them() -> None:
    from indexer.page.basket import Kept, written

    def filters(*kept: Kept) -> dict:
        return json.loads(written(StubEngine([]), kept, "json"))["filters"]

    of_2020 = Kept(HIT, "permit", Filter(since="2020-01-01", lang="en"))
    assert filters(of_2020, of_2020) == {"since": "2020-01-01", "lang": "en"}
    assert filters(of_2020, Kept(HIT, "permit")) == {}
    assert b'"permit"' not in written(StubEngine([]), [of_2020, Kept(HIT, "permit")], "json")


def test_what_is_kept_knows_its_filters(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit", since="2020-01-01", lang="en")
    press(page, by_key(page, f"keep-{HIT.passage_id}"))
    (kept,) = page.session_state["basket"].values()
    assert (kept.question, kept.where) == ("permit", Filter(since="2020-01-01", lang="en"))


def test_values_of_a_filter_that_are_the_same_are_one(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(
        q="water", publisher=["国家统计局", "National Bureau of Statistics"], type=["PDF", "pdf", "html"]
    )
    assert not page.exception
    chips = [button.key for button in page.button if (button.key or "").startswith("chip-")]
    assert chips == ["chip-publisher-国家统计局", "chip-format-pdf", "chip-format-html"]


def test_failures_that_are_not_shown_are_counted(serve) -> None:
    engine = serve(StubEngine([HIT]))
    failures = tuple((f"{n:03}.pdf", "Broken. Save it anew.") for n in range(205))
    engine.state = replace(HEALTH, failures=failures)
    words = said(run(view="corpus"))
    assert "199.pdf" in words and "200.pdf" not in words and "And 5 more" in words


# Saved searches


def test_a_search_is_saved_opened_and_forgotten(serve) -> None:
    engine = serve(StubEngine([HIT]))
    page = run(q="permit", topic="water", page="2")
    page.text_input(key="save-name-permit").set_value(" Permits ")
    rerun(page)
    press(page, by_key(page, "save"))
    assert engine.searches_saved[0].name == "Permits"
    assert engine.searches_saved[0].query == {"q": ["permit"], "topic": ["water"]}
    engine.new = [HIT]
    page = run(view="saved")
    assert "1 new since then" in said(page) and "permit · Water" in said(page) and HIT.title in said(page)
    press(page, button(page, "Mark as seen"))
    assert engine.seen == ["Permits"]
    press(page, button(page, "Open"))
    assert (asked(page, "q"), asked(page, "topic")) == ("permit", "water") and "view" not in page.query_params
    engine.new = []
    page = run(view="saved")
    assert "Nothing new" in said(page)
    press(page, button(page, "Delete"))
    assert "No saved search yet" in said(page)


def test_a_search_that_cannot_be_marked_is_opened_all_the_same(serve) -> None:
    engine = serve(StubEngine([HIT]))
    engine.save("Permits", {"q": ["permit"]})
    page = run(view="saved")
    engine.error = IndexBusyError("Busy. Try again.")
    button(page, "Open").click()
    page.run()
    assert asked(page, "q") == "permit" and page.toast[0].value == r"Busy\. Try again\."


# The corpus


def test_the_corpus_is_described(serve) -> None:
    engine = serve(StubEngine([HIT]))
    text = said(run(view="corpus"))
    for words in (
        "2018-06-04 – 2024-12-31",
        "2 undated",
        "Install the extra ocr",
        "1.2 MB",
        "999 B",
        "hash-1",
    ):
        assert words in text
    assert "QINGSHAN_ALLOW_UPLOAD=1" in text
    engine.state = replace(HEALTH, failures=())
    assert "All files could be read" in said(run(view="corpus"))


def test_why_bulletins_cannot_be_read_is_told_in_the_language_of_the_page(
    tiny_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SearchEngine.open(tiny_index, embedder=HashEmbedder()) as opened:
        monkeypatch.setattr(SearchEngine, "open", lambda *_, **__: opened)
        chinese = said(run(view="corpus", ui="zh"))
        assert (
            "corpus/empty.txt" in chinese
            and "文件是空的。请重新下载" in chinese
            and "is empty" not in chinese
        )
        english = said(run(view="corpus"))
        assert "The file is empty." in english and "文件是空的" not in english


def steps() -> list[str]:
    """What a run and the model's preparation may say that they do, with a 7 for whatever they put in."""
    found = []
    for path in (*(PACKAGE / "embedding").glob("*.py"), *(PACKAGE / "indexing").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "Step")):
                continue
            step = node.args[0]
            parts = step.values if isinstance(step, ast.JoinedStr) else [step]
            if isinstance(step, ast.JoinedStr | ast.Constant):
                found.append("".join(p.value if isinstance(p, ast.Constant) else "7" for p in parts))
    return [step for step in found if not step.startswith("would ")]  # which the page never does


def test_each_step_is_told_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(steps()) > 10
    monkeypatch.setattr(messages, "page_lang", lambda: "en")
    assert [step for step in steps() if messages.step_words(step) != step] == []
    monkeypatch.setattr(messages, "page_lang", lambda: "zh")
    assert [step for step in steps() if not re.search("[一-龥]", messages.step_words(step))] == []
    assert messages.step_words("preparing the model: unpacking the weights") == "准备模型：解压权重"
    assert messages.step_words("preparing the model: unheard of") == "准备模型：unheard of"
    assert messages.step_words("reading {a}.txt") == "读取 {a}.txt"
    assert messages.step_words("unheard of") == "unheard of"


def test_the_model_is_prepared_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def prepare(*_: object, progress: Callable[[str], None], **__: object) -> StubEngine:
        progress("compiling for this processor")
        return StubEngine([HIT])

    monkeypatch.setattr(SearchEngine, "open", prepare)
    monkeypatch.setattr("indexer.page.engines.plain", lambda text: shown.append(text) or plain(text))
    for ui, words in (("zh", "为本机处理器编译"), ("en", "compiling for this processor")):
        st.cache_resource.clear()
        run(ui=ui)
        assert shown.pop() == words


def test_bulletins_are_taken_and_indexed_where_that_is_allowed(
    own_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = own_index.parent / "corpus"
    write_corpus(corpus)
    embedder = HashEmbedder()
    monkeypatch.setenv("QINGSHAN_CORPUS", str(corpus))
    monkeypatch.setenv("QINGSHAN_ALLOW_UPLOAD", "1")
    monkeypatch.setattr("indexer.indexing.run.load_embedder", lambda *_, **__: embedder)
    reindex([corpus], own_index, embedder=embedder)
    real = SearchEngine.open
    monkeypatch.setattr(SearchEngine, "open", lambda *a, **k: real(own_index, embedder=embedder))
    page = run(view="corpus")
    page.get("file_uploader")[0].upload("glacier.txt", BULLETIN.encode())
    rerun(page)
    assert (
        "glacier" in page.success[0].value
        and (corpus / "inbox" / "glacier.txt").read_bytes() == BULLETIN.encode()
    )
    press(page, by_key(page, "reindex"))
    finish()
    rerun(page)
    assert "1 added" in page.success[-1].value
    assert "Glaciers retreat" in said(run(q="glacier monitoring"))


def finish() -> None:
    """Wait for the run that the page started."""
    for thread in threading.enumerate():
        if thread.name == "reindex":
            thread.join(60)


def test_a_run_that_fails_says_why(own_index: Path, monkeypatch: pytest.MonkeyPatch, serve) -> None:
    monkeypatch.setenv("QINGSHAN_ALLOW_UPLOAD", "1")
    monkeypatch.setenv("QINGSHAN_CORPUS", str(own_index / "nothing"))
    serve(StubEngine([HIT]))
    page = run(view="corpus")
    press(page, by_key(page, "reindex"))
    finish()
    rerun(page)
    assert "nothing" in page.error[0].value

    def fail(**_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("indexer.indexing.run.reindex", fail)
    press(page, by_key(page, "reindex"))
    finish()
    rerun(page)
    assert "Something went wrong" in page.error[0].value and "secret" not in page.error[0].value


BULLETIN = """Glaciers retreat in the Qilian mountains
Ministry of Ecology and Environment
2025-05-06

Glacier monitoring in the Qilian mountains found that the ice has retreated by 12 metres a year.
"""


# Who may see it


def test_where_sign_in_is_configured_nothing_is_shown_without_it(
    serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = serve(StubEngine([HIT]))
    monkeypatch.setattr("indexer.page.access.configured", lambda: True)
    page = run(q="permit")
    assert button(page, "Sign in") and not engine.searches and cards(page) == 0
    assert "Sign in to search" in said(page)


def test_a_sign_in_that_cannot_work_is_said_to_be_so(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StreamlitAuthError("no Authlib")

    monkeypatch.setattr("indexer.page.access.configured", lambda: True)
    monkeypatch.setattr(st, "login", fail)
    page = run(ui="zh")
    press(page, button(page, "登录"))
    assert "登录设置有误" in page.error[0].value


# Hits


def test_a_card_says_what_and_where(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permits")
    assert "A permit for every plantStrong match · 90%" in said(page).replace("\n", "")
    assert "ENMinistry of Ecology · 2021-03-01 · TXT · lines 3–4" in said(page)
    assert "needs a <mark>permit</mark>." in markup(page)
    assert "“A permit for every plant”" in page.code[0].value
    assert "permit.txt, lines 3–4" in page.code[0].value
    page = run(q="permits", ui="zh")
    assert "高度相关" in said(page) and "第 3–4 行" in said(page)


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://www.mee.gov.cn/a?b=1", True), ("http://a.example/", True), ("javascript:alert(1)", False),
     ("https:", False), ("data:text/html,x", False), ("file:///etc/passwd", False), ("https://[", False),
     (None, False)],
)  # fmt: skip
def test_only_web_addresses_are_linked(serve, url: str | None, shown: bool) -> None:
    serve(StubEngine([replace(HIT, url=url)]))
    assert [link.proto.url for link in run(q="permit").get("link_button")] == ([url] if shown else [])


def test_the_original_file_can_be_downloaded_while_it_is_there(serve, tmp_path: Path) -> None:
    there = tmp_path / "permit.txt"
    there.write_text("x")
    gone = replace(HIT, passage_id="d:1", path=str(tmp_path / "gone.txt"))
    gone = replace(gone, doc_id="e")
    serve(StubEngine([replace(HIT, path=str(there)), gone]))
    assert [b.proto.disabled for b in run(q="permit").get("download_button")] == [False, True]


def test_the_context_is_the_whole_document_with_the_passage_marked(serve) -> None:
    text = "a" * 5000 + "\nbefore\n" + HIT.text + "\nafter\n" + "z" * 5000
    start = text.index(HIT.text)
    serve(StubEngine([replace(HIT, start=start, end=start + len(HIT.text))], text=text))
    page = run(q="permit")
    press(page, button(page, "In context"))
    shown = markup(page)
    here = shown.index('id="qs-here" tabindex="-1">Every plant needs a <mark>permit</mark>.</div>')
    assert (
        shown.index("a" * 5000)
        < shown.index("before")
        < here
        < shown.rindex("after")
        < shown.index("z" * 5000)
    )


def test_what_a_browser_cannot_bear_is_left_out_of_the_context(serve) -> None:
    text = "a" * 300_000 + HIT.text + "z" * 200_001
    serve(StubEngine([replace(HIT, start=300_000, end=300_000 + len(HIT.text))], text=text))
    page = run(q="permit")
    press(page, button(page, "In context"))
    assert "100,000 characters are left out" in said(page) and "1 characters are left out" in said(page)


def test_pages_of_the_file_are_numbered_in_the_context(serve) -> None:
    engine = serve(StubEngine([replace(HIT, start=6, end=6 + len(HIT.text))]))
    text = f"First\n{HIT.text}\nThird"
    spans = (
        Span(0, 5, 1, page=1),
        Span(6, 6 + len(HIT.text), 2, page=2),
        Span(len(text) - 5, len(text), 3, page=3),
    )
    engine.document = lambda doc_id: Document(doc_id, text, spans, "en", "pdf")
    page = run(q="permit")
    press(page, button(page, "In context"))
    shown = markup(page)
    assert re.findall("p\\. [123]|First|Every|Third", shown[shown.index('class="qs-context"') :]) == [
        "p. 1", "First", "p. 2", "Every", "p. 3", "Third",
    ]  # fmt: skip


def test_the_page_of_a_pdf_is_drawn(serve) -> None:
    sample = APP.parent / "corpus" / "en-2019-yunnan-plateau-lakes.pdf"
    hit = replace(
        HIT, format="pdf", page=1, page_end=2, path=str(sample), text="Nine Plateau Lakes", start=0, end=18
    )
    engine = serve(StubEngine([hit], text="Nine Plateau Lakes"))
    engine.read_source = lambda hit: Path(hit.path).read_bytes()
    page = run(q="lakes")
    press(page, button(page, "In context"))
    choice(page, "as-d:0").set_value("page")
    press(page, button(page, "In context"))
    assert (
        re.search('<img src="data:image/png;base64,[^"]{9999,}" .*style="top:[1-9]', markup(page))
        and not page.info
    )
    engine.read_source = missing
    press(page, button(page, "In context"))
    assert "no longer where it was indexed" in page.warning[0].value


def missing(hit: Hit) -> bytes:
    raise FileNotFoundError(hit.path)


def test_a_citation_is_had_in_every_style(serve) -> None:
    serve(StubEngine(documents(2)))
    page = run(q="permits")
    for style, sign in (
        ("gbt7714", "T0[R]. 2021."),
        ("apa", "(2021, March 1)"),
        ("bibtex", "@misc"),
        ("ris", "TY  - "),
    ):
        choose(page, "style-d0:0", style)
        assert sign in page.code[0].value, style
    assert run(q="permits").code[0].value.startswith("Ministry of Ecology, “")


def test_why_a_passage_is_a_hit_is_said_in_words_and_figures(serve) -> None:
    scores = {"dense": 3.2, "cosine": 0.4, "lexical": 0.75}
    chinese = replace(
        HIT, lang="zh", doc_id="z", passage_id="z:0", text="每家工厂都要有许可证。", scores={"dense": 0.2}
    )
    serve(StubEngine([replace(HIT, scores=scores), chinese]))
    text = said(run(q="permit"))
    assert "Strong match: of passages that look like this one, about 90 in 100 bear on" in text
    assert "No. 1 among the English passages." in text and "No. 1 among the Chinese passages." in text
    assert "Words of the question found here: permit." in text and "far nearer" in text and "0.75" in text
    assert "found by its meaning" in text and "hardly nearer" in text
    assert "No. 1" not in said(run(q="permit", sort="newest"))


def test_words_found_under_another_name_are_told() -> None:
    from indexer.language.lexicon import Term
    from indexer.page.why import matched

    hit = replace(HIT, lang="zh", text="每家工厂都要有排污许可证。")
    terms = (Term("permit", ("许可证",)), Term("noise", ("噪声",)))
    understanding = Understanding(
        Query("permit noise", "en", ("permit", "nois"), terms), Request("x"), (), (), ()
    )
    assert matched(hit, understanding) == ([], [("permit", "许可证")])


REPRINT = Reprint(
    passage_id="e:0", doc_id="e", lang="zh", script="Hant", title="每一家工廠的許可證", published="2021-03-04",
    publisher="環境資訊", path="other/permit.html", format="html", url="https://e.example/p",
    paths=("other/permit.html", "third/permit.html"),
)  # fmt: skip


class TwoTexts(StubEngine):
    """Has a text for each document."""

    texts: dict[str, str] = {}

    def document(self, doc_id: str) -> Document:
        return Document(doc_id, self.texts[doc_id], (), "en", "txt")


def test_reprints_are_unfolded_and_compared(serve) -> None:
    engine = TwoTexts([replace(HIT, paths=("bulletins/permit.txt", "copy/permit.txt"), reprints=(REPRINT,))])
    engine.texts = {
        "d": "Every plant needs a permit. " + "It names each outlet. " * 5 + "It is valid for 5 years.",
        "e": "Every plant needs a permit. "
        + "It names each outlet. " * 5
        + "It is valid for 3 years. <b>New.</b>",
    }
    serve(engine)
    page = run(q="permit")
    assert "Also at: copy/permit.txt" in said(page) and "Also at: third/permit.html" in said(page)
    assert "1 reprint" in [e.label for e in page.expander]
    assert "Traditional每一家工廠的許可證環境資訊 · 2021-03-04 · HTML · other/permit.html" in said(page)
    assert [link.proto.url for link in page.get("link_button")] == ["https://e.example/p"]
    press(page, button(page, "What differs"))
    assert "valid for <del>5</del> years." in markup(page) and "valid for <ins>3</ins> years." in markup(page)
    assert "<ins>&lt;b&gt;New.&lt;/b&gt;</ins>" in markup(page) and "characters the same</summary>" in markup(
        page
    )
    page = run(q="permit", ui="zh")
    assert "1 处转载" in [e.label for e in page.expander] and "另存于: copy/permit.txt" in said(page)


def test_reprints_of_the_same_words_are_said_to_be_so(serve) -> None:
    engine = TwoTexts([replace(HIT, reprints=(REPRINT, replace(REPRINT, passage_id="f:0", doc_id="f")))])
    engine.texts = {"d": "每一家工厂", "e": "每一家工廠。", "f": "沒有"}
    serve(engine)
    page = run(q="permit")
    assert "2 reprints" in [e.label for e in page.expander]
    press(page, button(page, "What differs"))
    assert "Both have the same words." in said(page)


def test_weak_matches_are_called_so(serve) -> None:
    serve(StubEngine([replace(HIT, relevance=0.05)]))
    page = run(q="best pizza")
    assert "Nothing relevant found" in page.warning[0].value
    assert cards(page) == 0
    open_all(page, "nearest-best pizza")
    assert cards(page) == 1 and "Weak match · 5%" in said(page)


def test_weak_matches_are_folded_away(serve) -> None:
    hits = [replace(h, relevance=r) for h, r in zip(documents(4), (0.1, 0.9, 0.05, 0.5), strict=True)]
    further = replace(hits[1], passage_id="d1:9", relevance=0.1)
    serve(StubEngine([*hits, further]))
    page = run(q="permit")
    assert not page.warning
    assert re.findall("T[0-3]", said(page)) == ["T1", "T3"] and "2 relevant passages from 2" in said(page)
    assert "2 documents with weaker matches" in [e.label for e in page.expander]
    open_all(page, "rest-permit")
    assert re.findall("T[0-3]", said(page)) == ["T1", "T3", "T0", "T2"]


def test_nothing_found(serve) -> None:
    serve(StubEngine([HIT]))
    page = run(q="permit", lang="zh")
    assert "Nothing matches with these filters" in page.warning[0].value
    press(page, by_key(page, "clear-all"))
    assert cards(page) == 1
    serve(StubEngine([]))
    st.cache_resource.clear()
    assert "Nothing in the index matches" in run(q="permit").warning[0].value


# What the question is taken to mean


@pytest.mark.usefixtures("real")
def test_terms_are_told_and_can_be_switched_off() -> None:
    page = run(q="discharge permit")
    assert "Question in English. Also searched: 排放, 许可" in said(page)
    box = next(c for c in page.checkbox if c.key == "term-permit")
    assert box.value and "许可" in box.label and box.label.startswith("permit →")
    box.uncheck()
    rerun(page)
    assert asked(page, "off") == "permit" and "排放, 许可" not in said(page)
    assert not next(c for c in page.checkbox if c.key == "term-permit").value
    next(c for c in page.checkbox if c.key == "term-permit").check()
    rerun(page)
    assert "off" not in page.query_params
    page = run(q="discharge permit", off="permit")
    assert not next(c for c in page.checkbox if c.key == "term-permit").value
    page.text_input[0].set_value("noise")
    press(page, button(page, "Search"))
    assert "off" not in page.query_params


@pytest.mark.usefixtures("real")
def test_suggested_filters_go_into_the_question_with_a_click_and_out_again() -> None:
    page = run(q="air in Beijing 2023")
    assert [b.label for b in page.button if (b.key or "").startswith("suggested-")] == [
        "Only about Beijing", "Only 2023",
    ]  # fmt: skip
    press(page, button(page, "Only about Beijing"))
    assert asked(page, "q") == "air in Beijing 2023 in:Beijing" == page.text_input[0].value
    assert "Air Quality in 2023" in said(page) and "lakes" not in said(page)
    press(page, button(page, "In Beijing"))
    assert asked(page, "q") == "air in Beijing 2023"
    page = run(q="北京空气质量 in:北京", ui="zh")
    assert any(b.label == "地区：北京市" for b in page.button)


def test_a_filter_that_is_too_narrow_is_pointed_out(serve) -> None:
    engine = serve(StubEngine([replace(HIT, relevance=0.05)]))
    engine.refused = Refusal(("water", "air"), filtered=True, too_narrow=True)
    said_first = run(q="permit in:Beijing").warning[0].value.replace("\\", "")
    assert "nearest topics in the index: Water, Air." in said_first
    assert "without filters there are relevant passages" in said_first
    assert "接近的主题：水" in run(q="permit in:Beijing", ui="zh").warning[0].value
    engine.refused = Refusal((), filtered=True)
    assert "Without the filters there is nothing" in run(q="permit in:Beijing").warning[0].value


# When things are wrong


def test_a_missing_index_is_explained_and_not_remembered(own_index: Path, serve) -> None:
    page = run(q="permit")
    assert not page.get("status")
    assert "no index yet" in page.warning[0].value and page.code[0].value.startswith("reindex FOLDER")
    serve(StubEngine([HIT]))
    press(page, button(page, "Look again"))
    assert cards(page) == 1


def test_an_empty_index_is_explained(own_index: Path) -> None:
    (own_index.parent / "none").mkdir()
    embedder = HashEmbedder()
    reindex([own_index.parent / "none"], own_index, embedder=embedder)
    with pytest.MonkeyPatch.context() as patch, SearchEngine.open(own_index, embedder=embedder) as opened:
        patch.setattr(SearchEngine, "open", lambda *_, **__: opened)
        page = run(q="permit")
    assert "index is empty" in page.warning[0].value and "reindex FOLDER" in page.code[0].value


def test_an_error_of_the_engine_is_its_message(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(StubEngine([HIT], error=ModelMismatchError("Made with another model :red[x]. Run reindex.")))
    page = run(q="permit")
    assert "Made with another model" in page.error[0].value and ":red[" not in page.error[0].value

    def fail(*_: object, **__: object) -> None:
        raise ModelMismatchError("Other model.")

    st.cache_resource.clear()
    monkeypatch.setattr(SearchEngine, "open", fail)
    assert "Other model" in run(q="permit").error[0].value


def test_an_unexpected_error_shows_no_details(serve, caplog: pytest.LogCaptureFixture) -> None:
    serve(StubEngine([HIT], error=RuntimeError("secret detail")))
    page = run(q="permit")
    assert "Something went wrong" in page.error[0].value
    assert "secret" not in said(page) and "Traceback" not in said(page)
    assert "secret detail" in caplog.text


# Text that would be more than text


def test_hostile_text_stays_text(serve) -> None:
    hit = replace(HIT, title=HOSTILE, publisher=HOSTILE, published=HOSTILE, text=HOSTILE, url=HOSTILE)
    other = replace(
        REPRINT, title=HOSTILE, publisher=HOSTILE, published=HOSTILE, url=HOSTILE, paths=(HOSTILE, "b")
    )
    hit = replace(
        hit, paths=("a", HOSTILE), reprints=(other, replace(other, doc_id=HOSTILE, passage_id=HOSTILE))
    )
    engine = serve(StubEngine([replace(hit, path=f"a/{HOSTILE}", start=0, end=len(HOSTILE))], text=HOSTILE))
    label = Label(HOSTILE, HOSTILE)
    engine.translated = (Translated(HOSTILE, (HOSTILE,), True, True),)
    engine.typed = (Typed(label, 0, 1, HOSTILE),)
    engine.suggestions = (Suggestion(label, HOSTILE, Filter()),)
    page = run(q=HOSTILE)
    labels = [
        page.checkbox[0].label,
        *(b.label for b in page.button if (b.key or "")[:5] in ("typed", "sugge")),
    ]
    assert len(labels) == 3
    for shown in labels:
        assert not re.search(r"(?<!\\)[\[\]`*$<>(:]", shown)
    press(page, button(page, "What differs"))
    shown = markup(page)
    press(page, button(page, "In context"))
    shown += markup(page)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9!]+)", shown)}
    assert tags <= {
        "div", "p", "h1", "h2", "h3", "span", "i", "b", "mark", "code", "br", "hr", "details", "summary", "del", "ins",
        "a", "ul", "li", "table", "caption", "tr", "th", "td",
    }  # fmt: skip
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", shown + page.code[0].value)
    assert "onerror=alert(2)" in html.unescape(markup(page).replace("<mark>", "").replace("</mark>", ""))
    assert not page.get("link_button") and not page.markdown


@pytest.mark.parametrize(
    "text", [":red[x]", "[a](http://b.example)", "![a](b) $x$", "**b** `c` <b>", "# h", "- l"]
)
def test_markdown_in_a_message_stays_text(serve, text: str) -> None:
    serve(StubEngine([HIT], error=ModelMismatchError(text)))
    shown = run(q="permit").error[0].value
    assert re.sub(r"\\(?=[^\w\s])|\u2060", "", shown) == text
    assert not re.search(r"(?<!\\)[\[\]`*$<>#(:-]", shown)


def test_addresses_and_emoji_codes_in_a_message_are_broken_up(serve) -> None:
    serve(StubEngine([HIT], error=ModelMismatchError("http://a.example www.b.example c@d.example :smile:")))
    shown = run(q="permit").error[0].value.replace("\\", "")
    for effect in ("http://", "www.", "c@d", ":smile:"):
        assert effect not in shown
