"""The sample center: filled by the services, one patient for each thing a board can show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from dosing_portal.kernel.models import AuditEntry, Center, Staff
from patients.models import Patient
from protocols.models import BlockConfirmation
from schedules.models import Administration, Alert, CourseStatus, MonitoringCheck, Page
from schedules.services import sample_center, status
from schedules.services.sample_stories import STORIES
from tests.factories import AT
from tests.ward import standing


@pytest.fixture(scope="module")
def center(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Center]:
    """Filled once for the tests of this file, and rolled back after them."""
    with standing(django_db_blocker, lambda: sample_center.fill(at=AT)) as filled:
        yield filled


def row(family_name: str) -> CourseStatus:
    return CourseStatus.objects.get(patient__family_name=family_name)


def alerts_of(family_name: str) -> set[tuple[str, str]]:
    unresolved = Alert.objects.unresolved().filter(patient__family_name=family_name)
    return set(unresolved.values_list("kind", "state"))


def test_no_two_stories_share_a_number() -> None:
    for numbers in ([story.mrn for story in STORIES], [story.caregiver_phone for story in STORIES]):
        assert len(set(numbers)) == len(numbers)


def test_every_story_has_its_patient_on_the_boards(center: Center) -> None:
    assert CourseStatus.objects.filter(center=center, running=True).count() == len(STORIES)
    assert set(Patient.objects.values_list("family_name", flat=True)) == {s.family_name for s in STORIES}


def test_one_is_in_grade_2_with_a_rise_that_nobody_has_answered(center: Center) -> None:
    sample = row("SAMPLE")
    assert (sample.crs_text, sample.worst_grade) == ("grade 2", 2)
    assert sample.open_event is not None
    assert sample.open_event.confirmed_grade == 1
    assert {("grade_rise", "open"), ("hypotension", "open"), ("fever", "acknowledged")} <= alerts_of("SAMPLE")


def test_one_lost_three_points_of_the_ice_test(center: Center) -> None:
    assert (row("MOCKUP").ice_score, row("MOCKUP").icans_grade) == (7, 1)
    assert alerts_of("MOCKUP") == {("neurologic", "open")}


def test_one_overdue_check_climbs_the_ladder(center: Center) -> None:
    (alert,) = Alert.objects.unresolved().filter(patient__family_name="SPECIMEN")
    assert (alert.kind, alert.state, alert.rung) == ("missed_check", "open", 0)
    assert alert.next_escalation_at is not None
    assert AT < alert.next_escalation_at <= AT + timedelta(hours=1)


def test_one_dose_is_due_today(center: Center) -> None:
    due = row("EXAMPLE")
    assert due.next_dose_on == center.local(AT).date()
    assert alerts_of("EXAMPLE") == set()


def test_one_just_took_pocket_dexamethasone(center: Center) -> None:
    assert ("pocket_dexamethasone", "open") in alerts_of("PLACEHOLDER")


def test_one_is_on_maintenance_and_one_event_is_closed(center: Center) -> None:
    given = Administration.objects.filter(course__patient__family_name="DEMO")
    assert list(given.values_list("dose", flat=True)) == ["sud1", "sud2", "tx1", "txw"]
    (event,) = Patient.objects.get(family_name="RESERVE").toxicity_events.all()
    assert (event.state, event.confirmed_grade) == ("closed", 1)


def test_one_decision_waits_and_one_is_carried_into_the_dose_of_tomorrow(center: Center) -> None:
    waits, decided = row("STANDIN"), row("TESTCASE")
    assert (waits.blockers, decided.blockers) == (["CRS: next dose not decided"], [])
    tomorrow = center.local(AT).date() + timedelta(days=1)
    assert decided.next_dose is not None
    assert (decided.next_dose_on, decided.next_dose.setting) == (tomorrow, "hospital")


def test_nothing_else_is_left_undone(center: Center) -> None:
    """Only the one check that is meant to be missed was missed: a quiet patient has done every check."""
    missed = MonitoringCheck.objects.filter(missed_at__isnull=False)
    assert set(missed.values_list("patient__family_name", flat=True)) == {"SPECIMEN"}
    assert Page.objects.count() < 30


def test_the_boards_say_what_the_facts_say(center: Center) -> None:
    differences = [
        str(difference)
        for course in status.shown(AT)
        for difference in status.rebuild(course=course, at=AT, keep=False)
    ]
    assert differences == []


def test_what_was_confirmed_for_it_says_that_it_is_a_sample(center: Center) -> None:
    confirmed = BlockConfirmation.objects.filter(center=center)
    assert confirmed.exists()
    assert not confirmed.filter(sample=False).exists()


def test_every_write_has_its_audit_entry(center: Center) -> None:
    actions = set(AuditEntry.objects.filter(center=center).values_list("action", flat=True))
    assert {
        "patient.register",
        "course.start",
        "dose.give",
        "vitals.log",
        "intervention.log",
        "alert.acknowledge",
        "event.confirm_grade",
        "event.close",
        "check.missed",
    } <= actions


def test_the_logins_are_printed_and_work(center: Center) -> None:
    out = StringIO()
    call_command("sample_center", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(sample_center.logins()) == 6
    for login in sample_center.logins():
        assert Staff.objects.get(username=login.username).check_password(login.password)


def test_filling_twice_changes_nothing(center: Center) -> None:
    call_command("sample_center", stdout=StringIO())
    assert Center.objects.count() == 1


def test_invented_patients_never_go_where_real_ones_may_be(settings: Settings) -> None:
    settings.PORTAL_DEMO = False
    with pytest.raises(CommandError, match="PORTAL_DEMO=1"):
        call_command("sample_center")
