"""The patient page: the whole course at a glance, and its live parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import VERSION, StaffRequest, live, version_of, wants_fragment
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import moment
from patients import selectors as people
from patients.models.observation import Location
from protocols.rules.spec import ProtocolSpec
from schedules.charts import Chart, Span, Stair, StaircaseInput, course_chart, narrow_vitals_chart
from schedules.forms.courses import DayForm
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.rules.blockers import locks_in
from schedules.selectors import cards as open_now
from schedules.selectors import plans
from schedules.selectors.boards import drug_of
from schedules.selectors.chart import (
    WORDS,
    CourseLine,
    Drawn,
    Stretch,
    drawn,
    line,
    stretch_of,
)
from schedules.selectors.heads import Head, head_for
from schedules.selectors.vitals import judging
from schedules.views.around import around
from schedules.views.cards import event_card, monitoring_card
from schedules.views.chart_inputs import hidden_for, vitals_input
from schedules.views.chart_table import TableRow, table_rows
from schedules.views.next_dose import NextDose, next_dose
from schedules.views.stairs import staircase

STRETCH = "span"


@require(Permission.VIEW_PATIENT)
@require_GET
def patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The page; for a poll the open event and the monitoring card alone."""
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    if wants_fragment(request):
        return _live(request, head, at)
    spec = judging(head)
    chart = _chart(request, head, spec, at)
    context = {
        **around(request, head, "Overview"),
        "head": head,
        **_open_now(request, head, at),
        "chart": chart,
        "next_dose": _next_dose(request, head, chart.line, at),
        "what_if": _day_form(request, head, chart.line, at),
        "contacts": people.contacts(patient_id),
        "where": _where(head),
        "may_plan": may(request.user, Permission.PLAN_COURSE),
        "may_give": may(request.user, Permission.LOG_DOSE),
    }
    return render(request, "schedules/patient.html", context)


@require(Permission.VIEW_PATIENT)
@require_GET
def chart(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The chart of a stretch: a fragment for htmx, the patient page with that stretch for everybody else."""
    if not wants_fragment(request):
        return patient(request, patient_id)
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    shown = _chart(request, head, judging(head), at)
    context = {"chart": shown, "head": head}
    return live(request, shown.version, lambda: render(request, "schedules/_patient_chart.html", context))


# --- live -------------------------------------------------------------------------------------------------


def _live(request: StaffRequest, head: Head, at: datetime) -> HttpResponse:
    context = _open_now(request, head, at)
    return live(request, context["version"], lambda: render(request, "schedules/_patient_live.html", context))


def _open_now(request: StaffRequest, head: Head, at: datetime) -> dict[str, Any]:
    patient_id = head.patient.pk
    matter = open_now.open_matter(request.user, patient_id)
    event = event_card(matter, request.user, at)
    monitoring = monitoring_card(
        head.status,
        head.spec,
        open_now.missed_checks(patient_id),
        patient_id=patient_id,
        staff=request.user,
        at=at,
    )
    version = version_of(event, monitoring)
    url = reverse("schedules:patient", args=[patient_id])
    return {
        "event": event,
        "monitoring": monitoring,
        "version": version,
        "poll_url": f"{url}?{urlencode({VERSION: version})}",
    }


# --- chart ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StretchLink:
    words: str
    url: str
    fragment: str
    current: bool


@dataclass(frozen=True, slots=True)
class ChartPart:
    """The arguments of ``schedules/_patient_chart.html``."""

    line: CourseLine
    wide: Chart
    narrow: Chart
    stairs: tuple[Stair, ...]
    afterwards: str
    rows: tuple[TableRow, ...]
    spans: tuple[StretchLink, ...]
    narrow_spans: tuple[StretchLink, ...]
    narrow_words: str
    version: str
    poll_url: str


def _chart(request: StaffRequest, head: Head, spec: ProtocolSpec | None, at: datetime) -> ChartPart:
    center, patient_id = request.user.center, head.patient.pk
    asked = request.GET.get(STRETCH, "")
    wide = drawn(stretch_of(asked, Stretch.SIX_DAYS), head.status, center, at)
    narrow = drawn(stretch_of(asked, Stretch.DAY), head.status, center, at)
    course_id = head.status.course_id if head.status else None
    facts = line(patient_id, course_id, wide.start, wide.end, hidden_for(spec))
    vitals = vitals_input(facts, spec, center, at)
    stairs = _staircase(head, facts, at)
    now = center.local(at)
    pictures = (
        course_chart(_span(wide), now, course=stairs, vitals=vitals),
        narrow_vitals_chart(_span(narrow), now, vitals=vitals),
    )
    version = version_of(*(picture.markup for picture in pictures))
    query = {**({STRETCH: asked} if asked else {}), VERSION: version}
    return ChartPart(
        line=facts,
        wide=pictures[0],
        narrow=pictures[1],
        stairs=stairs.stairs if stairs else (),
        afterwards=stairs.afterwards if stairs else "",
        rows=table_rows(facts, spec),
        spans=_links(patient_id, wide.stretch),
        narrow_spans=_links(patient_id, narrow.stretch),
        narrow_words=f"Last {WORDS[narrow.stretch]}"
        if narrow.stretch is Stretch.DAY
        else WORDS[narrow.stretch],
        version=version,
        poll_url=f"{reverse('schedules:patient-chart', args=[patient_id])}?{urlencode(query)}",
    )


def _span(stretch: Drawn) -> Span:
    return Span(stretch.start, stretch.end)


def _links(patient_id: UUID, shown: Stretch) -> tuple[StretchLink, ...]:
    page = reverse("schedules:patient", args=[patient_id])
    fragment = reverse("schedules:patient-chart", args=[patient_id])
    queries = {stretch: urlencode({STRETCH: stretch.value}) for stretch in Stretch}
    return tuple(
        StretchLink(WORDS[stretch], f"{page}?{query}", f"{fragment}?{query}", stretch is shown)
        for stretch, query in queries.items()
    )


def _staircase(head: Head, facts: CourseLine, at: datetime) -> StaircaseInput | None:
    if head.status is None or head.spec is None or not facts.doses:
        return None
    return staircase(
        facts.doses,
        spec=head.spec,
        weight_kg=head.person.weight_kg,
        held=_held(head),
        center=head.patient.center,
        at=at,
    )


def _held(head: Head) -> str:
    """Why the next dose waits: the name of the open event."""
    event = head.status.open_event if head.status else None
    return event.matter if event is not None and event.holds_dose else ""


# --- next dose --------------------------------------------------------------------------------------------


def _next_dose(request: StaffRequest, head: Head, facts: CourseLine, at: datetime) -> NextDose | None:
    planned = next((row for row in facts.doses if row.state == PlannedDose.State.PLANNED), None)
    if planned is None or head.status is None or head.spec is None:
        return None
    center = request.user.center
    event = head.status.open_event
    return next_dose(
        planned,
        last_given(facts),
        drug=drug_of(head.status.course, head.spec),
        spec=head.spec,
        weight_kg=head.person.weight_kg,
        held=event.label if event is not None and event.holds_dose else "",
        locked=", ".join(locks_in(head.status.blockers)),
        closed=plans.closed_days(center),
        center=center,
        at=at,
    )


def last_given(facts: CourseLine) -> Administration | None:
    given = [row.administration for row in facts.doses if row.state == PlannedDose.State.GIVEN]
    return max(given, key=lambda row: row.given_at, default=None)


def _day_form(request: StaffRequest, head: Head, facts: CourseLine, at: datetime) -> DayForm | None:
    last = last_given(facts)
    running = head.status is not None and head.status.course.state == TreatmentCourse.State.RUNNING
    if last is None or not running:
        return None
    center = request.user.center
    return DayForm(center=center, at=at, not_before=center.local(last.given_at).date())


def _where(head: Head) -> str:
    """Where the patient was at the last reading, and when that was."""
    status = head.status
    if status is None or not status.location:
        return ""
    return f"{Location(status.location).label}, at {moment(status.reading_at)}"
