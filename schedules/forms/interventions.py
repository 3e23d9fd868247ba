"""What a patient was given or took, as it is typed; and the taking back of a wrong entry."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from dosing_portal.kernel.fields import Answer, ClinicalDecimalField, LineField, PickField
from dosing_portal.kernel.forms import ClinicalForm
from patients.forms.plausible import Judged
from patients.services.interventions import Given
from protocols.rules.emergency import EmergencyStep
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind, Temperature, TemperatureUnit
from schedules.forms import vocabulary as words
from schedules.forms.taken import TakenAtForm

ROUTES = tuple((route, route) for route in ("oral", "IV", "subcutaneous", "IM"))
ADVISED = frozenset({InterventionKind.POCKET_DEXAMETHASONE})
"""What is written with the temperature before it, or the reason why there is none."""


class InterventionForm(TakenAtForm):
    """One drug, fluid or oxygen start.

    ``computed`` holds the doses that the center's emergency plan works out, by kind: an amount past the cap
    of the plan is asked about once.
    """

    submit = "Record it"

    kind = PickField(label="What was given or taken", choices=words.GIVEN)
    drug = LineField(label="Name, if it is another one", max_length=60, required=False)
    dose_mg = ClinicalDecimalField(
        label="Dose", unit="mg", max_digits=7, decimal_places=2, min_value=Decimal("0.01"), required=False
    )
    volume_ml = ClinicalDecimalField(
        label="Volume", unit="mL", max_digits=7, decimal_places=1, min_value=Decimal("0.1"), required=False
    )
    route = PickField(label="Route", choices=ROUTES, required=False)
    temperature_before = ClinicalDecimalField(
        label="Temperature before",
        help_text="type °C or °F",
        max_digits=5,
        decimal_places=2,
        echo=True,
        required=False,
    )
    note = LineField(label="Note", max_length=300, required=False)

    def __init__(
        self,
        *args: Any,
        spec: ProtocolSpec | None,
        computed: dict[str, EmergencyStep] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, ranges=spec.center.plausible if spec else (), **kwargs)
        self.computed = computed or {}
        self.fields["temperature_before"].unit = f"°{self.center.temperature_unit}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.judge(Judged("temperature_before", rule="temperature", unit=self.center.temperature_unit))
        kind = cleaned.get("kind")
        if kind == InterventionKind.TOCILIZUMAB and cleaned.get("dose_mg") is None:
            if "dose_mg" not in self.errors:
                self.add_error("dose_mg", "Write the dose in mg: later doses are counted by it")
        elif kind == InterventionKind.FLUIDS and cleaned.get("volume_ml") is None:
            if "volume_ml" not in self.errors:
                self.add_error("volume_ml", "Write how many mL")
        elif kind in ADVISED:
            self._ask_for_temperature(cleaned)
        self._ask_about_dose(cleaned)
        return cleaned

    def _ask_for_temperature(self, cleaned: dict[str, Any]) -> None:
        missing = cleaned.get("temperature_before") is None and "temperature_before" not in self.errors
        if missing and not self.was_asked("temperature_before"):
            none = Answer("confirmed", "temperature_before=asked", "It was not measured")
            self.ask(
                "temperature_before", "Write the temperature before it was taken, if there is one.", (none,)
            )

    def _ask_about_dose(self, cleaned: dict[str, Any]) -> None:
        typed, step = cleaned.get("dose_mg"), self.computed.get(cleaned.get("kind") or "")
        if typed is None or step is None or step.dose_mg is None:
            return
        if typed <= step.dose_mg.to_integral_value(ROUND_CEILING):  # a dose is drawn up in whole milligrams
            return
        key = f"dose_mg={typed}=mg"
        if key not in self.answers:
            keep = Answer("confirmed", key, f"Keep {typed} mg")
            self.ask("dose_mg", f"{typed} mg is more than the plan works out: {step.arithmetic}.", (keep,))

    def given(self) -> Given:
        """The fact that the service stores."""
        found = self.cleaned_data
        kind = InterventionKind(found["kind"])
        before = found.get("temperature_before")
        return Given(
            kind=kind,
            drug=found["drug"] or dict(words.GIVEN)[kind].partition(",")[0],
            dose_mg=found["dose_mg"],
            volume_ml=found["volume_ml"],
            route=found["route"],
            temperature_before=None if before is None else self._celsius(before),
            note=found["note"],
        )

    def _celsius(self, typed: Decimal) -> Decimal:
        unit = TemperatureUnit(self.units["temperature_before"])
        return Temperature(typed, unit).celsius.quantize(Decimal("0.01"))


class TakeBackForm(ClinicalForm):
    """Say that an entry was wrong and nothing was given."""

    submit = "Take it back"
    reason = LineField(label="Why was this entry wrong", max_length=300)
