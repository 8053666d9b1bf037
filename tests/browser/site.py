"""A server of the page over an index, and a browser that looks at it and at nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A browser in a container has no user namespace for its sandbox, no GPU, and nobody to phone home to.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 90_000  # milliseconds; a busy machine is no failure


@dataclass(frozen=True)
class Site:
    """A server of the page.

    Attributes:
        corpus: Folder whose bulletins are indexed; an upload goes into its ``inbox``.
        index: Folder of the index.
        log: What the server says.
    """

    url: str
    corpus: Path
    index: Path
    log: Path

    def at(self, **address: str) -> str:
        """An address of the page; ``q`` is the question."""
        return f"{self.url}/?{urlencode(address)}"


def free_port() -> int:
    """One of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(
    corpus: Path, index: Path, log: Path, *, port: int | None = None, secrets: Path | None = None
) -> Iterator[Site]:
    """Serve the page on a free port of this machine until the end of the block; ``secrets`` is its secrets.toml."""
    port = port or free_port()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "QINGSHAN_CORPUS": str(corpus),
        "QINGSHAN_INDEX": str(index),
        "QINGSHAN_ALLOW_UPLOAD": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--secrets.files", str(secrets)] if secrets else []
    with log.open("wb") as said:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        url = f"http://localhost:{port}"
        _wait(server, f"{url}/_stcore/health", log)
        yield Site(url, corpus, index, log)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The page did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium."""
    expect.set_options(timeout=PATIENCE)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def ready(page: Page) -> Page:
    """A page whose script has run to its end, which the line on what is indexed marks."""
    page.wait_for_function(
        """() => document.querySelector('.stApp[data-test-script-state="notRunning"]')
          && document.querySelector('.qs-foot') && !document.querySelector('[data-testid^="stSkeleton"]') && !document.querySelector('[data-stale="true"]')"""
    )
    return page


def hits(page: Page) -> Locator:
    """The passages that are shown as hits."""
    return page.locator(".qs-text")


def shown(page: Page) -> list[str]:
    """What the hits say, in their order."""
    expect(hits(page).first).to_be_visible()
    return hits(ready(page)).all_inner_texts()


def box(page: Page) -> Locator:
    """Where the question is typed."""
    return page.locator(".stTextInput input").first


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    box(page).fill(question)
    page.keyboard.press("Enter")


def card(page: Page, text: str = "") -> Locator:
    """The first hit that says something, with what can be done with it."""
    return page.locator('[class*="st-key-card-"]', has_text=text).first
