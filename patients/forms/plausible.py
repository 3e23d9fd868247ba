"""Numbers as people type them, judged: impossible is refused, unlikely asked once, a wrong unit asked about.

An answer stays with the number that it was given to: typed anew, the number is judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from dosing_portal.kernel.fields import Answer
from dosing_portal.kernel.forms import PortalForm
from protocols.rules import plausibility
from protocols.rules.plausibility import Verdict, VerdictKind
from protocols.rules.spec import PlausibleRange

SIGNS = {"C": "°C", "F": "°F"}
COUNTS = ("10^9/L", "cells/mm3")
UNITS = {"temperature": ("C", "F"), "weight": ("kg", "lb"), "anc": COUNTS, "platelets": COUNTS}
ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Judged:
    """A field to judge: its rule's name when it differs, the unit it is typed in, and the value before it."""

    field: str
    rule: str = ""
    unit: str = ""
    previous: Decimal | None = None
    change_percent: Decimal | None = None


class KeptAnswers(forms.Field):
    """What the person answered so far, sent along with every further try."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[str, ...]:
        return tuple(str(item) for item in value or ())


class PlausibleForm(PortalForm):
    """A form whose numbers are compared with the center's plausible ranges."""

    confirmed = KeptAnswers(required=False)

    def __init__(self, *args: Any, ranges: Iterable[PlausibleRange], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ranges = tuple(ranges)
        self.units: dict[str, str] = {}

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data.get("confirmed") or ())

    def was_asked(self, name: str) -> bool:
        """The question about a field was on the page that was sent."""
        return _key(name, ASKED) in self.answers

    def judge(self, asked: Judged) -> None:
        """Accept the typed number, refuse it, or ask; the unit it counts in ends in ``units``."""
        name, value = asked.field, self.cleaned_data.get(asked.field)
        if value is None:
            return
        confirmed_unit = self._confirmed_unit(asked, value)
        unit = asked.unit if confirmed_unit is None else confirmed_unit
        verdict = plausibility.check(
            asked.rule or name,
            Decimal(value),
            self.ranges,
            unit=unit,
            previous=asked.previous,
            change_percent=asked.change_percent,
        )
        self.units[name] = unit
        if verdict.kind is VerdictKind.IMPOSSIBLE:
            self.add_error(name, verdict.sentence)
        elif confirmed_unit is None and not verdict.accepted:
            self.ask(name, verdict.sentence, self._answers_to(verdict, name, value, unit))
        if confirmed_unit is not None:
            self.fields[name].unit = SIGNS.get(unit, unit)  # type: ignore[attr-defined]  # a DrawnField

    def _confirmed_unit(self, asked: Judged, value: Any) -> str | None:
        """The unit that a pressed answer gave this very number; None when nothing was answered about it."""
        start = _key(asked.field, value, "")
        units = {asked.unit, *UNITS.get(asked.rule or asked.field, ())}
        answered = (item.removeprefix(start) for item in self.answers if item.startswith(start))
        return next((unit for unit in answered if unit in units), None)

    def _answers_to(self, verdict: Verdict, name: str, value: Any, unit: str) -> tuple[Answer, ...]:
        if verdict.kind is VerdictKind.UNLIKELY:
            words = f"Keep {value} {SIGNS.get(unit, unit)}".rstrip()
            return (Answer("confirmed", _key(name, value, unit), words),)
        return tuple(
            Answer("confirmed", _key(name, value, choice.unit), choice.words)
            for choice in verdict.choices
            if choice.value is not None
        )


def _key(*parts: object) -> str:
    return "=".join(str(part) for part in parts)
