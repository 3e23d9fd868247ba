"""Step-up schedule: the plan of dates, and what a delay asks for.

Days are whole calendar days at the center, as the labels count them. Each function takes the schedule and
what is known, and answers with because, source and whether every block behind the answer is confirmed.
Source: dose table and restart rows of the regimen's published record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, islice

from protocols.rules.regimen import (
    AS_SCHEDULED,
    DoseKind,
    DoseSpec,
    Regimen,
    RestartRow,
    RestartTable,
    Schedule,
)
from protocols.rules.window import (
    DaysSince,
    DelayReason,
    Verdict,
    Window,
    before_planned_day,
    follows,
    reachable,
    window,
)


class Action(StrEnum):
    """What the record asks for. ``REFUSE``: too early, or no table could be read."""

    CONTINUE = "continue"
    REPEAT = "repeat"
    RESTART = "restart"
    ASK_PHYSICIAN = "ask_physician"
    REFUSE = "refuse"


# --- the plan of dates ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One planned dose. ``earliest`` and ``latest`` are ``None`` where the record has no such bound.

    ``latest`` is the last usual day; ``latest_allowed`` the last day on which this dose may still follow.
    """

    dose: DoseSpec
    day: date
    earliest: date | None = None
    latest: date | None = None
    latest_allowed: date | None = None


def plan(schedule: Schedule, start: date, treatment_doses: int = 4) -> tuple[PlannedStep, ...]:
    """The dates of a course that starts on ``start``: every dated dose, then some treatment doses.

    ``start`` is treatment day 1, so day 4 is three days later and a companion drug of day 0 the day before.
    Each window is counted from the planned day of the dose before it.
    """
    steps: list[PlannedStep] = []
    for dose in schedule.dated_doses:
        day = start + timedelta(days=(dose.nominal_day or 0) - 1)
        before = next((step.day for step in steps if follows(dose, step.dose.id)), None)
        steps.append(_step(dose, day, before))
    return (*steps, *islice(_treatment_steps(schedule, steps[-1]), treatment_doses))


def next_step(schedule: Schedule, last_dose: str, given_on: date) -> PlannedStep:
    """The next dose of the schedule after one given on this day, with its planned day and window."""
    dose = schedule.next_after(last_dose)
    planned = schedule.planned_days_between(dose) or 0
    return _step(dose, given_on + timedelta(days=planned), given_on)


def _treatment_steps(schedule: Schedule, last: PlannedStep) -> Iterator[PlannedStep]:
    for _ in count():
        last = next_step(schedule, last.dose.id, last.day)
        yield last


def _step(dose: DoseSpec, day: date, before: date | None) -> PlannedStep:
    if before is None or dose.interval is None:
        return PlannedStep(dose, day)
    bounds = dose.interval

    def after(days: int | None) -> date | None:
        return None if days is None else before + timedelta(days=days)

    earliest, latest = after(bounds.min_days), after(bounds.usual_max_days)
    allowed = after(bounds.max_days) if dose.kind is not DoseKind.TREATMENT else None
    return PlannedStep(dose, day, earliest, latest, allowed or latest)


# --- what a delay asks for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RestartAnswer:
    """What to give next after some days without a dose, or why no answer is given.

    ``row`` is the restart row that answered, ``None`` where the window did. ``caution``: elapsed 24-hour
    days lead to another answer than calendar days do, so a physician looks.
    """

    verdict: Verdict
    action: Action
    next_dose: str | None
    premedication: bool | None
    because: tuple[str, ...]
    source: str
    confirmed: bool
    row: RestartRow | None = None
    asks_reason: bool = False
    caution: bool = False

    @property
    def covered(self) -> bool:
        """False where the record gives no answer: no row, no window or no table."""
        refused_without_rule = self.action is Action.REFUSE and self.verdict is not Verdict.TOO_EARLY
        return not (self.action is Action.ASK_PHYSICIAN or refused_without_rule)

    def same_answer(self, other: RestartAnswer) -> bool:
        mine = (self.verdict, self.action, self.next_dose, self.row)
        return mine == (other.verdict, other.action, other.next_dose, other.row)


def restart(
    regimen: Regimen,
    schedule: Schedule,
    last_dose: str,
    since: DaysSince,
    *,
    planned_dose: str | None = None,
    reason: DelayReason | None = None,
) -> RestartAnswer:
    """What to give when ``since`` has passed after the last dose *given*.

    The window answers first: a restart row never allows a dose earlier than the window does. Raises
    ``UnknownDoseError``, and ``ValueError`` for a negative number of days.
    """
    planned = _on_schedule(schedule, last_dose, planned_dose)

    def answer_for(days: int) -> RestartAnswer:
        return _answer(regimen, schedule, last_dose, window(schedule, last_dose, days, planned, reason))

    answer = answer_for(since.calendar)
    if planned_dose is not None and planned is None:
        words = f"{planned_dose} is not what the schedule has next after {last_dose}"
        answer = replace(answer, because=(words, *answer.because))
    if since.elapsed is None or not since.disagree:
        return answer
    other = answer_for(since.elapsed)
    if other.same_answer(answer):
        return answer
    caution = (
        f"caution: {since.calendar} calendar days but {since.elapsed} whole days of 24 hours, which would be "
        f"{other.verdict.value.replace('_', ' ')}, {other.action.value.replace('_', ' ')}"
    )
    return replace(answer, because=(*answer.because, caution), caution=True)


def _answer(regimen: Regimen, schedule: Schedule, last_dose: str, seen: Window) -> RestartAnswer:
    if seen.verdict is Verdict.TOO_EARLY:
        return _without_dose(seen, Action.REFUSE)
    if seen.verdict in (Verdict.IN_WINDOW, Verdict.LATE_BUT_ALLOWED):
        return _as_scheduled(regimen, schedule, last_dose, seen)
    planned = schedule.dose(seen.planned_dose)
    if seen.verdict is Verdict.NOT_COVERED and before_planned_day(schedule, planned, seen.days):
        return _without_dose(seen, Action.ASK_PHYSICIAN)
    return _by_row(regimen, schedule, last_dose, seen)


def _on_schedule(schedule: Schedule, last_dose: str, planned_dose: str | None) -> str | None:
    """A planned dose that the schedule does not have next is no reason to leave the schedule."""
    if planned_dose is None or not reachable(schedule.dose(planned_dose), last_dose):
        return None
    return planned_dose


def _without_dose(seen: Window, action: Action, *because: str) -> RestartAnswer:
    return RestartAnswer(
        verdict=seen.verdict,
        action=action,
        next_dose=None,
        premedication=None,
        because=(*seen.because, *because),
        source=seen.source,
        confirmed=seen.confirmed,
    )


def _as_scheduled(regimen: Regimen, schedule: Schedule, last_dose: str, seen: Window) -> RestartAnswer:
    premedication = _premedicated(regimen, schedule, last_dose, seen.planned_dose)
    words = "premedication before it" if premedication else "no premedication by the schedule"
    return RestartAnswer(
        verdict=seen.verdict,
        action=Action.CONTINUE,
        next_dose=seen.planned_dose,
        premedication=premedication,
        because=(*seen.because, f"continue with {seen.planned_dose}, {words}"),
        source=seen.source,
        confirmed=seen.confirmed and regimen.pretreatment.regimen.confirmed,
        asks_reason=seen.asks_reason,
    )


def _by_row(regimen: Regimen, schedule: Schedule, last_dose: str, seen: Window) -> RestartAnswer:
    table = schedule.restart
    if table.not_found:
        note = table.provenance.notes if table.provenance else ""
        refusal = _without_dose(seen, Action.REFUSE, "the restart table was not found: see the label", note)
        return replace(refusal, confirmed=False)
    row = table.row_for(last_dose, seen.days)
    if row is None:
        missing = f"no restart row covers day {seen.days} after {last_dose}: ask the physician"
        return replace(_without_dose(seen, Action.ASK_PHYSICIAN, missing), confirmed=False)
    next_dose = _next_dose(schedule, row, last_dose)
    premedication = row.premedication
    if premedication is None:
        premedication = _premedicated(regimen, schedule, last_dose, next_dose)
    return RestartAnswer(
        verdict=seen.verdict,
        action=Action(row.action.value),
        next_dose=next_dose,
        premedication=premedication,
        because=(*seen.because, _row_in_words(row, next_dose)),
        source=str(row.provenance.source or ""),
        confirmed=seen.confirmed and row.provenance.confirmed,
        row=row,
    )


def _next_dose(schedule: Schedule, row: RestartRow, last_dose: str) -> str:
    return schedule.next_after(last_dose).id if row.next_dose == AS_SCHEDULED else row.next_dose


def _row_in_words(row: RestartRow, next_dose: str) -> str:
    low = "up" if row.min_days is None else f"{row.min_days} days"
    high = "or more" if row.max_days is None else f"to {row.max_days} days"
    then = f", then {row.then}" if row.then else ""
    return f"row {row.id}, {low} {high}: {row.action.value} with {next_dose}{then}"


def _premedicated(regimen: Regimen, schedule: Schedule, last_dose: str, dose_id: str) -> bool:
    """True when the schedule premedicates this dose whatever happened before it."""
    number = _full_dose_number(schedule, last_dose, dose_id)
    rule = regimen.pretreatment.rule_for(dose_id, number)
    return rule is not None and not rule.only_after_crs


def _full_dose_number(schedule: Schedule, last_dose: str, dose_id: str) -> int | None:
    """1 for the first treatment dose, 2 for the one right after it; later ones are not counted here."""
    if schedule.dose(dose_id).kind is DoseKind.FIRST_TREATMENT:
        return 1
    return 2 if schedule.dose(last_dose).kind is DoseKind.FIRST_TREATMENT else None


# --- what each day would bring ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Days since the last dose that share one answer. ``last_day`` ``None``: from then on."""

    first_day: int
    last_day: int | None
    answer: RestartAnswer


def spans(regimen: Regimen, schedule: Schedule, last_dose: str) -> tuple[Span, ...]:
    """The answer for every day after ``last_dose``, day 0 first, as the strip of the restart calculator."""
    found: list[Span] = []
    for day in range(_last_edge(schedule, last_dose) + 2):
        answer = restart(regimen, schedule, last_dose, DaysSince(day))
        if found and found[-1].answer.same_answer(answer):
            found[-1] = replace(found[-1], last_day=day)
        else:
            found.append(Span(day, day, answer))
    found[-1] = replace(found[-1], last_day=None)
    return tuple(found)


def _last_edge(schedule: Schedule, last_dose: str) -> int:
    """The last day on which an answer can change."""
    edges = [schedule.planned_days_between(schedule.next_after(last_dose)) or 0]
    bounds = schedule.next_after(last_dose).interval
    if bounds is not None:
        edges += [day for day in (bounds.min_days, bounds.usual_max_days, bounds.max_days) if day]
    edges += _row_edges(schedule.restart, last_dose)
    return max(edges)


def _row_edges(table: RestartTable, last_dose: str) -> list[int]:
    own = [row for row in table.rows if last_dose in row.last_doses]
    return [day for row in own for day in (row.min_days, row.max_days) if day is not None]
