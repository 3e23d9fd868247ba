"""Shifts and contact points, as they are typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dosing_portal.kernel.fields import ClinicalDateField, ClinicalTimeField
from dosing_portal.kernel.forms import PortalForm
from schedules.models import ContactPoint
from schedules.models.oncall import OnCallRole
from schedules.selectors.oncall import who_can_be_on_call


class PersonForm(PortalForm):
    """A form about one person of the center who may be on call."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"] = forms.ModelChoiceField(
            label="Person",
            queryset=who_can_be_on_call(self.center.pk),
            empty_label="Choose",
            error_messages={
                "required": "Choose a person",
                "invalid_choice": "Choose a person of your center",
            },
        )
        self.order_fields(("role", "staff"))


class ShiftForm(PersonForm):
    """One person, one level, from when until when on the center's clock."""

    moments: ClassVar = {
        "starts_at": ("starts_day", "starts_time"),
        "ends_at": ("ends_day", "ends_time"),
    }
    role = forms.ChoiceField(
        label="Level",
        choices=OnCallRole.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a level"},
    )
    starts_day = ClinicalDateField(label="From, day")
    starts_time = ClinicalTimeField(label="From, time", help_text="24 hours")
    ends_day = ClinicalDateField(label="Until, day")
    ends_time = ClinicalTimeField(label="Until, time", help_text="24 hours")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("starts_day", self.today)
        self.initial.setdefault("ends_day", self.today + timedelta(days=1))


class ContactPointForm(PersonForm):
    """A person, a channel, an address that the channel can use."""

    kind = forms.ChoiceField(
        label="Channel",
        choices=ContactPoint.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a channel"},
    )
    address = forms.CharField(
        max_length=300,
        help_text="an e-mail address, or https://",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind, address = cleaned.get("kind"), cleaned.get("address")
        if kind == ContactPoint.Kind.EMAIL and address:
            self._check_email(address)
        if kind == ContactPoint.Kind.WEBHOOK and address:
            self._check_webhook(address)
        return cleaned

    def _check_email(self, address: str) -> None:
        try:
            validate_email(address)
        except ValidationError:
            self.add_error("address", "Write an e-mail address, like name@clinic.example")

    def _check_webhook(self, address: str) -> None:
        schemes = {"http", "https"} if settings.PORTAL_DEMO else {"https"}
        parts = urlsplit(address)
        if parts.scheme not in schemes or not parts.hostname:
            self.add_error("address", "Write a web address that starts with https://")
