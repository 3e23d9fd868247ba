"""One event with everything its page shows: a fixed number of statements, however long the event lasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import (
    Attribution,
    EventResolution,
    Intervention,
    ToxicityEvent,
    ToxicityGrading,
)
from patients.models.toxicity import STANDING
from protocols import selectors as protocols
from protocols.rules.next_dose import NextDoseAnswer
from protocols.rules.resolution import Resolution
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind
from schedules.rules.specialists import Asked, asked
from schedules.selectors.chips import Standing, answered_suggestion, standing
from schedules.selectors.decisions import after, is_recurrent, newest_decision
from schedules.selectors.events import earlier_events
from schedules.selectors.heads import Head, head_for
from schedules.selectors.resolutions import resolution_now, signatures

TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)
SHOWN = 50
"""Rows of a history on the page of one event; the readings page has all."""


@dataclass(frozen=True, slots=True)
class OtherCause:
    """A physician's word about one axis, for some readings of the event; an empty cause takes it back."""

    axis: str
    cause: str
    reason: str
    at: datetime
    by: str
    readings: int


@dataclass(frozen=True, slots=True)
class Restated:
    """A reading that was graded again: what it said before and says now."""

    at: datetime
    before: ToxicityGrading
    now: ToxicityGrading


@dataclass(frozen=True, slots=True)
class EventPage:
    """The event, whom it is about, its grades, what was given, what to do now, what the next dose asks."""

    event: ToxicityEvent
    head: Head
    standing: Standing
    spec: ProtocolSpec | None
    gradings: tuple[ToxicityGrading, ...]
    given: tuple[Intervention, ...]
    tocilizumab: tuple[Intervention, ...]
    causes: tuple[OtherCause, ...]
    next_dose: NextDoseAnswer | None
    restated: tuple[Restated, ...] = ()
    resolution: Resolution | None = None
    signatures: tuple[EventResolution, ...] = ()
    prompts: tuple[Asked, ...] = ()

    @property
    def earlier(self) -> int:
        """How many events of the same toxicity counted before this one."""
        found: Any = self.event
        return found.earlier or 0

    @property
    def suggested(self) -> ToxicityGrading | None:
        """What the rules say of the newest reading of the event."""
        found = [row for row in self.gradings if row.kind == ToxicityGrading.Kind.SUGGESTED]
        return max(found, key=lambda row: (row.observation.taken_at, row.pk), default=None)  # type: ignore[union-attr]

    @property
    def entries(self) -> tuple[ToxicityGrading, ...]:
        """The newest grading of each reading that stands, the newest reading first: what built the event."""
        newest: dict[Any, ToxicityGrading] = {}
        for row in self.gradings:
            if row.observation is not None and row.event_id == self.event.pk:
                newest.setdefault(row.observation_id, row)
        return tuple(sorted(newest.values(), key=_read_at, reverse=True))

    @property
    def attributed_now(self) -> tuple[OtherCause, ...]:
        """The newest word about each axis, where it names a cause."""
        newest: dict[str, OtherCause] = {}
        for cause in self.causes:
            newest.setdefault(cause.axis, cause)
        return tuple(cause for cause in newest.values() if cause.cause)


def event_for(staff: Staff, event_id: UUID) -> ToxicityEvent:
    """One event of the person's center; otherwise 404. One statement."""
    rows = (
        ToxicityEvent.objects.visible_to(staff)
        .select_related(
            "confirmed_by", "closed_by", "opening_observation", "follows", "resolved_by", "answered_by"
        )
        .annotate(
            answered=answered_suggestion(),
            recurrent=is_recurrent(),
            earlier=earlier_events(),
            decision=newest_decision(),
        )
    )
    return get_object_or_404(rows, pk=event_id)


def newest_statement(event: ToxicityEvent) -> ToxicityGrading | None:
    """What was said of the event last, by rule or by a person. One statement."""
    rows = ToxicityGrading.objects.filter(event=event).select_related("graded_by", "observation")
    return rows.order_by("-id").first()


def event_page(staff: Staff, event_id: UUID, at: datetime) -> EventPage:
    """The page of one event: eight statements while it is open, and two more without a course."""
    event: Any = event_for(staff, event_id)
    head = head_for(staff, event.patient_id, at)
    spec = head.spec or _center_wide(staff)
    held = standing(event, event.answered)
    drugs = tuple(_interventions(event))
    given = tuple(drug for drug in drugs if drug.taken_at >= event.opened_at)
    gradings = tuple(_gradings(event))
    is_open = event.state == ToxicityEvent.State.OPEN
    return EventPage(
        event=event,
        head=head,
        standing=held,
        spec=spec,
        gradings=gradings,
        given=given,
        tocilizumab=tuple(drug for drug in drugs if drug.kind in TOCILIZUMAB),
        causes=_causes(event),
        next_dose=_next_dose(event, head, spec),
        restated=_restated(gradings),
        resolution=resolution_now(event, spec, at) if spec and is_open else None,
        signatures=signatures(event) if event.state in STANDING else (),
        prompts=_prompts(event, spec, at),
    )


def _center_wide(staff: Staff) -> ProtocolSpec | None:
    version = protocols.center_wide_version(staff.center_id)
    return None if version is None else protocols.spec(version.pk)


def _gradings(event: ToxicityEvent) -> QuerySet[ToxicityGrading]:
    """Every statement of this event, and what its readings were graded after they had left it."""
    own = ToxicityGrading.objects.filter(event=event)
    left = Q(observation__in=own.values("observation"), toxicity=event.toxicity)
    rows = ToxicityGrading.objects.filter(Q(event=event) | left)
    return rows.select_related("graded_by", "observation").order_by("-graded_at", "-id")[:SHOWN]


def _restated(gradings: Iterable[ToxicityGrading]) -> tuple[Restated, ...]:
    """Each reading that was graded again, the newest act first."""
    found, later = [], dict[Any, ToxicityGrading]()
    for row in gradings:
        if row.observation_id is None:
            continue
        now = later.get(row.observation_id)
        if now is not None:
            found.append(Restated(now.graded_at, row, now))
        later[row.observation_id] = row
    return tuple(found)


def _read_at(row: ToxicityGrading) -> datetime:
    return row.observation.taken_at if row.observation is not None else row.graded_at


def _prompts(event: ToxicityEvent, spec: ProtocolSpec | None, at: datetime) -> tuple[Asked, ...]:
    if spec is None or event.state not in STANDING:
        return ()
    return asked(
        spec.center.care.prompts,
        toxicity=event.toxicity,
        opened_at=event.opened_at,
        last_dose_at=event.last_dose_at,
        until=event.ended_at or at,
        returned=event.follows_id is not None,
    )


def _interventions(event: ToxicityEvent) -> QuerySet[Intervention]:
    """What was given since the event opened, and every tocilizumab before it: an order shows them all."""
    wanted = Q(taken_at__gte=event.opened_at) | Q(kind__in=TOCILIZUMAB)
    until = Q() if event.closed_at is None else Q(taken_at__lte=event.closed_at)
    rows = Intervention.objects.current().filter(wanted & until, patient_id=event.patient_id)
    return rows.select_related("recorded_by").order_by("-taken_at")[:SHOWN]


def _causes(event: ToxicityEvent) -> tuple[OtherCause, ...]:
    """What physicians said of this event's readings, newest first; one act over many readings is one row."""
    until = event.ended_at or event.closed_at
    span = Q(observation__taken_at__gte=event.opened_at)
    if until is not None:
        span &= Q(observation__taken_at__lte=until)
    rows = Attribution.objects.filter(span, patient_id=event.patient_id).select_related("attributed_by")
    acts: dict[tuple[Any, ...], OtherCause] = {}
    for row in rows.order_by("-id"):
        key = (row.axis, row.cause, row.reason, row.attributed_at)
        so_far = acts[key].readings if key in acts else 0
        acts[key] = OtherCause(
            row.axis, row.cause, row.reason, row.attributed_at, row.attributed_by.name, so_far + 1
        )
    return tuple(acts.values())


def _next_dose(event: Any, head: Head, spec: ProtocolSpec | None) -> NextDoseAnswer | None:
    status = head.status
    if spec is None or spec.regimen is None or status is None or not status.running:
        return None
    counted = event.state in {ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED}
    return after(event, recurrent=event.recurrent, spec=spec) if counted else None
