"""What was given or taken becomes a row; a mistake is taken back by another row."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, Patient
from patients.services import interventions
from patients.services.interventions import Given
from patients.services.observations import CLOCK_SKEW
from protocols.rules.values import InterventionKind
from tests.factories import AT, PatientFactory

DEXAMETHASONE = Given(
    InterventionKind.DEXAMETHASONE,
    drug="dexamethasone",
    dose_mg=Decimal(10),
    route="IV",
    temperature_before=Decimal("38.6"),
    note="second dose",
)


def record(patient: Patient, **changes: Any) -> Intervention:
    facts: dict[str, Any] = {
        "patient": patient,
        "given": DEXAMETHASONE,
        "taken_at": AT,
        "client_key": uuid4(),
        "by": patient.registered_by,
        "at": AT,
    }
    with transaction.atomic():
        return interventions.record(**(facts | changes))


@pytest.fixture
def patient(db: None) -> Patient:
    return PatientFactory()


def test_it_keeps_what_how_much_and_when(patient: Patient) -> None:
    record(patient, taken_at=AT - timedelta(minutes=20))
    row = Intervention.objects.get()
    assert (row.kind, row.drug) == ("dexamethasone", "dexamethasone")
    assert (row.dose_mg, row.route) == (Decimal(10), "IV")
    assert (row.taken_at, row.recorded_at) == (AT - timedelta(minutes=20), AT)
    assert (row.temperature_before, row.note) == (Decimal("38.6"), "second dose")


def test_a_time_ahead_is_refused(patient: Patient) -> None:
    with pytest.raises(FactRefused) as refused:
        record(patient, taken_at=AT + CLOCK_SKEW + timedelta(seconds=1))
    assert refused.value.field == "taken_at"


def test_the_same_submission_is_one_row(patient: Patient) -> None:
    key = uuid4()
    row = record(patient, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        record(patient, client_key=key)
    assert again.value.row == row


def test_a_dose_of_nothing_is_refused_by_the_table(patient: Patient) -> None:
    with pytest.raises(IntegrityError):
        record(patient, given=Given(InterventionKind.ACETAMINOPHEN, dose_mg=Decimal(0)))


def test_what_was_never_given_is_not_current_and_stays_on_record(patient: Patient) -> None:
    wrong = record(patient)
    record(patient, amends=wrong, amend_reason="wrong patient", never_given=True)
    assert not Intervention.objects.current().exists()
    assert Intervention.objects.count() == 2
