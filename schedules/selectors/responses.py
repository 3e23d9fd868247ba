"""The running checklist of an event as its list shows it: two statements, however often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import Intervention, ToxicityEvent, WeightMeasurement
from protocols import selectors as protocols
from protocols.rules import emergency
from protocols.rules.emergency import EmergencyStep
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind, Toxicity
from schedules.models import CourseStatus, ResponseStep
from schedules.rules import neutropenia
from schedules.rules.checklist import State
from schedules.rules.neutropenia import Neutropenia
from schedules.rules.step_order import in_order, now
from schedules.selectors.boards import newest_confirmation
from schedules.selectors.chips import Standing, answered_suggestion, standing
from schedules.selectors.laboratory import neutrophils_in, newest_anc

RUNNING = (ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED, ToxicityEvent.State.ATTRIBUTED)
TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)


@dataclass(frozen=True, slots=True)
class Earlier:
    """One tocilizumab on record: an order counts them."""

    at: datetime
    mg: str | None
    prophylactic: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """The actions of one event in order. ``red`` is the one to do now, ``earlier`` the turns done before.

    ``doses`` are the actions whose dose the plan works out from today's weight. Without rows the event is
    over, or its grade has no plan.
    """

    event: ToxicityEvent
    standing: Standing
    spec: ProtocolSpec | None
    rows: tuple[ResponseStep, ...]
    red: ResponseStep | None
    earlier: tuple[ResponseStep, ...]
    doses: dict[str, EmergencyStep]
    neutropenia: Neutropenia | None
    tocilizumab: tuple[Earlier, ...]
    site: str

    @property
    def grade(self) -> int:
        return (self.standing.chip.grade if self.standing.chip else None) or 0


def checklist_for(staff: Staff, event_id: UUID, at: datetime) -> Checklist:
    """The list of one event of the person's center, else 404: two statements, four without a course."""
    event: Any = get_object_or_404(_events(staff), pk=event_id)
    spec = _spec(event)
    held = standing(event, event.answered)
    steps = tuple(_steps(event)) if event.state in RUNNING else ()
    shown = [row for row in steps if not _superseded(row, steps)]
    grade = (held.chip.grade if held.chip else None) or 0
    plan = spec.center.plan(Toxicity(event.toxicity), grade) if spec else None
    return Checklist(
        event=event,
        standing=held,
        spec=spec,
        rows=in_order(shown),
        red=now(shown),
        earlier=tuple(row for row in steps if _superseded(row, steps)),
        doses=_doses(event, spec),
        neutropenia=_neutropenia(event, spec, at),
        tocilizumab=tuple(_earlier(item) for item in event.tocilizumab),
        site=plan.site if plan else "",
    )


def step_for(staff: Staff, event_id: UUID, step_id: UUID) -> ResponseStep:
    """One step of an event of the person's center; otherwise 404. One statement."""
    rows = ResponseStep.objects.filter(center_id=staff.center_id).select_related("event")
    return get_object_or_404(rows, pk=step_id, event_id=event_id)


def _events(staff: Staff) -> QuerySet[ToxicityEvent]:
    course = CourseStatus.objects.filter(patient=OuterRef("patient"))
    weights = WeightMeasurement.objects.filter(patient=OuterRef("patient"))
    drugs = Intervention.objects.current().filter(patient=OuterRef("patient"), kind__in=TOCILIZUMAB)
    return (
        ToxicityEvent.objects.visible_to(staff)
        .select_related("patient", "confirmed_by")
        .annotate(
            answered=answered_suggestion(),
            version_id=Subquery(course.values("course__protocol_version_id")[:1]),
            newest_confirmation=newest_confirmation(staff.center_id),
            kg=Subquery(weights.order_by("-measured_on", "-pk").values("kg")[:1]),
            newest_anc=newest_anc(),
            tocilizumab=ArraySubquery(
                drugs.order_by("-taken_at").values(json=JSONObject(at="taken_at", mg="dose_mg", kind="kind"))
            ),
        )
    )


def _steps(event: ToxicityEvent) -> QuerySet[ResponseStep]:
    rows = ResponseStep.objects.filter(event=event)
    return rows.select_related("settled_by", "applies_by").order_by("position", "turn")


def _superseded(row: ResponseStep, rows: tuple[ResponseStep, ...]) -> bool:
    """A turn that was done before the newest one; a turn that was not done keeps its row and its reason."""
    newest = max(other.turn for other in rows if other.action == row.action)
    return row.turn < newest and row.state == State.DONE


def _spec(event: Any) -> ProtocolSpec | None:
    if event.version_id is not None:
        return protocols.spec(event.version_id, event.newest_confirmation or 0)
    version = protocols.center_wide_version(event.center_id)
    return None if version is None else protocols.spec(version.pk)


def _doses(event: Any, spec: ProtocolSpec | None) -> dict[str, EmergencyStep]:
    if spec is None:
        return {}
    plans = [plan for plan in spec.center.plans if plan.toxicity == event.toxicity]
    steps = (step for plan in plans for step in emergency.plan(plan.toxicity, plan.grade, spec, event.kg))
    return {step.id: step for step in steps if step.arithmetic}


def _neutropenia(event: Any, spec: ProtocolSpec | None, at: datetime) -> Neutropenia | None:
    if spec is None or event.toxicity != Toxicity.CRS:
        return None
    newest = neutrophils_in(event.newest_anc)
    return neutropenia.judge(newest, at, event.opened_at, spec.center.care.neutropenia)


def _earlier(item: dict[str, Any]) -> Earlier:
    prophylactic = item["kind"] == InterventionKind.TOCILIZUMAB_PROPHYLAXIS
    return Earlier(datetime.fromisoformat(item["at"]), item["mg"], prophylactic)


# --- what is due next, for the boards ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextStep:
    """The action of an event that is due next."""

    do: str
    due_at: datetime


def next_step_due(event: str = "pk") -> Subquery:
    """The next action of an event, treatment first; an annotation, read by ``next_step_in``."""
    open_steps = ResponseStep.objects.filter(
        event=OuterRef(event), state=ResponseStep.State.OPEN, due_at__isnull=False
    )
    treats = Q(kind="treatment") | (Q(kind="repeating") & ~Q(intervention=""))
    rank = Case(
        When(treats, then=Value(0)),
        When(kind="repeating", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ordered = open_steps.annotate(rank=rank).order_by("rank", F("due_at").asc(), "position")
    return Subquery(ordered.values(json=JSONObject(do="do", due_at="due_at"))[:1])


def next_step_in(found: dict[str, Any] | None) -> NextStep | None:
    """What ``next_step_due`` found."""
    return None if found is None else NextStep(found["do"], datetime.fromisoformat(found["due_at"]))
