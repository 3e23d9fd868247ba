"""The doses of a plan that is not saved yet, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dosing_portal.kernel.templatetags.clinical import day, quantity, weekday
from schedules.selectors.plans import HOSPITAL, PlannedStair
from schedules.views.next_dose import clash_words


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of ``schedules/_course_plan_table.html``."""

    label: str
    amount: str
    day: str
    window: str
    by_label: str
    label_confirmed: bool
    here: str
    looser: bool
    clash: str


def plan_rows(stairs: Iterable[PlannedStair]) -> tuple[PlanRow, ...]:
    return tuple(_row(stair) for stair in stairs)


def _row(stair: PlannedStair) -> PlanRow:
    step = stair.step
    return PlanRow(
        label=step.dose.label_name,
        amount=quantity(step.dose.amount.value, step.dose.amount.unit.value),
        day=weekday(step.day),
        window=_window(stair),
        by_label=stair.label_words,
        label_confirmed=stair.label_setting.confirmed,
        here="in hospital" if stair.setting == HOSPITAL else "outpatient",
        looser=stair.looser,
        clash=clash_words(stair.clash) if stair.clash else "",
    )


def _window(stair: PlannedStair) -> str:
    """25-Nov-2026 to 26-Nov-2026; late to 06-Dec-2026."""
    step = stair.step
    if step.latest is None:
        return "starts the plan" if step.earliest is None else f"from {day(step.earliest)}"
    usual = (
        f"to {day(step.latest)}" if step.earliest is None else f"{day(step.earliest)} to {day(step.latest)}"
    )
    late = step.latest_allowed
    return f"{usual}; late to {day(late)}" if late and late != step.latest else usual
