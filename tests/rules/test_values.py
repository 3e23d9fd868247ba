"""The values that every rule reads: exact temperatures, the ICE test, trust marks, elapsed time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.values import (
    Assessment,
    Axis,
    Entry,
    EntryKind,
    Grading,
    IceScore,
    Provenance,
    Severity,
    Source,
    Status,
    Toxicity,
    elapsed_hours,
)
from tests.rules.builders import celsius, fahrenheit, ice


def test_a_hundred_point_four_fahrenheit_is_exactly_thirty_eight() -> None:
    assert fahrenheit("100.4").celsius == Decimal(38)
    assert fahrenheit("100.3").celsius < Decimal(38)
    assert celsius("38.0").fahrenheit == Decimal("100.4")


@given(st.integers(300, 450))
def test_celsius_survives_the_way_to_fahrenheit_and_back(tenths: int) -> None:
    value = Decimal(tenths) / 10
    assert fahrenheit(str(celsius(str(value)).fahrenheit)).celsius == value


@pytest.mark.parametrize(
    ("temperature", "text"),
    [
        (celsius("38"), "38.0 °C"),
        (celsius("38.4"), "38.4 °C"),
        (celsius("38.44"), "38.44 °C"),
        (fahrenheit("101.1"), "101.1 °F"),
        (fahrenheit("100"), "100.0 °F"),
    ],
)
def test_a_temperature_keeps_what_was_typed(temperature: object, text: str) -> None:
    assert getattr(temperature, "text") == text  # noqa: B009


def test_a_limit_is_shown_in_the_unit_that_was_typed() -> None:
    assert celsius("38.4").limit_text(Decimal("38.0")) == "38.0 °C"
    assert fahrenheit("101").limit_text(Decimal("38.0")) == "100.4 °F"
    assert fahrenheit("101").limit_text(Decimal("37.5")) == "99.5 °F"


def test_ice_adds_up_only_when_every_item_was_tested() -> None:
    assert ice().score == 10
    assert ice(objects=1, sentence=False).score == 7
    assert ice(city=None).score is None
    assert ice(city=None).missing_items == ("city",)
    assert IceScore(total=4).score == 4
    assert IceScore(total=4).missing_items == ()
    assert IceScore().score is None


def test_ice_knows_what_was_lost_so_far() -> None:
    partly = ice(objects=1, sentence=None, year=False)
    assert partly.failed_items == ("year", "objects")
    assert partly.lost_points == 3
    assert IceScore(total=4).failed_items == ()


@pytest.mark.parametrize(
    ("status", "confirmed_by", "confirmed"),
    [
        (Status.VERIFIED, "", True),
        (Status.DERIVED, "", True),
        (Status.SINGLE_SOURCE, "", False),
        (Status.RECALLED, "", False),
        (Status.VERIFIED_PRIOR_REVISION, "", False),
        (Status.NOT_FOUND, "", False),
        (Status.DESIGN, "", False),
        (Status.RECALLED, "SAMPLE Pharmacist", True),
        (Status.DESIGN, "SAMPLE center v1", True),
    ],
)
def test_what_may_drive_a_recommendation(status: Status, confirmed_by: str, confirmed: bool) -> None:
    assert Provenance("block", status, None, confirmed_by=confirmed_by).confirmed is confirmed


def test_a_source_reads_as_a_line() -> None:
    assert str(Source("a", "Title", "Table 2", "2019")) == "Title, Table 2, 2019"
    assert str(Source("a", "Title")) == "Title"


def test_hours_are_elapsed_hours() -> None:
    zone = ZoneInfo("America/New_York")
    before, later = datetime(2026, 11, 1, 0, 30, tzinfo=zone), datetime(2026, 11, 1, 3, 0, tzinfo=zone)
    assert elapsed_hours(before, later) == Decimal("3.5")
    assert elapsed_hours(later, before) == Decimal("-3.5")


def test_a_grading_in_words() -> None:
    certain = Grading(Toxicity.CRS, 2, (), None)
    bounded = Grading(Toxicity.CRS, 2, (), None, missing=("spo2",))
    unknown = Grading(Toxicity.CRS, 0, (), None, missing=("temperature",), cannot_grade=True)
    assert [grading.text for grading in (certain, bounded, unknown)] == [
        "grade 2",
        "at least grade 2",
        "cannot grade",
    ]
    assert [grading.grade for grading in (certain, bounded, unknown)] == [2, None, None]


def test_the_cause_of_an_axis() -> None:
    entry = Entry(EntryKind.VITALS, attributed=((Axis.FEVER, "infection"),))
    assert entry.cause_of(Axis.FEVER) == "infection"
    assert entry.cause_of(Axis.HYPOXIA) is None


def test_combining_severities_is_max() -> None:
    assert max(Severity) is Severity.ACT_NOW


def test_an_empty_assessment_says_nothing() -> None:
    nothing = Assessment()
    assert nothing.latest(Toxicity.CRS) is None
    assert nothing.last_valid(Toxicity.CRS) is None
    assert nothing.episode_of("row", Toxicity.CRS) is None
    assert nothing.findings_for("row") == ()
