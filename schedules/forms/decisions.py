"""What a physician decides about the next dose after an event."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from dosing_portal.kernel.fields import BarField, ClinicalIntegerField, LineField, TapsField
from dosing_portal.kernel.forms import ClinicalForm
from protocols.rules.next_dose import NextDoseAnswer
from schedules.models import NextDoseDecision
from schedules.selectors.decisions import ACCEPTS, Chosen, EventLock, Seen
from schedules.selectors.plans import HOSPITAL, OUTPATIENT

LONGEST_HOURS = 999
SAID = {True: "yes", False: "no", None: ""}
YES_NO = (("yes", "Premedicate"), ("no", "No premedication"))
PLACES = ((HOSPITAL, "In hospital"), (OUTPATIENT, "As planned"))
PEOPLE = (
    ("patient", "Patient"),
    ("caregiver", "Caregiver"),
    ("physician", "Treating physician"),
    ("pharmacist", "Pharmacist"),
)
RELOAD = {"required": "Reload the page, then sign", "invalid": "Reload the page, then sign"}


class DecisionForm(ClinicalForm):
    """The choice, its conditions, and why. The record's answer is filled in only where it is confirmed."""

    revision = forms.IntegerField(widget=forms.HiddenInput, error_messages=RELOAD)
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False, error_messages=RELOAD)
    choice = BarField(label="Next dose", choices=NextDoseDecision.Choice.choices)
    premedicate = BarField(label="Before it", choices=YES_NO, required=False)
    hospital_hours = ClinicalIntegerField(
        label="In hospital after it", unit="h", min_value=0, max_value=LONGEST_HOURS, required=False
    )
    daily_hours = ClinicalIntegerField(
        label="Watched daily after it", unit="h", min_value=0, max_value=LONGEST_HOURS, required=False
    )
    place = BarField(label="Where it is given", choices=PLACES, required=False)
    told = TapsField(label="Who was told", choices=PEOPLE, long=True, required=False)
    told_other = LineField(label="Others who were told", max_length=120, required=False)
    reason = LineField(
        label="Why", max_length=300, required=False, help_text="needed where it departs from the record"
    )

    def __init__(self, *args: Any, found: EventLock, answer: NextDoseAnswer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = found.event.revision
        self.initial["seen"] = found.signed.id if found.signed else None
        self.fields["told"].help_text = "a stop for good says who knows"
        if answer is not None and answer.confirmed and answer.decision is not None:
            self.initial.update(_filled_in(answer))
        elif answer is not None and answer.decision is not None:
            self.fields["reason"].help_text = "needed: nobody at this center confirmed the record's text"

    def chosen(self) -> Chosen:
        cleaned = self.cleaned_data
        return Chosen(
            choice=cleaned["choice"],
            premedicate={"yes": True, "no": False}.get(cleaned.get("premedicate") or ""),
            hospital_hours=cleaned.get("hospital_hours"),
            daily_monitoring_hours=cleaned.get("daily_hours"),
            place=cleaned.get("place") or "",
            reason=cleaned.get("reason") or "",
            told=(*cleaned.get("told", ()), *filter(None, [cleaned.get("told_other")])),
        )

    def seen_then(self) -> Seen:
        return Seen(self.cleaned_data["revision"], self.cleaned_data.get("seen"))

    @property
    def key(self) -> UUID:
        key: UUID = self.cleaned_data["client_key"]
        return key

    def refuse(self, field: str, sentence: str) -> None:
        """Put a refusal beside the input it is about."""
        self.add_error(field if field in self.fields else None, sentence)


def _filled_in(answer: NextDoseAnswer) -> dict[str, object]:
    """The confirmed record's answer as the form's first state."""
    assert answer.decision is not None  # noqa: S101 - the caller asked
    return {
        "choice": ACCEPTS[answer.decision].value,
        "premedicate": SAID[answer.premedicate],
        "hospital_hours": None if answer.hospital_hours is None else int(answer.hospital_hours),
        "daily_hours": None if answer.daily_monitoring_hours is None else int(answer.daily_monitoring_hours),
    }
