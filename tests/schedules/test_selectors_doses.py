"""The sheet of a dose and the stretches of a chart: what they read, and at what price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from protocols import selectors as protocols
from protocols.rules.regimen import DoseHistory
from protocols.rules.window import DelayReason, Verdict
from schedules.models import CourseStatus
from schedules.selectors import chart, plans
from schedules.selectors.chart import Stretch
from schedules.selectors.sheet import Amount, Basis, Override
from tests.factories import InterventionFactory, ToxicityEventFactory
from tests.schedules.scene import DAY, Scene
from tests.statements import statements

pytestmark = pytest.mark.django_db


# --- sheet ------------------------------------------------------------------------------------------------


def test_the_sheet_costs_the_same_late_in_a_course() -> None:
    scene = Scene()
    course = scene.start()
    scene.give(course)
    scene.later(days=3)
    scene.sheet(course)
    with statements() as early:
        scene.sheet(course)
    for days in (0, 4, 7, 7):
        scene.later(days=days)
        scene.give(course)
    scene.later(days=7)
    with statements() as late:
        scene.sheet(course)
    assert len(early) == len(late) == 7  # with the planned dose and the newest confirmation


def test_nothing_speaks_against_a_dose_in_time() -> None:
    scene = Scene()
    course = scene.start()
    scene.give(course)
    scene.later(days=3)
    sheet = scene.sheet(course, premedicated_at=scene.at - timedelta(hours=1))
    assert sheet.objections == ()
    assert sheet.override is None
    assert sheet.window is not None
    assert sheet.window.verdict is Verdict.IN_WINDOW


def test_the_strictest_objection_says_who_may_let_it_pass() -> None:
    scene = Scene(confirmed=False)
    course = scene.start()
    scene.give(course, checker=scene.physician, deviation_reason="Label read today")
    scene.later(days=5)
    asked = {"premedicated_at": scene.at - timedelta(hours=1)}
    assert scene.sheet(course, **asked).override is Override.PHYSICIAN
    ToxicityEventFactory(patient=scene.patient)
    assert scene.sheet(course, **asked).override is Override.NOBODY


def test_a_decided_amount_is_the_only_choice() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    scene.weigh("64.2")
    assert scene.sheet(scene.start()).choices == {Basis.BAND: Amount(Decimal("3.9"), Decimal("0.39"), 1)}


def test_vials_are_counted_from_the_volume_of_each_choice() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy", confirmed=False)
    scene.weigh("101")
    course = scene.start()
    dose = scene.next(course)
    dose.dose, dose.label = "sud2", "Step-up dose 2"
    dose.save()
    amounts = scene.sheet(course).choices
    assert {basis: amount.vials for basis, amount in amounts.items()} == {Basis.BAND: 2, Basis.FORMULA: 2}


@pytest.mark.parametrize("state", ["open", "closed"])
def test_crs_since_the_last_dose_asks_for_premedication_again(state: str) -> None:
    scene = Scene()
    course = scene.start()
    for days in (0, 3, 4):
        scene.later(days=days)
        scene.give(course)
    scene.later(days=7)
    assert scene.sheet(course).premedication.required is False
    since = ToxicityEventFactory(patient=scene.patient, opening_observation__taken_at=scene.at - DAY)
    if state == "closed":
        since.state, since.closed_at, since.closed_by = "closed", scene.at, scene.physician
        since.save()
    assert scene.sheet(course).premedication.required is True
    assert DoseHistory.CRS_AFTER_LAST_DOSE in DoseHistory


def test_a_premedication_of_another_day_does_not_count() -> None:
    scene = Scene()
    course = scene.start()
    InterventionFactory(
        patient=scene.patient, kind="premedication", taken_at=scene.at - timedelta(hours=24, minutes=1)
    )
    assert scene.sheet(course).premedicated_at is None


def test_the_reason_for_a_delay_counts_where_the_label_asks() -> None:
    scene = Scene(regimen="teclistamab", schedule="monotherapy")
    scene.weigh("64.2")
    course = scene.start()
    scene.give(course)
    scene.later(days=5)
    given = {"premedicated_at": scene.at - timedelta(hours=2)}
    resolved = scene.sheet(course, delay=DelayReason.ADVERSE_REACTION_RESOLVED, **given)
    scheduling = scene.sheet(course, delay=DelayReason.SCHEDULING, **given)
    assert (resolved.override, scheduling.override) == (Override.REASON, Override.PHYSICIAN)


# --- plans ------------------------------------------------------------------------------------------------


def test_a_plan_costs_one_statement() -> None:
    scene = Scene()
    spec = scene.sheet(scene.start()).spec
    with statements() as asked:
        plans.plan(spec=spec, starts_on=scene.today, center=scene.center)
    assert len(asked) == 1


def test_the_companion_drug_is_no_stair_of_ours() -> None:
    scene = Scene(regimen="teclistamab", schedule="combination_daratumumab")
    spec = protocols.spec(scene.version.pk)
    stairs = plans.plan(spec=spec, starts_on=scene.today, center=scene.center)
    assert [stair.step.dose.id for stair in stairs][:3] == ["sud1", "sud2", "tx1"]


# --- stretches --------------------------------------------------------------------------------------------


def drawn(scene: Scene, stretch: Stretch) -> tuple[datetime, datetime]:
    status = CourseStatus.objects.select_related("course").filter(patient=scene.patient).first()
    shown = chart.drawn(stretch, status, scene.center, scene.at)
    return shown.start, shown.end


def test_six_days_reach_from_two_days_before_the_dose_past_its_window() -> None:
    scene = Scene()
    scene.give(scene.start())
    start, end = drawn(scene, Stretch.SIX_DAYS)
    assert (f"{start:%d-%b %H:%M}", f"{end:%d-%b %H:%M}") == ("17-Nov 00:00", "23-Nov 00:00")


@pytest.mark.parametrize("days", [0, 3, 40])
def test_every_stretch_holds_the_present(days: int) -> None:
    scene = Scene()
    scene.give(scene.start())
    scene.later(days=days)
    for stretch in Stretch:
        start, end = drawn(scene, stretch)
        assert start < scene.at < end


def test_hours_are_elapsed_hours_over_a_clock_change() -> None:
    scene = Scene(at=datetime(2026, 11, 1, 17, 0, tzinfo=UTC))
    start, end = drawn(scene, Stretch.DAY)
    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=24)
    first, last = drawn(scene, Stretch.SIX_DAYS)
    assert (last.astimezone(UTC) - first.astimezone(UTC)) == timedelta(days=6, hours=1)


def test_the_whole_course_reaches_past_the_next_dose() -> None:
    scene = Scene()
    scene.give(scene.start())
    start, end = drawn(scene, Stretch.COURSE)
    assert start.date() == scene.today - DAY
    assert end.date() == scene.today + 5 * DAY


def test_a_stretch_is_read_in_eight_statements_however_much_is_in_it() -> None:
    scene = Scene()
    course = scene.start()
    scene.give(course)
    span = (scene.at - DAY, scene.at + DAY)

    def cost() -> int:
        with statements() as asked:
            found = chart.line(scene.patient.pk, course.pk, *span, timedelta(hours=6))
        assert found.doses
        return len(asked)

    few = cost()
    for _ in range(30):
        scene.later(minutes=20)
        scene.log("36.8")
    assert few == cost() == 8
