import numpy as np
import pytest

from indexer.ingest.describe import describe
from indexer.language.topics import (
    MAX_TOPICS,
    MIN_CONFIDENCE,
    all_topics,
    center_prototypes,
    combine,
    document_topics,
    find_topic,
    prototype_texts,
    refine,
    topic,
)
from indexer.types import Fact, Line, LoadedFile


def topics(title, text, lang="zh"):
    return [fact.value for fact, _ in document_topics(title, text, lang)]


@pytest.mark.parametrize(
    ("title", "text", "lang", "wanted"),
    [
        ("全市空气质量改善", "今年PM2.5平均浓度下降，优良天数增加，扬尘和燃煤得到控制。", "zh", "air"),
        ("黑臭水体治理", "河长巡河，截污纳管，断面水质达到地表水Ⅲ类，排污口全部整治。", "zh", "water"),
        ("受污染耕地安全利用", "农用地土壤污染详查查明重金属超标地块，开展土壤修复。", "zh", "soil"),
        ("“无废城市”建设启动", "生活垃圾分类覆盖全市，危险废物和医疗废物集中处置。", "zh", "solid-waste"),
        ("宁静小区", "治理建筑施工噪声和广场舞扰民，夜间声环境质量达标率提高。", "zh", "noise"),
        ("放射源检查", "对射线装置和放射源使用单位开展辐射安全检查，核与辐射安全可控。", "zh", "nuclear-radiation"),
        ("碳市场开市", "重点排放单位的温室气体排放配额开始交易，助力碳达峰碳中和。", "zh", "climate-carbon"),
        ("候鸟归来", "湿地生态系统恢复，候鸟种群增加，自然保护区生物多样性得到保护。", "zh", "ecology"),
        ("美丽海湾", "近岸海域水质优良，入海排污口整治，海洋垃圾减少。", "zh", "marine"),
        ("督察整改", "中央生态环境保护督察组交办的问题整改完成，对违法行为立案处罚。", "zh", "inspection-enforcement"),
        ("第二次全国污染源普查", "普查员入户调查，清查名录，普查数据通过审核。", "zh", "census-statistics"),
        ("自动监控", "监测站点联网，监测数据真实准确，卫星遥感和在线监测并用。", "zh", "monitoring"),
        ("排污许可", "企业申领排污许可证，建设项目环评审批提速，落实三同时。", "zh", "eia-permits"),
        ("应急演练", "模拟危化品泄漏，启动突发环境事件应急预案，各组有序处置。", "zh", "emergency"),
        ("農村污水", "農村人居環境改善，畜禽養殖糞污資源化，面源污染減少。", "zh", "rural"),
        ("香港空氣質素", "空氣污染物濃度超標，路邊監測站錄得二氧化氮上升。", "zh", "air"),
        ("Clear skies", "The average PM2.5 fell and days with good air rose as dust and coal burning were controlled.", "en", "air"),
        ("River chiefs", "Black and odorous water bodies were treated and surface water quality met Grade III.", "en", "water"),
        ("Sources of radiation", "Radioactive sources and ray devices were inspected; radiation safety is ensured.", "en", "nuclear-radiation"),
        ("Census of pollution sources", "Enumerators visited each firm for the household survey; the census data were audited.", "en", "census-statistics"),
        ("Inspectors return", "Central environmental protection inspectors demanded rectification; illegal discharge was fined.", "en", "inspection-enforcement"),
        ("Carbon trading", "Greenhouse gas allowances are traded in the carbon market to reach carbon neutrality.", "en", "climate-carbon"),
    ],
)  # fmt: skip
def test_the_first_topic(title, text, lang, wanted):
    assert topics(title, text, lang)[0] == wanted


def test_texts_about_something_else_have_no_topic():
    assert topics("足球赛开幕", "来自各地的球队在体育场比赛，观众欢呼，主队三比一获胜，门将表现出色。") == []
    assert (
        topics("A new library", "Readers queued for hours to see the reading rooms and the old maps.", "en")
        == []
    )
    assert topics(None, "") == []


def test_the_longest_term_wins():
    # 水土保持 is no water, 臭氧层 no air.
    assert topics("水土保持", "开展水土保持，防沙治沙，造林种草。")[0] == "ecology"
    assert "air" not in topics("消耗臭氧层物质", "淘汰消耗臭氧层物质，替代有毒化学品。")


def test_confidence_order_and_evidence():
    text = "第一段。\n全省空气质量改善，PM2.5下降。\n同时治理污水，水质好转。"
    found = document_topics("空气质量月报", text, "zh")
    confidences = [fact.confidence for fact, _ in found]
    assert confidences == sorted(confidences, reverse=True)
    assert len(found) <= MAX_TOPICS and min(confidences) >= MIN_CONFIDENCE
    fact, offset = found[0]
    assert (fact.value, fact.origin, text[offset : offset + 4]) == ("air", "text", "空气质量")
    assert fact.quote == "全省空气质量改善，PM2.5下降。"


def test_a_mention_in_passing_is_no_topic_of_a_long_text():
    filler = "来自各地的代表在会场听取报告，讨论经济和社会发展，表决通过决议。" * 60
    assert "noise" not in topics("大会开幕", filler + "有代表提到噪声。" + filler)


def test_names_and_ids():
    assert len({each.id for each in all_topics()}) == len(all_topics()) >= 16
    assert topic("solid-waste").name_zh == "固体废物"
    assert topic("sports") is None
    for name in ("solid-waste", "Solid waste", "SOLID WASTE", "solid_waste", "固体废物", "固體廢物"):
        assert find_topic(name) == "solid-waste"
    assert find_topic("sports") is None
    assert len(prototype_texts()) == len(all_topics())


def test_combine():
    flat = {each.id: 0.0 for each in all_topics()}
    assert combine({}, flat) == {}
    usual = combine({"air": 0.5}, flat | {"air": 0.2})
    assert usual["air"] > 0.5  # the description that is nearest by far speaks for it
    assert combine({"air": 0.5}, flat | {"water": 0.2})["air"] < 0.5
    assert "noise" in combine({"air": 0.5}, flat | {"noise": 1.0})  # it stands out
    spread = {name: (-1.0) ** n for n, name in enumerate(flat)}
    assert set(combine({}, spread)) == set()  # none does


def test_refine():
    n = len(all_topics())
    rng = np.random.default_rng(0)
    means = {"zh": rng.normal(size=32).astype(np.float32), "en": rng.normal(size=32).astype(np.float32)}
    pure = rng.normal(size=(n, 32)).astype(np.float32)
    prototypes = center_prototypes(pure + means["zh"], 2 * pure + means["en"], means)
    assert prototypes.shape == (n, 32)
    np.testing.assert_allclose(np.linalg.norm(prototypes, axis=1), 1, rtol=1e-5)
    ids = [each.id for each in all_topics()]
    found = [Fact("topic", "air", 0.6, "text", 3, quote="x"), Fact("topic", "water", 0.42, "text")]
    refined = refine(found, prototypes[ids.index("air")], prototypes)
    assert (refined[0].value, refined[0].line, refined[0].quote) == ("air", 3, "x")
    assert refined[0].confidence > 0.6
    assert "water" not in [fact.value for fact in refined]  # it was doubtful, and is far off
    only_vector = refine([], prototypes[ids.index("noise")], prototypes)
    assert [(fact.value, fact.origin) for fact in only_vector] == [("noise", "embedding")]
    declared = [Fact("topic", "rural", 1.0, "side-car")]
    assert refine(declared, prototypes[0], prototypes) == declared


def test_documents_have_topics():
    lines = (
        Line("全市空气质量改善", 1),
        Line("今年PM2.5平均浓度下降，优良天数增加，扬尘和燃煤得到控制。", 4),
    )
    found = describe(LoadedFile(lines, "txt"), lines)
    assert next(fact.value for fact in found.facts if fact.name == "topic") == "air"
