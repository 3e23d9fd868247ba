"""A drug on a clock: doses, taper and neurologic checks at elapsed times, bounded ahead."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import regimes
from protocols.rules.regimes import Due, DueKind
from protocols.rules.treatment_settings import DrugRegime, RegimePhase
from protocols.rules.values import Toxicity
from tests.rules.builders import CENTER

NEW_YORK = ZoneInfo("America/New_York")

CARE = CENTER.care
START = datetime(2026, 11, 19, 14, 0, tzinfo=NEW_YORK)
FOREVER = START + timedelta(days=60)


def regime(name: str) -> DrugRegime:
    found = CARE.regime(name)
    assert found is not None
    return found


def rows(name: str, until: datetime = FOREVER) -> tuple[Due, ...]:
    return regimes.due_rows(regime(name), CARE.steroid_care, START, until)


def hours(due: tuple[Due, ...], what: DueKind) -> list[float]:
    return [(row.at - START.astimezone(UTC)).total_seconds() / 3600 for row in due if row.what is what]


def test_an_open_ended_regime_is_bounded_ahead() -> None:
    due = rows("dexamethasone_6h", START + timedelta(hours=48))
    assert hours(due, DueKind.DOSE) == [0, 6, 12, 18, 24, 30, 36, 42, 48]
    assert hours(due, DueKind.NEURO_CHECK) == [8, 16, 24, 32, 40, 48]
    assert {row.mg for row in due if row.what is DueKind.DOSE} == {Decimal(10)}


def test_methylprednisolone_as_published() -> None:
    due = rows("methylprednisolone_taper", START + timedelta(days=9))
    amounts = Counter((row.what, row.mg) for row in due if row.mg)
    assert amounts == {
        (DueKind.DOSE, Decimal(500)): 6,
        (DueKind.TAPER, Decimal(250)): 4,
        (DueKind.TAPER, Decimal(125)): 4,
        (DueKind.TAPER, Decimal(60)): 5,
    }


def test_one_dose_has_its_checks_for_the_hours_after_it() -> None:
    due = rows("dexamethasone_once")
    assert hours(due, DueKind.DOSE) == [0]
    assert hours(due, DueKind.NEURO_CHECK) == [8, 16, 24]


def test_a_drug_that_is_no_steroid_has_no_neurologic_checks() -> None:
    assert hours(rows("anakinra_12h", START + timedelta(hours=24)), DueKind.NEURO_CHECK) == []


def test_a_taper_is_whole_with_checks_through_it_and_after_it() -> None:
    steps = (RegimePhase(Decimal(10), Decimal(12), 2), RegimePhase(Decimal(4), Decimal(24), 1))
    due = regimes.taper_rows(steps, CARE.steroid_care, START)
    assert hours(due, DueKind.TAPER) == [0, 12, 24, 36, 48]
    checks = hours(due, DueKind.NEURO_CHECK)
    assert checks[-1] == 48 + CARE.steroid_care.neuro_check_after_taper_hours
    assert all(later - earlier == 8 for earlier, later in itertools.pairwise(checks))


def test_a_stopped_steroid_keeps_its_checks_for_the_hours_after_the_last_dose() -> None:
    due = regimes.checks_after(CARE.steroid_care, START, START + timedelta(hours=9))
    assert hours(due, DueKind.NEURO_CHECK) == [16, 24]


def test_the_clock_change_does_not_move_the_interval() -> None:
    start = datetime(2026, 10, 31, 22, 0, tzinfo=NEW_YORK)
    due = regimes.due_rows(regime("dexamethasone_6h"), CARE.steroid_care, start, start + timedelta(hours=12))
    doses = [row.at for row in due if row.what is DueKind.DOSE]
    assert [later - earlier for earlier, later in itertools.pairwise(doses)] == [timedelta(hours=6)] * 2


def test_what_fits_toxicity_and_grade_comes_first_and_nothing_is_left_out() -> None:
    offered = regimes.fitting_first(CARE.regimes, Toxicity.CRS, {4})
    assert [(item.id, fits) for item, fits in offered][:2] == [
        ("methylprednisolone_taper", True),
        ("anakinra_12h", True),
    ]
    assert len(offered) == len(CARE.regimes)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dexamethasone_once", "10 mg once"),
        ("dexamethasone_6h", "10 mg every 6 h until stopped: 40 mg a day"),
        ("methylprednisolone_taper", "500 mg every 12 h for 3 days: 1,000 mg a day"),
    ],
)
def test_the_amounts_are_spelled_out(name: str, line: str) -> None:
    assert regimes.order_lines(regime(name))[0] == line


@given(st.sampled_from([item.id for item in CARE.regimes]), st.integers(0, 200), st.integers(0, 200))
def test_looking_further_ahead_adds_and_never_changes(name: str, near: int, far: int) -> None:
    near, far = sorted((near, far))
    soon, later = rows(name, START + timedelta(hours=near)), rows(name, START + timedelta(hours=far))
    assert set(soon) <= set(later)
    assert all(row.at <= START + timedelta(hours=near) for row in soon)
