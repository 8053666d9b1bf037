"""Sentence boundaries; in the cases a bar stands wherever a sentence ends and another begins."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ingest.sentences import SENTENCE, clauses, sentences

CASES = [
    # Chinese stops
    "全市开展大气监测。|结果好于去年。|明年继续。",
    "排污许可证办了吗？|怎么还没有办！|请马上去办。",
    "这是真的吗？！|谁也不敢相信。",
    "水质明显改善!|市民纷纷点赞。",
    "全市开展监测｡|结果良好｡",
    "一是控煤，二是治车；三是抑尘，四是增绿。|各项工作都有进展。",
    "要求如下：（一）查清底数；（二）建立台账；（三）限期整改。|逾期不改的，依法处理。",
    # quotations and brackets in Chinese
    "他说：“要抓紧治理。”|随后会议结束。",
    "“今年的水清多了。”村民老李说。|他在河边住了三十年。",
    "“河里又有鱼了！”他说，“这在十年前想都不敢想。”|村里人都同意。",
    "“谁污染、谁治理？”的问题由来已久。|如今有了答案。",
    "局长表示：“决不手软。发现一起，查处一起。”|大家鼓掌。",
    "会议学习了《怎样做好垃圾分类？》一文。|与会者谈了体会。",
    "项目已经完工（详见附件一。）并通过验收。|下一步是运行。",
    "各县应当上报（见附件。下同）。|逾期通报。",
    "通知已经印发。|（来源：环境局。）|请遵照执行。",
    "「水變清了。」居民說。|政府會繼續努力。",
    "他回答：“可以。”|记者又问了第二个问题。",
    # numbers, dates, addresses in Chinese text
    "细颗粒物浓度为35.5微克，下降1.2个百分点。|优良天数比例为87.3%。",
    "通知于2018.06.04发布。|自2018.07.01起施行。",
    "详情请登录www.example.gov.cn网站查询。|也可以拨打电话。",
    "请看http://www.example.gov.cn/art/2018/6/4/art_12.html。|报名截止到月底。",
    "1.加强监测。|2.严格执法。|3.公开信息。",
    "一.总体要求。|二.主要任务。",
    "1．加强监测。|2．严格执法。",
    "第3.2条规定了罚款。|第3.3条规定了期限。",
    "依据GB 3095-2012第4.1款执行。|标准值为0.07 mg/L。",
    "①查清底数。|②建立台账。|③限期整改。",
    "全市共有企业120家.|其中重点企业18家.|均已安装设备。",
    "工作取得成效.|下一步要巩固成果.",
    "等等……还有很多问题没有解决。|我们继续努力。",
    "他叹了口气：“唉……”|然后走了。",
    "企业使用的是Co.公司的设备。|运行正常。",
    "PM2.5和O3浓度双双下降。|No.3机组停运。",
    "限值见表5，其他见No. 12的附件。|附件另发。",
    "规定如下:1.企业应当报告.|2.政府应当公布.",
    "第5条.企业应当报告.|第6条.政府应当公布.",
    # English stops
    "The air got better. |It was a good year. |Work goes on.",
    "Was the permit issued? |Nobody knows! |Ask the bureau.",
    "The limit is 1.5 mg per litre. |The old one was 2.0. |It fell by 25%. |Nobody objected.",
    "See No. 3 of the list. |See also Nos. 4 and 5.",
    "Is it allowed? |The answer is no. |We move on.",
    "Art. 5 of the law applies. |Fig. 2 and Sec. 3.1 show why. |See p. 12 and pp. 14-16.",
    "Work began in Sept. 2019 and ended on Dec. 31. |Nothing was left.",
    "The U.S. Environmental Protection Agency agreed. |So did the E.U. delegation.",
    "They were trained in the U.S. |The course took a year.",
    "Mr. J. Smith met Dr. Wang at 5 p.m. Monday. |They spoke of St. Petersburg.",
    "The meeting ended at 5 p.m. |The mayor left first.",
    "Use filters, scrubbers, etc. and keep records. |Check coal, oil, gas, etc. |The inspector will come.",
    "Hebei Steel Co. Ltd. was fined. |Green Water Inc. appealed. |The firm lost.",
    "Wang et al. (2019) found lead, i.e. a heavy metal, e.g. in wells. |Li vs. Zhang was settled.",
    "Visit www.example.gov.cn for forms. |Write to office@example.gov.cn. |The desk is open daily.",
    "Read https://www.example.org/a.html?x=1.2&y=3. |The rules are there.",
    "It was published on 2018.06.04. |It took effect on 2018.07.01 in all cities.",
    "The city waited... and waited. |Then came the rain... |It cleared the air.",
    "1. Reduce coal. |2. Plant trees. |3. Report every month.",
    "The tasks are: 1. Reduce coal. |2. Plant trees.",
    "(1) Reduce coal. |(2) Plant trees. |(a) Pines. |(b) Oaks.",
    "a. Reduce coal. |b. Plant trees.",
    "Article 5. The State protects wetlands. |Article 6. Nobody may drain them.",
    "Section 2.1. Definitions are given here. |They bind all.",
    "“We won!” the mayor said. |The sky was blue.",
    "“Who pays?” asked the mayor of the city. |Nobody answered.",
    "“Is it safe?” Mayor Li Ming asked. |Nobody answered.",
    "He said, “The river is clean.” |Then he left.",
    'He said, "The river is clean." |"Is it?" she asked.',
    "The plan (see Annex A. and B.) was adopted. |It runs to 2025.",
    "The plan was adopted. |(It runs to 2025.) |Funds are ready.",
    "The pH was 7.2. |pH values above 9 are rare. |mRNA was found.",
    "We tested Plan B. |It works. |Then came vitamin C. |It works too.",
    "The quality rose.|The emissions fell.",
    "The fine was 3,000 yuan; the firm paid; the case was closed. |The end.",
    "The plant burns coal, oil, etc., and sells steam. |It is old.",
    "E.g. coal was banned. |I.e. nobody may burn it.",
    "Vol. 12, No. 4 of the Gazette has the text. |Ch. 3 has the map.",
    # both languages in one line
    "他引用了“The air is clean. It is safe.”这句话。|随后结束发言。",
    "大气质量改善。 |The air is better. |水质也在改善。",
    "The term 三同时 is used in law. |It means three things at once.",
    "美国环保署（U.S. EPA）发布了报告。|报告共3.5万字。",
]
"""Written for this test. Spaces after a sentence's end belong to no sentence."""


def expected(case):
    return [part.strip() for part in case.split("|")]


def found(text):
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize("case", CASES)
def test_sentences(case):
    assert found(case.replace("|", "")) == expected(case)


def test_straight_quotes_are_told_apart_by_what_is_around_them():
    assert found('They asked "Is it safe?" The mayor nodded. "It is." Then "No. 3" was opened.') == [
        'They asked "Is it safe?"',
        "The mayor nodded.",
        '"It is."',
        'Then "No. 3" was opened.',
    ]
    # The first mark of a quotation that goes on from the paragraph before is missing.
    assert found('The water is clean." He left. She stayed. "Why?"') == [
        'The water is clean."',
        "He left.",
        "She stayed.",
        '"Why?"',
    ]


def test_long_quotation_has_sentences_of_its_own():
    quoted = "我们每天清晨都要到河边去看一看水的颜色，闻一闻水的气味，记下水位的高低。"
    assert found(f"他说：“{quoted}{quoted}”大家点头。") == [f"他说：“{quoted}", f"{quoted}”", "大家点头。"]


def test_interval_of_a_longer_text():
    text = "甲。乙。\n丙。丁。"
    assert [text[a:b] for a, b in sentences(text, 5, 9)] == ["丙。", "丁。"]


def test_clauses_are_cut_at_the_best_marks():
    text = "企业应当建立台账，记录设备运行情况；政府应当加强检查，公开检查结果；公众可以举报违法行为，并且得到答复。"
    pieces = [(text[a:b], strength) for a, b, strength in clauses(text, 0, len(text), 40)]
    assert "".join(piece for piece, _ in pieces) == text
    strengths = dict(pieces)
    assert strengths["记录设备运行情况；"] > strengths["企业应当建立台账，"] > 0
    assert pieces[-1][1] == SENTENCE


PIECES = st.sampled_from(
    [
        *"。！？；，、：…“”‘’「」（）()《》【】\"'.!? \n\u3000",
        "环境",
        "Air",
        "U.S.",
        "No. 3",
        "1.5",
        "etc.",
        "a",
        "9",
        "...",
        "x" * 50,
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=80).map("".join), st.text(max_size=100)), st.integers(20, 60))
def test_every_character_is_in_one_sentence_and_one_clause(text, size):
    for intervals in (list(sentences(text)), [(a, b) for a, b, _ in clauses(text, 0, len(text), size)]):
        assert all(a < b for a, b in intervals)
        assert all(b <= c for (_, b), (c, _) in pairwise(intervals))
        assert "".join(re.sub(r"\s", "", text[a:b]) for a, b in intervals) == re.sub(r"\s", "", text)
        assert all(text[a:b] == text[a:b].strip() for a, b in intervals)
    assert all(b - a <= size for a, b, _ in clauses(text, 0, len(text), size))
