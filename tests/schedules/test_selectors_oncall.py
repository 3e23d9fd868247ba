"""Who answers now, and where nobody will."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from schedules.models.oncall import OnCallRole
from schedules.selectors import oncall
from tests.factories import (
    AT,
    CenterFactory,
    ContactPointFactory,
    OnCallShiftFactory,
    PageFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture
def center_id() -> UUID:
    pk: UUID = CenterFactory().pk
    return pk


def shift(center_id: UUID, role: str, starts: datetime, ends: datetime, **staff: object) -> None:
    OnCallShiftFactory(
        role=role,
        staff__center_id=center_id,
        center_id=center_id,
        starts_at=starts,
        ends_at=ends,
        **{f"staff__{name}": value for name, value in staff.items()},
    )


def cover(center_id: UUID, *roles: str) -> None:
    for role in roles:
        shift(center_id, role, AT - HOUR, AT + WEEK)


def test_the_physician_is_rung_first_in_one_statement(
    center_id: UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for role in (OnCallRole.DIRECTOR, OnCallRole.NURSE, OnCallRole.PHYSICIAN):
        shift(center_id, role, AT - HOUR, AT + HOUR, name=f"Sample {role}")
    with django_assert_num_queries(1):
        people = oncall.who_is_on_call(center_id, AT)
    assert [person.name for person in people] == ["Sample physician", "Sample nurse", "Sample director"]
    assert people[0].role_label == "physician on call"


def test_only_running_shifts_of_people_who_can_sign_in_count(center_id: UUID) -> None:
    shift(center_id, OnCallRole.NURSE, AT, AT + HOUR, name="now")
    shift(center_id, OnCallRole.NURSE, AT - HOUR, AT, name="over")
    shift(center_id, OnCallRole.NURSE, AT + HOUR, AT + 2 * HOUR, name="later")
    shift(center_id, OnCallRole.NURSE, AT - HOUR, AT + HOUR, name="closed", is_active=False)
    OnCallShiftFactory(staff__name="elsewhere")
    OnCallShiftFactory(
        staff=StaffFactory(center_id=center_id, name="cancelled"),
        cancelled_at=AT,
        cancelled_by=StaffFactory(center_id=center_id),
    )
    assert [person.name for person in oncall.who_is_on_call(center_id, AT)] == ["now"]


def test_no_shift_at_all_is_a_gap_of_a_week_at_each_level(center_id: UUID) -> None:
    gaps = oncall.rota(center_id, AT).gaps
    assert {gap.role for gap in gaps} == set(OnCallRole)
    assert {gap.length for gap in gaps} == {WEEK}


def test_gaps_lie_between_shifts_and_at_both_ends(center_id: UUID) -> None:
    cover(center_id, OnCallRole.NURSE, OnCallRole.DIRECTOR)
    shift(center_id, OnCallRole.PHYSICIAN, AT + 2 * HOUR, AT + 24 * HOUR)
    shift(center_id, OnCallRole.PHYSICIAN, AT + 20 * HOUR, AT + 48 * HOUR)
    shift(center_id, OnCallRole.PHYSICIAN, AT + 22 * HOUR, AT + 30 * HOUR)
    shift(center_id, OnCallRole.PHYSICIAN, AT + 60 * HOUR, AT + 160 * HOUR)
    found = [(gap.starts_at - AT, gap.length) for gap in oncall.rota(center_id, AT).gaps]
    assert found == [(0 * HOUR, 2 * HOUR), (48 * HOUR, 12 * HOUR), (160 * HOUR, 8 * HOUR)]


def test_shifts_that_meet_leave_no_gap(center_id: UUID) -> None:
    cover(center_id, OnCallRole.NURSE, OnCallRole.DIRECTOR)
    shift(center_id, OnCallRole.PHYSICIAN, AT, AT + 12 * HOUR)
    shift(center_id, OnCallRole.PHYSICIAN, AT + 12 * HOUR, AT + WEEK)
    assert oncall.rota(center_id, AT).gaps == ()


def test_the_shift_of_a_closed_account_fills_no_gap(center_id: UUID) -> None:
    cover(center_id, OnCallRole.NURSE, OnCallRole.DIRECTOR)
    shift(center_id, OnCallRole.PHYSICIAN, AT, AT + WEEK, is_active=False)
    assert [gap.length for gap in oncall.rota(center_id, AT).gaps] == [WEEK]


def test_a_clock_change_makes_no_gap_longer_or_shorter(center_id: UUID) -> None:
    before_the_change = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    cover(center_id, OnCallRole.NURSE, OnCallRole.DIRECTOR)
    shift(center_id, OnCallRole.PHYSICIAN, before_the_change, before_the_change + 8 * HOUR)
    gaps = oncall.gaps(oncall.coming_shifts(center_id, before_the_change), before_the_change)
    physician = [gap for gap in gaps if gap.role == OnCallRole.PHYSICIAN]
    assert [gap.length for gap in physician] == [WEEK - 8 * HOUR]


def test_people_on_call_whom_no_page_reaches_are_named(center_id: UUID) -> None:
    shift(center_id, OnCallRole.NURSE, AT, AT + HOUR, name="unreachable")
    reached = StaffFactory(center_id=center_id)
    OnCallShiftFactory(staff=reached)
    ContactPointFactory(staff=reached)
    assert [person.name for person in oncall.rota(center_id, AT).unreachable] == ["unreachable"]


def test_the_log_is_of_the_center_and_newest_first(
    center_id: UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = StaffFactory(center_id=center_id)
    for n in range(25):
        PageFactory(alert=None, center=person.center, recipient=person, created_at=AT + n * HOUR)
    PageFactory(created_at=AT + 100 * HOUR)
    with django_assert_num_queries(1):
        log = oncall.delivery_log(center_id)
        assert {page.recipient.name for page in log} == {person.name}
    assert len(log) == 20
    assert log[0].created_at == AT + 24 * HOUR


def test_who_can_be_on_call(center_id: UUID) -> None:
    for trait in ("physician", "pharmacist", "administrator", "director"):
        StaffFactory(center_id=center_id, name=trait, **{trait: True})
    StaffFactory(center_id=center_id, name="nurse")
    StaffFactory(center_id=center_id, name="closed", is_active=False)
    assert [person.name for person in oncall.who_can_be_on_call(center_id)] == [
        "director",
        "nurse",
        "physician",
    ]
