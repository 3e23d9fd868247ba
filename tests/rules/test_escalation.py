"""The call tree: never early, level by level, the last one for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import escalation
from protocols.rules.spec import EscalationLadder, Rung
from tests.rules.builders import LADDER, OURS, after

RAISED = after(20)
EVERYBODY = ("nurse", "physician", "director")


def minutes(count: float) -> datetime:
    return RAISED + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0), (1, 15), (2, 30), (3, 45), (4, 60), (40, 600)], ids=str
)
def test_each_step_at_its_minute(step: int, expected: int) -> None:
    assert escalation.due_at(LADDER, step, RAISED) == minutes(expected)


def test_the_repetition_has_an_interval_of_its_own() -> None:
    ladder = replace(LADDER, repeat_minutes=7)
    due = [escalation.due_at(ladder, step, RAISED) for step in range(5)]
    assert due == [minutes(count) for count in (0, 15, 30, 37, 44)]


def test_no_step_is_taken_before_its_minute() -> None:
    assert escalation.next_rung(LADDER, 0, RAISED, minutes(14.99), EVERYBODY) is None
    climb = escalation.next_rung(LADDER, 0, RAISED, minutes(15), EVERYBODY)
    assert climb is not None
    assert (climb.step, climb.rung.role, climb.next_at) == (1, "physician", minutes(30))


def test_the_first_page_leaves_at_once() -> None:
    climb = escalation.next_rung(LADDER, None, RAISED, RAISED, EVERYBODY)
    assert climb is not None
    assert (climb.step, climb.rung.role, climb.skipped) == (0, "nurse", ())


def test_the_last_level_repeats() -> None:
    climb = escalation.next_rung(LADDER, 5, RAISED, minutes(90), EVERYBODY)
    assert climb is not None
    assert (climb.step, climb.rung.role, climb.next_at) == (6, "director", minutes(105))


def test_a_level_without_anybody_is_passed_at_once() -> None:
    climb = escalation.next_rung(LADDER, None, RAISED, RAISED, ("director",))
    assert climb is not None
    assert (climb.step, climb.rung.role) == (2, "director")
    assert climb.skipped == ("nurse", "physician")
    assert climb.next_at == minutes(45)


def test_when_nobody_can_be_reached_it_says_so() -> None:
    climb = escalation.next_rung(LADDER, None, RAISED, RAISED, ())
    assert climb is not None
    assert (climb.step, climb.reaches_nobody) == (2, True)
    assert not escalation.stand_on(LADDER, 0, RAISED, EVERYBODY).reaches_nobody


def test_after_an_outage_one_level_at_a_time() -> None:
    climb = escalation.next_rung(LADDER, 0, RAISED, minutes(500), EVERYBODY)
    assert climb is not None
    assert climb.step == 1


def test_minutes_are_elapsed_minutes_on_the_night_of_a_clock_change() -> None:
    raised = datetime(2026, 11, 1, 1, 50, tzinfo=ZoneInfo("America/Toronto"))  # ten minutes before
    due = escalation.due_at(LADDER, 1, raised)
    assert (due.hour, due.minute, due.fold) == (1, 5, 1)


@pytest.mark.parametrize(("step", "raised"), [(-1, RAISED), (0, RAISED.replace(tzinfo=None))])
def test_nonsense_is_refused(step: int, raised: datetime) -> None:
    with pytest.raises(ValueError, match=r"no step -1|needs a zone"):
        escalation.due_at(LADDER, step, raised)


@st.composite
def ladders(draw: st.DrawFn) -> EscalationLadder:
    gaps = draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    rungs = tuple(Rung(f"role {n}", sum(gaps[:n])) for n in range(len(gaps)))
    return replace(LADDER, rungs=rungs, repeat_minutes=draw(st.integers(1, 60)), provenance=OURS)


@given(ladders(), st.integers(0, 50))
def test_steps_follow_each_other(ladder: EscalationLadder, step: int) -> None:
    now, then = (escalation.due_at(ladder, which, RAISED) for which in (step, step + 1))
    assert RAISED <= now < then


@given(ladders(), st.integers(0, 50), st.integers(0, 5000), st.data())
def test_no_step_is_early_and_none_is_left_out(
    ladder: EscalationLadder, step: int, waited: int, data: st.DataObject
) -> None:
    roles = [rung.role for rung in ladder.rungs]
    reached = data.draw(st.lists(st.sampled_from(roles), unique=True))
    climb = escalation.next_rung(ladder, step, RAISED, minutes(waited), reached)
    due = escalation.due_at(ladder, step + 1, RAISED)
    assert (climb is None) is (minutes(waited) < due)
    if climb is not None:
        assert climb.step >= step + 1
        assert climb.next_at == escalation.due_at(ladder, climb.step + 1, RAISED)
        assert len(climb.skipped) == climb.step - step - 1
        assert climb.rung.role in reached or climb.step >= len(roles) - 1


@given(ladders(), st.integers(1, 200))
def test_the_last_level_repeats_for_ever(ladder: EscalationLadder, times: int) -> None:
    last = len(ladder.rungs) - 1
    first = escalation.due_at(ladder, last, RAISED)
    repeated = escalation.due_at(ladder, last + times, RAISED)
    assert repeated - first == timedelta(minutes=times * ladder.repeat_minutes)
    assert escalation.rung_of(ladder, last + times) == ladder.rungs[-1]
