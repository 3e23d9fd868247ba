"""Less frequent doses: every criterion is met, none is assumed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.frequency import TreatmentSoFar, switch
from protocols.rules.regimen import Response
from tests.rules.record import COMBINATION, ELRANATAMAB, LINVOSELTAMAB, MONO, TALQUETAMAB

WEEKLY = ELRANATAMAB.schedule()
ENOUGH = TreatmentSoFar(weeks=Decimal(24), response=Response.PARTIAL, months_maintained=Decimal(2))


def test_all_criteria_together_allow_it() -> None:
    answer = switch(WEEKLY, "txw", ENOUGH)
    assert (answer.allowed, answer.to, answer.missing) == (True, "txq2w", ())
    assert answer.confirmed
    assert "weeks: 24, at least 24 needed" in answer.because


@pytest.mark.parametrize(
    "short",
    [
        {"weeks": Decimal(23)},
        {"response": Response.MINIMAL},
        {"months_maintained": Decimal("1.9")},
    ],
)
def test_any_criterion_that_is_not_met_forbids_it(short: dict[str, object]) -> None:
    answer = switch(WEEKLY, "txw", replace(ENOUGH, **short))  # type: ignore[arg-type]
    assert (answer.allowed, answer.to, answer.missing) == (False, None, ())


@pytest.mark.parametrize("name", ["weeks", "response", "months_maintained"])
def test_what_is_not_recorded_never_meets_a_criterion(name: str) -> None:
    answer = switch(WEEKLY, "txw", replace(ENOUGH, **{name: None}))
    assert answer.allowed is False
    assert answer.missing == (name,)


def test_a_response_that_was_lost_is_not_maintained() -> None:
    lost = TreatmentSoFar(weeks=Decimal(30), response=Response.COMPLETE, months_maintained=Decimal(0))
    answer = switch(WEEKLY, "txq2w", lost)
    assert answer.allowed is False
    assert "response not maintained" in answer.because


def test_full_doses_are_counted_with_the_first_one() -> None:
    schedule = LINVOSELTAMAB.schedule()
    assert switch(schedule, "txw", TreatmentSoFar(doses=10)).allowed is False
    assert switch(schedule, "txw", TreatmentSoFar(doses=11)).to == "txq2w"


def test_a_calendar_switch_needs_no_response() -> None:
    assert switch(COMBINATION, "txw", TreatmentSoFar(weeks=Decimal(7))).to == "txq2w"
    assert switch(COMBINATION, "txq2w", TreatmentSoFar(weeks=Decimal(16))).to == "txq4w"


def test_an_unconfirmed_criterion_says_so() -> None:
    complete = TreatmentSoFar(response=Response.COMPLETE, months_maintained=Decimal(6))
    answer = switch(MONO, "txw", complete)
    assert answer.allowed
    assert not answer.confirmed


def test_no_criterion_on_record_is_no_answer() -> None:
    answer = switch(TALQUETAMAB.schedule("weekly"), "txw", ENOUGH)
    assert answer.allowed is None
    assert "criterion for moving from weekly to every 2 weeks not found" in answer.because[1]
    assert switch(WEEKLY, "txq4w", ENOUGH).allowed is None


@given(
    weeks=st.integers(0, 60),
    months=st.integers(0, 24),
    response=st.sampled_from(Response),
    longer=st.integers(0, 30),
)
def test_waiting_longer_never_forbids_it(weeks: int, months: int, response: Response, longer: int) -> None:
    now = TreatmentSoFar(Decimal(weeks), None, response, Decimal(months))
    later = TreatmentSoFar(Decimal(weeks + longer), None, response, Decimal(months + longer))
    assert switch(WEEKLY, "txw", later).allowed or not switch(WEEKLY, "txw", now).allowed
