"""Addresses of the sample center's people and what happened to them, by family name."""

from __future__ import annotations

from django.urls import reverse

from patients.models import Observation, Patient, ToxicityEvent
from schedules.links import page_token
from schedules.models import Alert, Page, PlannedDose


def of_patient(name: str, family_name: str) -> str:
    """A page of one patient."""
    return reverse(name, args=[Patient.objects.get(family_name=family_name).pk])


def outcome(family_name: str) -> str:
    """What the latest reading of a patient meant."""
    reading = Observation.objects.filter(patient__family_name=family_name).latest("taken_at")
    return reverse("schedules:vitals-outcome", args=[reading.patient_id, reading.pk])


def event(family_name: str) -> str:
    found = ToxicityEvent.objects.filter(patient__family_name=family_name).latest("opened_at")
    return reverse("schedules:event", args=[found.pk])


def hand_off(family_name: str, suffix: str = "") -> str:
    """The hand-off sheet of the patient's latest event."""
    return f"{event(family_name)}hand-off{suffix or '/'}"


def next_dose(family_name: str) -> str:
    planned = PlannedDose.objects.filter(
        course__patient__family_name=family_name, state=PlannedDose.State.PLANNED
    ).earliest("ordinal")
    return reverse("schedules:dose-administer", args=[planned.course_id, planned.ordinal])


def alert(family_name: str, state: str = Alert.State.OPEN) -> str:
    found = Alert.objects.filter(patient__family_name=family_name, state=state).latest("raised_at")
    return reverse("schedules:alert", args=[found.pk])


def answer(family_name: str, state: str = Alert.State.OPEN) -> str:
    """The link in a message about an alert of that state."""
    page = Page.objects.filter(alert__patient__family_name=family_name, alert__state=state).latest(
        "created_at"
    )
    return reverse("schedules:page-answer", args=[page_token(page.pk)])
