"""The on-call pages: everybody may look, few may change, and what was typed stays."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import Staff
from schedules.models import ContactPoint, OnCallShift, Page
from tests.factories import AT, ContactPointFactory, OnCallShiftFactory, PageFactory, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
BOARD = "/settings/on-call/"
SHIFTS = "/settings/on-call/shifts/"
POINTS = "/settings/contact-points/"


@pytest.fixture(autouse=True)
def thursday_afternoon() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def administrator(client: Client) -> Staff:
    staff: Staff = StaffFactory(administrator=True)
    client.force_login(staff)
    return staff


def typed(person: Staff, **changes: Any) -> dict[str, Any]:
    return {
        "role": "nurse",
        "staff": str(person.pk),
        "starts_day": "today",
        "starts_time": "19:00",
        "ends_day": "+1d",
        "ends_time": "07:00",
    } | changes


def test_a_nurse_sees_whom_to_ring_and_no_form(client: Client) -> None:
    nurse = StaffFactory()
    OnCallShiftFactory(staff__center=nurse.center, staff__name="Dr. Sample", staff__phone="555-0177")
    client.force_login(nurse)
    page = text(client.get(BOARD))
    assert 'href="tel:555-0177"' in page
    assert "Add a shift" not in page
    assert SHIFTS not in page


def test_gaps_are_named_with_their_hours(client: Client, administrator: Staff) -> None:
    OnCallShiftFactory(staff__center=administrator.center, ends_at=AT + timedelta(hours=160))
    page = text(client.get(BOARD))
    assert "Gaps in the next 7 days <span>3</span>" in page
    assert "26-Nov-2026 06:32" in page
    assert "8 h" in page


def test_a_shift_is_added_on_the_clock_of_the_center(client: Client, administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    response = client.post(SHIFTS, typed(nurse), follow=True)
    shift = OnCallShift.objects.get()
    assert f"{shift.starts_at:%d-%H:%M}" == "20-00:00"
    assert shift.ends_at - shift.starts_at == timedelta(hours=12)
    assert f"{nurse.name} is on call for that time." in text(response)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_time": "7 pm"}, "Write the time as 14:32, on the 24-hour clock"),
        ({"starts_day": "19.11.26"}, "Write the date as 19-Nov-2026"),
        ({"ends_day": "today", "ends_time": "18:00"}, "The shift must end after it starts."),
        ({"role": "physician"}, "A nurse cannot be physician on call."),
        ({"ends_day": "01-Nov-2026", "ends_time": "01:30"}, "01:30 happened twice. Which one?"),
        ({"role": ""}, "Choose a level"),
    ],
)
def test_a_refused_shift_keeps_what_was_typed(
    client: Client, administrator: Staff, changes: dict[str, str], sentence: str
) -> None:
    nurse = StaffFactory(center=administrator.center)
    response = client.post(SHIFTS, typed(nurse) | changes)
    assert response.status_code == 422
    assert sentence in text(response)
    assert 'value="07:00"' in text(response) or "ends_time" in changes
    assert not OnCallShift.objects.exists()


def test_nobody_of_another_center_is_offered_or_accepted(client: Client, administrator: Staff) -> None:
    stranger = StaffFactory(name="Stranger")
    assert "Stranger" not in text(client.get(BOARD))
    assert "Choose a person of your center" in text(client.post(SHIFTS, typed(stranger)))


def test_a_shift_is_cancelled(client: Client, administrator: Staff) -> None:
    shift = OnCallShiftFactory(staff__center=administrator.center)
    client.post(f"{SHIFTS}{shift.pk}/cancel/")
    shift.refresh_from_db()
    assert shift.cancelled_by == administrator


@pytest.mark.parametrize(
    ("kind", "address", "sentence"),
    [
        ("email", "nobody", "Write an e-mail address"),
        ("webhook", "nobody@clinic.example", "Write a web address that starts with https://"),
        ("webhook", "ftp://pager.example/", "Write a web address that starts with https://"),
    ],
)
def test_addresses_that_the_channel_cannot_use(
    client: Client, administrator: Staff, kind: str, address: str, sentence: str
) -> None:
    nurse = StaffFactory(center=administrator.center)
    response = client.post(f"{POINTS}new/", {"staff": nurse.pk, "kind": kind, "address": address})
    assert response.status_code == 422
    assert sentence in text(response)
    assert not ContactPoint.objects.exists()


def test_a_contact_point_is_added_tried_and_ended(client: Client, administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    client.post(f"{POINTS}new/", {"staff": nurse.pk, "kind": "webhook", "address": "https://pager.example/"})
    point = ContactPoint.objects.get()
    page = text(client.post(f"{POINTS}{point.pk}/test/", follow=True))
    assert Page.objects.get().address == "https://pager.example/"
    assert f"Test: {administrator.center.name}" in page
    assert "Waiting" in page
    client.post(f"{POINTS}{point.pk}/end/")
    point.refresh_from_db()
    assert point.ended_by == administrator


def test_the_log_says_what_became_of_each_page(client: Client, administrator: Staff) -> None:
    facts = {"alert": None, "center": administrator.center, "recipient": administrator}
    PageFactory(**facts, delivered_at=AT)
    PageFactory(**facts, failed_at=AT, last_error="the mail server refused the address")
    PageFactory(**facts, cancelled_at=AT)
    PageFactory(**facts, attempts=2, last_error="no answer")
    page = text(client.get(POINTS))
    for words in ("Accepted", "refused the address", "Cancelled", "no answer, tried 2 times"):
        assert words in page


def test_contact_points_without_any_say_what_that_means(client: Client, administrator: Staff) -> None:
    assert "Nobody can be paged." in text(client.get(POINTS))
    ContactPointFactory(staff__center=administrator.center)
    assert "Nobody can be paged." not in text(client.get(POINTS))
