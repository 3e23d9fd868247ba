"""The doses of a course as stairs: what stands over each one, and where it stands in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.urls import reverse

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import dose, quantity
from protocols.rules.dosing import prepare
from protocols.rules.regimen import DoseKind, Schedule
from protocols.rules.spec import ProtocolSpec
from schedules.charts import Setting, Stair, StaircaseInput, StairState, Window
from schedules.models import Administration, PlannedDose
from schedules.selectors.chart import midnight
from schedules.selectors.plans import HOSPITAL, regimen_of

NOON = time(12)
"""Where in its day a planned dose stands: a plan has a day and no time."""
WEEK = 7


def staircase(
    doses: Iterable[PlannedDose],
    *,
    spec: ProtocolSpec,
    weight_kg: Decimal | None,
    held: str,
    center: Center,
    at: datetime,
) -> StaircaseInput:
    """The doses given, the plan, and what was skipped by a delay. ``held`` says why the next dose waits."""
    _, schedule = regimen_of(spec)
    shown = _shown(tuple(doses), center.local(at).date())
    following = next((row for row in shown if row.state == PlannedDose.State.PLANNED), None)
    stairs = [
        _stair(row, spec, weight_kg, held if row is following else "", center, at, is_next=row is following)
        for row in shown
    ]
    placed = sorted(zip(shown, stairs, strict=True), key=lambda pair: pair[1].at)
    rows = [row for row, _ in placed]
    return StaircaseInput(
        tuple(
            replace(stair, repeated_by=_repeated_by(number, rows)) for number, (_, stair) in enumerate(placed)
        ),
        _afterwards(rows, schedule),
    )


def _shown(doses: tuple[PlannedDose, ...], today: date) -> list[PlannedDose]:
    """Without the doses that a new plan replaced, but with the one that a delay skipped."""
    before = dict(zip(doses[1:], doses, strict=False))
    return [
        row for row in doses if row.state != PlannedDose.State.SUPERSEDED or _was_skipped(row, before, today)
    ]


def _was_skipped(row: PlannedDose, before: dict[PlannedDose, PlannedDose], today: date) -> bool:
    earlier = before.get(row)
    was_next = earlier is None or earlier.state == PlannedDose.State.GIVEN
    return was_next and row.planned_on <= today


def _stair(
    row: PlannedDose,
    spec: ProtocolSpec,
    weight_kg: Decimal | None,
    held: str,
    center: Center,
    at: datetime,
    *,
    is_next: bool,
) -> Stair:
    _, schedule = regimen_of(spec)
    given = row.administration if row.state == PlannedDose.State.GIVEN else None
    state, words = _state(row, given, held, center)
    in_hospital = row.setting == HOSPITAL
    return Stair(
        label=row.label,
        amount=amount_given(given) if given else amount_planned(row, spec, weight_kg),
        state=state,
        state_words=words,
        at=center.local(given.given_at) if given else _planned_at(row, center, at),
        level=_level(row, schedule),
        setting=Setting.HOSPITAL if in_hospital else Setting.OUTPATIENT,
        setting_words="in hospital" if in_hospital else "outpatient",
        window=_window(row, schedule, center) if is_next else None,
        href=reverse("schedules:dose-administer", args=[row.course_id, row.ordinal]) if is_next else "",
    )


def _state(
    row: PlannedDose, given: Administration | None, held: str, center: Center
) -> tuple[StairState, str]:
    if given is not None:
        return StairState.GIVEN, f"given {center.local(given.given_at):%a %d-%b %H:%M}"
    if row.state == PlannedDose.State.SUPERSEDED:
        return StairState.SKIPPED, f"not given on {row.planned_on:%d-%b}, planned again"
    if held:
        return StairState.HELD, f"HELD: {held}"
    return StairState.PLANNED, f"planned {row.planned_on:%a %d-%b-%Y}"


def amount_given(given: Administration) -> str:
    """12 mg, 0.3 mL."""
    return f"{dose(given.amount_mg)}, {quantity(given.volume_ml, 'mL')}"


def amount_planned(row: PlannedDose, spec: ProtocolSpec, weight_kg: Decimal | None) -> str:
    """What the record decides for the present weight; else the rule itself, 0.3 mg/kg."""
    regimen, schedule = regimen_of(spec)
    decided = prepare(regimen, schedule, row.dose, weight_kg).decided
    if decided is None:
        rule = schedule.dose(row.dose).amount
        return quantity(rule.value, rule.unit.value)
    return f"{dose(decided[0])}, {quantity(decided[1], 'mL')}"


def _planned_at(row: PlannedDose, center: Center, at: datetime) -> datetime:
    """Noon of the planned day; a dose that may still be given today is not drawn as late."""
    noon = datetime.combine(row.planned_on, NOON, tzinfo=center.zone)
    now = center.local(at)
    last_day = max(row.planned_on, row.latest_if_reaction_on or row.latest_on or row.planned_on)
    may_still_be_given = row.state == PlannedDose.State.PLANNED and row.planned_on <= now.date() <= last_day
    return max(noon, now) if may_still_be_given else noon


def _level(row: PlannedDose, schedule: Schedule) -> int:
    """Step-up doses climb; every treatment dose stands as high as the first one."""
    climbing = [spec.id for spec in schedule.own_doses if spec.kind is not DoseKind.TREATMENT]
    return climbing.index(row.dose) + 1 if row.dose in climbing else len(climbing)


def _window(row: PlannedDose, schedule: Schedule, center: Center) -> Window | None:
    if row.earliest_on is None or row.latest_on is None:
        return None
    late = row.latest_if_reaction_on
    bounds = schedule.dose(row.dose).interval
    only = "if a reaction resolves" if bounds and bounds.adverse_reactions_only else "with a reason"
    return Window(
        earliest=midnight(row.earliest_on, center),
        latest=midnight(row.latest_on + timedelta(days=1), center),
        words=f"window {row.earliest_on:%d} to {row.latest_on:%d-%b}",
        latest_in_reaction=midnight(late + timedelta(days=1), center) if late else None,
        reaction_words=f"to {late:%d-%b} {only}" if late else "",
    )


def _repeated_by(number: int, rows: list[PlannedDose]) -> int | None:
    """The stair that comes in place of a skipped one."""
    if rows[number].state != PlannedDose.State.SUPERSEDED:
        return None
    later = (
        index for index in range(number + 1, len(rows)) if rows[index].state != PlannedDose.State.SUPERSEDED
    )
    return next(later, None)


def _afterwards(rows: list[PlannedDose], schedule: Schedule) -> str:
    """ "then weekly": how the course goes on after the last planned dose."""
    every = schedule.next_after(rows[-1].dose).every_days if rows else None
    if not every:
        return ""
    if every == WEEK:
        return "then weekly"
    return f"then every {every // WEEK} weeks" if every % WEEK == 0 else f"then every {every} days"
