"""The one row of a course that the boards read: in step with the facts, and rebuilt from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker

from patients.models import ToxicityEvent
from protocols.rules.values import Axis, InterventionKind
from schedules.models import Alert, CourseStatus, MonitoringCheck
from schedules.services import alerts, courses, escalation, missed_checks, monitoring, status
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Four hours later."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    return ward


def rebuild_status(**options: bool) -> list[str]:
    out = StringIO()
    call_command("rebuild_status", stdout=out, **options)
    return out.getvalue().splitlines()


# --- in step ----------------------------------------------------------------------------------------------


def a_quiet_reading(ward: Ward) -> None:
    ward.log("36.8")


def a_reading_with_nothing_but_a_temperature(ward: Ward) -> None:
    ward.log("38.7", systolic=None, diastolic=None, spo2=None, ice=None, oxygen=None, consciousness=None)


def a_fever_that_was_answered(ward: Ward) -> None:
    ward.log("38.4", systolic=84)
    ward.took(InterventionKind.ACETAMINOPHEN)
    for alert in Alert.objects.all():
        alerts.acknowledge(alert_id=alert.pk, by=ward.nurse, at=ward.at, via="app")
    ward.later(hours=1)
    ward.log("37.0")


def a_fever_nobody_answers(ward: Ward) -> None:
    ward.log("38.4")
    escalation.escalate_due(at=ward.later(minutes=20))


def an_answer_that_was_left_lying(ward: Ward) -> None:
    ward.log("38.4")
    alerts.acknowledge(alert_id=ward.alert().pk, by=ward.nurse, at=ward.at, via="app")
    escalation.escalate_due(at=ward.later(minutes=20))


def a_late_entry_and_an_amendment(ward: Ward) -> None:
    outcome = ward.log("39.4")
    ward.log("38.2", taken_at=ward.at.replace(minute=0))
    assert outcome.observation is not None
    ward.amend(outcome.observation, "36.4")


def another_cause(ward: Ward) -> None:
    ward.log("38.4")
    monitoring.attribute_cause(
        event_id=ToxicityEvent.objects.get().pk,
        axis=Axis.FEVER,
        cause="infection",
        reason="culture",
        by=ward.physician,
        at=ward.at,
    )


def an_event_that_was_closed(ward: Ward) -> None:
    for temperature, hours in (("38.4", 2), ("36.9", 12), ("36.7", 13), ("36.8", 0)):
        ward.log(temperature)
        ward.later(hours=hours)
    event = ToxicityEvent.objects.get()
    ward.close(event)


def missed_checks_and_one_that_was_found(ward: Ward) -> None:
    missed_checks.flag_missed_checks(at=ward.later(hours=14))
    ward.log(taken_at=ward.at)


def a_second_dose(ward: Ward) -> None:
    ward.log("36.8")
    ward.later(days=3, hours=-4)
    ward.log("36.8")
    ward.give()


def a_course_that_ended_in_an_event(ward: Ward) -> None:
    ward.log("38.4")
    courses.end(course_id=ward.course.pk, reason="progression", by=ward.physician, at=ward.at)
    ward.later(hours=4)
    ward.log("38.6")


def another_course_before_the_watch_is_over(ward: Ward) -> None:
    ward.log("36.8")
    courses.end(course_id=ward.course.pk, reason="other schedule", by=ward.physician, at=ward.at)
    ward.start()
    ward.later(hours=1)
    ward.log("38.4")


HISTORIES: list[Callable[[Ward], None]] = [
    a_quiet_reading,
    a_reading_with_nothing_but_a_temperature,
    a_fever_that_was_answered,
    a_fever_nobody_answers,
    an_answer_that_was_left_lying,
    a_late_entry_and_an_amendment,
    another_cause,
    an_event_that_was_closed,
    missed_checks_and_one_that_was_found,
    a_second_dose,
    a_course_that_ended_in_an_event,
    another_course_before_the_watch_is_over,
]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_whatever_happened_the_row_is_what_the_facts_say(ward: Ward, history: Callable[[Ward], None]) -> None:
    history(ward)
    assert status.rebuild(course=ward.course, at=ward.at, keep=False) == ()


def test_readings_from_before_the_course_stand_on_the_board_at_its_start() -> None:
    ward = Ward()
    ward.center_wide()
    ward.log("38.4")
    ward.later(hours=1)
    ward.start()
    row = CourseStatus.objects.get(patient=ward.patient)
    assert (row.crs_text, row.open_event, row.open_alert) == (
        "grade 1",
        ToxicityEvent.objects.get(),
        ward.alert(),
    )
    assert status.rebuild(course=ward.course, at=ward.at, keep=False) == ()


def test_the_board_shows_the_grade_of_now_and_the_event_keeps_its_maximum(ward: Ward) -> None:
    ward.log("38.4", systolic=84)
    ward.later(hours=1)
    ward.log("38.4")
    row = CourseStatus.objects.get()
    assert (row.worst_grade, row.crs_grade) == (1, 1)
    assert row.open_event is not None
    assert row.open_event.max_grade == 2


def test_a_missed_check_that_is_looked_for_is_the_next_one(ward: Ward) -> None:
    due = CourseStatus.objects.get().next_check_due_at
    missed_checks.flag_missed_checks(at=ward.later(hours=6))
    assert CourseStatus.objects.get().next_check_due_at == due


def test_an_unanswered_alert_comes_before_an_answered_one_and_the_worst_first(ward: Ward) -> None:
    ward.log("38.4", heart_rate=130)
    assert CourseStatus.objects.get().open_alert == ward.alert("fever")
    alerts.acknowledge(alert_id=ward.alert("fever").pk, by=ward.nurse, at=ward.at, via="app")
    row = CourseStatus.objects.get()
    assert (row.open_alert, row.open_alert_severity) == (ward.alert("tachycardia"), 1)


# --- rebuilt ----------------------------------------------------------------------------------------------


def test_a_row_that_is_wrong_is_reported_and_mended(ward: Ward) -> None:
    ward.log("38.4")
    CourseStatus.objects.update(crs_text="grade 0", worst_grade=0, checks_planned=99)
    found = status.rebuild(course=ward.course, at=ward.at)
    assert {difference.column: (difference.was, difference.should_be) for difference in found} == {
        "crs_text": ("grade 0", "grade 1"),
        "worst_grade": (0, 1),
        "checks_planned": (99, 6),
    }
    assert status.rebuild(course=ward.course, at=ward.at) == ()


def test_a_row_that_is_missing_is_made(ward: Ward) -> None:
    CourseStatus.objects.all().delete()
    assert status.rebuild(course=ward.course, at=ward.at)
    assert CourseStatus.objects.get().last_dose == "sud1"


def test_verifying_changes_nothing(ward: Ward) -> None:
    CourseStatus.objects.update(worst_grade=4)
    assert len(status.rebuild(course=ward.course, at=ward.at, keep=False)) == 1
    assert CourseStatus.objects.get().worst_grade == 4


def test_the_command_verifies_and_fails_where_the_boards_lie(ward: Ward) -> None:
    assert rebuild_status(verify=True) == ["1 courses, 0 differences."]
    CourseStatus.objects.update(worst_grade=4)
    with pytest.raises(CommandError, match="Run rebuild_status"):
        rebuild_status(verify=True)
    assert rebuild_status()[0] == f"course {ward.course.pk}: worst_grade was 4, should be 0"
    assert rebuild_status(verify=True) == ["1 courses, 0 differences."]


def test_a_row_of_an_ended_course_that_still_runs_is_found(ward: Ward) -> None:
    ward.center_wide()
    for due_at in list(MonitoringCheck.objects.order_by("due_at").values_list("due_at", flat=True)):
        ward.at = due_at
        ward.log()
    ward.later(minutes=1)
    courses.end(course_id=ward.course.pk, reason="moved away", by=ward.physician, at=ward.at)
    assert list(status.shown(ward.at)) == []
    CourseStatus.objects.update(running=True)
    (course,) = status.shown(ward.at)
    (found,) = status.rebuild(course=course, at=ward.at)
    assert (found.column, found.should_be) == ("running", False)


def test_the_row_of_an_ended_course_that_is_still_watched_is_made_again(ward: Ward) -> None:
    ward.log("38.4")
    courses.end(course_id=ward.course.pk, reason="moved away", by=ward.physician, at=ward.at)
    assert status.rebuild(course=ward.course, at=ward.at, keep=False) == ()
    CourseStatus.objects.all().delete()
    assert list(status.shown(ward.at)) == [ward.course]
    status.rebuild(course=ward.course, at=ward.at)
    row = CourseStatus.objects.get()
    assert (row.running, row.crs_text, row.checks_planned) == (False, "grade 1", 6)
