"""OpenVINO without what it brings along for others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The converter of other frameworks' models, which takes most of OpenVINO's import, and what reports each import and each
# quantisation to Google Analytics unless one objects. OpenVINO and NNCF do without, and say nothing.
_LEFT_OUT = ("openvino.tools.ovc", "openvino_telemetry")


@contextmanager
def quiet_openvino() -> Iterator[None]:
    """What imports ``openvino`` or ``nncf`` in here is quick, and no word of it leaves this machine.

    Both are as ever for a program that has imported them before, and the parts left out can be imported after.
    """
    hidden = [name for name in _LEFT_OUT if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: "there is no such module"
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
