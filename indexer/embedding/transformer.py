"""Any sentence-transformers model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Prefixes of well-known families whose published models carry no prompts of their own.
_E5_PROMPTS = ("query: ", "passage: ")


class TransformerEmbedder:
    """A model loaded through sentence-transformers, from a folder or by its hub id."""

    def __init__(self, name: str) -> None:
        """Load the model.

        Args:
            name: A folder, or a hub id (which sentence-transformers may download).

        Raises:
            ModelError: The model can't be loaded.
        """
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()
            self._model = SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library raises many kinds for a missing or broken model
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(
                f"The embedding model {name!r} can't be loaded: {reason} "
                "Give a folder that holds a sentence-transformers model, or unset QINGSHAN_MODEL to use "
                "the bundled one.",
                f"无法加载嵌入模型 {name!r}：{reason}。请填写 sentence-transformers 模型所在的文件夹，或取消 QINGSHAN_MODEL 以使用内置模型。",
            ) from error
        # The method's name until sentence-transformers 5.
        size = (
            getattr(self._model, "get_embedding_dimension", None)
            or self._model.get_sentence_embedding_dimension
        )
        dim = size()
        if not dim:
            raise ModelError(
                f"The embedding model {name!r} does not tell the length of its vectors; use another.",
                f"嵌入模型 {name!r} 未说明向量长度，请换用其他模型。",
            )
        self.dim: int = int(dim)
        prompts = self._model.prompts or {}
        e5 = "e5" in Path(name).name.lower() and "instruct" not in name.lower()
        self._query_prompt = prompts.get("query") or (_E5_PROMPTS[0] if e5 else "")
        self._passage_prompt = (
            prompts.get("document") or prompts.get("passage") or (_E5_PROMPTS[1] if e5 else "")
        )
        self.fingerprint: str = f"{Path(name).name}-{self._digest(name)}"

    def _digest(self, name: str) -> str:
        """Tells two models apart: sizes, prompts, and where known the revision of the weights."""
        config: Any = getattr(self._model[0], "auto_model", None)
        facts = {
            "name": name if not Path(name).exists() else Path(name).name,
            "dim": self.dim,
            "length": self._model.max_seq_length,
            "prompts": [self._query_prompt, self._passage_prompt],
            "revision": getattr(getattr(config, "config", None), "_commit_hash", None),
            "weights": [
                round(float(p.detach().double().abs().sum()), 6) for p in list(self._model.parameters())[:3]
            ],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the model's tokens in each text, without special tokens."""
        if not texts:
            return []
        encoded = self._model.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def _embed(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        vectors = self._model.encode(
            [prompt + t for t in texts], batch_size=16, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of questions, shape ``(n, dim)``, float32, unit L2 norm."""
        return self._embed(texts, self._query_prompt)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of passages, shape ``(n, dim)``, float32, unit L2 norm."""
        return self._embed(texts, self._passage_prompt)
