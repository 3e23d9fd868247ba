"""Stored readings in words: for the tables beside the form and in the history. Units stand in the heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import NBSP, moment, number, other_unit
from dosing_portal.kernel.templatetags.clinical import temperature as as_typed
from patients.models import Observation
from schedules.selectors.chips import Chip
from schedules.selectors.vitals import PastReading

NOT_MEASURED = "not measured"
NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, and what was corrected, newest first."""

    head: str
    text: str
    struck: tuple[str, ...] = ()
    number: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """Who corrected what stood before, when, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading of a table."""

    id: UUID
    taken_at: datetime
    taken_struck: tuple[str, ...]
    cells: tuple[Cell, ...]
    crs: Chip | None
    icans: Chip | None
    entered_by: str
    entered_at: datetime
    baseline: bool
    note: str
    missing: str
    corrections: tuple[Correction, ...]


def columns(center: Center) -> tuple[tuple[str, bool, Callable[[Observation], str]], ...]:
    """Head, whether it is a number, and how a reading is written under it."""
    return (
        (f"T °{center.temperature_unit}", True, lambda row: temperature(row, center)),
        ("BP mmHg", True, pressure),
        ("SpO2 %", True, lambda row: _measured(row.spo2)),
        ("Pulse /min", True, lambda row: _measured(row.heart_rate)),
        ("Resp. /min", True, lambda row: _measured(row.respiratory_rate)),
        ("Oxygen", False, oxygen),
        ("ICE", True, ice),
        ("Awake", False, lambda row: row.get_consciousness_display() or NOT_ASSESSED),
        ("Signs", False, signs),
        ("Where", False, lambda row: row.get_location_display() or "not said"),
    )


def beside(row: Observation, center: Center) -> ReadingRow:
    """The short form beside the vitals form: temperature, pressure, saturation."""
    return _row(PastReading(row, None, None), center, 3)


def in_history(past: PastReading, center: Center) -> ReadingRow:
    return _row(past, center)


def _row(past: PastReading, center: Center, width: int | None = None) -> ReadingRow:
    row = past.row
    return ReadingRow(
        id=row.pk,
        taken_at=row.taken_at,
        taken_struck=_changed(past, lambda one: moment(one.taken_at)),
        cells=tuple(
            Cell(head, write(row), _changed(past, write), is_number)
            for head, is_number, write in columns(center)[:width]
        ),
        crs=past.crs,
        icans=past.icans,
        entered_by=row.recorded_by.name if width is None else "",
        entered_at=row.recorded_at,
        baseline=row.is_baseline,
        note=row.note,
        missing="; ".join(f"{_INPUTS.get(name, name)}: {why}" for name, why in row.not_measured.items()),
        corrections=_corrections(past) if width is None else (),
    )


_INPUTS = {"systolic": "blood pressure", "spo2": "SpO2", "ice": "ICE"}


def _changed(past: PastReading, write: Callable[[Observation], str]) -> tuple[str, ...]:
    """What stood in the place of a value before, newest first, where it read otherwise."""
    struck, now = [], write(past.row)
    for earlier in past.earlier:
        before = write(earlier)
        if before != now:
            struck.append(before)
        now = before
    return tuple(struck)


def _corrections(past: PastReading) -> tuple[Correction, ...]:
    chain = (past.row, *past.earlier)
    return tuple(
        Correction(row.recorded_at, row.recorded_by.name, row.amend_reason) for row in chain if row.amends_id
    )


# --- values -----------------------------------------------------------------------------------------------


def temperature(row: Observation, center: Center) -> str:
    """In the center's unit; a value typed in the other one says so."""
    if row.temperature is None:
        return NOT_MEASURED
    typed = as_typed(row.temperature, row.temperature_unit)
    if row.temperature_unit == center.temperature_unit:
        return typed.partition(NBSP)[0]
    converted = other_unit(row.temperature, row.temperature_unit).partition(NBSP)[0]
    return f"{converted} (from {typed})"


def pressure(row: Observation) -> str:
    if row.systolic is None and row.diastolic is None:
        return NOT_MEASURED
    return f"{row.systolic or 'not known'}/{row.diastolic or 'not known'}"


def oxygen(row: Observation) -> str:
    if not row.oxygen_device:
        return "not known"
    flow = "" if row.oxygen_flow_lpm is None else f", {number(row.oxygen_flow_lpm)}{NBSP}L/min"
    return f"{row.get_oxygen_device_display()}{flow}"


def ice(row: Observation) -> str:
    test = row.ice()
    if test is None:
        return NOT_ASSESSED
    return "incomplete" if test.score is None else str(test.score)


def signs(row: Observation) -> str:
    """Vasopressors, neurologic signs and symptoms; without any, that none was named."""
    named = (
        *row.vasopressors,
        "" if row.seizure == "none" else f"seizure: {row.get_seizure_display()}",
        "" if row.motor == "none" else row.get_motor_display(),
        "" if row.raised_pressure == "none" else row.get_raised_pressure_display(),
        *(symptom.replace("_", " ") for symptom in row.symptoms),
    )
    return ", ".join(dict.fromkeys(sign for sign in named if sign)) or "none named"


def _measured(value: int | None) -> str:
    return NOT_MEASURED if value is None else str(value)
