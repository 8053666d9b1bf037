"""The sentence and the words that are marked in a hit."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder, write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import SearchEngine, reindex
from indexer.config import load_settings
from indexer.embedding.bundled import BundledEmbedder
from indexer.language.lexicon import Term
from indexer.language.tokens import query_tokens
from indexer.page.text import marked
from indexer.search.query import Query
from indexer.search.spans import Asked, Compared, find_highlights, split
from indexer.types import Hit, Lang

TEXT = "市里开了会。会上说到罚款的事。\n最后一句说天气。"


def ask(text: str, lang: Lang, *terms: Term) -> Query:
    return Query(text, lang, tuple(query_tokens(text)), terms)


def compared(text: str, near: dict[str, list[float]], n: int) -> Compared:
    """Each of a text's characters is a token, at cosine 0 with the question's ``n`` tokens unless told."""
    similarities = np.zeros((n, len(text)), np.float32)
    for word, cosines in near.items():
        at = text.index(word)
        similarities[:, at : at + len(word)] = np.array(cosines, np.float32)[:, None]
    return Compared(similarities, [(i, i + 1) for i in range(len(text))])


def asked(*shares: float, content: tuple[bool, ...] | None = None) -> Asked:
    kept = content or tuple(True for _ in shares)
    return Asked(np.zeros((len(shares), 1), np.float32), np.array(shares, np.float32), np.array(kept))


def test_sentences_stay_within_lines() -> None:
    assert [TEXT[a:b] for a, b in split(TEXT)] == ["市里开了会。", "会上说到罚款的事。", "最后一句说天气。"]


def test_words_alone_tell_the_sentence_where_there_are_no_vectors() -> None:
    found = find_highlights(TEXT, ask("fine", "en", Term("fine", ("罚款",))), "zh")
    assert found.sentence is not None and TEXT[slice(*found.sentence)] == "会上说到罚款的事。"
    assert [TEXT[a:b] for a, b in found.spans] == ["罚款"]


def test_a_word_of_every_sentence_tells_less_than_a_rare_one() -> None:
    text = "Lakes, lakes, lakes. Lakes have permits. Lakes again."
    found = find_highlights(text, ask("lakes permits", "en"), "en")
    assert found.sentence is not None and text[slice(*found.sentence)] == "Lakes have permits."


def test_no_sentence_where_nothing_is_in_common() -> None:
    assert find_highlights(TEXT, ask("whales", "en"), "zh").sentence is None
    assert find_highlights("", ask("whales", "en"), "zh").sentence is None


def test_vectors_tell_the_sentence_and_words_that_no_dictionary_has() -> None:
    near = compared(TEXT, {"天气": [0.9, 0.1]}, 2)
    found = find_highlights(TEXT, ask("weather thing", "en"), "zh", asked(0.7, 0.3), near)
    assert found.sentence is not None and TEXT[slice(*found.sentence)] == "最后一句说天气。"
    assert [TEXT[a:b] for a, b in found.spans] == ["天气"]


def test_a_stop_word_of_the_question_marks_nothing() -> None:
    near = compared(TEXT, {"天气": [0.9]}, 1)
    found = find_highlights(TEXT, ask("of", "en"), "zh", asked(1.0, content=(False,)), near)
    assert found.spans == ()


def test_a_distant_word_is_not_marked_and_one_of_another_sentence_neither() -> None:
    near = compared(TEXT, {"天气": [0.4], "开": [0.3]}, 1)
    assert find_highlights(TEXT, ask("weather", "en"), "zh", asked(1.0), near).spans == ()


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="罚款会。！ \n.?ab1é\u0301Ａ㎡", max_size=40), seed=st.integers(0, 99))
def test_spans_are_within_the_text_sorted_and_apart(text: str, seed: int) -> None:
    similarities = np.random.default_rng(seed).uniform(-1, 1, (3, len(text))).astype(np.float32)
    places = Compared(similarities, [(i, i + 1) for i in range(len(text))])
    query = ask("fine", "en", Term("fine", ("罚款",)))
    found = find_highlights(text, query, "zh", asked(0.5, 0.3, 0.2), places)
    assert all(0 <= a < b <= len(text) for a, b in found.spans)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found.spans))
    assert found.sentence is None or found.sentence in split(text)


# In an index


def test_an_index_without_token_vectors_marks_by_words(engine: SearchEngine) -> None:
    question = "固体废物转移备案"
    hit = engine.search(question, 1)[0]
    found = engine.highlight(question, hit)
    assert found.sentence is not None and "备案" in hit.text[slice(*found.sentence)]
    assert "备案" in {hit.text[a:b] for a, b in found.spans}


def test_terms_that_are_switched_off_are_not_marked(engine: SearchEngine) -> None:
    hit = next(
        hit for hit in engine.search("noise complaints", 10) if hit.lang == "zh" and "噪声" in hit.text
    )
    words = {hit.text[a:b] for a, b in engine.highlight("noise complaints", hit).spans}
    fewer = {
        hit.text[a:b] for a, b in engine.highlight("noise complaints", hit, without_terms=["noise"]).spans
    }
    assert any("噪声" in word for word in words) and not any("噪声" in word for word in fewer)


@pytest.fixture(scope="module")
def real(bundled: BundledEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """The small corpus with the bundled model."""
    folder = tmp_path_factory.mktemp("marked")
    chosen = load_settings(corpus=write_corpus(folder / "corpus"), index=folder / "index")
    reindex(settings=chosen, embedder=bundled)
    with SearchEngine.open(settings=chosen, embedder=bundled) as opened:
        yield opened


def hit_of(engine: SearchEngine, question: str, path: str) -> Hit:
    return next(hit for hit in engine.search(question, 20) if hit.path.endswith(path))


@pytest.mark.parametrize(
    ("question", "path", "sentence", "word"),
    [
        ("Who has to arrange the acceptance inspection?", "mixed.txt", "验收报告", "验收"),
        ("长江上有多少渔民交出了渔船", "en-fishing.txt", "two hundred thousand fishers", "boats"),
        ("农田径流还在影响湖泊吗，河流的污水截住了吗", "en-lake.md", "farm run-off remains", "rivers"),
        ("Which complaint do residents make most often?", "zh-noise.txt", "广场舞", "投诉"),
        ("Can land on the list be used for housing?", "zh-soil.txt", "住宅用地", "用地"),
    ],
)
def test_across_languages(real: SearchEngine, question: str, path: str, sentence: str, word: str) -> None:
    hit = hit_of(real, question, path)
    found = real.highlight(question, hit)
    assert found.sentence is not None
    assert sentence in hit.text[slice(*found.sentence)]
    assert any(word in hit.text[a:b] for a, b in found.spans)


def test_a_passage_that_is_no_longer_in_the_index_is_marked_by_its_words(real: SearchEngine) -> None:
    question = "Which complaint do residents make most often?"
    hit = hit_of(real, question, "zh-noise.txt")
    changed = dataclasses.replace(hit, text="居民。" + hit.text)
    gone = dataclasses.replace(hit, doc_id="0" * 16)
    for other in (changed, gone):
        found = real.highlight(question, other)
        assert found == find_highlights(other.text, real.analyze(question), "zh")


def test_a_question_longer_than_the_model_reads(real: SearchEngine) -> None:
    question = "居民投诉噪声 " * 280
    hit = hit_of(real, "居民投诉噪声", "zh-noise.txt")
    assert real.highlight(question, hit).spans


def test_token_places_are_those_of_the_text_as_given(bundled: BundledEmbedder) -> None:
    text = "标题\nＰＭ２．５  浓度 ﬁne, permits"
    places = bundled.token_spans(text)
    assert len(places) == len(bundled.encode([text], "passage", tokens=True).tokens[0])
    assert {"ＰＭ", "２．５", "浓", "度", "ﬁne"} <= {text[a:b] for a, b in places}
    assert "," not in {text[a:b] for a, b in places}
    assert all(0 <= a <= b <= len(text) for a, b in places)


# On the page


def test_marks_of_words_and_of_a_sentence() -> None:
    html = marked("A b. <C> d. E", [(2, 3), (9, 11)], sentence=(5, 11))
    assert html == 'A <mark>b</mark>. <span class="qs-sentence">&lt;C&gt; <mark>d.</mark></span> E'


def test_a_mark_across_the_end_of_the_sentence_is_cut_in_two() -> None:
    assert marked("ab cd", [(1, 4)], sentence=(0, 2)) == (
        '<span class="qs-sentence">a<mark>b</mark></span><mark> c</mark>d'
    )


def test_a_sentence_that_is_the_whole_text_is_not_marked() -> None:
    assert marked("ab\n", [], sentence=(0, 2)) == "ab\n"


# The measurement's labels


def test_labels_are_sentences_of_the_paragraphs() -> None:
    folder = Path(__file__).resolve().parents[2] / "shared" / "data" / "xquad-dev"
    if not folder.is_dir():
        pytest.skip("../shared/data/xquad-dev is missing")
    rows = (json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines())
    text = {row["_id"]: row["text"] for row in rows}
    document = dict(
        line.split("\t")[:2]
        for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]
        if line.split("\t")[1].startswith("en-")
    )
    labels = Path(__file__).resolve().parents[1] / "benchmarks" / "xquad_sentences.tsv"
    for line in labels.read_text("utf-8").splitlines():
        key, *numbers = line.split("\t")
        en_start, en_end, zh_start, zh_end = map(int, numbers)
        doc_id = document[f"en-{key}"]
        assert (en_start, en_end) in split(text[doc_id])
        assert (zh_start, zh_end) in split(text[f"zh-{doc_id[3:]}"])


def test_the_fake_embedder_has_no_token_places() -> None:
    from indexer.search.spans import TokenPlaces

    assert not isinstance(HashEmbedder(), TokenPlaces)
