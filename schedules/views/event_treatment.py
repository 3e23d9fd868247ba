"""What an event is treated with on a clock: order a regime, taper or stop it, leave a dose out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from protocols.rules import regimes
from protocols.rules.values import Toxicity
from schedules.errors import ActRefused
from schedules.forms.treatments import TAPER, LeaveOutForm, OrderForm, StopForm
from schedules.selectors import event as events
from schedules.selectors import given as selectors
from schedules.selectors import vitals
from schedules.selectors.event import EventPage
from schedules.selectors.heads import head_for
from schedules.selectors.treatments import grades_of
from schedules.services import treatments
from schedules.views.around import around
from schedules.views.given_words import due_name, given_words

REFUSED = 422


def given_context(request: StaffRequest, page: EventPage, at: datetime) -> dict[str, Any]:
    """What the event page shows of drugs."""
    found = selectors.given_in(page.event, page.given, page.spec, request.user.center, at)
    return {"given": given_words(found, request.user, at)}


@require(Permission.ORDER_TREATMENT)
@require_http_methods(["GET", "POST"])
def order(request: StaffRequest, event_id: UUID) -> HttpResponse:
    """Every regime of the center, those that fit the toxicity and grade first."""
    at = clock.now()
    event = events.event_for(request.user, event_id)
    head = head_for(request.user, event.patient_id, at)
    spec = vitals.judging(head)
    grades = grades_of(event)
    care = spec.center.care if spec else None
    offered = regimes.fitting_first(care.regimes, Toxicity(event.toxicity), grades) if care else ()
    form = OrderForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=at,
        regimes=offered,
    )
    if form.is_valid():
        typed = form.cleaned_data
        try:
            row = treatments.order(
                event_id=event_id,
                regime_id=typed["regime"],
                starts_at=form.starts_at,
                reason=typed["reason"],
                client_key=typed["client_key"],
                by=request.user,
                at=at,
            )
        except ActRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return _to_event(request, event_id, f"Ordered: {row.words}. Its doses are due from now on.")
    context = {
        **around(request, head, "Overview"),
        "form": form,
        "event": event,
        "grade": max(grades),
        "offered": [(regime, fits, regimes.order_lines(regime)) for regime, fits in offered],
        "steroid_words": care.steroid_care.words if care else (),
    }
    return render(request, "schedules/treatment_new.html", context, status=REFUSED if form.errors else 200)


@require(Permission.ORDER_TREATMENT)
@require_http_methods(["GET", "POST"])
def stop(request: StaffRequest, order_id: UUID) -> HttpResponse:
    """End an order: with the steps of a taper, or without and why."""
    at = clock.now()
    row = selectors.order_for(request.user, order_id)
    head = head_for(request.user, row.patient_id, at)
    form = StopForm(request.POST if request.method == "POST" else None, center=request.user.center, at=at)
    if form.is_valid():
        typed = form.cleaned_data
        common: dict[str, Any] = {
            "order_id": order_id,
            "reason": typed["reason"],
            "by": request.user,
            "at": at,
        }
        try:
            if typed["how"] == TAPER:
                ended = treatments.taper(
                    steps=form.steps(), starts_at=form.starts_at, client_key=typed["client_key"], **common
                )
            else:
                ended = treatments.stop(without_taper=True, **common)
        except ActRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
        else:
            said = ended.words if typed["how"] == TAPER else f"Stopped: {ended.words}"
            return _to_event(request, row.event_id, f"{said}.")
    context = {**around(request, head, "Overview"), "form": form, "order": row}
    return render(request, "schedules/treatment_stop.html", context, status=REFUSED if form.errors else 200)


@require(Permission.LOG_VITALS)
@require_http_methods(["GET", "POST"])
def leave_out(request: StaffRequest, due_id: UUID) -> HttpResponse:
    at = clock.now()
    due = selectors.due_for(request.user, due_id)
    head = head_for(request.user, due.patient_id, at)
    form = LeaveOutForm(request.POST if request.method == "POST" else None, center=request.user.center, at=at)
    if form.is_valid():
        try:
            treatments.leave_out(due_id=due_id, reason=form.cleaned_data["reason"], by=request.user, at=at)
        except ActRefused as refused:
            form.add_error("reason", refused.sentence)
        else:
            return _to_event(request, due.order.event_id, f"{due_name(due).capitalize()} is left out.")
    context = {**around(request, head, "Overview"), "form": form, "due": due, "name": due_name(due)}
    return render(
        request, "schedules/treatment_leave_out.html", context, status=REFUSED if form.errors else 200
    )


def _to_event(request: StaffRequest, event_id: UUID | None, sentence: str) -> HttpResponse:
    messages.success(request, sentence, extra_tags="done")
    if event_id is None:
        return HttpResponseRedirect(reverse("schedules:event-list"))
    return HttpResponseRedirect(f"{reverse('schedules:event', args=[event_id])}#event-given")
