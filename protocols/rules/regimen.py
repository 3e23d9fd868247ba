"""The published dosing record of one product, as frozen values.

A regimen is data: schedules, intervals, restart rows, premedication, monitoring, preparation and what follows
a toxicity. This module is the door to all of its shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.care import (
    Decision,
    DoseHistory,
    ManagementRow,
    ManagementTable,
    Modification,
    MonitoringBlock,
    MonitoringRow,
    Occurrence,
    PremedicationDrug,
    PremedicationRule,
    Pretreatment,
    RequiredAgain,
    Situation,
)
from protocols.rules.preparation import (
    BandTable,
    CrossCheck,
    DoseRule,
    Injection,
    Preparation,
    Vial,
    WeightBand,
)
from protocols.rules.schedule import (
    AS_SCHEDULED,
    Amount,
    DoseKind,
    DoseSpec,
    DoseUnit,
    FrequencySwitch,
    Infusion,
    Interval,
    Note,
    Response,
    RestartAction,
    RestartRow,
    RestartTable,
    Schedule,
    UnknownDoseError,
    UnknownScheduleError,
    plain,
    value_confirmed,
)
from protocols.rules.values import Provenance

__all__ = [
    "AS_SCHEDULED",
    "Amount",
    "BandTable",
    "CrossCheck",
    "Decision",
    "DoseHistory",
    "DoseKind",
    "DoseRule",
    "DoseSpec",
    "DoseUnit",
    "FrequencySwitch",
    "Infusion",
    "Injection",
    "Interval",
    "LabelRevision",
    "ManagementRow",
    "ManagementTable",
    "Modification",
    "MonitoringBlock",
    "MonitoringRow",
    "Note",
    "Occurrence",
    "PremedicationDrug",
    "PremedicationRule",
    "Preparation",
    "Pretreatment",
    "Product",
    "PublishedFigures",
    "Regimen",
    "Rems",
    "RequiredAgain",
    "Response",
    "RestartAction",
    "RestartRow",
    "RestartTable",
    "Schedule",
    "Situation",
    "UnknownDoseError",
    "UnknownScheduleError",
    "Vial",
    "WeightBand",
    "plain",
    "value_confirmed",
]


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
