"""Bureaux' names in the other language."""

from __future__ import annotations

import pytest

from indexer.language.publishers import publisher_in, publisher_key


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("大连市生态环境局", "Dalian Ecology and Environment Bureau"),
        ("四川省生态环境厅", "Sichuan Department of Ecology and Environment"),
        ("生态环境部", "Ministry of Ecology and Environment"),
        ("北京市水务局", "Beijing Water Affairs Bureau"),
        ("浙江省人民政府", "Zhejiang People's Government"),
        ("国家统计局", "National Bureau of Statistics"),
    ],
)
def test_both_ways(chinese: str, english: str) -> None:
    assert publisher_in("en", chinese) == english
    assert publisher_in("zh", english) == chinese
    assert publisher_in("zh", chinese) is None and publisher_in("en", english) is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("四川省環境保護廳", "Sichuan Department of Environmental Protection"),
        ("中华人民共和国生态环境部", "Ministry of Ecology and Environment"),
        ("河北省环保厅", "Hebei Department of Environmental Protection"),
        ("温州市人民政府办公室", "General Office of Wenzhou People's Government"),
    ],
)
def test_other_chinese_forms(printed: str, expected: str) -> None:
    assert publisher_in("en", printed) == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Department of Ecology and Environment of Sichuan Province", "四川省生态环境厅"),
        ("Dalian Municipal Bureau of Ecology and Environment", "大连市生态环境局"),
        ("The Ministry of Ecology and Environment of the People's Republic of China", "生态环境部"),
        ("The People’s Government of Zhejiang Province", "浙江省人民政府"),
    ],
)
def test_other_english_forms(printed: str, expected: str) -> None:
    assert publisher_in("zh", printed) == expected


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("Dalian Municipal Bureau of Ecology and Environment", "大连市生态环境局"),
        ("大连市生态环境局", "大连市生态环境局"),
        ("大連市生態環境局", "大连市生态环境局"),
        ("中华人民共和国生态环境部", "生态环境部"),
        ("The Ministry of Ecology and Environment of the People's Republic of China", "生态环境部"),
        ("Reuters", "Reuters"),
        ("中华人民共和国", "中华人民共和国"),
    ],
)
def test_one_key_for_both_languages(printed: str, key: str) -> None:
    assert publisher_key(printed) == publisher_key(key) == key


@pytest.mark.parametrize(
    "printed",
    ["新华社", "某某县生态环境局", "大连市生态环境局、大连市水务局", "中国环境报社", "青山", "Reuters", "Department of Water",
     "Ecology and Environment Weekly", "Atlantis Ecology and Environment Bureau", "People's Daily", "Health", ""],
)  # fmt: skip
def test_no_guesses(printed: str) -> None:
    assert publisher_in("en", printed) is None and publisher_in("zh", printed) is None


@pytest.mark.parametrize("city", ["Taizhou", "Yulin", "Yichun", "Beijing-Tianjin-Hebei"])
def test_a_name_that_several_places_share_is_none_of_theirs(city: str) -> None:
    name = f"{city} Ecology and Environment Bureau"
    assert publisher_in("zh", name) is None and publisher_key(name) == name
