"""What the hand-off sheet of one patient says: a fixed number of statements, whatever happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import (
    Contact,
    HandOff,
    Intervention,
    Observation,
    ToxicityEvent,
    ToxicityGrading,
    Whereabouts,
)
from protocols.rules.placement import CarePrompt
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind
from schedules.selectors import vitals
from schedules.selectors.chips import Standing, answered_suggestion, standing
from schedules.selectors.heads import Head, head_for
from schedules.selectors.oncall import OnCall
from schedules.selectors.whereabouts import WhereFacts, where_facts

TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)
BEFORE_DOSE = timedelta(hours=24)
"""Premedication belongs to the dose that follows it."""
RECENT = timedelta(days=3)
READ = 60
"""Rows read of one kind; the sheet prints a few and says how many more there are."""


@dataclass(frozen=True, slots=True)
class SheetEvent:
    """One event that is not over, or the one that was asked for, with its grade as it stands."""

    event: ToxicityEvent
    standing: Standing


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """Everything on record that another team needs tonight. What is not there is ``None`` or empty."""

    head: Head
    spec: ProtocolSpec | None
    events: tuple[SheetEvent, ...]
    gradings: tuple[ToxicityGrading, ...]
    given: tuple[Intervention, ...]
    baseline: Observation | None
    last: Observation | None
    where: WhereFacts

    @property
    def hand_off(self) -> HandOff | None:
        return self.where.hand_off

    @property
    def place(self) -> Whereabouts | None:
        return self.where.now

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return self.where.contacts

    @property
    def on_call(self) -> tuple[OnCall, ...]:
        return self.where.on_call

    @property
    def prompts(self) -> tuple[CarePrompt, ...]:
        return self.where.prompts


def patient_of_event(staff: Staff, event_id: UUID) -> UUID:
    """Whose event it is; 404 for another center."""
    found = get_object_or_404(ToxicityEvent.objects.visible_to(staff).only("patient_id"), pk=event_id)
    return found.patient_id


def sheet_facts(staff: Staff, patient_id: UUID, at: datetime, event_id: UUID | None = None) -> SheetFacts:
    """The sheet of one patient of the person's center; otherwise 404. Fourteen statements with a course."""
    head = head_for(staff, patient_id, at)
    spec = vitals.judging(head)
    events = tuple(_events(patient_id, event_id))
    return SheetFacts(
        head=head,
        spec=spec,
        events=events,
        gradings=tuple(_gradings([found.event for found in events])),
        given=tuple(_given(head, [found.event for found in events], at)),
        baseline=_newest(patient_id, is_baseline=True),
        last=_newest(patient_id),
        where=where_facts(staff, head.patient, spec, at),
    )


def _events(patient_id: UUID, event_id: UUID | None) -> list[SheetEvent]:
    rows = ToxicityEvent.objects.filter(patient_id=patient_id).annotate(answered=answered_suggestion())
    unsettled = Q(state__in=[ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED])
    found: Any = rows.filter(unsettled | Q(pk=event_id)).order_by("-current_grade", "-opened_at")
    return [SheetEvent(row, standing(row, row.answered)) for row in found]


def _gradings(events: list[ToxicityEvent]) -> QuerySet[ToxicityGrading]:
    rows = ToxicityGrading.objects.filter(event__in=events).select_related("graded_by", "observation")
    return rows.order_by("-graded_at", "-id")[:READ]


def _given(head: Head, events: list[ToxicityEvent], at: datetime) -> QuerySet[Intervention]:
    """What was given around the last dose and in the events, and every tocilizumab: an order counts them."""
    dosed = head.status.last_dose_at if head.status else None
    since = min([dosed - BEFORE_DOSE if dosed else at - RECENT, *(event.opened_at for event in events)])
    rows = Intervention.objects.current().filter(patient_id=head.patient.pk)
    wanted = Q(taken_at__gte=since) | Q(kind__in=TOCILIZUMAB)
    return rows.filter(wanted).order_by("-taken_at", "-recorded_at")[:READ]


def _newest(patient_id: UUID, **which: bool) -> Observation | None:
    rows = Observation.objects.current().filter(patient_id=patient_id, **which)
    return rows.order_by("-taken_at", "-recorded_at").first()
