"""ICANS grading of one entry against the ASTCT 2019 table for adults."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import icans
from protocols.rules.values import (
    Axis,
    Consciousness,
    Entry,
    EntryKind,
    Grading,
    IceScore,
    Motor,
    RaisedPressure,
    Seizure,
    Toxicity,
    VitalSigns,
)
from tests.rules.builders import ICANS, but, dose, ice, only


def grade(vitals: VitalSigns, **attributed: str) -> Grading:
    causes = tuple((Axis(axis), cause) for axis, cause in attributed.items())
    return icans.grade(Entry(EntryKind.VITALS, vitals=vitals, attributed=causes), ICANS)


def neuro(points: int | None = 10, level: str | None = "alert", **signs: Any) -> VitalSigns:
    consciousness = None if level is None else Consciousness(level)
    score = None if points is None else IceScore(total=points)
    return only(ice=score, consciousness=consciousness, **signs)


# The published table, typed here a second time.
POINTS = {10: 0, 9: 1, 8: 1, 7: 1, 6: 2, 5: 2, 4: 2, 3: 2, 2: 3, 1: 3, 0: 3}
LEVELS = {
    "alert": 0,
    "awakens_spontaneously": 1,
    "awakens_to_voice": 2,
    "awakens_to_touch": 3,
    "unarousable": 4,
}
SEIZURES = {"none": 0, "brief": 3, "nonconvulsive_resolved": 3, "prolonged": 4, "repetitive": 4}
MOTOR = {"none": 0, "tremor": 0, "focal_weakness": 4}
PRESSURE = {
    "none": 0,
    "focal_edema": 3,
    "diffuse_edema": 4,
    "posturing": 4,
    "sixth_nerve_palsy": 4,
    "papilledema": 4,
    "cushing_triad": 4,
    "hemorrhage": 0,
}


@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("level", LEVELS)
def test_the_worst_domain_is_the_grade(points: int, level: str) -> None:
    """Every ICE x consciousness x seizure x motor x raised pressure, against the table above."""
    for seizure, motor, pressure in product(SEIZURES, MOTOR, PRESSURE):
        vitals = neuro(
            points,
            level,
            seizure=Seizure(seizure),
            motor=Motor(motor),
            raised_pressure=RaisedPressure(pressure),
        )
        expected = max(POINTS[points], LEVELS[level], SEIZURES[seizure], MOTOR[motor], PRESSURE[pressure])
        grading = grade(vitals)
        assert (grading.grade, grading.criterion) == (expected, expected > 0)


def test_every_value_of_every_domain_is_in_the_table() -> None:
    assert set(POINTS) == set(range(11))
    for names, kind in ((LEVELS, Consciousness), (SEIZURES, Seizure), (MOTOR, Motor)):
        assert set(names) == {member.value for member in kind}
    assert set(PRESSURE) == {member.value for member in RaisedPressure}


def test_ice_zero_awake_is_three_and_unarousable_is_four() -> None:
    assert grade(neuro(0, "alert")).grade == 3
    assert grade(neuro(0, "unarousable")).grade == 4
    assert grade(neuro(None, "unarousable")).grade == 4


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ({}, 0),
        ({"year": False}, 1),
        ({"objects": 0}, 1),
        ({"objects": 0, "sentence": False}, 2),
        ({"objects": 0, "year": False, "month": False, "city": False, "hospital": False}, 2),
        (
            {
                "objects": 0,
                "year": False,
                "month": False,
                "city": False,
                "hospital": False,
                "command": False,
            },
            3,
        ),
    ],
)
def test_ice_by_its_items(lost: dict[str, Any], expected: int) -> None:
    vitals = but(neuro(None), ice=ice(**lost))
    assert grade(vitals).grade == expected


@pytest.mark.parametrize("item", IceScore.ITEMS)
def test_an_ice_with_an_item_left_out_is_no_score(item: str) -> None:
    vitals = but(neuro(None), ice=ice(**{item: None}))
    grading = grade(vitals)
    assert grading.cannot_grade
    assert (grading.at_least, grading.missing) == (0, ("ice",))
    assert "ICE incomplete: not a score" in grading.because


def test_a_failed_part_of_an_incomplete_ice_does_not_bound_the_grade() -> None:
    by_phone = IceScore(year=False, month=False, city=False, hospital=False, attention=False)
    assert grade(but(neuro(None), ice=by_phone)).at_least == 0


@pytest.mark.parametrize(
    ("points", "level", "at_least", "missing"),
    [
        (None, "awakens_to_voice", 2, ("ice",)),
        (None, "awakens_to_touch", 3, ()),
        (None, "unarousable", 4, ()),
        (2, None, 3, ("consciousness",)),
        (7, None, 1, ("consciousness",)),
        (None, "alert", 0, ("ice",)),
        (10, None, 0, ("consciousness",)),
        (None, None, 0, ("ice", "consciousness")),
    ],
)
def test_what_was_not_examined_bounds_the_grade_from_below(
    points: int | None, level: str | None, at_least: int, missing: tuple[str, ...]
) -> None:
    grading = grade(neuro(points, level))
    assert (grading.at_least, grading.missing) == (at_least, missing)
    assert grading.cannot_grade is (bool(missing) and at_least == 0)


def test_a_seizure_grades_without_any_other_examination() -> None:
    brief = grade(neuro(None, None, seizure=Seizure.BRIEF))
    assert (brief.at_least, brief.missing) == (3, ("consciousness",))
    assert grade(neuro(None, None, seizure=Seizure.PROLONGED)).grade == 4


def test_tremor_and_hemorrhage_are_named_and_grade_nothing() -> None:
    grading = grade(neuro(motor=Motor.TREMOR, raised_pressure=RaisedPressure.HEMORRHAGE))
    assert (grading.grade, grading.criterion) == (0, False)
    assert "motor sign: tremor, not part of ICANS" in grading.because
    assert "raised pressure sign: hemorrhage, not part of ICANS" in grading.because


def test_each_domain_is_taken_out_alone() -> None:
    vitals = neuro(5, "awakens_to_touch", seizure=Seizure.PROLONGED)
    assert grade(vitals, seizure="known epilepsy").grade == 3
    assert grade(vitals, seizure="known epilepsy", consciousness="sedative").grade == 2
    grading = grade(vitals, seizure="known epilepsy", consciousness="sedative", ice="aphasia since 2019")
    assert (grading.grade, grading.criterion) == (0, False)
    assert "seizure attributed to known epilepsy, not counted" in grading.because


def test_an_attributed_domain_is_not_missing() -> None:
    assert grade(neuro(None, "alert"), ice="does not speak the language").grade == 0
    assert grade(neuro(10, None, motor=Motor.FOCAL_WEAKNESS), motor="old stroke").missing == (
        "consciousness",
    )


def test_a_fever_attribution_says_nothing_about_the_nerves() -> None:
    assert grade(neuro(6), fever="infection").grade == 2


def test_no_fever_and_no_crs_is_needed() -> None:
    assert grade(neuro(6)).criterion


def test_the_source_is_that_of_the_domain_that_decides() -> None:
    assert grade(neuro(6, "awakens_spontaneously")).source is ICANS.ice_source
    assert grade(neuro(9, "awakens_to_voice")).source is ICANS.source
    assert grade(neuro(10)).source is ICANS.source


def test_because_names_the_score() -> None:
    assert grade(neuro(6, "awakens_to_voice")).because == ("ICE 6 of 10", "awakens to voice")
    assert grade(neuro(None, None)).because == ("missing: complete ICE, level of consciousness",)


def test_death() -> None:
    grading = grade(only(died_of=Toxicity.ICANS))
    assert (grading.grade, grading.criterion) == (5, True)
    assert grade(only(died_of=Toxicity.CRS)).cannot_grade


def test_only_vital_signs_can_be_graded() -> None:
    with pytest.raises(ValueError, match="vital signs"):
        icans.grade(dose(), ICANS)


def test_a_score_outside_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no ICE band holds a score of 11"):
        grade(neuro(11))


@st.composite
def any_neuro(draw: st.DrawFn) -> VitalSigns:
    return neuro(
        draw(st.none() | st.integers(0, 10)),
        draw(st.none() | st.sampled_from(list(LEVELS))),
        seizure=draw(st.sampled_from(Seizure)),
        motor=draw(st.sampled_from(Motor)),
        raised_pressure=draw(st.sampled_from(RaisedPressure)),
    )


@given(any_neuro(), st.integers(1, 10))
def test_a_lower_ice_never_lowers_the_grade(vitals: VitalSigns, points: int) -> None:
    if vitals.ice is None or vitals.ice.total is None:
        return
    worse = but(vitals, ice=IceScore(total=max(0, vitals.ice.total - points)))
    assert grade(worse).at_least >= grade(vitals).at_least


@given(any_neuro())
def test_a_deeper_level_never_lowers_the_grade(vitals: VitalSigns) -> None:
    grades = [grade(but(vitals, consciousness=level)).at_least for level in Consciousness]
    assert grades == sorted(grades)


@given(any_neuro(), st.sampled_from(["ice", "consciousness"]))
def test_unknown_is_never_read_as_normal(vitals: VitalSigns, name: str) -> None:
    """A grade that is certain without an examination holds whatever the examination would find."""
    without = grade(but(vitals, **{name: None}))
    if without.grade is not None:
        assert grade(vitals).at_least <= without.grade
