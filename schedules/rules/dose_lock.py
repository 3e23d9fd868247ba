"""What an event has to say about the next dose: is it locked, by what, and does the decision still stand.

Nobody overrides an event that is not resolved, one that nobody decided on, and a drug stopped for good.
Source: safety requirements 3 and 4, kept in the hazard log.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

GIVE, HOLD, DISCONTINUE = "give", "hold", "discontinue"
MINUTES_IN_HOUR = 60


class Lock(StrEnum):
    """Why the next dose is locked by one event; ``NONE`` where it is not."""

    NONE = ""
    MASKED = "masked"  # possibly masked CRS: a physician has not said what it is
    UNRESOLVED = "unresolved"
    UNDECIDED = "undecided"
    OUTDATED = "outdated"  # the event changed after the decision
    HELD = "held"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on. ``minutes`` is the event's elapsed length, ``None`` until it ended."""

    grade: int
    recurrent: bool
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was signed, and on what. ``suggested`` is what the record asked then, empty without a row."""

    choice: str
    suggested: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class EventNow:
    """One event as it bears on the next dose."""

    masked: bool
    resolved: bool
    basis: Basis


def lock(event: EventNow, decided: Decided | None) -> Lock:
    """What locks the next dose after this event; a stop for good first, then what is not over yet."""
    changed = decided is not None and bool(outdated(decided, event.basis))
    if decided is not None and decided.choice == DISCONTINUE and not changed:
        return Lock.STOPPED
    if event.masked:
        return Lock.MASKED
    if not event.resolved:
        return Lock.UNRESOLVED
    if decided is None:
        return Lock.UNDECIDED
    if changed:
        return Lock.OUTDATED
    return Lock.HELD if decided.choice == HOLD else Lock.NONE


def outdated(decided: Decided, now: Basis) -> str:
    """What changed since the decision, as "decided at grade 1, now grade 2"; empty while it stands.

    A stop for good stands when the event grew worse: only a milder event opens the question again. A decision
    signed before the event ended stands when it ends, unless its length was what the record waited for.
    """
    was = decided.basis
    stopped = decided.choice == DISCONTINUE
    changes = _changes(was, now, waited=not decided.suggested)
    return "; ".join(words for words, milder in changes if milder or not stopped)


def _changes(was: Basis, now: Basis, *, waited: bool) -> list[tuple[str, bool]]:
    """Every difference in words, and whether it makes the event milder."""
    found = []
    if was.grade != now.grade:
        found.append((f"decided at grade {was.grade}, now grade {now.grade}", now.grade < was.grade))
    if was.recurrent != now.recurrent:
        names = {True: "a recurrence", False: "a first event"}
        found.append((f"decided as {names[was.recurrent]}, now {names[now.recurrent]}", was.recurrent))
    if was.minutes is not None and was.minutes != now.minutes:
        shorter = now.minutes is not None and now.minutes < was.minutes
        found.append((f"decided after {_length(was.minutes)}, now {_now(now.minutes)}", shorter))
    elif was.minutes is None and now.minutes is not None and waited:
        found.append((f"decided before it ended, now it lasted {_length(now.minutes)}", True))
    return found


def _now(minutes: int | None) -> str:
    return "not ended" if minutes is None else _length(minutes)


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, MINUTES_IN_HOUR)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
