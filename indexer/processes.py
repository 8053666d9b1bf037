"""What the processes of this project share: how they are started and talk, on what they run, and who comes first."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO

# Ctrl-C in a terminal is for the process that was started there; it ends the others.
APART: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    import subprocess

    APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}


def n_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment() -> dict[str, str]:
    """For a process that is to find the same modules as this one."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(place) for place in sys.path)}


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes for the parent, and leave an empty input and a bottomless output to the libraries."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return requests, answers


def step_back() -> None:
    """Let everybody else's work come first from now on."""
    with suppress(OSError):  # where that is forbidden
        if hasattr(os, "SCHED_IDLE"):  # Linux; who is merely nice is not put aside at once
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        elif hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, 0, 19)


def stay_on_last_core() -> None:
    """Run this process, and what it starts, on the last of its cores, where the system can see to that."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
