"""Reading files in processes of their own: many at once, and a bad one harms nobody.

A file that takes too long, too much memory, or brings its process down is given up alone, with a reason that says
so; the process is killed and another one takes its place. Documents come in the order asked for, and only so many are
in flight that memory stays bounded.

The processes are plain ``python -m indexer.indexing.worker`` with a pipe each way. A pool of ``multiprocessing``, and
with it those of pebble and concurrent.futures, would import the caller's main program again in each process: scripts
without a main guard and programs from standard input could not call ``reindex`` then. And forking is out of the
question with the threads of OpenVINO and FAISS in this process.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Self, cast

from indexer.errors import DocumentError, SearchIndexError, TransientDocumentError
from indexer.indexing.worker import HEADER, OUT_OF_MEMORY
from indexer.ingest.load import ocr
from indexer.processes import APART, environment, n_processors
from indexer.types import Document


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take.

    Attributes:
        seconds: Without a sign of life (see ``indexer.ingest.pulse``), and ``seconds_per_mb`` more for its size.
        memory: Bytes of a process, where the system can limit it (Linux); with the extra ``qingshan[ocr]`` twice as
            many, since recognising a large page takes as much by itself.
        files: Files that a process reads before it makes way for a new one.
    """

    seconds: float = 60.0
    seconds_per_mb: float = 10.0
    memory: int = 2 << 30
    files: int = 1000


LIMITS = Limits()

COMMAND = (sys.executable, "-P", "-m", "indexer.indexing.worker")
"""Starts a process that reads; its memory and number of files are added."""

# Enough to keep every process busy while the documents before are embedded, too little to fill the memory.
_MAX_FILES = 256
_MAX_BYTES = 64 << 20

# More read no faster than the model embeds.
_MAX_WORKERS = 8

# A process for each so many bytes: starting one takes as long as reading about as much.
_BYTES_PER_WORKER = 256 << 10


class Reader:
    """Reads some files ahead of whoever goes through it, in their order; begins at once.

    Use it in a ``with`` statement: leaving it kills the processes.
    """

    def __init__(
        self, files: Sequence[tuple[Path, int]], n_workers: int = 0, limits: Limits | None = None
    ) -> None:
        """Begin to read.

        Args:
            files: Paths (also into archives) and sizes in bytes.
            n_workers: Processes at most; 0 for as many as there are processors. No more than half the memory may be
                theirs.
            limits: For each file; ``LIMITS`` by default.
        """
        self._limits = limits or LIMITS
        if ocr.available():
            self._limits = replace(self._limits, memory=2 * self._limits.memory)
        self._left = deque(files)
        self._in_flight: deque[Future[bytes]] = deque()
        self._n_bytes = 0  # of files that are being read, and of documents that wait
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._closed = False
        n_useful = 1 + sum(size for _, size in files) // _BYTES_PER_WORKER
        n_bearable = max(1, _memory() // 2 // self._limits.memory)
        n_workers = min(n_workers or n_processors(), n_useful, n_bearable, _MAX_WORKERS)
        self._threads = ThreadPoolExecutor(n_workers, thread_name_prefix="reader")
        self._send()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the processes, whatever they are doing."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def __iter__(self) -> Iterator[Document | DocumentError]:
        """Each file's document, or why there is none.

        Raises:
            SearchIndexError: No process can be started.
        """
        while self._in_flight:
            packed = self._in_flight.popleft().result()
            with self._lock:
                self._n_bytes -= len(packed)
            self._send()
            yield pickle.loads(packed)

    def _send(self) -> None:
        """Send more files on their way, as far as the bounds allow, but at least one."""
        while self._left and len(self._in_flight) < _MAX_FILES:
            path, size = self._left[0]
            with self._lock:
                if self._in_flight and self._n_bytes + size > _MAX_BYTES:
                    return
                self._n_bytes += size
            self._left.popleft()
            self._in_flight.append(self._threads.submit(self._read, path, size))

    def _read(self, path: Path, size: int) -> bytes:
        """A file's document or error, pickled; runs in one of as many threads as there may be processes."""
        seconds = self._limits.seconds + self._limits.seconds_per_mb * size / 1e6
        while True:
            worker = self._take_worker()
            was_new = worker.n_read == 0
            packed = worker.read(path, seconds)
            if packed is not None:
                break
            self._drop(worker)
            if was_new or worker.too_late:
                packed = pickle.dumps(worker.why(self._limits.memory, seconds))
                break
            # Files before this one may have done the harm, so try it in a new process.
        with self._lock:
            self._n_bytes += len(packed) - size
            if worker.is_fit:
                self._idle.append(worker)
        if not worker.is_fit:
            self._drop(worker)
        return packed

    def _take_worker(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise SearchIndexError("Reading was stopped.", "读取已停止。")
            if self._idle:
                return self._idle.pop()
            worker = _Worker(self._limits)
            self._workers.add(worker)
        worker.wait_for_start()
        return worker

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.close()


class _Worker:
    """One process, used by one thread at a time.

    Attributes:
        n_read: Files that it was asked to read.
        is_fit: Whether it may be asked again.
        too_late: Whether it was killed because it took too long.
    """

    def __init__(self, limits: Limits) -> None:
        self.n_read = 0
        self.is_fit = True
        self.too_late = False
        try:
            self._process = subprocess.Popen(
                [*COMMAND, str(limits.memory), str(limits.files)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment(),
                **APART,
            )
        except OSError as error:
            raise _cannot_start(error.strerror or str(error)) from error
        self._requests = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)

    def wait_for_start(self) -> None:
        """Wait until it is ready to read.

        Raises:
            SearchIndexError: It ended instead; it has told why on standard error.
        """
        if self._receive() is None:
            raise _cannot_start(f"it ended at once, {self._end()}")

    def read(self, path: Path, seconds: float) -> bytes | None:
        """The pickled document of a file, or the pickled error that says why there is none; None if it broke down."""
        self.n_read += 1
        answer: bytes | None = b""
        with suppress(OSError):  # the pipe is broken; so is the other one
            # Twice the time, for when nobody is left here to kill it.
            pickle.dump((str(path), 2 * seconds), self._requests)
            self._requests.flush()
        while answer == b"":  # a sign of life
            timer = threading.Timer(seconds, self._give_up)
            timer.start()
            answer = self._receive()
            timer.cancel()
            timer.join()
        if self.too_late or answer is None:
            self.is_fit = False
        return answer

    def why(self, memory: int, seconds: float) -> DocumentError:
        """Why it broke down."""
        if self.too_late:
            return TransientDocumentError(
                f"Reading it took more than {seconds:.3g} seconds and was stopped. Split it into smaller files, open it in"
                " its own program and save it again, or take it out of the folder.",
                f"读取超过 {seconds:.3g} 秒，已停止。请拆分为较小的文件，或用相应程序打开后重新保存，或移出文件夹。",
            )
        ended = self._end()
        if ended == OUT_OF_MEMORY:
            return DocumentError(
                f"Reading it takes more than {memory / 1024**3:.2g} GB of memory. Split it into smaller files, or take"
                " it out of the folder.",
                f"读取所需内存超过 {memory / 1024**3:.2g} GB。请拆分为较小的文件，或移出文件夹。",
            )
        # What the system kills to have memory again has done nothing wrong.
        kind = TransientDocumentError if ended == "SIGKILL" else DocumentError
        return kind(
            f"Reading it broke the program that reads it ({ended}). Open it in its own program and save it again, or"
            " take it out of the folder.",
            f"读取该文件的程序因它而崩溃（{ended}）。请用相应程序打开后重新保存，或移出文件夹。",
        )

    def kill(self) -> None:
        """Kill it and whatever it has started."""
        if self._process.poll() is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it, and give back what it takes here."""
        self.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was to be sent can't be sent any more
                pipe.close()

    def _give_up(self) -> None:
        self.too_late = True
        self.kill()

    def _receive(self) -> bytes | None:
        """The next answer; None where the process has ended."""
        header = self._answers.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        last, length = HEADER.unpack(header)
        answer = self._answers.read(length)
        self.is_fit = not last
        return answer if len(answer) == length else None

    def _end(self) -> int | str:
        """How it ended: its exit code if that means something, else in words."""
        code = self._process.wait()
        if code == OUT_OF_MEMORY:
            return code
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"


def _cannot_start(why: str) -> SearchIndexError:
    return SearchIndexError(
        f"No process can be started to read the files ({' '.join(COMMAND)}: {why}). Check that this command runs, and"
        " that there is memory left.",
        f"无法启动读取文件的进程（{' '.join(COMMAND)}：{why}）。请检查该命令能否运行、内存是否充足。",
    )


def _memory() -> int:
    """Bytes of memory of this machine; plenty where the system doesn't tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 40
