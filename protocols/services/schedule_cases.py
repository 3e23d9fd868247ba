"""Worked cases about days: window, restart, switch and plan."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from protocols.documents import Day, Moment, Number, StrictRecord, Whole
from protocols.rules import frequency, stepup
from protocols.rules.regimen import Regimen, Response, Schedule, UnknownDoseError
from protocols.rules.stepup import Action, RestartAnswer
from protocols.rules.window import DaysSince, DelayReason, Verdict, days_between, window
from protocols.services.case_types import Answer, CaseContext, CaseError, Path, Runner, read_given


def subject_of(context: CaseContext) -> tuple[Regimen, Schedule]:
    """The regimen and schedule that the case is about. Raises ``CaseError`` when none is named."""
    if context.regimen is None or context.schedule is None:
        raise CaseError(("kind",), "this kind needs a regimen: name one in the case, the file or the option")
    return context.regimen, context.schedule


def known_dose(schedule: Schedule, dose_id: str, at: Path) -> str:
    """The dose id, when the schedule has it. Raises ``CaseError``."""
    try:
        return schedule.dose(dose_id).id
    except UnknownDoseError as error:
        raise CaseError(at, str(error)) from error


# --- window and restart -----------------------------------------------------------------------------


class ChainLink(StrictRecord):
    dose: str | None = None
    days_after: Whole = Field(ge=0)


class DelayGiven(StrictRecord):
    last_dose: str
    days_since: Annotated[Whole | None, Field(ge=0)] = None
    last_given: Moment | None = None
    planned: Moment | None = None
    timezone: str | None = None
    planned_dose: str | None = None
    reason: Annotated[DelayReason | None, Field(strict=False)] = None
    chain: tuple[ChainLink, ...] = ()


class Delay:
    """The question that a case asks: which dose was given last, how long ago, what is planned."""

    def __init__(self, schedule: Schedule, given: DelayGiven) -> None:
        self.last_dose = known_dose(schedule, given.last_dose, ("given", "last_dose"))
        self.planned_dose = given.planned_dose
        if given.planned_dose is not None:
            known_dose(schedule, given.planned_dose, ("given", "planned_dose"))
        self.reason = given.reason
        self.since = self._chained(schedule, given) if given.chain else _days_since(given)

    def _chained(self, schedule: Schedule, given: DelayGiven) -> DaysSince:
        """Every link but the last one was given; the last one is the question."""
        if given.days_since is not None or given.last_given is not None:
            raise CaseError(("given", "chain"), "a chain says its own days")
        for index, link in enumerate(given.chain):
            if link.dose is not None:
                known_dose(schedule, link.dose, ("given", "chain", index, "dose"))
        for index, link in enumerate(given.chain[:-1]):
            if link.dose is None:
                raise CaseError(("given", "chain", index), "says which dose was given")
            self.last_dose = link.dose
        asked = given.chain[-1]
        self.planned_dose = asked.dose or self.planned_dose
        return DaysSince(asked.days_after)


def _days_since(given: DelayGiven) -> DaysSince:
    if given.days_since is not None:
        return DaysSince(given.days_since)
    if given.last_given is None or given.planned is None or given.timezone is None:
        raise CaseError(("given",), "says days_since, or last_given, planned and timezone, or a chain")
    try:
        return days_between(given.last_given, given.planned, ZoneInfo(given.timezone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        key = "planned" if given.planned < given.last_given else "timezone"
        raise CaseError(("given", key), str(error)) from error


def run_window(context: CaseContext, given: Any) -> Answer:
    """May the planned dose follow now?

    Where the record has no window, or the schedule does not have the dose next, the answer is a refusal, even
    if a restart row would say more (the kind ``restart`` shows it).
    """
    regimen, schedule = subject_of(context)
    delay = Delay(schedule, read_given(DelayGiven, given))
    seen = window(schedule, delay.last_dose, delay.since.calendar, delay.planned_dose, delay.reason)
    answer = _restart(regimen, schedule, delay)
    if seen.verdict is answer.verdict and seen.verdict is not Verdict.NOT_COVERED:
        return _delay_answer(answer)
    return Answer(
        got=_delay_got(seen.verdict, Action.ASK_PHYSICIAN, None, None, answer.caution, seen.asks_reason),
        because=seen.because,
        source=seen.source,
        unconfirmed=True,
        refused=True,
    )


def run_restart(context: CaseContext, given: Any) -> Answer:
    """What is to be given now?"""
    regimen, schedule = subject_of(context)
    return _delay_answer(_restart(regimen, schedule, Delay(schedule, read_given(DelayGiven, given))))


def _restart(regimen: Regimen, schedule: Schedule, delay: Delay) -> RestartAnswer:
    return stepup.restart(
        regimen,
        schedule,
        delay.last_dose,
        delay.since,
        planned_dose=delay.planned_dose,
        reason=delay.reason,
    )


def _delay_answer(answer: RestartAnswer) -> Answer:
    got = _delay_got(
        answer.verdict,
        answer.action,
        answer.next_dose,
        answer.premedication,
        answer.caution,
        answer.asks_reason,
    )
    verdict_stands = answer.verdict is not Verdict.NOT_COVERED
    uncovered = () if answer.covered else tuple(key for key in got if key != "caution")
    if not verdict_stands:
        uncovered = (*uncovered, "verdict")
    elif uncovered:
        uncovered = tuple(key for key in uncovered if key != "verdict")
    return Answer(
        got=got,
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=not answer.covered,
        uncovered=uncovered,
    )


def _delay_got(
    verdict: Verdict,
    action: Action,
    next_dose: str | None,
    premedication: bool | None,
    caution: bool,
    asks_reason: bool,
) -> dict[str, Any]:
    return {
        "verdict": verdict.value,
        "action": action.value,
        "next_dose": next_dose,
        "premedication": premedication,
        "caution": caution,
        "asks_reason": asks_reason,
    }


# --- switch and plan --------------------------------------------------------------------------------


class SwitchGiven(StrictRecord):
    from_dose: str = Field(alias="from")
    weeks: Number | None = None
    doses: Whole | None = None
    response: Annotated[Response | None, Field(strict=False)] = None
    months_maintained: Number | None = None


def run_switch(context: CaseContext, given: Any) -> Answer:
    """May a less frequent treatment dose begin?"""
    _, schedule = subject_of(context)
    asked = read_given(SwitchGiven, given)
    known_dose(schedule, asked.from_dose, ("given", "from"))
    so_far = frequency.TreatmentSoFar(asked.weeks, asked.doses, asked.response, asked.months_maintained)
    answer = frequency.switch(schedule, asked.from_dose, so_far)
    return Answer(
        got={"allowed": answer.allowed, "to": answer.to, "missing": answer.missing},
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=answer.allowed is None or bool(answer.missing),
    )


class PlanGiven(StrictRecord):
    start: Day


def run_plan(context: CaseContext, given: Any) -> Answer:
    """The dates of a course. A dose id that comes more than once stands for its first date."""
    regimen, schedule = subject_of(context)
    asked = read_given(PlanGiven, given)
    steps = stepup.plan(schedule, asked.start)
    dates: dict[str, str] = {}
    for step in steps:
        dates.setdefault(step.dose.id, step.day.isoformat())
    nominal = ", ".join(f"{dose.id} on day {dose.nominal_day}" for dose in schedule.dated_doses)
    return Answer(
        got={"dates": dates},
        because=(f"{regimen.name}, {schedule.label}: {nominal}",),
        source=str(schedule.dose_table.source or ""),
        unconfirmed=not schedule.dose_table.confirmed,
    )


KINDS: dict[str, Runner] = {
    "window": run_window,
    "restart": run_restart,
    "switch": run_switch,
    "plan": run_plan,
}
