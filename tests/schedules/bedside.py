"""What a browser sends from the bedside pages, and how an answer reads."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.urls import reverse

from patients.models import Patient
from schedules.forms.vocabulary import ICE


def text(response: Any) -> str:
    """The page in one line, without runs of blanks; a number and its unit as they are typed."""
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def typed(**answers: Any) -> dict[str, Any]:
    """A whole, unremarkable set of answers; ``None`` leaves one out."""
    whole: dict[str, Any] = {
        "client_key": str(uuid4()),
        "save": "yes",
        "temperature": "36.8",
        "systolic": "124",
        "diastolic": "76",
        "spo2": "97",
        "heart_rate": "78",
        "respiratory_rate": "14",
        "attested": "yes",
        "ice": [name for name, _ in ICE],
        "neurologic": "none",
        "location": "home",
        "when": "now",
    }
    return {name: value for name, value in (whole | answers).items() if value is not None}


def url(name: str, patient: Patient, *more: Any) -> str:
    return reverse(f"schedules:{name}", args=[patient.pk, *more])
