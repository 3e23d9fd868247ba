"""Whether tocilizumab is at hand in milligrams for everybody who may need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from protocols.rules.treatment_settings import TocilizumabRule


@dataclass(frozen=True, slots=True)
class Reserve:
    """What is reserved for one patient: so many doses of so many milligrams each."""

    mg: Decimal
    each_mg: Decimal
    doses: int
    because: str


@dataclass(frozen=True, slots=True)
class Level:
    """One place: counted, given since, reserved. ``left`` is ``None`` where nobody has counted."""

    place: str
    counted: Decimal | None
    given_since: Decimal
    reserved: Decimal
    patients: int

    @property
    def left(self) -> Decimal | None:
        return None if self.counted is None else max(self.counted - self.given_since, Decimal(0))

    @property
    def short(self) -> Decimal | None:
        """Milligrams that are missing; ``None`` where it is not known how much there is."""
        return None if self.left is None else max(self.reserved - self.left, Decimal(0))

    @property
    def enough(self) -> bool:
        """Nothing reserved is enough; not counted is never enough."""
        return not self.reserved or self.short == 0


def reserve(weight_kg: Decimal | None, rule: TocilizumabRule) -> Reserve:
    """The center's number of doses by weight; an unknown weight, or one under the limit, counts as the cap.

    Source: the center's tocilizumab settings.
    """
    doses = rule.reserved_doses
    if weight_kg is None or weight_kg < rule.min_weight_kg:
        why = "weight unknown" if weight_kg is None else f"{_plain(weight_kg)} kg, dose from pharmacy"
        return Reserve(
            doses * rule.max_mg, rule.max_mg, doses, f"{why}: {doses} x {_plain(rule.max_mg)} mg, the cap"
        )
    each = min(rule.mg_per_kg * weight_kg, rule.max_mg)
    said = f"{doses} x {_plain(each)} mg ({_plain(rule.mg_per_kg)} mg/kg x {_plain(weight_kg)} kg)"
    return Reserve(doses * each, each, doses, said)


def vials(mg: Decimal, vial_mg: Decimal | None) -> int | None:
    """Whole vials for an amount; ``None`` where the strength of the vial is not on record."""
    return None if not vial_mg else int((mg / vial_mg).to_integral_value(ROUND_CEILING))


def expired(expires_on: date | None, today: date) -> bool:
    """The day printed on the vial is its last."""
    return expires_on is not None and expires_on < today


def level(
    place: str,
    counted: Iterable[tuple[Decimal, date | None]] | None,
    given_since: Decimal,
    reserves: Iterable[Reserve],
    today: date,
) -> Level:
    """What one place has against what is reserved there. Expired vials are not there."""
    kept = list(reserves)
    mg = None
    if counted is not None:
        mg = sum((amount for amount, until in counted if not expired(until, today)), Decimal(0))
    return Level(place, mg, given_since, sum((one.mg for one in kept), Decimal(0)), len(kept))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():,f}"
