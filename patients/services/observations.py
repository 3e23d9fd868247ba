"""Record a set of vital signs: the fact, before any judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Observation, Patient
from protocols.rules.values import VitalSigns

CLOCK_SKEW = timedelta(minutes=5)  # a phone's clock may run this far ahead of ours


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What surrounds a set of vital signs and is no measurement.

    ``neurologic_only``: nobody looked at temperature, pressure and oxygen, so the row grades no CRS,
    completes no check of vital signs and replaces no reading of them.
    """

    location: str = ""
    reported_by: str = "staff"
    not_measured: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    is_baseline: bool = False
    neurologic_only: bool = False


def record(
    *,
    patient: Patient,
    vitals: VitalSigns,
    context: ReadingContext,
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    amends: Observation | None = None,
    amend_reason: str = "",
) -> Observation:
    """Append one observation for a patient that the caller has locked.

    Raises ``FactRefused`` for a time ahead of now and ``AlreadyRecorded`` when this ``client_key`` made a row
    before (a double click, or a retry after a lost response).
    """
    if taken_at > at + CLOCK_SKEW:
        raise FactRefused("taken_at", "This time lies in the future. Write when the readings were taken.")
    row = Observation(
        center_id=patient.center_id,
        patient=patient,
        taken_at=taken_at,
        recorded_at=at,
        recorded_by=by,
        reported_by=context.reported_by,
        client_key=client_key,
        amends=amends,
        amend_reason=amend_reason,
        is_baseline=context.is_baseline,
        neurologic_only=context.neurologic_only,
        location=context.location,
        not_measured=dict(context.not_measured),
        note=context.note,
        **_columns(vitals),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        earlier = Observation.objects.filter(center_id=patient.center_id, client_key=client_key).first()
        if earlier is None:
            raise
        raise AlreadyRecorded(earlier) from error
    return row


def _columns(vitals: VitalSigns) -> dict[str, object]:
    oxygen, temperature = vitals.oxygen, vitals.temperature
    return {
        "temperature": temperature.value if temperature else None,
        "temperature_unit": temperature.unit.value if temperature else "",
        "oxygen_device": oxygen.device.value if oxygen else "",
        "oxygen_flow_lpm": oxygen.flow_lpm if oxygen else None,
        "oxygen_reason": oxygen.reason.value if oxygen and oxygen.reason else "",
        "vasopressors": list(vitals.vasopressors),
        "symptoms": list(vitals.symptoms),
        "consciousness": vitals.consciousness.value if vitals.consciousness else "",
        "seizure": vitals.seizure.value,
        "motor": vitals.motor.value,
        "raised_pressure": vitals.raised_pressure.value,
        "died_of": vitals.died_of.value if vitals.died_of else "",
        **_ice_columns(vitals),
        **{
            name: getattr(vitals, name)
            for name in (
                "systolic",
                "diastolic",
                "heart_rate",
                "respiratory_rate",
                "spo2",
                "hypotension",
                "hypoxia",
            )
        },
    }


def _ice_columns(vitals: VitalSigns) -> dict[str, object]:
    if vitals.ice is None:
        return {}
    return {
        **{f"ice_{name}": getattr(vitals.ice, name) for name in vitals.ice.ITEMS},
        "ice_total": vitals.ice.total,
    }
