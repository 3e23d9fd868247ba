"""The amount, volume, vial and injections of one dose, with the arithmetic spelled out.

Amounts are exact decimals of mg, mL and kg. The label's printed weight band decides once it is confirmed; the
formula (weight x mg/kg / concentration) stands beside it as a cross-check. Nothing is rounded silently, and a
weight between two printed bands is not guessed. Source: preparation block of the regimen's published record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from protocols.rules.regimen import (
    BandTable,
    DoseSpec,
    DoseUnit,
    Preparation,
    Regimen,
    Schedule,
    Vial,
    WeightBand,
    plain,
    value_confirmed,
)
from protocols.rules.values import Provenance


@dataclass(frozen=True, slots=True)
class DoseAnswer:
    """What to draw up. ``None`` where the record does not say.

    ``mg`` and ``ml`` are by formula, ``band_mg`` and ``band_ml`` by the printed weight band, which decides
    once ``band_confirmed``. ``refused`` says why the record gives no answer, ``objections`` what is wrong
    with what was scanned.
    """

    mg: Decimal | None
    ml: Decimal | None
    band_mg: Decimal | None
    band_ml: Decimal | None
    band_confirmed: bool
    vial: Vial | None
    vials_needed: int | None
    injections: int | None
    ml_per_injection: Decimal | None
    objections: tuple[str, ...]
    refused: tuple[str, ...]
    because: tuple[str, ...]
    source: str
    confirmed: bool

    @property
    def accept(self) -> bool:
        """True when nothing speaks against preparing it; a person still checks."""
        return not (self.objections or self.refused)

    @property
    def decided(self) -> tuple[Decimal, Decimal] | None:
        """The mg and mL to give: the band's once confirmed, the formula's where the label has no bands.

        ``None`` while a pharmacist must choose between both, and where the record gives no answer.
        """
        by_band = self.band_mg is not None
        mg, ml = (self.band_mg, self.band_ml) if by_band else (self.mg, self.ml)
        if self.refused or mg is None or ml is None or (by_band and not self.band_confirmed):
            return None
        return mg, ml


def prepare(
    regimen: Regimen,
    schedule: Schedule,
    dose_id: str,
    weight_kg: Decimal | None = None,
    *,
    vials: Iterable[str] = (),
    product: str | None = None,
) -> DoseAnswer:
    """The preparation of this dose for this weight, and whether what was scanned fits it.

    ``vials`` are strengths as printed, ``product`` a generic or brand name. Raises ``UnknownDoseError``, and
    ``ValueError`` for a weight that is not above zero.
    """
    if weight_kg is not None and weight_kg <= 0:
        raise ValueError("a weight is above 0 kg")
    return _Sheet(regimen, schedule.dose(dose_id), schedule.dose_table, weight_kg).fill(tuple(vials), product)


class _Sheet:
    """The worksheet of one dose: each step adds its line, what it rests on, and what speaks against it."""

    def __init__(
        self, regimen: Regimen, dose: DoseSpec, dose_table: Provenance, weight_kg: Decimal | None
    ) -> None:
        self.regimen = regimen
        self.preparation: Preparation = regimen.preparation
        self.dose = dose
        self.weight_kg = weight_kg
        self.because: list[str] = []
        self.refused: list[str] = []
        self.objections: list[str] = []
        self.rests_on = [dose_table.confirmed, self.preparation.dose_rule.provenance.confirmed]

    def fill(self, scanned: tuple[str, ...], product: str | None) -> DoseAnswer:
        vial = self._vial()
        mg = self._mg()
        ml = self._ml(mg, vial)
        band = self._band()
        self._cross_check(ml, band)
        drawn = band.ml if band else ml
        injections, each = self._injections(drawn)
        self._check_product(product)
        self._check_vials(scanned, vial)
        return DoseAnswer(
            mg=mg,
            ml=ml,
            band_mg=band.mg if band else None,
            band_ml=band.ml if band else None,
            band_confirmed=band is not None and value_confirmed(self.preparation.bands_provenance),
            vial=vial,
            vials_needed=self._vials_needed(drawn, vial),
            injections=injections,
            ml_per_injection=each,
            objections=tuple(self.objections),
            refused=tuple(self.refused),
            because=(*self.because, *self.refused, *self.objections),
            source=str(self.preparation.dose_rule.provenance.source or ""),
            confirmed=all(self.rests_on),
        )

    def _mg(self) -> Decimal | None:
        amount = self.dose.amount
        if amount.unit is DoseUnit.MG:
            self.because.append(f"{self.dose.label_name}: {amount}, whatever the weight")
            return amount.value
        if self.weight_kg is None:
            self.refused.append(f"{amount} needs the weight, which is missing")
            return None
        mg = self.weight_kg * amount.value
        self.because.append(f"{plain(self.weight_kg)} kg x {amount} = {plain(mg)} mg")
        return mg

    def _vial(self) -> Vial | None:
        serving = self.preparation.vials_for(self.dose)
        self.rests_on.append(self.preparation.vials_provenance.confirmed)
        if not serving:
            note = self.preparation.vials_provenance.notes
            self.refused.append(f"the record names no vial for {self.dose.id}. {note}".strip())
            return None
        if len(serving) > 1:
            self.refused.append(f"the record names more than one vial for {self.dose.id}: ask a pharmacist")
            return None
        vial = serving[0]
        self.rests_on.append(value_confirmed(self.preparation.vials_provenance, vial.unverified_value))
        return vial

    def _ml(self, mg: Decimal | None, vial: Vial | None) -> Decimal | None:
        if mg is None or vial is None:
            return None
        exact = mg / vial.mg_per_ml
        ml = self._volume(exact)
        places = self.preparation.dose_rule.volume_decimals
        rounded = "" if ml == exact else f", rounded half up to {places} decimals"
        self.because.append(
            f"{plain(mg)} mg / {plain(vial.mg_per_ml)} mg/mL ({vial.strength}) = {plain(ml)} mL{rounded}"
        )
        return ml

    def _volume(self, exact: Decimal) -> Decimal:
        step = Decimal(1).scaleb(-self.preparation.dose_rule.volume_decimals)
        return exact.quantize(step, rounding=ROUND_HALF_UP)

    def _band(self) -> WeightBand | None:
        """The printed band of this weight; a dose per kilogram without one is not covered."""
        if self.dose.amount.unit is DoseUnit.MG or not self.preparation.dose_rule.bands_decide:
            return None
        table = self.preparation.band_table(self.dose)
        if self.preparation.bands_provenance is not None:
            self.rests_on.append(self.preparation.bands_provenance.confirmed)
        if table is None or not table.rows:
            self.refused.append(
                f"the label's weight table for {self.dose.amount} was not found: ask a pharmacist"
            )
            return None
        if self.weight_kg is None:
            return None
        band = _band_of(table, self.weight_kg)
        if band is None:
            self.refused.append(_no_band(table, self.weight_kg))
            return None
        self.because.append(
            f"printed band {band.kg_min} to {band.kg_max} kg: {plain(band.mg)} mg, {plain(band.ml)} mL"
        )
        return band

    def _cross_check(self, ml: Decimal | None, band: WeightBand | None) -> None:
        check = self.preparation.cross_check
        if check is None or ml is None or band is None:
            return
        self.rests_on.append(check.provenance.confirmed)
        apart = abs(band.ml - ml) / ml * 100
        words = f"band and formula differ by {plain(apart.quantize(Decimal('0.1')))} %"
        if apart > check.tolerance_percent:
            self.objections.append(f"{words}, more than {plain(check.tolerance_percent)} %: ask a pharmacist")
        else:
            self.because.append(f"{words}, at most {plain(check.tolerance_percent)} % is expected")

    def _injections(self, ml: Decimal | None) -> tuple[int | None, Decimal | None]:
        """How many equal injections. A record without a volume limit asks for no splitting."""
        rule = self.preparation.injection
        if ml is None or rule is None:
            return None, None
        if rule.max_ml_per_site is None:
            return 1, ml
        number = _parts(ml, rule.max_ml_per_site)
        each = self._volume(ml / number)
        if number > 1:
            self.rests_on.append(rule.provenance.confirmed)
            limit = f"over {plain(rule.max_ml_per_site)} mL a site"
            about = "" if each * number == ml else "about "
            self.because.append(f"{limit}: {number} equal injections of {about}{plain(each)} mL")
        return number, each

    def _vials_needed(self, ml: Decimal | None, vial: Vial | None) -> int | None:
        if ml is None or vial is None:
            return None
        return _parts(ml, vial.volume_ml)

    def _check_product(self, product: str | None) -> None:
        if product is None:
            return
        known = self.regimen.product
        names = {known.generic, known.generic.rsplit("-", 1)[0], known.brand, self.regimen.slug}
        if product.strip().casefold() not in {name.casefold() for name in names}:
            self.objections.append(f"wrong product: {product} was scanned, this dose is {self.regimen.name}")

    def _check_vials(self, scanned: tuple[str, ...], vial: Vial | None) -> None:
        if not scanned:
            return
        strengths = {_strength(printed) for printed in scanned}
        if len(strengths) > 1:
            self.objections.append(f"vials of different strength are never combined: {', '.join(scanned)}")
        if vial is not None and strengths != {_strength(vial.strength)}:
            self.objections.append(f"wrong vial: {self.dose.id} is drawn from {vial.strength}")


def _band_of(table: BandTable, weight_kg: Decimal) -> WeightBand | None:
    return next((band for band in table.rows if band.kg_min <= weight_kg <= band.kg_max), None)


def _no_band(table: BandTable, weight_kg: Decimal) -> str:
    low, high = table.rows[0].kg_min, table.rows[-1].kg_max
    weight = f"{plain(weight_kg)} kg"
    if low <= weight_kg <= high:
        return f"{weight} is between two printed bands, which are whole kilograms: ask a pharmacist"
    return f"{weight} is outside the printed bands, {low} to {high} kg: ask a pharmacist"


def _parts(whole: Decimal, largest: Decimal) -> int:
    """The fewest equal parts that are none above ``largest``."""
    full, rest = divmod(whole, largest)
    return max(1, int(full) + (1 if rest else 0))


def _strength(printed: str) -> str:
    return printed.replace(" ", "").casefold()
