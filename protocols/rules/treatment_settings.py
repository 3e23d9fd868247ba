"""The center's settings around an event: drugs and their limits, when it is resolved, what is chased.

Frozen values, read from the center's own document. Doses are milligrams, hours and minutes elapsed time.
Where sources disagree the center chooses, and what it did not choose stays ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.values import InterventionKind, Provenance, Toxicity


@dataclass(frozen=True, slots=True)
class TocilizumabRule:
    """How much, how soon again, how often. Prophylactic doses are counted and shown apart."""

    mg_per_kg: Decimal
    max_mg: Decimal
    min_weight_kg: Decimal  # under it another dose holds, which is not ours to compute
    min_interval_hours: Decimal
    max_in_24_hours: int | None
    max_total: int | None
    max_per_event: int | None
    max_in_6_weeks: int | None
    prophylactic_counts: bool  # whether prophylactic doses count towards the caps
    round_to_mg: Decimal | None  # a center rounds; the exact amount is always shown
    round_within_percent: Decimal
    reserved_doses: int  # milligrams for so many doses are reserved for each patient in a window
    disagreement: str
    not_for: str  # said where there is ICANS without CRS
    repeated_with_icans: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class AntipyreticRule:
    """Premedication, home and ward doses of acetaminophen count together."""

    min_interval_hours: Decimal
    max_mg_per_day: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class RegimePhase:
    """So many milligrams every so many hours, for some days; ``days`` is ``None`` until a person stops it."""

    mg: Decimal
    every_hours: Decimal
    days: int | None = None


@dataclass(frozen=True, slots=True)
class DrugRegime:
    """A drug given on a clock. A steroid has a taper and neurologic checks through it and after it."""

    id: str
    kind: InterventionKind
    drug: str
    words: str
    route: str
    toxicities: tuple[Toxicity, ...]
    grades: tuple[int, ...]
    phases: tuple[RegimePhase, ...]
    taper: str
    steroid: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class SteroidCare:
    """What goes with every steroid course."""

    neuro_check_hours: Decimal
    neuro_check_after_taper_hours: Decimal
    words: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ResolutionRule:
    """When an event counts as resolved, apart from a physician's signature.

    ``afebrile_hours`` count from the last fever or the last antipyretic, whichever is later.
    ``masking_look_back_hours`` is how far back the signing physician is shown drugs that may hide signs.
    """

    afebrile_hours: Decimal
    masking_look_back_hours: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ChaseRule:
    """What pages when it is late: an emergency action, an ordered treatment, an arrival."""

    page_overdue_actions: bool
    overdue_grace_minutes: int
    arrival_grace_minutes: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CallRule:
    """What to do when nobody answers a call, in the center's words, and when to try again."""

    no_answer: str
    try_again_minutes: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class NeutropeniaRule:
    """When a fever opens the neutropenic-fever pathway: neutrophils under the limit, or not known.

    In 10^9/L. A result older than ``result_max_age_hours`` is not known any more.
    """

    anc_below: Decimal
    result_max_age_hours: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class SpecialistPrompt:
    """When the page asks to call a specialist: never a grade, never a diagnosis."""

    id: str
    words: str
    toxicity: Toxicity | None
    after_hours: Decimal | None  # of the event, or since the last dose for a late sign
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CareTrigger:
    """A grade, alone or together, at which the patient belongs in another place."""

    id: str
    words: str
    place: str  # ward, intensive_care
    crs: int | None
    icans: int | None
    consider: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class VisitItem:
    """One thing asked at every visit.

    ``hold_ungraded``: present without a grade, it holds the next dose until a physician has looked.
    ``urgent``: present, somebody must act now, whatever its grade.
    """

    id: str
    ask: str
    do: str
    regimens: tuple[str, ...]  # empty: asked of everybody
    hold_from_grade: int | None
    hold_ungraded: bool
    provenance: Provenance
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class IceTestRule:
    """What the ICE test asks with: the objects change each time, so that they are not learnt."""

    objects: tuple[tuple[str, ...], ...]
    commands: tuple[str, ...]
    writing: str
    attention: str
    by_phone: str
    provenance: Provenance

    def objects_of(self, turn: int) -> tuple[str, ...]:
        """The three objects of the test number ``turn``, counted from 0."""
        return self.objects[turn % len(self.objects)]

    def command_of(self, turn: int) -> str:
        return self.commands[turn % len(self.commands)]


@dataclass(frozen=True, slots=True)
class LateWatch:
    """What goes on past the monitoring window for a drug."""

    id: str
    words: str
    regimens: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CareSettings:
    """Everything above, one section of the center's document each.

    ``ice_test`` is ``None`` where a center's document names no objects: then any three at hand serve.
    """

    tocilizumab: TocilizumabRule
    antipyretic: AntipyreticRule
    regimes: tuple[DrugRegime, ...]
    steroid_care: SteroidCare
    resolution: ResolutionRule
    chase: ChaseRule
    calls: CallRule
    neutropenia: NeutropeniaRule
    prompts: tuple[SpecialistPrompt, ...]
    care_triggers: tuple[CareTrigger, ...]
    visit_items: tuple[VisitItem, ...]
    ice_test: IceTestRule | None = None
    late_watch: tuple[LateWatch, ...] = ()

    def regime(self, regime_id: str) -> DrugRegime | None:
        return next((regime for regime in self.regimes if regime.id == regime_id), None)

    def asked_of(self, regimen: str) -> tuple[VisitItem, ...]:
        """The items asked at the visits of a patient on this regimen."""
        return tuple(item for item in self.visit_items if not item.regimens or regimen in item.regimens)
