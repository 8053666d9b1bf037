"""Reprints: what counts as one, how they are grouped and kept in step, and what a search makes of them."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import re
import sqlite3
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import SHARED_DATA, HashEmbedder, Reindex
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from indexer import SearchEngine, Settings
from indexer.cli.program import app
from indexer.indexing import reprints as indexing
from indexer.indexing.reprints import form_groups, group_reprints
from indexer.ingest import document_from_text, fingerprint
from indexer.ingest.fingerprint import fold, likeness, locate, signature
from indexer.search import reprints as searching
from indexer.search.ranking import Candidates, Ranked
from indexer.search.reprints import Difference, compare
from indexer.store.catalog import Catalog, FileRecord, StoredPassage
from indexer.types import Passage

RIVER = (
    "青川县全面推行河长制工作情况通报\n"
    "青川县水务局\n2023年5月12日\n\n"
    "2022年以来，青川县共设立县乡村三级河长186名，累计巡河4320次，发现并整改问题217个。\n"
    "全县8条主要河流的12个断面水质全部达到三类以上，其中优良断面11个，占比91.7%。\n"
    "县财政安排河道保洁资金560万元，聘用保洁员95人，清理河道垃圾1380吨。"
    "沿河的23家采砂场已经全部关停，恢复岸线14.5公里。\n"
    "下一步，县河长办将按季度通报各乡镇的巡河情况，对巡河次数不足的乡镇负责人进行约谈。"
    "群众可以拨打热线电话反映身边的水环境问题，经查实的给予200元奖励。\n"
    "各乡镇要在6月30日之前完成排污口排查，建立台账，明确责任人，逐一整治。\n"
)
PERMIT = (
    "Marsh County reports on discharge permits\n\n"
    "By the end of 2022 the county had issued 418 discharge permits, 36 more than in the year before. "
    "Inspectors visited 127 plants and found that nine of them had let out more than their permits allow. "
    "Those plants paid fines of 2.4 million yuan in total, and three had to stop work for 15 days. "
    "The county measures the water at 22 outlets every month and puts the results on its web site. "
    "From July on, plants that treat more than 500 tons of waste water a day must measure by themselves every hour. "
    "Residents who report a hidden outlet receive a reward once the report has been confirmed.\n"
)


def traditional(text: str) -> str:
    import opencc

    return str(opencc.OpenCC("s2t").convert(text))


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def with_pinyin(text: str) -> str:
    notes = {"河": "hé", "水": "shuǐ", "县": "xiàn", "制": "zhì"}
    return re.sub("[" + "".join(notes) + "]", lambda m: f"{m[0]}（{notes[m[0]]}）", text)


def wrapped(text: str, width: int = 21) -> str:
    return "\n".join(re.sub(rf"(.{{{width}}}\d*)", r"\1\n", line) for line in text.split("\n"))


def cut(text: str, *sentences: str) -> str:
    for sentence in sentences:
        assert sentence in text
        text = text.replace(sentence, "")
    return text


REPRINTS: dict[str, Callable[[], tuple[str, str]]] = {
    "script": lambda: (RIVER, traditional(RIVER)),
    "width": lambda: (RIVER, wide(RIVER)),
    "pinyin": lambda: (RIVER, with_pinyin(RIVER)),
    "lines": lambda: (RIVER, wrapped(RIVER)),
    "title": lambda: (RIVER, "青川：一河一策见成效\n" + RIVER.partition("\n")[2]),
    "clutter": lambda: (
        RIVER,
        "首页 > 政务公开 > 水务\n" + RIVER + "责任编辑：李四\n来源：青川新闻网 2023-05-15\n",
    ),
    "cut": lambda: (RIVER, cut(RIVER, "沿河的23家采砂场已经全部关停，恢复岸线14.5公里。")),
    "added": lambda: (RIVER, RIVER + "县委、县政府主要负责同志出席会议并讲话。\n"),
    "excerpt": lambda: (RIVER, RIVER.rpartition("群众")[0]),
    "date of printing": lambda: (RIVER, RIVER.replace("5月12日", "5月15日")),
    "a word": lambda: (RIVER, RIVER.replace("聘用", "招聘").replace("逐一整治", "限期整治")),
    "we for the county": lambda: (RIVER, RIVER.replace("全县", "我县").replace("县财政", "我县财政")),
    "all at once": lambda: (RIVER, "首頁\n" + wrapped(traditional(cut(RIVER, "恢复岸线14.5公里。")))),
    "English, lines": lambda: (PERMIT, re.sub(r"(.{30,40}) ", r"\1\n", PERMIT)),
    "English, cut": lambda: (PERMIT, PERMIT.rpartition("From July")[0] + "Editor: A. Lee\n"),
}


def other_numbers(text: str, *which: str) -> str:
    for number in which:
        assert number in text
        text = text.replace(number, str(7 * int(number)))
    return text


OTHERS: dict[str, Callable[[], tuple[str, str]]] = {
    "another year": lambda: (RIVER, other_numbers(RIVER, "186", "4320", "217", "560", "1380")),
    "another half-year, few numbers": lambda: (RIVER, other_numbers(RIVER, "186", "4320", "560", "95")),
    "another county": lambda: (RIVER, RIVER.replace("青川", "平武")),
    "a paragraph in common": lambda: (
        RIVER,
        "".join(RIVER.splitlines(keepends=True)[4:6])
        + "会议还听取了农业农村局关于化肥减量的汇报。今年将推广测土配方施肥，扶持合作社购置新型播种机械，"
        "组织技术人员下乡指导，力争用三年时间让主要作物的化肥用量下降一成。与会人员围绕秸秆利用、"
        "畜禽粪污还田和农膜回收进行了讨论。\n",
    ),
    "English, another year": lambda: (PERMIT, other_numbers(PERMIT, "418", "36", "127", "22", "500")),
    "English, another county": lambda: (
        PERMIT.replace("county", "Marsh county"), PERMIT.replace("county", "Hill county").replace("Marsh", "Hill"),
    ),
    "two short notices": lambda: ("关于停水的通知", "关于停水的通告"),
}  # fmt: skip


# What is a reprint


@pytest.mark.parametrize("kind", REPRINTS)
def test_a_reprint_is_one(kind: str) -> None:
    one, other = map(fold, REPRINTS[kind]())
    found = likeness(one, other)
    assert found.reprint and found.alike and not found.conflict, found
    back = likeness(other, one)
    assert (back.reprint, back.in_a, back.in_b) == (True, found.in_b, found.in_a)


@pytest.mark.parametrize("kind", OTHERS)
def test_what_only_looks_like_one_is_none(kind: str) -> None:
    one, other = map(fold, OTHERS[kind]())
    assert not likeness(one, other).reprint and not likeness(other, one).reprint


def test_why_is_told() -> None:
    year = likeness(*map(fold, OTHERS["another year"]()))
    assert year.conflict and year.numbers == 5
    county = likeness(*map(fold, OTHERS["another county"]()))
    assert county.conflict and county.swapped == ("青 川", "平 武")
    law = "".join(
        f"第{n}条规定了排放单位应当如何监测、记录并且按时报告其污染物的种类与数量。" for n in range(10, 40)
    )
    revised = law.replace("按时报告", "定期向社会公布")
    assert likeness(fold(law), fold(revised)).reprint is False
    assert likeness(fold(law), fold(law.replace("排放单位", "排污单位", 2))).reprint


def test_texts_of_no_words_are_nothing_to_each_other() -> None:
    assert not likeness(fold(""), fold("")).reprint
    assert not likeness(fold("……"), fold(RIVER)).reprint


def test_units_fold_what_makes_no_difference() -> None:
    same = ["2024", "年", "1", "月", "pm", "2.5", "均", "值", "1380", "台"]
    for text in (
        "2024年01月PM2.5均值：1,380台",
        "２０２４年１月，ＰＭ２．５均值 1380 臺",
        "2024年1月PM2.5 均（jūn）值1380枱",
    ):
        assert list(fold(text).units) == same
    assert fold("见 https://a.example/b?c=1 ，完").units == ("见", "完")
    assert fold("2018-06-04").units == fold("2018.6.4").units == ("2018", "6", "4")
    assert fold("第十四个五年规划，一万三千人").units == tuple("第 十四 个 五 年 规 划 一万三千 人".split())


@given(st.text(alphabet="青川县３.4，,（hé） \nﬁ㎡ABc臺著https://x。", max_size=60))
@hypothesis_settings(max_examples=200, deadline=None)
def test_located_units_are_the_folded_ones(text: str) -> None:
    located = locate(text)
    assert tuple(u.folded for u in located) == fold(text).units
    assert all(0 <= u.start < u.end <= len(text) for u in located)
    assert all(a.start <= b.start for a, b in itertools.pairwise(located))


def test_signatures_tell_how_much_is_the_same() -> None:
    import numpy as np

    def agreeing(a: str, b: str) -> float:
        mine, other = (np.frombuffer(signature(fold(t)), "<u4") for t in (a, b))
        assert len(mine) == 128
        return float((mine == other).mean())

    assert agreeing(RIVER, wrapped(RIVER)) == 1 and agreeing(RIVER, traditional(RIVER)) > 0.9
    assert (
        0.5
        < agreeing(RIVER, cut(RIVER, "群众可以拨打热线电话反映身边的水环境问题，经查实的给予200元奖励。"))
        < 1
    )
    assert agreeing(RIVER, PERMIT) < 0.05


# Groups


def test_groups_are_formed_around_the_document_that_has_most_reprints() -> None:
    names = {n: f"{n:016x}" for n in range(9)}
    # 0 and 2 are reprints of 1 but not of each other: one is its beginning, one its end.
    pairs = {0: {1: True}, 1: {0: True, 2: True}, 2: {1: True}, 5: {}}
    assert form_groups(pairs, names) == {0: 1, 1: 1, 2: 1, 5: 5}
    # No chain: 3 is a reprint of 2 only.
    chain = {0: {1: True}, 1: {0: True, 2: True}, 2: {1: True, 3: True}, 3: {2: True}}
    groups = form_groups(chain, names)
    assert groups[0] == groups[1] and groups[0] != groups[3]


def test_an_excerpt_does_not_join_what_is_different() -> None:
    names = {n: f"{n:016x}" for n in range(9)}
    # 0, 1, 2 are prints of one bulletin, 3 is another; 2 lacks the sentences in which they differ.
    pairs = {
        0: {1: True, 2: True, 3: False}, 1: {0: True, 2: True, 3: False},
        2: {0: True, 1: True, 3: True}, 3: {0: False, 1: False, 2: True},
    }  # fmt: skip
    assert form_groups(pairs, names) == {0: 2, 1: 2, 2: 2, 3: 3}


def put(catalog: Catalog, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        document = document_from_text(text)
        catalog.add_document(document, [], [], FileRecord(path, "1-1", None, document.doc_id, None))


def groups_of(catalog: Catalog) -> set[frozenset[str]]:
    """Groups as sets of paths."""
    found = defaultdict(set)
    for path, group in catalog._db.execute(
        "SELECT path, group_id FROM files JOIN fingerprints USING (doc_id)"
    ):
        found[group].add(path)
    assert None not in found
    return {frozenset(paths) for paths in found.values()}


def leftovers(catalog: Catalog) -> list[int]:
    """Rows of each table that speaks of documents that are gone."""
    return [
        catalog._db.execute(f"SELECT count(*) FROM {table} WHERE {column} NOT IN ({known})").fetchone()[0]
        for table, column, known in (
            ("fingerprints", "doc_id", "SELECT doc_id FROM documents"),
            ("bands", "number", "SELECT number FROM fingerprints"),
            ("reprints", "number", "SELECT number FROM fingerprints"),
            ("reprints", "other", "SELECT number FROM fingerprints"),
        )
    ]


TEXTS = {
    "river": RIVER,
    "river-tc": traditional(RIVER),
    "river-cut": cut(RIVER, "沿河的23家采砂场已经全部关停，恢复岸线14.5公里。"),
    "river-2021": other_numbers(RIVER, "186", "4320", "217", "560", "1380"),
    "river-2021-tc": traditional(other_numbers(RIVER, "186", "4320", "217", "560", "1380")),
    "permit": PERMIT,
    "empty": "。",
}
GROUPS = {
    frozenset({"river", "river-tc", "river-cut"}), frozenset({"river-2021", "river-2021-tc"}),
    frozenset({"permit"}), frozenset({"empty"}),
}  # fmt: skip


@pytest.fixture
def empty(tmp_path: Path):
    with Catalog(tmp_path / "index", create=True) as opened:
        yield opened


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("one_by_one", [False, True])
def test_the_order_of_arrival_makes_no_difference(empty: Catalog, seed: int, one_by_one: bool) -> None:
    names = sorted(TEXTS)
    random.Random(seed).shuffle(names)
    for name in names:
        put(empty, {name: TEXTS[name]})
        if one_by_one:
            group_reprints(empty)
    group_reprints(empty)
    assert groups_of(empty) == GROUPS


def test_groups_follow_documents_that_go(empty: Catalog) -> None:
    put(empty, TEXTS)
    group_reprints(empty)
    empty.forget_files(["river", "permit"])
    group_reprints(empty)
    assert groups_of(empty) == {frozenset(g - {"river", "permit"}) for g in GROUPS if g != {"permit"}}
    assert leftovers(empty) == [0, 0, 0, 0]
    empty.forget_files([p for p in TEXTS if p not in ("river", "permit")])
    for table in ("fingerprints", "bands", "reprints"):
        assert empty._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    put(empty, {"again": RIVER})
    group_reprints(empty)
    assert groups_of(empty) == {frozenset({"again"})}


def test_a_run_that_was_cut_off_is_taken_up(empty: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    put(empty, TEXTS)
    calls = itertools.count()

    def failing(*pair: object) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return likeness(*pair)  # type: ignore[arg-type]

    monkeypatch.setattr(indexing, "_SLICE", 2)
    monkeypatch.setattr(indexing, "likeness", failing)
    with pytest.raises(KeyboardInterrupt):
        group_reprints(empty)
    signed = empty._db.execute("SELECT count(*) FROM fingerprints WHERE signature NOT NULL").fetchone()[0]
    assert 0 < signed < len(TEXTS)
    group_reprints(empty)
    assert groups_of(empty) == GROUPS


def test_another_version_of_the_comparison_starts_anew(
    empty: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(empty, TEXTS)
    group_reprints(empty)
    monkeypatch.setattr(indexing, "fingerprint_version", lambda: "next")
    compared = []
    monkeypatch.setattr(indexing, "likeness", lambda a, b: compared.append(1) or likeness(a, b))
    group_reprints(empty)
    assert compared and groups_of(empty) == GROUPS
    compared.clear()
    group_reprints(empty)
    assert not compared


def test_one_more_document_is_compared_with_few(empty: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    words = [f"{a}{b}" for a in "水气土声核碳林草湖海" for b in "监测治理保护修复排放标准规划督察"]
    others = {f"{n}": "，".join(rng.choices(words, k=120)) + "。" for n in range(150)}
    put(empty, {"river": RIVER, **others})
    group_reprints(empty)
    compared = []
    monkeypatch.setattr(indexing, "likeness", lambda a, b: compared.append(1) or likeness(a, b))
    put(empty, {"new": traditional(RIVER)})
    group_reprints(empty)
    assert len(compared) == 1 and frozenset({"river", "new"}) in groups_of(empty)


# Search


@pytest.fixture
def printed(tmp_path: Path, run_reindex: Reindex, settings: Settings, embedder: HashEmbedder):
    """A search engine over a bulletin, an exact copy, three reprints and another bulletin of the same form."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    river = RIVER.replace("2023年5月12日", "2023年5月{day}日")
    files = {
        "a-later.txt": cut(river.format(day=20), "县财政安排河道保洁资金560万元，聘用保洁员95人，清理河道垃圾1380吨。"),
        "b-first.txt": river.format(day=12),
        "c-copy.txt": river.format(day=12),
        "d-tc.txt": traditional(river.format(day=15)),
        "e-undated.txt": river.replace("2023年5月{day}日\n", ""),
        "f-other.txt": other_numbers(river.format(day=12), "186", "4320", "217", "560", "1380"),
        "g-permit.txt": PERMIT,
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    run_reindex()
    with SearchEngine.open(settings.index, settings=settings, embedder=embedder) as opened:
        yield opened


def short(path: str) -> str:
    return path.rpartition("/")[2]


def test_reprints_are_one_hit_the_earliest_first(printed: SearchEngine) -> None:
    hits = printed.search("河长巡河多少次，断面水质如何？", 10)
    shown = [short(h.path) for h in hits]
    assert "b-first.txt" in shown and not {"a-later.txt", "d-tc.txt", "e-undated.txt"} & set(shown)
    hit = hits[shown.index("b-first.txt")]
    assert [short(r.path) for r in hit.reprints] == ["d-tc.txt", "a-later.txt", "e-undated.txt"]
    assert [r.script for r in hit.reprints] == ["Hant", "Hans", "Hans"]
    assert [r.published for r in hit.reprints] == ["2023-05-15", "2023-05-20", None]
    assert [short(p) for p in hit.paths] == ["b-first.txt", "c-copy.txt"]
    assert "f-other.txt" in shown
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert all(a.score >= b.score for a, b in itertools.pairwise(hits))
    for r in hit.reprints:
        assert printed.document(r.doc_id).published == r.published and r.passage_id.startswith(r.doc_id)


def test_as_many_different_hits_as_asked_for(printed: SearchEngine) -> None:
    question = "河长制 巡河 水质 discharge permits"
    everything = printed.search(question, 100, fold=False)
    assert all(h.reprints == () for h in everything)
    folded = printed.search(question, 100)
    assert len(folded) < len(everything)
    for k in (1, 2, 3):
        hits = printed.search(question, k)
        assert len(hits) == k and [h.passage_id for h in hits] == [h.passage_id for h in folded[:k]]
    said = [r.passage_id for h in folded for r in h.reprints] + [h.passage_id for h in folded]
    assert len(said) == len(set(said))


def test_a_passage_that_says_what_two_others_say_is_one_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    """An early print in one passage, and a later one that was cut into two."""
    first, second = RIVER.format(day=1), PERMIT
    texts = {1: ("later", first), 2: ("later", second), 3: ("early", first + second)}
    passages = {
        n: StoredPassage(
            n,
            Passage(doc_id, n, "zh", 0, len(text), text),
            None,
            f"2023-0{5 - n}-01",
            None,
            None,
            "txt",
            group="g",
        )
        for n, (doc_id, text) in texts.items()
    }

    class Stub:
        """Both a catalog and what it knows of reprints."""

        def __init__(self, *_: object) -> None: ...

        def passages(self, numbers: list[int]) -> dict[int, StoredPassage]:
            return {n: passages[n] for n in numbers}

        def members(self, _groups: set[str]) -> dict[str, list[str]]:
            return {"g": ["later", "early"]}

        def passage_numbers(self, doc_id: str) -> list[int]:
            return [n for n, (its, _) in texts.items() if its == doc_id]

    monkeypatch.setattr(searching, "Reprints", Stub)
    none = Candidates("zh", *(np.zeros(0, np.float32),) * 6)
    ranked = [Ranked(n, 3.0 - n, 0.9, 0.0, 0.0, 0, none) for n in (1, 2)]
    found = searching.fold_ranking(ranked, 10, Stub(), lambda _: True)
    assert [f.stored.number for f in found] == [3, 2]
    assert [[r.number for r in f.reprints] for f in found] == [[1], [3]]


def test_a_reprint_that_lacks_the_answer_is_not_shown_for_it(printed: SearchEngine) -> None:
    """The later print has no word of the money; it is no reprint of a passage about that alone."""
    for hit in printed.search("河道保洁资金560万元 保洁员95人", 5):
        if "560万元" in hit.text:
            assert short(hit.path) == "b-first.txt"


def test_a_hit_filtered_by_language_has_its_reprints(printed: SearchEngine) -> None:
    hits = printed.search("河长巡河", 3, "zh")
    assert all(h.lang == "zh" for h in hits) and any(h.reprints for h in hits)
    assert not any(h.reprints for h in printed.search("discharge permits", 3, "en"))


@pytest.mark.parametrize("typed", ["after:2023-05-18", '"断面"', "-一处没有的词 after:2023-05-18"])
def test_folding_shows_nothing_that_a_filter_excludes(printed: SearchEngine, typed: str) -> None:
    """The earliest print of a hit may itself be none: too early, in another format, without the phrase."""
    hits = printed.search(f"河长巡河多少次，断面水质如何？ {typed}", 10)
    assert hits
    if "after" in typed:
        assert all(h.published and h.published >= "2023-05-18" for h in hits)
        later = [h for h in hits if short(h.path) == "a-later.txt"]
        assert later and "b-first.txt" in [short(r.path) for r in later[0].reprints]
    else:
        assert all("断面" in h.text for h in hits)


def test_while_groups_are_being_made_each_print_is_a_hit(printed: SearchEngine) -> None:
    before = len(printed.search("河长巡河", 20))
    with sqlite3.connect(printed._catalog.path) as db:
        db.execute("UPDATE fingerprints SET group_id = NULL")
    db.close()
    hits = printed.search("河长巡河", 20)
    assert len(hits) > before and not any(h.reprints for h in hits)


# What differs


def parts(a: str, b: str) -> list[tuple[str, str, str]]:
    return [(d.kind, d.a, d.b) for d in compare(document_from_text(a), document_from_text(b))]


def test_differences_are_sentences_as_written() -> None:
    a = "一、总体情况\n全市空气优良天数为271天，比上年减少15天。沙尘天气较多。各区继续治理扬尘。\n"
    b = "一、總體情況\n全市空氣優良天數為269天，比上年\n減少15天。各區繼續治理揚塵。\n有關部門將加強督查。"
    assert parts(a, b) == [
        ("same", "一、总体情况", "一、總體情況"),
        (
            "changed",
            "全市空气优良天数为271天，比上年减少15天。",
            "全市空氣優良天數為269天，比上年\n減少15天。",
        ),
        ("removed", "沙尘天气较多。", ""),
        ("same", "各区继续治理扬尘。", "各區繼續治理揚塵。"),
        ("added", "", "有關部門將加強督查。"),
    ]
    changed = compare(document_from_text(a), document_from_text(b))[1]
    assert [changed.a[s:e] for s, e in changed.a_marks] == ["271"]
    assert [changed.b[s:e] for s, e in changed.b_marks] == ["269"]


def test_what_is_gone_is_a_sentence_and_not_the_end_of_one() -> None:
    a = "2024年2月4日发布。2024年1月，空气优良。2024年1月，水质良好。"
    assert [p for p in parts(a, "2024年1月，水质良好。") if p[0] != "same"] == [
        ("removed", "2024年2月4日发布。2024年1月，空气优良。", "")
    ]


def test_texts_with_nothing_in_common() -> None:
    kinds = [kind for kind, _, _ in parts("河流水质良好。", "Every plant needs a permit.")]
    assert kinds == ["removed", "added"]
    assert parts("", "") == [] and parts("。", "……") == []
    assert parts("", "完。") == [("added", "", "完。")]


_PIECES = st.lists(
    st.sampled_from(["水质良好。", "空气优良，", "2024年", "第3号\n", "A plant. ", "減少15天。", "臺"]),
    max_size=14,
)


@given(_PIECES, _PIECES)
@hypothesis_settings(max_examples=150, deadline=None)
def test_differences_cover_both_texts_in_order(mine: list[str], theirs: list[str]) -> None:
    a, b = "".join(mine), "".join(theirs)
    found = compare(document_from_text(a), document_from_text(b))
    for text, pieces in ((a, [(d.a_start, d.a) for d in found]), (b, [(d.b_start, d.b) for d in found])):
        at = 0
        for start, piece in pieces:
            assert text[start : start + len(piece)] == piece
            if piece:
                assert not any(c.isalnum() for c in text[at:start])
                at = start + len(piece)
        assert not any(c.isalnum() for c in text[at:])
    assert all(d.kind == "same" for d in compare(document_from_text(a), document_from_text(a)))


def test_books_are_compared_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = (f"第一条 {name}应当公开监测结果。第二条 每年公布一次。" for name in ("企业", "所有企业"))
    whole = parts(a, b)
    monkeypatch.setattr(fingerprint, "_MOST_CELLS", 0)
    monkeypatch.delattr("rapidfuzz.distance.Indel.opcodes")  # which takes a bit for each pair of words
    assert parts(a, b) == whole and [d[0] for d in whole] == ["changed", "same"]


# The command line


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "one.txt", tmp_path / "two.txt"
    paths[0].write_text(RIVER, "utf-8")
    paths[1].write_text(traditional(RIVER).replace("4320次", "4330次") + "本網記者報道。\n", "utf-8")
    return paths


def test_diff_of_two_files_needs_no_index(two_files: tuple[Path, Path]) -> None:
    result = CliRunner().invoke(app, ["diff", *map(str, two_files)])
    assert result.exit_code == 0, result.output
    assert "one text, printed twice" in result.output
    assert "累计巡河[-4320-]次" in result.output and "累計巡河{+4330+}次" in result.output
    assert "+ 本網記者報道。" in result.output
    row = json.loads(CliRunner().invoke(app, ["diff", *map(str, two_files), "--json"]).output)
    assert row["likeness"]["reprint"] is True and row["likeness"]["numbers"] == 1
    assert {d["kind"] for d in row["differences"]} == {"same", "changed", "added"}
    assert set(row["differences"][0]) == set(Difference.__slots__)


def test_diff_takes_places_in_archives(two_files: tuple[Path, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as packed:
        packed.write(two_files[0], "2018/one.txt")
    names = [f"{tmp_path / 'old.zip'}!/2018/one.txt", str(two_files[1])]
    result = CliRunner().invoke(app, ["diff", *names])
    assert result.exit_code == 0 and "one text, printed twice" in result.output


def test_diff_says_why_two_texts_are_not_one(two_files: tuple[Path, Path]) -> None:
    two_files[1].write_text(RIVER.replace("青川", "平武"), "utf-8")
    assert "“青 川” for “平 武”" in CliRunner().invoke(app, ["diff", *map(str, two_files)]).output
    two_files[1].write_text(PERMIT, "utf-8")
    assert "two texts" in CliRunner().invoke(app, ["diff", *map(str, two_files)]).output


def test_diff_of_documents_of_the_index(printed: SearchEngine, settings: Settings) -> None:
    hit = next(h for h in printed.search("河长巡河", 5) if h.reprints)
    ids = [hit.doc_id, hit.reprints[0].doc_id]
    result = CliRunner().invoke(app, ["diff", *ids, "--index", str(settings.index)])
    assert result.exit_code == 0 and "+++" in result.output
    result = CliRunner().invoke(app, ["diff", ids[0], "0" * 16, "--index", str(settings.index)])
    assert result.exit_code == 2 and "Search again" in result.output


def test_diff_of_what_is_not_there(two_files: tuple[Path, Path]) -> None:
    result = CliRunner().invoke(app, ["diff", str(two_files[0]), "three.txt"])
    assert result.exit_code == 2 and "There is no file three.txt" in result.output


def test_search_prints_reprints(printed: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SearchEngine, "open", lambda *_, **__: printed)
    output = CliRunner().invoke(app, ["search", "河长巡河多少次"]).output
    assert "3 reprints:" in output and "also at" in output and "Traditional" in output
    rows = map(
        json.loads, CliRunner().invoke(app, ["search", "河长巡河多少次", "--json"]).output.splitlines()
    )
    row = next(r for r in rows if r["reprints"])
    assert {"doc_id", "title", "published", "publisher", "path", "paths", "url", "lang", "script"} <= set(
        row["reprints"][0]
    )
    assert len(row["paths"]) == 2


# Real bulletins


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "benchmark_reprints", Path(__file__).resolve().parent.parent / "benchmarks" / "reprints.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED_DATA / "bulletins").is_dir(), reason="../shared/data/bulletins is not here")
def test_pairs_of_real_bulletins_and_what_is_made_of_them(tmp_path: Path) -> None:
    """All bulletins, and reprints and look-alikes of every 20th."""
    measure = benchmark()
    texts, origin, _ = measure.collect(20)
    with Catalog(tmp_path / "index", create=True) as catalog:
        result = measure.group(catalog, measure.read_all(texts, tmp_path), origin)
    assert len(result.wanted) > 150
    assert result.precision >= 0.98, result.wrong
    assert result.recall >= 0.95, result.missed
