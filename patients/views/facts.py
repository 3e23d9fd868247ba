"""People to call, added to a registered patient."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from patients import selectors
from patients.forms.contact import ContactForm
from patients.services import registration

REFUSED = 422


@require(Permission.REGISTER_PATIENT)
@require_http_methods(["GET", "POST"])
def add_contact(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    at = clock.now()
    person = selectors.person_for(request.user, patient_id)
    form = ContactForm(request.POST or None, center=request.user.center, at=at)
    if form.is_valid():
        typed = form.new_contact()
        contact = registration.add_contact(
            patient_id=patient_id,
            kind=typed.kind,
            name=typed.name,
            relation=typed.relation,
            phone=typed.phone,
            by=request.user,
            at=at,
        )
        return _saved(request, patient_id, f"{contact.name} is on the list of people to call.")
    context = {
        "form": form,
        "patient": person.banner(form.today),
        "patient_id": patient_id,
        "places": selectors.places(request.user, patient_id, "People"),
        "contacts": selectors.contacts(patient_id),
    }
    return render(request, "patients/contact_new.html", context, status=REFUSED if form.errors else 200)


@require(Permission.REGISTER_PATIENT)
@require_POST
def end_contact(request: StaffRequest, patient_id: UUID, contact_id: UUID) -> HttpResponse:
    contact = selectors.contact_for(request.user, patient_id, contact_id)
    registration.end_contact(contact_id=contact.pk, by=request.user, at=clock.now())
    messages.success(request, f"{contact.name} is no longer called.", extra_tags="done")
    return HttpResponseRedirect(reverse("patients:contact-new", args=[patient_id]))


def _saved(request: StaffRequest, patient_id: UUID, sentence: str) -> HttpResponse:
    messages.success(request, sentence, extra_tags="done")
    return HttpResponseRedirect(reverse("schedules:patient", args=[patient_id]))
