"""Whether each part of the portal answers. Nothing here names a patient or a center."""

from __future__ import annotations

from datetime import datetime

from django.db import DatabaseError, connection

from dosing_portal.kernel.models import Sweep
from dosing_portal.web import broker
from dosing_portal.web.selectors.pulse import LATE_AFTER
from schedules.services.sweeps import SWEEPS

OK = "ok"


def parts(at: datetime) -> dict[str, str]:
    """Part to "ok" or what is wrong with it."""
    if not _database_answers():
        return {
            "database": "does not answer",
            "broker": _broker(),
            "sweeps": "not known without the database",
        }
    late = late_sweeps(at)
    return {
        "database": OK,
        "broker": _broker(),
        "sweeps": OK if not late else "late: " + ", ".join(late),
    }


def dead_clocks(at: datetime) -> dict[str, str]:
    """What keeps alerts from leaving in time; empty when nothing does."""
    return late_sweeps(at) if _database_answers() else {"database": "does not answer"}


def late_sweeps(at: datetime) -> dict[str, str]:
    """Sweep to how late it is, for those that did not finish within 30 seconds."""
    finished = dict(Sweep.objects.filter(name__in=SWEEPS).values_list("name", "finished_at"))
    late = {}
    for name in SWEEPS:
        last = finished.get(name)
        if last is None:
            late[name] = "never finished"
        elif at - last > LATE_AFTER:
            late[name] = f"last finished {int((at - last).total_seconds())} s ago"
    return late


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> str:
    return OK if broker.answers() else "does not answer: the standby sweeper sends"
