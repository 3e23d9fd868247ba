"""From a wall clock to an instant, on the nights when the clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class RepeatedTimeError(ValueError):
    """The clocks went back: the wall clock showed this time twice."""

    def __init__(self, first: datetime, second: datetime) -> None:
        super().__init__(f"{first:%H:%M} happened twice on {first:%d-%b-%Y}")
        self.first = first
        self.second = second


class SkippedTimeError(ValueError):
    """The clocks went forward: the wall clock never showed this time."""

    def __init__(self, skipped: datetime, earlier: datetime, later: datetime) -> None:
        super().__init__(f"{skipped:%H:%M} did not happen on {skipped:%d-%b-%Y}")
        self.earlier = earlier
        self.later = later


def instant(day: date, at: time, zone: ZoneInfo, *, second: bool | None = None) -> datetime:
    """The instant at which the wall clock of a zone showed ``day`` and ``at``, in UTC.

    ``second`` answers which one is meant when the clocks went back; it is ignored on other nights.
    Raises ``RepeatedTimeError`` when it was not answered, and ``SkippedTimeError`` for a time that the wall
    clock jumped over.
    """
    wall = datetime.combine(day, at)
    readings = tuple(wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = (reading.astimezone(UTC) for reading in readings)
    if before == after:
        return before
    if before.astimezone(zone).replace(tzinfo=None) != wall:
        # In a gap, fold 1 counts with the later offset and lands before it; fold 0 lands behind it.
        raise SkippedTimeError(wall, earlier=after.astimezone(zone), later=before.astimezone(zone))
    if second is None:
        raise RepeatedTimeError(*readings)
    return after if second else before
