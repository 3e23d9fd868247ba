"""What the center has on the shelf."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dosing_portal.kernel.append_only import AppendOnly
from dosing_portal.kernel.models import Center, Staff


class StockCount(AppendOnly):
    """A count of tocilizumab at one place, in milligrams. The newest of a place stands until the next one.

    ``place`` is empty for the clinic itself, else the name of the hospital that keeps some for its patients.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    center = models.ForeignKey(Center, on_delete=models.PROTECT)
    place = models.CharField(max_length=120, blank=True)
    product = models.CharField(max_length=60)
    mg = models.DecimalField(max_digits=8, decimal_places=1)
    vial_mg = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)  # as printed on it
    expires_on = models.DateField(null=True, blank=True)
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        ordering: ClassVar = ["counted_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(mg__gte=0), name="stock_not_negative"),
        ]
        indexes: ClassVar = [models.Index(fields=["center", "place", "-counted_at"], name="stock_newest")]

    def __str__(self) -> str:
        return f"{self.mg} mg at {self.place or 'the clinic'}"
