"""Visits: how the late and drug-specific signs stand before the next dose, and a new review of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, may, require
from patients.errors import AlreadyRecorded, FactRefused
from schedules.errors import NoProtocol
from schedules.forms.visits import VisitForm
from schedules.selectors import visits as selectors
from schedules.selectors import vitals
from schedules.selectors.heads import Head, head_for
from schedules.services import visits
from schedules.views import visit_words as words
from schedules.views.around import around

REFUSED = 422
FIELD_OF_FACT = {"asked_at": "taken_time"}


@require(Permission.VIEW_PATIENT)
@require_safe
def overview(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    spec = vitals.judging(head)
    context = {
        **around(request, head, "Visits"),
        "items": words.item_rows(selectors.standings(head, spec)),
        "reviews": words.review_rows(selectors.reviews(patient_id), spec),
        "weight": words.weight_words(selectors.weight_since(patient_id, request.user.center)),
        "may_review": may(request.user, Permission.REVIEW_VISIT),
    }
    return render(request, "schedules/visits.html", context)


@require(Permission.REVIEW_VISIT)
@require_http_methods(["GET", "POST"])
def new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    head = head_for(request.user, patient_id, clock.now())
    form = _form(request, head)
    if form.is_valid():
        try:
            row = visits.review(
                patient_id=patient_id,
                visit=form.visit(),
                asked_at=form.taken_at,
                client_key=form.key,
                by=request.user,
                at=form.at,
            )
        except AlreadyRecorded as again:
            return _saved(request, again.row)
        except FactRefused as refused:
            form.add_error(FIELD_OF_FACT.get(refused.field), refused.sentence)
        except NoProtocol as missing:
            form.add_error(None, f"{missing} Nobody would be told of a late sign.")
        else:
            return _saved(request, row)
    standings = selectors.standings(head, vitals.judging(head))
    context = {
        **around(request, head, "Visits"),
        "form": form,
        "rows": tuple(form.rows()),
        "before": words.item_rows(standings),
        "weight": words.weight_words(selectors.weight_since(patient_id, request.user.center)),
    }
    return render(request, "schedules/visit_new.html", context, status=REFUSED if form.errors else 200)


def _form(request: StaffRequest, head: Head) -> VisitForm:
    regimen = selectors.regimen_of(head)
    return VisitForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=clock.now(),
        born=head.patient.birth_date,
        items=selectors.items_of(vitals.judging(head), regimen),
        regimen=regimen,
    )


def _saved(request: StaffRequest, row: Any) -> HttpResponse:
    messages.success(request, "The review is saved.", extra_tags="done")
    return HttpResponseRedirect(reverse("schedules:visits", args=[row.patient_id]))
