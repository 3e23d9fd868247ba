"""Find a patient by name or MRN, fifty a page, at the same price for any number."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.factories import AT, CourseStatusFactory, PatientFactory, StaffFactory
from tests.schedules.bedside import text
from tests.statements import statements
from tests.ward import Ward

pytestmark = pytest.mark.django_db
LIST = "/patients/"


@pytest.fixture(autouse=True)
def eight_hours_after_the_dose() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(hours=8), tick=False):
        yield


@pytest.fixture
def ward(client: Client) -> Ward:
    ward = Ward.dosed()
    client.force_login(ward.nurse)
    return ward


def crowd(ward: Ward, number: int) -> None:
    """So many more patients of the center, each with a running course of its protocol."""
    for index in range(number):
        patient = PatientFactory(
            center=ward.center, registered_by=ward.nurse, family_name=f"Crowd{index:03}", given_name="Sample"
        )
        CourseStatusFactory(
            course__patient=patient,
            course__protocol_version=ward.version,
            course__started_by=ward.physician,
            reading_at=AT,
            temperature_c="36.8",
            systolic=124,
            diastolic=76,
            spo2=97,
            crs_text="grade 0",
            crs_grade=0,
        )


def test_a_row_has_the_course_the_last_reading_and_the_next_check(client: Client, ward: Ward) -> None:
    ward.at = AT + timedelta(hours=8)
    ward.log("38.4")
    page = text(client.get(LIST))
    assert "SAMPLE, Ruth" in page
    assert "(ELREXFIO)" in page
    assert "<b>8 h</b> after dose" in page
    assert "38.4" in page
    assert "CRS grade 1" in page
    assert f'href="/patients/{ward.patient.pk}/vitals/new/"' in page


def test_somebody_without_a_course_is_in_the_list_with_what_is_next(client: Client, ward: Ward) -> None:
    PatientFactory(center=ward.center, registered_by=ward.nurse, family_name="Example", given_name="Daniel")
    page = text(client.get(LIST, {"q": "exam"}))
    assert "EXAMPLE, Daniel" in page
    assert "no course" in page
    assert "Plan a course" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("sam", True),
        ("SAMPLE, Ruth", True),
        ("ruth sam", True),
        ("test-", True),
        ("uth", False),
        ("ruth example", False),
    ],
)
def test_each_word_opens_a_name_or_the_mrn(client: Client, ward: Ward, words: str, found: bool) -> None:
    page = text(client.get(LIST, {"q": words}))
    assert ("SAMPLE, Ruth" in page) is found
    assert f'value="{words}"' in page
    assert ("Nobody is found for" in page) is not found


def test_only_the_own_center_is_searched(client: Client, ward: Ward) -> None:
    PatientFactory(family_name="Stranger")
    assert "STRANGER" not in text(client.get(LIST))
    assert "STRANGER" not in text(client.get(LIST, {"q": "stranger"}))


def test_an_empty_center_says_what_is_next(client: Client) -> None:
    client.force_login(StaffFactory())
    page = text(client.get(LIST))
    assert "No patient is registered yet." in page
    assert 'href="/patients/new/"' in page


def test_a_pharmacist_finds_and_registers_nobody(client: Client, ward: Ward) -> None:
    client.force_login(ward.pharmacist)
    page = text(client.get(LIST))
    assert "SAMPLE, Ruth" in page
    assert "/patients/new/" not in page
    assert "Log vitals" not in page


@pytest.mark.parametrize("number", [4, 69])
def test_the_list_costs_the_same_for_any_number(client: Client, ward: Ward, number: int) -> None:
    crowd(ward, number)
    client.get(LIST)
    with statements() as sent:
        client.get(LIST)
    assert len(sent) == 5, "\n".join(sent)


def test_fifty_a_page_with_the_total_and_the_way_on(client: Client, ward: Ward) -> None:
    crowd(ward, 69)
    first = text(client.get(LIST))
    assert first.count('<li class="row') == 50
    assert "<span>70</span>" in first
    assert "?page=2" in first
    second = text(client.get(LIST, {"page": "2"}))
    assert second.count('<li class="row') == 20
    assert "?q=crowd&amp;page=2" in text(client.get(LIST, {"q": "crowd"}))


def test_fifty_rows_stay_under_their_weight(client: Client, ward: Ward) -> None:
    crowd(ward, 60)
    html = client.get(LIST).content
    assert len(html) <= 60_000
    assert len(gzip.compress(html)) <= 12_000
