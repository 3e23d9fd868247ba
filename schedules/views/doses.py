"""Log a dose: may I, how much, given."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock, door
from dosing_portal.kernel.address import client_address
from dosing_portal.kernel.http import VERSION, StaffRequest, live, version_of, wants_fragment
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.kernel.templatetags.clinical import distance, hhmm, moment
from patients.errors import AlreadyRecorded
from schedules.errors import ActRefused
from schedules.forms.doses import DoseForm
from schedules.models import Administration, PlannedDose
from schedules.selectors import courses as selectors
from schedules.selectors import doses
from schedules.selectors.heads import head_for
from schedules.selectors.plans import regimen_of
from schedules.selectors.sheet import Asked
from schedules.selectors.stock import stock_of
from schedules.services import dosing
from schedules.views.around import around, to_patient
from schedules.views.dose_rows import dose_page
from schedules.views.stock_words import dose_line

REFUSED = 422
UNKNOWN = "This user name and password do not belong together. The second person types both again."


@require(Permission.LOG_DOSE)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("checker_password")
def administer(request: StaffRequest, course_id: UUID, ordinal: int) -> HttpResponse:
    """The sheet and the form of the next dose; a dose that was given shows its record."""
    at = clock.now()
    planned = selectors.planned_for(request.user, course_id, ordinal)
    if request.method == "GET" and planned.state != PlannedDose.State.PLANNED:
        return _record(request, planned, at)
    form = _form(request, planned, at)
    if request.method == "POST" and form.is_valid():
        saved = _give(request, planned, form, at)
        if saved is not None:
            return saved
    return _page(request, planned, form, at)


def _form(request: StaffRequest, planned: PlannedDose, at: datetime) -> DoseForm:
    regimen, _ = regimen_of(doses.spec_of(planned.course))
    data = request.POST if request.method == "POST" else None
    form = DoseForm(data, center=request.user.center, at=at, regimen=regimen)
    form.ask_conditions(doses.asked_of_next(planned.course).to_tick)
    return form


def _give(request: StaffRequest, planned: PlannedDose, form: DoseForm, at: datetime) -> HttpResponse | None:
    checker = _second_person(request, form, at)
    if checker is None:
        return None
    try:
        row = dosing.give(
            course_id=planned.course_id,
            ordinal=planned.ordinal,
            drawn=form.drawn(),
            checker=checker,
            by=request.user,
            at=at,
            **form.facts(),
        )
    except AlreadyRecorded:
        return to_patient(planned.course.patient_id)
    except ActRefused as refused:
        form.refuse(refused.field, refused.sentence)
        return None
    messages.success(request, _watching(row), extra_tags="done")
    return to_patient(planned.course.patient_id)


def _second_person(request: StaffRequest, form: DoseForm, at: datetime) -> Staff | None:
    """Who checked the dose: signs in on the same page, slowed down as at the door."""
    answer = door.recognize(
        username=form.cleaned_data["checker_name"],
        password=form.cleaned_data["checker_password"],
        address=client_address(request),
        at=at,
    )
    if answer.staff is None:
        until = answer.held_until
        held = f"Too many tries. Try again {distance(until, at)}." if until else UNKNOWN
        form.refuse("checker_password", held)
    return answer.staff


def _watching(row: Administration) -> str:
    """Watching started: 6 checks to 21-Nov-2026 15:32. First 19:30."""
    watch = selectors.watch_of(row)
    if watch.first_due_at is None:
        return f"{row.label} is recorded. No checks are planned after it."
    return (
        f"{row.label} is recorded. Watching started: {watch.checks} checks to {moment(watch.ends_at)}. "
        f"First {hhmm(watch.first_due_at)}."
    )


# --- pages ------------------------------------------------------------------------------------------------


def _page(request: StaffRequest, planned: PlannedDose, form: DoseForm, at: datetime) -> HttpResponse:
    asked = form.asked() if form.is_bound else Asked(at)
    sheet = doses.sheet(course=planned.course, planned=planned, asked=asked, at=at)
    page = dose_page(sheet)
    version = version_of(page.blockers, page.passed, page.offered)
    url = reverse("schedules:dose-administer", args=[planned.course_id, planned.ordinal])
    context: dict[str, Any] = {
        "page": page,
        "planned": planned,
        "form": form,
        "poll_url": f"{url}?{urlencode({VERSION: version})}",
    }
    if request.method == "GET" and wants_fragment(request):
        return live(request, version, lambda: render(request, "schedules/_dose_readiness.html", context))
    head = head_for(request.user, planned.course.patient_id, at)
    context |= around(request, head, "")
    context["tocilizumab"] = dose_line(stock_of(request.user.center, at), head.patient)
    status = REFUSED if form.errors else 200
    return render(request, "schedules/dose_administer.html", context, status=status)


def _record(request: StaffRequest, planned: PlannedDose, at: datetime) -> HttpResponse:
    """What stands on record of a dose that is not to be given any more."""
    head = head_for(request.user, planned.course.patient_id, at)
    given = planned.administration if planned.state == PlannedDose.State.GIVEN else None
    return render(
        request,
        "schedules/dose_given.html",
        {**around(request, head, ""), "planned": planned, "given": given},
    )
