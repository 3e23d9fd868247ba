"""What surrounds a dose in the published record: premedication, monitoring, what follows a toxicity.

Hours are elapsed hours. Frozen values; the rules that read them are modules of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from protocols.rules.schedule import DoseKind, Note
from protocols.rules.values import Provenance


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
