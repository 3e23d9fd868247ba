"""Register a person, and keep what is known of her."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import FactRefused, StaleRevision
from patients.facts import NewContact, NewWeight, PersonFacts
from patients.models import Contact, Patient, WeightMeasurement
from patients.services import registration
from patients.services.registration import facts_of, kilograms
from tests.factories import AT, ContactFactory, PatientFactory, StaffFactory
from tests.threads import at_once

TODAY = date(2026, 11, 19)
FACTS = PersonFacts(
    mrn="TEST-00417",
    family_name="Sample",
    given_name="Ruth",
    birth_date=date(1959, 3, 8),
    sex="female",
    allergy_status="none_known",
    allergies="",
    code_status="full",
)


@pytest.fixture
def nurse(db: None) -> Staff:
    return StaffFactory()


def register(nurse: Staff, **changes: Any) -> Patient:
    facts: dict[str, Any] = {"facts": FACTS, "by": nurse, "at": AT}
    return registration.register(**(facts | changes))


# --- register ---------------------------------------------------------------------------------------------


def test_a_person_is_registered_at_the_nurse_s_center(nurse: Staff) -> None:
    patient = register(nurse)
    assert facts_of(patient) == FACTS
    assert (patient.center, patient.registered_by, patient.registered_at) == (nurse.center, nurse, AT)
    entry = AuditEntry.objects.get(action="patient.register")
    assert (entry.patient_id, entry.after["mrn"]) == (patient.pk, "TEST-00417")


def test_weight_and_a_person_to_call_come_with_it(nurse: Staff) -> None:
    patient = register(
        nurse,
        weight=NewWeight(Decimal("159.6"), "lb", TODAY),
        contact=NewContact("caregiver", "Tom Sample", "husband", "555-0171"),
    )
    weight = patient.weights.get()
    assert (weight.kg, weight.typed_value, weight.typed_unit) == (Decimal("72.39"), Decimal("159.60"), "lb")
    assert str(patient.contacts.get()) == "Tom Sample 555-0171"


def test_no_known_allergies_is_not_the_same_as_not_recorded(nurse: Staff) -> None:
    register(nurse)
    register(nurse, facts=replace(FACTS, mrn="TEST-2", allergy_status="not_recorded"))
    assert set(Patient.objects.values_list("allergy_status", flat=True)) == {"none_known", "not_recorded"}


@pytest.mark.parametrize("mrn", ["TEST-00417", "test-00417"])
def test_an_mrn_is_used_once_in_a_center(nurse: Staff, mrn: str) -> None:
    register(nurse)
    with pytest.raises(FactRefused, match="SAMPLE, Ruth is registered with this MRN") as refused:
        register(nurse, facts=replace(FACTS, mrn=mrn))
    assert refused.value.field == "mrn"
    assert register(StaffFactory()).mrn == "TEST-00417"


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_is_one_person() -> None:
    nurse = StaffFactory()
    answers = at_once(*[lambda: register(nurse)] * 2)
    assert sum(isinstance(answer, FactRefused) for answer in answers) == 1
    assert Patient.objects.count() == 1


def test_the_center_s_day_counts_for_a_birth_date(nurse: Staff) -> None:
    assert register(nurse, facts=replace(FACTS, birth_date=TODAY))
    with pytest.raises(FactRefused) as refused:
        register(nurse, facts=replace(FACTS, mrn="TEST-2", birth_date=TODAY + timedelta(days=1)))
    assert refused.value.field == "birth_date"


def test_a_wrong_weight_leaves_nobody_registered(nurse: Staff) -> None:
    with pytest.raises(FactRefused) as refused:
        register(nurse, weight=NewWeight(Decimal(72), "kg", TODAY + timedelta(days=1)))
    assert refused.value.field == "weight_on"
    assert not Patient.objects.exists()


# --- change -----------------------------------------------------------------------------------------------


def test_a_change_keeps_what_stood_before_in_the_audit(nurse: Staff) -> None:
    patient = register(nurse)
    known = replace(FACTS, allergy_status="known", allergies="penicillin")
    registration.change(patient_id=patient.pk, facts=known, seen=FACTS, by=nurse, at=AT)
    patient.refresh_from_db()
    entry = AuditEntry.objects.get(action="patient.change")
    assert patient.allergies == "penicillin"
    assert (entry.before["allergy_status"], entry.after["allergy_status"]) == ("none_known", "known")


def test_an_old_page_changes_nothing(nurse: Staff) -> None:
    patient = register(nurse)
    newer = replace(FACTS, phone="555-0199")
    registration.change(patient_id=patient.pk, facts=newer, seen=FACTS, by=nurse, at=AT)
    with pytest.raises(StaleRevision):
        registration.change(patient_id=patient.pk, facts=FACTS, seen=FACTS, by=nurse, at=AT)
    patient.refresh_from_db()
    assert patient.phone == "555-0199"


def test_another_person_s_mrn_is_refused(nurse: Staff) -> None:
    PatientFactory(center=nurse.center, mrn="TEST-9")
    patient = register(nurse)
    with pytest.raises(FactRefused) as refused:
        registration.change(
            patient_id=patient.pk, facts=replace(FACTS, mrn="test-9"), seen=FACTS, by=nurse, at=AT
        )
    assert refused.value.field == "mrn"


# --- weight and people ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "unit", "kg"), [("72.4", "kg", "72.40"), ("159.6", "lb", "72.39"), ("100", "lb", "45.36")]
)
def test_pounds_become_kilograms_to_ten_grams(typed: str, unit: str, kg: str) -> None:
    assert str(kilograms(Decimal(typed), unit)) == kg


def weigh(patient: Patient, by: Staff, kg: str, day: date = TODAY) -> WeightMeasurement:
    return registration.record_weight(
        patient_id=patient.pk, value=Decimal(kg), unit="kg", measured_on=day, by=by, at=AT
    )


def test_every_weight_is_kept_and_the_newest_day_comes_first(nurse: Staff) -> None:
    patient = register(nurse)
    for kg, day in (("72.4", TODAY), ("74.0", TODAY - timedelta(days=30))):
        weigh(patient, nurse, kg, day)
    assert [str(weight) for weight in patient.weights.all()] == ["72.4 kg", "74 kg"]
    assert AuditEntry.objects.filter(action="patient.weigh").count() == 2


def test_the_newest_weight_sent_again_is_one_row(nurse: Staff) -> None:
    patient = register(nurse)
    assert weigh(patient, nurse, "72.4") == weigh(patient, nurse, "72.4")
    assert weigh(patient, nurse, "72.5") != weigh(patient, nurse, "72.4")
    assert patient.weights.count() == 3


def test_a_weight_of_tomorrow_is_refused(nurse: Staff) -> None:
    with pytest.raises(FactRefused) as refused:
        weigh(register(nurse), nurse, "72.4", TODAY + timedelta(days=1))
    assert refused.value.field == "weight_on"


def test_the_same_person_to_call_is_added_once_and_ended_once(nurse: Staff) -> None:
    patient = register(nurse)
    facts = {"kind": "caregiver", "name": "Tom Sample", "relation": "husband", "phone": "555-0171"}
    first, second = (
        registration.add_contact(patient_id=patient.pk, by=nurse, at=AT, **facts) for _ in range(2)
    )
    assert first == second
    for minutes in (0, 5):
        registration.end_contact(contact_id=first.pk, by=nurse, at=AT + timedelta(minutes=minutes))
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (AT, nurse)
    again = registration.add_contact(patient_id=patient.pk, by=nurse, at=AT, **facts)
    assert again.pk != first.pk


def test_nobody_of_another_center_is_touched(nurse: Staff) -> None:
    elsewhere: Contact = ContactFactory()
    with pytest.raises(Contact.DoesNotExist):
        registration.end_contact(contact_id=elsewhere.pk, by=nurse, at=AT)
    with pytest.raises(Patient.DoesNotExist):
        weigh(elsewhere.patient, nurse, "72.4")
    with pytest.raises(Patient.DoesNotExist):
        registration.change(patient_id=elsewhere.patient_id, facts=FACTS, seen=FACTS, by=nurse, at=AT)
