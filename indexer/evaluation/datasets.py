"""Datasets in BEIR layout: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv``, and optional ``lang``.

Beside them may lie ``answers.jsonl``, which tells in which languages a question is answered: one object a line with
``qid`` and ``kind`` (``mono``: in its own only; ``cross`` and whatever begins so: in the other only; ``both``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.errors import DatasetError
from indexer.language.detect import detect_lang
from indexer.types import LANGS, Lang

KINDS = ("mono", "cross", "both")


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """One document of a dataset."""

    doc_id: str
    title: str
    text: str
    lang: Lang


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a dataset."""

    query_id: str
    text: str
    lang: Lang


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset held in memory.

    Attributes:
        qrels: ``{query_id: {doc_id: relevance}}``, relevance above 0 only.
        digest: Of the corpus file; names the cached index.
        kinds: ``{query_id: "mono", "cross" or "both"}``; empty where the dataset does not tell.
    """

    name: str
    documents: tuple[CorpusDocument, ...]
    questions: tuple[Question, ...]
    qrels: dict[str, dict[str, int]]
    digest: str
    kinds: dict[str, str] = field(default_factory=dict)


def load_dataset(folder: Path) -> Dataset:
    """Read a dataset.

    Raises:
        DatasetError: A file is missing or malformed; the message names file and line.
    """
    corpus, queries, qrels_path = (
        folder / "corpus.jsonl",
        folder / "queries.jsonl",
        folder / "qrels" / "test.tsv",
    )
    for path in (corpus, queries, qrels_path):
        if not path.is_file():
            raise DatasetError(
                f"{path} is missing. A dataset is a folder with corpus.jsonl, queries.jsonl and "
                "qrels/test.tsv (BEIR)."
            )
    try:
        documents = tuple(
            CorpusDocument(
                _id(row, corpus, n),
                _whole(row.get("title") or ""),
                _text(row, corpus, n),
                _lang(row, corpus, n),
            )
            for n, row in _rows(corpus)
        )
        questions = tuple(
            Question(_id(row, queries, n), _text(row, queries, n), _lang(row, queries, n))
            for n, row in _rows(queries)
        )
        _check_ids(corpus, [d.doc_id for d in documents])
        _check_ids(queries, [q.query_id for q in questions])
        qrels = _qrels(qrels_path, {d.doc_id for d in documents})
        kinds = _kinds(folder / "answers.jsonl")
        digest = hashlib.sha256(corpus.read_bytes()).hexdigest()
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"The dataset {folder} can't be read: {error}. Its files must be UTF-8."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"The dataset {folder} can't be read: {error}. Give yourself the right to read it."
        ) from error
    judged = tuple(q for q in questions if q.query_id in qrels)
    if not judged:
        raise DatasetError(f"No question of {queries} has a relevant document in {qrels_path}.")
    return Dataset(folder.resolve().name, documents, judged, qrels, digest, kinds)


def _check_ids(path: Path, ids: list[str]) -> None:
    if not ids:
        raise DatasetError(f"{path} is empty.")
    if len(set(ids)) != len(ids):
        raise DatasetError(f"{path} gives the same _id twice. Make them unique.")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise DatasetError(f"{path}, line {number}: not JSON ({error}).") from error
                if not isinstance(row, dict):
                    raise DatasetError(f"{path}, line {number}: not a JSON object.")
                yield number, row


def _id(row: dict[str, Any], path: Path, line: int) -> str:
    if row.get("_id") in (None, ""):
        raise DatasetError(f'{path}, line {line}: no "_id".')
    given = str(row["_id"])
    if given.split() != [given]:
        raise DatasetError(
            f'{path}, line {line}: the "_id" {given!r} holds white space, which a run file can\'t.'
        )
    return given


def _text(row: dict[str, Any], path: Path, line: int) -> str:
    if not isinstance(row.get("text"), str):
        raise DatasetError(f'{path}, line {line}: no "text".')
    return _whole(row["text"])


def _whole(text: object) -> str:
    """Without halves of surrogate pairs, which JSON can hold and nothing else."""
    return str(text).encode("utf-8", "replace").decode()


def _lang(row: dict[str, Any], path: Path, line: int) -> Lang:
    given = row.get("lang")
    if given is None:
        return detect_lang(_text(row, path, line))
    short = str(given).lower().replace("_", "-").split("-")[0]
    for lang in LANGS:
        if short == lang:
            return lang
    if "zh" in str(given):  # "zh+en": mostly Chinese pages with English in them
        return detect_lang(_text(row, path, line))
    raise DatasetError(f'{path}, line {line}: "lang" is {given!r}; zh and en are known.')


def _kinds(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    given = {str(row.get("qid")): str(row["kind"]) for _, row in _rows(path) if row.get("kind")}
    return {query_id: kind for query_id, full in given.items() for kind in KINDS if full.startswith(kind)}


def _qrels(path: Path, known: set[str]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            row = line.rstrip("\r\n").split("\t")
            if row == [""] or (number == 1 and row[-1].strip().lower() == "score"):
                continue
            try:
                query_id, doc_id, relevance = row[0], row[-2], int(float(row[-1]))
            except (IndexError, ValueError, OverflowError) as error:
                raise DatasetError(
                    f"{path}, line {number}: expected query-id, corpus-id and score, separated by tabs."
                ) from error
            if doc_id not in known:
                raise DatasetError(f"{path}, line {number}: no document {doc_id!r} in corpus.jsonl.")
            if relevance > 0:
                qrels.setdefault(query_id, {})[doc_id] = relevance
    return qrels
