"""Small and lopsided corpora: does a passage of the language without an answer push the right one from the top?

usage: python benchmarks/lopsided.py [DATASET]     (default: ../shared/data/xquad-dev; about five minutes)

Cuts small corpora from a set whose paragraphs exist in both languages, each paragraph in one of them only: 5 documents,
one language only, 99 % of one language with the answer in it or in the other, and documents that speak both. Every
question is put in both languages. Prints how often the first hit is right, how often it would be if only passages in
the answer's language were ranked (which is what a merge of languages can reach at best), and how often the first
hit is an intruder: a wrong passage in the other language.
"""

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from indexer.config import Settings, load_settings
from indexer.embedding import load_embedder
from indexer.evaluation.datasets import CorpusDocument, Dataset, Question, load_dataset
from indexer.evaluation.runner import open_dataset
from indexer.types import LANGS, CountTokens, Encoded, Lang, TokenEmbedder

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class Remembering:
    """An embedder that embeds no text twice: the corpora share their passages."""

    def __init__(self, inner: TokenEmbedder) -> None:
        self._inner = inner
        self._known: dict[tuple[str, str], tuple] = {}
        self.fingerprint, self.dim = inner.fingerprint, inner.dim
        self.count_tokens: CountTokens = inner.count_tokens

    def encode(
        self, texts: Sequence[str], kind: Literal["query", "passage"], *, tokens: bool = False
    ) -> Encoded:
        """As the inner embedder does, in one pass for those that it has not met."""
        new = [t for t in dict.fromkeys(texts) if (kind, t) not in self._known]
        if new:
            made = self._inner.encode(new, kind, tokens=True)
            for row in zip(new, made.pooled, made.tokens, made.weights, strict=True):
                self._known[kind, row[0]] = row[1:]
        pooled, vectors, weights = zip(*(self._known[kind, t] for t in texts), strict=True)
        return Encoded(np.stack(pooled), list(vectors) if tokens else None, list(weights) if tokens else None)

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Pooled vectors of questions."""
        return self.encode(texts, "query").pooled

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Pooled vectors of passages."""
        return self.encode(texts, "passage").pooled


@dataclass(frozen=True)
class Case:
    """A small corpus with questions; each is answered by one document, in one language."""

    name: str
    dataset: Dataset
    answer_lang: dict[str, Lang]


def cases(whole: Dataset, seed: int = 1) -> Iterator[Case]:
    """The corpora, the same for the same seed."""
    rng = random.Random(seed)
    documents = {d.doc_id: d for d in whole.documents}
    twins = {frozenset(relevant) for relevant in whole.qrels.values()}
    paragraphs = [{documents[d].lang: documents[d] for d in twin} for twin in sorted(twins, key=sorted)]
    paragraphs = [p for p in paragraphs if len(p) == 2]
    asked: dict[str, list[Question]] = {}
    for q in whole.questions:
        for doc_id in whole.qrels[q.query_id]:
            asked.setdefault(doc_id, []).append(q)

    def case(
        name: str, chosen: list[tuple[dict[Lang, CorpusDocument], Lang]], answers: Sequence[Lang]
    ) -> Case:
        held = [p[lang] for p, lang in chosen]
        about = [d for d in held if d.lang in answers]
        questions = [q for d in about for q in asked[d.doc_id]]
        questions = rng.sample(questions, min(len(questions), 40))
        answer = {q.query_id: d for d in about for q in asked[d.doc_id]}
        kept = Dataset(
            "lopsided", tuple(held), tuple(questions),
            {q.query_id: {answer[q.query_id].doc_id: 1} for q in questions},
            f"{seed}-{rng.random()}",
        )  # fmt: skip
        return Case(name, kept, {q.query_id: answer[q.query_id].lang for q in questions})

    for n_zh in (1, 2, 3, 4):
        for _ in range(6):
            chosen = rng.sample(paragraphs, 5)
            langs: list[Lang] = ["zh"] * n_zh + ["en"] * (5 - n_zh)
            yield case("5 documents", list(zip(chosen, langs, strict=True)), LANGS)
    for minority, majority in (LANGS, LANGS[::-1]):
        yield case("one language only", [(p, majority) for p in rng.sample(paragraphs, 60)], LANGS)
        for n in (1, 2):
            for _ in range(3):
                chosen = rng.sample(paragraphs, min(100 * n, len(paragraphs)))
                mixed = [(p, minority) for p in chosen[:n]] + [(p, majority) for p in chosen[n:]]
                yield case("99 %, answer in the large language", mixed, (majority,))
                yield case("99 %, answer in the small language", mixed, (minority,))
    for _ in range(3):
        yield bilingual(case("", [(p, rng.choice(LANGS)) for p in rng.sample(paragraphs, 60)], LANGS))


def bilingual(plain: Case) -> Case:
    """The same paragraphs in half as many documents, each with a Chinese and an English part where there are both."""
    zh, en = ([d for d in plain.dataset.documents if d.lang == lang] for lang in LANGS)
    whole, home = [], {}
    for a, b in zip(zh, en, strict=False):
        whole.append(CorpusDocument(a.doc_id, "", f"{a.text}\n\n{b.text}", "zh"))
        home |= {a.doc_id: a.doc_id, b.doc_id: a.doc_id}
    questions = [q for q in plain.dataset.questions if next(iter(plain.dataset.qrels[q.query_id])) in home]
    qrels = {q.query_id: {home[d]: 1 for d in plain.dataset.qrels[q.query_id]} for q in questions}
    data = Dataset("lopsided", tuple(whole), tuple(questions), qrels, plain.dataset.digest + "-bilingual")
    return Case("documents in both languages", data, plain.answer_lang)


@contextmanager
def scratch() -> Iterator[Settings]:
    """The user's settings with a cache for the indexes that is thrown away."""
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        for path in settings.cache.glob("lexicon-*.sqlite"):
            (Path(folder) / path.name).symlink_to(path.absolute())
        yield replace(settings, cache=Path(folder))


def main() -> None:
    """Measure every kind of corpus."""
    whole = load_dataset(Path(sys.argv[1]) if sys.argv[1:] else DATA / "xquad-dev")
    embedder = Remembering(load_embedder(load_settings()))
    counts: dict[tuple[str, str], list[tuple[bool, bool, bool]]] = {}
    with scratch() as settings:
        for case in cases(whole):
            with open_dataset(case.dataset, embedder, settings) as (engine, doc_of):
                for q in case.dataset.questions:
                    answer = case.answer_lang[q.query_id]
                    right = case.dataset.qrels[q.query_id]
                    query = engine.analyze(q.text)
                    first = engine.rank(query)[0]
                    alone = engine.rank(query, langs=(answer,))[0]
                    wrong = doc_of[first.number] not in right
                    row = (not wrong, doc_of[alone.number] in right, wrong and first.lang != answer)
                    side = "same language" if q.lang == answer else "other language"
                    counts.setdefault((case.name, side), []).append(row)
    print(
        "| corpus | question and answer | questions | first hit right | … ranking one language | intruders |"
    )
    print("|---|---|---|---|---|---|")
    for (name, side), rows in sorted(counts.items()):
        shares = (f"{sum(column) / len(rows):.3f}".removeprefix("0") for column in zip(*rows, strict=True))
        print(f"| {name} | {side} | {len(rows)} | " + " | ".join(shares) + " |")


if __name__ == "__main__":
    main()
