"""Amounts and volumes: exact, spelled out, never rounded in silence, never guessed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.dosing import DoseAnswer, prepare
from protocols.rules.regimen import Regimen, Schedule
from tests.rules.record import (
    COMBINATION,
    ELRANATAMAB,
    LINVOSELTAMAB,
    MONO,
    TALQUETAMAB,
    TECLISTAMAB,
    confirmed,
    own_doses,
)

weights = st.decimals(min_value=Decimal(30), max_value=Decimal(170), places=1)


def teclistamab(dose: str, kg: str, *vials: str, product: str | None = None) -> DoseAnswer:
    return prepare(TECLISTAMAB, MONO, dose, Decimal(kg), vials=vials, product=product)


def test_the_arithmetic_is_spelled_out() -> None:
    assert teclistamab("sud2", "72").because == (
        "72 kg x 0.3 mg/kg = 21.6 mg",
        "21.6 mg / 10 mg/mL (30 mg/3 mL) = 2.16 mL",
        "printed band 70 to 79 kg: 22 mg, 2.2 mL",
        "band and formula differ by 1.9 %, at most 12 % is expected",
        "over 2 mL a site: 2 equal injections of 1.1 mL",
    )


def test_rounding_is_half_up_and_said() -> None:
    answer = teclistamab("sud1", "37.5")
    assert answer.ml == Decimal("0.23")
    assert "0.23 mL, rounded half up to 2 decimals" in answer.because[1]


def test_the_amount_in_mg_is_not_rounded() -> None:
    assert teclistamab("sud1", "72.4").mg == Decimal("4.344")


@pytest.mark.parametrize("kg", ["34", "34.9", "160.1", "161", "39.5", "49.01"])
def test_a_weight_off_the_bands_is_refused_and_not_rounded(kg: str) -> None:
    answer = teclistamab("sud2", kg)
    assert answer.band_mg is None
    assert not answer.accept
    assert "ask a pharmacist" in answer.refused[0]


def test_a_weight_between_bands_and_one_outside_say_so() -> None:
    assert "between two printed bands" in teclistamab("sud2", "39.5").refused[0]
    assert "outside the printed bands, 35 to 160 kg" in teclistamab("sud2", "34").refused[0]


def test_recalled_bands_never_decide() -> None:
    answer = teclistamab("sud1", "72")
    assert (answer.mg, answer.band_mg) == (Decimal("4.32"), Decimal("4.5"))
    assert not answer.confirmed
    assert answer.decided is None


def test_confirmed_bands_win_over_the_formula() -> None:
    record = confirmed("teclistamab")
    answer = prepare(record, record.schedule(), "sud1", Decimal(72))
    assert answer.confirmed
    assert answer.decided == (Decimal("4.5"), Decimal("0.45"))


def test_a_fixed_dose_is_decided_by_the_formula() -> None:
    answer = prepare(ELRANATAMAB, ELRANATAMAB.schedule(), "sud2")
    assert answer.decided == (Decimal(32), Decimal("0.80"))
    assert answer.confirmed


def test_volumes_over_the_limit_are_split_equally() -> None:
    three = teclistamab("sud2", "150")
    assert (three.band_ml, three.injections, three.ml_per_injection) == (
        Decimal("4.7"),
        3,
        Decimal("1.57"),
    )
    assert "about 1.57 mL" in three.because[-1]
    assert teclistamab("tx1", "80").injections == 1


def test_two_milliliters_are_one_injection() -> None:
    answer = prepare(TALQUETAMAB, TALQUETAMAB.schedule(), "tx1", Decimal(100))
    assert (answer.band_ml, answer.injections) == (Decimal("2.0"), 1)


def test_the_vials_needed_are_counted() -> None:
    assert teclistamab("tx1", "109").vials_needed == 1
    assert teclistamab("tx1", "110").vials_needed == 2


@pytest.mark.parametrize(
    ("vials", "objection"),
    [
        (("153 mg/1.7 mL",), "wrong vial: sud2 is drawn from 30 mg/3 mL"),
        (("30 mg/3 mL", "153 mg/1.7 mL"), "never combined"),
    ],
)
def test_a_wrong_or_mixed_vial_is_not_accepted(vials: tuple[str, ...], objection: str) -> None:
    answer = teclistamab("sud2", "72", *vials)
    assert not answer.accept
    assert objection in answer.objections[0]


def test_the_right_vial_is_accepted_however_it_is_spaced() -> None:
    assert teclistamab("sud2", "72", "30mg/3mL", "30 mg/3 mL").accept


@pytest.mark.parametrize("product", ["TECVAYLI", "tecvayli", "teclistamab", "teclistamab-cqyv"])
def test_the_product_is_known_by_each_of_its_names(product: str) -> None:
    assert teclistamab("sud1", "72", product=product).accept


@pytest.mark.parametrize("product", ["TALVEY", "talquetamab", "", "TEC"])
def test_any_other_product_is_not_accepted(product: str) -> None:
    answer = teclistamab("sud1", "72", product=product)
    assert not answer.accept
    assert "wrong product" in answer.objections[0]


def test_a_missing_weight_is_never_assumed() -> None:
    answer = prepare(TECLISTAMAB, MONO, "sud1")
    assert (answer.mg, answer.ml, answer.accept) == (None, None, False)


@pytest.mark.parametrize("kg", ["0", "-70"])
def test_an_impossible_weight_is_refused(kg: str) -> None:
    with pytest.raises(ValueError, match="above 0 kg"):
        teclistamab("sud1", kg)


def test_a_table_that_was_not_found_leaves_the_formula_and_refuses() -> None:
    answer = prepare(TECLISTAMAB, COMBINATION, "txq2w", Decimal(72))
    assert (answer.mg, answer.ml) == (Decimal(216), Decimal("2.40"))
    assert "3 mg/kg was not found" in answer.refused[0]
    assert answer.decided is None


def test_no_vial_is_chosen_where_no_text_names_one() -> None:
    answer = prepare(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "sud2")
    assert (answer.mg, answer.vial, answer.ml) == (Decimal(25), None, None)
    assert "never infer" in answer.refused[0]


def test_an_infusion_has_no_injections() -> None:
    assert prepare(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "tx1").injections is None


def test_the_same_amount_per_kilogram_is_one_thing_on_each_schedule() -> None:
    weekly = prepare(TALQUETAMAB, TALQUETAMAB.schedule("weekly"), "tx1", Decimal(70))
    every_2_weeks = prepare(TALQUETAMAB, TALQUETAMAB.schedule(), "sud3", Decimal(70))
    assert weekly.band_mg == every_2_weeks.band_mg == Decimal(28)


@given(dose=own_doses, kg=weights)
def test_every_answer_is_a_volume_or_a_reason(dose: tuple[Regimen, Schedule, str], kg: Decimal) -> None:
    answer = prepare(dose[0], dose[1], dose[2], kg)
    assert (answer.ml is not None) or answer.refused
    assert answer.accept is not bool(answer.refused or answer.objections)


@given(dose=own_doses, kg=weights)
def test_no_injection_is_above_the_limit(dose: tuple[Regimen, Schedule, str], kg: Decimal) -> None:
    answer = prepare(dose[0], dose[1], dose[2], kg)
    injection = dose[0].preparation.injection
    if answer.injections and injection and injection.max_ml_per_site:
        drawn = answer.band_ml or answer.ml
        assert drawn is not None
        assert drawn / answer.injections <= injection.max_ml_per_site
        assert answer.injections == 1 or drawn / (answer.injections - 1) > injection.max_ml_per_site


@given(dose=st.sampled_from(["sud1", "sud2", "tx1"]), kg=weights, more=st.integers(1, 20))
def test_more_weight_never_means_less_drug(dose: str, kg: Decimal, more: int) -> None:
    lighter, heavier = teclistamab(dose, str(kg)), teclistamab(dose, str(kg + more))
    assert lighter.mg is not None
    assert heavier.mg is not None
    assert lighter.mg < heavier.mg
    if lighter.band_mg is not None and heavier.band_mg is not None:
        assert lighter.band_mg <= heavier.band_mg


@pytest.mark.parametrize("dose", ["sud1", "sud2", "tx1"])
def test_no_printed_band_is_further_from_the_formula_than_the_tolerance(dose: str) -> None:
    table = TECLISTAMAB.preparation.band_table(MONO.dose(dose))
    assert table is not None
    ends = [kg for band in table.rows for kg in (band.kg_min, band.kg_max)]
    assert not [kg for kg in ends if teclistamab(dose, str(kg)).objections]


def test_a_band_far_from_the_formula_is_not_accepted() -> None:
    preparation = TECLISTAMAB.preparation
    assert preparation.cross_check is not None
    narrow = replace(preparation.cross_check, tolerance_percent=Decimal(1))
    record = replace(TECLISTAMAB, preparation=replace(preparation, cross_check=narrow))
    answer = prepare(record, MONO, "sud1", Decimal(72))
    assert not answer.accept
    assert "more than 1 %" in answer.objections[0]


def test_a_dose_that_two_vials_could_serve_is_for_a_pharmacist() -> None:
    preparation = TECLISTAMAB.preparation
    first = preparation.vials[0]
    twice = replace(preparation, vials=(*preparation.vials, replace(first, strength="60 mg/6 mL")))
    answer = prepare(replace(TECLISTAMAB, preparation=twice), MONO, "sud1", Decimal(72))
    assert (answer.vial, answer.accept) == (None, False)
    assert "more than one vial" in " ".join(answer.refused)
