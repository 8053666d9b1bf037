"""The page, run without a browser over a small index and over an engine that returns what a test wants."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from conftest import HashEmbedder, write_corpus
from streamlit.testing.v1 import AppTest

from indexer import Document, Hit, SearchEngine, reindex
from indexer.config import load_settings
from indexer.errors import ModelMismatchError
from indexer.language.tokens import query_tokens
from indexer.search.query import Query
from indexer.search.relevance import RELEVANT
from indexer.search.spans import Highlights, find_highlights
from indexer.search.syntax import Request
from indexer.search.understanding import Label, Refusal, Suggestion, Translated, Typed, Understanding
from indexer.store.catalog import Stats
from indexer.types import Filter, Reprint

APP = Path(__file__).resolve().parent.parent / "app.py"

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


class StubEngine:
    """Gives the hits and the errors that it was made with."""

    translated: tuple[Translated, ...] = ()
    typed: tuple[Typed, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    refused = Refusal()

    def __init__(
        self, hits: list[Hit], error: Exception | None = None, text: str = "", documents: int = 1
    ) -> None:
        self.hits, self.error, self.text, self.documents = hits, error, text, documents
        self.searches: list[tuple[str, int, str | None]] = []

    def understand(self, question: str, without_terms: Collection[str] = ()) -> Understanding:
        query = Query(question, "en", tuple(query_tokens(question)), ())
        return Understanding(query, Request(question), self.translated, self.typed, self.suggestions)

    def refusal(self, question: str, hits: list[Hit], lang: str | None = None, **_: object) -> Refusal | None:
        return None if any(hit.relevance >= RELEVANT for hit in hits) else self.refused

    def search(
        self, question: str, k: int = 10, lang: str | None = None, *, without_terms: Collection[str] = ()
    ) -> list[Hit]:
        self.searches.append((question, k, lang))
        if self.error:
            raise self.error
        return [hit for hit in self.hits if lang in (None, hit.lang)][:k]

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
    # Streamlit's harness looks through all installed packages for components at each run.
    with contextlib.suppress(ImportError):
        monkeypatch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
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


def run(**address: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=20)
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
    """The HTML of the page, without its style sheet."""
    return "\n".join(e.proto.body for e in page.get("html") if not e.proto.body.startswith("<style>"))


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


def scope(page: AppTest):
    return next(g for g in page.get("button_group") if g.key == "scope")


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
    scope(page).set_value("en")
    rerun(page)
    assert asked(page, "lang") == "en"
    assert 'class="qs-text" lang="zh"' not in markup(page) and cards(page) > 0
    scope(page).set_value("both")
    rerun(page)
    assert "lang" not in page.query_params


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
@pytest.mark.parametrize("address", [{"q": ""}, {"q": "   "}, {"lang": "xx"}, {"ui": "xx"}])
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


def test_more_hits(serve) -> None:
    engine = serve(StubEngine([replace(HIT, passage_id=f"d:{i}") for i in range(14)]))
    page = run(q="permit")
    assert cards(page) == 10
    press(page, button(page, "More passages"))
    assert cards(page) == 14 and engine.searches[-1] == ("permit", 21, None)
    assert not any(b.label == "More passages" for b in page.button)


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
    serve(StubEngine([replace(HIT, path=str(there)), gone]))
    assert [b.proto.disabled for b in run(q="permit").get("download_button")] == [False, True]


def test_the_context_shows_what_surrounds_the_passage(serve) -> None:
    text = "a" * 5000 + "\nbefore\n" + HIT.text + "\nafter\n" + "z" * 5000
    start = text.index(HIT.text)
    serve(StubEngine([replace(HIT, start=start, end=start + len(HIT.text))], text=text))
    page = run(q="permit")
    press(page, button(page, "Show in context"))
    shown = re.sub(r"<details>.*?</details>", "", markup(page), flags=re.DOTALL)
    here = shown.index('<div class="qs-here">Every plant needs a <mark>permit</mark>.</div>')
    assert shown.index("before") < here < shown.rindex("after")
    assert "more characters before</summary>aaa" in markup(page)
    assert "more characters after</summary>" in markup(page)


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
    assert [e.label for e in page.expander] == ["1 reprint"]
    assert "Traditional每一家工廠的許可證環境資訊 · 2021-03-04 · HTML · other/permit.html" in said(page)
    assert [link.proto.url for link in page.get("link_button")] == ["https://e.example/p"]
    press(page, button(page, "What differs"))
    assert "valid for <del>5</del> years." in markup(page) and "valid for <ins>3</ins> years." in markup(page)
    assert "<ins>&lt;b&gt;New.&lt;/b&gt;</ins>" in markup(page) and "characters the same</summary>" in markup(
        page
    )
    page = run(q="permit", ui="zh")
    assert [e.label for e in page.expander] == ["1 处转载"] and "另存于: copy/permit.txt" in said(page)


def test_reprints_of_the_same_words_are_said_to_be_so(serve) -> None:
    engine = TwoTexts([replace(HIT, reprints=(REPRINT, replace(REPRINT, passage_id="f:0", doc_id="f")))])
    engine.texts = {"d": "每一家工厂", "e": "每一家工廠。", "f": "沒有"}
    serve(engine)
    page = run(q="permit")
    assert [e.label for e in page.expander] == ["2 reprints"]
    press(page, button(page, "What differs"))
    assert "Both have the same words." in said(page)


def test_weak_matches_are_called_so(serve) -> None:
    serve(StubEngine([replace(HIT, relevance=0.05)]))
    page = run(q="best pizza")
    assert "Nothing relevant found" in page.warning[0].value
    assert [e.label for e in page.expander] == ["Nearest passages"] and not page.expander[0].proto.expanded
    assert cards(page) == 1 and "Weak match · 5%" in said(page)


def test_weak_matches_stand_below_the_others(serve) -> None:
    hits = [
        replace(HIT, passage_id=f"d:{i}", title=f"T{i}", relevance=r)
        for i, r in enumerate((0.1, 0.9, 0.05, 0.5))
    ]
    serve(StubEngine(hits))
    page = run(q="permit")
    assert not page.warning
    assert re.findall("T[0-3]|Weaker matches", said(page)) == ["T1", "T3", "Weaker matches", "T0", "T2"]


def test_nothing_found(serve) -> None:
    serve(StubEngine([HIT]))
    assert "Try both languages" in run(q="permit", lang="zh").warning[0].value
    serve(StubEngine([]))
    st.cache_resource.clear()
    assert "Nothing in the index matches" in run(q="permit").warning[0].value


# What the question is taken to mean


@pytest.mark.usefixtures("real")
def test_terms_are_told_and_can_be_switched_off() -> None:
    page = run(q="discharge permit")
    assert "Question in English. Also searched: 排放" in said(page)
    box = next(c for c in page.checkbox if c.key == "term-permit")
    assert box.value and "允许" in box.label and box.label.startswith("permit →")
    box.uncheck()
    rerun(page)
    assert asked(page, "off") == "permit" and "允许" not in said(page)
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
    press(page, button(page, "Show in context"))
    shown += markup(page)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9!]+)", shown)}
    assert tags <= {
        "div", "p", "h1", "h3", "span", "i", "b", "mark", "code", "br", "hr", "details", "summary", "del", "ins",
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
