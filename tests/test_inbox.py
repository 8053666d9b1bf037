"""What is taken into the inbox, and where it lands whatever its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import UploadError
from indexer.indexing import inbox
from indexer.indexing.inbox import SUFFIXES, accept


def landed(corpus: Path) -> list[str]:
    return sorted(p.relative_to(corpus).as_posix() for p in corpus.rglob("*") if p.is_file())


def test_file_lands_in_the_inbox(tmp_path: Path) -> None:
    place = accept("2024年公报 final.PDF", b"%PDF-1.7", tmp_path / "corpus")
    assert place == tmp_path / "corpus" / "inbox" / "2024年公报 final.pdf"
    assert place.read_bytes() == b"%PDF-1.7"


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    first, again, other, third = (
        accept("a.txt", data, tmp_path) for data in (b"one", b"one", b"two", b"three")
    )
    assert first == again and landed(tmp_path) == ["inbox/a-2.txt", "inbox/a-3.txt", "inbox/a.txt"]
    assert (first.read_bytes(), other.read_bytes(), third.read_bytes()) == (b"one", b"two", b"three")
    assert accept("a.txt", b"two", tmp_path) == other


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/cron.d/x.txt", "x.txt"), ("..\\..\\x.txt", "x.txt"), ("/etc/x.txt", "x.txt"),
        ("C:\\a\\b.txt", "b.txt"), (".hidden.txt", "hidden.txt"), ("..txt", "bulletin.txt"), ("~$lock.docx", "lock.docx"),
        ("a\x00b\n.txt", "a_b_.txt"), ("invoice\u202etxt.exe.txt", "invoice_txt.exe.txt"), ("x .txt", "x.txt"),
        ("con.txt", "_con.txt"), ("a.zip!/b.txt", "b.txt"), ("e\u0301.txt", "é.txt"), (".txt", "bulletin.txt"),
        ("\ud800.txt", "_.txt"), ("-rf.txt", "-rf.txt"), ("a" * 400 + ".txt", "a" * 180 + ".txt"),
        ("山" * 400 + ".txt", "山" * 60 + ".txt"),
    ],
)  # fmt: skip
def test_names_never_lead_elsewhere(tmp_path: Path, name: str, expected: str) -> None:
    place = accept(name, b"words", tmp_path / "corpus")
    assert landed(tmp_path) == [f"corpus/inbox/{expected}"] and place.name == expected


@pytest.mark.parametrize(
    "name", ["x.exe", "x", "", ".", "..", "/", "a.txt/", "x.pdf.meta.yaml", "x.txt ", "x.csv"]
)
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    if name == "x.txt ":  # a space at the end is no part of the name
        assert accept(name, b"words", tmp_path).name == "x.txt"
        return
    with pytest.raises(UploadError, match="not taken"):
        accept(name, b"words", tmp_path)
    assert landed(tmp_path) == []


@pytest.mark.parametrize("data", [b"", b" \n\r\t", b"\x00" * 100])
def test_empty_files_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UploadError, match="empty"):
        accept("x.txt", data, tmp_path)


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_UPLOAD", 10)
    assert accept("x.txt", b"0123456789", tmp_path).is_file()
    with pytest.raises(UploadError, match="MB"):
        accept("y.txt", b"0123456789a", tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "corpus" / "inbox").mkdir(parents=True)
    (tmp_path / "corpus" / "inbox" / "a.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "corpus" / "inbox" / "b.txt").symlink_to(tmp_path / "not there")
    assert accept("a.txt", b"secret", tmp_path / "corpus").name == "a-2.txt"
    assert accept("b.txt", b"words", tmp_path / "corpus").name == "b-2.txt"
    assert not (tmp_path / "not there").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "inbox").symlink_to(tmp_path)
    with pytest.raises(UploadError, match="link"):
        accept("a.txt", b"words", tmp_path / "other")


def test_inbox_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_bytes(b"a file")
    with pytest.raises(UploadError, match="can't be written"):
        accept("a.txt", b"words", tmp_path)


def test_what_is_taken_is_what_can_be_read() -> None:
    assert {".pdf", ".docx", ".html", ".txt", ".zip"} <= SUFFIXES and ".yaml" not in SUFFIXES


def test_uploaded_bulletin_is_found(tiny_corpus: Path, run_reindex, engine) -> None:
    accept(
        "湿地.txt",
        "湿地保护通报\n2026年3月1日\n\n黑嘴鸥在辽河口湿地繁殖，数量比去年增加两成。\n".encode(),
        tiny_corpus,
    )
    run_reindex()
    assert engine.search("黑嘴鸥 湿地", 1)[0].path == "corpus/inbox/湿地.txt"
