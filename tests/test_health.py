from __future__ import annotations

from pathlib import Path

from conftest import BULLETINS

from indexer import SearchEngine, Settings
from indexer.search.health import health
from indexer.store.catalog import Catalog


def test_health(engine: SearchEngine) -> None:
    engine.search("water")
    found = engine.health()
    assert (found.documents, found.passages) == (len(BULLETINS), engine.stats().passages)
    assert found.by_lang == engine.stats().by_lang
    assert (found.first, found.last, found.undated) == ("2020-11-20", "2024-01-04", 3)
    ((path, reason),) = found.failures
    assert path == "corpus/empty.txt" and "empty" in reason
    assert found.formats == {"txt": 8, "html": 2, "md": 1}
    assert found.publishers["北京市生态环境局"] == 1 and found.no_publisher == 5
    assert found.model == "hash-1" and found.updated
    assert set(found.versions) == {"ingest", "chunking", "analyzer", "late"}
    assert set(found.bytes) == {"catalog", "dense", "lexical"} and all(found.bytes.values())
    assert found.boilerplate == ()


def test_lines_that_a_site_repeats(engine: SearchEngine, settings: Settings, run_reindex) -> None:
    folder = settings.corpus / "site"
    folder.mkdir()
    for n, word in enumerate(["空气", "水质", "土壤", "噪声", "固废", "森林"]):
        text = f"绿水青山服务热线平台\n{word}监测通报第{n}期\n\n{word}监测结果显示，今年{word}状况比去年有所改善，达标比例提高{n + 2}个百分点。\n"
        (folder / f"{n}.txt").write_text(text, "utf-8")
    run_reindex()
    (line,) = engine.health().boilerplate
    assert (line.line, line.documents) == ("绿水青山服务热线平台", 6) and line.site.endswith("corpus/site")
    assert not any("绿水青山服务热线平台" in stored.passage.text for stored in engine.passages())


def test_empty_index(tmp_path: Path) -> None:
    with Catalog(tmp_path / "index", create=True) as catalog:
        found = health(catalog)
    assert (found.documents, found.undated, found.first, found.failures, found.model) == (
        0,
        0,
        None,
        (),
        None,
    )
