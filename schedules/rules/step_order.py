"""In which order the actions of a running checklist stand, and which one is to be done now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from schedules.rules.checklist import REPEATING, State

TREATMENT = "treatment"
_NO_TARGET = datetime.max.replace(tzinfo=UTC)


class Listed(Protocol):
    """What decides the place of an action."""

    kind: str
    state: str
    position: int
    intervention: str
    due_at: datetime | None
    settled_at: datetime | None


Row = TypeVar("Row", bound=Listed)


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Treatment by due time, then checks that repeat, then the rest by due time, then what waits, then what
    is settled, the newest first."""
    return tuple(sorted(rows, key=_place))


def now(rows: Iterable[Row]) -> Row | None:
    """The one action to do now: the treatment that is overdue, or due next."""
    due = [row for row in rows if row.state == State.OPEN and row.due_at is not None and _treats(row)]
    return min(due, key=_place, default=None)


def _treats(row: Listed) -> bool:
    return row.kind == TREATMENT or (row.kind == REPEATING and bool(row.intervention))


def _place(row: Listed) -> tuple[int, float, int]:
    due = (row.due_at or _NO_TARGET).timestamp()
    if row.settled_at is not None:
        return (4, -row.settled_at.timestamp(), row.position)
    if row.state == State.WAITING:
        return (3, 0, row.position)
    if _treats(row):
        return (0, due, row.position)
    return (1 if row.kind == REPEATING else 2, due, row.position)
