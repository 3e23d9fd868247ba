"""A physician decides about the next dose after an event."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from patients import selectors as people
from patients.errors import AlreadyRecorded, StaleRevision
from schedules.errors import ActRefused
from schedules.forms.decisions import DecisionForm
from schedules.selectors import decisions as selectors
from schedules.selectors import event as events
from schedules.selectors.event import EventPage
from schedules.services import decisions
from schedules.views import decision_words as words

REFUSED = 422
CHANGED = "The event changed since you opened it. What it is now stands on this page."


@require(Permission.DECIDE_NEXT_DOSE)
@require_http_methods(["GET", "POST"])
def decide(request: StaffRequest, event_id: UUID) -> HttpResponse:
    at = clock.now()
    page = events.event_page(request.user, event_id, at)
    form = _form(request, page)
    if request.method == "POST" and form.is_valid():
        try:
            row = decisions.decide(
                event_id=event_id,
                chosen=form.chosen(),
                seen=form.seen_then(),
                client_key=form.key,
                by=request.user,
                at=at,
            )
        except (ActRefused, StaleRevision) as refused:
            page = events.event_page(request.user, event_id, at)
            form = _refused(request, page, form, refused)
        except AlreadyRecorded:
            return _done(event_id)
        else:
            sentence = words.signed_words(row.choice, row)
            messages.success(request, f"Signed: {sentence}.", extra_tags="done")
            return _done(event_id)
    return _page(request, page, form)


def _form(request: StaffRequest, page: EventPage) -> DecisionForm:
    return DecisionForm(
        request.POST if request.method == "POST" else None,
        found=selectors.lock_of(page.event),
        answer=page.next_dose,
        center=request.user.center,
        at=clock.now(),
    )


def _refused(
    request: StaffRequest, page: EventPage, typed: DecisionForm, refused: ActRefused | StaleRevision
) -> DecisionForm:
    """The form on the event as it stands now, with what was typed; the sentence beside its field."""
    found = selectors.lock_of(page.event)
    data = request.POST.copy()
    data["revision"], data["seen"] = str(page.event.revision), str(found.signed.id) if found.signed else ""
    form = DecisionForm(data, found=found, answer=page.next_dose, center=typed.center, at=typed.at)
    if isinstance(refused, ActRefused):
        form.refuse(refused.field, refused.sentence)
    else:
        form.refuse("", CHANGED)
    return form


def _done(event_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('schedules:event', args=[event_id])}#next-dose")


def _page(request: StaffRequest, page: EventPage, form: DecisionForm) -> HttpResponse:
    context = {
        "event": page.event,
        "head": page.head,
        "places": people.places(request.user, page.event.patient_id),
        **words.context_of(page, request.user, form.at, form),
        "form": form,
        "alone": True,
    }
    return render(request, "schedules/event_decide.html", context, status=REFUSED if form.errors else 200)
