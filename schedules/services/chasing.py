"""Notice what is late during an event: an emergency action, an ordered treatment, an arrival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from schedules.services import laboratory, overdue, treatment_due, whereabouts

CHASED: tuple[Callable[..., int], ...] = (
    whereabouts.flag_not_arrived,
    overdue.flag_overdue_steps,
    overdue.settle_of_ended_events,
    laboratory.notice_old_counts,
    treatment_due.flag_late_treatments,
)
"""What is chased: each takes ``at``, flags its own due rows one by one, and says how many."""


def chase_overdue(*, at: datetime) -> int:
    """Page for everything that is late by more than the protocol's grace. Returns how many rows.

    Raises ``RowsLeftBehind`` when one kind left a row behind; the kinds after it wait for the next turn.
    """
    return sum(flag(at=at) for flag in CHASED)
