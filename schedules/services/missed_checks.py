"""Notice that a check was not done: silence pages too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from dosing_portal.kernel import audit
from patients.models import Patient
from protocols import selectors as protocols
from protocols.rules.values import Severity
from schedules.models import Alert, MonitoringCheck
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.escalation import system_staff
from schedules.services.rows import one_by_one


def flag_missed_checks(*, at: datetime) -> int:
    """Flag every check that nobody did by its grace, and alert for it. Returns how many.

    Raises ``RowsLeftBehind`` when one could not be flagged; the others were.
    """
    due = _to_flag(at).order_by("missed_from")
    return one_by_one(due.values_list("pk", flat=True), lambda pk: _flag_one(pk, at))


def _to_flag(at: datetime) -> QuerySet[MonitoringCheck]:
    return MonitoringCheck.objects.filter(
        state=MonitoringCheck.State.OPEN, missed_at__isnull=True, missed_from__lte=at
    )


def _flag_one(check_id: UUID, at: datetime) -> bool:
    """Under the patient's lock, as everything that raises an alert; who holds it may be doing the check."""
    of_check = MonitoringCheck.objects.filter(pk=check_id).values("patient")
    patients = Patient.objects.select_for_update(skip_locked=True, no_key=True)
    if patients.filter(pk__in=of_check).first() is None:
        return False
    check = _to_flag(at).select_related("patient", "center", "window__course").filter(pk=check_id).first()
    if check is None:
        return False
    _flag(check, at)
    return True


def _flag(check: MonitoringCheck, at: datetime) -> None:
    check.missed_at = at
    check.save(update_fields=["missed_at"])
    course = check.window.course
    by = system_staff(check.center_id)
    spec = protocols.spec(course.protocol_version_id)
    due = check.center.local(check.due_at)
    late = int((at - check.due_at).total_seconds() // 60)
    reason = Reason(
        kind=Alert.Kind.MISSED_CHECK,
        severity=Severity.ACT_NOW,
        because=f"check of {due:%d-%b-%Y %H:%M} not done, {late} min overdue",
        source=str(spec.center.checks.provenance.source or ""),
        check=check,
    )
    subject = Subject(patient=check.patient, course=course, version_id=course.protocol_version_id, spec=spec)
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    audit.record(
        "check.missed",
        check,
        by=by,
        at=at,
        after={"due_at": check.due_at},
        patient_id=check.patient_id,
    )
    status.refresh_checks(check.patient_id, at)
