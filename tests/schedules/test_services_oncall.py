"""Shifts and contact points: added, ended, tried; audited; never across centers."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from schedules.errors import ActRefused
from schedules.models import ContactPoint, OnCallShift, Page
from schedules.models.oncall import OnCallRole
from schedules.services import oncall
from tests.factories import AT, ContactPointFactory, OnCallShiftFactory, StaffFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def administrator() -> Staff:
    staff: Staff = StaffFactory(administrator=True)
    return staff


def add(
    person: Staff, by: Staff, role: str = OnCallRole.NURSE, starts: datetime = AT, hours: int = 12
) -> OnCallShift:
    return oncall.add_shift(
        staff_id=person.pk, role=role, starts_at=starts, ends_at=starts + hours * HOUR, by=by, at=AT
    )


def test_a_shift_is_added_and_audited(administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    shift = add(nurse, administrator)
    assert (shift.recorded_by, shift.recorded_at, shift.center) == (administrator, AT, administrator.center)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by, entry.after["person"]) == ("shift.add", administrator, nurse.name)


@pytest.mark.parametrize(
    ("trait", "role", "allowed"),
    [
        ({}, OnCallRole.NURSE, True),
        ({}, OnCallRole.PHYSICIAN, False),
        ({}, OnCallRole.DIRECTOR, False),
        ({"physician": True}, OnCallRole.NURSE, True),
        ({"physician": True}, OnCallRole.PHYSICIAN, True),
        ({"physician": True}, OnCallRole.DIRECTOR, True),
        ({"director": True}, OnCallRole.PHYSICIAN, True),
        ({"pharmacist": True}, OnCallRole.NURSE, False),
        ({"administrator": True}, OnCallRole.DIRECTOR, False),
    ],
)
def test_only_people_who_may_answer_hold_a_level(
    administrator: Staff, trait: dict[str, bool], role: str, allowed: bool
) -> None:
    person = StaffFactory(center=administrator.center, **trait)
    if allowed:
        assert add(person, administrator, role).role == role
    else:
        with pytest.raises(ActRefused, match="cannot be"):
            add(person, administrator, role)
        assert not OnCallShift.objects.exists()


@pytest.mark.parametrize(
    ("starts", "hours", "sentence"),
    [(AT, 0, "end after it starts"), (AT, -1, "end after it starts"), (AT - 12 * HOUR, 12, "over already")],
)
def test_spans_that_make_no_sense(administrator: Staff, starts: datetime, hours: int, sentence: str) -> None:
    with pytest.raises(ActRefused, match=sentence):
        add(StaffFactory(center=administrator.center), administrator, starts=starts, hours=hours)


def test_nobody_holds_one_level_twice_at_a_time(administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    first = add(nurse, administrator)
    with pytest.raises(ActRefused, match="holds this level"):
        add(nurse, administrator, starts=AT + 11 * HOUR)
    add(nurse, administrator, starts=AT + 12 * HOUR)
    oncall.cancel_shift(shift_id=first.pk, by=administrator, at=AT)
    assert add(nurse, administrator).pk != first.pk


def test_cancelling_twice_is_cancelling_once(administrator: Staff) -> None:
    shift = OnCallShiftFactory(staff__center=administrator.center)
    oncall.cancel_shift(shift_id=shift.pk, by=administrator, at=AT)
    again = oncall.cancel_shift(shift_id=shift.pk, by=administrator, at=AT + HOUR)
    assert (again.cancelled_at, again.cancelled_by) == (AT, administrator)
    assert AuditEntry.objects.filter(action="shift.cancel").count() == 1
    assert not OnCallShift.objects.covering(AT).exists()


def test_contact_points_are_added_once_and_ended(administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)

    def point() -> ContactPoint:
        return oncall.add_contact_point(
            staff_id=nurse.pk, kind="email", address="n@clinic.example", by=administrator, at=AT
        )

    first = point()
    with pytest.raises(ActRefused, match="has this address already"):
        point()
    oncall.end_contact_point(point_id=first.pk, by=administrator, at=AT)
    oncall.end_contact_point(point_id=first.pk, by=administrator, at=AT + HOUR)
    assert point().pk != first.pk
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "contact_point.add",
        "contact_point.end",
        "contact_point.add",
    ]


def test_a_test_is_a_page_of_no_alert_and_names_no_patient(administrator: Staff) -> None:
    point = ContactPointFactory(staff__center=administrator.center)
    page = oncall.send_test(point_id=point.pk, by=administrator, at=AT)
    assert (page.alert, page.recipient, page.address, page.due_at) == (None, point.staff, point.address, AT)
    assert Page.objects.due(AT).count() == 1
    assert "No patient needs you" in page.text


def test_pressing_send_twice_sends_one_test_a_minute(administrator: Staff) -> None:
    point = ContactPointFactory(staff__center=administrator.center)
    first = oncall.send_test(point_id=point.pk, by=administrator, at=AT)
    second = oncall.send_test(point_id=point.pk, by=administrator, at=AT + timedelta(seconds=20))
    later = oncall.send_test(point_id=point.pk, by=administrator, at=AT + timedelta(seconds=60))
    assert first == second != later


def test_what_was_ended_is_not_tried(administrator: Staff) -> None:
    point = ContactPointFactory(staff__center=administrator.center, ended_at=AT, ended_by=administrator)
    with pytest.raises(ContactPoint.DoesNotExist):
        oncall.send_test(point_id=point.pk, by=administrator, at=AT)


def test_another_center_does_not_exist(administrator: Staff) -> None:
    elsewhere: UUID = StaffFactory().pk
    shift, point = OnCallShiftFactory(), ContactPointFactory()
    with pytest.raises(Staff.DoesNotExist):
        oncall.add_contact_point(
            staff_id=elsewhere, kind="email", address="n@clinic.example", by=administrator, at=AT
        )
    with pytest.raises(OnCallShift.DoesNotExist):
        oncall.cancel_shift(shift_id=shift.pk, by=administrator, at=AT)
    with pytest.raises(ContactPoint.DoesNotExist):
        oncall.end_contact_point(point_id=point.pk, by=administrator, at=AT)
    with pytest.raises(ContactPoint.DoesNotExist):
        oncall.send_test(point_id=point.pk, by=administrator, at=AT)


def test_a_closed_account_is_given_no_shift(administrator: Staff) -> None:
    closed = StaffFactory(center=administrator.center, is_active=False)
    with pytest.raises(Staff.DoesNotExist):
        add(closed, administrator)
