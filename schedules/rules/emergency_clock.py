"""The center's emergency actions with their clocks: what is done, what is due next, what waits for what.

Clocks count from the clinical moment, never from a click: from the sign that opened the event, from the
completion of another action, or from the last reading. An action that nothing on record can complete keeps
its target and is never called overdue: whether it was done is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from protocols.rules.emergency import EmergencyStep

TREATMENT, REPEATING = "treatment", "repeating"
_NO_TARGET = datetime.max.replace(tzinfo=UTC)


class StepState(StrEnum):
    """How a row of the list is drawn; one row at most is ``NOW``."""

    NOW = "now"
    TODO = "todo"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class GivenOnce:
    """One thing given in the event: kind of intervention, when, by whom recorded."""

    kind: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ClockedStep:
    """One action with its clock.

    ``clock_from`` is the moment its minutes count from, ``due_at`` when they end; both ``None`` without a
    target. ``recorded`` says that a record can complete it: an intervention, or a reading for what repeats.
    ``waits_for`` names the action that must come first; ``conditional`` marks one that a person decides on.
    """

    step: EmergencyStep
    state: StepState
    clock_from: datetime | None = None
    due_at: datetime | None = None
    done: GivenOnce | None = None
    last_at: datetime | None = None
    recorded: bool = False
    conditional: bool = False
    waits_for: str = ""


def clocked(
    steps: Sequence[EmergencyStep],
    *,
    opened_at: datetime,
    given: Sequence[GivenOnce],
    read_at: datetime | None,
    conditional: Collection[str] = (),
) -> tuple[ClockedStep, ...]:
    """The actions in the order in which they are done.

    ``given`` is what was given since the event opened, ``read_at`` the last reading, ``conditional`` the ids
    of actions that hold only when a person says so. Treatment comes by due time, then what repeats, then
    the rest by due time, then what waits, then what is done. The first treatment that a record can complete
    is the one to do now.
    """
    first: dict[str, GivenOnce] = {}
    last: dict[str, GivenOnce] = {}
    for item in sorted(given, key=lambda item: item.at):
        first.setdefault(item.kind, item)
        last[item.kind] = item
    by_id = {step.id: step for step in steps}
    rows = [_row(step, by_id, first, last, opened_at, read_at, step.id in conditional) for step in steps]
    rows.sort(key=_place)
    return _with_one_now(rows)


def _row(
    step: EmergencyStep,
    by_id: Mapping[str, EmergencyStep],
    first: Mapping[str, GivenOnce],
    last: Mapping[str, GivenOnce],
    opened_at: datetime,
    read_at: datetime | None,
    conditional: bool,
) -> ClockedStep:
    if step.kind == REPEATING:
        return _repeating(step, last, opened_at, read_at, conditional)
    recorded = bool(step.intervention)
    done = first.get(step.intervention) if recorded else None
    if done is not None:
        return ClockedStep(
            step, StepState.DONE, opened_at, _due(opened_at, step), done, done.at, True, conditional
        )
    start = opened_at
    if step.after:
        before = by_id.get(step.after)
        completed = first.get(before.intervention) if before and before.intervention else None
        if completed is None:
            waits_for = before.do if before else step.after
            return ClockedStep(step, StepState.WAITING, recorded=recorded, waits_for=waits_for)
        start = completed.at
    if conditional:
        return ClockedStep(step, StepState.WAITING, recorded=recorded, conditional=True)
    due = _due(start, step)
    return ClockedStep(step, StepState.TODO, start if due else None, due, recorded=recorded)


def _repeating(
    step: EmergencyStep,
    last: Mapping[str, GivenOnce],
    opened_at: datetime,
    read_at: datetime | None,
    conditional: bool,
) -> ClockedStep:
    """Due again so many minutes after it was last done: a drug after its dose, a check after a reading."""
    given = last.get(step.intervention) if step.intervention else None
    last_at = given.at if given else None
    if not step.intervention and read_at is not None and read_at >= opened_at:
        last_at = read_at
    start = last_at or opened_at
    minutes = step.repeat_minutes if last_at else step.within_minutes or step.repeat_minutes
    due = None if minutes is None else start + timedelta(minutes=minutes)
    return ClockedStep(
        step, StepState.TODO, start, due, last_at=last_at, recorded=True, conditional=conditional
    )


def _due(start: datetime, step: EmergencyStep) -> datetime | None:
    return None if step.within_minutes is None else start + timedelta(minutes=step.within_minutes)


def _place(row: ClockedStep) -> tuple[int, datetime]:
    due = row.due_at or _NO_TARGET
    match row.state:
        case StepState.DONE:
            return (4, row.done.at if row.done else due)
        case StepState.WAITING:
            return (3, due)
        case _ if row.step.kind == TREATMENT or (row.step.kind == REPEATING and row.step.intervention):
            return (0, due)
        case _ if row.step.kind == REPEATING:
            return (1, due)
    return (2, due)


def _with_one_now(rows: Sequence[ClockedStep]) -> tuple[ClockedStep, ...]:
    chosen = next(
        (row for row in rows if row.state is StepState.TODO and row.step.intervention and row.due_at), None
    )
    return tuple(replace(row, state=StepState.NOW) if row is chosen else row for row in rows)
