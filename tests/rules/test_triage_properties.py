"""What holds for every timeline: time decides and not the order of entry, worse is never graded lower, and a
correction reaches forward only.

The timelines here are richer than a nurse's night: oxygen, vasopressors, attribution, several doses, and
hours close enough for events to run on and far enough for them to end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules import stepup, triage
from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.values import (
    Assessment,
    Axis,
    Baseline,
    Consciousness,
    Entry,
    EntryKind,
    Grading,
    IceScore,
    Oxygen,
    OxygenDevice,
    Seizure,
    Toxicity,
    VitalSigns,
)
from protocols.rules.window import follows
from tests.rules.builders import SPEC, after, celsius, dose, gave, reading, signs
from tests.rules.record import schedules

BASELINE = Baseline(systolic=122, ice=10)
DEVICES = [
    OxygenDevice.ROOM_AIR,
    OxygenDevice.NASAL_CANNULA,
    OxygenDevice.FACEMASK,
    OxygenDevice.MECHANICAL_VENTILATION,
]
LEVELS = list(Consciousness)
PRESSORS = [(), ("norepinephrine",), ("norepinephrine", "epinephrine")]
DRUGS = ["acetaminophen", "tocilizumab", "premedication", "fluids", "pocket_dexamethasone"]
QUARTERS_OF_AN_HOUR = st.integers(1, 400).map(lambda quarters: quarters / 4)


def assess(*timeline: Entry) -> Assessment:
    return triage.assess(timeline, SPEC, BASELINE)


@st.composite
def vital_signs(draw: st.DrawFn) -> VitalSigns:
    degrees = draw(st.none() | st.sampled_from(["36.8", "37.9", "38.0", "39.4"]))
    device = draw(st.none() | st.sampled_from(DEVICES))
    points = draw(st.none() | st.sampled_from([10, 8, 4, 1]))
    return replace(
        signs(None),
        temperature=None if degrees is None else celsius(degrees),
        systolic=draw(st.none() | st.sampled_from([122, 90, 84])),
        spo2=draw(st.none() | st.sampled_from([97, 90, 89])),
        oxygen=None if device is None else Oxygen(device, draw(st.none() | st.sampled_from([Decimal(2)]))),
        vasopressors=draw(st.sampled_from([*[()] * 4, *PRESSORS[1:]])),
        ice=None if points is None else IceScore(total=points),
        consciousness=draw(st.none() | st.sampled_from(LEVELS)),
        seizure=draw(st.sampled_from([*[Seizure.NONE] * 4, Seizure.BRIEF])),
    )


@st.composite
def entries(draw: st.DrawFn, ref: str) -> Entry:
    hours = draw(QUARTERS_OF_AN_HOUR)
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return dose(hours, "sud2")
    if kind in (1, 2):
        return gave(hours, draw(st.sampled_from(DRUGS)), ref=ref)
    axes = draw(st.sampled_from([(), (), (), (Axis.FEVER,), (Axis.HYPOTENSION, Axis.ICE)]))
    cause = tuple((axis, "another cause") for axis in axes)
    return reading(hours, draw(vital_signs()), ref=ref, attributed=cause)


@st.composite
def timelines(draw: st.DrawFn) -> list[Entry]:
    size = draw(st.integers(2, 10))
    told = [draw(entries(str(number))) for number in range(size)]
    minutes = {entry.at: entry for entry in told}  # one entry a minute: which came first is never in doubt
    return [dose(), *minutes.values()]


def gradings(assessment: Assessment) -> dict[tuple[str, Toxicity], Grading]:
    return {(grading.ref, grading.toxicity): grading for grading in assessment.gradings}


def _readings(timeline: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in timeline if entry.kind is EntryKind.VITALS]


# --- the order of entry does not matter, time does --------------------------------------------------------


@given(timelines(), st.data())
def test_typed_in_any_order_it_is_the_same_night(timeline: list[Entry], data: st.DataObject) -> None:
    assert assess(*data.draw(st.permutations(timeline))) == assess(*timeline)


def test_the_same_entries_at_other_times_are_another_night() -> None:
    """A fever, a drug that hides it and a low pressure: six orders, and only one of them is a waiver."""

    def grade_of_the_pressure(fever: int, drug: int, low: int) -> str:
        assessment = assess(
            dose(),
            reading(fever, signs("38.6"), ref="fever"),
            gave(drug, "acetaminophen", ref="drug"),
            reading(low, signs("37.0", systolic=84), ref="low"),
        )
        grading = assessment.grading_for("low", Toxicity.CRS)
        assert grading is not None
        return grading.text

    assert grade_of_the_pressure(20, 21, 22) == "grade 2"
    others = [(20, 22, 21), (21, 20, 22), (21, 22, 20), (22, 20, 21), (22, 21, 20)]
    assert {grade_of_the_pressure(*hours) for hours in others} == {"grade 0"}


@pytest.mark.parametrize(("hours_free", "waived"), [(23.75, True), (24, False)])
def test_an_hour_decides_whether_the_waiver_still_stands(hours_free: float, waived: bool) -> None:
    assessment = assess(
        dose(),
        reading(20, signs("38.6")),
        gave(20.5, "tocilizumab"),
        reading(22, signs("37.0")),
        reading(22 + hours_free, signs("37.0", systolic=84), ref="low"),
    )
    grading = assessment.grading_for("low", Toxicity.CRS)
    assert grading is not None
    assert (grading.waived, grading.grade) == (waived, 2 if waived else 0)


@given(timelines(), st.integers(-1000, 1000))
def test_a_whole_night_moved_to_another_day_is_graded_alike(timeline: list[Entry], hours: int) -> None:
    moved = [replace(entry, at=entry.at + timedelta(hours=hours)) for entry in timeline if entry.at]
    here, there = assess(*timeline), assess(*moved)
    assert [(g.ref, g.toxicity, g.text, g.because) for g in there.gradings] == [
        (g.ref, g.toxicity, g.text, g.because) for g in here.gradings
    ]
    assert [(e.max_grade, e.onset_hours, e.duration_hours) for e in there.episodes] == [
        (e.max_grade, e.onset_hours, e.duration_hours) for e in here.episodes
    ]


# --- worse is never graded lower --------------------------------------------------------------------------


def _next(scale: Sequence[object], value: object) -> int:
    """The place on a scale one step up from this value, or its end."""
    return min(scale.index(value) + 1, len(scale) - 1)


def _one_step_worse(vitals: VitalSigns, what: str) -> VitalSigns:
    """The same reading with one value worse; a value that was not taken stays not taken."""
    if getattr(vitals, what) is None:
        return vitals
    ways: dict[str, Callable[[], object]] = {
        "temperature": lambda: celsius("39.4"),
        "systolic": lambda: (vitals.systolic or 0) - 10,
        "spo2": lambda: (vitals.spo2 or 0) - 8,
        "oxygen": lambda: _more_oxygen(vitals.oxygen),
        "vasopressors": lambda: PRESSORS[_next(PRESSORS, vitals.vasopressors)],
        "ice": lambda: IceScore(total=max(0, _points(vitals) - 3)),
        "consciousness": lambda: LEVELS[_next(LEVELS, vitals.consciousness)],
        "seizure": lambda: Seizure.PROLONGED,
    }
    return replace(vitals, **{what: ways[what]()})  # type: ignore[arg-type]


def _more_oxygen(oxygen: Oxygen | None) -> Oxygen:
    assert oxygen is not None
    return replace(oxygen, device=DEVICES[_next(DEVICES, oxygen.device)])


def _points(vitals: VitalSigns) -> int:
    assert vitals.ice is not None
    return vitals.ice.total or 0


WORSE = ["temperature", "systolic", "spo2", "oxygen", "vasopressors", "ice", "consciousness", "seizure"]


@given(timelines(), st.sampled_from(WORSE), st.data())
@settings(max_examples=200)
def test_a_worse_reading_lowers_no_grade_of_the_night(
    timeline: list[Entry], what: str, data: st.DataObject
) -> None:
    """Not its own, none after it, and not the worst of the event that it belongs to."""
    measured = _readings(timeline)
    if not measured:
        return
    chosen = data.draw(st.sampled_from(measured))
    assert chosen.vitals is not None
    worse = replace(chosen, vitals=_one_step_worse(chosen.vitals, what))
    before = assess(*timeline)
    now = assess(*(worse if entry is chosen else entry for entry in timeline))
    for key, grading in gradings(before).items():
        assert gradings(now)[key].at_least >= grading.at_least
    for toxicity in Toxicity:
        was, is_now = before.episode_of(chosen.ref, toxicity), now.episode_of(chosen.ref, toxicity)
        if was is not None:
            assert is_now is not None
            assert is_now.max_grade >= was.max_grade


# --- a correction reaches forward only --------------------------------------------------------------------


@given(timelines(), vital_signs(), QUARTERS_OF_AN_HOUR, st.data())
def test_a_corrected_reading_changes_nothing_before_it(
    timeline: list[Entry], vitals: VitalSigns, hours: float, data: st.DataObject
) -> None:
    """Whether a value was wrong or the time, all that happened before both times stays as it was."""
    measured = _readings(timeline)
    if not measured:
        return
    chosen = data.draw(st.sampled_from(measured))
    at = data.draw(st.sampled_from([chosen.at, after(hours)]))
    amended = replace(chosen, vitals=vitals, at=at)
    before = assess(*timeline)
    now = assess(*(amended if entry is chosen else entry for entry in timeline))
    assert chosen.at is not None
    assert at is not None
    _same_before(min(chosen.at, at), before, now)
    fresh = assess(*(entry for entry in timeline if entry is not chosen), amended)
    assert now == fresh  # a corrected entry is the entry, and nothing of the old one is left


def _same_before(moment: datetime, before: Assessment, now: Assessment) -> None:
    for key, grading in gradings(before).items():
        if grading.at is not None and grading.at < moment:
            assert gradings(now)[key] == grading
            assert now.findings_for(grading.ref) == before.findings_for(grading.ref)


@given(timelines(), vital_signs(), st.data())
def test_a_correction_reaches_no_further_than_the_event_it_touches(
    timeline: list[Entry], vitals: VitalSigns, data: st.DataObject
) -> None:
    """A day and more of clear readings after the entry: what comes then cannot know of the correction."""
    measured = _readings(timeline)
    if not measured:
        return
    chosen = data.draw(st.sampled_from(measured))
    clear = [reading(hours, signs("36.8"), ref=f"clear {hours}") for hours in (110, 135, 160)]
    later = [
        replace(entry, at=entry.at + timedelta(hours=200), ref=f"later {entry.ref}")
        for entry in data.draw(timelines())
        if entry.at
    ]
    amended = replace(chosen, vitals=vitals)
    before = assess(*timeline, *clear, *later)
    now = assess(*(amended if entry is chosen else entry for entry in timeline), *clear, *later)
    for entry in later:
        for toxicity in Toxicity:
            assert now.grading_for(entry.ref, toxicity) == before.grading_for(entry.ref, toxicity)
        assert now.findings_for(entry.ref) == before.findings_for(entry.ref)


# --- a plan of dates --------------------------------------------------------------------------------------


@given(pair=schedules, start=st.dates(date(2024, 1, 1), date(2030, 1, 1)), treatment_doses=st.integers(0, 30))
def test_no_plan_goes_under_a_minimum_gap(
    pair: tuple[Regimen, Schedule], start: date, treatment_doses: int
) -> None:
    """From the record itself: the days between two doses of a plan are never fewer than the least."""
    _, schedule = pair
    steps = stepup.plan(schedule, start, treatment_doses)
    held_to_a_minimum = 0
    for place, step in enumerate(steps):
        bounds = step.dose.interval
        before = next((b for b in reversed(steps[:place]) if follows(step.dose, b.dose.id)), None)
        if bounds is None or bounds.min_days is None or before is None:
            continue
        held_to_a_minimum += 1
        assert (step.day - before.day).days >= bounds.min_days
    has_minimum = any(dose.interval and dose.interval.min_days for dose in schedule.dated_doses)
    assert held_to_a_minimum > 0 or not has_minimum
