"""Metrics against arithmetic written by hand, datasets and their faults, run files, and whole evaluations."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from conftest import SHARED_DATA, HashEmbedder

from indexer import Settings
from indexer.config import load_settings
from indexer.errors import DatasetError, QingshanError, SearchIndexError
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.metrics import NAMES, all_in_top, measure
from indexer.evaluation.runner import DOCUMENTS_PER_QUESTION, evaluate, headline, write_run
from indexer.types import METHODS

# Metrics


def test_metrics_by_hand() -> None:
    """Relevant documents at ranks 1 and 3 for one question, at rank 2 and nowhere for the other."""
    qrels = {"q1": {"a": 1, "c": 1}, "q2": {"b": 1, "x": 1}}
    run = {"q1": {"a": 9.0, "b": 8.0, "c": 7.0, "d": 6.0}, "q2": {"a": 3.0, "b": 2.0}}
    ideal = 1 + 1 / math.log2(3)
    expected = {
        "nDCG@10": ((1 + 1 / math.log2(4)) / ideal + (1 / math.log2(3)) / ideal) / 2,
        "mAP": ((1 / 1 + 2 / 3) / 2 + (1 / 2) / 2) / 2,
        "recall@10": (1 + 1 / 2) / 2,
        "recall@100": (1 + 1 / 2) / 2,
        "MRR@10": (1 + 1 / 2) / 2,
        "success@1": 1 / 2,
        "recall@1": (1 / 2 + 0) / 2,
    }
    assert measure(qrels, run) == pytest.approx(expected, abs=1e-4)
    assert set(NAMES) == set(expected)
    assert all_in_top(qrels, run, 10) == 0.5


def test_graded_relevance() -> None:
    """trec_eval's nDCG takes the grade itself as gain."""
    qrels, run = {"q": {"a": 1, "b": 3}}, {"q": {"a": 2.0, "b": 1.0}}
    expected = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    assert measure(qrels, run)["nDCG@10"] == pytest.approx(expected, abs=1e-4)


def test_rank_eleven_counts_for_recall_at_100_only() -> None:
    run = {"q": {f"d{i:02}": 100.0 - i for i in range(20)}}
    found = measure({"q": {"d10": 1}}, run)
    assert (found["recall@10"], found["recall@100"], found["MRR@10"], found["nDCG@10"]) == (0, 1, 0, 0)
    assert found["mAP"] == pytest.approx(1 / 11, abs=1e-4)
    assert all_in_top({"q": {"d10": 1}}, run, 10) == 0 and all_in_top({"q": {"d10": 1}}, run, 11) == 1


def test_question_without_ranking_counts_as_zero() -> None:
    assert measure({"q1": {"a": 1}, "q2": {"a": 1}}, {"q1": {"a": 1.0}})["nDCG@10"] == 0.5
    assert all_in_top({"q1": {"a": 1}, "q2": {"a": 1}}, {"q1": {"a": 1.0}}, 10) == 0.5
    assert all_in_top({}, {}, 10) == 0


# Datasets

CORPUS = [
    {"_id": "z1", "title": "空气质量", "text": "北京空气质量优良天数为271天。", "lang": "zh"},
    {"_id": "e1", "title": "Air quality", "text": "Beijing had 271 days of good air.", "lang": "en"},
    {"_id": "z2", "title": "湖泊", "text": "高原湖泊水质达到三类。"},
    {"_id": "e2", "title": "", "text": "The water of the plateau lake reached grade III."},
    {"_id": "e3", "text": "Noise complaints fell by a tenth."},
    {"_id": "z3", "text": "夜间施工噪声投诉下降一成。", "lang": "zh-Hans"},
]
QUERIES = [
    {"_id": "q1", "text": "good air days in Beijing", "lang": "en"},
    {"_id": "q2", "text": "湖泊水质如何"},
    {"_id": "q3", "text": "noise complaints"},
    {"_id": "unjudged", "text": "something else"},
]
QRELS = [
    ("q1", "z1", 1),
    ("q1", "e1", 1),
    ("q2", "z2", 1),
    ("q2", "e2", 1),
    ("q3", "e3", 2),
    ("q3", "z3", 1),
    ("q3", "z1", 0),
]


def write_dataset(
    folder: Path, corpus=CORPUS, queries=QUERIES, qrels=QRELS, header: str = "query-id\tcorpus-id\tscore\n"
):
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    (folder / "qrels" / "test.tsv").write_text(
        header + "".join("\t".join(map(str, row)) + "\n" for row in qrels), "utf-8"
    )
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "tiny-set")


def test_dataset(dataset: Path) -> None:
    data = load_dataset(dataset)
    assert data.name == "tiny-set"
    assert [d.lang for d in data.documents] == ["zh", "en", "zh", "en", "en", "zh"]
    assert [(q.query_id, q.lang) for q in data.questions] == [("q1", "en"), ("q2", "zh"), ("q3", "en")]
    assert data.qrels["q3"] == {"e3": 2, "z3": 1}


def test_dataset_as_found_in_the_wild(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, blank lines, no header, four columns, quotes in an id."""
    folder = write_dataset(
        tmp_path, [{"_id": 'a"b', "text": "x \ud83d y"}, {"_id": 7, "text": "seven"}], header=""
    )
    (folder / "corpus.jsonl").write_bytes(
        b"\xef\xbb\xbf" + (folder / "corpus.jsonl").read_bytes().replace(b"\n", b"\r\n\r\n")
    )
    (folder / "qrels" / "test.tsv").write_text('q1\t0\ta"b\t1\r\nq2\t0\t7\t1\r\n\n', "utf-8")
    data = load_dataset(folder)
    assert data.qrels == {"q1": {'a"b': 1}, "q2": {"7": 1}}
    assert data.documents[0].text.encode()


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_missing_file(dataset: Path, name: str) -> None:
    (dataset / name).unlink()
    with pytest.raises(DatasetError, match="missing"):
        load_dataset(dataset)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("corpus.jsonl", "{", "line 1: not JSON"),
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n[1]\n', "line 2: not a JSON object"),
        ("corpus.jsonl", '{"text": "x"}', 'line 1: no "_id"'),
        ("corpus.jsonl", '{"_id": "a b", "text": "x"}', "white space"),
        ("corpus.jsonl", '{"_id": "a", "text": null}', 'no "text"'),
        ("corpus.jsonl", '{"_id": "a", "text": "x", "lang": "fr"}', "'fr'"),
        ("corpus.jsonl", "", "is empty"),
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}', "same _id twice"),
        ("queries.jsonl", "", "is empty"),
        ("qrels/test.tsv", "q1\tz1\n", "line 1: expected"),
        ("qrels/test.tsv", "q1\tz1\tmany\n", "line 1: expected"),
        ("qrels/test.tsv", "q1\tz1\tinf\n", "line 1: expected"),
        ("qrels/test.tsv", "q1\tnowhere\t1\n", "no document 'nowhere'"),
        ("qrels/test.tsv", "q1\tz1\t0\n", "No question"),
        ("qrels/test.tsv", "", "No question"),
    ],
)
def test_malformed(dataset: Path, name: str, content: str, words: str) -> None:
    (dataset / name).write_text(content, "utf-8")
    with pytest.raises(DatasetError) as caught:
        load_dataset(dataset)
    assert words in str(caught.value) and str(dataset) in str(caught.value)


def test_not_utf8(dataset: Path) -> None:
    (dataset / "corpus.jsonl").write_bytes(json.dumps(CORPUS[0], ensure_ascii=False).encode("gbk"))
    with pytest.raises(DatasetError, match="UTF-8"):
        load_dataset(dataset)


# Evaluations


@pytest.fixture
def own_cache(tmp_path: Path) -> Settings:
    """Settings with an empty cache but for the dictionary, which is the user's."""
    from indexer.language.lexicon import Lexicon

    (tmp_path / "cache").mkdir()
    path = Lexicon(load_settings().cache)._path
    (tmp_path / "cache" / path.name).symlink_to(path.absolute())
    return load_settings(cache=tmp_path / "cache")


@pytest.mark.parametrize("method", METHODS)
def test_report(dataset: Path, own_cache: Settings, embedder: HashEmbedder, method) -> None:
    report, run = evaluate(load_dataset(dataset), embedder, own_cache, method)
    facts = report.to_dict()
    assert list(facts) == [
        "dataset",
        "method",
        "model",
        "passages",
        "seconds",
        "overall",
        "by_query_lang",
        "by_direction",
    ]
    assert (facts["dataset"], facts["method"], facts["model"], facts["passages"]) == (
        "tiny-set",
        method,
        "hash-1",
        6,
    )
    metrics = {"nDCG@10", "mAP", "recall@10", "recall@100", "MRR@10", "all_in_top_10"}
    for values in (facts["overall"], *facts["by_query_lang"].values(), *facts["by_direction"].values()):
        assert metrics <= set(values) and all(0 <= values[m] <= 1 for m in metrics)
    assert {k: v["questions"] for k, v in facts["by_query_lang"].items()} == {"zh": 1, "en": 2}
    assert {k: v["questions"] for k, v in facts["by_direction"].items()} == {
        "zh->zh": 1, "zh->en": 1, "en->zh": 2, "en->en": 2,
    }  # fmt: skip
    assert facts["overall"]["recall@100"] == 1 and set(run) == {"q1", "q2", "q3"}
    json.dumps(facts)


def test_metrics_belong_to_the_run(dataset: Path, own_cache: Settings, embedder: HashEmbedder) -> None:
    data = load_dataset(dataset)
    report, run = evaluate(data, embedder, own_cache)
    assert {k: v for k, v in report.overall.items() if k in NAMES} == measure(data.qrels, run)


def test_embeddings_are_cached(dataset: Path, own_cache: Settings, embedder: HashEmbedder) -> None:
    data = load_dataset(dataset)
    first, first_run = evaluate(data, embedder, own_cache)
    embedded = embedder.embedded
    again, again_run = evaluate(data, embedder, own_cache)
    assert embedder.embedded == embedded == 6 and again_run == first_run and again.overall == first.overall
    evaluate(data, HashEmbedder("hash-2"), own_cache)
    assert len([p for p in (own_cache.cache / "datasets").iterdir() if p.is_dir()]) == 2


def test_stopped_evaluation_goes_on(tmp_path: Path, own_cache: Settings) -> None:
    rows = [{"_id": str(i), "text": f"notice number {i} on lakes"} for i in range(200)]
    data = load_dataset(write_dataset(tmp_path / "many", rows, QUERIES, [("q1", "7", 1)]))

    class Stopped(HashEmbedder):
        def embed_passages(self, texts):
            if self.embedded >= 100:
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    stopped, rest = Stopped(), HashEmbedder()
    with pytest.raises(KeyboardInterrupt):
        evaluate(data, stopped, own_cache)
    report, run = evaluate(data, rest, own_cache)
    assert stopped.embedded + rest.embedded == 200 == report.passages
    assert len(run["q1"]) == DOCUMENTS_PER_QUESTION == 100


def test_documents_count_by_their_best_passage(
    tmp_path: Path, own_cache: Settings, embedder: HashEmbedder
) -> None:
    long = "\n\n".join("Nothing of note. " + " ".join(f"w{i}x{j}" for j in range(150)) for i in range(5))
    rows = [
        {"_id": "long", "text": long + "\n\n" + "The plateau lakes. " * 50},
        {"_id": "short", "text": "Dust storms in spring."},
    ]
    data = load_dataset(
        write_dataset(tmp_path / "set", rows, [{"_id": "q", "text": "plateau lakes"}], [("q", "long", 1)])
    )
    report, run = evaluate(data, embedder, own_cache, "cosine")
    assert report.passages > 2 and next(iter(run["q"])) == "long" and len(run["q"]) == 2


@pytest.mark.parametrize("method", METHODS)
def test_documents_without_text(tmp_path: Path, own_cache: Settings, embedder: HashEmbedder, method) -> None:
    rows = [{"_id": "empty", "text": ""}, {"_id": "full", "text": "The plateau lakes."}]
    data = load_dataset(
        write_dataset(tmp_path / "set", rows, [{"_id": "q", "text": "plateau lakes"}], [("q", "full", 1)])
    )
    assert evaluate(data, embedder, own_cache, method)[0].overall["MRR@10"] == 1


@pytest.mark.parametrize("method", METHODS)
def test_dataset_in_one_language(tmp_path: Path, own_cache: Settings, embedder: HashEmbedder, method) -> None:
    rows = [r for r in CORPUS if r["_id"].startswith("e")]
    data = load_dataset(write_dataset(tmp_path / "set", rows, QUERIES[:1], [("q1", "e1", 1)]))
    report, _ = evaluate(data, embedder, own_cache, method)
    assert set(report.by_direction) == {"en->en"} and report.overall["MRR@10"] == 1


def test_damaged_cache_is_told(dataset: Path, own_cache: Settings, embedder: HashEmbedder) -> None:
    data = load_dataset(dataset)
    evaluate(data, embedder, own_cache)
    (path,) = (own_cache.cache / "datasets").glob("*/catalog.sqlite")
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(SearchIndexError, match="Delete that folder") as caught:
        evaluate(data, embedder, own_cache)
    assert str(path.parent) in str(caught.value)


def test_cache_that_cannot_be_written(dataset: Path, own_cache: Settings, embedder: HashEmbedder) -> None:
    (own_cache.cache / "datasets").write_text("a file where the folder should be")
    with pytest.raises(QingshanError, match="QINGSHAN_CACHE"):
        evaluate(load_dataset(dataset), embedder, own_cache)


def test_run_file(tmp_path: Path) -> None:
    write_run({"q1": {"b": 1.0, "a": 2.5, "c": 1.0}, "q2": {"文件": 0.123456789}}, tmp_path / "run", "fair")
    assert (tmp_path / "run").read_text("utf-8").splitlines() == [
        "q1 Q0 a 1 2.500000 qingshan-fair",
        "q1 Q0 b 2 1.000000 qingshan-fair",
        "q1 Q0 c 3 1.000000 qingshan-fair",
        "q2 Q0 文件 1 0.123457 qingshan-fair",
    ]


def test_run_file_is_read_by_the_judge(
    dataset: Path, own_cache: Settings, embedder: HashEmbedder, tmp_path
) -> None:
    import ir_measures

    data = load_dataset(dataset)
    report, run = evaluate(data, embedder, own_cache)
    write_run(run, tmp_path / "run", "fair")
    values = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10], data.qrels, list(ir_measures.read_trec_run(str(tmp_path / "run")))
    )
    assert round(values[ir_measures.nDCG @ 10], 4) == report.overall["nDCG@10"]


def test_methods_differ_where_they_should(tmp_path: Path, own_cache: Settings) -> None:
    """Where each language pulls to itself, cosine leaves the other one behind; the fair ranking does not."""
    topics = [
        "air",
        "lake",
        "waste",
        "noise",
        "soil",
        "carbon",
        "permit",
        "fishing",
        "inspection",
        "forest",
        "dust",
        "fine",
    ]
    zh = ["空气", "湖泊", "固体废物", "噪声", "土壤", "碳", "许可", "渔", "督察", "森林", "沙尘", "罚款"]
    rows = [
        {"_id": f"e{i}", "text": f"The {t} is the topic of report {i}", "lang": "en"}
        for i, t in enumerate(topics)
    ]
    rows += [{"_id": f"z{i}", "text": f"{t} 是本报告第{i}号主题", "lang": "zh"} for i, t in enumerate(zh)]
    queries = [{"_id": f"q{i}", "text": f"{t} report", "lang": "en"} for i, t in enumerate(topics)]
    qrels = [(f"q{i}", f"{x}{i}", 1) for i in range(len(topics)) for x in "ez"]
    data = load_dataset(write_dataset(tmp_path / "set", rows, queries, qrels))
    top = {
        m: evaluate(data, HashEmbedder(bias=3.0), own_cache, m)[0].overall["all_in_top_10"] for m in METHODS
    }
    assert top["fair"] > 0.9 > 0.6 > top["cosine"]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared data are not here")
def test_shared_datasets_load() -> None:
    for name in ("xquad-dev", "bulletins-gold-dev"):
        data = load_dataset(SHARED_DATA / name)
        assert len(data.documents) > 200 and {q.lang for q in data.questions} == {"zh", "en"}


# Questions by where they are answered, and the comparison of methods

ANSWERS = [
    {"qid": "q1", "kind": "both"},
    {"qid": "q2", "kind": "cross-zh-en"},
    {"qid": "q3", "kind": "mono", "relevant": []},
    {"qid": "unjudged", "kind": "mono"},
]


def write_answers(folder: Path) -> Path:
    (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ANSWERS), "utf-8")
    return folder


def test_kinds(dataset: Path, own_cache: Settings, embedder: HashEmbedder) -> None:
    assert load_dataset(dataset).kinds == {}
    data = load_dataset(write_answers(dataset))
    assert data.kinds == {"q1": "both", "q2": "cross", "q3": "mono", "unjudged": "mono"}
    report, run = evaluate(data, embedder, own_cache)
    assert {kind: v["questions"] for kind, v in report.by_kind.items()} == {"mono": 1, "cross": 1, "both": 1}
    alone = measure({"q2": data.qrels["q2"]}, {"q2": run["q2"]})
    assert report.by_kind["cross"]["nDCG@10"] == alone["nDCG@10"]
    assert list(report.to_dict())[-1] == "by_kind"
    figures = headline(report)
    assert figures["answered only in the other language: nDCG@10"] == alone["nDCG@10"]
    assert figures["zh→en: recall@1"] == report.by_direction["zh->en"]["recall@1"]


def test_malformed_answers(dataset: Path) -> None:
    (dataset / "answers.jsonl").write_text("{", "utf-8")
    with pytest.raises(DatasetError, match=r"answers\.jsonl, line 1: not JSON"):
        load_dataset(dataset)


def test_comparison_of_methods(
    dataset: Path, own_cache: Settings, embedder: HashEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from indexer.cli.program import app

    monkeypatch.setattr("indexer.embedding.load_embedder", lambda *_args: embedder)
    monkeypatch.setenv("QINGSHAN_CACHE", str(own_cache.cache))
    write_answers(dataset)

    def told(*arguments: str) -> tuple[str, str, int]:
        result = CliRunner().invoke(app, ["evaluate", str(dataset), *arguments])
        return result.stdout, result.stderr, result.exit_code

    out, _, code = told("--methods")
    assert code == 0
    rows = {line.split("  ")[0].strip(): line.split() for line in out.splitlines()}
    for name in (
        "nDCG@10",
        "English questions: mAP",
        "Chinese questions: all in top 10",
        "en→zh: recall@1",
        "zh→zh: nDCG@10",
        "answered only in the other language: nDCG@10",
        "answered in their own language: nDCG@10",
    ):
        assert all(0 <= float(value) <= 1 for value in rows[name][-3:]), name
    out, _, code = told("--methods", "--json")
    reports = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [r["method"] for r in reports] == list(METHODS)
    assert rows["nDCG@10"][-3:] == [f"{r['overall']['nDCG@10']:.4f}" for r in reports]
    _, err, code = told("--methods", "--run", "x")
    assert code == 2 and "--method" in err


@pytest.mark.parametrize("script", [None, "hans", "hant"])
def test_dataset_from_reading_comprehension(tmp_path: Path, script: str | None) -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    from squad import write

    paragraphs = [
        {
            "context": "環保署說廢物收費延期。",
            "qas": [{"id": i, "question": f"收費{i}延期嗎？"} for i in range(4)],
        },
        {"context": "蓝天保卫战。", "qas": [{"id": "b", "question": "什麼保卫战？"}]},
    ]
    source = tmp_path / "set.json"
    source.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    assert write(source, tmp_path / "all", script, None) == (2, 5)
    data = load_dataset(tmp_path / "all")
    assert {d.text for d in data.documents} == {p["context"] for p in paragraphs}
    texts = {q.query_id: q.text for q in data.questions}
    assert texts["0"] == ("收费0延期吗？" if script == "hans" else "收費0延期嗎？")
    (right,) = data.qrels["b"]
    assert {d.text for d in data.documents if d.doc_id == right} == {"蓝天保卫战。"}
    assert write(source, tmp_path / "some", script, 2) == (2, 2)
