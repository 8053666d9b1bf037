import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.ingest.clean import clean_lines, is_boilerplate
from indexer.types import Line


def clean(*texts):
    return [line.text for line in clean_lines([Line(text, n) for n, text in enumerate(texts, start=1)]).lines]


@pytest.mark.parametrize(
    "text",
    [
        "发布时间:2018-06-04发布者:点击次数:1122",
        "发布时间：2019-05-18 来源：某某学会",
        "2020-07-21 17:57",
        "Release Time1 month ago",
        "3天前",
        "CN EN",
        "新闻资讯",
        "首页 > 新闻中心 > 正文",
        "首頁 > 新聞中心 > 正文",
        "您现在的位置：首页>>环境要闻>>正文",
        "字号:默认 超大 | 打印 |",
        "【打印本页】【关闭窗口】",
        "上一篇：某地召开会议",
        "下一篇：没有了",
        "浏览次数：2168",
        "阅读量 1,024 次",
        "Views: 345",
        "Website Identification Code: 5100000000 Some ICP No. 13000000",
        "网站标识码：5100000000",
        "蜀ICP备13000000号-1",
        "川公网安备 51010000000000号",
        "版权所有：某某生态环境局",
        "Copyright © 2020 Some Bureau. All rights reserved",
        "分享到：微信 微博 QQ空间",
        "Share to: WeChat Weibo",
        "返回首页" * 60,
        "https://www.example.com/a/b?c=d",
    ],
)
def test_boilerplate_is_dropped(text):
    assert clean(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "本办法自发布之日起施行。",
        "转载请注明来源：任何单位不得侵犯版权。",
        "The plan was powered by public money and technical support from Beijing.",
        "下一条生产线将于明年投产",
        "时间：6月5日上午9时在市政府召开听证会",
        "联系电话：010-12345678",
        "主办单位：生态环境部",
        "2018年6月4日",
        "经常务委员会会议审议，由全体组成人员的过半数通过，组成人员名单另行公布。",
        "Home to 22 million people, the city must act",
        "网站应当公开ICP备案号。",
        "Next: the inspection of key counties will begin in June",
        "> 50 mg/L",
        "#1机组",
        "（一）加强监测；",
        "Location: Chengdu",
    ],
)
def test_content_stays_verbatim(text):
    assert clean(text) == [text]


def test_footer_words_that_may_be_news_go_only_beside_a_footer():
    assert clean("正文内容在此。", "主办单位：某某局 承办单位：某某中心", "蜀ICP备13000000号") == [
        "正文内容在此。"
    ]
    assert clean("会议通知", "主办单位：某某局", "会议内容如下。")[1] == "主办单位：某某局"


def test_white_space_and_invisible_characters():
    assert clean("\u3000\u3000第一条\u3000 为了\u200b保护\u202e环境\x07，\t制定  本法。\xa0") == [
        "第一条\u3000为了保护环境， 制定 本法。"
    ]


def test_traditional_is_not_rewritten():
    assert clean("環境保護署、衞生署與裏海") == ["環境保護署、衞生署與裏海"]


def test_markup():
    cleaned = clean_lines(
        [
            Line("## 第一章　总则{align=center}", 1),
            Line("详见[办法](http://example.com/a_(b).html)与**附件**。![](x.png)", 2),
            Line("---", 3),
            Line("| --- | --- |", 4),
            Line("| 甲 | 乙 |", 5),
            Line("::: tip【相关词汇】", 6),
            Line(":::", 7),
            Line("[查看原文](https://example.com/2025/1.html)", 8),
            Line('[附件1.pdf](/static/1.pdf){target="_blank"}', 9),
        ]
    )
    assert [(line.text, line.heading, line.number) for line in cleaned.lines] == [
        ("第一章　总则", True, 1),
        ("详见办法与附件。", False, 2),
        ("甲 | 乙", False, 5),
        ("【相关词汇】", True, 6),
        ("附件1.pdf", False, 9),
    ]
    assert cleaned.url == "https://example.com/2025/1.html"


def test_pinyin_of_scrapers_is_taken_out_but_not_a_writers_note():
    assert clean("国(guó)务(wù)院总(zǒng)理") == ["国务院总理"]
    assert clean("砼(tóng)是混凝土。") == ["砼(tóng)是混凝土。"]


@pytest.mark.parametrize("text", ["第一章　总则", "第二节 监督管理", "一、总体要求", "4.3 发油控制要求"])
def test_unmarked_headings(text):
    assert clean_lines([Line(text, 1)]).lines[0].heading


@pytest.mark.parametrize(
    "text", ["第一章规定，企业应当公开。", "一、企业应当公开信息。", "40 万元以上", "2.5 微克"]
)
def test_no_headings(text):
    assert not clean_lines([Line(text, 1)]).lines[0].heading


def test_halves_of_a_broken_sentence_are_not_judged_alone():
    lines = [
        Line("The bureau said it would", 1),
        Line("print", 2, separator=" "),
        Line("more.", 3, separator=" "),
    ]
    assert [line.text for line in clean_lines(lines).lines] == ["The bureau said it would", "print", "more."]


def test_line_after_a_dropped_one_starts_a_paragraph():
    lines = [Line("环境", 1), Line("---", 2, separator=""), Line("保护", 3, separator="")]
    assert [(line.text, line.separator) for line in clean_lines(lines).lines] == [
        ("环境", "\n"),
        ("保护", "\n"),
    ]


PIECES = st.sampled_from(
    [
        *("#", "# ", "> ", "**", "[a](b)", "![x](y)", "{.c}", "{", "}", "|", "---", ":::", "```", "\n"),
        *(
            "国(guó)",
            "(guó)",
            "打印",
            "首页",
            "来源：",
            "发布时间：",
            "2018-06-04",
            "17:57",
            "ICP备1号",
            "上一篇",
        ),
        *(
            "主办单位：某局",
            "第一章",
            "一、",
            "【",
            "】",
            "。",
            "：",
            "高清",
            "无码",
            "[查看原文](http://a.b/c)",
        ),
        *(" ", "\u3000", "\u200b", "\u202e", "\x00", "a", "B", "1 month ago"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=30))
LINES = st.lists(st.tuples(TEXTS, st.sampled_from(["\n", "\n", "", " "])), max_size=8)


@settings(max_examples=400, deadline=None)
@given(LINES)
@example([("国(g\u200buó)国(guó)国(guó)", "\n")])
def test_cleaning_twice_is_cleaning_once(pairs):
    lines = [Line(text, n, separator=separator) for n, (text, separator) in enumerate(pairs, start=1)]
    once = clean_lines(lines).lines
    assert clean_lines(once).lines == once


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="中文环境a1，", min_size=1, max_size=60))
def test_a_sentence_is_never_boilerplate(text):
    assert not is_boilerplate(text + "。")
