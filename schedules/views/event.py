"""One event: run the emergency, confirm the grade, name another cause, close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, live, version_of, wants_fragment
from dosing_portal.kernel.permissions import Permission, may, require
from patients import selectors as people
from patients.errors import FactRefused, StaleRevision
from patients.models import ToxicityEvent
from schedules.forms.events import (
    AttributionForm,
    CloseForm,
    DeclareForm,
    DisagreeForm,
    GradeForm,
    OnEventForm,
    RuleOutForm,
    SignResolvedForm,
)
from schedules.selectors import alerts as alert_selectors
from schedules.selectors import event as selectors
from schedules.selectors.event import EventPage
from schedules.selectors.resolutions import closing_needs
from schedules.selectors.responses import checklist_for
from schedules.services import events, monitoring
from schedules.views import decision_words, whereabouts
from schedules.views import event_care_words as care
from schedules.views import event_words as words
from schedules.views.alert_words import alert_words
from schedules.views.alerts import EVENT
from schedules.views.event_treatment import given_context
from schedules.views.handwriting import card_context
from schedules.views.response_words import steps_context

CHANGED = "The event changed since you opened it. Look at it again, then decide."


@require(Permission.VIEW_BOARDS)
@require_GET
def event(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    if wants_fragment(request):
        return _part(request, event_id, at)
    answer = page_of(request, event_id, at)
    if may(request.user, Permission.CONFIRM_GRADE):
        events.look(event_id=event_id, by=request.user, at=at)
    return answer


@require(Permission.CONFIRM_GRADE)
@require_POST
def confirm(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    row = selectors.event_for(request.user, event_id)
    form = GradeForm(request.POST, event=row, center=request.user.center, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            events.confirm(
                event_id=event_id,
                grade=given["grade"],
                reason=given["reason"],
                seen_revision=given["revision"],
                by=request.user,
                at=at,
            )
        except (FactRefused, StaleRevision) as refused:
            form = refused_form(form, refused, row)
        else:
            return done(request, event_id, f"{row.label} grade {given['grade']} is confirmed.")
    return page_of(request, event_id, at, grade_form=form)


@require(Permission.ATTRIBUTE_CAUSE)
@require_POST
def attribute(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    row = selectors.event_for(request.user, event_id)
    form = AttributionForm(request.POST, event=row, center=request.user.center, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            monitoring.attribute_cause(event_id=event_id, by=request.user, at=at, **given)
        except FactRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return done(request, event_id, "Recorded. Every reading it touches is graded again.")
    return page_of(request, event_id, at, cause_form=form)


@require(Permission.CLOSE_EVENT)
@require_POST
def close(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    row = selectors.event_for(request.user, event_id)
    form = CloseForm(request.POST, event=row, center=request.user.center, at=at)
    if form.is_valid():
        given = form.cleaned_data
        try:
            events.close(
                event_id=event_id,
                seen_revision=given["revision"],
                reason=given["reason"],
                by=request.user,
                at=at,
            )
        except (FactRefused, StaleRevision) as refused:
            form = refused_form(form, refused, row)
        else:
            return done(request, event_id, f"{row.label} event {row.sequence} is closed.")
    return page_of(request, event_id, at, close_form=form)


def refused_form(form: OnEventForm, refused: FactRefused | StaleRevision, row: ToxicityEvent) -> Any:
    """The form with its sentence. A stale one is bound again to the event as it stands now, words kept."""
    if isinstance(refused, FactRefused):
        form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        return form
    typed = {**form.data.dict(), form.add_prefix("revision"): str(row.revision)}  # type: ignore[attr-defined]
    fresh = type(form)(typed, event=row, center=form.center, at=form.at)
    fresh.add_error(None, f"{CHANGED} {words.newest_words(selectors.newest_statement(row), row)}")
    return fresh


def done(request: StaffRequest, event_id: UUID, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(reverse("schedules:event", args=[event_id]))


# --- what stands on the page ------------------------------------------------------------------------------

ALERT, GRADE = "alert", "grade"
"""The live parts of the page; an address that names no other asks for the grade."""


def _part(request: StaffRequest, event_id: UUID, at: datetime) -> HttpResponse:
    """One live part of the page, when it changed."""
    if request.GET.get("part") == ALERT:
        row = selectors.event_for(request.user, event_id)
        name, template, context = ALERT, "schedules/_event_alert.html", _alert_context(request, row, at)
    else:
        page = selectors.event_page(request.user, event_id, at)
        name, template, context = GRADE, "schedules/_event_live.html", _live_context(request, page, at)
    return live(request, context[f"{name}_version"], lambda: render(request, template, context))


def _live_context(request: StaffRequest, page: EventPage, at: datetime) -> dict[str, Any]:
    """The grade and the history as they are now. Forms with typed words in them stay; a word says so."""
    context = _grade_context(request, page)
    if context["is_masked"]:
        context |= _answer_forms({"event": page.event, "center": request.user.center, "at": at})
    row = page.event
    return {
        **context,
        "grade_template": f"schedules/_event_{'masked' if context['is_masked'] else 'grade'}.html",
        "history": words.history_lines(page, request.user.center),
        "entries": care.entry_lines(page, request.user.center),
        "news": words.newest_words(selectors.newest_statement(row), row),
        "event_url": reverse("schedules:event", args=[row.pk]),
    }


def page_of(request: StaffRequest, event_id: UUID, at: datetime, **forms: Form) -> HttpResponse:
    page = selectors.event_page(request.user, event_id, at)
    center = request.user.center
    about: dict[str, Any] = {"event": page.event, "center": center, "at": at}
    context = {
        **steps_context(checklist_for(request.user, event_id, at), request.user, at),
        **_grade_context(request, page),
        **_alert_context(request, page.event, at),
        "head": page.head,
        "places": people.places(request.user, page.event.patient_id),
        "opened": words.opened_words(page, at),
        "history": words.history_lines(page, center),
        **given_context(request, page, at),
        "causes": words.cause_lines(page),
        **whereabouts.card_context(request, page.head, page.event.pk),
        "closing": words.closing_words(page.event, at),
        **decision_words.context_of(page, request.user, at),
        **card_context(request, page.head),
        **_care_context(request, page),
        "grade_form": GradeForm(**about),
        "cause_form": AttributionForm(**about),
        "close_form": CloseForm(**about),
        "disagree_form": DisagreeForm(center=center, at=at),
        **_answer_forms(about),
        "resolved_form": SignResolvedForm(**about),
        "maximum_form": OnEventForm(**about),
        "refused": bool(forms),
        "not_saved": "" if page.event.unsettled else _sentence(forms),
        **forms,
    }
    return render(request, "schedules/event.html", context, status=422 if forms else 200)


def _answer_forms(about: Mapping[str, Any]) -> dict[str, Any]:
    return {"declare_form": DeclareForm(**about), "rule_out_form": RuleOutForm(**about)}


def _sentence(forms: Mapping[str, Form]) -> str:
    """Why nothing was saved, where the form of it has left the page: somebody ended the event meanwhile."""
    return " ".join(str(error) for form in forms.values() for error in form.non_field_errors())


def _care_context(request: StaffRequest, page: EventPage) -> dict[str, Any]:
    """What came before, what built it, what it still needs."""
    open_now = page.event.state == ToxicityEvent.State.OPEN
    needs = closing_needs(page.event) if open_now else ()
    return {
        "recurrence": care.recurrence_words(page.event, page.earlier),
        "entries": care.entry_lines(page, request.user.center),
        "resolution": care.resolution_words(page),
        "needs": care.need_lines(needs),
        "maximum_needed": any(need.id == "maximum" and not need.done for need in needs),
        "prompts": page.prompts,
        "may_disagree": may(request.user, Permission.RUN_RESPONSE),
        "may_sign": may(request.user, Permission.SIGN_RESOLUTION),
    }


def _grade_context(request: StaffRequest, page: EventPage) -> dict[str, Any]:
    grade = words.grade_words(page)
    version = version_of(grade, page.event.revision)
    return {
        "event": page.event,
        "grade": grade,
        "grade_version": version,
        "grade_url": _part_url(page.event, "grade", version),
        "is_open": page.event.state == ToxicityEvent.State.OPEN,
        "is_masked": page.event.state == ToxicityEvent.State.MASKED,
        "may_confirm": may(request.user, Permission.CONFIRM_GRADE),
        "may_attribute": may(request.user, Permission.ATTRIBUTE_CAUSE),
        "may_close": may(request.user, Permission.CLOSE_EVENT),
    }


def _alert_context(request: StaffRequest, row: ToxicityEvent, at: datetime) -> dict[str, Any]:
    held = alert_selectors.unresolved_of(request.user, row.patient_id)
    boxes = tuple(
        alert_words(one, held[number + 1 :], request.user, at, back=f"{EVENT}{row.pk}")
        for number, one in enumerate(held)
    )
    version = version_of(boxes)
    return {
        "event": row,
        "alerts": boxes,
        "alert_version": version,
        "alert_url": _part_url(row, "alert", version),
    }


def _part_url(row: ToxicityEvent, part: str, version: str) -> str:
    return f"{reverse('schedules:event', args=[row.pk])}?part={part}&version={version}"
