"""The neurologic questions beside an ICE test, asked alike on the vitals form and on the page of the test."""

from __future__ import annotations

from typing import Any

from django import forms

from dosing_portal.kernel.fields import BarField, PickField
from protocols.rules.values import Consciousness, Motor, RaisedPressure, Seizure
from schedules.forms import vocabulary as words
from schedules.forms.taken import TakenAtForm


class NeurologicFields(TakenAtForm):
    """Consciousness, seizure, weakness, raised pressure. Nothing is chosen beforehand."""

    consciousness = BarField(label="Consciousness", choices=words.CONSCIOUSNESS, taps=True, required=False)
    neurologic = BarField(label="Seizure or new weakness", choices=words.NEUROLOGIC, required=False)
    seizure_kind = PickField(label="Which seizure", choices=words.SEIZURE_KINDS, required=False)
    also_weakness = forms.BooleanField(label="New weakness too", required=False)
    raised_pressure = PickField(
        label="Sign of raised pressure in the head",
        choices=words.RAISED_PRESSURE,
        blank="None found",
        required=False,
    )

    def which_seizure(self) -> str:
        """What to ask, where a seizure was chosen without saying which; empty otherwise."""
        found = self.cleaned_data
        missing = found.get("neurologic") == words.SEIZURE and not found.get("seizure_kind")
        return "Say which seizure: the grade depends on it" if missing else ""

    def neurologic_signs(self) -> dict[str, Any]:
        """The answers as arguments of ``VitalSigns``."""
        found = self.cleaned_data
        seizure = found.get("neurologic") == words.SEIZURE and found.get("seizure_kind")
        return {
            "consciousness": Consciousness(found["consciousness"]) if found.get("consciousness") else None,
            "seizure": Seizure(found["seizure_kind"]) if seizure else Seizure.NONE,
            "motor": self._motor(),
            "raised_pressure": RaisedPressure(found.get("raised_pressure") or RaisedPressure.NONE),
            "symptoms": tuple(found.get("symptoms") or ()),
        }

    def _motor(self) -> Motor:
        found = self.cleaned_data
        if found.get("neurologic") == words.WEAKNESS or found.get("also_weakness"):
            return Motor.FOCAL_WEAKNESS
        return Motor.TREMOR if words.TREMOR in (found.get("symptoms") or ()) else Motor.NONE
