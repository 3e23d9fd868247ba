"""What one protocol version says, as frozen values that the rules read.

A ``ProtocolSpec`` joins the published record (a regimen's schedule, the grading consensus) with the center's
own settings (call parameters, checks, call tree, emergency plans). It is made from one document by
``protocols.library.protocol_document`` and never changes; a new edition is a new document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.treatment_settings import CareSettings
from protocols.rules.values import (
    Consciousness,
    InterventionKind,
    Motor,
    OxygenDevice,
    Provenance,
    RaisedPressure,
    Seizure,
    Source,
    Toxicity,
)


@dataclass(frozen=True, slots=True)
class CrsSpec:
    """ASTCT CRS grading: thresholds and the grade of each device and vasopressor count."""

    fever_c: Decimal
    hypotension_systolic: Decimal  # mmHg; hypotension is under it
    hypoxia_spo2: Decimal  # percent; hypoxia is under it
    low_flow_max_lpm: Decimal
    device_grade: Mapping[OxygenDevice, int]
    cannula_over_low_flow_grade: int
    fever_grade: int
    hypotension_grade: int
    oxygen_needed_grade: int
    one_vasopressor_grade: int
    several_vasopressors_grade: int
    uncounted_vasopressors: tuple[str, ...]  # vasopressin never makes "several"
    death_grade: int
    masking_drugs: frozenset[InterventionKind]  # after a fever they waive it, before one they may hide it
    risk_window_hours: Decimal
    event_free_hours: Decimal  # hours without findings before an event may be closed
    source: Source
    fever_source: Source
    waiver_source: Source
    masking_source: Source
    lone_vasopressin: Provenance  # vasopressin as the only pressor counts as one
    other_reason: Provenance  # devices for the airway, for a procedure or from home


@dataclass(frozen=True, slots=True)
class IceBand:
    low: int
    high: int
    grade: int


@dataclass(frozen=True, slots=True)
class IcansSpec:
    """ASTCT ICANS grading for adults: the grade of each value of each domain."""

    ice_maximum: int
    ice_bands: tuple[IceBand, ...]
    consciousness: Mapping[Consciousness, int]
    seizure: Mapping[Seizure, int]
    motor: Mapping[Motor, int]
    raised_pressure: Mapping[RaisedPressure, int]
    death_grade: int
    event_free_hours: Decimal
    source: Source
    ice_source: Source


@dataclass(frozen=True, slots=True)
class CallParameters:
    """Values at which somebody must call or be called, apart from any grade."""

    fever_c: Decimal  # at or above
    systolic: Decimal  # under
    spo2: Decimal  # under
    heart_rate: Decimal  # over
    systolic_fall_mmhg: Decimal  # from the patient's baseline, this much or more
    systolic_fall_percent: Decimal
    ice_score: int  # under, where the patient has no baseline of their own
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CheckRule:
    """The monitoring checks of one dose's window. Hours and minutes are elapsed time."""

    every_hours: Decimal
    window_hours: Decimal
    early_minutes: int  # a reading this long before the due time still completes the check
    grace_minutes: int  # after due, the check counts as missed
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the call tree: who, and how many minutes after the alert was raised."""

    role: str  # nurse, physician, director: whoever is on call for it
    minutes: int


@dataclass(frozen=True, slots=True)
class EscalationLadder:
    """The call tree of an alert; the last level repeats until someone answers."""

    rungs: tuple[Rung, ...]
    repeat_minutes: int
    recheck_minutes: int  # acknowledged and still unresolved: the alert opens again
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class EmergencyAction:
    """One ordered action of an emergency plan."""

    id: str
    do: str
    why: str = ""
    kind: str = "treatment"  # treatment, repeating, other
    within_minutes: int | None = None  # from the sign that opened the event
    source: Source | None = None
    confirmed: bool = True
    intervention: str = ""  # InterventionKind recorded when the step is done
    mg_per_kg: Decimal | None = None
    max_mg: Decimal | None = None
    min_weight_kg: Decimal | None = None  # under it another rule holds, which is not ours to compute
    repeat_minutes: int | None = None  # a repeating action is due again this long after it was done
    after: str = ""  # id of the action whose completion starts this one's clock
    only_if: str = ""  # the condition in words; a person judges it


@dataclass(frozen=True, slots=True)
class EmergencyPlan:
    """What the center does at one grade of one toxicity, in order."""

    toxicity: Toxicity
    grade: int
    site: str
    actions: tuple[EmergencyAction, ...]
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class DoseRules:
    """The center's own rules around giving a dose."""

    weight_max_age_days: int
    weight_change_percent: Decimal
    rounding_mg: Mapping[str, Decimal]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PlausibleRange:
    """What a form accepts for one measurement, both ends included, in ``unit``.

    Outside ``possible`` it is refused, outside ``likely`` it is asked once.
    """

    field: str
    unit: str
    possible_low: Decimal
    possible_high: Decimal
    likely_low: Decimal
    likely_high: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CenterSpec:
    """The center's own settings: one section, valid with and without a course."""

    limits: CallParameters
    checks: CheckRule
    ladder: EscalationLadder
    missed_check_ladder: EscalationLadder
    plans: tuple[EmergencyPlan, ...]
    call_back_signs: tuple[EmergencyAction, ...]
    dose_rules: DoseRules
    attest_button: bool
    masked_hours: Decimal  # a reading this long after an antipyretic or steroid "may be lowered"
    plausible: tuple[PlausibleRange, ...]
    care: CareSettings

    def plan(self, toxicity: Toxicity, grade: int) -> EmergencyPlan | None:
        return next((p for p in self.plans if p.toxicity is toxicity and p.grade == grade), None)


@dataclass(frozen=True, slots=True)
class ProtocolSpec:
    """One protocol version in force: published record, center settings, and what was confirmed."""

    slug: str
    version: str
    regimen: Regimen | None  # None: the center-wide section, for a patient without a course
    schedule: Schedule | None
    crs: CrsSpec
    icans: IcansSpec
    center: CenterSpec


OVERRIDABLE_LIMITS = ("fever_c", "systolic", "spo2", "heart_rate")


def with_overrides(
    spec: ProtocolSpec,
    *,
    limits: Mapping[str, Decimal] | None = None,
    check_hours: Decimal | None = None,
    grace_minutes: int | None = None,
    rungs: Sequence[Rung] = (),
) -> ProtocolSpec:
    """The specification with the few settings that a story or a drill may change; what is left out stays.

    ``limits`` takes ``fever_c`` (C), ``systolic`` (mmHg), ``spo2`` (percent) and ``heart_rate`` (per minute).
    The limit of systolic pressure is also what the center calls hypotension when it grades; the consensus
    fixes fever and leaves saturation to the need for oxygen, so those grade as before. Raises ``ValueError``
    for any other limit.
    """
    changed: dict[str, Any] = dict(limits or {})
    unknown = set(changed) - set(OVERRIDABLE_LIMITS)
    if unknown:
        raise ValueError(f"no limit {', '.join(sorted(unknown))}; they are {', '.join(OVERRIDABLE_LIMITS)}")
    center, checks, ladder = spec.center, spec.center.checks, spec.center.ladder
    return replace(
        spec,
        crs=replace(spec.crs, hypotension_systolic=changed.get("systolic", spec.crs.hypotension_systolic)),
        center=replace(
            center,
            limits=replace(center.limits, **changed),
            checks=replace(
                checks,
                every_hours=checks.every_hours if check_hours is None else check_hours,
                grace_minutes=checks.grace_minutes if grace_minutes is None else grace_minutes,
            ),
            ladder=replace(ladder, rungs=tuple(rungs) or ladder.rungs),
        ),
    )
