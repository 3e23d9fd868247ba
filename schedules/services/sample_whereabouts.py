"""Where the invented patients of the sample center are, who was called, and to whom one was handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from patients.models import Call, Patient, Place
from patients.services import hand_offs
from patients.services.calls import Told
from patients.services.hand_offs import Given
from patients.services.whereabouts import Said
from schedules.services import calls, whereabouts
from schedules.services.stories import Cast

SITE = "Northfield General"


def tell(patient: Patient, cast: Cast, at: datetime) -> None:
    """Tell the moves of one patient, if there are any; ``at`` is the present of the sample center."""
    told = TOLD.get(patient.mrn)
    if told is not None:
        told(patient, cast, at)


def _move(patient: Patient, cast: Cast, when: datetime, said: Said) -> None:
    about: dict[str, Any] = {"client_key": uuid4(), "by": cast.nurse, "at": when}
    whereabouts.move(patient_id=patient.pk, said=said, since=when, **about)


def _call(patient: Patient, cast: Cast, when: datetime, told: Told) -> None:
    about: dict[str, Any] = {"client_key": uuid4(), "by": cast.nurse, "at": when}
    calls.log(patient_id=patient.pk, told=told, called_at=when, **about)


def _handed_over(patient: Patient, cast: Cast, at: datetime) -> None:
    """In the emergency department since 14 minutes, handed over and accepted by nobody yet."""

    def ago(minutes: int) -> datetime:
        return at - timedelta(minutes=minutes)

    reached = Told(Call.Party.CAREGIVER, Call.Outcome.REACHED, name="Tom SAMPLE", phone="555-0171")
    _move(patient, cast, ago(101 * 60), Said(Place.HOME))
    _call(patient, cast, ago(37), reached)
    _move(
        patient,
        cast,
        ago(34),
        Said(
            Place.ON_THE_WAY,
            facility=SITE,
            destination=Place.EMERGENCY,
            expected_at=ago(16),
            with_whom="Tom SAMPLE, not driving",
        ),
    )
    _move(patient, cast, ago(14), Said(Place.EMERGENCY, facility=f"{SITE}, bay 2"))
    given = Given("Dr. R. Lee, emergency physician", SITE, "555-0199")
    about: dict[str, Any] = {"client_key": uuid4(), "by": cast.nurse, "at": ago(8)}
    hand_offs.give(patient_id=patient.pk, given=given, given_at=ago(8), **about)


def _on_the_way(patient: Patient, cast: Cast, at: datetime) -> None:
    """Nobody answered the first call; the daughter did, and drives. Expected in 20 minutes."""
    told = Told(Call.Party.PATIENT, Call.Outcome.NO_ANSWER, name=str(patient), phone=patient.phone)
    reached = Told(Call.Party.CAREGIVER, Call.Outcome.REACHED, name="Lina PLACEHOLDER", phone="555-0175")
    _call(patient, cast, at - timedelta(minutes=12), told)
    _call(patient, cast, at - timedelta(minutes=9), reached)
    _move(
        patient,
        cast,
        at - timedelta(minutes=5),
        Said(
            Place.ON_THE_WAY,
            facility=SITE,
            destination=Place.EMERGENCY,
            expected_at=at + timedelta(minutes=20),
            with_whom="Lina PLACEHOLDER, not driving",
        ),
    )


TOLD: dict[str, Callable[[Patient, Cast, datetime], None]] = {
    "TEST-00417": _handed_over,
    "TEST-00409": _on_the_way,
}
