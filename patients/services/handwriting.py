"""Keep a sentence written by hand: what was written, how it compares, a photo where one was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.pictures import Picture
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import HandwritingSpecimen, Patient
from patients.services.observations import CLOCK_SKEW

Comparison = HandwritingSpecimen.Comparison
SIGNS = frozenset({Comparison.CHANGED, Comparison.ILLEGIBLE, Comparison.NOT_WRITTEN})
"""What is a neurologic sign until an ICE test has been done."""


@dataclass(frozen=True, slots=True)
class Written:
    """One specimen as it was seen. ``sentence`` is what can be read of it."""

    comparison: str
    sentence: str = ""
    note: str = ""
    photo: Picture | None = None


def record(
    *, patient: Patient, written: Written, taken_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> HandwritingSpecimen:
    """Append one specimen for a patient that the caller has locked.

    Raises ``FactRefused`` for a time ahead of now, for a comparison without a baseline and for a baseline
    with nothing to compare with later, and ``AlreadyRecorded`` for a repeated ``client_key``. The audit entry
    names the photo's size, never its content.
    """
    if taken_at > at + CLOCK_SKEW:
        raise FactRefused("taken_at", "This time lies in the future. Write when the sentence was written.")
    _refuse_without_baseline(patient, written)
    photo = written.photo
    row = HandwritingSpecimen(
        center_id=patient.center_id,
        patient=patient,
        comparison=written.comparison,
        sentence=written.sentence,
        note=written.note,
        photo=photo.content if photo else None,
        photo_type=photo.kind if photo else "",
        taken_at=min(taken_at, at),
        recorded_at=at,
        recorded_by=by,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = HandwritingSpecimen.objects.defer("photo").filter(
            center_id=patient.center_id, client_key=client_key
        )
        if (found := earlier.first()) is None:
            raise
        raise AlreadyRecorded(found) from error
    said = {"comparison": row.comparison, "sentence": row.sentence, "note": row.note, "taken_at": taken_at}
    audit.record(
        "handwriting.record",
        row,
        by=by,
        at=at,
        after={**said, "photo_bytes": len(photo.content) if photo else 0},
        patient_id=patient.pk,
    )
    return row


def _refuse_without_baseline(patient: Patient, written: Written) -> None:
    if written.comparison == Comparison.BASELINE:
        if not written.sentence and written.photo is None:
            raise FactRefused(
                "sentence", "Write the sentence, or take a photo: later ones are compared with it."
            )
        return
    if written.comparison != Comparison.AS_BASELINE:
        return
    if not HandwritingSpecimen.objects.filter(patient=patient, comparison=Comparison.BASELINE).exists():
        raise FactRefused("comparison", "No baseline is on record, so it cannot be as at baseline.")
