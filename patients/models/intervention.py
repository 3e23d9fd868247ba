"""What the patient was given or took, when: it counts in grading."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff
from patients.models.observation import choices_of
from patients.models.patient import Patient
from patients.models.whereabouts import Place
from protocols.rules import values


class Purpose(models.TextChoices):
    TREATMENT = "treatment", "Treatment"
    PREMEDICATION = "premedication", "Premedication"
    PROPHYLAXIS = "prophylaxis", "Prophylaxis"
    SECOND_DRUG = "second_drug", "With a second drug"
    USUAL = "usual", "Usual medicine"


class InterventionQuerySet(models.QuerySet["Intervention"]):
    def current(self) -> InterventionQuerySet:
        """What stands now: not amended, and not taken back as never given."""
        return self.filter(amended_by__isnull=True, never_given=False)


class Intervention(AppendOnly):
    """One drug, fluid or oxygen start. ``never_given`` on an amendment takes a wrong entry back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="interventions")
    kind = models.CharField(max_length=24, choices=choices_of(values.InterventionKind))
    drug = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    client_key = models.UUIDField()
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)
    route = models.CharField(max_length=20, blank=True)
    temperature_before = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    purpose = models.CharField(max_length=16, choices=Purpose.choices, default=Purpose.TREATMENT)
    place = models.CharField(max_length=16, blank=True, choices=Place.choices)  # where it was given or taken
    arithmetic = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    let_pass = ArrayField(models.CharField(max_length=300), default=list, blank=True)  # limits overridden
    override_reason = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    amends = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="amended_by"
    )
    amend_reason = models.CharField(max_length=300, blank=True)
    never_given = models.BooleanField(default=False)

    objects = InterventionQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["taken_at", "recorded_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="intervention_once_a_client_key"),
            models.CheckConstraint(
                condition=Q(dose_mg__isnull=True) | Q(dose_mg__gt=0), name="intervention_dose_positive"
            ),
            models.CheckConstraint(
                condition=Q(amends__isnull=True) | ~Q(amend_reason=""),
                name="intervention_amendment_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(let_pass=[]) | ~Q(override_reason=""), name="intervention_override_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "taken_at"], name="intervention_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.taken_at:%Y-%m-%d %H:%M}"
