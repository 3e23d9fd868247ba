"""Premedication: by the schedule, again after what happened, and never assumed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.premedication import PremedicationAnswer, before
from protocols.rules.regimen import DoseHistory, DoseKind, Regimen, Schedule
from tests.rules.record import (
    COMBINATION,
    ELRANATAMAB,
    LINVOSELTAMAB,
    MONO,
    TALQUETAMAB,
    TECLISTAMAB,
    own_doses,
)

CRS = (DoseHistory.CRS_AFTER_LAST_DOSE,)
histories = st.sets(st.sampled_from(DoseHistory))


def linvoseltamab(
    dose: str, number: int | None = None, history: tuple[DoseHistory, ...] = ()
) -> PremedicationAnswer:
    return before(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), dose, history, number)


@pytest.mark.parametrize("dose", ["sud1", "sud2", "tx1"])
def test_step_up_and_first_treatment_doses_are_premedicated(dose: str) -> None:
    answer = before(TECLISTAMAB, MONO, dose)
    assert answer.required
    assert answer.hours_before == (Decimal(1), Decimal(3))
    assert [drug.name for drug in answer.drugs] == ["dexamethasone", "diphenhydramine", "acetaminophen"]
    assert answer.confirmed


def test_the_amounts_are_those_of_the_record() -> None:
    answer = before(TECLISTAMAB, MONO, "sud1")
    amounts = {drug.name: answer.mg_of(drug) for drug in answer.drugs}
    assert amounts == {
        "dexamethasone": (Decimal(16), Decimal(16)),
        "diphenhydramine": (Decimal(50), Decimal(50)),
        "acetaminophen": (Decimal(650), Decimal(1000)),
    }


def test_hours_that_the_record_gives_roughly_are_said_to_be_rough() -> None:
    answer = before(ELRANATAMAB, ELRANATAMAB.schedule(), "sud1")
    assert answer.hours_before == (Decimal(1), Decimal(1))
    assert "the hours are approximate" in answer.because


def test_a_weekly_dose_on_time_needs_none() -> None:
    answer = before(ELRANATAMAB, ELRANATAMAB.schedule(), "txw")
    assert answer.required is False
    assert answer.drugs == ()


def test_crs_after_the_last_dose_asks_for_it_again() -> None:
    answer = before(TECLISTAMAB, MONO, "txw", CRS)
    assert answer.required
    assert answer.drugs
    assert answer.confirmed


def test_a_reason_that_rests_on_one_source_is_unconfirmed() -> None:
    schedule = TALQUETAMAB.schedule()
    assert before(TALQUETAMAB, schedule, "txq2w").confirmed
    assert not before(TALQUETAMAB, schedule, "txq2w", CRS).confirmed


def test_a_repeat_counts_for_step_up_doses_only_where_the_record_says_so() -> None:
    repeated = (DoseHistory.REPEATED,)
    assert before(TECLISTAMAB, MONO, "txw", repeated).required is False
    assert before(ELRANATAMAB, ELRANATAMAB.schedule(), "txw", repeated).required is True


def test_a_late_treatment_dose_follows_its_restart_row() -> None:
    delayed = (DoseHistory.DELAYED,)
    late = before(ELRANATAMAB, ELRANATAMAB.schedule(), "txw", delayed)
    assert late.required is True
    assert late.because[0] == "late dose, row elr-r6"
    assert not late.confirmed
    assert before(TECLISTAMAB, MONO, "txw", delayed).required is False


def test_drugs_with_their_own_times_have_no_common_span() -> None:
    answer = linvoseltamab("sud1")
    assert answer.required
    assert answer.hours_before is None
    spans = {drug.name: (drug.hours_before_min, drug.hours_before_max) for drug in answer.drugs}
    assert spans["dexamethasone"] == (Decimal(1), Decimal(3))
    assert spans["acetaminophen"] == (Decimal("0.5"), Decimal(1))


def test_the_second_full_dose_has_its_own_amount() -> None:
    quiet, after_crs = linvoseltamab("txw", 2), linvoseltamab("txw", 2, CRS)
    assert quiet.mg_of(quiet.drugs[0]) == (Decimal(10), Decimal(10))
    assert after_crs.mg_of(after_crs.drugs[0]) == (Decimal(40), Decimal(40))


def test_later_full_doses_need_it_after_crs_only() -> None:
    assert linvoseltamab("txw", 3).required is False
    assert linvoseltamab("txw", 3, CRS).required is True


def test_where_full_doses_count_an_unknown_number_is_no_answer() -> None:
    answer = linvoseltamab("txw")
    assert answer.required is None
    assert not answer.confirmed
    assert "how many full doses were given is not known" in answer.because


def test_a_companion_drug_follows_its_own_label() -> None:
    answer = before(TECLISTAMAB, COMBINATION, "dara0")
    assert answer.required is None
    assert "its own label" in answer.because[0]


@given(dose=own_doses, history=histories, more=histories)
def test_more_history_never_takes_premedication_away(
    dose: tuple[Regimen, Schedule, str], history: set[DoseHistory], more: set[DoseHistory]
) -> None:
    regimen, schedule, dose_id = dose
    if before(regimen, schedule, dose_id, history).required:
        assert before(regimen, schedule, dose_id, history | more).required


@given(dose=own_doses, history=histories)
def test_a_step_up_dose_is_always_premedicated(
    dose: tuple[Regimen, Schedule, str], history: set[DoseHistory]
) -> None:
    regimen, schedule, dose_id = dose
    if schedule.dose(dose_id).kind in (DoseKind.STEP_UP, DoseKind.FIRST_TREATMENT):
        assert before(regimen, schedule, dose_id, history).required


@pytest.mark.parametrize("history", [(), CRS, (DoseHistory.DELAYED,)])
def test_an_answer_names_its_source_also_where_nothing_is_asked_for(history: tuple[DoseHistory, ...]) -> None:
    assert before(TECLISTAMAB, MONO, "txw", history).source
