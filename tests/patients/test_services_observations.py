"""A set of vital signs becomes a row and comes back as it was typed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Observation, Patient
from patients.models.observation import as_typed
from patients.services import observations
from patients.services.observations import CLOCK_SKEW, ReadingContext
from protocols.rules.values import (
    Consciousness,
    IceScore,
    Motor,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    RaisedPressure,
    Seizure,
    Temperature,
    TemperatureUnit,
    Toxicity,
    VitalSigns,
)
from tests.factories import AT, ObservationFactory, PatientFactory
from tests.ward import vitals

WHOLE = VitalSigns(
    temperature=Temperature(Decimal("101.1"), TemperatureUnit.FAHRENHEIT),
    systolic=86,
    diastolic=50,
    heart_rate=118,
    respiratory_rate=24,
    spo2=89,
    hypotension=True,
    hypoxia=False,
    oxygen=Oxygen(OxygenDevice.NASAL_CANNULA, Decimal("2.5"), OxygenReason.PROCEDURE),
    vasopressors=("norepinephrine", "vasopressin"),
    ice=IceScore(year=True, month=False, city=None, hospital=True, objects=2, command=True, sentence=False),
    consciousness=Consciousness.AWAKENS_TO_VOICE,
    seizure=Seizure.BRIEF,
    motor=Motor.FOCAL_WEAKNESS,
    raised_pressure=RaisedPressure.PAPILLEDEMA,
    symptoms=("confusion", "headache"),
    died_of=Toxicity.CRS,
)


def record(patient: Patient, **changes: Any) -> Observation:
    facts: dict[str, Any] = {
        "patient": patient,
        "vitals": vitals(),
        "context": ReadingContext(),
        "taken_at": AT,
        "client_key": uuid4(),
        "by": patient.registered_by,
        "at": AT,
    }
    with transaction.atomic():
        return observations.record(**(facts | changes))


@pytest.fixture
def patient(db: None) -> Patient:
    return PatientFactory()


@pytest.mark.parametrize("read", [WHOLE, VitalSigns(), vitals(), VitalSigns(ice=IceScore(total=7))])
def test_every_sign_comes_back_as_it_was_read(patient: Patient, read: VitalSigns) -> None:
    row = record(patient, vitals=read)
    assert row.vitals() == read
    assert Observation.objects.get().vitals() == read


def test_a_sign_that_was_not_measured_is_not_normal(patient: Patient) -> None:
    record(patient, vitals=VitalSigns(temperature=Temperature(Decimal("37.0"))))
    read = Observation.objects.get().vitals()
    assert (read.systolic, read.oxygen, read.ice, read.consciousness) == (None, None, None, None)


@given(st.decimals(min_value="30", max_value="45", places=2))
def test_a_temperature_never_changes_its_value_or_loses_its_decimal(read: Decimal) -> None:
    shown = as_typed(read)
    assert shown == read
    assert -2 <= int(shown.as_tuple().exponent) <= -1
    assert (int(shown.as_tuple().exponent) == -2) == (read * 10 != int(read * 10))


def test_what_surrounds_a_reading_is_kept(patient: Patient) -> None:
    context = ReadingContext(
        location="home",
        reported_by="caregiver",
        not_measured={"spo2": "no oximeter at home"},
        note="called at 14:20",
        is_baseline=True,
    )
    record(patient, context=context)
    row = Observation.objects.get()
    assert (row.location, row.reported_by, row.note) == ("home", "caregiver", "called at 14:20")
    assert (row.not_measured, row.is_baseline) == ({"spo2": "no oximeter at home"}, True)
    assert (row.recorded_by, row.center_id) == (patient.registered_by, patient.center_id)


def test_a_phone_s_clock_may_run_a_little_ahead(patient: Patient) -> None:
    assert record(patient, taken_at=AT + CLOCK_SKEW)
    with pytest.raises(FactRefused) as refused:
        record(patient, taken_at=AT + CLOCK_SKEW + timedelta(seconds=1))
    assert (refused.value.field, refused.value.sentence) == (
        "taken_at",
        "This time lies in the future. Write when the readings were taken.",
    )


def test_the_same_submission_is_one_row(patient: Patient) -> None:
    key = uuid4()
    row = record(patient, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        record(patient, client_key=key, vitals=vitals("39.0"))
    assert again.value.row == row
    assert Observation.objects.get().temperature == Decimal("36.8")


def test_another_breach_of_the_table_is_not_taken_for_a_repeat(patient: Patient) -> None:
    with pytest.raises(IntegrityError):
        record(patient, amends=record(patient), amend_reason="")


def test_a_row_is_never_changed(patient: Patient) -> None:
    row = record(patient)
    for change in (lambda: Observation.objects.update(spo2=99), row.delete):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()


def test_current_is_what_nobody_corrected(patient: Patient) -> None:
    first = record(patient)
    second = record(patient, amends=first, amend_reason="typed wrongly")
    third = record(patient, amends=second, amend_reason="once more")
    assert list(Observation.objects.current()) == [third]


def test_the_factory_makes_an_unremarkable_reading(db: None) -> None:
    read = ObservationFactory().vitals()
    assert (read.temperature, read.ice and read.ice.score) == (Temperature(Decimal("36.8")), 10)
