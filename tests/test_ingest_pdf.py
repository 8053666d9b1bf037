"""PDF files that the tests draw themselves."""

import io

import pytest

from indexer.errors import DocumentError, EmptyDocumentError, EncryptedDocumentError
from indexer.ingest import read_document
from indexer.ingest.load import load_file, pdf
from indexer.ingest.load.pdf.grid import Rule, find_grids

TITLE = "某省召开大气污染防治会议"
BODY = (
    "近日，某省生态环境厅召开会议，部署今年的大气污染防治工作，要求各地落实责任，确保完成年度目标。",
    "会议指出，要加强监测，严格执法，推动产业结构调整，让人民群众享有更多的蓝天白云。",
)


@pytest.fixture
def read(tmp_path):
    def read_bytes(data, name="a.pdf"):
        path = tmp_path / name
        path.write_bytes(data)
        return read_document(path)

    return read_bytes


def lines_of(data):
    return [line.text for line in load_file(data, ".pdf").lines]


def pdf_bytes(draw, encrypt=None):
    canvas_module = pytest.importorskip("reportlab.pdfgen.canvas")
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = canvas_module.Canvas(buffer, pagesize=(595, 842), encrypt=encrypt)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def draw_lines(canvas, lines, x=72, top=740, font="STSong-Light", size=12, pitch=18):
    canvas.setFont(font, size)
    for n, line in enumerate(lines):
        canvas.drawString(x, top - n * pitch, line)


ZH_LONG = "".join(BODY * 3)


def test_pdf_lines_become_paragraphs(read):
    rows = [ZH_LONG[i : i + 35] for i in range(0, len(ZH_LONG), 35)]

    def draw(canvas):
        draw_lines(canvas, [TITLE], x=200, top=780, size=18)
        draw_lines(canvas, rows)
        canvas.showPage()

    document = read(pdf_bytes(draw), "a.pdf")
    assert ZH_LONG in document.text.split("\n")
    assert (document.title, document.n_pages, document.spans[0].page) == (TITLE, 1, 1)


def test_pdf_english_lines_join_with_spaces_and_without_hyphens(read):
    rows = [
        "The department held a meeting on the control of air pollu-",
        "tion, and set out the work for this year in a long-",
        "term plan that all the cities of the province have to",
        "follow.",
    ]
    width = max(map(len, rows))
    text = read(
        pdf_bytes(lambda c: draw_lines(c, [r.ljust(width) for r in rows], font="Courier")), "a.pdf"
    ).text
    assert "air pollution, and set out the work for this year in a long-term plan that all the cities" in text


def test_pdf_running_headers_and_page_numbers_go(read):
    def draw(canvas):
        for page in range(1, 6):
            draw_lines(canvas, [f"某省公报 2018 年第 {page} 期"], x=60, top=800, size=9)
            draw_lines(canvas, [f"第{'一二三四五'[page - 1]}页的内容各不相同，{BODY[0][:20]}。"])
            draw_lines(canvas, [f"— {page} —"], x=280, top=40, size=9)
            canvas.showPage()

    document = read(pdf_bytes(draw), "a.pdf")
    assert "公报" not in document.text
    assert "—" not in document.text
    assert [span.page for span in document.spans] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("interleaved", [False, True])
def test_pdf_columns_do_not_interleave(read, interleaved):
    left = [f"左栏第{n:02}行的文字说的是大气污染防治工作" for n in range(20)]
    right = [f"右栏第{n:02}行的文字说的是水污染防治的工作" for n in range(20)]

    def draw(canvas):
        canvas.setFont("STSong-Light", 11)
        if interleaved:
            for n in range(20):
                canvas.drawString(50, 740 - n * 18, left[n])
                canvas.drawString(310, 740 - n * 18, right[n])
        else:
            draw_lines(canvas, left, x=50, size=11)
            draw_lines(canvas, right, x=310, size=11)

    text = read(pdf_bytes(draw), "a.pdf").text.replace("\n", "")
    assert text == "".join(left + right)


def test_pdf_paragraph_goes_on_over_the_page(read):
    rows = [ZH_LONG[i : i + 35] for i in range(0, 210, 35)]

    def draw(canvas):
        draw_lines(canvas, rows[:3])
        canvas.showPage()
        draw_lines(canvas, rows[3:])

    document = read(pdf_bytes(draw), "a.pdf")
    assert "".join(rows) in document.text
    assert [span.page for span in document.spans] == [1, 2]


def test_pdf_with_passwords(read):
    def draw(canvas):
        draw_lines(canvas, ["protected text of a bulletin on air quality"], font="Helvetica")

    from reportlab.lib.pdfencrypt import StandardEncryption

    assert "bulletin" in read(pdf_bytes(draw, StandardEncryption("", ownerPassword="o")), "open.pdf").text
    with pytest.raises(EncryptedDocumentError, match="unprotected copy"):
        read(pdf_bytes(draw, StandardEncryption("secret", ownerPassword="o")), "shut.pdf")


def draw_table(canvas, rows, top=700, left=60, widths=(120, 150, 150), height=30, merged=()):
    """Draw a table with lines; ``merged`` are (row, column) whose upper line is left out."""
    canvas.setFont("STSong-Light", 11)
    right = left + sum(widths)
    for n, row in enumerate(rows):
        x = left
        for column, (text, width) in enumerate(zip(row, widths, strict=True)):
            if (n, column) not in merged:
                canvas.line(x, top - n * height, x + width, top - n * height)
            for k, piece in enumerate(text.split("\n")):
                canvas.drawString(x + 4, top - n * height - 12 - 13 * k, piece)
            x += width
    bottom = top - len(rows) * height
    canvas.line(left, bottom, right, bottom)
    for n in range(len(widths) + 1):
        canvas.line(left + sum(widths[:n]), top, left + sum(widths[:n]), bottom)


def test_drawn_table_over_two_pages_row_by_row():
    header = ("类别", "污染物项目", "限值")

    def draw(canvas):
        draw_lines(canvas, ["表一 排放限值"], top=740)
        rows = [header, ("工业废水", "化学需氧量", "50"), ("", "含有机物的废水里\n的总氮", "15")]
        draw_table(canvas, rows, merged=[(2, 0)])
        canvas.showPage()
        draw_table(canvas, [header, ("", "总磷", "0.5"), ("生活污水", "氨氮", "5")], top=800)
        draw_lines(canvas, ["注：限值的单位是毫克每升。"], top=600)

    assert lines_of(pdf_bytes(draw)) == [
        "表一 排放限值",
        "类别 | 污染物项目 | 限值",
        "工业废水 | 化学需氧量 | 50",
        "工业废水 | 含有机物的废水里的总氮 | 15",
        "工业废水 | 总磷 | 0.5",
        "生活污水 | 氨氮 | 5",
        "注：限值的单位是毫克每升。",
    ]


def test_table_drawn_with_thin_rectangles_and_open_sides():
    def draw(canvas):
        for n in range(4):
            canvas.rect(60, 700 - 30 * n, 300, 0.5, stroke=0, fill=1)
        canvas.rect(200, 610, 0.5, 90, stroke=0, fill=1)
        for n, (a, b) in enumerate([("项目", "限值"), ("总汞", "0.001"), ("总镉", "0.01")]):
            draw_lines(canvas, [a], x=66, top=682 - 30 * n)
            draw_lines(canvas, [b], x=206, top=682 - 30 * n)

    assert lines_of(pdf_bytes(draw)) == ["项目 | 限值", "总汞 | 0.001", "总镉 | 0.01"]


def test_a_frame_around_text_is_no_table():
    rows = [ZH_LONG[i : i + 35] for i in range(0, 105, 35)]

    def draw(canvas):
        canvas.rect(50, 600, 480, 160)
        canvas.line(50, 590, 530, 590)
        draw_lines(canvas, rows)

    assert lines_of(pdf_bytes(draw)) == [ZH_LONG[:105]]


def test_grid_joins_fields_without_a_line_between():
    level = [Rule(0, 0, 30), Rule(10, 10, 30), Rule(20.4, 0, 12), Rule(20, 11, 30)]
    upright = [Rule(0, 0, 20), Rule(10, 0, 20), Rule(30, 0, 20)]
    (grid,) = find_grids(level, upright)
    assert (grid.xs, grid.ys) == ([0, 10, 30], [0, 10, 20])
    assert grid.cell_at(5, 5) == grid.cell_at(5, 15)
    assert len({grid.cell_at(5, 5), grid.cell_at(20, 5), grid.cell_at(20, 15)}) == 3
    assert grid.cell_at(40, 5) is None
    assert find_grids(level[:1], upright) == []


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("by_page", [True, False], ids=["page", "text"])
def test_turned_pages_read_as_upright_ones(turn, by_page):
    def draw(canvas):
        if by_page:
            canvas.setPageRotation(turn)
        canvas.translate(*{90: (595, 0), 180: (595, 842), 270: (0, 842)}[turn])
        canvas.rotate(turn)
        draw_lines(canvas, [ZH_LONG[i : i + 35] for i in range(0, 70, 35)], x=60, top=480)
        draw_table(canvas, [("甲", "乙", "丙"), ("一", "二", "三")], top=400)

    assert lines_of(pdf_bytes(draw)) == [ZH_LONG[:70], "甲 | 乙 | 丙", "一 | 二 | 三"]


def test_watermarks_across_the_page_are_left_out():
    def draw(canvas):
        draw_lines(canvas, [ZH_LONG[:35]])
        canvas.saveState()
        canvas.translate(200, 300)
        canvas.rotate(45)
        draw_lines(canvas, ["内部资料 请勿外传"], x=0, top=0, size=40)
        canvas.restoreState()
        draw_lines(canvas, [ZH_LONG[35:50]], top=722)

    assert lines_of(pdf_bytes(draw)) == [ZH_LONG[:50]]


def test_numbers_of_sections_at_page_edges_stay():
    def draw(canvas):
        for page in range(1, 7):
            draw_lines(
                canvas, [f"GB 1234—20{page + 10}" if page == 9 else "GB 1234—2010"], x=420, top=810, size=9
            )
            draw_lines(
                canvas, [f"3.{page * 2}", f"第{'一二三四五六'[page - 1]}种术语的意思各不相同。"], top=770
            )
            draw_lines(canvas, [str(page)], x=520, top=40, size=9)
            canvas.showPage()

    assert lines_of(pdf_bytes(draw)) == [
        text
        for page in range(1, 7)
        for text in (f"3.{page * 2}", f"第{'一二三四五六'[page - 1]}种术语的意思各不相同。")
    ]


def test_headings_that_differ_by_a_number_are_no_running_headers():
    def draw(canvas):
        for page, number in enumerate((1, 2, 5), start=1):
            draw_lines(canvas, [f"附件{number}"], x=60, top=800)
            draw_lines(canvas, [f"这是{'甲乙丙'[page - 1]}文件的内容。"], top=700)
            draw_lines(canvas, [f"第 {page} 页 共 3 页"], x=260, top=30, size=9)
            canvas.showPage()

    assert lines_of(pdf_bytes(draw)) == [
        "附件1", "这是甲文件的内容。", "附件2", "这是乙文件的内容。", "附件5", "这是丙文件的内容。",
    ]  # fmt: skip


def test_items_with_hanging_rows_are_one_paragraph_each():
    rows = [
        (60, "a) " + "离心和过滤应当采用密闭的设备，废气应当排到处理系统里面去，不得"),
        (80, "直接排放到外面。"),
        (60, "b) " + "干燥应当采用密闭的设备，废气应当同样排到处理系统里面去，也不得"),
        (80, "直接排放到外面。"),
    ]  # fmt: skip

    def draw(canvas):
        for n, (x, text) in enumerate(rows):
            draw_lines(canvas, [text], x=x, top=700 - 18 * n)

    assert lines_of(pdf_bytes(draw)) == [rows[0][1] + rows[1][1], rows[2][1] + rows[3][1]]


def test_english_columns_do_not_interleave():
    left = [f"Left row {n:02} speaks of the control of air pollution" for n in range(16)]
    right = [f"Right row {n:02} speaks of the control of water use" for n in range(16)]

    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        for n in range(16):
            canvas.drawString(50, 740 - n * 14, left[n])
            canvas.drawString(320, 740 - n * 14, right[n])

    text = " ".join(lines_of(pdf_bytes(draw)))
    assert text.index("Left row 15") < text.index("Right row 00")
    assert "".join(text.split()) == "".join("".join(left + right).split())


def test_crop_box_off_the_corner():
    def draw(canvas):
        canvas.setCropBox((100, 100, 595, 842))
        for page in range(4):
            draw_lines(canvas, [f"第{'甲乙丙丁'[page]}页上的文字不相同。"], x=120, top=500)
            draw_lines(canvas, [f"- {page + 1} -"], x=300, top=120, size=9)
            canvas.showPage()

    assert lines_of(pdf_bytes(draw)) == [f"第{n}页上的文字不相同。" for n in "甲乙丙丁"]


def test_a_chart_is_no_table_and_many_lines_are_no_trouble():
    def draw(canvas):
        draw_lines(canvas, [ZH_LONG[:30]])
        for n in range(3000):
            canvas.line(50, 50 + n * 0.2, 500, 50 + n * 0.2)
            canvas.line(50 + n * 0.15, 50, 50 + n * 0.15, 650)

    assert lines_of(pdf_bytes(draw)) == [ZH_LONG[:30]]


def test_a_page_that_shows_nothing():
    with pytest.raises(EmptyDocumentError, match="no text"):
        load_file(pdf_bytes(lambda canvas: canvas.rect(100, 100, 300, 300, fill=1)), ".pdf")


def test_cut_files_are_refused_and_broken_tables_of_objects_mended():
    def draw(canvas):
        for _ in range(4):
            draw_lines(canvas, [BODY[0]])
            canvas.showPage()

    whole = pdf_bytes(draw)
    for share in (0.05, 0.3, 0.6, 0.9):
        with pytest.raises(DocumentError, match="Download it again"):
            load_file(whole[: int(len(whole) * share)], ".pdf")
    place = whole.rindex(b"startxref")
    assert set(lines_of(whole[:place] + b"startxref\n77\n%%EOF")) == {BODY[0]}


def test_a_page_whose_text_cannot_be_read_costs_nothing_else(monkeypatch):
    from pypdfium2 import PdfiumError

    def draw(canvas):
        for number in range(3):
            draw_lines(canvas, [f"第{number + 1}页说的是空气质量，全市优良天数比例有所提高。"])
            canvas.showPage()

    def read(page, raw):
        if next(numbers) == 1:
            raise PdfiumError("Failed to load text page.")
        return read_page(page, raw)

    numbers, read_page = iter(range(3)), pdf.read_page
    monkeypatch.setattr(pdf, "read_page", read)
    loaded = load_file(pdf_bytes(draw), ".pdf")
    assert [line.page for line in loaded.lines] == [1, 3]
    assert loaded.notes == ("Page 2 can't be read: the PDF is damaged there. Download it again.",)


def test_a_title_that_is_no_text_costs_nothing_else():
    def draw(canvas):
        canvas.setTitle("AAAAAAAA")
        draw_lines(canvas, [BODY[0][:20]])

    data = pdf_bytes(draw)
    assert b"(AAAAAAAA)" in data
    assert lines_of(data.replace(b"(AAAAAAAA)", b"(\xfe\xff\xd8\x00AA\xdc\x00)")) == [BODY[0][:20]]
