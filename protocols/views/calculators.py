"""The calculators: grade, restart, dose. A GET form and its answer, so that an answer has an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from protocols import selectors
from protocols.answers import headline, in_labels
from protocols.forms import DoseForm, GradeForm, RestartForm
from protocols.library.standards import shipped_spec
from protocols.rules import dosing, stepup, triage, vitals
from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.stepup import RestartAnswer, Span
from protocols.rules.values import Entry, EntryKind
from protocols.rules.window import DaysSince, days_between

PLACES = (("grade", "Grade"), ("restart", "Restart"), ("dose", "Dose"))
REF = "calculator"


# --- which product ------------------------------------------------------------------------------------


def _chosen(request: StaffRequest) -> tuple[str, Regimen, Schedule]:
    """The product and schedule asked about; anything unknown in the address falls back to the first."""
    offered = selectors.published_schedules()
    asked = request.GET.get("regimen", "")
    key = asked if asked in {item.key for item in offered} else offered[0].key
    slug, _, schedule_id = key.partition("/")
    regimen = selectors.regimen_for(request.user, slug)
    return key, regimen, regimen.schedule(schedule_id)


def _asked(request: StaffRequest, *names: str) -> bool:
    """A first visit shows the questions without complaints."""
    return any(request.GET.get(name) for name in names)


def _page(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    places = [
        {"name": title, "url": f"protocols:calculator-{key}", "current": key == name} for key, title in PLACES
    ]
    return render(request, f"protocols/calculator_{name}.html", {"places": places, **context})


# --- restart ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRow:
    """One span of days with its answer, as the quoted table and the strip show it."""

    days: str
    says: str
    premedicate: str
    status: str  # confirmed, unconfirmed
    here: bool


@require(Permission.USE_CALCULATORS)
def restart(request: StaffRequest) -> HttpResponse:
    """It is day 9, what now?"""
    key, regimen, schedule = _chosen(request)
    form = RestartForm(
        {**request.GET.dict(), "regimen": key} if _asked(request, "given_on") else None,
        initial={"regimen": key},
        schedules=selectors.published_schedules(),
        chosen=schedule,
        center=request.user.center,
        at=clock.now(),
    )
    context: dict[str, Any] = {"form": form, "regimen": regimen, "schedule": schedule}
    if form.is_bound and form.is_valid():
        context |= _restart_answer(regimen, schedule, form)
    return _page(request, "restart", context)


def _restart_answer(regimen: Regimen, schedule: Schedule, form: RestartForm) -> dict[str, Any]:
    said = form.cleaned_data
    since = _since(form)
    answer = stepup.restart(regimen, schedule, said["last_dose"], since)
    spans = stepup.spans(regimen, schedule, said["last_dose"])
    return {
        "answer": answer,
        "day": since.calendar,
        "last_dose": schedule.dose(said["last_dose"]).label_name,
        "headline": headline(answer, schedule),
        "because": [in_labels(line, schedule) for line in answer.because],
        "sure": answer.confirmed and answer.covered and not answer.caution,
        "rows": [_row(span, schedule, since.calendar) for span in spans],
    }


def _since(form: RestartForm) -> DaysSince:
    said = form.cleaned_data
    given_at, planned_at = said["given_at"], said["planned_at"]
    if given_at and planned_at:
        return days_between(given_at, planned_at, form.center.zone)
    return DaysSince((said["planned_on"] - said["given_on"]).days)


def _row(span: Span, schedule: Schedule, day: int) -> TableRow:
    answer: RestartAnswer = span.answer
    last = "or more" if span.last_day is None else f"to {span.last_day}"
    days = f"{span.first_day}" if span.last_day == span.first_day else f"{span.first_day} {last}"
    within = span.first_day <= day and (span.last_day is None or day <= span.last_day)
    premedicate = {True: "yes", False: "no", None: "not said"}[answer.premedication]
    status = "confirmed" if answer.confirmed else "unconfirmed"
    return TableRow(days, headline(answer, schedule), premedicate, status, within)


# --- dose ---------------------------------------------------------------------------------------------


@require(Permission.USE_CALCULATORS)
def dose(request: StaffRequest) -> HttpResponse:
    """How many mg, mL and vials, with the arithmetic."""
    key, regimen, schedule = _chosen(request)
    form = DoseForm(
        {**request.GET.dict(), "regimen": key} if _asked(request, "dose") else None,
        initial={"regimen": key},
        schedules=selectors.published_schedules(),
        chosen=schedule,
        center=request.user.center,
        at=clock.now(),
    )
    context: dict[str, Any] = {"form": form, "regimen": regimen, "schedule": schedule}
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        context["answer"] = dosing.prepare(regimen, schedule, said["dose"], said["weight_kg"])
        context["dose"] = schedule.dose(said["dose"])
    return _page(request, "dose", context)


# --- grade --------------------------------------------------------------------------------------------


@require(Permission.USE_CALCULATORS)
def grade(request: StaffRequest) -> HttpResponse:
    """CRS and ICANS of one set of observations, standing alone."""
    asked = _asked(request, "temperature", "systolic", "spo2", "oxygen", "ice", "consciousness", "asked")
    form = GradeForm(request.GET if asked else None, center=request.user.center, at=clock.now())
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        context |= _graded(request, form, clock.now())
    return _page(request, "grade", context)


def _graded(request: StaffRequest, form: GradeForm, at: datetime) -> dict[str, Any]:
    version = selectors.center_wide_version(request.user.center_id)
    spec = selectors.spec(version.pk) if version else shipped_spec()
    signs = form.vitals()
    assessment = triage.assess([Entry(EntryKind.VITALS, at, vitals=signs, ref=REF)], spec)
    return {
        "gradings": [grading for grading in (assessment.crs, assessment.icans) if grading is not None],
        "findings": vitals.findings(signs, spec.center.limits, None),
    }
