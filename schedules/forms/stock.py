"""A count of tocilizumab at one place."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from dosing_portal.kernel.fields import ClinicalDateField, ClinicalDecimalField, LineField, PickField
from dosing_portal.kernel.forms import PortalForm

CLINIC = "clinic"


class CountForm(PortalForm):
    """Where, what, how many milligrams, until when. Milligrams, never vials alone: vials differ."""

    submit = "Save the count"

    place = PickField(label="Where", choices=())
    other_place = LineField(label="Another hospital", max_length=120, required=False)
    product = LineField(label="Product", max_length=60, help_text="as printed")
    mg = ClinicalDecimalField(
        label="Counted, all vials together", unit="mg", min_value=Decimal(0), max_digits=8, decimal_places=1
    )
    vial_mg = ClinicalDecimalField(
        label="Strength of one vial",
        unit="mg",
        min_value=Decimal("0.1"),
        max_digits=6,
        decimal_places=1,
        required=False,
    )
    expires_on = ClinicalDateField(label="Expires first", required=False)

    def __init__(self, *args: Any, places: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(place, place) for place in places]
        self.fields["place"].choices += [(CLINIC, "The clinic"), *named, ("other", "Another hospital")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("place") == "other" and not cleaned.get("other_place"):
            self.add_error("other_place", "Write the name of the hospital")
        mg, vial = cleaned.get("mg"), cleaned.get("vial_mg")
        if mg is not None and vial is not None and mg % vial:
            said = f"{mg} mg is no whole number of {vial} mg vials. Leave it empty if they differ"
            self.add_error("vial_mg", said)
        return cleaned

    def facts(self) -> dict[str, Any]:
        """The arguments of the service."""
        found = self.cleaned_data
        place = {CLINIC: "", "other": found["other_place"]}.get(found["place"], found["place"])
        return {
            "place": place,
            "product": found["product"],
            "mg": found["mg"],
            "vial_mg": found["vial_mg"],
            "expires_on": found["expires_on"],
        }
