"""Lines that a site repeats: what counts as one, and that passages leave them out whatever comes and goes."""

import random
from collections import Counter, defaultdict
from urllib.parse import urlsplit

import pytest
from conftest import SHARED_DATA, HashEmbedder

from indexer import Settings, reindex
from indexer.indexing import repeated as settling
from indexer.indexing.passages import replace_passages
from indexer.ingest import document_from_text, read_document
from indexer.ingest.repeated import MIN_DOCUMENTS, edge_lines, is_repeated, spans_left_out
from indexer.store import lines as store_lines
from indexer.store.catalog import Catalog
from indexer.store.lines import Lines, site_name

SLOGAN = "绿水蓝天某市"
HOTLINE = "环保热线 12369 全天值守"
RUN_BY = "本网站由某市生态环境信息中心维护管理并提供服务"
TITLES = [
    "某市召开治水会议",
    "某河断面水质好转",
    "某县淘汰燃煤锅炉",
    "关于排污许可的通知",
    "某区通报空气质量",
]
BODIES = [
    "近日，某市召开水污染防治工作会议，部署下一阶段的重点任务，要求各县区按期完成入河排污口整治。",
    "监测表明，今年第{0}季度某河{0}号断面水质达到三类标准，比去年同期上升一个类别。",
    "截至目前，全县第{0}批燃煤锅炉已经淘汰{0}台，完成年度任务的一半以上。",
    "各排污单位应当在第{0}个工作日前提交申请材料，逾期不再受理。",
]


def page(n, slogan=SLOGAN, foot=(HOTLINE, RUN_BY)):
    """The text of a page of a made-up site."""
    body = "\n".join(BODIES[(n + k) % len(BODIES)].format(n) for k in range(3))
    signed = "某市生态环境局\n2024年6月5日"
    top = f"{slogan}\n" if slogan else ""
    return f"{top}# {TITLES[n % len(TITLES)]}（{n}）\n{body}\n{signed}\n" + "".join(
        f"{line}\n" for line in foot
    )


def edges(text, title=None):
    document = document_from_text(text.rstrip(), title=title)
    return {document.text[document.spans[i].start : document.spans[i].end] for i in edge_lines(document)}


def test_only_short_lines_at_the_edge_may_be_a_sites():
    assert edges(page(1)) == {SLOGAN, HOTLINE, RUN_BY}
    assert edges("\n".join(["标题在此", BODIES[0], SLOGAN, BODIES[0]])) == set()
    assert edges(f"{SLOGAN}\n无正文") == set()


@pytest.mark.parametrize(
    "line",
    [
        "第一章　总则", "附　则", "一、总体情况", "（一）加强监测", "附件1.名单", "重点任务清单.docx", "1.申请表", "- 许可证副本",
        "本法自公布之日起施行。", "央视网消息（新闻联播）：", "某省生态环境厅", "2024年6月5日", "二〇二四年六月五日", "某环发〔2024〕12号",
        "序号 | 名称 | 数量", "Bureau of Ecology and Environment", "Chapter 2 Monitoring", "June 5, 2024", "新华社记者 张三摄",
        "【重要讲话】", "资料图片", "※", "12369",
    ],
)  # fmt: skip
def test_what_many_documents_share_as_their_own(line):
    assert line not in edges(f"{line}\n标题在此\n{BODIES[0]}")
    assert line not in edges(f"标题在此\n{BODIES[0]}\n{line}")


def test_a_line_above_the_body_may_be_its_heading_and_a_title_is_a_title():
    assert edges(f"标题在此\n总体情况\n{BODIES[0]}") == {"标题在此"}
    assert edges(f"{SLOGAN}\n标题在此\n{BODIES[0]}", title=SLOGAN) == set()


@pytest.mark.parametrize(
    ("n_with", "n", "expected"),
    [
        (4, 4, False),
        (5, 5, True),
        (5, 15, True),
        (7, 16, False),
        (8, 16, True),
        (8, 31, True),
        (8, 32, False),
    ],
)
def test_share_of_a_sites_documents(n_with, n, expected):
    assert is_repeated(n_with, n) is expected


def test_lines_of_a_site_are_left_out_from_the_edges_inwards():
    document = document_from_text(page(1, foot=("办理部门", "综合科室之一", RUN_BY)).rstrip())
    lines = [document.text[span.start : span.end] for span in document.spans]
    found = edge_lines(document)
    keys = {lines[i]: key for i, key in found.items()}
    # "办理部门" is on each page, but what stands below it is this page's: it may be its label
    repeated = {keys[SLOGAN], keys["办理部门"], keys[RUN_BY]}
    assert {lines[i] for i in spans_left_out(document, found, repeated)} == {SLOGAN, RUN_BY}
    assert spans_left_out(document, found, set()) == frozenset()


def test_sites():
    assert site_name("https://www.example.gov.cn/a.html", "某局", "a/b.txt") == "example.gov.cn"
    assert site_name("https://web.archive.org/web/2021/http://example.com/a", None, "b.txt") == "example.com"
    assert site_name(None, "某局", "a/b.txt") == "publisher:某局"
    assert site_name("http://[", None, "a/b.txt") == "folder:a"


def test_the_index_of_lines_in_question_knows_the_least_count():
    assert store_lines.MIN_COUNT == MIN_DOCUMENTS
    assert f"n >= {MIN_DOCUMENTS}" in store_lines.SCHEMA


# In an index


@pytest.fixture
def site(tmp_path):
    """A function that writes pages of one site and brings the index in step."""
    settings = Settings(passage_tokens=60)
    embedder = HashEmbedder()

    def update(write=None, remove=(), rebuild=False, index="index"):
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        for name, text in (write or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        for name in remove:
            (folder / name).unlink()
        summary = reindex([folder], tmp_path / index, settings=settings, embedder=embedder, rebuild=rebuild)
        return tmp_path / index, summary

    return update


def passages(index):
    """By file the texts of the passages, and by file the document's text."""
    found, texts = defaultdict(list), {}
    with Catalog(index) as catalog:
        numbers = [number for number, *_ in catalog.iter_passages()]
        stored = catalog.passages(numbers)
        for number in numbers:
            name = stored[number].path.rpartition("/")[2]
            found[name].append((stored[number].passage.text, stored[number].passage.context))
            texts[name] = catalog.document(stored[number].passage.doc_id).text
    return dict(found), texts


def holds(index, line):
    """Files that have a passage with a line."""
    return {name for name, mine in passages(index)[0].items() if any(line in text for text, _ in mine)}


def pages(numbers):
    return {f"{n:02}.txt": page(n) for n in numbers}


def test_slogan_hotline_and_imprint_of_thirty_pages_are_in_no_passage(site):
    index, summary = site(pages(range(30)))
    found, texts = passages(index)
    assert len(found) == 30
    for name, mine in found.items():
        assert all(line in texts[name] for line in (SLOGAN, HOTLINE, RUN_BY))  # nothing is lost
        joined = "\n".join(text for text, _ in mine)
        assert not any(line in joined for line in (SLOGAN, HOTLINE, RUN_BY))
        rest = set(texts[name].split("\n")) - {SLOGAN, HOTLINE, RUN_BY}
        assert len(rest) == 6
        assert all(line in joined for line in rest)
    assert summary.added == 30


def test_few_pages_keep_all_their_lines(site):
    index, _ = site(pages(range(MIN_DOCUMENTS - 1)))
    assert len(holds(index, RUN_BY)) == MIN_DOCUMENTS - 1


def test_order_does_not_matter_and_rebuilding_agrees(site, tmp_path):
    names = [*range(20)]
    random.Random(7).shuffle(names)
    for at in range(0, 20, 3):
        site(pages(names[at : at + 3]))
    site({f"other{n}.txt": page(n + 50, slogan="另一网站", foot=()) for n in range(25)})
    site(remove=[f"{n:02}.txt" for n in (1, 5, 9)])
    index, _ = site({"02.txt": page(2, foot=())})
    incremental = passages(index)[0]
    tables = dump(index)
    again, _ = site(rebuild=True)
    assert passages(again)[0] == incremental
    assert dump(again) == tables
    assert holds(again, SLOGAN) == set()  # 17 of 42
    fresh, _ = site(index="fresh")
    assert passages(fresh)[0] == incremental


def dump(index):
    """The counts without the numbers of sites."""
    with Catalog(index) as catalog:
        rows = catalog._db.execute(
            "SELECT name, line, c.n, n_repeated FROM line_counts c JOIN sites ON number = site"
        )
        counts = sorted(rows.fetchall())
        rows = catalog._db.execute(
            "SELECT name, line, was_repeated, doc_id FROM site_lines JOIN sites ON number = site"
        )
        lines = sorted(rows.fetchall())
        sites = sorted(catalog._db.execute("SELECT name, n, settled FROM sites").fetchall())
        recount = Counter((name, line) for name, line, _, _ in lines)
        assert {(name, line): n for name, line, n, _ in counts} == dict(recount)
        return counts, lines, sites


def test_lines_come_back_when_the_site_is_no_longer_sure(site):
    index, _ = site(pages(range(8)))
    assert holds(index, RUN_BY) == set()
    site(remove=[f"{n:02}.txt" for n in range(4)])
    assert len(holds(index, RUN_BY)) == 4
    # or when most pages are without
    site(pages(range(4)))
    assert holds(index, RUN_BY) == set()
    site({f"x{n}.txt": page(n + 60, slogan="", foot=()) for n in range(30)})
    assert len(holds(index, RUN_BY)) == 8


def test_files_that_are_moved_change_their_site(site, tmp_path):
    index, _ = site(pages(range(8)))
    for n in range(4):
        target = tmp_path / "site" / "elsewhere"
        target.mkdir(exist_ok=True)
        (tmp_path / "site" / f"{n:02}.txt").rename(target / f"{n:02}.txt")
    _, summary = site()
    assert summary.renamed == 4
    assert len(holds(index, RUN_BY)) == 8  # four and four
    dump(index)


def test_a_new_page_touches_no_other(site, monkeypatch):
    site(pages(range(20)))
    read = []
    original = Catalog.document
    monkeypatch.setattr(
        Catalog, "document", lambda self, doc_id: read.append(doc_id) or original(self, doc_id)
    )
    before = HashEmbedder.embed_passages
    embedded = []
    monkeypatch.setattr(
        HashEmbedder, "embed_passages", lambda self, texts: embedded.extend(texts) or before(self, texts)
    )
    index, summary = site(pages([33]))
    assert read == []
    assert embedded
    assert not any(RUN_BY in text for text in embedded)  # it was known at once
    assert summary.embedded == len(embedded)
    monkeypatch.undo()
    assert holds(index, RUN_BY) == set()


def test_a_run_that_was_cut_off_is_taken_up(site, monkeypatch):
    calls = []

    def cut_off(catalog, embedder, doc_id, cut):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(doc_id)
        return replace_passages(catalog, embedder, doc_id, cut)

    monkeypatch.setattr("indexer.indexing.run.replace_passages", cut_off)
    with pytest.raises(KeyboardInterrupt):
        site(pages(range(10)))
    monkeypatch.undo()
    index, summary = site()
    assert summary.unchanged == 10
    assert holds(index, RUN_BY) == set()
    with Catalog(index) as catalog:
        assert Lines(catalog).unsettled() == []


def test_the_same_passages_are_not_written_again(site, monkeypatch):
    # Each page ends with a line of its own, below the one that all share: that one is left alone.
    texts = {
        f"{n}.txt": page(n, slogan="", foot=("办理部门", f"科室之{'甲乙丙丁戊己庚辛'[n]}")) for n in range(8)
    }
    site(texts)
    cut = []
    original = settling._cut
    monkeypatch.setattr(
        settling, "_cut", lambda document, *rest: cut.append(document) or original(document, *rest)
    )
    index, _ = site({"9.txt": page(9, slogan="", foot=("办理部门", "科室之壬"))})
    assert len(cut) == 1
    assert len(holds(index, "办理部门")) == 9


# On real bulletins


def test_nothing_of_the_bulletins_is_taken_for_a_sites():
    folder = SHARED_DATA / "bulletins" / "docs"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/bulletins")
    counts, sizes, texts = defaultdict(Counter), Counter(), {}
    for path in sorted(folder.iterdir()):
        document = read_document(path)
        site = (urlsplit(document.url).hostname if document.url else None) or "folder"
        sizes[site] += 1
        for index, key in edge_lines(document).items():
            counts[site][key] += 1
            texts[key] = document.text[document.spans[index].start : document.spans[index].end]
    assert sum(sizes.values()) > 300
    assert [texts[k] for site in counts for k, n in counts[site].items() if is_repeated(n, sizes[site])] == []
