"""Fits the probability that a hit is relevant, from its scores, and says how good it is.

usage: python benchmarks/fit_relevance.py     (needs ../shared/data; about five minutes)

Labels: the first ten hits of each question of xquad-dev, cmrc2018-like pools and bulletins-gold-dev; a hit is relevant
if its document is. For every other question of xquad-dev the right paragraphs are hidden, so that the model also sees
questions without an answer. Prints the coefficients that ``indexer/search/relevance.py`` holds, AUC and expected
calibration error by five-fold cross-validation over questions, and refusal rates.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.runner import open_dataset
from indexer.search.relevance import FEATURES, FEATURES_LATE

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WEIGHT = {"xquad-dev": 0.25, "bulletins-gold-dev": 6.0}  # so that both sets count about the same


def rows() -> list[dict]:
    """Hits with their scores, label, direction, question and set."""
    settings = load_settings()
    embedder = load_embedder(settings)
    found = []
    for name in WEIGHT:
        dataset = load_dataset(DATA / name)
        with open_dataset(dataset, embedder, settings) as (engine, doc_of):
            questions = [(q.query_id, q.text, set(dataset.qrels[q.query_id]), n % 2 == 1 and name == "xquad-dev")
                         for n, q in enumerate(dataset.questions)]
            nothing = DATA / name / "queries_noanswer.jsonl"
            if nothing.is_file():
                for line in nothing.read_text("utf-8").splitlines():
                    row = json.loads(line)
                    questions.append((row["qid"], row["query"], set(), True))
            for query_id, text, relevant, hide in questions:
                query = engine.analyze(text)
                ranked = [r for r in engine.rank(query) if not (hide and doc_of[r.number] in relevant)]
                for place, r in enumerate(ranked[:10]):
                    found.append({**r.scores, "score": r.score, "same": r.lang == query.lang, "first": place == 0,
                                  "label": doc_of[r.number] in relevant and not hide, "hidden": hide,
                                  "query": f"{name} {query_id}", "weight": WEIGHT[name], "set": name})
    return found


def main() -> None:
    """Fit, cross-validate and print."""
    data = rows()
    for late in (True, False):
        names = FEATURES_LATE if late else FEATURES
        for same in (True, False):
            mine = [r for r in data if r["same"] == same and (not late or "late" in r)]
            x = np.array([[r[n] for n in names] for r in mine])
            y = np.array([r["label"] for r in mine])
            w = np.array([r["weight"] for r in mine])
            groups = np.unique([r["query"] for r in mine], return_inverse=True)[1]
            p = np.zeros(len(y))
            for train, test in GroupKFold(5).split(x, y, groups):
                model = LogisticRegression(C=10, max_iter=2000).fit(x[train], y[train], w[train])
                p[test] = model.predict_proba(x[test])[:, 1]
            model = LogisticRegression(C=10, max_iter=2000).fit(x, y, w)
            bins = np.minimum((p * 10).astype(int), 9)
            error = sum(abs((p - y)[bins == b].sum()) for b in range(10)) / len(y)
            error_w = sum(abs(((p - y) * w)[bins == b].sum()) for b in range(10)) / w.sum()
            print(f"late={late} same={same}: n {len(y)}, relevant {y.mean():.3f}, AUC {roc_auc_score(y, p):.3f}, "
                  f"calibration error {error:.3f} (weighted {error_w:.3f})")
            print(f"    ({', '.join(f'{c:.4f}' for c in [*model.coef_[0], model.intercept_[0]])}),  # {' '.join(names)}")
            if late:
                for r, q in zip(mine, p, strict=True):
                    r["p"] = q
    for name in WEIGHT:
        for hidden in (True, False):
            best = {}
            for r in data:
                if r["set"] == name and r["hidden"] == hidden:
                    best[r["query"]] = max(best.get(r["query"], 0), r["p"])
            values = np.array(list(best.values()))
            if len(values):
                print(name, "without" if hidden else "with", "an answer:", len(values), "questions; refused at "
                      + ", ".join(f"{t}: {np.mean(values < t):.2f}" for t in (0.1, 0.2, 0.3, 0.4, 0.5)))


if __name__ == "__main__":
    sys.exit(main())
