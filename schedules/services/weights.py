"""Record a weight where a dose may wait for it: the boards follow in the same transaction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import WeightMeasurement
from patients.services import registration
from schedules.models import CourseStatus
from schedules.services import status


@transaction.atomic
def record(
    *, patient_id: UUID, value: Decimal, unit: str, measured_on: date, by: Staff, at: datetime
) -> WeightMeasurement:
    """Append a weight and ask again what blocks the next dose. Raises as ``registration.record_weight``."""
    weight = registration.record_weight(
        patient_id=patient_id, value=value, unit=unit, measured_on=measured_on, by=by, at=at
    )
    status.refresh_blockers(CourseStatus.objects.filter(patient_id=patient_id))
    return weight
