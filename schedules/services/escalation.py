"""Carry what nobody answered up the call tree; open again what was left lying."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, Subquery

from dosing_portal.kernel import nudge
from dosing_portal.kernel.models import Role, Staff
from protocols import selectors as protocols
from protocols.rules.spec import EscalationLadder
from schedules.models import Alert, AlertEvent, Page
from schedules.selectors.boards import ladder_of
from schedules.selectors.recipients import recipients
from schedules.services import status
from schedules.services.call_tree import climb, entry, next_step, reopen
from schedules.services.rows import one_by_one

LEFT_LYING = "acknowledged, and nothing recorded since"


def escalate_due(*, at: datetime) -> int:
    """Carry every unanswered alert whose time has come one level up; open again what was left lying.

    Never early: only rows whose ``next_escalation_at`` has passed are touched. Several sweeps may run at
    once: each row is locked by one. Returns how many alerts moved. Raises ``RowsLeftBehind`` when one could
    not be moved; the others were.
    """
    due = Alert.objects.unanswered().filter(next_escalation_at__lte=at).order_by("next_escalation_at")
    lying = Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, recheck_at__lte=at).order_by("recheck_at")
    moved = one_by_one(due.values_list("pk", flat=True), lambda pk: _one_level_up(pk, at))
    return moved + one_by_one(lying.values_list("pk", flat=True), lambda pk: _look_again(pk, at))


def _locked(alerts: QuerySet[Alert], alert_id: UUID) -> Alert | None:
    """The alert, unless another sweep holds it or it is no longer what was asked for."""
    mine = alerts.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return mine.select_related("patient").filter(pk=alert_id).first()


def _one_level_up(alert_id: UUID, at: datetime) -> bool:
    alert = _locked(Alert.objects.unanswered().filter(next_escalation_at__lte=at), alert_id)
    if alert is None:
        return False
    by = system_staff(alert.center_id)
    ladder = ladder_of(alert.kind, protocols.spec(alert.protocol_version_id))
    step, everybody = next_step(alert, ladder), _last_level_failed(alert, ladder)
    pages, history = climb(alert, step, ladder, recipients(alert.center_id, at), by, at, everybody=everybody)
    alert.save(update_fields=["rung", "repeats", "next_escalation_at"])
    moved = entry(alert, AlertEvent.What.ESCALATED, by, at, because=ladder.rungs[alert.rung].role)
    AlertEvent.objects.bulk_create([*history, moved])
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    nudge.after_commit("schedules.deliver_due")
    return True


def _last_level_failed(alert: Alert, ladder: EscalationLadder) -> bool:
    """True where no page of the last level arrived: its people alone are not asked a second time."""
    if alert.rung < len(ladder.rungs) - 1:
        return False
    newest = alert.pages.order_by("-created_at").values("created_at")[:1]
    arrived = alert.pages.filter(created_at=Subquery(newest), failed_at__isnull=True)
    return not arrived.exists()


def _look_again(alert_id: UUID, at: datetime) -> bool:
    """At the recheck: quiet where somebody was at work since the answer, else opened again."""
    answered = Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, recheck_at__lte=at)
    alert = _locked(answered, alert_id)
    if alert is None:
        return False
    if _somebody_acted(alert):
        alert.recheck_at = None
        alert.save(update_fields=["recheck_at"])
        return False
    by = system_staff(alert.center_id)
    ladder = ladder_of(alert.kind, protocols.spec(alert.protocol_version_id))
    pages, history = reopen(alert, ladder, recipients(alert.center_id, at), by, at, because=LEFT_LYING)
    alert.save()
    AlertEvent.objects.bulk_create(history)
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    status.refresh_alert(alert.patient_id)
    nudge.after_commit("schedules.deliver_due")
    return True


def _somebody_acted(alert: Alert) -> bool:
    """Anything recorded for the patient since the acknowledgement shows that a person is at work."""
    since = alert.acknowledged_at
    patient = alert.patient
    return (
        patient.observations.filter(recorded_at__gt=since).exists()
        or patient.interventions.filter(recorded_at__gt=since).exists()
        or patient.toxicity_events.filter(confirmed_at__gt=since).exists()
    )


def system_staff(center_id: UUID) -> Staff:
    """The one account that acts for a center's sweeps."""
    account: Staff = Staff.objects.get(center_id=center_id, role=Role.SYSTEM)
    return account


def go_on_now(*, alert_id: UUID, at: datetime) -> None:
    """Every page of the present level failed for good: do not wait for the next level's minute.

    Once the last level repeats there is none to hurry to; it keeps its minutes.
    """
    Alert.objects.unanswered().filter(pk=alert_id, repeats=0, next_escalation_at__gt=at).update(
        next_escalation_at=at
    )
