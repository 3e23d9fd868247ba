"""When something was true: now, or earlier on the center's clock. Both bedside forms ask it the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from dosing_portal.kernel.fields import Answer, BarField, ClinicalDateField, ClinicalTimeField
from dosing_portal.kernel.forms import ClinicalForm
from patients.forms.plausible import PlausibleForm
from patients.services.observations import CLOCK_SKEW
from schedules.forms import vocabulary as words

ASKED_AFTER = timedelta(days=10)
"""An older time is asked about: more likely a slip of the date than a late entry."""


class TakenAtForm(PlausibleForm, ClinicalForm):
    """A form about one moment. ``born`` is the patient's day of birth."""

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {"taken_at": ("taken_day", "taken_time")}
    in_future = "This time lies in the future. Write when it was taken."

    when = BarField(label="Taken at", choices=words.WHEN, required=False)
    taken_time = ClinicalTimeField(label="Time", required=False)
    taken_day = ClinicalDateField(label="Day", required=False)

    def __init__(self, *args: Any, born: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.born = born
        self.initial.setdefault("when", words.NOW)
        self.initial.setdefault("taken_day", self.today)
        self.fields["taken_time"].unit = f"24 h, {self.center.local(self.at):%Z}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._settle_when(cleaned)
        return cleaned

    def _settle_when(self, cleaned: dict[str, Any]) -> None:
        """Now is the moment of saving; an earlier time is judged against now, birth and its own age."""
        typed = cleaned.get("taken_time")
        if cleaned.get("when") != words.EARLIER and typed is None and "taken_time" not in self.errors:
            self.errors.pop("taken_day", None)
            cleaned["taken_at"] = self.at
            return
        if typed is not None and cleaned.get("when") == words.NOW:
            self.add_error("taken_time", f"{typed:%H:%M} is typed. Choose “Earlier”, or empty the time")
        for name, sentence in (("taken_time", "Write the time as 14:32"), ("taken_day", "Write the day")):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, sentence)
        if cleaned.get("taken_at") is not None:
            self._judge_time(cleaned["taken_at"])

    def _judge_time(self, taken_at: datetime) -> None:
        local = self.center.local(taken_at)
        key = f"taken_day={local:%Y-%m-%dT%H:%M}"
        if taken_at > self.at + CLOCK_SKEW:
            self.add_error("taken_time", self.in_future)
        elif local.date() < self.born:
            self.add_error("taken_day", f"The patient was born on {self.born:%d-%b-%Y}. Check the day.")
        elif self.at - taken_at > ASKED_AFTER and key not in self.answers:
            days = (self.at - taken_at).days
            keep = Answer("confirmed", key, f"Keep {local:%d-%b-%Y %H:%M}")
            self.ask("taken_day", f"That is {days} days ago. Check the day, then confirm.", (keep,))

    @property
    def taken_at(self) -> datetime:
        """The moment; while it is in question, now."""
        return self.cleaned_data.get("taken_at") or self.at

    @property
    def key(self) -> UUID:
        """What makes a repeated send the same fact."""
        key: UUID = self.cleaned_data["client_key"]
        return key
