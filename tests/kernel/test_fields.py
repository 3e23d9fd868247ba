"""What clinicians type, and what each field makes of it."""

from datetime import date, time
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError

from dosing_portal.kernel.fields import (
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    read_day,
)

THURSDAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("19-Nov-2026", THURSDAY),
        ("19-nov-2026", THURSDAY),
        ("19 Nov 2026", THURSDAY),
        ("19 November 2026", THURSDAY),
        ("2026-11-19", THURSDAY),
        (" today ", THURSDAY),
        ("tomorrow", date(2026, 11, 20)),
        ("yesterday", date(2026, 11, 18)),
        ("+3d", date(2026, 11, 22)),
        ("-3d", date(2026, 11, 16)),
        ("+2w", date(2026, 12, 3)),
    ],
)
def test_dates_that_are_read(typed: str, expected: date) -> None:
    assert read_day(typed, today=THURSDAY) == expected


@pytest.mark.parametrize(
    "typed", ["19.11.26", "11/19/2026", "19/11/2026", "30-Feb-2026", "19-Xyz-2026", "3d", "now"]
)
def test_dates_that_could_mean_two_days_are_refused(typed: str) -> None:
    field = ClinicalDateField()
    field.today = THURSDAY
    with pytest.raises(ValidationError, match="Write the date as 19-Nov-2026"):
        field.clean(typed)


def test_words_need_a_today() -> None:
    assert read_day("today", today=None) is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("14:32", time(14, 32)),
        ("1432", time(14, 32)),
        ("9:05", time(9, 5)),
        ("14.32", time(14, 32)),
        ("00:00", time()),
    ],
)
def test_times_that_are_read(typed: str, expected: time) -> None:
    assert ClinicalTimeField().clean(typed) == expected


@pytest.mark.parametrize("typed", ["24:00", "14:60", "2:30 pm", "14", "14:3", "noon"])
def test_times_that_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="Write the time as 14:32"):
        ClinicalTimeField().clean(typed)


@pytest.mark.parametrize(
    ("typed", "expected"), [("38,4", "38.4"), ("38.4", "38.4"), (" 72 ", "72"), ("0,3", "0.3")]
)
def test_a_decimal_comma_is_a_point(typed: str, expected: str) -> None:
    assert ClinicalDecimalField().clean(typed) == Decimal(expected)


@pytest.mark.parametrize("typed", ["1,000", "72,500"])
def test_a_comma_that_may_mean_a_thousand_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="without the comma"):
        ClinicalDecimalField().clean(typed)


@pytest.mark.parametrize("typed", ["38,4,1", "1.000,5", "high", "NaN", "Infinity", "1e400"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        ClinicalDecimalField(max_digits=8, decimal_places=3).clean(typed)


def test_the_comma_is_shown_back_as_a_point_unless_it_is_unclear() -> None:
    class Form(forms.Form):
        temperature = ClinicalDecimalField()

    assert Form({"temperature": "38,4"})["temperature"].value() == "38.4"
    assert Form({"temperature": "1,000"})["temperature"].value() == "1,000"


def test_days_and_times_are_shown_as_clinicians_write_them() -> None:
    assert ClinicalDateField().prepare_value(THURSDAY) == "19-Nov-2026"
    assert ClinicalDateField().prepare_value("19.11.26") == "19.11.26"
    assert ClinicalTimeField().prepare_value(time(9, 5)) == "09:05"


def test_whole_numbers() -> None:
    assert ClinicalIntegerField().clean("97") == 97
    with pytest.raises(ValidationError, match="Write a whole number"):
        ClinicalIntegerField().clean("97.5")


def test_an_unanswered_field_says_so() -> None:
    with pytest.raises(ValidationError, match="Answer this"):
        ClinicalTimeField().clean("")
    assert ClinicalDateField(required=False).clean("") is None
