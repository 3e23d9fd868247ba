"""Reads of a patient's facts: in scope, in order, in a known number of statements."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import Http404

from dosing_portal.kernel.models import Role
from patients import selectors
from patients.models import Patient
from protocols.rules.values import Axis, EntryKind
from tests.factories import (
    AT,
    AttributionFactory,
    ContactFactory,
    InterventionFactory,
    ObservationFactory,
    PatientFactory,
    StaffFactory,
    ToxicityGradingFactory,
    WeightMeasurementFactory,
)
from tests.statements import statements
from tests.ward import Ward

DAY = timedelta(days=1)


@pytest.fixture
def patient(db: None) -> Patient:
    return PatientFactory()


# --- the person -------------------------------------------------------------------------------------------


def test_a_patient_of_another_center_is_not_found(patient: Patient) -> None:
    assert selectors.patient_for(patient.registered_by, patient.pk) == patient
    for read in (selectors.patient_for, selectors.person_for):
        with pytest.raises(Http404):
            read(StaffFactory(), patient.pk)


def test_the_banner_says_who_how_old_how_heavy_and_what_is_not_known(patient: Patient) -> None:
    WeightMeasurementFactory(patient=patient, kg=Decimal("74.10"), measured_on=(AT - 30 * DAY).date())
    WeightMeasurementFactory(patient=patient, kg=Decimal("72.40"))
    ContactFactory(patient=patient, name="Tom Sample", phone="555-0171")
    with statements() as sent:
        person = selectors.person_for(patient.registered_by, patient.pk)
    assert len(sent) == 1
    banner = person.banner(AT.date())
    assert (banner.name, banner.born, banner.age) == ("SAMPLE, Ruth", "08-Mar-1959", "67 y")
    assert (banner.weight, banner.weight_on) == ("72.4\N{NO-BREAK SPACE}kg", "19-Nov-2026")
    assert (banner.allergies, banner.allergy_text) == ("none", "")
    assert person.caregiver == "Tom Sample, 555-0171"


@pytest.mark.parametrize(
    ("status", "text", "sign"), [("known", "latex", "known"), ("not_recorded", "", "not-recorded")]
)
def test_what_nobody_recorded_is_not_shown_as_none(db: None, status: str, text: str, sign: str) -> None:
    patient = PatientFactory(allergy_status=status, allergies=text)
    banner = selectors.person_for(patient.registered_by, patient.pk).banner(AT.date())
    assert (banner.allergies, banner.allergy_text) == (sign, text)
    assert (banner.weight, banner.weight_on) == ("", "")


@pytest.mark.parametrize(("day", "age"), [("2026-03-07", 66), ("2026-03-08", 67)])
def test_an_age_counts_birthdays(patient: Patient, day: str, age: int) -> None:
    assert patient.age_on(date.fromisoformat(day)) == age


def test_people_to_call_are_those_who_were_not_ended_caregivers_first(patient: Patient) -> None:
    family = ContactFactory(patient=patient, kind="family")
    caregiver = ContactFactory(patient=patient)
    ContactFactory(patient=patient, ended_at=AT, ended_by=patient.registered_by)
    assert selectors.contacts(patient.pk) == (caregiver, family)
    with pytest.raises(Http404):
        selectors.contact_for(StaffFactory(), patient.pk, caregiver.pk)


def test_the_newest_weight_is_the_one_of_the_newest_day(patient: Patient) -> None:
    assert selectors.latest_weight(patient.pk) is None
    newest = WeightMeasurementFactory(patient=patient)
    WeightMeasurementFactory(patient=patient, measured_on=(AT - DAY).date())
    assert selectors.latest_weight(patient.pk) == newest
    assert selectors.weights(patient.pk)[0] == newest


@pytest.mark.parametrize(
    ("words", "found"),
    [("samp", 1), ("Sample, Ruth", 1), ("ruth sam", 1), ("test-0", 1), ("ample", 0), ("ruth other", 0)],
)
def test_every_word_opens_a_name_or_the_number(db: None, words: str, found: int) -> None:
    patient = PatientFactory(mrn="TEST-00417")
    assert Patient.objects.visible_to(patient.registered_by).matching(words).count() == found


def test_the_second_navigation_shows_what_the_person_may_open(patient: Patient) -> None:
    nurse, pharmacist = (
        StaffFactory(center=patient.center, role=role) for role in (Role.NURSE, "pharmacist")
    )
    names = [place.name for place in selectors.places(nurse, patient.pk, here="Vitals")]
    reads = ["Overview", "Vitals", "Neuro", "Visits"]
    assert names == [*reads, "Where", "Laboratory", "Weight", "People", "Details"]
    assert [place.name for place in selectors.places(pharmacist, patient.pk)] == reads


# --- what numbers are judged by ---------------------------------------------------------------------------


def test_the_center_wide_section_judges_and_without_it_nothing_is_asked(db: None) -> None:
    ward = Ward()
    assert selectors.judgement_of(ward.center.pk) == selectors.Judgement()
    ward.center_wide()
    judgement = selectors.judgement_of(ward.center.pk)
    assert {"temperature", "spo2"} <= {found.field for found in judgement.ranges}
    assert judgement.weight_change_percent


# --- the timeline -----------------------------------------------------------------------------------------


def test_the_timeline_is_two_statements_however_long_it_is(patient: Patient) -> None:
    ObservationFactory.create_batch(3, patient=patient)
    InterventionFactory.create_batch(3, patient=patient)
    with statements() as sent:
        line = selectors.timeline(patient.pk, AT - DAY)
    assert len(sent) == 2
    assert len(line.entries) == 6


def test_only_what_stands_in_the_span_is_on_it_in_the_order_of_its_time(patient: Patient) -> None:
    late = ObservationFactory(patient=patient, taken_at=AT, recorded_at=AT)
    early = ObservationFactory(patient=patient, taken_at=AT - timedelta(hours=3), recorded_at=AT + DAY)
    corrected = ObservationFactory(patient=patient)
    correction = ObservationFactory(patient=patient, amends=corrected, amend_reason="x", recorded_at=AT + DAY)
    ObservationFactory(patient=patient, taken_at=AT - 11 * DAY)
    ObservationFactory()
    line = selectors.timeline(patient.pk, AT - 10 * DAY)
    assert line.observations == (early, late, correction)
    assert line.observation(str(late.pk)) == late
    assert line.observation("another") is None


def test_the_baseline_is_found_however_old_it_is(patient: Patient) -> None:
    baseline = ObservationFactory(patient=patient, taken_at=AT - 90 * DAY, is_baseline=True)
    line = selectors.timeline(patient.pk, AT - DAY)
    assert (line.baseline, line.observations, line.entries) == (baseline, (), ())


def test_causes_and_stored_grades_come_with_their_reading(patient: Patient) -> None:
    reading = ObservationFactory(patient=patient, fever=True)
    for cause in ("infection", ""):
        AttributionFactory(observation=reading, axis="fever", cause=cause)
    AttributionFactory(observation=reading, axis="hypoxia", cause="lung disease")
    ToxicityGradingFactory(event=None, observation=reading, patient=patient, toxicity="crs")
    (entry,) = selectors.timeline(patient.pk, AT - DAY).entries
    assert (entry.kind, entry.attributed) == (EntryKind.VITALS, ((Axis.HYPOXIA, "lung disease"),))
    (row,) = selectors.timeline(patient.pk, AT - DAY).observations
    assert [item["at_least"] for item in row.graded] == [1]  # type: ignore[attr-defined]


def test_what_was_never_given_is_not_on_it(patient: Patient) -> None:
    wrong = InterventionFactory(patient=patient)
    InterventionFactory(patient=patient, amends=wrong, amend_reason="wrong patient", never_given=True)
    assert selectors.timeline(patient.pk, AT - DAY).interventions == ()
