"""The door's form."""

from __future__ import annotations

from typing import Any

from django import forms

CURRENT = {"autocomplete": "current-password"}


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(
        label="User name",
        max_length=80,
        error_messages={"required": "Write your user name"},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        error_messages={"required": "Write your password"},
        widget=forms.PasswordInput(attrs=CURRENT),
    )


class SignInAgainForm(forms.Form):
    """The same person's password, over the page that waits underneath."""

    username = forms.CharField(max_length=80, widget=forms.HiddenInput)
    password = SignInForm.base_fields["password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "again_%s"  # the page underneath has fields of its own
        super().__init__(*args, **kwargs)
