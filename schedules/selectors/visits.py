"""What was asked at visits: the newest answer to each item, how the items stand, and the weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from dosing_portal.kernel.models import Center
from patients.models import VisitAnswer, VisitReview, WeightMeasurement
from protocols.rules.spec import ProtocolSpec
from protocols.rules.treatment_settings import VisitItem
from protocols.rules.visits import Answered, ItemStanding, review, weight_change_percent
from schedules.models import Administration
from schedules.selectors.heads import Head

LAST = 10
"""Reviews shown on the page of visits."""


@dataclass(frozen=True, slots=True)
class WeightSince:
    """The newest weight beside the one at the first dose; ``None`` where one is missing."""

    now_kg: Decimal | None
    now_on: date | None
    first_kg: Decimal | None
    first_on: date | None

    @property
    def change_percent(self) -> Decimal | None:
        return weight_change_percent(self.first_kg, self.now_kg)


def items_of(spec: ProtocolSpec | None, regimen: str) -> tuple[VisitItem, ...]:
    """What this patient is asked; the items of everybody where no course says which drug."""
    return spec.center.care.asked_of(regimen) if spec else ()


def regimen_of(head: Head) -> str:
    return head.status.course.regimen if head.status else ""


def newest_answers(patient_id: UUID, until: datetime | None = None) -> Mapping[str, Answered]:
    """The newest answer to each item, whatever the visit: one statement."""
    rows = VisitAnswer.objects.filter(visit__patient=patient_id)
    if until is not None:
        rows = rows.filter(visit__asked_at__lte=until)
    newest = rows.order_by("item", "-visit__asked_at", "-pk").distinct("item")
    return {
        item: Answered(present, asked_at, grade)
        for item, present, asked_at, grade in newest.values_list(
            "item", "present", "visit__asked_at", "grade"
        )
    }


def standings(head: Head, spec: ProtocolSpec | None) -> tuple[ItemStanding, ...]:
    """How every item of the patient stands before the next dose: one statement."""
    last = head.status.last_dose_at if head.status else None
    items = items_of(spec, regimen_of(head))
    return review(items, newest_answers(head.patient.pk), last_dose_at=last) if items else ()


def reviews(patient_id: UUID, newest: int = LAST) -> tuple[VisitReview, ...]:
    """The newest reviews with their answers: two statements."""
    rows = VisitReview.objects.filter(patient_id=patient_id).select_related("asked_by")
    return tuple(rows.prefetch_related("answers").order_by("-asked_at", "-recorded_at")[:newest])


def weight_since(patient_id: UUID, center: Center) -> WeightSince:
    """The newest weight, and the one that stood at the first dose of the patient's newest course.

    Two statements. The weight of the first dose is the last one measured by that day; without one it is the
    first weight on record after it.
    """
    weights = list(
        WeightMeasurement.objects.filter(patient_id=patient_id)
        .order_by("measured_on", "pk")
        .values_list("kg", "measured_on")
    )
    dosed = (
        Administration.objects.filter(course__patient=patient_id)
        .order_by("-course__starts_on", "given_at")
        .values_list("given_at", flat=True)
        .first()
    )
    if not weights:
        return WeightSince(None, None, None, None)
    now_kg, now_on = weights[-1]
    if dosed is None:
        return WeightSince(now_kg, now_on, None, None)
    by_then = [row for row in weights if row[1] <= center.local(dosed).date()] or weights[:1]
    return WeightSince(now_kg, now_on, *by_then[-1])
