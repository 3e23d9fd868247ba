"""What the person who gave a dose says of it, and who checked it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms

from dosing_portal.kernel.fields import (
    BarField,
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    DrawnField,
    LineField,
    PickField,
    TapsField,
)
from dosing_portal.kernel.forms import ClinicalForm
from protocols.rules.regimen import Regimen
from protocols.rules.window import DelayReason
from schedules.selectors.decisions import Condition
from schedules.selectors.sheet import Amount, Asked, Basis, Drawn

DELAYS = (
    (DelayReason.ADVERSE_REACTION_RESOLVED.value, "An adverse reaction had to resolve"),
    (DelayReason.SCHEDULING.value, "Scheduling"),
)
AMOUNTS = ((Basis.BAND.value, "Printed band"), (Basis.FORMULA.value, "Formula"))
OUTSIDE = {
    "amount": None,
    "dose": None,
    "event": None,
    "weight": None,
    "course": None,
    "checker": "checker_name",
}
"""Where a refusal stands that names no input of this form: above it, or beside another one."""


INSIDE = {
    "given_at": "given_time",
    "premedicated_at": "premedicated_time",
    "conditions": "fulfilled",
}
"""Which input a refusal stands beside, where its name is another one."""


class PasswordField(DrawnField, forms.CharField):
    """A password as typed; never shown back."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "off"}
        super().__init__(strip=False, widget=forms.PasswordInput(attrs=attributes), **kwargs)


class DoseForm(ClinicalForm):
    """Time, vial, site, lot, premedication, the second person, and why it departs from the record."""

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {
        "given_at": ("given_day", "given_time"),
        "premedicated_at": ("premedicated_day", "premedicated_time"),
    }

    given_time = ClinicalTimeField(label="Given at", help_text="24 h")
    given_day = ClinicalDateField(label="On")
    product = LineField(label="Product on the vial", max_length=60, help_text="as printed")
    vial = PickField(label="Vial", choices=(), blank="Choose the strength printed")
    site = PickField(label="Site", choices=(), blank="Choose the site")
    lot = LineField(label="Lot", max_length=40, help_text="scan or type")
    premedicated_time = ClinicalTimeField(label="Premedication given at", help_text="24 h", required=False)
    premedicated_day = ClinicalDateField(label="On", required=False)
    basis = BarField(label="Which amount was given", choices=AMOUNTS, required=False)
    typed_mg = ClinicalDecimalField(label="Amount", unit="mg", max_digits=8, decimal_places=3, required=False)
    typed_ml = ClinicalDecimalField(label="Volume", unit="mL", max_digits=7, decimal_places=3, required=False)
    typed_vials = ClinicalIntegerField(label="Vials", min_value=1, max_value=99, required=False)
    delay = BarField(label="Why is it late", choices=DELAYS, long=True, required=False)
    fulfilled = TapsField(label="Arranged", choices=(), long=True, required=False)
    deviation_reason = LineField(label="Reason", max_length=300, required=False)
    checker_name = LineField(
        label="User name", max_length=80, attrs={"autocapitalize": "none", "spellcheck": "false"}
    )
    checker_password = PasswordField(label="Password", max_length=128)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    def __init__(self, *args: Any, regimen: Regimen, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = f"{self.center.local(self.at):%Z}"
        for name in ("given_time", "premedicated_time"):
            self.fields[name].unit = zone  # type: ignore[attr-defined]  # a DrawnField
        for name in ("given_day", "premedicated_day"):
            self.initial.setdefault(name, self.today)
        strengths = dict.fromkeys(vial.strength for vial in regimen.preparation.vials)
        self._choose("vial", strengths)
        self._choose_site(regimen)

    def _choose(self, name: str, texts: Iterable[str]) -> None:
        self.fields[name].choices += [(text, text) for text in texts]  # type: ignore[attr-defined]

    def ask_conditions(self, conditions: Iterable[Condition]) -> None:
        """What a decision after an event asks of this dose; a person ticks what was arranged."""
        found = [(one.key, f"{one.sentence[:1].upper()}{one.sentence[1:]}") for one in conditions]
        self.fields["fulfilled"].choices = found  # type: ignore[attr-defined]  # a TapsField

    def _choose_site(self, regimen: Regimen) -> None:
        """The sites of the record; a line of text for an infusion, whose vein no record names."""
        injection = regimen.preparation.injection
        if injection is None or not injection.sites:
            self.fields["site"] = LineField(label="Line or vein", max_length=40)
        else:
            self._choose("site", injection.sites)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("premedicated_time") is None and "premedicated_time" not in self.errors:
            self.errors.pop("premedicated_day", None)
        return cleaned

    def asked(self) -> Asked:
        """What is typed so far, for the sheet; the present where no time was read."""
        cleaned = getattr(self, "cleaned_data", {})
        return Asked(
            given_at=cleaned.get("given_at") or self.at,
            vial=cleaned.get("vial") or "",
            product=cleaned.get("product") or "",
            delay=self._delay(),
            premedicated_at=cleaned.get("premedicated_at"),
            fulfilled=frozenset(cleaned.get("fulfilled") or ()),
        )

    def drawn(self) -> Drawn:
        cleaned = self.cleaned_data
        return Drawn(
            product=cleaned["product"],
            vial=cleaned["vial"],
            site=cleaned["site"],
            lot=cleaned["lot"],
            basis=Basis(cleaned["basis"]) if cleaned.get("basis") else None,
            typed=self._typed(),
            seen=cleaned.get("seen") or "",
        )

    def facts(self) -> dict[str, Any]:
        """The other arguments of ``dosing.give`` that the form has."""
        cleaned = self.cleaned_data
        key: UUID = cleaned["client_key"]
        return {
            "given_at": cleaned["given_at"],
            "premedicated_at": cleaned["premedicated_at"],
            "deviation_reason": cleaned["deviation_reason"],
            "delay": self._delay(),
            "fulfilled": frozenset(cleaned.get("fulfilled") or ()),
            "client_key": key,
        }

    def _delay(self) -> DelayReason | None:
        chosen = getattr(self, "cleaned_data", {}).get("delay")
        return DelayReason(chosen) if chosen else None

    def _typed(self) -> Amount | None:
        mg, ml, vials = (self.cleaned_data.get(f"typed_{name}") for name in ("mg", "ml", "vials"))
        return None if mg is None else Amount(mg, ml, vials)

    def refuse(self, field: str, sentence: str) -> None:
        """Put a refusal beside the input it is about."""
        name = OUTSIDE.get(field, INSIDE.get(field, field))
        self.add_error(name if name in self.fields else None, sentence)
