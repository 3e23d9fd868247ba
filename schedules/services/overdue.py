"""Page for an emergency action that nobody has done in time, and stop when none is late any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.models import Patient
from protocols.rules.values import Severity
from schedules.errors import NoProtocol
from schedules.models import Alert, ResponseStep
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.escalation import system_staff
from schedules.services.judging import judge
from schedules.services.rows import one_by_one

RUNNING = Q(event__state__in=["open", "masked", "attributed"], event__resolved_at__isnull=True)
"""Events whose late actions page: until they are closed, or a physician has signed that they are resolved."""


def flag_overdue_steps(*, at: datetime) -> int:
    """Page for every open action that is late by more than the protocol's grace. Returns how many.

    Raises ``RowsLeftBehind`` when one could not be flagged; the others were.
    """
    due = _to_flag(at).order_by("late_from", "pk")
    return one_by_one(due.values_list("pk", flat=True), lambda pk: _flag_one(pk, at))


def settle_when_none(*, patient_id: UUID, by: Staff, at: datetime) -> None:
    """Resolve the patient's alert once no action that it told of is open. Under the patient's lock."""
    late = ResponseStep.objects.filter(
        RUNNING, patient_id=patient_id, state=ResponseStep.State.OPEN, told_at__isnull=False
    )
    if late.exists():
        return
    rows = Alert.objects.unresolved().select_for_update(no_key=True)
    told = list(rows.filter(patient_id=patient_id, kind=Alert.Kind.OVERDUE_ACTION))
    if told:
        alerts.settle(told, because="no emergency action is overdue any more", by=by, at=at)


def _to_flag(at: datetime) -> QuerySet[ResponseStep]:
    return ResponseStep.objects.filter(
        RUNNING, state=ResponseStep.State.OPEN, told_at__isnull=True, late_from__lte=at
    )


def _flag_one(step_id: UUID, at: datetime) -> bool:
    """Under the patient's lock, as everything that raises an alert; who holds it may be doing the step."""
    of_step = ResponseStep.objects.filter(pk=step_id).values("patient")
    patients = Patient.objects.select_for_update(skip_locked=True, no_key=True)
    patient = patients.filter(pk__in=of_step).first()
    step = None if patient is None else _to_flag(at).select_related("event").filter(pk=step_id).first()
    if patient is None or step is None:
        return False
    try:
        who = judge(patient, at)
    except NoProtocol:
        return False
    step.told_at = at
    step.save(update_fields=["told_at"])
    by = system_staff(step.center_id)
    reason = Reason(Alert.Kind.OVERDUE_ACTION, Severity.ACT_NOW, because_of(step, patient, at), step.source)
    subject = Subject(patient, who.course, who.version_id, who.spec, event=step.event)
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    after = {"action": step.action, "due_at": step.due_at}
    audit.record("step.overdue", step, by=by, at=at, after=after, patient_id=patient.pk)
    status.refresh_alert(patient.pk)
    return True


def because_of(step: ResponseStep, patient: Patient, at: datetime) -> str:
    """Tocilizumab IV over 60 min: due 14:50, 12 min late."""
    if step.due_at is None:
        return step.do
    due = patient.center.local(step.due_at)
    day = "" if due.date() == patient.center.local(at).date() else f"{due:%d-%b-%Y} "
    late = int((at - step.due_at).total_seconds() // 60)
    return f"{step.do}: due {day}{due:%H:%M}, {late} min late"


def settle_of_ended_events(*, at: datetime) -> int:
    """Resolve alerts whose event was closed meanwhile: nothing of it is late any more."""
    late = ResponseStep.objects.filter(RUNNING, state=ResponseStep.State.OPEN, told_at__isnull=False)
    left = Alert.objects.unresolved().filter(kind=Alert.Kind.OVERDUE_ACTION)
    left = left.exclude(patient__in=late.values("patient"))
    return one_by_one(left.values_list("pk", flat=True), lambda pk: _settle_one(pk, at))


def _settle_one(alert_id: UUID, at: datetime) -> bool:
    of_alert = Alert.objects.filter(pk=alert_id).values("patient")
    patients = Patient.objects.select_for_update(skip_locked=True, no_key=True)
    patient = patients.filter(pk__in=of_alert).first()
    if patient is None:
        return False
    settle_when_none(patient_id=patient.pk, by=system_staff(patient.center_id), at=at)
    status.refresh_alert(patient.pk)
    return True
