"""Register a patient, change what is known: one MRN, three answers on allergies, nothing stored by half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import Contact, Patient, WeightMeasurement
from tests.factories import AT, PatientFactory, StaffFactory
from tests.schedules.bedside import text
from tests.ward import Ward

pytestmark = pytest.mark.django_db
NEW = "/patients/new/"


@pytest.fixture(autouse=True)
def thursday_afternoon() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def ward(client: Client) -> Ward:
    ward = Ward()
    ward.center_wide()
    client.force_login(ward.nurse)
    return ward


def person(**answers: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "mrn": "TEST-00999",
        "family_name": "Example",
        "given_name": "Daniel",
        "birth_date": "02-Apr-1963",
        "sex": "male",
        "allergy_status": "none_known",
        "code_status": "full",
    }
    return {name: value for name, value in (whole | answers).items() if value is not None}


def registered() -> Patient:
    return Patient.objects.get(mrn="TEST-00999")


# --- registering ------------------------------------------------------------------------------------------


def test_a_person_is_registered_and_the_next_page_is_the_patient(client: Client, ward: Ward) -> None:
    response = client.post(NEW, person())
    patient = registered()
    assert (response.status_code, response["Location"]) == (302, f"/patients/{patient.pk}/")
    assert (patient.family_name, patient.birth_date, patient.center) == (
        "Example",
        date(1963, 4, 2),
        ward.center,
    )
    assert patient.registered_by == ward.nurse
    assert AuditEntry.objects.get(action="patient.register").after["mrn"] == "TEST-00999"


def test_weight_and_caregiver_come_along_where_they_are_known(client: Client, ward: Ward) -> None:
    answers = {"weight": "72,4", "weight_unit": "kg", "weight_on": "today"}
    caregiver = {"name": "Tom Example", "contact_phone": "555-0171", "relation": "husband"}
    client.post(NEW, person(**answers, **caregiver))
    weight = WeightMeasurement.objects.get()
    assert (weight.kg, weight.typed_unit, weight.measured_on) == (Decimal("72.4"), "kg", date(2026, 11, 19))
    contact = Contact.objects.get()
    assert (contact.kind, contact.name, contact.phone) == ("caregiver", "Tom Example", "555-0171")


@pytest.mark.parametrize("mrn", ["TEST-00999", "test-00999", "  TEST-00999 "])
def test_an_mrn_in_use_is_told_with_the_name_and_nothing_is_stored(
    client: Client, ward: Ward, mrn: str
) -> None:
    PatientFactory(center=ward.center, mrn="TEST-00999", family_name="Other", given_name="Ann")
    refused = client.post(NEW, person(mrn=mrn, weight="72.4", weight_unit="kg", weight_on="today"))
    assert refused.status_code == 422
    assert "OTHER, Ann is registered with this MRN. Open that patient instead." in text(refused)
    assert 'value="Daniel"' in text(refused)
    assert not WeightMeasurement.objects.exists()


def test_the_same_mrn_at_another_center_is_no_clash(client: Client, ward: Ward) -> None:
    PatientFactory(mrn="TEST-00999")
    assert client.post(NEW, person()).status_code == 302


def test_the_same_form_sent_twice_makes_one_person(client: Client, ward: Ward) -> None:
    client.post(NEW, person())
    assert client.post(NEW, person()).status_code == 422
    assert Patient.objects.filter(mrn="TEST-00999").count() == 1


def test_allergies_have_three_answers_and_none_is_chosen_beforehand(client: Client, ward: Ward) -> None:
    page = text(client.get(NEW))
    assert all(words in page for words in ("Known allergies", "No known allergies", "Allergies not recorded"))
    assert 'name="allergy_status" value="none_known" checked' not in page
    refused = client.post(NEW, person(allergy_status=None))
    assert "Allergies: Answer this" in text(refused)
    client.post(NEW, person(allergy_status="not_recorded"))
    assert registered().allergy_status == "not_recorded"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"allergy_status": "known"}, "Write what the patient is allergic to, and the reaction"),
        ({"allergies": "penicillin"}, "Choose “Known allergies” above, or empty this line"),
        ({"birth_date": "20-Nov-2026"}, "The birth date lies in the future. Write it as 14-Mar-1959."),
        ({"birth_date": "02-Apr-1863"}, "02-Apr-1863 is too long ago. Check the year."),
        ({"birth_date": "02/04/1963"}, "Write the date as 19-Nov-2026"),
        ({"name": "Tom"}, "Write a phone number: a caregiver must be reached"),
        ({"contact_phone": "555-0171"}, "Write whose number this is"),
        ({"name": "Tom", "contact_phone": "home"}, "Write a phone number, like 555-0161"),
        ({"weight": "72.4", "weight_unit": "kg"}, "Say this too: a weight counts with its unit and its day"),
        ({"weight": "7,240", "weight_unit": "kg", "weight_on": "today"}, "Write it without the comma"),
        (
            {"weight": "72.4", "weight_unit": "kg", "weight_on": "20-Nov-2026"},
            "The weight is dated in the future.",
        ),
    ],
)
def test_each_refusal_says_how_to_repair_it_and_stores_nothing(
    client: Client, ward: Ward, answers: dict[str, str], sentence: str
) -> None:
    refused = client.post(NEW, person(**answers))
    assert refused.status_code == 422
    assert sentence in text(refused)
    assert not Patient.objects.filter(mrn="TEST-00999").exists()


def test_pounds_typed_as_kilograms_are_asked_about(client: Client, ward: Ward) -> None:
    answers = {"weight": "290", "weight_unit": "kg", "weight_on": "today"}
    asked = client.post(NEW, person(**answers))
    assert asked.status_code == 422
    assert "290 kg is unlikely. Is that 290 lb, which is 131.5 kg?" in text(asked)
    assert 'value="weight=290=lb">Yes, 290 lb</button>' in text(asked)
    client.post(NEW, person(**answers, confirmed="weight=290=lb"))
    weight = WeightMeasurement.objects.get()
    assert (weight.kg, weight.typed_value, weight.typed_unit) == (Decimal("131.54"), Decimal(290), "lb")


def test_an_unlikely_weight_is_kept_once_confirmed(client: Client, ward: Ward) -> None:
    answers = {"weight": "38", "weight_unit": "kg", "weight_on": "today"}
    assert "Weight 38 kg is unusual. Check it, then confirm." in text(client.post(NEW, person(**answers)))
    assert client.post(NEW, person(**answers, confirmed="weight=38=kg")).status_code == 302


def test_only_bedside_roles_register(client: Client, ward: Ward) -> None:
    for staff in (ward.pharmacist, ward.administrator):
        client.force_login(staff)
        assert client.post(NEW, person()).status_code == 403
    assert not Patient.objects.filter(mrn="TEST-00999").exists()


# --- changing ---------------------------------------------------------------------------------------------


def edit(patient: Patient) -> str:
    return f"/patients/{patient.pk}/edit/"


def opened(client: Client, patient: Patient) -> dict[str, Any]:
    """What the form holds when it is opened."""
    form = client.get(edit(patient)).context["form"]
    return {field.html_name: field.value() for field in form}


def test_a_change_is_saved_and_the_trail_keeps_what_stood(client: Client, ward: Ward) -> None:
    answers = opened(client, ward.patient) | {
        "allergy_status": "known",
        "allergies": "penicillin (rash)",
    }
    assert client.post(edit(ward.patient), answers).status_code == 302
    ward.patient.refresh_from_db()
    assert ward.patient.allergies == "penicillin (rash)"
    entry = AuditEntry.objects.get(action="patient.change")
    assert (entry.before["allergies"], entry.after["allergies"]) == ("", "penicillin (rash)")


def test_a_stale_form_shows_what_stands_and_saves_only_when_sent_again(client: Client, ward: Ward) -> None:
    answers = opened(client, ward.patient) | {"phone": "555-0188"}
    Patient.objects.filter(pk=ward.patient.pk).update(phone="555-0177")
    refused: Any = client.post(edit(ward.patient), answers)
    assert refused.status_code == 422
    page = text(refused)
    assert "Somebody changed this patient since you opened the page." in page
    assert "On record now: 555-0177. Save again to keep yours." in page
    assert 'value="555-0188"' in page
    ward.patient.refresh_from_db()
    assert ward.patient.phone == "555-0177"
    again = answers | {"seen": refused.context["form"]["seen"].value()}
    assert client.post(edit(ward.patient), again).status_code == 302
    ward.patient.refresh_from_db()
    assert ward.patient.phone == "555-0188"


def test_an_mrn_of_somebody_else_is_refused(client: Client, ward: Ward) -> None:
    PatientFactory(center=ward.center, mrn="TEST-07777")
    answers = opened(client, ward.patient) | {"mrn": "TEST-07777"}
    refused = client.post(edit(ward.patient), answers)
    assert "Another patient is registered with this MRN." in text(refused)


def test_another_center_s_patient_is_not_found(client: Client, ward: Ward) -> None:
    stranger = PatientFactory()
    assert client.get(edit(stranger)).status_code == 404
    assert client.post(edit(stranger), person()).status_code == 404


def test_a_pharmacist_cannot_open_the_form(client: Client, ward: Ward) -> None:
    client.force_login(StaffFactory(pharmacist=True, center=ward.center))
    assert client.get(edit(ward.patient)).status_code == 403
