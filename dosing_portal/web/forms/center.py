"""The center and its closed days, as an administrator types them."""

from __future__ import annotations

import calendar
from typing import Any
from zoneinfo import available_timezones

from django import forms

from dosing_portal.kernel.fields import ClinicalDateField
from dosing_portal.kernel.forms import PortalForm
from dosing_portal.kernel.models import Center
from dosing_portal.web.services.center import CenterFacts

WEEKDAYS = [(number, calendar.day_abbr[number]) for number in range(7)]


def time_zones() -> list[tuple[str, str]]:
    """Zones named after places; the others ignore the clock changes of a place."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(available_timezones())
        if "/" in name and name[:3] != "Etc"
    ]


class CenterForm(PortalForm):
    """What pages and messages take from the center."""

    name = forms.CharField(label="Name", max_length=120)
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones)
    temperature_unit = forms.ChoiceField(
        label="Temperature in", choices=Center.TemperatureUnit.choices, widget=forms.RadioSelect
    )
    weight_unit = forms.ChoiceField(
        label="Weight in", choices=Center.WeightUnit.choices, widget=forms.RadioSelect
    )
    clinic_days = forms.TypedMultipleChoiceField(
        label="Clinic days",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tap the days on which doses are given"},
    )
    phone = forms.CharField(label="Phone of the center", max_length=40)
    emergency_site = forms.CharField(label="Emergency hospital", max_length=120, required=False)
    emergency_phone = forms.CharField(label="Phone of that hospital", max_length=40, required=False)

    def wanted(self) -> CenterFacts:
        """The valid form as a value."""
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in CenterForm.base_fields}
        return CenterFacts(**given | {"clinic_days": tuple(given["clinic_days"])})


class ClosedDayForm(PortalForm):
    """A day without doses."""

    day = ClinicalDateField(label="Day")
    reason = forms.CharField(label="Reason", max_length=120, help_text="a holiday, a move")
