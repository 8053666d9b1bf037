"""Exported files, read back by what would open them."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn
from test_citation import ENGLISH, HOSTILE, PDF, WEB

from indexer.search.export import EXPORTS, Item, export
from indexer.search.receipt import IndexFacts, load_receipt
from indexer.types import Hit

TODAY = datetime.date(2026, 11, 25)
FACTS = IndexFacts("model", "2", "3", "1", 7, 2, 3, "2026-11-25T00:00:00+00:00")
QUESTION = "北京空气质量 air quality?"
BAD = replace(
    ENGLISH, doc_id="f" * 16, title=HOSTILE, publisher="=cmd|' /C calc'!A0", path="-x.pdf",
    text="<script>alert(1)</script> ![i](http://evil.example/x.png) [l](http://evil.example) **b**\n# head\n    code\n| a |\n\x0c1. one\ufffe",
)  # fmt: skip
ITEMS = [
    Item(WEB, "@note"),
    Item(PDF, "第二条\n续"),
    Item(replace(PDF, page=5, page_end=5)),
    Item(ENGLISH),
    Item(BAD, HOSTILE),
]


def made(kind: str, items: list[Item] = ITEMS, question: str | None = QUESTION) -> bytes:
    return export(items, kind, question=question, index=FACTS, accessed=TODAY)


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_kind_is_made_from_anything(kind: str) -> None:
    assert EXPORTS[kind].suffix.startswith(".") and "/" in EXPORTS[kind].mime
    for items, question in ((ITEMS, QUESTION), ([], None), (ITEMS, HOSTILE * 20)):
        assert made(kind, items, question) or kind in ("ris", "bibtex")
    with pytest.raises(ValueError, match="markdown"):
        made("pdf")


# CSV


def rows(items: list[Item] = ITEMS) -> list[dict[str, str]]:
    data = made("csv", items)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv() -> None:
    first, *_ = found = rows()
    assert len(found) == len(ITEMS)
    assert (first["title"], first["text"], first["page"], first["language"]) == (
        WEB.title,
        WEB.text,
        "",
        "zh",
    )
    assert (first["number"], first["place"], first["published"]) == ("1", "paras. 3–4", "2025-05-06")
    assert found[1]["note"] == "第二条\n续"


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠", "\u202e=", "\x00="]
)
@pytest.mark.parametrize("field", ["title", "publisher", "path", "text", "url", "published"])
def test_no_cell_is_a_formula(start: str, field: str) -> None:
    (row,) = rows([Item(replace(WEB, **{field: start + "1+1"}), start + "2")])
    for value in row.values():
        assert not re.match(r"[\s\x00\u202e]*[=+\-@＝＋－＠]", value)
    assert row["note"].startswith("'") and row["note"].endswith("2")


def test_csv_of_hostile_words_has_as_many_rows() -> None:
    assert len(rows([Item(BAD, 'a","b"\r\n"c')])) == 1


# Markdown


def test_markdown_keeps_words_words() -> None:
    text = made("markdown").decode()
    assert text.startswith("# 北京空气质量 air quality?\n")
    assert "\\<script\\>" in text and "<script>" not in text
    assert "![" not in text and "](" not in text and "\n# head" not in text and "\n    code" not in text
    assert set(re.findall(r"<([^>]*)>", re.sub(r"\\.", "", text))) == {WEB.url}
    assert "> 全市细颗粒物年均浓度为30\\.5微克每立方米。" in text


# RIS and BibTeX


def test_one_record_a_document() -> None:
    ris = made("ris").decode()
    records = ris.split("\r\n\r\n")
    assert len(records) == 2 and ris.count("TY  - ") == ris.count("ER  - ") == 2
    assert records[0].count("N2  - ") == 4 and "N1  - 第二条 续" in records[0]
    bib = made("bibtex").decode()
    assert len(re.findall(r"^@misc\{", bib, re.M)) == 2
    keys = re.findall(r"^@misc\{(.+),$", bib, re.M)
    assert len(set(keys)) == len(keys)


def test_record_of_several_pages() -> None:
    items = [Item(PDF), Item(replace(PDF, page=9, page_end=None))]
    lines = made("ris", items).decode().split("\r\n")
    assert "SP  - 2" in lines and "EP  - 9" in lines
    assert "pages = {2--3, 9}" in made("bibtex", items).decode()


# JSON


def test_json_is_a_receipt() -> None:
    receipt = load_receipt(made("json"))
    assert [p["text"] for p in receipt["passages"]] == [item.hit.text for item in ITEMS]
    assert receipt["index"]["seq"] == 7 and receipt["question"] == QUESTION
    assert load_receipt(made("json", [Item(replace(WEB, text="half \ud800"))]))
    assert json.loads(made("json", [], None))["question"] is None


# Word


def test_word() -> None:
    document = docx.Document(io.BytesIO(made("docx")))
    texts = [p.text for p in document.paragraphs]
    assert texts[0] == QUESTION and WEB.text in texts and "第二条\n续" in texts
    assert any(t.startswith("北京市生态环境局. 2024年北京市生态环境状况公报[EB/OL].") for t in texts)
    assert any(t.startswith("Ministry of Ecology and Environment. (2024, January 3).") for t in texts)
    for style in ("Normal", "Quote", "Heading 2"):
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "宋体" and fonts.get(qn("w:eastAsiaTheme")) is None


def test_word_file_holds_no_links_and_no_fields() -> None:
    with zipfile.ZipFile(io.BytesIO(made("docx"))) as archive:
        body = archive.read("word/document.xml").decode()
    assert "w:hyperlink" not in body and "w:fldSimple" not in body and "w:instrText" not in body
    assert "&lt;script&gt;" in body and "<script>" not in body


@pytest.mark.parametrize("kind", EXPORTS)
def test_unseen_characters_are_left_out(kind: str) -> None:
    hit: Hit = replace(WEB, title="a\u202eb\x00", text="c\u2067d\x1b[31m", publisher="e\ud800")
    data = made(kind, [Item(hit, "\u202en\x07")], "\u202eq\x00")
    if kind == "json":  # as it stands, so that it can be checked
        assert load_receipt(data)["passages"][0]["text"] == hit.text
    elif kind != "docx":
        assert not re.search("[\x00\x07\x1b\u202e\u2067]", data.decode())
