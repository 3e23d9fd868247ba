"""The calculators' questions: no patient, nothing saved, so every answer has an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from dosing_portal.kernel.fields import (
    BarField,
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    PickField,
)
from dosing_portal.kernel.forms import PortalForm
from protocols.rules import plausibility
from protocols.rules.plausibility import VerdictKind
from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.spec import PlausibleRange
from protocols.rules.values import (
    Consciousness,
    Entry,
    EntryKind,
    IceScore,
    InterventionKind,
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
NOT_MEASURED = "Not measured"
PRESSORS = {"vasopressin": ("vasopressin",), "one": ("one",), "two": ("one", "another")}


def choices_of(
    names: type[OxygenDevice | Consciousness | Seizure | Motor], without: Iterable[str] = ()
) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in names if item.value not in without]


class JudgedForm(PortalForm):
    """Refuses numbers that cannot be, or look like another unit. Nothing is saved, so nothing is asked."""

    def __init__(self, *args: Any, ranges: Iterable[PlausibleRange] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ranges = tuple(ranges)

    def judge(self, name: str, unit: str = "", rule: str = "") -> None:
        value = self.cleaned_data.get(name)
        if value is None:
            return
        verdict = plausibility.check(rule or name, Decimal(value), self.ranges, unit=unit)
        may_stand = any(choice.value is not None and choice.unit == unit for choice in verdict.choices)
        if verdict.kind is VerdictKind.IMPOSSIBLE or (verdict.choices and not may_stand):
            self.add_error(name, verdict.sentence)


class RegimenForm(JudgedForm):
    """Which schedule of which product; the doses to choose from are that schedule's."""

    regimen = PickField(label="Regimen", choices=(), blank="Choose the regimen")

    def __init__(
        self,
        *args: Any,
        schedules: Sequence[PublishedSchedule],
        regimen: Regimen,
        chosen: Schedule,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regimen"].choices = [(item.key, item.name) for item in schedules]  # type: ignore[attr-defined]
        doses = [(dose.id, f"{dose.label_name}, {dose.amount}") for dose in chosen.own_doses]
        vials = dict.fromkeys(vial.strength for vial in regimen.preparation.vials)
        for name, choices in (
            ("last_dose", doses),
            ("dose", doses),
            ("vial", [(strength, strength) for strength in vials]),
        ):
            if name in self.fields:
                self.fields[name].choices += choices  # type: ignore[attr-defined]


class RestartForm(RegimenForm):
    """What to give after a delay: two days, and the times where they are known."""

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {
        "given_at": ("given_on", "given_time"),
        "planned_at": ("planned_on", "planned_time"),
    }

    last_dose = PickField(label="Last dose given", choices=(), blank="Choose the dose")
    given_on = ClinicalDateField(label="Given on")
    given_time = ClinicalTimeField(label="at, 24 h", required=False)
    planned_on = ClinicalDateField(label="Next dose on")
    planned_time = ClinicalTimeField(label="at, 24 h", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        given, planned = cleaned.get("given_on"), cleaned.get("planned_on")
        given_at, planned_at = cleaned.get("given_at"), cleaned.get("planned_at")
        if given and planned and planned < given:
            self.add_error("planned_on", "The next dose lies before the last one. Check both days")
        elif given_at and planned_at and planned_at < given_at:
            self.add_error("planned_time", "The next dose lies before the last one. Check both times")
        return cleaned


class DoseForm(RegimenForm):
    """How much of a dose: the weight where the dose asks for one, and the vial at hand."""

    dose = PickField(label="Dose", choices=(), blank="Choose the dose")
    weight_kg = ClinicalDecimalField(
        label="Weight", help_text="where the dose asks for it", unit="kg", required=False
    )
    vial = PickField(label="Vial at hand", choices=(), blank="Not said", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.judge("weight_kg", "kg", rule="weight")
        return cleaned


class GradeForm(JudgedForm):
    """One set of observations. What is left empty was not measured, and the answer says so."""

    temperature = ClinicalDecimalField(label="Temperature", required=False)
    unit = BarField(label="in", choices=[("C", "°C"), ("F", "°F")], required=False)
    systolic = ClinicalIntegerField(label="Systolic pressure", unit="mmHg", required=False)
    spo2 = ClinicalIntegerField(label="SpO2", unit="%", required=False)
    heart_rate = ClinicalIntegerField(label="Heart rate", unit="/min", required=False)
    oxygen = PickField(label="Oxygen", choices=choices_of(OxygenDevice), blank=NOT_MEASURED, required=False)
    flow_lpm = ClinicalDecimalField(label="Flow", unit="L/min", required=False)
    vasopressors = PickField(
        label="Vasopressors",
        choices=[("vasopressin", "vasopressin alone"), ("one", "one"), ("two", "two or more")],
        blank="None",
        required=False,
    )
    ice = ClinicalIntegerField(label="ICE", unit="points", required=False, min_value=0, max_value=ICE_MAXIMUM)
    consciousness = PickField(
        label="Consciousness", choices=choices_of(Consciousness), blank=NOT_MEASURED, required=False
    )
    seizure = PickField(label="Seizure", choices=choices_of(Seizure, ["none"]), blank="None", required=False)
    motor = PickField(label="Motor sign", choices=choices_of(Motor, ["none"]), blank="None", required=False)
    waived = forms.BooleanField(
        label="Earlier in this event: a fever, then a drug that hides it", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("unit", self.center.temperature_unit)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.judge("temperature", cleaned.get("unit") or self.center.temperature_unit)
        for name in ("systolic", "spo2", "heart_rate", "flow_lpm"):
            self.judge(name)
        return cleaned

    def timeline(self, fever_c: Decimal, ref: str) -> tuple[Entry, ...]:
        """The reading, after the fever and the drug of the same event where they were ticked."""
        reading = Entry(EntryKind.VITALS, vitals=self.vitals(), ref=ref)
        if not self.cleaned_data["waived"]:
            return (reading,)
        fever = Entry(EntryKind.VITALS, vitals=VitalSigns(temperature=Temperature(fever_c)))
        drug = Entry(EntryKind.INTERVENTION, intervention=InterventionKind.ACETAMINOPHEN)
        return (fever, drug, reading)

    def vitals(self) -> VitalSigns:
        """The answers as the value that the rules read."""
        said = self.cleaned_data
        unit = TemperatureUnit(said["unit"] or self.center.temperature_unit)
        typed, device = said["temperature"], said["oxygen"]
        return VitalSigns(
            temperature=None if typed is None else Temperature(typed, unit),
            systolic=said["systolic"],
            spo2=said["spo2"],
            heart_rate=said["heart_rate"],
            oxygen=Oxygen(OxygenDevice(device), said["flow_lpm"]) if device else None,
            vasopressors=PRESSORS.get(said["vasopressors"], ()),
            ice=None if said["ice"] is None else IceScore(total=said["ice"]),
            consciousness=Consciousness(said["consciousness"]) if said["consciousness"] else None,
            seizure=Seizure(said["seizure"] or Seizure.NONE),
            motor=Motor(said["motor"] or Motor.NONE),
        )
