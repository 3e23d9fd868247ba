"""What stands around every bedside page of a patient: banner, strip, second navigation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseRedirect
from django.urls import reverse

from dosing_portal.kernel.http import StaffRequest
from patients import selectors as people
from schedules.selectors.heads import Head


def around(request: StaffRequest, head: Head, here: str = "Vitals") -> dict[str, Any]:
    """The context that ``base.html`` and its banner need; ``here`` names the current place."""
    return {
        "patient": head.banner,
        "strip": head.strip,
        "patient_id": head.patient.pk,
        "places": people.places(request.user, head.patient.pk, here),
    }


def to_patient(patient_id: UUID) -> HttpResponseRedirect:
    """On to the patient's page, after something was saved."""
    return HttpResponseRedirect(reverse("schedules:patient", args=[patient_id]))
