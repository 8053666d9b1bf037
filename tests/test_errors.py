"""Errors that readers of the page meet are explained in both languages."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

from indexer.errors import DocumentError, QueryError
from indexer.search.syntax import parse

PACKAGE = Path(__file__).resolve().parent.parent / "indexer"
TYPED = ("before:soon", "after:2021-02-30", "during:2021..2020", "during:never", "lang:xx", "in:Atlantis", "in:Sichaun",
         "topic:cheese", "topic:", "site:")  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_a_filter_that_cannot_be_read_is_explained_in_chinese(typed: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(f"ozone {typed}")
    assert re.search("[一-龥]", refused.value.chinese)
    assert typed.partition(":")[0] in refused.value.chinese


READ = ("QueryError", "UploadError", "ReceiptError", "ConfigError", "ModelError", "SearchIndexError", "IndexNotFoundError",
        "IndexVersionError", "ModelMismatchError", "IndexBusyError")  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_each_error_of_a_reader_has_chinese(name: str) -> None:
    """But for what only a program can do wrong: orders, numbers and languages that the page doesn't offer."""
    without = []
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name in ("cli", "evaluation"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and len(node.args) < 2:
                without.append(ast.unparse(node.args[0]))
    assert [text for text in without if not re.search("order|hits can't|The language", text)] == []


DOCUMENT = {
    "DocumentError",
    "UnsupportedFormatError",
    "EmptyDocumentError",
    "EncryptedDocumentError",
    "NeedsOcrError",
}


@pytest.mark.parametrize("part", ["ingest", "indexing", "search"])
def test_each_reason_why_a_bulletin_cannot_be_read_has_chinese(part: str) -> None:
    made, without = 0, []
    for path in (PACKAGE / part).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in DOCUMENT:
                made += 1
                if len(node.args) < 2 or not re.search("[一-龥]", ast.unparse(node.args[1])):
                    without.append(f"{path.name}:{node.lineno}")
    assert made and without == []


def test_an_error_keeps_its_chinese_on_its_way_from_another_process() -> None:
    came = pickle.loads(pickle.dumps(DocumentError("Broken.", "已损坏。")))
    assert (str(came), came.chinese) == ("Broken.", "已损坏。")
