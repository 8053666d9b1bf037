"""What int8 costs: the bundled model in the two ways in which it is prepared, against the same weights unquantised.

usage: python benchmarks/precision.py [DATASET]     (default: ../shared/data/xquad-dev; five minutes with AVX2 only)

Processors that are quick at int8 compute in it, others keep the weights alone in it. Each way is prepared in a folder of
its own in the cache, with an index of its own. Everything else is the same: means, token basis and coefficients are those
that were fitted with int8.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from quality import DATA, Table

from indexer.config import load_settings
from indexer.embedding import bundled, network
from indexer.embedding.bundled import BundledEmbedder
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.runner import evaluate

WAYS: list[tuple[str, bool, Callable[[], AbstractContextManager[Any]]]] = [
    ("int8", True, lambda: patch.object(bundled, "quicker", return_value=True)),
    ("weights alone in int8", True, lambda: patch.object(bundled, "quicker", return_value=False)),
    ("float", False, lambda: patch.object(network, "quantize", side_effect=RuntimeError("float is wanted"))),
]


def main() -> None:
    """Measure all."""
    dataset = load_dataset(Path(sys.argv[1]) if sys.argv[1:] else DATA / "xquad-dev")
    table = Table()
    for name, quantized, prepared in WAYS:
        settings = load_settings(cache=load_settings().cache / "precision" / name.replace(" ", "-"))
        with prepared():
            embedder = BundledEmbedder(settings.cache, progress=lambda step: print(step, file=sys.stderr))
        if embedder.quantized != quantized:
            raise SystemExit(f"{settings.cache} holds another model; delete it.")
        table.add(name, evaluate(dataset, embedder, settings)[0])


if __name__ == "__main__":
    main()
