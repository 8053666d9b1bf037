import pytest

from indexer.language.detect import detect_lang, detect_script, simplify


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("生态环境", "zh"),
        ("PM2.5 北京", "zh"),
        ("COD 排放标准", "zh"),
        ("What is 三同时?", "en"),
        ("What does 三同时 require of a construction project?", "en"),
        ("《大气污染防治法》第三条 (Air Law)", "zh"),
        ("The Ministry of Ecology and Environment (生态环境部) said", "en"),
        ("见 https://www.example.gov.cn/policy/air/index.html 的通知", "zh"),
        ("環境保護署", "zh"),
        ("Beijing's air", "en"),
    ],
)
def test_detect_lang(text, lang):
    assert detect_lang(text) == lang


@pytest.mark.parametrize("text", ["", "2024 35.5%", "！？", "\n"])
def test_nothing_to_go_by_gives_the_default(text):
    assert detect_lang(text) == "en"
    assert detect_lang(text, default="zh") == "zh"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("环境保护与污染防治", "Hans"),
        ("環境保護與污染防治", "Hant"),
        ("皇后的面包在台上，只有公里、干系", "Hans"),  # most of these are at home in both scripts
        ("皇后的面在台上，只有公里，以及質素", "Hant"),
        ("中文", "Hans"),
        ("air quality in 北京", "Latn"),
        ("2024 35.5%", "Hans"),
        ("環境保護與污染防治", "Hant"),
        ("香港的空氣質素，後来", "Hant"),  # one stray Simplified character
    ],
)
def test_detect_script(text, script):
    assert detect_script(text) == script


def test_a_passage_without_telling_characters_takes_its_documents_script():
    assert detect_script("中文", default="Hant") == "Hant"
    assert detect_script("环境", default="Hant") == "Hans"
    assert detect_script("air quality", default="Hant") == "Latn"
    assert detect_script("35.5%", default="Latn") == "Latn"
    assert detect_script("中文", default="Latn") == "Hans"


def test_simplify_keeps_lengths():
    assert simplify("環境保護與空氣質素 PM2.5") == "环境保护与空气质素 PM2.5"
    assert simplify("环境 air") == "环境 air"
    assert simplify("敍述枱面化粧衞生") == "叙述台面化妆卫生"  # forms that OpenCC leaves
