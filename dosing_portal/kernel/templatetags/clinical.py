"""How numbers, temperatures, dates and distances in time are written, on every screen alike.

A number and its unit never part (U+00A0); 0.3 and 5, never .3 or 5.0; a temperature keeps its decimal.
Dates and times are those of the zone that the request activated: the center's.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dosing_portal.kernel import clock

register = template.Library()

NBSP = "\u00a0"
NOT_KNOWN = "not known"
Number = Decimal | int | float | str

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def _decimal(value: Number) -> Decimal:
    return Decimal(str(value))


@register.filter
def number(value: Number | None) -> str:
    """0.3, 5, 1,000: a leading zero, no trailing one, commas from a thousand."""
    if value is None or value == "":
        return NOT_KNOWN
    whole, _, decimals = f"{_decimal(value):,f}".partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


@register.filter
def quantity(value: Number | None, unit: str) -> str:
    """``{{ volume|quantity:"mL" }}``: a number with its unit, which never part."""
    if value is None or value == "":
        return NOT_KNOWN
    return f"{number(value)}{NBSP}{unit}"


@register.filter
def dose(value: Number | None) -> str:
    """A dose in milligrams: 0.3 mg, 1,000 mg."""
    return quantity(value, "mg")


def _one_decimal(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1'))}"


def _as_typed(value: Decimal) -> str:
    """At least one decimal, and every one that was typed: 38.0, 37.95."""
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


@register.filter
def temperature(value: Number | None, unit: str = "C") -> str:
    """``{{ observation.temperature|temperature:observation.temperature_unit }}``: as typed, in its unit."""
    if value is None or value == "":
        return NOT_KNOWN
    return f"{_as_typed(_decimal(value))}{NBSP}°{unit}"


@register.filter
def other_unit(value: Number | None, unit: str = "C") -> str:
    """The same temperature in the other unit, to one decimal: what stands in brackets beside it."""
    if value is None or value == "":
        return NOT_KNOWN
    typed = _decimal(value)
    if unit == "C":
        return f"{_one_decimal(typed * 9 / 5 + 32)}{NBSP}°F"
    return f"{_one_decimal((typed - 32) * 5 / 9)}{NBSP}°C"


@register.filter
def celsius_in(value: Number | None, unit: str) -> str:
    """A temperature kept in Celsius, written in the center's unit with the other one in brackets."""
    if value is None or value == "":
        return NOT_KNOWN
    celsius = temperature(value, "C")
    fahrenheit = other_unit(value, "C")
    return f"{fahrenheit} ({celsius})" if unit == "F" else f"{celsius} ({fahrenheit})"


def _span(length: timedelta) -> str:
    """12 min, 3 h, 2 days: whole units, cut off and never rounded up."""
    if length < HOUR:
        return f"{length // MINUTE}{NBSP}min"
    if length < timedelta(hours=72):
        return f"{length // HOUR}{NBSP}h"
    return f"{length.days}{NBSP}days"


@register.filter
def distance(at: datetime | None, now: datetime | None = None) -> str:
    """in 12 min, 3 h ago, now. The minutes left are rounded up, so that "in 1 min" is never already late."""
    if at is None:
        return NOT_KNOWN
    ahead = at - (now or clock.now())
    if ahead > timedelta(0):
        minutes_up = -(-ahead // MINUTE) * MINUTE
        return f"in {_span(minutes_up)}"
    if -ahead < MINUTE:
        return "now"
    return f"{_span(-ahead)} ago"


@register.filter
def age(at: datetime | None, now: datetime | None = None) -> str:
    """12 min, 3 h: how old something is, without "ago"."""
    return NOT_KNOWN if at is None else _span(max((now or clock.now()) - at, timedelta(0)))


@register.filter
def hours(value: timedelta | Number | None) -> str:
    """Elapsed hours in whole hours: 28 h; under one hour in minutes."""
    if value is None or value == "":
        return NOT_KNOWN
    length = value if isinstance(value, timedelta) else timedelta(hours=float(value))
    return f"{length // MINUTE}{NBSP}min" if length < HOUR else f"{length // HOUR}{NBSP}h"


@register.filter
def day(value: date | datetime | None) -> str:
    """22-Nov-2026, in the center's zone."""
    if value is None:
        return NOT_KNOWN
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{local:%d-%b-%Y}"


@register.filter
def weekday(value: date | datetime | None) -> str:
    """Thu 19-Nov-2026."""
    if value is None:
        return NOT_KNOWN
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{local:%a}{NBSP}{day(value)}"


@register.filter
def hhmm(value: datetime | None) -> str:
    """14:32 in the center's zone."""
    return NOT_KNOWN if value is None else f"{timezone.localtime(value):%H:%M}"


@register.filter
def moment(value: datetime | None) -> str:
    """22-Nov-2026 14:32 in the center's zone."""
    return NOT_KNOWN if value is None else f"{day(value)} {hhmm(value)}"


@register.filter
def moment_zone(value: datetime | None) -> str:
    """22-Nov-2026 14:32 EST: for what leaves the center, and for the hour that happens twice."""
    return NOT_KNOWN if value is None else f"{moment(value)}{NBSP}{timezone.localtime(value):%Z}"


@register.filter
def unbroken(text: object) -> SafeString:
    """A date or phone number that stays on one line."""
    return format_html('<span class="nowrap">{}</span>', text)
