"""What a question is taken to mean, told in words."""

from __future__ import annotations

import pytest

from indexer import SearchEngine
from indexer.errors import QueryError
from indexer.search.relevance import RELEVANT
from indexer.types import Filter


def suggested(engine: SearchEngine, question: str) -> dict[str, str]:
    return {s.typed: s.label.en for s in engine.understand(question).suggestions}


# Terms


def test_what_is_also_searched_is_what_the_ranking_looks_for(engine: SearchEngine) -> None:
    found = engine.understand("河长制优良天数")
    assert found.query.lang == "zh" and "days with good air quality" in found.also_searched
    looked_for = {token for alternatives, _ in found.query.concepts("en") for token in alternatives}
    assert {"day", "good", "air", "qualiti"} <= looked_for
    days = next(t for t in found.translated if t.source == "优良天数")
    assert days.glossary and days.on and 1 <= len(days.translations) <= 3


def test_a_term_that_is_switched_off_is_not_looked_for(engine: SearchEngine) -> None:
    question = "discharge permit in 排污"
    whole = engine.understand(question)
    assert "permit" in {t.source for t in whole.translated}
    found = engine.understand(question, ["PERMIT"])
    assert [t.source for t in found.translated if not t.on] == ["permit"]
    assert len(found.query.concepts("zh")) == len(whole.query.concepts("zh")) - 1
    assert found.query.concepts("en") == whole.query.concepts("en")  # its own words stay
    chinese = next(t for t in whole.translated if t.source == "permit").translations[0]
    assert chinese in whole.also_searched and chinese not in found.also_searched
    before = {h.passage_id: h.scores["lexical"] for h in engine.search("noise complaints", 20, "zh")}
    after = engine.search("noise complaints", 20, "zh", without_terms=["noise", "complaints"])
    assert any(before.values()) and not any(h.scores["lexical"] for h in after)


def test_terms_in_traditional_script_are_switched_off_too(engine: SearchEngine) -> None:
    assert not engine.understand("固體廢物", ["固體廢物"]).also_searched


def test_only_translations_that_the_index_has_are_told(engine: SearchEngine) -> None:
    found = {t.source: t for t in engine.understand("fishing and xenon in the lake").translated}
    assert "xenon" not in found and "湖泊" in found["lake"].translations
    whole = {t.source: t.translations for t in engine.analyze("fishing and xenon in the lake").terms}
    assert whole["xenon"] and set(found["lake"].translations) < set(whole["lake"])


def test_words_that_only_ask_are_not_translated(engine: SearchEngine) -> None:
    assert {t.source for t in engine.understand("how many lakes").translated} == {"lakes"}


def test_stop_words_are_not_told(engine: SearchEngine) -> None:
    terms = {t.source: t.translations for t in engine.analyze("给企业的排污许可证").terms}
    assert "to" in terms["给"]  # it is among the words of the ranking, where it weighs next to nothing
    found = engine.understand("给企业的排污许可证")
    assert found.also_searched
    assert not {"to", "of", "the", "in", "for"} & {w for t in found.translated for w in t.translations}


def test_numbers_and_names_without_translation_are_not_told(engine: SearchEngine) -> None:
    assert not engine.understand("X25 2023").translated
    assert engine.understand("PM2.5 2023").also_searched == ("细颗粒物",)


# Filters


def test_typed_filters_are_told_in_words(engine: SearchEngine) -> None:
    question = (
        'lakes in:Yunnan after:2020 before:2023 during:2022 topic:water type:md lang:en -farm "grade III"'
    )
    typed = engine.understand(question).typed
    assert [t.label.en for t in typed] == [
        "In Yunnan", "Published since 2020-01-01", "Published until 2022-12-31", "About 2022, or published then",
        "Topic: Water", "MD files", "English passages", "Without “farm”", "With “grade III”",
    ]  # fmt: skip
    assert [question[t.start : t.end] for t in typed[:2]] == ["in:Yunnan", "after:2020"]
    assert typed[0].without == question.replace(" in:Yunnan", "")
    assert typed[-1].without == question.replace('"', "")
    assert typed[0].label.zh == "地区：云南省"


def test_of_filters_that_are_typed_twice_those_are_told_that_hold(engine: SearchEngine) -> None:
    question = "air lang:zh before:2019 lang:en in:Yunnan before:2021 in:Beijing"
    typed = engine.understand(question).typed
    assert [t.label.en for t in typed] == [
        "English passages", "In Yunnan", "Published until 2020-12-31", "In Beijing",
    ]  # fmt: skip
    assert typed[0].without == "air lang:zh before:2019 in:Yunnan before:2021 in:Beijing"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Dalian 2020", {"in:Dalian": "Only about Dalian", "during:2020": "Only 2020"}),
        ("十三五期间川东北", {"in:四川": "Only about Sichuan", "during:2016..2020": "Only 2016–2020"}),
        ("2024年上半年江苏省南京市", {"in:南京": "Only about Nanjing", "during:2024-01..2024-06": "Only 2024-01 to 2024-06"}),
        ("Inner Mongolia grassland", {'in:"Inner Mongolia"': "Only about Inner Mongolia"}),
        ("Dalian 2020 in:Dalian after:2019", {}),
        ("how clean is the air", {}),
    ],
)  # fmt: skip
def test_places_and_periods_are_suggested(
    engine: SearchEngine, question: str, expected: dict[str, str]
) -> None:
    assert suggested(engine, question) == expected


def test_a_suggestion_typed_is_the_filter_that_it_says(engine: SearchEngine) -> None:
    for question in (
        "京津冀 2019-2021",
        "大连 十三五",
        "Anfu County, first half of 2024",
        "吉林省吉林市 2024年5月",
    ):
        for suggestion in engine.understand(question).suggestions:
            assert engine.understand(f"x {suggestion.typed}").request.filter == suggestion.filter


def test_a_suggestion_is_not_applied_by_itself(engine: SearchEngine) -> None:
    assert {h.path for h in engine.search("lakes in Beijing", 50)} == {
        h.path for h in engine.search("lakes", 50)
    }


def test_a_period_lets_through_what_speaks_of_it_or_was_published_in_it(engine: SearchEngine) -> None:
    of_2023 = {p.removeprefix("corpus/") for h in engine.search("空气 air during:2023", 50) for p in h.paths}
    assert {
        "zh-air.txt",
        "en-air.txt",
        "zh-noise.txt",
    } <= of_2023  # of 2023, published in 2024; published in 2023
    assert not {"zh-lake.txt", "en-fishing.txt"} & of_2023
    inside = engine.search("空气", 50, where=Filter(period="2021-01-01/2022-12-31"))
    assert "corpus/zh-lake.txt" in {h.path for h in inside} and "corpus/zh-air.txt" not in {
        h.path for h in inside
    }


@pytest.mark.parametrize(
    ("typed", "period"),
    [
        ("during:2020", "2020-01-01/2020-12-31"), ("during:2020-02", "2020-02-01/2020-02-29"),
        ("during:2016..2020", "2016-01-01/2020-12-31"), ("during:十三五", "2016-01-01/2020-12-31"),
        ('during:"first half of 2024"', "2024-01-01/2024-06-30"),
    ],
)  # fmt: skip
def test_periods_can_be_typed(engine: SearchEngine, typed: str, period: str) -> None:
    assert engine.understand(f"air {typed}").request.filter.period == period


@pytest.mark.parametrize("typed", ["during:soon", "during:", "during:2020..2019", "during:2020..x"])
def test_periods_that_make_no_sense_are_refused(engine: SearchEngine, typed: str) -> None:
    with pytest.raises(QueryError, match="during:20"):
        engine.search(f"air {typed}")


# Nothing relevant


def test_a_question_with_an_answer_is_not_refused(engine: SearchEngine) -> None:
    hits = engine.search("Yangtze fishing ban", 5)
    assert hits[0].relevance >= RELEVANT and engine.refusal("Yangtze fishing ban", hits) is None


def test_a_refusal_names_the_nearest_topics(engine: SearchEngine) -> None:
    hits = [h for h in engine.search("空气 水质 土壤 噪声", 20) if h.relevance < RELEVANT]
    refusal = engine.refusal("空气 水质 土壤 噪声", hits)
    assert hits and refusal is not None and not refusal.filtered and not refusal.too_narrow
    topics = {f.value for h in hits for f in engine.document(h.doc_id).facts if f.name == "topic"}
    assert 1 <= len(refusal.topics) <= 3 and set(refusal.topics) <= topics


def test_a_refusal_says_whether_the_filter_is_to_blame(engine: SearchEngine) -> None:
    question = "Yangtze fishing ban in:北京 after:2030"
    assert engine.search(question) == []
    refusal = engine.refusal(question, [])
    assert refusal is not None and refusal.filtered and refusal.too_narrow
    no_answer = engine.refusal("zebra after:2030", [])
    assert no_answer is not None and no_answer.filtered and not no_answer.too_narrow
    only = engine.refusal("Yangtze fishing ban", [], "zh")
    assert only is not None and only.filtered and only.too_narrow
