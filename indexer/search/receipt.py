"""Receipts: what was quoted, from where and when, so that it can be checked later against the bulletins.

A receipt holds the quoted words themselves with their digest. It is checked by words, not by offsets alone: a bulletin
that was moved, read anew or changed elsewhere still says what was quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from indexer.errors import ReceiptError
from indexer.language.tokens import ANALYZER_VERSION
from indexer.search.citation import digest, locate
from indexer.store.catalog import Catalog, FileRecord, now
from indexer.types import Filter

if TYPE_CHECKING:
    from indexer.search.export import Item
    from indexer.types import Document

FORMAT = "qingshan-receipt/1"

_ALIKE = 60.0
"""Likeness in percent from which words are shown that stand in place of those that were quoted."""

_MOST_COMPARED, _SHOWN = 500_000, 300
"""Characters of a document up to which it is looked through for that, and of these words that are shown."""


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an index was made with, and its state.

    Attributes:
        model: Fingerprint of the embedding model.
        ingest: Version of reading and cleaning; ``chunking`` and ``analyzer`` likewise. Offsets compare within one.
        seq: Number of the newest change.
        updated: When it was last brought up to date (UTC, ISO 8601).
    """

    model: str | None
    ingest: str | None
    chunking: str | None
    analyzer: str
    seq: int
    documents: int
    passages: int
    updated: str | None


def index_facts(catalog: Catalog) -> IndexFacts:
    """The facts about an index."""
    stats = catalog.stats()
    return IndexFacts(
        model=catalog.meta("model"),
        ingest=catalog.meta("ingest"),
        chunking=catalog.meta("chunking"),
        analyzer=ANALYZER_VERSION,
        seq=catalog.seq(),
        documents=stats.documents,
        passages=stats.passages,
        updated=stats.updated,
    )


def receipt(
    items: Sequence[Item], *, question: str | None, index: IndexFacts, where: Filter | None = None
) -> dict[str, Any]:
    """A receipt for some passages, ready for JSON.

    Args:
        items: The passages, with notes.
        question: As typed, with its filters; None if the passages answer several.
        index: Where they were found.
        where: Filters on top of those typed.
    """
    return {
        "format": FORMAT,
        "made": now(),
        "question": question,
        "filters": {k: v for k, v in asdict(where).items() if v} if where else {},
        "index": asdict(index),
        "passages": [_passage(item) for item in items],
    }


def _passage(item: Item) -> dict[str, Any]:
    hit = item.hit
    known = ("title", "publisher", "published", "lang", "format", "path", "url", "doc_id", "passage_id")
    places = ("page", "page_end", "line", "line_end", "start", "end")
    return {
        **{name: getattr(hit, name) for name in known + places},
        "locator": locate(hit),
        "relevance": round(hit.relevance, 4),
        "text": hit.text,
        "sha256": digest(hit.text),
        "note": item.note,
    }


def dump_receipt(made: Mapping[str, Any]) -> bytes:
    """A receipt as the bytes of a file."""
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


_NO_RECEIPT_ZH = "这不是凭证。请选择以“JSON 凭证”导出的文件。"


def load_receipt(data: bytes) -> dict[str, Any]:
    """A receipt from the bytes of a file.

    Raises:
        ReceiptError: It is none, another version's, damaged, or its quotations were changed.
    """
    try:
        made = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReceiptError(
            f"This is not a receipt: it is no JSON ({error}). Give the file that was exported as JSON receipt.",
            _NO_RECEIPT_ZH,
        ) from error
    if not isinstance(made, dict) or not isinstance(made.get("format"), str):
        raise ReceiptError(
            "This is not a receipt. Give the file that was exported as JSON receipt.", _NO_RECEIPT_ZH
        )
    if made["format"] != FORMAT:
        raise ReceiptError(
            f"The receipt has the format {made['format'][:40]!r}; this version of Qingshan reads {FORMAT!r}. "
            "Upgrade Qingshan, or export the passages again.",
            f"凭证格式为 {made['format'][:40]!r}，本版本只能读取 {FORMAT!r}。请升级青山，或重新导出。",
        )
    passages = made.get("passages")
    if not isinstance(passages, list):
        raise ReceiptError(
            "The receipt lists no passages: it is damaged. Export it again.",
            "凭证已损坏（缺少段落），请重新导出。",
        )
    for n, passage in enumerate(passages, 1):
        _check(passage, n)
    # JSON may name halves of characters, which can be neither looked for nor printed.
    whole: dict[str, Any] = json.loads(json.dumps(made, ensure_ascii=False).encode("utf-8", "replace"))
    return whole


_TYPES: dict[str, type | tuple[type, ...]] = {
    "title": str, "path": str, "doc_id": str, "text": str, "sha256": str, "start": int, "end": int,
}  # fmt: skip


def _check(passage: object, n: int) -> None:
    known = passage if isinstance(passage, dict) else {}
    for name, kind in _TYPES.items():
        if not isinstance(known.get(name), kind):
            raise ReceiptError(
                f"Passage {n} of the receipt has no {name}: it is damaged. Export it again.",
                f"凭证已损坏（第 {n} 段缺少 {name}），请重新导出。",
            )
    if digest(known["text"]) != known["sha256"]:
        raise ReceiptError(
            f"Passage {n} of the receipt was changed after it was exported: its words are not those of its digest. "
            "Use the receipt as it was exported.",
            f"凭证第 {n} 段在导出后被改动，文字与摘要值不符。请使用原凭证。",
        )


# Checking

Status = Literal["unchanged", "moved", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a passage of a receipt.

    Attributes:
        status: ``unchanged``: the same words at the same place of the same file. ``moved``: the same words stand
            elsewhere. ``changed``: the file is there, but not the words. ``gone``: neither.
        title: As the receipt has it, like ``path``.
        detail: What was found, in a sentence; ``chinese`` for readers of Chinese.
        now_path: The file in which the words stand now; None if they don't.
        now_start: Where in its clean text.
    """

    status: Status
    title: str
    path: str
    detail: str
    chinese: str
    now_path: str | None = None
    now_start: int | None = None


def verify(receipt: Mapping[str, Any], catalog: Catalog) -> list[Verdict]:
    """What became of each passage of a receipt, by what is indexed now.

    Args:
        receipt: From :func:`load_receipt`.
        catalog: Of the index in which the passages should be.
    """
    files = catalog.files()
    return [_verdict(passage, files.get(passage["path"]), catalog) for passage in receipt["passages"]]


def _verdict(passage: Mapping[str, Any], record: FileRecord | None, catalog: Catalog) -> Verdict:
    title, path = passage["title"], passage["path"]
    document = catalog.document(record.doc_id) if record and record.doc_id else None
    found = _find(document, passage["text"], passage["start"])
    if document and found is not None:
        return _here(passage, document, found)
    if (elsewhere := _elsewhere(catalog, passage)) is not None:
        where, at = elsewhere
        return Verdict(
            "moved", title, path, f"The same words stand in {where}.", f"相同文字见于 {where}。", where, at
        )
    if record is None:
        return Verdict(
            "gone",
            title,
            path,
            "The file is not indexed any more, nor are its words.",
            "该文件及所引文字均已不在索引中。",
        )
    if record.error:
        english, chinese = "The file can't be read any more: ", "文件已无法读取："
        return Verdict("changed", title, path, english + record.why(), chinese + record.why("zh"))
    english, chinese = _instead(document, passage["text"])
    return Verdict(
        "changed",
        title,
        path,
        f"The file is there, but these words are not in it any more.{english}",
        f"文件仍在，但已不含所引文字。{chinese}",
    )


def _here(passage: Mapping[str, Any], document: Document, found: int) -> Verdict:
    title, path, then = passage["title"], passage["path"], passage["start"]
    if found != then:
        english = f"The same words stand at another place of the file: at character {found:,}, not {then:,}."
        chinese = f"相同文字移到了文件的另一处：由第 {then:,} 个字符移至第 {found:,} 个字符。"
        return Verdict("moved", title, path, english, chinese, path, found)
    if document.doc_id == passage["doc_id"]:
        english, chinese = "The file is as it was.", "文件未变。"
    else:
        english, chinese = (
            "The file has changed elsewhere, not in these words.",
            "文件别处有改动，所引文字未变。",
        )
    return Verdict("unchanged", title, path, english, chinese, path, found)


def _find(document: Document | None, text: str, start: int) -> int | None:
    """Where a text stands in a document: at its old place, or else as near to it as can be; white space is no matter.

    Another version of the reader may break lines elsewhere; a word that is another is not found.
    """
    if document is None or not text.strip():
        return None
    if document.text[start : start + len(text)] == text:
        return start
    if text in document.text:
        places = [m.start() for m in re.finditer(re.escape(text), document.text)]
    else:
        offsets = [i for i, c in enumerate(document.text) if not c.isspace()]
        whole, wanted = ("".join(each.split()) for each in (document.text, text))
        places = [offsets[m.start()] for m in re.finditer(re.escape(wanted), whole)]
    return min(places, key=lambda place: abs(place - start), default=None)


def _instead(document: Document | None, text: str) -> tuple[str, str]:
    """What a document says now that is most like a text that it said, in English and Chinese; empty where nothing is."""
    if document is None or len(document.text) > _MOST_COMPARED:
        return "", ""
    from rapidfuzz.fuzz import partial_ratio_alignment

    alike = partial_ratio_alignment(text, document.text, score_cutoff=_ALIKE)
    if alike is None:
        return "", ""
    words = " ".join(document.text[alike.dest_start : alike.dest_end].split())
    if len(words) > _SHOWN:
        words = words[: _SHOWN - 1] + "…"
    percent, at = f"{alike.score:.0f}%", f"{alike.dest_start:,}"
    return (
        f" Most like them ({percent}) is now, at character {at}: “{words}”",
        f"现第 {at} 个字符处的文字与之最相近（{percent}）：“{words}”",
    )


def _elsewhere(catalog: Catalog, passage: Mapping[str, Any]) -> tuple[str, int] | None:
    """Another file in which a text stands, and where."""
    text = passage["text"]
    if not text.strip():  # stands everywhere
        return None
    for doc_id in [passage["doc_id"], *catalog.documents_with(text)]:
        document = catalog.document(doc_id)
        found = _find(document, text, passage["start"])
        paths = catalog.paths(doc_id)
        if found is not None and paths:
            return paths[0], found
    return None
