"""Silence pages too: a check that nobody did is missed after its grace, and somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from schedules.models import Alert, CourseStatus, MonitoringCheck
from schedules.services import alerts, escalation, missed_checks
from schedules.services.rows import RowsLeftBehind
from tests.factories import CenterFactory, MonitoringCheckFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Step-up dose 1 was given now; the first check is due in 8 h, and missed in 9."""
    return deepcopy(dosed)


def sweep(ward: Ward, **span: float) -> int:
    return missed_checks.flag_missed_checks(at=ward.later(**span))


def first_check(ward: Ward) -> MonitoringCheck:
    return MonitoringCheck.objects.filter(patient=ward.patient).earliest("due_at")


# --- missed -----------------------------------------------------------------------------------------------


def test_a_check_is_missed_at_the_end_of_its_grace_and_not_before(ward: Ward) -> None:
    assert sweep(ward, hours=8, minutes=59, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    assert first_check(ward).missed_at == ward.at


def test_a_missed_check_pages_the_nurse_and_says_how_late_it_is(ward: Ward) -> None:
    sweep(ward, hours=9)
    alert = ward.alert("missed_check")
    assert alert.because == "check of 19-Nov-2026 22:32 not done, 60 min overdue"
    assert (alert.check_missed, alert.raised_at) == (first_check(ward), ward.at)
    assert ward.paged(alert) == [(0, ward.nurse.email)]


def test_its_call_tree_counts_from_the_minute_the_check_was_due(ward: Ward) -> None:
    sweep(ward, hours=9)
    alert = ward.alert("missed_check")
    assert alert.clock_from == first_check(ward).due_at
    assert alert.next_escalation_at == alert.clock_from + timedelta(minutes=120)
    escalation.escalate_due(at=ward.later(minutes=59, seconds=59))
    assert len(ward.paged()) == 1
    escalation.escalate_due(at=ward.later(seconds=1))
    assert ward.paged()[1:] == [(1, ward.physician.email)]


def test_a_check_is_flagged_once(ward: Ward) -> None:
    assert sweep(ward, hours=9) == 1
    assert sweep(ward, seconds=2) == 0
    assert AuditEntry.objects.filter(action="check.missed").count() == 1


def test_a_second_missed_check_is_added_to_the_alert_that_stands(ward: Ward) -> None:
    sweep(ward, hours=9)
    sweep(ward, hours=8)
    alert = Alert.objects.get()
    assert list(alert.history.values_list("what", flat=True)) == ["raised", "found_again"]
    second = MonitoringCheck.objects.filter(missed_at=ward.at).get()
    assert alert.check_missed == second


def test_a_second_missed_check_tells_the_nurse_again_and_the_climb_goes_on(ward: Ward) -> None:
    sweep(ward, hours=9)
    escalation.escalate_due(at=ward.later(hours=1))
    next_at = ward.alert("missed_check").next_escalation_at
    sweep(ward, hours=7)
    alert = ward.alert("missed_check")
    assert (alert.rung, alert.next_escalation_at) == (1, next_at)
    assert ward.paged(alert)[2:] == [(0, ward.nurse.email)]


def test_who_answered_for_one_missed_check_did_not_answer_for_the_next(ward: Ward) -> None:
    sweep(ward, hours=9)
    alerts.acknowledge(alert_id=ward.alert("missed_check").pk, by=ward.nurse, at=ward.at, via="link")
    sweep(ward, hours=8)
    before, after = Alert.objects.order_by("raised_at")
    assert (before.state, before.resolved_at, after.state) == ("resolved", ward.at, "open")
    assert before.acknowledged_at is not None
    assert ward.paged(after) == [(0, ward.nurse.email)]
    assert after.clock_from == ward.at - HOUR


def test_checks_missed_during_an_outage_are_flagged_by_one_sweep(ward: Ward) -> None:
    assert sweep(ward, hours=30) == 3
    assert Alert.objects.count() == 1


def test_a_check_that_was_done_or_overtaken_is_not_missed(ward: Ward) -> None:
    ward.log(taken_at=ward.later(hours=8))
    MonitoringCheck.objects.filter(state="open").update(state="cancelled")
    assert sweep(ward, hours=40) == 0


def test_the_board_counts_it_and_shows_the_check_that_is_looked_for(ward: Ward) -> None:
    sweep(ward, hours=9)
    status = CourseStatus.objects.get()
    assert (status.checks_missed, status.open_alert) == (1, ward.alert("missed_check"))
    assert status.next_check_due_at == first_check(ward).due_at


def test_one_check_that_cannot_be_flagged_holds_up_no_other(ward: Ward) -> None:
    elsewhere = CenterFactory()  # it has no system account
    MonitoringCheckFactory(
        window__administration__planned_dose__course__patient__center=elsewhere,
        due_at=ward.at,
        missed_from=ward.at + HOUR,
    )
    with pytest.raises(RowsLeftBehind):
        sweep(ward, hours=9)
    assert first_check(ward).missed_at == ward.at


# --- found --------------------------------------------------------------------------------------------------


def test_a_reading_ends_the_search_whoever_has_the_alert(ward: Ward) -> None:
    sweep(ward, hours=9)
    ward.later(minutes=10)
    ward.log()
    alert = ward.alert("missed_check")
    assert (alert.state, alert.resolved_at) == ("resolved", ward.at)
    assert not alert.pages.undelivered().exists()
    assert first_check(ward).state == "done"


@pytest.mark.parametrize(("hours_before_now", "state"), [(3.1, "open"), (3, "resolved"), (1, "resolved")])
def test_only_a_reading_near_the_check_ends_it_and_no_older_one(
    ward: Ward, hours_before_now: float, state: str
) -> None:
    """Due an hour ago; a reading counts from two hours before that."""
    sweep(ward, hours=9)
    ward.log(taken_at=ward.at - timedelta(hours=hours_before_now))
    assert ward.alert("missed_check").state == state


def test_a_back_filled_reading_for_the_first_of_two_missed_checks_leaves_the_second(ward: Ward) -> None:
    sweep(ward, hours=9)
    sweep(ward, hours=8)
    ward.log(taken_at=ward.at - 8 * HOUR)  # an hour after the first was due, eight before the second
    assert first_check(ward).state == "done"
    assert ward.alert("missed_check").state == "open"
    ward.log()
    assert ward.alert("missed_check").state == "resolved"


def test_an_answered_search_stays_quiet_and_opens_again_when_nobody_comes(ward: Ward) -> None:
    sweep(ward, hours=9)
    alerts.acknowledge(alert_id=ward.alert("missed_check").pk, by=ward.nurse, at=ward.at, via="link")
    assert escalation.escalate_due(at=ward.later(minutes=14)) == 0
    assert escalation.escalate_due(at=ward.later(minutes=1)) == 1
    assert ward.alert("missed_check").state == "open"
