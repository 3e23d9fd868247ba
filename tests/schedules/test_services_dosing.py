"""Record a dose that was given: what is written, what follows, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import AlreadyRecorded
from patients.models import Intervention, ToxicityEvent
from protocols.rules.window import DelayReason
from schedules.errors import ActRefused
from schedules.models import (
    Administration,
    CourseStatus,
    MonitoringCheck,
    MonitoringWindow,
    PlannedDose,
    TreatmentCourse,
)
from schedules.selectors.sheet import Amount, Basis
from schedules.services import courses, dosing
from tests.factories import (
    AT,
    AdministrationFactory,
    InterventionFactory,
    ObservationFactory,
    StaffFactory,
    ToxicityEventFactory,
)
from tests.schedules.scene import DAY, Scene

pytestmark = pytest.mark.django_db
REASON = "Reaction resolved yesterday"


def given(days: int, scene: Scene | None = None) -> tuple[Scene, TreatmentCourse]:
    """Step-up dose 1 given so many days ago."""
    scene = scene or Scene()
    course = scene.start()
    scene.give(course)
    scene.later(days=days)
    return scene, course


def by_weight(kg: str = "72.4", *, confirmed: bool = True, weighed_days_ago: int = 0) -> Scene:
    scene = Scene(regimen="teclistamab", schedule="monotherapy", confirmed=confirmed)
    scene.weigh(kg, weighed_days_ago)
    return scene


def refusal(act: Callable[[], object]) -> ActRefused:
    with pytest.raises(ActRefused) as refused:
        act()
    return refused.value


# --- what is written --------------------------------------------------------------------------------------


def test_it_writes_the_record_s_amount_with_its_arithmetic_and_both_people() -> None:
    scene = Scene()
    course = scene.start()
    row = scene.give(course)
    row.refresh_from_db()
    assert (row.amount_mg, row.volume_ml, row.vials) == (Decimal(12), Decimal("0.3"), 1)
    assert row.arithmetic == [
        "Step-up dose 1: 12 mg, whatever the weight",
        "12 mg / 40 mg/mL (44 mg/1.1 mL) = 0.3 mL",
    ]
    assert (row.given_by, row.checked_by, row.unconfirmed) == (scene.nurse, scene.pharmacist, False)
    assert course.doses.get(ordinal=1).state == PlannedDose.State.GIVEN


def test_it_is_audited_with_what_was_let_pass() -> None:
    scene, course = given(5)
    scene.give(course, delay=DelayReason.ADVERSE_REACTION_RESOLVED, deviation_reason=REASON)
    entry = AuditEntry.objects.filter(action="dose.give").latest("id")
    assert entry.reason == REASON
    assert entry.after["let_pass"][0].startswith("Window: ")
    assert entry.after["checked_by"] == str(scene.pharmacist.pk)
    assert entry.patient_id == scene.patient.pk


def test_a_confirmed_band_decides_over_the_formula() -> None:
    scene = by_weight("64.2")
    row = scene.give(scene.start())
    assert (row.amount_mg, row.volume_ml) == (Decimal("3.9"), Decimal("0.39"))
    assert (row.weight_kg, row.weight_on) == (Decimal("64.20"), scene.today)
    assert any("64.2 kg x 0.06 mg/kg = 3.852 mg" in line for line in row.arithmetic)


@pytest.mark.parametrize(("basis", "mg"), [(Basis.BAND, "3.9"), (Basis.FORMULA, "3.852")])
def test_an_unconfirmed_band_is_chosen_by_a_physician(basis: Basis, mg: str) -> None:
    scene = by_weight("64.2", confirmed=False)
    course = scene.start()
    drawn = replace(scene.drawn(scene.next(course)), basis=basis)
    row = scene.give(course, drawn=drawn, checker=scene.physician, deviation_reason="Label read today")
    assert (row.amount_mg, row.unconfirmed) == (Decimal(mg), True)


def test_an_unconfirmed_band_is_never_chosen_by_itself() -> None:
    scene = by_weight("64.2", confirmed=False)
    course = scene.start()
    error = refusal(lambda: scene.give(course, checker=scene.physician, deviation_reason="Label read"))
    assert error.field == "basis"


def test_premedication_becomes_an_intervention_of_its_own() -> None:
    scene = Scene()
    row = scene.give(scene.start())
    drug = Intervention.objects.get(patient=scene.patient)
    assert (drug.kind, drug.taken_at) == ("premedication", row.premedicated_at)


def test_premedication_that_was_logged_before_is_found_and_not_doubled() -> None:
    scene = Scene()
    course = scene.start()
    logged = scene.at - timedelta(hours=1)
    InterventionFactory(patient=scene.patient, kind="premedication", taken_at=logged)
    row = scene.give(course, premedicated_at=None)
    assert row.premedicated_at == logged
    assert Intervention.objects.count() == 1


# --- what follows -----------------------------------------------------------------------------------------


def test_it_opens_a_window_with_the_center_s_checks() -> None:
    scene = Scene()
    row = scene.give(scene.start())
    rule = scene.sheet(row.course).spec.center.checks
    every, grace = timedelta(hours=float(rule.every_hours)), timedelta(minutes=rule.grace_minutes)
    checks = list(row.window.checks.all())
    assert row.window.ends_at == row.given_at + timedelta(hours=float(rule.window_hours))
    assert checks[0].due_at == row.given_at + every
    assert checks[-1].due_at == row.window.ends_at
    assert all(check.missed_from == check.due_at + grace for check in checks)
    status = CourseStatus.objects.get(course=row.course)
    assert (status.window_ends_at, status.checks_planned) == (row.window.ends_at, len(checks))
    assert (status.last_dose_label, status.next_dose_label) == ("Step-up dose 1", "Step-up dose 2")


def test_checks_count_elapsed_hours_across_a_clock_change() -> None:
    scene = Scene(at=AT.replace(month=10, day=31))  # Saturday; the clocks go back that night
    row = scene.give(scene.start())
    first, *_, last = row.window.checks.all()
    assert last.due_at - row.given_at == timedelta(hours=48)
    assert scene.center.local(first.due_at).utcoffset() != scene.center.local(last.due_at).utcoffset()


def test_a_new_dose_cancels_the_open_checks_of_the_window_before_it() -> None:
    scene, course = given(2)
    scene.at -= timedelta(hours=1)
    before = MonitoringCheck.objects.get(due_at=scene.at + timedelta(hours=1))
    scene.give(course, checker=scene.physician, deviation_reason="Two calendar days, 47 hours")
    before.refresh_from_db()
    assert before.state == MonitoringCheck.State.CANCELLED
    assert MonitoringCheck.objects.filter(state="open", window=MonitoringWindow.objects.last()).count() == 6


def test_readings_taken_before_a_late_record_complete_their_checks_and_are_graded_again() -> None:
    scene = Scene()
    course = scene.start()
    eight_hours_ago = scene.at - timedelta(hours=8, minutes=30)
    scene.patient.courses.update(starts_on=scene.today)
    reading = ObservationFactory(patient=scene.patient, taken_at=scene.at - timedelta(minutes=30), fever=True)
    row = scene.give(course, given_at=eight_hours_ago, premedicated_at=eight_hours_ago - timedelta(hours=1))
    assert row.window.checks.get(state="done").observation == reading
    event = ToxicityEvent.objects.get(patient=scene.patient)
    assert (event.toxicity, event.last_dose_at) == ("crs", eight_hours_ago)


def test_a_late_record_without_premedication_is_graded_again_too() -> None:
    scene = Scene()
    course = scene.start()
    InterventionFactory(
        patient=scene.patient, kind="premedication", taken_at=scene.at - timedelta(hours=5, minutes=30)
    )
    ObservationFactory(patient=scene.patient, taken_at=scene.at - timedelta(minutes=30), fever=True)
    scene.give(course, given_at=scene.at - timedelta(hours=5), premedicated_at=None)
    assert ToxicityEvent.objects.filter(patient=scene.patient, toxicity="crs").exists()


def test_the_doses_that_follow_are_dated_from_the_day_it_was_given() -> None:
    scene = Scene()
    course = scene.start()
    first = scene.today
    scene.give(course)
    scene.later(days=2)  # a day before it was planned, inside the window
    scene.give(course)
    planned = list(course.doses.filter(state="planned").values_list("dose", "planned_on", "latest_on"))
    assert planned[:2] == [
        ("tx1", first + 6 * DAY, first + 6 * DAY),
        ("txw", first + 13 * DAY, first + 13 * DAY),
    ]


def test_days_are_calendar_days_at_the_center() -> None:
    scene = Scene(at=AT + timedelta(hours=8))  # 22:32 at the center, the next day in UTC
    course = scene.start()
    scene.give(course)
    assert scene.at.date() > scene.today
    assert course.doses.get(ordinal=2).planned_on == scene.today + 3 * DAY


def test_four_treatment_doses_stay_planned() -> None:
    scene = Scene()
    course = scene.start()
    for days in (0, 3, 4, 7, 7):
        scene.later(days=days)
        scene.give(course)
    planned = list(course.doses.filter(state="planned").values_list("ordinal", "dose", "planned_on"))
    assert [dose for _, dose, _ in planned] == ["txw"] * 4
    assert [ordinal for ordinal, _, _ in planned] == [6, 7, 8, 9]
    assert planned[0][2] == scene.today + 7 * DAY


# --- refused: which dose and when -------------------------------------------------------------------------


def test_only_the_next_planned_dose_is_given() -> None:
    scene = Scene()
    course = scene.start()
    error = refusal(lambda: scene.give(course, ordinal=2))
    assert error.sentence == "Step-up dose 1 is the next dose of this course, not Step-up dose 2."


def test_a_dose_that_was_given_says_by_whom_and_when() -> None:
    scene = Scene()
    course = scene.start()
    scene.give(course)
    error = refusal(lambda: scene.give(course, ordinal=1))
    assert error.sentence == "N. Brandt RN recorded this dose already, given 19-Nov-2026 14:32."


def test_a_dose_that_was_planned_again_is_not_given_from_an_old_page() -> None:
    scene, course = given(15)
    courses.replan(
        course_id=course.pk, next_dose="sud1", planned_on=scene.today, reason="", by=scene.nurse, at=scene.at
    )
    error = refusal(lambda: scene.give(course, ordinal=2))
    assert "planned again since the page was opened" in error.sentence


def test_a_dose_that_no_course_has_is_refused() -> None:
    scene = Scene()
    course = scene.start()
    assert refusal(lambda: scene.give(course, ordinal=99)).field == "dose"


def test_an_ended_course_takes_no_dose() -> None:
    scene = Scene()
    course = scene.start()
    planned = scene.next(course)
    drawn = scene.drawn(planned)
    courses.end(course_id=course.pk, reason="Progression", by=scene.physician, at=scene.at)
    facts: dict[str, Any] = {"given_at": scene.at, "premedicated_at": None, "checker": scene.pharmacist}
    error = refusal(
        lambda: dosing.give(
            course_id=course.pk,
            ordinal=planned.ordinal,
            drawn=drawn,
            client_key=uuid4(),
            by=scene.nurse,
            at=scene.at,
            **facts,
        )
    )
    assert error.sentence == "This course has ended. Start a new one."


def test_a_course_of_another_center_does_not_exist() -> None:
    scene, other = Scene(), Scene()
    course = scene.start()
    with pytest.raises(TreatmentCourse.DoesNotExist):
        scene.give(course, by=other.nurse, checker=other.pharmacist)


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [(6, "lies in the future"), (-60 * 15, "The course starts on 19-Nov-2026")],
)
def test_a_time_ahead_or_before_the_course_is_refused(minutes: int, sentence: str) -> None:
    scene = Scene()
    course = scene.start()
    error = refusal(lambda: scene.give(course, given_at=scene.at + timedelta(minutes=minutes)))
    assert (error.field, sentence in error.sentence) == ("given_at", True)


def test_a_time_before_the_last_dose_is_refused() -> None:
    scene, course = given(3)
    error = refusal(lambda: scene.give(course, given_at=scene.at - timedelta(days=3, minutes=1)))
    assert (error.field, error.sentence) == (
        "given_at",
        "Step-up dose 1 was given 19-Nov-2026 14:32, after this time.",
    )


def test_too_early_is_refused_whoever_asks() -> None:
    scene, course = given(1)
    everybody = {"by": scene.physician, "checker": scene.pharmacist, "deviation_reason": "She travels"}
    error = refusal(lambda: scene.give(course, **everybody))
    assert error.field == "given_at"
    assert "too early" in error.sentence


def test_late_but_allowed_needs_a_reason() -> None:
    scene, course = given(5)
    assert refusal(lambda: scene.give(course)).field == "deviation_reason"
    row = scene.give(course, deviation_reason=REASON)
    assert row.deviation_reason == REASON


def test_late_for_another_cause_than_a_reaction_needs_a_physician_where_the_label_says_so() -> None:
    scene, course = given(5, by_weight("72.4"))
    scene.weigh("72.4")
    late = {"deviation_reason": REASON}
    assert refusal(lambda: scene.give(course, delay=DelayReason.SCHEDULING, **late)).field == "checker"
    row = scene.give(course, delay=DelayReason.ADVERSE_REACTION_RESOLVED, **late)
    assert row.unconfirmed is False


def test_a_restart_is_planned_again_before_it_is_given() -> None:
    scene, course = given(15)
    error = refusal(lambda: scene.give(course, by=scene.physician, deviation_reason=REASON))
    assert error.field == "dose"
    assert "restart with step-up dose 1" in error.sentence
    assert "Plan again first" in error.sentence
    courses.replan(
        course_id=course.pk, next_dose="sud1", planned_on=scene.today, reason="", by=scene.nurse, at=scene.at
    )
    assert scene.give(course).dose == "sud1"


def test_an_unconfirmed_record_needs_a_physician_and_a_reason() -> None:
    scene, course = given(3, Scene(confirmed=False))
    assert refusal(lambda: scene.give(course, deviation_reason="Label read")).field == "checker"
    assert refusal(lambda: scene.give(course, checker=scene.director)).field == "deviation_reason"
    assert scene.give(course, checker=scene.director, deviation_reason="Label read").unconfirmed is True


def test_a_new_course_does_not_forget_the_last_dose_of_the_old_one() -> None:
    scene, first = given(1)
    courses.end(course_id=first.pk, reason="Entered twice", by=scene.physician, at=scene.at)
    again = scene.start()
    error = refusal(lambda: scene.give(again, checker=scene.physician, deviation_reason=REASON))
    assert (error.field, "too early" in error.sentence) == ("given_at", True)


# --- refused: what stands against it ----------------------------------------------------------------------


@pytest.mark.parametrize("toxicity", ["crs", "icans"])
def test_an_open_event_blocks_whoever_asks(toxicity: str) -> None:
    scene, course = given(3)
    ToxicityEventFactory(patient=scene.patient, toxicity=toxicity)
    error = refusal(lambda: scene.give(course, by=scene.physician, deviation_reason=REASON))
    assert error.field == "event"
    assert error.sentence.startswith(f"{toxicity.upper()} is open since")


def test_a_weight_is_needed_for_a_dose_by_weight() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    course = scene.start()
    error = refusal(lambda: scene.give(course, by=scene.physician, deviation_reason=REASON))
    assert (error.field, error.sentence) == ("weight", "0.06 mg/kg needs a weight, and none is on record.")


def test_a_weight_older_than_the_center_allows_is_refused() -> None:
    scene = by_weight("72.4", weighed_days_ago=365)
    course = scene.start()
    error = refusal(lambda: scene.give(course, by=scene.physician, deviation_reason=REASON))
    assert error.field == "weight"
    assert "365 days old" in error.sentence


def test_the_oldest_weight_that_counts_is_accepted() -> None:
    limit = by_weight().dose_rules().weight_max_age_days
    assert by_weight("72.4", weighed_days_ago=limit).first_dose().amount_mg == Decimal("4.5")
    too_old = by_weight("72.4", weighed_days_ago=limit + 1)
    assert refusal(too_old.first_dose).field == "weight"


def test_a_weight_measured_after_the_dose_does_not_count() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    course = scene.start()
    dose_at = scene.at
    scene.later(days=1)
    scene.weigh("72.4")
    assert refusal(lambda: scene.give(course, given_at=dose_at)).field == "weight"


@pytest.mark.parametrize("kg", ["34.9", "160.1"])
def test_a_weight_off_the_table_is_refused_whoever_asks(kg: str) -> None:
    scene = by_weight(kg)
    course = scene.start()
    error = refusal(
        lambda: scene.give(course, by=scene.physician, checker=scene.pharmacist, deviation_reason=REASON)
    )
    assert error.field == "weight"
    assert "35 to 160 kg" in error.sentence


def between_bands(**changes: Any) -> Callable[[], Administration]:
    """69.5 kg is between two printed bands, which are whole kilograms."""
    scene = by_weight("69.5")
    course = scene.start()
    typed = Amount(Decimal("4.2"), Decimal("0.42"), 1)
    drawn = replace(scene.drawn(scene.next(course)), typed=changes.pop("typed", typed))
    people = {role: getattr(scene, who) for role, who in changes.items()}
    return lambda: scene.give(course, drawn=drawn, deviation_reason="69.5 kg is between bands", **people)


def test_where_the_record_has_no_amount_a_physician_and_a_pharmacist_say_it() -> None:
    row = between_bands(by="physician", checker="pharmacist")()
    assert (row.amount_mg, row.volume_ml) == (Decimal("4.2"), Decimal("0.42"))


@pytest.mark.parametrize(
    ("by", "checker"), [("nurse", "pharmacist"), ("nurse", "physician"), ("physician", "director")]
)
def test_one_of_the_two_is_not_enough(by: str, checker: str) -> None:
    assert refusal(between_bands(by=by, checker=checker)).field == "checker"


@pytest.mark.parametrize("typed", [None, Amount(Decimal(0), Decimal("0.4"), 1)])
def test_the_amount_they_say_is_above_zero(typed: Amount | None) -> None:
    assert refusal(between_bands(by="physician", checker="pharmacist", typed=typed)).field == "typed_mg"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"product": "TALVEY"}, "product"),
        ({"product": "talquetamab"}, "product"),
        ({"vial": "153 mg/1.7 mL"}, "vial"),
    ],
)
def test_the_wrong_product_or_vial_is_refused_whoever_asks(change: dict[str, Any], field: str) -> None:
    scene = by_weight()
    course = scene.start()
    drawn = replace(scene.drawn(scene.next(course)), **change)
    error = refusal(
        lambda: scene.give(
            course, drawn=drawn, by=scene.physician, checker=scene.pharmacist, deviation_reason=REASON
        )
    )
    assert error.field == field


def test_an_amount_that_changed_since_the_page_was_opened_is_refused() -> None:
    scene = by_weight("64.2")
    course = scene.start()
    (shown,) = scene.sheet(course).choices.values()
    drawn = replace(scene.drawn(scene.next(course)), seen=shown.words)
    scene.weigh("72.4")
    error = refusal(lambda: scene.give(course, drawn=drawn))
    assert error.field == "amount"
    assert "4.5\u00a0mg" in error.sentence
    assert "3.9\u00a0mg" in error.sentence


# --- refused: premedication -------------------------------------------------------------------------------


def test_missing_premedication_needs_a_physician() -> None:
    scene = Scene()
    course = scene.start()
    assert refusal(lambda: scene.give(course, premedicated_at=None)).field == "checker"
    row = scene.give(
        course, premedicated_at=None, checker=scene.physician, deviation_reason="Allergic to diphenhydramine"
    )
    assert row.premedicated_at is None


def test_premedication_after_the_dose_is_refused() -> None:
    scene = Scene()
    course = scene.start()
    error = refusal(lambda: scene.give(course, premedicated_at=scene.at + timedelta(minutes=1)))
    assert error.field == "premedicated_at"


def test_premedication_out_of_its_hours_needs_a_physician() -> None:
    scene = by_weight()  # one to three hours before
    course = scene.start()
    early = scene.at - timedelta(hours=3, minutes=1)
    assert refusal(lambda: scene.give(course, premedicated_at=early)).field == "checker"
    assert scene.give(course, premedicated_at=scene.at - timedelta(hours=3)).premedicated_at is not None


# --- refused: people --------------------------------------------------------------------------------------


def checker_of(scene: Scene, who: str) -> Staff:
    match who:
        case "giver":
            return scene.nurse
        case "elsewhere":
            return StaffFactory(physician=True)
        case "left":
            return StaffFactory(center=scene.center, is_active=False)
        case _:
            return StaffFactory(center=scene.center, administrator=True)


@pytest.mark.parametrize("who", ["giver", "elsewhere", "left", "administrator"])
def test_the_second_person_is_another_qualified_active_person_of_the_center(who: str) -> None:
    scene = Scene()
    course = scene.start()
    assert refusal(lambda: scene.give(course, checker=checker_of(scene, who))).field == "checker"


def test_the_database_refuses_one_person_in_both_roles() -> None:
    scene = Scene()
    with pytest.raises(IntegrityError, match="giver_and_checker_differ"), transaction.atomic():
        AdministrationFactory(given_by=scene.nurse, checked_by=scene.nurse)


def test_the_database_gives_one_planned_dose_once() -> None:
    scene = Scene()
    row = scene.give(scene.start())
    with pytest.raises(IntegrityError, match="planned_dose"), transaction.atomic():
        AdministrationFactory(planned_dose=row.planned_dose)


# --- once only --------------------------------------------------------------------------------------------


def test_a_double_click_is_one_dose() -> None:
    scene = Scene()
    course = scene.start()
    key = uuid4()
    row = scene.give(course, client_key=key, ordinal=1)
    with pytest.raises(AlreadyRecorded) as again:
        scene.give(course, client_key=key, ordinal=1)
    assert again.value.row == row
    assert Administration.objects.count() == 1


def test_a_refused_dose_leaves_nothing() -> None:
    scene, course = given(3)
    ToxicityEventFactory(patient=scene.patient)
    rows = (Administration.objects.count(), MonitoringWindow.objects.count(), AuditEntry.objects.count())
    refusal(lambda: scene.give(course))
    assert rows == (
        Administration.objects.count(),
        MonitoringWindow.objects.count(),
        AuditEntry.objects.count(),
    )


class Race:
    """Two nurses press the button at the same moment, each in a session of her own."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self.results: list[object] = []
        gate = threading.Barrier(len(acts))
        threads = [threading.Thread(target=self._run, args=(act, gate)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

    def _run(self, act: Callable[[], object], gate: threading.Barrier) -> None:
        try:
            gate.wait(timeout=10)
            self.results.append(act())
        except (ActRefused, AlreadyRecorded) as refused:
            self.results.append(refused)
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_key", [True, False])
def test_two_nurses_at_once_make_one_dose(same_key: bool) -> None:
    scene = Scene()
    course = scene.start()
    second = StaffFactory(center=scene.center, name="K. Moss RN")
    key = uuid4()
    facts = {"ordinal": 1, "given_at": scene.at, "drawn": scene.drawn(scene.next(course))}
    race = Race(
        lambda: scene.give(course, client_key=key, **facts),
        lambda: scene.give(course, client_key=key if same_key else uuid4(), by=second, **facts),
    )
    assert Administration.objects.count() == 1
    assert MonitoringWindow.objects.count() == 1
    assert MonitoringCheck.objects.count() == 6
    assert Intervention.objects.count() == 1
    kinds = {type(result) for result in race.results}
    assert kinds == {Administration, AlreadyRecorded if same_key else ActRefused}


@pytest.mark.django_db(transaction=True)
def test_a_dose_and_a_new_plan_at_once_leave_one_of_both() -> None:
    scene, course = given(4)
    planned = scene.next(course)
    facts = {"ordinal": planned.ordinal, "given_at": scene.at, "drawn": scene.drawn(planned)}
    Race(
        lambda: scene.give(course, deviation_reason=REASON, **facts),
        lambda: courses.replan(
            course_id=course.pk,
            next_dose="sud2",
            planned_on=scene.today + DAY,
            reason="",
            by=scene.nurse,
            at=scene.at,
        ),
    )
    planned.refresh_from_db()
    planned_again = AuditEntry.objects.filter(action="course.replan").exists()
    doses_given = Administration.objects.count()
    assert (planned.state, doses_given) in {("given", 2), ("superseded", 1)}
    assert planned_again is (planned.state == "superseded")


# --- as a story tells it ----------------------------------------------------------------------------------


def told(scene: Scene, course: TreatmentCourse, dose: str) -> Administration:
    return dosing.record_as_told(
        course_id=course.pk,
        dose=dose,
        given_at=scene.at,
        by=scene.nurse,
        checker=scene.pharmacist,
        reason="sample story",
        at=scene.at,
    )


def test_a_story_s_dose_is_recorded_whatever_the_record_says() -> None:
    scene = Scene(confirmed=False)
    course = scene.start()
    told(scene, course, "sud1")
    scene.later(days=1)
    row = told(scene, course, "tx1")
    assert row.dose == "tx1"
    assert row.unconfirmed is True
    assert "Another dose is next" in row.deviation_reason or "Too early" in row.deviation_reason
    assert row.window.checks.count() == 6


def test_a_story_s_dose_without_a_vial_in_the_record_has_no_volume() -> None:
    scene = Scene(regimen="linvoseltamab")
    course = scene.start()
    told(scene, course, "sud1")
    scene.later(days=7)
    row = told(scene, course, "sud2")
    assert (row.amount_mg, row.volume_ml) == (Decimal(25), None)


def test_a_story_s_dose_by_weight_needs_the_weight() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    course = scene.start()
    assert refusal(lambda: told(scene, course, "sud1")).field == "dose"
