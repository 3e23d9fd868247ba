"""What blocks a dose: every bound, every condition, and everything that was not recorded."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import library
from protocols.rules.readiness import Blocker, Findings, blockers
from protocols.rules.regimen import Regimen, Schedule
from tests.rules.record import ELRANATAMAB, LINVOSELTAMAB, MONO, TECLISTAMAB, own_doses

RULES = library.readiness_rules()
FINE = Findings(
    anc=Decimal("1.8"),
    platelets=Decimal(150),
    hemoglobin=Decimal(11),
    bleeding=False,
    active_infection=False,
    education_complete=True,
    eligibility_complete=True,
    consent=True,
    rems=True,
    stage="step_up",
    tocilizumab_doses=2,
    unresolved_toxicity=False,
)


def blocked(dose: str, **changed: Any) -> tuple[Blocker, ...]:
    return blocked_by(TECLISTAMAB, dose, **changed)


def blocked_by(regimen: Regimen, dose: str, **changed: Any) -> tuple[Blocker, ...]:
    return blockers(regimen, regimen.schedule(), dose, replace(FINE, **changed), RULES)


def names(found: tuple[Blocker, ...]) -> list[str]:
    return [blocker.name for blocker in found]


def test_nothing_blocks_when_everything_is_fine() -> None:
    assert blocked("sud1") == ()


@pytest.mark.parametrize(
    ("name", "under", "at"),
    [("anc", "0.49", "0.5"), ("platelets", "24.9", "25"), ("hemoglobin", "7.9", "8")],
)
def test_counts_block_under_their_bound_only(name: str, under: str, at: str) -> None:
    assert names(blocked("sud1", **{name: Decimal(under)})) == [name]
    assert blocked("sud1", **{name: Decimal(at)}) == ()


@pytest.mark.parametrize(("platelets", "count"), [("50", 1), ("50.1", 0)])
def test_bleeding_raises_the_bound_of_platelets(platelets: str, count: int) -> None:
    assert len(blocked("txw", platelets=Decimal(platelets), bleeding=True)) == count
    assert blocked("txw", platelets=Decimal(platelets)) == ()


def test_infection_blocks_step_up_by_the_record_and_maintenance_by_the_physician() -> None:
    (by_record,) = blocked("sud2", active_infection=True)
    (by_physician,) = blocked("txw", active_infection=True)
    assert by_record.source
    assert "ask the physician" in by_physician.because
    assert not by_physician.confirmed


def test_a_record_without_an_infection_rule_still_blocks() -> None:
    assert names(blocked_by(LINVOSELTAMAB, "sud1", active_infection=True)) == ["active_infection"]


@pytest.mark.parametrize("name", ["education_complete", "eligibility_complete", "consent", "rems"])
def test_each_requirement_must_be_met(name: str) -> None:
    (blocker,) = blocked("sud1", **{name: False})
    assert blocker.name == name


def test_an_unresolved_toxicity_blocks_every_dose() -> None:
    assert names(blocked("sud1", unresolved_toxicity=True)) == ["unresolved_toxicity"]
    assert names(blocked("txw", unresolved_toxicity=True)) == ["unresolved_toxicity"]


def test_tocilizumab_is_counted_for_the_doses_with_a_window() -> None:
    assert names(blocked("tx1", tocilizumab_doses=1)) == ["tocilizumab_doses"]
    assert blocked("txw", tocilizumab_doses=0) == ()


@pytest.mark.parametrize(
    ("stage", "allowed"),
    [("maintenance", {"txw"}), ("first_treatment", {"txw", "tx1"}), ("step_up", {"txw", "tx1", "sud1"})],
)
def test_the_stage_says_which_doses_are_given_outside_hospital(stage: str, allowed: set[str]) -> None:
    assert {dose for dose in ("sud1", "tx1", "txw") if not blocked(dose, stage=stage)} == allowed


def test_a_stage_that_nobody_knows_blocks() -> None:
    assert names(blocked("txw", stage="moon")) == ["stage"]


@pytest.mark.parametrize("name", [field.name for field in fields(Findings) if field.name != "bleeding"])
def test_what_is_not_recorded_blocks_by_its_name(name: str) -> None:
    (blocker,) = blocked("sud1", **{name: None})
    assert (blocker.name, blocker.missing) == (name, True)


def test_a_worked_case_may_leave_findings_out() -> None:
    only = Findings(anc=Decimal("0.4"))
    found = blockers(TECLISTAMAB, MONO, "sud1", only, RULES, missing_is_fine=True)
    assert names(found) == ["anc"]


def test_a_recalled_bound_is_marked() -> None:
    (blocker,) = blocked_by(ELRANATAMAB, "sud1", anc=Decimal("0.1"))
    assert not blocker.confirmed
    assert "withhold until ANC" in blocker.because


@given(dose=own_doses, anc=st.decimals(0, 5, places=2), less=st.decimals(0, 5, places=2))
def test_a_lower_count_never_unblocks(
    dose: tuple[Regimen, Schedule, str], anc: Decimal, less: Decimal
) -> None:
    regimen, schedule, dose_id = dose

    def found(count: Decimal) -> set[str]:
        return set(names(blockers(regimen, schedule, dose_id, replace(FINE, anc=count), RULES)))

    assert found(anc) <= found(max(Decimal(0), anc - less))
