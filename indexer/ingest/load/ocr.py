"""Text recognition in pictures, with RapidOCR on OpenVINO: the extra ``qingshan[ocr]``.

The models (PP-OCRv6, Chinese of both scripts and English) lie inside RapidOCR's package: nothing is downloaded.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from indexer.errors import DocumentError, NeedsOcrError
from indexer.ingest import pulse
from indexer.runtime import quiet_openvino

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTALL = "pip install 'qingshan[ocr]'"

_LOCK = threading.Lock()
"""The engine keeps state between its steps."""

_MAX_SIDE = 3000
"""Pixels of a picture's longer side at which it is recognised; more only takes longer."""

_TALL = 1.5
"""Height over width from which a box stands upright: the picture lies on its side, or its text runs downwards."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """One line of text in a picture; pixels from its upper left corner, y downwards."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float
    """Mean probability of its characters, 0.5 to 1."""


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None


def require() -> None:
    """Raise where the extra isn't installed.

    Raises:
        NeedsOcrError: It isn't.
    """
    if not available():
        raise NeedsOcrError(
            f"The file holds only pictures of text and needs OCR: {INSTALL}, then index it again.",
            f"文件只含文字的图像，需要文字识别：运行 {INSTALL}，然后重新索引。",
        )


def recognise(picture: NDArray[np.uint8]) -> list[Recognised]:
    """Find the lines of text in a picture, in the engine's order: by rows, and from left to right.

    Args:
        picture: Shape ``(height, width, 3)``, in the order blue, green, red.

    Raises:
        NeedsOcrError: The extra isn't installed.
        DocumentError: The engine can't be started.
    """
    import numpy as np

    require()
    pulse.beat()
    with _LOCK:
        lines = _lines(picture)
        upright = [line for line in lines if line.bottom - line.top > _TALL * (line.right - line.left)]
        if len(upright) >= 2 and len(upright) > 0.6 * len([line for line in lines if len(line.text) > 1]):
            turned = [_lines(np.ascontiguousarray(np.rot90(picture, turns))) for turns in (1, 3)]
            best = max(turned, key=_worth)
            if _worth(best) > _worth(lines):
                return best
        return lines


def _worth(lines: list[Recognised]) -> float:
    """Characters read, by how surely, of boxes that lie flat."""
    return sum(
        len(line.text) * (line.score - 0.5)
        for line in lines
        if line.right - line.left > line.bottom - line.top
    )


def _lines(picture: NDArray[np.uint8]) -> list[Recognised]:
    found = _engine()(picture)
    if found.boxes is None or found.txts is None:
        return []
    lines = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if text.strip():
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            lines.append(
                Recognised(text.strip(), float(left), float(top), float(right), float(bottom), float(score))
            )
    return lines


@cache
def _engine() -> Any:  # noqa: ANN401  RapidOCR has no type hints
    """The engine, once a process: it takes two seconds to load."""
    try:
        with quiet_openvino():
            from rapidocr import EngineType, RapidOCR

            return RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.max_side_len": _MAX_SIDE,
                    "Det.engine_type": EngineType.OPENVINO,
                    "Cls.engine_type": EngineType.OPENVINO,
                    "Rec.engine_type": EngineType.OPENVINO,
                }
            )
    except Exception as error:  # whatever a broken installation raises
        raise DocumentError(
            f"Text recognition can't be started ({type(error).__name__}: {str(error)[:150]}). "
            f"Install it again: {INSTALL}.",
            f"无法启动文字识别（{type(error).__name__}：{str(error)[:150]}）。请重新安装：{INSTALL}",
        ) from error
