"""A message that must leave: claimed under a lease, sent outside any transaction, then settled."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from dosing_portal.kernel.models import Center, Staff

Sent = TypeVar("Sent", bound="Outbound")


class OutboundQuerySet(models.QuerySet[Sent]):
    def undelivered(self) -> Self:
        return self.filter(delivered_at__isnull=True, failed_at__isnull=True, cancelled_at__isnull=True)

    def due(self, at: datetime) -> Self:
        """Not settled, due, and not held by a living worker's lease."""
        return self.undelivered().filter(
            Q(claimed_until__isnull=True) | Q(claimed_until__lte=at), due_at__lte=at
        )


class Outbound(models.Model):
    """The domain row is the queue: it names its recipient, its channel, and when it is due."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Signed webhook"
        CONSOLE = "console", "Console"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=300)
    subject = models.CharField(max_length=160)
    text = models.TextField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    receipt = models.CharField(max_length=120, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True)

    objects = OutboundQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(failed_at__isnull=True, cancelled_at__isnull=True),
                name="%(class)s_settled_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(delivered_at__isnull=True, failed_at__isnull=True, cancelled_at__isnull=True),
                name="%(class)s_still_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} due {self.due_at:%Y-%m-%d %H:%M:%S}"
