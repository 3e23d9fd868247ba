"""Neutrophils low, too old or not known run the pathway beside the CRS one; the limit itself is not low."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from protocols.rules.treatment_settings import NeutropeniaRule
from protocols.rules.values import Provenance, Status
from schedules.rules.neutropenia import Neutrophils, judge
from tests.factories import AT

HOUR = timedelta(hours=1)
RULE = NeutropeniaRule(Decimal("1.0"), Decimal(72), Provenance("neutropenia", Status.DERIVED, None))


def count(anc: str, hours_ago: float) -> Neutrophils:
    return Neutrophils(Decimal(anc), AT - hours_ago * HOUR)


@pytest.mark.parametrize(
    ("newest", "needed", "low", "since"),
    [
        (None, True, False, AT - HOUR),
        (count("0.99", 12), True, True, AT - HOUR),
        (count("0.4", 0.5), True, True, AT - 0.5 * HOUR),
        (count("1.0", 12), False, False, None),
        (count("2.1", 72), False, False, None),
        (count("2.1", 72.1), True, False, AT - 0.1 * HOUR),
        (count("0.4", 100), True, False, AT - HOUR),
    ],
)
def test_the_pathway_runs_unless_a_recent_count_is_high_enough(
    newest: Neutrophils | None, needed: bool, low: bool, since: datetime | None
) -> None:
    found = judge(newest, AT, AT - HOUR, RULE)
    assert (found.needed, found.low) == (needed, low)
    assert (found.since is None) == (since is None)
    if found.since and since:
        assert abs(found.since - since) < timedelta(seconds=1)


def test_a_normal_count_says_when_it_is_too_old() -> None:
    assert judge(count("2.1", 12), AT, AT, RULE).expires == AT + 60 * HOUR
