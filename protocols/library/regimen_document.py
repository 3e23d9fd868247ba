"""One regimen file as a whole, and its way to a ``Regimen``."""

from __future__ import annotations

from pydantic import Field

from protocols.documents import Flag, StrictRecord
from protocols.library.blocks import Block, Ledger, SourceText
from protocols.library.care_document import (
    FiguresText,
    GradingText,
    HoldText,
    ManagementText,
    ModificationText,
    MonitoringText,
    PretreatmentText,
)
from protocols.library.preparation_document import PreparationText
from protocols.library.schedule_document import ScheduleText
from protocols.rules.regimen import LabelRevision, Note, Product, Regimen, Rems


class ProductText(Block):
    generic: str
    brand: str
    target: str
    route: str
    setting: str


class IndicationText(Block):
    id: str
    text: str
    approval: str

    def build(self, ledger: Ledger) -> Note:
        provenance = ledger.provenance(f"indications/{self.id}", self)
        return Note(self.id, f"{self.text}; {self.approval}", provenance)


class WarningsText(Block):
    items: tuple[str, ...]


class RemsText(Block):
    program: str
    active: Flag
    elements: tuple[str, ...] = ()


class ChangeText(StrictRecord):
    date: str
    change: str


class LabelRevisionText(Block):
    latest_known: str
    history: tuple[ChangeText, ...]


class SupersededText(Block):
    id: str
    rule: str


class RegimenText(StrictRecord):
    regimen: str
    sources_read_on: str
    sources: dict[str, SourceText]
    product: ProductText
    indications: tuple[IndicationText, ...]
    boxed_warnings: WarningsText
    rems: RemsText
    label_revision: LabelRevisionText
    schedules: tuple[ScheduleText, ...] = Field(min_length=1)
    pretreatment: PretreatmentText
    monitoring: tuple[MonitoringText, ...]
    crs_grading: GradingText
    crs_management: ManagementText
    icans_management: ManagementText
    neurotoxicity_management: ManagementText
    other_modifications: tuple[ModificationText, ...]
    preparation: PreparationText
    hold_criteria: tuple[HoldText, ...]
    frequency: tuple[FiguresText, ...]
    superseded_rules: tuple[SupersededText, ...]
    known_gaps: tuple[str, ...]

    def build(self, ledger: Ledger) -> Regimen:
        return Regimen(
            slug=self.regimen,
            product=_product(self.product, ledger),
            label_revision=_label_revision(self.label_revision, ledger),
            rems=_rems(self.rems, ledger),
            indications=tuple(indication.build(ledger) for indication in self.indications),
            boxed_warnings=_warnings(self.boxed_warnings, ledger),
            schedules=tuple(schedule.build(ledger) for schedule in self.schedules),
            pretreatment=self.pretreatment.build(ledger),
            monitoring=tuple(block.build(ledger) for block in self.monitoring),
            preparation=self.preparation.build(ledger),
            crs_definitions=self.crs_grading.build(ledger),
            management=(
                self.crs_management.build(ledger, "crs"),
                self.icans_management.build(ledger, "icans"),
                self.neurotoxicity_management.build(ledger, "neurotoxicity"),
            ),
            modifications=tuple(modification.build(ledger) for modification in self.other_modifications),
            hold_criteria=tuple(hold.build(ledger) for hold in self.hold_criteria),
            frequency=tuple(figures.build(ledger) for figures in self.frequency),
            superseded=tuple(
                Note(rule.id, rule.rule, ledger.provenance(f"superseded_rules/{rule.id}", rule))
                for rule in self.superseded_rules
            ),
            known_gaps=self.known_gaps,
        )


def _product(text: ProductText, ledger: Ledger) -> Product:
    provenance = ledger.provenance("product", text)
    return Product(text.generic, text.brand, text.target, text.route, text.setting, provenance)


def _label_revision(text: LabelRevisionText, ledger: Ledger) -> LabelRevision:
    history = tuple((change.date, change.change) for change in text.history)
    return LabelRevision(text.latest_known, history, ledger.provenance("label_revision", text))


def _rems(text: RemsText, ledger: Ledger) -> Rems:
    return Rems(text.program, text.active, text.elements, ledger.provenance("rems", text))


def _warnings(text: WarningsText, ledger: Ledger) -> tuple[Note, ...]:
    provenance = ledger.provenance("boxed_warnings", text)
    return tuple(Note("boxed_warnings", item, provenance) for item in text.items)
