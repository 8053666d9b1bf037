from __future__ import annotations

from pathlib import Path

import pytest
from conftest import BULLETINS

from indexer.language import dictionary, tokens
from indexer.language.dictionary import CompactDictionary

TEXTS = [*BULLETINS.values(), "生态环境部部长黄润秋在昆明会见了COP15代表", "𠮷野家 \ud800 水", ""]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def jieba(cache: Path | None) -> tokens._Jieba:
    ours = tokens._Jieba()
    if cache is not None:
        ours.use_compact(cache)
    return ours


def test_words_are_found_and_others_not(cache: Path) -> None:
    dictionary.write(cache / "words", {"水": 7, "水质": 3, "水质监": 0}, 10)
    words = CompactDictionary(cache / "words")
    assert words.total == 10
    assert ("水" in words, "水质监" in words, "监" in words) == (True, True, False)
    assert (words["水质"], words.get("水质监"), words.get("监"), words.get("监", 1)) == (3, 0, None, 1)
    with pytest.raises(KeyError):
        words["监"]


def test_nothing_else_is_left_beside_it(cache: Path) -> None:
    dictionary.write(cache / "words", {"水": 7}, 7)
    assert [p.name for p in cache.iterdir()] == ["words"]


@pytest.mark.parametrize("damaged", [b"", b"short", (2**40).to_bytes(8, "little") * 2, b"\xff" * 64])
def test_a_damaged_file_is_told(cache: Path, damaged: bytes) -> None:
    cache.mkdir()
    (cache / "words").write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged"):
        CompactDictionary(cache / "words")


def test_text_is_cut_the_same_with_either_dictionary(cache: Path) -> None:
    jieba(cache)()  # makes the file
    compact, whole = jieba(cache), jieba(None)
    for text in TEXTS:
        assert list(compact().cut_for_search(text)) == list(whole().cut_for_search(text))
    assert isinstance(compact().FREQ, CompactDictionary) and isinstance(whole().FREQ, dict)


def test_the_whole_one_takes_its_place(cache: Path) -> None:
    jieba(cache)()
    ours = jieba(cache)
    assert isinstance(ours().FREQ, CompactDictionary)
    ours.load_whole()
    assert isinstance(ours().FREQ, dict)


def test_text_is_cut_without_a_usable_cache(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("no folder")
    assert list(jieba(tmp_path / "a file")().cut("水质监测")) == list(jieba(None)().cut("水质监测"))


def test_a_damaged_cache_does_no_harm_and_is_made_anew(cache: Path) -> None:
    jieba(cache)()
    (made,) = cache.iterdir()
    made.write_bytes(b"damaged")
    assert list(jieba(cache)().cut("水质监测")) == list(jieba(None)().cut("水质监测"))
    jieba(cache)()
    assert isinstance(jieba(cache)().FREQ, CompactDictionary)
