"""A hint to the workers after commit. Losing it costs seconds: the sweeps find every due row anyway."""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def after_commit(task_name: str) -> None:
    """Ask a worker to run a sweep once this transaction has committed.

    No retry and short socket time-outs (see settings): a lost broker never slows a request, and never
    fails one.
    """
    transaction.on_commit(lambda: _send(task_name), robust=True)


def _send(task_name: str) -> None:
    try:
        current_app.send_task(task_name, ignore_result=True, retry=False, expires=10)
    except Exception as error:  # noqa: BLE001 - whatever the broker does, the saved row stands
        log.warning("nudge not sent", extra={"task": task_name, "error": type(error).__name__})
