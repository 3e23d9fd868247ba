"""The emergency plan: in order, added to as the grade rises, doses worked out, marks kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.library.standards import shipped_spec
from protocols.rules import emergency
from protocols.rules.emergency import EmergencyStep
from protocols.rules.values import Grading, Toxicity

SPEC = shipped_spec()
CRS, ICANS = Toxicity.CRS, Toxicity.ICANS


def step(step_id: str, grade: int, weight: str | None = None, toxicity: Toxicity = CRS) -> EmergencyStep:
    steps = emergency.plan(toxicity, grade, SPEC, None if weight is None else Decimal(weight))
    return next(one for one in steps if one.id == step_id)


@pytest.mark.parametrize(
    ("weight", "mg", "arithmetic"),
    [
        ("72.4", "579.2", "8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg"),
        ("50", "400", "8 mg/kg x 50 kg = 400 mg, cap 800 mg"),
        ("72.5", "580", "8 mg/kg x 72.5 kg = 580 mg, cap 800 mg"),
        ("99.9", "799.2", "8 mg/kg x 99.9 kg = 799.2 mg, cap 800 mg"),
        ("100", "800", "8 mg/kg x 100 kg = 800 mg, cap 800 mg"),
        ("120", "800", "8 mg/kg x 120 kg = 960 mg, over the cap: 800 mg"),
    ],
)
def test_tocilizumab_is_worked_out(weight: str, mg: str, arithmetic: str) -> None:
    tocilizumab = step("tocilizumab", 2, weight)
    assert (tocilizumab.dose_mg, tocilizumab.arithmetic) == (Decimal(mg), arithmetic)
    assert tocilizumab.intervention == "tocilizumab"
    assert tocilizumab.missing == ()


def test_without_a_weight_the_step_stands_and_says_what_it_needs() -> None:
    tocilizumab = step("tocilizumab", 2)
    assert (tocilizumab.dose_mg, tocilizumab.missing) == (None, ("weight",))
    assert tocilizumab.arithmetic == "8 mg/kg, cap 800 mg: weigh the patient"


def test_a_weight_under_which_another_dose_holds_is_not_computed() -> None:
    tocilizumab = step("tocilizumab", 2, "29.9")
    assert (tocilizumab.dose_mg, tocilizumab.missing) == (None, ("dose",))
    assert "ask pharmacy" in tocilizumab.arithmetic
    assert step("tocilizumab", 2, "30").dose_mg == 240


@given(st.decimals("30", "250", places=1))
def test_a_dose_never_passes_its_cap_nor_falls_with_the_weight(weight: Decimal) -> None:
    lighter, heavier = (step("tocilizumab", 3, str(kg)).dose_mg for kg in (weight, weight + 1))
    assert lighter is not None
    assert heavier is not None
    assert lighter <= heavier <= 800


@pytest.mark.parametrize("toxicity", Toxicity)
@pytest.mark.parametrize("grade", [1, 2, 3, 4])
def test_every_grade_has_a_plan_and_every_step_its_source(toxicity: Toxicity, grade: int) -> None:
    steps = emergency.plan(toxicity, grade, SPEC)
    assert len(steps) > 5
    assert len({one.id for one in steps}) == len(steps)
    assert all(one.do and one.source for one in steps)
    clocks = {one.id: one.within_minutes for one in steps}
    assert all(one.after in clocks for one in steps if one.after)


@pytest.mark.parametrize(("toxicity", "grade"), [(CRS, 0), (CRS, 5), (ICANS, 0)])
def test_no_plan_without_something_to_do(toxicity: Toxicity, grade: int) -> None:
    assert emergency.plan(toxicity, grade, SPEC) == ()


@pytest.mark.parametrize("toxicity", Toxicity)
def test_steps_that_still_apply_stay_when_the_grade_rises(toxicity: Toxicity) -> None:
    """What is done at grade 2 and again at 4 is asked for at 3 as well, under the same id."""
    ids = [{one.id for one in emergency.plan(toxicity, grade, SPEC)} for grade in (1, 2, 3, 4)]
    for lower, middle, higher in ((0, 1, 2), (1, 2, 3), (0, 2, 3), (0, 1, 3)):
        assert ids[lower] & ids[higher] <= ids[middle]
    assert {"hold_drug"} <= set.intersection(*ids)


def test_the_grade_decides_what_is_done() -> None:
    assert {"come_in", "acetaminophen", "tocilizumab_decision"} <= {
        s.id for s in emergency.plan(CRS, 1, SPEC)
    }
    assert "tocilizumab" not in {s.id for s in emergency.plan(CRS, 1, SPEC)}
    assert {"tocilizumab", "admit", "monitor"} <= {s.id for s in emergency.plan(CRS, 2, SPEC)}
    assert {"intensive_care", "dexamethasone"} <= {s.id for s in emergency.plan(CRS, 3, SPEC)}
    assert {"methylprednisolone", "stop_for_good"} <= {s.id for s in emergency.plan(CRS, 4, SPEC)}
    assert "tocilizumab" not in {s.id for s in emergency.plan(ICANS, 4, SPEC)}


def test_a_recalled_action_keeps_its_mark() -> None:
    assert not step("stop_for_good", 4).confirmed
    assert not step("raised_pressure", 4, toxicity=ICANS).confirmed
    assert not step("close_watch", 2).confirmed  # ours
    assert step("tocilizumab", 2).confirmed  # two tables were read


def test_condition_and_reason_are_said() -> None:
    assert step("neutropenic_fever", 2).because == (
        "when neutrophils are low or unknown; runs beside CRS; neither waits for the other"
    )
    assert step("close_watch", 2).repeat_minutes == 15
    assert step("dexamethasone_if_no_better", 2).after == "tocilizumab"


def test_an_uncertain_grade_is_treated_by_its_lower_bound() -> None:
    grading = Grading(CRS, 2, (), None, missing=("oxygen",))
    assert emergency.plan_for(grading, SPEC) == emergency.plan(CRS, 2, SPEC)
    cannot = replace(grading, at_least=0, cannot_grade=True)
    assert emergency.plan_for(cannot, SPEC) == ()
