"""The shapes of the record: schedules in order, confirmation of blocks and of single values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from protocols.rules.regimen import (
    Amount,
    DoseUnit,
    Response,
    UnknownDoseError,
    UnknownScheduleError,
    value_confirmed,
)
from protocols.rules.values import Provenance, Source, Status
from tests.rules.record import COMBINATION, ELRANATAMAB, MONO, TALQUETAMAB, TECLISTAMAB, confirmed

SOURCE = Source("PI", "Prescribing information")


def provenance(status: Status, confirmed_by: str = "") -> Provenance:
    return Provenance("invented/block", status, SOURCE, confirmed_by=confirmed_by)


@pytest.mark.parametrize("status", Status)
def test_only_verified_and_derived_blocks_are_live(status: Status) -> None:
    assert value_confirmed(provenance(status)) is (status in (Status.VERIFIED, Status.DERIVED))


@pytest.mark.parametrize("status", Status)
def test_a_pharmacist_confirms_any_block(status: Status) -> None:
    assert value_confirmed(provenance(status, confirmed_by="Pharmacist SAMPLE"))


def test_a_value_can_be_unverified_inside_a_verified_block() -> None:
    assert not value_confirmed(provenance(Status.VERIFIED), unverified_value=True)
    assert value_confirmed(provenance(Status.VERIFIED, "Pharmacist SAMPLE"), unverified_value=True)


def test_no_provenance_is_never_confirmed() -> None:
    assert not value_confirmed(None)


def test_the_schedule_that_is_not_named_is_the_default_one() -> None:
    assert TECLISTAMAB.schedule().id == "monotherapy"
    assert TALQUETAMAB.schedule().id == "every_2_weeks"


def test_an_unknown_schedule_names_the_known_ones() -> None:
    with pytest.raises(UnknownScheduleError, match="monotherapy, combination_daratumumab"):
        TECLISTAMAB.schedule("weekly")


def test_an_unknown_dose_names_the_known_ones() -> None:
    with pytest.raises(UnknownDoseError, match="sud1, sud2, tx1, txw, txq2w"):
        MONO.dose("sud9")


def test_doses_follow_each_other_and_treatment_repeats() -> None:
    following = {dose.id: COMBINATION.next_after(dose.id).id for dose in COMBINATION.doses}
    assert following == {
        "dara0": "sud1",
        "sud1": "sud2",
        "sud2": "tx1",
        "tx1": "txw",
        "txw": "txw",
        "txq2w": "txq2w",
        "txq4w": "txq4w",
    }


def test_planned_days_come_from_printed_days_or_the_cadence() -> None:
    def planned(dose_id: str) -> int | None:
        return COMBINATION.planned_days_between(COMBINATION.dose(dose_id))

    assert planned("sud2") == 2
    assert planned("tx1") == 4
    assert planned("txw") == 7
    assert planned("txq4w") == 28
    assert planned("sud1") is None


@pytest.mark.parametrize(
    ("reached", "wanted", "enough"),
    [
        (Response.PARTIAL, Response.PARTIAL, True),
        (Response.STRINGENT_COMPLETE, Response.COMPLETE, True),
        (Response.VERY_GOOD_PARTIAL, Response.COMPLETE, False),
        (Response.STABLE, Response.PARTIAL, False),
    ],
)
def test_responses_are_ordered(reached: Response, wanted: Response, enough: bool) -> None:
    assert reached.reaches(wanted) is enough


def test_an_amount_reads_as_the_label_prints_it() -> None:
    assert str(Amount(Decimal("0.06"), DoseUnit.MG_PER_KG)) == "0.06 mg/kg"


def test_confirming_one_block_leaves_the_others() -> None:
    record = confirmed("elranatamab", "elranatamab/standard/restart/elr-r1")
    rows = {row.id: row.provenance.confirmed for row in record.schedule().restart.rows}
    assert rows["elr-r1"]
    assert not rows["elr-r2"]
    assert not any(row.provenance.confirmed for row in ELRANATAMAB.schedule().restart.rows)
