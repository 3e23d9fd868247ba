"""What a saved reading led to: its grade as it stands now, the check it did, what to do, who was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from patients.models import Observation, ToxicityEvent, ToxicityGrading
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Toxicity
from schedules.models import Alert, AlertEvent, MonitoringCheck, Page
from schedules.selectors.boards import Level, level_of


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """One alert that the reading raised or was added to, with its pages, oldest first."""

    alert: Alert
    because: str
    pages: tuple[Page, ...]
    level: Level | None

    @property
    def answered(self) -> bool:
        return self.alert.state != Alert.State.OPEN


@dataclass(frozen=True, slots=True)
class SavedReading:
    """A stored reading with everything that stands on its page."""

    row: Observation
    check_due_at: datetime | None
    crs: ToxicityGrading | None
    icans: ToxicityGrading | None
    events: tuple[ToxicityEvent, ...]
    alerts: tuple[ToldAlert, ...]
    met: tuple[ToxicityEvent, ...]


def saved_reading(row: Observation, spec: ProtocolSpec | None) -> SavedReading:
    """Four statements, five with an alert, whatever else the reading found."""
    gradings = _gradings(row)
    events = tuple({g.event.pk: g.event for g in gradings.values() if g.event}.values())
    return SavedReading(
        row=row,
        check_due_at=MonitoringCheck.objects.filter(observation=row).values_list("due_at", flat=True).first(),
        crs=gradings.get(Toxicity.CRS),
        icans=gradings.get(Toxicity.ICANS),
        events=events,
        alerts=told(row, spec),
        met=_met(gradings),
    )


def told(row: Observation, spec: ProtocolSpec | None) -> tuple[ToldAlert, ...]:
    """The alerts that this reading raised or was found in again, and every page of them: two statements."""
    pages = Page.objects.select_related("recipient").order_by("created_at", "recipient__name", "channel")
    found = (
        AlertEvent.objects.filter(observation=row)
        .select_related("alert__acknowledged_by")
        .prefetch_related(Prefetch("alert__pages", queryset=pages))
        .order_by("-alert__severity", "id")
    )
    by_alert: dict[UUID, tuple[Alert, str]] = {}
    for entry in found:
        by_alert.setdefault(entry.alert_id, (entry.alert, entry.because))
    return tuple(_told(alert, because, spec) for alert, because in by_alert.values())


def _told(alert: Alert, because: str, spec: ProtocolSpec | None) -> ToldAlert:
    pages = tuple(alert.pages.all())
    names = tuple(dict.fromkeys(page.recipient.name for page in pages if page.rung == alert.rung))
    level = level_of(alert, spec, names) if spec is not None else None
    return ToldAlert(alert, because, pages, level)


def _gradings(row: Observation) -> Mapping[str, ToxicityGrading]:
    """The newest suggestion of each toxicity for this reading."""
    rows = row.gradings.filter(kind=ToxicityGrading.Kind.SUGGESTED).select_related("event").order_by("id")
    return {grading.toxicity: grading for grading in rows}


def _met(gradings: Mapping[str, ToxicityGrading]) -> tuple[ToxicityEvent, ...]:
    """The events of which this reading meets a criterion, the worse one first."""
    met = sorted(gradings.values(), key=lambda grading: grading.at_least, reverse=True)
    return tuple(grading.event for grading in met if grading.at_least > 0 and grading.event is not None)
