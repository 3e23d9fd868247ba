"""Today's lists: who stands in them, in which order, and at what price."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from protocols.rules.values import InterventionKind
from schedules.models import Alert
from schedules.selectors import today
from schedules.selectors.boards import Asked
from schedules.services import alerts, missed_checks
from tests.factories import (
    AT,
    AlertFactory,
    MonitoringCheckFactory,
    OnCallShiftFactory,
)
from tests.schedules.boards import HOUR, BoardWard

pytestmark = pytest.mark.django_db
ALL = Asked()
TODAY = date(2026, 11, 19)


@pytest.fixture
def ward() -> Iterator[BoardWard]:
    with time_machine.travel(AT, tick=False):
        yield BoardWard()


# --- act now ----------------------------------------------------------------------------------------------


def test_a_patient_with_several_alerts_is_one_row_that_names_them_all(ward: BoardWard) -> None:
    ward.watched()
    ward.log("38.6", systolic=84)
    (row,) = today.act_now(ward.center, ALL).rows
    assert {row.alert.kind, *(other.kind for other in row.also)} == {"fever", "hypotension"}


def test_who_was_paged_and_when_the_next_level_comes(ward: BoardWard) -> None:
    ward.watched()
    ward.log("38.6")
    (row,) = today.act_now(ward.center, ALL).rows
    assert (row.level.number, row.level.of, row.level.paged) == (1, 3, ("N. Brandt RN",))
    assert row.level.next_role == "physician on call"
    assert row.level.next_at == row.alert.next_escalation_at


def test_an_answered_alert_leaves_the_list(ward: BoardWard) -> None:
    ward.watched()
    ward.log("38.6")
    alert = ward.alert()
    alerts.acknowledge(alert_id=alert.pk, by=ward.nurse, at=ward.at, via="app")
    assert today.act_now(ward.center, ALL).rows == ()


def test_a_missed_check_stays_until_somebody_reads_even_when_answered(ward: BoardWard) -> None:
    ward.watched(10)
    missed_checks.flag_missed_checks(at=ward.at)
    alert = ward.alert(Alert.Kind.MISSED_CHECK)
    alerts.acknowledge(alert_id=alert.pk, by=ward.nurse, at=ward.at, via="app")
    (row,) = today.act_now(ward.center, ALL).rows
    assert row.alert.kind == Alert.Kind.MISSED_CHECK
    ward.log()
    assert today.act_now(ward.center, ALL).rows == ()


def test_a_patient_without_a_course_is_not_forgotten(ward: BoardWard) -> None:
    ward.alarm(ward.person("Specimen"))
    (row,) = today.act_now(ward.center, ALL).rows
    assert (row.status, row.drug) == (None, None)


def test_nobodys_first_then_the_worst_then_the_oldest(ward: BoardWard) -> None:
    ward.alarm(ward.person("Young"), raised_at=AT - HOUR)
    ward.alarm(ward.person("Old"), raised_at=AT - 2 * HOUR)
    ward.alarm(ward.person("Soon"), severity=1, raised_at=AT - 3 * HOUR)
    ward.alarm(
        ward.person("Held"),
        kind=Alert.Kind.MISSED_CHECK,
        state=Alert.State.ACKNOWLEDGED,
        acknowledged_at=AT,
        acknowledged_by=ward.nurse,
        next_escalation_at=None,
        raised_at=AT - 4 * HOUR,
    )
    found = today.act_now(ward.center, ALL).rows
    assert [row.alert.patient.family_name for row in found] == ["Old", "Young", "Soon", "Held"]


def test_no_row_of_another_center(ward: BoardWard) -> None:
    AlertFactory()
    assert today.act_now(ward.center, ALL).total == 0


# --- doses and checks -------------------------------------------------------------------------------------


def test_doses_that_wait_come_before_those_given_today(ward: BoardWard) -> None:
    ward.other("Late", next_dose_on=TODAY - timedelta(days=1))
    ward.other("Today")
    ward.other("Given", next_dose_on=TODAY + timedelta(days=3), last_dose_at=AT - HOUR)
    ward.other("Tomorrow", next_dose_on=TODAY + timedelta(days=1))
    found = today.doses_today(ward.center, ward.at, ALL).rows
    assert [row.status.patient.family_name for row in found] == ["Late", "Today", "Given"]


def test_the_day_is_the_centers_not_the_servers(ward: BoardWard) -> None:
    late_evening = AT.replace(hour=4)  # 23:00 of the day before in New York
    ward.other("Tomorrow there", next_dose_on=late_evening.date(), last_dose_at=AT - timedelta(days=9))
    assert today.doses_today(ward.center, late_evening, ALL).total == 0


def test_the_soonest_check_first_and_missed_ones_only_under_act_now(ward: BoardWard) -> None:
    ward.watched(10)
    missed_checks.flag_missed_checks(at=ward.at)
    ward.other("Later", next_check_due_at=AT + 3 * HOUR)
    ward.other("Soon", next_check_due_at=AT + HOUR)
    ward.other("None", next_check_due_at=None)
    found = today.checks_due(ward.center, ALL).rows
    assert [row.status.patient.family_name for row in found] == ["Soon", "Later"]


def test_a_check_that_is_late_but_not_missed_yet_stands_on_top(ward: BoardWard) -> None:
    ward.other("Waiting", next_check_due_at=AT - timedelta(minutes=5))
    ward.other("Later")
    found = today.checks_due(ward.center, ALL).rows
    assert found[0].status.patient.family_name == "Waiting"


# --- the next 24 hours ------------------------------------------------------------------------------------


def test_what_the_next_24_hours_bring_soonest_first(ward: BoardWard) -> None:
    status = ward.other("Example", window_ends_at=AT + 5 * HOUR, next_dose_on=TODAY + timedelta(days=1))
    for minutes in (70, 80, 200, 60 * 25):
        MonitoringCheckFactory(
            window__administration__planned_dose__course=status.course, due_at=AT + timedelta(minutes=minutes)
        )
    night = ward.second_nurse
    OnCallShiftFactory(staff=night, role="nurse", starts_at=AT + 6 * HOUR, ends_at=AT + 18 * HOUR)
    found = today.next_24_hours(ward.center, ward.at)
    local = ward.center.local
    assert [(f"{local(item.at):%d %H:%M}", item.what, item.words, item.number) for item in found] == [
        ("19 15:00", "check", "", 2),
        ("19 17:00", "check", "", 1),
        ("19 19:32", "window", "EXAMPLE, Ruth", 1),
        ("19 20:32", "shift", "nurse on call: K. Moss RN", 1),
        ("20 00:00", "dose", "EXAMPLE, Ruth: Step-up dose 2", 1),
    ]


def test_only_some_are_named_and_all_are_counted(ward: BoardWard) -> None:
    ward.others(today.NAMED + 3, next_dose_on=TODAY + timedelta(days=1))
    windows = [item for item in today.next_24_hours(ward.center, ward.at) if item.what == "window"]
    assert len(windows) == today.NAMED
    assert {item.number for item in windows} == {today.NAMED + 3}


# --- price ------------------------------------------------------------------------------------------------


def _alarmed(ward: BoardWard, number: int) -> None:
    for status in ward.others(number):
        ward.alarm(status.patient, course=status.course)


@pytest.mark.parametrize("number", [5, 60])
def test_each_list_is_one_statement_whatever_the_number_of_patients(
    ward: BoardWard, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _alarmed(ward, number)
    today.act_now(ward.center, ALL)  # the protocol is read once a process
    with django_assert_num_queries(1):
        assert today.act_now(ward.center, ALL).total == number
    with django_assert_num_queries(1):
        assert today.doses_today(ward.center, ward.at, ALL).total == number
    with django_assert_num_queries(1):
        assert today.checks_due(ward.center, ALL).total == number
    with django_assert_num_queries(1):
        today.next_24_hours(ward.center, ward.at)


def test_a_list_is_cut_into_pages_that_know_the_total(ward: BoardWard) -> None:
    ward.others(7)
    first = today.checks_due(ward.center, Asked(1, 5))
    second = today.checks_due(ward.center, Asked(2, 5))
    assert (len(first.rows), len(second.rows), first.total, second.total) == (5, 2, 7, 7)
    assert {row.status.pk for row in first.rows}.isdisjoint({row.status.pk for row in second.rows})


def test_a_given_antipyretic_answers_no_alert(ward: BoardWard) -> None:
    """Only a person who says so, or a reading, takes a patient off the list."""
    ward.watched()
    ward.log("38.6")
    ward.took(InterventionKind.ACETAMINOPHEN)
    assert today.act_now(ward.center, ALL).total == 1
