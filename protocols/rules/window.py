"""The window of the next dose: too early, in time, late but allowed, or late enough for the restart rule.

Days are whole calendar days at the center, as the labels count them. Source: the dose table of the regimen's
published record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from protocols.rules.regimen import DoseKind, DoseSpec, Interval, Schedule, value_confirmed


class Verdict(StrEnum):
    """Where a number of days since the last dose falls."""

    TOO_EARLY = "too_early"
    IN_WINDOW = "in_window"
    LATE_BUT_ALLOWED = "late_but_allowed"
    RESTART_RULE = "restart_rule"
    NOT_COVERED = "not_covered"


class DelayReason(StrEnum):
    ADVERSE_REACTION_RESOLVED = "adverse_reaction_resolved"
    SCHEDULING = "scheduling"


# --- days between two doses -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Whole calendar days at the center, and whole elapsed 24-hour days where both times are known."""

    calendar: int
    elapsed: int | None = None

    @property
    def disagree(self) -> bool:
        return self.elapsed is not None and self.elapsed != self.calendar


def days_between(last_given: datetime, planned: datetime, zone: ZoneInfo) -> DaysSince:
    """Days from a dose given to a dose planned; both times aware, calendar days in the center's zone.

    Raises ``ValueError`` when the planned time is before the dose given.
    """
    if planned < last_given:
        raise ValueError("the planned time is before the last dose")
    calendar = (planned.astimezone(zone).date() - last_given.astimezone(zone).date()).days
    elapsed = (planned.astimezone(UTC) - last_given.astimezone(UTC)) // timedelta(days=1)
    return DaysSince(calendar, elapsed)


# --- the window -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """Whether a dose may follow after some days. ``asks_reason``: the record wants to know why it is late."""

    verdict: Verdict
    planned_dose: str
    days: int
    because: tuple[str, ...]
    source: str
    confirmed: bool
    asks_reason: bool = False


def window(
    schedule: Schedule,
    last_dose: str,
    days: int,
    planned_dose: str | None = None,
    reason: DelayReason | None = None,
) -> Window:
    """Where ``days`` since ``last_dose`` falls for the planned dose (default: the schedule's next one).

    Under the minimum is too early, up to the usual maximum in window. Past it, a step-up or first treatment
    dose is late but allowed up to its maximum; everything later is for the restart rule. Raises
    ``UnknownDoseError``, and ``ValueError`` for a negative number of days.
    """
    if days < 0:
        raise ValueError("days since the last dose cannot be negative")
    scheduled = schedule.next_after(last_dose)
    planned = schedule.dose(planned_dose) if planned_dose else scheduled
    if not reachable(planned, last_dose):
        return _off_schedule(schedule, scheduled, planned, last_dose, days)
    return _judge(schedule, planned, last_dose, days, reason)


def follows(dose: DoseSpec, last_dose: str) -> bool:
    """True when the record's interval of this dose is counted from ``last_dose``."""
    return dose.interval is not None and dose.interval.previous_dose == last_dose


def reachable(planned: DoseSpec, last_dose: str) -> bool:
    """True when the schedule can go from the last dose straight to this one."""
    repeats = planned.kind is DoseKind.TREATMENT and planned.id == last_dose
    return repeats or follows(planned, last_dose)


def _off_schedule(
    schedule: Schedule, scheduled: DoseSpec, planned: DoseSpec, last_dose: str, days: int
) -> Window:
    """A planned dose that does not follow the last one: only a delay can lead there."""
    if reachable(scheduled, last_dose):
        answer = _judge(schedule, scheduled, last_dose, days, None)
        if answer.verdict is Verdict.RESTART_RULE:
            return answer
    because = f"after {last_dose} the schedule has {scheduled.id} next, not {planned.id}"
    return _window(schedule, Verdict.NOT_COVERED, planned, days, (because,), confirmed=False)


def _judge(
    schedule: Schedule, planned: DoseSpec, last_dose: str, days: int, reason: DelayReason | None
) -> Window:
    bounds = planned.interval
    if bounds is None:
        because = f"the record has no interval before {planned.id}"
        return _window(schedule, Verdict.NOT_COVERED, planned, days, (because,), confirmed=False)
    verdict = _verdict(schedule, planned, bounds, days)
    said = [_bounds_in_words(planned, bounds, last_dose), f"day {days}: {verdict.value.replace('_', ' ')}"]
    confirmed = value_confirmed(schedule.dose_table, bounds.unverified_value)
    asks = False
    if verdict is Verdict.NOT_COVERED:
        said.append(_what_is_missing(schedule, planned, bounds))
        confirmed = False
    if verdict is Verdict.LATE_BUT_ALLOWED and bounds.max_days_condition:
        said.append(bounds.max_days_condition)
        asks = bounds.adverse_reactions_only and reason is not DelayReason.ADVERSE_REACTION_RESOLVED
    if asks:
        said.append(f"reason for the delay: {reason.value if reason else 'not given'}; confirm it")
    return _window(schedule, verdict, planned, days, tuple(said), confirmed=confirmed, asks_reason=asks)


def _verdict(schedule: Schedule, planned: DoseSpec, bounds: Interval, days: int) -> Verdict:
    if bounds.min_days is not None and days < bounds.min_days:
        return Verdict.TOO_EARLY
    if bounds.min_days is None and before_planned_day(schedule, planned, days):
        return Verdict.NOT_COVERED
    if bounds.usual_max_days is None:
        return Verdict.NOT_COVERED
    if days <= bounds.usual_max_days:
        return Verdict.IN_WINDOW
    may_be_late = planned.kind is not DoseKind.TREATMENT and bounds.max_days is not None
    if may_be_late and days <= (bounds.max_days or 0):
        return Verdict.LATE_BUT_ALLOWED
    return Verdict.RESTART_RULE


def before_planned_day(schedule: Schedule, planned: DoseSpec, days: int) -> bool:
    """True before the planned interval has passed, and where none is known."""
    interval = schedule.planned_days_between(planned)
    return interval is None or days < interval


def _what_is_missing(schedule: Schedule, planned: DoseSpec, bounds: Interval) -> str:
    if bounds.usual_max_days is None:
        return f"the window of {planned.id} was not found: ask the physician"
    interval = schedule.planned_days_between(planned)
    return f"no minimum was found and the planned interval is {interval} days: before it, ask the physician"


def _bounds_in_words(planned: DoseSpec, bounds: Interval, last_dose: str) -> str:
    low = "no minimum found" if bounds.min_days is None else f"from {bounds.min_days} days"
    usual = (
        "no usual maximum found" if bounds.usual_max_days is None else f"usually to {bounds.usual_max_days}"
    )
    late = ""
    if bounds.max_days is not None and planned.kind is not DoseKind.TREATMENT:
        late = f", at most {bounds.max_days}"
    return f"{planned.id} after {last_dose}: {low}, {usual}{late}"


def _window(
    schedule: Schedule,
    verdict: Verdict,
    planned: DoseSpec,
    days: int,
    because: tuple[str, ...],
    *,
    confirmed: bool,
    asks_reason: bool = False,
) -> Window:
    source = str(schedule.dose_table.source or "")
    return Window(verdict, planned.id, days, because, source, confirmed, asks_reason)
