"""What still blocks a dose: label holds, center conditions, an unresolved toxicity.

Counts are in 10^9/L, hemoglobin in g/dL. A finding that is not recorded blocks too: unknown is not normal.
Sources: the modification blocks of the regimen and the center's own conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.regimen import DoseKind, DoseSpec, Modification, Regimen, Schedule
from protocols.rules.values import Provenance

ACTIVE_INFECTION = "active_infection"


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a center's outpatient program goes: the kinds of dose that it gives outside hospital."""

    id: str
    label: str
    kinds: tuple[DoseKind, ...]


@dataclass(frozen=True, slots=True)
class ReadinessRules:
    """The center's conditions before a dose.

    ``requirements`` names the findings that must be true; the tocilizumab doses must be on the shelf for the
    kinds of dose named, per patient.
    """

    requirements: tuple[str, ...]
    requirements_from: Provenance
    tocilizumab_doses: int
    tocilizumab_kinds: tuple[DoseKind, ...]
    tocilizumab_from: Provenance
    stages: tuple[Stage, ...]
    stages_from: Provenance

    def stage(self, stage_id: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.id == stage_id), None)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known on the day of the dose. ``None``: not recorded."""

    anc: Decimal | None = None
    platelets: Decimal | None = None
    hemoglobin: Decimal | None = None
    bleeding: bool | None = None
    active_infection: bool | None = None
    education_complete: bool | None = None
    eligibility_complete: bool | None = None
    consent: bool | None = None
    rems: bool | None = None
    stage: str | None = None
    tocilizumab_doses: int | None = None
    unresolved_toxicity: bool | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason not to give the dose now. ``missing``: nothing bad is known, but it was not recorded."""

    name: str
    because: str
    source: str
    confirmed: bool
    missing: bool = False


def blockers(
    regimen: Regimen,
    schedule: Schedule,
    dose_id: str,
    findings: Findings,
    rules: ReadinessRules,
    *,
    missing_is_fine: bool = False,
) -> tuple[Blocker, ...]:
    """Everything that blocks this dose, in the order in which it is shown.

    ``missing_is_fine`` is for worked cases, which name only what matters. Raises ``UnknownDoseError``.
    """
    dose = schedule.dose(dose_id)
    found = (
        *_toxicity(findings),
        *_infection(regimen, dose, findings),
        *_counts(regimen, dose, findings),
        *_requirements(rules, findings),
        *_tocilizumab(rules, dose, findings),
        *_stage(rules, dose, findings),
    )
    return tuple(blocker for blocker in found if not (missing_is_fine and blocker.missing))


def _not_recorded(name: str) -> Blocker:
    return Blocker(name, f"{name.replace('_', ' ')} is not recorded", "", confirmed=True, missing=True)


def _toxicity(findings: Findings) -> Iterator[Blocker]:
    name = "unresolved_toxicity"
    if findings.unresolved_toxicity is None:
        yield _not_recorded(name)
    elif findings.unresolved_toxicity:
        yield Blocker(name, "a toxicity is not resolved: no dose before it is", "", confirmed=True)


def _infection(regimen: Regimen, dose: DoseSpec, findings: Findings) -> Iterator[Blocker]:
    if findings.active_infection is None:
        yield _not_recorded(ACTIVE_INFECTION)
    if not findings.active_infection:
        return
    for rule in regimen.modifications:
        if rule.finding == ACTIVE_INFECTION and (not rule.kinds or dose.kind in rule.kinds):
            yield _by_label(ACTIVE_INFECTION, rule, f"{rule.trigger}: {rule.action}")
            return
    words = f"active infection before {dose.label_name}: the record goes by its grade, ask the physician"
    yield Blocker(ACTIVE_INFECTION, words, "", confirmed=False)


def _counts(regimen: Regimen, dose: DoseSpec, findings: Findings) -> Iterator[Blocker]:
    for rule in regimen.modifications:
        if rule.below is None or (rule.kinds and dose.kind not in rule.kinds):
            continue
        value: Decimal | None = getattr(findings, rule.finding)
        if value is None:
            yield _not_recorded(rule.finding)
        elif value < rule.below or _bleeding_holds(rule, value, findings):
            yield _by_label(rule.finding, rule, f"{rule.finding} {value}: {rule.action}")


def _bleeding_holds(rule: Modification, value: Decimal, findings: Findings) -> bool:
    limit = rule.below_with_bleeding
    return limit is not None and bool(findings.bleeding) and value <= limit


def _by_label(name: str, rule: Modification, because: str) -> Blocker:
    return Blocker(name, because, str(rule.provenance.source or ""), rule.provenance.confirmed)


def _requirements(rules: ReadinessRules, findings: Findings) -> Iterator[Blocker]:
    for name in rules.requirements:
        met: bool | None = getattr(findings, name)
        if met is None:
            yield _not_recorded(name)
        elif not met:
            yield _by_center(name, f"{name.replace('_', ' ')}: not done", rules.requirements_from)


def _tocilizumab(rules: ReadinessRules, dose: DoseSpec, findings: Findings) -> Iterator[Blocker]:
    name = "tocilizumab_doses"
    if dose.kind not in rules.tocilizumab_kinds:
        return
    if findings.tocilizumab_doses is None:
        yield _not_recorded(name)
    elif findings.tocilizumab_doses < rules.tocilizumab_doses:
        words = f"tocilizumab doses: {findings.tocilizumab_doses} of {rules.tocilizumab_doses} per patient"
        yield _by_center(name, words, rules.tocilizumab_from)


def _stage(rules: ReadinessRules, dose: DoseSpec, findings: Findings) -> Iterator[Blocker]:
    if findings.stage is None:
        yield _not_recorded("stage")
        return
    stage = rules.stage(findings.stage)
    if stage is None:
        yield _by_center("stage", f"no outpatient stage is called {findings.stage}", rules.stages_from)
    elif dose.kind not in stage.kinds:
        words = f"outpatient stage: {stage.label}; {dose.label_name} is not given outside hospital"
        yield _by_center("stage", words, rules.stages_from)


def _by_center(name: str, because: str, provenance: Provenance) -> Blocker:
    return Blocker(name, because, str(provenance.source or ""), provenance.confirmed)
