"""Plan a course, and end one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, render_htmx, wants_fragment
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.kernel.templatetags.clinical import weekday
from patients.errors import AlreadyRecorded
from protocols import selectors as protocols
from schedules.errors import ActRefused
from schedules.forms.courses import EndForm, StartForm
from schedules.selectors import courses as selectors
from schedules.selectors import plans
from schedules.selectors.heads import head_for
from schedules.services import courses
from schedules.views.around import around, to_patient
from schedules.views.plan_rows import PlanRow, plan_rows

REFUSED = 422


# --- start ------------------------------------------------------------------------------------------------


@require(Permission.PLAN_COURSE)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """GET with answers shows the staircase that they would make; POST of the same answers starts it."""
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    form = _start_form(request, at)
    if request.method == "POST" and form.is_valid():
        try:
            course = courses.start(
                patient_id=patient_id,
                version_id=UUID(form.cleaned_data["protocol"]),
                starts_on=form.cleaned_data["starts_on"],
                setting=form.cleaned_data["setting"],
                by=request.user,
                at=at,
            )
        except AlreadyRecorded:
            return to_patient(patient_id)
        except ActRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            sentence = f"The course is planned. First dose {weekday(course.starts_on)}."
            messages.success(request, sentence, extra_tags="done")
            return to_patient(patient_id)
    context = {**around(request, head, ""), "form": form, "rows": _preview(request, form)}
    status = REFUSED if request.method == "POST" else 200
    return render_htmx(
        request, "schedules/course_new.html", "schedules/_course_plan.html", context, status=status
    )


def _start_form(request: StaffRequest, at: datetime) -> StartForm:
    data = request.POST if request.method == "POST" else request.GET if "starts_on" in request.GET else None
    return StartForm(
        None if _half_answered(request) else data,
        center=request.user.center,
        at=at,
        startable=protocols.startable(request.user),
        initial={"starts_on": "today", **request.GET.dict()},
    )


def _half_answered(request: StaffRequest) -> bool:
    """A swap while somebody is still choosing: what is missing is no error before the button is pressed."""
    asked = request.GET
    complete = all(asked.get(name) for name in StartForm.base_fields)
    return wants_fragment(request) and not complete and "show" not in asked


def _preview(request: StaffRequest, form: StartForm) -> tuple[PlanRow, ...]:
    """The stairs of a complete form; nothing while an answer is missing."""
    if not form.is_bound or not form.is_valid():
        return ()
    given = form.cleaned_data
    stairs = plans.plan(
        spec=protocols.spec(UUID(given["protocol"])),
        starts_on=given["starts_on"],
        center=request.user.center,
        setting=given["setting"],
    )
    return plan_rows(stairs)


# --- end --------------------------------------------------------------------------------------------------


@require(Permission.PLAN_COURSE)
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, course_id: UUID) -> HttpResponse:
    at = clock.now()
    course = selectors.course_for(request.user, course_id)
    form = EndForm(request.POST or None, center=request.user.center, at=at)
    if form.is_valid():
        try:
            courses.end(course_id=course_id, reason=form.cleaned_data["reason"], by=request.user, at=at)
        except ActRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            messages.success(request, "The course has ended.", extra_tags="done")
            return to_patient(course.patient_id)
    context = {
        **around(request, head_for(request.user, course.patient_id, at), ""),
        "course": course,
        "form": form,
    }
    return render(request, "schedules/course_end.html", context, status=REFUSED if form.errors else 200)
