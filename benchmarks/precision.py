"""What int8 costs: the bundled model as it is shipped against the same weights unquantised.

usage: python benchmarks/precision.py [DATASET]     (default: ../shared/data/xquad-dev; about ten minutes)

The unquantised model is prepared once more, in the cache's folder ``unquantised``, as where quantising fails. Everything
else is the same: means, token basis and coefficients are those that were fitted with int8.
"""

import sys
from pathlib import Path
from unittest.mock import patch

from quality import DATA, Table

from indexer.config import load_settings
from indexer.embedding import network
from indexer.embedding.bundled import BundledEmbedder
from indexer.evaluation.datasets import load_dataset
from indexer.evaluation.runner import evaluate


def unquantised(cache: Path) -> BundledEmbedder:
    """The model in float."""
    with patch.object(network, "quantize", side_effect=RuntimeError("float is wanted")):
        embedder = BundledEmbedder(cache / "unquantised", progress=lambda step: print(step, file=sys.stderr))
    if embedder.quantized:
        raise SystemExit(f"{cache / 'unquantised'} holds a quantised model; delete it.")
    return embedder


def main() -> None:
    """Measure both."""
    settings = load_settings()
    dataset = load_dataset(Path(sys.argv[1]) if sys.argv[1:] else DATA / "xquad-dev")
    table = Table()
    for name, embedder in (
        ("int8", BundledEmbedder(settings.cache)),
        ("float", unquantised(settings.cache)),
    ):
        table.add(name, evaluate(dataset, embedder, settings)[0])


if __name__ == "__main__":
    main()
