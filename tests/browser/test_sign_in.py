"""Signing in and out with a provider, and what is seen without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .provider import Provider, providing
from .site import PATIENCE, Site, ask, free_port, hits, ready, serving

CHIEFS = "How often must river chiefs patrol in Wenzhou?"
TELLTALES = ("河长", "温州", "Beijing", "passages")
"""Words of the bulletins and of what is said about them; none is in a question or a message of the sign-in."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running
        assert not running.refusals


@pytest.fixture(scope="module")
def guarded(site: Site, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page over the same index, for those who sign in."""
    folder, port = tmp_path_factory.mktemp("guarded"), free_port()
    secrets = provider.secrets_file(folder / "secrets.toml", f"http://localhost:{port}")
    with serving(site.corpus, site.index, folder / "log", port=port, secrets=secrets) as served:
        yield served
    assert "Traceback" not in served.log.read_text("utf-8", "replace")


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    """A browser of its own, in which nobody has signed in."""
    opened = browser.new_context(locale="en-US")
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


def listening(context: BrowserContext) -> tuple[Page, list[bytes]]:
    """A page, and all that its server sends it."""
    page, received = context.new_page(), list[bytes]()

    def note(frame: bytes | str) -> None:
        received.append(frame if isinstance(frame, bytes) else frame.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return page, received


def closed(page: Page, received: list[bytes]) -> None:
    """Only the way in is there, and nothing of the corpus came with it."""
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.wait_for_function("document.querySelector('.stApp[data-test-script-state=\"notRunning\"]')")
    assert page.locator(".qs-foot, .qs-text, .st-key-question, .st-key-view, .st-key-sign-out").count() == 0
    seen = page.content() + b"".join(received).decode("utf-8", "ignore")
    assert [word for word in TELLTALES if word in seen] == []


def test_in_and_out(guarded: Site, context: BrowserContext) -> None:
    page, received = listening(context)
    page.goto(guarded.at(ui="en", q=CHIEFS))
    closed(page, received)

    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Go on as analyst").click()
    page.wait_for_url(f"{guarded.url}/**")
    ask(ready(page), CHIEFS)
    expect(hits(page).first).to_contain_text("河长")
    assert any("河长".encode() in frame for frame in received)  # what listens would have heard it

    linked = context.new_page()
    linked.goto(guarded.at(ui="en", q=CHIEFS))
    expect(hits(linked).first).to_contain_text("河长")
    linked.close()

    ready(page).get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{guarded.url}/")
    again, received = listening(context)
    for address in (
        {"ui": "en", "q": CHIEFS},
        {"ui": "en", "view": "corpus"},
        {"ui": "en", "view": "basket"},
    ):
        again.goto(guarded.at(**address))
        closed(again, received)


def test_refused_by_the_provider(guarded: Site, context: BrowserContext) -> None:
    page, received = listening(context)
    page.goto(guarded.at(ui="en"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Refuse").click()
    page.wait_for_url(f"{guarded.url}/**")
    closed(page, received)


def test_a_cookie_of_ones_own_making(guarded: Site, context: BrowserContext) -> None:
    context.add_cookies(
        [{"name": "_streamlit_user", "value": '{"is_logged_in":true,"origin":"x"}', "url": guarded.url}]
    )
    page, received = listening(context)
    page.goto(guarded.at(ui="en", q=CHIEFS))
    closed(page, received)


def test_secrets_that_cannot_be_read_open_nothing(
    site: Site, context: BrowserContext, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nredirect_uri = "http://localhost\n')
    with serving(site.corpus, site.index, tmp_path / "log", secrets=secrets) as broken:
        page, received = listening(context)
        page.goto(broken.at(ui="zh", q=CHIEFS))
        expect(page.get_by_role("alert")).to_contain_text("无法读取")
        assert page.locator(".qs-foot, .qs-text, .st-key-question").count() == 0
        assert "河长".encode() not in b"".join(received)
