"""Wall clock to instant, in zones with whole and half hours, on both nights when the clocks change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dosing_portal.kernel.local_time import RepeatedTimeError, SkippedTimeError, instant

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # changes its clocks by half an hour
BACK = date(2026, 11, 1)
FORWARD = date(2026, 3, 8)


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 11, 19), time(14, 32), NEW_YORK, datetime(2026, 11, 19, 19, 32, tzinfo=UTC)),
        (date(2026, 7, 19), time(14, 32), NEW_YORK, datetime(2026, 7, 19, 18, 32, tzinfo=UTC)),
        (date(2026, 11, 19), time(0, 0), KOLKATA, datetime(2026, 11, 18, 18, 30, tzinfo=UTC)),
        (BACK, time(0, 59), NEW_YORK, datetime(2026, 11, 1, 4, 59, tzinfo=UTC)),
        (BACK, time(2, 0), NEW_YORK, datetime(2026, 11, 1, 7, 0, tzinfo=UTC)),
        (FORWARD, time(1, 59), NEW_YORK, datetime(2026, 3, 8, 6, 59, tzinfo=UTC)),
        (FORWARD, time(3, 0), NEW_YORK, datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    ],
)
def test_ordinary_times(day: date, at: time, zone: ZoneInfo, expected: datetime) -> None:
    assert instant(day, at, zone) == expected


@pytest.mark.parametrize("at", [time(1, 0), time(1, 30), time(1, 59)])
def test_a_repeated_hour_asks_and_takes_either_answer(at: time) -> None:
    with pytest.raises(RepeatedTimeError):
        instant(BACK, at, NEW_YORK)
    first = instant(BACK, at, NEW_YORK, second=False)
    second = instant(BACK, at, NEW_YORK, second=True)
    assert (second - first).total_seconds() == 3600


@pytest.mark.parametrize("at", [time(2, 0), time(2, 30), time(2, 59)])
def test_a_skipped_hour_names_the_times_around_it(at: time) -> None:
    with pytest.raises(SkippedTimeError) as refused:
        instant(FORWARD, at, NEW_YORK, second=True)
    assert refused.value.earlier.strftime("%H:%M %Z") == f"01:{at:%M} EST"
    assert refused.value.later.strftime("%H:%M %Z") == f"03:{at:%M} EDT"


def test_half_an_hour_skipped() -> None:
    with pytest.raises(SkippedTimeError) as refused:
        instant(date(2026, 10, 4), time(2, 15), LORD_HOWE)
    assert [f"{t:%H:%M}" for t in (refused.value.earlier, refused.value.later)] == ["01:45", "02:45"]
