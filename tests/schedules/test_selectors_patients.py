"""The list of patients and the head of a patient's page: one statement each, scoped to the center."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.http import Http404

from patients import selectors as people
from schedules.selectors.boards import Asked
from schedules.selectors.patients import found
from tests.factories import AT, ContactFactory, PatientFactory, StaffFactory, WeightMeasurementFactory
from tests.ward import Ward

pytestmark = pytest.mark.django_db
AssertStatements = Callable[[int], AbstractContextManager[Any]]


@pytest.mark.parametrize("number", [4, 60])
def test_a_page_of_patients_is_one_statement(
    number: int, django_assert_num_queries: AssertStatements
) -> None:
    ward = Ward.dosed()
    for index in range(number):
        PatientFactory(center=ward.center, family_name=f"Crowd{index:02}", registered_by=ward.nurse)
    found(ward.nurse, "", Asked())
    with django_assert_num_queries(1):
        listed = found(ward.nurse, "", Asked())
    assert (listed.total, len(listed.rows)) == (number + 1, min(number + 1, 50))


def test_a_patient_comes_with_course_drug_and_grade_or_without_any() -> None:
    ward = Ward.dosed()
    PatientFactory(center=ward.center, family_name="Aaron", registered_by=ward.nurse)
    ward.log("38.4")
    without, with_course = found(ward.nurse, "", Asked()).rows
    assert (without.status, without.drug) == (None, None)
    assert with_course.drug is not None
    assert with_course.drug.brand == "ELREXFIO"
    assert with_course.status is not None
    assert with_course.status.crs_grade == 1


def test_a_page_past_the_end_is_empty() -> None:
    ward = Ward()
    assert found(ward.nurse, "", Asked(page=9)).rows == ()


def test_a_person_comes_with_newest_weight_and_caregiver_in_one_statement(
    django_assert_num_queries: AssertStatements,
) -> None:
    nurse = StaffFactory()
    patient = PatientFactory(center=nurse.center)
    for kg in ("70.1", "72.4"):
        WeightMeasurementFactory(patient=patient, kg=kg)
    ContactFactory(patient=patient, kind="family", name="Ann")
    ContactFactory(patient=patient, name="Tom", phone="555-0171")
    with django_assert_num_queries(1):
        person = people.person_for(nurse, patient.pk)
    banner = person.banner(AT.date())
    assert (banner.name, banner.weight) == ("SAMPLE, Ruth", "72.4\u00a0kg")
    assert person.caregiver == "Tom, 555-0171"
    assert banner.allergies == "none"


def test_what_is_not_known_stays_empty_and_is_never_a_number() -> None:
    nurse = StaffFactory()
    patient = PatientFactory(center=nurse.center, allergy_status="not_recorded")
    person = people.person_for(nurse, patient.pk)
    banner = person.banner(patient.birth_date)
    assert (banner.weight, banner.weight_on, person.caregiver) == ("", "", "")
    assert banner.allergies == "not-recorded"


def test_a_person_of_another_center_is_not_found() -> None:
    with pytest.raises(Http404):
        people.person_for(StaffFactory(), PatientFactory().pk)


def test_the_places_of_a_patient_are_those_that_the_role_may_open() -> None:
    patient = PatientFactory()
    nurse = StaffFactory(center=patient.center)
    pharmacist = StaffFactory(center=patient.center, pharmacist=True)
    names = [place.name for place in people.places(nurse, patient.pk, "Weight")]
    reads = ["Overview", "Vitals", "Neuro", "Visits"]
    assert names == [*reads, "Where", "Laboratory", "Weight", "People", "Details"]
    assert [place.name for place in people.places(nurse, patient.pk, "Weight") if place.current] == ["Weight"]
    assert [place.name for place in people.places(pharmacist, patient.pk)] == reads
