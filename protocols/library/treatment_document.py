"""The center's treatment settings as values: drugs with their limits, resolution, what is chased, visits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from protocols.documents import Flag, Number, StrictRecord, Whole
from protocols.library.cited import Citations, Cited
from protocols.rules.treatment_settings import (
    AntipyreticRule,
    CallRule,
    CareSettings,
    CareTrigger,
    ChaseRule,
    DrugRegime,
    IceTestRule,
    LateWatch,
    NeutropeniaRule,
    RegimePhase,
    ResolutionRule,
    SpecialistPrompt,
    SteroidCare,
    TocilizumabRule,
    VisitItem,
)
from protocols.rules.values import InterventionKind, Toxicity

Grade = Annotated[Whole, Field(ge=1, le=4)]
Kind = Annotated[InterventionKind, Field(strict=False)]
Tox = Annotated[Toxicity, Field(strict=False)]


class TocilizumabText(Cited):
    mg_per_kg: Number = Field(gt=0)
    max_mg: Number = Field(gt=0)
    min_weight_kg: Number
    min_interval_hours: Number = Field(gt=0)
    max_in_24_hours: Whole | None
    max_total: Whole | None
    max_per_event: Whole | None
    max_in_6_weeks: Whole | None
    prophylactic_counts: Flag
    round_to_mg: Number | None
    round_within_percent: Number
    reserved_doses: Whole
    disagreement: str
    not_for: str = ""
    repeated_with_icans: str = ""

    def build(self, ledger: Citations) -> TocilizumabRule:
        mark = ledger.provenance("treatments/tocilizumab", self)
        return TocilizumabRule(**_own(self), provenance=mark)


class AntipyreticText(Cited):
    min_interval_hours: Number
    max_mg_per_day: Number

    def build(self, ledger: Citations) -> AntipyreticRule:
        return AntipyreticRule(**_own(self), provenance=ledger.provenance("treatments/acetaminophen", self))


class PhaseText(StrictRecord):
    mg: Number = Field(gt=0)
    every_hours: Number = Field(gt=0)
    days: Whole | None = None


class RegimeText(Cited):
    id: str
    kind: Kind
    drug: str
    words: str
    route: str
    toxicities: tuple[Tox, ...]
    grades: tuple[Grade, ...]
    phases: tuple[PhaseText, ...] = Field(min_length=1)
    taper: str = ""
    steroid: Flag = False

    def build(self, ledger: Citations) -> DrugRegime:
        return DrugRegime(
            id=self.id,
            kind=self.kind,
            drug=self.drug,
            words=self.words,
            route=self.route,
            toxicities=self.toxicities,
            grades=self.grades,
            phases=tuple(RegimePhase(phase.mg, phase.every_hours, phase.days) for phase in self.phases),
            taper=self.taper,
            steroid=self.steroid,
            provenance=ledger.provenance(f"treatments/{self.id}", self),
        )


class SteroidCareText(Cited):
    neuro_check_hours: Number = Field(gt=0)
    neuro_check_after_taper_hours: Number
    words: tuple[str, ...]

    def build(self, ledger: Citations) -> SteroidCare:
        return SteroidCare(**_own(self), provenance=ledger.provenance("treatments/steroid_care", self))


class TreatmentsText(StrictRecord):
    tocilizumab: TocilizumabText
    acetaminophen: AntipyreticText
    steroid_care: SteroidCareText
    regimes: tuple[RegimeText, ...]


class ResolutionText(Cited):
    afebrile_hours: Number
    masking_look_back_hours: Number

    def build(self, ledger: Citations) -> ResolutionRule:
        return ResolutionRule(**_own(self), provenance=ledger.provenance("resolution", self))


class ChaseText(Cited):
    page_overdue_actions: Flag
    overdue_grace_minutes: Whole
    arrival_grace_minutes: Whole

    def build(self, ledger: Citations) -> ChaseRule:
        return ChaseRule(**_own(self), provenance=ledger.provenance("chase", self))


class CallsText(Cited):
    no_answer: str
    try_again_minutes: Whole = Field(gt=0)

    def build(self, ledger: Citations) -> CallRule:
        return CallRule(**_own(self), provenance=ledger.provenance("calls", self))


class NeutropeniaText(Cited):
    anc_below: Number
    result_max_age_hours: Number

    def build(self, ledger: Citations) -> NeutropeniaRule:
        return NeutropeniaRule(**_own(self), provenance=ledger.provenance("neutropenia", self))


class PromptText(Cited):
    id: str
    words: str
    toxicity: Tox | None = None
    after_hours: Number | None = None

    def build(self, ledger: Citations) -> SpecialistPrompt:
        return SpecialistPrompt(**_own(self), provenance=ledger.provenance(f"prompts/{self.id}", self))


class TriggerText(Cited):
    id: str
    words: str
    place: Literal["ward", "intensive_care"]
    crs: Grade | None = None
    icans: Grade | None = None
    consider: Flag = False

    def build(self, ledger: Citations) -> CareTrigger:
        return CareTrigger(**_own(self), provenance=ledger.provenance(f"care_triggers/{self.id}", self))


class VisitItemText(Cited):
    id: str
    ask: str
    do: str
    regimens: tuple[str, ...] = ()
    hold_from_grade: Grade | None = None
    hold_ungraded: Flag = False
    urgent: Flag = False

    def build(self, ledger: Citations) -> VisitItem:
        return VisitItem(**_own(self), provenance=ledger.provenance(f"visit_items/{self.id}", self))


class IceTestText(Cited):
    objects: tuple[Annotated[tuple[str, ...], Field(min_length=3, max_length=3)], ...] = Field(min_length=2)
    commands: tuple[str, ...] = Field(min_length=1)
    writing: str
    attention: str
    by_phone: str

    def build(self, ledger: Citations) -> IceTestRule:
        return IceTestRule(**_own(self), provenance=ledger.provenance("ice_test", self))


class LateWatchText(Cited):
    id: str
    words: str
    regimens: tuple[str, ...] = Field(min_length=1)

    def build(self, ledger: Citations) -> LateWatch:
        return LateWatch(**_own(self), provenance=ledger.provenance(f"late_watch/{self.id}", self))


class CareText(StrictRecord):
    """The treatment sections of the center document."""

    treatments: TreatmentsText
    resolution: ResolutionText
    chase: ChaseText
    calls: CallsText
    neutropenia: NeutropeniaText
    prompts: tuple[PromptText, ...]
    care_triggers: tuple[TriggerText, ...]
    visit_items: tuple[VisitItemText, ...]
    ice_test: IceTestText | None = None
    late_watch: tuple[LateWatchText, ...] = ()

    def care(self, ledger: Citations) -> CareSettings:
        drugs = self.treatments
        return CareSettings(
            tocilizumab=drugs.tocilizumab.build(ledger),
            antipyretic=drugs.acetaminophen.build(ledger),
            regimes=tuple(regime.build(ledger) for regime in drugs.regimes),
            steroid_care=drugs.steroid_care.build(ledger),
            resolution=self.resolution.build(ledger),
            chase=self.chase.build(ledger),
            calls=self.calls.build(ledger),
            neutropenia=self.neutropenia.build(ledger),
            prompts=tuple(prompt.build(ledger) for prompt in self.prompts),
            care_triggers=tuple(trigger.build(ledger) for trigger in self.care_triggers),
            visit_items=tuple(item.build(ledger) for item in self.visit_items),
            ice_test=self.ice_test.build(ledger) if self.ice_test else None,
            late_watch=tuple(watch.build(ledger) for watch in self.late_watch),
        )


def _own(text: Cited) -> dict[str, Any]:
    """The fields of a rule without what every cited rule has."""
    return {name: getattr(text, name) for name in type(text).model_fields if name not in {"source", "notes"}}
