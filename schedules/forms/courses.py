"""Plan a course, ask what a later day would bring, plan again after a delay, end a course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms

from dosing_portal.kernel.fields import BarField, ClinicalDateField, LineField, PickField
from dosing_portal.kernel.forms import PortalForm
from protocols.rules.regimen import DoseSpec
from protocols.selectors import ActiveProtocol
from schedules.selectors.plans import HOSPITAL, OUTPATIENT

SETTINGS = ((HOSPITAL, "In hospital"), (OUTPATIENT, "Outpatient"))


class StartForm(PortalForm):
    """Which protocol, from which day, and where the doses are given that the label has in hospital."""

    submit = "Start course"
    protocol = PickField(label="Protocol", choices=(), blank="Choose a protocol")
    starts_on = ClinicalDateField(label="First dose on", help_text="like 19-Nov-2026, today or +3d")
    setting = BarField(
        label="Doses that the label has in hospital",
        choices=SETTINGS,
        note="The label's setting of each dose stands in the plan. Other doses are given to outpatients.",
    )

    def __init__(self, *args: Any, startable: Sequence[ActiveProtocol], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.startable = tuple(startable)
        choices = [(str(found.version_id), f"{found.name}, version {found.number}") for found in startable]
        self.fields["protocol"].choices += choices  # type: ignore[attr-defined]

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if day < self.today:
            raise forms.ValidationError("This day has passed. A course starts today or later")
        return day


class DayForm(PortalForm):
    """One day to ask about."""

    on = ClinicalDateField(label="What if it is on", help_text="like 19-Nov-2026 or +3d")

    def __init__(self, *args: Any, not_before: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.not_before = not_before

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day < self.not_before:
            raise forms.ValidationError(f"The last dose was on {self.not_before:%d-%b-%Y}, after this day")
        return day


class ReplanDayForm(DayForm):
    """The day for which a course is planned again."""

    on = ClinicalDateField(label="Next dose on", help_text="like 19-Nov-2026, today or +3d")


class ReplanForm(PortalForm):
    """Plan again from the dose that the record asks for; a choice only where it names none."""

    submit = "Plan again"
    planned_on = ClinicalDateField(widget=forms.HiddenInput)
    next_dose = PickField(label="Next dose", choices=(), blank="Choose the dose")
    reason = LineField(label="Reason", max_length=300, required=False)

    def __init__(
        self, *args: Any, doses: Iterable[DoseSpec], asked_for: str, asks_reason: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(dose.id, dose.label_name) for dose in doses]
        self.fields["next_dose"].choices += choices  # type: ignore[attr-defined]
        self.fields["reason"].required = asks_reason
        if asked_for:
            self.fields["next_dose"].widget = forms.HiddenInput()
            self.initial["next_dose"] = asked_for


class EndForm(PortalForm):
    """Why a course ends."""

    submit = "End course"
    reason = LineField(label="Why does the course end", max_length=300)
