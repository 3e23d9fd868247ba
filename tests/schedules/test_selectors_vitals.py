"""Reads of the vitals pages: who judges, what was before, the history with its corrections, who was told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from patients.models import Observation
from protocols.rules.values import InterventionKind, Seizure
from schedules.models import Page
from schedules.selectors import vitals, vitals_outcome
from schedules.selectors.boards import Asked
from schedules.selectors.chips import Chip
from schedules.selectors.heads import head_for
from tests.factories import AT, ObservationFactory, PatientFactory, StaffFactory
from tests.ward import Ward

pytestmark = pytest.mark.django_db
AssertStatements = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def ward() -> Ward:
    ward = Ward.dosed()
    ward.later(hours=8)
    return ward


def saved(ward: Ward, temperature: str | None, **changes: Any) -> Observation:
    row = ward.log(temperature, **changes).observation
    assert row is not None
    return row


# --- who judges -------------------------------------------------------------------------------------------


def test_a_running_course_judges_by_its_own_version_without_a_statement(
    ward: Ward, django_assert_num_queries: AssertStatements
) -> None:
    head = head_for(ward.nurse, ward.patient.pk, ward.at)
    with django_assert_num_queries(0):
        spec = vitals.judging(head)
    assert spec is not None
    assert spec.regimen is not None


def test_without_a_course_the_center_wide_section_judges_and_without_it_nobody(ward: Ward) -> None:
    other = PatientFactory(center=ward.center)
    head = head_for(ward.nurse, other.pk, ward.at)
    assert vitals.judging(head) is None
    ward.center_wide()
    spec = vitals.judging(head)
    assert spec is not None
    assert spec.regimen is None


# --- what was before --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [5, 50])
def test_the_newest_three_and_the_baseline_are_two_statements(
    ward: Ward, number: int, django_assert_num_queries: AssertStatements
) -> None:
    ObservationFactory(patient=ward.patient, taken_at=AT - timedelta(days=3), is_baseline=True, systolic=131)
    for minutes in range(number):
        ObservationFactory(patient=ward.patient, taken_at=AT + timedelta(minutes=minutes))
    with django_assert_num_queries(2):
        before = vitals.before(ward.patient.pk)
    assert before.baseline is not None
    assert before.baseline.systolic == 131
    newest = AT + timedelta(minutes=number - 1)
    assert [newest - row.taken_at for row in before.last] == [timedelta(minutes=n) for n in range(3)]


def test_a_corrected_reading_is_not_among_them(ward: Ward) -> None:
    row = saved(ward, "39.4")
    ward.amend(row, "36.9")
    assert [found.temperature for found in vitals.before(ward.patient.pk).last] == [Decimal("36.9")]


def test_a_reading_is_found_only_in_its_center_under_its_patient(ward: Ward) -> None:
    row = saved(ward, "36.8")
    assert vitals.observation_for(ward.nurse, ward.patient.pk, row.pk) == row
    for staff, patient_id in (
        (StaffFactory(), ward.patient.pk),
        (ward.nurse, PatientFactory(center=ward.center).pk),
    ):
        with pytest.raises(Http404):
            vitals.observation_for(staff, patient_id, row.pk)


# --- history ----------------------------------------------------------------------------------------------


def test_a_correction_stands_in_one_row_with_everything_before_it(ward: Ward) -> None:
    first = saved(ward, "39.4")
    ward.later(minutes=1)
    second = ward.amend(first, "39.1").observation
    assert second is not None
    ward.amend(second, "36.9")
    listed = vitals.history(ward.patient.pk, Asked())
    assert listed.total == 1
    [past] = listed.rows
    assert past.row.temperature == Decimal("36.9")
    assert [row.temperature for row in past.earlier] == [Decimal("39.1"), Decimal("39.4")]
    assert past.crs == Chip("CRS", 0)


def test_the_grades_of_the_history_are_those_that_stand_now(ward: Ward) -> None:
    saved(ward, "38.4", spo2=None)
    [past] = vitals.history(ward.patient.pk, Asked()).rows
    assert past.crs == Chip("CRS", 1, at_least=True)
    ward.later(minutes=1)
    saved(ward, None, systolic=None, spo2=None)
    latest = vitals.history(ward.patient.pk, Asked()).rows[0]
    assert latest.crs == Chip("CRS", None, cannot=True)


@pytest.mark.parametrize("number", [5, 70])
def test_a_page_of_the_history_is_two_statements(
    ward: Ward, number: int, django_assert_num_queries: AssertStatements
) -> None:
    for minutes in range(number):
        ObservationFactory(patient=ward.patient, taken_at=AT + timedelta(minutes=minutes))
    with django_assert_num_queries(2):
        listed = vitals.history(ward.patient.pk, Asked())
    assert (len(listed.rows), listed.total) == (min(number, 50), number)


def test_what_was_taken_back_stays_in_the_list(ward: Ward) -> None:
    row = ward.took(InterventionKind.OXYGEN).intervention
    assert row is not None
    assert row in vitals.given(ward.patient.pk)


# --- outcome ----------------------------------------------------------------------------------------------


def outcome(ward: Ward, row: Observation) -> vitals_outcome.SavedReading:
    head = head_for(ward.nurse, ward.patient.pk, ward.at)
    return vitals_outcome.saved_reading(row, vitals.judging(head))


def test_a_quiet_reading_has_its_check_and_no_plan(ward: Ward) -> None:
    row = saved(ward, "36.8")
    found = outcome(ward, row)
    assert found.check_due_at == AT + timedelta(hours=8)
    assert (found.events, found.alerts, found.met) == ((), (), ())
    assert found.crs is not None
    assert found.crs.at_least == 0


def test_both_toxicities_have_their_list_the_worse_one_first(ward: Ward) -> None:
    row = ward.log("38.4", systolic=84, ice=None, seizure=Seizure.BRIEF).observation
    assert row is not None
    met = outcome(ward, row).met
    assert [(event.toxicity, event.current_grade) for event in met] == [("icans", 3), ("crs", 2)]


def test_the_alerts_come_with_their_pages_and_level(ward: Ward) -> None:
    row = saved(ward, "38.4")
    [told] = outcome(ward, row).alerts
    assert told.because == "temperature 38.4 °C (38.0 °C or more)"
    assert [page.recipient for page in told.pages] == [ward.nurse]
    assert told.level is not None
    assert told.level.next_role == "physician on call"
    assert not told.answered


def test_a_finding_found_again_is_told_with_the_pages_of_before(ward: Ward) -> None:
    saved(ward, "38.4")
    ward.later(minutes=10)
    [told] = outcome(ward, saved(ward, "38.6")).alerts
    assert told.because == "temperature 38.6 °C (38.0 °C or more)"
    assert len(told.pages) == 1


def test_the_outcome_is_a_fixed_number_of_statements(
    ward: Ward, django_assert_num_queries: AssertStatements
) -> None:
    row = saved(ward, "38.4")
    for _ in range(4):
        ward.later(minutes=5)
        saved(ward, "38.6")
        ward.took(InterventionKind.FLUIDS)
    head = head_for(ward.nurse, ward.patient.pk, ward.at)
    spec = vitals.judging(head)
    assert Page.objects.exists()
    with django_assert_num_queries(4):
        vitals_outcome.saved_reading(row, spec)
