"""What OpenVINO and NNCF do besides their work, in a process of its own with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.config import load_settings


def run(code: str, home: Path) -> str:
    watched = {k: v for k, v in os.environ.items() if k not in ("CI", "TF_BUILD", "JENKINS_URL", "NNCF_CI")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=watched | {"HOME": str(home)}, capture_output=True, encoding="utf-8",
        check=True, timeout=120,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["openvino", pytest.param("nncf", marks=pytest.mark.slow)])
def test_nothing_is_reported(tmp_path: Path, name: str) -> None:
    code = (
        "import sys; from indexer.runtime import quiet_openvino\n"
        f"with quiet_openvino(): import {name}, openvino\n"
        "print({'openvino_telemetry', 'openvino.tools.ovc'} & set(sys.modules), openvino.Core().available_devices)"
    )
    assert run(code, tmp_path).startswith("set() ['CPU'")
    assert not list(tmp_path.rglob("openvino_ga_cid"))  # who a report would be from


def test_the_bundled_model_reports_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from indexer.config import load_settings; from indexer.embedding import load_embedder\n"
        f"load_embedder(load_settings(model='bundled', cache={str(load_settings().cache)!r})).embed_queries(['x'])\n"
        "print('openvino' in sys.modules, 'openvino_telemetry' in sys.modules)"
    )
    assert run(code, tmp_path) == "True False"
    assert not list(tmp_path.rglob("openvino_ga_cid"))


def test_the_parts_left_out_can_be_had_after() -> None:
    code = (
        "from importlib.util import find_spec; from indexer.runtime import quiet_openvino\n"
        "with quiet_openvino(): import openvino\n"
        "print(find_spec('openvino.tools.ovc') is not None, find_spec('openvino_telemetry') is not None)"
    )
    assert run(code, Path.home()) == "True True"
