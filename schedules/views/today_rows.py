"""Facts of Today as rows: what a patient needs, in words, and the one button that does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.urls import reverse

from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, day, distance, dose, hhmm, moment, weekday
from schedules.models import Alert, CourseStatus
from schedules.selectors.boards import Drug, OpenAlert
from schedules.selectors.objections import WINDOW
from schedules.selectors.today import NAMED, ActNow, Coming, DoseRow, StatusRow
from schedules.views import rows
from schedules.views.alert_words import acknowledge_url, level_words
from schedules.views.rows import Button, Due, Row, Status

PLACES = {"home": ", at home", "hospital": ", in hospital", "clinic": ", in the clinic", "ed": ", in the ED"}
SOON = timedelta(minutes=15)
"""A countdown under this is drawn in amber: a rule of drawing, not of care."""
NOTHING_BLOCKS = "nothing on record blocks it"

# --- act now ----------------------------------------------------------------------------------------------


def act_row(found: ActNow, staff: Staff, at: datetime) -> Row:
    """One patient whom somebody must see to now."""
    alert, status = found.alert, found.status
    shown = rows.graded(status, found.answered, at)
    return Row(
        id=rows.short(alert.patient_id),
        name=str(alert.patient),
        url=reverse("schedules:alert", args=[alert.pk]),
        about=rows.about(alert.patient, staff.center, at),
        drug=found.drug or Drug("no course", ""),
        step=rows.step_of(status) if status else "none is running",
        since=rows.since_dose(status, at),
        vitals=rows.vitals_of(status, found.spec, staff.center, at),
        chip=shown.chip,
        qualifier=shown.words,
        status=shown.status,
        status_note=shown.note,
        doing=_answer(alert, found.also, staff),
        when=_held(found, at),
        unheld=alert.state == Alert.State.OPEN,
        mark=f"{alert.state}-{len(found.also)}",
    )


def _held(found: ActNow, at: datetime) -> Due:
    alert = found.alert
    kinds = ", ".join([alert.get_kind_display(), *(rows.inside(other.label) for other in found.also)])
    overdue = f"{age(alert.check_missed.due_at, at)}" if alert.check_missed else ""
    if alert.state == Alert.State.OPEN:
        words = f"Check overdue: {overdue}" if overdue else f"Nobody has this: {age(alert.clock_from, at)}"
        return Due(words, f"{kinds}. {level_words(found.level)}")
    name = alert.acknowledged_by.name if alert.acknowledged_by else "Somebody"
    return Due(f"{name} has this", f"{kinds}{' ' + overdue if overdue else ''}")


def _answer(alert: Alert, also: Iterable[OpenAlert], staff: Staff) -> Button:
    if alert.state == Alert.State.OPEN and may(staff, Permission.ACKNOWLEDGE_ALERT):
        return Button(
            "I have this", acknowledge_url(alert.pk, [other.id for other in also], "today"), "post", "act"
        )
    if may(staff, Permission.LOG_VITALS):
        return Button(
            "Log vitals", reverse("schedules:vitals-new", args=[alert.patient_id]), button="primary"
        )
    return Button("Open alert", reverse("schedules:alert", args=[alert.pk]))


# --- doses ------------------------------------------------------------------------------------------------


def dose_row(found: DoseRow, staff: Staff, at: datetime) -> Row:
    """A dose that waits, or one that was given today."""
    status, patient = found.status, found.status.patient
    waits = status.next_dose_on is not None and status.next_dose_on <= staff.center.local(at).date()
    readiness, note = _readiness(found, staff.center, at) if waits else _given(status)
    return Row(
        id=f"dose-{rows.short(status.pk)}",
        name=str(patient),
        url=rows.patient_url(patient.pk),
        about=rows.about(patient, staff.center, at),
        drug=found.drug,
        step=status.next_dose_label.lower() if waits else rows.step_of(status),
        amount=_amount(found) if waits else _given_amount(status),
        vitals=rows.vitals_of(status, found.spec, staff.center, at),
        chip=None,
        status=readiness,
        status_note=note,
        doing=_dose_button(status, readiness, staff)
        if waits
        else Button("Open patient", rows.patient_url(patient.pk)),
        when=_planned(status, staff.center, at) if waits else Due(hhmm(status.last_dose_at), "given"),
        mark=readiness.kind,
    )


def _amount(found: DoseRow) -> str:
    """What the schedule asks for; where it is by weight, the rule itself: the dose page works it out."""
    planned, schedule = found.status.next_dose, found.spec.schedule
    return str(schedule.dose(planned.dose).amount) if planned and schedule else ""


def _given_amount(status: CourseStatus) -> str:
    return dose(status.last_dose_mg) if status.last_dose_mg is not None else ""


def _readiness(found: DoseRow, center: Center, at: datetime) -> tuple[Status, str]:
    """Held by an event, out of its window, blocked by so many items, or ready; with everything named."""
    status, latest = found.status, found.status.next_dose_latest_on
    event, named = status.open_event, [*status.blockers, *found.against]
    if event is not None and event.holds_dose:
        return Status("held", "Held"), _listed(named) or (
            f"{event.label} event open" if event.state == "open" else event.matter
        )
    if latest is not None and latest < center.local(at).date():
        others = [title for title in named if title != WINDOW]
        return Status("out", "Out of window"), "; ".join([f"window ended {day(latest)}", *others])
    if named:
        return Status("blocked", f"Blocked by {len(named)}"), _listed(named)
    return Status("ready", "Ready"), NOTHING_BLOCKS


def _listed(titles: Iterable[str]) -> str:
    return ", ".join(titles)


def _given(status: CourseStatus) -> tuple[Status, str]:
    return Status("given", f"Given {hhmm(status.last_dose_at)}"), ""


def _planned(status: CourseStatus, center: Center, at: datetime) -> Due:
    planned, latest = status.next_dose_on, status.next_dose_latest_on
    window = f"window to {day(latest)}" if latest else "no window on record"
    late = (center.local(at).date() - planned).days if planned else 0
    if late:
        words = f"{late} {'day' if late == 1 else 'days'} late"
        return Due(words, f"planned {day(planned)}; {window}", "soon")
    return Due("Today", window)


def _dose_button(status: CourseStatus, readiness: Status, staff: Staff) -> Button:
    event, planned = status.open_event, status.next_dose
    if event is not None and event.holds_dose:
        return Button("Open event", reverse("schedules:event", args=[event.pk]))
    if planned is not None and may(staff, Permission.LOG_DOSE):
        address = reverse("schedules:dose-administer", args=[status.pk, planned.ordinal])
        ready = readiness.kind == "ready"
        return Button("Log dose" if ready else "See blockers", address, button="primary" if ready else "")
    return Button("Open patient", rows.patient_url(status.patient_id))


# --- checks -----------------------------------------------------------------------------------------------


def check_row(found: StatusRow, staff: Staff, at: datetime) -> Row:
    """The next check of one patient."""
    status, patient = found.status, found.status.patient
    shown = rows.graded(status, found.answered, at)
    when = _countdown(status, staff.center, at)
    logs = may(staff, Permission.LOG_VITALS)
    address = reverse("schedules:vitals-new", args=[patient.pk]) if logs else rows.patient_url(patient.pk)
    return Row(
        id=f"check-{rows.short(status.pk)}",
        name=str(patient),
        url=rows.patient_url(patient.pk),
        about=rows.about(patient, staff.center, at),
        drug=found.drug,
        step=rows.step_of(status),
        since=rows.since_dose(status, at),
        vitals=rows.vitals_of(status, found.spec, staff.center, at),
        chip=shown.chip,
        qualifier=shown.words,
        status=shown.status,
        status_note=shown.note,
        doing=Button(
            "Log vitals" if logs else "Open patient", address, button="primary" if when.tone else ""
        ),
        when=when,
        mark=f"{status.next_check_due_at:%d%H%M}",
    )


def _countdown(status: CourseStatus, center: Center, at: datetime) -> Due:
    due = status.next_check_due_at
    if due is None:
        return Due("no check planned")
    same_day = center.local(due).date() == center.local(at).date()
    tone = "late" if due < at else "soon" if due - at < SOON else ""
    note = f"{distance(due, at)}{PLACES.get(status.location, '')}"
    return Due(hhmm(due) if same_day else moment(due), note, tone, due.isoformat(), tick=due > at)


# --- the next 24 hours ------------------------------------------------------------------------------------

ICONS = {"window": "clock", "check": "pulse", "dose": "syringe", "shift": "person"}


@dataclass(frozen=True, slots=True)
class Line:
    time: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    title: str
    lines: tuple[Line, ...]


def days_of(coming: Iterable[Coming], center: Center, at: datetime) -> Iterable[Day]:
    today = center.local(at).date()
    counted: dict[str, int] = {}
    for when, group in groupby(coming, key=lambda item: center.local(item.at).date()):
        lines = tuple(line for item in group for line in _lines(item, counted))
        yield Day("Today" if when == today else weekday(when), lines)


def _lines(item: Coming, counted: dict[str, int]) -> Iterable[Line]:
    """One line an item; after the last one that is named, how many more there are."""
    counted[item.what] = counted.get(item.what, 0) + 1
    time = "" if item.what == "dose" else hhmm(item.at)
    yield Line(time, ICONS[item.what], _coming_words(item))
    if item.what in {"window", "dose"} and counted[item.what] == NAMED and item.number > NAMED:
        plural = "windows end" if item.what == "window" else "doses are planned"
        yield Line("", ICONS[item.what], f"and {item.number - NAMED} more {plural}")


def _coming_words(item: Coming) -> str:
    match item.what:
        case "window":
            return f"{item.words}: monitoring window ends"
        case "check":
            return f"{item.number} {'check' if item.number == 1 else 'checks'} due within the hour"
        case "shift":
            return f"{item.words} takes over"
    return item.words
