"""Start, plan again after a delay, end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded
from patients.models import Patient
from protocols import selectors as protocols
from schedules.errors import ActRefused
from schedules.models import CourseStatus, PlannedDose, TreatmentCourse
from schedules.selectors import plans
from schedules.services import courses
from tests.factories import ClosedDayFactory, PlannedDoseFactory, TreatmentCourseFactory
from tests.schedules.scene import DAY, Scene

pytestmark = pytest.mark.django_db


def dates(course: TreatmentCourse, state: str = PlannedDose.State.PLANNED) -> list[tuple[str, date]]:
    return [(dose.dose, dose.planned_on) for dose in course.doses.filter(state=state)]


# --- start ------------------------------------------------------------------------------------------------


def test_it_plans_the_label_s_days_and_four_treatment_doses() -> None:
    scene = Scene()
    course = scene.start()
    first = scene.today
    assert dates(course) == [
        ("sud1", first),
        ("sud2", first + 3 * DAY),
        ("tx1", first + 7 * DAY),
        ("txw", first + 14 * DAY),
        ("txw", first + 21 * DAY),
        ("txw", first + 28 * DAY),
        ("txw", first + 35 * DAY),
    ]
    second = course.doses.get(ordinal=2)
    assert (second.earliest_on, second.latest_on) == (first + 2 * DAY, first + 3 * DAY)
    assert second.latest_if_reaction_on == first + 14 * DAY


def test_it_pins_the_version_and_writes_the_boards_row_and_the_audit() -> None:
    scene = Scene()
    course = scene.start()
    status = CourseStatus.objects.get(course=course)
    entry = AuditEntry.objects.get(action="course.start")
    assert course.protocol_version == scene.version
    assert (status.running, status.next_dose_on, status.next_dose_label) == (
        True,
        scene.today,
        "Step-up dose 1",
    )
    assert (entry.by, entry.patient_id, entry.after["setting"]) == (
        scene.physician,
        scene.patient.pk,
        "outpatient",
    )


def test_the_center_s_choice_holds_only_where_the_label_asks_for_hospital() -> None:
    scene = Scene()
    course = scene.start(setting=courses.HOSPITAL)
    settings = list(course.doses.values_list("dose", "setting"))
    assert settings[:3] == [("sud1", "hospital"), ("sud2", "hospital"), ("tx1", "outpatient")]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"starts_on": date(2026, 11, 18)}, "starts_on"), ({"setting": "garden"}, "setting")],
)
def test_it_refuses_a_day_that_has_passed_and_a_setting_that_is_none(
    change: dict[str, Any], field: str
) -> None:
    scene = Scene()
    with pytest.raises(ActRefused) as refused:
        scene.start(**change)
    assert refused.value.field == field
    assert not TreatmentCourse.objects.exists()


def test_it_refuses_a_second_running_course() -> None:
    scene = Scene()
    scene.start()
    with pytest.raises(ActRefused, match="A course is running"):
        scene.start(starts_on=scene.today + DAY)


def test_the_same_submission_again_is_the_course_that_runs() -> None:
    scene = Scene()
    course = scene.start()
    with pytest.raises(AlreadyRecorded) as again:
        scene.start()
    assert again.value.row == course


def test_the_database_refuses_it_too() -> None:
    scene = Scene()
    course = scene.start()
    with pytest.raises(IntegrityError, match="one_running_course_a_patient"), transaction.atomic():
        TreatmentCourseFactory(patient=scene.patient, protocol_version=course.protocol_version)


def test_a_protocol_of_another_center_does_not_start_a_course() -> None:
    scene, other = Scene(), Scene()
    with pytest.raises(ActRefused) as refused:
        scene.start(version_id=other.version.pk)
    assert refused.value.field == "protocol"


def test_a_patient_of_another_center_does_not_exist() -> None:
    scene, other = Scene(), Scene()
    with pytest.raises(Patient.DoesNotExist):
        scene.start(patient_id=other.patient.pk)


def test_after_one_course_has_ended_another_may_start() -> None:
    scene = Scene()
    first = scene.start()
    courses.end(course_id=first.pk, reason="Moved away", by=scene.physician, at=scene.at)
    second = scene.start()
    assert CourseStatus.objects.get(patient=scene.patient, running=True).course == second


# --- preview ----------------------------------------------------------------------------------------------


def test_the_preview_shows_weekends_and_closed_days_with_the_open_days_of_the_window() -> None:
    scene = Scene()
    ClosedDayFactory(center=scene.center, day=scene.today + 7 * DAY, reason="Thanksgiving")
    stairs = plans.plan(spec=protocols.spec(scene.version.pk), starts_on=scene.today, center=scene.center)
    second, third = stairs[1].clash, stairs[2].clash
    assert second is not None
    assert second.why == "Sunday, the center gives no doses"
    assert second.open_days == ()  # its whole window is a weekend
    assert third is not None
    assert (third.why, third.open_days) == ("Thanksgiving", (scene.today + 6 * DAY,))
    assert stairs[0].clash is None


def test_the_preview_has_the_label_s_setting_beside_the_center_s() -> None:
    scene = Scene()
    spec = protocols.spec(scene.version.pk)
    stairs = plans.plan(spec=spec, starts_on=scene.today, center=scene.center, setting=courses.OUTPATIENT)
    assert [(stair.label_words, stair.setting, stair.looser) for stair in stairs[:4]] == [
        ("in hospital 48 h", "outpatient", True),
        ("in hospital 24 h", "outpatient", True),
        ("no hospital stay asked", "outpatient", False),
        ("no stay stated", "outpatient", False),
    ]


# --- plan again -------------------------------------------------------------------------------------------


def after_one_dose(scene: Scene, days: int) -> TreatmentCourse:
    course = scene.start()
    scene.give(course)
    scene.later(days=days)
    return course


def replan(scene: Scene, course: TreatmentCourse, next_dose: str, **changes: object) -> object:
    facts = {
        "course_id": course.pk,
        "next_dose": next_dose,
        "planned_on": scene.today,
        "reason": "",
        "by": scene.nurse,
        "at": scene.at,
        **changes,
    }
    return courses.replan(**facts)  # type: ignore[arg-type]


def test_a_long_delay_starts_again_and_keeps_what_was_planned_as_superseded() -> None:
    scene = Scene()
    course = after_one_dose(scene, 15)
    replan(scene, course, "sud1")
    assert dates(course)[:2] == [("sud1", scene.today), ("sud2", scene.today + 3 * DAY)]
    assert len(dates(course, PlannedDose.State.SUPERSEDED)) == 6
    assert CourseStatus.objects.get(course=course).next_dose_on == scene.today
    entry = AuditEntry.objects.get(action="course.replan")
    assert entry.before["doses"][0].startswith("sud2 ")
    assert any("elr-r2" in line for line in entry.after["because"])


def test_it_refuses_another_dose_than_the_record_asks_for() -> None:
    scene = Scene()
    course = after_one_dose(scene, 15)
    with pytest.raises(ActRefused) as refused:
        replan(scene, course, "sud2")
    assert refused.value.field == "next_dose"


def test_it_refuses_a_day_that_is_too_early() -> None:
    scene = Scene()
    course = after_one_dose(scene, 1)
    with pytest.raises(ActRefused, match="Not on this day") as refused:
        replan(scene, course, "sud2", by=scene.physician, reason="She lives far away")
    assert refused.value.field == "planned_on"


@pytest.mark.parametrize("days", [-1, -20])
def test_it_refuses_a_day_that_has_passed(days: int) -> None:
    scene = Scene()
    course = after_one_dose(scene, 3)
    with pytest.raises(ActRefused) as refused:
        replan(scene, course, "sud2", planned_on=scene.today + days * DAY)
    assert refused.value.field == "planned_on"


def test_before_the_first_dose_there_is_nothing_to_plan_again() -> None:
    scene = Scene()
    course = scene.start()
    with pytest.raises(ActRefused, match="No dose was given yet"):
        replan(scene, course, "sud1")


@pytest.mark.parametrize(("role", "reason"), [("nurse", "Holiday"), ("physician", " ")])
def test_an_unconfirmed_row_needs_a_physician_with_a_reason(role: str, reason: str) -> None:
    scene = Scene(confirmed=False)
    course = after_told_dose(scene, 15)
    with pytest.raises(ActRefused) as refused:
        replan(scene, course, "sud1", by=getattr(scene, role), reason=reason)
    assert refused.value.field == "reason"


def test_a_physician_with_a_reason_may_use_an_unconfirmed_row() -> None:
    scene = Scene(confirmed=False)
    course = after_told_dose(scene, 15)
    replan(scene, course, "sud1", by=scene.physician, reason="Label read today")
    assert AuditEntry.objects.get(action="course.replan").reason == "Label read today"


def after_told_dose(scene: Scene, days: int) -> TreatmentCourse:
    """One dose given on an unconfirmed record, which takes a physician."""
    course = scene.start()
    scene.give(course, checker=scene.physician, deviation_reason="Label read today")
    scene.later(days=days)
    return course


def test_a_course_of_another_center_does_not_exist() -> None:
    scene, other = Scene(), Scene()
    course = scene.start()
    with pytest.raises(TreatmentCourse.DoesNotExist):
        replan(scene, course, "sud1", by=other.physician)


# --- end --------------------------------------------------------------------------------------------------


def test_ending_supersedes_the_plan_and_leaves_the_checks_open() -> None:
    scene = Scene()
    course = scene.start()
    row = scene.give(course)
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    course.refresh_from_db()
    assert (course.state, course.ended_by, course.end_reason) == ("ended", scene.physician, "Progression")
    assert dates(course) == []
    assert row.window.checks.filter(state="open").count() == 6
    assert CourseStatus.objects.get(course=course).running is False


def test_a_course_ends_once_and_with_a_reason() -> None:
    scene = Scene()
    course = scene.start()
    with pytest.raises(ActRefused) as refused:
        courses.end(course_id=course.pk, reason="  ", by=scene.physician, at=scene.at)
    assert refused.value.field == "reason"
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    with pytest.raises(ActRefused, match="has ended"):
        courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)


def test_an_ended_course_is_not_planned_again() -> None:
    scene = Scene()
    course = after_one_dose(scene, 15)
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    with pytest.raises(ActRefused, match="has ended"):
        replan(scene, course, "sud1")


def test_a_window_whose_end_lies_before_its_start_is_no_row() -> None:
    with pytest.raises(IntegrityError, match="dose_window_in_order"), transaction.atomic():
        PlannedDoseFactory(earliest_on=date(2026, 11, 19), latest_on=date(2026, 11, 18))
