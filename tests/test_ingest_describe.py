import pytest

from indexer.ingest.clean import clean_lines
from indexer.ingest.describe import describe, parse_date
from indexer.types import Line, LoadedFile

BODY = (
    "近日，某省生态环境厅召开会议，部署今年的大气污染防治工作，要求各地落实责任，确保完成年度目标。会议指"
    "出，要加强监测，严格执法。"
)
BODY_EN = (
    "The provincial department of ecology and environment held a meeting on air pollution control and"
    " asked all "
    "cities to reach their yearly goals, as it had announced before."
)


def described(*texts, **declared):
    loaded = LoadedFile(
        lines=tuple(Line(text, n) for n, text in enumerate(texts, start=1)), format="txt", **declared
    )
    cleaned = clean_lines(loaded.lines)
    return describe(loaded, cleaned.lines, cleaned.dropped, cleaned.url)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2018-06-04", "2018-06-04"),
        ("2018年6月4日", "2018-06-04"),
        ("2018 年 10 月 14 日", "2018-10-14"),
        ("2018/6/4", "2018-06-04"),
        ("二〇一八年六月四日", "2018-06-04"),
        ("二○一八年十二月三十一日", "2018-12-31"),
        ("二〇二〇年十月二十日", "2020-10-20"),
        ("June 3, 2019", "2019-06-03"),
        ("June 3rd, 2019", "2019-06-03"),
        ("3 Sept. 2019", "2019-09-03"),
        ("2018-13-04", None),
        ("2018-02-30", None),
        ("1 month ago", None),
        ("2018年6月", None),
        ("GB 18918-2002", None),
        ("12018-06-041", None),
    ],
)
def test_parse_date(text, date):
    assert parse_date(text) == date


@pytest.mark.parametrize(
    "line",
    [
        "发布时间：2018-06-04",
        "发布时间:2018-06-04发布者:点击次数:1122",
        "日期：2018年6月4日",
        "2018-06-04 17:57",
        "2018年6月4日",
        "（2018-06-04）",
        "国务院　2018-06-04",
        "新华网某频道 ( 2018-06-04 09:20:26 ) 稿件来源： 某日报",
    ],
)
def test_published_under_the_title(line):
    assert described("某省召开大气污染防治会议", line, BODY).published == "2018-06-04"


def test_published_in_english():
    assert described("A meeting on air quality", "Published: June 3, 2019", BODY_EN).published == "2019-06-03"
    assert described("A meeting on air quality", "June 3, 2019", BODY_EN).published == "2019-06-03"


def test_signature_of_a_notice():
    assert (
        described("关于做好监测工作的通知", BODY, "某省生态环境厅", "2018年6月4日").published == "2018-06-04"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Release Time1 month ago",
        "2018年5月1日某市第十五届人民代表大会常务委员会第一次会议通过",
        "会议于2018年6月4日召开",
        "On June 3rd the meeting of 2019 was held",
    ],
)
def test_no_date_is_invented(line):
    assert described("某省召开大气污染防治会议", line, BODY).published is None


def test_date_in_the_address_of_the_original():
    url = "[查看原文](https://tv.example.com/2025/11/06/VIDE.shtml)"
    assert described("某省召开大气污染防治会议", BODY, url).published == "2025-11-06"


@pytest.mark.parametrize(
    ("line", "publisher"),
    [
        ("来源：中国环境报", "中国环境报"),
        ("2018-06-04 17:57:01 来源： 某某日报 作者：某人", "某某日报"),
        ("发布机构：某省生态环境厅", "某省生态环境厅"),
        ("Source: China Environment News", "China Environment News"),
        ("国务院　2018-01-01", "国务院"),
        ("原环境保护部等　2018-01-01", "原环境保护部"),
        (
            "2020年6月5日 北京市第十五届人民代表大会常务委员会第二十二次会议通过",
            "北京市人民代表大会常务委员会",
        ),
        ("央视网消息（新闻联播）：" + BODY, "央视网"),
        ("央視網消息：", "央視網"),
        ("新华社石家庄7月26日电（记者某某）" + BODY, "新华社"),
        ("SHIJIAZHUANG, July 26 (Xinhua, by someone) " + BODY_EN, "Xinhua"),
        (
            "Department of Ecology and Environment of Sichuan Province",
            "Department of Ecology and Environment of Sichuan Province",
        ),
        ("资料来源：某某报告", None),
        ("记者了解到，消息来源：不明，各方都很关注。", None),
    ],
)
def test_publisher(line, publisher):
    assert described("某省召开大气污染防治会议", line, BODY).publisher == publisher


def test_title_is_the_first_plausible_line():
    assert described("Open Governance", "Province Starts a Fight Against Pollution", BODY_EN).title == (
        "Province Starts a Fight Against Pollution"
    )
    assert (
        described("中华人民共和国国家标准", "GB 18918-2002", "城镇污水处理厂污染物排放标准", BODY).title
        == "城镇污水处理厂污染物排放标准"
    )
    assert described("某某环境保护条例", "## 第一章 总则", BODY).title == "某某环境保护条例"


def test_no_title_where_the_body_begins_at_once():
    assert described(BODY, BODY).title is None
    assert described("第一章 总则", BODY).title is None


def test_what_the_format_declares_goes_first():
    found = described(
        "别的标题", BODY, title="声明的标题", published="2020-01-02", publisher="来源：某某网 原创稿"
    )
    assert (found.title, found.published, found.publisher) == ("声明的标题", "2020-01-02", "某某网")


def test_language():
    assert described(BODY).lang == "zh"
    assert described(BODY_EN).lang == "en"
