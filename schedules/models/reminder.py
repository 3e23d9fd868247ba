"""A reminder that a check is due, sent at its due time."""

from __future__ import annotations

from django.db import models

from schedules.models.monitoring import MonitoringCheck
from schedules.models.outbound import Outbound


class Reminder(Outbound):
    check_due = models.ForeignKey(MonitoringCheck, on_delete=models.PROTECT, related_name="reminders")

    class Meta(Outbound.Meta):
        pass
