"""Specimens of handwriting, without their photos: a photo is read by itself, for one request."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import HandwritingSpecimen
from patients.services.handwriting import SIGNS, Comparison

LAST = 3
"""Specimens shown beside the baseline."""


@dataclass(frozen=True, slots=True)
class Specimens:
    """The one before the first dose, and the newest ones since, newest first."""

    baseline: HandwritingSpecimen | None
    last: tuple[HandwritingSpecimen, ...]

    @property
    def sign(self) -> HandwritingSpecimen | None:
        """The newest specimen, where it is a neurologic sign."""
        newest = self.last[0] if self.last else None
        return newest if newest is not None and newest.comparison in SIGNS else None


def specimens(patient_id: UUID, newest: int = LAST) -> Specimens:
    """One statement, and no photo."""
    order = ("-taken_at", "-recorded_at")
    baseline = Q(comparison=Comparison.BASELINE)
    all_of = HandwritingSpecimen.objects.filter(patient_id=patient_id).order_by(*order)
    lately = all_of.exclude(baseline).values("pk")[:newest]
    shown = all_of.filter(baseline | Q(pk__in=lately)).defer("photo").select_related("recorded_by")
    rows = tuple(shown)
    return Specimens(
        baseline=next((row for row in rows if row.comparison == Comparison.BASELINE), None),
        last=tuple(row for row in rows if row.comparison != Comparison.BASELINE),
    )


def specimen_for(staff: Staff, patient_id: UUID, specimen_id: UUID) -> HandwritingSpecimen:
    """One specimen with its photo, of a patient of the person's center; otherwise 404."""
    rows = HandwritingSpecimen.objects.filter(center_id=staff.center_id, patient_id=patient_id)
    return get_object_or_404(rows, pk=specimen_id)
