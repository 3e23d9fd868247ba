"""Where each part of the course chart stands, in px from the top left: beside a column, and on a phone."""

from dataclasses import dataclass

from schedules.charts.axis import ValueScale

TEMPERATURE = (35.5, 40.0)
PRESSURE = (40.0, 150.0)
SATURATION = (88.0, 100.0)


@dataclass(frozen=True, slots=True)
class Layout:
    """`narrow` names panels inside themselves, drops the °F ticks and keeps words in the right gutter."""

    width: int
    left: int
    right: int
    narrow: bool

    @property
    def gutter(self) -> int:
        return self.width - self.right


WIDE = Layout(width=832, left=74, right=776, narrow=False)
NARROW = Layout(width=326, left=44, right=226, narrow=True)

NOW_PILL = 18
STAIRCASE = 196
LANE = 20


@dataclass(frozen=True, slots=True)
class Rows:
    """The vertical plan: tops of lanes and ribbons, scales of the panels, baseline of the dates."""

    stairs_bottom: float
    checks: float
    given: tuple[float, float]
    temperature: ValueScale
    pressure: ValueScale
    saturation: ValueScale
    ribbons: tuple[float, ...]
    dates: float
    height: int

    @property
    def plot_top(self) -> float:
        return self.checks - 4


def plan_rows(*, staircase: bool, lanes: bool, ribbons: int) -> Rows:
    """Stacks what is there: without a staircase or lanes the panels move up."""
    stairs_bottom = float(NOW_PILL + (STAIRCASE if staircase else 4))
    checks = stairs_bottom + 10
    given = (checks + LANE + 1, checks + 2 * LANE + 1)
    top = checks + (3 * LANE + 12 if lanes else 4)
    temperature = ValueScale(*TEMPERATURE, top=top, bottom=top + 116)
    pressure = ValueScale(*PRESSURE, top=temperature.bottom + 14, bottom=temperature.bottom + 104)
    saturation = ValueScale(*SATURATION, top=pressure.bottom + 14, bottom=pressure.bottom + 66)
    first = saturation.bottom + 10
    tops = tuple(first + index * 24 for index in range(ribbons))
    end = first + ribbons * 24
    return Rows(
        stairs_bottom,
        checks,
        given,
        temperature,
        pressure,
        saturation,
        tops,
        dates=end + 12,
        height=int(end + 20),
    )
