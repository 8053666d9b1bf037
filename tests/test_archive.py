"""Zip archives count as folders: what is in them is indexed, cited and noticed like files, within bounds."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pytest
from conftest import BULLETINS

from indexer import SearchEngine, Settings, Summary
from indexer.errors import DocumentError, EncryptedDocumentError
from indexer.indexing import files
from indexer.indexing.files import read_source, source_path, stored_path
from indexer.ingest import archive, read_document
from indexer.ingest.archive import Archive, split_path
from indexer.store.catalog import Catalog

NAMES = ("zh-air.txt", "en-air.txt", "en-permit.html")


def pack(path: Path, members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name), data, method)
    return path


def pack_raw(path: Path, members: list[tuple[bytes, bytes]], flags: int = 0) -> Path:
    """An archive with names in any bytes, as the system that made it wrote them."""
    body, directory = b"", b""
    for name, data in members:
        sizes = (zlib.crc32(data), len(data), len(data), len(name), 0)
        head = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0, 33, *sizes)
        directory += b"PK\1\2\x14\0" + head + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + head + name + data
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\5\6" + end)
    return path


def bulletins(*names: str) -> dict[str, bytes | str]:
    return {f"folder/{name}": BULLETINS[name] for name in names or NAMES}


def counts(summary: Summary) -> dict[str, int]:
    names = ("added", "changed", "renamed", "removed", "unchanged", "failed")
    return {name: n for name in names if (n := getattr(summary, name))}


def paths(settings: Settings) -> set[str]:
    with Catalog(settings.index) as catalog:
        return {r.path for r in catalog.files().values() if r.doc_id}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with one archive of three bulletins in it."""
    pack(tmp_path / "corpus" / "a.zip", bulletins())
    return tmp_path / "corpus"


# Reading


def test_members_by_name_and_size(tmp_path: Path) -> None:
    opened = Archive(
        pack(tmp_path / "a.zip", {"b/": "", "b/z.txt": "zz", "a.txt": "a", "b/.hidden.txt": "x"})
    )
    assert list(opened.members.items()) == [("a.txt", 1), ("b/z.txt", 2)] and not opened.refused
    assert opened.read("b/z.txt") == b"zz"
    with pytest.raises(DocumentError, match=r"no c\.txt"):
        opened.read("c.txt")


def test_same_document_as_from_a_file(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", bulletins())
    for name in NAMES:
        (tmp_path / name).write_text(BULLETINS[name], "utf-8")
        assert read_document(tmp_path / "a.zip!" / "folder" / name) == read_document(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "cp437"])
def test_names_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    names = {
        "utf-8": ["通知/关于加强环境监测的公告.txt", "plain.txt"],
        "gb18030": ["通知/关于加强环境监测的公告.txt", "公报\\第一期.txt", "plain.txt"],
        "big5": ["通知/關於加強環境監測的公告.txt", "空氣品質監測報告.txt"],
        "cp437": ["Übersicht.txt", "résumé.txt"],
    }[encoding]
    opened = Archive(pack_raw(tmp_path / "a.zip", [(name.encode(encoding), name.encode()) for name in names]))
    assert set(opened.members) == {name.replace("\\", "/") for name in names}
    assert {opened.read(name.replace("\\", "/")).decode() for name in names} == set(names)


def test_names_flagged_as_utf8(tmp_path: Path) -> None:
    opened = Archive(pack(tmp_path / "a.zip", {"通知.txt": "x", "naïve.txt": "x"}))
    assert set(opened.members) == {"通知.txt", "naïve.txt"}


def test_names_that_point_elsewhere_are_tamed(tmp_path: Path) -> None:
    names = ["../../etc/passwd.txt", "/etc/passwd.txt", "C:\\etc\\passwd.txt"]
    names += ["..\\x.txt", "a\nb.txt", "./y.txt", ".."]
    members = [(name.encode(), name.encode()) for name in names]
    opened = Archive(pack_raw(tmp_path / "a.zip", members))
    assert list(opened.members) == [
        "a_b.txt", "etc/passwd (2).txt", "etc/passwd (3).txt", "etc/passwd.txt", "x.txt", "y.txt",
    ]  # fmt: skip
    assert [opened.read(f"etc/passwd{n}.txt").decode() for n in ("", " (2)", " (3)")] == names[:3]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]  # nothing was unpacked


def test_many_members_of_one_tidy_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    with_name = PurePosixPath.with_name
    monkeypatch.setattr(
        PurePosixPath, "with_name", lambda path, name: (tried.append(name), with_name(path, name))[1]
    )
    members = [(b"a (3).txt", b"own")] + [(b"./" * n + b"a.txt", str(n).encode()) for n in range(200)]
    opened = Archive(pack_raw(tmp_path / "a.zip", members))
    assert len(opened.members) == 201 and opened.read("a (3).txt") == b"own"
    assert [opened.read(f"a{n}.txt") for n in ("", " (2)", " (4)", " (201)")] == [b"0", b"1", b"2", b"199"]
    assert len(tried) == 200  # each number once: 10,000 members that try all of them would take minutes


def test_a_later_member_replaces_an_earlier_one(tmp_path: Path) -> None:
    """As ``zip -u`` leaves it."""
    opened = Archive(pack_raw(tmp_path / "a.zip", [(b"a.txt", b"old"), (b"a.txt", b"new")]))
    assert opened.read("a.txt") == b"new" and len(opened.members) == 1


def test_what_is_passed_over_and_what_is_reported(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", bulletins()).read_bytes()
    path = pack(
        tmp_path / "a.zip",
        {
            "__MACOSX/a.txt": "x", ".git/a.txt": "x", "~$a.docx": "x", "a.txt.meta.yaml": "title: x",
            "a.txt": "x", "inner.zip": inner, "film.mp4": "x", "noise.txt": os.urandom(2 << 20),
            "bomb.txt": bytes(50 << 20),
        },
    )  # fmt: skip
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr(zipfile.ZipInfo("rare.txt"), "x", zipfile.ZIP_LZMA)
    opened = Archive(path)
    assert set(opened.members) == {"a.txt", "noise.txt"}
    assert opened.refused.keys() == {"inner.zip", "film.mp4", "bomb.txt", "link.txt", "rare.txt"}
    for name, word in [
        ("inner.zip", "Unpack"),
        ("film.mp4", ".mp4"),
        ("bomb.txt", "times"),
        ("link.txt", "link"),
    ]:
        assert word in str(opened.refused[name])
    reasons = [str(error) for error in opened.refused.values()]
    assert all(reason.endswith(".") and len(reason) > 30 for reason in reasons)
    assert all(re.search("[一-龥]", error.chinese) for error in opened.refused.values())


def test_passwords(tmp_path: Path) -> None:
    with pytest.raises(EncryptedDocumentError, match="password"):
        Archive(pack_raw(tmp_path / "a.zip", [(b"a.txt", b"secret"), (b"b.txt", b"secret")], flags=1))
    path = pack_raw(tmp_path / "b.zip", [(b"a.txt", b"secret"), (b"b.txt", b"open")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] = 1
    path.write_bytes(data)
    opened = Archive(path)
    assert list(opened.members) == ["b.txt"] and "password" in str(opened.refused["a.txt"])


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", {f"{n}.txt": f"text {n}" for n in range(11)})
    for name, value, reason in [
        ("MAX_MEMBERS", 10, "11 files"),
        ("MAX_UNPACKED", 60, "unpacks to"),
        ("_MAX_READ", 100, "too long"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(archive, name, value)
            with pytest.raises(DocumentError, match=reason):
                Archive(path)
    assert len(Archive(path).members) == 11


def test_more_than_an_archive_admits_is_not_unpacked(tmp_path: Path) -> None:
    """A member that is declared small and unpacks to much."""
    path = pack(tmp_path / "a.zip", {"a.txt": bytes(3 << 20)})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 3 << 20), struct.pack("<I", 1000)))
    opened = Archive(path)
    assert opened.members == {"a.txt": 1000}
    with pytest.raises(DocumentError, match="damaged"):
        opened.read("a.txt")


def test_damage(tmp_path: Path) -> None:
    """Whatever is broken, it is a DocumentError or still readable."""
    good = pack(tmp_path / "a.zip", {**bulletins(), "noise.txt": os.urandom(3000).hex()}).read_bytes()
    chance = random.Random(7)
    broken = [b"", b"PK", b"PK\5\6" + bytes(18), b"garbage" * 100, good[: len(good) // 2], good[200:]]
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        broken.append(bytes(data))
    refused = 0
    for data in broken:
        path = tmp_path / "b.zip"
        path.write_bytes(data)
        try:
            opened = Archive(path)
        except DocumentError as error:
            assert str(error).endswith(".")
            refused += 1
            continue
        for name in opened.members:
            try:
                opened.digest(name)
            except DocumentError:
                refused += 1
    assert refused > 50


def test_what_is_no_longer_in_an_archive_is_told(tmp_path: Path) -> None:
    opened = Archive(pack(tmp_path / "a.zip", {"a.txt": "text"}))
    for ask in (opened.read, opened.digest):
        with pytest.raises(DocumentError, match=r"no b\.txt in .*a\.zip"):
            ask("b.txt")


def test_side_cars(tmp_path: Path) -> None:
    note = "title: By hand\npublished: 2020-02-02\n"
    members = {"x/a.txt": BULLETINS["zh-air.txt"], "x/b.txt": BULLETINS["en-air.txt"], "c.txt": "text"}
    opened = Archive(pack(tmp_path / "a.zip", {**members, "x/a.txt.meta.yaml": note, "x/b.meta.yaml": note}))
    assert set(opened.members) == set(members)
    assert opened.read_sidecar("x/a.txt") == ("x/a.txt.meta.yaml", note.encode())
    assert opened.read_sidecar("x/b.txt") == ("x/b.meta.yaml", note.encode())
    assert opened.read_sidecar("c.txt") is None
    document = read_document(tmp_path / "a.zip!/x/a.txt")
    assert (document.title, document.published) == ("By hand", "2020-02-02")
    assert opened.digest("x/a.txt").startswith(document.doc_id)
    assert opened.digest("c.txt") == hashlib.sha256(b"text").hexdigest()


# Paths


def test_split_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pack(tmp_path / "a.zip", {"x": ""})
    for text, expected in {
        "a.zip!/b/c.txt": ("a.zip", "b/c.txt"),
        "gone.ZIP!/b/c.txt": ("gone.ZIP", "b/c.txt"),
        "a.zip!/b.zip!/c.txt": ("a.zip", "b.zip!/c.txt"),
        "a.zip": ("a.zip", ""),
        "a!/b.txt": ("a!/b.txt", ""),
        f"a.zip!/{'很长' * 300}.txt": ("a.zip", f"{'很长' * 300}.txt"),
    }.items():
        assert split_path(text) == (Path(expected[0]), expected[1])
    (tmp_path / "odd.zip!").mkdir()
    (tmp_path / "odd.zip!" / "b.txt").write_text("x")
    assert split_path("odd.zip!/b.txt") == (Path("odd.zip!/b.txt"), "")
    pack(tmp_path / "odd.zip!" / "c.zip", {"x": ""})
    assert split_path("odd.zip!/c.zip!/d.txt") == (Path("odd.zip!/c.zip"), "d.txt")


# Indexing


def test_bulletins_in_an_archive_are_indexed(corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    assert counts(run_reindex()) == {"added": 3}
    assert paths(settings) == {f"corpus/a.zip!/folder/{name}" for name in NAMES}
    assert counts(run_reindex()) == {"unchanged": 3}
    with SearchEngine.open(settings.index, settings=settings, embedder=embedder) as engine:
        hit = next(h for h in engine.search("discharge permit", 9) if h.path.endswith("en-permit.html"))
        assert hit.path == "corpus/a.zip!/folder/en-permit.html"
        assert engine.source(hit) == corpus / "a.zip"
        assert engine.read_source(hit) == BULLETINS["en-permit.html"].encode()


def test_an_unchanged_archive_is_not_opened(
    corpus: Path, run_reindex, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(corpus / "b.zip", {"a.txt": BULLETINS["zh-noise.txt"], "film.mp4": "x"})
    (corpus / "broken.zip").write_bytes(b"PK garbage")
    first = run_reindex()
    assert counts(first) == {"added": 4, "failed": 2}

    def refuse(path: Path) -> Archive:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(files.archive, "open_archive", refuse)
    again = run_reindex()
    assert counts(again) == {"unchanged": 4, "failed": 2} and again.failures == first.failures


def test_changed_archive(corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    run_reindex()
    embedded = embedder.embedded
    changed = BULLETINS["en-air.txt"] + "\nA new sentence.\n"
    pack(
        corpus / "a.zip",
        {
            "folder/zh-air.txt": BULLETINS["zh-air.txt"],
            "folder/en-air.txt": changed,
            "moved.html": BULLETINS["en-permit.html"],
            "new.txt": BULLETINS["zh-noise.txt"],
        },
    )
    assert counts(run_reindex()) == {"added": 1, "changed": 1, "renamed": 1, "unchanged": 1}
    assert embedder.embedded - embedded <= 3
    assert paths(settings) == {
        f"corpus/a.zip!/{name}"
        for name in ("folder/zh-air.txt", "folder/en-air.txt", "moved.html", "new.txt")
    }
    pack(corpus / "a.zip", {"new.txt": BULLETINS["zh-noise.txt"]})
    assert counts(run_reindex()) == {"removed": 3, "unchanged": 1}


def test_unpacking_and_packing_are_renames(corpus: Path, run_reindex, settings: Settings, embedder) -> None:
    run_reindex()
    embedded = embedder.embedded
    (corpus / "a.zip").rename(corpus / "renamed.ZIP")
    assert counts(run_reindex()) == {"renamed": 3}
    shutil.unpack_archive(corpus / "renamed.ZIP", corpus / "unpacked", "zip")
    assert counts(run_reindex()) == {"added": 3, "unchanged": 3}  # copies
    (corpus / "renamed.ZIP").unlink()
    assert counts(run_reindex()) == {"removed": 3, "unchanged": 3}
    pack(corpus / "again.zip", bulletins())
    shutil.rmtree(corpus / "unpacked")
    assert counts(run_reindex()) == {"renamed": 3}
    assert embedder.embedded == embedded
    assert paths(settings) == {f"corpus/again.zip!/folder/{name}" for name in NAMES}


def test_archive_as_root(corpus: Path, run_reindex, settings: Settings) -> None:
    assert counts(run_reindex(corpus / "a.zip")) == {"added": 3}
    (corpus / "other.txt").write_text(BULLETINS["zh-lake.txt"], "utf-8")
    assert counts(run_reindex()) == {"added": 1, "unchanged": 3}
    (corpus / "a.zip").unlink()
    assert counts(run_reindex(corpus / "a.zip")) == {"removed": 3}
    assert paths(settings) == {"corpus/other.txt"}


def test_archive_that_breaks(corpus: Path, run_reindex, settings: Settings) -> None:
    run_reindex()
    whole = (corpus / "a.zip").read_bytes()
    (corpus / "a.zip").write_bytes(whole[:-30])
    summary = run_reindex()
    assert counts(summary) == {"removed": 3, "failed": 1} and "again" in summary.failures[0].reason
    (corpus / "a.zip").write_bytes(whole)
    assert counts(run_reindex()) == {"added": 3}


def test_archive_that_cannot_be_opened_keeps_its_bulletins(
    corpus: Path, run_reindex, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reindex()
    os.utime(corpus / "a.zip", (1, 1))

    def refuse(path: Path) -> Archive:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(files.archive, "open_archive", refuse)
        assert counts(run_reindex()) == {"failed": 1}
    assert len(paths(settings)) == 3
    assert counts(run_reindex()) == {"unchanged": 3}


def test_bad_members_are_listed_and_the_others_indexed(corpus: Path, run_reindex) -> None:
    pack(
        corpus / "b.zip",
        {"good.txt": BULLETINS["zh-noise.txt"], "empty.txt": "", "bad.pdf": "%PDF-1.7 x", "c.zip": "x"},
    )
    data = (corpus / "b.zip").read_bytes()
    at = data.index(b"good.txt") + 40  # in its packed text
    pack(corpus / "d.zip", {"good.txt": BULLETINS["zh-noise.txt"]})
    (corpus / "d.zip").write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    summary = run_reindex()
    failed = sorted(Path(f.path).relative_to(corpus).as_posix() for f in summary.failures)
    assert failed == [
        "b.zip!/bad.pdf", "b.zip!/c.zip", "b.zip!/empty.txt",
        "d.zip!/bad.pdf", "d.zip!/c.zip", "d.zip!/empty.txt", "d.zip!/good.txt",
    ]  # fmt: skip
    assert summary.added == 4
    assert run_reindex().failures == summary.failures


def test_dry_run(corpus: Path, run_reindex) -> None:
    said: list[str] = []
    assert counts(run_reindex(dry_run=True, progress=lambda step: said.append(step.doing))) == {"added": 3}
    assert f"would index {corpus}/a.zip!/folder/zh-air.txt" in said
    run_reindex()
    (corpus / "a.zip").unlink()
    said.clear()
    assert counts(run_reindex(dry_run=True, progress=lambda step: said.append(step.doing))) == {"removed": 3}
    assert "would drop corpus/a.zip!/folder/zh-air.txt" in said


def test_cut_off_run_goes_on_in_the_archive(
    corpus: Path, run_reindex, settings: Settings, embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Catalog.add_document
    added: list[object] = []

    def add_two(self: Catalog, *args: object) -> None:
        if len(added) == 2:
            raise KeyboardInterrupt
        added.append(args)
        original(self, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "add_document", add_two)
        with pytest.raises(KeyboardInterrupt):
            run_reindex()
    assert len(paths(settings)) == 2
    assert counts(run_reindex()) == {"added": 1, "unchanged": 2}
    assert counts(run_reindex()) == {"unchanged": 3}


def test_folder_with_the_name_of_a_place_in_an_archive(corpus: Path, run_reindex, settings: Settings) -> None:
    (corpus / "a.zip!" / "folder").mkdir(parents=True)
    (corpus / "a.zip!" / "folder" / "zh-air.txt").write_text(BULLETINS["zh-lake.txt"], "utf-8")
    summary = run_reindex()
    assert counts(summary) == {"added": 3, "failed": 1} and "Rename" in summary.failures[0].reason


# Sources


def test_read_source(corpus: Path, tmp_path: Path, run_reindex) -> None:
    (corpus / "plain.txt").write_bytes(b"plain")
    index = tmp_path / "index"
    assert read_source("corpus/plain.txt", index) == b"plain"
    assert read_source("corpus/a.zip!/folder/zh-air.txt", index) == BULLETINS["zh-air.txt"].encode()
    assert source_path("corpus/a.zip!/folder/zh-air.txt", index) == corpus / "a.zip"
    assert stored_path(source_path("corpus/plain.txt", index), index) == "corpus/plain.txt"
    with pytest.raises(DocumentError, match="no gone.txt"):
        read_source("corpus/a.zip!/gone.txt", index)
    with pytest.raises(FileNotFoundError):
        read_source("corpus/gone.zip!/gone.txt", index)


# Side-cars of plain files


def test_side_car_that_comes_changes_and_goes(
    tmp_path: Path, run_reindex, settings: Settings, embedder
) -> None:
    path = tmp_path / "corpus" / "zh-air.txt"
    path.parent.mkdir()
    path.write_text(BULLETINS["zh-air.txt"], "utf-8")

    def title() -> str | None:
        with Catalog(settings.index) as catalog:
            (record,) = catalog.files().values()
            document = catalog.document(record.doc_id or "")
            assert (
                document is not None
                and record.digest is not None
                and record.digest.startswith(document.doc_id)
            )
            return document.title

    assert counts(run_reindex()) == {"added": 1}
    own = title()
    for name in ("zh-air.meta.yaml", "zh-air.txt.meta.yaml"):
        beside = path.with_name(name)
        beside.write_text("title: First\n")
        assert counts(run_reindex()) == {"changed": 1} and title() == "First"
        beside.write_text("title: Second\n")
        assert counts(run_reindex()) == {"changed": 1} and title() == "Second"
        assert counts(run_reindex()) == {"unchanged": 1}
        beside.unlink()
        assert counts(run_reindex()) == {"changed": 1} and title() == own


def test_side_cars_are_no_bulletins(tiny_corpus: Path, run_reindex) -> None:
    (tiny_corpus / "orphan.meta.yaml").write_text("title: x\n")
    assert counts(run_reindex()) == {"added": len(BULLETINS) + 1, "failed": 1}


def test_bad_side_car_is_told_of_its_bulletin(tiny_corpus: Path, run_reindex) -> None:
    beside = tiny_corpus / "zh-air.meta.yaml"
    beside.write_text("titel: x\n")
    (tiny_corpus / "en-air.meta.yaml").write_text("x" * 100_000)
    summary = run_reindex()
    reasons = {Path(f.path).name: f.reason for f in summary.failures}
    assert "title" in reasons["zh-air.txt"] and "64 KB" in reasons["en-air.txt"] and len(reasons) == 3
    beside.unlink()
    assert run_reindex().added == 1
