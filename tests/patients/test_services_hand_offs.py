"""A patient handed over is ours until somebody there accepts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import HandOff, Patient
from patients.services import hand_offs
from patients.services.hand_offs import Given
from tests.factories import (
    AT,
    CenterFactory,
    HandOffFactory,
    PatientFactory,
    StaffFactory,
    ToxicityEventFactory,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def nurse() -> Staff:
    return StaffFactory(name="N. Brandt RN")


@pytest.fixture
def handed(nurse: Staff) -> HandOff:
    return HandOffFactory(patient__center=nurse.center, given_by=nurse)


def give(nurse: Staff, patient: Patient, **changes: Any) -> HandOff:
    facts: dict[str, Any] = {
        "patient_id": patient.pk,
        "given": Given("Dr. Lee, emergency", "Northfield General", "555-0199"),
        "given_at": AT,
        "client_key": uuid4(),
        "by": nurse,
        "at": AT,
    }
    return hand_offs.give(**(facts | changes))


def accept(row: HandOff, by: Staff, name: str = "Dr. Lee", minutes: int = 5, **changes: Any) -> HandOff:
    when = AT + minutes * MINUTE
    facts: dict[str, Any] = {"hand_off_id": row.pk, "name": name, "accepted_at": when, "by": by}
    return hand_offs.accept(**(facts | {"at": AT + 10 * MINUTE} | changes))


def refuse(row: HandOff, by: Staff, reason: str = "no bed") -> HandOff:
    return hand_offs.refuse(
        hand_off_id=row.pk, name="Dr. Lee", reason=reason, refused_at=AT + MINUTE, by=by, at=AT + MINUTE
    )


def test_handing_over_is_kept_with_the_event_and_audited(nurse: Staff) -> None:
    event = ToxicityEventFactory(patient__center=nurse.center)
    row = give(nurse, event.patient)
    assert (row.event, row.accepted_at, row.given_by) == (event, None, nurse)
    assert AuditEntry.objects.get(action="hand_off.give").patient_id == event.patient.pk


def test_accepting_names_who_accepted_and_who_wrote_it_down(handed: HandOff, nurse: Staff) -> None:
    row = accept(handed, nurse)
    assert (row.accepted_name, row.accepted_at, row.accepted_by) == ("Dr. Lee", AT + 5 * MINUTE, nurse)
    assert AuditEntry.objects.get(action="hand_off.accept").after["accepted_name"] == "Dr. Lee"


def test_the_first_acceptance_stands_and_the_second_person_is_told(handed: HandOff, nurse: Staff) -> None:
    accept(handed, nurse)
    with pytest.raises(FactRefused) as refused:
        accept(handed, StaffFactory(center=nurse.center), name="Dr. Kim")
    assert refused.value.sentence == "N. Brandt RN wrote that Dr. Lee accepted at 14:37. That stands."
    handed.refresh_from_db()
    assert handed.accepted_name == "Dr. Lee"


def test_the_same_answer_again_is_the_same_fact(handed: HandOff, nurse: Staff) -> None:
    accept(handed, nurse)
    accept(handed, nurse, minutes=7)
    assert AuditEntry.objects.filter(action="hand_off.accept").count() == 1


def test_a_refusal_keeps_who_and_why_and_leaves_the_patient_ours(handed: HandOff, nurse: Staff) -> None:
    row = refuse(handed, nurse)
    assert (row.refused_name, row.refused_reason, row.accepted_at) == ("Dr. Lee", "no bed", None)
    with pytest.raises(FactRefused, match="Hand over again"):
        accept(handed, nurse)


def test_a_refusal_needs_a_reason(handed: HandOff, nurse: Staff) -> None:
    with pytest.raises(FactRefused) as refused:
        refuse(handed, nurse, reason=" ")
    assert refused.value.field == "refused_reason"


def test_an_accepted_patient_cannot_be_refused_any_more(handed: HandOff, nurse: Staff) -> None:
    accept(handed, nurse)
    with pytest.raises(FactRefused, match="That stands"):
        refuse(handed, nurse)


@pytest.mark.parametrize(
    ("name", "minutes", "field"),
    [(" ", 5, "accepted_name"), ("Dr. Lee", 16, "answered_at"), ("Dr. Lee", -1, "answered_at")],
    ids=str,
)
def test_an_impossible_acceptance_is_refused(
    handed: HandOff, nurse: Staff, name: str, minutes: int, field: str
) -> None:
    with pytest.raises(FactRefused) as refused:
        accept(handed, nurse, name=name, minutes=minutes)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"given": Given(" ")}, "to_whom"), ({"given_at": AT + 6 * MINUTE}, "given_at")],
    ids=["nobody", "ahead"],
)
def test_an_impossible_hand_off_is_refused(nurse: Staff, changes: dict[str, Any], field: str) -> None:
    patient = PatientFactory(center=nurse.center)
    with pytest.raises(FactRefused) as refused:
        give(nurse, patient, **changes)
    assert refused.value.field == field
    assert not HandOff.objects.exists()


def test_a_double_click_is_one_hand_off(nurse: Staff) -> None:
    patient, key = PatientFactory(center=nurse.center), uuid4()
    row = give(nurse, patient, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        give(nurse, patient, client_key=key)
    assert (again.value.row, HandOff.objects.count()) == (row, 1)


def test_another_center_neither_gives_nor_accepts(handed: HandOff) -> None:
    stranger = StaffFactory(center=CenterFactory())
    with pytest.raises(Patient.DoesNotExist):
        give(stranger, handed.patient)
    with pytest.raises(HandOff.DoesNotExist):
        accept(handed, stranger)
