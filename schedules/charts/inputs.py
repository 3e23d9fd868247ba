"""What the charts draw: plain values. Datetimes are aware and already in the center's zone; nothing here
judges.

Which value is past a limit, which reading may be lowered, which state a dose is in: the caller says so, from
the rules' findings. The charts place marks and leave words out where there is no room; the table has all.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Span:
    """What stretch of time is drawn."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Elapsed time: longer than the wall clock says when the clocks go back inside the span."""
        return timedelta(seconds=self.end.timestamp() - self.start.timestamp())


class StairState(StrEnum):
    GIVEN = "given"
    PLANNED = "planned"
    HELD = "held"
    SKIPPED = "skipped"


class Setting(StrEnum):
    HOSPITAL = "hospital"
    OUTPATIENT = "outpatient"


@dataclass(frozen=True, slots=True)
class Window:
    """When a dose may be given. `latest_in_reaction` is open only while a reaction resolves."""

    earliest: datetime
    latest: datetime
    words: str
    latest_in_reaction: datetime | None = None
    reaction_words: str = ""


@dataclass(frozen=True, slots=True)
class Stair:
    """One dose: `at` is when it was given, or is planned. `level` counts risers from 1; a repeat has its
    step's level."""

    label: str
    amount: str
    state: StairState
    state_words: str
    at: datetime
    level: int
    setting: Setting | None = None
    setting_words: str = ""
    window: Window | None = None
    href: str = ""
    repeated_by: int | None = None
    """Index of the stair that repeats or restarts this one: an arrow leads there."""

    @property
    def indent(self) -> int:
        """Depth in the list that stands for the picture on a phone."""
        return min(self.level - 1, 4)


@dataclass(frozen=True, slots=True)
class StaircaseInput:
    """The course as stairs, oldest first. `afterwards` says how it goes on: "then weekly"."""

    stairs: tuple[Stair, ...]
    afterwards: str = ""


class Measure(StrEnum):
    TEMPERATURE = "temperature"
    SYSTOLIC = "systolic"
    SPO2 = "spo2"


@dataclass(frozen=True, slots=True)
class Reading:
    """One set of vitals: °C, mmHg, %. Of an amended set only the current values."""

    taken_at: datetime
    temperature: Decimal | None = None
    systolic: int | None = None
    diastolic: int | None = None
    spo2: int | None = None
    past: frozenset[Measure] = frozenset()
    lowered: bool = False
    """Soon after an antipyretic or a steroid: the temperature may be lowered."""
    on_oxygen: bool = False
    other_cause: bool = False
    """Attributed to another cause than the drug."""


class CheckState(StrEnum):
    DONE = "done"
    DUE = "due"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Check:
    due_at: datetime
    state: CheckState


class GivenKind(StrEnum):
    PREMEDICATION = "premedication"
    ANTIPYRETIC = "antipyretic"
    TOCILIZUMAB = "tocilizumab"
    DEXAMETHASONE = "dexamethasone"
    POCKET_DEXAMETHASONE = "pocket dexamethasone"


@dataclass(frozen=True, slots=True)
class Given:
    """Another drug than the course's own, given or (`due`) awaited. `short` stands where `words` do not."""

    at: datetime
    kind: GivenKind
    words: str
    due: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class GradeBlock:
    """A grade from one grading to the next. `grade` None: inputs were missing and no grade could be given."""

    start: datetime
    end: datetime
    grade: int | None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class MonitoringSpan:
    """The monitoring window, with what stands at its right end: "48 h window ends 20-Nov-2026 10:05"."""

    start: datetime
    end: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class ChartLimits:
    """The lines of the center's call parameters, and the patient's own baseline. None: no line."""

    fever: Decimal | None = None
    systolic: int | None = None
    spo2: int | None = None
    baseline_systolic: int | None = None


@dataclass(frozen=True, slots=True)
class VitalsChartInput:
    """Everything under the staircase. Tuples are oldest first; the chart leaves out what is past the span."""

    readings: tuple[Reading, ...] = ()
    checks: tuple[Check, ...] = ()
    given: tuple[Given, ...] = ()
    doses: tuple[datetime, ...] = ()
    windows: tuple[MonitoringSpan, ...] = ()
    crs: tuple[GradeBlock, ...] = ()
    icans: tuple[GradeBlock, ...] = ()
    events: tuple[Span, ...] = ()
    limits: ChartLimits = field(default_factory=ChartLimits)
    fahrenheit: bool = False
    """The center works in °F: words follow it; the left axis stays in °C."""
    gap: timedelta = timedelta(hours=12)
    """Readings further apart than this are not joined by a line. A rule of drawing, not of care."""


@dataclass(frozen=True, slots=True)
class SparklineInput:
    """Temperatures in °C of one patient, oldest first, over `span`; `fever` is the line (None: no line)."""

    span: Span
    points: tuple[tuple[datetime, Decimal], ...]
    fever: Decimal | None = None
    gap: timedelta = timedelta(hours=12)
