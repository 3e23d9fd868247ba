"""Form fields that read what clinicians type: a decimal comma, 19-Nov-2026, today, +3d, 14:32.

Each field says how it wants to be drawn (``unit``, ``note`` and so on, see ``templates/portal/field.html``).
A refused value stays in its box, and its error says how to write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

Choices = Iterable[tuple[str, str]]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WORDS = {"yesterday": -1, "today": 0, "tomorrow": 1}

_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[-\s]([a-z]{3,9})[-\s,]\s*(\d{4})", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DISTANCE = re.compile(r"([+-]\d{1,3})\s*([dw])", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")
_THOUSANDS_OR_DECIMALS = re.compile(r"[1-9]\d{0,2},\d{3}")


@dataclass(frozen=True)
class Answer:
    """One button under a question: pressing it sends the form again with this name and value."""

    name: str
    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """Turns a field's error into an amber question, because the portal thinks it knows what was meant."""

    answers: tuple[Answer, ...]


class DrawnField(forms.Field):
    """What the template of a field may be told beside Django's own label and help text."""

    question: Question | None = None

    def __init__(
        self, *, unit: str = "", big: bool = False, echo: bool = False, note: str = "", **kwargs: Any
    ) -> None:
        self.unit, self.big, self.echo, self.note = unit, big, echo, note
        kwargs.setdefault("error_messages", {}).setdefault("required", "Answer this")
        super().__init__(**kwargs)


class ClinicalDecimalField(DrawnField, forms.DecimalField):
    """A decimal number. A comma is read as a point and shown back as one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("error_messages", {}).setdefault("invalid", "Write a number, like 38.4")
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override] # the stubs call it an integer
        if isinstance(value, str) and _THOUSANDS_OR_DECIMALS.fullmatch(value.strip()):
            raise ValidationError(
                "Write it without the comma: it could mean a thousand or a decimal", code="comma"
            )
        return super().to_python(with_point(value))

    def bound_data(self, data: Any, initial: Any) -> Any:
        shown = super().bound_data(data, initial)
        unclear = isinstance(shown, str) and _THOUSANDS_OR_DECIMALS.fullmatch(shown.strip())
        return shown if unclear else with_point(shown)


def with_point(value: Any) -> Any:
    """The one decimal comma of a typed number as a point; anything else unchanged."""
    if isinstance(value, str) and value.count(",") == 1 and "." not in value:
        return value.replace(",", ".")
    return value


class ClinicalIntegerField(DrawnField, forms.IntegerField):
    """A whole number."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        kwargs.setdefault("error_messages", {}).setdefault("invalid", "Write a whole number")
        super().__init__(**kwargs)


class ClinicalDateField(DrawnField):
    """A calendar day at the center: 19-Nov-2026, 2026-11-19, today, +3d or +2w."""

    today: date | None = None  # the form sets it: the center's day, not the server's

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"autocomplete": "off", "placeholder": "19-Nov-2026"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        day = read_day(str(value), today=self.today)
        if day is None:
            raise ValidationError("Write the date as 19-Nov-2026", code="invalid")
        return day

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%d-%b-%Y}" if isinstance(value, date) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def read_day(text: str, *, today: date | None) -> date | None:
    """The day that a person wrote, or None. The words and the distances count from ``today``."""
    text = text.strip().lower()
    if today is not None:
        if text in WORDS:
            return today + timedelta(days=WORDS[text])
        if found := _DISTANCE.fullmatch(text):
            days = int(found[1]) * (7 if found[2] == "w" else 1)
            return today + timedelta(days=days)
    if found := _YEAR_FIRST.fullmatch(text):
        return _calendar_day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_MONTH_YEAR.fullmatch(text):
        month = found[2][:3]
        return (
            _calendar_day(int(found[3]), MONTHS.index(month) + 1, int(found[1])) if month in MONTHS else None
        )
    return None


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class ClinicalTimeField(DrawnField):
    """A time of day on the 24-hour clock: 14:32, 1432 or 9:05."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "off", "inputmode": "numeric", "placeholder": "14:32"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attributes))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values:
            return None
        if isinstance(value, time):
            return value
        found = _CLOCK.fullmatch(str(value).strip())
        if not found:
            raise ValidationError("Write the time as 14:32, on the 24-hour clock", code="invalid")
        return time(int(found[1]), int(found[2]))

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, time | datetime) else value


class WhichOneInput(forms.HiddenInput):
    """Keeps the answer to "which 01:30?": the pressed button and the hidden field share one name."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002 - Django's
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return next((value for value in reversed(sent) if value), None)


# --- lines and choices; nothing is chosen beforehand ------------------------------------------------------


class LineField(DrawnField, forms.CharField):
    """One line of text; ``attrs`` are those of its box."""

    def __init__(self, *, attrs: dict[str, str] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {}).setdefault("required", "Write it here")
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off", **(attrs or {})}), **kwargs)


class BarField(DrawnField, forms.ChoiceField):
    """One of a few, drawn as one bar; ``taps`` draws separate boxes, ``long`` one choice per line."""

    def __init__(self, *, choices: Choices, taps: bool = False, long: bool = False, **kwargs: Any) -> None:
        self.taps, self.long = taps, long
        super().__init__(choices=list(choices), widget=forms.RadioSelect, **kwargs)


class TapsField(DrawnField, forms.MultipleChoiceField):
    """Any of several: taps, or one per line when ``long``.

    ``count`` has the script count the taps; ``alone`` is the value that excludes its neighbors.
    """

    def __init__(
        self, *, choices: Choices, count: bool = False, long: bool = False, alone: str = "", **kwargs: Any
    ) -> None:
        self.count, self.long, self.alone = count, long, alone
        super().__init__(choices=list(choices), widget=forms.CheckboxSelectMultiple, **kwargs)


class PickField(DrawnField, forms.ChoiceField):
    """One of a longer list; ``blank`` says in words what an empty answer means."""

    def __init__(self, *, choices: Choices, blank: str = "Choose", **kwargs: Any) -> None:
        super().__init__(choices=[("", blank), *choices], **kwargs)
