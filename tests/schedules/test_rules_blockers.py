"""From what is known of a next dose to what blocks it."""

import pytest

from schedules.rules.blockers import AmountOnRecord, DoseFacts, Weighed, blockers
from schedules.rules.dose_lock import Lock

CASES: list[tuple[DoseFacts, tuple[str, ...]]] = [
    (DoseFacts(), ()),
    (DoseFacts(weighed=Weighed.KNOWN), ()),
    (DoseFacts(locks=(("CRS", Lock.UNDECIDED),)), ("CRS: next dose not decided",)),
    (
        DoseFacts(locks=(("ICANS", Lock.STOPPED), ("CRS", Lock.UNRESOLVED), ("CRS", Lock.NONE))),
        ("CRS not resolved", "Stopped for good after ICANS"),
    ),
    (DoseFacts(locks=(("CRS", Lock.UNRESOLVED),)), ("CRS not resolved",)),
    (
        DoseFacts(locks=(("ICANS", Lock.UNRESOLVED), ("CRS", Lock.UNRESOLVED))),
        ("CRS not resolved", "ICANS not resolved"),
    ),
    (DoseFacts(locks=(("CRS", Lock.UNRESOLVED), ("CRS", Lock.UNRESOLVED))), ("CRS not resolved",)),
    (DoseFacts(weighed=Weighed.MISSING), ("Weight missing",)),
    (DoseFacts(weighed=Weighed.MISSING, amount=AmountOnRecord.NONE), ("Weight missing",)),
    (DoseFacts(weighed=Weighed.OFF_TABLE), ("Weight off the table",)),
    (DoseFacts(amount=AmountOnRecord.UNCONFIRMED), ("Amount not confirmed",)),
    (DoseFacts(amount=AmountOnRecord.NONE), ("The record gives no amount",)),
    (
        DoseFacts((("CRS", Lock.UNRESOLVED),), Weighed.OFF_TABLE, AmountOnRecord.UNCONFIRMED),
        ("CRS not resolved", "Weight off the table", "Amount not confirmed"),
    ),
]


@pytest.mark.parametrize(("facts", "expected"), CASES)
def test_what_blocks_follows_from_the_facts(facts: DoseFacts, expected: tuple[str, ...]) -> None:
    assert blockers(facts) == expected


@pytest.mark.parametrize(("facts", "_expected"), CASES)
def test_every_title_fits_its_column(facts: DoseFacts, _expected: tuple[str, ...]) -> None:
    assert all(len(title) <= 80 for title in blockers(facts))
