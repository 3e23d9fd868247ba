"""What a delay brings: the answer for a day, and the plan that follows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, render_htmx
from dosing_portal.kernel.permissions import Permission, require
from schedules.errors import ActRefused
from schedules.forms.courses import DayForm, ReplanDayForm, ReplanForm
from schedules.selectors import courses as selectors
from schedules.selectors import plans
from schedules.selectors.courses import Delayed
from schedules.selectors.heads import head_for
from schedules.selectors.plans import Replan
from schedules.services import courses
from schedules.views.around import around, to_patient
from schedules.views.next_dose import WhatIf, what_if_answer
from schedules.views.plan_rows import plan_rows

REFUSED = 422


@require(Permission.VIEW_PATIENT)
@require_GET
def what_if(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """What the record asks if the next dose is on a day. Writes nothing."""
    at = clock.now()
    course = selectors.course_for(request.user, course_id)
    head = head_for(request.user, course.patient_id, at)
    delay = selectors.delayed(course)
    context: dict[str, Any] = {**around(request, head, ""), "course": course}
    if delay is not None:
        form = DayForm(request.GET or None, center=delay.center, at=at, not_before=delay.given_on)
        context["what_if"] = form
        if form.is_valid():
            context["answer"] = _answer(delay, form)
    return render_htmx(request, "schedules/course_what_if.html", "schedules/_course_what_if.html", context)


@require(Permission.PLAN_COURSE)
@require_http_methods(["GET", "POST"])
def replan(request: StaffRequest, course_id: UUID) -> HttpResponse:
    """GET with a day shows what the record asks; POST of the same day plans it."""
    at = clock.now()
    course = selectors.course_for(request.user, course_id)
    head = head_for(request.user, course.patient_id, at)
    context: dict[str, Any] = {**around(request, head, ""), "course": course}
    delay = selectors.delayed(course)
    if delay is not None:
        saved = _replan(request, delay, context, at)
        if saved is not None:
            return saved
    status = REFUSED if request.method == "POST" else 200
    return render_htmx(
        request, "schedules/course_replan.html", "schedules/_course_replan.html", context, status=status
    )


def _replan(
    request: StaffRequest, delay: Delayed, context: dict[str, Any], at: datetime
) -> HttpResponse | None:
    """The answer for the day asked about and its form; the way on when the plan was saved."""
    day_form = _day_form(request, delay, at)
    context["day_form"] = day_form
    if not day_form.is_valid():
        return None
    on = day_form.cleaned_data["on"]
    proposal = _proposal(request, delay, day_form)
    form = _replan_form(request, delay, proposal, at)
    context |= {
        "form": form,
        "on": on,
        "answer": _answer(delay, day_form),
        "rows": plan_rows(proposal.stairs),
    }
    if request.method != "POST" or not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        courses.replan(
            course_id=delay.course.pk,
            next_dose=given["next_dose"],
            planned_on=given["planned_on"],
            reason=given["reason"],
            by=request.user,
            at=at,
        )
    except ActRefused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        return None
    messages.success(request, "The doses are planned again.", extra_tags="done")
    return to_patient(delay.course.patient_id)


def _day_form(request: StaffRequest, delay: Delayed, at: datetime) -> ReplanDayForm:
    """The day that was sent, or asked about; today on a first visit."""
    asked = request.POST.get("planned_on") if request.method == "POST" else request.GET.get("on")
    return ReplanDayForm({"on": asked or "today"}, center=delay.center, at=at, not_before=delay.given_on)


def _proposal(request: StaffRequest, delay: Delayed, form: ReplanDayForm) -> Replan:
    return plans.after_delay(
        spec=delay.spec,
        last_dose=delay.last.dose,
        last_given_at=delay.last.given_at,
        planned_on=form.cleaned_data["on"],
        center=delay.center,
        setting=courses.chosen_setting(delay.course),
        next_dose=request.POST.get("next_dose", ""),
    )


def _replan_form(request: StaffRequest, delay: Delayed, proposal: Replan, at: datetime) -> ReplanForm:
    _, schedule = plans.regimen_of(delay.spec)
    return ReplanForm(
        request.POST if request.method == "POST" else None,
        center=delay.center,
        at=at,
        doses=schedule.own_doses,
        asked_for=proposal.answer.next_dose or "",
        asks_reason=courses.needs_physician(proposal.answer),
    )


def _answer(delay: Delayed, form: DayForm) -> WhatIf:
    return what_if_answer(
        form.cleaned_data["on"], delay.last, spec=delay.spec, closed=delay.closed, center=delay.center
    )
