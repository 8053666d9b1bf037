"""Clean text and metadata against labels made by hand; what is measured, and how, is in benchmarks/ingestion.py."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load_benchmark():
    spec = importlib.util.spec_from_file_location("ingestion_benchmark", ROOT / "benchmarks" / "ingestion.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load_benchmark()
with_data = pytest.mark.skipif(not bench.DATA.is_dir(), reason=f"real data isn't there: {bench.DATA}")
FLOOR = 0.98
FIELD_FLOOR = 0.95


def test_labels_hold_no_text():
    labels = bench.load_labels("clean")
    assert sum(not label.get("extra", False) for label in labels) == 40
    assert {label["split"] for label in labels} == {"dev", "test"}
    for label in labels:
        assert set(label) <= {"folder", "file", "sha256", "n_lines", "drop", "either", "split", "extra"}
        assert all(1 <= a <= b <= label["n_lines"] for a, b in label["drop"] + label["either"])
    labels = bench.load_labels("metadata")
    assert len(labels) == 60
    for label in labels:
        assert all(len(d) == 16 and int(d, 16) >= 0 for d in label["title"] + label["publisher"])


@pytest.fixture(scope="module")
def cleanings():
    return [bench.score_cleaning(label) for label in bench.load_labels("clean")]


@with_data
@pytest.mark.parametrize("chosen", ["all", "with clutter", "noise"])
def test_clean_labels(cleanings, chosen):
    scores = [s for s in cleanings if (s.split == "noise") == (chosen == "noise")]
    if chosen == "with clutter":  # long laws have none, and would hide what is left in the others
        scores = [s for s in scores if s.clutter]
    whole = bench.total(chosen, scores)
    worst = sorted(scores, key=lambda s: min(s.precision, s.recall))[:5]
    shown = "; ".join(f"{s.name} P {s.precision:.3f} R {s.recall:.3f}" for s in worst)
    assert whole.precision >= FLOOR, f"clutter kept, worst: {shown}"
    assert whole.recall >= FLOOR, f"text lost, worst: {shown}"
    assert bench.mean([s.precision for s in scores]) >= FLOOR, f"clutter kept, worst: {shown}"
    assert bench.mean([s.recall for s in scores]) >= FLOOR, f"text lost, worst: {shown}"


@with_data
@pytest.mark.parametrize("split", ["dev", "test"])
def test_labels_can_tell_cleaning_from_none(cleanings, split):
    scores = [s for s in cleanings if s.split == split and s.clutter]
    assert len(scores) >= 10
    assert bench.total(split, scores).untouched < FLOOR


@pytest.fixture(scope="module")
def readings():
    return [reading for label in bench.load_labels("metadata") for reading in bench.score_metadata(label)]


@with_data
@pytest.mark.parametrize("field", bench.FIELDS)
def test_metadata_labels(readings, field):
    right, present, _ = bench.accuracy(readings, field)
    failed = [
        f"{r.name} ({r.outcome})" for r in readings if r.field == field and r.outcome in ("wrong", "missing")
    ]
    assert right >= FIELD_FLOOR * present, f"{right} of {present}; not right: {', '.join(failed)}"


@with_data
def test_no_date_is_invented(readings):
    assert [r.name for r in readings if r.field == "published" and r.outcome == "invented"] == []
