"""Takes the README's pictures anew, over the sample bulletins: ``make screenshots``."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from indexer import reindex
from indexer.config import load_settings

from .site import CHROMIUM, ROOT, card, launch, ready, serving

FOLDER = ROOT / "docs" / "screenshots"
COLOURS = 200  # of a picture: as many as nobody misses, and a quarter of the bytes


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        address: What the page shows.
        act: What is done before the picture is taken.
    """

    name: str
    address: dict[str, str]
    width: int = 1400
    height: int = 900
    scheme: str = "light"
    act: Callable[[Page], None] = field(default=lambda page: None)


def draw_page(page: Page) -> None:
    """Open a PDF's passage on its page."""
    card(page, "PDF").get_by_role("button", name="In context").first.click()
    page.get_by_role("dialog").get_by_role("radio", name="Page").click()
    page.locator(".qs-paper img").wait_for()


def unfold(page: Page) -> None:
    """Open the overview."""
    page.locator(".st-key-overview summary").click()
    page.locator(".st-key-chart-topic").locator("canvas, svg").first.wait_for()


AIR = {"q": "空气质量优良天数 good-air days"}
SHOTS = (
    Shot("english", {"ui": "en", "q": "How many good-air days did Beijing have in 2024?"}),
    Shot("chinese", {"ui": "zh", "q": "长江禁渔有多少渔民退捕上岸？", "balance": "side"}),
    Shot("dark", {"ui": "en", **AIR}, scheme="dark", act=unfold),
    Shot("telephone", {"ui": "zh", "q": "长江禁渔有多少渔民退捕上岸？"}, width=400, height=800),
    Shot(
        "page-of-a-pdf",
        {"ui": "en", "q": "How are Yunnan's nine plateau lakes protected?"},
        act=draw_page,
    ),
    Shot("corpus", {"ui": "en", "view": "corpus"}),
)


def main() -> None:
    """Index the sample bulletins, show them and take all pictures."""
    if CHROMIUM is None:
        raise SystemExit("Chromium is not installed. Install it, for example: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        index, corpus = Path(folder) / "index", ROOT / "corpus"
        reindex([corpus], index, settings=load_settings(corpus=corpus, index=index))
        FOLDER.mkdir(exist_ok=True)
        browser = launch(running)
        with serving(corpus, index, Path(folder) / "log") as site:
            for shot in SHOTS:
                context = browser.new_context(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme
                )
                page = context.new_page()
                page.goto(site.at(**shot.address))
                shot.act(ready(page))
                picture = ready(page).screenshot(animations="disabled")
                drawn = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS)
                drawn.save(FOLDER / f"{shot.name}.png", optimize=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
