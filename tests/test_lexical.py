from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexer.store import lexical
from indexer.store.catalog import Catalog, FileRecord
from indexer.store.lexical import LexicalIndex
from indexer.types import Document, Lang, Passage, Span

TEXTS: list[tuple[Lang, str]] = [
    ("zh", "北京市空气质量优良天数"),
    ("zh", "湖泊水质治理，水质达标，水质改善"),
    ("en", "Permits name the limits of each discharge outlet"),
    ("en", "Fishing is forbidden; the fishing boats are gone"),
    ("en", "Dust storms lowered the number of good days: 30.5 µg/m³, 1,234 fines"),
    ("zh", "氣候變化與環境保護 carbon market"),
]


def add(catalog: Catalog, doc_id: str, lang: Lang, text: str, n: int = 1) -> None:
    passages = [Passage(doc_id, i, lang, 0, len(text), text) for i in range(n)]
    digests = [f"{doc_id}-{i}".encode().ljust(16, b".") for i in range(n)]
    record = FileRecord(doc_id, "", None, doc_id, None)
    catalog.add_document(
        Document(doc_id, text, (Span(0, len(text), 1),), lang, "txt"), passages, digests, record
    )


def find(catalog: Catalog, lang: Lang, *words: str, depth: int = 10) -> list[int]:
    """Passages found for words that all weigh the same."""
    numbers, _ = LexicalIndex(catalog.folder).search([({w: 1.0}, 1.0) for w in words], lang, depth)
    return numbers.tolist()


@pytest.fixture
def filled(tmp_path: Path):
    with Catalog(tmp_path / "index", create=True) as catalog:
        for i, (lang, text) in enumerate(TEXTS, 1):
            add(catalog, f"d{i}", lang, text)
        lexical.sync(catalog)
        yield catalog


def test_finds_words_in_their_language(filled: Catalog) -> None:
    assert find(filled, "zh", "空气") == [1]
    assert find(filled, "zh", "水质") == [2]
    assert find(filled, "en", "fish") == [4]  # stemmed
    assert find(filled, "en", "30.5") == [5] and find(filled, "en", "1234") == [5]
    assert find(filled, "zh", "环境保护") == [6]  # Traditional in the text
    assert find(filled, "en", "空气") == [] and find(filled, "zh", "fish") == []
    assert find(filled, "zh", "carbon") == [6]


def test_sizes_and_frequencies(filled: Catalog) -> None:
    index = LexicalIndex(filled.folder)
    assert (index.size("zh"), index.size("en"), index.seq) == (3, 3, 6)
    assert index.frequencies("en", ["fish", "the", "nothing"]) == {"fish": 1, "the": 3, "nothing": 0}


def test_score_is_bm25(filled: Catalog) -> None:
    """idf tf (k1 + 1) / (tf + k1 (1 - b + b length / mean)); one of three texts has 'fish', twice."""
    from indexer.language.tokens import tokenize

    _, scores = LexicalIndex(filled.folder).search([({"fish": 1.0}, 1.0)], "en", 10)
    lengths = [len(tokenize(text)) for lang, text in TEXTS if lang == "en"]
    norm = 1 - 0.75 + 0.75 * lengths[1] / (sum(lengths) / 3)
    expected = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5)) * 2 * 2.2 / (2 + 1.2 * norm)
    assert scores[0] == pytest.approx(expected, rel=0.01)
    assert LexicalIndex(filled.folder).ceiling([({"fish": 1.0}, 1.0)], "en") == pytest.approx(
        math.log(1 + (3 - 1 + 0.5) / (1 + 0.5)) * 2.2, rel=0.01
    )


def test_weights_and_alternatives(filled: Catalog) -> None:
    index = LexicalIndex(filled.folder)
    (_, plain), (_, double) = (index.search([({"fish": 1.0}, w)], "en", 5) for w in (1.0, 2.0))
    assert double[0] == pytest.approx(2 * plain[0], rel=1e-4)
    # A concept counts by its best alternative, not by their sum.
    _, both = index.search([({"fish": 1.0, "boat": 1.0}, 1.0)], "en", 5)
    _, one = index.search([({"fish": 1.0}, 1.0)], "en", 5)
    assert both[0] == pytest.approx(
        max(one[0], index.search([({"boat": 1.0}, 1.0)], "en", 5)[1][0]), rel=1e-4
    )


@pytest.mark.parametrize("few", [0, 20_000])  # picked from what matches, or a condition of the query
def test_among(filled: Catalog, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(lexical, "_FEW", few)
    index = LexicalIndex(filled.folder)
    numbers, scores = index.search([({"the": 1.0}, 1.0)], "en", 10)
    allowed = np.sort(numbers[1:])
    some, some_scores = index.search([({"the": 1.0}, 1.0)], "en", 10, among=allowed)
    assert some.tolist() == numbers[1:].tolist() and np.allclose(some_scores, scores[1:])
    assert len(index.search([({"the": 1.0}, 1.0)], "en", 10, among=np.zeros(0, np.int64))[0]) == 0


def test_few_among_many_are_all_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far down they come, also when the first look does not reach them."""
    with Catalog(tmp_path / "index", create=True) as catalog:
        for i in range(300):
            add(catalog, f"d{i}", "en", "water " * (1 + i // 2) + "other words " * 5)
        lexical.sync(catalog)
        index = LexicalIndex(catalog.folder)
        ranked, scores = index.search([({"water": 1.0}, 1.0)], "en", 300)
        wanted = np.sort(ranked[np.r_[5, 250:300]])
        for few in (0, 20_000):
            monkeypatch.setattr(lexical, "_FEW", few)
            for depth in (1, 10, 100):
                found, found_scores = index.search([({"water": 1.0}, 1.0)], "en", depth, among=wanted)
                expected = np.isin(ranked, wanted)
                assert len(found) == min(depth, 51)
                assert np.allclose(found_scores, scores[expected][:depth])


def test_ties_by_number_and_depth(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        for i in range(9):
            add(catalog, f"d{i}", "en", "the same words")
        lexical.sync(catalog)
        assert find(catalog, "en", "same") == list(range(1, 10))
        assert len(find(catalog, "en", "same", depth=4)) == 4
        assert find(catalog, "en", "same", depth=0) == []


@pytest.mark.parametrize("terms", [[], [({}, 1.0)], [({"nowhere": 1.0}, 1.0)]])
def test_nothing_to_look_for(filled: Catalog, terms) -> None:
    index = LexicalIndex(filled.folder)
    assert len(index.search(terms, "en", 10)[0]) == 0
    assert (index.ceiling(terms, "en") > 0) == (len(terms) > 0 and "nowhere" in terms[0][0])


def test_a_word_that_no_passage_has_counts_where_there_are_few(tmp_path: Path) -> None:
    """One of two words is not all of a question, but in many passages the other is one that nobody uses."""
    known, both = [({"water": 1.0}, 1.0)], [({"water": 1.0}, 1.0), ({"aqua": 1.0}, 1.0)]
    parts = []
    with Catalog(tmp_path / "index", create=True) as catalog:
        for i in range(80):
            add(catalog, f"d{i}", "en", "water" if i % 5 == 0 else "air")
            if i in (4, 29, 79):
                lexical.sync(catalog)
                index = LexicalIndex(catalog.folder)
                parts.append(index.ceiling(known, "en") / index.ceiling(both, "en"))
    assert max(parts[:2]) < 0.9 < parts[2] == 1.0


# Following


def test_follows_additions_and_removals(filled: Catalog) -> None:
    add(filled, "new", "en", "A hundred boats", 100)  # more than are deleted one by one
    filled.forget_files(["d4"])
    lexical.sync(filled)
    assert find(filled, "en", "boat", depth=200) == list(range(7, 107)) and find(filled, "en", "fish") == []
    filled.forget_files(["new"])
    lexical.sync(filled)
    assert find(filled, "en", "boat") == []
    assert LexicalIndex(filled.folder).size("en") == 2


def test_change_applied_twice_counts_once(filled: Catalog) -> None:
    """A kill between Tantivy's commit and the note of it: the next run applies the changes again."""
    state = filled.folder / "lexical" / "state.json"
    before = state.read_text()
    add(filled, "new", "en", "Boats again")
    lexical.sync(filled)
    state.write_text(before)
    lexical.sync(filled)
    assert find(filled, "en", "again") == [7] and LexicalIndex(filled.folder).size("en") == 4


def test_kill_in_the_first_sync_after_an_empty_one(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        lexical.sync(catalog)
        state = catalog.folder / "lexical" / "state.json"
        before = state.read_text()
        add(catalog, "a", "en", "Boats")
        lexical.sync(catalog)
        state.write_text(before)
        lexical.sync(catalog)
        assert LexicalIndex(catalog.folder).size("en") == 1


def inner(folder: Path) -> Path:
    """The folder of both languages' indexes, whose name changes when they are built anew."""
    return next(p for p in folder.iterdir() if p.is_dir())


def delete_one_language(folder: Path) -> None:
    shutil.rmtree(inner(folder) / "zh")


def delete_all(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_state(folder: Path) -> None:
    (folder / "state.json").unlink()


def garbage_state(folder: Path) -> None:
    (folder / "state.json").write_bytes(b"\xff[")


def other_version(folder: Path) -> None:
    (folder / "state.json").write_text('{"format": [0, "0"], "seq": 6, "written": 6}')


def ahead(folder: Path) -> None:
    (folder / "state.json").write_text((folder / "state.json").read_text().replace('"seq": 6', '"seq": 99'))


def delete_segments(folder: Path) -> None:
    for path in folder.glob("*/zh/*.term"):
        path.unlink()


def truncate_segments(folder: Path) -> None:
    for path in folder.glob("*/*/*.idx"):
        path.write_bytes(path.read_bytes()[:10])


def garbage_meta(folder: Path) -> None:
    (inner(folder) / "en" / "meta.json").write_bytes(b"garbage")


def of_another_catalog(folder: Path) -> None:
    folder = inner(folder)
    shutil.rmtree(folder / "zh")
    shutil.copytree(folder / "en", folder / "zh")
    lexical_en = folder / "en"
    shutil.rmtree(lexical_en)
    lexical_en.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        delete_one_language, delete_all, delete_state, garbage_state, other_version, ahead, delete_segments,
        truncate_segments, garbage_meta, of_another_catalog,
    ],
)  # fmt: skip
def test_damaged_index_is_made_again(filled: Catalog, damage) -> None:
    damage(filled.folder / "lexical")
    LexicalIndex(filled.folder).search([({"fish": 1.0}, 1.0)], "en", 5)  # no error meanwhile
    lexical.sync(filled)
    index = LexicalIndex(filled.folder)
    assert (index.size("zh"), index.size("en"), index.seq) == (3, 3, 6)
    assert find(filled, "en", "fish") == [4] and find(filled, "zh", "空气") == [1]


def test_nothing_new_writes_nothing(filled: Catalog) -> None:
    before = {p: p.stat().st_mtime_ns for p in (filled.folder / "lexical").rglob("*")}
    lexical.sync(filled)
    assert {p: p.stat().st_mtime_ns for p in (filled.folder / "lexical").rglob("*")} == before


def test_open_index_sees_what_was_committed(filled: Catalog) -> None:
    index = LexicalIndex(filled.folder)
    add(filled, "new", "en", "Boats again")
    lexical.sync(filled)
    index.reload()
    assert index.search([({"again": 1.0}, 1.0)], "en", 5)[0].tolist() == [7]


def test_statistics_forget_what_was_removed(filled: Catalog, tmp_path: Path) -> None:
    """BM25 after removals is that of an index that never held what was removed."""
    for i in range(5):
        add(filled, f"boat{i}", "en", "fishing boats and boats " * (i + 1))
    lexical.sync(filled)
    filled.forget_files([f"boat{i}" for i in range(5)])
    lexical.sync(filled)
    terms = [({"fish": 1.0}, 1.0)]
    index = LexicalIndex(filled.folder)
    with Catalog(tmp_path / "other", create=True) as catalog:
        for i, (lang, text) in enumerate(TEXTS, 1):
            add(catalog, f"d{i}", lang, text)
        lexical.sync(catalog)
        other = LexicalIndex(catalog.folder)
        assert index.search(terms, "en", 5)[1] == pytest.approx(other.search(terms, "en", 5)[1])
        assert index.ceiling(terms, "en") == pytest.approx(other.ceiling(terms, "en"))


def test_large_index_is_not_made_anew_for_one_removal(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        add(catalog, "many", "en", "many boats", 1500)
        add(catalog, "one", "en", "one lake")
        add(catalog, "more", "en", "more lakes", 200)
        lexical.sync(catalog)
        before = set((catalog.folder / "lexical").glob("*/en/*.term"))
        catalog.forget_files(["one"])
        lexical.sync(catalog)
        assert before & set((catalog.folder / "lexical").glob("*/en/*.term"))
        assert find(catalog, "en", "one") == [] and LexicalIndex(catalog.folder).size("en") == 1700
        catalog.forget_files(["more"])
        lexical.sync(catalog)
        assert not before & set((catalog.folder / "lexical").glob("*/en/*.term"))
        assert find(catalog, "en", "lake") == [] and LexicalIndex(catalog.folder).size("en") == 1500
