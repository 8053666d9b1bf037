"""``qingshan inspect``: what reading makes of one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.cli.program import app
from indexer.config import load_settings

PAGE = """首页 > 新闻中心
青川市开展秋季臭氧监测
发布时间：2021-09-03 来源：青川市生态环境局 点击次数：88

9月2日，青川市生态环境局在四川省青川市三个街道布设监测点，连续七天测量臭氧浓度。
上一篇：无
"""


@pytest.fixture
def bulletin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QINGSHAN_CACHE", str(load_settings().cache.absolute()))
    path = tmp_path / "臭氧.txt"
    path.write_text(PAGE, "utf-8")
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["inspect", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_has_facts_with_evidence_removed_lines_and_passages(bulletin: Path) -> None:
    found = json.loads(run(bulletin, "--json"))
    facts = {fact["name"]: fact for fact in reversed(found["facts"])}
    assert facts["published"]["value"] == "2021-09-03" == found["published"]
    assert facts["published"]["line"] == 3 and "2021-09-03" in facts["published"]["quote"]
    assert facts["title"]["value"] == "青川市开展秋季臭氧监测"
    assert all(0 < fact["confidence"] <= 1 for fact in found["facts"])
    removed = {r["line"]: r for r in found["removed"]}
    assert {1, 3, 6} <= removed.keys() and all(r["reason"] for r in removed.values())
    (passage,) = found["passages"]
    assert passage["lang"] == "zh" and passage["script"] == "Hans" and passage["tokens"] > 20
    assert passage["line_end"] == 5


def test_people_can_read_it(bulletin: Path) -> None:
    out = run(bulletin)
    for part in ("Facts", "2021-09-03", "Removed", "首页", "Passages", "zh Hans", "tokens"):
        assert part in out


def test_no_model_is_loaded_and_no_index_made(bulletin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("inspect loads no model")

    monkeypatch.setattr("indexer.embedding.load_embedder", refuse)
    monkeypatch.setattr("indexer.embedding.bundled.Network", refuse)
    monkeypatch.setenv("QINGSHAN_CACHE", str(bulletin.parent / "empty"))
    monkeypatch.chdir(bulletin.parent)
    assert "Passages" in run(bulletin)
    assert not (bulletin.parent / "empty").exists() and not (bulletin.parent / "index").exists()


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "empty.pdf"
    path.write_bytes(b"")
    result = CliRunner().invoke(app, ["inspect", str(path)])
    assert result.exit_code == 2 and "The file is empty" in result.output
