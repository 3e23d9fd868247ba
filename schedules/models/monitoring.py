"""The watch after a dose: one window, its checks with their due times."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from dosing_portal.kernel.models import Center
from patients.models import Observation, Patient
from schedules.models.course import Administration, TreatmentCourse


class MonitoringWindow(models.Model):
    """The elapsed hours after one dose in which checks are due."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    course = models.ForeignKey(TreatmentCourse, on_delete=models.PROTECT, related_name="windows")
    administration = models.OneToOneField(Administration, on_delete=models.PROTECT, related_name="window")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="window_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"


class MonitoringCheck(models.Model):
    """One set of observations that is due. The due time is a column, so nothing is lost with a queue."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"  # a newer dose opened its own window

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    window = models.ForeignKey(MonitoringWindow, on_delete=models.PROTECT, related_name="checks")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    missed_from = models.DateTimeField()  # due time plus the protocol's grace
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="completed_checks"
    )
    missed_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["due_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["window", "due_at"], name="check_once_a_due_time"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False, observation__isnull=False)
                | (~Q(state="done") & Q(done_at__isnull=True, observation__isnull=True)),
                name="check_done_with_its_observation",
            ),
            models.CheckConstraint(
                condition=Q(missed_from__gte=F("due_at")), name="check_missed_only_after_due"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["missed_from"],
                condition=Q(state="open", missed_at__isnull=True),
                name="check_to_flag",
            ),
            models.Index(
                fields=["due_at"], condition=Q(state="open", reminded_at__isnull=True), name="check_to_remind"
            ),
            models.Index(
                fields=["patient", "due_at"], condition=Q(state="open"), name="check_open_of_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"check {self.due_at:%Y-%m-%d %H:%M}"
