"""What a form says about a number: possible, likely, right unit, readable."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import plausibility
from protocols.rules.plausibility import Choice, NotANumberError, Verdict, VerdictKind
from tests.rules.builders import CENTER


def check(
    field: str, value: str, unit: str = "", previous: str | None = None, percent: str | None = "10"
) -> Verdict:
    return plausibility.check(
        field,
        Decimal(value),
        CENTER.plausible,
        unit=unit,
        previous=None if previous is None else Decimal(previous),
        change_percent=None if percent is None else Decimal(percent),
    )


@pytest.mark.parametrize(
    ("field", "value", "unit", "expected"),
    [
        ("temperature", "36.8", "C", "ok"),
        ("temperature", "34", "C", "ok"),
        ("temperature", "33.9", "C", "unlikely"),
        ("temperature", "42", "C", "ok"),
        ("temperature", "42.1", "C", "unlikely"),
        ("temperature", "45", "C", "unlikely"),
        ("temperature", "30", "C", "unlikely"),
        ("temperature", "107.6", "C", "wrong_unit"),
        ("temperature", "93.2", "C", "wrong_unit"),
        ("temperature", "29.9", "C", "impossible"),
        ("temperature", "45.1", "C", "impossible"),
        ("temperature", "98.6", "F", "ok"),
        ("temperature", "101.1", "C", "wrong_unit"),
        ("temperature", "101.1", "", "wrong_unit"),
        ("temperature", "38.4", "F", "wrong_unit"),
        ("temperature", "384", "C", "impossible"),
        ("temperature", "70", "C", "impossible"),
        ("systolic", "39", "mmHg", "impossible"),
        ("systolic", "40", "mmHg", "unlikely"),
        ("systolic", "70", "mmHg", "ok"),
        ("systolic", "220", "mmHg", "ok"),
        ("systolic", "280", "mmHg", "unlikely"),
        ("systolic", "281", "mmHg", "impossible"),
        ("weight", "72.4", "kg", "ok"),
        ("weight", "160", "kg", "wrong_unit"),
        ("weight", "310", "kg", "wrong_unit"),
        ("weight", "160", "lb", "ok"),
        ("weight", "700", "kg", "impossible"),
        ("nothing_known", "7", "", "ok"),
    ],
)
def test_each_edge_of_each_range(field: str, value: str, unit: str, expected: str) -> None:
    assert check(field, value, unit).kind == expected


def test_a_fahrenheit_number_typed_as_celsius_is_asked_with_both_answers() -> None:
    verdict = check("temperature", "101.5")
    assert verdict.sentence == "101.5 °C is not possible. Is that 101.5 °F, which is 38.6 °C?"
    assert verdict.choices == (Choice("Yes, 101.5 °F", Decimal("101.5"), "F"), Choice("No, retype"))
    assert not verdict.accepted


def test_a_celsius_number_typed_as_fahrenheit_is_asked_with_both_answers() -> None:
    verdict = check("temperature", "38.4", "F")
    assert verdict.sentence == "38.4 °F is not possible. Is that 38.4 °C?"
    assert verdict.choices[0] == Choice("Yes, 38.4 °C", Decimal("38.4"), "C")


def test_pounds_are_seen_by_the_weight_before() -> None:
    verdict = check("weight", "140", "kg", previous="63.4")
    assert verdict.sentence == "140 kg is unlikely. Is that 140 lb, which is 63.5 kg?"
    assert verdict.choices == (
        Choice("Yes, 140 lb", Decimal(140), "lb"),
        Choice("No, 140 kg", Decimal(140), "kg"),
    )
    assert check("weight", "140", "kg", previous="135").accepted
    assert check("weight", "140", "kg").accepted


def test_a_weight_that_is_just_possible_may_be_kept() -> None:
    assert check("weight", "300", "kg").choices[1].words == "No, 300 kg"
    assert check("weight", "301", "kg").choices[1].words == "No, retype"


def test_kilograms_typed_as_pounds_are_seen_too() -> None:
    verdict = check("weight", "72", "lb", previous="72.4")
    assert (verdict.kind, verdict.choices[0].unit) == (VerdictKind.WRONG_UNIT, "kg")


def test_a_change_past_the_percentage_of_the_center_is_asked_once() -> None:
    assert check("weight", "79.6", previous="72.4").accepted  # 9.9 percent
    assert check("weight", "79.2", previous="72").accepted  # 10 percent exactly
    verdict = check("weight", "79.7", previous="72.4")
    assert verdict.kind is VerdictKind.UNLIKELY
    assert verdict.sentence == "Weight 79.7 kg is far from 72.4 kg last time. Check it, then confirm."
    assert check("weight", "90", previous="72.4", percent=None).accepted


def test_what_is_refused_says_what_would_do() -> None:
    assert check("systolic", "12").sentence == (
        "Systolic pressure 12 mmHg is not possible. Write a value from 40 mmHg to 280 mmHg."
    )
    assert check("temperature", "42.5").sentence == "Temperature 42.5 °C is unusual. Check it, then confirm."


@pytest.mark.parametrize(("upper", "lower", "accepted"), [(120, 80, True), (80, 80, False), (80, 120, False)])
def test_the_lower_pressure_is_lower(upper: int, lower: int, accepted: bool) -> None:
    assert plausibility.check_pressures(Decimal(upper), Decimal(lower)).accepted is accepted


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("38.4", "38.4"), ("38,4", "38.4"), (" 97 ", "97"), ("-3", "-3"), ("0,10", "0.10")],
)
def test_a_decimal_comma_is_read(typed: str, expected: str) -> None:
    assert plausibility.parse_number(typed) == Decimal(expected)


def test_an_empty_field_says_so() -> None:
    with pytest.raises(NotANumberError, match="Nothing is not a number"):
        plausibility.parse_number(" ")


@pytest.mark.parametrize("typed", ["", "abc", "38.4.1", "1,2,3", "38,", "1e3", "38.4 C", "NaN", "Infinity"])
def test_text_is_not_a_number(typed: str) -> None:
    with pytest.raises(NotANumberError, match="is not a number"):
        plausibility.parse_number(typed)


def test_a_comma_that_may_part_thousands_is_asked_about() -> None:
    with pytest.raises(NotANumberError, match=r"1,234 can be read as 1234 or 1\.234"):
        plausibility.parse_number("1,234")


@given(st.decimals("0", "200", places=1), st.sampled_from(["C", "F"]))
def test_a_temperature_is_never_accepted_in_two_units(value: Decimal, unit: str) -> None:
    """Nothing accepted in one unit would be accepted in the other: a mix-up always shows."""
    other = "F" if unit == "C" else "C"
    if check("temperature", str(value), unit).accepted:
        assert not check("temperature", str(value), other).accepted


@given(st.decimals("0", "400", places=1), st.sampled_from(["C", "F"]))
def test_every_refusal_has_a_sentence_and_every_question_two_answers(value: Decimal, unit: str) -> None:
    verdict = check("temperature", str(value), unit)
    assert bool(verdict.sentence) is not verdict.accepted
    assert len(verdict.choices) == (2 if verdict.kind is VerdictKind.WRONG_UNIT else 0)
