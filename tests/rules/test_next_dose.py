"""The dose after a toxicity: the row of this grade, occurrence and duration, or the physician."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.next_dose import NextDoseAnswer, Toxic, decide
from protocols.rules.regimen import Decision, Occurrence, Regimen
from tests.rules.record import ELRANATAMAB, LINVOSELTAMAB, TALQUETAMAB, TECLISTAMAB

FIRST, RECURRENT = Occurrence.FIRST, Occurrence.RECURRENT
records = st.sampled_from((ELRANATAMAB, TECLISTAMAB, TALQUETAMAB, LINVOSELTAMAB))
toxicities = st.sampled_from(("crs", "icans", "neurotoxicity"))


def crs(regimen: Regimen, grade: int, occurrence: Occurrence | None, hours: str | None) -> NextDoseAnswer:
    return decide(regimen, Toxic("crs", grade, occurrence, None if hours is None else Decimal(hours)))


@pytest.mark.parametrize("regimen", [TECLISTAMAB, TALQUETAMAB])
@pytest.mark.parametrize(
    ("hours", "decision"),
    [
        ("0", Decision.HOLD_UNTIL_RESOLVED),
        ("47.99", Decision.HOLD_UNTIL_RESOLVED),
        ("48", Decision.DISCONTINUE),
        ("48.01", Decision.DISCONTINUE),
    ],
)
def test_exactly_48_hours_of_grade_3_are_too_long(regimen: Regimen, hours: str, decision: Decision) -> None:
    assert crs(regimen, 3, FIRST, hours).decision is decision


def test_a_recurrent_grade_3_needs_no_duration() -> None:
    assert crs(TECLISTAMAB, 3, RECURRENT, None).decision is Decision.DISCONTINUE


@pytest.mark.parametrize(
    ("occurrence", "hours", "missing"),
    [
        (FIRST, None, ("duration_hours",)),
        (None, "5", ("occurrence",)),
        (None, None, ("occurrence", "duration_hours")),
    ],
)
def test_what_decides_and_is_not_known_is_asked_for(
    occurrence: Occurrence | None, hours: str | None, missing: tuple[str, ...]
) -> None:
    answer = crs(TECLISTAMAB, 3, occurrence, hours)
    assert answer.decision is None
    assert answer.missing == missing
    assert "ask the physician" in answer.because[0]


def test_a_row_says_what_it_asks_for() -> None:
    answer = crs(TECLISTAMAB, 3, FIRST, "20")
    assert (answer.premedicate, answer.hospital_hours, answer.conditions) == (
        True,
        Decimal(48),
        ("CRS resolved",),
    )
    assert answer.source
    assert not answer.confirmed


def test_the_stricter_text_stands_and_the_conflict_is_shown() -> None:
    answer = decide(ELRANATAMAB, Toxic("icans", 2, FIRST))
    assert answer.conditions == ("ICANS resolved",)
    assert any("resume when grade <= 1" in line for line in answer.because)


def test_the_monitoring_of_the_next_dose_is_told_apart_from_a_hospital_stay() -> None:
    answer = crs(ELRANATAMAB, 2, FIRST, "5")
    assert (answer.hospital_hours, answer.daily_monitoring_hours) == (None, Decimal(48))
    assert "consider hospital for the next dose" in answer.because


def test_a_verified_row_is_confirmed() -> None:
    assert decide(TECLISTAMAB, Toxic("icans", 4)).confirmed


def test_a_table_that_was_not_found_is_the_physicians() -> None:
    answer = decide(LINVOSELTAMAB, Toxic("neurotoxicity", 2, FIRST))
    assert answer.decision is None
    assert not answer.confirmed


def test_no_row_for_a_grade_is_the_physicians() -> None:
    assert crs(TECLISTAMAB, 5, FIRST, "5").decision is None


def test_grade_0_holds_nothing() -> None:
    assert crs(TECLISTAMAB, 0, None, None).decision is Decision.GIVE


@pytest.mark.parametrize("grade", [-1, 6])
def test_there_is_no_other_grade(grade: int) -> None:
    with pytest.raises(ValueError, match="0 to 5"):
        crs(TECLISTAMAB, grade, FIRST, "5")


@given(
    regimen=records,
    toxicity=toxicities,
    grade=st.integers(1, 4),
    occurrence=st.sampled_from((FIRST, RECURRENT)),
    hours=st.integers(0, 200),
)
def test_every_known_event_has_one_row_or_none(
    regimen: Regimen, toxicity: str, grade: int, occurrence: Occurrence, hours: int
) -> None:
    table = regimen.management_of(toxicity)
    assert table is not None
    event = Toxic(toxicity, grade, occurrence, Decimal(hours))
    answer = decide(regimen, event)
    assert (answer.row is None) is table.not_found
    if answer.row is not None:
        assert any(grade in situation.grades for situation in answer.row.situations)


@given(
    regimen=records,
    toxicity=toxicities,
    occurrence=st.sampled_from((FIRST, RECURRENT)),
    hours=st.integers(0, 200),
)
def test_a_higher_grade_never_asks_for_less(
    regimen: Regimen, toxicity: str, occurrence: Occurrence, hours: int
) -> None:
    severity = {None: 1, Decision.HOLD_UNTIL_RESOLVED: 1, Decision.DISCONTINUE: 2}
    asked = [
        severity[decide(regimen, Toxic(toxicity, grade, occurrence, Decimal(hours))).decision]
        for grade in range(1, 5)
    ]
    assert asked == sorted(asked)
