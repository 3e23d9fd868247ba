"""The calculators: grade, restart, dose. A GET form and its answer, so that an answer has an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, render_htmx
from dosing_portal.kernel.permissions import Permission, require
from protocols import selectors
from protocols.answers import dose_name, in_labels, route_name
from protocols.forms import DoseForm, GradeForm, RestartForm
from protocols.library.standards import shipped_spec
from protocols.rules import dosing, stepup, triage, vitals
from protocols.rules.crs import MISSING_WORDS
from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.window import DaysSince, days_between
from protocols.views.restart_rows import restart_words

PLACES = (("grade", "Grade"), ("restart", "Restart"), ("dose", "Dose"))
REF = "calculator"


@dataclass(frozen=True, slots=True)
class Place:
    """One of the three calculators in the bar."""

    words: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The record asked about. ``used_by`` names the center's own protocol for it, empty without one."""

    key: str
    regimen: Regimen
    schedule: Schedule
    used_by: str


def _chosen(request: StaffRequest) -> Chosen:
    """The product and schedule asked about; anything unknown in the address falls back to the first."""
    offered = selectors.published_schedules()
    asked = request.GET.get("regimen", "")
    key = asked if asked in {item.key for item in offered} else offered[0].key
    slug, _, schedule_id = key.partition("/")
    regimen = selectors.regimen_for(request.user, slug)
    active = (
        f"{found.name}, version {found.number}"
        for found in selectors.startable(request.user)
        if (found.regimen, found.schedule) == (slug, schedule_id)
    )
    return Chosen(key, regimen, regimen.schedule(schedule_id), next(active, ""))


def _spec(request: StaffRequest) -> ProtocolSpec:
    """The center-wide section in force, else what we ship."""
    version = selectors.center_wide_version(request.user.center_id)
    return selectors.spec(version.pk) if version else shipped_spec()


def _answers(request: StaffRequest, chosen: Chosen, *needed: str) -> QueryDict | None:
    """What was asked. A first visit, and a regimen just changed, show the questions without complaints."""
    if not all(request.GET.get(name) for name in needed):
        return None
    answers = request.GET.copy()
    answers["regimen"] = chosen.key
    return answers


def _page(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    places = [Place(words, reverse(f"protocols:calculator-{key}"), key == name) for key, words in PLACES]
    whole = {"places": places, "here": reverse(f"protocols:calculator-{name}"), **context}
    page, fragment = f"protocols/calculator_{name}.html", f"protocols/_calculator_{name}.html"
    return render_htmx(request, page, fragment, whole)


# --- restart ----------------------------------------------------------------------------------------------


@require(Permission.USE_CALCULATORS)
@require_safe
def restart(request: StaffRequest) -> HttpResponse:
    """It is day 9, what now?"""
    chosen = _chosen(request)
    form = RestartForm(
        _answers(request, chosen, "last_dose", "given_on", "planned_on"),
        initial={**request.GET.dict(), "regimen": chosen.key},
        schedules=selectors.published_schedules(),
        regimen=chosen.regimen,
        chosen=chosen.schedule,
        center=request.user.center,
        at=clock.now(),
    )
    context: dict[str, Any] = {"form": form, "chosen": chosen}
    if form.is_bound and form.is_valid():
        said, since = form.cleaned_data, _since(form)
        last_dose = said["last_dose"]
        context["answer"] = restart_words(
            stepup.restart(chosen.regimen, chosen.schedule, last_dose, since),
            stepup.spans(chosen.regimen, chosen.schedule, last_dose),
            chosen.schedule,
            last_dose,
            since,
            said["given_on"],
        )
    return _page(request, "restart", context)


def _since(form: RestartForm) -> DaysSince:
    said = form.cleaned_data
    given_at, planned_at = said["given_at"], said["planned_at"]
    if given_at and planned_at:
        return days_between(given_at, planned_at, form.center.zone)
    return DaysSince((said["planned_on"] - said["given_on"]).days)


# --- dose -------------------------------------------------------------------------------------------------


@require(Permission.USE_CALCULATORS)
@require_safe
def dose(request: StaffRequest) -> HttpResponse:
    """How many mg, mL and vials, with the arithmetic."""
    chosen = _chosen(request)
    form = DoseForm(
        _answers(request, chosen, "dose"),
        initial={**request.GET.dict(), "regimen": chosen.key},
        schedules=selectors.published_schedules(),
        regimen=chosen.regimen,
        chosen=chosen.schedule,
        ranges=_spec(request).center.plausible,
        center=request.user.center,
        at=clock.now(),
    )
    context: dict[str, Any] = {"form": form, "chosen": chosen}
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        vials = (said["vial"],) if said["vial"] else ()
        answer = dosing.prepare(chosen.regimen, chosen.schedule, said["dose"], said["weight_kg"], vials=vials)
        asked = chosen.schedule.dose(said["dose"])
        context |= {
            "answer": answer,
            "name": dose_name(asked),
            "route": route_name(asked.route),
            "arithmetic": [in_labels(line, chosen.schedule) for line in answer.because],
            "sure": answer.decided is not None and answer.confirmed and not answer.objections,
        }
    return _page(request, "dose", context)


# --- grade ------------------------------------------------------------------------------------------------


@require(Permission.USE_CALCULATORS)
@require_safe
def grade(request: StaffRequest) -> HttpResponse:
    """CRS and ICANS of one set of observations, standing alone."""
    spec = _spec(request)
    form = GradeForm(
        request.GET if any(request.GET.values()) else None,
        ranges=spec.center.plausible,
        center=request.user.center,
        at=clock.now(),
    )
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        context |= _graded(form, spec)
    return _page(request, "grade", context)


def _graded(form: GradeForm, spec: ProtocolSpec) -> dict[str, Any]:
    assessment = triage.assess(form.timeline(spec.crs.fever_c, REF), spec)
    gradings = [grading for grading in (assessment.crs, assessment.icans) if grading is not None]
    words = {**MISSING_WORDS, "ice": "ICE"}
    return {
        "gradings": [
            {
                "toxicity": grading.toxicity.upper(),
                "grading": grading,
                "because": [line for line in grading.because if not line.startswith("missing: ")],
                "missing": [words.get(name, name.replace("_", " ")) for name in grading.missing],
            }
            for grading in gradings
        ],
        "findings": vitals.findings(form.vitals(), spec.center.limits, None),
    }
