"""The dense follower against brute force in NumPy, and its ways of keeping up with the catalog."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.store import dense
from indexer.store.catalog import Catalog, FileRecord
from indexer.store.dense import DenseIndex
from indexer.types import LANGS, Document, Lang, Passage, Span

DIM = 32


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def add(catalog: Catalog, doc_id: str, lang: Lang, n: int, seed: int) -> None:
    """A document of ``n`` passages with random vectors that lie off the origin."""
    vectors = unit(
        np.random.default_rng(seed).normal(0.3 if lang == "zh" else -0.2, 1, (n, DIM)).astype(np.float32)
    )
    digests = [f"{doc_id}-{i}".encode().ljust(16, b".") for i in range(n)]
    passages = [Passage(doc_id, i, lang, 0, 1, "x") for i in range(n)]
    catalog.add_embeddings(digests, vectors)
    record = FileRecord(doc_id, "", None, doc_id, None)
    catalog.add_document(Document(doc_id, "x", (Span(0, 1, 1),), lang, "txt"), passages, digests, record)


@pytest.fixture
def filled(tmp_path: Path):
    with Catalog(tmp_path / "index", create=True) as catalog:
        add(catalog, "z1", "zh", 60, 1)
        add(catalog, "e1", "en", 25, 2)
        add(catalog, "z2", "zh", 40, 3)
        yield catalog


def question(seed: int = 9) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=DIM).astype(np.float32))


def brute_force(
    catalog: Catalog, index: DenseIndex, query: NDArray[np.float32], lang: Lang
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    numbers, langs, vectors = catalog.vectors()
    mine = langs == lang
    scores = unit(vectors[mine].astype(np.float32) - index.mean(lang)) @ query
    order = np.lexsort((numbers[mine], -scores))
    return numbers[mine][order], scores[order]


def assert_equal_to_brute_force(catalog: Catalog, index: DenseIndex) -> None:
    for lang in LANGS:
        for seed in range(5):
            query = question(seed)
            numbers, scores = brute_force(catalog, index, query, lang)
            assert index.size(lang) == len(numbers)
            found, found_scores = index.search(query, lang, len(numbers) + 7)
            assert sorted(found) == sorted(numbers)
            # Half precision keeps 11 bits: the order is the same wherever scores lie further apart than that.
            by_number = dict(zip(numbers.tolist(), scores.tolist(), strict=True))
            assert np.allclose(found_scores, [by_number[n] for n in found.tolist()], atol=0.002)
            assert np.allclose(found_scores, scores, atol=0.002)
            assert np.allclose(index.scores(query, lang, numbers), scores, atol=0.002)


def test_equals_brute_force(filled: Catalog) -> None:
    index = DenseIndex.open(filled, DIM)
    assert [index.size(lang) for lang in ("zh", "en")] == [100, 25]
    assert_equal_to_brute_force(filled, index)


@pytest.mark.parametrize("depth", [1, 5, 25, 1000])
def test_depth(filled: Catalog, depth: int) -> None:
    numbers, scores = DenseIndex.open(filled, DIM).search(question(), "en", depth)
    assert len(numbers) == len(scores) == min(depth, 25)
    assert (np.diff(scores) <= 0).all() and (numbers > 0).all()


def test_depth_of_nothing(filled: Catalog) -> None:
    assert len(DenseIndex.open(filled, DIM).search(question(), "zh", 0)[0]) == 0


def test_scores_of_strangers_are_nan(filled: Catalog) -> None:
    index = DenseIndex.open(filled, DIM)
    english = index.reconstruct("en")[0]
    scores = index.scores(question(), "zh", np.array([*english[:2], 1, 99999], np.int64))
    assert np.isnan(scores).tolist() == [True, True, False, True]


def test_vectors_are_centred_by_their_language(filled: Catalog) -> None:
    for lang, other in (("zh", "en"), ("en", "zh")):
        index = DenseIndex.open(filled, DIM)
        vectors = index.reconstruct(lang)[1]
        raw = filled.vectors()
        raw_mean = unit(raw[2][raw[1] == lang].astype(np.float32)).mean(0)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.01)
        assert np.linalg.norm(vectors.mean(0)) < 0.6 * np.linalg.norm(raw_mean)
        assert not np.allclose(index.mean(lang), index.mean(other), atol=0.05)


def test_standardised_score_has_mean_0_and_deviation_1(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        add(catalog, "z", "zh", 3000, 4)
        index = DenseIndex.open(catalog, DIM)
        for seed in range(3):
            query = index.centre_query(question(seed), "zh")
            mean, spread = index.standardize(query, "zh")
            z = (index.reconstruct("zh")[1] @ query - mean) / spread
            assert abs(z.mean()) < 0.05 and abs(z.std() - 1) < 0.05


def test_empty_catalog(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        index = DenseIndex.open(catalog, DIM)
        assert index.size("zh") == 0 and len(index.search(question(), "zh", 5)[0]) == 0
        add(catalog, "a", "zh", 3, 5)
        grown = index.catch_up(catalog)
        assert grown.size("zh") == 3 and len(grown.search(question(), "zh", 5)[0]) == 3


def test_one_passage(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        add(catalog, "a", "en", 1, 5)
        index = DenseIndex.open(catalog, DIM)
        mean, spread = index.standardize(index.centre_query(question(), "en"), "en")
        assert np.isfinite([mean, spread]).all() and spread > 0


# Following


def test_catches_up_with_additions_and_removals(filled: Catalog) -> None:
    old = DenseIndex.open(filled, DIM)
    add(filled, "z3", "zh", 10, 6)
    filled.forget_files(["z1"])
    add(filled, "e2", "en", 5, 7)
    filled.forget_files(["z3"])
    new = old.catch_up(filled)
    assert (old.size("zh"), old.size("en")) == (100, 25)  # a state never changes
    assert (new.size("zh"), new.size("en")) == (40, 30) and new.seq == filled.seq()
    assert_equal_to_brute_force(filled, new)


def test_nothing_new_is_the_same_state(filled: Catalog) -> None:
    index = DenseIndex.open(filled, DIM)
    assert index.catch_up(filled) is index


def test_bulletin_that_is_stored_while_all_are_read(filled: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Catalog.iter_vectors

    def meanwhile(catalog: Catalog, *args: int):
        add(catalog, "z3", "zh", 10, 6)
        yield from read(catalog, *args)

    monkeypatch.setattr(Catalog, "iter_vectors", meanwhile)
    index = DenseIndex.open(filled, DIM).catch_up(filled)
    assert index.size("zh") == 110 and index.seq == filled.seq()
    assert_equal_to_brute_force(filled, index)


@pytest.mark.parametrize("asked_meanwhile", [True, False])
def test_index_that_stays_open_takes_over_the_base_that_is_written(
    tmp_path: Path, asked_meanwhile: bool
) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        index = DenseIndex.open(catalog, DIM)
        add(catalog, "z1", "zh", 300, 1)
        if asked_meanwhile:
            index = index.catch_up(catalog)
        dense.sync(catalog, DIM)
        grown, fresh = index.catch_up(catalog), DenseIndex.open(catalog, DIM)
        assert np.array_equal(grown.mean("zh"), fresh.mean("zh")) and grown.seq == fresh.seq
        assert grown.standardize(question(), "zh") == fresh.standardize(question(), "zh")
        assert grown.catch_up(catalog) is grown


def test_written_base_is_read_again(filled: Catalog) -> None:
    (filled.folder / ".dense").mkdir()  # left by a run that was killed while it wrote
    (filled.folder / ".dense" / "zh.faiss").write_bytes(b"half")
    dense.build(filled, DIM).write(filled.folder)
    add(filled, "z3", "zh", 10, 6)
    filled.forget_files(["e1"])
    index = DenseIndex.open(filled, DIM)
    assert (index.size("zh"), index.size("en")) == (110, 0)
    assert_equal_to_brute_force(filled, index)
    dense.build(filled, DIM).write(filled.folder)
    assert len(list(filled.folder.glob("dense-*"))) == 1  # the old base is gone
    assert not list(filled.folder.glob(".dense*"))
    assert_equal_to_brute_force(filled, DenseIndex.open(filled, DIM))


def test_base_of_another_dimension_is_not_used(filled: Catalog) -> None:
    dense.build(filled, DIM).write(filled.folder)
    pointer = filled.folder / "dense.json"
    pointer.write_text(pointer.read_text().replace(f'"dim": {DIM}', '"dim": 8'))
    assert_equal_to_brute_force(filled, DenseIndex.open(filled, DIM))


def damage_pointer(folder: Path) -> None:
    (folder / "dense.json").write_bytes(b"\x00\xff{")


def damage_files(folder: Path) -> None:
    for path in folder.glob("dense-*/*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_files(folder: Path) -> None:
    for path in folder.glob("dense-*/*"):
        path.write_bytes(b"")


def garbage_in_files(folder: Path) -> None:
    for path in folder.glob("dense-*/*"):
        path.write_bytes(b"\x93 garbage \x00" * 50)


def delete_base(folder: Path) -> None:
    for path in folder.glob("dense-*"):
        shutil.rmtree(path)


@pytest.mark.parametrize("damage", [damage_pointer, damage_files, empty_files, garbage_in_files, delete_base])
def test_damaged_base_is_built_again(filled: Catalog, damage) -> None:
    dense.build(filled, DIM).write(filled.folder)
    damage(filled.folder)
    assert_equal_to_brute_force(filled, DenseIndex.open(filled, DIM))


def test_base_ahead_of_the_catalog_is_built_again(filled: Catalog) -> None:
    """As when a user puts an older copy of catalog.sqlite back."""
    dense.build(filled, DIM).write(filled.folder)
    pointer = filled.folder / "dense.json"
    pointer.write_text(pointer.read_text().replace(f'"seq": {filled.seq()}', '"seq": 99'))
    assert DenseIndex.open(filled, DIM).seq == filled.seq()


@pytest.mark.parametrize("few", [0, 20_000])
def test_only_among_given_numbers(filled: Catalog, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """A filter's passages are all found, whether they are scored one by one or the base skips the others."""
    monkeypatch.setattr(dense, "_FEW", few)
    index = dense.build(filled, DIM)
    for lang in LANGS:
        numbers, scores = brute_force(filled, index, question(), lang)
        among = np.sort(numbers[::3])
        found, found_scores = index.search(question(), lang, 5, among)
        assert len(found) == 5 and set(found) <= set(among)
        expected = scores[np.isin(numbers, among)][:5]
        assert np.allclose(found_scores, expected, atol=0.01)
        assert not len(index.search(question(), lang, 5, np.array([10**9]))[0])


def test_one_scan_serves_a_filter_that_is_expected(filled: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "_FEW", 0)
    index, nearest, scans = dense.build(filled, DIM), dense._Part.nearest, []

    def counting(*args: object) -> object:
        scans.append(args)
        return nearest(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(dense._Part, "nearest", counting)
    ranked, _ = index.search(question(), "zh", 100)
    for among, n_scans in ((np.sort(ranked[::2]), 1), (np.sort(ranked[::20]), 2)):
        scans.clear()
        near = index.near(question(), "zh")
        near.expect(5, among)
        found = near.best(5), near.best(5, among)
        assert len(scans) == n_scans
        for (ours, scores), filtered in zip(found, (None, among), strict=True):
            expected, their_scores = index.search(question(), "zh", 5, filtered)
            assert list(ours) == list(expected) and np.array_equal(scores, their_scores)


@pytest.fixture
def sketched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A base with a sketch of its Chinese passages, some of which were removed since, and others added."""
    monkeypatch.setattr(dense, "_SKETCHED", 1000)
    monkeypatch.setattr(dense, "_FEW", 50)
    with Catalog(tmp_path / "index", create=True) as catalog:
        for n in range(20):
            add(catalog, f"z{n}", "zh", 100, n)
        add(catalog, "e1", "en", 25, 30)
        dense.build(catalog, DIM).write(catalog.folder)
        catalog.forget_files(["z3", "z7"])
        add(catalog, "z20", "zh", 20, 20)
        yield catalog


@pytest.mark.parametrize("every", [1, 2, 10])
def test_sketch_finds_what_brute_force_finds(sketched: Catalog, every: int) -> None:
    """Without a filter, and with some; of random vectors, which are the hardest, nearly all."""
    index = DenseIndex.open(sketched, DIM)
    assert len(list(sketched.folder.glob("dense-*/*.sketch.faiss"))) == 1
    hits = 0
    for seed in range(20):
        numbers, scores = brute_force(sketched, index, question(seed), "zh")
        among = np.sort(numbers[::every])
        found, found_scores = index.search(question(seed), "zh", 10, among if every > 1 else None)
        assert len(found) == 10 and set(found) <= set(among)
        by_number = dict(zip(numbers.tolist(), scores.tolist(), strict=True))
        assert np.allclose(found_scores, [by_number[n] for n in found.tolist()], atol=0.01)
        hits += len(set(found) & set(numbers[np.isin(numbers, among)][:10]))
    assert hits >= 0.95 * 200


def test_sketch_that_is_missing_is_made_again(sketched: Catalog) -> None:
    for path in sketched.folder.glob("dense-*/*.sketch.faiss"):
        path.unlink()
    assert DenseIndex.open(sketched, DIM).size("zh") == 1820
    dense.sync(sketched, DIM)
    assert len(list(sketched.folder.glob("dense-*/*.sketch.faiss"))) == 1
