from __future__ import annotations

import gc
import pkgutil
import re
from importlib import import_module

import pytest

import indexer
from indexer.language.regex import _Later, regex


def test_does_what_a_compiled_one_does() -> None:
    late, compiled = regex("(?P<year>[0-9]{4})年", re.I), re.compile("(?P<year>[0-9]{4})年", re.I)
    assert late.sub("x", "2024年a") == "xa"
    assert late.pattern == compiled.pattern and late.flags == compiled.flags and late.groups == 1
    found = late.fullmatch("2024年")
    assert found and found.re is re.compile("(?P<year>[0-9]{4})年", re.I)
    assert [m["year"] for m in late.finditer("2023年2024年", 5)] == ["2024"]
    assert regex(rb"\d").findall(b"1a2") == [b"1", b"2"]


def test_a_mistake_shows_when_it_is_used() -> None:
    late = regex("(")
    with pytest.raises(re.error):
        late.search("x")
    with pytest.raises(AttributeError):
        regex("x").looks  # noqa: B018


def test_all_of_ours_are_right() -> None:
    for module in pkgutil.walk_packages(indexer.__path__, "indexer."):
        import_module(module.name)
    ours = [late for late in gc.get_objects() if isinstance(late, _Later) and late._what[0] != "("]
    assert len(ours) > 250
    for late in ours:
        assert re.compile(*late._what)
