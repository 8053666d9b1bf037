from __future__ import annotations

import threading

import pytest

from indexer.language.tokens import cut, normalize, query_tokens, tokenize


@pytest.mark.parametrize(
    ("text", "must_include"),
    [
        ("污染防治攻坚战", ["污染", "防治"]),
        ("Discharge permits and permitting", ["discharg", "permit"]),
        ("PM2.5浓度为30.5微克，占87.1%", ["pm2.5", "30.5", "87.1%", "浓度"]),
        ("1,234,567 tonnes; 12,5", ["1234567", "12", "5"]),
        ("環境保護與氣候變化", ["环境保护", "气候变化"]),
        ("ＰＭ２．５　１２３", ["pm2.5", "123"]),
        ("China’s plants; the plant's outlet", ["china", "plant"]),
        ("在2023年6月5日", ["2023", "6", "5"]),
        ("Ｃarbon 碳市场 café naïve", ["carbon", "碳", "市场", "café"]),
        ("𠮷野", ["𠮷"]),
        ("VOCs治理和COD排放量，采用SCR脱硝", ["voc", "治理", "cod", "排放量", "scr", "脱硝"]),
        ("氮氧化物NOx排放，AQI指数2020年", ["氮氧化物", "nox", "排放", "aqi", "指数", "2020"]),
    ],
)
def test_tokens(text: str, must_include: list[str]) -> None:
    tokens = tokenize(text)
    assert set(must_include) <= set(tokens), tokens
    assert all(t and not t.isspace() and " " not in t for t in tokens)


@pytest.mark.parametrize("text", ["", "   ", "，。！？", "🌲🌊", "\n\t", "—— …… ()", "\u200b\ufeff"])
def test_no_tokens(text: str) -> None:
    assert tokenize(text) == [] and cut(text) == [] and query_tokens(text) == []


def test_both_scripts_give_the_same_tokens() -> None:
    assert tokenize("固體廢物污染環境防治法") == tokenize("固体废物污染环境防治法")


def test_inflections_meet() -> None:
    assert tokenize("Inspections") == tokenize("inspection") == tokenize("INSPECTION")


def test_long_words_and_the_words_inside_them() -> None:
    tokens = tokenize("中华人民共和国")
    assert "中华人民共和国" in tokens and "共和国" in tokens
    assert cut("中华人民共和国") == ["中华人民共和国"]  # a dictionary is asked for words that don't overlap


def test_repeats_are_kept_in_passages_and_dropped_in_questions() -> None:
    assert tokenize("water water 水质水质").count("water") == 2
    assert query_tokens("water water 水质水质").count("water") == 1


def test_questions_lose_their_grammar() -> None:
    assert query_tokens("What is the water quality of the lakes?") == tokenize("water quality lakes")
    assert "什么" not in query_tokens("什么是排污许可证？") and "排污" in query_tokens("什么是排污许可证？")


@pytest.mark.parametrize("question", ["what is it", "什么", "who", "是否"])
def test_question_of_stop_words_alone_keeps_them(question: str) -> None:
    assert query_tokens(question) == list(dict.fromkeys(tokenize(question))) != []


def test_normal_form_is_stable() -> None:
    for text in ("ＡＢＣ　環境", "ﬁne Café", "①②", "發展與頭髮"):
        assert normalize(normalize(text)) == normalize(text)


def test_threads_agree() -> None:
    text = "生态环境部通报 inspections of 12 cities " * 20
    expected, seen = tokenize(text), []
    threads = [threading.Thread(target=lambda: seen.append(tokenize(text))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [expected] * 8
