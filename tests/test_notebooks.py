"""Every notebook runs from top to bottom with this interpreter, beside the sample corpus and its index."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from indexer.config import load_settings

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [p.name for p in NOTEBOOKS] == ["01_search.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_committed_without_outputs(path: Path) -> None:
    import nbformat

    cells = nbformat.read(path, 4).cells
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in cells)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Path) -> None:
    import nbclient
    import nbformat

    monkeypatch.setenv("QINGSHAN_CACHE", str(load_settings().cache.absolute()))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # Only the kernel of this interpreter, whatever the user has installed.
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.read(path, 4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path / "notebooks")}},
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    data = [o["data"] for o in outputs if "data" in o]
    assert sum("text/html" in d for d in data) >= 4  # tables
    assert sum("image/png" in d for d in data) == 1
    assert "<td>zh</td>" in data[1]["text/html"] and "<td>en</td>" in data[1]["text/html"]
