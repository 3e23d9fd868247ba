"""Premedication: which drugs, how long before the dose, and when it is needed again.

Hours are before the dose. Sources: the pretreatment blocks of the regimen, and for a delayed treatment dose
its restart rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.regimen import (
    DoseHistory,
    DoseKind,
    DoseSpec,
    PremedicationDrug,
    PremedicationRule,
    Regimen,
    RestartAction,
    RestartRow,
    Schedule,
)
from protocols.rules.values import Provenance


@dataclass(frozen=True, slots=True)
class PremedicationAnswer:
    """Whether a dose needs premedication, and what.

    ``required`` is ``None`` where the record cannot say. ``hours_before`` is one span for all drugs, ``None``
    where they differ (each drug then has its own).
    """

    required: bool | None
    drugs: tuple[PremedicationDrug, ...]
    after_crs: bool
    because: tuple[str, ...]
    source: str
    confirmed: bool

    @property
    def hours_before(self) -> tuple[Decimal, Decimal] | None:
        spans = {(drug.hours_before_min, drug.hours_before_max) for drug in self.drugs}
        if len(spans) != 1:
            return None
        low, high = spans.pop()
        return None if low is None or high is None else (low, high)

    def mg_of(self, drug: PremedicationDrug) -> tuple[Decimal, Decimal] | None:
        """The amount of one drug, from and to; another after CRS where the record says so."""
        if self.after_crs and drug.mg_after_crs is not None:
            return drug.mg_after_crs, drug.mg_after_crs
        return None if drug.mg_min is None or drug.mg_max is None else (drug.mg_min, drug.mg_max)


def before(
    regimen: Regimen,
    schedule: Schedule,
    dose_id: str,
    history: Collection[DoseHistory] = (),
    full_dose_number: int | None = None,
) -> PremedicationAnswer:
    """The premedication before this dose.

    ``history`` is what happened before it; ``full_dose_number`` counts full doses from the first treatment
    dose, which some records need. Raises ``UnknownDoseError``.
    """
    dose = schedule.dose(dose_id)
    if dose.kind is DoseKind.COMPANION_DRUG:
        words = f"{dose.label_name}: its own label governs premedication"
        return PremedicationAnswer(None, (), False, (words,), "", False)
    number = 1 if dose.kind is DoseKind.FIRST_TREATMENT else full_dose_number
    rule = regimen.pretreatment.rule_for(dose_id, number)
    if rule is None and number is None and _counted(regimen, dose_id):
        return _not_counted(regimen, dose_id, history)
    if rule is not None and _rule_holds(rule, history):
        return _required(regimen, rule, history, f"{dose.label_name} is premedicated", ())
    return _again(regimen, schedule, dose, history)


def _rule_holds(rule: PremedicationRule, history: Collection[DoseHistory]) -> bool:
    return not rule.only_after_crs or DoseHistory.CRS_AFTER_LAST_DOSE in history


def _counted(regimen: Regimen, dose_id: str) -> bool:
    """True when whether this dose is premedicated depends on how many full doses came before it."""
    own = [rule for rule in regimen.pretreatment.rules if dose_id in rule.applies_to]
    return any(not rule.only_after_crs for rule in own if rule.counts_full_doses)


def _not_counted(regimen: Regimen, dose_id: str, history: Collection[DoseHistory]) -> PremedicationAnswer:
    rules = [rule for rule in regimen.pretreatment.rules if dose_id in rule.applies_to]
    after_crs = DoseHistory.CRS_AFTER_LAST_DOSE in history
    words = tuple(rule.text for rule in rules)
    return PremedicationAnswer(
        required=True if after_crs else None,
        drugs=(),
        after_crs=after_crs,
        because=("how many full doses were given is not known", *words),
        source=str(regimen.pretreatment.regimen.source or ""),
        confirmed=False,
    )


def _again(
    regimen: Regimen, schedule: Schedule, dose: DoseSpec, history: Collection[DoseHistory]
) -> PremedicationAnswer:
    """A dose that needs none by itself: something in its history may still ask for it."""
    pretreatment = regimen.pretreatment
    usual = pretreatment.rules[0]
    stepping_up = dose.kind in (DoseKind.STEP_UP, DoseKind.FIRST_TREATMENT)
    for again in pretreatment.again:
        if again.when in history and (stepping_up or not again.step_up_only):
            words = f"needed again: {again.when.value.replace('_', ' ')}"
            return _required(regimen, usual, history, words, (pretreatment.required_again,))
    later = [rule for rule in pretreatment.rules if dose.id in rule.applies_to and rule.only_after_crs]
    if later and DoseHistory.CRS_AFTER_LAST_DOSE in history:
        return _required(regimen, later[0], history, later[0].text, ())
    row = _late_row(schedule, dose) if DoseHistory.DELAYED in history else None
    if row is not None and row.premedication:
        return _required(regimen, usual, history, f"late dose, row {row.id}", (row.provenance,))
    return _not_required(regimen, dose, history, row)


def _late_row(schedule: Schedule, dose: DoseSpec) -> RestartRow | None:
    """The row that lets a late treatment dose go on."""
    if dose.kind is not DoseKind.TREATMENT:
        return None
    rows = (row for row in schedule.restart.rows if dose.id in row.last_doses)
    return next((row for row in rows if row.action is RestartAction.CONTINUE), None)


def _required(
    regimen: Regimen,
    rule: PremedicationRule,
    history: Collection[DoseHistory],
    words: str,
    also: tuple[Provenance, ...],
) -> PremedicationAnswer:
    block = regimen.pretreatment.regimen
    because = [words, *([rule.text] if rule.text and rule.text != words else [])]
    if regimen.pretreatment.approximate:
        because.append("the hours are approximate")
    if regimen.pretreatment.stop_rule:
        because.append(regimen.pretreatment.stop_rule)
    return PremedicationAnswer(
        required=True,
        drugs=rule.drugs,
        after_crs=DoseHistory.CRS_AFTER_LAST_DOSE in history,
        because=tuple(because),
        source=str((also[-1] if also else block).source or block.source or ""),
        confirmed=all(provenance.confirmed for provenance in (block, *also)),
    )


def _not_required(
    regimen: Regimen, dose: DoseSpec, history: Collection[DoseHistory], row: RestartRow | None
) -> PremedicationAnswer:
    """No rule asks for it. With a history, that also rests on the block that lists the reasons."""
    pretreatment = regimen.pretreatment
    rests_on = [pretreatment.regimen]
    if history:
        rests_on.append(pretreatment.required_again)
    if row is not None:
        rests_on.append(row.provenance)
    happened = ", ".join(item.value.replace("_", " ") for item in sorted(history))
    history_says = f"{happened} does not ask for it" if happened else "nothing before it asks for it"
    return PremedicationAnswer(
        required=False,
        drugs=(),
        after_crs=DoseHistory.CRS_AFTER_LAST_DOSE in history,
        because=(f"{dose.label_name} needs none by itself; {history_says}",),
        source=str(rests_on[-1].source or pretreatment.regimen.source or ""),
        confirmed=all(provenance.confirmed for provenance in rests_on),
    )
