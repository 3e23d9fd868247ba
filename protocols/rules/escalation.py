"""The call tree of an alert: which level is due when.

Every answer is computed from stored facts, so after an outage it is computed again and nothing is lost.

A *step* counts from 0: one step for every level of the tree, then one for each repetition of the last level,
which repeats until somebody answers. Source: the center's own call tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocols.rules.spec import EscalationLadder, Rung


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an alert stands: the step to stand on, its level, who it reaches, and when the next step is due.

    ``skipped`` names the roles passed over because nobody of them could be reached. ``reaches_nobody`` is
    true when that holds for the last level as well: then everybody on call must be told.
    """

    step: int
    rung: Rung
    next_at: datetime
    skipped: tuple[str, ...]
    reaches_nobody: bool


def due_at(ladder: EscalationLadder, step: int, raised_at: datetime) -> datetime:
    """When a step is due, at the very minute: elapsed minutes after the alert was raised.

    Raises ``ValueError`` for a negative step or a time without a zone.
    """
    if step < 0:
        raise ValueError(f"a call tree has no step {step}")
    if raised_at.tzinfo is None:
        raise ValueError("the time of an alert needs a zone")
    last = len(ladder.rungs) - 1
    minutes = ladder.rungs[min(step, last)].minutes + max(step - last, 0) * ladder.repeat_minutes
    return (raised_at.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(raised_at.tzinfo)


def rung_of(ladder: EscalationLadder, step: int) -> Rung:
    """The level of a step; past the last one it is the last one again."""
    return ladder.rungs[min(step, len(ladder.rungs) - 1)]


def next_rung(
    ladder: EscalationLadder, step: int | None, raised_at: datetime, now: datetime, reached: Sequence[str]
) -> Climb | None:
    """The step to take now, or ``None`` while no step is due: never early.

    ``step`` is where the alert stands, ``None`` before anybody was paged. ``reached`` are the roles of which
    somebody can be paged now. A level without anybody is passed at once: its minutes are not waited for.
    One call takes one step, so after an outage the tree is climbed level by level.
    """
    wanted = 0 if step is None else step + 1
    if now < due_at(ladder, wanted, raised_at):
        return None
    return stand_on(ladder, wanted, raised_at, reached)


def stand_on(ladder: EscalationLadder, step: int, raised_at: datetime, reached: Sequence[str]) -> Climb:
    """Stand on a step, or on the first later one that reaches somebody."""
    last = len(ladder.rungs) - 1
    skipped: list[str] = []
    while step < last and rung_of(ladder, step).role not in reached:
        skipped.append(rung_of(ladder, step).role)
        step += 1
    rung = rung_of(ladder, step)
    return Climb(
        step=step,
        rung=rung,
        next_at=due_at(ladder, step + 1, raised_at),
        skipped=tuple(skipped),
        reaches_nobody=rung.role not in reached,
    )
