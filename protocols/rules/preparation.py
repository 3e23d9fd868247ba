"""How a dose is made up, by the published record: vials, printed weight bands, arithmetic, injection.

Amounts in mg, volumes in mL, weights in kg, all exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.schedule import Amount, DoseSpec, Note
from protocols.rules.values import Provenance


@dataclass(frozen=True, slots=True)
class Vial:
    strength: str  # as printed, for example 30 mg/3 mL
    mg_per_ml: Decimal
    volume_ml: Decimal
    doses: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    unverified_value: bool = False

    def serves(self, dose: DoseSpec) -> bool:
        return dose.id in self.doses or dose.amount in self.amounts


@dataclass(frozen=True, slots=True)
class WeightBand:
    """One printed row: whole kilograms, both ends included."""

    kg_min: int
    kg_max: int
    mg: Decimal
    ml: Decimal
    vials: int | None = None
    vial: str = ""


@dataclass(frozen=True, slots=True)
class BandTable:
    """The printed bands of one amount per kilogram. No rows: the table was not found."""

    id: str
    amount: Amount
    rows: tuple[WeightBand, ...]


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The arithmetic beside the bands: how far both may differ, in percent of the formula's volume."""

    tolerance_percent: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Injection:
    """How a subcutaneous dose is given. ``max_ml_per_site`` ``None``: no rule for splitting was found."""

    max_ml_per_site: Decimal | None
    sites: tuple[str, ...]
    rule: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DoseRule:
    """The record's rule for making up a dose, and the precision of volumes shown."""

    text: str
    bands_decide: bool
    volume_decimals: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Preparation:
    vials: tuple[Vial, ...]
    vials_provenance: Provenance
    dose_rule: DoseRule
    bands: tuple[BandTable, ...]
    bands_provenance: Provenance | None
    cross_check: CrossCheck | None
    injection: Injection | None
    notes: tuple[Note, ...] = ()

    def vials_for(self, dose: DoseSpec) -> tuple[Vial, ...]:
        return tuple(vial for vial in self.vials if vial.serves(dose))

    def band_table(self, dose: DoseSpec) -> BandTable | None:
        return next((table for table in self.bands if table.amount == dose.amount), None)
