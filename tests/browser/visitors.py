"""Somebody of the sample center at a screen, and what the tests do and look at there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, Response, ViewportSize

from dosing_portal.kernel.models import Staff
from tests.chromium import DESKTOP, PHONE, Visit

__all__ = ["DESKTOP", "PHONE", "Stop", "Visitor", "tab_stops", "type_vitals"]

PATIENCE_MS = 10_000  # for two busy cores, not for the portal
INTERRUPTED = (
    "htmx:afterRequest",
    "htmx:sendAbort",
    "htmx:sendError",
)  # a poll cut short by leaving the page
SERVER_ERROR = 500
MOST_STOPS = 150
# Where the focus is, and what is wrong there: no ring, or something else lies over the middle of it.
FOCUS = """() => {
  const at = document.activeElement, ringed = at.closest('label') || at, box = ringed.getBoundingClientRect();
  const ring = [at, ringed].map((part) => getComputedStyle(part))
    .some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const apart = !over || !(ringed.contains(over) || over.contains(ringed));
  const fault = apart ? 'under ' + String(over && over.outerHTML).slice(0, 120) : ring ? '' : 'no ring';
  return [at === document.body, at.name || at.id || at.textContent.trim().slice(0, 40), fault];
}"""


class Visitor(Visit):
    """A window on the portal, signed in as a person of the sample center, or as nobody."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        username: str = "",
        size: ViewportSize | None = None,
        **options: Any,
    ) -> None:
        super().__init__(browser, address, viewport=size or DESKTOP, **options)
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("response", self._note)
        if username:
            self.sign_in(Staff.objects.get(username=username))

    def _listen(self, kind: str, words: str) -> None:
        if not words.startswith(INTERRUPTED):
            super()._listen(kind, words)

    def _note(self, response: Response) -> None:
        if response.status >= SERVER_ERROR:
            self.complaints.append(f"{response.status} {response.url}")

    def resize(self, size: ViewportSize) -> None:
        self.page.set_viewport_size(size)

    def faults(self) -> list[str]:
        """What axe finds, and whether the page scrolls sideways."""
        return [*self.violations(), *(["scrolls sideways"] if self.scrolls_sideways() else [])]


def type_vitals(page: Page, temperature: str, pressure: str = "118/70", spo2: str = "97") -> None:
    """The measurements that grading needs, on room air and alert, as a nurse types them."""
    systolic, diastolic = pressure.split("/")
    page.get_by_label("Temperature", exact=False).first.fill(temperature)
    page.get_by_label("Systolic pressure").fill(systolic)
    page.get_by_label("Diastolic pressure").fill(diastolic)
    page.get_by_label("SpO2", exact=True).fill(spo2)
    page.get_by_label("Checked: room air").check()


class Stop(NamedTuple):
    """One thing that the Tab key reaches."""

    name: str
    fault: str


def tab_stops(page: Page, until: str = "") -> Iterator[Stop]:
    """What Tab reaches from where the focus is, to the end of the page or to a name."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        outside, name, fault = page.evaluate(FOCUS)
        if outside:
            return
        yield Stop(name, fault)
        if name == until:
            return
    raise AssertionError(f"more than {MOST_STOPS} stops")
