"""Whatever happens in whatever order: an alert that nobody has is never left without a next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schedules.models import Alert, OnCallShift, Page
from schedules.services import alerts, escalation, missed_checks
from tests.factories import OnCallShiftFactory
from tests.ward import Ward

pytestmark = pytest.mark.django_db

LONGEST_WAIT = timedelta(minutes=60)  # between the two levels of the missed-check tree; the other has 15
MINUTES = (0, 1, 7, 15, 61, 500)


def logs(temperature: str, **changes: object) -> Callable[[Ward], object]:
    return lambda ward: ward.log(temperature, **changes)


def somebody_answers(ward: Ward) -> None:
    waiting = Alert.objects.unanswered().order_by("raised_at").first()
    if waiting is not None:
        alerts.acknowledge(alert_id=waiting.pk, by=ward.nurse, at=ward.at, via="app")


def somebody_resolves(ward: Ward) -> None:
    answered = Alert.objects.filter(state=Alert.State.ACKNOWLEDGED).first()
    if answered is not None:
        alerts.resolve(alert_id=answered.pk, reason="seen", by=ward.physician, at=ward.at)


def the_rota_changes(ward: Ward) -> None:
    shift = OnCallShift.objects.filter(cancelled_at=None).first()
    if shift is not None:
        OnCallShift.objects.filter(pk=shift.pk).update(cancelled_at=ward.at, cancelled_by=ward.administrator)
    else:  # everybody's shift is cancelled; the physician, who is reached as before, takes one
        OnCallShiftFactory(
            staff=ward.physician,
            center=ward.center,
            role="physician",
            recorded_by=ward.administrator,
            starts_at=ward.at - timedelta(days=1),
            ends_at=ward.at + timedelta(days=10),
        )


def a_level_fails(ward: Ward) -> None:
    alert = Alert.objects.unanswered().first()
    if alert is not None:
        alert.pages.undelivered().update(failed_at=ward.at)
        escalation.go_on_now(alert_id=alert.pk, at=ward.at)


def a_crash(ward: Ward) -> None:
    """A request dies before its end: its alert goes with it."""
    with transaction.atomic():
        ward.log("38.4")
        transaction.set_rollback(True)


HAPPENINGS: dict[str, Callable[[Ward], object]] = {
    "a fever": logs("38.6"),
    "a low pressure": logs("38.6", systolic=84),
    "a quiet reading": logs("36.8"),
    "an answer": somebody_answers,
    "a resolution": somebody_resolves,
    "a rota change": the_rota_changes,
    "a failed level": a_level_fails,
    "a crash": a_crash,
}


def holds(ward: Ward) -> None:
    """After the sweeps of this moment."""
    for alert in Alert.objects.unanswered():
        assert alert.next_escalation_at is not None
        assert ward.at < alert.next_escalation_at <= ward.at + LONGEST_WAIT
    for alert in Alert.objects.exclude(state=Alert.State.OPEN):
        assert alert.acknowledged_by or alert.resolved_by
        assert not Page.objects.undelivered().filter(alert=alert).exists()


STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.sampled_from(MINUTES)), min_size=3, max_size=10
)


FOUR_CHANGES = [("a rota change", 1)] * 4  # as many shifts as are cancelled, and one more


@example(steps=[("a fever", 0), *FOUR_CHANGES])
@settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_an_unanswered_alert_always_has_a_next_step_within_its_limit(
    steps: list[tuple[str, int]], ward: Ward
) -> None:
    began_at = ward.at
    with transaction.atomic():
        for happening, minutes in steps:
            HAPPENINGS[happening](ward)
            ward.later(minutes=minutes)
            missed_checks.flag_missed_checks(at=ward.at)
            escalation.escalate_due(at=ward.at)
            holds(ward)
        transaction.set_rollback(True)
    ward.at = began_at


@pytest.fixture
def ward() -> Ward:
    ward = Ward.dosed()
    ward.later(hours=4)
    return ward
