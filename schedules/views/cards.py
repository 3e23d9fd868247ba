"""The cards beside the chart in words: what is open now, and the next check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import NBSP, age, day, distance, hhmm, moment, number
from protocols.rules.spec import ProtocolSpec
from schedules.models import Alert, CourseStatus
from schedules.selectors.cards import OpenMatter
from schedules.selectors.chips import Chip
from schedules.views.alert_words import AlertWords, alert_words
from schedules.views.rows import missing_words, standing_words

NAMED = 3
"""Missed checks named one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class EventCard:
    """The card with the red edge. No ``acknowledge_url``: somebody has it, or this person may not."""

    title: str
    since: str
    chip: Chip | None
    qualifier: str
    because: tuple[str, ...]
    missing: tuple[str, ...]
    alert: AlertWords | None
    url: str
    act: bool


def event_card(matter: OpenMatter, staff: Staff, at: datetime) -> EventCard | None:
    """What is open now, or None."""
    words = _alert(matter, staff, at)
    if matter.event is None:
        return _alert_card(matter.alerts[0].alert, words, staff, at) if words else None
    row = matter.event.event
    by = row.confirmed_by.name if row.confirmed_by else ""
    chip = matter.event.standing.chip
    return EventCard(
        title="Open event",
        since=_since(row.opened_at, staff, at),
        chip=chip,
        qualifier=standing_words(matter.event.standing, by),
        because=matter.event.because,
        missing=tuple(missing_words(matter.event.missing)),
        alert=words,
        url=reverse("schedules:event", args=[row.pk]),
        act=bool(words and words.unheld) or bool(chip and (chip.grade or 0) > 0),
    )


def _alert(matter: OpenMatter, staff: Staff, at: datetime) -> AlertWords | None:
    """The alert that waits longest for somebody; its button answers the others with it."""
    if not matter.alerts:
        return None
    return alert_words(matter.alerts[0], matter.alerts[1:], staff, at, back="patient")


def _alert_card(alert: Alert, words: AlertWords, staff: Staff, at: datetime) -> EventCard:
    return EventCard(
        title="Open alert",
        since=_since(alert.raised_at, staff, at),
        chip=None,
        qualifier="",
        because=(f"{words.kind}: {words.because}",),
        missing=(),
        alert=words,
        url=words.url,
        act=words.unheld,
    )


def _since(opened_at: datetime, staff: Staff, at: datetime) -> str:
    return f"since {_when(opened_at, staff, at)}, {age(opened_at, at)}"


def _when(at: datetime, staff: Staff, now: datetime) -> str:
    """The clock time; with its date when it was not today."""
    local = staff.center.local
    return hhmm(at) if local(at).date() == local(now).date() else moment(at)


@dataclass(frozen=True, slots=True)
class MonitoringCard:
    """When the next set of vital signs is due, and how the watch went so far."""

    every: str
    due: str
    due_note: str
    tone: str
    done: str
    missed: str
    empty: str
    log_url: str
    watch: tuple[WatchNote, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchNote:
    """What goes on past the window for this drug, or how long nobody drives."""

    words: str
    source: str
    confirmed: bool


def monitoring_card(
    status: CourseStatus | None,
    spec: ProtocolSpec | None,
    missed: Sequence[datetime],
    *,
    patient_id: object,
    staff: Staff,
    at: datetime,
) -> MonitoringCard:
    due_at = status.next_check_due_at if status else None
    planned = status.checks_planned if status else 0
    every = f"every {number(spec.center.checks.every_hours)}{NBSP}h after a dose" if spec else ""
    return MonitoringCard(
        every=every,
        due=_when(due_at, staff, at) if due_at else "",
        due_note=_due_note(due_at, at) if due_at else "",
        tone="late" if due_at is not None and due_at < at else "",
        done=f"{status.checks_done} of {planned} done" if status and planned else "",
        missed=_missed(missed, staff),
        empty=_nothing_due(status, at) if due_at is None else "",
        log_url=reverse("schedules:vitals-new", args=[patient_id])
        if may(staff, Permission.LOG_VITALS)
        else "",
        watch=tuple(_watch(spec)) if spec and status and status.last_dose_at else (),
    )


DRIVING = "driving"  # the id of the regimen's block


def _watch(spec: ProtocolSpec) -> Iterator[WatchNote]:
    """What the center adds for this drug, then what the regimen says of driving."""
    regimen = spec.regimen
    if regimen is None:
        return
    for watch in spec.center.care.late_watch:
        if regimen.slug in watch.regimens:
            yield WatchNote(watch.words, str(watch.provenance.source or ""), watch.provenance.confirmed)
    for block in regimen.monitoring:
        if block.id == DRIVING and block.text:
            mark = block.provenance
            yield WatchNote(block.text, str(mark.source or ""), mark.confirmed)


def _due_note(due_at: datetime, at: datetime) -> str:
    return f"next check, {distance(due_at, at)}" if due_at >= at else f"check overdue: {age(due_at, at)}"


def _missed(missed: Sequence[datetime], staff: Staff) -> str:
    """2 missed: 19-Nov 02:00, 19-Nov 06:00."""
    if not missed:
        return ""
    named = ", ".join(f"{staff.center.local(at):%d-%b %H:%M}" for at in missed[:NAMED])
    more = f" and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    return f"{len(missed)} missed: {named}{more}"


def _nothing_due(status: CourseStatus | None, at: datetime) -> str:
    if status is None or status.window_ends_at is None:
        return "No check is planned. The first dose opens the watch."
    if status.window_ends_at < at:
        return f"The last window ended {day(status.window_ends_at)}. The next dose opens another."
    return f"No check is left until the window ends {moment(status.window_ends_at)}."
