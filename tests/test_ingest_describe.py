import pytest

from indexer.ingest import make_document
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
    lines = tuple(Line(text, n) for n, text in enumerate(texts, start=1))
    loaded = LoadedFile(**{"lines": lines, "format": "txt"} | declared)
    cleaned = clean_lines(loaded.lines)
    return describe(loaded, cleaned.lines, cleaned.dropped, loaded.url or cleaned.url)


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


# Lines of a page, then title, date, publisher, source and document number.
PAGES = [
    (
        (
            "Chengdu Launches Special Inspection of Construction Dust",
            "Release time: 2019-06-03 15:35",
            "Source: Chengdu Ecological Environment Bureau",
            "Views: 233",
            BODY_EN,
        ),
        (
            "Chengdu Launches Special Inspection of Construction Dust",
            "2019-06-03",
            "Chengdu Ecological Environment Bureau",
            None,
            None,
        ),
    ),
    (
        (
            "Position: Home > News > City news",
            "Mianyang City Held a Video Conference on Water Pollution",
            "Date: June 3, 2019 Source: Mianyang Daily Author: Li Wei Font: Large Medium Small",
            BODY_EN,
        ),
        (
            "Mianyang City Held a Video Conference on Water Pollution",
            "2019-06-03",
            "Mianyang Daily",
            None,
            None,
        ),
    ),
    (
        (
            "Notice of the General Office of Sichuan Provincial People's Government on Printing and Distributing the Work Plan for Air Pollution Prevention and Control",
            "Chuan Ban Fa [2019] No. 12",
            "To all municipal (prefecture) people's governments:",
            BODY_EN,
            "General Office of Sichuan Provincial People's Government",
            "June 3, 2019",
        ),
        (
            "Notice of the General Office of Sichuan Provincial People's Government on Printing and Distributing the Work Plan for Air Pollution Prevention and Control",
            "2019-06-03",
            "General Office of Sichuan Provincial People's Government",
            None,
            "Chuan Ban Fa [2019] No. 12",
        ),
    ),
    (
        (
            "Zhejiang strengthens supervision of nuclear and radiation safety",
            "Published on 2020-11-05 by the Office",
            "Information source: Zhejiang Provincial Department of Ecology and Environment Number of views: 12",
            BODY_EN,
        ),
        (
            "Zhejiang strengthens supervision of nuclear and radiation safety",
            "2020-11-05",
            "Zhejiang Provincial Department of Ecology and Environment",
            None,
            None,
        ),
    ),
    (
        (
            "Hebei: 38 enterprises punished for falsifying data",
            "2021-03-04 10:22:31 China Environment News",
            BODY_EN,
        ),
        (
            "Hebei: 38 enterprises punished for falsifying data",
            "2021-03-04",
            "China Environment News",
            None,
            None,
        ),
    ),
    (
        (
            "By Zhang San | China Daily | Updated: 2018-12-27 09:19",
            "Polluters caught at night by inspectors in Shandong",
            BODY_EN,
        ),
        ("Polluters caught at night by inspectors in Shandong", "2018-12-27", "China Daily", None, None),
    ),
    (
        (
            "The second batch of inspectors will arrive on May 8",
            BODY_EN,
            "The work will be finished before December 31, 2020.",
            "In 2019, 1,234 cases were dealt with.",
        ),
        ("The second batch of inspectors will arrive on May 8", None, None, None, None),
    ),
    (
        (
            "Work Plan for Soil Pollution in Wenzhou City (2021-2025)",
            "In accordance with the requirements of the Zhejiang Provincial Department, this plan is made.",
            "I. General requirements",
            BODY_EN,
            "II. Main tasks",
            BODY_EN,
        ),
        ("Work Plan for Soil Pollution in Wenzhou City (2021-2025)", None, None, None, None),
    ),
    (
        (
            "Dalian: summary of pollution source census work",
            "Time: 2018-11-02",
            "Issued by: Dalian Municipal Environmental Protection Bureau",
            "Source: Dalian Daily",
            BODY_EN,
        ),
        (
            "Dalian: summary of pollution source census work",
            "2018-11-02",
            "Dalian Municipal Environmental Protection Bureau",
            "Dalian Daily",
            None,
        ),
    ),
    (
        (
            "Xinhua News Agency, Shijiazhuang, July 26th (Reporter Wang Kun) The reporter learned from the provincial water department that this year the province restored water to rivers and lakes.",
            BODY_EN,
        ),
        (None, None, "Xinhua News Agency", None, None),
    ),
    (
        (
            "Ten years of ecological work",
            "BEIJING, June 3, 2019 (Xinhua) -- The reporter learned that the ministry has issued a plan for this year, which contains many measures.",
            BODY_EN,
        ),
        ("Ten years of ecological work", "2019-06-03", "Xinhua", None, None),
    ),
    (
        (
            "Sichuan to fight pollution in key counties",
            "On June 5th, the reporter learned from the press conference of the first half of 2020 held by the provincial department that a plan was issued.",
            BODY_EN,
        ),
        ("Sichuan to fight pollution in key counties", "2020-06-05", None, None, None),
    ),
    (
        (
            "Sichuan to fight pollution in key counties",
            "On June 5th, the reporter learned that from 2016 to 2019 the province had shut down 300 plants.",
            BODY_EN,
        ),
        ("Sichuan to fight pollution in key counties", None, None, None, None),
    ),
    (
        (
            "Sichuan to fight pollution in key counties",
            BODY_EN,
            "Website: Sichuan Provincial Department of Ecology and Environment",
            "Website Identification Code: 5100000062 Sichuan ICP No. 13001288",
        ),
        (
            "Sichuan to fight pollution in key counties",
            None,
            "Sichuan Provincial Department of Ecology and Environment",
            None,
            None,
        ),
    ),
    (
        (
            "Annual report on noise",
            "Released 3 months ago",
            "Source: Internet",
            BODY_EN,
        ),
        ("Annual report on noise", None, None, None, None),
    ),
    (
        (
            "Images",
            "Title of the Solution",
            "Winter action plan against smog in northern cities",
            BODY_EN,
        ),
        ("Winter action plan against smog in northern cities", None, None, None, None),
    ),
    (
        (
            "Announcement on the Results of the Second Census",
            "Ministry of Ecology and Environment",
            "National Bureau of Statistics",
            "June 8, 2020",
            BODY_EN,
        ),
        (
            "Announcement on the Results of the Second Census",
            "2020-06-08",
            "Ministry of Ecology and Environment",
            None,
            None,
        ),
    ),
    (
        (
            "四川省生态环境厅",
            "关于印发《四川省土壤污染防治工作方案》的通知",
            "川环发〔2019〕12号",
            "各市（州）生态环境局：",
            BODY,
            "四川省生态环境厅",
            "2019年6月3日",
            "（此件公开发布）",
        ),
        (
            "四川省生态环境厅关于印发《四川省土壤污染防治工作方案》的通知",
            "2019-06-03",
            "四川省生态环境厅",
            None,
            "川环发〔2019〕12号",
        ),
    ),
    (
        (
            "索 引 号：000014349/2013-00105",
            "主题分类：城乡建设、环境保护",
            "发文机关：国务院",
            "成文日期：2013年09月10日",
            "标\u3000\u3000题：国务院关于印发大气污染防治行动计划的通知",
            "发文字号：国发〔2013〕37号",
            "发布日期：2013年09月12日",
            "国务院关于印发大气污染防治行动计划的通知",
            BODY,
        ),
        ("国务院关于印发大气污染防治行动计划的通知", "2013-09-12", "国务院", None, "国发〔2013〕37号"),
    ),
    (
        (
            "关于加强固体废物管理的公告",
            "生态环境部公告 2020年 第10号",
            BODY,
            "生态环境部",
            "2020年2月10日",
        ),
        ("关于加强固体废物管理的公告", "2020-02-10", "生态环境部", None, "生态环境部公告2020年第10号"),
    ),
    (
        (
            "北京市第二次全国污染源普查公报",
            "北京市生态环境局",
            BODY,
        ),
        ("北京市第二次全国污染源普查公报", None, "北京市生态环境局", None, None),
    ),
    (
        (
            "四川省生态环境厅关于做好2021年辐射安全监管工作的通知",
            "发布时间：2021-03-01 09:00\u3000来源：中国环境报\u3000浏览次数：12",
            BODY,
        ),
        (
            "四川省生态环境厅关于做好2021年辐射安全监管工作的通知",
            "2021-03-01",
            "四川省生态环境厅",
            "中国环境报",
            None,
        ),
    ),
    (
        (
            "生态环境部发布2020年全国生态环境质量简况",
            "2021-03-02",
            BODY,
        ),
        ("生态环境部发布2020年全国生态环境质量简况", "2021-03-02", None, None, None),
    ),
    (
        (
            "重庆开展秋冬季大气攻坚",
            "本报讯（记者 张三）10月8日，记者从重庆市生态环境局获悉，2021年1至9月，全市优良天数240天。",
            BODY,
        ),
        ("重庆开展秋冬季大气攻坚", "2021-10-08", None, None, None),
    ),
    (
        (
            "关于公开征求《某市扬尘管理办法》意见的公告",
            BODY,
            "联系电话：010-12345678",
            "意见反馈截止日期：2022年5月30日",
            "某市生态环境局",
            "2022年4月30日",
        ),
        ("关于公开征求《某市扬尘管理办法》意见的公告", "2022-04-30", "某市生态环境局", None, None),
    ),
    (
        (
            "全市生态环境工作会议召开",
            "会议时间：2020年3月1日",
            "会议地点：市政府一楼",
            BODY,
        ),
        ("全市生态环境工作会议召开", None, None, None, None),
    ),
    (
        (
            "第二次全国污染源普查工作简报",
            "第12期",
            "某市第二次全国污染源普查领导小组办公室\u3000\u30002018年6月4日",
            BODY,
        ),
        ("第二次全国污染源普查工作简报", "2018-06-04", "某市第二次全国污染源普查领导小组办公室", None, None),
    ),
    (
        (
            "大连市召开督察整改会议",
            "更新时间：2020-07-21",
            BODY,
            "主办：大连市生态环境局 承办：大连市信息中心",
            "辽ICP备12345678号",
        ),
        ("大连市召开督察整改会议", "2020-07-21", "大连市生态环境局", None, None),
    ),
    (
        (
            "某省中央生态环境保护督察整改方案",
            "（2021年5月10日）",
            BODY,
        ),
        ("某省中央生态环境保护督察整改方案", "2021-05-10", None, None, None),
    ),
    (
        (
            "环保部公示四十个城市",
            "发表时间:2016-08-19 来源:环保部网站",
            BODY,
        ),
        ("环保部公示四十个城市", "2016-08-19", "环保部", None, None),
    ),
    (
        (
            "颁布单位:甘肃省定西市人民政府 | 文号:定政发〔2012〕66号",
            "颁布日期:2012-05-21 | 失效日期:",
            "效力级别:地方政府规范性文件",
            "定西市人民政府关于进一步加强环境保护工作的意见",
            BODY,
        ),
        (
            "定西市人民政府关于进一步加强环境保护工作的意见",
            "2012-05-21",
            "甘肃省定西市人民政府",
            None,
            "定政发〔2012〕66号",
        ),
    ),
    (
        (
            "关于印发秋冬季攻坚方案的通知",
            "环大气〔2020〕62号",
            BODY,
            "生态环境部\u3000发展改革委",
            "工业和信息化部\u3000公安部",
            "2020年10月30日",
            "（此件社会公开）",
            "秋冬季攻坚方案",
            BODY,
            BODY,
            BODY,
            BODY,
            BODY,
            BODY,
            BODY,
            BODY,
            BODY,
        ),
        ("关于印发秋冬季攻坚方案的通知", "2020-10-30", "生态环境部", None, "环大气〔2020〕62号"),
    ),
    (
        (
            "香港減廢工作回顧",
            "發佈日期：2024年5月28日",
            "來源：環境保護署",
            BODY,
        ),
        ("香港減廢工作回顧", "2024-05-28", "環境保護署", None, None),
    ),
    (
        (
            "某县2023年生态环境质量公报",
            BODY,
            "二〇二四年六月四日",
        ),
        ("某县2023年生态环境质量公报", "2024-06-04", None, None, None),
    ),
    (
        (
            "省政府新闻办举行发布会_要闻_四川省人民政府网站",
            BODY,
        ),
        ("省政府新闻办举行发布会", None, "四川省人民政府", None, None),
    ),
    (
        (
            "两部门联合部署危险废物专项行动",
            "来源：生态环境部、公安部 时间：2020.07.01",
            BODY,
        ),
        ("两部门联合部署危险废物专项行动", "2020-07-01", "生态环境部、公安部", None, None),
    ),
    (
        (
            "中华人民共和国生态环境部令",
            "第 9 号",
            "《建设项目编制监督管理办法》已于2019年8月19日由生态环境部部务会议审议通过，现予公布，自2019年11月1日起施行。",
            "部长\u3000某某",
            "2019年9月20日",
        ),
        (None, "2019-09-20", None, None, "中华人民共和国生态环境部令第9号"),
    ),
    (
        (
            "人民网北京6月5日电（记者某某）据生态环境部消息，今天是环境日。",
            BODY,
        ),
        (None, None, "人民网", None, None),
    ),
    (
        (
            "生态文明建设的实践",
            "习近平",
            BODY,
            "（2019年第3期《求是》）",
        ),
        ("生态文明建设的实践", None, None, None, None),
    ),
    (
        (
            "关于2019年环评审批情况的通报",
            "（2019年12月31日某市第十六届人大常委会第二十一次会议通过）",
            BODY,
        ),
        ("关于2019年环评审批情况的通报", None, "某市人民代表大会常务委员会", None, None),
    ),
    (
        (
            "空气质量月报",
            "监测时间：2021-05-01 至 2021-05-31",
            "数据来源：中国环境监测总站",
            BODY,
        ),
        ("空气质量月报", None, None, None, None),
    ),
    (
        (
            "上一篇：某某 2020-01-01",
            "某市开展检查",
            BODY,
            "相关新闻",
            "某市通报五起案件 2019-02-02 10:00:00",
            "某市通报六起案件 2019-03-02 10:00:00",
        ),
        ("某市开展检查", None, None, None, None),
    ),
    (
        (
            "【发布日期】 2014-11-12",
            "【文号】 国办发〔2014〕56号",
            "【发布单位】 国务院办公厅",
            "国务院办公厅关于加强环境监管执法的通知",
            BODY,
        ),
        ("国务院办公厅关于加强环境监管执法的通知", "2014-11-12", "国务院办公厅", None, "国办发〔2014〕56号"),
    ),
    (
        (
            "省生态环境厅党组书记赴成都调研",
            "时间： 2022年08月09日 15时30分",
            "分享到：",
            "来源： 厅办公室",
            BODY,
        ),
        ("省生态环境厅党组书记赴成都调研", "2022-08-09", "厅办公室", None, None),
    ),
    (
        (
            "四川：打好污染防治攻坚战",
            "四川日报 2019年06月04日 第3版",
            BODY,
        ),
        ("四川：打好污染防治攻坚战", "2019-06-04", "四川日报", None, None),
    ),
    (
        (
            "某市污染源普查公报",
            BODY,
            "注：数据截至2017年12月31日。",
        ),
        ("某市污染源普查公报", None, None, None, None),
    ),
    (
        (
            "Home > Government Affairs > Work news",
            "Ya'an carries out joint inspection of hazardous waste",
            "2023-05-11 10:22 Source: Ya'an Ecological Environment Bureau Font size: A A",
            BODY_EN,
        ),
        (
            "Ya'an carries out joint inspection of hazardous waste",
            "2023-05-11",
            "Ya'an Ecological Environment Bureau",
            None,
            None,
        ),
    ),
    (
        (
            "Suining promotes rural sewage treatment",
            "Date of publication: May 11, 2023",
            "Number of clicks: 128",
            BODY_EN,
        ),
        ("Suining promotes rural sewage treatment", "2023-05-11", None, None, None),
    ),
    (
        (
            "Ningbo does well in seven tasks of noise control.",
            "Time of issue: 2022-05-11",
            BODY_EN,
        ),
        ("Ningbo does well in seven tasks of noise control.", "2022-05-11", None, None, None),
    ),
    (
        (
            "Report on the Rectification of Central Inspection Feedback in Zhejiang Province",
            "(Public version)",
            "January 2022",
            BODY_EN,
        ),
        (
            "Report on the Rectification of Central Inspection Feedback in Zhejiang Province",
            None,
            None,
            None,
            None,
        ),
    ),
    (
        (
            "Meeting on census data quality",
            "Meeting date: June 3, 2019",
            "Pollution source: industrial",
            BODY_EN,
        ),
        ("Meeting on census data quality", None, None, None, None),
    ),
    (
        (
            "Regulation on sewage outlets",
            "Release date: 2020-01-02 | Effective date: 2020-02-01",
            BODY_EN,
        ),
        ("Regulation on sewage outlets", "2020-01-02", None, None, None),
    ),
    (
        (
            "Plan for noise control",
            "Published: July 1, 2019 Updated: July 3, 2019",
            BODY_EN,
        ),
        ("Plan for noise control", "2019-07-01", None, None, None),
    ),
    (
        (
            "LCQ5: Air quality",
            "Following is a question and a written reply in the Legislative Council today:",
            BODY_EN,
            "Ends/Wednesday, May 29, 2024",
            "Issued at HKT 15:30",
        ),
        ("LCQ5: Air quality", "2024-05-29", None, None, None),
    ),
    (
        (
            "立法會五題：空氣質素",
            "以下為今日在立法會會議上的提問和書面答覆：",
            BODY,
            "完",
            "2024年5月29日（星期三）",
            "香港時間15時30分",
        ),
        ("立法會五題：空氣質素", "2024-05-29", None, None, None),
    ),
    (
        (
            "关于某项目环境影响报告书的批复",
            "成都市锦江区生态环境局：",
            BODY,
            "2021年5月6日",
        ),
        ("关于某项目环境影响报告书的批复", "2021-05-06", None, None, None),
    ),
    (
        (
            "四川省住房与城乡建设厅关于黑臭水体治理的通报",
            BODY,
        ),
        ("四川省住房与城乡建设厅关于黑臭水体治理的通报", None, "四川省住房与城乡建设厅", None, None),
    ),
    (
        (
            "某市人民政府办公室转发市生态环境局关于秸秆禁烧工作意见的通知",
            BODY,
            "某市人民政府办公室",
            "2015年9月1日",
        ),
        (
            "某市人民政府办公室转发市生态环境局关于秸秆禁烧工作意见的通知",
            "2015-09-01",
            "某市人民政府办公室",
            None,
            None,
        ),
    ),
    (
        (
            "监测日报",
            "2019-06-03 | 成都 | 35",
            "2019-06-04 | 成都 | 38",
            BODY,
        ),
        ("监测日报", None, None, None, None),
    ),
    (
        (
            "成都市第三轮督察边督边改情况",
            "信息时间：2022-03-08 【字体：大 中 小】",
            BODY,
        ),
        ("成都市第三轮督察边督边改情况", "2022-03-08", None, None, None),
    ),
    (
        (
            "Sichuan Daily June 4, 2019 page 3",
            "Mianzhu fights water pollution",
            BODY_EN,
        ),
        ("Mianzhu fights water pollution", "2019-06-04", "Sichuan Daily", None, None),
    ),
    (
        (
            "Wenzhou census of pollution sources enters the data stage",
            "Published by: Wenzhou Municipal Ecological Environment Bureau Published on: 2018-10-12",
            BODY_EN,
        ),
        (
            "Wenzhou census of pollution sources enters the data stage",
            "2018-10-12",
            "Wenzhou Municipal Ecological Environment Bureau",
            None,
            None,
        ),
    ),
    (
        (
            "News",
            "Recently, the provincial department held a meeting in Chengdu on July 3, 2019, at which the plans for 2020 were discussed by all.",
            BODY_EN,
        ),
        (None, None, None, None, None),
    ),
    (
        (
            "在全省生态环境保护大会上的讲话",
            "（2018年7月18日）",
            "某某",
            BODY,
        ),
        ("在全省生态环境保护大会上的讲话", "2018-07-18", None, None, None),
    ),
    (
        (
            "某市开展扬尘检查",
            "来源： 四川在线-四川日报 2019-06-03 08:12 编辑：张三",
            BODY,
        ),
        ("某市开展扬尘检查", "2019-06-03", "四川在线-四川日报", None, None),
    ),
    (
        (
            "某市开展扬尘检查",
            "发布者：四川省生态环境厅 发布时间：2019-06-03",
            BODY,
        ),
        ("某市开展扬尘检查", "2019-06-03", "四川省生态环境厅", None, None),
    ),
    (
        (
            "某市开展扬尘检查",
            "作者：张三 编辑：李四",
            BODY,
        ),
        ("某市开展扬尘检查", None, None, None, None),
    ),
    (
        (
            "绿色发展白皮书",
            "（2023年1月）",
            "中华人民共和国",
            "国务院新闻办公室",
            "目录",
            "前言",
            BODY,
        ),
        ("绿色发展白皮书", None, "国务院新闻办公室", None, None),
    ),
    (
        (
            "Notice on the Second Census of Pollution Sources (Guo Fa [2016] No. 59)",
            BODY_EN,
            "The State Council",
            "October 20, 2016",
        ),
        (
            "Notice on the Second Census of Pollution Sources (Guo Fa [2016] No. 59)",
            "2016-10-20",
            "The State Council",
            None,
            "Guo Fa [2016] No. 59",
        ),
    ),
    (
        (
            "生态环境部 国家发展改革委 公安部关于印发《某某行动方案》的通知（环土壤〔2021〕120号）",
            "发布时间：2021-12-29",
            BODY,
        ),
        (
            "生态环境部 国家发展改革委 公安部关于印发《某某行动方案》的通知（环土壤〔2021〕120号）",
            "2021-12-29",
            "生态环境部、国家发展改革委、公安部",
            None,
            "环土壤〔2021〕120号",
        ),
    ),
    (
        (
            "云南省生态环境厅",
            "2020年工作总结和2021年工作安排",
            BODY,
        ),
        ("2020年工作总结和2021年工作安排", None, "云南省生态环境厅", None, None),
    ),
    (
        (
            "Notice of Sichuan Provincial Department of Ecology and Environment on Winter Action",
            "Source: Sichuan Daily",
            BODY_EN,
        ),
        (
            "Notice of Sichuan Provincial Department of Ecology and Environment on Winter Action",
            None,
            "Sichuan Provincial Department of Ecology and Environment",
            "Sichuan Daily",
            None,
        ),
    ),
    (
        (
            "Yesterday, the city government held a mobilization meeting for the census of pollution sources.",
            BODY_EN,
        ),
        (None, None, None, None, None),
    ),
    (
        (
            "Guangdong: 2021 list of enterprises",
            "Release Time: Yesterday",
            BODY_EN,
        ),
        ("Guangdong: 2021 list of enterprises", None, None, None, None),
    ),
    (
        (
            "关于2018年第三批环评审查的公示",
            "公示时间：2018年11月5日—2018年11月9日",
            BODY,
        ),
        ("关于2018年第三批环评审查的公示", None, None, None, None),
    ),
    (
        (
            "某厂行政处罚决定书",
            "川环法罚字〔2020〕5号",
            "当事人：某厂",
            "我厅于2020年3月4日进行了检查。",
            BODY,
            "四川省生态环境厅",
            "2020年5月20日",
        ),
        ("某厂行政处罚决定书", "2020-05-20", "四川省生态环境厅", None, "川环法罚字〔2020〕5号"),
    ),
    (
        (
            "Public notice",
            "Time limit: 2020-03-01 to 2020-03-05",
            "Acceptance of the EIA for a chemical plant in Leshan",
            BODY_EN,
        ),
        ("Acceptance of the EIA for a chemical plant in Leshan", None, None, None, None),
    ),
]


@pytest.mark.parametrize(("texts", "wanted"), PAGES, ids=[texts[0][:40] for texts, _ in PAGES])
def test_pages_as_they_are_written(texts, wanted):
    found = described(*texts)
    by_name = {fact.name: fact.value for fact in reversed(found.facts)}
    names = ("title", "published", "publisher", "source", "doc_number")
    assert tuple(by_name.get(name) for name in names) == wanted


def test_evidence():
    found = described("某省召开大气污染防治会议", "发布时间：2018-06-04　来源：中国环境报", BODY)
    title, published, publisher = found.facts[:3]
    assert (title.origin, title.line, title.quote) == ("title line", 1, "某省召开大气污染防治会议")
    assert (published.origin, published.line, published.quote) == ("label", 2, "发布时间：2018-06-04")
    assert (publisher.origin, publisher.line, publisher.quote) == ("label", 2, "来源：中国环境报")
    assert published.confidence > title.confidence
    assert all(len(fact.quote) <= 80 and 0 < fact.confidence <= 1 for fact in found.facts)


def test_lines_and_pages_of_what_is_read_in_the_text():
    lines = (
        Line("四川省召开大气污染防治会议", 1, page=3),
        Line("2024年上半年，成都市空气质量明显改善。" * 3, 7, page=4),
    )
    found = make_document(LoadedFile(lines, "pdf"), "0" * 16)
    period = next(fact for fact in found.facts if fact.name == "period")
    assert (period.value, period.line, period.page) == ("2024-01-01/2024-06-30", 7, 4)
    assert {fact.value for fact in found.facts if fact.name == "place"} >= {"510000"}
    assert "air" in found.values("topic")


def test_format_and_label_agree():
    found = described("标题标题标题标题", "发布时间：2018-06-04", BODY, published="2018-06-04", format="html")
    assert next(f.confidence for f in found.facts if f.name == "published") == 0.98


def test_the_sites_own_words_around_a_page():
    loaded = LoadedFile(
        (Line("某市开展扬尘检查", 5), Line(BODY, 6)),
        "html",
        around=(Line("2024年5月3日 星期五", 1), Line("主办单位：某市生态环境局 版权所有", 9)),
    )
    found = make_document(loaded, "0" * 16)
    assert (found.published, found.publisher) == (None, "某市生态环境局")


def test_a_compiled_text_has_the_body_as_publisher_with_doubt():
    for line, name in (
        ("来源：据某省生态环境厅公开数据编写", "某省生态环境厅"),
        ("資料來源：根據香港環境保護署公開資料編寫", "香港環境保護署"),
        (
            "Source: compiled from Ministry of Ecology and Environment data",
            "Ministry of Ecology and Environment",
        ),
        ("Source: compiled from State Council Decree No. 736", None),
    ):
        found = described("某省召开大气污染防治会议", line, BODY)
        assert found.publisher == name
        assert all(f.confidence == 0.6 for f in found.facts if f.name == "publisher")


def test_long_english_names_are_whole():
    name = "Department of Ecology and Environment of the Xinjiang Uygur Autonomous Region People's Government"
    assert described("A meeting on air quality", f"Source: {name}", BODY_EN).publisher == name


@pytest.mark.parametrize(
    "url",
    [
        "https://example.gov.cn/2019/06/03/a.html",
        "https://example.gov.cn/art/2019/6/3/art_1_2.html",
        "https://example.gov.cn/xxgk/201906/t20190603_123.html",
        "https://example.gov.cn/2019-06/03/content_1.htm",
    ],
)
def test_dates_in_addresses(url):
    assert described("某省召开大气污染防治会议", BODY, url=url).published == "2019-06-03"


@pytest.mark.parametrize(
    "url",
    ["https://e.gov.cn/2019/a.html", "https://e.gov.cn/20191403/", "https://e.gov.cn/id/201906031234"],
)
def test_addresses_without_a_date(url):
    assert described("某省召开大气污染防治会议", BODY, url=url).published is None


def test_no_text_takes_for_ever():
    for text in (
        "The of and ",
        "生态环境局、",
        "Source ",
        "2019年",
        "关于",
        "A",
        "（",
        "1-",
        "Notice of the ",
    ):
        long = text * 5000
        assert described(long[:240], long[:120], *[long[:79]] * 30, long).lang in ("zh", "en")
