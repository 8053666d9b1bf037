"""What must not be loaded, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def loaded(code: str) -> set[str]:
    """Top-level modules that are loaded after some code has run."""
    script = (
        f"import sys, json\n{code}\njson.dump(sorted({{m.split('.')[0] for m in sys.modules}}), sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr))


HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "openvino",
    "nncf",
    "streamlit",
    "tantivy",
    "pandas",
}


@pytest.mark.parametrize("code", ["import indexer", "import indexer.types, indexer.errors"])
def test_import_costs_nothing(code: str) -> None:
    assert not loaded(code) & (HEAVY | {"numpy", "pydantic", "typer", "jieba", "opencc"})


@pytest.mark.parametrize(
    "code",
    [
        "from indexer import SearchEngine, reindex, cite",
        "import indexer.cli.program",
        "import indexer.evaluation.runner",
    ],
)
def test_names_load_nothing_heavy(code: str) -> None:
    assert not loaded(code) & HEAVY


def test_an_engine_is_imported_without_what_typer_needs() -> None:
    assert not loaded("import indexer.search.engine") & (
        HEAVY | {"pydantic", "asyncio", "typer", "rich", "jieba"}
    )


def test_help_is_light() -> None:
    code = "from indexer.cli.program import app\nsys.argv = ['qingshan', '-h']\ntry: app()\nexcept SystemExit: pass"
    assert not loaded(code) & (HEAVY | {"numpy"})


@pytest.mark.parametrize("begin", ["main", "reindex_main"])
def test_stopped_while_it_is_imported(begin: str) -> None:
    """Control-C in the first half second is told like any later."""
    code = (
        "import sys, signal, builtins\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell may have it ignored
        "from indexer import cli\n"
        "plain = builtins.__import__\n"
        "def stop(name, *a, **k):\n"
        "    if name == 'typer': signal.raise_signal(signal.SIGINT)\n"
        "    return plain(name, *a, **k)\n"
        "builtins.__import__ = stop\n"
        f"cli.{begin}()"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert result.returncode == 130 and "Stopped" in result.stderr and "Traceback" not in result.stderr
