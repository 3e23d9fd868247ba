"""Where a patient belongs at a grade: the center's triggers against the place on record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.library.standards import shipped_spec
from protocols.rules.placement import GradeNow, Placed, care_prompts
from protocols.rules.values import Toxicity

TRIGGERS = shipped_spec().center.care.care_triggers
CRS, ICANS = Toxicity.CRS, Toxicity.ICANS
GRADES = st.integers(min_value=0, max_value=5)
PLACES = st.one_of(st.none(), st.sampled_from(Placed))


def asked(crs: int | None, icans: int | None, where: Placed | None) -> list[str]:
    grades = {
        toxicity: GradeNow(grade) for toxicity, grade in ((CRS, crs), (ICANS, icans)) if grade is not None
    }
    return [prompt.id for prompt in care_prompts(grades, where, TRIGGERS)]


@pytest.mark.parametrize(
    ("crs", "icans", "where", "expected"),
    [
        (None, None, Placed.HOME, []),
        (1, None, Placed.HOME, []),
        (None, 1, Placed.HOME, []),
        (2, None, Placed.HOME, ["crs_admission"]),
        (2, None, Placed.ON_THE_WAY, ["crs_admission"]),
        (2, None, Placed.CLINIC, ["crs_admission"]),
        (2, None, Placed.EMERGENCY, ["crs_admission"]),
        (2, None, Placed.WARD, []),
        (2, None, Placed.INTENSIVE_CARE, []),
        (2, None, None, ["crs_admission"]),
        (None, 2, Placed.HOME, ["icans_admission"]),
        (None, 2, Placed.WARD, []),
        (3, None, Placed.HOME, ["crs_intensive_care"]),
        (3, None, Placed.WARD, ["crs_intensive_care"]),
        (4, None, Placed.WARD, ["crs_intensive_care"]),
        (3, None, Placed.INTENSIVE_CARE, []),
        (None, 3, Placed.EMERGENCY, ["icans_intensive_care"]),
        (None, 4, Placed.INTENSIVE_CARE, []),
        (3, 3, Placed.HOME, ["crs_intensive_care", "icans_intensive_care"]),
        (2, 2, Placed.HOME, ["crs_admission", "icans_admission", "both_intensive_care"]),
        (2, 2, Placed.WARD, ["both_intensive_care"]),
        (2, 2, Placed.INTENSIVE_CARE, []),
        (1, 2, Placed.WARD, []),
        (3, 2, Placed.WARD, ["crs_intensive_care"]),
    ],
    ids=str,
)
def test_a_grade_asks_for_its_place(
    crs: int | None, icans: int | None, where: Placed | None, expected: list[str]
) -> None:
    assert asked(crs, icans, where) == expected


def test_the_prompt_says_grade_place_and_where_the_patient_is() -> None:
    (prompt,) = care_prompts({CRS: GradeNow(2)}, Placed.HOME, TRIGGERS)
    assert prompt.sentence == "CRS grade 2 belongs in hospital; the patient is at home"
    assert prompt.because == ("CRS grade 2 or more belongs in hospital",)
    assert prompt.source is not None
    assert not prompt.consider


def test_what_is_only_to_consider_says_so() -> None:
    (prompt,) = care_prompts({CRS: GradeNow(2), ICANS: GradeNow(2)}, Placed.WARD, TRIGGERS)
    assert prompt.consider
    assert (
        prompt.sentence == "CRS grade 2 with ICANS grade 2: consider intensive care; the patient is on a ward"
    )


def test_an_uncertain_grade_and_an_unknown_place_stay_so() -> None:
    (prompt,) = care_prompts({CRS: GradeNow(2, at_least=True)}, None, TRIGGERS)
    assert prompt.sentence == "CRS at least grade 2 belongs in hospital; no place is recorded"


@given(crs=GRADES, icans=GRADES, where=PLACES, more=st.integers(min_value=0, max_value=3))
def test_a_worse_grade_never_asks_for_a_lower_place(
    crs: int, icans: int, where: Placed | None, more: int
) -> None:
    def highest(crs: int) -> int:
        grades = {CRS: GradeNow(crs), ICANS: GradeNow(icans)}
        found = [prompt.place for prompt in care_prompts(grades, where, TRIGGERS) if not prompt.consider]
        return max((("ward", "intensive_care").index(place) + 1 for place in found), default=0)

    assert highest(min(crs + more, 5)) >= highest(crs)


@given(crs=GRADES, icans=GRADES)
def test_without_a_place_nothing_is_taken_as_answered(crs: int, icans: int) -> None:
    assert set(asked(crs, icans, Placed.HOME)) == set(asked(crs, icans, None))


@given(crs=GRADES, icans=GRADES, where=PLACES)
def test_intensive_care_answers_everything(crs: int, icans: int, where: Placed | None) -> None:
    assert asked(crs, icans, Placed.INTENSIVE_CARE) == []
    assert len(asked(crs, icans, where)) == len(set(asked(crs, icans, where)))
