import time

import pytest

from indexer.language.places import document_places, find_places, lookup, place, provinces
from indexer.language.places.table import load_table


def found(text, lang="zh"):
    """What a text names, as (words, code), without what is only named by the way."""
    return [(text[m.start : m.end], m.code) for m in find_places(text, lang) if m.confidence >= 0.5]


def codes(text, lang="zh"):
    return [code for _, code in found(text, lang)]


# ------------------------------------------------------------------------------------------------------------ the list


def test_all_provinces_in_official_order_with_both_names():
    listed = provinces()
    assert len(listed) == 34
    assert [p.code for p in listed[:2]] == ["110000", "120000"]
    assert [p.short_zh for p in listed[-3:]] == ["台湾", "香港", "澳门"]
    assert all(p.name_en and p.name_zh and p.parent is None and p.level == "province" for p in listed)


def test_every_division_hangs_under_one_that_exists():
    listed = load_table().places
    assert sum(p.level == "city" for p in listed.values()) >= 330
    assert sum(p.level == "county" for p in listed.values()) >= 2840
    assert all(p.parent in listed for p in listed.values() if p.level != "province")
    assert place("330521").parent == "330500"
    assert place("429004").parent == "420000"  # a city straight under its province
    assert place("310115").parent == "310000"
    assert place("999999") is None


@pytest.mark.parametrize(
    ("code", "short_zh", "name_en"),
    [
        ("510000", "四川", "Sichuan"),
        ("610000", "陕西", "Shaanxi"),
        ("140000", "山西", "Shanxi"),
        ("150000", "内蒙古", "Inner Mongolia"),
        ("540000", "西藏", "Tibet"),
        ("810000", "香港", "Hong Kong"),
        ("210200", "大连", "Dalian"),
        ("610100", "西安", "Xi'an"),
        ("220200", "吉林", "Jilin City"),
        ("230100", "哈尔滨", "Harbin"),
        ("650100", "乌鲁木齐", "Urumqi"),
        ("513300", "甘孜", "Garze Prefecture"),
        ("152500", "锡林郭勒", "Xilingol League"),
        ("360829", "安福", "Anfu County"),
        ("110105", "朝阳", "Chaoyang District"),
        ("341523", "舒城", "Shucheng County"),
        ("130133", "赵县", "Zhao County"),
        ("371524", "东阿", "Dong'e County"),
    ],
)
def test_names(code, short_zh, name_en):
    assert (place(code).short_zh, place(code).name_en) == (short_zh, name_en)


# --------------------------------------------------------------------------------------------------------- typed names


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("四川", "510000"),
        ("四川省", "510000"),
        ("Sichuan", "510000"),
        ("  sichuan province ", "510000"),
        ("SICHUAN", "510000"),
        ("川", "510000"),
        ("川东北", "510000"),
        ("川东北地区", "510000"),
        ("510000", "510000"),
        ("大連", "210200"),
        ("大連市", "210200"),
        ("Dalian City", "210200"),
        ("內蒙古自治區", "150000"),
        ("Inner Mongolia Autonomous Region", "150000"),
        ("Guangxi Zhuang Autonomous Region", "450000"),
        ("Tibet", "540000"),
        ("Xizang", "540000"),
        ("Macau", "820000"),
        ("Xi’an", "610100"),
        ("xian", "610100"),
        ("Ürümqi", "650100"),
        ("Lvliang", "141100"),
        ("甘孜州", "513300"),
        ("Ganzi", "513300"),
        ("Garze Tibetan Autonomous Prefecture", "513300"),
        ("Ngawa", "513200"),
        ("Xigaze", "540200"),
        ("吉林市", "220200"),
        ("Jilin City", "220200"),
        ("Jilin Province", "220000"),
        ("吉林", "220000"),
        ("Suzhou", "320500"),
        ("Shangri-La", "533401"),
        ("大连", "210200"),
    ],
)
def test_lookup(typed, code):
    assert lookup(typed)[0].code == code


def test_lookup_gives_all_that_a_name_may_mean():
    assert [p.code for p in lookup("京津冀")] == ["110000", "120000", "130000"]
    assert [p.code for p in lookup("Yangtze River Delta")] == ["310000", "320000", "330000", "340000"]
    assert {"110105", "220104"} <= {p.code for p in lookup("朝阳区")}
    assert {"320500", "341300"} <= {p.code for p in lookup("suzhou")}
    assert [p.code for p in lookup("Jilin City")] == ["220200"]
    assert lookup("Atlantis") == [] == lookup("") == lookup("长江") == lookup("亚")


# ------------------------------------------------------------------------------------------------------ Chinese text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("四川省泸州市江阳区和龙马潭区", ["510000", "510500", "510502", "510504"]),
        ("江西安福县的企业", ["360000", "360829"]),  # not 西安
        ("湖北京山市的企业", ["420000", "420882"]),  # not 北京
        ("上海南部的企业", ["310000"]),  # not 海南
        ("沿海南部的企业", []),
        ("海南省沿海地区", ["460000"]),
        ("黄河河南段水质", ["410000"]),
        ("黄河南岸与黄河北岸", []),
        ("长江西岸的码头", []),
        ("长江西安段", ["610100"]),
        ("太湖南岸的企业", []),
        ("推广西部地区的经验", []),
        ("国内江河湖库", []),
        ("内江市的水质", ["511000"]),
        ("整治重大连片污染源", []),
        ("建设美丽水乡", []),
        ("经济南北差异较大", []),
        ("河长治河，久久为功", []),
        ("地处陕西北部", ["610000"]),
        ("山西与陕西交界", ["140000", "610000"]),
        ("吉林省吉林市", ["220000", "220200"]),
        ("青海省海南州", ["630000", "632500"]),
        ("大理石加工企业", []),
        ("入海口断面水质", []),
        ("建设平安中国，保持和平稳定", []),
        ("某省和县级财政共同承担", []),
        ("安徽省和县", ["340000", "340523"]),
        ("县级以上城区的饮用水水源", []),  # not 上城区
        ("沿海城市的岸线", []),  # not 海城市
        ("湖北公安机关", ["420000"]),  # not 公安县
        ("湖北省公安县", ["420000", "421022"]),
        ("晋城市城区", ["140500", "140502"]),
        ("完善城区管网和郊区泵站", []),
        ("东方市场前景广阔", []),
        ("昆明—蒙特利尔框架", []),
        ("上海合作组织成员国", []),
        ("北京时间八点", []),
        ("沿中山路与南京东路检查", []),
        ("遼寧省大連市環境保護局", ["210000", "210200"]),
        ("甘孜州和阿坝州", ["513300", "513200"]),
        ("仙桃市与潜江", ["429004", "429005"]),
    ],
)
def test_chinese(text, expected):
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("北京市朝阳区", ["110000", "110105"]),
        ("长春市朝阳区", ["220100", "220104"]),
        ("辽宁省朝阳市", ["210000", "211300"]),
        ("朝阳产业方兴未艾", []),
        ("检查组到了鼓楼区", []),
        ("江苏省南京市鼓楼区、徐州市鼓楼区", ["320000", "320100", "320106", "320300", "320302"]),
        ("福州市通报情况。鼓楼区某饭店被查。", ["350100", "350102"]),
        ("河南省开封市情况如下。其中鼓楼区一处。", ["410000", "410200", "410204"]),
        ("福州与抚州，苏州与宿州，泰州与台州", ["350100", "361000", "320500", "341300", "321200", "331000"]),
        ("广东中山", ["440000", "442000"]),
        ("中山先生", []),
    ],
)
def test_chinese_names_that_several_places_share(text, expected):
    assert codes(text) == expected


def test_a_short_county_name_counts_where_its_full_name_stands():
    text = "岚皋县位于山区。近年来，岚皋通过治理，水质好转。"
    assert codes(text) == ["610925", "610925"]
    assert codes("近年来，岚皋通过治理，水质好转。") == []


def test_regions_give_their_provinces():
    mentions = find_places("京津冀及周边", "zh")
    assert [(m.code, m.region) for m in mentions] == [
        ("110000", "京津冀"),
        ("120000", "京津冀"),
        ("130000", "京津冀"),
    ]
    assert codes("苏皖鲁豫交界地区") == ["320000", "340000", "370000", "410000"]
    assert codes("川东北地区空气质量") == ["510000"]
    assert codes("十三五期间川东北") == ["510000"]
    assert codes("银川东部") == ["640100"]


def test_document_number_tells_the_province():
    assert found("川环发[2020]12号") == [("川", "510000")]
    assert found("环发[2020]12号") == []


def test_datelines_and_universities_count_less():
    (mention,) = find_places("新华社北京8月5日电", "zh")
    assert (mention.code, mention.confidence < 0.3) == ("110000", True)
    (mention,) = find_places("南京大学的研究者", "zh")
    assert mention.confidence < 0.5
    assert find_places("会议在北京举行", "zh")[0].confidence < 0.5
    assert find_places("北京市召开会议", "zh")[0].confidence > 0.9
    assert find_places("The forum was held in Beijing", "en")[0].confidence < 0.5


# ------------------------------------------------------------------------------------------------------ English text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anfu County, Ji'an City, Jiangxi Province", ["360829", "360800", "360000"]),
        ("Fuzhou, Jiangxi Province", ["361000", "360000"]),
        ("Fuzhou, Fujian", ["350100", "350000"]),
        ("Taizhou in Zhejiang", ["331000", "330000"]),
        ("Jiangsu's Taizhou", ["320000", "321200"]),
        ("Taizhou", []),
        ("Shanxi and Shaanxi", ["140000", "610000"]),
        ("Chaoyang District of Beijing", ["110105", "110000"]),
        ("Chaoyang City, Liaoning", ["211300", "210000"]),
        ("Chaoyang District", []),
        ("Xi’an’s air was clean", ["610100"]),
        ("Xi'an and Xian", ["610100", "610100"]),
        ("Garze Tibetan Autonomous Prefecture", ["513300"]),
        ("the Inner Mongolia Autonomous Region", ["150000"]),
        ("Dalian Municipal Bureau of Ecology", ["210200"]),
        ("Liaoning Provincial Department", ["210000"]),
        ("Jilin City in Jilin Province", ["220200", "220000"]),
        (
            "Beijing-Tianjin-Hebei and the Fenwei Plain",
            ["110000", "120000", "130000", "140000", "610000", "410000"],
        ),
        ("Shanghai Cooperation Organization, Beijing time", []),
        ("the Kunming-Montreal framework", []),
        ("Xinhua News Agency", []),
        ("by Zhang Jinan and Liu Xian", []),
        ("Anfu said that he agreed", []),
        ("Ürümqi, Lüliang and Hohhot", ["650100", "141100", "150100"]),
        ("DALIAN HOLDS A MEETING", ["210200"]),
        ("Pudong New Area, Shanghai", ["310115", "310000"]),
    ],
)
def test_english(text, expected):
    assert codes(text, "en") == expected


def test_questions_in_lower_case():
    assert codes("air quality in dalian 2020", "en") == ["210200"]
    assert codes("hong kong and inner mongolia", "en") == ["810000", "150000"]
    assert codes("Dalian 2020", "en") == ["210200"]
    assert codes("dalian 空气质量", "zh") == ["210200"]
    assert codes("how are you and she", "en") == []


def test_both_languages_in_one_text():
    assert codes("湛江湾 Zhanjiang Bay") == ["440800", "440800"]


def test_spans_are_those_of_the_text():
    for text, lang in [
        ("遼寧省大連市", "zh"),
        ("Ürümqi’s air; Xi’an’s too", "en"),
        ("（四川）Sichuan İ Dalian", "en"),
    ]:
        for mention in find_places(text, lang):
            assert 0 <= mention.start < mention.end <= len(text)
            assert lookup(text[mention.start : mention.end])[0].code == mention.code
    assert find_places("", "zh") == [] == find_places("", "en")


# ------------------------------------------------------------------------------------------------------------ documents


def ranked(title, text, publisher=None, lang="zh"):
    return [(fact.value, fact.confidence) for fact, _ in document_places(title, text, publisher, lang)]


def about(title, text, publisher=None, lang="zh"):
    return [code for code, confidence in ranked(title, text, publisher, lang) if confidence >= 0.5]


def test_the_city_of_the_title_comes_before_its_province():
    assert about("大连市召开整改工作会议", "会议要求落实责任。")[:2] == ["210200", "210000"]
    assert about("Dalian holds a meeting", "The meeting asked for more.", lang="en")[:2] == [
        "210200",
        "210000",
    ]
    assert about("德清县固定资产投资趋稳", "一月以来……")[:3] == ["330521", "330500", "330000"]
    assert about("江苏盐城：向海图强", "滩涂湿地")[:2] == ["320900", "320000"]


def test_a_province_stays_first_where_its_cities_are_many():
    codes = about("四川省通报空气质量", "成都市、绵阳市、泸州市、宜宾市达标。")
    assert codes[0] == "510000"


def test_the_publisher_tells_where_the_title_does_not():
    facts = document_places("关于开展排查的通知", "各有关单位要认真排查。", "四川省生态环境厅", "zh")
    assert (facts[0][0].value, facts[0][0].origin, facts[0][1]) == ("510000", "label", None)
    assert facts[0][0].confidence >= 0.5
    assert about("关于开展排查的通知", "各有关单位要认真排查。", "生态环境部") == []
    # A national paper's story about another province is about that province.
    assert about("湖南水质好转", "湖南省水质优良比例提高。", "北京日报")[0] == "430000"


def test_a_national_bulletin_is_about_no_province():
    text = "全国空气质量通报。我国六省达标：山西省、浙江省、四川省、贵州省、云南省、陕西省。" * 2
    assert about("全国空气质量状况", text) == []
    assert all(confidence < 0.4 for _, confidence in ranked("全国空气质量状况", text))


def test_a_place_named_once_in_a_long_national_text_does_not_count():
    text = "我国生态环境质量改善。" * 40 + "新疆的一位代表发言。" + "全国各地都在行动。" * 40
    assert about("会议开幕", text) == []


def test_a_matter_of_two_provinces():
    text = "四川省和重庆市签署协议。四川、重庆将共同治理嘉陵江。重庆与四川每年会商。"
    assert set(about("共同保护嘉陵江", text)) == {"510000", "500000"}


def test_the_address_in_the_footer_does_not_count():
    text = "各单位要认真落实，加强监测。" * 10 + "\n地址：北京市西城区某街1号"
    assert about("关于加强监测的通知", text) == []


def test_a_title_of_many_provinces_is_about_none_of_them():
    assert about("通报山西、河南、四川、云南、甘肃五省情况", "") == []
    assert set(about("山西、河南两省签署协议", "")) == {"140000", "410000"}


def test_quotes_and_offsets():
    text = "第一段没有地名。\n本次检查在甘肃省张掖市甘州区进行，" + "共发现问题若干。" * 20
    facts = document_places(None, text, None, "zh")
    assert [fact.value for fact, _ in facts[:3]] == ["620702", "620700", "620000"]
    for fact, offset in facts:
        assert fact.origin == "text" and len(fact.quote) <= 80
        assert text.startswith(fact.quote, offset)
        assert "第一段" not in fact.quote
    assert "甘州区" in facts[0][0].quote


def test_at_most_twelve_places_and_no_place_twice():
    text = "、".join(p.name_zh for p in provinces()) + "。"
    values = [fact.value for fact, _ in document_places(None, text, None, "zh")]
    assert len(values) == len(set(values)) == 12


def test_nothing_named_nothing_said():
    assert document_places(None, "", None, "zh") == []
    assert document_places("固体废物污染环境防治", "第一条 为了防治污染。", None, "zh") == []


# --------------------------------------------------------------------------------------------------------------- speed


@pytest.mark.slow
def test_fast():
    text = "四川省泸州市江阳区某化工企业未按要求处理废水，长江水质受到影响，检查组要求整改到位。" * 8000
    find_places(text[:1000], "zh")
    started = time.process_time()
    find_places(text, "zh")
    megabytes = len(text.encode()) / 1e6
    # 4 places a sentence, a hundred times more than in real bulletins; the bound is loose for busy machines.
    assert (time.process_time() - started) / megabytes < 1.5
