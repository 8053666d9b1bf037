import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.ingest.clean import clean_lines
from indexer.ingest.clutter import reason_alone
from indexer.types import Line


def clean(*texts):
    return [line.text for line in clean_lines([Line(text, n) for n, text in enumerate(texts, start=1)]).lines]


TITLE = "全省生态环境保护工作会议召开"
BODY = "近日，省生态环境厅召开全省生态环境保护工作会议，部署下一阶段的重点任务。"

CLUTTER = {
    "counter": [
        "点击次数：1122", "浏览量:2333次", "浏览次数：2168", "阅读量 1,024 次", "點擊次數：25", "瀏覽人次：300",
        "您是第 123456 位访客", "Views: 345", "[Hits: 23]", "Click times: 1122", "Number of clicks: 35 times",
        "Browse: 23 times", "You are the 12345th visitor",
    ],
    "field line": [
        "发布时间:2018-06-04发布者:点击次数:1122", "发布时间：2019-05-18 来源：某某学会", "来源：某某报",
        "2020年6月5日 09:12 来源：某某社", "发布日期：二〇一八年六月四日", "来源：某某部 编辑：张三 审核：李四",
        "一审：张三 二审：李四 三审：王五", "【责任编辑:赵六】", "（责编：李四、王五）", "責任編輯：張三",
        "發佈時間：2020-06-05 來源：某報", "索引号：000014672/2020-00123", "公开方式：主动公开",
        "Release time: June 4, 2018 Source: Some Daily Views: 12", "Published: June 5, 2019",
        "Editor in charge: Zhang San", "(Editor: Li Si)",
    ],
    "date line": ["2020-07-21 17:57", "Release Time1 month ago", "3天前"],
    "breadcrumb": [
        "首页 > 新闻中心 > 正文", "首頁 > 新聞中心 > 正文", "您现在的位置：首页>>环境要闻>>正文", "首页 / 新闻 / 正文",
        "Home page > News Center > Text", "Your location: Home > Environmental news",
    ],
    "navigation": [
        "CN EN", "字号:默认 超大 | 打印 |", "【打印本页】【关闭窗口】", "返回首页" * 60, "网站地图 | 联系我们 | 法律声明",
        "Font size: [big] [middle] [small]", "【Font: Large Medium Small】", "[Print] [Close]", "Close the window",
        "Skip to main content", "日本語 | 한국어 | English", "切換到繁體", "第 1~20 条：", "【1】【2】【3】【4】", "附件下载",
    ],
    "share": ["分享到微信朋友圈", "Scan to share", "Share to: WeChat Weibo", "分享到：微信 微博 QQ空间"],
    "neighbours": [
        "上一篇：某地召开会议", "下一篇：没有了", "上一篇：某地召開會議", "Previous article: Notice on the meeting",
        "Next post: none",
    ],
    "footer": [
        "Website Identification Code: 5100000000 Some ICP No. 13000000", "网站标识码：5100000000", "蜀ICP备13000000号-1",
        "川公网安备 51010000000000号", "版权所有：某某生态环境局", "版權所有 不得轉載", "技术支持：某某科技有限公司",
        "Copyright © 2020 Some Bureau. All rights reserved", "Technical support: Some Software Co., Ltd.",
        "Some Public Security Record No. 12345678901234", "Copyright: Ecology and Environment Bureau of Some City",
        "建议使用1024*768分辨率浏览本网站", "本网站已支持IPv6",
    ],
    "prompt": [
        "扫一扫在手机打开当前页", "掃一掃在手機打開當前頁", "长按二维码关注", "长按识别二维码关注公众号",
        "打开微信，点击底部的“发现”，使用“扫一扫”即可将网页分享至朋友圈。", "点击上方蓝字关注我们", "觉得好看请点在看",
        "您的浏览器版本过低，请升级浏览器。", "声明：本文转载自网络，如有侵权请联系删除。",
        "本网站使用Cookie改善浏览体验，继续浏览即表示您同意我们使用Cookie。", "本文仅代表作者观点，不代表本站立场。",
        "Scan the QR code to follow us", "Scan and open the current page on your mobile phone",
        "Your browser does not support the video tag.", "Please enable JavaScript to continue.",
        "We use cookies to improve your experience on our website. By browsing this website, you agree to our use of "
        "cookies.",
    ],
    "player": ["00:00 / 03:21", "Play Mute Fullscreen 1.5x 00:12 / 03:20"],
    "placeholder": ["Images", "> Images", "图片", "Loading..."],
    "link": ["https://www.example.com/a/b?c=d", "原文链接：https://example.com/a.html"],
    "spam": ["高清无码大全_最新电影网_游戏下载", "久久精品_日韩高清在线_免费电影", "某某娱乐城百家乐官网"],
    "markup": ["---", "```", "| --- | --- |", "[[year:2023]]", "<br/>", "&nbsp;", "{{}}"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "text"), [(reason, text) for reason, texts in CLUTTER.items() for text in texts]
)
def test_clutter_is_dropped_between_sentences_and_says_why(reason, text):
    cleaned = clean_lines([Line(TITLE, 1), Line(BODY, 2), Line(text, 3), Line(BODY + "二", 4), Line(BODY, 5)])
    assert [line.number for line in cleaned.lines] == [1, 2, 4, 5]
    (removed,) = cleaned.removed
    assert (removed.line.number, removed.line.text.strip("> ")) == (3, text.strip("> "))
    assert removed.reason == reason


CONTENT = [
    "本办法自发布之日起施行。", "转载请注明来源：任何单位不得侵犯版权。", "下一条生产线将于明年投产", "联系电话：010-12345678",
    "The plan was powered by public money and technical support from Beijing.", "主办单位：生态环境部", "2018年6月4日",
    "经常务委员会会议审议，由全体组成人员的过半数通过，组成人员名单另行公布。", "网站应当公开ICP备案号。", "> 50 mg/L",
    "Home to 22 million people, the city must act", "#1机组", "（一）加强监测；", "Location: Chengdu",
    "Next: the inspection of key counties will begin in June", "Previous: the plan covered 12 counties",
    "时间：6月5日上午9时在市政府召开听证会", "某某省生态环境厅", "环发〔2009〕12号", "附件：1.重点排污单位名录",
    "附件1.重点任务清单.docx", "附件下载：重点任务清单.pdf", "（此件公开发布）", "抄送：各市人民政府，省直各部门",
    "资料来源：生态环境部环境监测司", "信息公开", "政策解读", "环境质量", "点击率明显上升", "来源控制", "第一章　总则", "附　则",
    "扫描二维码即可查看排污口信息的公示牌已安装完成。", "Share of clean energy: 25%", "Views on the draft law", "Energy",
    "Source apportionment: PM2.5 from vehicles 45%", "Time: from June to September the bureau will inspect all plants",
    "Address: No. 1 People's Road", "Industry, Agriculture, Transport", "大", "甲 | 大 | 12", "企业规模 | 大 | 中 | 小",
    "央视网消息（新闻联播）：", "SO2 > 50 > 20", "国产精品设备进口目录", "举报电话：12369", "审核：市生态环境局", "摄影：大会会场",
    "访问学者名单", "打印机耗材回收名录", "The bureau uses cookies and paper cups as test waste", "未经批准，不得转让排污许可证。",
    "未经环境影响评价审批的项目不得开工", "Copyright law amendments", "类别 | 数据 | 内容 | 图片", "相关链接：什么是碳达峰",
]  # fmt: skip


@pytest.mark.parametrize("text", CONTENT)
@pytest.mark.parametrize("place", ["after the title", "amid", "at the end", "alone"])
def test_content_stays_verbatim(text, place):
    around = {
        "after the title": ([TITLE], [BODY]),
        "amid": ([TITLE, BODY], [BODY]),
        "at the end": ([TITLE, BODY], []),
        "alone": ([], []),
    }
    before, after = around[place]
    assert clean(*before, text, *after) == [*before, text, *after]


def test_name_of_the_column_above_the_title():
    for column in ("Open Governance", "NEWS", "新闻资讯", "新聞中心", "政务公开"):
        assert clean(column, TITLE, BODY) == [TITLE, BODY]
        assert clean(column, BODY) == [column, BODY]  # then it is the title
        assert clean(TITLE, BODY, column, BODY) == [TITLE, BODY, column, BODY]
        assert clean(f"# {column}", TITLE, BODY) == [column, TITLE, BODY]


def test_menus():
    menu = [
        "首页",
        "走进某市",
        "新闻中心",
        "政务公开",
        "办事服务",
        "互动交流",
        "市长之窗",
        "数据开放",
        "专题专栏",
        "无障碍浏览",
    ]
    assert clean(*menu, TITLE, BODY, *menu, "某网站") == [TITLE, BODY]
    assert clean("时政 财经 生活 视频 专栏 双语", TITLE, BODY) == [TITLE, BODY]
    assert clean("[要闻](/a)", "[督察](/b)", "[大气](/c)", "[水](/d)", TITLE, BODY) == [TITLE, BODY]
    signatories = [
        "生态环境部",
        "外交部",
        "商务部",
        "海关总署",
        "应急部",
        "农业农村部",
        "科技部",
        "2019年3月4日",
    ]
    assert clean(TITLE, BODY, *signatories) == [TITLE, BODY, *signatories]


def test_other_news_goes_with_its_heading():
    news = ["某市召开水污染防治会议", "某县开展“六五”环境日活动", "2018-03-02 08:58:39"]
    assert clean(TITLE, BODY, "相关新闻", *news) == [TITLE, BODY]
    assert clean(TITLE, BODY, "延伸閱讀：", *news, "版权所有：某局") == [TITLE, BODY]
    assert clean(TITLE, BODY, "Related news", "Some city held a meeting", "Another did too") == [TITLE, BODY]
    # but text under the same heading stays
    assert clean(TITLE, BODY, "相关链接", "什么是碳达峰", BODY) == [TITLE, BODY, "什么是碳达峰", BODY]


def test_neighbours():
    assert clean(TITLE, BODY, "Previous: A meeting was held", "Next: Another meeting") == [TITLE, BODY]
    assert clean(TITLE, BODY, "上一篇：", "某地召开会议") == [TITLE, BODY]
    assert clean(TITLE, BODY, "点击次数：", "1,122") == [TITLE, BODY]
    assert clean(TITLE, BODY, "1,122") == [TITLE, BODY, "1,122"]


def test_what_stands_below_a_footer_goes_but_for_attachments():
    page = [TITLE, BODY, "蜀ICP备13000000号", "某某软件", "010-12345678", "附件1.名单.xlsx"]
    assert clean(*page) == [TITLE, BODY, "附件1.名单.xlsx"]
    assert clean("蜀ICP备13000000号", "某某软件", BODY) == ["某某软件", BODY]


def test_appeals_for_subscriptions_at_the_end():
    appeal = "請加入成為本報的月費訂戶，長期支持我們的工作。"
    assert clean(TITLE, BODY, appeal) == [TITLE, BODY]
    assert clean(TITLE, appeal, *[BODY] * 8) == [TITLE, appeal, *[BODY] * 8]


def test_dropped_lines_may_tell_date_and_source_but_markup_tells_nothing():
    cleaned = clean_lines([Line("发布时间:2018-06-04", 1), Line("---", 2), Line(BODY, 3), Line("\u200b", 4)])
    assert [line.text for line in cleaned.dropped] == ["发布时间:2018-06-04"]
    assert [(removed.line.text, removed.reason) for removed in cleaned.removed] == [
        ("发布时间:2018-06-04", "field line"),
        ("---", "markup"),
    ]


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
            Line("应当公开。:mag:*[查看原文](/posts/#t24)*", 10),
            Line("<p>本报&nbsp;讯</p>", 11),
            Line("a &lt; b<br/>c", 12),
        ]
    )
    assert [(line.text, line.heading, line.number) for line in cleaned.lines] == [
        ("第一章　总则", True, 1),
        ("详见办法与附件。", False, 2),
        ("甲 | 乙", False, 5),
        ("【相关词汇】", True, 6),
        ("附件1.pdf", False, 9),
        ("应当公开。", False, 10),
        ("本报 讯", False, 11),
        ("a < b c", False, 12),
    ]
    assert cleaned.url == "https://example.com/2025/1.html"


def test_address_after_an_open_brace():
    # Were it cut into attributes in every way that there is, this would not come to an end.
    line = "见{u=" + "b=1&" * 60 + " 等处的说明。"
    assert clean(line) == [line]


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
        *(
            "上一篇：",
            "Next: a",
            "Previous: b",
            "相关新闻",
            "政务公开",
            "首页",
            "附件1",
            "2018-06-04 17:57:00",
            "成为会员",
        ),
        *("&lt;", "<br>", "&amp;", ":mag:", "*"),
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
    assert reason_alone(text + "。") is None
