"""Housekeeping as a Celery task. No heartbeat reads it: what is forgotten a day late harms nobody."""

from __future__ import annotations

from celery import shared_task

from dosing_portal.kernel import clock
from dosing_portal.web.services import housekeeping


@shared_task(name="web.forget_old")
def forget_old() -> int:
    return housekeeping.forget_old(at=clock.now())
