"""Pictures of text (.png, .jpg, .tiff, .bmp …), one page each or several."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest.load import ocr
from indexer.ingest.load.pdf.layout import clean_pages
from indexer.ingest.load.pdf.paragraph import document_lines
from indexer.ingest.load.pdf.run import Page, recognised_page
from indexer.ingest.load.sniff import picture
from indexer.types import LoadedFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_PIXELS = 120_000_000
"""Pixels of a picture: an A3 page at 600 dpi has 70 million. More is an attack or a map."""

MAX_PAGES = 500
"""Pages of one file; the rest is left out and reported."""

_MAX_SIDE = 3000
"""Pixels to which the shorter side is reduced before recognition."""

_STRIP = 2400
"""Height in pixels of the strips that long pictures (screenshots of whole web pages) are cut into."""


def load(data: bytes) -> LoadedFile:
    """Read the text in a picture.

    Raises:
        NeedsOcrError: Text recognition isn't installed.
        EmptyDocumentError: No text was found.
        DocumentError: It isn't a picture, is damaged or too large.
    """
    kind = picture(data)
    if kind is None:
        raise DocumentError(
            "The file is no picture, whatever its name says. Give it the name that fits, or take it out of the folder.",
            "文件名虽是图片，内容却不是。请改用相符的文件名，或移出文件夹。",
        )
    ocr.require()
    pages: list[Page] = []
    notes: tuple[str, ...] = ()
    for image in _images(data):
        if len(pages) == MAX_PAGES:
            notes = (f"Only the first {MAX_PAGES} pages are indexed. Split the file into smaller ones.",)
            break
        pages.append(_page(image))
    lines = document_lines(clean_pages(pages))
    if not lines:
        raise EmptyDocumentError(
            "No text was recognised in the picture. Scan it at a higher resolution, or take it out of the folder.",
            "图片中未识别出文字。请以更高分辨率重新扫描，或移出文件夹。",
        )
    return LoadedFile(lines=tuple(lines), format=kind, n_pages=len(pages), notes=notes)


def _images(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """The pictures in a file, upright, on white, as blue, green and red."""
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = None  # the bound is checked here, frame by frame, before anything is unpacked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data)) as file:
                for frame in ImageSequence.Iterator(file):
                    if frame.width * frame.height > MAX_PIXELS:
                        raise DocumentError(
                            f"The picture has {frame.width} × {frame.height} pixels, which is too many. "
                            "Save it at a lower resolution.",
                            f"图片有 {frame.width} × {frame.height} 像素，过大。请以较低分辨率另存。",
                        )
                    yield np.ascontiguousarray(
                        np.asarray(_on_white(ImageOps.exif_transpose(frame)))[:, :, ::-1]
                    )
        except DocumentError:
            raise
        except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError) as error:
            raise DocumentError(
                "The picture is damaged or incomplete. Download or save it again as .png.",
                "图片已损坏或不完整。请重新下载，或另存为 .png。",
            ) from error


def _on_white(image: Any) -> Any:  # noqa: ANN401  Pillow's types aren't checked here
    """A picture in red, green and blue, what is transparent made white, not larger than recognition needs."""
    from PIL import Image

    if min(image.size) > _MAX_SIDE:
        scale = _MAX_SIDE / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), reducing_gap=2.0)
    if image.mode.startswith("I"):  # 16 bits
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image.convert("RGB")


def _page(image: NDArray[np.uint8]) -> Page:
    """Recognise one picture; a long one in strips, cut where a row of it is empty."""
    height, width = image.shape[:2]
    found: list[ocr.Recognised] = []
    start = 0
    while start < height:
        end = (
            height
            if height <= 2 * width or height - start <= _STRIP
            else start + _cut(image[start : start + _STRIP])
        )
        found += [
            ocr.Recognised(
                line.text, line.left, line.top + start, line.right, line.bottom + start, line.score
            )
            for line in ocr.recognise(image[start:end])
        ]
        start = end
    return recognised_page(found, width, height)


def _cut(strip: NDArray[np.uint8]) -> int:
    """The row in the lower quarter of a strip where it is plainest."""
    import numpy as np

    first = len(strip) * 3 // 4
    spread = strip[first:].std(axis=1, dtype=np.float32).sum(axis=1)
    plain = np.flatnonzero(spread <= spread.min() + 1)
    return first + int(plain[-1]) + 1
