"""Receipts: what they hold, which are refused, and what is said of their passages after the bulletins changed."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import pytest
from conftest import HashEmbedder
from test_cli import cli as cli

from indexer import SearchEngine, Settings
from indexer.errors import ReceiptError
from indexer.search.citation import digest
from indexer.search.export import Item
from indexer.search.receipt import FORMAT, Verdict, dump_receipt, load_receipt, receipt, verify
from indexer.store.catalog import Catalog
from indexer.types import Filter

QUESTION = "Yangtze fishing"


@pytest.fixture
def made(engine: SearchEngine) -> dict:
    """A receipt of the passages about fishing and about soil."""
    hits = [engine.search(q, 1)[0] for q in (QUESTION, "住宅用地 土壤污染")]
    return receipt([Item(hit, "备注 note") for hit in hits], question=QUESTION, index=engine.facts())


def check(made: dict, settings: Settings) -> list[Verdict]:
    with Catalog(settings.index) as catalog:
        return verify(made, catalog)


def test_what_a_receipt_holds(engine: SearchEngine, made: dict) -> None:
    first = made["passages"][0]
    assert (made["format"], made["question"], made["filters"]) == (FORMAT, QUESTION, {})
    assert made["index"]["model"] == "hash-1" and made["index"]["seq"] == engine._catalog.seq()
    assert made["index"]["ingest"] and made["index"]["chunking"] and made["index"]["analyzer"]
    assert first["path"] == "corpus/en-fishing.txt" and first["published"] == "2021-01-01"
    assert first["sha256"] == digest(first["text"]) and first["note"] == "备注 note"
    assert engine.document(first["doc_id"]).text[first["start"] : first["end"]] == first["text"]
    assert load_receipt(dump_receipt(made)) == made


def test_filters_are_kept(engine: SearchEngine) -> None:
    where = Filter(since="2020-01-01", places=("110000",))
    made = receipt([], question=None, index=engine.facts(), where=where)
    assert json.loads(dump_receipt(made))["filters"] == {"since": "2020-01-01", "places": ["110000"]}


# Refused


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe\x00", b"not json", b"[]", b"{}", b'"x"', b'{"format": 1}', b"[" * 100_000,
        b'{"format": "qingshan-receipt/1"}', b'{"format": "qingshan-receipt/1", "passages": {}}',
        b'{"format": "qingshan-receipt/1", "passages": [1]}', b'{"format": "qingshan-receipt/9", "passages": []}',
    ],
)  # fmt: skip
def test_what_is_no_receipt(data: bytes) -> None:
    with pytest.raises(ReceiptError, match=r"[Ee]xport"):
        load_receipt(data)


@pytest.mark.parametrize("name", ["title", "path", "doc_id", "text", "sha256", "start", "end"])
def test_incomplete_passages(made: dict, name: str) -> None:
    for value in (None, [], {}):
        broken = copy.deepcopy(made)
        broken["passages"][1][name] = value
        with pytest.raises(ReceiptError, match=f"Passage 2 .* no {name}"):
            load_receipt(dump_receipt(broken))


def test_halves_of_characters_are_replaced(made: dict, settings: Settings) -> None:
    made["passages"][0] |= {"title": "\ud800 水", "path": "\udcff.txt", "doc_id": "\ud800"}
    loaded = load_receipt(json.dumps(made).encode())
    assert loaded["passages"][0]["title"] == "? 水"
    assert check(loaded, settings)[0].status == "moved"


def test_words_that_are_none_stand_nowhere(made: dict, settings: Settings) -> None:
    made["passages"][0] |= {"text": " \n", "sha256": digest(" \n"), "path": "nowhere.txt"}
    assert [v.status for v in check(load_receipt(dump_receipt(made)), settings)] == ["gone", "unchanged"]


def test_changed_words_are_noticed(made: dict) -> None:
    made["passages"][0]["text"] += "!"
    with pytest.raises(ReceiptError, match="Passage 1 .* changed after"):
        load_receipt(dump_receipt(made))


# Verdicts


def test_unchanged(made: dict, settings: Settings) -> None:
    verdicts = check(made, settings)
    assert [v.status for v in verdicts] == ["unchanged", "unchanged"]
    assert {(v.detail, v.chinese) for v in verdicts} == {("The file is as it was.", "文件未变。")}


def test_renamed_file(made: dict, settings: Settings, run_reindex) -> None:
    (settings.corpus / "en-fishing.txt").rename(settings.corpus / "sub" / "ban.txt")
    run_reindex()
    moved, same = check(made, settings)
    assert (moved.status, moved.now_path, moved.now_start) == (
        "moved",
        "corpus/sub/ban.txt",
        made["passages"][0]["start"],
    )
    assert moved.detail.endswith("corpus/sub/ban.txt.") and moved.chinese.endswith("corpus/sub/ban.txt。")
    assert same.status == "unchanged"


def test_words_that_moved_in_their_file(made: dict, settings: Settings, run_reindex) -> None:
    path = settings.corpus / "en-fishing.txt"
    title, rest = path.read_text("utf-8").split("\n", 1)
    path.write_text(f"{title}\nRevised with a preface on the state of the river.\n{rest}", "utf-8")
    text = "From the first day of 2021 fishing for a living is forbidden on the main stream of the Yangtze for ten years."
    passage = made["passages"][0]
    at = passage["text"].index(text)
    passage |= {
        "text": text,
        "sha256": digest(text),
        "start": passage["start"] + at,
        "end": passage["start"] + at + len(text),
    }
    run_reindex()
    verdict = check(made, settings)[0]
    assert verdict.status == "moved" and verdict.now_path == passage["path"]
    assert (
        verdict.detail.endswith(f"not {passage['start']:,}.")
        and f"第 {passage['start']:,} 个" in verdict.chinese
    )
    with Catalog(settings.index) as catalog:
        document = catalog.document(catalog.files()[passage["path"]].doc_id)
    assert document.text[verdict.now_start :].startswith(text)


def test_file_that_changed_elsewhere(made: dict, settings: Settings, run_reindex) -> None:
    path = settings.corpus / "en-fishing.txt"
    path.write_text(path.read_text("utf-8") + "A note was added at the end of the bulletin.\n", "utf-8")
    run_reindex()
    verdict = check(made, settings)[0]
    assert verdict.status == "unchanged" and "elsewhere" in verdict.detail and "别处" in verdict.chinese


def test_words_that_were_changed(made: dict, settings: Settings, run_reindex) -> None:
    path = settings.corpus / "en-fishing.txt"
    path.write_text(
        path.read_text("utf-8").replace("two hundred thousand", "three hundred thousand"), "utf-8"
    )
    run_reindex()
    verdict = check(made, settings)[0]
    assert verdict.status == "changed" and verdict.now_path is None
    assert "Most like them" in verdict.detail and "three hundred thousand" in verdict.detail
    assert "最相近" in verdict.chinese and "three hundred thousand" in verdict.chinese


def test_words_of_a_lost_file_that_stand_elsewhere(made: dict, settings: Settings, run_reindex) -> None:
    path = settings.corpus / "sub" / "zh-soil.txt"
    (settings.corpus / "digest.txt").write_text(
        "文摘一则\n\n" + path.read_text("utf-8") + "（摘自河北）\n", "utf-8"
    )
    path.unlink()
    run_reindex()
    verdict = check(made, settings)[1]
    assert (verdict.status, verdict.now_path) == ("moved", "corpus/digest.txt")


def test_gone(made: dict, settings: Settings, run_reindex) -> None:
    (settings.corpus / "en-fishing.txt").unlink()
    run_reindex()
    gone, same = check(made, settings)
    assert (gone.status, same.status) == ("gone", "unchanged") and "不在索引" in gone.chinese


def test_file_that_can_not_be_read_any_more(made: dict, settings: Settings, run_reindex) -> None:
    (settings.corpus / "en-fishing.txt").write_bytes(b"")
    run_reindex()
    verdict = check(made, settings)[0]
    assert verdict.status == "changed" and "empty" in verdict.detail and "空" in verdict.chinese


def test_line_breaks_are_no_change(made: dict, settings: Settings) -> None:
    passage = made["passages"][0]
    passage["text"] = " ".join(passage["text"].split())
    assert check(made, settings)[0].status == "unchanged"


def test_receipt_of_another_index(made: dict, tmp_path: Path, embedder: HashEmbedder) -> None:
    with Catalog(tmp_path / "other", create=True) as catalog:
        assert {v.status for v in verify(made, catalog)} == {"gone"}


# The command


def test_verify_command(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    assert cli("search", QUESTION, "-k", 2, "--export", "r.json").code == 0
    result = cli("verify", "r.json")
    assert result.code == 0 and "2 unchanged, 0 moved, 0 changed, 0 gone" in result.out
    (tiny_corpus / "en-fishing.txt").unlink()
    cli("reindex")
    result = cli("verify", "r.json", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 1 and [row["status"] for row in rows] == ["gone", "unchanged"]
    assert set(rows[0]) >= {"status", "title", "path", "detail", "now_path", "now_start"}


def test_export_command(cli, tiny_corpus: Path) -> None:
    cli("reindex")
    for name in ("a.md", "a.CSV", "a.ris", "a.bib", "a.docx"):
        assert cli("search", QUESTION, "--export", name).code == 0 and Path(name).stat().st_size > 100
    for name in ("a.xls", "a", "nowhere/a.md"):
        result = cli("search", QUESTION, "--export", name)
        assert result.code == 2 and "Name " in result.err


def test_verify_command_that_can_not_run(cli, tiny_corpus: Path) -> None:
    assert cli("verify", "missing.json").code == 2
    Path("bad.json").write_text("[red]x")
    result = cli("verify", "bad.json")
    assert result.code == 2 and "not a receipt" in result.err
    Path("good.json").write_bytes(dump_receipt({"format": FORMAT, "passages": []}))
    assert cli("verify", "good.json").code == 2  # no index
    cli("reindex")
    assert cli("verify", "good.json").code == 0
    shutil.rmtree("index")
