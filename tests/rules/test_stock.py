"""Tocilizumab by milligram: reserved by weight, expired counts as none, not counted is never enough."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import stock
from tests.rules.builders import CENTER

RULE = CENTER.care.tocilizumab
TODAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("kg", "mg", "why"),
    [
        ("72.5", "1160", "2 x 580 mg (8 mg/kg x 72.5 kg)"),
        ("120", "1600", "2 x 800 mg (8 mg/kg x 120 kg)"),
        (None, "1600", "weight unknown: 2 x 800 mg, the cap"),
        ("28", "1600", "28 kg, dose from pharmacy: 2 x 800 mg, the cap"),
    ],
)
def test_what_is_reserved_goes_by_weight_and_unknown_counts_as_the_cap(
    kg: str | None, mg: str, why: str
) -> None:
    found = stock.reserve(None if kg is None else Decimal(kg), RULE)
    assert (found.mg, found.because) == (Decimal(mg), why)


def level(counted: str | None, given_since: str = "0", until: date | None = None) -> stock.Level:
    rows = None if counted is None else [(Decimal(counted), until)]
    return stock.level("", rows, Decimal(given_since), [stock.reserve(Decimal("72.5"), RULE)], TODAY)


@pytest.mark.parametrize(
    ("counted", "given_since", "left", "short", "enough"),
    [
        ("1600", "0", "1600", "0", True),
        ("1160", "0", "1160", "0", True),
        ("1600", "800", "800", "360", False),
        ("400", "800", "0", "1160", False),
    ],
)
def test_doses_given_since_the_count_are_no_longer_there(
    counted: str, given_since: str, left: str, short: str, enough: bool
) -> None:
    found = level(counted, given_since)
    assert (found.left, found.short, found.enough) == (Decimal(left), Decimal(short), enough)


def test_a_place_that_nobody_counted_is_not_known_and_not_enough() -> None:
    found = level(None)
    assert (found.left, found.short, found.enough) == (None, None, False)


@pytest.mark.parametrize(("days", "left"), [(-1, 0), (0, 1600), (30, 1600)])
def test_expired_vials_count_as_none(days: int, left: int) -> None:
    assert level("1600", until=TODAY + timedelta(days=days)).left == left


@pytest.mark.parametrize(("mg", "vials"), [("360", 1), ("400", 1), ("400.1", 2), ("0", 0)])
def test_a_shortage_is_told_in_whole_vials(mg: str, vials: int) -> None:
    assert stock.vials(Decimal(mg), Decimal(400)) == vials
    assert stock.vials(Decimal(mg), None) is None


@given(st.lists(st.decimals(30, 200, places=1), max_size=8), st.decimals(30, 200, places=1))
def test_one_more_patient_never_lowers_what_is_reserved(weights: list[Decimal], one: Decimal) -> None:
    reserves = [stock.reserve(kg, RULE) for kg in weights]
    before = stock.level("", None, Decimal(0), reserves, TODAY)
    after = stock.level("", None, Decimal(0), [*reserves, stock.reserve(one, RULE)], TODAY)
    assert before.reserved < after.reserved
