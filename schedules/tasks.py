"""The sweeps as Celery tasks: each calls one service. Losing a task loses nothing."""

from __future__ import annotations

from celery import shared_task

from dosing_portal.kernel import clock
from schedules.services import sweeps


@shared_task(name=sweeps.DELIVER)
def deliver_due() -> int:
    return sweeps.deliver_due(at=clock.now())


@shared_task(name=sweeps.ESCALATE)
def escalate_due() -> int:
    return sweeps.escalate_due(at=clock.now())


@shared_task(name=sweeps.MISSED)
def flag_missed_checks() -> int:
    return sweeps.flag_missed_checks(at=clock.now())


@shared_task(name=sweeps.REMIND)
def queue_due_reminders() -> int:
    return sweeps.queue_due_reminders(at=clock.now())


@shared_task(name=sweeps.CHASE)
def chase_overdue() -> int:
    return sweeps.chase_overdue(at=clock.now())
