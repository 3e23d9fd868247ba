"""Register a patient, and change what is known of one."""

from __future__ import annotations

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
from patients import selectors
from patients.errors import FactRefused, StaleRevision
from patients.facts import PersonFacts
from patients.forms.person import EditForm, RegisterForm, token
from patients.services import registration

REFUSED = 422


@require(Permission.REGISTER_PATIENT)
@require_http_methods(["GET", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    center = request.user.center
    ranges = selectors.judgement_of(center.pk).ranges
    form = RegisterForm(request.POST or None, center=center, at=at, ranges=ranges)
    if form.is_valid():
        try:
            patient = registration.register(
                facts=form.facts(),
                weight=form.first_weight(),
                contact=form.caregiver(),
                by=request.user,
                at=at,
            )
        except FactRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, f"{patient} is registered.", extra_tags="done")
            return HttpResponseRedirect(reverse("schedules:patient", args=[patient.pk]))
    return _answer(request, "patients/patient_new.html", {"form": form})


@require(Permission.REGISTER_PATIENT)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    at = clock.now()
    person = selectors.person_for(request.user, patient_id)
    now = registration.facts_of(person.patient)
    initial = {**registration.columns(now), "seen": token(now)}
    form = EditForm(request.POST or None, center=request.user.center, at=at, initial=initial)
    if form.is_valid() and _changed(request, patient_id, form, now):
        messages.success(request, "The changes are saved.", extra_tags="done")
        return HttpResponseRedirect(reverse("schedules:patient", args=[patient_id]))
    context = {
        "form": form,
        "patient": person.banner(form.today),
        "contacts": selectors.contacts(patient_id),
        "patient_id": patient_id,
        "places": selectors.places(request.user, patient_id, "Details"),
    }
    return _answer(request, "patients/patient_edit.html", context)


def _changed(request: StaffRequest, patient_id: UUID, form: EditForm, now: PersonFacts) -> bool:
    """Save, or say on the form why not. What somebody else changed meanwhile is shown before it is lost."""
    if form.cleaned_data["seen"] != token(now):
        form.conflict(now)
        return False
    try:
        registration.change(patient_id=patient_id, facts=form.facts(), seen=now, by=request.user, at=form.at)
    except FactRefused as refused:
        form.add_error(refused.field, refused.sentence)
    except StaleRevision:
        form.conflict(registration.facts_of(selectors.patient_for(request.user, patient_id)))
    return not form.errors


def _answer(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    status = REFUSED if context["form"].errors else 200
    return render(request, template, context, status=status)
