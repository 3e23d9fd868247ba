"""Less frequent treatment doses: whether a patient may move from weekly to every two or four weeks.

Source: the frequency switches of the schedule. Weeks are on the present schedule, doses those given in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.regimen import FrequencySwitch, Response, Schedule


@dataclass(frozen=True, slots=True)
class TreatmentSoFar:
    """What is known of the treatment. ``None``: not recorded, which never meets a criterion."""

    weeks: Decimal | None = None
    doses: int | None = None
    response: Response | None = None
    months_maintained: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SwitchAnswer:
    """``allowed`` is ``None`` where the record has no criterion to test."""

    allowed: bool | None
    to: str | None
    missing: tuple[str, ...]
    because: tuple[str, ...]
    source: str
    confirmed: bool


def switch(schedule: Schedule, from_dose: str, so_far: TreatmentSoFar) -> SwitchAnswer:
    """Whether the next less frequent dose may begin. Raises ``UnknownDoseError``."""
    dose = schedule.dose(from_dose)
    rule = next((rule for rule in schedule.switches if rule.from_dose == from_dose), None)
    if rule is None:
        without = [rule for rule in schedule.switches if rule.from_dose is None]
        words = tuple(rule.criterion for rule in without)
        because = (f"the record has no switch from {dose.label_name}", *words)
        return SwitchAnswer(None, None, (), because, "", False)
    tests = _tests(rule, so_far)
    missing = tuple(name for name, met, _ in tests if met is None)
    allowed = all(met for _, met, _ in tests)
    return SwitchAnswer(
        allowed=allowed,
        to=rule.to_dose if allowed else None,
        missing=missing,
        because=(rule.criterion, *(words for _, _, words in tests)),
        source=str(rule.provenance.source or ""),
        confirmed=rule.provenance.confirmed,
    )


Test = tuple[str, bool | None, str]


def _tests(rule: FrequencySwitch, so_far: TreatmentSoFar) -> tuple[Test, ...]:
    """Each criterion that the rule has: its name, whether it is met (``None``: not known), in words."""
    tests: list[Test] = []
    if rule.min_weeks is not None:
        tests.append(_at_least("weeks", so_far.weeks, Decimal(rule.min_weeks)))
    if rule.min_doses is not None:
        doses = None if so_far.doses is None else Decimal(so_far.doses)
        tests.append(_at_least("doses", doses, Decimal(rule.min_doses)))
    if rule.response is not None:
        tests.append(_reaches(so_far.response, rule.response))
    if rule.months_maintained is not None:
        tests.append(_at_least("months_maintained", so_far.months_maintained, rule.months_maintained))
    if rule.response_maintained and so_far.months_maintained is not None:
        tests.append(_maintained(so_far.months_maintained))
    return tuple(tests)


def _at_least(name: str, value: Decimal | None, wanted: Decimal) -> Test:
    words = name.replace("_", " ")
    if value is None:
        return name, None, f"{words}: not recorded, at least {wanted} needed"
    return name, value >= wanted, f"{words}: {value}, at least {wanted} needed"


def _reaches(value: Response | None, wanted: Response) -> Test:
    if value is None:
        return "response", None, f"response: not recorded, {wanted.value} or better needed"
    return "response", value.reaches(wanted), f"response: {value.value}, {wanted.value} or better needed"


def _maintained(months: Decimal) -> Test:
    words = "response maintained" if months > 0 else "response not maintained"
    return "months_maintained", months > 0, words
