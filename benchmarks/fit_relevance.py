"""Fits the log-odds that a passage is relevant, from its scores, and says how good they are.

usage: python benchmarks/fit_relevance.py     (needs ../shared/data; about two minutes)

Labels: the first ten passages of each language for each question of xquad-dev and bulletins-gold-dev; one is relevant
if its document is. Each question counts four times: as it is, with the right documents of either language hidden, and
with all of them hidden, so that the model sees questions that a language has no answer to. Prints the coefficients that
fit best, and AUC, expected calibration error and the share of questions refused at several thresholds: of this fit by
five-fold cross-validation over questions, and of the coefficients that ``indexer/search/relevance.py`` holds.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.runner import open_dataset
from indexer.search.ranking import merge
from indexer.search.relevance import log_odds, probability
from indexer.types import LANGS

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("xquad-dev", "bulletins-gold-dev")
FEATURES = ("late", "dense", "lexical", "standing")
PER_LANGUAGE = 10


def rows() -> list[dict]:
    """Passages with their scores, label, direction, question and set."""
    settings = load_settings()
    embedder = load_embedder(settings)
    found = []
    for name in SETS:
        dataset = load_dataset(DATA / name)
        questions = [(q.query_id, q.text, set(dataset.qrels[q.query_id])) for q in dataset.questions]
        nothing = DATA / name / "queries_noanswer.jsonl"
        if nothing.is_file():
            lines = [json.loads(line) for line in nothing.read_text("utf-8").splitlines()]
            questions += [(row["qid"], row["query"], set()) for row in lines]
        with open_dataset(dataset, embedder, settings) as (engine, doc_of):
            for query_id, text, relevant in questions:
                query = engine.analyze(text)
                candidates = engine.candidates(query)
                for hidden in ((), ("zh",), ("en",), LANGS):
                    left = [
                        c.only(np.array([doc_of[n] not in relevant for n in c.numbers.tolist()]))
                        if c.lang in hidden else c
                        for c in candidates
                    ]  # fmt: skip
                    ranked = merge(query.lang, left, engine.similar)
                    answered = any(doc_of[r.number] in relevant for r in ranked)
                    for lang in LANGS:
                        for r in [r for r in ranked if r.lang == lang][:PER_LANGUAGE]:
                            found.append(
                                {
                                    **r.scores, "same": lang == query.lang, "pair": f"{query.lang}→{lang}",
                                    "label": doc_of[r.number] in relevant, "answered": answered,
                                    "query": f"{name} {query_id}", "case": f"{query_id} {hidden}", "set": name,
                                }
                            )  # fmt: skip
    return found


def fit(mine: list[dict], names: tuple[str, ...]) -> np.ndarray:
    """Fit one direction, print what came out, and return the cross-validated probabilities."""
    x = np.array([[r[n] for n in names] for r in mine])
    y = np.array([r["label"] for r in mine])
    sizes = {s: sum(r["set"] == s for r in mine) for s in SETS}
    weight = np.array([len(mine) / len(SETS) / sizes[r["set"]] for r in mine])  # the sets count the same
    groups = np.unique([r["query"] for r in mine], return_inverse=True)[1]
    p = np.zeros(len(y))
    for train, test in GroupKFold(5).split(x, y, groups):
        model = LogisticRegression(C=10, max_iter=3000).fit(x[train], y[train], weight[train])
        p[test] = model.predict_proba(x[test])[:, 1]
    model = LogisticRegression(C=10, max_iter=3000).fit(x, y, weight)
    error = calibration_error(p, y, weight)
    print(
        f"{' '.join(names)}, same language {mine[0]['same']}: {len(y)} passages, {y.mean():.3f} relevant, "
        f"AUC {roc_auc_score(y, p, sample_weight=weight):.3f}, expected calibration error {error:.3f}"
    )
    print(f"    ({', '.join(f'{c:.2f}' for c in [*model.coef_[0], model.intercept_[0]])})")
    return p


def by_pair(mine: list[dict]) -> None:
    """Print how good the probabilities are for each pair of languages, and in each set."""
    for pair in sorted({r["pair"] for r in mine}):
        for name in ("", *SETS):
            some = [r for r in mine if r["pair"] == pair and r["set"].startswith(name)]
            sizes = Counter(r["set"] for r in some)
            weight = np.array([len(some) / len(sizes) / sizes[r["set"]] for r in some])
            y = np.array([r["label"] for r in some])
            print(f"    {pair} {name or 'both sets'}: {len(some)} passages", end="")
            for key, whose in (("p", "of this fit"), ("shipped", "as shipped")):
                p = np.array([r[key] for r in some])
                auc, error = roc_auc_score(y, p, sample_weight=weight), calibration_error(p, y, weight)
                print(f"; {whose} AUC {auc:.3f}, expected calibration error {error:.3f}", end="")
            print()


def calibration_error(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Mean distance of probability and share of relevant ones, over ten bins of probability."""
    bins = np.minimum((p * 10).astype(int), 9)
    return float(sum(abs(((p - y) * weight)[bins == b].sum()) for b in range(10)) / weight.sum())


def main() -> None:
    """Fit, cross-validate and print."""
    data = [r for r in rows() if "late" in r]
    for names in (FEATURES, FEATURES[1:]):
        for same in (True, False):
            mine = [r for r in data if r["same"] == same]
            for row, p in zip(mine, fit(mine, names), strict=True):
                if names == FEATURES:
                    row["p"] = p
            if names == FEATURES:
                late, dense, lexical, standing = (np.array([r[n] for r in mine], np.float32) for n in names)
                odds = log_odds(late, dense, lexical, standing, same_language=same)
                for row, shipped in zip(mine, probability(odds).tolist(), strict=True):
                    row["shipped"] = shipped
                by_pair(mine)
    for name in SETS:
        for answered in (True, False):
            for key, whose in (("p", "of this fit"), ("shipped", "as shipped")):
                best: dict[str, float] = {}
                for r in data:
                    if r["set"] == name and r["answered"] == answered:
                        best[r["case"]] = max(best.get(r["case"], 0.0), r[key])
                values = np.array(list(best.values()))
                shares = ", ".join(f"{t}: {np.mean(values < t):.2f}" for t in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5))
                with_answer = "with" if answered else "without"
                print(
                    f"{name}, {len(values)} questions {with_answer} an answer, {whose}, refused at {shares}"
                )


if __name__ == "__main__":
    main()
