import time

import pytest

from indexer.errors import DocumentError
from indexer.ingest import document_id, read_document, sidecar
from indexer.types import Line

BODY = "近日，某省生态环境厅召开会议，部署今年的大气污染防治工作，要求各地落实责任，确保完成年度目标。"


def facts(declared, name):
    return [fact.value for fact in declared.facts[name]]


def test_everything_can_be_declared():
    declared = sidecar.parse(
        "title: 关于监测的通知\npublished: 2018-06-04\npublisher: 四川省生态环境厅\nsource: 中国环境报\n"
        "doc_number: 川环函〔2018〕15号\nurl: https://example.gov.cn/a.html\nlang: en\n"
        "places: [四川, 210200]\ntopics: [water, 监测]\nperiods: [2018, 2021-01-01/2025-12-31, 2018-Q2]\n".encode(),
        "a.meta.yaml",
    )
    assert (declared.lang, declared.url) == ("en", "https://example.gov.cn/a.html")
    assert facts(declared, "title") == ["关于监测的通知"]
    assert facts(declared, "published") == ["2018-06-04"]
    assert facts(declared, "place") == ["510000", "210200"]
    assert facts(declared, "topic") == ["water", "monitoring"]
    assert facts(declared, "period") == [
        "2018-01-01/2018-12-31", "2021-01-01/2025-12-31", "2018-04-01/2018-06-30",
    ]  # fmt: skip
    every = [fact for of_name in declared.facts.values() for fact in of_name]
    assert {(fact.confidence, fact.origin) for fact in every} == {(1.0, "side-car")}


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("date: 2018-06-04T10:00:00+08:00", "published", ["2018-06-04"]),
        ("发布日期: 2018年6月4日", "published", ["2018-06-04"]),
        ("published: '2018/6/4'", "published", ["2018-06-04"]),
        ("publisher: no", "publisher", ["no"]),  # which YAML takes for false
        ("title: 2024", "title", ["2024"]),
        ("places: 510000", "place", ["510000"]),
        ("places: 京津冀", "place", ["110000", "120000", "130000"]),
        ("place: Dalian", "place", ["210200"]),
        ("topics: Solid Waste", "topic", ["solid-waste"]),
        ("topics: 噪聲", "topic", ["noise"]),
        ("period: 2024-02", "period", ["2024-02-01/2024-02-29"]),
        ("period: 2021 - 2025", "period", ["2021-01-01/2025-12-31"]),
        ("period: “十四五”", "period", ["2021-01-01/2025-12-31"]),
        ("title: !!python/object/apply:os.system [x]", "title", ["x"]),  # read as text, never run
        ("published:", "published", []),
        ("publisher: ~", "publisher", []),
        ("topics: []", "topic", []),
    ],
)
def test_ways_to_write_a_value(text, name, values):
    assert facts(sidecar.parse(text.encode(), "a.meta.yaml"), name) == values


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("title: x\npublished: last week", 2, "2018-06-04"),
        ("published: 2018-02-30", 1, "2018-06-04"),
        ("title: x\npublsher: y", 2, "did you mean publisher"),
        ("weather: fine", 1, "title, published"),
        ("topics: [air, football]", 1, "football"),
        ("places: Atlantis", 1, "Atlantis"),
        ("places: 999999", 1, "999999"),
        ("period: soon", 1, "2018-Q2"),
        ("period: 2025/2021", 1, "2018-Q2"),
        ("period: 2018-13", 1, "2018-Q2"),
        ("lang: fr", 1, "zh or en"),
        ("url: example.com", 1, "http"),
        ("title: [a, b]", 1, "one value"),
        ("title: {a: b}", 1, "short text"),
        ("title: " + "x" * 501, 1, "short text"),
        ("title: a\ntitle: b", 2, "twice"),
        ("title: a: b", 1, "quotes"),
        ("- a\n- b", 1, "key: value"),
        ("just words", 1, "key: value"),
        ("[a]: b", 1, "word"),
        ("title: &a x\nsource: *a", 2, "reference"),
        ("title: 'unfinished", 1, "YAML"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(text, line, says):
    with pytest.raises(DocumentError, match=rf"^Fix line {line} of a\.meta\.yaml: .*(?:{says})"):
        sidecar.parse(text.encode(), "a.meta.yaml")


def test_places_that_share_a_name_need_a_code():
    with pytest.raises(DocumentError, match=r"code .*\d{6}"):
        sidecar.parse("places: 鼓楼区".encode(), "a.meta.yaml")


def test_hostile_yaml_is_refused_quickly():
    started = time.monotonic()
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"b{n}: &b{n} [{','.join(['*a' if not n else f'*b{n - 1}'] * 9)}]\n" for n in range(9)
    )
    for text in (bomb, "title: " + "[" * 60_000, "title: " + "{a: " * 15_000, "- " * 30_000):
        with pytest.raises(DocumentError, match="Fix line"):
            sidecar.parse(text.encode(), "a.meta.yaml")
    assert time.monotonic() - started < 5


def test_an_empty_side_car_says_nothing():
    assert sidecar.parse(b"", "a.meta.yaml").facts == {}
    assert sidecar.parse(b"# nothing yet\n", "a.meta.yaml").facts == {}


def test_side_cars_in_other_encodings():
    assert facts(sidecar.parse("publisher: 四川省生态环境厅\n".encode("gb18030"), "a"), "publisher") == [
        "四川省生态环境厅"
    ]


def test_finding_the_side_car(tmp_path):
    pdf = tmp_path / "bulletin.pdf"
    assert sidecar.find(pdf) is None
    (tmp_path / "bulletin.meta.yaml").write_text("title: x")
    assert sidecar.find(pdf).name == "bulletin.meta.yaml"
    (tmp_path / "bulletin.pdf.meta.yaml").write_text("title: y")
    assert sidecar.find(pdf).name == "bulletin.pdf.meta.yaml"
    assert sidecar.is_sidecar("a/bulletin.pdf.META.yaml") and not sidecar.is_sidecar("a/meta.yaml")


def test_a_side_car_overrides_and_makes_another_document(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"某省召开大气污染防治会议\n发布时间：2018-06-04 来源：中国环境报\n{BODY}", "utf-8")
    plain = read_document(path)
    assert plain.doc_id == document_id(path.read_bytes())
    beside = tmp_path / "a.meta.yaml"
    beside.write_text(
        "published: 2020-01-02\npublisher: 某省生态环境厅\nplaces: 四川\ntopics: [noise]\n", "utf-8"
    )
    described = read_document(path)
    assert (described.published, described.publisher) == ("2020-01-02", "某省生态环境厅")
    assert described.title == plain.title  # what isn't declared is still found
    assert described.values("source") == ("中国环境报",)
    assert (described.values("place"), described.values("topic")) == (("510000",), ("noise",))
    assert described.text == plain.text
    assert described.doc_id == document_id(path.read_bytes(), beside.read_bytes()) != plain.doc_id
    beside.write_text("published:\nurl: https://example.org/a\n")
    emptied = read_document(path)
    assert (emptied.published, emptied.url) == (None, "https://example.org/a")


def test_a_bad_side_car_is_reported_with_its_name(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(BODY, "utf-8")
    (tmp_path / "a.txt.meta.yaml").write_text("title: x\n\npublished: sometime\n")
    with pytest.raises(DocumentError, match=r"Fix line 3 of a\.txt\.meta\.yaml: published must be a date"):
        read_document(path)
    (tmp_path / "a.txt.meta.yaml").write_bytes(b"#" * (sidecar.MAX_BYTES + 1))
    with pytest.raises(DocumentError, match="64 KB"):
        read_document(path)


def test_front_matter(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(
        f"---\ntitle: 别的标题\ndate: 2019-03-04\nlayout: post\ntags: [a, b]\n---\n\n# 某省召开会议\n\n{BODY}\n",
        "utf-8",
    )
    document = read_document(path)
    assert (document.title, document.published) == ("别的标题", "2019-03-04")
    assert document.text.startswith("某省召开会议") and "layout" not in document.text
    assert document.facts[0].line == 2
    assert [r.line.number for r in document.removed if r.reason == "front matter"] == [1, 2, 3, 4, 5, 6]
    (tmp_path / "a.meta.yaml").write_text("title: 第三个\n", "utf-8")
    assert (read_document(path).title, read_document(path).published) == ("第三个", "2019-03-04")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n一行文字\n---\n",
        "---\nprose, not keys\n---\n",
        "---\n# a\n---\n",
        "---\ntitle: x\n",
        "title: x\n---\n",
    ],
)
def test_a_rule_at_the_top_is_no_front_matter(text):
    lines = [Line(line, number) for number, line in enumerate((text + BODY).split("\n"), start=1)]
    assert sidecar.split_front_matter(lines, "a.txt")[1] == 0


def test_a_slip_in_front_matter_is_told(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(f"---\npublishd: 2019-03-04\n---\n{BODY}", "utf-8")
    with pytest.raises(DocumentError, match=r"Fix line 2 of a\.txt: .*did you mean published"):
        read_document(path)
