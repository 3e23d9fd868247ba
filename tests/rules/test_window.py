"""Windows: every last dose and every day has one verdict, and bounds that are missing are never guessed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.window import DaysSince, DelayReason, Verdict, days_between, window
from tests.rules.record import COMBINATION, ELRANATAMAB, LINVOSELTAMAB, MONO, confirmed, days, own_doses

TORONTO = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (0, Verdict.TOO_EARLY),
        (1, Verdict.TOO_EARLY),
        (2, Verdict.IN_WINDOW),
        (4, Verdict.IN_WINDOW),
        (5, Verdict.LATE_BUT_ALLOWED),
        (7, Verdict.LATE_BUT_ALLOWED),
        (8, Verdict.RESTART_RULE),
    ],
)
def test_the_bounds_of_a_step_up_dose_are_inclusive(day: int, verdict: Verdict) -> None:
    assert window(MONO, "sud1", day).verdict is verdict


def test_a_later_treatment_dose_is_never_late_but_allowed() -> None:
    assert MONO.dose("txw").interval is not None
    assert window(MONO, "txw", 8).verdict is Verdict.RESTART_RULE


def test_without_a_minimum_the_days_before_the_planned_one_are_not_covered() -> None:
    assert window(MONO, "txw", 6).verdict is Verdict.NOT_COVERED
    assert window(MONO, "txw", 7).verdict is Verdict.IN_WINDOW


def test_without_a_window_no_day_is_in_it() -> None:
    seen = {window(COMBINATION, "sud1", day).verdict for day in range(20)}
    assert seen == {Verdict.NOT_COVERED}


def test_without_a_maximum_a_late_step_up_dose_is_for_the_restart_rule() -> None:
    assert window(LINVOSELTAMAB.schedule(), "sud1", 8).verdict is Verdict.RESTART_RULE


@pytest.mark.parametrize(
    ("reason", "asks"),
    [(None, True), (DelayReason.SCHEDULING, True), (DelayReason.ADVERSE_REACTION_RESOLVED, False)],
)
def test_days_kept_for_adverse_reactions_ask_for_the_reason(reason: DelayReason | None, asks: bool) -> None:
    answer = window(MONO, "sud1", 6, reason=reason)
    assert answer.asks_reason is asks
    assert any("adverse reactions" in line for line in answer.because)


def test_a_usual_day_asks_for_no_reason() -> None:
    assert not window(MONO, "sud1", 4).asks_reason


def test_a_dose_that_the_schedule_does_not_have_next_is_not_covered() -> None:
    answer = window(MONO, "sud1", 3, planned_dose="tx1")
    assert answer.verdict is Verdict.NOT_COVERED
    assert "the schedule has sud2 next, not tx1" in answer.because[0]


def test_a_dose_off_the_schedule_may_follow_a_delay() -> None:
    assert window(MONO, "sud2", 10, planned_dose="sud2").verdict is Verdict.RESTART_RULE


def test_the_first_less_frequent_dose_has_its_own_window() -> None:
    schedule = ELRANATAMAB.schedule()
    assert window(schedule, "txw", 14, planned_dose="txq2w").verdict is Verdict.IN_WINDOW
    assert window(schedule, "txw", 14).verdict is Verdict.RESTART_RULE


def test_bounds_that_are_unverified_in_a_verified_table_stay_unconfirmed() -> None:
    schedule = ELRANATAMAB.schedule()
    assert schedule.dose_table.confirmed
    assert not window(schedule, "sud1", 3).confirmed
    assert window(MONO, "sud1", 3).confirmed


def test_confirming_the_dose_table_confirms_its_bounds() -> None:
    record = confirmed("elranatamab", "elranatamab/standard/dose_table")
    assert window(record.schedule(), "sud1", 3).confirmed


def test_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        window(MONO, "sud1", -1)


@given(dose=own_doses, day=days)
def test_waiting_longer_never_turns_late_into_early(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    _, schedule, last_dose = dose
    order = [
        Verdict.TOO_EARLY,
        Verdict.NOT_COVERED,
        Verdict.IN_WINDOW,
        Verdict.LATE_BUT_ALLOWED,
        Verdict.RESTART_RULE,
    ]
    today, tomorrow = (window(schedule, last_dose, n).verdict for n in (day, day + 1))
    assert order.index(today) <= order.index(tomorrow)


@given(dose=own_doses, day=days)
def test_every_verdict_says_why_and_where(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    answer = window(dose[1], dose[2], day)
    assert answer.because
    assert answer.source


# --- days between two times -------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_days_are_the_calendar_days_of_the_center() -> None:
    evening, morning = at("2026-04-07T03:30:00+00:00"), at("2026-04-08T13:00:00+00:00")
    assert days_between(evening, morning, TORONTO) == DaysSince(calendar=2, elapsed=1)
    assert days_between(evening, morning, ZoneInfo("UTC")) == DaysSince(calendar=1, elapsed=1)


def test_elapsed_days_do_not_follow_the_clock_change() -> None:
    before, after = at("2026-03-05T09:00:00-05:00"), at("2026-03-12T09:00:00-04:00")
    assert days_between(before, after, TORONTO) == DaysSince(calendar=7, elapsed=6)
    before, after = at("2026-10-29T09:00:00-04:00"), at("2026-11-05T09:00:00-05:00")
    assert days_between(before, after, TORONTO) == DaysSince(calendar=7, elapsed=7)


def test_a_planned_time_before_the_dose_is_refused() -> None:
    with pytest.raises(ValueError, match="before the last dose"):
        days_between(at("2026-04-07T09:00:00Z"), at("2026-04-07T08:59:00Z"), TORONTO)


@given(
    minutes=st.integers(0, 2_000_000),
    hours=st.integers(0, 4000),
)
def test_calendar_and_elapsed_days_are_never_further_apart_than_one(minutes: int, hours: int) -> None:
    start = at("2025-01-01T00:00:00Z") + timedelta(minutes=minutes)
    since = days_between(start, start + timedelta(hours=hours), TORONTO)
    assert since.elapsed is not None
    assert abs(since.calendar - since.elapsed) <= 1


def test_the_last_day_is_named_only_for_a_dose_that_may_be_late() -> None:
    assert "at most 7" in " ".join(window(MONO, "sud1", 3).because)
    assert "at most" not in " ".join(window(MONO, "txw", 7).because)
