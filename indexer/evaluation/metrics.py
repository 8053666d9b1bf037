"""Retrieval metrics, computed by ir-measures (trec_eval's definitions)."""

from __future__ import annotations

NAMES = ("nDCG@10", "mAP", "recall@10", "recall@100", "MRR@10", "success@1", "recall@1")

Judgements = dict[str, dict[str, int]]
Scores = dict[str, dict[str, float]]


def measure(qrels: Judgements, run: Scores) -> dict[str, float]:
    """Means over the questions, 0 to 1; ties in a score are broken by document id, as trec_eval does.

    Args:
        qrels: ``{query_id: {doc_id: relevance}}``.
        run: ``{query_id: {doc_id: score}}``; a question that is missing counts as zero.
    """
    import ir_measures
    from ir_measures import AP, RR, R, Success, nDCG

    measures = dict(zip(NAMES, (nDCG @ 10, AP, R @ 10, R @ 100, RR @ 10, Success @ 1, R @ 1), strict=True))
    values = ir_measures.calc_aggregate(list(measures.values()), qrels, run)
    return {name: round(float(values[m]), 4) for name, m in measures.items()}


def all_in_top(qrels: Judgements, run: Scores, depth: int) -> float:
    """Share of the questions that have all their relevant documents among the first ``depth``."""
    whole = 0
    for query_id, relevant in qrels.items():
        scores = run.get(query_id, {})
        first = sorted(scores, key=lambda d: (-scores[d], d))[:depth]
        whole += set(relevant) <= set(first)
    return round(whole / len(qrels), 4) if qrels else 0.0
