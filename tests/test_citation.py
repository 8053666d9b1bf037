"""Forms of citation, by hand-written expectations."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

import pytest

from indexer.search.citation import STYLES, cite, format_citation, one_line, web_address
from indexer.types import Hit

TODAY = datetime.date(2026, 11, 25)
WEB = Hit(
    rank=1, score=1.0, passage_id="0123456789abcdef:0", doc_id="0123456789abcdef", lang="zh",
    title="2024年北京市生态环境状况公报", published="2025-05-06", publisher="北京市生态环境局",
    path="corpus/北京.html", format="html", page=None, page_end=None, line=3, line_end=4, start=6, end=33,
    text="全市细颗粒物年均浓度为30.5微克每立方米。", relevance=0.9,
    url="https://sthjj.beijing.gov.cn/公报/2024.html",
)  # fmt: skip
PDF = replace(WEB, path="corpus/b.pdf", format="pdf", page=2, page_end=3, line=None, line_end=None)
ENGLISH = replace(
    WEB, lang="en", title="Report on the State of the Environment & Ecology", url=None, path="a b.pdf", format="pdf",
    publisher="Ministry of Ecology and Environment", published="2024-01-03", page=12, page_end=12,
)  # fmt: skip
BARE = replace(ENGLISH, publisher=None, published=None, page=None, page_end=None, line=None)
HOSTILE = "a} , title={x\r\nER  - \r\nTY  - BOOK\n\\input{/etc/passwd} %\u202egnp.exe$^_~#&\x00\ud800"


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (
            WEB,
            "北京市生态环境局. 2024年北京市生态环境状况公报[EB/OL]. (2025-05-06)[2026-11-25]. "
            "https://sthjj.beijing.gov.cn/公报/2024.html.",
        ),
        (
            PDF,
            "北京市生态环境局. 2024年北京市生态环境状况公报[R/OL]. 2025: 2-3(2025-05-06)[2026-11-25]. "
            "https://sthjj.beijing.gov.cn/公报/2024.html.",
        ),
        (replace(WEB, published=None), "北京市生态环境局. 2024年北京市生态环境状况公报[EB/OL]. [2026-11-25]. " + WEB.url + "."),
        (
            ENGLISH,
            "Ministry of Ecology and Environment. Report on the State of the Environment & Ecology[R]. 2024: 12.",
        ),
        (BARE, "Report on the State of the Environment & Ecology[Z]."),
        (replace(BARE, title="关于推进绿色发展的意见。"), "关于推进绿色发展的意见[Z]."),
    ],
)  # fmt: skip
def test_gbt7714(hit: Hit, expected: str) -> None:
    assert format_citation(hit, "gbt7714", TODAY) == expected


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (
            WEB,
            "北京市生态环境局. (2025, May 6). 2024年北京市生态环境状况公报. https://sthjj.beijing.gov.cn/公报/2024.html",
        ),
        (
            ENGLISH,
            "Ministry of Ecology and Environment. (2024, January 3). Report on the State of the Environment & Ecology.",
        ),
        (BARE, "Report on the State of the Environment & Ecology. (n.d.)."),
        (
            replace(BARE, url="http://x.cn/a"),
            "Report on the State of the Environment & Ecology. (n.d.). Retrieved November 25, 2026, from http://x.cn/a",
        ),
        (replace(ENGLISH, title="How clean is the air?"), "Ministry of Ecology and Environment. (2024, January 3). How clean is the air?"),
    ],
)  # fmt: skip
def test_apa(hit: Hit, expected: str) -> None:
    assert format_citation(hit, "apa", TODAY) == expected


def test_bibtex() -> None:
    assert format_citation(ENGLISH, "bibtex", TODAY) == (
        "@misc{bulletin2024-01234567,\n"
        "  author = {{Ministry of Ecology and Environment}},\n"
        "  title = {{Report on the State of the Environment \\& Ecology}},\n"
        "  year = {2024},\n"
        "  month = {1},\n"
        "  date = {2024-01-03},\n"
        "  pages = {12},\n"
        "  langid = {english},\n"
        "  note = {a b.pdf},\n"
        "}"
    )
    assert "url = {https://sthjj.beijing.gov.cn/公报/2024.html}" in format_citation(WEB, "bibtex", TODAY)


def test_ris() -> None:
    lines = format_citation(PDF, "ris", TODAY).split("\r\n")
    assert lines[0] == "TY  - GOVDOC" and lines[-2:] == ["ER  - ", ""]
    assert {
        "AU  - 北京市生态环境局",
        "DA  - 2025/05/06/",
        "SP  - 2",
        "EP  - 3",
        "Y2  - 2026/11/25/",
        "LA  - zh",
    } <= set(lines)


@pytest.mark.parametrize("style", STYLES)
def test_hostile_words_stay_words(style: str) -> None:
    hit = replace(
        WEB, title=HOSTILE, publisher=HOSTILE, path=HOSTILE, text=HOSTILE, url="https://x.cn/a}b\n{c d\\"
    )
    cited = format_citation(hit, style, TODAY)
    cited.encode()
    assert not re.search("[\x00\u202e]", cited)
    if style == "bibtex":
        fields = cited.split("\n")[1:-1]
        assert len([f for f in fields if f.startswith("  title = ")]) == 1 and "\\input" not in cited
        bare = re.sub(r"\\[{}]", "", cited)
        assert bare.count("{") == bare.count("}")
        assert all(f.startswith("  ") and f.endswith("},") for f in fields)
        assert "url = {https://x.cn/a%7Db%0A%7Bc%20d%5C}" in cited
    elif style == "ris":
        lines = cited.split("\r\n")
        assert sum(line.startswith("ER") for line in lines) == 1
        assert all(re.match("[A-Z][A-Z0-9]  - ", line) for line in lines[:-1])
    else:
        assert "\n" not in cited and "\r" not in cited


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x", "http://", ""]
)
def test_only_addresses_of_the_web(url: str) -> None:
    assert web_address(url) is None
    assert url == "" or url not in format_citation(replace(WEB, url=url), "ris", TODAY)


@pytest.mark.parametrize("published", ["2024", "2024-13-45", "2024-05"])
@pytest.mark.parametrize("style", STYLES)
def test_odd_dates_are_cited_by_the_year(style: str, published: str) -> None:
    assert "2024" in format_citation(replace(WEB, published=published), style, TODAY)


def test_unknown_style() -> None:
    with pytest.raises(ValueError, match="gbt7714"):
        format_citation(WEB, "mla", TODAY)


def test_one_line() -> None:
    assert one_line(" a\u2028b\u0000\u3000c\t\u202ed ") == "a b c d"


def test_digest_of_half_characters() -> None:
    assert len(cite(replace(WEB, text="\ud800")).digest) == 64
