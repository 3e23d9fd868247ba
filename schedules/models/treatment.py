"""A drug ordered for some days: each dose, the taper and the neuro checks that go with it, as due rows."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dosing_portal.kernel.models import Center, Staff
from patients.models import Intervention, Observation, Patient, ToxicityEvent


class TreatmentOrder(models.Model):
    """What a physician ordered: drug, dose with its arithmetic, how often, until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="treatment_orders")
    event = models.ForeignKey(
        ToxicityEvent, on_delete=models.PROTECT, null=True, blank=True, related_name="treatment_orders"
    )
    regime = models.CharField(max_length=40)  # id of the regime in the center's treatment settings
    kind = models.CharField(max_length=24)  # InterventionKind
    words = models.CharField(max_length=300)
    arithmetic = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    source = models.CharField(max_length=300, blank=True)
    confirmed = models.BooleanField(default=True)
    let_pass = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField()
    ordered_at = models.DateTimeField()
    ordered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stop_reason = models.CharField(max_length=300, blank=True)
    client_key = models.UUIDField()

    class Meta:
        ordering: ClassVar = ["ordered_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["center", "client_key"], name="order_once_a_client_key"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stopped_by__isnull=True, stop_reason="")
                | (Q(stopped_at__isnull=False, stopped_by__isnull=False) & ~Q(stop_reason="")),
                name="order_stopped_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(let_pass=[]) | ~Q(reason=""), name="order_override_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.regime} {self.ordered_at:%Y-%m-%d %H:%M}"


class TreatmentDue(models.Model):
    """One thing that an order asks for at a time: a dose, a step of the taper, a neuro check."""

    class What(models.TextChoices):
        DOSE = "dose", "Dose"
        TAPER = "taper", "Taper"
        NEURO_CHECK = "neuro_check", "Neurologic check"

    class State(models.TextChoices):
        OPEN = "open", "To do"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(TreatmentOrder, on_delete=models.PROTECT, related_name="due")
    number = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=12, choices=What.choices)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    given = models.OneToOneField(
        Intervention, on_delete=models.PROTECT, null=True, blank=True, related_name="ordered_as"
    )
    observation = models.ForeignKey(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)  # why it was left out
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["due_at", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="treatment_due_number"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="treatment_settled_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="treatment_settled_when_it_says_so",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state="open", told_at__isnull=True),
                name="treatment_to_chase",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} due {self.due_at:%Y-%m-%d %H:%M}"
