"""The parts of a regimen file around the dose: premedication, monitoring, toxicity, holds, plain notes."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from protocols.documents import Flag, Number, StrictRecord, Whole
from protocols.library.blocks import Block, Ledger
from protocols.library.schedule_document import NotFound
from protocols.rules.regimen import (
    Decision,
    DoseHistory,
    DoseKind,
    ManagementRow,
    ManagementTable,
    Modification,
    MonitoringBlock,
    MonitoringRow,
    Note,
    Occurrence,
    PremedicationDrug,
    PremedicationRule,
    Pretreatment,
    PublishedFigures,
    RequiredAgain,
    Situation,
)


class NoteText(Block):
    """A block whose text is shown and never computed with."""

    text: str

    def build(self, ledger: Ledger, block_id: str) -> Note:
        return Note(block_id.rsplit("/", 1)[-1], self.text, ledger.provenance(block_id, self))


# --- premedication ----------------------------------------------------------------------------------


def _rises(pair: tuple[Decimal, Decimal]) -> tuple[Decimal, Decimal]:
    if pair[0] > pair[1]:
        raise ValueError("a range starts at its lower end")
    return pair


Range = Annotated[tuple[Number, Number], AfterValidator(_rises)]


class PremedicationDrugText(StrictRecord):
    drug: str
    or_equivalent: Flag = False
    dose_mg: Range | None = None
    dose_mg_after_crs: Number | None = None
    route: tuple[str, ...] = ()
    hours_before: Range | None = None

    def build(self) -> PremedicationDrug:
        mg, hours = self.dose_mg or (None, None), self.hours_before or (None, None)
        return PremedicationDrug(
            name=self.drug,
            or_equivalent=self.or_equivalent,
            mg_min=mg[0],
            mg_max=mg[1],
            routes=self.route,
            hours_before_min=hours[0],
            hours_before_max=hours[1],
            mg_after_crs=self.dose_mg_after_crs,
        )


class PremedicationRuleText(StrictRecord):
    id: str
    applies_to: tuple[str, ...] = Field(min_length=1)
    full_dose_number: Whole | None = None
    from_full_dose_number: Whole | None = None
    only_after_crs: Flag = False
    drugs: tuple[PremedicationDrugText, ...]
    text: str = ""

    def build(self) -> PremedicationRule:
        return PremedicationRule(
            id=self.id,
            applies_to=self.applies_to,
            drugs=tuple(drug.build() for drug in self.drugs),
            full_dose_number=self.full_dose_number,
            from_full_dose_number=self.from_full_dose_number,
            only_after_crs=self.only_after_crs,
            text=self.text,
        )


class PremedicationRegimenText(Block):
    rules: tuple[PremedicationRuleText, ...] = Field(min_length=1)
    approximate: Flag = False
    stop_rule: str = ""


class AgainText(StrictRecord):
    history: Annotated[DoseHistory, Field(strict=False)]
    step_up_only: Flag = False
    text: str = ""


class RequiredAgainText(Block):
    when: tuple[AgainText, ...]


class PretreatmentText(StrictRecord):
    regimen: PremedicationRegimenText
    required_again: RequiredAgainText
    infection_prophylaxis: NoteText | None = None

    def build(self, ledger: Ledger) -> Pretreatment:
        prophylaxis = self.infection_prophylaxis
        notes = (prophylaxis.build(ledger, "pretreatment/infection_prophylaxis"),) if prophylaxis else ()
        return Pretreatment(
            rules=tuple(rule.build() for rule in self.regimen.rules),
            regimen=ledger.provenance("pretreatment/regimen", self.regimen),
            again=tuple(RequiredAgain(when.history, when.step_up_only) for when in self.required_again.when),
            required_again=ledger.provenance("pretreatment/required_again", self.required_again),
            approximate=self.regimen.approximate,
            stop_rule=self.regimen.stop_rule,
            notes=notes,
        )


# --- monitoring -------------------------------------------------------------------------------------


class MonitoringRowText(StrictRecord):
    dose: tuple[str, ...] = Field(min_length=1)
    hospital_hours: Number | None = None
    proximity_hours: Number | None = None
    daily_monitoring_hours: Number | None = None

    def build(self) -> MonitoringRow:
        return MonitoringRow(
            self.dose, self.hospital_hours, self.proximity_hours, self.daily_monitoring_hours
        )


class MonitoringText(Block):
    id: str
    applies: str = ""
    per_dose: tuple[MonitoringRowText, ...] = ()
    text: str = ""
    safe_default: Flag = False

    def build(self, ledger: Ledger) -> MonitoringBlock:
        return MonitoringBlock(
            id=self.id,
            rows=tuple(row.build() for row in self.per_dose),
            text=self.text,
            safe_default=self.safe_default,
            provenance=ledger.provenance(f"monitoring/{self.id}", self),
            applies=self.applies,
        )


# --- after toxicity ---------------------------------------------------------------------------------


class SituationText(StrictRecord):
    grades: tuple[Whole, ...] = Field(min_length=1)
    occurrence: Annotated[Occurrence, Field(strict=False)] = Occurrence.ANY
    duration_under_hours: Number | None = None
    duration_at_least_hours: Number | None = None

    def build(self) -> Situation:
        return Situation(
            self.grades, self.occurrence, self.duration_under_hours, self.duration_at_least_hours
        )


class ManagementRowText(Block):
    id: str
    situations: tuple[SituationText, ...] = Field(min_length=1)
    decision: Annotated[Decision, Field(strict=False)]
    current_dose: str = ""
    conditions: tuple[str, ...] = ()
    premedicate_next_dose: Flag | None = None
    hospital_hours: Number | None = None
    daily_monitoring_hours: Number | None = None
    stay_near: Flag = False
    consider_hospital: Flag = False
    supportive: str = ""
    definition: str = ""
    conflict: str = ""
    safe_default: Flag = False

    def build(self, ledger: Ledger, table: str) -> ManagementRow:
        return ManagementRow(
            id=self.id,
            situations=tuple(situation.build() for situation in self.situations),
            decision=self.decision,
            provenance=ledger.provenance(f"{table}/{self.id}", self),
            current_dose=self.current_dose,
            conditions=self.conditions,
            premedicate=self.premedicate_next_dose,
            hospital_hours=self.hospital_hours,
            daily_monitoring_hours=self.daily_monitoring_hours,
            stay_near=self.stay_near,
            consider_hospital=self.consider_hospital,
            supportive=self.supportive,
            definition=self.definition,
            conflict=self.conflict,
            safe_default=self.safe_default,
        )


class ManagementText(StrictRecord):
    rows: tuple[ManagementRowText, ...]
    not_found: NotFound | None = None

    def build(self, ledger: Ledger, toxicity: str) -> ManagementTable:
        table = f"{toxicity}_management"
        return ManagementTable(
            toxicity=toxicity,
            rows=tuple(row.build(ledger, table) for row in self.rows),
            not_found=self.not_found is not None,
            provenance=ledger.provenance(table, self.not_found) if self.not_found else None,
        )


class ModificationText(Block):
    id: str
    trigger: str
    action: str
    finding: str = ""
    below: Number | None = None
    below_with_bleeding: Number | None = None
    kinds: tuple[Annotated[DoseKind, Field(strict=False)], ...] = ()

    def build(self, ledger: Ledger) -> Modification:
        return Modification(
            id=self.id,
            trigger=self.trigger,
            action=self.action,
            provenance=ledger.provenance(f"other_modifications/{self.id}", self),
            finding=self.finding,
            below=self.below,
            below_with_bleeding=self.below_with_bleeding,
            kinds=self.kinds,
        )


class HoldText(Block):
    id: str
    test: str
    rule: str

    def build(self, ledger: Ledger) -> Note:
        return Note(self.id, f"{self.test}: {self.rule}", ledger.provenance(f"hold_criteria/{self.id}", self))


class FiguresText(Block):
    id: str
    population: str = ""
    figures: dict[str, Number]

    def build(self, ledger: Ledger) -> PublishedFigures:
        return PublishedFigures(
            id=self.id,
            population=self.population,
            figures=tuple(self.figures.items()),
            provenance=ledger.provenance(f"frequency/{self.id}", self),
        )


class GradeText(StrictRecord):
    grade: Whole
    definition: str


class GradingText(Block):
    grades: tuple[GradeText, ...]

    def build(self, ledger: Ledger) -> Note:
        text = "; ".join(f"grade {row.grade}: {row.definition}" for row in self.grades)
        return Note("crs_grading", text, ledger.provenance("crs_grading", self))
