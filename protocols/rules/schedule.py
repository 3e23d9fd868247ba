"""Doses and schedules of the published record, as frozen values.

Days are whole calendar days, amounts are exact. Every block keeps its provenance, so each answer can say
whose word it rests on and whether that word may drive a recommendation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from protocols.rules.values import Provenance

AS_SCHEDULED = "as_scheduled"
"""A restart row's next dose: whatever the schedule has next after the last dose given."""


class UnknownDoseError(LookupError):
    """A dose id that the schedule does not have."""

    def __init__(self, dose: str, schedule: Schedule) -> None:
        known = ", ".join(spec.id for spec in schedule.doses)
        super().__init__(f"schedule {schedule.id} has no dose {dose!r}; it has {known}")
        self.dose = dose


class UnknownScheduleError(LookupError):
    """A schedule id that the regimen does not have."""


class DoseKind(StrEnum):
    STEP_UP = "step_up"
    FIRST_TREATMENT = "first_treatment"
    TREATMENT = "treatment"
    COMPANION_DRUG = "companion_drug"


class DoseUnit(StrEnum):
    MG = "mg"
    MG_PER_KG = "mg/kg"


class RestartAction(StrEnum):
    CONTINUE = "continue"
    REPEAT = "repeat"
    RESTART = "restart"


class Response(StrEnum):
    """Response of the myeloma, worst first."""

    PROGRESSIVE = "PD"
    STABLE = "SD"
    MINIMAL = "MR"
    PARTIAL = "PR"
    VERY_GOOD_PARTIAL = "VGPR"
    COMPLETE = "CR"
    STRINGENT_COMPLETE = "sCR"

    def reaches(self, wanted: Response) -> bool:
        order = list(Response)
        return order.index(self) >= order.index(wanted)


def value_confirmed(provenance: Provenance | None, unverified_value: bool = False) -> bool:
    """True when a value of this block may drive a recommendation.

    A single value may be unverified inside a verified block; only a pharmacist's confirmation of the block
    lifts that. No provenance at all is never confirmed.
    """
    if provenance is None:
        return False
    return bool(provenance.confirmed_by) or (provenance.confirmed and not unverified_value)


def plain(value: Decimal) -> str:
    """A decimal as clinicians write it: no exponent, no trailing zero."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Note:
    """A block of the record that is text only: shown, never computed with."""

    id: str
    text: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of drug as the label states it, for example 0.06 mg/kg."""

    value: Decimal
    unit: DoseUnit

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit.value}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Days allowed between the previous dose and this one. ``None``: the record has no such bound."""

    previous_dose: str
    min_days: int | None
    usual_max_days: int | None
    max_days: int | None
    max_days_condition: str = ""
    adverse_reactions_only: bool = False  # days past the usual ones exist to let adverse reactions resolve
    unverified_value: bool = False


@dataclass(frozen=True, slots=True)
class Infusion:
    minutes: int | None
    text: str = ""
    unverified_value: bool = False


@dataclass(frozen=True, slots=True)
class DoseSpec:
    """One dose of a schedule.

    ``nominal_day`` is the printed treatment day (day 4 is three days after day 1). ``every_days`` is the
    planned interval of a treatment dose, which has no single day of its own.
    """

    id: str
    label_name: str
    kind: DoseKind
    nominal_day: int | None
    every_days: int | None
    amount: Amount
    weight_basis: str
    route: str
    interval: Interval | None
    timing: str = ""
    infusion: Infusion | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class RestartRow:
    """What the record asks when the next dose is late. Bounds are inclusive; ``None`` is open."""

    id: str
    last_doses: tuple[str, ...]
    min_days: int | None
    max_days: int | None
    action: RestartAction
    next_dose: str  # a dose id, or AS_SCHEDULED
    premedication: bool | None  # None: not stated
    benefit_risk_review: bool
    provenance: Provenance
    then: str = ""
    resume_schedule: str = ""

    def covers(self, last_dose: str, days_since: int) -> bool:
        if last_dose not in self.last_doses:
            return False
        above = self.min_days is None or days_since >= self.min_days
        below = self.max_days is None or days_since <= self.max_days
        return above and below


@dataclass(frozen=True, slots=True)
class RestartTable:
    """The restart rows of a schedule. ``not_found``: no text could be read; software must refuse."""

    rows: tuple[RestartRow, ...]
    not_found: bool = False
    provenance: Provenance | None = None
    day_count: str = ""
    footnotes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: str = ""

    def row_for(self, last_dose: str, days_since: int) -> RestartRow | None:
        """The one row of this pair. The library refuses a document in which two rows could match."""
        return next((row for row in self.rows if row.covers(last_dose, days_since)), None)


@dataclass(frozen=True, slots=True)
class FrequencySwitch:
    """When a less frequent treatment dose may begin. Criteria that are ``None`` are not asked for."""

    id: str
    from_dose: str | None
    to_dose: str | None
    criterion: str
    provenance: Provenance
    min_weeks: int | None = None  # on the present schedule
    min_doses: int | None = None  # given at full dose, the first treatment dose included
    response: Response | None = None
    months_maintained: Decimal | None = None
    response_maintained: bool = False  # maintained, without a number of months
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of a regimen: its doses in order, switches and restart rows."""

    id: str
    label: str
    is_default: bool
    doses: tuple[DoseSpec, ...]
    dose_table: Provenance
    switches: tuple[FrequencySwitch, ...]
    restart: RestartTable

    def __repr__(self) -> str:
        return f"Schedule({self.id!r})"

    def dose(self, dose_id: str) -> DoseSpec:
        """The dose of this id. Raises ``UnknownDoseError``."""
        for spec in self.doses:
            if spec.id == dose_id:
                return spec
        raise UnknownDoseError(dose_id, self)

    @property
    def own_doses(self) -> tuple[DoseSpec, ...]:
        """The doses of this product, in order; companion drugs follow their own label."""
        return tuple(spec for spec in self.doses if spec.kind is not DoseKind.COMPANION_DRUG)

    @property
    def dated_doses(self) -> tuple[DoseSpec, ...]:
        """The doses that have a printed treatment day, companion drugs included."""
        return tuple(spec for spec in self.doses if spec.nominal_day is not None)

    def next_after(self, dose_id: str) -> DoseSpec:
        """The dose that the schedule has next: a treatment dose repeats itself until it is switched."""
        last = self.dose(dose_id)
        own = self.own_doses
        if last.kind is DoseKind.TREATMENT:
            return last
        if last.kind is DoseKind.COMPANION_DRUG:
            return own[0]
        return own[own.index(last) + 1]

    def planned_days_between(self, dose: DoseSpec) -> int | None:
        """The planned interval before ``dose``, in days: from the printed days, or the cadence."""
        if dose.every_days is not None:
            return dose.every_days
        if dose.interval is None or dose.nominal_day is None:
            return None
        previous_day = self.dose(dose.interval.previous_dose).nominal_day
        return None if previous_day is None else dose.nominal_day - previous_day
