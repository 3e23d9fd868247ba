"""What to do now at a grade: the center's ordered actions, with doses worked out and every mark kept.

An action belongs to the grades for which its document names it, so a step that still applies stays when the
grade rises, under the same id, done or not. Nothing is dropped because a number is missing: the step then
says what is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.spec import EmergencyAction, ProtocolSpec
from protocols.rules.values import Grading, Source, Toxicity


@dataclass(frozen=True, slots=True)
class EmergencyStep:
    """One action, ready to show.

    ``because`` says why and when it applies. ``arithmetic`` spells a dose out from rule, weight and cap;
    ``dose_mg`` is its exact result, unrounded, and ``missing`` names what it still needs. Minutes are elapsed
    minutes: ``within_minutes`` from the sign that opened the event, or from the completion of ``after``.
    """

    id: str
    do: str
    because: str
    kind: str
    source: Source | None
    confirmed: bool
    within_minutes: int | None = None
    repeat_minutes: int | None = None
    after: str = ""
    intervention: str = ""
    arithmetic: str = ""
    dose_mg: Decimal | None = None
    missing: tuple[str, ...] = ()


def plan(
    toxicity: Toxicity, grade: int, spec: ProtocolSpec, weight_kg: Decimal | None = None
) -> tuple[EmergencyStep, ...]:
    """The ordered steps of the center's emergency plan; none where the plan has no such grade (0 or 5).

    ``grade`` is the certain grade or the lower bound of an uncertain one. ``weight_kg`` is today's weight.
    Source: the center's emergency plan; each step cites its own.
    """
    found = spec.center.plan(toxicity, grade)
    return tuple(_step(action, weight_kg) for action in found.actions) if found else ()


def plan_for(
    grading: Grading, spec: ProtocolSpec, weight_kg: Decimal | None = None
) -> tuple[EmergencyStep, ...]:
    """The steps of a grading: of its lower bound where the grade is not certain."""
    return plan(grading.toxicity, grading.at_least, spec, weight_kg)


def _step(action: EmergencyAction, weight_kg: Decimal | None) -> EmergencyStep:
    arithmetic, dose_mg, missing = _dose(action, weight_kg)
    condition = f"when {action.only_if}" if action.only_if else ""
    return EmergencyStep(
        id=action.id,
        do=action.do,
        because="; ".join(text for text in (condition, action.why) if text),
        kind=action.kind,
        source=action.source,
        confirmed=action.confirmed,
        within_minutes=action.within_minutes,
        repeat_minutes=action.repeat_minutes,
        after=action.after,
        intervention=action.intervention,
        arithmetic=arithmetic,
        dose_mg=dose_mg,
        missing=missing,
    )


def _dose(action: EmergencyAction, weight_kg: Decimal | None) -> tuple[str, Decimal | None, tuple[str, ...]]:
    per_kg, cap = action.mg_per_kg, action.max_mg
    if per_kg is None or cap is None:
        return "", None, ()
    if weight_kg is None:
        return f"{per_kg} mg/kg, cap {cap} mg: weigh the patient", None, ("weight",)
    if action.min_weight_kg is not None and weight_kg < action.min_weight_kg:
        limit = f"under {action.min_weight_kg} kg another dose holds: ask pharmacy"
        return f"{_plain(weight_kg)} kg: {limit}", None, ("dose",)
    by_weight = per_kg * weight_kg
    spelled = f"{per_kg} mg/kg x {_plain(weight_kg)} kg = {_plain(by_weight)} mg"
    if by_weight > cap:
        return f"{spelled}, over the cap: {cap} mg", cap, ()
    return f"{spelled}, cap {cap} mg", by_weight, ()


def _plain(value: Decimal) -> str:
    """Without trailing zeros and without an exponent: 580, not 580.0 and not 5.8E+2."""
    return f"{value.normalize():f}"
