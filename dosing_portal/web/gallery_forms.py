"""Form fields in all their states, for the gallery."""

from __future__ import annotations

from typing import Any

from django import forms

from dosing_portal.kernel.fields import (
    Answer,
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    Question,
)

COUNTS = [("none", "None"), ("one", "One"), ("more", "More")]


class FieldSamples(forms.Form):
    """One field for each way a field can look."""

    empty = ClinicalIntegerField(label="Empty", unit="%", required=False)
    echo = ClinicalDecimalField(
        label="Temperature", help_text="type °C or °F", unit="°C", echo=True, big=True, required=False
    )
    filled = ClinicalDecimalField(label="Filled", unit="kg", required=False)
    locked = ClinicalIntegerField(
        label="Not allowed here", unit="mg, from the rule", disabled=True, initial=108, required=False
    )
    systolic = ClinicalIntegerField(label="Systolic", unit="systolic", required=False)
    diastolic = ClinicalIntegerField(label="Diastolic", unit="diastolic", required=False)
    wrong = ClinicalDateField(label="Error", required=False)
    unit_question = ClinicalDecimalField(label="Question", unit="°C", required=False)
    unlikely = ClinicalDecimalField(label="Unlikely, ask once", unit="°C", required=False)
    reason = forms.ChoiceField(
        label="Not measured, choose a reason",
        choices=[("", "Choose a reason"), ("probe", "probe failed"), ("declined", "declined")],
        required=False,
    )
    drug = forms.ChoiceField(
        label="Picked from a list", choices=[("teclistamab", "teclistamab (TECVAYLI)")], required=False
    )
    comment = forms.CharField(label="Longer text", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    choice_open = forms.ChoiceField(
        label="Choice, none yet", choices=COUNTS, widget=forms.RadioSelect, required=False
    )
    choice_made = forms.ChoiceField(
        label="Choice made", choices=COUNTS, widget=forms.RadioSelect, required=False
    )
    taps = forms.MultipleChoiceField(
        label="Taps",
        help_text="tap what was correct",
        choices=[
            ("year", "Year"),
            ("month", "Month"),
            ("city", "City"),
            ("place", "Hospital"),
            ("pen", "Pen"),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    check = forms.BooleanField(label="Teach-back done", required=False)
    lines = forms.MultipleChoiceField(
        label="Taken in the last 8 h",
        choices=[("antipyretic", "Acetaminophen or other antipyretic"), ("neither", "Neither")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


FILLED: dict[str, Any] = {
    "echo": "38.4",
    "filled": "72.4",
    "systolic": "112",
    "diastolic": "66",
    "wrong": "19.11.26",
    "unit_question": "101.5",
    "unlikely": "42.1",
    "reason": "probe",
    "choice_made": "none",
    "taps": ["year", "month"],
    "check": "on",
    "lines": ["neither"],
}


def form_samples() -> dict[str, Any]:
    form = FieldSamples(FILLED)
    form.is_valid()
    form.add_error("unit_question", "101.5 °C is not possible. Is that 101.5 °F, which is 38.6 °C?")
    form.add_error("unlikely", "42.1 °C is rare. Keep it?")
    _ask(form, "unit_question", Answer("unit", "F", "Yes, 101.5 °F"))
    _ask(form, "unlikely", Answer("keep", "unlikely", "Keep 42.1 °C"))
    for name, told in (("taps", {"count": True}), ("lines", {"long": True, "alone": "neither"})):
        for attribute, setting in told.items():
            setattr(form.fields[name], attribute, setting)
    return {"form": form}


def _ask(form: forms.Form, name: str, answer: Answer) -> None:
    form.fields[name].question = Question((answer,))  # type: ignore[attr-defined]  # drawn by portal/field.html
