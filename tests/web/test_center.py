"""The center's facts and closed days."""

from typing import Any

import pytest
from django.test import Client

from dosing_portal.kernel.models import AuditEntry, ClosedDay, Staff
from tests.factories import ClosedDayFactory, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
CENTER = "/settings/center/"
DAYS = "/settings/center/closed-days/"


@pytest.fixture
def administrator(client: Client) -> Staff:
    person: Staff = StaffFactory(administrator=True)
    client.force_login(person)
    return person


def typed(staff: Staff, **changes: Any) -> dict[str, Any]:
    center = staff.center
    return {
        "name": center.name,
        "time_zone": center.time_zone,
        "temperature_unit": "C",
        "weight_unit": "kg",
        "clinic_days": ["0", "1", "2", "3", "4"],
        "phone": center.phone,
        "emergency_site": center.emergency_site,
        "emergency_phone": center.emergency_phone,
    } | changes


def test_only_what_changed_is_written_down(client: Client, administrator: Staff) -> None:
    client.post(CENTER, typed(administrator, temperature_unit="F", clinic_days=["0", "2"]))
    entry = AuditEntry.objects.get()
    assert entry.before == {"temperature_unit": "C", "clinic_days": [0, 1, 2, 3, 4]}
    assert entry.after == {"temperature_unit": "F", "clinic_days": [0, 2]}
    administrator.center.refresh_from_db()
    assert administrator.center.clinic_days == [0, 2]


def test_saving_without_a_change_writes_nothing(client: Client, administrator: Staff) -> None:
    assert client.post(CENTER, typed(administrator)).status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time_zone": "EST"}, "Select a valid choice"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"clinic_days": []}, "Tap the days on which doses are given"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_a_center_cannot_be(
    client: Client, administrator: Staff, changes: dict[str, Any], sentence: str
) -> None:
    response = client.post(CENTER, typed(administrator, **changes))
    assert response.status_code == 422
    assert sentence in text(response)


def test_a_closed_day_is_added_once_and_removed_with_a_trace(client: Client, administrator: Staff) -> None:
    assert client.post(DAYS, {"day": "26-Nov-2026", "reason": "Holiday"}).status_code == 302
    again = client.post(DAYS, {"day": "2026-11-26", "reason": "Holiday"})
    assert "This day is marked as closed already." in text(again)
    closed = ClosedDay.objects.get()
    client.post(f"{DAYS}{closed.pk}/open/")
    assert not ClosedDay.objects.exists()
    removed = AuditEntry.objects.get(action="closed_day.remove")
    assert removed.before == {"day": "2026-11-26", "reason": "Holiday"}


def test_a_refused_closed_day_keeps_what_was_typed(client: Client, administrator: Staff) -> None:
    response = client.post(DAYS, {"day": "11/26/2026", "reason": "Holiday"})
    assert response.status_code == 422
    assert "Write the date as 19-Nov-2026" in text(response)
    assert 'value="11/26/2026"' in text(response)


def test_two_centers_may_close_on_the_same_day(client: Client, administrator: Staff) -> None:
    day = ClosedDayFactory().day
    client.post(DAYS, {"day": day.isoformat(), "reason": "Holiday"})
    assert ClosedDay.objects.filter(day=day).count() == 2
