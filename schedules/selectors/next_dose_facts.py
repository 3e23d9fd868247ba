"""The facts from which the blockers of a next dose follow, for any number of courses in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from patients.models import ToxicityEvent, WeightMeasurement
from protocols.rules.dosing import prepare
from protocols.rules.regimen import BandTable, DoseUnit
from protocols.rules.spec import ProtocolSpec
from schedules.models import CourseStatus
from schedules.rules.blockers import AmountOnRecord, DoseFacts, Weighed
from schedules.selectors import decisions
from schedules.selectors.boards import newest_confirmation, spec_of
from schedules.selectors.plans import regimen_of


def newest_weight(field: str) -> Subquery:
    """A field of the patient's newest weight; an annotation of a board row."""
    weights = WeightMeasurement.objects.filter(patient=OuterRef("patient"))
    return Subquery(weights.order_by("-measured_on", "-pk").values(field)[:1])


def facts_of(rows: QuerySet[CourseStatus]) -> Iterator[tuple[CourseStatus, DoseFacts | None]]:
    """Each row with the facts of its next dose; ``None`` where no dose is planned."""
    bearing = decisions.bearing_on_next_dose(OuterRef("last_dose_at"), OuterRef(OuterRef("course__regimen")))
    events = ToxicityEvent.objects.filter(bearing, patient=OuterRef("patient"))
    known = rows.select_related("course", "next_dose").annotate(
        events=ArraySubquery(events.values(json=decisions.lock_facts())),
        kg=newest_weight("kg"),
        newest_confirmation=newest_confirmation(OuterRef("center")),
    )
    for row in known:
        yield row, _facts(row) if row.next_dose is not None else None


def _facts(row: Any) -> DoseFacts:
    spec = spec_of(row.course.protocol_version_id, row)
    return DoseFacts(
        locks=tuple(decisions.lock_in(found) for found in row.events),
        weighed=weighed(spec, row.next_dose.dose, row.kg),
        amount=_amount(spec, row.next_dose.dose, row.kg),
    )


def weighed(spec: ProtocolSpec, dose_id: str, kg: Decimal | None) -> Weighed:
    """Whether the dose needs a weight, and whether the newest one serves."""
    regimen, schedule = regimen_of(spec)
    dose = schedule.dose(dose_id)
    if dose.amount.unit is not DoseUnit.MG_PER_KG:
        return Weighed.NOT_NEEDED
    if kg is None:
        return Weighed.MISSING
    table = regimen.preparation.band_table(dose)
    return Weighed.KNOWN if table is None or not table.rows or on_table(table, kg) else Weighed.OFF_TABLE


def on_table(table: BandTable, kg: Decimal) -> bool:
    return table.rows[0].kg_min <= kg <= table.rows[-1].kg_max


def _amount(spec: ProtocolSpec, dose_id: str, kg: Decimal | None) -> AmountOnRecord:
    answer = prepare(*regimen_of(spec), dose_id, kg)
    if answer.refused or answer.objections:
        return AmountOnRecord.NONE
    return AmountOnRecord.CONFIRMED if answer.confirmed else AmountOnRecord.UNCONFIRMED
