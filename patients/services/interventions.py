"""Record what a patient was given or took. It changes the timeline, so grading follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, Patient, Purpose
from patients.services.observations import CLOCK_SKEW
from protocols.rules.values import InterventionKind

LINE = 300  # characters of a stored sentence


@dataclass(frozen=True, slots=True)
class Given:
    """One drug, fluid or oxygen start: milligrams, milliliters, and the temperature before it in °C.

    ``let_pass`` holds the limits that a physician let pass, each as the sentence that was read, with the one
    ``override_reason``; ``arithmetic`` is what stood beside the dose.
    """

    kind: InterventionKind
    drug: str = ""
    dose_mg: Decimal | None = None
    volume_ml: Decimal | None = None
    route: str = ""
    temperature_before: Decimal | None = None
    note: str = ""
    purpose: str = Purpose.TREATMENT
    place: str = ""
    arithmetic: tuple[str, ...] = ()
    let_pass: tuple[str, ...] = ()
    override_reason: str = ""


def record(
    *,
    patient: Patient,
    given: Given,
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    amends: Intervention | None = None,
    amend_reason: str = "",
    never_given: bool = False,
) -> Intervention:
    """Append one intervention for a patient that the caller has locked.

    Raises ``FactRefused`` for a time ahead of now and ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    if taken_at > at + CLOCK_SKEW:
        raise FactRefused("taken_at", "This time lies in the future. Write when it was taken.")
    row = Intervention(
        center_id=patient.center_id,
        patient=patient,
        kind=given.kind.value,
        drug=given.drug,
        dose_mg=given.dose_mg,
        volume_ml=given.volume_ml,
        route=given.route,
        temperature_before=given.temperature_before,
        note=given.note,
        purpose=given.purpose,
        place=given.place,
        arithmetic=[line[:LINE] for line in given.arithmetic],
        let_pass=[line[:LINE] for line in given.let_pass],
        override_reason=given.override_reason,
        taken_at=taken_at,
        recorded_at=at,
        recorded_by=by,
        client_key=client_key,
        amends=amends,
        amend_reason=amend_reason,
        never_given=never_given,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = Intervention.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    return row
