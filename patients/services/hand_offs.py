"""Give a patient's care to another team. Until somebody there accepts, she is still ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import HandOff, Patient, ToxicityEvent
from patients.services.observations import CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class Given:
    """To whom, where, and the number under which they answer."""

    to_whom: str
    facility: str = ""
    phone: str = ""


@transaction.atomic
def give(
    *, patient_id: UUID, given: Given, given_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> HandOff:
    """Say to whom the patient is handed over. It changes nobody's duty until ``accept``.

    Raises ``Patient.DoesNotExist`` for another center, ``FactRefused`` for an impossible time or without a
    name, ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    if not given.to_whom.strip():
        raise FactRefused("to_whom", "Write to whom.")
    if given_at > at + CLOCK_SKEW:
        raise FactRefused("given_at", "This time lies in the future. Write when it was.")
    row = HandOff(
        center_id=patient.center_id,
        patient=patient,
        event=ToxicityEvent.objects.unsettled().filter(patient=patient).order_by("-current_grade").first(),
        to_whom=given.to_whom.strip(),
        facility=given.facility.strip(),
        phone=given.phone.strip(),
        given_at=given_at,
        given_by=by,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = HandOff.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    after = {"to_whom": row.to_whom, "facility": row.facility, "given_at": row.given_at}
    audit.record("hand_off.give", row, by=by, at=at, after=after, patient_id=patient.pk)
    return row


@transaction.atomic
def accept(*, hand_off_id: UUID, name: str, accepted_at: datetime, by: Staff, at: datetime) -> HandOff:
    """Write down who accepted the patient and when. ``by`` is who writes it, not who accepted.

    The first answer stands: raises ``FactRefused`` with what is on record and by whom, also to the second of
    two who answer at once. The same answer of the same person again is the same fact. Raises
    ``HandOff.DoesNotExist`` for another center.
    """
    row = _locked(hand_off_id, by)
    if row.accepted_name == name.strip() and row.accepted_by_id == by.pk:
        return row
    _refuse(row, "accepted_name", name, accepted_at, by, at)
    row.accepted_name, row.accepted_at, row.accepted_by = name.strip(), accepted_at, by
    row.save(update_fields=["accepted_name", "accepted_at", "accepted_by"])
    after = {"accepted_name": row.accepted_name, "accepted_at": accepted_at}
    audit.record("hand_off.accept", row, by=by, at=at, after=after, patient_id=row.patient_id)
    return row


@transaction.atomic
def refuse(
    *, hand_off_id: UUID, name: str, reason: str, refused_at: datetime, by: Staff, at: datetime
) -> HandOff:
    """Write down that the other team did not take her, and why: she stays ours. Raises as ``accept``."""
    row = _locked(hand_off_id, by)
    if row.refused_name == name.strip() and row.refused_by_id == by.pk:
        return row
    _refuse(row, "refused_name", name, refused_at, by, at)
    if not reason.strip():
        raise FactRefused("refused_reason", "Write why they did not take the patient.")
    row.refused_name, row.refused_reason = name.strip(), reason.strip()
    row.refused_at, row.refused_by = refused_at, by
    row.save(update_fields=["refused_name", "refused_reason", "refused_at", "refused_by"])
    after = {"refused_name": row.refused_name, "refused_at": refused_at}
    audit.record("hand_off.refuse", row, by=by, at=at, after=after, reason=reason, patient_id=row.patient_id)
    return row


def _locked(hand_off_id: UUID, by: Staff) -> HandOff:
    """The row after its patient's lock, so that two answers come one after the other."""
    whose = HandOff.objects.filter(pk=hand_off_id, center_id=by.center_id).values("patient")
    Patient.objects.select_for_update(no_key=True).filter(pk__in=whose).first()
    rows = HandOff.objects.select_related("accepted_by", "refused_by")
    return rows.get(pk=hand_off_id, center_id=by.center_id)


def _refuse(row: HandOff, field: str, name: str, when: datetime, by: Staff, at: datetime) -> None:
    local = by.center.local
    if row.accepted_at is not None and row.accepted_by is not None:
        who = f"{row.accepted_by.name} wrote that {row.accepted_name} accepted"
        raise FactRefused(field, f"{who} at {local(row.accepted_at):%H:%M}. That stands.")
    if row.refused_at is not None and row.refused_by is not None:
        who = f"{row.refused_by.name} wrote that {row.refused_name} refused"
        raise FactRefused(field, f"{who} at {local(row.refused_at):%H:%M}. Hand over again to go on.")
    if not name.strip():
        raise FactRefused(field, "Write the name of who answered.")
    if when > at + CLOCK_SKEW:
        raise FactRefused("answered_at", "This time lies in the future. Write when they answered.")
    if when < row.given_at:
        given = f"{local(row.given_at):%H:%M}"
        raise FactRefused("answered_at", f"Handed over at {given}: the answer comes after that.")
