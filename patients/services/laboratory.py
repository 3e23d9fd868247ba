"""Record laboratory results: facts, before any judgement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import LabResult, Patient
from patients.services.observations import CLOCK_SKEW


def record(
    *,
    patient: Patient,
    values: Mapping[str, Decimal],
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    amends: LabResult | None = None,
    amend_reason: str = "",
) -> tuple[LabResult, ...]:
    """Append one row for each value, in the unit of its analyte, for a patient that the caller has locked.

    Raises ``FactRefused`` without a value or for a time ahead of now, and ``AlreadyRecorded`` when this
    ``client_key`` made rows before (a double click, or a retry after a lost response).
    """
    if not values:
        raise FactRefused("anc", "Write at least one result.")
    if taken_at > at + CLOCK_SKEW:
        raise FactRefused("taken_at", "This time lies in the future. Write when the blood was taken.")
    earlier = LabResult.objects.filter(center_id=patient.center_id, client_key=client_key).first()
    if earlier is not None:
        raise AlreadyRecorded(earlier)
    rows = [
        LabResult(
            center_id=patient.center_id,
            patient=patient,
            analyte=analyte,
            value=value,
            taken_at=taken_at,
            recorded_at=at,
            recorded_by=by,
            client_key=client_key,
            amends=amends,
            amend_reason=amend_reason,
        )
        for analyte, value in values.items()
    ]
    return tuple(LabResult.objects.bulk_create(rows))
