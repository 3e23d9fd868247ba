"""The answer of the restart calculator in words: the claim, why, the strip of days, the quoted table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dosing_portal.kernel.templatetags.clinical import day, quantity
from protocols.answers import days_in_words, dose_name, headline, in_labels
from protocols.rules.regimen import Schedule
from protocols.rules.stepup import Action, RestartAnswer, Span
from protocols.rules.window import DaysSince, Verdict

PREMEDICATE = {True: "yes", False: "no", None: "not stated"}
ROOM_AFTER, LEAST_DAYS, ROOM_FOR_WORDS = 1.15, 6, 16
"""Of the strip: how far it goes on after the last edge, its shortest length, the per cent that words need."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the quoted table. ``here``: the row that applies; ``also``: by elapsed days."""

    days: str
    says: str
    next_dose: str
    premedicate: str
    confirmed: bool
    here: bool
    also: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of ``components/day_strip.html``, in per cent of its width."""

    x: str
    width: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class RestartWords:
    """The arguments of ``protocols/_calculator_restart.html``."""

    question: str
    headline: str
    sure: bool
    doubt: str
    then: str
    because: tuple[str, ...]
    source: str
    confirmed: bool
    rows: tuple[TableRow, ...]
    last_dose: str
    segments: tuple[Segment, ...]
    day: str
    day_words: str


def restart_words(
    answer: RestartAnswer,
    spans: Sequence[Span],
    schedule: Schedule,
    last_dose: str,
    since: DaysSince,
    given_on: date,
) -> RestartWords:
    """The whole answer for one day after one dose."""
    dose = schedule.dose(last_dose)
    here = _at(spans, since.calendar)
    other = _at(spans, since.elapsed) if answer.caution and since.elapsed is not None else here
    scale = _length(spans)
    return RestartWords(
        question=f"It is day {since.calendar} after {dose_name(dose)}",
        headline=f"{headline(answer, schedule)}{_amount(answer, schedule)}",
        sure=answer.confirmed and answer.covered and not answer.caution,
        doubt=_doubt(answer),
        then=_then(answer, schedule),
        because=tuple(_because(answer, schedule, since, given_on, here)),
        source=answer.source,
        confirmed=answer.confirmed,
        rows=tuple(_row(span, schedule, here=span is here, also=span is other) for span in spans),
        last_dose=dose_name(dose),
        segments=tuple(_segments(spans, here, scale)),
        day=_percent(min(since.calendar + 0.5, scale), scale),
        day_words=f"day {since.calendar}",
    )


def _at(spans: Sequence[Span], number: int) -> Span:
    """The span that holds a day; the last one is open."""
    return next(span for span in spans if span.last_day is None or number <= span.last_day)


def _amount(answer: RestartAnswer, schedule: Schedule) -> str:
    if answer.next_dose is None:
        return ""
    amount = schedule.dose(answer.next_dose).amount
    return f", {quantity(amount.value, amount.unit.value)}"


def _doubt(answer: RestartAnswer) -> str:
    """Why there is no answer box."""
    if answer.caution:
        return "Calendar days and elapsed days give different rows. Ask a physician."
    if not answer.covered:
        return "No label row covers this. Do not guess."
    return "" if answer.confirmed else "The row that applies is unconfirmed. Ask pharmacy."


def _then(answer: RestartAnswer, schedule: Schedule) -> str:
    """What follows the dose, premedication, and what to weigh before."""
    parts = []
    if answer.row is not None and answer.row.then:
        parts.append(f"Then {in_labels(answer.row.then, schedule)}.")
    if answer.premedication is not None:
        parts.append("Premedicate." if answer.premedication else "No premedication by the schedule.")
    if answer.row is not None and answer.row.benefit_risk_review:
        parts.append("Weigh benefit and risk first, and record it.")
    if answer.asks_reason:
        parts.append("These days exist to let a reaction resolve. Record the reason for the delay.")
    return " ".join(parts)


def _because(
    answer: RestartAnswer, schedule: Schedule, since: DaysSince, given_on: date, here: Span
) -> Iterator[str]:
    planned = given_on + timedelta(days=since.calendar)
    days = f"{since.calendar} calendar day{'' if since.calendar == 1 else 's'}"
    row = days_in_words(here.first_day, here.last_day)
    yield f"{day(given_on)} to {day(planned)} is {days}; the row is {row} days"
    if since.elapsed is not None:
        yield f"elapsed: {since.elapsed} whole days of 24 hours"
    if here.last_day is not None:
        yield f"the row ends {day(given_on + timedelta(days=here.last_day))}"
    yield from (in_labels(line, schedule) for line in answer.because)


# --- the quoted table and the strip -----------------------------------------------------------------------


def _row(span: Span, schedule: Schedule, *, here: bool, also: bool) -> TableRow:
    answer = span.answer
    following = ""
    if answer.next_dose is not None:
        then = f"; then {in_labels(answer.row.then, schedule)}" if answer.row and answer.row.then else ""
        following = f"{dose_name(schedule.dose(answer.next_dose))}{_amount(answer, schedule)}{then}"
    return TableRow(
        days=days_in_words(span.first_day, span.last_day),
        says=_says(answer),
        next_dose=following or "none",
        premedicate=PREMEDICATE[answer.premedication] if following else "no dose",
        confirmed=answer.confirmed,
        here=here,
        also=also and not here,
    )


def _says(answer: RestartAnswer) -> str:
    if answer.action is Action.REFUSE:
        return "too early" if answer.verdict is Verdict.TOO_EARLY else "no table found"
    if answer.action is Action.ASK_PHYSICIAN:
        return "not covered: ask the physician"
    if answer.verdict is Verdict.LATE_BUT_ALLOWED:
        return "late but allowed"
    return answer.action.value


def _length(spans: Sequence[Span]) -> float:
    """How many days the strip shows."""
    last_edge = spans[-1].first_day
    return max(last_edge * ROOM_AFTER, last_edge + 2.0, float(LEAST_DAYS))


def _segments(spans: Sequence[Span], here: Span, scale: float) -> Iterator[Segment]:
    for span in spans:
        end = scale if span.last_day is None else float(span.last_day + 1)
        share = (end - span.first_day) / scale * 100
        words = f"{days_in_words(span.first_day, span.last_day)}: {_says(span.answer)}"
        shown = words if share >= ROOM_FOR_WORDS else ""
        yield Segment(
            _percent(span.first_day, scale), f"{share:.1f}", shown, _segment_state(span, is_here=span is here)
        )


def _segment_state(span: Span, *, is_here: bool) -> str:
    answer = span.answer
    if not answer.confirmed or not answer.covered:
        return "none"
    if is_here:
        return "here"
    return "continue" if answer.action is Action.CONTINUE else "other"


def _percent(days: float, scale: float) -> str:
    return f"{days / scale * 100:.1f}"
