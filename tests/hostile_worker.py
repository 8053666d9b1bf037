"""The process that reads files, with a text loader that does what the text says. Started by test_reading.py."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

from indexer.indexing import worker
from indexer.ingest import pulse
from indexer.ingest.load import text
from indexer.types import LoadedFile

load = text.load
n_read = 0


def hostile(data: bytes) -> LoadedFile:
    global n_read
    n_read += 1
    what, *rest = data.decode(errors="replace").split()
    if what == "SLEEP":
        time.sleep(float(rest[0]))
    elif what == "LOCK":  # holds Python's lock for ever
        re.match(r"(a|a)*b", "a" * 60)
    elif what == "EXIT":
        os._exit(3)
    elif what == "EXIT-IF-USED" and n_read > 1:
        os._exit(3)
    elif what == "CRASH":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif what == "ALLOCATE":
        keep = [bytearray(50 << 20) for _ in range(100)]
        del keep
    elif what == "PRINT":
        sys.stdout.write("noise " * 10_000)
        sys.stdout.flush()
        os.write(1, b"noise")
        os.write(2, b"noise")
        input()
    elif what == "BEAT":
        for _ in range(int(rest[0])):
            time.sleep(0.2)
            pulse.beat()
    elif what == "TELL":  # its process
        Path(rest[0]).write_text(str(os.getpid()))
        time.sleep(float(rest[1]))
    elif what == "BUG":
        return None  # type: ignore[return-value]
    return load(data + f"\nThis was read by process {os.getpid()} as its file number {n_read}.\n".encode())


text.load = hostile
worker.work(int(sys.argv[1]), int(sys.argv[2]))
