"""Record a call made or taken about a patient: with whom, and whether anybody was reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Call, Patient, ToxicityEvent
from patients.services.observations import CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class Told:
    """One call: with whom, which way, and how it ended. ``incoming``: they rang us."""

    party: Call.Party
    outcome: Call.Outcome
    incoming: bool = False
    name: str = ""
    phone: str = ""
    note: str = ""


def record(
    *,
    patient: Patient,
    told: Told,
    called_at: datetime,
    asked_at: datetime | None,
    client_key: UUID,
    by: Staff,
    at: datetime,
    event: ToxicityEvent | None = None,
) -> Call:
    """Append one call for a patient that the caller has locked; ``asked_at`` is what it answers.

    Raises ``FactRefused`` for a time that cannot be, and ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    if called_at > at + CLOCK_SKEW:
        raise FactRefused("called_at", "This time lies in the future. Write when the call was.")
    if by.center.local(called_at).date() < patient.birth_date:
        raise FactRefused(
            "called_at", f"The patient was born on {patient.birth_date:%d-%b-%Y}. Check the day."
        )
    if asked_at is not None and asked_at > called_at:
        raise FactRefused("asked_at", "A call back comes after it was asked for. Check both times.")
    row = Call(
        center_id=patient.center_id,
        patient=patient,
        event=event,
        party=told.party,
        incoming=told.incoming,
        name=told.name.strip(),
        phone=told.phone.strip(),
        outcome=told.outcome,
        asked_at=asked_at,
        called_at=called_at,
        note=told.note.strip(),
        recorded_at=at,
        recorded_by=by,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = Call.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    return row
