"""A weight with its day and unit, and the people to call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import Contact, WeightMeasurement
from tests.factories import AT, ContactFactory, PatientFactory, WeightMeasurementFactory
from tests.schedules.bedside import text
from tests.ward import Ward

pytestmark = pytest.mark.django_db


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


def weigh(client: Client, ward: Ward, **answers: Any) -> Any:
    facts = {"weight": "72.4", "weight_unit": "kg", "weight_on": "today", **answers}
    return client.post(f"/patients/{ward.patient.pk}/weights/new/", facts)


# --- weight -----------------------------------------------------------------------------------------------


def test_a_weight_is_kept_as_typed_and_in_kilograms(client: Client, ward: Ward) -> None:
    response = weigh(client, ward, weight="158,5", weight_unit="lb", weight_on="18-Nov-2026")
    assert response["Location"] == f"/patients/{ward.patient.pk}/"
    weight = WeightMeasurement.objects.get()
    assert (weight.kg, weight.typed_value, weight.typed_unit) == (Decimal("71.89"), Decimal("158.5"), "lb")
    assert weight.measured_on == (AT - timedelta(days=1)).date()
    assert AuditEntry.objects.get(action="patient.weigh").after["typed"] == "158.5 lb"


def test_the_same_weight_sent_twice_is_one(client: Client, ward: Ward) -> None:
    weigh(client, ward)
    assert weigh(client, ward).status_code == 302
    assert WeightMeasurement.objects.count() == 1
    weigh(client, ward, weight="72.5")
    assert WeightMeasurement.objects.count() == 2


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"weight": "9"}, "Weight 9 kg is not possible. Write a value from 25 kg to 300 kg."),
        ({"weight": "abc"}, "Write a number, like 38.4"),
        ({"weight": ""}, "Answer this"),
        ({"weight_on": "20-Nov-2026"}, "The weight is dated in the future. Write the day it was measured."),
        ({"weight": "305"}, "305 kg is not possible. Is that 305 lb, which is 138.3 kg?"),
    ],
)
def test_a_refused_weight_says_how_to_repair_it(
    client: Client, ward: Ward, answers: dict[str, str], sentence: str
) -> None:
    refused = weigh(client, ward, **answers)
    assert refused.status_code == 422
    assert sentence in text(refused)
    assert not WeightMeasurement.objects.exists()


def test_a_weight_far_from_the_last_one_is_asked_about(client: Client, ward: Ward) -> None:
    WeightMeasurementFactory(
        patient=ward.patient, kg=Decimal("72.4"), measured_on=AT.date() - timedelta(days=7)
    )
    asked = weigh(client, ward, weight="61")
    assert asked.status_code == 422
    assert "Weight 61 kg is far from 72.40 kg last time. Check it, then confirm." in text(asked)
    assert weigh(client, ward, weight="61", confirmed="weight=61=kg").status_code == 302


def test_the_page_lists_what_is_on_record(client: Client, ward: Ward) -> None:
    WeightMeasurementFactory(patient=ward.patient, kg=Decimal("70.1"), recorded_by=ward.nurse)
    page = text(client.get(f"/patients/{ward.patient.pk}/weights/new/"))
    assert "70.1" in page
    assert "N. Brandt RN" in page


# --- people to call ---------------------------------------------------------------------------------------


def add(client: Client, ward: Ward, **answers: Any) -> Any:
    facts = {"kind": "caregiver", "name": "Tom", "relation": "husband", "contact_phone": "555-0171"}
    return client.post(f"/patients/{ward.patient.pk}/contacts/new/", facts | answers)


def test_a_person_to_call_stands_in_the_banner_as_caregiver(client: Client, ward: Ward) -> None:
    assert add(client, ward).status_code == 302
    ward.confirm()
    ward.start()
    assert "Tom, 555-0171" in text(client.get(f"/patients/{ward.patient.pk}/vitals/"))


def test_the_same_person_sent_twice_is_one(client: Client, ward: Ward) -> None:
    add(client, ward)
    add(client, ward)
    assert Contact.objects.count() == 1


def test_a_person_needs_kind_name_and_number(client: Client, ward: Ward) -> None:
    refused = add(client, ward, kind="", name="", contact_phone="")
    assert refused.status_code == 422
    assert "Not saved. 3 answers need you" in text(refused)


def test_an_ended_person_leaves_the_list_and_stays_on_record(client: Client, ward: Ward) -> None:
    contact = ContactFactory(patient=ward.patient, recorded_by=ward.nurse)
    address = f"/patients/{ward.patient.pk}/contacts/{contact.pk}/end/"
    for _ in range(2):
        assert client.post(address).status_code == 302
    contact.refresh_from_db()
    assert contact.ended_by == ward.nurse
    assert AuditEntry.objects.filter(action="patient.end_contact").count() == 1
    assert "Nobody to call is on record." in text(client.get(f"/patients/{ward.patient.pk}/contacts/new/"))


def test_another_center_s_people_are_not_found(client: Client, ward: Ward) -> None:
    stranger = ContactFactory()
    assert client.post(f"/patients/{stranger.patient_id}/contacts/{stranger.pk}/end/").status_code == 404
    assert client.post(f"/patients/{ward.patient.pk}/contacts/{stranger.pk}/end/").status_code == 404
    assert client.get(f"/patients/{PatientFactory().pk}/weights/new/").status_code == 404
    stranger.refresh_from_db()
    assert stranger.ended_at is None


def test_ending_is_a_post(client: Client, ward: Ward) -> None:
    contact = ContactFactory(patient=ward.patient, recorded_by=ward.nurse)
    assert client.get(f"/patients/{ward.patient.pk}/contacts/{contact.pk}/end/").status_code == 405
