"""Record where the patient is: a statement with its own time. The newest by ``since`` stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Patient, Place, ToxicityEvent, Whereabouts
from patients.services.observations import CLOCK_SKEW

LONGEST_WAY = timedelta(hours=24)
"""A later arrival is more likely a slip of the day, and nobody would look for the patient until then."""


@dataclass(frozen=True, slots=True)
class Said:
    """Where she is; on the way also where to, when she should be there, and with whom."""

    place: Place
    facility: str = ""
    destination: str = ""
    expected_at: datetime | None = None
    with_whom: str = ""
    note: str = ""


def record(
    *,
    patient: Patient,
    said: Said,
    since: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    event: ToxicityEvent | None = None,
) -> Whereabouts:
    """Append one statement for a patient that the caller has locked.

    Raises ``FactRefused`` for a time or a journey that cannot be, and ``AlreadyRecorded`` for a repeated
    ``client_key``.
    """
    _refuse_impossible(patient, said, since, by, at)
    row = Whereabouts(
        center_id=patient.center_id,
        patient=patient,
        event=event,
        place=said.place,
        facility=said.facility.strip(),
        destination=said.destination,
        expected_at=said.expected_at,
        with_whom=said.with_whom.strip(),
        note=said.note.strip(),
        since=since,
        recorded_at=at,
        recorded_by=by,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = Whereabouts.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    return row


def _refuse_impossible(patient: Patient, said: Said, since: datetime, by: Staff, at: datetime) -> None:
    local = by.center.local(since)
    if since > at + CLOCK_SKEW:
        raise FactRefused("since", "This time lies in the future. Write since when it is so.")
    if local.date() < patient.birth_date:
        raise FactRefused("since", f"The patient was born on {patient.birth_date:%d-%b-%Y}. Check the day.")
    if said.place != Place.ON_THE_WAY:
        if said.destination or said.expected_at is not None:
            raise FactRefused("destination", "Only somebody on the way has a destination and a time.")
        return
    _refuse_impossible_way(said, since, by)


def _refuse_impossible_way(said: Said, since: datetime, by: Staff) -> None:
    if not said.destination or said.destination == Place.ON_THE_WAY:
        raise FactRefused("destination", "Write where the patient is going.")
    if said.expected_at is None:
        raise FactRefused("expected_at", "Write when the patient should be there: then somebody looks.")
    if said.expected_at <= since:
        left = by.center.local(since)
        raise FactRefused("expected_at", f"The patient left at {left:%H:%M}. The arrival comes after that.")
    if said.expected_at - since > LONGEST_WAY:
        raise FactRefused("expected_at", "That is more than a day after leaving. Check the day.")
