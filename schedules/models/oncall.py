"""Who is on call, and how to reach them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from dosing_portal.kernel.models import Center, Staff


class OnCallRole(models.TextChoices):
    NURSE = "nurse", "nurse on call"
    PHYSICIAN = "physician", "physician on call"
    DIRECTOR = "director", "director"


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class OnCallShiftQuerySet(models.QuerySet["OnCallShift"]):
    def covering(self, at: datetime) -> OnCallShiftQuerySet:
        return self.filter(starts_at__lte=at, ends_at__gt=at, cancelled_at__isnull=True)


class OnCallShift(models.Model):
    """One person on one level of the call tree for a span of time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    role = models.CharField(max_length=10, choices=OnCallRole.choices)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = OnCallShiftQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["starts_at", "role"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="shift_cancelled_at_and_by",
            ),
            ExclusionConstraint(
                name="a_person_covers_a_role_once_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["center", "role", "starts_at"], name="shift_of_center"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.starts_at:%Y-%m-%d %H:%M}"


class ContactPoint(models.Model):
    """One way to reach a person. Ended, never deleted."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Signed webhook"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    address = models.CharField(max_length=300)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["staff", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff", "kind", "address"],
                condition=Q(ended_at__isnull=True),
                name="contact_point_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="contact_point_ended_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"
