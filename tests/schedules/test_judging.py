"""From which doses a patient's hours are counted."""

from __future__ import annotations

from datetime import timedelta

from protocols import library
from schedules.services.judging import dose_entries
from tests.factories import AT

DOSES = (("dara0", AT), ("sud1", AT + timedelta(days=1)))


def test_hours_count_from_the_bispecific_and_not_from_the_drug_beside_it() -> None:
    schedule = library.load("teclistamab").schedule("combination_daratumumab")
    assert [(entry.dose, entry.at) for entry in dose_entries(DOSES, schedule)] == [DOSES[1]]


def test_where_no_schedule_says_what_a_dose_is_every_dose_counts() -> None:
    assert [entry.dose for entry in dose_entries(DOSES, None)] == ["dara0", "sud1"]
