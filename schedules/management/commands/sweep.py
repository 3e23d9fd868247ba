"""The standby sweeper: runs the sweeps itself whenever their marks show that the workers do not."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

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
            failed = [name for name in sweeps.SWEEPS if not self._run(name)]
            if failed:
                raise CommandError(f"Not finished: {', '.join(failed)}. The log says why.")
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(PERIOD_SECONDS):
            self._turn()

    def _turn(self) -> None:
        close_old_connections()
        for name in self._late():
            self._run(name)

    def _late(self) -> list[str]:
        """The sweeps that nobody finished lately; none can be run while the database does not answer."""
        try:
            marks = dict(Sweep.objects.values_list("name", "finished_at"))
        except DatabaseError:
            log.exception("the marks of the sweeps cannot be read")
            return []
        return [name for name in sweeps.SWEEPS if name not in marks or clock.now() - marks[name] > LATE]

    def _run(self, name: str) -> bool:
        """True when it finished. A sweep that fails leaves its mark old, and does not stop the others."""
        try:
            sweeps.SWEEPS[name](at=clock.now())
        except Exception:
            log.exception("standby sweep failed", extra={"sweep": name})
            return False
        return True
