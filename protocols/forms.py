"""The calculators' questions: no patient, nothing saved, so every answer has an address."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from dosing_portal.kernel.fields import (
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    DrawnField,
)
from dosing_portal.kernel.forms import PortalForm
from protocols.rules.regimen import Schedule
from protocols.rules.values import (
    Consciousness,
    IceScore,
    Motor,
    Oxygen,
    OxygenDevice,
    Seizure,
    Temperature,
    TemperatureUnit,
    VitalSigns,
)
from protocols.selectors import PublishedSchedule

ICE_MAXIMUM = len(IceScore.ITEMS) - 1 + IceScore.OBJECTS  # the objects are named one by one
NOT_MEASURED = ("", "not measured")


class ChoiceField(DrawnField, forms.ChoiceField):
    """One of a list, drawn by our template pack."""


def words(names: type[OxygenDevice | Consciousness | Seizure | Motor]) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in names]


class AskingForm(PortalForm):
    """A form that is sent by GET: its address is its answer's, so no token belongs in it."""

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.disable_csrf = True
        return helper


class RegimenForm(AskingForm):
    """Which schedule of which product; the doses to choose from are that schedule's."""

    regimen = ChoiceField(label="Regimen")

    def __init__(
        self, *args: Any, schedules: Sequence[PublishedSchedule], chosen: Schedule, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regimen"].choices = [(item.key, item.name) for item in schedules]  # type: ignore[attr-defined]
        for name in ("last_dose", "dose"):
            if name in self.fields:
                doses = [(dose.id, f"{dose.label_name}, {dose.amount}") for dose in chosen.own_doses]
                self.fields[name].choices = doses  # type: ignore[attr-defined]


class RestartForm(RegimenForm):
    """What to give after a delay: two days, and the times where they are known."""

    last_dose = ChoiceField(label="Last dose given")
    given_on = ClinicalDateField(label="Given on")
    given_time = ClinicalTimeField(label="at, 24 h", required=False)
    planned_on = ClinicalDateField(label="Next dose on", help_text="also today, +3d")
    planned_time = ClinicalTimeField(label="at, 24 h", required=False)

    moments = {  # noqa: RUF012 - read by PortalForm, never changed
        "given_at": ("given_on", "given_time"),
        "planned_at": ("planned_on", "planned_time"),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        given, planned = cleaned.get("given_on"), cleaned.get("planned_on")
        if given and planned and planned < given:
            self.add_error("planned_on", "The next dose lies before the last one. Check both days")
        given_at, planned_at = cleaned.get("given_at"), cleaned.get("planned_at")
        if given_at and planned_at and planned_at < given_at:
            self.add_error("planned_time", "The next dose lies before the last one. Check both times")
        return cleaned


class DoseForm(RegimenForm):
    """How much of a dose: the weight where the dose asks for one, and what was scanned."""

    dose = ChoiceField(label="Dose")
    weight_kg = ClinicalDecimalField(label="Weight", unit="kg", required=False, min_value=Decimal(0))


class GradeForm(AskingForm):
    """One set of observations. What is left empty was not measured, and the answer says so."""

    temperature = ClinicalDecimalField(label="Temperature", required=False)
    unit = ChoiceField(label="in", choices=[("C", "°C"), ("F", "°F")], required=False)
    systolic = ClinicalIntegerField(label="Systolic", unit="mmHg", required=False)
    spo2 = ClinicalIntegerField(label="SpO2", unit="%", required=False)
    heart_rate = ClinicalIntegerField(label="Heart rate", unit="/min", required=False)
    oxygen = ChoiceField(label="Oxygen", choices=[NOT_MEASURED, *words(OxygenDevice)], required=False)
    flow_lpm = ClinicalDecimalField(label="Flow", unit="L/min", required=False)
    vasopressors = ChoiceField(
        label="Vasopressors, vasopressin not counted",
        choices=[("", "none"), ("vasopressin", "vasopressin alone"), ("one", "one"), ("two", "two or more")],
        required=False,
    )
    ice = ClinicalIntegerField(label="ICE", unit="points", required=False, min_value=0, max_value=ICE_MAXIMUM)
    consciousness = ChoiceField(
        label="Consciousness", choices=[NOT_MEASURED, *words(Consciousness)], required=False
    )
    seizure = ChoiceField(label="Seizure", choices=words(Seizure), required=False)
    motor = ChoiceField(label="Motor", choices=words(Motor), required=False)

    def vitals(self) -> VitalSigns:
        """The answers as the value that the rules read."""
        said = self.cleaned_data
        temperature, device = said["temperature"], said["oxygen"]
        pressors = {"": (), "vasopressin": ("vasopressin",), "one": ("one",), "two": ("one", "another")}
        return VitalSigns(
            temperature=None
            if temperature is None
            else Temperature(temperature, TemperatureUnit(said["unit"] or "C")),
            systolic=said["systolic"],
            spo2=said["spo2"],
            heart_rate=said["heart_rate"],
            oxygen=Oxygen(OxygenDevice(device), said["flow_lpm"]) if device else None,
            vasopressors=pressors[said["vasopressors"]],
            ice=None if said["ice"] is None else IceScore(total=said["ice"]),
            consciousness=Consciousness(said["consciousness"]) if said["consciousness"] else None,
            seizure=Seizure(said["seizure"] or "none"),
            motor=Motor(said["motor"] or "none"),
        )
