"""The commands as a user meets them: output, exit codes, interruptions."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import BULLETINS, SAMPLE_CORPUS, SHARED_DATA, HashEmbedder
from test_evaluation import write_dataset
from test_indexing import assert_whole, content
from typer.testing import CliRunner

from indexer import Settings, reindex
from indexer.cli.program import app
from indexer.config import load_settings
from indexer.store.catalog import FILE_NAME, Catalog

ROOT = Path(__file__).resolve().parent.parent


class Result:
    """What a command printed and returned."""

    def __init__(self, result) -> None:
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert "Traceback" not in self.out + self.err
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: HashEmbedder):
    """Runs ``qingshan`` in the test's folder with the fake embedder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QINGSHAN_CACHE", str(load_settings().cache.absolute()))
    for place in ("indexer.indexing.run", "indexer.search.engine", "indexer.embedding"):
        monkeypatch.setattr(f"{place}.load_embedder", lambda *_args, **_options: embedder)
    return lambda *arguments: Result(CliRunner().invoke(app, [str(a) for a in arguments]))


# reindex


def test_reindex_and_its_exit_codes(cli, tiny_corpus: Path) -> None:
    result = cli("reindex")
    assert result.code == 1
    assert (
        f"{len(BULLETINS) + 1} added, 0 changed, 0 renamed, 0 removed, 0 unchanged, 1 failed; " in result.out
    )
    assert "passages in" in result.out and "seconds" in result.out
    assert "not read: corpus/empty.txt: The file is empty." in result.err
    (tiny_corpus / "empty.txt").unlink()
    result = cli("reindex")
    assert result.code == 0 and f"{len(BULLETINS) + 1} unchanged, 0 failed" in result.out and not result.err
    assert cli("reindex", "nowhere").code == 2


def test_reindex_as_json(cli, tiny_corpus: Path) -> None:
    facts = json.loads(cli("reindex", "--json").out)
    assert set(facts) >= {
        "added",
        "changed",
        "renamed",
        "removed",
        "unchanged",
        "failed",
        "passages",
        "seconds",
    }
    assert (facts["added"], facts["failed"]) == (len(BULLETINS) + 1, 1)
    (failure,) = facts["failures"]
    assert failure["path"] == "corpus/empty.txt" and failure["reason"].isascii()
    assert json.loads(cli("status", "--json").out)["failed"] == [failure]


def test_dry_run_says_what_would_be_done(cli, tiny_corpus: Path) -> None:
    result = cli("reindex", "--dry-run")
    assert "would index corpus/zh-air.txt" in result.err and "nothing was written" in result.out
    assert not Path("index").exists()


def test_paths_and_index_can_be_given(cli, tiny_corpus: Path) -> None:
    assert cli("reindex", "corpus/sub", "corpus/zh-air.txt", "--index", "other").code == 0
    with Catalog(Path("other")) as catalog:
        assert catalog.stats().documents == 3


@pytest.mark.parametrize(
    "name", ["[red]brackets[bold].txt", "a b 'c' \"d\".txt", "[]x.png", "表格\n换行.png"]
)
def test_odd_names_are_printed_as_they_are(cli, tiny_corpus: Path, name: str) -> None:
    (tiny_corpus / name).write_bytes(b"")
    result = cli("reindex", "corpus")
    assert result.code == 1 and name in result.err


# search


def test_search(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    result = cli("search", "Yangtze fishing", "-k", 3, "--lang", "en")
    assert result.code == 0
    assert "1. Ten Years Without Fishing on the Yangtze" in result.out
    for part in ("score", "en", "Ministry of Agriculture", "2021-01-01", "corpus/en-fishing.txt", "line"):
        assert part in result.out
    assert "fishing for a living is forbidden" in " ".join(result.out.split())


def test_search_as_json(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    rows = [json.loads(line) for line in cli("search", "湖泊水质 lakes", "--json", "-k", 4).out.splitlines()]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert set(row) >= {
            "rank", "score", "doc_id", "passage_id", "lang", "title", "published", "publisher", "path",
            "page", "start",
            "end", "text",
        }  # fmt: skip
        assert row["end"] - row["start"] == len(row["text"])
    assert {row["path"] for row in rows[:2]} == {"corpus/zh-lake.txt", "corpus/en-lake.md"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", ""], "empty"),
        (["search", "？！🌲"], "no words"),
        (["search", "x" * 10_000], "2,000"),
        (["search", "水", "-k", "0"], "1 to 1,000"),
        (["search", "水", "-k", "10000"], "1 to 1,000"),
        (["search", "水", "--lang", "fr"], "zh or en"),
        (["search", "水", "--index", "nowhere"], "no index in nowhere"),
        (["status", "--index", "nowhere"], "no index in nowhere"),
        (["evaluate", "nowhere"], "nowhere/corpus.jsonl is missing"),
        (["evaluate", "nowhere", "--method", "magic"], "fair, rrf, cosine"),
        (["status", "--index", "x" * 300], "no index in xxx"),
        (["diff", "x" * 300, "x"], "name too long. Check"),
        (["evaluate", "x" * 300], "name too long. Check"),
        (["reindex", "x" * 300, "--dry-run"], "name too long. Check"),
    ],
)
def test_bad_input_is_one_clear_line(cli, tiny_corpus: Path, arguments: list[str], words: str) -> None:
    cli("reindex")
    result = cli(*arguments)
    assert result.code == 2 and result.err.startswith("error: ") and words in result.err and not result.out
    assert len(result.err.strip().splitlines()) == 1


def test_nothing_found_is_said(cli, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    assert cli("reindex").code == 0
    assert "The index is empty" in cli("search", "water").out
    (tmp_path / "corpus" / "a.txt").write_text(BULLETINS["en-air.txt"], "utf-8")
    cli("reindex")
    assert "Nothing found in zh" in cli("search", "water", "--lang", "zh").out


def test_how_a_question_was_understood_is_told_beside_the_hits(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    result = cli("search", "discharge permit in Beijing after:2019")
    assert "also searched: 排放, 许可, 北京" in result.err and "also searched" not in result.out
    assert "filters: Published since 2019-01-01" in result.err and "adding: in:Beijing" in result.err
    result = cli("search", "discharge permit", "--without", "permit", "--without", "discharge")
    assert "also searched" not in result.err and "Discharge permits explained" in result.out
    assert not cli("search", "discharge permit", "--json").err


def test_nothing_relevant_is_said_before_the_nearest_passages(
    cli, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("reindex")
    result = cli("search", "Yangtze fishing ban in:北京 after:2030")
    assert result.out.startswith("Nothing found.") and "A filter may be too narrow" in result.out
    monkeypatch.setattr("indexer.search.engine.RELEVANT", 1.1)
    result = cli("search", "lake water", "-k", 2)
    said, _, nearest = result.out.partition("Nearest passages:")
    assert (
        said.startswith("Nothing relevant found.")
        and "nearest topics in the index: " in said
        and "Water" in said
    )
    assert "1. " in nearest and "2. " in nearest
    assert "Nothing relevant found in en." in cli("search", "lake water", "--lang", "en").out


def test_damaged_pages_are_told(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    with sqlite3.connect(f"index/{FILE_NAME}") as db:
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    data = bytearray(Path(f"index/{FILE_NAME}").read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    Path(f"index/{FILE_NAME}").write_bytes(data)
    for arguments in (["search", "water"], ["status"], ["reindex"]):
        result = cli(*arguments)
        assert result.code == 2 and "--rebuild" in result.err
    assert cli("reindex", "--rebuild").code == 1


def test_index_of_another_model(cli, tiny_corpus: Path, settings: Settings) -> None:
    reindex(settings=settings, embedder=HashEmbedder("other"))
    for arguments in (["search", "water"], ["reindex", "corpus"]):
        if arguments[0] == "reindex":
            (tiny_corpus / "new.txt").write_text("Something new about ozone.", "utf-8")
        result = cli(*arguments)
        assert result.code == 2 and "other" in result.err and "--rebuild" in result.err


def test_bad_setting(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGSHAN_PASSAGE_TOKENS", "many")
    for command in (["reindex"], ["search", "x"], ["status"]):
        result = cli(*command)
        assert result.code == 2 and "passage_tokens" in result.err


# status and evaluate


def test_status(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    result = cli("status")
    assert f"{len(BULLETINS)} documents" in result.out and "model hash-1" in result.out
    assert "not read:" in result.out and "empty.txt" in result.out
    facts = json.loads(cli("status", "--json").out)
    assert facts["documents"] == len(BULLETINS) and facts["model"] == "hash-1" and len(facts["failed"]) == 1


def test_evaluate(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = write_dataset(tmp_path / "tiny-set")
    cache = load_settings().cache
    monkeypatch.setenv("QINGSHAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    for path in cache.glob("lexicon-*.sqlite"):
        (tmp_path / "cache" / path.name).symlink_to(path.absolute())
    result = cli("evaluate", dataset, "--run", "run.txt")
    assert result.code == 0
    for name in ("nDCG@10", "mAP", "recall@10", "recall@100", "MRR@10", "all_in_top_10", "zh->en"):
        assert name in result.out
    assert len(Path("run.txt").read_text("utf-8").splitlines()) == 3 * 6
    facts = json.loads(cli("evaluate", dataset, "--json", "--method", "rrf").out)
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
    result = cli("evaluate", dataset, "--run", "nowhere/run.txt")
    assert result.code == 2 and "nDCG@10" in result.out and "nowhere/run.txt" in result.err


# Help


@pytest.mark.parametrize("command", ["reindex", "search", "evaluate", "status", "prepare", "serve"])
def test_every_command_and_option_is_explained(cli, command: str) -> None:
    import typer

    group = typer.main.get_command(app)
    chosen = group.commands[command]
    assert chosen.help
    for parameter in chosen.params:
        assert parameter.name == "help" or parameter.help, f"{command} {parameter.name}"
    assert cli(command, "--help").code == 0


# In processes of their own, with the bundled model


def environment(**more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QINGSHAN_CACHE": str(load_settings().cache.absolute()),
        **more,
    }


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="the system has no such class")
@pytest.mark.parametrize("name", ["reindex", "qingshan"])
def test_reindex_steps_back_for_those_who_search(name: str) -> None:
    code = (
        "import os, sys; from indexer import cli; from indexer.cli import program; "
        "program.run = program.run_reindex = lambda: print(os.sched_getscheduler(0) == os.SCHED_IDLE); "
    )
    for arguments, steps_back in ((["reindex"], True), (["search", "water"], name == "reindex")):
        begin = f"sys.argv[1:] = {arguments}; cli.{'main' if name == 'qingshan' else 'reindex_main'}()"
        said = subprocess.run(
            [sys.executable, "-c", code + begin], capture_output=True, text=True, check=True
        )
        assert said.stdout.strip() == str(steps_back)


# Short passages, so that several batches take the real model a few seconds.
SHORT = {"QINGSHAN_PASSAGE_TOKENS": "32"}


def start(name: str, *arguments: object, **options) -> subprocess.Popen[str]:
    # At the usual priority: other tests that run meanwhile would starve it.
    code = f"import os, sys; vars(os).pop('SCHED_IDLE', None); vars(os).pop('setpriority', None); sys.argv[0] = {name!r}; "
    code += "from indexer.cli import main, reindex_main; "
    code += "reindex_main()" if name == "reindex" else "main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    options = {
        "env": environment(),
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        **options,
    }
    return subprocess.Popen(command, **options)


def run(name: str, *arguments: object, **options) -> tuple[int, str, str]:
    process = start(name, *arguments, **options)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.mark.slow
def test_sample_corpus_from_cold(tmp_path: Path, sample: Path) -> None:
    """With the real model."""
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    said = (sample / "said.txt").read_text("utf-8")
    assert f"{len(list(SAMPLE_CORPUS.iterdir()))} added" in said and "0 failed" in said
    code, out, _ = run("reindex", cwd=tmp_path)
    assert code == 0 and "0 added, 0 changed" in out
    for question in ("How many good-air days did Beijing have?", "长江禁渔"):
        code, out, _ = run("qingshan", "search", question, "--json", cwd=tmp_path)
        rows = [json.loads(line) for line in out.splitlines()]
        assert code == 0 and len(rows) == 10 and {row["lang"] for row in rows[:4]} == {"zh", "en"}


@pytest.fixture(scope="module")
def laws(
    tmp_path_factory: pytest.TempPathFactory, bundled
) -> tuple[Path, dict[str, list[tuple[str, str, str, bytes]]]]:
    """A corpus that takes the real model a few seconds and several batches; what its index must hold."""
    place = tmp_path_factory.mktemp("laws")
    (place / "corpus").mkdir()
    for i in range(10):
        articles = [
            f"Article {j}. Plant {27 * i + j} may emit up to {j + 1} mg of fine dust in an hour from outlet {i}."
            for j in range(27)  # a passage each: several batches of few tokens
        ]
        (place / "corpus" / f"{i:02}.txt").write_text(f"Law number {i}\n\n" + "\n\n".join(articles), "utf-8")
    summary = reindex(
        [place / "corpus"], place / "index", embedder=bundled, settings=load_settings(passage_tokens=32)
    )
    assert summary.passages > 256
    return place / "corpus", content(place / "index")


def assert_same(index: Path, expected: dict[str, list[tuple[str, str, str, bytes]]]) -> None:
    """The same passages in the same order; vectors but for what int8 makes of other batches."""
    found = content(index)
    assert sorted(found) == sorted(expected)
    for path, rows in expected.items():
        assert [row[:3] for row in found[path]] == [row[:3] for row in rows]
        a, b = (
            np.array([np.frombuffer(r[3], np.float16) for r in x], np.float32) for x in (found[path], rows)
        )
        assert ((a * b).sum(1) > 0.99).all()


def stored(index: Path) -> int:
    """How many embeddings an index holds, asked while another process may be writing to it."""
    if not (index / FILE_NAME).is_file():
        return 0
    db = sqlite3.connect(index / FILE_NAME, timeout=10)
    try:
        return int(db.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    except sqlite3.OperationalError:  # killed before the tables were made
        return 0
    finally:
        db.close()


@pytest.mark.parametrize(
    ("order", "delays"),
    [(signal.SIGKILL, (0.2, 0.9, 1.5, None)), (signal.SIGINT, (1.2, None)), (signal.SIGTERM, (None,))],
)
@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path, laws, bundled, order: signal.Signals, delays) -> None:
    """Killed again and again, each time a little later; what was stored stays, nothing is doubled."""
    corpus = tmp_path / "corpus"
    shutil.copytree(laws[0], corpus)
    index = tmp_path / "index"
    embeddings = [0]
    for delay in delays:
        process = start("reindex", corpus, "--index", index, env=environment(**SHORT))
        if delay is None:
            while process.poll() is None and not stored(index):
                time.sleep(0.01)
        else:
            time.sleep(delay)
        process.send_signal(order)
        _, err = process.communicate(timeout=60)
        assert process.returncode in (0, -order, 130) and "Traceback" not in err
        if process.returncode == 130:
            assert "Stopped" in err
        embeddings.append(stored(index))
    assert embeddings == sorted(embeddings) and embeddings[-1] > 0
    code, out, err = run("reindex", corpus, "--index", index, "--json", env=environment(**SHORT))
    facts = json.loads(out)
    assert code == 0 and facts["added"] + facts["unchanged"] == 10
    assert facts["embedded"] == facts["passages"] - embeddings[-1]
    assert_whole(index, bundled)
    assert_same(index, laws[1])


@pytest.mark.slow
def test_killed_rebuild_leaves_the_old_index(tmp_path: Path, laws, bundled) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    shutil.copytree(laws[0], corpus)
    shutil.copytree(laws[0].parent / "index", index)
    for delay in (1.2, 2.4):
        process = start("reindex", corpus, "--index", index, "--rebuild", env=environment(**SHORT))
        time.sleep(delay)
        process.kill()
        process.communicate()
        assert_same(index, laws[1])
    assert run("reindex", corpus, "--index", index, "--rebuild", env=environment(**SHORT))[0] == 0
    assert_whole(index, bundled)
    assert_same(index, laws[1])


@pytest.mark.slow
def test_two_at_once(tmp_path: Path, laws, bundled) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(laws[0], corpus)
    processes = [
        start("reindex", corpus, "--index", tmp_path / "index", env=environment(**SHORT)) for _ in range(2)
    ]
    ends = [(p.communicate(timeout=300)[1], p.returncode) for p in processes]
    assert sorted(code for _, code in ends) in ([0, 0], [0, 2])
    assert all("Another reindex" in err for err, code in ends if code == 2)
    assert_whole(tmp_path / "index", bundled)
    assert_same(tmp_path / "index", laws[1])


def test_output_that_nobody_reads(tmp_path: Path, fresh_index: Path) -> None:
    """``qingshan status | head -0``."""
    read, write = os.pipe()
    os.close(read)
    process = start("qingshan", "status", "--index", fresh_index, stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err and "BrokenPipe" not in err


def test_bytes_that_are_not_utf8_on_the_command_line(tmp_path: Path, fresh_index: Path) -> None:
    code, _, err = run("qingshan", "search", os.fsdecode("水质".encode("gbk")), "--index", fresh_index)
    assert code == 2 and "Traceback" not in err


@pytest.mark.slow
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared data are not here")
def test_real_files_of_all_kinds(
    tmp_path: Path, run_reindex, settings: Settings, embedder: HashEmbedder
) -> None:
    """Hard encodings, PDFs encrypted, scanned and damaged: indexed, or a reason."""
    summary = run_reindex(SHARED_DATA / "html", SHARED_DATA / "pdf")
    assert summary.added >= 20
    assert all(len(f.reason) > 20 for f in summary.failures)
    assert_whole(settings.index, embedder)
