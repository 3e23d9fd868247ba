"""What a physician says of an event, and what was done about an alert."""

from __future__ import annotations

from typing import Any

from django import forms

from dosing_portal.kernel.fields import DrawnField
from dosing_portal.kernel.forms import PortalForm
from patients.models import ToxicityEvent
from protocols.rules.values import Axis, Toxicity

LONGEST = 300
AXES = {
    Toxicity.CRS: (Axis.FEVER, Axis.HYPOTENSION, Axis.HYPOXIA),
    Toxicity.ICANS: (Axis.ICE, Axis.CONSCIOUSNESS, Axis.SEIZURE, Axis.MOTOR),
}
AXIS_WORDS = {
    Axis.FEVER: "Fever",
    Axis.HYPOTENSION: "Low pressure",
    Axis.HYPOXIA: "Low oxygen",
    Axis.ICE: "ICE",
    Axis.CONSCIOUSNESS: "Consciousness",
    Axis.SEIZURE: "Seizure",
    Axis.MOTOR: "Weakness",
}


class Sentence(DrawnField, forms.CharField):
    """Some words of free text; blank around it is not an answer."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}))
        super().__init__(**kwargs)


class Choice(DrawnField, forms.ChoiceField):
    """One of a few answers, drawn as a bar; nothing is chosen beforehand."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.RadioSelect)
        super().__init__(**kwargs)


class OnEventForm(PortalForm):
    """A form that acts on an event as it was seen: it carries the revision of the page."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={"required": "Reload the page, then save", "invalid": "Reload the page, then save"},
    )

    def __init__(self, *args: Any, event: ToxicityEvent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        self.initial.setdefault("revision", event.revision)


class GradeForm(OnEventForm):
    """Confirm the suggested grade, or set another one and say why."""

    grade = Choice(label="Grade", choices=[(str(grade), str(grade)) for grade in range(6)])
    reason = Sentence(label="Why", required=False, help_text="needed when it differs from the suggestion")

    def clean_grade(self) -> int:
        return int(self.cleaned_data["grade"])


class AttributionForm(PortalForm):
    """Name another cause for one axis of the event's readings so far. An empty cause takes it back."""

    axis = Choice(label="What has another cause")
    cause = forms.CharField(
        label="Cause",
        max_length=80,
        required=False,
        help_text="such as infection, sedation, oxygen worn at home",
    )
    reason = Sentence(label="Why")

    def __init__(self, *args: Any, event: ToxicityEvent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        axes = AXES[Toxicity(event.toxicity)]
        self.fields["axis"].choices = [(axis.value, AXIS_WORDS[axis]) for axis in axes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("cause") and "take-back" not in self.data:
            self.add_error("cause", "Name the cause, such as infection")
        return cleaned

    def clean_axis(self) -> Axis:
        return Axis(self.cleaned_data["axis"])


class DisagreeForm(PortalForm):
    """The grade that a clinician would give, and why. It changes nothing."""

    prefix = "other"
    grade = Choice(label="Grade you see", choices=[(str(grade), str(grade)) for grade in range(6)])
    reason = Sentence(label="Why")

    def clean_grade(self) -> int:
        return int(self.cleaned_data["grade"])


class DeclareForm(OnEventForm):
    """A suspicion is CRS: with a grade and a reason."""

    prefix = "declare"
    grade = Choice(label="CRS grade", choices=[(str(grade), str(grade)) for grade in range(1, 6)])
    reason = Sentence(label="Why it is CRS without a fever on record")

    def clean_grade(self) -> int:
        return int(self.cleaned_data["grade"])


class RuleOutForm(OnEventForm):
    """A suspicion is something else."""

    prefix = "rule-out"
    reason = Sentence(label="What explains the signs instead")


class SignResolvedForm(OnEventForm):
    """Sign that an event is resolved."""

    prefix = "resolved"
    reason = Sentence(label="Why", required=False, help_text="needed when the protocol's hours are not over")


class CloseForm(OnEventForm):
    """Close an event that has ended."""

    reason = Sentence(label="Note", required=False)


class ResolveForm(PortalForm):
    """Say that what an alert was about is dealt with."""

    reason = Sentence(label="What was done")
