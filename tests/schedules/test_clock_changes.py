"""Checks count elapsed hours and are told in wall-clock time, on the nights when the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.models import MonitoringCheck
from schedules.services import escalation, missed_checks
from tests.factories import CenterFactory
from tests.protocol_fixtures import with_changes
from tests.ward import Ward

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def sweep(ward: Ward, **span: float) -> int:
    return missed_checks.flag_missed_checks(at=ward.later(**span))


@pytest.mark.parametrize(
    ("zone", "given"),
    [
        ("America/New_York", "2026-10-31T14:00"),  # one hour twice in the night
        ("America/New_York", "2027-03-13T14:00"),  # one hour less
        ("Australia/Lord_Howe", "2027-04-03T14:00"),  # half an hour twice
        ("Australia/Lord_Howe", "2026-10-03T14:00"),  # half an hour less
    ],
)
def test_eight_hours_are_eight_hours_on_every_night(zone: str, given: str) -> None:
    at = datetime.fromisoformat(given).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ward = Ward.dosed(at=at, center=CenterFactory(time_zone=zone))
    due = list(MonitoringCheck.objects.order_by("due_at").values_list("due_at", flat=True))
    assert due == [ward.at + 8 * HOUR * number for number in range(1, 7)]
    window = ward.course.windows.get()
    assert window.ends_at - window.starts_at == 48 * HOUR
    assert ward.center.local(window.starts_at).utcoffset() != ward.center.local(window.ends_at).utcoffset()
    assert [sweep(ward, hours=hours) for hours in (16.99, 0.02)] == [1, 1]


def test_the_local_time_in_the_because_is_the_wall_clock_s() -> None:
    zone = ZoneInfo("America/New_York")
    ward = Ward.dosed(at=datetime(2026, 10, 31, 20, 0, tzinfo=zone).astimezone(UTC))
    sweep(ward, hours=9)
    # Eight elapsed hours after 20:00 is 03:00: the hour from 01:00 was lived twice.
    assert "check of 01-Nov-2026 03:00 not done" in ward.alert("missed_check").because


def test_each_center_is_told_in_its_own_wall_clock() -> None:
    ward = Ward.dosed()
    other = Ward.dosed(at=ward.at, center=CenterFactory(time_zone="Asia/Kolkata"))
    assert sweep(ward, hours=9) == 2
    assert "20-Nov-2026 09:02" in other.alert("missed_check").because


def test_a_short_grace_does_not_page_before_the_first_level_s_minute() -> None:
    ward = Ward()
    ward.version = with_changes(ward.version, "checks", {"grace_minutes": "30"})
    ward.confirm()
    ward.start()
    ward.give()
    sweep(ward, hours=8, minutes=30)
    assert ward.alert("missed_check").raised_at == ward.at
    assert ward.paged() == []
    escalation.escalate_due(at=ward.later(minutes=30))
    assert ward.paged() == [(0, ward.nurse.email)]
