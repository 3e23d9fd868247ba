"""Laboratory values that rules read: neutrophils before a fever is judged, ferritin when CRS does not fit."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.patient import Patient


class Analyte(models.TextChoices):
    """What is measured, with the unit in which it is kept."""

    ANC = "anc", "Neutrophils (10^9/L)"
    PLATELETS = "platelets", "Platelets (10^9/L)"
    HEMOGLOBIN = "hemoglobin", "Hemoglobin (g/dL)"
    FERRITIN = "ferritin", "Ferritin (ng/mL)"
    FIBRINOGEN = "fibrinogen", "Fibrinogen (mg/dL)"
    TRIGLYCERIDES = "triglycerides", "Triglycerides (mg/dL)"
    CRP = "crp", "CRP (mg/L)"
    ALT = "alt", "ALT (U/L)"
    IGG = "igg", "IgG (mg/dL)"


class LabResultQuerySet(models.QuerySet["LabResult"]):
    def current(self) -> LabResultQuerySet:
        return self.filter(amended_by__isnull=True)


class LabResult(AppendOnly):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="lab_results")
    analyte = models.CharField(max_length=16, choices=Analyte.choices)
    value = models.DecimalField(max_digits=10, decimal_places=3)
    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()
    amends = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="amended_by"
    )
    amend_reason = models.CharField(max_length=300, blank=True)

    objects = LabResultQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["taken_at", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["center", "client_key", "analyte"], name="lab_result_once_a_client_key"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="lab_result_not_negative"),
            models.CheckConstraint(
                condition=Q(amends__isnull=True) | ~Q(amend_reason=""), name="lab_amendment_has_reason"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["patient", "analyte", "taken_at"], name="lab_of_patient")]

    def __str__(self) -> str:
        return f"{self.analyte} {self.value} {self.taken_at:%Y-%m-%d}"
