"""Register a person, and change what is known of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from dosing_portal.kernel.fields import BarField, ClinicalDateField, LineField
from dosing_portal.kernel.forms import PortalForm
from dosing_portal.kernel.http import version_of
from patients.facts import NewContact, NewWeight, PersonFacts
from patients.forms.contact import ContactFields
from patients.forms.weight import WeightFields
from patients.models import Patient

OLDEST_YEARS = 125  # a calendar's sanity, no clinical limit


class PersonFields(PortalForm):
    """Identity, allergies, code status and the way to reach the person."""

    mrn = LineField(
        label="MRN", max_length=40, help_text="unique in this center", attrs={"spellcheck": "false"}
    )
    family_name = LineField(label="Family name", max_length=80)
    given_name = LineField(label="Given name", max_length=80)
    birth_date = ClinicalDateField(label="Birth date", help_text="like 14-Mar-1959")
    sex = BarField(label="Gender", choices=Patient.Sex.choices)
    allergy_status = BarField(label="Allergies", choices=Patient.AllergyStatus.choices)
    allergies = LineField(
        label="Allergic to", max_length=300, required=False, help_text="substance (reaction)"
    )
    code_status = BarField(label="Code status", choices=Patient.CodeStatus.choices)
    phone = LineField(label="Phone of the patient", max_length=40, required=False, attrs={"inputmode": "tel"})
    nearest_ed = LineField(label="Nearest emergency department", max_length=160, required=False)

    def clean_mrn(self) -> str:
        return " ".join(self.cleaned_data["mrn"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        status, text = cleaned.get("allergy_status"), cleaned.get("allergies")
        if status == Patient.AllergyStatus.KNOWN and not text:
            self.add_error("allergies", "Write what the patient is allergic to, and the reaction")
        if status and status != Patient.AllergyStatus.KNOWN and text:
            self.add_error("allergies", "Choose “Known allergies” above, or empty this line")
        self._refuse_impossible_birth(cleaned)
        return cleaned

    def _refuse_impossible_birth(self, cleaned: dict[str, Any]) -> None:
        born = cleaned.get("birth_date")
        if born is None:
            return
        if born > self.today:
            self.add_error("birth_date", "The birth date lies in the future. Write it as 14-Mar-1959.")
        elif self.today.year - born.year > OLDEST_YEARS:
            self.add_error("birth_date", f"{born:%d-%b-%Y} is too long ago. Check the year.")

    def facts(self) -> PersonFacts:
        """What the form says of the person."""
        return PersonFacts(**{name: self.cleaned_data[name] for name in PersonFacts.__slots__})


class RegisterForm(PersonFields, WeightFields, ContactFields):
    """A new patient, with a weight and a caregiver where they are known already."""

    submit = "Register patient"
    weight_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "contact_phone"):
            self.fields[name].required = False
        self.fields["name"].label = "Name of the caregiver"
        self.fields["contact_phone"].label = "Phone of the caregiver"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        name, phone = cleaned.get("name"), cleaned.get("contact_phone")
        if name and not phone and "contact_phone" not in self.errors:
            self.add_error("contact_phone", "Write a phone number: a caregiver must be reached")
        if phone and not name:
            self.add_error("name", "Write whose number this is")
        return cleaned

    def first_weight(self) -> NewWeight | None:
        return self.new_weight() if self.cleaned_data.get("weight") is not None else None

    def caregiver(self) -> NewContact | None:
        return self.new_contact() if self.cleaned_data.get("name") else None


class EditForm(PersonFields):
    """Change what is known of a person. ``seen`` tells whether it still stands."""

    submit = "Save changes"
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def conflict(self, now: PersonFacts) -> None:
        """Somebody else changed the person meanwhile: show what stands, and let the next save decide."""
        self.add_error(None, "Somebody changed this patient since you opened the page. Nothing is saved yet.")
        for name in PersonFacts.__slots__:
            stands, typed = getattr(now, name), self.cleaned_data.get(name)
            if stands != typed and not self.errors.get(name):
                self.add_error(name, f"On record now: {_words(stands)}. Save again to keep yours.")
        self.data = {**self.data.dict(), self.add_prefix("seen"): token(now)}  # type: ignore[attr-defined]


def _words(stands: object) -> str:
    return f"{stands:%d-%b-%Y}" if isinstance(stands, date) else str(stands or "nothing")


def token(facts: PersonFacts) -> str:
    """A short mark of what a form was opened with."""
    return version_of(*(getattr(facts, name) for name in PersonFacts.__slots__))
