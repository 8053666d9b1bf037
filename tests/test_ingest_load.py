"""Loaders on files that the tests make themselves."""

import email.header
import io
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from indexer.errors import (
    DocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    UnsupportedFormatError,
)
from indexer.ingest import SUPPORTED_SUFFIXES, document_from_text, read_document
from indexer.ingest.load import load_file

TITLE = "某省召开大气污染防治会议"
BODY = (
    "近日，某省生态环境厅召开会议，部署今年的大气污染防治工作，要求各地落实责任，确保完成年度目标。",
    "会议指出，要加强监测，严格执法，推动产业结构调整，让人民群众享有更多的蓝天白云。",
)
BODY_EN = (
    "The provincial department held a meeting on air pollution control and set out the work of this year.",
    "All cities shall monitor their emissions, and they shall publish the results every month.",
)

DATA = Path(__file__).parent / "data"

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


def test_html_layout_tables_keep_the_tables_in_them(read):
    data = (
        "<table><tr><td><p>断面</p></td><td><p>类别</p></td></tr><tr><td>甲河</td><td>Ⅲ类</td></tr></table>"
    )
    page = (
        f"<html><head><title>{TITLE}</title></head><body>"
        "<table><tr><td><a href=/>首页</a></td></tr></table><table><tr><td><a href=/a>要闻</a></td>"
        f"<td><table><tr><td>{TITLE}</td></tr><tr><td><div><p>{BODY[0]}</p><p>{BODY[1]}</p>{data}</div></td></tr>"
        "</table></td></tr></table></body></html>"
    )
    assert read(page, "a.html").text.split("\n") == [TITLE, BODY[0], BODY[1], "断面 | 类别", "甲河 | Ⅲ类"]


def test_html_cell_over_several_rows_is_said_in_each(read):
    table = (
        "<table><tr><td rowspan=2>甲市</td><td>一厂</td></tr><tr><td>二厂</td></tr>"
        "<tr><td colspan=2>合计</td></tr><tr><td>乙市</td><td rowspan='x'>三厂</td></tr></table>"
    )
    lines = read(html_page(body=table), "a.html").text.split("\n")
    assert lines[-4:] == ["甲市 | 一厂", "甲市 | 二厂", "合计", "乙市 | 三厂"]


def test_html_short_lines_of_the_text_stay_and_the_page_around_it_goes(read):
    signed = (
        "<div align=right>某省生态环境厅</div><div align=right>2018年6月4日</div>"
        "<ul class=list><li><a href=/P1.docx>附件1：重点任务清单</a></li></ul>"
        "<div class=share>分享到：<a href=#>微信</a></div><h3>相关新闻</h3>"
        "<ul><li><a href=/1>某市召开大气污染防治会议</a></li><li><a href=/2>某县开展环境日活动</a></li></ul>"
    )
    document = read(html_page(body=signed), "a.html")
    assert document.text.split("\n")[-4:] == [
        BODY[-1],
        "某省生态环境厅",
        "2018年6月4日",
        "附件1：重点任务清单",
    ]
    around = [r.line.text for r in document.removed if r.reason == "page furniture"]
    assert {"首页 > 新闻", "某县开展环境日活动"} <= set(around)
    # lines are numbered as the page shows them
    assert [span.number for span in document.spans] == sorted(span.number for span in document.spans)


def test_html_of_a_short_notice(read):
    page = (
        "<html><body><div id=head><ul><li><a href=/>首页</a><li><a href=/a>政务公开</a></ul></div>"
        "<div class=main><h1>关于某项目的公示</h1><p>经研究，决定批准该项目。</p></div>"
        "<div class=side><h3>热点新闻</h3><a href=/1>某市召开大气污染防治会议部署下一阶段的重点工作任务</a></div>"
        "<div>版权所有：某省生态环境厅</div></body></html>"
    )
    assert read(page, "a.html").text.split("\n") == ["关于某项目的公示", "经研究，决定批准该项目。"]


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


def test_eml_with_a_picture_in_it_is_a_message(read):
    message = EmailMessage()
    message["Subject"], message["Date"] = TITLE, "Mon, 04 Jun 2018 10:00:00 +0800"
    message["From"], message["To"] = "某省生态环境厅 <press@example.gov.cn>", "a@example.cn"
    message.set_content(html_page(), subtype="html")
    message.add_related(b"GIF89a", maintype="image", subtype="gif", cid="<logo>")
    assert message.get_content_subtype() == "related"
    document = read(message.as_bytes(), "a.eml")
    assert (document.title, document.published, document.publisher, document.format) == (
        TITLE, "2018-06-04", "某省生态环境厅", "eml",
    )  # fmt: skip


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


def gbk(text):
    return "".join(f"\\'{byte:02x}" for byte in text.encode("gbk")).encode()


def rtf(body, head=b"\\ansicpg936"):
    fonts = b"{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}{\\f1\\froman\\fcharset0 Times New Roman;}}"
    return b"{\\rtf1\\ansi" + head + b"\\deff0" + fonts + b"\\pard " + body + b"\\par}"


def mail_page():
    page = EmailMessage()
    page.set_content(html_page(), subtype="html", cte="base64")
    page["Snapshot-Content-Location"] = "https://example.gov.cn/a.html"
    return page.as_bytes()


@pytest.mark.parametrize("name", ["a.doc", "a.docx", "a.txt", "a.html", "a.rtf", "a.PDF"])
@pytest.mark.parametrize(
    ("make", "format_name"),
    [
        (lambda: rtf(gbk(BODY[0])), "rtf"),
        (lambda: html_page().encode("gb18030"), "html"),
        (lambda: html_page().encode("utf-16"), "html"),
        (lambda: b'\xef\xbb\xbf<?xml version="1.0"?><!-- x --><html><body><p>' + BODY[0].encode() + b"</p></body></html>", "html"),
        (mail_page, "mhtml"),
        (lambda: docx_bytes(lambda document: document.add_paragraph(BODY[0])), "docx"),
        (lambda: (DATA / "bulletin.doc").read_bytes(), "doc"),
    ],
    ids=["rtf", "html", "utf-16", "xhtml", "mhtml", "docx", "doc"],
)  # fmt: skip
def test_content_says_what_a_file_is(read, make, format_name, name):
    document = read(make(), name)
    assert document.format == format_name
    assert BODY[0] in document.text.split("\n")


def test_text_under_a_wrong_name(read):
    for name in ("a.doc", "a.rtf", "a.docx"):
        assert read("\n".join(BODY).encode("gbk"), name).text.split("\n") == list(BODY)


def test_text_that_only_looks_like_a_message_or_page(read):
    texts = ("BM25 是一种方法。", "Date: 2018-06-04\nSource: 某某日报\n" + BODY[0], "他说<html>是一种标记。")
    for text in texts:
        assert read(text, "a.txt").format == "txt"


def test_many_comments_before_what_is_no_page(read):
    # Were each tried with every end that it could have, this would not come to an end.
    document = read("<!-- 导航 -->\n" * 60 + "<div>\n" + "\n".join(BODY), "a.txt")
    assert document.format == "txt" and document.text.endswith(BODY[-1])
    assert read("<!-- 导航 -->\n" * 60 + f"<html><body><p>{''.join(BODY)}</p>", "a.txt").format == "html"


def test_doc(read):
    document = read((DATA / "bulletin.doc").read_bytes(), "a.doc")
    assert document.text.split("\n") == [
        TITLE, "一、目标", BODY[0], "数据来自年报。", "污染物 | 限值 | 单位", "COD | 50 | mg/L", BODY[1],
    ]  # fmt: skip
    assert [document.text[s.start : s.end] for s in document.spans if s.heading] == ["一、目标"]


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (b"\\f0 " + gbk(BODY[0]), b"\\ansicpg936"),
        (b"\\f1 " + gbk(BODY[0]), b"\\ansicpg936"),  # Chinese in a Latin font
        (b"\\f1 " + gbk(BODY[0]), b""),
        (b"\\f1 " + gbk(BODY[0]), b"\\ansicpg1252"),
        (b"\\f1 " + BODY[0].encode("gbk"), b"\\ansicpg936"),  # bare bytes
        ("".join(f"\\u{ord(c) - (ord(c) > 0x7FFF) * 0x10000}?" for c in BODY[0]).encode(), b""),
        (b"\\uc2 " + b"".join(b"\\u%d" % (ord(c) - (ord(c) > 0x7FFF) * 0x10000) + gbk(c) for c in BODY[0]), b"\\ansicpg936"),
    ],
    ids=["gbk", "latin font", "no codepage", "wrong codepage", "bare bytes", "unicode", "both"],
)  # fmt: skip
def test_rtf_encodings(read, body, head):
    assert read(rtf(body, head), "a.rtf").text == BODY[0]


def test_rtf_keeps_what_a_reader_sees(read):
    body = (
        rb"{\listtext\f1 1.\tab}first{\v hidden}{\deleted gone}{\super\chftn{\footnote\pard\plain the note}} end\par"
        rb"{\pict\wmetafile8\bin5 }}{{{}{\pntext 2.\tab}second {\f0 \'81@} {\f1 caf\'e9} \u-10179?\u-8704?\line line\par"
        rb'{\field{\*\fldinst HYPERLINK "http://example.com"}{\fldrslt linked}}'
        rb"{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt box\par}}{\shprslt x}} after\par"
        rb"\trowd\clvmgf\cellx1\cellx2\pard\intbl group\cell a\par b\cell\row"
        rb"\trowd\clvmrg\cellx1\cellx2\intbl\cell c\cell\row\pard last"
    )
    assert read(rtf(body), "a.rtf").text.split("\n") == [
        "1. first end", "the note", "2. second 丂 café 😀", "line", "linked after", "box",
        "group | a b", "group | c", "last",
    ]  # fmt: skip


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word_file(body, main="word/document.xml", **parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types>wordprocessingml.document.main</Types>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Type="x/officeDocument" Target="{main}"/></Relationships>',
        )
        archive.writestr(main, f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>')
        for name, text in parts.items():
            archive.writestr(f"word/{name}.xml", f'<w:{name} xmlns:w="{W}">{text}</w:{name}>')
    return buffer.getvalue()


def paragraph(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_docx_keeps_what_a_reader_sees(read):
    body = (
        "<w:p><w:r><w:t>正文</w:t></w:r><w:ins><w:r><w:t>新增</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>删去</w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>"
        '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>之后。</w:t></w:r></w:p>'
        f"<w:sdt><w:sdtContent>{paragraph('控件里的段落。')}</w:sdtContent></w:sdt>"
        '<w:p><w:r><mc:AlternateContent xmlns:mc="x"><mc:Choice><w:txbxContent>'
        f"{paragraph('文本框。')}</w:txbxContent></mc:Choice><mc:Fallback>{paragraph('文本框。')}</mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>框外。</w:t></w:r></w:p>"
        '<w:p><w:r><w:t>不超过</w:t><w:sym w:font="Symbol" w:char="F0A3"/><w:t>5</w:t><w:br/><w:t>第二行</w:t></w:r></w:p>'
        "<w:p><w:r><w:ruby><w:rt><w:r><w:t>qīng</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>青山</w:t></w:r></w:rubyBase>"
        "</w:ruby></w:r></w:p>"
    )
    notes = f'<w:footnote w:id="2">{paragraph("脚注。")}</w:footnote>'
    for main in ("word/document.xml", "word/document2.xml"):
        document = read(word_file(body, main=main, footnotes=notes), "a.docx")
        assert document.text.split("\n") == [
            "正文新增之后。", "脚注。", "控件里的段落。", "框外。", "文本框。", "不超过≤5", "第二行", "青山",
        ]  # fmt: skip


def test_docx_numbers_of_lists(read):
    def level(number, form, text):
        return f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'

    numbering = (
        '<w:abstractNum w:abstractNumId="7">'
        + level(0, "chineseCounting", "%1、")
        + level(1, "chineseCounting", "（%2）")
        + level(2, "decimal", "%3.")
        + '</w:abstractNum><w:abstractNum w:abstractNumId="8">'
        + level(0, "bullet", "\uf0b7")
        + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="11"/>'
        "</w:lvlOverride></w:num>"
    )
    styles = (
        '<w:style w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '<w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:styleId="a"><w:name w:val="一级"/><w:basedOn w:val="1"/></w:style>'
        '<w:style w:styleId="t"><w:name w:val="toc 1"/></w:style>'
    )

    def item(text, number, at):
        return paragraph(text, f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr>')

    body = (
        paragraph("总则 1", '<w:pStyle w:val="t"/>')
        + paragraph("总则", '<w:pStyle w:val="1"/>')
        + item("目的", 1, 1) + item("依据", 1, 1) + item("其一", 1, 2)
        + paragraph("附则", '<w:pStyle w:val="a"/>')
        + item("施行", 1, 1) + item("要点", 2, 0) + item("这一项另起，从十一数起。", 3, 0) + item("没有", 9, 0)
    )  # fmt: skip
    document = read(word_file(body, numbering=numbering, styles=styles), "a.docx")
    assert document.text.split("\n") == [
        "一、总则", "（一）目的", "（二）依据", "1. 其一", "二、附则", "（一）施行", "• 要点", "十一、这一项另起，从十一数起。", "没有",
    ]  # fmt: skip
    assert [document.text[s.start : s.end] for s in document.spans if s.heading] == ["一、总则", "二、附则"]


@pytest.mark.parametrize(
    ("form", "start", "numbers"),
    [("decimal", 0, "0 1 2"), ("ideographDigital", -1, "-1 〇 一"), ("decimalFullWidth", -1, "-1 ０ １")],
)
def test_docx_lists_that_begin_at_nought_or_below(read, form, start, numbers):
    numbering = (
        f'<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        '<w:lvlText w:val="%1、"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    )
    properties = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    body = "".join(paragraph(text, properties) for text in BODY + BODY[:1])
    lines = read(word_file(body, numbering=numbering), "a.docx").text.split("\n")
    assert [line.partition("、")[0] for line in lines] == numbers.split()


def test_docx_tables_repeat_the_names_of_groups(read):
    def cell(text, merge="", span=1):
        properties = f'<w:tcPr><w:gridSpan w:val="{span}"/>{merge}</w:tcPr>'
        return f"<w:tc>{properties}{paragraph(text)}</w:tc>"

    def table(*rows):
        return "<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>"

    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    long = BODY[0]
    body = table(
        (cell("类别"), cell("指标", span=2)),
        (cell("废水", start), cell("COD"), cell(long, start)),
        (cell("", on), cell("氨氮"), cell("", on)),
    ) + table((cell("框里的话。"),), (cell("又一句。"),))
    assert read(word_file(body), "a.docx").text.split("\n") == [
        "类别 | 指标", f"废水 | COD | {long}", "废水 | 氨氮", "框里的话。", "又一句。",
    ]  # fmt: skip


def test_word_xml_in_one_file(read):
    xml = (
        '<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="p">'
        f'<pkg:part pkg:name="/word/document.xml"><pkg:xmlData><w:document xmlns:w="{W}"><w:body>{paragraph(BODY[0])}'
        "</w:body></w:document></pkg:xmlData></pkg:part></pkg:package>"
    )
    document = read(xml, "a.doc")
    assert (document.text, document.format) == (BODY[0], "docx")


def test_word_files_that_are_bombs(read):
    entities = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
        + "]>"
    )
    flat = f'<?mso-application progid="Word.Document"?>{entities}<w:wordDocument xmlns:w="w"><w:body><w:p><w:r><w:t>&i;</w:t></w:r></w:p></w:body></w:wordDocument>'
    with pytest.raises(DocumentError):
        read(flat, "a.doc")
    deep = word_file("<w:tbl><w:tr><w:tc>" * 5000 + "</w:tc></w:tr></w:tbl>" * 5000)
    with pytest.raises(DocumentError, match="damaged|nested"):
        read(deep, "a.docx")
    with pytest.raises(DocumentError, match="MB of text"):
        read(word_file(" " * (101 << 20)), "a.docx")


def test_eml_with_bare_and_wrongly_declared_headers(read):
    subject = "关于朱镕基喆等同志的通报"
    bare = b"Subject: " + subject.encode("gbk") + "\r\nFrom: 某省环境厅 <a@example.cn>\r\n".encode("gbk")
    word = email.header.Header(subject, "gb18030").encode().replace("gb18030", "gb2312")
    coded = f"Subject: {word}\r\nFrom: {email.header.Header('某省环境厅', 'gbk').encode()} <a@example.cn>\r\n".encode()
    rest = b"Date: Mon, 04 Jun 2018 23:30:00 +0800\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    for headers in (bare, coded):
        document = read(headers + rest + BODY[0].encode("gbk"), "a.eml")
        assert (document.title, document.publisher, document.published) == (
            subject,
            "某省环境厅",
            "2018-06-04",
        )
        assert BODY[0] in document.text


def test_eml_says_which_attachments_were_left(tmp_path):
    message = EmailMessage()
    message["Subject"] = TITLE
    message.set_content(BODY[0])
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="附件1.pdf")
    loaded = load_file(message.as_bytes(), ".eml")
    assert [line.text for line in loaded.lines if line.text] == [BODY[0]]
    assert "附件1.pdf" in loaded.notes[0]


def test_eml_that_only_forwards(read):
    inner = EmailMessage()
    inner["Subject"] = TITLE
    inner.set_content("\n".join(BODY))
    message = EmailMessage()
    message["Subject"] = "Fwd"
    message.add_attachment(inner)
    assert BODY[1] in read(message.as_bytes(), "a.eml").text


def test_truncated_files_never_raise_anything_else(read):
    word = docx_bytes(lambda document: document.add_paragraph(BODY[0]))
    old = (DATA / "bulletin.doc").read_bytes()
    for data, name in ((word, "a.docx"), (old, "a.doc"), (rtf(gbk(BODY[0])), "a.rtf")):
        for share in (0.05, 0.3, 0.6, 0.9):
            try:
                read(data[: int(len(data) * share)], name)
            except DocumentError as error:
                assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("name", "data", "error", "advice"),
    [
        ("a.xls", b"x", UnsupportedFormatError, r"Save it as \.pdf"),
        ("a.ofd", b"x", UnsupportedFormatError, r"Open it in its own program"),
        ("a.rar", b"x", UnsupportedFormatError, r"Unpack it"),
        ("a.doc", b"Rar!\x1a\x07\x00", UnsupportedFormatError, r"Unpack it"),
        ("a.doc", OLE + "Workbook".encode("utf-16-le"), UnsupportedFormatError, "Excel"),
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), DocumentError, r"save it as \.docx"),
        ("a.rtf", b"{\\rtf1 }", EmptyDocumentError, r"save it again"),
        ("a.rtf", b"{\\rtf1 " + b"{" * 9999, DocumentError, r"nested too deeply"),
        ("a.png", b"no picture", DocumentError, "no picture"),
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
    expected = "bmp doc docm docx eml htm html jpeg jpg markdown md mht mhtml pdf png rtf text tif tiff txt wps xhtml"
    assert sorted(SUPPORTED_SUFFIXES) == [f".{suffix}" for suffix in expected.split()]


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
