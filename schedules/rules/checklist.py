"""The running emergency checklist: which actions an event has asked for, what completed each, what is due.

Everything here follows from facts: the grades as the readings reached them, what was given, what was read,
and what a person said of an action. So the order in which facts are entered does not matter, and an action
that was once listed is never lost. Clocks count from the clinical moment: the sign that opened the event, the
reading that raised the grade, the completion of another action, or the moment at which a condition holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from protocols.rules.spec import EmergencyAction

REPEATING = "repeating"
NEUTROPENIC_FEVER = "neutropenic_fever"
"""The action whose condition is a laboratory value: a rule judges it, not a person."""
TAKEN_BACK = "What completed this was taken back"


class State(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Reached:
    """A grade and the moment at which the event stood at it."""

    grade: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """An action that the event has asked for: at which grade first, since when, in which place."""

    action: EmergencyAction
    grade: int
    at: datetime
    position: int


@dataclass(frozen=True, slots=True)
class Fact:
    """Something on record that may complete an action: a drug (``kind``), or a reading (no ``kind``)."""

    ref: str
    at: datetime
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the event. ``neutropenic_since`` is empty while the pathway is not needed."""

    opened_at: datetime
    given: tuple[Fact, ...] = ()
    read: tuple[Fact, ...] = ()
    neutropenic_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of one action. ``ref`` names the drug or the reading that completed it.

    Settled without a ``ref`` it was settled by a person, and nothing here changes that. Minutes are elapsed
    minutes.
    """

    action: str
    kind: str
    asked_at: datetime
    from_grade: int
    position: int
    turn: int = 1
    intervention: str = ""
    after: str = ""
    only_if: str = ""
    within_minutes: int | None = None
    repeat_minutes: int | None = None
    state: State = State.OPEN
    applies_at: datetime | None = None
    clock_from: datetime | None = None
    due_at: datetime | None = None
    settled_at: datetime | None = None
    ref: str = ""
    reason: str = ""

    @property
    def settled(self) -> bool:
        return self.state in {State.DONE, State.NOT_DONE}

    @property
    def by_hand(self) -> bool:
        return self.settled and not self.ref


# --- what is asked ----------------------------------------------------------------------------------------


def asked(
    plans: Mapping[int, Sequence[EmergencyAction]], path: Iterable[Reached], opened_at: datetime
) -> tuple[Asked, ...]:
    """Every action that the rises of an event ask for, each once, at the first grade that names it.

    A fall asks for nothing. The first plan counts from the sign that opened the event, a later one from the
    moment that raised the grade. A grade without a plan (0 or 5) asks for nothing.
    """
    found: dict[str, Asked] = {}
    highest = -1
    for reached in sorted(path, key=lambda reached: (reached.at, reached.grade)):
        if reached.grade <= highest:
            continue
        since = max(reached.at, opened_at) if found else opened_at
        highest = reached.grade
        for place, action in enumerate(plans.get(reached.grade, ())):
            item = Asked(action, reached.grade, since, reached.grade * 100 + place)
            found.setdefault(action.id, item)
    return tuple(found.values())


# --- where each stands ------------------------------------------------------------------------------------


def follow(listed: Iterable[Step], wanted: Iterable[Asked], facts: Facts) -> tuple[Step, ...]:
    """The checklist as the facts make it: what was listed before, what is asked now, every turn of each."""
    rows = _turns_of(listed)
    for item in wanted:
        rows[item.action.id] = _asked_now(rows.get(item.action.id, []), item, facts.opened_at)
    done: dict[str, tuple[Step, ...]] = {}
    first: list[str] = []
    later: list[str] = []
    for action, turns in rows.items():
        (later if turns[0].after in rows else first).append(action)
    for action in [*first, *later]:
        before = done.get(rows[action][0].after, ())
        done[action] = _followed(rows[action], facts, before)
    return tuple(step for action in rows for step in done[action])


def _turns_of(listed: Iterable[Step]) -> dict[str, list[Step]]:
    rows: dict[str, list[Step]] = {}
    for step in sorted(listed, key=lambda step: (step.position, step.action, step.turn)):
        rows.setdefault(step.action, []).append(step)
    return rows


def _asked_now(turns: list[Step], item: Asked, opened_at: datetime) -> list[Step]:
    """The turns on the list, asked for as early as the facts now say; a new action gets its first turn."""
    action = item.action
    if not turns:
        return [
            Step(
                action=action.id,
                kind=action.kind,
                asked_at=item.at,
                from_grade=item.grade,
                position=item.position,
                intervention=action.intervention,
                after=action.after,
                only_if=action.only_if,
                within_minutes=action.within_minutes,
                repeat_minutes=action.repeat_minutes,
            )
        ]
    since = max(opened_at, min(item.at, turns[0].asked_at))
    grade = min(item.grade, turns[0].from_grade)
    position = min(item.position, turns[0].position)
    return [replace(step, asked_at=since, from_grade=grade, position=position) for step in turns]


def _followed(turns: Sequence[Step], facts: Facts, before: Sequence[Step]) -> tuple[Step, ...]:
    start = _start(turns[-1], facts, before)
    if turns[0].kind == REPEATING:
        return _repeated(turns, facts, start)
    *past, newest = turns
    step = _single(newest, facts, start)
    if _asked_again(step, facts):
        again = replace(_fresh(step, step.turn + 1), applies_at=None)
        return (*past, step, _clocked(again, facts.neutropenic_since, again.within_minutes))
    return (*past, step)


def _start(step: Step, facts: Facts, before: Sequence[Step]) -> datetime | None:
    """Since when the minutes count; ``None`` while it waits for another action or for its condition."""
    start = step.asked_at
    if step.after and before:
        completed = [turn.settled_at for turn in before if turn.state is State.DONE and turn.settled_at]
        if not completed:
            return None
        start = min(completed)
    if not step.only_if:
        return start
    holds = step.applies_at
    if step.action == NEUTROPENIC_FEVER and holds is None:
        holds = facts.neutropenic_since
    return None if holds is None else max(start, holds)


def _clocked(step: Step, start: datetime | None, minutes: int | None) -> Step:
    """An unsettled step with its clock."""
    if start is None:
        return replace(step, state=State.WAITING, clock_from=None, due_at=None)
    due = None if minutes is None else start + timedelta(minutes=minutes)
    return replace(step, state=State.OPEN, clock_from=start, due_at=due)


def _single(step: Step, facts: Facts, start: datetime | None) -> Step:
    if step.by_hand:
        return step
    unsettled = replace(step, settled_at=None, ref="", reason="")
    clocked = _clocked(unsettled, start, step.within_minutes)
    completing = _completing(step, facts)
    if not completing:
        return clocked
    first = completing[0]
    return replace(clocked, state=State.DONE, settled_at=first.at, ref=first.ref)


def _asked_again(step: Step, facts: Facts) -> bool:
    """Neutrophils were found low after a person had said that the pathway does not apply."""
    return (
        step.action == NEUTROPENIC_FEVER
        and step.state is State.NOT_DONE
        and step.settled_at is not None
        and facts.neutropenic_since is not None
        and facts.neutropenic_since > step.settled_at
    )


def _completing(step: Step, facts: Facts) -> list[Fact]:
    """What may complete the action, oldest first.

    A drug counts from the opening of the event; for a conditional action from when it was asked for: fluids
    given before the pressure fell do not answer the fall. A reading counts when it came after the sign.
    """
    if step.intervention:
        since = step.asked_at if step.only_if else facts.opened_at
        found = [fact for fact in facts.given if fact.kind == step.intervention and fact.at >= since]
    elif step.kind == REPEATING:
        found = [fact for fact in facts.read if fact.at > step.asked_at]
    else:
        found = []
    return sorted(found, key=lambda fact: (fact.at, fact.ref))


def _repeated(turns: Sequence[Step], facts: Facts, start: datetime | None) -> tuple[Step, ...]:
    """Each drug or reading completes a turn and the next one begins; a turn declined ends the series."""
    known = {fact.ref: fact for fact in _completing(turns[0], facts)}
    kept = [_still(step, known) for step in turns]
    linked = {step.ref for step in kept if step.state is State.DONE}
    waiting = next((step for step in kept if not step.settled), None)
    settled = [step for step in kept if step.settled]
    number = max(step.turn for step in kept)
    for fact in known.values():
        if fact.ref in linked:
            continue
        if waiting is None:
            number += 1
            waiting = replace(turns[0], turn=number, applies_at=turns[-1].applies_at)
        settled.append(_done(waiting, fact, start))
        waiting = None
    times = [step.settled_at for step in settled if step.state is State.DONE]
    last = max((at for at in times if at is not None), default=None)
    if waiting is None and not _ended(settled, last):
        waiting = _fresh(turns[-1], number + 1)
    if waiting is not None:
        settled.append(_next_turn(waiting, last, start))
    return tuple(sorted(settled, key=lambda step: step.turn))


def _still(step: Step, known: Mapping[str, Fact]) -> Step:
    """A completed turn at the time that now stands for it, or not done when that was taken back."""
    if not step.ref or step.state is not State.DONE:
        return step
    fact = known.get(step.ref)
    if fact is None:
        return replace(step, state=State.NOT_DONE, reason=TAKEN_BACK)
    return replace(step, settled_at=fact.at)


def _done(step: Step, fact: Fact, start: datetime | None) -> Step:
    clocked = step if step.clock_from else _next_turn(step, None, start)
    return replace(clocked, state=State.DONE, settled_at=fact.at, ref=fact.ref, reason="")


def _ended(settled: Iterable[Step], last: datetime | None) -> bool:
    """A person declined a turn, and nothing was given or read since."""
    declined = [step.settled_at for step in settled if step.by_hand and step.state is State.NOT_DONE]
    newest = max((at for at in declined if at is not None), default=None)
    return newest is not None and (last is None or newest >= last)


def _fresh(step: Step, turn: int) -> Step:
    return replace(step, turn=turn, state=State.OPEN, settled_at=None, ref="", reason="", due_at=None)


def _next_turn(step: Step, last: datetime | None, start: datetime | None) -> Step:
    """The turn to come: so many minutes after the last one, the first one after it was asked for."""
    if last is not None:
        return _clocked(step, last, step.repeat_minutes)
    return _clocked(step, start, step.repeat_minutes if step.within_minutes is None else step.within_minutes)
