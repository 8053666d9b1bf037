"""Files are read in other processes: in order, within bounds, and whatever one of them does to its process."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import BULLETINS, write_corpus

from indexer import Settings
from indexer.errors import DocumentError, SearchIndexError
from indexer.indexing import reading
from indexer.indexing.reading import Limits, Reader
from indexer.indexing.worker import HEADER
from indexer.search.health import health
from indexer.store.catalog import Catalog
from indexer.types import Document

TESTS = Path(__file__).resolve().parent
QUICK = Limits(seconds=5, seconds_per_mb=0)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes whose text loader does what the text says."""
    monkeypatch.setattr(reading.ocr, "available", lambda: False)  # for which memory is doubled
    monkeypatch.setattr(reading, "COMMAND", (sys.executable, "-P", str(TESTS / "hostile_worker.py")))


def write(folder: Path, texts: Sequence[str]) -> list[tuple[Path, int]]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:03}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return [(path, path.stat().st_size) for path in paths]


def read(
    files: list[tuple[Path, int]], n_workers: int = 1, limits: Limits = QUICK
) -> list[Document | DocumentError]:
    with Reader(files, n_workers, limits) as reader:
        return list(reader)


def outcome(result: Document | DocumentError) -> str:
    return str(result) if isinstance(result, DocumentError) else result.text.split()[0]


def process_and_number(result: Document | DocumentError) -> tuple[int, int]:
    assert isinstance(result, Document), result
    match = re.search(r"process (\d+) as its file number (\d+)", result.text)
    assert match
    return int(match[1]), int(match[2])


def is_gone(pid: int, seconds: float = 5) -> bool:
    """Whether a process ends within some seconds (one that ended but wasn't waited for has ended)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def wait_for(path: Path, seconds: float = 20) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.is_file() and (text := path.read_text()):
            return text
        time.sleep(0.02)
    raise AssertionError(f"no {path}")


def test_same_as_in_this_process(tiny_corpus: Path) -> None:
    from indexer.ingest import read_document

    paths = [tiny_corpus / name for name in BULLETINS]
    results = read([(path, path.stat().st_size) for path in paths], 2)
    for path, result in zip(paths, results, strict=True):
        here = read_document(path)
        assert isinstance(result, Document) and result.text == here.text and result.facts == here.facts
        assert result.removed == ()


def test_in_the_order_asked_for(tmp_path: Path, hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BYTES_PER_WORKER", 1)
    files = write(tmp_path / "f", ["SLEEP 0.3", *(f"FILE {n}" for n in range(30)), "SLEEP 0.1", "LAST"])
    results = read(files, 3)
    assert [r.text.split("\n")[0] for r in results if isinstance(r, Document)] == [
        path.read_text() for path, _ in files
    ]
    assert len({process_and_number(r)[0] for r in results}) > 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SLEEP 1000", r"took more than 5 seconds"),
        ("LOCK", r"took more than 5 seconds"),
        ("EXIT", r"broke the program .*exit code 3"),
        ("CRASH", r"broke the program .*SIGSEGV"),
        ("ALLOCATE", r"more than 0\.5 GB of memory"),
        ("BUG", r"fault of this program"),
    ],
)
def test_a_bad_file_harms_no_other(tmp_path: Path, hostile, text: str, reason: str) -> None:
    files = write(tmp_path / "f", ["GOOD 1", text, "GOOD 2", text, "GOOD 3"])
    seconds = 5 if "more than 5" in reason else 60  # a busy machine takes its time over the others
    results = read(files, 1, Limits(seconds, 0, memory=512 << 20))
    assert [outcome(r) for r in results[::2]] == ["GOOD"] * 3
    for result in results[1::2]:
        assert isinstance(result, DocumentError) and re.search(reason, str(result))
        assert str(result).endswith("take it out of the folder.")


def test_what_works_in_a_new_process_is_not_blamed(tmp_path: Path, hostile) -> None:
    files = write(tmp_path / "f", ["GOOD", "EXIT-IF-USED", "GOOD"])
    assert [process_and_number(r)[1] for r in read(files)] == [1, 1, 2]


def test_a_file_that_unpacks_to_too_much_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.ocr, "available", lambda: False)
    paragraph = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
    document = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"{paragraph * 3_000_000}</w:body></w:document>"
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    package = "http://schemas.openxmlformats.org/package/2006"
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Override PartName="/d.xml" ContentType="{kind}"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" Type="{relation}"'
            ' Target="d.xml"/></Relationships>',
        )
        file.writestr("d.xml", document)
    assert path.stat().st_size < 1_000_000
    good = tmp_path / "good.txt"
    good.write_text(BULLETINS["zh-air.txt"], "utf-8")
    bad, fine = read([(path, 1), (good, 1)], 1, Limits(60, 0, memory=512 << 20))
    assert isinstance(bad, DocumentError) and "more than 0.5 GB of memory" in str(bad)
    assert isinstance(fine, Document)


def test_memory_of_this_process_is_not_blamed_on_a_file(tmp_path: Path, hostile) -> None:
    held = b"x" * (400 << 20)
    (result,) = read([(tmp_path / "nowhere.txt", 1)], limits=Limits(memory=400 << 20))
    assert isinstance(result, DocumentError) and "There is no file" in str(result)
    assert len(held)


def test_signs_of_life_give_more_time(tmp_path: Path, hostile) -> None:
    (result,) = read(write(tmp_path / "f", ["BEAT 12"]), limits=Limits(seconds=1, seconds_per_mb=0))
    assert outcome(result) == "BEAT"


def test_large_files_have_more_time(tmp_path: Path, hostile) -> None:
    limits = Limits(seconds=0.2, seconds_per_mb=1)
    ((path, _),) = write(tmp_path / "f", ["SLEEP 0.6"])
    assert [outcome(r)[:5] for r in read([(path, 3_000_000), (path, 100)], limits=limits)] == [
        "SLEEP",
        "Readi",
    ]


def test_what_libraries_print_breaks_nothing(
    tmp_path: Path, hostile, capfd: pytest.CaptureFixture[str]
) -> None:
    results = read(write(tmp_path / "f", ["PRINT", "GOOD"]))
    # It ends with input(), which finds nothing to read.
    assert "EOFError" in outcome(results[0]) and outcome(results[1]) == "GOOD"
    assert capfd.readouterr() == ("", "")


def test_a_process_is_replaced_after_some_files(tmp_path: Path, hostile) -> None:
    results = read(write(tmp_path / "f", ["GOOD"] * 7), limits=Limits(files=3))
    assert [process_and_number(r)[1] for r in results] == [1, 2, 3, 1, 2, 3, 1]


@pytest.mark.parametrize(("setting", "value", "most"), [("_MAX_FILES", 4, 4), ("_MAX_BYTES", 200, 1)])
def test_reads_only_so_far_ahead(
    tmp_path: Path, hostile, monkeypatch: pytest.MonkeyPatch, setting: str, value: int, most: int
) -> None:
    """Documents that nobody has taken yet don't pile up."""
    monkeypatch.setattr(reading, setting, value)
    files = write(tmp_path / "f", [f"TELL {tmp_path / f'read-{n}'} 0" for n in range(20)])
    with Reader([(path, 100) for path, _ in files], 1, QUICK) as reader:
        results = iter(reader)
        wait_for(tmp_path / "read-0")
        time.sleep(0.5)
        assert 1 <= len(list(tmp_path.glob("read-*"))) <= most + 1
        assert all(isinstance(r, Document) for r in results)
    assert len(list(tmp_path.glob("read-*"))) == 20


def test_leaving_kills_at_once(tmp_path: Path, hostile) -> None:
    files = write(tmp_path / "f", [f"TELL {tmp_path / 'pid'} 1000"])
    with Reader(files, 1) as reader:
        assert isinstance(reader, Reader)
        pid = int(wait_for(tmp_path / "pid"))
    assert is_gone(pid, 5)


def test_nothing_to_read_starts_nothing(
    tiny_corpus: Path, run_reindex, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_reindex()
    monkeypatch.setattr(reading, "COMMAND", ("/nowhere/python",))
    assert run_reindex().unchanged == len(BULLETINS) + 1
    with Reader([]) as reader:
        assert list(reader) == []


@pytest.mark.parametrize("command", [("/nowhere/python",), (sys.executable, "-c", "raise SystemExit(5)")])
def test_process_that_cannot_be_started(
    tiny_corpus: Path, run_reindex, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """No bulletin is blamed for it."""
    monkeypatch.setattr(reading, "COMMAND", command)
    with pytest.raises(SearchIndexError, match="No process can be started"):
        run_reindex()
    monkeypatch.undo()
    assert run_reindex().added == len(BULLETINS) + 1


# A whole run


def test_bad_files_are_failures_like_others(
    tiny_corpus: Path, run_reindex, hostile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LIMITS", QUICK)
    for name, text in {"crash.txt": "CRASH", "hang.txt": "SLEEP 1000"}.items():
        (tiny_corpus / name).write_text(text)
    summary = run_reindex()
    assert summary.added == len(BULLETINS) + 1 and summary.failed == 3
    reasons = {Path(f.path).name: f.reason for f in summary.failures}
    assert "SIGSEGV" in reasons["crash.txt"] and "took more than" in reasons["hang.txt"]
    with Catalog(settings.index) as catalog:
        assert sum(record.error is not None for record in catalog.files().values()) == 3
        told = {Path(record.path).name: record for record in catalog.files().values()}
        assert "SIGSEGV" in told["crash.txt"].why("zh") and "秒，已停止" in told["hang.txt"].why("zh")
        assert told["empty.txt"].why("zh").startswith("文件是空的。")  # as a process of its own said
        assert all(told[name].why() == reasons[name] for name in reasons)
        assert {reason for _, reason in health(catalog, "zh").failures} == {
            told[name].why("zh") for name in reasons
        }
    assert run_reindex().failures == summary.failures
    (tiny_corpus / "hang.txt").write_text("Better now, and long enough to be a bulletin.")
    assert run_reindex().added == 1


SCRIPT = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from conftest import HashEmbedder
from indexer import load_settings, reindex
from indexer.indexing import reading
print(reindex(["corpus"], "index", embedder=HashEmbedder()).added, "added")
"""


def start(code: str, folder: Path, *options: str, **more: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    command = [sys.executable, *(options or ("-c", code))]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )  # type: ignore[call-overload]


@pytest.mark.parametrize("how", ["script", "standard input"])
def test_from_a_program_without_main_guard(tmp_path: Path, how: str) -> None:
    write_corpus(tmp_path / "corpus")
    code = textwrap.dedent(SCRIPT).replace("load_settings, ", "")
    (tmp_path / "script.py").write_text(code)
    if how == "script":
        process = start(code, tmp_path, "script.py")
        out, err = process.communicate(timeout=60)
    else:
        process = start(code, tmp_path, "-", stdin=subprocess.PIPE)
        out, err = process.communicate(code, timeout=60)
    assert (out, err, process.returncode) == (f"{len(BULLETINS) + 1} added\n", "", 0)


HANGING = """
import sys
from conftest import HashEmbedder
from indexer import reindex
from indexer.indexing import reading
reading.COMMAND = (sys.executable, "-P", {worker!r})
reindex(["corpus"], "index", embedder=HashEmbedder())
"""


@pytest.fixture
def hanging_run(tmp_path: Path):
    """A run in a process of its own that hangs in a file, and the id of the process that reads it."""
    write(tmp_path / "corpus", [f"TELL {tmp_path / 'pid'} 1000", "GOOD"])
    process = start(HANGING.format(worker=str(TESTS / "hostile_worker.py")), tmp_path)
    try:
        yield process, int(wait_for(tmp_path / "pid"))
    finally:
        process.kill()
        process.communicate()


def test_control_c_stops_all(hanging_run: tuple[subprocess.Popen[str], int]) -> None:
    process, pid = hanging_run
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert "KeyboardInterrupt" in err and is_gone(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_parent_leaves_no_process(
    hanging_run: tuple[subprocess.Popen[str], int], how: signal.Signals
) -> None:
    process, pid = hanging_run
    process.send_signal(how)
    process.communicate(timeout=20)
    assert is_gone(pid)


def test_abandoned_process_that_notices_nothing_ends_by_itself(tmp_path: Path) -> None:
    """Where a library holds Python's lock, the thread that waits for the parent's end never runs."""
    ((path, _),) = write(tmp_path / "f", ["LOCK"])
    requests = io.BytesIO()
    import pickle

    pickle.dump((str(path), 1.0), requests)
    process = start(
        "", tmp_path, "-P", str(TESTS / "hostile_worker.py"), str(1 << 30), "10", stdin=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.buffer.read(HEADER.size)  # it is ready
    started = time.monotonic()
    process.stdin.buffer.write(requests.getvalue())
    process.stdin.flush()
    time.sleep(0.8)
    process.stdin.close()
    assert process.wait(timeout=20) and time.monotonic() - started < 10
    process.stdout.close(), process.stderr.close()  # type: ignore[union-attr]
