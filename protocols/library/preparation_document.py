"""The preparation part of a regimen file: vials, printed weight bands, arithmetic, injection."""

from __future__ import annotations

from pydantic import Field, model_validator

from protocols.documents import Flag, Number, StrictRecord, Whole
from protocols.library.blocks import Block, Ledger
from protocols.library.care_document import NoteText
from protocols.library.schedule_document import AmountText
from protocols.rules.regimen import (
    BandTable,
    CrossCheck,
    DoseRule,
    Injection,
    Preparation,
    Vial,
    WeightBand,
)


class VialText(StrictRecord):
    strength: str
    conc_mg_per_ml: Number = Field(gt=0)
    volume_ml: Number = Field(gt=0)
    use: tuple[str, ...] = ()
    use_amounts: tuple[AmountText, ...] = ()
    unverified_value: Flag = False

    @model_validator(mode="after")
    def _serves_something(self) -> VialText:
        if not (self.use or self.use_amounts):
            raise ValueError("a vial names the doses or the amounts that it serves")
        return self

    def build(self) -> Vial:
        return Vial(
            strength=self.strength,
            mg_per_ml=self.conc_mg_per_ml,
            volume_ml=self.volume_ml,
            doses=self.use,
            amounts=tuple(amount.build() for amount in self.use_amounts),
            unverified_value=self.unverified_value,
        )


class VialsText(Block):
    items: tuple[VialText, ...] = Field(min_length=1)


class DoseRuleText(Block):
    text: str
    weight_basis: str = ""
    bands_decide: Flag = False
    volume_decimals: Whole

    def build(self, ledger: Ledger) -> DoseRule:
        provenance = ledger.provenance("preparation/dose_rule", self)
        return DoseRule(self.text, self.bands_decide, self.volume_decimals, provenance)


class BandText(StrictRecord):
    kg: tuple[Whole, Whole]
    mg: Number = Field(gt=0)
    ml: Number = Field(gt=0)
    vials: Whole | None = None

    @model_validator(mode="after")
    def _rises(self) -> BandText:
        if self.kg[0] > self.kg[1]:
            raise ValueError("a band starts at its lower weight")
        return self


class BandTableText(StrictRecord):
    id: str
    amount: AmountText
    vial: str = ""
    rows: tuple[BandText, ...]

    def build(self) -> BandTable:
        rows = tuple(WeightBand(*row.kg, row.mg, row.ml, row.vials, self.vial) for row in self.rows)
        return BandTable(self.id, self.amount.build(), rows)


class WeightBandsText(Block):
    boundary_rule: str = ""
    outside_range: str = ""
    tables: tuple[BandTableText, ...]


class CrossCheckText(Block):
    text: str
    tolerance_percent: Number

    def build(self, ledger: Ledger) -> CrossCheck:
        return CrossCheck(self.tolerance_percent, ledger.provenance("preparation/cross_check_formula", self))


class InjectionText(Block):
    max_ml_per_site: Number | None = None
    sites: tuple[str, ...]
    rule: str = ""

    def build(self, ledger: Ledger) -> Injection:
        provenance = ledger.provenance("preparation/injection", self)
        return Injection(self.max_ml_per_site, self.sites, self.rule, provenance)


class PreparationText(StrictRecord):
    vials: VialsText
    dose_rule: DoseRuleText
    weight_bands: WeightBandsText | None = None
    cross_check_formula: CrossCheckText | None = None
    injection: InjectionText | None = None
    no_mixing: NoteText | None = None
    handling: NoteText | None = None
    product_mix_up: NoteText | None = None

    def build(self, ledger: Ledger) -> Preparation:
        bands = self.weight_bands
        notes = {
            "no_mixing": self.no_mixing,
            "handling": self.handling,
            "product_mix_up": self.product_mix_up,
        }
        return Preparation(
            vials=tuple(vial.build() for vial in self.vials.items),
            vials_provenance=ledger.provenance("preparation/vials", self.vials),
            dose_rule=self.dose_rule.build(ledger),
            bands=tuple(table.build() for table in bands.tables) if bands else (),
            bands_provenance=ledger.provenance("preparation/weight_bands", bands) if bands else None,
            cross_check=self.cross_check_formula.build(ledger) if self.cross_check_formula else None,
            injection=self.injection.build(ledger) if self.injection else None,
            notes=tuple(
                note.build(ledger, f"preparation/{name}") for name, note in notes.items() if note is not None
            ),
        )
