"""How well ingestion tells a bulletin from the clutter of its page, and reads its metadata, against labels by hand.

usage: python benchmarks/ingestion.py       (needs ../shared/data; a few seconds)

Prints two Markdown tables, then every error in the dev half. Rules may be written with the dev half in view; the
test half is for measuring only, so its errors are counted and not shown.

Labels are in ``tests/data``. For clean text they are line numbers: page clutter to drop, lines that may go either way,
and everything else to keep. Titles and publishers are digests of their normalised text, so that the files hold no text
that belongs to others. ``published_alternates`` are other right dates (a law has several); ``published_derivable`` are
dates that a careful reader could infer: neither demanded nor called invented.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import DocumentError
from indexer.ingest import read_document
from indexer.language.places import ABOUT
from indexer.types import Document

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "data"
DATA = ROOT.parent / "shared" / "data"
FIELDS = ("title", "published", "publisher", "province")

_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# What a cleaner may take out of a line that it keeps: attributes, pinyin in brackets, icons with a link, a link's
# address, tags, the name of a box.
_MARKUP = re.compile(
    r"\{[^{}]*\}|\([a-zü\u00e0-\u01dc]{1,7}\)|:[a-z]+:\*?\[[^\]]*\]\([^)]*\)\*?|\]\([^)\s]*\)|</?[a-z][^<>]*>|^:::[a-z ]*"
)
_NOT_WORD = re.compile(r"\W")


@dataclass(frozen=True)
class Cleaning:
    """Characters (letters and digits) of one document or many, by label and by what cleaning did.

    Attributes:
        name: File name, or what the sum is over.
        split: "dev", "test", or "noise" for the copies that were spoilt on purpose.
        kept: In lines to keep, and kept.
        lost: In lines to keep, but taken out.
        clutter_kept: In lines to drop, but kept.
        clutter: In lines to drop.
    """

    name: str
    split: str
    kept: int
    lost: int
    clutter_kept: int
    clutter: int

    @property
    def precision(self) -> float:
        """Share of what was kept that was to be kept."""
        return self.kept / max(1, self.kept + self.clutter_kept)

    @property
    def recall(self) -> float:
        """Share of what was to be kept that was kept."""
        return self.kept / max(1, self.kept + self.lost)

    @property
    def untouched(self) -> float:
        """The precision of leaving everything in, for comparison."""
        return (self.kept + self.lost) / max(1, self.kept + self.lost + self.clutter)


@dataclass(frozen=True)
class Reading:
    """What was read of one metadata field of one document.

    ``outcome`` is "right", "wrong", "missing", or where the document states none "absent" or "invented".
    """

    name: str
    field: str
    split: str
    outcome: str
    value: str | None


def load_labels(name: str) -> list[dict[str, Any]]:
    """The labels in ``tests/data/<name>_labels.json``."""
    labels: list[dict[str, Any]] = json.loads((LABELS / f"{name}_labels.json").read_text("utf-8"))[
        "documents"
    ]
    return labels


def labelled_file(label: dict[str, Any]) -> Path:
    """The file that a label is for.

    Raises:
        ValueError: The file isn't the one that was labelled.
    """
    path = DATA / str(label["folder"]) / str(label["file"])
    if hashlib.sha256(path.read_bytes()).hexdigest() != label["sha256"]:
        raise ValueError(f"{path.name} is not the file that was labelled")
    return path


def score_cleaning(label: dict[str, Any]) -> Cleaning:
    """Compare what ``read_document`` keeps of a text file with its label."""
    path = labelled_file(label)
    lines = _LINE_BREAK.split(path.read_text("utf-8-sig"))
    if len(lines) != label["n_lines"]:
        raise ValueError(f"{path.name} has {len(lines)} lines, {label['n_lines']} were labelled")
    found: dict[int, str] = {}
    try:
        document = read_document(path)
    except DocumentError:
        pass
    else:
        for span in document.spans:
            found[span.number] = found.get(span.number, "") + document.text[span.start : span.end]
    drop = _numbers(label["drop"])
    either = _numbers(label["either"])
    kept = lost = clutter_kept = clutter = 0
    for number, line in enumerate(lines, start=1):
        if number in either:
            continue
        if number in drop:
            clutter += _size(line)
            clutter_kept += _size(found.get(number, ""))
        else:
            wanted = Counter(_NOT_WORD.sub("", _MARKUP.sub("", line)))
            there = Counter(_NOT_WORD.sub("", found.get(number, "")))
            kept += (wanted & there).total()
            lost += (wanted - there).total()
    split = "noise" if label.get("extra") else label["split"]
    return Cleaning(path.name, split, kept, lost, clutter_kept, clutter)


def total(name: str, parts: Sequence[Cleaning]) -> Cleaning:
    """The sum over documents: its precision and recall are micro averages."""
    return Cleaning(
        name,
        "",
        sum(p.kept for p in parts),
        sum(p.lost for p in parts),
        sum(p.clutter_kept for p in parts),
        sum(p.clutter for p in parts),
    )


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; of nothing, it is 1: nothing went wrong."""
    return sum(values) / len(values) if values else 1.0


def digest(text: str) -> str:
    """Title or publisher as the labels have it: 16 hex digits of SHA-256 of its letters and digits."""
    plain = _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def score_metadata(label: dict[str, Any]) -> list[Reading]:
    """Compare what ``read_document`` says of a file with its label."""
    path = labelled_file(label)
    try:
        document = read_document(path)
    except DocumentError:
        document = Document(doc_id="", text="", spans=(), lang="zh", format="")
    dates = [label["published"], *label["published_alternates"]] if label["published"] else []
    places = [f.value for f in document.facts if f.name == "place" and f.confidence >= ABOUT]
    readings = []
    for field, value, right, tolerated in (
        ("title", document.title, _any_digest(document.title, label["title"]), False),
        (
            "published",
            document.published,
            document.published in dates,
            document.published in label["published_derivable"],
        ),
        ("publisher", document.publisher, _any_digest(document.publisher, label["publisher"]), False),
        ("province", places[0] if places else None, _any_province(places, label["province"]), False),
    ):
        if label[field]:
            outcome = "right" if right else "wrong" if value else "missing"
        else:
            outcome = "invented" if value and not tolerated else "absent"
        readings.append(Reading(path.name, field, label["split"], outcome, value))
    return readings


def accuracy(readings: Sequence[Reading], field: str) -> tuple[int, int, int]:
    """How often a field was right, of how many where the document states it, and how often it was made up."""
    outcomes = Counter(r.outcome for r in readings if r.field == field)
    return (
        outcomes["right"],
        outcomes["right"] + outcomes["wrong"] + outcomes["missing"],
        outcomes["invented"],
    )


def _numbers(ranges: Sequence[Sequence[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def _size(text: str) -> int:
    """Letters and digits; a line of marks only counts as one, so that it isn't free."""
    return len(_NOT_WORD.sub("", text)) or bool(text.strip())


def _any_digest(text: str | None, digests: Sequence[str]) -> bool:
    return bool(text) and digest(text or "") in digests


def _any_province(places: Sequence[str], provinces: Sequence[str]) -> bool:
    return bool(places) and places[0][:2] in {code[:2] for code in provinces}


def main() -> None:
    """Print the tables and the dev half's errors."""
    scores = [score_cleaning(label) for label in load_labels("clean")]
    both = [s for s in scores if s.split != "noise"]
    groups = {split: [s for s in scores if s.split == split] for split in ("dev", "test", "noise")}
    groups |= {"both": both, "both, where there is clutter": [s for s in both if s.clutter]}
    heads = ["clean text", "documents", "micro P", "micro R", "macro P", "macro R", "clutter removed"]
    print(f"| {' | '.join(heads)} | micro P of no cleaning |\n|{'---|' * (len(heads) + 1)}")
    for name, parts in groups.items():
        whole = total(name, parts)
        figures = [whole.precision, whole.recall]
        figures += [mean([p.precision for p in parts]), mean([p.recall for p in parts])]
        figures += [1 - whole.clutter_kept / max(1, whole.clutter), whole.untouched]
        print(f"| {name} | {len(parts)} | " + " | ".join(f"{value:.4f}" for value in figures) + " |")
    readings = [reading for label in load_labels("metadata") for reading in score_metadata(label)]
    print(
        f"\n| metadata: right where present (invented) | {' | '.join(FIELDS)} |\n|{'---|' * (len(FIELDS) + 1)}"
    )
    for name in ("dev", "test", "both"):
        cells = []
        for field in FIELDS:
            right, present, invented = accuracy([r for r in readings if name in (r.split, "both")], field)
            cells.append(f"{right}/{present} = {right / max(1, present):.3f} ({invented})")
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("\nErrors in the dev half:")
    for score in groups["dev"]:
        if score.lost or score.clutter_kept:
            print(f"  {score.name}: {score.lost} lost, {score.clutter_kept} of {score.clutter} clutter kept")
    for reading in readings:
        if reading.split == "dev" and reading.outcome in ("wrong", "missing", "invented"):
            print(f"  {reading.name}: {reading.field} {reading.outcome}: {reading.value!r}")


if __name__ == "__main__":
    main()
