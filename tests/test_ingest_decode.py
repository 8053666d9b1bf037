import codecs
import os
from pathlib import Path

import pytest

from indexer.errors import DocumentError
from indexer.ingest.decode import decode

CORPUS = Path(__file__).parent.parent / "corpus"

ZH = "生态环境部发布通知，要求各地加强大气污染防治工作，确保空气质量持续改善。企业应当依法公开环境信息。"
ZHT = "環境保護署公布空氣質素報告，指出路邊空氣污染在過去五年有所改善，但仍高於標準。市民應當注意健康。"
EN = "The Ministry said it would “curb” pollution — by 2025 — at the city’s plants. " * 3


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", [None, "utf-8", "iso-8859-1", "no-such-charset", "gb2312"])
def test_simplified_whatever_is_declared(encoding, declared):
    assert decode((ZH * 3).encode(encoding), declared).text == ZH * 3


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("declared", [None, "utf-8", "gb2312", "big5"])
def test_traditional_whatever_is_declared(encoding, declared):
    assert decode(ZHT.encode(encoding), declared).text == ZHT


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark(encoding):
    assert decode(ZH.encode(encoding)).text == ZH


def test_big_endian_byte_order_mark():
    assert decode(codecs.BOM_UTF16_BE + ZH.encode("utf-16-be")).text == ZH


def test_declared_gb2312_reads_characters_outside_of_it():
    text = ZH + "朱镕基，喆，㙍"
    assert decode(text.encode("gb18030"), "gb2312").text == text


def test_english_with_typographic_quotes():
    decoded = decode(EN.encode("cp1252"))
    assert decoded.text == EN
    assert decoded.encoding == "windows-1252"


def test_mixed_page_in_gbk():
    text = "Home | Contact us | English version of the site <div class='main'>" * 20 + ZH
    assert decode(text.encode("gbk"), "utf-8").text == text


def test_file_cut_inside_a_character():
    data = (ZH * 50).encode("utf-8")[:-1]
    assert decode(data).text == (ZH * 50)[:-1] + "\ufffd"
    assert decode((ZH * 50).encode("gb18030")[:-1]).text.startswith(ZH)


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 50, b"\x00" * 500, os.urandom(50_000), b"\x89PNG\r\n\x1a\n" + bytes(99)]
)
def test_binary_files_are_refused_with_advice(data):
    with pytest.raises(DocumentError, match="looks like a binary file"):
        decode(data)


def test_misnamed_pdf_is_told_apart():
    with pytest.raises(DocumentError, match=r"PDF.*\.pdf"):
        decode(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3")


def test_stray_zero_byte_does_not_make_a_text_binary():
    assert decode((ZH * 60).encode() + b"\x00").text.startswith(ZH)
    for encoding in ("gb18030", "big5"):
        text = (ZH if encoding == "gb18030" else "空氣品質改善計畫已經公布。") * 90
        raw = text.encode(encoding)
        found = decode(raw[:700] + b"\x00" + raw[700:])
        assert (found.text, found.encoding) == (text, encoding)


ENCODINGS = {
    "zh": ["utf-8", "gb18030", "gbk", "gb2312", "hz", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"],
    "zht": ["utf-8", "big5", "big5hkscs", "gb18030", "utf-16-le"],
    "en": ["utf-8", "cp1252", "gb18030", "utf-16-le", "utf-16-be"],
}


@pytest.mark.parametrize("size", [40, 80, 200, 100_000])
@pytest.mark.parametrize("lang", ENCODINGS)
def test_every_text_of_the_corpus_in_every_encoding_whatever_is_declared(lang, size):
    wrong, n = [], 0
    for path in sorted(CORPUS.glob(f"{lang}-*.txt")):
        text = path.read_text(encoding="utf-8")
        middle = len(text) // 2
        for piece in (text[:size], text[middle : middle + size]):
            for encoding in ENCODINGS[lang]:
                piece = "".join(c for c in piece if c.encode(encoding, "ignore"))
                for declared in (None, encoding, "utf-8", "gb2312", "big5", "iso-8859-1"):
                    n += 1
                    if decode(piece.encode(encoding), declared).text != piece:
                        wrong.append((path.name, encoding, declared))
    assert n > 50
    assert len(wrong) <= 0.01 * n, wrong[:5]


def test_tildes_and_braces_are_no_chinese():
    text = "In the shell, ~{ab,cd}~ and ~{home~} stand for folders; ~{efgh~} too. " * 3
    assert decode(text.encode()).text == text
