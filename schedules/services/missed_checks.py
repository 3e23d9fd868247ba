"""Notice that a check was not done: silence pages too."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dosing_portal.kernel import audit
from protocols import selectors as protocols
from protocols.rules.values import Severity
from schedules.models import Alert, MonitoringCheck
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.escalation import system_staff

BATCH = 200


def flag_missed_checks(*, at: datetime) -> int:
    """Flag every check that nobody did by its grace, and alert for it. Returns how many."""
    flagged = 0
    while True:
        with transaction.atomic():
            batch = list(
                MonitoringCheck.objects.filter(
                    state=MonitoringCheck.State.OPEN, missed_at__isnull=True, missed_from__lte=at
                )
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("patient", "window__course")
                .order_by("missed_from")[:BATCH]
            )
            for check in batch:
                _flag(check, at)
        flagged += len(batch)
        if len(batch) < BATCH:
            return flagged


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
