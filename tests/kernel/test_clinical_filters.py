"""How values are written on every screen."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dosing_portal.kernel.templatetags import clinical
from tests.factories import AT


@pytest.fixture(autouse=True)
def center_zone() -> Iterator[None]:
    with timezone.override(ZoneInfo("America/New_York")):
        yield


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("0.300"), "0.3"),
        (Decimal("5.0"), "5"),
        (Decimal("1000"), "1,000"),
        (Decimal("1E+3"), "1,000"),
        (".5", "0.5"),
        (0, "0"),
        (None, "not known"),
        ("", "not known"),
    ],
)
def test_number(value: Decimal | int | str | None, written: str) -> None:
    assert clinical.number(value) == written


def test_a_unit_never_parts_from_its_number() -> None:
    assert clinical.quantity(Decimal("0.30"), "mL") == "0.3\u00a0mL"
    assert clinical.dose(Decimal("1000.000")) == "1,000\u00a0mg"
    assert clinical.dose(None) == "not known"


@pytest.mark.parametrize(
    ("value", "unit", "written", "other"),
    [
        (Decimal("38.00"), "C", "38.0\u00a0°C", "100.4\u00a0°F"),
        (Decimal("38.40"), "C", "38.4\u00a0°C", "101.1\u00a0°F"),
        (Decimal("37.95"), "C", "37.95\u00a0°C", "100.3\u00a0°F"),
        (Decimal("101.1"), "F", "101.1\u00a0°F", "38.4\u00a0°C"),
    ],
)
def test_a_temperature_keeps_its_decimal(value: Decimal, unit: str, written: str, other: str) -> None:
    assert clinical.temperature(value, unit) == written
    assert clinical.other_unit(value, unit) == other


def test_the_unit_of_the_center_stands_first() -> None:
    assert clinical.celsius_in(Decimal("38.4"), "C") == "38.4\u00a0°C (101.1\u00a0°F)"
    assert clinical.celsius_in(Decimal("38.4"), "F") == "101.1\u00a0°F (38.4\u00a0°C)"
    assert clinical.celsius_in(None, "F") == "not known"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (1, "in 1\u00a0min"),
        (12 * 60, "in 12\u00a0min"),
        (12 * 60 + 1, "in 13\u00a0min"),
        (3 * 3600 + 1200, "in 3\u00a0h"),
        (5 * 86400, "in 5\u00a0days"),
        (0, "now"),
        (-59, "now"),
        (-12 * 60 - 59, "12\u00a0min ago"),
        (-28 * 3600, "28\u00a0h ago"),
        (-96 * 3600, "4\u00a0days ago"),
    ],
)
def test_distance(seconds: int, written: str) -> None:
    assert clinical.distance(AT + timedelta(seconds=seconds), AT) == written


def test_age_and_hours() -> None:
    assert clinical.age(AT - timedelta(minutes=12), AT) == "12\u00a0min"
    assert clinical.age(AT + timedelta(minutes=1), AT) == "0\u00a0min"
    assert clinical.hours(timedelta(hours=28, minutes=59)) == "28\u00a0h"
    assert clinical.hours(Decimal("0.5")) == "30\u00a0min"
    assert clinical.hours(None) == "not known"


def test_days_and_times_are_those_of_the_center() -> None:
    late_evening = datetime(2026, 11, 20, 3, 5, tzinfo=ZoneInfo("UTC"))
    assert clinical.day(late_evening) == "19-Nov-2026"
    assert clinical.day(date(2026, 11, 2)) == "02-Nov-2026"
    assert clinical.weekday(date(2026, 11, 19)) == "Thu\u00a019-Nov-2026"
    assert clinical.hhmm(late_evening) == "22:05"
    assert clinical.moment(AT) == "19-Nov-2026 14:32"
    assert clinical.moment_zone(AT) == "19-Nov-2026 14:32\u00a0EST"


def test_what_is_not_known_says_so() -> None:
    assert {clinical.day(None), clinical.hhmm(None), clinical.distance(None), clinical.moment(None)} == {
        "not known"
    }


def test_unbroken_text_is_escaped() -> None:
    assert clinical.unbroken("<b>") == '<span class="nowrap">&lt;b&gt;</span>'
