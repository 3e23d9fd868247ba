"""Accounts, as an administrator types them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.validators import RegexValidator

from dosing_portal.kernel.forms import PortalForm
from dosing_portal.kernel.models import Role, Staff
from dosing_portal.web.services.staff import Person

ROLES = [(role.value, role.label) for role in Role if role is not Role.SYSTEM]
NEW = {"autocomplete": "new-password"}


def password_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=128,
        strip=False,
        help_text="at least 12 characters",
        error_messages={"required": "Write a password"},
        widget=forms.PasswordInput(attrs=NEW),
    )


class PersonForm(PortalForm):
    """Who the account belongs to."""

    name = forms.CharField(label="Name", max_length=120, help_text="as on the badge: N. Sample RN")
    role = forms.ChoiceField(label="Role", choices=ROLES)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        error_messages={"invalid": "Write an e-mail address, like name@clinic.example"},
    )
    phone = forms.CharField(
        label="Phone", max_length=40, required=False, help_text="shown to colleagues when on call"
    )

    def person(self) -> Person:
        """The valid form as a value."""
        given = self.cleaned_data
        return Person(given["name"], given["role"], given["email"], given["phone"])


class NewStaffForm(PersonForm):
    """An account with its first password."""

    username = forms.CharField(
        label="User name",
        max_length=80,
        help_text="for signing in",
        validators=[RegexValidator(r"^[A-Za-z0-9._@-]+$", "Use letters, digits, dots and hyphens only")],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = password_field("First password")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        check_password(self, Staff(username=cleaned.get("username", ""), name=cleaned.get("name", "")))
        return cleaned


class NewPasswordForm(PortalForm):
    """A new password for somebody else."""

    password = password_field("New password")

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        check_password(self, self.staff)
        return cleaned


class OwnPasswordForm(NewPasswordForm):
    """A new password for oneself, with the present one."""

    present = forms.CharField(
        label="Present password",
        max_length=128,
        strip=False,
        error_messages={"required": "Write your present password"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password")

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.staff.check_password(present):
            raise forms.ValidationError("This is not your present password.")
        return present


def check_password(form: PortalForm, staff: Staff) -> None:
    """Refuse a password that is short, common, or looks like its owner."""
    password = form.cleaned_data.get("password")
    if password:
        try:
            password_validation.validate_password(password, staff)
        except forms.ValidationError as refused:
            form.add_error("password", refused)
