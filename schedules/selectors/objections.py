"""What speaks against giving a dose, from the facts and the record on its sheet. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from dosing_portal.kernel.templatetags.clinical import day, quantity
from patients.services.observations import CLOCK_SKEW
from protocols.answers import dose_name, in_labels
from protocols.rules import stepup, visits
from protocols.rules.dosing import DoseAnswer, prepare
from protocols.rules.stepup import Action, RestartAnswer
from protocols.rules.window import Verdict, days_between
from schedules.rules.blockers import (
    AMOUNT_NOT_CONFIRMED,
    NO_AMOUNT,
    WEIGHT_MISSING,
    WEIGHT_OFF_TABLE,
    lock_title,
)
from schedules.rules.dose_lock import Lock
from schedules.selectors.decisions import EventLock
from schedules.selectors.next_dose_facts import on_table
from schedules.selectors.sheet import DoseSheet, Objection, Override, Remedy

WINDOW, ANOTHER_DOSE, WEIGHT_TOO_OLD = "Window", "Another dose is next", "Weight too old"
LATE_SIGN, LATE_SIGNS_NOT_ASKED = "Late sign present", "Late signs not asked"


def objections(sheet: DoseSheet, at: datetime) -> Iterator[Objection]:
    """Everything that speaks against this dose, the facts that nobody can argue with first."""
    yield from _about_time(sheet, at)
    yield from _about_events(sheet)
    yield from _about_window(sheet)
    yield from _about_earlier_course(sheet)
    yield from _about_weight(sheet)
    yield from _about_what_was_scanned(sheet)
    yield from _about_amount(sheet)
    yield from _about_premedication(sheet)
    yield from _about_conditions(sheet)
    yield from _about_visit(sheet)


def _about_time(sheet: DoseSheet, at: datetime) -> Iterator[Objection]:
    given_at, course = sheet.asked.given_at, sheet.course
    if given_at > at + CLOCK_SKEW:
        yield Objection("given_at", "Time", "This time lies in the future. Write when the dose was given.")
    if sheet.last is None and sheet.given_on < course.starts_on:
        yield Objection("given_at", "Time", f"The course starts on {day(course.starts_on)}, after this time.")
    before = sheet.last or sheet.earlier
    if before is not None and given_at <= before.given_at:
        when = course.center.local(before.given_at)
        sentence = f"{before.label} was given {when:%d-%b-%Y %H:%M}, after this time."
        yield Objection("given_at", "Time", sentence)


def _about_events(sheet: DoseSheet) -> Iterator[Objection]:
    """The lock of each event. Only a decision to hold may be overridden."""
    for found in sheet.locks:
        if found.lock is not Lock.NONE:
            override = Override.PHYSICIAN_AND_PHARMACIST if found.lock is Lock.HELD else Override.NOBODY
            yield Objection(
                "event",
                lock_title(found.event.label, found.lock),
                _lock_sentence(sheet, found),
                override,
                remedy=Remedy.EVENT,
                about=found.event,
            )


def _lock_sentence(sheet: DoseSheet, found: EventLock) -> str:
    event, signed, center = found.event, found.signed, sheet.course.center
    since = f"{center.local(event.opened_at):%d-%b-%Y %H:%M}"
    match found.lock:
        case Lock.STOPPED if signed:
            return f"{signed.by} stopped the drug for good on {day(signed.at)}, after {found.name}."
        case Lock.MASKED:
            return f"{event.label} may be masked since {since}. A physician says what it is first."
        case Lock.UNRESOLVED:
            return f"{event.label} is open since {since}. No dose before it is signed resolved."
        case Lock.HELD if signed:
            return f"{signed.by} holds the next dose after {found.name}: {signed.reason}."
        case Lock.OUTDATED if signed:
            return f"{signed.by} {found.changed}: decide again."
    return f"{found.name} of {since} has resolved. A physician decides about the next dose first."


# --- window -----------------------------------------------------------------------------------------------


def _about_window(sheet: DoseSheet) -> Iterator[Objection]:
    answer = sheet.window
    if answer is None:
        return
    because, title = _words(sheet, answer.because), window_title(answer, sheet.planned.dose)
    if answer.action is Action.REFUSE:
        yield Objection("given_at", title, f"{because}.", source=answer.source)
    elif title == ANOTHER_DOSE:
        yield Objection(
            "dose",
            title,
            f"{_asks(sheet, answer)}. Plan again first.",
            source=answer.source,
            remedy=Remedy.REPLAN,
        )
    elif (override := _override_of(answer)) is not None:
        unconfirmed = not answer.confirmed
        yield Objection(
            "deviation_reason", title, f"{because}.", override, answer.source, unconfirmed=unconfirmed
        )


def window_title(answer: RestartAnswer, planned_dose: str) -> str:
    """What the window has against a dose on its day, as a readiness list names it; empty for nothing."""
    if answer.action is Action.REFUSE:
        return "Too early" if answer.verdict is Verdict.TOO_EARLY else "No rule for this delay"
    if answer.next_dose is not None and answer.next_dose != planned_dose:
        return ANOTHER_DOSE
    return WINDOW if _override_of(answer) is not None else ""


def _asks(sheet: DoseSheet, answer: RestartAnswer) -> str:
    """What the record asks for instead, with its because."""
    if answer.next_dose is None:
        return f"The record names no dose: {_words(sheet, answer.because)}"
    name = dose_name(sheet.schedule.dose(answer.next_dose))
    return f"The record asks to {answer.action.value} with {name}: {_words(sheet, answer.because)}"


def _words(sheet: DoseSheet, lines: Iterable[str]) -> str:
    """Lines of a rule as one sentence that opens with a capital letter."""
    text = "; ".join(in_labels(line, sheet.schedule) for line in lines)
    return f"{text[:1].upper()}{text[1:]}"


def _override_of(answer: RestartAnswer) -> Override | None:
    doubtful = not answer.confirmed or answer.caution or answer.asks_reason
    if doubtful or answer.action is Action.ASK_PHYSICIAN:
        return Override.PHYSICIAN
    return Override.REASON if answer.verdict is Verdict.LATE_BUT_ALLOWED else None


def _about_earlier_course(sheet: DoseSheet) -> Iterator[Objection]:
    """A new course of the same drug: the delay since the last dose of the old one still counts."""
    before, given_at = sheet.earlier, sheet.asked.given_at
    if before is None or given_at <= before.given_at:
        return
    since = days_between(before.given_at, given_at, sheet.course.center.zone)
    answer = stepup.restart(sheet.regimen, sheet.schedule, before.dose, since)
    if answer.next_dose == sheet.planned.dose:
        return
    early = answer.verdict is Verdict.TOO_EARLY
    yield Objection(
        "given_at" if early else "deviation_reason",
        "An earlier course gave this drug",
        f"{before.label} was given on {day(before.given_at)}. {_asks(sheet, answer)}.",
        Override.NOBODY if early else Override.PHYSICIAN,
        answer.source,
    )


# --- weight and amount ------------------------------------------------------------------------------------


def _about_weight(sheet: DoseSheet) -> Iterator[Objection]:
    if not sheet.by_weight:
        return
    limit = sheet.spec.center.dose_rules.weight_max_age_days
    if sheet.weight is None or sheet.weight_age is None:
        sentence = f"{sheet.dose.amount} needs a weight, and none is on record."
        yield Objection("weight", WEIGHT_MISSING, sentence, remedy=Remedy.WEIGH)
        return
    if sheet.weight_age > limit:
        measured = f"The last weight is of {day(sheet.weight.measured_on)}, {sheet.weight_age} days old"
        sentence = f"{measured}; at most {limit} days count. Weigh again."
        yield Objection("weight", WEIGHT_TOO_OLD, sentence, remedy=Remedy.WEIGH)
    table = sheet.regimen.preparation.band_table(sheet.dose)
    if table is not None and table.rows and not on_table(table, sheet.weight.kg):
        low, high = table.rows[0].kg_min, table.rows[-1].kg_max
        sentence = f"{quantity(sheet.weight.kg, 'kg')} is off the label's table, {low} to {high} kg."
        yield Objection("weight", WEIGHT_OFF_TABLE, sentence, remedy=Remedy.WEIGH)


def _about_what_was_scanned(sheet: DoseSheet) -> Iterator[Objection]:
    """The wrong product or vial: nobody can let that pass."""
    by_itself = _prepared(sheet).objections
    asked = sheet.asked
    for field, scanned in (
        ("product", _prepared(sheet, product=asked.product)),
        ("vial", _prepared(sheet, vial=asked.vial)),
    ):
        for sentence in scanned.objections:
            if sentence not in by_itself:
                yield Objection(field, f"Wrong {field}", f"{_words(sheet, (sentence,))}.")


def _prepared(sheet: DoseSheet, *, vial: str = "", product: str = "") -> DoseAnswer:
    return prepare(
        sheet.regimen,
        sheet.schedule,
        sheet.planned.dose,
        sheet.weight.kg if sheet.weight else None,
        vials=(vial,) if vial else (),
        product=product or None,
    )


def _about_amount(sheet: DoseSheet) -> Iterator[Objection]:
    if sheet.by_weight and sheet.weight is None:
        return
    unclear = (*sheet.amount.refused, *sheet.amount.objections)
    if unclear:
        yield Objection(
            "deviation_reason",
            NO_AMOUNT,
            f"{_words(sheet, unclear)}.",
            Override.PHYSICIAN_AND_PHARMACIST,
            sheet.amount.source,
        )
    elif not sheet.amount.confirmed:
        yield Objection(
            "deviation_reason",
            AMOUNT_NOT_CONFIRMED,
            "The amount rests on text that nobody at this center confirmed.",
            Override.PHYSICIAN,
            sheet.amount.source,
            unconfirmed=True,
        )


# --- premedication ----------------------------------------------------------------------------------------


def _about_premedication(sheet: DoseSheet) -> Iterator[Objection]:
    answer, given, asked = sheet.premedication, sheet.premedicated_at, sheet.carried.premedicate
    if given is None:
        if asked is not None:
            sentence = f"After {asked.after}: premedicate. Write when it was given."
            yield Objection("premedicated_at", "Premedication not recorded", sentence, Override.PHYSICIAN)
        elif answer.required is not False:
            sentence = f"{answer.because[0]}. Write when it was given."
            yield Objection(
                "premedicated_at", "Premedication not recorded", sentence, Override.PHYSICIAN, answer.source
            )
        return
    if given > sheet.asked.given_at:
        yield Objection("premedicated_at", "Premedication", "Premedication comes before the dose.")
    elif (span := sheet.dose_span) is not None and not span[0] <= sheet.asked.given_at <= span[1]:
        first, last, at = (sheet.course.center.local(moment) for moment in (*span, given))
        sentence = f"Given {at:%H:%M}: the dose follows from {first:%H:%M} to {last:%H:%M}."
        yield Objection(
            "premedicated_at", "Premedication out of time", sentence, Override.PHYSICIAN, answer.source
        )


# --- what a decision asks ---------------------------------------------------------------------------------


def _about_conditions(sheet: DoseSheet) -> Iterator[Objection]:
    """What a physician asked of this dose after an event and nobody says was arranged."""
    for one in sheet.carried.to_tick:
        if one.key not in sheet.asked.fulfilled:
            sentence = f"{one.sentence[:1].upper()}{one.sentence[1:]}. Tick it when it is arranged."
            yield Objection("conditions", "Condition not met", sentence, Override.PHYSICIAN)


# --- late signs -------------------------------------------------------------------------------------------


def _about_visit(sheet: DoseSheet) -> Iterator[Objection]:
    """A late sign that is present and holds; and signs that nobody asked for since the last dose."""
    for row in visits.holds(sheet.visit):
        yield Objection(
            "deviation_reason",
            LATE_SIGN,
            f"{row.because}. {row.item.do}.",
            Override.PHYSICIAN,
            row.source,
            Remedy.VISIT,
            unconfirmed=not row.confirmed,
        )
    left_out = visits.not_asked(sheet.visit)
    if left_out:
        yield Objection(
            "deviation_reason",
            LATE_SIGNS_NOT_ASKED,
            f"Not asked since the last dose: {'; '.join(row.item.ask for row in left_out)}.",
            Override.PHYSICIAN,
            "; ".join(dict.fromkeys(row.source for row in left_out)),
            Remedy.VISIT,
        )
