"""What a saved reading led to: its grade as it stands now, the check it did, what to do, who was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from patients.models import Intervention, Observation, ToxicityEvent, ToxicityGrading
from protocols.rules import emergency
from protocols.rules.spec import EmergencyPlan, ProtocolSpec
from protocols.rules.values import Toxicity
from schedules.models import Alert, AlertEvent, MonitoringCheck, Page
from schedules.rules.emergency_clock import ClockedStep, GivenOnce, clocked
from schedules.selectors.boards import Level, level_of
from schedules.selectors.events import conditional_steps
from schedules.selectors.heads import Head


@dataclass(frozen=True, slots=True)
class Plan:
    """The center's emergency plan for one grade, each action with its clock."""

    toxicity: Toxicity
    grade: int
    clock_from: datetime
    plan: EmergencyPlan
    steps: tuple[ClockedStep, ...]


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
    plans: tuple[Plan, ...]


def saved_reading(head: Head, row: Observation, spec: ProtocolSpec | None) -> SavedReading:
    """Six statements, whatever the reading found; five without an event."""
    gradings = _gradings(row)
    events = tuple({g.event.pk: g.event for g in gradings.values() if g.event}.values())
    return SavedReading(
        row=row,
        check_due_at=MonitoringCheck.objects.filter(observation=row).values_list("due_at", flat=True).first(),
        crs=gradings.get(Toxicity.CRS),
        icans=gradings.get(Toxicity.ICANS),
        events=events,
        alerts=told(row, spec),
        plans=_plans(head, row, gradings, events, spec),
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


def _plans(
    head: Head,
    row: Observation,
    gradings: Mapping[str, ToxicityGrading],
    events: Iterable[ToxicityEvent],
    spec: ProtocolSpec | None,
) -> tuple[Plan, ...]:
    """The plan of each toxicity of which a criterion is met, the worse one first."""
    met = sorted(
        (g for g in gradings.values() if g.at_least > 0 and g.event is not None),
        key=lambda grading: grading.at_least,
        reverse=True,
    )
    if spec is None or not met:
        return ()
    given = _given(head.patient.pk, min(event.opened_at for event in events))
    found = (_plan(head, row, grading, given, spec) for grading in met)
    return tuple(plan for plan in found if plan is not None)


def _plan(
    head: Head, row: Observation, grading: Any, given: Iterable[GivenOnce], spec: ProtocolSpec
) -> Plan | None:
    toxicity, opened_at = Toxicity(grading.toxicity), grading.event.opened_at
    plan = spec.center.plan(toxicity, grading.at_least)
    if plan is None:
        return None
    steps = clocked(
        emergency.plan(toxicity, grading.at_least, spec, head.person.weight_kg),
        opened_at=opened_at,
        given=[item for item in given if item.at >= opened_at],
        read_at=max(row.taken_at, head.status.reading_at or row.taken_at) if head.status else row.taken_at,
        conditional=conditional_steps(toxicity, grading.at_least, spec),
    )
    return Plan(toxicity, grading.at_least, opened_at, plan, steps)


def _given(patient_id: UUID, since: datetime) -> tuple[GivenOnce, ...]:
    rows = Intervention.objects.current().filter(patient_id=patient_id, taken_at__gte=since)
    return tuple(
        GivenOnce(kind, taken_at, name)
        for kind, taken_at, name in rows.values_list("kind", "taken_at", "recorded_by__name")
    )
