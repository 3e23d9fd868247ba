"""The management file as values: what is done at each grade, shown with its sources, never run from.

Strict all the same: every key is known, every rule cites sources that the file lists, and each carries the
mark that its sources deserve.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from protocols.documents import Flag, Number, StrictRecord
from protocols.library.cited import Cited, CitedSource
from protocols.library.grading_document import Rule


class Action(Cited):
    do: str


class Sign(Cited):
    sign: str


class TocilizumabDoseText(Cited):
    mg_per_kg: Number
    max_single_dose_mg: Number
    route: str
    under_30_kg_mg_per_kg: Number
    min_interval_h: Number


class WorkedDoseText(StrictRecord):
    weight_kg: Number
    dose_mg: Number


class WorkedDosesText(Cited):
    doses: tuple[WorkedDoseText, ...]


class ItemsText(Cited):
    items: tuple[str, ...]


class TocilizumabText(StrictRecord):
    dose: TocilizumabDoseText
    caps: tuple[Rule, ...]
    cap_product_note: Rule
    worked_doses: WorkedDosesText
    expected_response: Rule
    effect_on_recurrence: Rule
    duration_of_effect: Rule
    not_for: Rule
    rounding_note: Rule
    label_scope: Rule
    before_giving: ItemsText

    @model_validator(mode="after")
    def _worked_doses_follow_the_rule(self) -> TocilizumabText:
        for worked in self.worked_doses.doses:
            by_weight = min(self.dose.mg_per_kg * worked.weight_kg, self.dose.max_single_dose_mg)
            if by_weight != worked.dose_mg:
                raise ValueError(f"{worked.weight_kg} kg makes {by_weight} mg, not {worked.dose_mg} mg")
        return self


class DexamethasoneText(Cited):
    use: str
    dose: str


class CrsGradeText(StrictRecord):
    definition: Rule
    site: Rule
    actions: tuple[Action, ...]
    call_back_at_once_when: tuple[Sign, ...] = ()
    call_back_note: Rule | None = None


class CrsActionsText(StrictRecord):
    all_grades: tuple[Action, ...]
    grade_1: CrsGradeText
    grade_2: CrsGradeText
    grade_3: CrsGradeText
    grade_4: CrsGradeText


class IcansActionsText(StrictRecord):
    all_grades: tuple[Action, ...]
    grade_1: tuple[Action, ...]
    grade_2: tuple[Action, ...]
    grade_3: tuple[Action, ...]
    grade_4: tuple[Action, ...]
    refractory: tuple[Action, ...]
    neurotoxicity_other_than_icans: tuple[Action, ...]


class VitalsFrequencyText(Cited):
    """``every_h`` 0 is continuous, or without a fixed interval; never "no checks"."""

    when: str
    every_h: Number
    detail: str


class TriggerText(Cited):
    trigger: str


class DecisionText(Cited):
    grade: str
    decision: str
    unverified: Flag = False


class NextDoseText(StrictRecord):
    clock: tuple[Rule, ...]
    general: tuple[Rule, ...]
    teclistamab_crs: tuple[DecisionText, ...]
    elranatamab_crs: tuple[DecisionText, ...]
    talquetamab_crs: tuple[DecisionText, ...]
    linvoseltamab_crs: tuple[DecisionText, ...]
    delay_and_restart: str
    note: str


class KeyPointText(Cited):
    point: str


class ProphylaxisText(Cited):
    item: str
    result: str


class DisagreementText(Cited):
    topic: str
    a: str
    b: str


class ManagementText(StrictRecord):
    """The whole management file."""

    record: Literal["management"]
    title: str
    rule_of_precedence: str
    not_a_substitute: str
    tocilizumab: TocilizumabText
    dexamethasone: tuple[DexamethasoneText, ...]
    crs_actions: CrsActionsText
    icans_actions: IcansActionsText
    vitals_frequency_note: str
    vitals_frequency: tuple[VitalsFrequencyText, ...]
    icu_triggers: tuple[TriggerText, ...]
    next_dose: NextDoseText
    consensus_key_points: tuple[KeyPointText, ...]
    stopping_rules: tuple[Rule, ...]
    prophylaxis: tuple[ProphylaxisText, ...]
    disagreements: tuple[DisagreementText, ...]
    sources: dict[str, CitedSource]
