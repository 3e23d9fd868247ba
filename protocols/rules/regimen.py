"""The published dosing record of one product, as frozen values.

A regimen is data: schedules, intervals, restart rows, premedication, monitoring, preparation and what follows
a toxicity. Every block keeps its provenance, so each answer can say whose word it rests on and whether that
word may drive a recommendation. Days are whole calendar days, hours are elapsed hours, amounts are exact.
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


class DoseHistory(StrEnum):
    """What happened before a dose that may ask for premedication again."""

    CRS_AFTER_LAST_DOSE = "crs_after_last_dose"
    RESTARTED = "restarted"
    REPEATED = "repeated"
    DELAYED = "delayed"


class Occurrence(StrEnum):
    ANY = "any"
    FIRST = "first"
    RECURRENT = "recurrent"


class Decision(StrEnum):
    """What a management row asks for the next dose."""

    HOLD_UNTIL_RESOLVED = "hold_until_resolved"
    DISCONTINUE = "discontinue"
    GIVE = "give"


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


# --- doses and schedules ----------------------------------------------------------------------------


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


# --- premedication and monitoring -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PremedicationDrug:
    """One drug given before a dose. Hours are before the dose; ``None`` where the record is silent."""

    name: str
    or_equivalent: bool
    mg_min: Decimal | None
    mg_max: Decimal | None
    routes: tuple[str, ...]
    hours_before_min: Decimal | None
    hours_before_max: Decimal | None
    mg_after_crs: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PremedicationRule:
    """Which drugs come before which doses.

    ``full_dose_number`` limits the rule to that full dose of the course (the first treatment dose is number
    1), ``from_full_dose_number`` to that one and later ones. ``only_after_crs``: only when the dose before
    was followed by CRS.
    """

    id: str
    applies_to: tuple[str, ...]
    drugs: tuple[PremedicationDrug, ...]
    full_dose_number: int | None = None
    from_full_dose_number: int | None = None
    only_after_crs: bool = False
    text: str = ""

    @property
    def counts_full_doses(self) -> bool:
        return self.full_dose_number is not None or self.from_full_dose_number is not None

    def is_for(self, dose_id: str, full_dose_number: int | None) -> bool:
        """True when the rule is about this dose; a rule that counts full doses needs the count."""
        if dose_id not in self.applies_to:
            return False
        if self.full_dose_number is not None:
            return full_dose_number == self.full_dose_number
        if self.from_full_dose_number is not None:
            return full_dose_number is not None and full_dose_number >= self.from_full_dose_number
        return True


@dataclass(frozen=True, slots=True)
class RequiredAgain:
    """A reason for premedication before a dose that would not need it."""

    when: DoseHistory
    step_up_only: bool = False


@dataclass(frozen=True, slots=True)
class Pretreatment:
    rules: tuple[PremedicationRule, ...]
    regimen: Provenance
    again: tuple[RequiredAgain, ...]
    required_again: Provenance
    approximate: bool = False
    stop_rule: str = ""
    notes: tuple[Note, ...] = ()

    def rule_for(self, dose_id: str, full_dose_number: int | None = None) -> PremedicationRule | None:
        """The rule of this dose; full dose number 1 is the first treatment dose, ``None`` not counted."""
        return next((rule for rule in self.rules if rule.is_for(dose_id, full_dose_number)), None)


@dataclass(frozen=True, slots=True)
class MonitoringRow:
    """The label's setting for some doses, in hours after the dose."""

    doses: tuple[str, ...]
    hospital_hours: Decimal | None = None
    proximity_hours: Decimal | None = None
    daily_monitoring_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MonitoringBlock:
    """One text on monitoring. Where two disagree the ``safe_default`` stands until the other is confirmed."""

    id: str
    rows: tuple[MonitoringRow, ...]
    text: str
    safe_default: bool
    provenance: Provenance
    applies: str = ""


# --- preparation ------------------------------------------------------------------------------------


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


# --- after toxicity ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Situation:
    """What a management row is for. Duration is elapsed hours of the event; ``under`` excludes its bound."""

    grades: tuple[int, ...]
    occurrence: Occurrence = Occurrence.ANY
    duration_under_hours: Decimal | None = None
    duration_at_least_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ManagementRow:
    """What a toxicity of some grade means for the next dose."""

    id: str
    situations: tuple[Situation, ...]
    decision: Decision
    provenance: Provenance
    current_dose: str = ""
    conditions: tuple[str, ...] = ()
    premedicate: bool | None = None
    hospital_hours: Decimal | None = None
    daily_monitoring_hours: Decimal | None = None
    stay_near: bool = False
    consider_hospital: bool = False
    supportive: str = ""
    definition: str = ""
    conflict: str = ""
    safe_default: bool = False


@dataclass(frozen=True, slots=True)
class ManagementTable:
    """The rows of one toxicity. ``not_found``: no text could be read; software must refuse."""

    toxicity: str  # crs, icans, neurotoxicity
    rows: tuple[ManagementRow, ...]
    not_found: bool = False
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Modification:
    """Another reason to withhold: a laboratory value under its limit, or an event in words.

    ``finding`` names the measurement (anc and platelets in 10^9/L, hemoglobin in g/dL) or the state
    (active_infection) that the readiness rule can test; empty when only a person can judge it.
    """

    id: str
    trigger: str
    action: str
    provenance: Provenance
    finding: str = ""
    below: Decimal | None = None
    below_with_bleeding: Decimal | None = None
    kinds: tuple[DoseKind, ...] = ()  # the doses that it holds; empty: every dose


# --- the whole --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Product:
    generic: str
    brand: str
    target: str
    route: str
    setting: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class LabelRevision:
    latest_known: str
    history: tuple[tuple[str, str], ...]  # date, change
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Rems:
    program: str
    active: bool
    elements: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PublishedFigures:
    """How often and how soon a toxicity was seen in a trial, by the name of each figure."""

    id: str
    population: str
    figures: tuple[tuple[str, Decimal], ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Regimen:
    """One product's published record."""

    slug: str
    product: Product
    label_revision: LabelRevision
    rems: Rems
    indications: tuple[Note, ...]
    boxed_warnings: tuple[Note, ...]
    schedules: tuple[Schedule, ...]
    pretreatment: Pretreatment
    monitoring: tuple[MonitoringBlock, ...]
    preparation: Preparation
    crs_definitions: Note
    management: tuple[ManagementTable, ...]
    modifications: tuple[Modification, ...]
    hold_criteria: tuple[Note, ...]
    frequency: tuple[PublishedFigures, ...]
    superseded: tuple[Note, ...]
    known_gaps: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Regimen({self.slug!r})"

    @property
    def name(self) -> str:
        return f"{self.product.generic} ({self.product.brand})"

    def schedule(self, schedule_id: str | None = None) -> Schedule:
        """The schedule of this id, or the default one. Raises ``UnknownScheduleError``."""
        for schedule in self.schedules:
            if schedule.id == schedule_id or (schedule_id is None and schedule.is_default):
                return schedule
        known = ", ".join(schedule.id for schedule in self.schedules)
        raise UnknownScheduleError(f"{self.slug} has no schedule {schedule_id!r}; it has {known}")

    def management_of(self, toxicity: str) -> ManagementTable | None:
        return next((table for table in self.management if table.toxicity == toxicity), None)
