"""Worked cases about one entry or a short timeline: crs, icans, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from protocols.documents import Flag, Names, Number, StrictRecord, Whole
from protocols.library.standards import shipped_spec
from protocols.rules import triage, vitals
from protocols.rules.values import (
    Assessment,
    Axis,
    Baseline,
    Consciousness,
    Entry,
    EntryKind,
    IceScore,
    InterventionKind,
    Motor,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    RaisedPressure,
    Seizure,
    Temperature,
    TemperatureUnit,
    Toxicity,
    VitalSigns,
)
from protocols.services.case_types import Answer, CaseContext, CaseError, Path, Runner, read_given

Attributed = tuple[tuple[Axis, str], ...]

_TEMPERATURE = re.compile(r"(\d+(?:\.\d+)?)\s*°?\s*([CF])")
_MEASURED = re.compile(r"(\d+)\s*(mmHg|/min|%)?")
_SINCE_DOSE = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*h")
_SAMPLE_DOSE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_UNITS = {"spo2": "%", "heart_rate": "/min", "respiratory_rate": "/min"}


# --- text as written -> value -----------------------------------------------------------------------


def _temperature(value: object) -> object:
    if not isinstance(value, str):
        return value
    read = _TEMPERATURE.fullmatch(value.strip())
    if read is None:
        raise ValueError(f"must be a temperature with its unit, like 38.4 C or 101.1 F, not {value!r}")
    return Temperature(Decimal(read[1]), TemperatureUnit(read[2]))


def _measured(value: object, where: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    unit = _UNITS.get(where.field_name or "", "mmHg")
    read = _MEASURED.fullmatch(value.strip())
    if read is None or read[2] not in (None, unit):
        raise ValueError(f"must be a whole number in {unit}, not {value!r}")
    return int(read[1])


def _moment(value: object) -> object:
    """An aware time, or hours since the last dose (before it with a minus) as a ``timedelta``."""
    if not isinstance(value, str):
        return value
    since = _SINCE_DOSE.fullmatch(value.strip())
    if since is not None:
        return timedelta(seconds=float(Decimal(since[1] + since[2]) * 3600))
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"must be a time with its offset, or hours like +20 h, not {value!r}") from error
    if at.tzinfo is None:
        raise ValueError(f"must say its offset, like 2026-04-06T09:30:00-04:00, not {value!r}")
    return at


def _ice(value: object) -> object:
    return {"total": value} if isinstance(value, str) else value


def _ice_total(total: int | None) -> int | None:
    highest = shipped_spec().icans.ice_maximum
    if total is not None and not 0 <= total <= highest:
        raise ValueError(f"must be from 0 to {highest}, not {total}")
    return total


class IceGiven(StrictRecord):
    year: Flag | None = None
    month: Flag | None = None
    city: Flag | None = None
    hospital: Flag | None = None
    objects: Annotated[Whole | None, Field(ge=0, le=IceScore.OBJECTS)] = None
    command: Flag | None = None
    sentence: Flag | None = None
    attention: Flag | None = None
    total: Annotated[Whole | None, AfterValidator(_ice_total)] = None

    def build(self) -> IceScore:
        return IceScore(**self.model_dump())


class OxygenGiven(StrictRecord):
    device: Annotated[OxygenDevice, Field(strict=False)]
    flow_lpm: Annotated[Number | None, Field(ge=0)] = None
    reason: Annotated[OxygenReason | None, Field(strict=False)] = None

    def build(self) -> Oxygen:
        return Oxygen(self.device, self.flow_lpm, self.reason)


Measured = Annotated[int | None, BeforeValidator(_measured)]


def _none_is_nothing(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if names == ("none",) else names


class ReadingGiven(StrictRecord):
    """One set of observations as a case or a story writes it. What is left out is missing."""

    temperature: Annotated[Temperature | None, BeforeValidator(_temperature)] = None
    systolic: Measured = None
    diastolic: Measured = None
    heart_rate: Measured = None
    respiratory_rate: Measured = None
    spo2: Measured = None
    hypotension: Flag | None = None
    hypoxia: Flag | None = None
    oxygen: OxygenGiven | None = None
    vasopressors: Annotated[Names, AfterValidator(_none_is_nothing)] = ()
    ice: Annotated[IceGiven | None, BeforeValidator(_ice)] = None
    consciousness: Annotated[Consciousness | None, Field(strict=False)] = None
    seizure: Annotated[Seizure, Field(strict=False)] = Seizure.NONE
    motor: Annotated[Motor, Field(strict=False)] = Motor.NONE
    raised_pressure: Annotated[RaisedPressure, Field(strict=False)] = RaisedPressure.NONE
    attributed_to: dict[Annotated[Axis, Field(strict=False)], str] = Field(default_factory=dict)
    died_of: Annotated[Toxicity | None, Field(strict=False)] = None

    @property
    def attributed(self) -> Attributed:
        return tuple(self.attributed_to.items())

    @property
    def measures_something(self) -> bool:
        return bool(self.model_fields_set - {"at", "gave", "attributed_to"})

    def vitals(self) -> VitalSigns:
        return VitalSigns(
            temperature=self.temperature,
            systolic=self.systolic,
            diastolic=self.diastolic,
            heart_rate=self.heart_rate,
            respiratory_rate=self.respiratory_rate,
            spo2=self.spo2,
            hypotension=self.hypotension,
            hypoxia=self.hypoxia,
            oxygen=self.oxygen.build() if self.oxygen else None,
            vasopressors=self.vasopressors,
            ice=self.ice.build() if self.ice else None,
            consciousness=self.consciousness,
            seizure=self.seizure,
            motor=self.motor,
            raised_pressure=self.raised_pressure,
            died_of=self.died_of,
        )


def _kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in set(InterventionKind):
            raise ValueError(f"{name} is not a known intervention")
    return names


class EntryGiven(ReadingGiven):
    """One entry of a case: what was measured, and what was given after it."""

    at: Annotated[datetime | timedelta | None, BeforeValidator(_moment)] = None
    gave: Annotated[Names, AfterValidator(_kinds)] = ()


def reading_of(given: Any, at: Path = ()) -> tuple[VitalSigns, Attributed]:
    """The vital signs that a case or a story writes, and what was attributed to another cause.

    Raises ``CaseError`` for an unknown key, value or unit; its path is relative to ``given``, after ``at``.
    """
    reading = read_given(ReadingGiven, given, at)
    return reading.vitals(), reading.attributed


# --- the timeline of a case -------------------------------------------------------------------------


def _entries(given: Any) -> tuple[EntryGiven, ...]:
    if not isinstance(given, tuple):
        return (read_given(EntryGiven, given),)
    if not given:
        raise CaseError(("given",), "needs at least one entry")
    return tuple(read_given(EntryGiven, one, ("given", index)) for index, one in enumerate(given))


def _timeline(entries: tuple[EntryGiven, ...]) -> list[Entry]:
    """The entries in the order written, the readings of each before what it gave."""
    since_dose = [entry.at for entry in entries if isinstance(entry.at, timedelta)]
    if since_dose != sorted(since_dose):
        raise CaseError(("given",), "entries stand in time order, hours counted from one dose")
    timeline = [Entry(EntryKind.DOSE, _SAMPLE_DOSE, dose="dose", ref="dose")] if since_dose else []
    for index, entry in enumerate(entries):
        at = _SAMPLE_DOSE + entry.at if isinstance(entry.at, timedelta) else entry.at
        if entry.measures_something or index == len(entries) - 1:
            timeline.append(
                Entry(
                    EntryKind.VITALS,
                    at,
                    vitals=entry.vitals(),
                    attributed=entry.attributed,
                    order=2 * index,
                    ref=f"reading {index}",
                )
            )
        timeline.extend(
            Entry(
                EntryKind.INTERVENTION,
                at,
                intervention=InterventionKind(name),
                order=2 * index + 1,
                ref=f"given {index}",
            )
            for name in entry.gave
        )
    return timeline


# --- the kinds --------------------------------------------------------------------------------------


def run_crs(context: CaseContext, given: Any) -> Answer:
    """What CRS grade has the last entry?"""
    return _graded(Toxicity.CRS, context, given)


def run_icans(context: CaseContext, given: Any) -> Answer:
    """What ICANS grade has the last entry?"""
    return _graded(Toxicity.ICANS, context, given)


def _graded(toxicity: Toxicity, context: CaseContext, given: Any) -> Answer:
    entries = _entries(given)
    assessment = triage.assess(_timeline(entries), context.spec or shipped_spec())
    last = len(entries) - 1
    grading = assessment.grading_for(f"reading {last}", toxicity)
    if grading is None:
        raise CaseError(("given",), "the last entry cannot be graded")
    masked = toxicity is Toxicity.CRS and _masked_by_what_was_given(assessment, last)
    return Answer(
        got={
            "grade": grading.grade,
            "at_least": grading.at_least,
            "missing": grading.missing,
            "cannot_grade": grading.cannot_grade,
            "review": grading.review or masked,
        },
        because=grading.because,
        source=str(grading.source or ""),
        unconfirmed=not grading.confirmed,
    )


def _masked_by_what_was_given(assessment: Assessment, last: int) -> bool:
    """What the last entry gave comes after its reading, and may ask for a physician by itself."""
    return any(finding.rule == "possibly_masked" for finding in assessment.findings_for(f"given {last}"))


def run_limits(context: CaseContext, given: Any) -> Answer:
    """Which limits does the last entry cross? Earlier entries only say what the pressure was at first."""
    entries = _entries(given)
    spec = context.spec or shipped_spec()
    pressures = (entry.systolic for entry in entries[:-1] if entry.systolic is not None)
    baseline = Baseline(systolic=next(pressures, None))
    found = vitals.findings(entries[-1].vitals(), spec.center.limits, baseline)
    mark = spec.center.limits.provenance
    return Answer(
        got={
            "findings": tuple(finding.rule for finding in found),
            "severity": max(finding.severity for finding in found).name.lower() if found else "none",
        },
        because=tuple(finding.because for finding in found),
        source=str(mark.source or ""),
        unconfirmed=not mark.confirmed,
    )


KINDS: Mapping[str, Runner] = {"crs": run_crs, "icans": run_icans, "limits": run_limits}
