"""The questions of the log-vitals form. What the answers mean is in ``schedules.forms.vitals``."""

from __future__ import annotations

from django import forms

from dosing_portal.kernel.fields import (
    BarField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    LineField,
    PickField,
    TapsField,
)
from patients.models.observation import Location
from schedules.forms import vocabulary
from schedules.forms.neurologic import NeurologicFields

NO_VALUE = "Not measured, choose a reason"


class MissingField(PickField):
    """Why a value was not measured; folded away until somebody asks."""

    def __init__(self) -> None:
        super().__init__(
            label=NO_VALUE, choices=vocabulary.NOT_MEASURED, blank="Choose a reason", required=False
        )


class ReadingFields(NeurologicFields):
    """One set of vital signs. Nothing clinical is chosen beforehand; untouched means not assessed."""

    save = forms.BooleanField(required=False)  # the save button, not the button of an answer, was pressed
    temperature = ClinicalDecimalField(
        label="Temperature",
        help_text="type °C or °F",
        max_digits=5,
        decimal_places=2,
        big=True,
        echo=True,
        required=False,
    )
    temperature_missing = MissingField()
    systolic = ClinicalIntegerField(label="Systolic pressure", unit="systolic", required=False)
    systolic_missing = MissingField()
    diastolic = ClinicalIntegerField(label="Diastolic pressure", unit="diastolic", required=False)
    spo2 = ClinicalIntegerField(label="SpO2", unit="%", required=False)
    spo2_missing = MissingField()
    heart_rate = ClinicalIntegerField(label="Heart rate", unit="/min", required=False)
    respiratory_rate = ClinicalIntegerField(label="Resp. rate", unit="/min", required=False)

    attested = forms.BooleanField(required=False)
    oxygen = BarField(label="Oxygen", choices=vocabulary.OXYGEN, required=False)
    oxygen_missing = MissingField()
    oxygen_more = PickField(
        label="Device", choices=vocabulary.MORE_OXYGEN, blank="Choose the device", required=False
    )
    oxygen_flow = ClinicalDecimalField(
        label="Flow", unit="L/min", max_digits=4, decimal_places=1, required=False
    )
    oxygen_reason = PickField(
        label="Why the device", choices=vocabulary.OXYGEN_REASONS, blank="for low oxygen", required=False
    )
    vasopressors = BarField(label="Vasopressors", choices=vocabulary.VASOPRESSORS, required=False)
    pressor_names = TapsField(label="Which", choices=vocabulary.PRESSOR_NAMES, required=False)

    ice = TapsField(
        label="ICE test",
        help_text="tap what was correct",
        choices=vocabulary.ICE,
        count=True,
        required=False,
    )
    ice_none = forms.BooleanField(label="Tested, nothing was correct", required=False)
    symptoms = TapsField(label="Symptoms", choices=vocabulary.SYMPTOMS, required=False)
    other_symptom = LineField(label="Which other symptom", max_length=200, required=False)

    taken = TapsField(
        label="Taken lately",
        choices=vocabulary.TAKEN,
        long=True,
        alone=vocabulary.NEITHER,
        required=False,
    )
    antipyretic_time = ClinicalTimeField(label="Antipyretic taken at", unit="24 h", required=False)
    pocket_time = ClinicalTimeField(label="Dexamethasone taken at", unit="24 h", required=False)
    pocket_mg = ClinicalDecimalField(
        label="Dose", unit="mg", max_digits=5, decimal_places=1, min_value=0, required=False
    )
    pocket_temperature = ClinicalDecimalField(
        label="Temperature before", max_digits=5, decimal_places=2, required=False
    )

    location = BarField(label="Where is the patient", choices=Location.choices, required=False)
