"""Take in laboratory results, and let the neutropenic-fever pathway follow them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import LabResult, Patient
from patients.services import laboratory
from schedules.models import ResponseStep
from schedules.services import checklists
from schedules.services.escalation import system_staff
from schedules.services.rows import one_by_one


@transaction.atomic
def record(
    *,
    patient_id: UUID,
    values: Mapping[str, Decimal],
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> tuple[LabResult, ...]:
    """Save results of one blood sample; a neutrophil count starts or ends the wait of the pathway.

    Raises ``Patient.DoesNotExist`` for a patient of another center, ``FactRefused`` without a value or for a
    time ahead, and ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    patient = _locked(patient_id, by)
    rows = laboratory.record(
        patient=patient, values=values, taken_at=taken_at, client_key=client_key, by=by, at=at
    )
    checklists.follow_patient(patient=patient, by=by, at=at)
    after = {row.analyte: row.value for row in rows} | {"taken_at": taken_at}
    audit.record("laboratory.record", rows[0], by=by, at=at, after=after, patient_id=patient.pk)
    return rows


@transaction.atomic
def amend(
    *,
    result_id: UUID,
    value: Decimal,
    taken_at: datetime,
    reason: str,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> LabResult:
    """Correct one result: a new row stands instead of it, the old one stays on record.

    Raises as ``record``, and ``FactRefused`` without a reason or when it was corrected meanwhile.
    """
    before = LabResult.objects.select_related("patient").get(pk=result_id, center_id=by.center_id)
    patient = _locked(before.patient_id, by)
    if not reason.strip():
        raise FactRefused("amend_reason", "Write why you correct this result.")
    _refuse_second_correction(before, client_key)
    (row,) = laboratory.record(
        patient=patient,
        values={before.analyte: value},
        taken_at=taken_at,
        client_key=client_key,
        by=by,
        at=at,
        amends=before,
        amend_reason=reason,
    )
    checklists.follow_patient(patient=patient, by=by, at=at)
    audit.record(
        "laboratory.amend",
        row,
        by=by,
        at=at,
        before={before.analyte: before.value, "taken_at": before.taken_at},
        after={row.analyte: row.value, "taken_at": row.taken_at},
        reason=reason,
        patient_id=patient.pk,
    )
    return row


def _refuse_second_correction(before: LabResult, client_key: UUID) -> None:
    """Called under the patient's lock, so two people cannot both pass it."""
    correction = LabResult.objects.filter(amends=before).select_related("recorded_by").first()
    if correction is None:
        return
    if correction.client_key == client_key:
        raise AlreadyRecorded(correction)
    when = before.center.local(correction.recorded_at)
    raise FactRefused(
        "amend_reason",
        f"{correction.recorded_by.name} corrected this result at {when:%H:%M}. Correct that one instead.",
    )


def notice_old_counts(*, at: datetime) -> int:
    """Run the neutropenic-fever pathway where a count became too old to be known. Returns how many steps."""
    due = ResponseStep.objects.filter(state=ResponseStep.State.WAITING, look_again_at__lt=at)
    due = due.filter(event__state__in=checklists.RUNNING).order_by("look_again_at")
    return one_by_one(due.values_list("pk", flat=True), lambda pk: _judge_again(pk, at))


def _judge_again(step_id: UUID, at: datetime) -> bool:
    """Under the patient's lock; who holds it judges again anyway."""
    of_step = ResponseStep.objects.filter(pk=step_id).values("patient")
    patients = Patient.objects.select_for_update(skip_locked=True, no_key=True)
    patient = patients.filter(pk__in=of_step).first()
    if patient is None:
        return False
    checklists.follow_patient(patient=patient, by=system_staff(patient.center_id), at=at)
    return True


def _locked(patient_id: UUID, by: Staff) -> Patient:
    return Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
