"""A person's browser in front of the running portal."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from dosing_portal.kernel.models import Staff
from dosing_portal.web import idle

PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=900)
EXPECTED = ("Failed to load resource", "Response Status Error")  # a refused form is no complaint


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "Chromium is missing: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this thread, which Django would take for an asynchronous caller.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
        connections.close_all()  # while the loop runs, Django keeps connections apart: they end with it


class Visit:
    """One browser window on the portal; whatever its console complains about fails the test."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.context = browser.new_context(**{"viewport": DESKTOP, "base_url": address, **options})
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._listen(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, kind: str, words: str) -> None:
        if kind == "error" and not any(expected in words for expected in EXPECTED):
            self.complaints.append(words)

    def sign_in(self, staff: Staff) -> None:
        """The cookies of somebody who signed in just now."""
        client = Client()
        client.force_login(staff)
        client.get("/frame/")
        for name in (settings.SESSION_COOKIE_NAME, idle.COOKIE):
            value = client.cookies[name].value
            self.context.add_cookies([{"name": name, "value": value, "url": self.address}])

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def violations(self) -> list[str]:
        """What axe finds on the page, one line each."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]

    def scrolls_sideways(self) -> bool:
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Visit]:
    opened = Visit(browser, live_server.url)
    yield opened
    opened.context.close()
    assert opened.complaints == []
