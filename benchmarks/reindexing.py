"""`reindex` of a folder from nothing, beside txtai 9 (hybrid) with the same weights in float32.

usage: python benchmarks/reindexing.py FOLDER [--documents 60] [--rounds 1]

Ours reads the files of ../shared/data/bulletins, cleans, cuts, embeds (with token vectors for late interaction) and
writes all its indexes. txtai is spared the reading: it is given our passages' texts and embeds and indexes them, in
its dense and keyword indexes. Both have their model loaded. FOLDER keeps txtai's model. Needs `pip install -e ".[bench]"`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from embedding import seconds
from peer import load_peer
from scale import DATA

from indexer import reindex
from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.store.catalog import Catalog


def main() -> None:
    """Measure and print."""
    import txtai

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    embedder, peer = load_embedder(load_settings()), load_peer(args.folder)
    embedder.embed_passages(["warm up"])
    found = sorted((DATA / "bulletins" / "docs").iterdir())
    with tempfile.TemporaryDirectory() as place:
        corpus, index = Path(place) / "corpus", Path(place) / "index"
        corpus.mkdir()
        for path in found[:: max(1, len(found) // args.documents)][: args.documents]:
            shutil.copy(path, corpus)
        ours, theirs = [], []
        for _ in range(args.rounds):
            shutil.rmtree(index, ignore_errors=True)
            ours.append(seconds(lambda: reindex([corpus], index, embedder=embedder)))
            with Catalog(index) as catalog:
                rows = [
                    (n, f"{context}\n{text}".strip(), None) for n, _, context, text in catalog.iter_passages()
                ]
            rival = txtai.Embeddings(
                method="external",
                transform=lambda texts: peer.encode(texts, prompt_name="document", show_progress_bar=False),
                hybrid=True,
            )
            theirs.append(seconds(lambda rival=rival, rows=rows: rival.index(rows)))
        a, b = len(rows) / statistics.median(ours), len(rows) / statistics.median(theirs)
        print(f"{len(rows)} passages of {args.documents} documents")
        print(
            f"reindex, from files: {a:.1f} passages a second; txtai, from passages: {b:.1f}; ratio {a / b:.2f}"
        )


if __name__ == "__main__":
    main()
