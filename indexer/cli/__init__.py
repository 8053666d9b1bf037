"""The command line: ``qingshan`` and ``reindex``. The only package of ours that prints.

Exit codes: 0 all well; 1 some bulletins could not be read, or passages of a receipt are lost; 2 the command could not be
carried out; 130 it was stopped.

Here is only where the commands begin: a stop while the rest is still being imported is one like any later.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from indexer.processes import step_back

STOPPED = 130
SAID_WHEN_STOPPED = "\nStopped. What was stored so far is kept; run the command again to go on."


def main() -> NoReturn:
    """Run ``qingshan``."""
    if sys.argv[1:2] == ["reindex"]:
        step_back()  # from the imports on: they alone keep a core busy for half a second
    try:
        from indexer.cli.program import run

        run()
    except KeyboardInterrupt:
        _stop()


def reindex_main() -> NoReturn:
    """Run ``reindex``, which is ``qingshan reindex``."""
    step_back()
    try:
        from indexer.cli.program import run_reindex

        run_reindex()
    except KeyboardInterrupt:
        _stop()


def _stop() -> NoReturn:
    os.write(2, f"{SAID_WHEN_STOPPED}\n".encode())
    os._exit(STOPPED)
