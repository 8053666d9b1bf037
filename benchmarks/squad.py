"""Makes a dataset for `qingshan evaluate` from SQuAD-style reading comprehension: is the paragraph found again?

usage: python benchmarks/squad.py DATA OUT [--script hans|hant] [--questions N]

DATA is a SQuAD JSON file or a folder with one (cmrc2018, drcd-dev); OUT becomes a folder in BEIR layout. A question's
only relevant document is the paragraph that it was asked of, and the same text is one document. --script converts the
questions with OpenCC and leaves the paragraphs as they are, so that Simplified questions can be put to Traditional
paragraphs; give both the same folder name (hans/drcd-dev, hant/drcd-dev) and they share one index. --questions takes
about N of them, spread evenly over the file.
"""

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path


def paragraphs(path: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each paragraph's text with its questions, (id, text)."""
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            questions = [(str(qa["id"]), qa["question"].strip()) for qa in paragraph["qas"]]
            yield paragraph["context"].strip(), [(i, q) for i, q in questions if q]


def converter(script: str | None) -> Callable[[str], str]:
    """A function that writes Chinese in one script; None leaves it as it is."""
    if script is None:
        return lambda text: text
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC({"hans": "t2s", "hant": "s2t"}[script]).convert
    return convert


def write(source: Path, out: Path, script: str | None, wanted: int | None) -> tuple[int, int]:
    """Write the dataset; the numbers of documents and questions."""
    corpus: dict[str, dict[str, str]] = {}
    asked: list[tuple[str, str, str]] = []
    for text, questions in paragraphs(source):
        doc_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        corpus[doc_id] = {"_id": doc_id, "text": text, "lang": "zh"}
        asked += [(query_id, question, doc_id) for query_id, question in questions]
    if wanted is not None and wanted < len(asked):
        asked = [asked[i * len(asked) // wanted] for i in range(wanted)]
    convert = converter(script)
    queries = [{"_id": i, "text": convert(q), "lang": "zh"} for i, q, _ in asked]
    (out / "qrels").mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", list(corpus.values())), ("queries", queries)):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (out / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    judged = "".join(f"{i}\t{doc_id}\t1\n" for i, _, doc_id in asked)
    (out / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged, "utf-8")
    return len(corpus), len(asked)


def main() -> None:
    """Read the arguments and write the dataset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--script", choices=("hans", "hant"))
    parser.add_argument("--questions", type=int)
    args = parser.parse_args()
    files = sorted(args.data.glob("*.json")) if args.data.is_dir() else [args.data]
    if not files or not files[0].is_file():
        parser.error(f"{args.data} is neither a SQuAD JSON file nor a folder with one")
    documents, questions = write(files[0], args.out, args.script, args.questions)
    print(f"{args.out}: {documents} documents, {questions} questions")


if __name__ == "__main__":
    main()
