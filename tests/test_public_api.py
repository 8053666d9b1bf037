from __future__ import annotations

import inspect

import pytest

import indexer
from indexer import errors


def test_public_names() -> None:
    assert indexer.__all__ == sorted(indexer.__all__)
    assert set(indexer.__all__) >= {
        "Citation", "Document", "Hit", "Passage", "QingshanError", "SearchEngine", "Settings", "Summary",
        "cite",
        "reindex",
    }  # fmt: skip
    for name in indexer.__all__:
        assert getattr(indexer, name) is getattr(indexer, name)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = indexer.nothing


def test_public_names_are_documented() -> None:
    for name in indexer.__all__:
        value = getattr(indexer, name)
        assert inspect.getdoc(value), name
        if inspect.isclass(value):
            for method, function in inspect.getmembers(value, inspect.isfunction):
                if not method.startswith("_") and function.__module__.startswith("indexer"):
                    assert inspect.getdoc(function), f"{name}.{method}"


def test_all_errors_have_one_root() -> None:
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    assert len(classes) > 10 and all(issubclass(c, errors.QingshanError) for c in classes)


def test_tree_in_the_docstring_is_the_tree() -> None:
    for name, value in inspect.getmembers(errors, inspect.isclass):
        assert f"{name}" in (errors.__doc__ or ""), f"{name} is missing from the tree in errors.py"
        assert value.__doc__


def test_search_takes_what_the_readme_says() -> None:
    assert list(inspect.signature(indexer.SearchEngine.search).parameters)[:4] == [
        "self",
        "query",
        "k",
        "lang",
    ]
    assert list(inspect.signature(indexer.reindex).parameters)[:2] == ["paths", "index"]
