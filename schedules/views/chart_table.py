"""The table that stands for the vitals chart: every value, mark and grade, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dosing_portal.kernel.templatetags.clinical import NBSP, hhmm, moment, other_unit, temperature
from patients.models import Observation
from protocols.rules.spec import ProtocolSpec
from schedules.charts import Measure
from schedules.selectors.chart import CourseLine
from schedules.selectors.vitals import PastReading
from schedules.views.chart_inputs import ROOM_AIR, is_lowered, past_limits

COLUMNS = {
    Measure.TEMPERATURE: "temperature",
    Measure.SYSTOLIC: "pressure",
    Measure.SPO2: "spo2",
}


@dataclass(frozen=True, slots=True)
class Struck:
    """What stood in the place of a value before it was corrected."""

    field: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of ``components/vitals_table.html``."""

    taken: str
    temperature: str
    pressure: str
    spo2: str
    pulse: str
    grade: str
    mark: str
    by: str
    past: frozenset[str]
    struck: Struck | None


def table_rows(line: CourseLine, spec: ProtocolSpec | None) -> tuple[TableRow, ...]:
    """The readings of a stretch in words."""
    return tuple(_row(past, line, spec) for past in reversed(line.readings))


def _row(past: PastReading, line: CourseLine, spec: ProtocolSpec | None) -> TableRow:
    row = past.row
    return TableRow(
        taken=moment(row.taken_at),
        **_values(row),
        grade=", ".join(chip.words for chip in (past.crs, past.icans) if chip) or "not graded",
        mark="; ".join(_marks(row, line, spec)),
        by=row.recorded_by.name,
        past=frozenset(COLUMNS[measure] for measure in past_limits(row, line.baseline, spec)),
        struck=_struck(row, past.earlier[0]) if past.earlier else None,
    )


def _values(row: Observation) -> dict[str, str]:
    """Each column as text, empty where nothing was measured; a temperature as typed with the other unit."""
    unit = row.temperature_unit or "C"
    typed = row.temperature
    lower = "missing" if row.diastolic is None else row.diastolic
    return {
        "temperature": f"{temperature(typed, unit)} ({other_unit(typed, unit)})" if typed is not None else "",
        "pressure": f"{row.systolic}/{lower}" if row.systolic is not None else "",
        "spo2": "" if row.spo2 is None else str(row.spo2),
        "pulse": "" if row.heart_rate is None else str(row.heart_rate),
    }


def _marks(row: Observation, line: CourseLine, spec: ProtocolSpec | None) -> Iterable[str]:
    if is_lowered(row, line.given, spec):
        yield "may be lowered"
    if row.oxygen_device and row.oxygen_device != ROOM_AIR:
        flow = f" {row.oxygen_flow_lpm:f}{NBSP}L/min" if row.oxygen_flow_lpm is not None else ""
        yield f"on oxygen{flow}, {row.get_oxygen_device_display()}"
    if getattr(row, "other_cause", False):
        yield "attributed to another cause"


def _struck(row: Observation, before: Observation) -> Struck | None:
    """The first value that the correction changed."""
    now, then = _values(row), _values(before)
    note = f"{row.amend_reason}, {row.recorded_by.name}, {hhmm(row.recorded_at)}"
    changed = next((name for name in then if then[name] != now[name]), None)
    return Struck(changed, then[changed] or "missing", note) if changed else None
