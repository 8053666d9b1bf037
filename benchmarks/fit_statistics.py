"""Fits what the package ships about the bundled model's vector space, on news in both languages.

usage: python benchmarks/fit_statistics.py       (needs ../shared/data/parallel; about two minutes)

Writes ``indexer/embedding/prior.npz`` (mean passage vector by language) and ``indexer/embedding/late.npz`` (mean token
vectors of passages and questions by language, and the principal directions of the centred token vectors).
"""

import random
from pathlib import Path

import numpy as np

from indexer.config import load_settings
from indexer.embedding.bundled import BundledEmbedder
from indexer.embedding.late import DIMS

ROOT = Path(__file__).resolve().parents[1]
PARALLEL = ROOT.parent / "shared" / "data" / "parallel"
FILES = {
    "zh": (
        "ntrex/newstest2019-ref.zho-CN.txt",
        "wmt_zh_en/newstest2021.zh-en.src.zh",
        "wmt_zh_en/generaltest2022.zh-en.src.zh",
    ),
    "en": (
        "ntrex/newstest2019-src.eng.txt",
        "wmt_zh_en/newstest2021.en-zh.src.en",
        "wmt_zh_en/generaltest2022.en-zh.src.en",
    ),
}
PASSAGES, QUESTIONS, SENTENCES_A_PASSAGE = 700, 800, 4


def main() -> None:
    """Fit and write both files."""
    random.seed(1)
    embedder = BundledEmbedder(load_settings().cache, progress=print)
    prior, late = {}, {}
    scatter = np.zeros((embedder.dim, embedder.dim), np.float64)
    centred = []
    for lang, names in FILES.items():
        lines = [
            x.strip()
            for name in names
            for x in (PARALLEL / name).read_text("utf-8").splitlines()
            if x.strip()
        ]
        joint = "" if lang == "zh" else " "
        passages = [
            joint.join(lines[i : i + SENTENCES_A_PASSAGE])
            for i in range(0, len(lines) - 4, SENTENCES_A_PASSAGE)
        ]
        random.shuffle(passages)
        encoded = embedder.encode(passages[:PASSAGES], "passage", tokens=True)
        questions = embedder.encode(random.sample(lines, QUESTIONS), "query", tokens=True)
        prior[lang] = encoded.pooled.mean(0)
        tokens = np.concatenate(encoded.tokens or [])
        late[f"passage_{lang}"] = tokens.mean(0)
        late[f"query_{lang}"] = np.concatenate(questions.tokens or []).mean(0)
        vectors = tokens - late[f"passage_{lang}"]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        scatter += vectors.T @ vectors / len(vectors)
        centred.append(vectors)
        print(f"{lang}: {len(encoded.pooled)} passages, {len(tokens)} tokens")
    values, directions = np.linalg.eigh(scatter)
    basis = directions[:, ::-1][:, :DIMS].astype(np.float32)
    print(f"{DIMS} directions hold {values[::-1][:DIMS].sum() / values.sum():.3f} of the variance")
    projected = np.concatenate([v @ basis for v in centred])
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    late["basis"], late["deviation"] = basis.astype(np.float16), projected.std(0)
    folder = ROOT / "indexer" / "embedding"
    np.savez(folder / "prior.npz", **{k: v.astype(np.float32) for k, v in prior.items()})
    np.savez(
        folder / "late.npz",
        **{k: v.astype(np.float16 if k == "basis" else np.float32) for k, v in late.items()},
    )


if __name__ == "__main__":
    main()
