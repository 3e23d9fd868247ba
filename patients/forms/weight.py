"""A body weight with its day and its unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dosing_portal.kernel.fields import BarField, ClinicalDateField, ClinicalDecimalField
from dosing_portal.kernel.models import Center
from patients.facts import NewWeight
from patients.forms.plausible import Judged, PlausibleForm


class WeightFields(PlausibleForm):
    """Weight, unit and day. The last weight on record lets a typing error show."""

    weight_optional = False
    weight = ClinicalDecimalField(label="Weight", max_digits=6, decimal_places=2, min_value=Decimal("0.01"))
    weight_unit = BarField(label="Unit", choices=Center.WeightUnit.choices)
    weight_on = ClinicalDateField(label="Weighed on", help_text="like 19-Nov-2026, or today")

    def __init__(
        self,
        *args: Any,
        previous_kg: Decimal | None = None,
        change_percent: Decimal | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.previous_kg, self.change_percent = previous_kg, change_percent
        self.initial.setdefault("weight_unit", self.center.weight_unit)
        self.initial.setdefault("weight_on", self.today)
        if self.weight_optional:
            for name in ("weight", "weight_unit", "weight_on"):
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("weight") is None:
            return cleaned
        for name in ("weight_unit", "weight_on"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Say this too: a weight counts with its unit and its day")
        if cleaned.get("weight_on") and cleaned["weight_on"] > self.today:
            self.add_error("weight_on", "The weight is dated in the future. Write the day it was measured.")
        if cleaned.get("weight_unit"):
            self.judge(
                Judged(
                    "weight",
                    unit=cleaned["weight_unit"],
                    previous=self.previous_kg,
                    change_percent=self.change_percent,
                )
            )
        return cleaned

    def new_weight(self) -> NewWeight:
        cleaned = self.cleaned_data
        return NewWeight(cleaned["weight"], self.units["weight"], cleaned["weight_on"])


class WeightForm(WeightFields):
    """One more weight of a patient."""

    submit = "Save weight"
