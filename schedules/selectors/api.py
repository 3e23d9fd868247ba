"""What the JSON edge answers, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import Observation, ToxicityGrading
from protocols.rules.values import Severity
from schedules.models import Alert

PAGE = 200


@dataclass(frozen=True, slots=True)
class GradingAnswer:
    text: str
    grade: int | None
    at_least: int
    missing: tuple[str, ...]
    cannot_grade: bool
    review: bool
    because: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    id: UUID
    patient: UUID
    kind: str
    severity: str
    because: str
    state: str
    raised_at: datetime
    rung: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class SavedReading:
    id: UUID
    patient: UUID
    taken_at: datetime
    recorded_at: datetime
    crs: GradingAnswer | None
    icans: GradingAnswer | None
    findings: tuple[str, ...]
    events: tuple[UUID, ...]
    alerts: tuple[AlertAnswer, ...]


def saved_reading(observation_id: UUID) -> SavedReading:
    """A saved reading with its grading as it stands now: three statements."""
    row = Observation.objects.get(pk=observation_id)
    gradings = {
        grading.toxicity: grading
        for grading in row.gradings.filter(kind=ToxicityGrading.Kind.SUGGESTED).order_by("id")
    }
    told = Alert.objects.filter(history__observation=row).select_related("acknowledged_by").distinct()
    answers = tuple(_alert(alert) for alert in told)
    return SavedReading(
        id=row.pk,
        patient=row.patient_id,
        taken_at=row.taken_at,
        recorded_at=row.recorded_at,
        crs=_grading(gradings.get("crs")),
        icans=_grading(gradings.get("icans")),
        findings=tuple(sorted({alert.kind for alert in answers})),
        events=tuple(sorted({g.event_id for g in gradings.values() if g.event_id})),
        alerts=answers,
    )


def open_alerts(staff: Staff) -> tuple[AlertAnswer, ...]:
    """Unresolved alerts of the center, unanswered and worst first."""
    rows = (
        Alert.objects.visible_to(staff)
        .unresolved()
        .select_related("acknowledged_by")
        .order_by("-state", "-severity", "raised_at")[:PAGE]
    )
    return tuple(_alert(alert) for alert in rows)


def alert_answer(staff: Staff, alert_id: UUID) -> AlertAnswer:
    """One alert of the person's center; otherwise 404."""
    return _alert(
        get_object_or_404(Alert.objects.visible_to(staff).select_related("acknowledged_by"), pk=alert_id)
    )


def _alert(alert: Alert) -> AlertAnswer:
    return AlertAnswer(
        id=alert.pk,
        patient=alert.patient_id,
        kind=alert.kind,
        severity=Severity(alert.severity).name.lower(),
        because=alert.because,
        state=alert.state,
        raised_at=alert.raised_at,
        rung=alert.rung,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by.name if alert.acknowledged_by else None,
    )


def _grading(row: ToxicityGrading | None) -> GradingAnswer | None:
    return None if row is None else grading_answer(row)


def grading_answer(row: ToxicityGrading) -> GradingAnswer:
    """A stored grading, suggested or confirmed, as it is answered."""
    return GradingAnswer(
        text=row.text,
        grade=None if row.missing or row.cannot_grade else row.at_least,
        at_least=row.at_least,
        missing=tuple(row.missing),
        cannot_grade=row.cannot_grade,
        review=row.review,
        because=tuple(row.because),
        source=row.source.get("text", ""),
    )
