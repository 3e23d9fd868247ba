"""Scales: elapsed time from left to right, values from bottom to top."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from schedules.charts.inputs import Span

LABEL_ROOM = 84
"""px that a date label such as "Mon 16-Nov" takes."""
HOUR_ROOM = 38
"""px that a clock time takes."""
HOUR_STEPS = (6, 12)


@dataclass(frozen=True, slots=True)
class Tick:
    at: datetime
    label: str
    centered: bool
    """A day's name stands in the middle of its day; an hour's stands on its line."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Elapsed time, linear: a day of 25 hours is drawn wider. Instants are compared, never wall clocks."""

    span: Span
    left: float
    right: float

    def x(self, at: datetime) -> float:
        start, end = self.span.start.timestamp(), self.span.end.timestamp()
        return self.left + (at.timestamp() - start) / (end - start) * (self.right - self.left)

    def clamped(self, at: datetime) -> float:
        return min(max(self.x(at), self.left), self.right)

    def holds(self, at: datetime) -> bool:
        return self.left <= self.x(at) <= self.right

    @property
    def _pixels_per_day(self) -> float:
        return (self.right - self.left) / (self.span.length / timedelta(days=1))

    def midnights(self) -> list[datetime]:
        """Every local midnight inside the span."""
        return [at for at in self._local_times((0,)) if self.holds(at)]

    def hours(self) -> list[Tick]:
        """Clock times for a short span; empty when days are short enough to be named instead."""
        if self.span.length > timedelta(hours=30):
            return []
        step = next((s for s in HOUR_STEPS if self._pixels_per_day * s / 24 >= HOUR_ROOM), HOUR_STEPS[-1])
        return [
            Tick(at, f"{at:%H:%M}", centered=False)
            for at in self._local_times(tuple(range(0, 24, step)))
            if self.holds(at)
        ]

    def days(self) -> list[Tick]:
        """Names of days, every day or as many as have room: "Mon 16-Nov"."""
        every = max(1, -(-LABEL_ROOM // max(1, int(self._pixels_per_day))))
        shown = self._local_times((0,))
        return [Tick(at, f"{at:%a %d-%b}", centered=True) for at in list(shown)[::every]]

    def day_middle(self, midnight: datetime) -> float:
        """Middle of the drawn part of the day that starts at `midnight`."""
        following = _local(midnight.date() + timedelta(days=1), 0, midnight)
        return (self.clamped(midnight) + self.clamped(following)) / 2

    def _local_times(self, hours: tuple[int, ...]) -> Iterator[datetime]:
        day = self.span.start.date()
        while day <= self.span.end.date():
            yield from (_local(day, hour, self.span.start) for hour in hours)
            day += timedelta(days=1)


def _local(day: date, hour: int, like: datetime) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=like.tzinfo)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values from `low` at the bottom to `high` at the top. The range is one of drawing, not of care."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        share = (float(value) - self.low) / (self.high - self.low)
        return self.bottom - min(max(share, 0), 1) * (self.bottom - self.top)

    def outside(self, value: float) -> int:
        """1 above the scale, -1 below it, 0 on it."""
        return int(float(value) > self.high) - int(float(value) < self.low)
