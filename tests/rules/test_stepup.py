"""The plan of dates and the answer to a delay, for every dose of every schedule."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import stepup
from protocols.rules.regimen import DoseKind, Regimen, RestartAction, Schedule
from protocols.rules.stepup import Action, RestartAnswer
from protocols.rules.window import DaysSince, Verdict, window
from tests.rules.record import (
    COMBINATION,
    ELRANATAMAB,
    EVERY_OWN_DOSE,
    LINVOSELTAMAB,
    MONO,
    TALQUETAMAB,
    TECLISTAMAB,
    confirmed,
    days,
    own_doses,
    schedules,
)

START = date(2026, 4, 6)
starts = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def after(regimen: Regimen, schedule: Schedule, last_dose: str, day: int) -> RestartAnswer:
    return stepup.restart(regimen, schedule, last_dose, DaysSince(day))


def planned_days(schedule: Schedule, treatment_doses: int = 2) -> list[tuple[str, int]]:
    steps = stepup.plan(schedule, START, treatment_doses)
    return [(step.dose.id, (step.day - START).days + 1) for step in steps]


# --- the plan ---------------------------------------------------------------------------------------


def test_the_plan_follows_the_printed_days_and_then_the_cadence() -> None:
    assert planned_days(MONO) == [("sud1", 1), ("sud2", 4), ("tx1", 7), ("txw", 14), ("txw", 21)]
    assert planned_days(ELRANATAMAB.schedule()) == [
        ("sud1", 1),
        ("sud2", 4),
        ("tx1", 8),
        ("txw", 15),
        ("txw", 22),
    ]


def test_the_combination_starts_with_its_companion_the_day_before() -> None:
    assert planned_days(COMBINATION, 1) == [
        ("dara0", 0),
        ("sud1", 1),
        ("sud2", 3),
        ("tx1", 7),
        ("txw", 14),
    ]


def test_the_same_drug_has_another_plan_on_another_schedule() -> None:
    assert planned_days(TALQUETAMAB.schedule("weekly"), 1)[-2:] == [("tx1", 7), ("txw", 14)]
    assert planned_days(TALQUETAMAB.schedule(), 1)[-2:] == [("tx1", 10), ("txq2w", 24)]


def test_a_step_has_its_window_as_dates() -> None:
    second = stepup.plan(MONO, START)[1]
    assert (second.earliest, second.latest, second.latest_allowed) == (
        date(2026, 4, 8),
        date(2026, 4, 10),
        date(2026, 4, 13),
    )


def test_a_bound_that_the_record_does_not_have_is_no_date() -> None:
    weekly = stepup.plan(MONO, START)[3]
    assert weekly.earliest is None
    assert weekly.latest == weekly.latest_allowed == weekly.day


def test_the_next_step_counts_from_the_dose_given() -> None:
    step = stepup.next_step(MONO, "sud1", date(2026, 4, 7))
    assert (step.dose.id, step.day, step.earliest) == ("sud2", date(2026, 4, 10), date(2026, 4, 9))


@given(pair=schedules, start=starts)
def test_no_plan_breaks_a_window(pair: tuple[Regimen, Schedule], start: date) -> None:
    _, schedule = pair
    own = [step for step in stepup.plan(schedule, start) if step.dose.kind is not DoseKind.COMPANION_DRUG]
    for before, step in pairwise(own):
        gap = (step.day - before.day).days
        assert window(schedule, before.dose.id, gap, step.dose.id).verdict in (
            Verdict.IN_WINDOW,
            Verdict.NOT_COVERED,
        )
        assert step.earliest is None or step.earliest <= step.day
        assert step.latest is None or step.day <= step.latest


@given(pair=schedules, start=starts, moved=st.integers(0, 60))
def test_a_later_start_moves_every_dose_by_the_same_days(
    pair: tuple[Regimen, Schedule], start: date, moved: int
) -> None:
    first, second = (stepup.plan(pair[1], day) for day in (start, start + timedelta(days=moved)))
    assert {(b.day - a.day).days for a, b in zip(first, second, strict=True)} == {moved}


# --- after a delay ----------------------------------------------------------------------------------


def test_in_window_the_schedule_goes_on() -> None:
    answer = after(TECLISTAMAB, MONO, "sud1", 3)
    assert (answer.action, answer.next_dose, answer.premedication) == (Action.CONTINUE, "sud2", True)
    assert answer.confirmed


def test_too_early_refuses_even_where_an_open_row_would_continue() -> None:
    open_row = next(row for row in ELRANATAMAB.schedule().restart.rows if row.id == "elr-r6")
    assert open_row.action is RestartAction.CONTINUE
    assert open_row.covers("txw", 1)
    answer = after(ELRANATAMAB, ELRANATAMAB.schedule(), "txw", 1)
    assert (answer.verdict, answer.action, answer.next_dose) == (Verdict.TOO_EARLY, Action.REFUSE, None)


def test_an_open_row_never_lets_a_dose_go_before_its_planned_day() -> None:
    answer = after(TECLISTAMAB, MONO, "txw", 3)
    assert answer.action is Action.ASK_PHYSICIAN
    assert answer.next_dose is None
    assert not answer.covered


def test_a_late_dose_takes_its_premedication_from_the_row() -> None:
    schedule = ELRANATAMAB.schedule()
    assert after(ELRANATAMAB, schedule, "txw", 7).premedication is False
    assert after(ELRANATAMAB, schedule, "txw", 8).premedication is True


def test_as_scheduled_is_resolved() -> None:
    schedule = ELRANATAMAB.schedule()
    assert after(ELRANATAMAB, schedule, "tx1", 20).next_dose == "txw"
    assert after(ELRANATAMAB, schedule, "txq4w", 40).next_dose == "txq4w"


def test_a_table_that_was_not_found_is_refused() -> None:
    answer = after(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "txw", 9)
    assert (answer.verdict, answer.action) == (Verdict.RESTART_RULE, Action.REFUSE)
    assert not answer.covered
    assert not answer.confirmed


def test_the_row_is_quoted_with_its_source() -> None:
    answer = after(TECLISTAMAB, MONO, "txw", 30)
    assert answer.row is not None
    assert answer.row.id == "tec-r5"
    assert answer.confirmed
    assert "row tec-r5, 29 days to 56 days: restart with sud2, then tx1, then weekly" in answer.because
    assert "Medical Connect" in answer.source


def test_an_unconfirmed_row_makes_the_answer_unconfirmed_until_it_is_confirmed() -> None:
    assert not after(TECLISTAMAB, MONO, "sud2", 29).confirmed
    record = confirmed("teclistamab", "teclistamab/monotherapy/restart/tec-r3")
    assert after(record, record.schedule(), "sud2", 29).confirmed


def test_the_second_full_dose_of_linvoseltamab_is_premedicated() -> None:
    assert after(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "tx1", 7).premedication is True
    assert after(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "txw", 7).premedication is False


def test_elapsed_days_that_lead_elsewhere_are_a_caution() -> None:
    answer = stepup.restart(TECLISTAMAB, MONO, "sud2", DaysSince(calendar=8, elapsed=7))
    assert answer.action is Action.REPEAT
    assert answer.caution
    assert "7 whole days of 24 hours" in answer.because[-1]


def test_elapsed_days_with_the_same_answer_are_no_caution() -> None:
    assert not stepup.restart(TECLISTAMAB, MONO, "sud2", DaysSince(calendar=10, elapsed=9)).caution
    assert not stepup.restart(TECLISTAMAB, MONO, "sud2", DaysSince(calendar=8)).caution


def test_a_planned_dose_off_the_schedule_does_not_change_the_answer() -> None:
    answer = stepup.restart(TECLISTAMAB, MONO, "sud1", DaysSince(3), planned_dose="tx1")
    assert (answer.action, answer.next_dose) == (Action.CONTINUE, "sud2")
    assert answer.because[0] == "tx1 is not what the schedule has next after sud1"


@given(dose=own_doses, day=days)
def test_every_day_has_exactly_one_answer(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    regimen, schedule, last_dose = dose
    rows = [row for row in schedule.restart.rows if row.covers(last_dose, day)]
    assert len(rows) <= 1
    answer = after(regimen, schedule, last_dose, day)
    gives = answer.action not in (Action.ASK_PHYSICIAN, Action.REFUSE)
    assert (answer.next_dose is not None) is gives
    assert answer.because


@given(dose=own_doses, day=days)
def test_no_row_allows_a_dose_before_its_window(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    regimen, schedule, last_dose = dose
    bounds = schedule.next_after(last_dose).interval
    assert bounds is not None
    if bounds.min_days is not None and day < bounds.min_days:
        assert after(regimen, schedule, last_dose, day).action is Action.REFUSE


@given(dose=own_doses, day=days)
def test_an_answer_never_climbs_above_the_schedule(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    regimen, schedule, last_dose = dose
    answer = after(regimen, schedule, last_dose, day)
    if answer.next_dose is not None:
        order = [one.id for one in schedule.own_doses]
        assert order.index(answer.next_dose) <= order.index(schedule.next_after(last_dose).id)


# --- the strip of days ------------------------------------------------------------------------------


def test_spans_cut_the_days_where_the_answer_changes() -> None:
    edges = [(span.first_day, span.last_day) for span in stepup.spans(TECLISTAMAB, MONO, "sud2")]
    assert edges == [(0, 1), (2, 4), (5, 7), (8, 28), (29, None)]


@pytest.mark.parametrize(("regimen", "schedule", "last_dose"), EVERY_OWN_DOSE)
def test_spans_leave_no_day_out(regimen: Regimen, schedule: Schedule, last_dose: str) -> None:
    found = stepup.spans(regimen, schedule, last_dose)
    assert found[0].first_day == 0
    assert found[-1].last_day is None
    assert all(b.first_day == (a.last_day or 0) + 1 for a, b in pairwise(found))


@given(dose=own_doses, day=days)
def test_a_span_answers_like_the_rule(dose: tuple[Regimen, Schedule, str], day: int) -> None:
    regimen, schedule, last_dose = dose
    span = next(s for s in reversed(stepup.spans(regimen, schedule, last_dose)) if s.first_day <= day)
    assert span.answer.same_answer(after(regimen, schedule, last_dose, day))


@pytest.mark.parametrize(
    ("last", "day", "said"),
    [
        ("sud1", 3, "continue with sud2, premedication before it"),
        ("txw", 7, "continue with txw, no premedication by the schedule"),
    ],
)
def test_the_reason_says_of_premedication_what_the_answer_says(last: str, day: int, said: str) -> None:
    answer = after(TECLISTAMAB, MONO, last, day)
    assert said in answer.because
    assert answer.premedication is ("no premedication" not in said)
