from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from indexer.config import Settings, load_settings
from indexer.errors import ConfigError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in (field.name for field in fields(Settings)):
        monkeypatch.delenv(f"QINGSHAN_{name.upper()}", raising=False)


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.corpus, settings.index, settings.model) == (Path("corpus"), Path("index"), "bundled")
    assert settings.cache.name == "qingshan"


def test_uploads_are_off_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_settings().allow_upload
    monkeypatch.setenv("QINGSHAN_ALLOW_UPLOAD", "1")
    assert load_settings().allow_upload


def test_order_of_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "qingshan.toml").write_text(
        'index = "from-file"\ncorpus = "语料"\npassage_tokens = 100\n', "utf-8"
    )
    monkeypatch.setenv("QINGSHAN_INDEX", "from-environment")
    monkeypatch.setenv("QINGSHAN_PASSAGE_TOKENS", "150")
    settings = load_settings(passage_tokens=200, model=None)
    assert settings.passage_tokens == 200
    assert settings.index == Path("from-environment")
    assert settings.corpus == Path("语料")
    assert settings.model == "bundled"


@pytest.mark.parametrize(
    ("word", "wanted"), [("off", False), ("0", False), ("No", False), ("TRUE", True), ("y", True)]
)
def test_switches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str, wanted: bool) -> None:
    monkeypatch.setenv("QINGSHAN_LATE", word)
    assert load_settings().late is wanted
    (tmp_path / "qingshan.toml").write_text(f"allow_upload = {str(wanted).lower()}")
    assert load_settings().allow_upload is wanted


def test_names_of_variables_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("qingshan_threads", "3")
    assert load_settings().threads == 3


def test_a_setting_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"passage_token: there is no such setting.*qingshan\.toml"):
        load_settings(passage_token=100)


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGSHAN_INDEX", "")
    assert load_settings().index == Path("index")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSAGE_TOKENS", "many"),
        ("PASSAGE_TOKENS", "5"),
        ("PASSAGE_TOKENS", "481"),
        ("THREADS", "-1"),
        ("THREADS", "1.5"),
        ("LATE", "maybe"),
    ],
)
def test_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"QINGSHAN_{name}", value)
    with pytest.raises(ConfigError, match=name.lower()):
        load_settings()


@pytest.mark.parametrize(
    "content",
    [
        b"index = ",
        b'unknown = "x"',
        b"\xff\xfe",
        "index = '北京'".encode("gbk"),
        b"passage_tokens = 'x'",
        b"model = ''",
        b"index = 5",
        b"late = 7",
        b"threads = true",
    ],
)
def test_bad_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "qingshan.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"qingshan\.toml"):
        load_settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        load_settings().threads = 3
