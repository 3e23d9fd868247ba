"""Outpatient practice and published results as values: shown with their sources, never run from."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from protocols.documents import Flag, Number, StrictRecord, Whole
from protocols.library.cited import Cited, CitedSource, Read
from protocols.library.grading_document import Rule

# --- outpatient practice ----------------------------------------------------------------------------


class PositionText(Cited):
    item: str
    do: str


class CriterionText(Cited):
    criterion: str
    values: str
    suggested_default: str


class WindowText(Cited):
    from_: str = Field(alias="from")
    to: str
    per_dose_hours: Number


class ProgramScheduleText(Cited):
    program: str
    vitals: str
    every_h: Number
    plus: str


class SuggestedMonitoringText(Cited):
    vitals: str
    every_h: Number
    overnight: str
    grace_min: Whole


class CallThresholdText(Cited):
    sign: str
    value: str
    action: str
    suggested_default: str = ""
    note: str = ""


class NeuroCheckText(Cited):
    what: str
    when: str


class HomeMonitoringText(StrictRecord):
    window: WindowText
    schedules: tuple[ProgramScheduleText, ...]
    schedules_note: str
    suggested_default: SuggestedMonitoringText
    call_thresholds: tuple[CallThresholdText, ...]
    neuro_checks: tuple[NeuroCheckText, ...]


class TakeHomeRegimenText(Cited):
    program: str
    drug: str
    trigger: str
    then: str


class DoseRangeText(Cited):
    mg: tuple[Number, Number]


class TakeHomeText(StrictRecord):
    names: tuple[str, ...]
    regimens: tuple[TakeHomeRegimenText, ...]
    range: DoseRangeText
    rules_for_screens: tuple[Rule, ...]


class TopicText(Cited):
    topic: str
    do: str = ""


class FacilityText(Cited):
    item: str
    fact: str
    suggested_default: str = ""
    note: str = ""


class RoleText(Cited):
    role: str
    duties: str


class CardItemText(Cited):
    item: str


class EmergencyCardText(StrictRecord):
    product: str
    content: tuple[CardItemText, ...]


class DutyText(Cited):
    duty: str


class MetricText(Cited):
    metric: str
    benchmark: str


class ProgramText(Cited):
    name: str
    patients: str
    key: str
    crs: str
    icans: str
    admissions: str


class NotFoundText(Cited):
    item: str
    note: str


class OutpatientText(StrictRecord):
    """The whole outpatient file."""

    record: Literal["outpatient"]
    title: str
    reading_note: str
    use: str
    label_position: tuple[PositionText, ...]
    eligibility: tuple[CriterionText, ...]
    home_monitoring: HomeMonitoringText
    take_home_dexamethasone: TakeHomeText
    prevention: tuple[TopicText, ...]
    talquetamab_follow_up: tuple[PositionText, ...]
    combination_watch: tuple[PositionText, ...]
    facility_practice: tuple[FacilityText, ...]
    staff_roles: tuple[RoleText, ...]
    emergency_card: EmergencyCardText
    rems_and_documents: tuple[DutyText, ...]
    patient_education: tuple[TopicText, ...]
    quality_metrics: tuple[MetricText, ...]
    programs: tuple[ProgramText, ...]
    not_found: tuple[NotFoundText, ...]
    sources: dict[str, CitedSource]


# --- published results ------------------------------------------------------------------------------


class CountText(StrictRecord):
    """Patients with something, of the ``n`` of their cohort; ``derived`` when we computed the count."""

    n: Whole
    pct: Number | None = None
    derived: Flag = False
    grade: str = ""
    grades: str = ""
    dose: str = ""
    note: str = ""


class ArmText(StrictRecord):
    arm: str
    n: Whole
    crs_n: Whole
    crs_pct: Number
    icans_pct: Number


class CohortSourceText(StrictRecord):
    title: str
    year: Whole
    section: str
    url: str
    read: Annotated[Read, Field(strict=False)]
    read_note: str = ""


class CohortText(StrictRecord):
    """One published cohort; what is left out was not in the text that was read."""

    id: str
    setting: str
    drug: str
    n: Whole
    source: CohortSourceText
    check: str
    period: str = ""
    n_treated: Whole | None = None
    n_started_outpatient: Whole | None = None
    prophylactic_tocilizumab: str = ""
    dose_days: tuple[Whole, ...] = ()
    crs_any: CountText
    crs_by_grade: tuple[CountText, ...] = ()
    crs_by_dose: tuple[CountText, ...] = ()
    crs_pct_by_drug: dict[str, Number] = Field(default_factory=dict)
    recurrent_crs: CountText | None = None
    recurrence_if_first_event_got_tocilizumab_pct: Number | None = None
    recurrence_if_not_pct: Number | None = None
    icans_any: CountText | None = None
    hospitalized_for_toxicity: CountText | None = None
    no_hospital_stay: CountText | None = None
    infections: CountText | None = None
    dose_delays: CountText | None = None
    tocilizumab_use: CountText | None = None
    tocilizumab_for_treatment: CountText | None = None
    onset_hours_median: Number | None = None
    onset_hours_range: tuple[Number, Number] | None = None
    onset_note: str = ""
    onset_text: str = ""
    crs_stay_days_median: Number | None = None
    hospital_stay_days_median: Number | None = None
    clinic_time: dict[str, Number] = Field(default_factory=dict)
    ci95: dict[str, tuple[Number, Number]] = Field(default_factory=dict)
    home_monitoring: str = ""
    rescue: str = ""
    arms: tuple[ArmText, ...] = ()

    @model_validator(mode="after")
    def _percentages_follow_from_counts(self) -> CohortText:
        for count in self.counts:
            share = (Decimal(count.n) * 100 / self.n).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
            if count.pct is not None and count.pct != share:
                raise ValueError(f"{count.n} of {self.n} is {share} %, not {count.pct} %")
        return self

    @property
    def counts(self) -> tuple[CountText, ...]:
        """Every count of the cohort that is a share of its patients."""
        named = (self.crs_any, self.recurrent_crs, self.icans_any, self.hospitalized_for_toxicity)
        more = (self.no_hospital_stay, self.infections, self.dose_delays)
        return tuple(count for count in (*named, *more, *self.crs_by_grade) if count is not None)


class PublishedResultsText(StrictRecord):
    """The whole file of published cohorts."""

    record: Literal["published_results"]
    title: str
    how_to_use: str
    pct_rule: str
    cohorts: tuple[CohortText, ...]

    @model_validator(mode="before")
    @classmethod
    def _ids_once(cls, plain: Any) -> Any:
        ids = [cohort.get("id") for cohort in plain.get("cohorts", ())]
        if len(ids) != len(set(ids)):
            raise ValueError("two cohorts share an id")
        return plain
