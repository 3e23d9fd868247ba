"""The schedules of a regimen file: doses, intervals, switches, restart rows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from protocols.documents import Flag, Names, Number, StrictRecord, Whole
from protocols.library.blocks import Block, Ledger
from protocols.rules.regimen import (
    Amount,
    DoseKind,
    DoseSpec,
    DoseUnit,
    FrequencySwitch,
    Infusion,
    Interval,
    Response,
    RestartAction,
    RestartRow,
    RestartTable,
    Schedule,
)
from protocols.rules.values import Status


class AmountText(StrictRecord):
    value: Number = Field(gt=0)
    unit: Annotated[DoseUnit, Field(strict=False)]
    weight_basis: str | None = None

    def build(self) -> Amount:
        return Amount(self.value, self.unit)


class IntervalText(StrictRecord):
    previous_dose: str
    min_days: Whole | None
    usual_max_days: Whole | None
    max_days: Whole | None
    max_days_condition: str = ""
    adverse_reactions_only: Flag = False
    unverified_value: Flag = False

    @model_validator(mode="after")
    def _bounds_rise(self) -> IntervalText:
        bounds = [day for day in (self.min_days, self.usual_max_days, self.max_days) if day is not None]
        if bounds != sorted(bounds):
            raise ValueError("min_days, usual_max_days and max_days must not fall")
        return self

    def build(self) -> Interval:
        return Interval(
            previous_dose=self.previous_dose,
            min_days=self.min_days,
            usual_max_days=self.usual_max_days,
            max_days=self.max_days,
            max_days_condition=self.max_days_condition,
            adverse_reactions_only=self.adverse_reactions_only,
            unverified_value=self.unverified_value,
        )


class InfusionText(StrictRecord):
    minutes: Whole | None = None
    text: str = ""
    unverified_value: Flag = False

    def build(self) -> Infusion:
        return Infusion(self.minutes, self.text, self.unverified_value)


class DoseText(StrictRecord):
    id: str
    label_name: str
    kind: Annotated[DoseKind, Field(strict=False)]
    nominal_day: Whole | None = None
    every_days: Whole | None = None
    timing: str = ""
    dose: AmountText
    route: str
    interval_from_previous: IntervalText | None
    infusion: InfusionText | None = None
    notes: str = ""

    @model_validator(mode="after")
    def _dated_or_repeated(self) -> DoseText:
        repeats = self.kind is DoseKind.TREATMENT
        if repeats != (self.every_days is not None) or repeats == (self.nominal_day is not None):
            raise ValueError("a treatment dose says every_days, every other dose says nominal_day")
        return self

    def build(self) -> DoseSpec:
        return DoseSpec(
            id=self.id,
            label_name=self.label_name,
            kind=self.kind,
            nominal_day=self.nominal_day,
            every_days=self.every_days,
            amount=self.dose.build(),
            weight_basis=self.dose.weight_basis or "",
            route=self.route,
            interval=self.interval_from_previous.build() if self.interval_from_previous else None,
            timing=self.timing,
            infusion=self.infusion.build() if self.infusion else None,
            notes=self.notes,
        )


class DoseTableText(Block):
    doses: tuple[DoseText, ...] = Field(min_length=1)


class SwitchText(Block):
    id: str
    from_dose: str | None = None
    to_dose: str | None = None
    criterion: str
    wording: str = ""
    min_weeks: Whole | None = None
    min_doses: Whole | None = None
    response: Annotated[Response | None, Field(strict=False)] = None
    months_maintained: Number | None = None
    response_maintained: Flag = False

    def build(self, ledger: Ledger, prefix: str) -> FrequencySwitch:
        return FrequencySwitch(
            id=self.id,
            from_dose=self.from_dose,
            to_dose=self.to_dose,
            criterion=self.criterion,
            provenance=ledger.provenance(f"{prefix}/switch/{self.id}", self),
            min_weeks=self.min_weeks,
            min_doses=self.min_doses,
            response=self.response,
            months_maintained=self.months_maintained,
            response_maintained=self.response_maintained,
            wording=self.wording,
        )


class DaysText(StrictRecord):
    min_inclusive: Whole | None
    max_inclusive: Whole | None


class RestartRowText(Block):
    id: str
    last_dose: Names
    days_since_last: DaysText
    action: Annotated[RestartAction, Field(strict=False)]
    next_dose: str
    then: str = ""
    premedication_required: Flag | None
    benefit_risk_review: Flag
    resume_schedule: str = ""

    def build(self, ledger: Ledger, prefix: str) -> RestartRow:
        return RestartRow(
            id=self.id,
            last_doses=self.last_dose,
            min_days=self.days_since_last.min_inclusive,
            max_days=self.days_since_last.max_inclusive,
            action=self.action,
            next_dose=self.next_dose,
            premedication=self.premedication_required,
            benefit_risk_review=self.benefit_risk_review,
            provenance=ledger.provenance(f"{prefix}/restart/{self.id}", self),
            then=self.then,
            resume_schedule=self.resume_schedule,
        )


class NotFound(Block):
    """Says that no text was found, so that software refuses instead of guessing."""

    @model_validator(mode="after")
    def _says_not_found(self) -> NotFound:
        if self.status is not Status.NOT_FOUND:
            raise ValueError("this block is only for status not_found")
        return self


class RestartText(StrictRecord):
    day_count: str = ""
    rows: tuple[RestartRowText, ...]
    not_found: NotFound | None = None
    footnotes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: str = ""

    @model_validator(mode="after")
    def _rows_or_not_found(self) -> RestartText:
        if bool(self.rows) == (self.not_found is not None):
            raise ValueError("a restart table has rows, or says not_found")
        return self

    def build(self, ledger: Ledger, prefix: str) -> RestartTable:
        missing = self.not_found
        return RestartTable(
            rows=tuple(row.build(ledger, prefix) for row in self.rows),
            not_found=missing is not None,
            provenance=ledger.provenance(f"{prefix}/restart", missing) if missing else None,
            day_count=self.day_count,
            footnotes=self.footnotes,
            gaps=self.gaps,
            notes=self.notes,
        )


class ScheduleText(StrictRecord):
    id: str
    label: str
    is_default: Flag
    dose_table: DoseTableText
    frequency_switches: tuple[SwitchText, ...]
    restart_after_delay: RestartText

    def build(self, ledger: Ledger) -> Schedule:
        return Schedule(
            id=self.id,
            label=self.label,
            is_default=self.is_default,
            doses=tuple(dose.build() for dose in self.dose_table.doses),
            dose_table=ledger.provenance(f"{self.id}/dose_table", self.dose_table),
            switches=tuple(switch.build(ledger, self.id) for switch in self.frequency_switches),
            restart=self.restart_after_delay.build(ledger, self.id),
        )
