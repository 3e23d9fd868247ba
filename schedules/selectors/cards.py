"""What the cards beside the chart show: the open event with its alert, the checks that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from patients.models import ToxicityEvent, ToxicityGrading
from protocols import selectors as protocols
from protocols.rules.spec import ProtocolSpec
from schedules.models import Alert, MonitoringCheck, MonitoringWindow
from schedules.selectors.boards import Level, level_of, newest_confirmation, paged_people
from schedules.selectors.chips import Standing, answered_suggestion, standing


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """What a patient has open now: the worst event, and the alert that waits longest for somebody."""

    event: ToxicityEvent | None
    standing: Standing | None
    because: tuple[str, ...]
    missing: tuple[str, ...]
    alert: Alert | None
    level: Level | None


def open_matter(patient_id: UUID, center_id: UUID) -> OpenMatter | None:
    """The open event and the unresolved alert of a patient, ``None`` with neither: two statements."""
    event: Any = _worst_event(patient_id)
    alert: Any = _foremost_alert(patient_id, center_id)
    if event is None and alert is None:
        return None
    return OpenMatter(
        event=event,
        standing=standing(event, event.answered) if event else None,
        because=tuple(event.because or ()) if event else (),
        missing=tuple(event.missing or ()) if event else (),
        alert=alert,
        level=level_of(alert, _spec_of(alert), alert.paged) if alert else None,
    )


def _worst_event(patient_id: UUID) -> ToxicityEvent | None:
    gradings = ToxicityGrading.objects.filter(event=OuterRef("pk"), kind=ToxicityGrading.Kind.SUGGESTED)
    latest = gradings.order_by("-observation__taken_at", "-id")
    return (
        ToxicityEvent.objects.open()
        .filter(patient_id=patient_id)
        .select_related("confirmed_by")
        .annotate(
            answered=answered_suggestion(),
            because=Subquery(latest.values("because")[:1]),
            missing=Subquery(latest.values("missing")[:1]),
        )
        .order_by("-current_grade", "opened_at")
        .first()
    )


def _foremost_alert(patient_id: UUID, center_id: UUID) -> Alert | None:
    """Nobody's alerts first, then the worst, then the oldest."""
    return (
        Alert.objects.unresolved()
        .filter(patient_id=patient_id)
        .select_related("acknowledged_by")
        .annotate(paged=paged_people(), newest_confirmation=newest_confirmation(center_id))
        .order_by("-state", "-severity", "raised_at")
        .first()
    )


def _spec_of(alert: Any) -> ProtocolSpec:
    return protocols.spec(alert.protocol_version_id, alert.newest_confirmation or 0)


def missed_checks(patient_id: UUID) -> tuple[datetime, ...]:
    """When the checks of the newest window were due that nobody did. One statement."""
    newest = MonitoringWindow.objects.filter(course__patient_id=patient_id).order_by("-starts_at")
    missed = MonitoringCheck.objects.filter(
        window=newest.values("pk")[:1], missed_at__isnull=False, state=MonitoringCheck.State.OPEN
    )
    return tuple(missed.order_by("due_at").values_list("due_at", flat=True))
