"""Doses in an event: arithmetic spelled out, limits that say what is true now, totals with every source."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import treatment
from protocols.rules.treatment import Asked, EarlierDose, TocilizumabAnswer
from protocols.rules.values import InterventionKind, elapsed_hours
from tests.rules.builders import CENTER

NEW_YORK = ZoneInfo("America/New_York")

CARE = CENTER.care
RULE = CARE.tocilizumab
NOW = datetime(2026, 11, 19, 17, 10, tzinfo=NEW_YORK)
TOCI, PROPHYLAXIS = InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS
PARACETAMOL, DEX = InterventionKind.ACETAMINOPHEN, InterventionKind.DEXAMETHASONE


def ago(
    hours: float, mg: str | None = "580", kind: InterventionKind = TOCI, purpose: str = "treatment"
) -> EarlierDose:
    amount = None if mg is None else Decimal(mg)
    return EarlierDose(kind, NOW - timedelta(hours=hours), amount, "Dr. K. Okafor", purpose)


def ask(*earlier: EarlierDose, kg: str | None = "72.5", rule: Any = RULE, **more: Any) -> TocilizumabAnswer:
    weight = None if kg is None else Decimal(kg)
    return treatment.tocilizumab(Asked(NOW, weight, **more), earlier, rule)


def crossed(answer: TocilizumabAnswer) -> dict[str, str]:
    return {limit.rule: limit.sentence for limit in answer.limits}


# --- the dose by weight -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kg", "mg"),  # the worked doses of the record
    [("50", "400"), ("72.5", "580"), ("99.9", "799.2"), ("100", "800"), ("120", "800")],
)
def test_the_worked_doses_of_the_record(kg: str, mg: str) -> None:
    answer = ask(kg=kg)
    assert (answer.exact_mg, answer.mg) == (Decimal(mg), Decimal(mg))


def test_the_arithmetic_is_spelled_out() -> None:
    assert ask().arithmetic == ("8 mg/kg x 72.5 kg = 580 mg, cap 800 mg",)
    assert ask(kg="120").arithmetic == ("8 mg/kg x 120 kg = 960 mg, over the cap: 800 mg",)


@pytest.mark.parametrize(("kg", "refused"), [("29.9", True), ("30", False)])
def test_a_weight_under_the_limit_goes_to_pharmacy(kg: str, refused: bool) -> None:
    answer = ask(kg=kg)
    assert bool(answer.refused) is refused
    assert (answer.mg is None) is refused
    if refused:
        assert answer.refused == "29.9 kg is under 30 kg: another dose holds, ask pharmacy"


def test_an_unknown_weight_is_never_assumed() -> None:
    answer = ask(kg=None)
    assert answer.mg is None
    assert "weigh the patient" in answer.weigh


@pytest.mark.parametrize(("age", "asked"), [(30, False), (31, True), (None, False)])
def test_an_old_weight_is_asked_about(age: int | None, asked: bool) -> None:
    answer = ask(weight_age_days=age, weight_max_age_days=30)
    assert bool(answer.weigh) is asked
    assert answer.mg == Decimal(580)


def test_a_center_s_rounding_is_said_and_the_exact_amount_kept() -> None:
    answer = ask(kg="72.4", rule=replace(RULE, round_to_mg=Decimal(10)))
    assert (answer.exact_mg, answer.mg) == (Decimal("579.2"), Decimal(580))
    assert answer.arithmetic[1] == "rounded to 10 mg by the center: 580 mg, exact 579.2 mg"


def test_nothing_is_rounded_past_the_center_s_percentage() -> None:
    answer = ask(kg="72.4", rule=replace(RULE, round_to_mg=Decimal(400)))
    assert answer.mg == Decimal("579.2")
    assert "not rounded" in answer.arithmetic[1]


@given(st.decimals(min_value=30, max_value=250, places=1))
def test_a_heavier_patient_never_gets_less_and_nobody_more_than_the_cap(kg: Decimal) -> None:
    one, more = ask(kg=str(kg)), ask(kg=str(kg + 1))
    assert one.mg is not None
    assert more.mg is not None
    assert one.mg <= more.mg <= RULE.max_mg


# --- the clock and the caps -------------------------------------------------------------------------------


def test_too_soon_says_who_gave_what_when_and_the_earliest_time() -> None:
    answer = ask(ago(3))
    assert crossed(answer) == {"too_soon": "Dr. K. Okafor recorded 580 mg at 14:10, 3 h ago; earliest 22:10"}
    assert answer.earliest_at == NOW + timedelta(hours=5)


@pytest.mark.parametrize(("hours", "soon"), [(7.99, True), (8, False), (8.01, False)])
def test_the_interval_is_elapsed_hours_with_its_end_allowed(hours: float, soon: bool) -> None:
    assert ("too_soon" in crossed(ask(ago(hours)))) is soon


def test_the_night_the_clocks_go_back_counts_real_hours() -> None:
    given_at = datetime(2026, 10, 31, 23, 0, tzinfo=NEW_YORK)  # 7 h on the wall clock, 8 h elapsed
    at = datetime(2026, 11, 1, 6, 0, tzinfo=NEW_YORK)
    answer = treatment.tocilizumab(Asked(at, Decimal(70)), [EarlierDose(TOCI, given_at)], RULE)
    assert elapsed_hours(given_at, at) == 8
    assert answer.limits == ()


def test_a_late_entry_before_a_dose_on_record_is_too_close_as_well() -> None:
    later = ago(-4)
    assert "4 h later" in crossed(ask(later))["too_soon"]


@pytest.mark.parametrize(
    ("earlier", "rule", "named"),
    [
        ((23, 16, 8), RULE, {"max_in_24_hours"}),
        ((24, 16, 8), RULE, set()),
        ((400, 300, 200, 100), RULE, {"max_total"}),
        ((20, 10), replace(RULE, max_per_event=2), {"max_per_event"}),
        ((60, 50, 40), replace(RULE, max_per_event=2), set()),
        ((900, 500, 100), replace(RULE, max_in_6_weeks=3), {"max_in_6_weeks"}),
        ((1100, 500, 100), replace(RULE, max_in_6_weeks=3), set()),
        ((1100, 500, 100, 50), replace(RULE, max_total=None), set()),
    ],
)
def test_each_cap_that_the_center_applies(earlier: tuple[float, ...], rule: Any, named: set[str]) -> None:
    answer = ask(*map(ago, earlier), rule=rule, event_opened_at=NOW - timedelta(hours=30))
    assert set(crossed(answer)) == named


def test_a_cap_says_how_many_who_and_when() -> None:
    said = crossed(ask(ago(23), ago(16), ago(8)))["max_in_24_hours"]
    assert said.startswith("3 doses in 24 h are on record, at most 3. Dr. K. Okafor recorded 580 mg")


def test_counts_name_every_cap_also_those_not_applied() -> None:
    counts = {count.words: (count.found, count.at_most) for count in ask(ago(9)).counts}
    assert counts == {
        "in 24 h": (1, 3),
        "in this event": (0, None),
        "in 6 weeks": (1, None),
        "in total": (1, 4),
    }


def test_where_sources_disagree_the_answer_says_so() -> None:
    assert ask().disagreement.startswith("sources disagree on the ceiling")


def test_prophylactic_doses_are_told_apart_and_do_not_count() -> None:
    answer = ask(ago(2, kind=PROPHYLAXIS))
    assert answer.limits == ()
    assert (len(answer.given), len(answer.prophylactic)) == (0, 1)
    assert "not counted towards the caps" in answer.cautions[-1].sentence


def test_a_center_may_count_prophylactic_doses() -> None:
    rule = replace(RULE, prophylactic_counts=True)
    answer = ask(ago(2, kind=PROPHYLAXIS), rule=rule)
    assert set(crossed(answer)) == {"too_soon"}
    assert "they count towards the caps" in answer.cautions[-1].sentence


@given(st.lists(st.floats(min_value=0.1, max_value=2000), max_size=6), st.randoms())
def test_the_order_of_entry_does_not_matter(hours: list[float], chance: Any) -> None:
    doses = [ago(each) for each in hours]
    shuffled = doses[:]
    chance.shuffle(shuffled)
    assert crossed(ask(*doses)) == crossed(ask(*shuffled))


@given(st.lists(st.floats(min_value=0.1, max_value=2000), max_size=6), st.floats(0.1, 2000))
def test_one_more_dose_on_record_never_lifts_a_limit(hours: list[float], one_more: float) -> None:
    before, after = ask(*map(ago, hours)), ask(*map(ago, [*hours, one_more]))
    assert set(crossed(before)) <= set(crossed(after))


# --- cautions ---------------------------------------------------------------------------------------------


def test_isolated_icans_is_no_reason_for_tocilizumab() -> None:
    said = [caution.sentence for caution in ask(has_crs=False, has_icans=True).cautions]
    assert said == [RULE.not_for]
    assert ask(has_crs=True, has_icans=True).cautions == ()


def test_repeating_it_with_icans_asks_for_steroid() -> None:
    said = [caution.sentence for caution in ask(ago(20), has_icans=True).cautions]
    assert said == [RULE.repeated_with_icans]


# --- what was typed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "rule"),
    [("580", None), ("579", None), ("600", None), ("638", None), ("639", "off_arithmetic"),
     ("500", "off_arithmetic"), ("800.01", "over_cap"), ("1160", "over_cap")],
)  # fmt: skip
def test_a_typed_dose_is_held_against_cap_and_arithmetic(typed: str, rule: str | None) -> None:
    found = treatment.typed_limits(Decimal(typed), ask(), RULE)
    assert [limit.rule for limit in found] == ([rule] if rule else [])


def test_a_dose_over_the_cap_needs_two_signatures_and_one_off_the_arithmetic_one() -> None:
    (over,) = treatment.typed_limits(Decimal(960), ask(kg="120"), RULE)
    (off,) = treatment.typed_limits(Decimal(400), ask(), RULE)
    assert (over.cosign, over.sentence) == (True, "960 mg is over the cap of 800 mg")
    assert off.cosign is False
    assert off.sentence == "400 mg is 31 % off the arithmetic: 8 mg/kg x 72.5 kg = 580 mg, cap 800 mg"


def test_without_a_weight_no_typed_dose_is_in_order() -> None:
    (found,) = treatment.typed_limits(Decimal(400), ask(kg=None), RULE)
    assert (found.rule, found.cosign) == ("no_arithmetic", True)


# --- acetaminophen ----------------------------------------------------------------------------------------

TABLET = CARE.antipyretic


def test_premedication_home_and_ward_doses_count_together() -> None:
    doses = [
        ago(20, "1000", PARACETAMOL, "premedication"),
        ago(12, "650", PARACETAMOL),
        ago(7, "1000", PARACETAMOL),
        ago(7, "10", DEX),
    ]
    answer = treatment.acetaminophen(NOW, Decimal(650), doses, TABLET)
    assert answer.in_24_hours_mg == Decimal(2650)
    (limit,) = answer.limits
    assert limit.sentence == (
        "2,650 mg in 24 h with premedication and home doses; 650 mg more is 3,300 mg, at most 3,000 mg a day"
    )


@pytest.mark.parametrize(("hours", "soon"), [(5.9, True), (6, False)])
def test_acetaminophen_waits_its_interval(hours: float, soon: bool) -> None:
    answer = treatment.acetaminophen(NOW, Decimal(650), [ago(hours, "650", PARACETAMOL)], TABLET)
    assert [limit.rule for limit in answer.limits] == (["too_soon"] if soon else [])


def test_a_dose_without_its_mg_is_said_and_not_read_as_nothing() -> None:
    answer = treatment.acetaminophen(NOW, Decimal(650), [ago(9, None, PARACETAMOL)], TABLET)
    assert answer.unknown == 1
    assert "at least" in answer.cautions[0].sentence


def test_a_late_entry_counts_with_the_day_it_falls_in() -> None:
    later = [ago(-6, "1000", PARACETAMOL), ago(-13, "1000", PARACETAMOL), ago(-20, "1000", PARACETAMOL)]
    answer = treatment.acetaminophen(NOW, Decimal(1000), later, TABLET)
    assert [limit.rule for limit in answer.limits] == ["max_mg_per_day"]


# --- steroids ---------------------------------------------------------------------------------------------


def test_the_daily_steroid_total_includes_take_home_and_premedication() -> None:
    totals = treatment.steroid_totals(
        NOW,
        [
            ago(3, "20", InterventionKind.POCKET_DEXAMETHASONE),
            ago(20, "16", DEX, "premedication"),
            ago(5, "40", DEX, "second_drug"),
            ago(25, "10", DEX),
            ago(1, None, DEX),
            ago(2, "500", InterventionKind.METHYLPREDNISOLONE),
        ],
    )
    assert [(total.drug, total.mg, total.doses, total.unknown) for total in totals] == [
        ("dexamethasone", Decimal(76), 4, 1),
        ("methylprednisolone", Decimal(500), 1, 0),
    ]
