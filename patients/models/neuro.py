"""A sentence written by hand, beside the one written before the first dose."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.observation import Observation
from patients.models.patient import Patient


class HandwritingSpecimen(AppendOnly):
    """What she wrote, how it compares, and a photo of it where one was taken."""

    class Comparison(models.TextChoices):
        BASELINE = "baseline", "Baseline"
        AS_BASELINE = "as_baseline", "As at baseline"
        CHANGED = "changed", "Changed"
        ILLEGIBLE = "illegible", "Cannot be read"
        NOT_WRITTEN = "not_written", "Could not write"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="handwriting")
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="handwriting"
    )
    comparison = models.CharField(max_length=12, choices=Comparison.choices)
    sentence = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)
    photo = models.BinaryField(null=True, blank=True)
    photo_type = models.CharField(max_length=20, blank=True)  # image/jpeg or image/png, read from the bytes
    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["taken_at", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="handwriting_once_a_client_key"),
            models.CheckConstraint(
                condition=Q(photo__isnull=True, photo_type="") | (Q(photo__isnull=False) & ~Q(photo_type="")),
                name="handwriting_photo_with_its_type",
            ),
            models.CheckConstraint(
                condition=Q(recorded_at__gte=F("taken_at")), name="handwriting_recorded_after_taken"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "taken_at"], name="handwriting_of_patient")]

    def __str__(self) -> str:
        return f"{self.comparison} {self.taken_at:%Y-%m-%d %H:%M}"
