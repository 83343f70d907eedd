"""A real Chromium against a live server, with everything from our own origin."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client as Session
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import User
from tests.support.chromium import find_chromium

# Playwright runs an event loop in this thread; Django's guard would take our plain calls
# for calls from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FIRST_PAGE_MS = 60_000
"""How long a page may take: the first one of a process reads all our code and templates."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the tests of this folder, and no others, fail once: decision 16.

    Not with `-p no:rerunfailures`, which is for whoever looks for such tests.
    """
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's own Chromium; as root it can't have a sandbox."""
    return {
        **browser_type_launch_args,
        "executable_path": find_chromium(),
        "args": ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"],
    }


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Let `expect` wait as long as the machine may need: it goes on as soon as it is so."""
    expect.set_options(timeout=15_000)


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that fails the test when a script or the Content-Security-Policy complains."""
    page.set_default_timeout(15_000)
    page.set_default_navigation_timeout(FIRST_PAGE_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Policy" in line.text else None)
    yield page
    assert complaints == []


@pytest.fixture
def base(live_server: LiveServer) -> str:
    """The address of the live server."""
    return str(live_server.url)


@pytest.fixture
def open_as(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Open pages of their own, as somebody signed in or as a visitor; closed at the end."""
    contexts = []

    def open_page(user: User | None = None, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.set_default_navigation_timeout(FIRST_PAGE_MS)
        if user is not None:
            session = Session()
            session.force_login(user)
            cookie = session.cookies[settings.SESSION_COOKIE_NAME]
            found = {"name": cookie.key, "value": cookie.value, "url": live_server.url}
            context.add_cookies([found])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
