"""A pharmacist's word on one block."""

from __future__ import annotations

from django import forms

from dosing_portal.kernel.forms import PortalForm


class ConfirmBlockForm(PortalForm):
    """Which block, compared with which revision of the prescribing information."""

    block = forms.CharField(max_length=120, widget=forms.HiddenInput)
    revision = forms.CharField(
        label="Compared with",
        max_length=60,
        help_text="revision of the prescribing information",
        error_messages={"required": "Name the revision you compared with"},
    )
