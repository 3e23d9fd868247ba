"""Log vitals: fact, grading, event, check, alert, page and audit, together or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, Observation, Patient, ToxicityEvent, ToxicityGrading
from patients.services.interventions import Given
from protocols.rules.values import InterventionKind, Temperature, TemperatureUnit
from schedules.errors import NoProtocol
from schedules.models import Alert, AlertEvent, CourseStatus, MonitoringCheck, Page
from schedules.services import alerts
from tests.factories import PatientFactory, StaffFactory
from tests.statements import statements
from tests.ward import Ward, standing, vitals

pytestmark = pytest.mark.django_db

QUIET_BUDGET, PAGING_BUDGET = 12, 18
SIGN_IN = 2  # the session and the person


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Four hours later."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    return ward


def checks(ward: Ward) -> list[str]:
    rows = MonitoringCheck.objects.filter(patient=ward.patient).order_by("due_at")
    return list(rows.values_list("state", flat=True))


# --- the fact ---------------------------------------------------------------------------------------------


def test_it_keeps_what_was_read_and_by_whom(ward: Ward) -> None:
    row = ward.log("38.4", taken_at=ward.at - timedelta(minutes=3)).observation
    assert row is not None
    row.refresh_from_db()
    assert row.vitals() == vitals("38.4")
    assert (row.taken_at, row.recorded_at) == (ward.at - timedelta(minutes=3), ward.at)
    assert (row.recorded_by, row.center) == (ward.nurse, ward.center)


@pytest.mark.parametrize(
    ("typed", "unit", "shown"),
    [("38.3", "C", "38.3"), ("38", "C", "38.0"), ("37.95", "C", "37.95"), ("101.50", "F", "101.5")],
)
def test_a_temperature_keeps_one_decimal_unless_a_second_was_read(
    ward: Ward, typed: str, unit: str, shown: str
) -> None:
    ward.log(Temperature(Decimal(typed), TemperatureUnit(unit)))
    read = Observation.objects.get().vitals().temperature
    assert read is not None
    assert (str(read.value), read.unit) == (shown, unit)


def test_it_is_audited_with_what_was_measured(ward: Ward) -> None:
    ward.log("38.4", spo2=None)
    entry = AuditEntry.objects.get(action="vitals.log")
    assert (entry.by, entry.at, entry.patient_id) == (ward.nurse, ward.at, ward.patient.pk)
    assert entry.after["temperature"] == "38.4"
    assert "spo2" not in entry.after


@pytest.mark.parametrize("ahead", [5, 6])
def test_a_time_more_than_a_phone_s_clock_ahead_is_refused(ward: Ward, ahead: int) -> None:
    taken_at = ward.at + timedelta(minutes=ahead)
    if ahead == 5:
        assert ward.log(taken_at=taken_at).observation
        return
    with pytest.raises(FactRefused) as refused:
        ward.log(taken_at=taken_at)
    assert refused.value.field == "taken_at"
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("temperature", {"temperature": Temperature(Decimal("101.5"))}),
        ("temperature", {"temperature": Temperature(Decimal("38.4"), TemperatureUnit.FAHRENHEIT)}),
        ("systolic", {"systolic": 400}),
        ("spo2", {"spo2": 3}),
        ("heart_rate", {"heart_rate": 900}),
    ],
)
def test_what_no_person_can_have_is_refused_and_nothing_is_stored(
    ward: Ward, field: str, change: dict[str, Any]
) -> None:
    with pytest.raises(FactRefused) as refused:
        ward.log(**change)
    assert refused.value.field == field
    assert not Observation.objects.exists()
    assert not AuditEntry.objects.filter(action="vitals.log").exists()


def test_a_patient_of_another_center_does_not_exist(ward: Ward) -> None:
    stranger = StaffFactory()
    with pytest.raises(Patient.DoesNotExist):
        ward.log(by=stranger)
    assert not Observation.objects.exists()


def test_a_double_click_is_one_reading_and_one_page(ward: Ward) -> None:
    key = uuid4()
    first = ward.log("38.4", client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        ward.log("38.4", client_key=key)
    assert again.value.row == first.observation
    assert (Observation.objects.count(), Page.objects.count()) == (1, 1)
    assert AlertEvent.objects.count() == 1


def test_a_key_may_come_again_at_another_center(ward: Ward) -> None:
    key, elsewhere = uuid4(), Ward.dosed(at=ward.at)
    ward.log(client_key=key)
    assert elsewhere.log(client_key=key).observation


def test_an_error_on_the_way_leaves_nothing(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_facts: object) -> None:
        raise RuntimeError("no alert can be raised")

    monkeypatch.setattr(alerts, "raise_for", fail)
    with pytest.raises(RuntimeError):
        ward.log("38.4")
    assert not Observation.objects.exists()
    assert not ToxicityEvent.objects.exists()
    assert "done" not in checks(ward)


def test_an_error_after_the_alert_was_raised_takes_alert_and_page_with_it(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_facts: object, **_more: object) -> None:
        raise RuntimeError("nothing can be audited")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        ward.log("38.4")
    assert not Observation.objects.exists()
    assert not Alert.objects.exists()
    assert not Page.objects.exists()
    assert CourseStatus.objects.get().open_alert is None


# --- the check --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "done"),
    [
        (5.9, []),  # more than two hours ahead of the first check at 8 h
        (6, [0]),
        (8, [0]),
        (11.9, [0]),
        (12.1, [0]),  # past the middle: the check at 16 h is not within reach
        (14, [1]),  # the check at 16 h is nearer than the one at 8 h
        (60, [5]),  # after the window: the last one
    ],
)
def test_a_reading_completes_the_nearest_open_check(ward: Ward, hours: float, done: list[int]) -> None:
    ward.later(hours=hours - 4)
    row = ward.log().observation
    assert [number for number, state in enumerate(checks(ward)) if state == "done"] == done
    assert MonitoringCheck.objects.filter(observation=row).count() == len(done)


def test_the_check_is_done_when_it_was_read_and_not_when_it_was_typed(ward: Ward) -> None:
    ward.later(hours=6)
    read_at = ward.at - timedelta(hours=2)
    ward.log(taken_at=read_at)
    assert MonitoringCheck.objects.get(state="done").done_at == read_at


def test_the_next_reading_completes_the_next_check(ward: Ward) -> None:
    for _ in range(2):
        ward.later(hours=4)
        ward.log()
    assert checks(ward)[:2] == ["done", "open"]
    ward.later(hours=4)
    ward.log()
    assert checks(ward)[:3] == ["done", "done", "open"]
    status = CourseStatus.objects.get()
    assert (status.checks_done, status.checks_planned) == (2, 6)
    assert status.next_check_due_at == ward.at + timedelta(hours=8)


# --- grade and event --------------------------------------------------------------------------------------


def test_a_quiet_reading_is_graded_and_alerts_nobody(ward: Ward) -> None:
    outcome = ward.log()
    assert outcome.alerts == ()
    assert not Alert.objects.exists()
    assert not ToxicityEvent.objects.exists()
    grades = ToxicityGrading.objects.values_list("toxicity", "at_least", "missing")
    assert sorted(grades) == [("crs", 0, []), ("icans", 0, [])]


def test_a_fever_opens_an_event_from_the_last_dose(ward: Ward) -> None:
    outcome = ward.log("38.4")
    event = ToxicityEvent.objects.get()
    assert outcome.events == (event,)
    assert (event.toxicity, event.max_grade, event.current_text) == ("crs", 1, "grade 1")
    assert (event.opened_at, event.onset_hours, event.last_dose) == (ward.at, 4, "sud1")
    grading = event.gradings.get()
    assert grading.because
    assert grading.source["text"]
    assert grading.rule_version == "elranatamab-standard@1"


def test_a_fever_alone_is_at_least_1_and_names_what_is_missing(ward: Ward) -> None:
    ward.log("38.4", systolic=None, diastolic=None, spo2=None, oxygen=None)
    event = ToxicityEvent.objects.get()
    grading = event.gradings.get()
    assert event.current_text == "at least grade 1"
    assert (grading.at_least, grading.missing) == (1, ["systolic", "spo2", "oxygen"])
    assert CourseStatus.objects.get().crs_missing == ["systolic", "spo2", "oxygen"]


def test_what_was_taken_for_the_fever_waives_it_within_the_event(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=10)
    ward.took(InterventionKind.ACETAMINOPHEN)
    ward.later(minutes=50)
    grading = ward.log("36.9", systolic=84).assessment.crs
    assert grading is not None
    assert (grading.at_least, grading.waived) == (2, True)


def test_vitals_and_what_was_taken_at_home_are_saved_as_one(ward: Ward) -> None:
    half_an_hour_ago = ward.at - timedelta(minutes=30)
    taken = (Given(InterventionKind.POCKET_DEXAMETHASONE, dose_mg=Decimal(10)), half_an_hour_ago, uuid4())
    ward.log("38.4", given=[taken])
    assert Intervention.objects.get(kind="pocket_dexamethasone").taken_at == half_an_hour_ago
    assert {"fever", "pocket_dexamethasone"} <= set(Alert.objects.values_list("kind", flat=True))


def test_a_future_dose_at_home_refuses_the_vitals_too(ward: Ward) -> None:
    tomorrow = (Given(InterventionKind.ACETAMINOPHEN), ward.at + timedelta(hours=1), uuid4())
    with pytest.raises(FactRefused):
        ward.log("38.4", given=[tomorrow])
    assert not Observation.objects.exists()


def test_the_boards_row_follows(ward: Ward) -> None:
    ward.log("38.4", systolic=86)
    status = CourseStatus.objects.get()
    assert (status.crs_text, status.crs_grade, status.icans_grade) == ("grade 2", 2, 0)
    assert (status.temperature_c, status.systolic, status.reading_at) == (Decimal("38.4"), 86, ward.at)
    assert status.open_event == ToxicityEvent.objects.get()
    assert status.open_alert is not None
    assert {"fever", "hypotension"} <= set(status.past_limits)


# --- without a course -------------------------------------------------------------------------------------


def test_without_a_course_the_center_s_section_judges_and_says_so() -> None:
    ward = Ward()
    version = ward.center_wide()
    outcome = ward.log("38.4")
    assert [alert.kind for alert in outcome.alerts] == ["fever"]
    alert = Alert.objects.get()
    assert (alert.course, alert.protocol_version) == (None, version)
    assert alert.because.endswith("no course is running")


def test_without_any_protocol_nothing_can_be_judged() -> None:
    ward = Ward()
    with pytest.raises(NoProtocol):
        ward.log()
    assert not Observation.objects.exists()


# --- statements -------------------------------------------------------------------------------------------


def test_a_quiet_reading_takes_twelve_statements_with_the_sign_in(ward: Ward) -> None:
    ward.log()
    ward.later(hours=4)
    with statements() as sent:
        ward.log()
    assert len(sent) + SIGN_IN <= QUIET_BUDGET, "\n".join(sent)


def test_an_event_that_opens_and_pages_takes_eighteen(ward: Ward) -> None:
    ward.log()
    ward.later(hours=4)
    with statements() as sent:
        ward.log("38.4")
    assert len(sent) + SIGN_IN <= PAGING_BUDGET, "\n".join(sent)


def test_the_statements_stay_the_same_after_many_readings(ward: Ward) -> None:
    counts = []
    for _ in range(6):
        ward.later(hours=1)
        with statements() as sent:
            ward.log("38.4")
        counts.append(len(sent))
    assert max(counts[1:]) == min(counts[1:])


def test_two_patients_do_not_see_each_other(ward: Ward) -> None:
    other = PatientFactory(center=ward.center)
    course = ward.start(other)
    ward.give(course)
    ward.log("38.4", patient_id=other.pk)
    assert set(Alert.objects.values_list("patient", flat=True)) == {other.pk}
    assert not Observation.objects.filter(patient=ward.patient).exists()
