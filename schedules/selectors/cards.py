"""What the cards beside the chart show: the open event with the alerts, the checks that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from dosing_portal.kernel.models import Staff
from patients.models import ToxicityEvent, ToxicityGrading
from schedules.models import MonitoringCheck, MonitoringWindow
from schedules.selectors.alerts import HeldAlert, unresolved_of
from schedules.selectors.chips import Standing, answered_suggestion, standing


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """The worst open event, and why it is graded so."""

    event: ToxicityEvent
    standing: Standing
    because: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """What a patient has open now; ``alerts`` are the unresolved ones, nobody's first."""

    event: OpenEvent | None
    alerts: tuple[HeldAlert, ...]


def open_matter(staff: Staff, patient_id: UUID) -> OpenMatter:
    """The open event and the unresolved alerts of a patient: two statements."""
    return OpenMatter(_worst_event(patient_id), unresolved_of(staff, patient_id))


def _worst_event(patient_id: UUID) -> OpenEvent | None:
    gradings = ToxicityGrading.objects.filter(event=OuterRef("pk"), kind=ToxicityGrading.Kind.SUGGESTED)
    latest = gradings.order_by("-observation__taken_at", "-id")
    row: Any = (
        ToxicityEvent.objects.unsettled()
        .filter(patient_id=patient_id)
        .select_related("confirmed_by")
        .annotate(
            answered=answered_suggestion(),
            because=Subquery(latest.values("because")[:1]),
            missing=Subquery(latest.values("missing")[:1]),
        )
        .order_by("-state", "-current_grade", "opened_at")  # open before masked
        .first()
    )
    if row is None:
        return None
    return OpenEvent(row, standing(row, row.answered), tuple(row.because or ()), tuple(row.missing or ()))


def missed_checks(patient_id: UUID) -> tuple[datetime, ...]:
    """When the checks of the newest window were due that nobody did. One statement."""
    newest = MonitoringWindow.objects.filter(course__patient_id=patient_id).order_by("-starts_at")
    missed = MonitoringCheck.objects.filter(
        window=newest.values("pk")[:1], missed_at__isnull=False, state=MonitoringCheck.State.OPEN
    )
    return tuple(missed.order_by("due_at").values_list("due_at", flat=True))
