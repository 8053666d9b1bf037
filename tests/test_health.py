from __future__ import annotations

from pathlib import Path

from conftest import BULLETINS
from test_ingest_repeated import HOTLINE, RUN_BY, SLOGAN, page

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
    assert path == "corpus/empty.txt" and "empty" in reason and "\n" not in reason
    assert engine.health("zh").failures == (
        ("corpus/empty.txt", "文件是空的。请重新下载或保存，或移出文件夹。"),
    )
    assert found.formats == {"txt": 8, "html": 2, "md": 1}
    assert found.publishers["北京市生态环境局"] == 2 and found.no_publisher == 5
    assert found.model == "hash-1" and found.updated
    assert set(found.versions) == {"ingest", "chunking", "analyzer", "late"}
    assert set(found.bytes) == {"catalog", "dense", "lexical"} and all(found.bytes.values())
    assert found.boilerplate == ()


def test_lines_that_a_site_repeats(engine: SearchEngine, settings: Settings, run_reindex) -> None:
    folder = settings.corpus / "site"
    folder.mkdir()
    for n in range(6):
        (folder / f"{n}.txt").write_text(page(n), "utf-8")
    run_reindex()
    found = {line.line: line for line in engine.health().boilerplate}
    assert set(found) == {SLOGAN, HOTLINE, RUN_BY}
    assert found[SLOGAN].documents == 6 and found[SLOGAN].site == "folder:corpus/site"


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
