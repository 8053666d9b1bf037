"""The browser, the server and pages that watch what a page does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer import reindex
from indexer.config import load_settings
from indexer.embedding.bundled import BundledEmbedder

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from .bulletins import write_hostile, write_samples  # noqa: E402
from .site import CHROMIUM, PATIENCE, Site, launch, ready, serving  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="chromium is not installed (apt-get install chromium)")
                )


@pytest.fixture(scope="session")
def browser():
    """The machine's own Chromium, once for all tests."""
    with playwright.sync_playwright() as running:
        opened = launch(running)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, bundled: BundledEmbedder) -> Iterator[Site]:
    """The page over sample bulletins and hostile ones."""
    folder = tmp_path_factory.mktemp("site")
    corpus, index = folder / "corpus", folder / "index"
    write_hostile(write_samples(corpus) / "outside")
    reindex([corpus], index, embedder=bundled, settings=load_settings(corpus=corpus, index=index))
    with serving(corpus, index, folder / "server.log") as served:
        yield served


Visit = Callable[..., "playwright.Page"]


@pytest.fixture(scope="session")
def profile(browser):
    """What tests share: one store of the page's scripts, so that they are loaded once. Sessions are each page's own."""
    context = browser.new_context(locale="en-US")
    yield context
    context.close()


@pytest.fixture
def visit(browser, profile, site: Site) -> Iterator[Visit]:
    """Open the page in a window of its own, by what its address says; ``locale`` and ``fresh`` take a new browser.

    At the end nothing may have happened that a page of ours never does: a dialog, a request to anyone else, an
    error on the console.
    """
    pages, contexts, misdeeds = [], [], []
    ours = (f"{site.url}/", "data:", f"blob:{site.url}/")

    def open_page(*, width: int = 1400, locale: str = "", fresh: bool = False, url: str = "", **address: str):
        context = profile
        if locale or fresh:
            context = browser.new_context(locale=locale or "en-US")
            contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": 1000})
        page.on("dialog", lambda dialog: (misdeeds.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda r: r.url.startswith(ours) or misdeeds.append(f"request to {r.url}"))
        page.on("pageerror", lambda error: misdeeds.append(f"error {error}"))
        page.on("console", lambda m: m.type == "error" and misdeeds.append(f"console: {m.text}"))
        page.on("popup", lambda popup: misdeeds.append(f"window {popup.url}"))
        page.goto(url or site.at(**address))
        return ready(page)

    yield open_page
    for opened in (*pages, *contexts):
        opened.close()
    assert not misdeeds
    assert "Traceback" not in site.log.read_text("utf-8", "replace")
