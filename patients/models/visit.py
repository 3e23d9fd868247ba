"""What is asked at each visit beyond the first two days: late and drug-specific toxicity."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.patient import Patient


class VisitReview(AppendOnly):
    """One visit at which the late signs were asked for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visit_reviews")
    regimen = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["asked_at", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="visit_once_a_client_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "asked_at"], name="visit_of_patient")]

    def __str__(self) -> str:
        return f"visit {self.asked_at:%Y-%m-%d %H:%M}"


class VisitAnswer(AppendOnly):
    """One item of a visit. An item without a row was not asked, which is not the same as absent."""

    id = models.BigAutoField(primary_key=True)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    visit = models.ForeignKey(VisitReview, on_delete=models.PROTECT, related_name="answers")
    item = models.CharField(max_length=40)  # id of the item in the protocol's list
    present = models.BooleanField()
    grade = models.PositiveSmallIntegerField(null=True, blank=True)  # CTCAE, where the physician gave one
    note = models.CharField(max_length=200, blank=True)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "item"], name="visit_item_once"),
            models.CheckConstraint(
                condition=Q(grade__isnull=True) | Q(present=True, grade__gte=1, grade__lte=5),
                name="visit_grade_of_what_is_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {'present' if self.present else 'absent'}"
