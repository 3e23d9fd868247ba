"""The sheet of one dose: what is known, what the record says, what speaks against giving it. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum

from dosing_portal.kernel.templatetags.clinical import dose, quantity
from patients.models import ToxicityEvent, WeightMeasurement
from protocols.rules.dosing import DoseAnswer
from protocols.rules.premedication import PremedicationAnswer
from protocols.rules.regimen import DoseSpec, DoseUnit, Regimen, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.stepup import RestartAnswer
from protocols.rules.visits import ItemStanding
from protocols.rules.window import DelayReason
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.selectors.decisions import PREMEDICATE, Carried, Condition, EventLock


class Override(IntEnum):
    """Who lets an objection pass, the strictest last. Combining several is ``max``."""

    REASON = 1  # anyone who may give the dose, with a reason
    PHYSICIAN = 2  # one of the two people is a physician, with a reason
    PHYSICIAN_AND_PHARMACIST = 3  # both people, with a reason
    NOBODY = 4


class Remedy(StrEnum):
    """What removes an objection; the page offers a button for it."""

    NONE = ""
    WEIGH = "weigh"
    REPLAN = "replan"
    EVENT = "event"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that speaks against giving the dose. ``field`` is the input that could mend it."""

    field: str
    title: str
    sentence: str
    override: Override = Override.NOBODY
    source: str = ""
    remedy: Remedy = Remedy.NONE
    unconfirmed: bool = False
    about: ToxicityEvent | None = None


class Basis(StrEnum):
    """Which of two answers is given while the label's weight band is not confirmed."""

    BAND = "band"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Amount:
    """What goes into the syringe. ``ml`` and ``vials`` are ``None`` where nobody said them."""

    mg: Decimal
    ml: Decimal | None
    vials: int | None

    @property
    def words(self) -> str:
        return f"{dose(self.mg)}, {quantity(self.ml, 'mL')}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn up and injected, as the giver says it.

    ``basis`` answers which amount where the record offers two. ``typed`` is the amount that a pharmacist gave
    where the record has none. ``seen`` is the amount in words that stood on the page when it was sent.
    """

    product: str
    vial: str
    site: str
    lot: str
    basis: Basis | None = None
    typed: Amount | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page or the form asks the sheet about: a time, what was scanned, why it is late."""

    given_at: datetime
    vial: str = ""
    product: str = ""
    delay: DelayReason | None = None
    premedicated_at: datetime | None = None
    fulfilled: frozenset[str] = frozenset()  # keys of the conditions that a person says were arranged


@dataclass(frozen=True, slots=True)
class DoseSheet:
    """One planned dose at one time.

    ``last`` is the last dose of this course; ``earlier`` the last dose of an earlier course on the same
    schedule, when this one has none yet. ``window`` is ``None`` where no dose came before.
    """

    course: TreatmentCourse
    planned: PlannedDose
    spec: ProtocolSpec
    regimen: Regimen
    schedule: Schedule
    asked: Asked
    given_on: date
    last: Administration | None
    earlier: Administration | None
    weight: WeightMeasurement | None
    locks: tuple[EventLock, ...]
    carried: Carried
    window: RestartAnswer | None
    amount: DoseAnswer
    premedication: PremedicationAnswer
    premedicated_at: datetime | None
    visit: tuple[ItemStanding, ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def dose(self) -> DoseSpec:
        return self.schedule.dose(self.planned.dose)

    @property
    def events(self) -> tuple[ToxicityEvent, ...]:
        """The events that bear on this dose, the worst first."""
        return tuple(found.event for found in self.locks)

    @property
    def conditions_met(self) -> tuple[str, ...]:
        """What the decisions since the last dose asked and was done, each with the event it comes from."""
        return tuple(one.plain for one in self.carried.conditions if self._is_met(one))

    @property
    def conditions_unmet(self) -> tuple[str, ...]:
        return tuple(one.plain for one in self.carried.conditions if not self._is_met(one))

    def _is_met(self, asked: Condition) -> bool:
        if asked.key == PREMEDICATE:
            return self.premedicated_at is not None
        return asked.key in self.asked.fulfilled

    @property
    def override(self) -> Override | None:
        """Who must let this dose pass; ``None`` when nothing speaks against it."""
        return max((objection.override for objection in self.objections), default=None)

    @property
    def unconfirmed(self) -> bool:
        """True when the amount or the window rests on text that nobody at this center confirmed."""
        return not self.amount.confirmed or (self.window is not None and not self.window.confirmed)

    @property
    def choices(self) -> dict[Basis, Amount]:
        """The amounts that the record offers: one when it is decided, two while a band is not confirmed."""
        answer = self.amount
        if answer.refused:
            return {}
        offered = {
            Basis.BAND: self._amount(answer.band_mg, answer.band_ml),
            Basis.FORMULA: self._amount(answer.mg, answer.ml),
        }
        if answer.decided is not None:
            decided = Basis.BAND if answer.band_mg is not None else Basis.FORMULA
            offered = {decided: offered[decided]}
        return {basis: amount for basis, amount in offered.items() if amount is not None}

    def _amount(self, mg: Decimal | None, ml: Decimal | None) -> Amount | None:
        if mg is None or ml is None:
            return None
        vial = self.amount.vial
        return Amount(mg, ml, None if vial is None else _vials(ml, vial.volume_ml))

    @property
    def days(self) -> int | None:
        """Calendar days at the center since the last dose."""
        if self.last is None:
            return None
        return (self.given_on - self.course.center.local(self.last.given_at).date()).days

    @property
    def by_weight(self) -> bool:
        return self.dose.amount.unit is DoseUnit.MG_PER_KG

    @property
    def weight_age(self) -> int | None:
        """Days between the weight and the dose."""
        return None if self.weight is None else (self.given_on - self.weight.measured_on).days

    @property
    def dose_span(self) -> tuple[datetime, datetime] | None:
        """When the dose may follow its premedication; ``None`` where the record gives no exact span."""
        hours = self.premedication.hours_before
        approximate = self.regimen.pretreatment.approximate
        if self.premedicated_at is None or hours is None or hours[0] == hours[1] or approximate:
            return None
        first, last = (self.premedicated_at + timedelta(hours=float(bound)) for bound in hours)
        return first, last


def _vials(ml: Decimal, of_one: Decimal) -> int:
    """How many vials hold a volume: the last one may be used in part."""
    full, rest = divmod(ml, of_one)
    return int(full) + (1 if rest else 0)
