"""The grading file as values: every table the grading rules need, and the text around it.

The consensus leaves some numbers to the center (the pressure that counts as hypotension, the hours after
which an event is over); they come as ``LocalGrading`` from the center's own document.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from protocols.documents import Flag, Names, Number, StrictRecord, Whole
from protocols.library.cited import Citations, Cited, CitedSource
from protocols.rules.spec import CrsSpec, IcansSpec, IceBand
from protocols.rules.values import (
    Consciousness,
    InterventionKind,
    Motor,
    OxygenDevice,
    RaisedPressure,
    Seizure,
)


@dataclass(frozen=True, slots=True)
class LocalGrading:
    """The numbers that the consensus leaves to the center: mmHg, percent, elapsed hours."""

    hypotension_systolic: Decimal
    oxygen_needed_spo2: Decimal
    event_free_hours: Decimal
    risk_window_hours: Decimal


class Rule(Cited):
    """A rule in words, with what else the source says about it."""

    rule: str
    example: str = ""
    conflict: str = ""
    who: str = ""
    at_home: str = ""


class FeverText(Cited):
    threshold_c: Number
    threshold_f: Number
    comparator: Literal["at_least"]
    grade: Whole
    must_not_be_attributable_to_other_cause: Flag
    required_to_open_event: Flag
    conversion_note: str
    route_note: str

    @model_validator(mode="after")
    def _both_units_agree(self) -> FeverText:
        if self.threshold_f != self.threshold_c * 9 / 5 + 32:
            raise ValueError(f"{self.threshold_f} °F is not {self.threshold_c} °C")
        return self


class WaiverText(Rule):
    drugs: tuple[Annotated[InterventionKind, Field(strict=False)], ...] = Field(min_length=1)
    applies_within: str
    does_not_apply_when: str


PressureValue = Literal["none", "present_no_vasopressor", "one_vasopressor", "multiple_vasopressors"]


class HypotensionText(Cited):
    value: PressureValue
    grade: Whole
    meaning: str = ""


class HypoxiaText(Cited):
    value: str
    device: Annotated[OxygenDevice, Field(strict=False)]
    grade: Whole
    flow_up_to_lpm: Number | None = None
    flow_over_lpm: Number | None = None
    conflict: str = ""


class OxygenNeededText(Rule):
    at_least: Whole
    saturation_under_percent: Number


class AxesText(StrictRecord):
    hypotension: tuple[HypotensionText, ...]
    hypoxia: tuple[HypoxiaText, ...]
    hypoxia_rule: OxygenNeededText

    @model_validator(mode="after")
    def _complete(self) -> AxesText:
        if {row.value for row in self.hypotension} != set(get_args(PressureValue)):
            raise ValueError("the hypotension axis needs each of its four values once")
        graded = [row.device for row in self.hypoxia]
        wanted = set(OxygenDevice) - {OxygenDevice.UNAVAILABLE}
        if len(graded) != len(wanted) or set(graded) != wanted:
            raise ValueError("the hypoxia axis needs each oxygen device once")
        if self.low_flow_up_to_lpm != self.device(OxygenDevice.HIGH_FLOW_NASAL_CANNULA).flow_over_lpm:
            raise ValueError("low flow must end where high flow begins")
        return self

    @property
    def low_flow_up_to_lpm(self) -> Decimal:
        """The highest flow by cannula that is still low, in L/min."""
        flow = self.device(OxygenDevice.NASAL_CANNULA).flow_up_to_lpm
        if flow is None:
            raise ValueError("the nasal cannula needs flow_up_to_lpm")
        return flow

    def pressure(self, value: PressureValue) -> int:
        return next(row.grade for row in self.hypotension if row.value == value)

    def device(self, device: OxygenDevice) -> HypoxiaText:
        return next(row for row in self.hypoxia if row.device is device)


class VasopressinText(Rule):
    not_counted: Names


class NumericHypotensionText(Cited):
    consensus: str
    systolic_under_mmhg: Number
    common_working_value: str
    phone_triage_value: str


class DeathText(Rule):
    grade: Whole


class ResolutionText(Rule):
    event_of_fever_only: str
    suggested_free_hours: Number


class NotGradableText(Rule):
    exceptions: tuple[str, ...]
    alarm: str


class CrsText(StrictRecord):
    standard: str
    fever: FeverText
    fever_waiver: WaiverText
    masking: Rule
    axes: AxesText
    combine: Rule
    vasopressin: VasopressinText
    vasopressin_alone: Rule
    attribution: Rule
    intubation_without_hypoxia: Rule
    baseline_devices: Rule
    organ_toxicity: Rule
    constitutional_symptoms: Rule
    numeric_hypotension: NumericHypotensionText
    grade_5: DeathText
    onset: Rule
    resolution: ResolutionText
    not_gradable: NotGradableText

    def spec(self, ledger: Citations, local: LocalGrading) -> CrsSpec:
        axes = self.axes
        return CrsSpec(
            fever_c=self.fever.threshold_c,
            hypotension_systolic=local.hypotension_systolic,
            hypoxia_spo2=local.oxygen_needed_spo2,
            low_flow_max_lpm=axes.low_flow_up_to_lpm,
            device_grade={row.device: row.grade for row in axes.hypoxia},
            cannula_over_low_flow_grade=axes.device(OxygenDevice.HIGH_FLOW_NASAL_CANNULA).grade,
            fever_grade=self.fever.grade,
            hypotension_grade=axes.pressure("present_no_vasopressor"),
            oxygen_needed_grade=axes.hypoxia_rule.at_least,
            one_vasopressor_grade=axes.pressure("one_vasopressor"),
            several_vasopressors_grade=axes.pressure("multiple_vasopressors"),
            uncounted_vasopressors=self.vasopressin.not_counted,
            death_grade=self.grade_5.grade,
            masking_drugs=frozenset(self.fever_waiver.drugs),
            risk_window_hours=local.risk_window_hours,
            event_free_hours=local.event_free_hours,
            source=ledger.source_of(self.combine),
            fever_source=ledger.source_of(self.fever),
            waiver_source=ledger.source_of(self.fever_waiver),
            masking_source=ledger.source_of(self.masking),
            lone_vasopressin=ledger.provenance("crs/vasopressin_alone", self.vasopressin_alone),
            other_reason=ledger.provenance("crs/intubation_without_hypoxia", self.intubation_without_hypoxia),
        )


# --- ICANS ------------------------------------------------------------------------------------------


class IceItemText(StrictRecord):
    item: str
    points: Whole
    detail: str


class IceText(Cited):
    maximum: Whole
    items: tuple[IceItemText, ...]

    @model_validator(mode="after")
    def _points_add_up(self) -> IceText:
        if sum(item.points for item in self.items) != self.maximum:
            raise ValueError(f"the points of the items do not add up to {self.maximum}")
        return self


class IceBandText(StrictRecord):
    score: tuple[Whole, Whole]
    grade: Whole


class IceMappingText(Cited):
    bands: tuple[IceBandText, ...] = Field(min_length=1)
    zero_rule: str

    @model_validator(mode="after")
    def _no_hole_and_no_overlap(self) -> IceMappingText:
        covered = [score for band in self.bands for score in range(band.score[0], band.score[1] + 1)]
        if sorted(covered) != list(range(len(covered))):
            raise ValueError("the bands must hold every score from 0 up exactly once")
        return self


class DomainText(Cited):
    value: str
    grade: Whole
    also: str = ""


class ConsciousnessText(DomainText):
    counts_as: Annotated[Consciousness, Field(strict=False)]


class SeizureText(DomainText):
    counts_as: Annotated[Seizure, Field(strict=False)]


class MotorText(DomainText):
    counts_as: Annotated[Motor, Field(strict=False)]


class RaisedPressureText(DomainText):
    counts_as: Annotated[RaisedPressure, Field(strict=False)]


class ExcludedText(Cited):
    item: str
    handling: str
    counts_as: str = ""


class IcansText(StrictRecord):
    standard: str
    ice: IceText
    ice_mapping: IceMappingText
    ice_incomplete: Rule
    ice_remote_use: Rule
    ice_baseline: Rule
    level_of_consciousness: tuple[ConsciousnessText, ...]
    level_of_consciousness_trap: Rule
    sedation: Rule
    seizure: tuple[SeizureText, ...]
    motor: tuple[MotorText, ...]
    raised_icp_or_edema: tuple[RaisedPressureText, ...]
    combine: Rule
    excluded: tuple[ExcludedText, ...]
    grade_5: DeathText
    independent_of_crs: Rule
    pediatric: Rule

    @model_validator(mode="after")
    def _complete(self) -> IcansText:
        named = {row.counts_as for row in self.excluded}
        for word, kind, graded in (
            ("level_of_consciousness", Consciousness, [row.counts_as for row in self.level_of_consciousness]),
            ("seizure", Seizure, [row.counts_as for row in self.seizure]),
            ("motor", Motor, [row.counts_as for row in self.motor]),
            ("raised_icp_or_edema", RaisedPressure, [row.counts_as for row in self.raised_icp_or_edema]),
        ):
            if sorted([*graded, *(named & set(kind))]) != sorted(kind):
                raise ValueError(f"{word} needs a grade for each value once, or the value under excluded")
        if max(band.score[1] for band in self.ice_mapping.bands) != self.ice.maximum:
            raise ValueError("the bands of ice_mapping must end at the maximum of ice")
        return self

    def spec(self, ledger: Citations, local: LocalGrading) -> IcansSpec:
        excluded = {row.counts_as for row in self.excluded}
        bands = self.ice_mapping.bands
        return IcansSpec(
            ice_maximum=self.ice.maximum,
            ice_bands=tuple(IceBand(band.score[0], band.score[1], band.grade) for band in bands),
            consciousness={row.counts_as: row.grade for row in self.level_of_consciousness},
            seizure={row.counts_as: row.grade for row in self.seizure},
            motor={sign: 0 for sign in Motor if sign in excluded}
            | {row.counts_as: row.grade for row in self.motor},
            raised_pressure={sign: 0 for sign in RaisedPressure if sign in excluded}
            | {row.counts_as: row.grade for row in self.raised_icp_or_edema},
            death_grade=self.grade_5.grade,
            event_free_hours=local.event_free_hours,
            source=ledger.source_of(self.combine),
            ice_source=ledger.source_of(self.ice_mapping),
        )


# --- the rest of the file: shown, never computed with -----------------------------------------------


class FactText(Cited):
    id: str
    fact: str


class IecHsText(Cited):
    standard: str
    definition: str
    required: str
    common: tuple[str, ...]
    others: tuple[str, ...]
    grades: dict[str, str]
    caution: str
    prompt_when: str


class CtcaeText(Cited):
    grade1: str = ""
    grade2: str = ""
    grade3: str
    grade4: str


class HoldText(Cited):
    item: str
    rule: str


class GradingText(StrictRecord):
    """The whole grading file."""

    record: Literal["grading"]
    title: str
    scope: str
    not_a_substitute: str
    crs: CrsText
    icans: IcansText
    bispecific_label_additions: tuple[FactText, ...]
    iec_hs: IecHsText
    ctcae_v5: dict[str, CtcaeText]
    ctcae_v5_scales: Rule
    typical_holds: tuple[HoldText, ...]
    sources: dict[str, CitedSource]
