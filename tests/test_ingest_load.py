"""Loaders on files that the tests make themselves."""

import io
import subprocess
import sys
from email.message import EmailMessage

import pytest

from indexer.errors import (
    DocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    NeedsOcrError,
    UnsupportedFormatError,
)
from indexer.ingest import SUPPORTED_SUFFIXES, document_from_text, read_document

TITLE = "某省召开大气污染防治会议"
BODY = (
    "近日，某省生态环境厅召开会议，部署今年的大气污染防治工作，要求各地落实责任，确保完成年度目标。",
    "会议指出，要加强监测，严格执法，推动产业结构调整，让人民群众享有更多的蓝天白云。",
)
BODY_EN = (
    "The provincial department held a meeting on air pollution control and set out the work of this year.",
    "All cities shall monitor their emissions, and they shall publish the results every month.",
)

OLE = b"\xd0\xcf\x11\xe0"


@pytest.fixture
def read(tmp_path):
    def read_bytes(data, name):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_document(path)

    return read_bytes


def test_importing_is_light():
    code = (
        "import sys, indexer.ingest; heavy = {'trafilatura', 'docx', 'pypdf', 'pypdfium2', 'lxml', 'n"
        "umpy', 'opencc', "
        "'charset_normalizer'} & set(sys.modules); print(heavy); sys.exit(bool(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_in_any_encoding(read, encoding, newline):
    document = read(newline.join([TITLE, "", "2018年6月4日", *BODY]).encode(encoding), "a.txt")
    assert document.text.split("\n") == [TITLE, "2018年6月4日", *BODY]
    assert [span.number for span in document.spans] == [1, 3, 4, 5]
    assert (document.title, document.published, document.lang, document.format) == (
        TITLE,
        "2018-06-04",
        "zh",
        "txt",
    )


def test_big5(read):
    text = "環境保護署公布空氣質素報告\n報告指出路邊空氣污染在過去五年有所改善，但仍高於世界衞生組織的標準。"
    document = read(text.replace("衞", "衛").encode("big5"), "a.txt")
    assert document.text == text.replace("衞", "衛")
    assert document.encoding == "big5"


def test_identity_is_of_the_bytes(read):
    assert read(TITLE, "a.txt").doc_id == read(TITLE, "b.md").doc_id
    assert len(read(TITLE, "a.txt").doc_id) == 16
    assert read(TITLE + "。", "a.txt").doc_id != read(TITLE, "a.txt").doc_id


def test_wrapped_lines_become_paragraphs_and_keep_their_numbers(read):
    words = " ".join(BODY_EN * 4).split()
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 70:
            lines.append(line.strip())
            line = ""
        line += word + " "
    lines.append(line.strip())
    document = read("\n".join(["Title of it", "", *lines, "", *lines]), "a.txt")
    assert document.text.split("\n") == ["Title of it", " ".join(words), " ".join(words)]
    assert document.spans[2].number == 4
    assert document.text[document.spans[2].start : document.spans[2].end] == lines[1]


def test_one_paragraph_to_a_line_is_left_alone(read):
    assert read("\n".join(BODY * 5), "a.txt").text.count("\n") == 9


def test_markdown(read):
    document = read(
        f"# {TITLE}\n\n## 一、**目标**\n\n{BODY[0]}\n\n[查看原文](https://example.com/a.html)\n", "a.md"
    )
    assert document.text.split("\n") == [TITLE, "一、目标", BODY[0]]
    assert [span.heading for span in document.spans] == [True, True, False]
    assert (document.title, document.url) == (TITLE, "https://example.com/a.html")


def html_page(charset="utf-8", body="", head=""):
    paragraphs = "".join(f"<p>　　{text}</p>" for text in BODY)
    return (
        f"<html><head><meta charset={charset}><title>{TITLE}_某省生态环境厅</title>{head}</head><body>"
        "<div class=nav><a href=/>首页</a> &gt; <a href=/n>新闻</a></div>"
        f"<div class=article><h1>{TITLE}</h1><div>发布时间：2018-06-04 来源：某某日报 点击次数：12</div>"
        f"<h2>主要目标</h2>{paragraphs}{body}</div>"
        "<div class=footer>版权所有：某省生态环境厅 某ICP备12345678号</div></body></html>"
    )


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("utf-8", "gbk"), ("gb2312", "utf-8")],
)
def test_html(read, charset, encoding):
    document = read(html_page(charset).encode(encoding), "a.html")
    assert BODY[0] in document.text.split("\n")
    assert BODY[1] in document.text.split("\n")
    assert "版权所有" not in document.text
    assert "点击次数" not in document.text
    assert (document.title, document.published, document.publisher) == (TITLE, "2018-06-04", "某某日报")
    assert "主要目标" in [document.text[s.start : s.end] for s in document.spans if s.heading]


def test_html_metadata_of_government_sites(read):
    head = (
        '<meta name="ArticleTitle" content="元数据标题"><meta name="PubDate" content="2019-09-18 06:23">'
        '<meta name="ContentSource" content="某省日报"><link rel=canonical href="https://example.gov.cn/a.html">'
    )
    document = read(html_page(head=head), "a.htm")
    assert (document.title, document.published) == ("元数据标题", "2019-09-18")
    assert (document.publisher, document.url) == ("某省日报", "https://example.gov.cn/a.html")


def test_html_table_is_one_line_a_row(read):
    table = "<table><tr><th>污染物</th><th>限值</th></tr><tr><td>COD</td><td>50 mg/L</td></tr></table>"
    assert "COD | 50 mg/L" in read(html_page(body=table), "a.html").text.split("\n")


def test_html_layout_tables_keep_paragraphs(read):
    paragraphs = "".join(f"<p>{text}</p>" for text in BODY * 3)
    page = (
        f"<html><body><table><tr><td><table><tr><td>{paragraphs}</td></tr></table></td></tr></table></bod"
        f"y></html>"
    )
    assert read(page, "a.html").text.split("\n") == list(BODY * 3)


def test_html_nested_too_deeply(read):
    page = "<div>" * 20_000 + BODY[0] + "</div>" * 20_000
    assert BODY[0] in read(page, "a.html").text


def test_mhtml(read):
    page = EmailMessage()
    page["Snapshot-Content-Location"] = "https://example.gov.cn/a.html"
    page.set_content(html_page("gb2312"), subtype="html", charset="gb18030", cte="quoted-printable")
    message = EmailMessage()
    message["Snapshot-Content-Location"] = "https://example.gov.cn/a.html"
    message.make_related()
    message.attach(page)
    document = read(message.as_bytes(), "a.mhtml")
    assert BODY[0] in document.text
    assert (document.format, document.title, document.url) == (
        "mhtml",
        TITLE,
        "https://example.gov.cn/a.html",
    )


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_eml(read, subtype):
    message = EmailMessage()
    message["Subject"] = TITLE
    message["From"] = "某省生态环境厅 <press@example.gov.cn>"
    message["Date"] = "Mon, 04 Jun 2018 10:00:00 +0800"
    message.set_content("\n".join(BODY) if subtype == "plain" else html_page(), subtype=subtype)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    document = read(message.as_bytes(), "a.eml")
    assert BODY[0] in document.text
    assert (document.title, document.published, document.publisher) == (TITLE, "2018-06-04", "某省生态环境厅")


def docx_bytes(build):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_docx_keeps_the_order_of_paragraphs_and_tables(read):
    def build(document):
        document.add_heading(TITLE, 0)
        document.add_heading("一、目标", 1)
        document.add_paragraph(BODY[0])
        table = document.add_table(2, 3)
        for row, texts in zip(table.rows, [("污染物", "限值", "单位"), ("COD", "50", "mg/L")], strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        merged = document.add_table(1, 2)
        merged.cell(0, 0).merge(merged.cell(0, 1)).text = "合并"
        document.add_paragraph(BODY[1])

    document = read(docx_bytes(build), "a.docx")
    assert document.text.split("\n") == [
        TITLE, "一、目标", BODY[0], "污染物 | 限值 | 单位", "COD | 50 | mg/L", "合并", BODY[1],
    ]  # fmt: skip
    assert [span.heading for span in document.spans] == [True, True, False, False, False, False, False]
    assert document.title == TITLE


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


def test_pdf_of_pictures_needs_ocr(read):
    def draw(canvas):
        for _ in range(3):
            canvas.rect(100, 100, 300, 300, fill=1)
            canvas.showPage()

    with pytest.raises(NeedsOcrError, match="OCR"):
        read(pdf_bytes(draw), "a.pdf")


def test_truncated_files_never_raise_anything_else(read):
    whole = pdf_bytes(lambda canvas: draw_lines(canvas, [BODY[0]]))
    word = docx_bytes(lambda document: document.add_paragraph(BODY[0]))
    for data, name in ((whole, "a.pdf"), (word, "a.docx")):
        for share in (0.05, 0.3, 0.6, 0.9):
            try:
                read(data[: int(len(data) * share)], name)
            except DocumentError as error:
                assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("name", "data", "error", "advice"),
    [
        ("a.doc", b"x", UnsupportedFormatError, r"\.docx"),
        ("a", b"x", UnsupportedFormatError, r"\.pdf"),
        ("a.txt", b"", EmptyDocumentError, "again"),
        ("a.txt", b" \r\n\t\n", EmptyDocumentError, "again"),
        ("a.txt", b"\xef\xbb\xbf", EmptyDocumentError, "again"),
        ("a.txt", bytes(range(256)) * 9, DocumentError, "looks like a binary file"),
        ("a.txt", "打印 关闭\n首页 > 正文".encode(), EmptyDocumentError, "clutter"),
        ("a.pdf", b"%PDF-1.4 nothing", DocumentError, "Download it again"),
        ("a.docx", b"PK\x03\x04nothing", DocumentError, "damaged"),
        ("a.docx", OLE + bytes(99), DocumentError, r"\.docx"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedDocumentError, "password"),
        ("a.eml", b"no header\n\ntext", DocumentError, "header"),
        ("a.html", b"<html><script>document.write('x')</script></html>", EmptyDocumentError, "browser"),
        ("a.html", b"<!-- -->", EmptyDocumentError, "again|browser"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(read, name, data, error, advice):
    with pytest.raises(error, match=advice):
        read(data, name)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DocumentError, match="There is no file"):
        read_document(tmp_path / "none.txt")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(DocumentError, match="folder"):
        read_document(tmp_path / "folder.txt")


def test_suffixes_in_any_case(read):
    assert read(TITLE, "A.TXT").text == TITLE
    assert {
        ".txt",
        ".text",
        ".md",
        ".markdown",
        ".html",
        ".htm",
        ".xhtml",
        ".mhtml",
        ".mht",
        ".pdf",
        ".docx",
        ".eml",
    } == (SUPPORTED_SUFFIXES)


def test_very_long_line(read):
    document = read("# " * 200_000 + "[a](" * 200_000 + "环境" * 1_000_000, "a.txt")
    assert len(document.text) > 2_000_000


def test_document_from_text_keeps_the_text():
    text = "  # Print\n\n来源：某某  \n\u200b首页"
    document = document_from_text(text, title="T", doc_id="d1", lang="en")
    assert (document.text, document.title, document.doc_id, document.lang) == (text, "T", "d1", "en")
    assert [text[span.start : span.end] for span in document.spans] == text.split("\n")
    assert document_from_text("环境").lang == "zh"
    assert document_from_text("").text == ""
