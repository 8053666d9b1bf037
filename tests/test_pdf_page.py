"""Boxes on drawn pages, by where the text was put on them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pypdf
import pytest
from conftest import SAMPLE_CORPUS
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from indexer.errors import DocumentError, EncryptedDocumentError
from indexer.search.pdf_page import DrawnPage, draw_page, find_characters, lines_of

ZH = "全市细颗粒物年均浓度为三十微克每立方米，空气质量优良天数为二百九十天。"
EN = "Five of the nine plateau lakes reached grade III water quality or better."


def pdf(*pages: Callable[[Canvas], None], size: tuple[float, float] = A4) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for draw in pages:
        canvas.setFont("STSong-Light", 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(*places: tuple[float, float, str]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for x, y, text in places:
            canvas.drawString(x, y, text)

    return draw


def marked(drawn: DrawnPage) -> np.ndarray:
    """Where the page is marked, as shares of its height and width: left, top, right, bottom."""
    picture = np.asarray(Image.open(io.BytesIO(drawn.png))).astype(int)
    assert picture.shape == (drawn.height, drawn.width, 3)
    rows, columns = np.nonzero(picture[:, :, 0] - picture[:, :, 2] > 40)
    if not len(rows):
        return np.zeros(4)
    return np.array(
        [
            columns.min() / drawn.width,
            rows.min() / drawn.height,
            columns.max() / drawn.width,
            rows.max() / drawn.height,
        ]
    )


PAGE = lines((100, 700, "Something else entirely stands here."), (100, 400, ZH), (100, 380, EN))


@pytest.mark.parametrize(("text", "y"), [(ZH, 400), (EN, 380), (EN.upper(), 380), (" ".join(ZH), 400)])
def test_box_is_where_the_text_is(text: str, y: float) -> None:
    drawn = draw_page(pdf(PAGE), 1, text, 800)
    assert drawn.boxes == 1 and abs(drawn.width - 800) <= 1
    left, top, right, bottom = marked(drawn)
    middle = 1 - (y + 4) / A4[1]
    assert top < middle < bottom and bottom - top < 0.035
    assert abs(left - 100 / A4[0]) < 0.02 and right > 0.5


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_pages(turn: int) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf(PAGE)))
    writer = pypdf.PdfWriter()
    writer.add_page(reader.pages[0].rotate(turn))
    out = io.BytesIO()
    writer.write(out)
    drawn = draw_page(out.getvalue(), 1, ZH, 800)
    assert drawn.boxes == 1
    x, y = 100 / A4[0], 1 - 404 / A4[1]  # of the text's start, before it was turned
    left, top, right, bottom = marked(drawn)
    expected = {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[turn]
    assert left - 0.02 < expected[0] < right + 0.02 and top - 0.02 < expected[1] < bottom + 0.02
    assert (bottom - top > right - left) == (turn != 180)


def test_cropped_page() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf(PAGE)))
    reader.pages[0].cropbox = pypdf.generic.RectangleObject((50, 300, 550, 500))
    writer = pypdf.PdfWriter()
    writer.add_page(reader.pages[0])
    out = io.BytesIO()
    writer.write(out)
    _, top, _, bottom = marked(draw_page(out.getvalue(), 1, ZH))
    assert top < 1 - 104 / 200 < bottom


def test_columns_are_boxed_apart() -> None:
    two = lines(*((60, 700 - 20 * i, f"Left column says thing {i} of ozone") for i in range(4)),
                *((330, 700 - 20 * i, f"Right column tells fact {i} of lakes") for i in range(4)))  # fmt: skip
    text = " ".join(f"Right column tells fact {i} of lakes" for i in range(4))
    drawn = draw_page(pdf(two), 1, text)
    assert drawn.boxes == 4
    assert marked(drawn)[0] > 0.5


def test_passage_on_two_pages() -> None:
    first = "沱江流域总磷污染治理持续推进，关停搬迁沿江一公里范围内的化工企业，整治磷石膏库，"
    then = "干流国控断面总磷平均浓度由每升零点二七毫克降到每升零点零九毫克。"
    data = pdf(
        lines((60, 780, "四川省督察整改通报"), (60, 500, "与此无关的一段话，说的是别的事情。"), (60, 80, first), (290, 30, "1")),
        lines((60, 780, "四川省督察整改通报"), (60, 740, then), (60, 600, "后面还有一段话，同样与此无关。"), (290, 30, "2")),
    )  # fmt: skip
    text = first + then
    assert marked(draw_page(data, 1, text))[1] > 0.85
    _, top, _, bottom = marked(draw_page(data, 2, text))
    assert 0.08 < top < bottom < 0.15


def test_running_header_inside_a_passage_is_not_marked() -> None:
    codes = [
        ord(c)
        for c in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地"
        + "页眉2024"
        + "玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"
    ]
    found = find_characters(
        codes,
        "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地\n玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏",
    )
    assert found == [*range(24), *range(30, len(codes))]


def test_words_that_are_elsewhere_by_chance_are_not_marked() -> None:
    page = "生态环境保护督察办公室" + "无关文字" * 100
    assert (
        find_characters([ord(c) for c in page], "今天说的是生态环境保护督察以及其他许多完全不同的事情和数据")
        == []
    )


@pytest.mark.parametrize("text", ["", "，。！", "not there at all, in no form", "\x00\ud800"])
def test_nothing_to_box(text: str) -> None:
    drawn = draw_page(pdf(PAGE), 1, text)
    assert drawn.boxes == 0 and not marked(drawn).any()


def test_picture_of_text_has_no_boxes() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(picture, "PDF")
    assert draw_page(picture.getvalue(), 1, ZH).boxes == 0


def test_long_page_is_drawn_smaller() -> None:
    drawn = draw_page(pdf(lines((10, 10, EN)), size=(100, 14_000)), 1, EN)
    assert drawn.width * drawn.height <= 13_000_000 and drawn.boxes == 1


@pytest.mark.parametrize("page", [0, -1, 2, 10**9])
def test_no_such_page(page: int) -> None:
    with pytest.raises(DocumentError, match="no page"):
        draw_page(pdf(PAGE), page, EN)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"<html>"])
def test_no_pdf(data: bytes) -> None:
    with pytest.raises(DocumentError):
        draw_page(data, 1, EN)


def test_locked_pdf() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(pdf(PAGE)))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(EncryptedDocumentError, match="password"):
        draw_page(out.getvalue(), 1, EN)


def test_lines_of_upright_text() -> None:
    column = [(100.0, 20.0 * i, 112.0, 20.0 * i + 14) for i in range(5)]
    assert list(lines_of([*column, *((b[0] - 30, b[1], b[2] - 30, b[3]) for b in column)])) == [
        (100, 0, 112, 94),
        (70, 0, 82, 94),
    ]
    assert list(lines_of([])) == []


def test_sample_bulletin() -> None:
    data = (SAMPLE_CORPUS / "zh-2022-sichuan-central-inspection-rectification.pdf").read_bytes()
    text = "（二）自然保护区内的小水电。按照退出、整改、保留三类处置，全省位于自然保护区核心区和缓冲区的412座小水电站全部关停退出"
    drawn = draw_page(data, 1, text)
    assert drawn.boxes == 2
    assert 0.54 < marked(drawn)[1] < 0.57 and marked(drawn)[3] < 0.61
