"""A course that has ended with its watch still on: it judges, pages and stands on the boards to the end."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from patients.models import ToxicityEvent
from protocols import selectors as protocols
from schedules.models import Alert, CourseStatus, MonitoringCheck, MonitoringWindow, Page
from schedules.selectors import events as board_of_events
from schedules.selectors import today
from schedules.selectors.boards import Asked
from schedules.selectors.heads import head_for
from schedules.selectors.vitals import judging
from schedules.services import courses, missed_checks
from schedules.services.judging import judge
from tests.factories import PatientFactory, ToxicityEventFactory
from tests.statements import statements
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db
ALL = Asked()


@pytest.fixture(scope="module")
def ended_course(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Dose 1 was given now; the course has ended an hour later, its window is open."""
    with standing(django_db_blocker, _ended) as ward:
        yield ward


def _ended() -> Ward:
    ward = Ward.dosed()
    ward.center_wide()
    ward.later(hours=1)
    end(ward)
    return ward


@pytest.fixture
def ward(ended_course: Ward, db: None) -> Ward:
    """Three hours after the end."""
    ward = deepcopy(ended_course)
    ward.later(hours=3)
    return ward


def end(ward: Ward) -> None:
    courses.end(course_id=ward.course.pk, reason="progression", by=ward.physician, at=ward.at)


def past_the_window(ward: Ward) -> None:
    """Every check done when it is due, and the window over."""
    do_every_check(ward)
    ward.later(hours=12)


def do_every_check(ward: Ward, leave: int = 0) -> None:
    for due_at in list(MonitoringCheck.objects.order_by("due_at").values_list("due_at", flat=True)):
        if MonitoringCheck.objects.filter(state="open").count() > leave:
            ward.at = max(ward.at, due_at)
            ward.log()


def close_the_event(ward: Ward) -> None:
    for hours in (12, 13, 0):
        ward.log("36.8")
        ward.later(hours=hours)
    event = ToxicityEvent.objects.get()
    ward.close(event)


# --- who judges -------------------------------------------------------------------------------------------


def test_it_judges_by_its_pinned_version_while_the_window_is_open(ward: Ward) -> None:
    outcome = ward.log("38.4")
    (alert,) = outcome.alerts
    assert (alert.course, alert.protocol_version) == (ward.course, ward.version)
    assert "no course is running" not in alert.because
    assert outcome.events[0].last_dose_at is not None


def test_after_the_window_and_with_no_event_the_center_wide_section_judges(ward: Ward) -> None:
    past_the_window(ward)
    (alert,) = ward.log("38.4").alerts
    assert alert.course is None
    assert "no course is running" in alert.because


def test_an_open_event_keeps_it_in_force_past_its_window(ward: Ward) -> None:
    ward.log("38.4")
    do_every_check(ward)
    ward.later(days=2)
    assert judge(ward.patient, ward.at).course == ward.course
    assert CourseStatus.objects.get().in_force(ward.at)
    close_the_event(ward)
    assert judge(ward.patient, ward.at).course is None


def test_an_event_that_opens_after_the_window_does_not_bring_it_back(ward: Ward) -> None:
    past_the_window(ward)
    ward.log("38.4")
    assert ToxicityEvent.objects.open().exists()
    assert judge(ward.patient, ward.at).course is None
    assert not CourseStatus.objects.get().in_force(ward.at)


def test_a_late_entry_from_inside_the_window_is_judged_by_it(ward: Ward) -> None:
    inside = ward.at
    past_the_window(ward)
    assert judge(ward.patient, inside).course == ward.course
    assert judge(ward.patient, ward.at).course is None


def test_the_last_check_done_a_little_late_is_still_judged_by_it(ward: Ward) -> None:
    do_every_check(ward, leave=1)
    ends_at = MonitoringWindow.objects.get().ends_at
    assert CourseStatus.objects.get().next_check_due_at == ends_at
    ward.at = ends_at + timedelta(minutes=10)
    assert judge(ward.patient, ward.at).course == ward.course
    ward.log()
    assert judge(ward.patient, ward.at).course is None
    assert CourseStatus.objects.get().next_check_due_at is None


def test_a_course_that_gave_no_dose_is_gone_when_it_ends() -> None:
    ward = Ward()
    ward.confirm()
    ward.center_wide()
    ward.start()
    end(ward)
    assert judge(ward.patient, ward.at).course is None


def test_the_course_that_gave_the_last_dose_judges_until_the_next_one_gives_its_own(ward: Ward) -> None:
    first = ward.course
    second = ward.start()
    assert judge(ward.patient, ward.at).course == first
    past_the_window(ward)
    assert judge(ward.patient, ward.at).course == second


def test_in_force_costs_one_statement_as_a_running_course_does(ward: Ward) -> None:
    protocols.spec(ward.version.pk)
    judge(ward.patient, ward.at)
    with statements() as asked:
        judge(ward.patient, ward.at)
    assert len(asked) == 1


def test_an_event_of_another_patient_keeps_nothing_in_force(ward: Ward) -> None:
    past_the_window(ward)
    ToxicityEventFactory(patient=PatientFactory(center=ward.center), opened_at=ward.at - timedelta(days=2))
    assert judge(ward.patient, ward.at).course is None


# --- checks -----------------------------------------------------------------------------------------------


def test_its_checks_stay_due_and_a_reading_does_them(ward: Ward) -> None:
    row = CourseStatus.objects.get()
    due = row.next_check_due_at
    assert [found.status.pk for found in today.checks_due(ward.center, ALL).rows] == [row.pk]
    ward.later(hours=5)
    ward.log()
    row.refresh_from_db()
    assert due is not None
    assert row.next_check_due_at is not None
    assert row.next_check_due_at > due
    assert (row.checks_done, row.temperature_c is not None) == (1, True)


def test_a_check_that_nobody_does_still_pages(ward: Ward) -> None:
    missed_checks.flag_missed_checks(at=ward.later(hours=6))
    alert = ward.alert(Alert.Kind.MISSED_CHECK)
    assert alert.course == ward.course
    assert Page.objects.filter(alert=alert).exists()
    row = CourseStatus.objects.get()
    assert (row.checks_missed, row.open_alert) == (1, alert)
    ward.log()
    row.refresh_from_db()
    assert row.open_alert is None


# --- boards -----------------------------------------------------------------------------------------------


def test_it_stands_in_the_window_list_and_then_leaves(ward: Ward) -> None:
    assert board_of_events.in_window(ward.center, ward.at, ALL).total == 1
    assert "window" in {coming.what for coming in today.next_24_hours(ward.center, ward.later(hours=24))}
    ward.later(hours=-24)
    past_the_window(ward)
    assert board_of_events.in_window(ward.center, ward.at, ALL).total == 0
    assert today.checks_due(ward.center, ALL).total == 0


def test_the_form_names_the_protocol_that_will_judge(ward: Ward) -> None:
    spec = judging(head_for(ward.nurse, ward.patient.pk, ward.at))
    assert spec is not None
    assert spec.regimen is not None
    past_the_window(ward)
    spec = judging(head_for(ward.nurse, ward.patient.pk, ward.at))
    assert spec is not None
    assert spec.regimen is None


@pytest.mark.parametrize("address", ["/", "/patients/"])
def test_the_boards_say_that_the_course_has_ended(
    ward: Ward, client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.log("38.4")
    client.force_login(ward.nurse)
    monkeypatch.setattr("dosing_portal.kernel.clock.now", lambda: ward.at)
    page = client.get(address).content.decode()
    assert "step-up dose 1, course ended" in page
    assert "CRS" in page
