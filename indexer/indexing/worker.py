"""A process that reads one file after the other, started by ``indexer.indexing.reading``.

Requests come on standard input, one pickle each: the path and the seconds until the process gives itself up. Answers
go to what was standard output, each with a header before it: the pickled document or error, or nothing at all as a
sign of life. What libraries print goes nowhere.
"""

from __future__ import annotations

import errno
import faulthandler
import os
import pickle
import struct
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from indexer.errors import DocumentError
from indexer.ingest import pulse, read_document
from indexer.processes import take_pipes
from indexer.types import Document

HEADER = struct.Struct("<?Q")
"""Stands before every answer: whether it is this process's last one, and its length."""

_SIGNS_APART = 0.1  # seconds

OUT_OF_MEMORY = 77
"""Exit code of a process that needs more memory than it may hold."""


def work(memory: int, files: int) -> None:
    """Read files, one after the other.

    Args:
        memory: Bytes of its own that this process may hold.
        files: How many it may read; what the libraries leak ends with it.
    """
    # What takes long to import, so that no file's time runs out with it.
    import indexer.ingest.clean
    import indexer.ingest.describe  # noqa: F401

    requests, answers = take_pipes()
    _limit_memory(memory)
    lock = threading.Lock()

    def answer(data: bytes = b"", last: bool = False) -> None:
        with lock:
            answers.write(HEADER.pack(last, len(data)))
            answers.write(data)
            answers.flush()

    patience = last_sign = 0.0

    def go_on() -> None:
        nonlocal last_sign
        if (moment := time.monotonic()) - last_sign > _SIGNS_APART:
            last_sign = moment
            # Where a library holds Python's lock for ever, nothing else here notices that the parent is gone.
            faulthandler.dump_traceback_later(patience, exit=True, file=2)
            answer()

    queue: SimpleQueue[tuple[str, float]] = SimpleQueue()
    threading.Thread(target=_receive, args=(requests, queue), daemon=True).start()
    pulse.listen(go_on)
    answer()
    for left in range(files - 1, -1, -1):
        path, patience = queue.get()
        last_sign = time.monotonic()
        faulthandler.dump_traceback_later(patience, exit=True, file=2)
        try:
            packed = pickle.dumps(read(Path(path), memory), pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        faulthandler.cancel_dump_traceback_later()
        answer(packed, last=left == 0)


def read(path: Path, memory: int) -> Document | DocumentError:
    """A document without what isn't stored, or why there is none.

    Args:
        path: The file.
        memory: Bytes that this process may hold.

    Raises:
        MemoryError: The memory that this process may hold is not enough, whatever a library made of that.
    """
    try:
        return replace(read_document(path), removed=())
    except Exception as error:
        # Libraries tell of refused memory in many ways, "unknown error" among them.
        if _is_lack_of_memory(error) or _peak() > memory * 0.7:
            raise MemoryError from None
        if isinstance(error, DocumentError):
            return type(error)(str(error), error.chinese)
        return DocumentError(
            f"Reading it failed by a fault of this program ({type(error).__name__}: {str(error)[:200]}). Save its text"
            " as a .txt file, or take it out of the folder.",
            f"本程序出错，未能读取（{type(error).__name__}：{str(error)[:200]}）。请将文字另存为 .txt 文件，或移出文件夹。",
        )


def _is_lack_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, is that memory was refused."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        error = error.__cause__ or error.__context__
    return False


def _peak() -> int:
    """Most bytes that this process has held so far; 0 where memory isn't limited anyway.

    (``getrusage`` won't do: it begins with what the process that started this one held.)
    """
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        return 0


def _receive(requests: BinaryIO, queue: SimpleQueue[tuple[str, float]]) -> None:
    """Pass requests on; when the parent is gone, leave at once, whatever is being read."""
    try:
        while True:
            queue.put(pickle.load(requests))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(0)


def _limit_memory(n_bytes: int) -> None:
    """Let the system refuse memory beyond a limit, where it can (Linux); and write no core files."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, n in ((resource.RLIMIT_DATA, n_bytes), (resource.RLIMIT_CORE, 0)):
        _, most = resource.getrlimit(what)
        n = n if most == resource.RLIM_INFINITY else min(n, most)
        try:
            resource.setrlimit(what, (n, most))
        except (OSError, ValueError):  # a system that knows the name only
            pass


if __name__ == "__main__":
    work(int(sys.argv[1]), int(sys.argv[2]))
