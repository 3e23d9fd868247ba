"""Plan a course, ask what a later day brings, plan again after a delay, end a course."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, render_htmx, wants_fragment
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.kernel.templatetags.clinical import weekday
from patients.errors import AlreadyRecorded
from protocols import selectors as protocols
from schedules.errors import ActRefused
from schedules.forms.courses import DayForm, EndForm, ReplanDayForm, ReplanForm, StartForm
from schedules.models import TreatmentCourse
from schedules.selectors import courses as selectors
from schedules.selectors import plans
from schedules.selectors.heads import Head, head_for
from schedules.selectors.plans import Replan
from schedules.services import courses
from schedules.views.around import around
from schedules.views.next_dose import WhatIf, what_if_answer
from schedules.views.plan_rows import plan_rows

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
            return _to_patient(patient_id)
        except ActRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            sentence = f"The course is planned. First dose {weekday(course.starts_on)}."
            messages.success(request, sentence, extra_tags="done")
            return _to_patient(patient_id)
    context = {**around(request, head, ""), "head": head, "form": form, "rows": _preview(request, form)}
    return _answer(request, "schedules/course_new.html", "schedules/_course_plan.html", context, form)


def _start_form(request: StaffRequest, at: Any) -> StartForm:
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


def _preview(request: StaffRequest, form: StartForm) -> Any:
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


# --- what if ----------------------------------------------------------------------------------------------


@require(Permission.VIEW_PATIENT)
@require_GET
def what_if(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """What the record asks if the next dose is on a day. Writes nothing."""
    at = clock.now()
    course = selectors.course_for(request.user, course_id)
    head = head_for(request.user, course.patient_id, at)
    last = selectors.last_given(course)
    answer: WhatIf | None = None
    form = None
    if last is not None:
        center = request.user.center
        given_on = center.local(last.given_at).date()
        form = DayForm(request.GET or None, center=center, at=at, not_before=given_on)
        if form.is_valid():
            spec = protocols.spec(course.protocol_version_id)
            closed = plans.closed_days(center)
            on = form.cleaned_data["on"]
            answer = what_if_answer(on, last, spec=spec, closed=closed, center=center)
    context = {**around(request, head, ""), "head": head, "course": course, "what_if": form, "answer": answer}
    return render_htmx(request, "schedules/course_what_if.html", "schedules/_course_what_if.html", context)


# --- plan again -------------------------------------------------------------------------------------------


@require(Permission.PLAN_COURSE)
@require_http_methods(["GET", "POST"])
def replan(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """GET with a day shows what the record asks; POST of the same day plans it."""
    at = clock.now()
    course = selectors.course_for(request.user, course_id)
    head = head_for(request.user, course.patient_id, at)
    day_form, proposal = _proposal(request, course, at)
    form = _replan_form(request, course, proposal, at) if proposal else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            courses.replan(
                course_id=course_id,
                next_dose=form.cleaned_data["next_dose"],
                planned_on=form.cleaned_data["planned_on"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=at,
            )
        except ActRefused as refused:
            form.add_error(_field(form, refused), refused.sentence)
        else:
            messages.success(request, "The doses are planned again.", extra_tags="done")
            return _to_patient(course.patient_id)
    context = _replan_context(request, head, course, day_form, form, proposal)
    return _answer(
        request, "schedules/course_replan.html", "schedules/_course_replan.html", context, form or day_form
    )


def _proposal(
    request: StaffRequest, course: TreatmentCourse, at: Any
) -> tuple[ReplanDayForm | None, Replan | None]:
    last = selectors.last_given(course)
    if last is None or course.state != TreatmentCourse.State.RUNNING:
        return None, None
    center = request.user.center
    asked = request.POST.get("planned_on") if request.method == "POST" else request.GET.get("on")
    form = ReplanDayForm(
        {"on": asked or "today"}, center=center, at=at, not_before=center.local(last.given_at).date()
    )
    if not form.is_valid():
        return form, None
    return form, plans.after_delay(
        spec=protocols.spec(course.protocol_version_id),
        last_dose=last.dose,
        last_given_at=last.given_at,
        planned_on=form.cleaned_data["on"],
        center=center,
        setting=courses.chosen_setting(course),
        next_dose=request.POST.get("next_dose", request.GET.get("next_dose", "")),
    )


def _replan_form(request: StaffRequest, course: TreatmentCourse, proposal: Replan, at: Any) -> ReplanForm:
    _, schedule = plans.regimen_of(protocols.spec(course.protocol_version_id))
    return ReplanForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=at,
        doses=schedule.own_doses,
        asked_for=proposal.answer.next_dose or "",
        asks_reason=courses.needs_physician(proposal.answer),
    )


def _replan_context(
    request: StaffRequest,
    head: Head,
    course: TreatmentCourse,
    day_form: ReplanDayForm | None,
    form: ReplanForm | None,
    proposal: Replan | None,
) -> dict[str, Any]:
    context = {
        **around(request, head, ""),
        "head": head,
        "course": course,
        "day_form": day_form,
        "form": form,
    }
    last = selectors.last_given(course)
    if proposal is None or day_form is None or last is None:
        return context
    spec = protocols.spec(course.protocol_version_id)
    center = request.user.center
    closed = plans.closed_days(center)
    return {
        **context,
        "answer": what_if_answer(day_form.cleaned_data["on"], last, spec=spec, closed=closed, center=center),
        "rows": plan_rows(proposal.stairs),
        "on": day_form.cleaned_data["on"],
    }


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
            form.add_error(_field(form, refused), refused.sentence)
        else:
            messages.success(request, "The course has ended.", extra_tags="done")
            return _to_patient(course.patient_id)
    context = {
        **around(request, head_for(request.user, course.patient_id, at), ""),
        "course": course,
        "form": form,
    }
    return render(request, "schedules/course_end.html", context, status=REFUSED if form.errors else 200)


# --- shared -----------------------------------------------------------------------------------------------


def _answer(
    request: StaffRequest, page: str, fragment: str, context: dict[str, Any], form: Any
) -> HttpResponse:
    refused = request.method == "POST" and form is not None and form.errors
    return render_htmx(request, page, fragment, context, status=REFUSED if refused else 200)


def _field(form: Any, refused: ActRefused) -> str | None:
    """The field that a refusal names; above the form where it has none of that name."""
    return refused.field if refused.field in form.fields else None


def _to_patient(patient_id: object) -> HttpResponse:
    return HttpResponseRedirect(reverse("schedules:patient", args=[patient_id]))
