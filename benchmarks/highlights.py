"""How often the sentence that is marked in a hit is the one that answers the question.

usage: python benchmarks/highlights.py   (about two minutes; ten when the sets have to be indexed first)

Counted are passages of more than one sentence that are among the first ten hits of a question and hold its answer.
Prints the shares by direction, question's language first, beside two simpler ways.

- xquad-dev: a third of its paragraphs, whose answers' sentences were told by reading. ``xquad_sentences.tsv`` has for
  each question the first and last character of that sentence in the English and in the Chinese paragraph.
- bulletins-gold-dev: the judge's quotes; a sentence is right if it is in the quote or has it.
- cmrc2018: answers as published, Chinese only; one question of each of the first paragraphs.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.evaluation.datasets import CorpusDocument, Dataset, Question, load_dataset
from indexer.evaluation.runner import open_dataset
from indexer.search.engine import SearchEngine
from indexer.search.highlight import highlight
from indexer.search.spans import find_highlights, split
from indexer.types import Hit

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SENTENCES = Path(__file__).with_name("xquad_sentences.tsv")
CMRC_PARAGRAPHS = 200
DEPTH = 10

FRAGMENT = 8  # characters of a sentence, cut by the end of a passage, that are too few to be of an answer

Answers = dict[str, dict[str, list[str]]]
"""For each question, by document, the sentences that answer it."""
WAYS = ("first sentence", "most words in common", "without token vectors", "marked")


def main() -> None:
    """Measure each set."""
    settings = load_settings()
    embedder = load_embedder(settings)
    print("| set | direction | hits | " + " | ".join(WAYS) + " |\n" + "|---" * (3 + len(WAYS)) + "|")
    for dataset, answers in (xquad(), gold(), cmrc()):
        right: dict[str, list[list[bool]]] = defaultdict(list)
        with open_dataset(dataset, embedder, settings) as (engine, _):
            title = {d.doc_id: d.doc_id for d in dataset.documents}
            stored = {s.passage.passage_id: title[s.path] for s in engine.passages()}
            for question in dataset.questions:
                for hit in engine.search(question.text, DEPTH, fold=False):
                    places = answers.get(question.query_id, {}).get(stored[hit.passage_id], [])
                    judged = judge(engine, question, hit, places)
                    if judged:
                        right[f"{question.lang}→{hit.lang}"].append(judged)
        for direction, rows in sorted(right.items()):
            shares = [f"{sum(column) / len(rows):.3f}" for column in zip(*rows, strict=True)]
            print(f"| {dataset.name} | {direction} | {len(rows)} | " + " | ".join(shares) + " |", flush=True)


def judge(engine: SearchEngine, question: Question, hit: Hit, answers: list[str]) -> list[bool]:
    """Which ways find a sentence of the answer; empty where there is none to find or no choice."""
    each = split(hit.text)
    right = {(a, b) for a, b in each if any(answers_in(hit.text[a:b], answer) for answer in answers)}
    if len(each) < 2 or not right:
        return []
    query = engine.analyze(question.text)
    marks = highlight(hit.text, query, hit.lang)
    most = max(each, key=lambda s: sum(s[0] <= start < s[1] for start, _ in marks))
    return [
        each[0] in right,
        most in right,
        find_highlights(hit.text, query, hit.lang).sentence in right,
        engine.highlight(query, hit).sentence in right,
    ]


def answers_in(sentence: str, answer: str) -> bool:
    """Whether a sentence has an answer, or is of one that goes on beyond it."""
    sentence, answer = squeezed(sentence), squeezed(answer)
    return answer in sentence or (len(sentence) >= FRAGMENT and sentence in answer)


def squeezed(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file."""
    yield from map(json.loads, path.read_text("utf-8").splitlines())


def some(dataset: Dataset, answers: Answers) -> tuple[Dataset, Answers]:
    """Only the questions that have answers; the corpus, and so its index, stay the same."""
    questions = tuple(q for q in dataset.questions if q.query_id in answers)
    return Dataset(dataset.name, dataset.documents, questions, dataset.qrels, dataset.digest), answers


def xquad() -> tuple[Dataset, Answers]:
    """Both languages' questions with sentences of both languages' paragraphs."""
    dataset = load_dataset(DATA / "xquad-dev")
    text = {d.doc_id: d.text for d in dataset.documents}
    lang = {d.doc_id: d.lang for d in dataset.documents}
    answers: Answers = {}
    for line in SENTENCES.read_text("utf-8").splitlines():
        key, *numbers = line.split("\t")
        en_start, en_end, zh_start, zh_end = map(int, numbers)
        places = {"en": (en_start, en_end), "zh": (zh_start, zh_end)}
        for query_id in (f"en-{key}", f"zh-{key}"):
            found = answers[query_id] = {}
            for doc_id in dataset.qrels[query_id]:
                start, end = places[lang[doc_id]]
                found[doc_id] = [text[doc_id][start:end]]
    return some(dataset, answers)


def gold() -> tuple[Dataset, Answers]:
    """The judge's quotes."""
    folder = DATA / "bulletins-gold-dev"
    answers: Answers = {}
    for row in rows_of(folder / "answers.jsonl"):
        for found in row["relevant"]:
            answers.setdefault(row["qid"], {}).setdefault(found["file"], []).append(found["quote"])
    return some(load_dataset(folder), answers)


def cmrc() -> tuple[Dataset, Answers]:
    """The last question of each of the first paragraphs: the first asks mostly of the first sentence."""
    import hashlib

    path = DATA / "cmrc2018" / "squad-style-data_cmrc2018_dev.json"
    articles = json.loads(path.read_text("utf-8"))["data"][:CMRC_PARAGRAPHS]
    documents, questions, answers = [], [], {}
    for article in articles:
        for n, paragraph in enumerate(article["paragraphs"]):
            doc_id = f"{article['id']}-{n}"
            documents.append(CorpusDocument(doc_id, "", paragraph["context"], "zh"))
            asked = paragraph["qas"][-1]
            questions.append(Question(asked["id"], asked["question"], "zh"))
            answers[asked["id"]] = {doc_id: list(answering(paragraph["context"], asked["answers"]))}
    qrels = {q: dict.fromkeys(found, 1) for q, found in answers.items()}
    digest = hashlib.sha256("\n".join(d.text for d in documents).encode()).hexdigest()
    return Dataset("cmrc2018", tuple(documents), tuple(questions), qrels, digest), answers


def answering(text: str, answers: list[dict[str, Any]]) -> Iterator[str]:
    """The sentences that hold answers, where the places of these are right."""
    for answer in answers:
        start = answer["answer_start"]
        if text.startswith(answer["text"], start):
            yield from (text[a:b] for a, b in split(text) if a <= start < b)


if __name__ == "__main__":
    main()
