"""How long one waits for the first answer: of the command, of the page, and of the page once it is warm.

usage: python benchmarks/starting.py FOLDER [--rounds 5]

FOLDER keeps the other's model: a script that imports sentence-transformers, loads the same weights in float32 and embeds
one question, which is what a search of one's own making begins with. All processes are new; files are in the system's
memory. The corpus is corpus/. The page is seen by Chromium without a window; where there is none, its rows are left out.
Medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from peer import load_peer

from indexer import SearchEngine, reindex
from indexer.config import load_settings
from indexer.embedding import load_embedder

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "北京 PM2.5 年均浓度"
PEER = """
import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], device="cpu").encode([sys.argv[2]], prompt_name="query", show_progress_bar=False)
"""

# Another first hit is there, or the same one still when all is done.
CHANGED = """([old, question]) => {
  const first = document.querySelector('.qs-text')
  return first && (first.innerText !== old || new URLSearchParams(location.search).get('q') === question
    && document.querySelector('.stApp[data-test-script-state="notRunning"]'))
}"""


def median(work: Callable[[], float], rounds: int) -> float:
    """Of so many rounds, after one that isn't counted."""
    work()
    return statistics.median(work() for _ in range(rounds))


def process(*arguments: object, index: Path) -> float:
    """Seconds of a command, from its call to its end."""
    started = time.perf_counter()
    environment = os.environ | {"QINGSHAN_INDEX": str(index)}
    subprocess.run(
        list(map(str, arguments)), check=True, env=environment, capture_output=True, stdin=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def page(index: Path, rounds: int) -> dict[str, float]:
    """Seconds to the first hit on the page: from the server's start, from the first visit, and of later questions."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import expect, sync_playwright

    from tests.browser.site import CHROMIUM, ask, hits, launch, ready, serving

    if CHROMIUM is None:
        return {}
    asked = [q["query"] for q in json.loads((ROOT / "tests/data/questions.json").read_text("utf-8"))]
    with SearchEngine.open(index) as engine:
        asked = [q for q in asked if engine.refusal(q, engine.search(q)) is None]
    found: dict[str, list[float]] = {
        "page: from the start of the server to the first hit": [],
        "page: from the first visit to the first hit": [],
        "page, warm: from Enter to the first hit": [],
    }
    start, visit, warm = found.values()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = launch(playwright)
        browser.new_page().goto("about:blank")
        for _ in range(rounds):
            started = time.perf_counter()
            with serving(ROOT / "corpus", index, Path(place) / "server.log") as site:
                page = browser.new_context().new_page()
                visited = time.perf_counter()
                page.goto(site.at(q=QUESTION))
                expect(hits(page).first).to_be_visible()
                shown = time.perf_counter()
                start.append(shown - started)
                visit.append(shown - visited)
                for question in asked:
                    ready(page)
                    old = hits(page).first.inner_text()
                    entered = time.perf_counter()
                    ask(page, question)
                    page.wait_for_function(CHANGED, arg=[old, question])
                    warm.append(time.perf_counter() - entered)
                page.context.close()
        browser.close()
    return {name: statistics.median(taken) for name, taken in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    load_peer(args.folder)
    bin_ = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as place:
        index = Path(place)
        reindex([ROOT / "corpus"], index, embedder=load_embedder(load_settings()))
        rows = {
            "import indexer": median(
                lambda: (
                    process(sys.executable, "-c", "import indexer", index=index)
                    - process(sys.executable, "-c", "", index=index)
                ),
                args.rounds,
            ),
            "qingshan search": median(
                lambda: process(bin_ / "qingshan", "search", QUESTION, index=index), args.rounds
            ),
            "sentence-transformers, one question": median(
                lambda: process(sys.executable, "-c", PEER, args.folder, QUESTION, index=index), args.rounds
            ),
        }
        print("| from cold | s |\n|---|---|")
        for name, taken in (rows | page(index, args.rounds)).items():
            print(f"| {name} | {taken:.2f} |")
        print(
            f"ratio to `qingshan search`: {rows['sentence-transformers, one question'] / rows['qingshan search']:.1f}"
        )


if __name__ == "__main__":
    main()
