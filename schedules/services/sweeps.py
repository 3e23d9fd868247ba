"""One turn of each sweep, with the mark that the heartbeat reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dosing_portal.kernel.models import Sweep
from schedules.services import chasing, delivery, escalation, missed_checks, reminders

DELIVER = "schedules.deliver_due"
ESCALATE = "schedules.escalate_due"
MISSED = "schedules.flag_missed_checks"
REMIND = "schedules.queue_due_reminders"
CHASE = "schedules.chase_overdue"


def deliver_due(*, at: datetime) -> int:
    """Send what is due; the mark carries the last failure of a channel."""
    done = delivery.deliver_due(at=at)
    failed = {"last_error": done.last_error[:300], "failed_at": at} if done.failed else {}
    _mark(DELIVER, at, **failed)
    return done.sent


def escalate_due(*, at: datetime) -> int:
    return _swept(ESCALATE, escalation.escalate_due, at)


def flag_missed_checks(*, at: datetime) -> int:
    return _swept(MISSED, missed_checks.flag_missed_checks, at)


def queue_due_reminders(*, at: datetime) -> int:
    return _swept(REMIND, reminders.queue_due_reminders, at)


def chase_overdue(*, at: datetime) -> int:
    return _swept(CHASE, chasing.chase_overdue, at)


SWEEPS: dict[str, Callable[..., int]] = {
    REMIND: queue_due_reminders,
    MISSED: flag_missed_checks,
    CHASE: chase_overdue,
    ESCALATE: escalate_due,
    DELIVER: deliver_due,
}


def _swept(name: str, sweep: Callable[..., int], at: datetime) -> int:
    count = sweep(at=at)
    _mark(name, at)
    return count


def _mark(name: str, at: datetime, **failed: object) -> None:
    """Only a finished turn counts: a sweep that raises leaves its mark old, and the banner says so."""
    Sweep.objects.update_or_create(name=name, defaults={"finished_at": at, **failed})
