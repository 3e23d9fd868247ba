"""A person to call for a patient."""

from __future__ import annotations

import re

from django import forms

from dosing_portal.kernel.fields import BarField, LineField
from dosing_portal.kernel.forms import PortalForm
from patients.facts import NewContact
from patients.models import Contact

_DIGIT = re.compile(r"\d")
FEWEST_DIGITS = 3


class ContactFields(PortalForm):
    """Who it is, what they are to the patient, and the number."""

    name = LineField(label="Name", max_length=120)
    relation = LineField(label="Relation", max_length=60, required=False, help_text="like daughter, neighbor")
    contact_phone = LineField(label="Phone", max_length=40, attrs={"inputmode": "tel"})

    def clean_contact_phone(self) -> str:
        phone: str = self.cleaned_data["contact_phone"]
        if phone and len(_DIGIT.findall(phone)) < FEWEST_DIGITS:
            raise forms.ValidationError("Write a phone number, like 555-0161")
        return phone

    def new_contact(self, kind: str = Contact.Kind.CAREGIVER) -> NewContact:
        cleaned = self.cleaned_data
        return NewContact(kind, cleaned["name"], cleaned["relation"], cleaned["contact_phone"])


class ContactForm(ContactFields):
    """One more person to call."""

    submit = "Save person"
    kind = BarField(label="Who is this", choices=Contact.Kind.choices)
    field_order = ("kind", "name", "relation", "contact_phone")

    def new_contact(self, kind: str = "") -> NewContact:
        return super().new_contact(kind or self.cleaned_data["kind"])
