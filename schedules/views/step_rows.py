"""The emergency actions as rows of ``components/steps.html``: words, clock, and where each is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from dosing_portal.kernel.templatetags.clinical import age, distance, hhmm
from protocols.rules.values import InterventionKind
from schedules.rules.emergency_clock import ClockedStep, StepState

SOON = timedelta(minutes=15)
HALF, TWO_THIRDS = 50, 67
"""A clock's bar turns amber and red at these per cent: rules of drawing, not of care."""
RECORD = {InterventionKind.OXYGEN: "Record oxygen", InterventionKind.ACETAMINOPHEN: "Record taken"}


@dataclass(frozen=True, slots=True)
class Clock:
    """The arguments of ``components/countdown.html``."""

    text: str
    second: str = ""
    tone: str = ""
    share: int | None = None
    fill: str = ""
    due_at: str = ""
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One row of ``components/steps.html``."""

    id: str
    title: str
    why: str
    state: str
    clock: Clock
    action: str = ""
    url: str = ""
    button: str = ""
    confirmed: bool = True
    method: str = "get"
    failed: str = ""
    hidden: tuple[tuple[str, str], ...] = ()


def step_rows(
    steps: Iterable[ClockedStep], patient_id: UUID, at: datetime, *, may_record: bool
) -> tuple[Step, ...]:
    """The rows in the order given. Without the permission to record, a row has no button."""
    return tuple(_row(row, patient_id, at, may_record) for row in steps)


def _row(row: ClockedStep, patient_id: UUID, at: datetime, may_record: bool) -> Step:
    action, url = _action(row, patient_id) if may_record else ("", "")
    return Step(
        id=f"step-{row.step.id}",
        title=row.step.do,
        why=_why(row),
        state=row.state.value,
        clock=_clock(row, at),
        action=action,
        url=url,
        button="act" if row.state is StepState.NOW else "",
        confirmed=row.step.confirmed,
    )


def _why(row: ClockedStep) -> str:
    waits = f"waiting on: {row.waits_for}" if row.waits_for else ""
    return "; ".join(part for part in (row.step.arithmetic, row.step.because, waits) if part)


def _action(row: ClockedStep, patient_id: UUID) -> tuple[str, str]:
    step = row.step
    if row.state is StepState.DONE:
        return "", ""
    if step.intervention:
        kind = InterventionKind(step.intervention)
        url = reverse("schedules:intervention-new", args=[patient_id])
        return RECORD.get(kind, "Record given"), f"{url}?{urlencode({'kind': kind.value})}"
    if step.kind == "repeating":
        return "Log vitals", reverse("schedules:vitals-new", args=[patient_id])
    return "", ""


# --- clocks -----------------------------------------------------------------------------------------------


def _clock(row: ClockedStep, at: datetime) -> Clock:
    if row.done is not None:
        return Clock(f"Done {hhmm(row.done.at)}", f"recorded by {row.done.by}", "done")
    if row.waits_for:
        return Clock("waiting")
    if row.due_at is None:
        return Clock("when it applies" if row.conditional else "no target")
    if not row.recorded:
        return Clock(f"by {hhmm(row.due_at)}", _target(row))
    if row.due_at <= at:
        return Clock(f"{age(row.due_at, at)} overdue", _second(row), "late", 100, "red")
    share = _share(row, at)
    return Clock(
        distance(row.due_at, at),
        _second(row),
        "soon" if row.due_at - at < SOON else "",
        share,
        "grey" if share <= HALF else "amber" if share <= TWO_THIRDS else "red",
        row.due_at.isoformat(),
        tick=True,
    )


def _second(row: ClockedStep) -> str:
    return ", ".join(part for part in (hhmm(row.due_at), _target(row)) if part)


def _target(row: ClockedStep) -> str:
    if row.step.repeat_minutes is not None and row.last_at is not None:
        return f"last {hhmm(row.last_at)}"
    return f"within {row.step.within_minutes} min" if row.step.within_minutes is not None else ""


def _share(row: ClockedStep, at: datetime) -> int:
    """Whole per cent of the time used up."""
    if row.clock_from is None or row.due_at is None or row.due_at <= row.clock_from:
        return 0
    return max(0, min(100, int((at - row.clock_from) / (row.due_at - row.clock_from) * 100)))
