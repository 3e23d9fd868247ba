"""The label's setting after a dose, and the checks of the window, by elapsed hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.monitoring import checks, label_setting
from protocols.rules.spec import CheckRule
from protocols.rules.values import Provenance, Source, Status
from tests.rules.record import (
    COMBINATION,
    ELRANATAMAB,
    LINVOSELTAMAB,
    MONO,
    TECLISTAMAB,
    confirmed,
)

TORONTO = ZoneInfo("America/Toronto")
CENTER = Provenance("center/checks", Status.VERIFIED, Source("CENTER", "Center protocol"))


def every(hours: str, window: str = "48") -> CheckRule:
    return CheckRule(Decimal(hours), Decimal(window), early_minutes=120, grace_minutes=60, provenance=CENTER)


def test_the_label_has_its_hours_dose_by_dose() -> None:
    hours = [
        label_setting(ELRANATAMAB, ELRANATAMAB.schedule(), dose).hospital_hours
        for dose in ("sud1", "sud2", "tx1")
    ]
    assert hours == [Decimal(48), Decimal(24), Decimal(0)]


def test_the_stricter_text_stands_until_the_newer_one_is_confirmed() -> None:
    answer = label_setting(TECLISTAMAB, MONO, "tx1")
    assert (answer.hospital_hours, answer.proximity_hours) == (Decimal(48), None)
    assert answer.confirmed
    assert "March 2026 label says otherwise, not confirmed" in answer.because[1]


def test_the_newer_text_stands_once_it_is_confirmed() -> None:
    record = confirmed("teclistamab", "teclistamab/monitoring/current")
    answer = label_setting(record, record.schedule(), "tx1")
    assert (answer.hospital_hours, answer.proximity_hours) == (Decimal(0), Decimal(48))
    assert answer.daily_monitoring_hours == Decimal(48)
    assert answer.confirmed


def test_texts_that_agree_say_nothing_about_each_other() -> None:
    assert label_setting(TECLISTAMAB, COMBINATION, "sud1").because == (
        "after Step-up dose 1: 48 h in hospital",
    )


def test_a_dose_without_a_rule_is_not_said_to_need_none() -> None:
    answer = label_setting(LINVOSELTAMAB, LINVOSELTAMAB.schedule(), "tx1")
    assert answer.hospital_hours is None
    assert not answer.stated
    assert not answer.confirmed


# --- checks -----------------------------------------------------------------------------------------


def test_checks_come_every_interval_to_the_end_of_the_window() -> None:
    given_at = datetime(2026, 4, 6, 13, 30, tzinfo=UTC)
    plan = checks(given_at, every("8"))
    assert [(due - given_at).total_seconds() / 3600 for due in plan.due] == [8, 16, 24, 32, 40, 48]
    assert plan.closes_at == given_at + timedelta(hours=48)


def test_an_interval_that_does_not_fit_ends_before_the_window() -> None:
    plan = checks(datetime(2026, 4, 6, 13, 30, tzinfo=UTC), every("9"))
    assert len(plan.due) == 5
    assert plan.due[-1] < plan.closes_at


def test_no_interval_is_no_fixed_check() -> None:
    assert checks(datetime(2026, 4, 6, tzinfo=UTC), every("0")).due == ()


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 7, 14, 0, tzinfo=TORONTO), datetime(2026, 10, 31, 14, 0, tzinfo=TORONTO)]
)
def test_a_clock_change_moves_no_check(day: datetime) -> None:
    plan = checks(day, every("8"))
    given_at = day.astimezone(UTC)
    assert [due.astimezone(UTC) - given_at for due in plan.due] == [
        timedelta(hours=8 * n) for n in range(1, 7)
    ]
    assert plan.closes_at.astimezone(UTC) - given_at == timedelta(hours=48)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        checks(datetime(2026, 4, 6, 13, 30), every("8"))  # noqa: DTZ001 the point of this test


@given(every_minutes=st.integers(15, 1440), window=st.integers(1, 200))
def test_no_check_lies_outside_its_window(every_minutes: int, window: int) -> None:
    rule = every(str(Decimal(every_minutes) / 60), str(window))
    plan = checks(datetime(2026, 4, 6, 13, 30, tzinfo=UTC), rule)
    assert all(plan.opens_at < due <= plan.closes_at for due in plan.due)
