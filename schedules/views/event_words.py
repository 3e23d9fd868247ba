"""One event in words: its grade, its history, what was given, what the next dose asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import NBSP, age, hhmm, moment, quantity
from patients.models import Observation, ToxicityEvent, ToxicityGrading
from protocols.rules.regimen import UnknownDoseError
from protocols.rules.spec import ProtocolSpec
from schedules.selectors.chips import Chip, Standing
from schedules.selectors.event import EventPage, OtherCause, Restated
from schedules.views import graded, readings
from schedules.views.graded import Graded
from schedules.views.rows import standing_words

SIGN = {"crs": "fever", "icans": "first sign"}


@dataclass(frozen=True, slots=True)
class GradeWords:
    """The grade as it stands, why, and what may be confirmed. ``suggested`` is what the button confirms."""

    chip: Chip | None
    qualifier: str
    why: Graded | None
    suggested: int | None
    confirm: str
    act: bool


def grade_words(page: EventPage) -> GradeWords:
    """The box at the top of the page."""
    held, row = page.standing, page.suggested
    suggested = held.suggested.grade if held.suggested and not held.confirmed else None
    name = page.event.confirmed_by.name if page.event.confirmed_by else ""
    return GradeWords(
        chip=held.chip,
        qualifier=_qualifier(page.event, held, row, name),
        why=graded.of_row(row) if row else None,
        suggested=suggested,
        confirm="" if suggested is None else f"Confirm {page.event.label} grade {suggested}",
        act=bool(held.chip and (held.chip.grade or 0) > 1),
    )


def _qualifier(event: ToxicityEvent, held: Standing, row: ToxicityGrading | None, name: str) -> str:
    if held.confirmed:
        return f"{standing_words(held, name)}, {hhmm(event.confirmed_at)}"
    when = f"suggested {hhmm(row.graded_at)}" if row else "suggested"
    before = f"; grade {event.confirmed_grade} confirmed {hhmm(event.confirmed_at)}, {name}" if name else ""
    return f"{when}, not confirmed{before}"


# --- head -------------------------------------------------------------------------------------------------


def opened_words(page: EventPage, at: datetime) -> str:
    """fever 42 min ago (19-Nov-2026 13:50), onset 27 h 45 min after step-up dose 2, lasted 8 h 20 min."""
    event = page.event
    sign = "first sign" if event.suspected_at == event.opened_at else SIGN[event.toxicity]
    ago = f"{sign} {age(event.opened_at, at)} ago ({moment(event.opened_at)})"
    lasted = f", lasted {hours_and_minutes(event.ended_at - event.opened_at)}" if event.ended_at else ""
    if event.last_dose_at is None:
        return f"{ago}, no dose before it on record{lasted}"
    onset = hours_and_minutes(event.opened_at - event.last_dose_at)
    return f"{ago}, onset {onset} after {dose_name(event.last_dose, page.spec)}{lasted}"


def hours_and_minutes(length: timedelta) -> str:
    """Elapsed time, also over a clock change: both times are in UTC."""
    whole, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{whole}{NBSP}h {minutes}{NBSP}min"


def dose_name(dose_id: str, spec: ProtocolSpec | None) -> str:
    """The record's name of a dose; its id where the record does not know it."""
    if spec is None or spec.schedule is None:
        return dose_id
    try:
        return spec.schedule.dose(dose_id).label_name.lower()
    except UnknownDoseError:
        return dose_id


# --- history ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One statement of the grade: by rule for a reading, or by a person."""

    at: datetime
    chip: Chip | None
    words: str
    note: str


def history_lines(page: EventPage, center: Center) -> tuple[HistoryLine, ...]:
    """Newest first."""
    again = {restated.now.pk: restated for restated in page.restated}
    return tuple(_history_line(row, again.get(row.pk), page, center) for row in page.gradings)


SAID = {
    ToxicityGrading.Kind.CONFIRMED: "confirmed",
    ToxicityGrading.Kind.MAXIMUM: "maximum confirmed",
    ToxicityGrading.Kind.DISAGREED: "disagrees with the suggestion",
    ToxicityGrading.Kind.RULED_OUT: "not CRS",
}


def _history_line(
    row: ToxicityGrading, again: Restated | None, page: EventPage, center: Center
) -> HistoryLine:
    shown = graded.of_row(row)
    if row.kind != ToxicityGrading.Kind.SUGGESTED:
        return _said_line(row, shown.chip)
    waived = "fever not needed: a drug that hides it was given after one" if row.waived else ""
    review = "possible masked CRS, physician review" if row.review else ""
    read = _read(row.observation, center) if row.observation else ""
    note = "; ".join(part for part in (read, waived, review) if part)
    if row.review and not row.at_least:  # no grade can be given: the sign is named, never "grade 0"
        return HistoryLine(row.graded_at, None, "possible masked CRS, physician review", read)
    if again is None:
        return HistoryLine(row.graded_at, shown.chip, "suggested", note)
    was = f"{graded.of_row(again.before).chip.words}; {note}" if note else ""
    return HistoryLine(row.graded_at, shown.chip, f"graded again, {_cause_of(again, page)}", f"was {was}")


def _said_line(row: ToxicityGrading, chip: Chip) -> HistoryLine:
    """What a named clinician said, beside what was suggested then."""
    changed = row.kind == ToxicityGrading.Kind.CONFIRMED and row.suggested_grade != row.at_least
    over = (
        [f"grade {row.suggested_grade} was suggested"] if changed and row.suggested_grade is not None else []
    )
    words = "changed" if over else SAID[ToxicityGrading.Kind(row.kind)]
    shown = None if row.kind == ToxicityGrading.Kind.RULED_OUT else chip
    note = "; ".join([*over, *([row.reason] if row.reason else [])])
    return HistoryLine(row.graded_at, shown, f"{words}, {row.graded_by.name}", note)


def newest_words(row: ToxicityGrading | None, event: ToxicityEvent) -> str:
    """What is true now and by whom, for a page that was opened before it was."""
    if event.closed_by is not None:
        return f"{event.closed_by.name} closed it at {hhmm(event.closed_at)}."
    if event.resolved_by is not None:
        return f"{event.resolved_by.name} signed it as resolved at {hhmm(event.resolved_at)}."
    if row is None:
        return ""
    shown = graded.of_row(row).chip.words
    if row.kind == ToxicityGrading.Kind.SUGGESTED:
        return f"{shown} is suggested since {hhmm(row.graded_at)}."
    said = SAID[ToxicityGrading.Kind(row.kind)]
    words = said if row.kind == ToxicityGrading.Kind.RULED_OUT else f"{shown}, {said}"
    return f"Now: {words}, {row.graded_by.name}, {hhmm(row.graded_at)}."


def _cause_of(again: Restated, page: EventPage) -> str:
    """What made the rules look at an old reading again: everything of one act carries its time."""
    said = next((cause for cause in page.causes if cause.at == again.at), None)
    if said is not None:
        return (
            f"{said.axis.replace('_', ' ')} {'attributed to ' + said.cause if said.cause else 'counts again'}"
        )
    typed = [row.observation for row in page.gradings if row.observation is not None]
    late = next((row for row in typed if row.recorded_at == again.at), None)
    if late is not None:
        return "a correction" if late.amends_id else "a late entry"
    given = next((drug for drug in page.given if drug.recorded_at == again.at), None)
    return (
        f"{given.drug or given.get_kind_display()} recorded"
        if given is not None
        else "an entry before it changed"
    )


def _read(row: Observation, center: Center) -> str:
    return f"read {hhmm(row.taken_at)}: {read_values(row, center)}"


def read_values(row: Observation, center: Center) -> str:
    """38.6 °C, 84/52 mmHg, SpO2 94 %; what was not measured says so."""
    values = (
        f"{readings.temperature(row, center)}{NBSP}°{center.temperature_unit}",
        f"{readings.pressure(row)}{NBSP}mmHg",
        "SpO2 missing" if row.spo2 is None else f"SpO2 {quantity(row.spo2, '%')}",
    )
    return ", ".join(values)


# --- given, causes, place, next dose, closing -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CauseLine:
    """What a physician said of one axis."""

    axis: str
    words: str
    note: str
    stands: bool
    effect: str


def cause_lines(page: EventPage) -> tuple[CauseLine, ...]:
    standing = {id(cause) for cause in page.attributed_now}
    return tuple(_cause(cause, id(cause) in standing, page) for cause in page.causes)


def _cause(cause: OtherCause, stands: bool, page: EventPage) -> CauseLine:
    said = f"attributed to {cause.cause}" if cause.cause else "counts again"
    count = f"{cause.readings} {'reading' if cause.readings == 1 else 'readings'}"
    note = f"{count}, {cause.by} {moment(cause.at)}: {cause.reason}"
    words = f"{cause.axis.replace('_', ' ').capitalize()} {said}"
    return CauseLine(cause.axis, words, note, stands, _effect(cause, page))


def _effect(cause: OtherCause, page: EventPage) -> str:
    """CRS grade 2 -> CRS grade 1: the worst reading that this act graded again."""
    moved = [row for row in page.restated if row.at == cause.at]
    if not moved:
        return "no grade changed"
    worst = max(moved, key=lambda row: row.before.at_least)
    before, now = graded.of_row(worst.before).chip.words, graded.of_row(worst.now).chip.words
    return f"{before} \u2192 {now}" if before != now else "no grade changed"


@dataclass(frozen=True, slots=True)
class ClosingWords:
    """Whether the event may be closed now, and what its hours still need."""

    allowed: bool
    sentence: str


def closing_words(event: ToxicityEvent, at: datetime) -> ClosingWords:
    if event.state != ToxicityEvent.State.OPEN:
        by = f" by {event.closed_by.name}, {moment(event.closed_at)}" if event.closed_by else ""
        return ClosingWords(False, f"{event.get_state_display()}{by}.")
    if event.closing_allowed_from is None:
        return ClosingWords(False, "Not yet: the last readings are still abnormal or incomplete.")
    if event.closing_allowed_from > at:
        return ClosingWords(False, f"From {moment(event.closing_allowed_from)}, if nothing returns before.")
    ended = f"Nothing has returned since {moment(event.ended_at)}." if event.ended_at else ""
    return ClosingWords(True, ended)
