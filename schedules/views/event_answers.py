"""What a clinician says of an event: disagreement, an answer to a suspicion, a signature, its maximum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from patients.errors import FactRefused, StaleRevision
from patients.services import toxicity
from schedules.forms.events import DeclareForm, DisagreeForm, OnEventForm, RuleOutForm, SignResolvedForm
from schedules.selectors import event as selectors
from schedules.services import events
from schedules.views.event import done, page_of, refused_form


@require(Permission.RUN_RESPONSE)
@require_POST
def disagree(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    selectors.event_for(request.user, event_id)
    form = DisagreeForm(request.POST, center=request.user.center, at=at)
    if form.is_valid():
        try:
            toxicity.disagree(event_id=event_id, by=request.user, at=at, **form.cleaned_data)
        except FactRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return done(request, event_id, "Your disagreement is noted. The grade stays as it is.")
    return page_of(request, event_id, at, disagree_form=form)


@require(Permission.CONFIRM_GRADE)
@require_POST
def declare(request: StaffRequest, event_id: UUID) -> HttpResponse:
    return _answered(
        request, event_id, DeclareForm, events.declare, "declare_form", "This is an open CRS event now."
    )


@require(Permission.CONFIRM_GRADE)
@require_POST
def rule_out(request: StaffRequest, event_id: UUID) -> HttpResponse:
    sentence = "Recorded as not CRS. A new sign opens it again."
    return _answered(request, event_id, RuleOutForm, events.rule_out, "rule_out_form", sentence)


@require(Permission.SIGN_RESOLUTION)
@require_POST
def resolve(request: StaffRequest, event_id: UUID) -> HttpResponse:
    sentence = "Signed as resolved."
    return _answered(request, event_id, SignResolvedForm, events.sign_resolved, "resolved_form", sentence)


@require(Permission.CONFIRM_GRADE)
@require_POST
def maximum(request: StaffRequest, event_id: UUID) -> HttpResponse:
    sentence = "The maximum grade is confirmed."
    return _answered(request, event_id, OnEventForm, events.confirm_maximum, "maximum_form", sentence)


def _answered(
    request: StaffRequest,
    event_id: UUID,
    form_class: type[OnEventForm],
    act: Callable[..., Any],
    name: str,
    sentence: str,
) -> HttpResponse:
    """One act on the event as it was seen; refused, the page comes back with what is true now."""
    at = clock.now()
    row = selectors.event_for(request.user, event_id)
    form = form_class(request.POST, event=row, center=request.user.center, at=at)
    if form.is_valid():
        given = dict(form.cleaned_data)
        given["seen_revision"] = given.pop("revision")
        try:
            act(event_id=event_id, by=request.user, at=at, **given)
        except (FactRefused, StaleRevision) as refused:
            form = refused_form(form, refused, row)
        else:
            return done(request, event_id, sentence)
    return page_of(request, event_id, at, **{name: form})
