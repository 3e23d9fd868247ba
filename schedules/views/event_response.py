"""The running checklist of an event: its live list, and what somebody does to one step of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest, live, wants_fragment
from dosing_portal.kernel.permissions import Permission, require
from schedules.errors import ActRefused, StepSettled
from schedules.forms.steps import StepForm
from schedules.models import ResponseStep
from schedules.selectors import responses as selectors
from schedules.selectors.heads import head_for
from schedules.services import responses
from schedules.views.around import around
from schedules.views.response_words import steps_context
from schedules.views.step_rows import Failed

LIST = "schedules/_event_steps.html"
OUTCOME = "What to do now"
REFUSED, CONFLICT = 422, 409


@require(Permission.VIEW_BOARDS)
@require_GET
def steps(request: StaffRequest, event_id: UUID) -> HttpResponse:
    """The list by itself: a page without script, a live part with it. 204 while it says the same."""
    at = clock.now()
    found = selectors.checklist_for(request.user, event_id, at)
    list_id, title = _list(request.GET.get("list", ""))
    context = steps_context(found, request.user, at, list_id=list_id, title=title)
    if not wants_fragment(request):
        return _whole(request, found, context, at)
    return live(request, context["steps_version"], lambda: render(request, LIST, context))


@require(Permission.RUN_RESPONSE)
@require_POST
def act(request: StaffRequest, event_id: UUID, step_id: UUID) -> HttpResponse:
    """Done, not done, applies, or taken back; the answer is the list as it is now."""
    at = clock.now()
    row = selectors.step_for(request.user, event_id, step_id)
    form = StepForm(request.POST, center=request.user.center, at=at)
    failed, status = None, 200
    if form.is_valid():
        try:
            _ACTS[form.cleaned_data["act"]](row, form, request, at)
        except ActRefused as refused:
            failed = _failed(row, refused.sentence, refused.field, form)
            status = CONFLICT if isinstance(refused, StepSettled) else REFUSED
    else:
        name, sentences = next(iter(form.errors.items()))
        failed, status = _failed(row, str(sentences[0]), name, form), REFUSED
    return _answer(request, event_id, at, failed, status)


def _done(row: ResponseStep, form: StepForm, request: StaffRequest, at: datetime) -> None:
    responses.do_step(step_id=row.pk, settled_at=form.moment, by=request.user, at=at)


def _not_done(row: ResponseStep, form: StepForm, request: StaffRequest, at: datetime) -> None:
    responses.decline_step(step_id=row.pk, reason=form.cleaned_data["reason"], by=request.user, at=at)


def _applies(row: ResponseStep, form: StepForm, request: StaffRequest, at: datetime) -> None:
    responses.apply_step(step_id=row.pk, applies_at=form.moment, by=request.user, at=at)


def _reopen(row: ResponseStep, form: StepForm, request: StaffRequest, at: datetime) -> None:
    responses.reopen_step(step_id=row.pk, reason=form.cleaned_data["reason"], by=request.user, at=at)


_ACTS: dict[str, Callable[[ResponseStep, StepForm, StaffRequest, datetime], None]] = {
    "done": _done,
    "not_done": _not_done,
    "applies": _applies,
    "reopen": _reopen,
}


def _failed(row: ResponseStep, sentence: str, field: str, form: StepForm) -> Failed:
    return Failed(row.pk, sentence, "" if field == "step" else field, form.typed)


def _answer(
    request: StaffRequest, event_id: UUID, at: datetime, failed: Failed | None, status: int
) -> HttpResponse:
    if failed is None and not wants_fragment(request):
        messages.success(request, "Recorded.", extra_tags="done")
        return HttpResponseRedirect(f"{reverse('schedules:event', args=[event_id])}#event-steps")
    found = selectors.checklist_for(request.user, event_id, at)
    list_id, title = _list(request.POST.get("list", ""))
    context = steps_context(found, request.user, at, failed=failed, list_id=list_id, title=title)
    if not wants_fragment(request):
        return _whole(request, found, context, at, status)
    return render(request, LIST, context, status=status)


def _list(asked: str) -> tuple[str, str]:
    """The element to swap, and its title: that of the event's page, or one of several on the outcome page."""
    if asked.startswith("steps-") and asked.removeprefix("steps-").isalnum():
        return asked, OUTCOME
    return "event-steps", "Do now"


def _whole(
    request: StaffRequest,
    found: selectors.Checklist,
    context: dict[str, Any],
    at: datetime,
    status: int = 200,
) -> HttpResponse:
    """The list as a page of its own, for a browser without script."""
    head = head_for(request.user, found.event.patient_id, at)
    page = {**around(request, head, "Overview"), **context}
    return render(request, "schedules/event_steps.html", page, status=status)
