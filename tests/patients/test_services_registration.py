"""Facts about a person, stored whole or not at all, whoever else is at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import Contact, Patient, WeightMeasurement
from patients.services import registration
from patients.services.registration import NewContact, NewWeight, PersonFacts
from tests.factories import AT, PatientFactory, StaffFactory

pytestmark = pytest.mark.django_db
FACTS = PersonFacts(
    mrn="TEST-00999",
    family_name="Example",
    given_name="Daniel",
    birth_date=date(1963, 4, 2),
    sex="male",
    allergy_status="none_known",
    allergies="",
    code_status="full",
)
WEIGHT = NewWeight(Decimal("158.5"), "lb", AT.date())


def test_a_person_a_weight_and_a_contact_are_one_transaction() -> None:
    nurse = StaffFactory()
    tomorrow = replace(WEIGHT, measured_on=AT.date() + timedelta(days=1))
    with pytest.raises(FactRefused) as refused:
        registration.register(facts=FACTS, weight=tomorrow, by=nurse, at=AT)
    assert refused.value.field == "weight_on"
    assert not Patient.objects.filter(mrn=FACTS.mrn).exists()
    assert not AuditEntry.objects.exists()


def test_every_fact_of_a_registration_is_audited() -> None:
    nurse = StaffFactory()
    contact = NewContact("caregiver", "Tom", "husband", "555-0171")
    patient = registration.register(facts=FACTS, weight=WEIGHT, contact=contact, by=nurse, at=AT)
    actions = AuditEntry.objects.filter(patient_id=patient.pk).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["patient.register", "patient.weigh", "patient.add_contact"]
    assert WeightMeasurement.objects.get().kg == Decimal("71.89")


def test_of_two_registrations_at_once_the_second_is_told_about_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nurse = StaffFactory()
    PatientFactory(center=nurse.center, mrn="test-00999", family_name="First")
    looks = iter([lambda *_: None, registration._refuse_used_mrn])

    def look(mrn: str, by: Staff) -> None:
        next(looks)(mrn, by)

    monkeypatch.setattr(registration, "_refuse_used_mrn", look)
    with pytest.raises(FactRefused, match="FIRST, Ruth is registered with this MRN"):
        registration.register(facts=FACTS, by=nurse, at=AT)


def test_a_change_is_refused_when_what_was_seen_no_longer_stands() -> None:
    patient = PatientFactory()
    seen = registration.facts_of(patient)
    Patient.objects.filter(pk=patient.pk).update(phone="555-0177")
    with pytest.raises(StaleRevision):
        registration.change(
            patient_id=patient.pk,
            facts=replace(seen, phone="555-0188"),
            seen=seen,
            by=patient.registered_by,
            at=AT,
        )


def test_a_person_of_another_center_cannot_be_touched() -> None:
    patient, stranger = PatientFactory(), StaffFactory()
    with pytest.raises(Patient.DoesNotExist):
        registration.record_weight(
            patient_id=patient.pk, value=Decimal(70), unit="kg", measured_on=AT.date(), by=stranger, at=AT
        )
    with pytest.raises(Patient.DoesNotExist):
        registration.add_contact(
            patient_id=patient.pk,
            kind="family",
            name="Ann",
            relation="",
            phone="555-0161",
            by=stranger,
            at=AT,
        )
    assert not Contact.objects.exists()


def test_the_newest_weight_sent_again_stays_one_row_and_an_older_one_is_new() -> None:
    patient = PatientFactory()
    for kg in ("70", "70", "71", "70"):
        registration.record_weight(
            patient_id=patient.pk,
            value=Decimal(kg),
            unit="kg",
            measured_on=AT.date(),
            by=patient.registered_by,
            at=AT,
        )
    assert WeightMeasurement.objects.count() == 3
