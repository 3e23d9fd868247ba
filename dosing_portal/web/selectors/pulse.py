"""What the top bar of every page knows of the center: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from dosing_portal.kernel.models import Center, Sweep
from schedules.models import Alert
from schedules.services.sweeps import SWEEPS

LATE_AFTER = timedelta(seconds=30)
CHANNEL_FAILING_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Alerts that nobody has, and whether alerting itself is alive."""

    open_alerts: int
    oldest_sweep_at: datetime | None  # None while one of the sweeps has never finished
    channel_failure: str

    def late(self, at: datetime) -> bool:
        return self.oldest_sweep_at is None or at - self.oldest_sweep_at > LATE_AFTER


def pulse(center_id: UUID, at: datetime) -> Pulse:
    """The state of a center's alerting at an instant."""
    unanswered = Alert.objects.unanswered().filter(center_id=OuterRef("pk")).order_by().values("center_id")
    sweeps = Sweep.objects.filter(name__in=SWEEPS)
    failing = sweeps.filter(failed_at__gt=at - CHANNEL_FAILING_FOR).order_by("-failed_at")
    open_alerts, finished, failure = (
        Center.objects.filter(pk=center_id)
        .values_list(
            Coalesce(Subquery(unanswered.annotate(n=Count("pk")).values("n")), 0),
            ArraySubquery(sweeps.order_by("finished_at").values("finished_at")),
            Subquery(failing.values("last_error")[:1]),
        )
        .get()
    )
    return Pulse(open_alerts, finished[0] if len(finished) == len(SWEEPS) else None, failure or "")
