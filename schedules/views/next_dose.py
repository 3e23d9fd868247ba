"""The next dose in words: earliest, latest, then, and what a later day would ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import day, weekday
from protocols.answers import dose_name, headline, in_labels
from protocols.rules import monitoring, premedication, stepup
from protocols.rules.spec import ProtocolSpec
from protocols.rules.stepup import Action, RestartAnswer, Span
from protocols.rules.window import Verdict
from schedules.models import Administration, PlannedDose
from schedules.selectors import plans
from schedules.selectors.boards import Drug
from schedules.views.rows import Status
from schedules.views.stairs import amount_planned

IN_WINDOW = (Verdict.IN_WINDOW, Verdict.LATE_BUT_ALLOWED)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the card; ``confirmed`` False marks the rule behind it."""

    label: str
    value: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class NextDose:
    """The arguments of ``schedules/_patient_next_dose.html``."""

    label: str
    drug: Drug
    amount: str
    status: Status
    facts: tuple[Fact, ...]
    clash: str
    due: bool
    administer_url: str
    replan_url: str
    what_if_url: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which the planned dose may be given, and what comes after them."""

    own: tuple[Span, ...]
    later: tuple[Span, ...]
    given_on: date

    def on(self, number: int) -> date:
        return self.given_on + timedelta(days=number)

    @property
    def usual(self) -> Span | None:
        """The last span of days that needs no reason."""
        without = [span for span in self.own if span.answer.verdict is not Verdict.LATE_BUT_ALLOWED]
        return without[-1] if without else None

    @property
    def late(self) -> Span | None:
        """Days on which the dose may still be given, with a reason."""
        return next((s for s in self.own if s.answer.verdict is Verdict.LATE_BUT_ALLOWED), None)


def next_dose(
    planned: PlannedDose,
    last: Administration | None,
    *,
    drug: Drug,
    spec: ProtocolSpec,
    weight_kg: Decimal | None,
    held: str,
    locked: str = "",
    closed: Mapping[date, str],
    center: Center,
    at: datetime,
) -> NextDose:
    """The card of the next planned dose.

    ``held`` names the event that is not resolved, ``locked`` what else locks the dose after one; empty
    without.
    """
    today = center.local(at).date()
    days = _days(planned, last, spec, center) if last else None
    status = Status("held", "Locked") if locked and not held else _status(planned, days, held, today)
    clash = plans.clash_on(planned.planned_on, planned.earliest_on, planned.latest_on, center, closed)
    return NextDose(
        label=planned.label,
        drug=drug,
        amount=amount_planned(planned, spec, weight_kg),
        status=status,
        facts=(
            *([Fact("Locked", locked)] if locked else []),
            *_dates(planned, days, held),
            *_then(planned, spec),
            *_later(days, spec),
        ),
        clash=clash_words(clash) if clash else "",
        due=not held and not locked and planned.planned_on <= today,
        administer_url=reverse("schedules:dose-administer", args=[planned.course_id, planned.ordinal]),
        replan_url=reverse("schedules:course-replan", args=[planned.course_id]) if last else "",
        what_if_url=reverse("schedules:course-what-if", args=[planned.course_id]) if last else "",
    )


def _days(planned: PlannedDose, last: Administration, spec: ProtocolSpec, center: Center) -> Days:
    regimen, schedule = plans.regimen_of(spec)
    spans = stepup.spans(regimen, schedule, last.dose)
    own = [number for number, span in enumerate(spans) if _is_for(planned.dose, span.answer)]
    after = own[-1] + 1 if own else len(spans)
    return Days(
        own=tuple(spans[number] for number in own),
        later=spans[after:],
        given_on=center.local(last.given_at).date(),
    )


def _is_for(dose: str, answer: RestartAnswer) -> bool:
    again = answer.action in (Action.REPEAT, Action.RESTART)
    return answer.next_dose == dose and (again or answer.verdict in IN_WINDOW)


def _status(planned: PlannedDose, days: Days | None, held: str, today: date) -> Status:
    if held:
        return Status("held", "Held")
    if today < planned.planned_on:
        return Status("planned", "Planned")
    if today == planned.planned_on:
        return Status("due", "Due today")
    since = (today - planned.planned_on).days
    if days is None or (days.usual and _reaches(days.usual, days, today)):
        return Status("soon", f"Waiting for {since} d")
    if days.late and _reaches(days.late, days, today):
        return Status("out", "Late, with a reason")
    return Status("out", "Out of window: plan again")


def _reaches(span: Span, days: Days, today: date) -> bool:
    return span.last_day is None or today <= days.on(span.last_day)


# --- facts ------------------------------------------------------------------------------------------------


def _dates(planned: PlannedDose, days: Days | None, held: str) -> tuple[Fact, ...]:
    when = Fact("Planned", weekday(planned.planned_on))
    if days is None:
        return (when,)
    if not days.own:
        return (when, Fact("Window", "The record gives none. Ask the physician.", confirmed=False))
    first, usual, late = days.own[0], days.usual, days.late
    earliest = day(days.on(first.first_day))
    earliest = f"when {held} has resolved, not before {earliest}" if held else earliest
    return (
        when,
        Fact("Earliest", earliest, first.answer.confirmed),
        Fact("Latest", _latest(days, usual, late), (usual or first).answer.confirmed),
    )


def _latest(days: Days, usual: Span | None, late: Span | None) -> str:
    words = []
    if usual is not None:
        words.append("no limit found" if usual.last_day is None else day(days.on(usual.last_day)))
    if late is not None and late.last_day is not None:
        until = day(days.on(late.last_day))
        reaction = late.answer.asks_reason
        words.append(f"to {until} {'while a reaction resolves' if reaction else 'with a reason'}")
    return "; ".join(words)


def _then(planned: PlannedDose, spec: ProtocolSpec) -> tuple[Fact, ...]:
    regimen, schedule = plans.regimen_of(spec)
    label = monitoring.label_setting(regimen, schedule, planned.dose)
    drugs = premedication.before(regimen, schedule, planned.dose)
    words = {True: "premedicate", False: "no premedication by the schedule", None: "premedication: ask"}
    return (
        Fact("Before", words[drugs.required], drugs.confirmed),
        Fact("By label", plans.in_words(label), label.confirmed),
        Fact("Here", planned.get_setting_display()),
    )


def _later(days: Days | None, spec: ProtocolSpec) -> tuple[Fact, ...]:
    if days is None:
        return ()
    _, schedule = plans.regimen_of(spec)
    return tuple(
        Fact(f"From {day(days.on(span.first_day))}", headline(span.answer, schedule), span.answer.confirmed)
        for span in days.later
    )


def clash_words(clash: plans.Clash) -> str:
    """Thu 26-Nov-2026: Thanksgiving. Open in the window: Wed 25-Nov-2026."""
    open_days = ", ".join(weekday(other) for other in clash.open_days)
    rest = f"Open in the window: {open_days}." if open_days else "No day of the window is open."
    return f"{weekday(clash.day)}: {clash.why}. {rest}"


# --- what if ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The record's answer for one day: the claim, why, and on whose word. ``stop``: give nothing then."""

    day: str
    answer: str
    because: tuple[str, ...]
    source: str
    confirmed: bool
    clash: str
    stop: bool


def what_if_answer(
    on: date,
    last: Administration,
    *,
    spec: ProtocolSpec,
    closed: Mapping[date, str],
    center: Center,
) -> WhatIf:
    """What the record asks on one day. The day is not before the last dose: the form sees to that."""
    regimen, schedule = plans.regimen_of(spec)
    since = plans.days_since(last.given_at, on, center)
    answer = stepup.restart(regimen, schedule, last.dose, since)
    why = plans.why_closed(on, center, closed)
    return WhatIf(
        day=f"Day {since.calendar} after {dose_name(schedule.dose(last.dose))}",
        answer=headline(answer, schedule),
        because=tuple(in_labels(line, schedule) for line in answer.because),
        source=answer.source,
        confirmed=answer.confirmed,
        clash=f"{weekday(on)}: {why}." if why else "",
        stop=answer.action is Action.REFUSE,
    )
