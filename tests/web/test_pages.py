"""Settings in a browser: every page at both widths, in its main states, read by axe."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import override_settings

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from dosing_portal.web import broker
from schedules.services.sweeps import SWEEPS
from tests.chromium import DESKTOP, PHONE, Visit
from tests.factories import (
    AT,
    AuditEntryFactory,
    ClosedDayFactory,
    ContactPointFactory,
    OnCallShiftFactory,
    PageFactory,
    ProtocolVersionFactory,
    StaffFactory,
    SweepFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "/settings/",
    "/settings/password/",
    "/settings/on-call/",
    "/settings/contact-points/",
    "/settings/users/",
    "/settings/users/new/",
    "/settings/center/",
    "/settings/audit/",
    "/mailbox/",
    "/nowhere/",
    "/patients/",
)


@pytest.fixture(autouse=True)
def thursday_afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(broker, "answers", lambda: True)


def swept(seconds_ago: int = 2) -> None:
    for name in SWEEPS:
        SweepFactory(name=name, finished_at=AT - timedelta(seconds=seconds_ago))


@pytest.fixture
def administrator() -> Staff:
    """An administrator of a center that has something on every page."""
    swept()
    staff: Staff = StaffFactory(administrator=True, name="A. Silva")
    nurse = StaffFactory(center=staff.center, name="N. Brandt RN")
    physician = StaffFactory(physician=True, center=staff.center, name="Dr. K. Okafor")
    StaffFactory(center=staff.center, name="K. Moss RN", is_active=False)
    OnCallShiftFactory(staff=nurse, recorded_by=staff)
    OnCallShiftFactory(staff=physician, role="physician", recorded_by=staff)
    ContactPointFactory(staff=nurse, recorded_by=staff)
    PageFactory(alert=None, center=staff.center, recipient=nurse, last_error="no answer", attempts=2)
    ClosedDayFactory(center=staff.center)
    AuditEntryFactory(by=staff, before={"temperature_unit": "C"}, after={"temperature_unit": "F"})
    return staff


def problems(visit: Visit) -> list[str]:
    """What axe finds at both widths, and whether anything scrolls sideways."""
    found = []
    for size in (DESKTOP, PHONE):
        visit.page.set_viewport_size(size)
        seen = visit.violations() + (["scrolls sideways"] if visit.scrolls_sideways() else [])
        found += [f"{visit.page.url} at {size['width']}: {problem}" for problem in seen]
    return found


def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit: Visit, administrator: Staff) -> None:
    visit.sign_in(administrator)
    found = []
    for path in PAGES:
        visit.open(path)
        found += problems(visit)
    assert found == []


def test_the_door_in_its_states(visit: Visit) -> None:
    visit.open("/sign-in/?ended=idle")
    assert problems(visit) == []
    visit.page.get_by_label("User name").fill("nobody")
    visit.page.get_by_label("Password").fill("wrong")
    visit.page.get_by_role("button", name="Sign in").click()
    visit.page.get_by_text("do not belong together").wait_for()
    assert problems(visit) == []


def test_a_refused_form_keeps_what_was_typed(visit: Visit, administrator: Staff) -> None:
    visit.sign_in(administrator)
    page = visit.open("/settings/on-call/")
    page.get_by_label("From, time").fill("7 pm")
    page.get_by_role("button", name="Add shift").click()
    page.get_by_text("Not saved.").first.wait_for()
    assert page.get_by_label("From, time").input_value() == "7 pm"
    assert problems(visit) == []


def test_a_late_sweep_is_said_on_every_page(visit: Visit) -> None:
    swept(seconds_ago=90)
    staff = OnCallShiftFactory().staff
    visit.sign_in(staff)
    visit.open("/settings/").get_by_role("alert").wait_for()
    assert problems(visit) == []


def test_confirmations_and_mail(visit: Visit, tmp_path: Path) -> None:
    swept()
    pharmacist = StaffFactory(pharmacist=True)
    ProtocolVersionFactory(protocol__center=pharmacist.center, protocol__regimen="elranatamab")
    visit.sign_in(pharmacist)
    page = visit.open("/settings/confirmations/")
    page.locator("summary", has_text="elranatamab/standard/restart/elr-r1").click()
    assert problems(visit) == []
    backend = "django.core.mail.backends.filebased.EmailBackend"
    with get_connection(backend, file_path=str(tmp_path)) as connection:
        link = f"Answer here: http://portal.test/a/{'x' * 120}/"
        EmailMessage("Act now: RS, fever", link, to=["n@clinic.example"], connection=connection).send()
    with override_settings(PORTAL_MAILBOX_DIR=tmp_path):
        visit.open("/mailbox/").get_by_text("Act now: RS, fever").wait_for()
        assert problems(visit) == []
