"""What a physician decided about the next dose, and when she last looked at an event."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models import Patient, ToxicityEvent


class EventLook(models.Model):
    """When a physician last opened an event: the board shows how long ago that was."""

    event = models.OneToOneField(
        ToxicityEvent, on_delete=models.PROTECT, primary_key=True, related_name="look"
    )
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    looked_at = models.DateTimeField()
    looked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"looked at {self.looked_at:%Y-%m-%d %H:%M}"


class NextDoseDecision(AppendOnly):
    """What a physician decided for the next dose after an event. The newest of an event stands.

    ``suggested`` is what the record asked for, empty where no row covers the event; a decision that differs
    needs a reason. ``grade``, ``recurrent`` and ``duration_minutes`` are what it rests on: when one of them
    changes, it opens the lock no longer. ``told`` names who was told, which a permanent discontinuation must
    say.
    """

    class Choice(models.TextChoices):
        GIVE = "give", "Give when resolved"
        HOLD = "hold", "Hold"
        DISCONTINUE = "discontinue", "Stop for good"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="next_dose_decisions")
    event = models.ForeignKey(ToxicityEvent, on_delete=models.PROTECT, related_name="next_dose_decisions")
    course = models.ForeignKey(
        "schedules.TreatmentCourse", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    choice = models.CharField(max_length=12, choices=Choice.choices)
    suggested = models.CharField(max_length=24, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    grade = models.PositiveSmallIntegerField()  # the maximum that was decided on
    recurrent = models.BooleanField(default=False)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)  # empty: the event had not ended
    premedicate = models.BooleanField(null=True, blank=True)
    hospital_hours = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    daily_monitoring_hours = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    place = models.CharField(max_length=16, blank=True)  # outpatient, hospital
    conditions = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    because = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    source = models.CharField(max_length=300, blank=True)
    confirmed = models.BooleanField(default=True)  # the record's row is verified or confirmed here
    reason = models.CharField(max_length=300, blank=True)
    told = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["decided_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="decision_once_a_client_key"),
            models.CheckConstraint(
                condition=~Q(choice="discontinue") | ~Q(told=[]), name="discontinuation_says_who_was_told"
            ),
            models.UniqueConstraint(
                fields=["event"], condition=Q(supersedes__isnull=True), name="one_first_decision_an_event"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["event", "decided_at"], name="decision_of_event")]

    def __str__(self) -> str:
        return f"{self.choice} {self.decided_at:%Y-%m-%d %H:%M}"
