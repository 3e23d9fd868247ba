"""The review of a visit: what was asked, and who is told of a late sign that is present."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import Patient, VisitReview
from patients.services import visits
from patients.services.visits import Visit
from protocols.rules.values import Severity
from protocols.rules.visits import severity
from schedules.models import Alert
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.judging import judge


@transaction.atomic
def review(
    *, patient_id: UUID, visit: Visit, asked_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> VisitReview:
    """Save a review. A sign that holds a dose, or cannot wait, alerts: it calls a specialist.

    Raises ``Patient.DoesNotExist`` for a patient of another center, ``NoProtocol``, and as
    ``patients.services.visits.record``.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    who = judge(patient, asked_at)
    row = visits.record(patient=patient, visit=visit, asked_at=asked_at, client_key=client_key, by=by, at=at)
    items = {item.id: item for item in who.spec.center.care.visit_items}
    reasons = []
    for said in visit.said:
        item = items.get(said.item)
        if item is None or not said.present:
            continue
        concern = severity(item, said.grade)
        if concern is not Severity.NONE:
            graded = f", CTCAE grade {said.grade}" if said.grade is not None else ""
            because = f"{item.ask}: present{graded}. {item.do}"
            reasons.append(Reason(Alert.Kind.LATE_SIGN, concern, because, str(item.provenance.source or "")))
    if reasons:
        subject = Subject(
            patient=patient,
            course=who.course,
            version_id=who.version_id,
            spec=who.spec,
            has_alerts=who.has_alerts,
        )
        alerts.raise_for(subject=subject, reasons=_as_one(reasons), by=by, at=at)
        status.refresh_alert(patient.pk)
    return row


def _as_one(reasons: list[Reason]) -> list[Reason]:
    """One alert a patient and kind: it names every sign, the worst first, and is as urgent as that one."""
    ordered = sorted(reasons, key=lambda reason: -reason.severity)
    worst = ordered[0]
    return [Reason(worst.kind, worst.severity, "; ".join(reason.because for reason in ordered), worst.source)]
