"""A center's own settings as values: limits, checks, call trees, emergency plans, plausible ranges.

The same shape for the defaults that we ship and for what a center made of them. Every section is one block
that a center adopts as a whole; until then its answers are marked as a proposal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from protocols.documents import Flag, Number, StrictRecord, Whole
from protocols.library.cited import Citations, Cited, CitedSource
from protocols.library.grading_document import LocalGrading
from protocols.library.treatment_document import CareText
from protocols.rules.spec import (
    CallParameters,
    CenterSpec,
    CheckRule,
    DoseRules,
    EmergencyAction,
    EmergencyPlan,
    EscalationLadder,
    PlausibleRange,
    Rung,
)
from protocols.rules.values import InterventionKind, Provenance, Toxicity

GRADES = (1, 2, 3, 4)
"""The grades at which somebody acts; grade 5 is a death."""


class LocalGradingText(Cited):
    hypotension_systolic_mmhg: Number
    oxygen_needed_spo2_percent: Number
    event_free_hours: Number
    risk_window_hours: Number

    def build(self) -> LocalGrading:
        return LocalGrading(
            hypotension_systolic=self.hypotension_systolic_mmhg,
            oxygen_needed_spo2=self.oxygen_needed_spo2_percent,
            event_free_hours=self.event_free_hours,
            risk_window_hours=self.risk_window_hours,
        )


class LimitsText(Cited):
    fever_c: Number
    systolic_mmhg: Number
    spo2_percent: Number
    heart_rate_per_min: Number
    systolic_fall_mmhg: Number
    systolic_fall_percent: Number
    ice_score: Whole

    def build(self, ledger: Citations) -> CallParameters:
        return CallParameters(
            fever_c=self.fever_c,
            systolic=self.systolic_mmhg,
            spo2=self.spo2_percent,
            heart_rate=self.heart_rate_per_min,
            systolic_fall_mmhg=self.systolic_fall_mmhg,
            systolic_fall_percent=self.systolic_fall_percent,
            ice_score=self.ice_score,
            provenance=ledger.provenance("limits", self),
        )


class ChecksText(Cited):
    every_hours: Number = Field(gt=0)
    window_hours: Number
    early_minutes: Whole
    grace_minutes: Whole

    def build(self, ledger: Citations) -> CheckRule:
        return CheckRule(
            every_hours=self.every_hours,
            window_hours=self.window_hours,
            early_minutes=self.early_minutes,
            grace_minutes=self.grace_minutes,
            provenance=ledger.provenance("checks", self),
        )


class RungText(StrictRecord):
    role: str
    minutes: Whole = Field(ge=0)


def _climbs(rungs: tuple[RungText, ...]) -> tuple[RungText, ...]:
    if any(upper.minutes <= lower.minutes for lower, upper in pairwise(rungs)):
        raise ValueError("each level comes later than the one before it")
    return rungs


class CallTreeText(Cited):
    rungs: Annotated[tuple[RungText, ...], Field(min_length=1), AfterValidator(_climbs)]
    repeat_minutes: Whole = Field(gt=0)
    recheck_minutes: Whole = Field(ge=0)  # 0: an answered alert is not opened again

    def build(self, ledger: Citations, block_id: str) -> EscalationLadder:
        return EscalationLadder(
            rungs=tuple(Rung(rung.role, rung.minutes) for rung in self.rungs),
            repeat_minutes=self.repeat_minutes,
            recheck_minutes=self.recheck_minutes,
            provenance=ledger.provenance(block_id, self),
        )


class MaskingText(Cited):
    may_be_lowered_hours: Number


class DosingText(Cited):
    weight_max_age_days: Whole
    weight_change_percent: Number
    rounding_mg: dict[str, Number]

    def build(self, ledger: Citations) -> DoseRules:
        return DoseRules(
            weight_max_age_days=self.weight_max_age_days,
            weight_change_percent=self.weight_change_percent,
            rounding_mg=self.rounding_mg,
            provenance=ledger.provenance("dosing", self),
        )


class RangeText(StrictRecord):
    field: str
    unit: str
    possible: tuple[Number, Number]
    likely: tuple[Number, Number]

    @model_validator(mode="after")
    def _likely_is_possible(self) -> RangeText:
        (low, high), (usual_low, usual_high) = self.possible, self.likely
        if not low <= usual_low < usual_high <= high:
            raise ValueError("likely must be a range inside possible")
        return self

    def build(self, provenance: Provenance) -> PlausibleRange:
        return PlausibleRange(self.field, self.unit, *self.possible, *self.likely, provenance)


class PlausibleText(Cited):
    ranges: tuple[RangeText, ...]

    def build(self, ledger: Citations) -> tuple[PlausibleRange, ...]:
        provenance = ledger.provenance("plausible", self)
        return tuple(row.build(provenance) for row in self.ranges)


# --- emergency --------------------------------------------------------------------------------------


class ActionText(Cited):
    id: str
    do: str
    why: str = ""
    only_if: str = ""
    grades: tuple[Annotated[Whole, Field(ge=1, le=4)], ...] = Field(min_length=1)
    kind: Literal["treatment", "repeating", "other"] = "treatment"
    within_minutes: Whole | None = None
    repeat_minutes: Whole | None = None
    after: str = ""
    intervention: Annotated[InterventionKind, Field(strict=False)] | None = None
    mg_per_kg: Number | None = None
    max_mg: Number | None = None
    min_weight_kg: Number | None = None

    @model_validator(mode="after")
    def _whole(self) -> ActionText:
        if (self.kind == "repeating") != (self.repeat_minutes is not None):
            raise ValueError("repeat_minutes goes with the kind repeating, and only with it")
        if (self.mg_per_kg is None) != (self.max_mg is None):
            raise ValueError("mg_per_kg and max_mg go together")
        return self

    def build(self, ledger: Citations, toxicity: Toxicity) -> EmergencyAction:
        mark = ledger.provenance(f"emergency/{toxicity}/{self.id}", self)
        return EmergencyAction(
            id=self.id,
            do=self.do,
            why=self.why,
            kind=self.kind,
            within_minutes=self.within_minutes,
            source=mark.source,
            confirmed=mark.confirmed,
            intervention=self.intervention or "",
            mg_per_kg=self.mg_per_kg,
            max_mg=self.max_mg,
            min_weight_kg=self.min_weight_kg,
            repeat_minutes=self.repeat_minutes,
            after=self.after,
            only_if=self.only_if,
        )


class PlansText(StrictRecord):
    """The actions of one toxicity in order, each with the grades at which it applies."""

    sites: dict[str, str]
    actions: tuple[ActionText, ...]

    @model_validator(mode="after")
    def _every_grade_has_a_plan(self) -> PlansText:
        if tuple(self.sites) != tuple(str(grade) for grade in GRADES):
            raise ValueError("sites needs the grades 1, 2, 3 and 4, in order")
        known: set[str] = set()
        for action in self.actions:
            if action.id in known:
                raise ValueError(f"the action {action.id} stands twice")
            if action.after and action.after not in known:
                raise ValueError(f"{action.id} comes after {action.after}, which is no action before it")
            known.add(action.id)
        return self

    def build(self, ledger: Citations, toxicity: Toxicity) -> tuple[EmergencyPlan, ...]:
        built = [(action.grades, action.build(ledger, toxicity)) for action in self.actions]
        return tuple(
            EmergencyPlan(
                toxicity=toxicity,
                grade=grade,
                site=self.sites[str(grade)],
                actions=tuple(action for grades, action in built if grade in grades),
            )
            for grade in GRADES
        )


class EmergencyText(StrictRecord):
    crs: PlansText
    icans: PlansText


class SignText(Cited):
    id: str
    sign: str

    def build(self, ledger: Citations) -> EmergencyAction:
        mark = ledger.provenance(f"call_back_signs/{self.id}", self)
        return EmergencyAction(
            id=self.id, do=self.sign, kind="other", source=mark.source, confirmed=mark.confirmed
        )


class CenterText(CareText):
    """The whole center document."""

    record: Literal["center"]
    title: str
    grading: LocalGradingText
    limits: LimitsText
    checks: ChecksText
    call_tree: CallTreeText
    missed_check_tree: CallTreeText
    masking: MaskingText
    dosing: DosingText
    attest_button: Flag
    plausible: PlausibleText
    emergency: EmergencyText
    call_back_signs: tuple[SignText, ...]
    sources: dict[str, CitedSource]

    def spec(self, ledger: Citations) -> CenterSpec:
        """The settings as the rules read them; the ledger's prefix opens the ids of the blocks."""
        ledger.provenance("grading", self.grading)
        ledger.provenance("masking", self.masking)
        return CenterSpec(
            limits=self.limits.build(ledger),
            checks=self.checks.build(ledger),
            ladder=self.call_tree.build(ledger, "call_tree"),
            missed_check_ladder=self.missed_check_tree.build(ledger, "missed_check_tree"),
            plans=(
                *self.emergency.crs.build(ledger, Toxicity.CRS),
                *self.emergency.icans.build(ledger, Toxicity.ICANS),
            ),
            call_back_signs=tuple(sign.build(ledger) for sign in self.call_back_signs),
            dose_rules=self.dosing.build(ledger),
            attest_button=self.attest_button,
            masked_hours=self.masking.may_be_lowered_hours,
            plausible=self.plausible.build(ledger),
            care=self.care(ledger),
        )


_LIMIT_KEYS = {
    "fever_c": "fever_c",
    "systolic": "systolic_mmhg",
    "spo2": "spo2_percent",
    "heart_rate": "heart_rate_per_min",
}


def overridden(
    section: Mapping[str, Any],
    *,
    limits: Mapping[str, Decimal] | None = None,
    check_hours: Decimal | None = None,
    grace_minutes: int | None = None,
    rungs: Sequence[Rung] = (),
) -> dict[str, Any]:
    """A center section as plain text with the settings that a story may change.

    The same changes as ``protocols.rules.spec.with_overrides``, made in the document, for a protocol that is
    stored. Raises ``KeyError`` for any other limit.
    """
    changed = {name: dict(section[name]) for name in ("grading", "limits", "checks", "call_tree")}
    for name, value in (limits or {}).items():
        changed["limits"][_LIMIT_KEYS[name]] = str(value)
    if limits and "systolic" in limits:
        changed["grading"]["hypotension_systolic_mmhg"] = str(limits["systolic"])
    if check_hours is not None:
        changed["checks"]["every_hours"] = str(check_hours)
    if grace_minutes is not None:
        changed["checks"]["grace_minutes"] = str(grace_minutes)
    if rungs:
        changed["call_tree"]["rungs"] = [{"role": rung.role, "minutes": str(rung.minutes)} for rung in rungs]
    return {**section, **changed}
