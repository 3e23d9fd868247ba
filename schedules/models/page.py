"""One page of an alert to one person over one channel."""

from __future__ import annotations

from django.db import models

from schedules.models.alert import Alert
from schedules.models.outbound import Outbound


class Page(Outbound):
    """A page waits here until it was delivered; a test page has no alert."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="pages")
    rung = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=20, blank=True)

    class Meta(Outbound.Meta):
        pass
