"""Plans that are not saved yet: the stairs of a course, what a delay asks for, days the center is closed.

Pure arithmetic is in ``protocols.rules``; here it meets the center's calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import day
from protocols.rules import monitoring, stepup
from protocols.rules.monitoring import LabelSetting
from protocols.rules.regimen import DoseKind, Regimen, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.stepup import PlannedStep, RestartAnswer
from protocols.rules.window import DaysSince
from schedules.errors import ActRefused

TREATMENT_DOSES_PLANNED = 4
"""How far ahead a plan is drawn; a calendar's length, not a clinical number."""
HOSPITAL, OUTPATIENT = "hospital", "outpatient"


@dataclass(frozen=True, slots=True)
class Clash:
    """A planned day on which the center does not treat, and the open days of the dose's window."""

    day: date
    why: str
    open_days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStair:
    """One dose of a plan that is not saved yet: the label's setting beside the center's."""

    step: PlannedStep
    label_setting: LabelSetting
    setting: str
    clash: Clash | None

    @property
    def label_words(self) -> str:
        return in_words(self.label_setting)

    @property
    def looser(self) -> bool:
        """The label has this dose in hospital, the center gives it to an outpatient."""
        return self.setting == OUTPATIENT and asks_hospital(self.label_setting)


@dataclass(frozen=True, slots=True)
class Replan:
    """What a delay asks for on one day, and the stairs that would follow."""

    answer: RestartAnswer
    stairs: tuple[PlannedStair, ...]


def regimen_of(spec: ProtocolSpec) -> tuple[Regimen, Schedule]:
    """The regimen and schedule of a protocol. Raises ``ActRefused`` for the center-wide section."""
    if spec.regimen is None or spec.schedule is None:
        raise ActRefused("protocol", "This protocol has no schedule to plan by.")
    return spec.regimen, spec.schedule


# --- plans ------------------------------------------------------------------------------------------------


def plan(
    *, spec: ProtocolSpec, starts_on: date, center: Center, setting: str = OUTPATIENT
) -> tuple[PlannedStair, ...]:
    """The staircase of a course that would start on this day, with every clash with the center's days."""
    _, schedule = regimen_of(spec)
    return stairs_of(spec, stepup.plan(schedule, starts_on, TREATMENT_DOSES_PLANNED), center, setting)


def after_delay(
    *,
    spec: ProtocolSpec,
    last_dose: str,
    last_given_at: datetime,
    planned_on: date,
    center: Center,
    setting: str,
    next_dose: str = "",
) -> Replan:
    """What the record asks for on this day after the last dose given, and the plan that would follow.

    ``next_dose`` is a physician's choice; it counts only where the record names no dose. Raises
    ``ActRefused`` for a day before the last dose.
    """
    regimen, schedule = regimen_of(spec)
    since = days_since(last_given_at, planned_on, center)
    if since.calendar < 0:
        raise ActRefused(
            "planned_on",
            f"The last dose was given on {day(center.local(last_given_at).date())}, after this day.",
        )
    answer = stepup.restart(regimen, schedule, last_dose, since)
    following = answer.next_dose or _own(schedule, next_dose)
    steps = steps_from(schedule, following, planned_on) if following else ()
    return Replan(answer, stairs_of(spec, steps, center, setting))


def _own(schedule: Schedule, dose: str) -> str:
    """The dose id, if the schedule has it; what a form sent is not trusted."""
    return dose if dose in {own.id for own in schedule.own_doses} else ""


def steps_from(schedule: Schedule, dose: str, planned_on: date) -> tuple[PlannedStep, ...]:
    """A plan that goes on with ``dose`` on this day, then as the schedule has it."""
    steps = [PlannedStep(schedule.dose(dose), planned_on)]
    while sum(step.dose.kind is DoseKind.TREATMENT for step in steps) < TREATMENT_DOSES_PLANNED:
        steps.append(stepup.next_step(schedule, steps[-1].dose.id, steps[-1].day))
    return tuple(steps)


def stairs_of(
    spec: ProtocolSpec, steps: Iterable[PlannedStep], center: Center, setting: str
) -> tuple[PlannedStair, ...]:
    """The doses of this product in a plan, each with both settings and its clash. One statement."""
    regimen, schedule = regimen_of(spec)
    closed = closed_days(center)
    own = [step for step in steps if step.dose.kind is not DoseKind.COMPANION_DRUG]
    labels = [monitoring.label_setting(regimen, schedule, step.dose.id) for step in own]
    return tuple(
        PlannedStair(step, label, setting_for(label, setting), clash_of(step, center, closed))
        for step, label in zip(own, labels, strict=True)
    )


def days_since(given_at: datetime, planned_on: date, center: Center) -> DaysSince:
    """Calendar days at the center from a dose given to a planned day."""
    return DaysSince((planned_on - center.local(given_at).date()).days)


# --- settings ---------------------------------------------------------------------------------------------


def setting_for(label: LabelSetting, chosen: str) -> str:
    """The center's choice holds for the doses that the label has in hospital; the rest are outpatient."""
    return chosen if asks_hospital(label) else OUTPATIENT


def asks_hospital(label: LabelSetting) -> bool:
    return bool(label.hospital_hours)


def in_words(label: LabelSetting) -> str:
    """Where the label has a dose given; not stated is not the same as no stay."""
    if label.hospital_hours:
        return f"in hospital {label.hospital_hours:f} h"
    if label.proximity_hours:
        return f"near the center {label.proximity_hours:f} h"
    return "no hospital stay asked" if label.hospital_hours is not None else "no stay stated"


# --- the center's calendar --------------------------------------------------------------------------------


def closed_days(center: Center) -> Mapping[date, str]:
    """The closed days of a center with their reasons. One statement."""
    return {closed.day: closed.reason for closed in center.closed_days.all()}


def clash_of(step: PlannedStep, center: Center, closed: Mapping[date, str]) -> Clash | None:
    """Whether the center does not treat on the planned day, and on which days of the window it does."""
    return clash_on(step.day, step.earliest, step.latest, center, closed)


def clash_on(
    planned: date, earliest: date | None, latest: date | None, center: Center, closed: Mapping[date, str]
) -> Clash | None:
    """As ``clash_of``, for a day and the window around it."""
    why = why_closed(planned, center, closed)
    if not why:
        return None
    first, last = earliest or planned, latest or planned
    window = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return Clash(planned, why, tuple(other for other in window if not why_closed(other, center, closed)))


def why_closed(on: date, center: Center, closed: Mapping[date, str]) -> str:
    """Why the center gives no dose on this day; empty on an open day."""
    if on in closed:
        return closed[on]
    return "" if on.weekday() in center.clinic_days else f"{on:%A}, the center gives no doses"
