"""Keep what was asked at a visit: late and drug-specific signs, present, absent or not asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Patient, VisitAnswer, VisitReview
from patients.services.observations import CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class Said:
    """One item that was asked. ``grade`` is the CTCAE grade a physician gave, ``None`` without one."""

    item: str
    present: bool
    grade: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """The answers of one visit; an item without one was not asked, which is not the same as absent."""

    regimen: str
    said: Sequence[Said]
    note: str = ""


def record(
    *, patient: Patient, visit: Visit, asked_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> VisitReview:
    """Append one review for a patient that the caller has locked.

    Raises ``FactRefused`` for a time ahead, for a review in which nothing was asked and for a grade of what
    is absent, and ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    if asked_at > at + CLOCK_SKEW:
        raise FactRefused("asked_at", "This time lies in the future. Write when the signs were asked for.")
    if not visit.said:
        raise FactRefused("items", "Nothing was asked. Answer at least one sign.")
    if any(said.grade is not None and not said.present for said in visit.said):
        raise FactRefused("items", "A grade belongs to a sign that is present.")
    row = VisitReview(
        center_id=patient.center_id,
        patient=patient,
        regimen=visit.regimen,
        asked_at=asked_at,
        asked_by=by,
        note=visit.note,
        recorded_at=at,
        recorded_by=by,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = VisitReview.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    VisitAnswer.objects.bulk_create(
        [
            VisitAnswer(
                center_id=patient.center_id,
                visit=row,
                item=said.item,
                present=said.present,
                grade=said.grade,
                note=said.note,
            )
            for said in visit.said
        ]
    )
    audit.record("visit.review", row, by=by, at=at, after=_audited(visit), patient_id=patient.pk)
    return row


def _audited(visit: Visit) -> dict[str, object]:
    return {
        "regimen": visit.regimen,
        "note": visit.note,
        "answers": {
            said.item: f"present, CTCAE grade {said.grade}"
            if said.grade is not None
            else ("present" if said.present else "absent")
            for said in visit.said
        },
    }
