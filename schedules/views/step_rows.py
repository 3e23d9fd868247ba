"""The running checklist as rows of ``components/steps.html``: words, clock, who, and what may be pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import NBSP, age, distance, hhmm, moment, number
from protocols.rules.values import InterventionKind, Toxicity
from schedules.models import ResponseStep
from schedules.rules.checklist import NEUTROPENIC_FEVER, REPEATING, TAKEN_BACK, State
from schedules.rules.neutropenia import Neutropenia
from schedules.selectors.responses import Checklist

SOON = timedelta(minutes=15)
HALF, TWO_THIRDS = 50, 67
"""A clock's bar turns amber and red at these per cent: rules of drawing, not of care."""
RECORD = {
    InterventionKind.OXYGEN: "Record start",
    InterventionKind.ACETAMINOPHEN: "Record taken",
}


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
class Failed:
    """A press that was refused: on which step, why, beside which box, and what was typed."""

    step_id: UUID
    sentence: str
    field: str = ""
    typed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class More:
    """What else may be said of a step, folded: when it was done, why not, that it was a slip."""

    url: str
    acts: tuple[tuple[str, str], ...]
    ask_time: bool
    ask_reason: str
    open: bool = False
    day: str = ""
    time: str = ""
    reason: str = ""
    error: str = ""
    error_field: str = ""
    link: tuple[str, str] = ("", "")


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
    more: More | None = None
    version: str = ""
    said: str = ""


def step_rows(found: Checklist, staff: Staff, at: datetime, failed: Failed | None = None) -> tuple[Step, ...]:
    """The rows in their order. Without the permission to run a response, a row has no button."""
    return tuple(_Row(row, found, staff, at, failed).step() for row in found.rows)


class _Row:
    """One step, seen by somebody at a moment."""

    def __init__(
        self, row: ResponseStep, found: Checklist, staff: Staff, at: datetime, failed: Failed | None
    ) -> None:
        self.row, self.found, self.staff, self.at = row, found, staff, at
        self.failed = failed if failed is not None and failed.step_id == row.pk else None
        self.url = reverse("schedules:event-step", args=[found.event.pk, row.pk])
        self.may = may(staff, Permission.RUN_RESPONSE)

    def step(self) -> Step:
        row = self.row
        action, url, method, hidden = self._action() if self.may else ("", "", "get", ())
        is_now = self.found.red is not None and self.found.red.pk == row.pk
        return Step(
            id=f"step-{row.action}{'' if row.turn == 1 or row.kind == REPEATING else f'-{row.turn}'}",
            title=row.do,
            why=self._why(),
            state="now" if is_now else _DRAWN[State(row.state)],
            clock=self._clock(),
            action=action,
            url=url,
            button="act" if is_now else "primary" if self._is_next_check() else "",
            confirmed=row.confirmed,
            method=method,
            failed=f"Not recorded. {self.failed.sentence}" if self.failed else "",
            hidden=hidden,
            more=self._more() if self.may else None,
            version=f"{row.state}-{row.turn}-{hhmm(row.settled_at) if row.settled_at else ''}-{int(is_now)}",
            said=self._said(),
        )

    def _is_next_check(self) -> bool:
        return self.row.state == State.OPEN and self.row.kind == REPEATING and not self.row.intervention

    def _said(self) -> str:
        """What is announced to somebody else when this row changes under her eyes."""
        row = self.row
        if row.settled_by is None or row.settled_by_id == self.staff.pk:
            return ""
        return f"{row.settled_by.name}: {row.do}, {'done' if row.state == State.DONE else 'not done'}"

    # --- words ----------------------------------------------------------------------------------------

    def _why(self) -> str:
        row, dose = self.row, self.found.doses.get(self.row.action)
        parts = [dose.arithmetic if dose else "", self._condition(), row.why, self._waits(), self._kept()]
        return "; ".join(part for part in parts if part)

    def _condition(self) -> str:
        row = self.row
        if row.action == NEUTROPENIC_FEVER and self.found.neutropenia is not None and not row.settled_at:
            return neutrophil_words(self.found.neutropenia, self.at)
        applied = f"applies since {hhmm(row.applies_at)}, {row.applies_by.name}" if row.applies_by else ""
        return applied or (f"when {row.only_if}" if row.only_if else "")

    def _waits(self) -> str:
        if self.row.state != State.WAITING or not self.row.after:
            return ""
        before = next((other for other in self.found.rows if other.action == self.row.after), None)
        return f"starts its clock when this is recorded: {before.do}" if before else ""

    def _kept(self) -> str:
        if self.row.from_grade <= self.found.grade:
            return ""
        return f"kept; added at grade {self.row.from_grade}"

    # --- clock ----------------------------------------------------------------------------------------

    def _clock(self) -> Clock:
        row = self.row
        if row.settled_at is not None:
            return self._settled(row.settled_at)
        if row.state == State.WAITING:
            return self._waiting()
        if row.due_at is None:
            return Clock("no target")
        if row.due_at <= self.at:
            return Clock(f"{age(row.due_at, self.at)} overdue", self._due(), "late", 100, "red")
        share = _share(row, self.at)
        return Clock(
            f"{distance(row.due_at, self.at).removeprefix('in ')} left",
            self._due(),
            "late" if share > TWO_THIRDS and row.kind != REPEATING else self._soon(),
            share,
            "grey" if share <= HALF else "amber" if share <= TWO_THIRDS else "red",
            row.due_at.isoformat(),
            tick=True,
        )

    def _soon(self) -> str:
        return "soon" if self.row.due_at is not None and self.row.due_at - self.at < SOON else ""

    def _settled(self, settled_at: datetime) -> Clock:
        row = self.row
        name = row.settled_by.name if row.settled_by else ""
        if row.state == State.DONE:
            return Clock(f"Done {self._when(settled_at)}", f"{name}{_against_target(row)}", "done")
        reason = "taken back" if row.reason == TAKEN_BACK else row.reason
        return Clock("Not done", f"{reason}; {name} {self._when(settled_at)}")

    def _waiting(self) -> Clock:
        judged = self.found.neutropenia
        if self.row.action == NEUTROPENIC_FEVER and judged is not None and not judged.needed:
            return Clock("not needed now", "a later count changes it")
        return Clock("waiting", "" if self.row.after else "for somebody to say it applies")

    def _due(self) -> str:
        row = self.row
        last = max(
            (o.settled_at for o in self.found.earlier if o.action == row.action and o.settled_at),
            default=None,
        )
        due = f"due {self._when(row.due_at)}" if row.due_at else ""
        if last is not None:
            return f"{due}, last {self._when(last)}"
        if row.within_minutes is None:
            return due
        return f"{due}, {row.within_minutes}{NBSP}min from {self._from()}"

    def _from(self) -> str:
        row = self.row
        if row.applies_at is not None or row.after:
            return hhmm(row.clock_from) if row.clock_from else ""
        sign = "fever" if self.found.event.toxicity == "crs" else "first sign"
        return sign if row.clock_from == self.found.event.opened_at else hhmm(row.clock_from)

    def _when(self, at: datetime) -> str:
        """The clock time; with its day when that is another one."""
        local = self.staff.center.local
        return hhmm(at) if local(at).date() == local(self.at).date() else moment(at)

    # --- what may be pressed --------------------------------------------------------------------------

    def _action(self) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
        row = self.row
        if row.settled_at is not None:
            return "", "", "get", ()
        if row.intervention:
            return RECORD.get(InterventionKind(row.intervention), "Record given"), self._form(), "get", ()
        if row.kind == REPEATING and self.found.event.toxicity == Toxicity.ICANS:
            return "ICE test", reverse("schedules:ice-new", args=[row.patient_id]), "get", ()
        if row.kind == REPEATING:
            return "Log vitals", reverse("schedules:vitals-new", args=[row.patient_id]), "get", ()
        if row.state == State.WAITING and row.only_if:
            return "It applies", self.url, "post", (("act", "applies"),)
        return "Done", self.url, "post", (("act", "done"),)

    def _form(self) -> str:
        asked = urlencode({"kind": self.row.intervention})
        return f"{reverse('schedules:intervention-new', args=[self.row.patient_id])}?{asked}"

    def _more(self) -> More | None:
        acts = self._more_acts()
        if not acts:
            return None
        row, failed = self.row, self.failed
        by_hand = not row.intervention and row.kind != REPEATING and row.settled_at is None
        typed = (failed.typed if failed else None) or {}
        link = ("", "")
        if row.action == NEUTROPENIC_FEVER and row.settled_at is None:
            link = (reverse("schedules:laboratory", args=[row.patient_id]), "Record a neutrophil count")
        return More(
            url=self.url,
            acts=acts,
            ask_time=by_hand,
            ask_reason="What was wrong" if row.settled_at else "Why it is not done",
            open=bool(failed and (failed.field or any(typed.get(name) for name in ("done_time", "reason")))),
            day=typed.get("done_day") or f"{self.staff.center.local(self.at):%d-%b-%Y}",
            time=typed.get("done_time", ""),
            reason=typed.get("reason", ""),
            error=failed.sentence if failed else "",
            error_field=failed.field if failed else "",
            link=link,
        )

    def _more_acts(self) -> tuple[tuple[str, str], ...]:
        row = self.row
        if row.settled_at is not None:
            by_hand = not row.given_id and not row.observation_id
            return (("reopen", "Take it back"),) if by_hand else ()
        acts = []
        if not row.intervention and row.kind != REPEATING:
            acts.append(("done", "Done at this time"))
        if row.only_if and row.applies_at is None and row.state == State.WAITING and row.intervention:
            acts.append(("applies", "It applies now"))
        acts.append(("not_done", "Does not apply" if row.only_if else "Not done"))
        return tuple(acts)


_DRAWN = {State.OPEN: "todo", State.WAITING: "waiting", State.DONE: "done", State.NOT_DONE: "not-done"}


def neutrophil_words(judged: Neutropenia, at: datetime) -> str:
    """ANC 2.1 x10^9/L, 12 h ago; or that neutrophils are not known."""
    newest = judged.newest
    if newest is None:
        return "neutrophils not known"
    count = f"ANC{NBSP}{number(newest.anc)}{NBSP}x10^9/L, {age(newest.taken_at, at)} ago"
    if judged.needed and not judged.low:
        return f"neutrophils not known: last {count}"
    return f"neutrophils low: {count}" if judged.low else count


def _against_target(row: ResponseStep) -> str:
    """How long before or after its target it was done."""
    if row.due_at is None or row.settled_at is None:
        return ""
    minutes = int((row.settled_at - row.due_at).total_seconds() // 60)
    return f", {minutes}{NBSP}min late" if minutes > 0 else ", in time"


def _share(row: ResponseStep, at: datetime) -> int:
    """Whole per cent of the time used up."""
    if row.clock_from is None or row.due_at is None or row.due_at <= row.clock_from:
        return 0
    return max(0, min(100, int((at - row.clock_from) / (row.due_at - row.clock_from) * 100)))


def earlier_turns(found: Checklist) -> tuple[str, ...]:
    """What was done before the turn that stands on the list, newest first."""
    rows = sorted(
        (row for row in found.earlier if row.settled_at),
        key=lambda row: row.settled_at or row.added_at,
        reverse=True,
    )
    return tuple(f"{hhmm(row.settled_at)} {row.do}, {row.settled_by.name}" for row in rows if row.settled_by)
