"""A specimen of handwriting, and who is told when it is not as it was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import HandwritingSpecimen, Patient, ToxicityEvent
from patients.services import handwriting
from patients.services.handwriting import SIGNS, Written
from protocols.rules.values import Severity
from schedules.models import Alert
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.judging import judge

NEUROLOGIC_SIGN = "neurologic"  # the call-back sign of the center's document that handwriting belongs to


@transaction.atomic
def record(
    *, patient_id: UUID, written: Written, taken_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> HandwritingSpecimen:
    """Save a specimen. Changed, illegible or not written, it is a neurologic sign and alerts until answered.

    It grades nothing: the ICE test does, and a lost sentence counts there only when the nurse marks it.
    Raises ``Patient.DoesNotExist`` for a patient of another center, ``NoProtocol`` where a sign could alert
    nobody, and as ``patients.services.handwriting.record``.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    row = handwriting.record(
        patient=patient, written=written, taken_at=taken_at, client_key=client_key, by=by, at=at
    )
    if row.comparison in SIGNS:
        _tell(patient, row, by, at)
    return row


def _tell(patient: Patient, row: HandwritingSpecimen, by: Staff, at: datetime) -> None:
    who = judge(patient, row.taken_at)
    signs = who.spec.center.call_back_signs
    source = next((str(sign.source) for sign in signs if sign.id == NEUROLOGIC_SIGN and sign.source), "")
    open_events = ToxicityEvent.objects.open().filter(patient=patient, toxicity="icans")
    subject = Subject(
        patient=patient,
        course=who.course,
        version_id=who.version_id,
        spec=who.spec,
        event=open_events.order_by("-opened_at").first(),
        has_alerts=who.has_alerts,
    )
    because = f"handwriting: {row.get_comparison_display().lower()}. ICE test now"
    reason = Reason(Alert.Kind.NEUROLOGIC, Severity.LOOK_SOON, because, source)
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    status.refresh_alert(patient.pk)
