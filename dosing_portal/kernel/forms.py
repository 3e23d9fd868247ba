"""The forms of every page: drawn by our template pack, in the center's zone, with nothing typed ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms

from dosing_portal.kernel.fields import Answer, ClinicalDateField, DrawnField, Question, WhichOneInput
from dosing_portal.kernel.local_time import RepeatedTimeError, SkippedTimeError, instant
from dosing_portal.kernel.models import Center


class PortalForm(forms.Form):
    """A form of one center at one moment.

    ``moments`` names the instants that two fields make together, as
    ``{"taken_at": ("taken_day", "taken_time")}``: each stands in ``cleaned_data`` as an aware datetime. A
    time that the wall clock showed twice or never is asked about, with a button for each answer.
    """

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {}
    submit = "Save"

    def __init__(self, *args: Any, center: Center, at: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.center = center
        self.at = at
        for _, time_name in self.moments.values():
            self.fields[_which(time_name)] = forms.ChoiceField(
                choices=[("first", "first"), ("second", "second")], required=False, widget=WhichOneInput
            )
        for field in self.fields.values():
            if isinstance(field, ClinicalDateField):
                field.today = self.today

    @property
    def today(self) -> date:
        """The calendar day at the center."""
        return self.center.local(self.at).date()

    @property
    def helper(self) -> FormHelper:
        """How crispy draws the whole form: our template pack, our error summary, no tag of its own."""
        helper = FormHelper(self)
        helper.template_pack = "portal"
        helper.form_tag = False
        return helper

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, (day_name, time_name) in self.moments.items():
            day, at = cleaned.get(day_name), cleaned.get(time_name)
            cleaned[name] = None if day is None or at is None else self._instant(day, at, time_name)
        return cleaned

    def _instant(self, day: date, at: time, time_name: str) -> datetime | None:
        chosen = self.cleaned_data.get(_which(time_name))
        try:
            return instant(day, at, self.center.zone, second=chosen == "second" if chosen else None)
        except RepeatedTimeError as repeated:
            answers: tuple[Answer, ...] = (
                Answer(_which(time_name), "first", f"{repeated.first:%H:%M %Z}, before the change"),
                Answer(_which(time_name), "second", f"{repeated.second:%H:%M %Z}, after the change"),
            )
            self.ask(time_name, f"The clocks went back: {at:%H:%M} happened twice. Which one?", answers)
        except SkippedTimeError as skipped:
            name = self.add_prefix(time_name)
            answers = tuple(
                Answer(name, f"{t:%H:%M}", f"{t:%H:%M %Z}") for t in (skipped.earlier, skipped.later)
            )
            self.ask(time_name, f"The clocks went forward: {at:%H:%M} did not happen. Which is it?", answers)
        return None

    def ask(self, name: str, sentence: str, answers: tuple[Answer, ...]) -> None:
        """Refuse the form with a question beside one field, and a button for each answer."""
        self.add_error(name, sentence)
        field = self.fields[name]
        if isinstance(field, DrawnField):
            field.question = Question(answers)


class ClinicalForm(PortalForm):
    """A form that adds a fact. Its key makes a double click, or a repeated send, one row."""

    client_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid4,
        error_messages={"required": "Reload the page, then save", "invalid": "Reload the page, then save"},
    )


def _which(time_name: str) -> str:
    return f"{time_name}_which"
