"""The standby sweeper: runs the sweeps itself whenever their marks show that the workers do not."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Sweep
from schedules.services import sweeps

log = logging.getLogger(__name__)

PERIOD_SECONDS = 2
LATE = timedelta(seconds=4)


class Command(BaseCommand):
    help = "Run every sweep that the workers left undone, until stopped. Needs no broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run every sweep once and end")

    def handle(self, *_args: Any, once: bool = False, **_options: Any) -> None:
        if once:
            for name in sweeps.SWEEPS:
                self._run(name)
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(PERIOD_SECONDS):
            self._turn()

    def _turn(self) -> None:
        close_old_connections()
        try:
            marks = dict(Sweep.objects.values_list("name", "finished_at"))
            for name in sweeps.SWEEPS:
                if name not in marks or clock.now() - marks[name] > LATE:
                    self._run(name)
        except Exception:  # the database may be down for a while; the next turn tries again
            log.exception("standby sweep failed")

    def _run(self, name: str) -> None:
        sweeps.SWEEPS[name](at=clock.now())
