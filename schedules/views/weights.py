"""A weight: a fact of the patient that the next dose may wait for."""

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
from patients import selectors
from patients.errors import FactRefused
from patients.forms.weight import WeightForm
from schedules.services import weights

REFUSED = 422


@require(Permission.REGISTER_PATIENT)
@require_http_methods(["GET", "POST"])
def weigh(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    person = selectors.person_for(request.user, patient_id)
    form = _form(request, person)
    if form.is_valid() and _record(request, patient_id, form):
        return HttpResponseRedirect(reverse("schedules:patient", args=[patient_id]))
    context = {
        "form": form,
        "patient": person.banner(form.today),
        "patient_id": patient_id,
        "places": selectors.places(request.user, patient_id, "Weight"),
        "weights": selectors.weights(patient_id),
    }
    return render(request, "patients/weight_new.html", context, status=REFUSED if form.errors else 200)


def _form(request: StaffRequest, person: selectors.Person) -> WeightForm:
    center = request.user.center
    judgement = selectors.judgement_of(center.pk)
    return WeightForm(
        request.POST or None,
        center=center,
        at=clock.now(),
        ranges=judgement.ranges,
        previous_kg=person.weight_kg,
        change_percent=judgement.weight_change_percent,
    )


def _record(request: StaffRequest, patient_id: UUID, form: WeightForm) -> bool:
    typed = form.new_weight()
    try:
        weight = weights.record(
            patient_id=patient_id,
            value=typed.value,
            unit=typed.unit,
            measured_on=typed.measured_on,
            by=request.user,
            at=form.at,
        )
    except FactRefused as refused:
        form.add_error(refused.field, refused.sentence)
        return False
    messages.success(request, f"Weight {weight} is saved.", extra_tags="done")
    return True
