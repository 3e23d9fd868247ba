"""Take the pictures of ``docs/pictures/`` anew: ``python -m pytest tests/browser/pictures.py``.

Not a test, so ``make test`` does not collect it. The files come full-color; a palette of some hundred colors
makes them small enough to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import sample
from tests.browser.conftest import Visits
from tests.browser.visitors import DESKTOP, PHONE, type_vitals

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
RESTART = "?regimen=teclistamab%2Fmonotherapy&last_dose=sud2&given_on=10-Nov-2026&planned_on=19-Nov-2026"


def low_pressure(page: Page) -> None:
    with page.expect_response("**/vitals/preview/"):
        type_vitals(page, "38.4", "84/52", "94")
    page.get_by_text("Save vitals, CRS grade 2").wait_for()


Act = Callable[[Page], None] | None
PICTURES: dict[str, tuple[str, Callable[[], str], Act]] = {
    "today": ("nurse", lambda: "/", None),
    "patient": ("nurse", lambda: sample.of_patient("schedules:patient", "SAMPLE"), None),
    "event": ("physician", lambda: sample.event("SAMPLE"), None),
    "events": ("physician", lambda: "/events/", None),
    "hand-off": ("physician", lambda: f"{sample.event('SAMPLE')}hand-off/", None),
    "vitals": ("nurse", lambda: sample.of_patient("schedules:vitals-new", "SAMPLE"), low_pressure),
    "outcome": ("nurse", lambda: sample.outcome("SAMPLE"), None),
    "dose": ("nurse", lambda: sample.next_dose("EXAMPLE"), None),
    "restart": ("nurse", lambda: f"/calculators/restart/{RESTART}", None),
}
ON_A_PHONE = ("today", "patient", "event", "vitals", "outcome")


@pytest.mark.parametrize("name", PICTURES)
def test_picture(visits: Visits, name: str) -> None:
    who, path, act = PICTURES[name]
    for size in (DESKTOP, PHONE) if name in ON_A_PHONE else (DESKTOP,):
        page = visits(who, size).open(path())
        if act is not None:
            act(page)
        page.mouse.move(0, 0)
        whole = size is DESKTOP
        page.screenshot(path=FOLDER / f"{name}-{size['width']}.png", full_page=whole, animations="disabled")
