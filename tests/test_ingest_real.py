"""Real files from ``../shared``, which isn't part of the repository."""

import json
import re
from pathlib import Path

import pytest

from indexer.errors import DocumentError, NeedsOcrError
from indexer.ingest import chunk_document, read_document
from indexer.ingest.clean import clean_lines
from indexer.ingest.load import load_file

DATA = Path(__file__).parents[1].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data isn't there: {DATA}")


def count_tokens(texts):
    return [
        1 + len(re.findall("[\u3400-\u9fff]", text)) * 2 // 3 + len(re.findall(r"[A-Za-z]+|\d+", text))
        for text in texts
    ]


def manifest(folder):
    with (DATA / folder / "manifest.jsonl").open(encoding="utf-8") as file:
        return {record["file"]: record for record in map(json.loads, file)}


@pytest.fixture(scope="module")
def bulletins():
    return {path.name: read_document(path) for path in sorted((DATA / "bulletins" / "docs").iterdir())}


def test_every_bulletin_is_read_and_cut(bulletins):
    assert len(bulletins) == 362
    for document in bulletins.values():
        passages = chunk_document(document, count_tokens)
        assert all(document.text[p.start : p.end] == p.text for p in passages)
        covered = "".join(
            document.text[max(p.start, before.end if before else 0) : p.end]
            for before, p in zip([None, *passages], passages, strict=False)
        )
        assert re.sub(r"\s", "", covered) == re.sub(r"\s", "", document.text)


def test_languages_titles_and_dates(bulletins):
    records = manifest("bulletins")
    wrong_dates, titles = [], 0
    for name, document in bulletins.items():
        record = records[name]
        if record["lang"] in ("zh", "en"):
            assert document.lang == record["lang"], name
        if record["date"] and document.published and document.published != record["date"]:
            wrong_dates.append(name)
        if record["title"] and document.title:
            # Some of the listed titles end with the site's name.
            title, listed = (re.sub(r"\s", "", t) for t in (document.title, record["title"]))
            titles += title == listed or re.fullmatch(r"-[\w.]{3,13}", listed.removeprefix(title)) is not None
    assert wrong_dates == []
    assert titles >= 350
    assert sum(document.published is not None for document in bulletins.values()) >= 260


def test_every_judged_quote_is_still_there(bulletins):
    def squeezed(text):
        return re.sub(r"[\s*\[]|\]\([^()]*\)", "", text)

    texts = {name: squeezed(document.text) for name, document in bulletins.items()}
    with (DATA / "bulletins-gold-dev" / "answers.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            for relevant in record["relevant"]:
                assert squeezed(relevant["quote"]) in texts[relevant["file"]]


def test_cleaning_is_idempotent_and_drops_no_sentence():
    for path in (DATA / "bulletins" / "docs").iterdir():
        cleaned = clean_lines(load_file(path.read_bytes(), path.suffix).lines)
        assert clean_lines(cleaned.lines).lines == cleaned.lines
        sentences = [r for r in cleaned.removed if r.line.text.endswith(("。", "！", "？"))]
        assert not [r for r in sentences if r.reason != "prompt"]


def test_pages_decode_without_mojibake():
    records = manifest("html")
    for path in sorted((DATA / "html" / "files").iterdir()):
        if path.suffix == ".xml":
            continue
        document = read_document(path)
        assert "\ufffd" not in document.text, path.name
        assert document.lang == "zh", path.name
        common = len(re.findall("[的一是在了和有中国國人]", document.text))
        assert common > 0.01 * len(document.text), path.name
        actual = records[path.name]["actual"].partition("+")[0].replace("utf-16-le", "utf-16")
        assert document.encoding == actual, path.name


def test_pdfs_give_text_or_say_why_not(monkeypatch):
    monkeypatch.setattr("indexer.ingest.load.ocr.available", lambda: False)
    for path in sorted((DATA / "pdf" / "files").iterdir()):
        if "scanned" in path.name:
            with pytest.raises(NeedsOcrError):
                read_document(path)
            continue
        try:
            document = read_document(path)
        except DocumentError as error:
            pytest.fail(f"{path.name}: {error}")
        assert document.lang == "zh"
        assert len(document.text) > 400
        assert all(span.page for span in document.spans)


def test_reprints_lose_spam_and_pinyin():
    folder = DATA / "bulletins_noise" / "docs"
    for path in sorted(folder.glob("*__tradpinyin.txt")):
        plain = read_document(path.with_name(path.name.replace("tradpinyin", "trad")))
        assert read_document(path).text == plain.text
