"""Carry what nobody answered up the call tree; open again what was left lying."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from dosing_portal.kernel import nudge
from dosing_portal.kernel.models import Role, Staff
from protocols import selectors as protocols
from schedules.models import Alert, AlertEvent, Page
from schedules.rules import lifecycle
from schedules.selectors.boards import ladder_of
from schedules.selectors.recipients import recipients
from schedules.services import status
from schedules.services.call_tree import climb, entry

BATCH = 100


def escalate_due(*, at: datetime) -> int:
    """Carry every unanswered alert whose time has come one level up; open again what was left lying.

    Never early: only rows whose ``next_escalation_at`` has passed are touched. Several sweeps may run at
    once: each row is locked by one. Returns how many alerts moved.
    """
    moved = 0
    while True:
        with transaction.atomic():
            batch = list(_due(at)[:BATCH])
            for alert in batch:
                _one_level_up(alert, at)
        moved += len(batch)
        if len(batch) < BATCH:
            break
    return moved + _reopen_left_lying(at)


def _due(at: datetime) -> QuerySet[Alert]:
    return (
        Alert.objects.unanswered()
        .filter(next_escalation_at__lte=at)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("patient")
        .order_by("next_escalation_at")
    )


def _one_level_up(alert: Alert, at: datetime) -> None:
    by = system_staff(alert.center_id)
    spec = protocols.spec(alert.protocol_version_id)
    ladder = ladder_of(alert.kind, spec)
    step = alert.rung + alert.repeats + 1
    pages, history = climb(alert, step, ladder, recipients(alert.center_id, at), by, at)
    alert.save(update_fields=["rung", "repeats", "next_escalation_at"])
    moved = entry(alert, AlertEvent.What.ESCALATED, by, at, because=ladder.rungs[alert.rung].role)
    AlertEvent.objects.bulk_create([*history, moved])
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    nudge.after_commit("schedules.deliver_due")


def _reopen_left_lying(at: datetime) -> int:
    reopened = 0
    with transaction.atomic():
        waiting = (
            Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, recheck_at__lte=at)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("patient")[:BATCH]
        )
        for alert in waiting:
            if _somebody_acted(alert):
                alert.recheck_at = None
                alert.save(update_fields=["recheck_at"])
            else:
                _reopen(alert, at)
                reopened += 1
    return reopened


def _somebody_acted(alert: Alert) -> bool:
    """Anything recorded for the patient since the acknowledgement shows that a person is at work."""
    since = alert.acknowledged_at
    patient = alert.patient
    return (
        patient.observations.filter(recorded_at__gt=since).exists()
        or patient.interventions.filter(recorded_at__gt=since).exists()
        or patient.toxicity_events.filter(confirmed_at__gt=since).exists()
    )


def _reopen(alert: Alert, at: datetime) -> None:
    by = system_staff(alert.center_id)
    alert.state = lifecycle.alert_after(alert.state, "reopen")
    alert.acknowledged_at = alert.acknowledged_by = alert.recheck_at = None
    alert.acknowledged_via = ""
    alert.clock_from = at
    ladder = ladder_of(alert.kind, protocols.spec(alert.protocol_version_id))
    pages, history = climb(alert, 0, ladder, recipients(alert.center_id, at), by, at)
    alert.save()
    because = "acknowledged, and nothing recorded since"
    AlertEvent.objects.bulk_create(
        [entry(alert, AlertEvent.What.REOPENED, by, at, because=because), *history]
    )
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    status.refresh_alert(alert.patient_id)
    nudge.after_commit("schedules.deliver_due")


def system_staff(center_id: UUID) -> Staff:
    """The one account that acts for a center's sweeps."""
    account: Staff = Staff.objects.get(center_id=center_id, role=Role.SYSTEM)
    return account


def go_on_now(*, alert_id: UUID, at: datetime) -> None:
    """Every page of the present level failed for good: do not wait for the next level's minute."""
    with transaction.atomic():
        Alert.objects.unanswered().filter(pk=alert_id, next_escalation_at__gt=at).update(
            next_escalation_at=at
        )
