"""Is a typed number possible, likely, or a right number in the wrong unit? One clear sentence for the field.

The ranges come from the center's document, never from here; only unit conversions are written below. Nothing
is converted or rounded silently: a wrong unit is a question with its answers written out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from protocols.rules.spec import PlausibleRange
from protocols.rules.values import Temperature, TemperatureUnit

KG_PER_POUND = Decimal("0.45359237")  # exact by definition

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_MAYBE_THOUSANDS = re.compile(r"[+-]?\d+,\d{3}")


class NotANumberError(ValueError):
    """Typed text that is no number, or could be two; the message is the sentence for the field."""


class VerdictKind(StrEnum):
    OK = "ok"
    UNLIKELY = "unlikely"  # ask once, then accept
    IMPOSSIBLE = "impossible"  # refuse
    WRONG_UNIT = "wrong_unit"  # ask which of the choices


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question about the unit. Without a value the number is typed again."""

    words: str
    value: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: VerdictKind
    sentence: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def accepted(self) -> bool:
        """The value can be stored without another word."""
        return self.kind is VerdictKind.OK


ACCEPTED = Verdict(VerdictKind.OK)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A second unit in which a field may be typed, and how it becomes the first."""

    first: str
    second: str
    to_first: Callable[[Decimal], Decimal]
    exact: bool = False  # a power of ten: nothing is rounded when the question is asked


_TWO_UNITS: Mapping[str, _Unit] = {
    "temperature": _Unit("C", "F", lambda value: Temperature(value, TemperatureUnit.FAHRENHEIT).celsius),
    "weight": _Unit("kg", "lb", lambda value: value * KG_PER_POUND),
    "anc": _Unit("10^9/L", "cells/mm3", lambda value: value / 1000, exact=True),
    "platelets": _Unit("10^9/L", "cells/mm3", lambda value: value / 1000, exact=True),
}
_WORDS = {
    "temperature": "Temperature",
    "systolic": "Systolic pressure",
    "diastolic": "Diastolic pressure",
    "heart_rate": "Heart rate",
    "respiratory_rate": "Respiratory rate",
    "spo2": "SpO2",
    "flow_lpm": "Oxygen flow",
    "weight": "Weight",
    "anc": "A neutrophil count of",
    "platelets": "A platelet count of",
    "crp": "CRP",
    "alt": "ALT",
    "igg": "IgG",
}
_SIGNS = {"C": "°C", "F": "°F"}


def parse_number(text: str) -> Decimal:
    """The number that was typed; a decimal comma counts as a point: "38,4" is 38.4.

    Raises ``NotANumberError`` for anything else, and for a comma that may part thousands.
    """
    typed = text.strip()
    if _MAYBE_THOUSANDS.fullmatch(typed):
        joined, pointed = typed.replace(",", ""), typed.replace(",", ".")
        raise NotANumberError(f"{typed} can be read as {joined} or {pointed}. Write it without the comma.")
    if not _NUMBER.fullmatch(typed):
        raise NotANumberError(f"{typed or 'Nothing'} is not a number. Write digits only, for example 38.4.")
    return Decimal(typed.replace(",", "."))


def check(
    field: str,
    value: Decimal,
    ranges: Iterable[PlausibleRange],
    *,
    unit: str = "",
    previous: Decimal | None = None,
    change_percent: Decimal | None = None,
) -> Verdict:
    """Judge one typed value.

    ``unit`` is the one it was typed in; left out, the unit of the range. ``previous`` is the value before
    this one in the unit of the range, and ``change_percent`` the change from it that is asked about. A field
    without a range is accepted. Source: the center's plausible ranges.
    """
    allowed = next((one for one in ranges if one.field == field), None)
    if allowed is None:
        return ACCEPTED
    typed_in = unit or allowed.unit
    measured = _in_first_unit(field, value, typed_in)
    if measured < allowed.possible_low or measured > allowed.possible_high:
        question = _as_other_unit(field, value, typed_in, allowed, previous, change_percent)
        return question or _impossible(field, value, typed_in, allowed)
    changed = _changed(measured, previous, change_percent)
    if changed or measured < allowed.likely_low or measured > allowed.likely_high:
        question = _as_other_unit(field, value, typed_in, allowed, previous, change_percent)
        return question or _unlikely(field, value, typed_in, allowed, previous if changed else None)
    return ACCEPTED


def check_pressures(systolic: Decimal, diastolic: Decimal) -> Verdict:
    """The lower pressure must be lower than the upper one (both mmHg)."""
    if diastolic < systolic:
        return ACCEPTED
    sentence = f"{systolic}/{diastolic} mmHg: the second number must be lower. Were they swapped?"
    return Verdict(VerdictKind.IMPOSSIBLE, sentence)


def _in_first_unit(field: str, value: Decimal, unit: str) -> Decimal:
    pair = _TWO_UNITS.get(field)
    return pair.to_first(value) if pair is not None and unit == pair.second else value


def _changed(measured: Decimal, previous: Decimal | None, percent: Decimal | None) -> bool:
    if previous is None or percent is None:
        return False
    return abs(measured - previous) * 100 > previous * percent


def _as_other_unit(
    field: str,
    value: Decimal,
    typed_in: str,
    allowed: PlausibleRange,
    previous: Decimal | None,
    change_percent: Decimal | None,
) -> Verdict | None:
    """The question to ask when the same number makes sense in the field's other unit."""
    pair = _TWO_UNITS.get(field)
    if pair is None:
        return None
    other = pair.first if typed_in == pair.second else pair.second
    meant = _in_first_unit(field, value, other)
    if not allowed.likely_low <= meant <= allowed.likely_high or _changed(meant, previous, change_percent):
        return None
    measured = _in_first_unit(field, value, typed_in)
    possible = allowed.possible_low <= measured <= allowed.possible_high
    in_first = "" if other == pair.first else f", which is {_with_unit(_shown(meant, pair), pair.first)}"
    doubt = "is unlikely" if possible else "is not possible"
    typed, asked = _with_unit(value, typed_in), _with_unit(value, other)
    return Verdict(
        VerdictKind.WRONG_UNIT,
        f"{typed} {doubt}. Is that {asked}{in_first}?",
        (
            Choice(f"Yes, {asked}", value, other),
            Choice(f"No, {typed}", value, typed_in) if possible else Choice("No, retype"),
        ),
    )


def _impossible(field: str, value: Decimal, unit: str, allowed: PlausibleRange) -> Verdict:
    low = _with_unit(allowed.possible_low, allowed.unit)
    high = _with_unit(allowed.possible_high, allowed.unit)
    sentence = (
        f"{_words(field)} {_with_unit(value, unit)} is not possible. Write a value from {low} to {high}."
    )
    return Verdict(VerdictKind.IMPOSSIBLE, sentence)


def _unlikely(
    field: str, value: Decimal, unit: str, allowed: PlausibleRange, previous: Decimal | None
) -> Verdict:
    typed = f"{_words(field)} {_with_unit(value, unit)}"
    if previous is not None:
        before = _with_unit(previous, allowed.unit)
        return Verdict(
            VerdictKind.UNLIKELY, f"{typed} is far from {before} last time. Check it, then confirm."
        )
    return Verdict(VerdictKind.UNLIKELY, f"{typed} is unusual. Check it, then confirm.")


def _words(field: str) -> str:
    return _WORDS.get(field, field.replace("_", " ").capitalize())


def _shown(value: Decimal, pair: _Unit) -> Decimal:
    return value.normalize() if pair.exact else _one_decimal(value)


def _one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _with_unit(value: Decimal, unit: str) -> str:
    return f"{value:f} {_SIGNS.get(unit, unit)}"
