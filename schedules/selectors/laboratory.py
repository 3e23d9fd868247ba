"""Laboratory results of a patient, and the neutrophil count that a fever is judged by."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import CharField, OuterRef, Subquery
from django.db.models.functions import Cast, JSONObject
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import Analyte, LabResult
from schedules.rules.neutropenia import Neutrophils

SHOWN = 100


def newest_anc(patient: str = "patient") -> Subquery:
    """The newest neutrophil count that stands; an annotation, read by ``neutrophils_in``."""
    rows = LabResult.objects.current().filter(patient=OuterRef(patient), analyte=Analyte.ANC)
    # As text: a decimal in JSON would come back as a binary number.
    fact = JSONObject(anc=Cast("value", CharField()), at="taken_at")
    return Subquery(rows.order_by("-taken_at", "-recorded_at").values(json=fact)[:1])


def neutrophils_in(found: dict[str, Any] | None) -> Neutrophils | None:
    """What ``newest_anc`` found."""
    if found is None:
        return None
    return Neutrophils(Decimal(found["anc"]), datetime.fromisoformat(found["at"]))


def neutrophils_of(patient_id: UUID) -> Neutrophils | None:
    """The newest neutrophil count that stands: one statement."""
    rows = LabResult.objects.current().filter(patient_id=patient_id, analyte=Analyte.ANC)
    row = rows.order_by("-taken_at", "-recorded_at").first()
    return None if row is None else Neutrophils(row.value, row.taken_at)


def results(patient_id: UUID) -> tuple[LabResult, ...]:
    """What was measured, newest first, corrected ones too: one statement."""
    rows = LabResult.objects.filter(patient_id=patient_id)
    rows = rows.select_related("recorded_by", "amended_by__recorded_by")
    return tuple(rows.order_by("-taken_at", "analyte", "-recorded_at")[:SHOWN])


def result_for(staff: Staff, patient_id: UUID, result_id: UUID) -> LabResult:
    """One result of a patient of the person's center; otherwise 404."""
    rows = LabResult.objects.select_related("recorded_by", "amended_by__recorded_by")
    return get_object_or_404(rows, pk=result_id, patient_id=patient_id, center_id=staff.center_id)
