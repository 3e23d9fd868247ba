"""CRS grading by the ASTCT 2019 consensus, for one entry of a timeline.

Three axes only: fever, hypotension, hypoxia. The worst one is the grade, and it counts only with a fever or
under the fever waiver. Nothing is carried over from earlier entries except ``EventSoFar``; the fold over a
whole timeline is ``triage``. Thresholds and grades come from the ``CrsSpec``, none is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from protocols.rules.spec import CrsSpec
from protocols.rules.values import (
    Axis,
    Entry,
    Grading,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    Toxicity,
    VitalSigns,
)

MISSING_WORDS = {
    "temperature": "temperature",
    "systolic": "blood pressure",
    "spo2": "SpO2",
    "oxygen": "oxygen device",
    "flow_lpm": "oxygen flow",
}


@dataclass(frozen=True, slots=True)
class EventSoFar:
    """What earlier entries say about this one.

    ``fever_on_record``: a fever of this event, not attributed elsewhere. ``waived``: after it a drug that
    hides fever was given, so fever is no longer needed. ``masked``: such a drug was taken while no fever
    was on record, which never waives anything and asks for a physician.
    """

    fever_on_record: bool = False
    waived: bool = False
    masked: bool = False

    @property
    def possibly_masked(self) -> bool:
        """A recorded fever settles the question: masking is a matter of events without one."""
        return self.masked and not self.fever_on_record


class AxisReading(NamedTuple):
    """One axis of one entry: its lower bound, in words, and what is missing to be sure of it."""

    at_least: int
    because: str = ""
    missing: tuple[str, ...] = ()
    confirmed: bool = True  # the rule behind it was read or confirmed, not recalled

    @property
    def present(self) -> bool:
        """The axis is abnormal."""
        return self.at_least > 0

    @property
    def known(self) -> bool:
        """The axis says something about the course of an event: abnormal, or certainly normal."""
        return self.at_least > 0 or not self.missing


class CrsAxes(NamedTuple):
    """The three axes of one entry, before any rule of combining them."""

    fever: AxisReading
    hypotension: AxisReading
    hypoxia: AxisReading

    @property
    def unwell(self) -> bool:
        """Hypotension or hypoxia, which without a fever is no CRS grade and may be masked CRS."""
        return self.hypotension.present or self.hypoxia.present


def grade(entry: Entry, state: EventSoFar, spec: CrsSpec, hours_since_dose: Decimal | None) -> Grading:
    """Grade the vital signs of one entry.

    ``hours_since_dose`` are elapsed hours since the last dose; ``None`` (unknown) counts as inside the risk
    window. Raises ``ValueError`` when the entry has no vital signs. Source: ASTCT 2019 (``spec.source``).
    """
    return grade_axes(read_axes(entry, spec), entry, state, spec, hours_since_dose)


def read_axes(entry: Entry, spec: CrsSpec) -> CrsAxes:
    """Read the three axes of one entry, an attribution taken into account."""
    vitals = entry.vitals
    if vitals is None:
        raise ValueError("CRS is graded from an entry with vital signs")
    if not entry.attributed:
        return CrsAxes(_fever(vitals, spec), _hypotension(vitals, spec), _hypoxia(vitals, spec))
    return CrsAxes(
        _attributed(entry, Axis.FEVER) or _fever(vitals, spec),
        _attributed(entry, Axis.HYPOTENSION) or _hypotension(vitals, spec),
        _attributed(entry, Axis.HYPOXIA) or _hypoxia(vitals, spec),
    )


def grade_axes(
    axes: CrsAxes, entry: Entry, state: EventSoFar, spec: CrsSpec, hours_since_dose: Decimal | None
) -> Grading:
    """Combine axes that were read before; see ``grade``."""
    if entry.vitals is not None and entry.vitals.died_of is Toxicity.CRS:
        return Grading(
            Toxicity.CRS,
            at_least=spec.death_grade,
            because=("died of CRS",),
            source=spec.source,
            criterion=True,
            at=entry.at,
            ref=entry.ref,
        )
    if axes.fever.present or state.waived:
        return _by_worst_axis(axes, entry, state, spec)
    if not axes.fever.missing:
        return _without_fever(axes, entry, state, spec, hours_since_dose)
    support = max(axes.hypotension.at_least, axes.hypoxia.at_least)
    if state.fever_on_record and support >= _highest(spec):
        return _by_worst_axis(axes, entry, state, spec)
    return _without_temperature(axes, entry, state, spec)


def _by_worst_axis(axes: CrsAxes, entry: Entry, state: EventSoFar, spec: CrsSpec) -> Grading:
    worst = max(axes.fever.at_least, axes.hypotension.at_least, axes.hypoxia.at_least)
    missing = _could_raise(axes, worst, spec)
    because = tuple(axis.because for axis in axes if axis.because)
    if state.waived:
        because += ("fever is no longer needed: a drug that hides it was given after a fever on record",)
    return Grading(
        Toxicity.CRS,
        at_least=worst,
        because=because + _missing_line(missing),
        source=spec.waiver_source if state.waived else spec.source,
        missing=missing,
        cannot_grade=bool(missing) and not worst,
        criterion=worst > 0,
        waived=state.waived,
        at=entry.at,
        ref=entry.ref,
        confirmed=axes.hypotension.confirmed and axes.hypoxia.confirmed,
    )


def _without_temperature(axes: CrsAxes, entry: Entry, state: EventSoFar, spec: CrsSpec) -> Grading:
    missing = axes.fever.missing + axes.hypotension.missing + axes.hypoxia.missing
    because = tuple(axis.because for axis in (axes.hypotension, axes.hypoxia) if axis.present)
    review = axes.unwell or state.possibly_masked
    return Grading(
        Toxicity.CRS,
        at_least=0,
        because=because + _missing_line(missing) + _review_line(axes, review),
        source=spec.masking_source if review else spec.source,
        missing=missing,
        cannot_grade=True,
        review=review,
        at=entry.at,
        ref=entry.ref,
    )


def _without_fever(
    axes: CrsAxes, entry: Entry, state: EventSoFar, spec: CrsSpec, hours_since_dose: Decimal | None
) -> Grading:
    at_risk = hours_since_dose is None or hours_since_dose <= spec.risk_window_hours
    review = at_risk and (axes.unwell or state.possibly_masked)
    because = tuple(axis.because for axis in (axes.hypotension, axes.hypoxia) if axis.present)
    return Grading(
        Toxicity.CRS,
        at_least=0,
        because=(axes.fever.because, *because, *_review_line(axes, review)),
        source=spec.masking_source if review else spec.source,
        review=review,
        at=entry.at,
        ref=entry.ref,
    )


def _review_line(axes: CrsAxes, review: bool) -> tuple[str, ...]:
    if not review:
        return ()
    if axes.unwell:
        return ("possible masked CRS: unwell without a fever to grade by, physician review",)
    return ("possible masked CRS: a drug that hides fever taken with no fever on record, physician review",)


def _missing_line(missing: tuple[str, ...]) -> tuple[str, ...]:
    return ("missing: " + ", ".join(MISSING_WORDS[name] for name in missing),) if missing else ()


def _could_raise(axes: CrsAxes, worst: int, spec: CrsSpec) -> tuple[str, ...]:
    """The missing inputs that could still raise the grade.

    A pressure alone never makes more than hypotension without vasopressor, a flow never more than
    high-flow cannula; a device that is not known could be any.
    """
    missing = axes.hypotension.missing if worst < spec.hypotension_grade else ()
    if not axes.hypoxia.missing:
        return missing
    reach = {"flow_lpm": spec.cannula_over_low_flow_grade}
    highest = _highest(spec)
    return missing + tuple(name for name in axes.hypoxia.missing if worst < reach.get(name, highest))


def _highest(spec: CrsSpec) -> int:
    return max(spec.several_vasopressors_grade, *spec.device_grade.values())


# --- the axes ---------------------------------------------------------------------------------------


def _attributed(entry: Entry, axis: Axis) -> AxisReading | None:
    cause = entry.cause_of(axis)
    return None if cause is None else AxisReading(0, f"{axis} attributed to {cause}, not counted")


def _fever(vitals: VitalSigns, spec: CrsSpec) -> AxisReading:
    temperature = vitals.temperature
    if temperature is None:
        return AxisReading(0, "", ("temperature",))
    limit = temperature.limit_text(spec.fever_c)
    if temperature.celsius >= spec.fever_c:
        return AxisReading(spec.fever_grade, f"fever {temperature.text} ({limit} or more)")
    return AxisReading(0, f"temperature {temperature.text} (under {limit})")


def _hypotension(vitals: VitalSigns, spec: CrsSpec) -> AxisReading:
    if vitals.vasopressors:
        return _vasopressors(vitals.vasopressors, spec)
    if vitals.hypotension is not None:
        return _judged_hypotension(vitals.hypotension, spec)
    if vitals.systolic is None:
        return AxisReading(0, "", ("systolic",))
    limit = spec.hypotension_systolic
    if vitals.systolic < limit:
        because = f"systolic {vitals.systolic} mmHg (under {limit}), no vasopressor"
        return AxisReading(spec.hypotension_grade, because)
    return AxisReading(0, f"systolic {vitals.systolic} mmHg ({limit} or more)")


def _judged_hypotension(judged: bool, spec: CrsSpec) -> AxisReading:
    if judged:
        return AxisReading(spec.hypotension_grade, "hypotension by the clinician's judgment, no vasopressor")
    return AxisReading(0, "no hypotension by the clinician's judgment")


def _vasopressors(names: tuple[str, ...], spec: CrsSpec) -> AxisReading:
    """A pressor is given for hypotension, so it counts whatever the pressure under it reads."""
    counted = {name.strip().lower() for name in names}.difference(spec.uncounted_vasopressors)
    listed = ", ".join(names)
    if len(counted) > 1:
        return AxisReading(spec.several_vasopressors_grade, f"{len(counted)} vasopressors: {listed}")
    if counted:
        return AxisReading(spec.one_vasopressor_grade, f"one vasopressor: {listed}")
    return AxisReading(
        spec.one_vasopressor_grade, f"vasopressor: {listed} alone", confirmed=spec.lone_vasopressin.confirmed
    )


def _hypoxia(vitals: VitalSigns, spec: CrsSpec) -> AxisReading:
    if vitals.hypoxia is False:
        return AxisReading(0, "no hypoxia by the clinician's judgment")
    oxygen = vitals.oxygen
    need = _oxygen_need(vitals, spec)
    if oxygen is None:
        return _unknown_device(vitals, need, spec)
    if oxygen.device is OxygenDevice.UNAVAILABLE:
        because = "oxygen needed and not to be had"
        return AxisReading(spec.oxygen_needed_grade, because, ("oxygen",))
    if oxygen.device is OxygenDevice.ROOM_AIR:
        return _room_air(vitals, need, spec)
    if oxygen.reason is None:
        return _device(oxygen, spec)
    reading = _device_for_another_reason(vitals, oxygen, need, spec)
    return reading._replace(confirmed=spec.other_reason.confirmed)


def _oxygen_need(vitals: VitalSigns, spec: CrsSpec) -> str | None:
    """Why oxygen is needed, in words; empty when it is not, ``None`` when nobody knows."""
    if vitals.hypoxia:
        return "hypoxia by the clinician's judgment"
    if vitals.spo2 is None:
        return None
    return f"SpO2 {vitals.spo2} % (under {spec.hypoxia_spo2})" if vitals.spo2 < spec.hypoxia_spo2 else ""


def _unknown_device(vitals: VitalSigns, need: str | None, spec: CrsSpec) -> AxisReading:
    if need:
        return AxisReading(spec.oxygen_needed_grade, f"{need}: oxygen needed", ("oxygen",))
    if need is None:
        return AxisReading(0, "", ("spo2", "oxygen"))
    return AxisReading(0, f"SpO2 {vitals.spo2} %", ("oxygen",))


def _room_air(vitals: VitalSigns, need: str | None, spec: CrsSpec) -> AxisReading:
    if need:
        because = f"{need} on room air: oxygen needed, not yet given"
        return AxisReading(spec.oxygen_needed_grade, because, ("oxygen",))
    if need is None:
        return AxisReading(0, "room air", ("spo2",))
    return AxisReading(0, f"SpO2 {vitals.spo2} % on room air")


def _device(oxygen: Oxygen, spec: CrsSpec) -> AxisReading:
    name = str(oxygen.device).replace("_", " ")
    at_least = spec.device_grade[oxygen.device]
    if oxygen.device is not OxygenDevice.NASAL_CANNULA:
        return AxisReading(at_least, f"oxygen by {name}")
    limit = spec.low_flow_max_lpm
    if oxygen.flow_lpm is None:
        return AxisReading(at_least, f"oxygen by {name}", ("flow_lpm",))
    if oxygen.flow_lpm > limit:
        because = f"oxygen by {name} at {oxygen.flow_lpm} L/min (over {limit})"
        return AxisReading(spec.cannula_over_low_flow_grade, because)
    return AxisReading(at_least, f"oxygen by {name} at {oxygen.flow_lpm} L/min ({limit} or less)")


def _device_for_another_reason(
    vitals: VitalSigns, oxygen: Oxygen, need: str | None, spec: CrsSpec
) -> AxisReading:
    """A device that protects the airway, serves a procedure or is worn at home counts only with hypoxia.

    Low saturation on the home device means that more is needed, not how much. A cannula under a clinician's
    judgment of hypoxia runs at what is needed now, so its flow grades.
    """
    name = f"{oxygen.device} ({oxygen.reason})".replace("_", " ")
    if need is None:
        return AxisReading(0, f"{name} not counted without hypoxia", ("spo2",))
    if not need:
        return AxisReading(0, f"{name} not counted, SpO2 {vitals.spo2} %")
    turned_up = vitals.hypoxia is True and oxygen.device is OxygenDevice.NASAL_CANNULA
    if oxygen.reason is OxygenReason.BASELINE and not turned_up:
        because = f"{need} on {name}: more oxygen needed"
        return AxisReading(spec.oxygen_needed_grade, because, ("oxygen",))
    device = _device(oxygen, spec)
    return device._replace(because=f"{need}; {device.because}")
