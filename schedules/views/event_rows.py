"""Facts of the physician's board as rows: events, alerts that nobody has, decisions, everyone in a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.urls import reverse

from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import NBSP, age, day, distance, hhmm, hours, moment, quantity
from patients.models import ToxicityEvent
from protocols.rules.next_dose import NextDoseAnswer
from protocols.rules.regimen import Decision as Asked
from schedules.charts import Span, SparklineInput, Svg, sparkline
from schedules.models import CourseStatus
from schedules.selectors.boards import Drug
from schedules.selectors.chips import Chip, chip_of
from schedules.selectors.events import Decision, EventRow, Unanswered
from schedules.selectors.today import StatusRow
from schedules.views import rows
from schedules.views.alert_words import acknowledge_url, held_words, level_words
from schedules.views.rows import Button, Due, Measured

DAY = timedelta(hours=24)


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event of the board."""

    id: str
    state: str
    name: str
    url: str
    drug: Drug | None
    step: str
    since: str
    chip: Chip | None
    ungraded: str
    qualifier: str
    because: str
    lasted: str
    seen: str
    when: Due
    doing: Button
    unheld: bool


def event_line(found: EventRow, staff: Staff, at: datetime) -> EventLine:
    """An event with who has it and what is due next."""
    event, status, held = found.event, found.status, found.standing
    url = reverse("schedules:event", args=[event.pk])
    confirmer = event.confirmed_by.name if event.confirmed_by else ""
    doing = _event_button(found, staff, url)
    return EventLine(
        id=f"event-{rows.short(event.pk)}",
        state=f"{held.chip.words if held.chip else event.state}-{doing.action}".replace(" ", "_"),
        name=str(event.patient),
        url=url,
        drug=found.drug,
        step=rows.step_of(status) if status else "",
        since=rows.since_dose(status, at),
        chip=held.chip,
        ungraded=event.get_state_display() if event.state == "masked" else "Not graded",
        qualifier="physician review now"
        if event.state == "masked"
        else f"{rows.standing_words(held, confirmer)}{_maximum(found)}",
        because="; ".join(found.because),
        lasted=lasted(found, at),
        seen=_seen(found, at),
        when=_who_has(found, at),
        doing=doing,
        unheld=bool(found.unanswered),
    )


def _maximum(found: EventRow) -> str:
    """The event's maximum, where it stands above the grade now."""
    grade = found.standing.chip.grade if found.standing.chip else None
    above = grade is not None and grade < found.event.max_grade
    return f"; event max {found.event.max_grade}" if above else ""


def lasted(found: EventRow, at: datetime) -> str:
    """How long it has been open and when somebody last looked; for one that is over, from when to when."""
    event = found.event
    if event.unsettled:
        looked = f", last reading {distance(found.read_at, at)}" if found.read_at else ""
        return f"open {age(event.opened_at, at)}{looked}"
    ended = f" to {moment(event.ended_at)}" if event.ended_at else ""
    return f"{event.get_state_display()}, {moment(event.opened_at)}{ended}"


def _seen(found: EventRow, at: datetime) -> str:
    """When a physician last opened the event, where the patient is, and a hand-off that nobody accepted."""
    event = found.event
    if event.state == ToxicityEvent.State.CLOSED:
        return ""
    look = getattr(event, "look", None)
    seen = (
        f"seen {distance(look.looked_at, at)}, {look.looked_by.name}" if look else "no physician has looked"
    )
    hand_off = f"hand-off to {found.handed_to} not accepted" if found.handed_to else ""
    return "; ".join(part for part in (seen, found.where, hand_off) if part)


def _who_has(found: EventRow, at: datetime) -> Due:
    note = _next_words(found, at)
    unanswered = found.unanswered
    if unanswered and found.level:
        level = f"level {found.level.number} of {found.level.of}".replace(" ", NBSP)
        words = f"Nobody has this: {age(unanswered[0].clock_from, at)}, {level}"
        return Due(words, note)
    holders = list(dict.fromkeys(alert.holder for alert in found.alerts if alert.holder))
    if holders:
        return Due(f"{' and '.join(holders)} {'has' if len(holders) == 1 else 'have'} this", note)
    return Due("No alert is open" if found.event.state == "open" else _closed_by(found), note)


def _closed_by(found: EventRow) -> str:
    event = found.event
    return f"closed by {event.closed_by.name} {moment(event.closed_at)}" if event.closed_by else ""


def _next_words(found: EventRow, at: datetime) -> str:
    step = found.next_step
    if step is not None:
        late = step.due_at <= at
        when = f"{age(step.due_at, at)} overdue" if late else f"due {distance(step.due_at, at)}"
        return f"next: {step.do}, {when}"
    closing = found.event.closing_allowed_from
    if closing is not None and found.event.state == "open":
        return f"may be closed from {moment(closing)}" if closing > at else "may be closed now"
    return ""


def _event_button(found: EventRow, staff: Staff, url: str) -> Button:
    unanswered = found.unanswered
    if unanswered and may(staff, Permission.ACKNOWLEDGE_ALERT):
        first, *others = (alert.id for alert in unanswered)
        return Button("I have this", acknowledge_url(first, others, "events"), "post", "act")
    open_now = found.event.state == "open"
    if open_now and not found.standing.confirmed and may(staff, Permission.CONFIRM_GRADE):
        return Button("Confirm grade", url, button="primary")
    return Button("Open event", url)


# --- alerts and decisions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert that nobody has."""

    id: str
    name: str
    url: str
    kind: str
    held: str
    level: str
    because: str


def alert_line(found: Unanswered, at: datetime) -> AlertLine:
    alert = found.alert
    return AlertLine(
        id=f"alert-{rows.short(alert.pk)}",
        name=str(alert.patient),
        url=reverse("schedules:alert", args=[alert.pk]),
        kind=rows.inside(alert.get_kind_display()),
        held=held_words(alert, at),
        level=level_words(found.level),
        because=alert.because,
    )


@dataclass(frozen=True, slots=True)
class DecisionWords:
    """What the record asks of the next dose after an event."""

    locked: bool
    answer: str
    conditions: str
    because: tuple[str, ...]
    source: str
    confirmed: bool


ANSWERS = {
    Asked.HOLD_UNTIL_RESOLVED: "hold until resolved",
    Asked.DISCONTINUE: "stop the drug for good",
    Asked.GIVE: "give as planned",
}


def decision_words(answer: NextDoseAnswer, *, locked: bool) -> DecisionWords:
    """The answer in words; without one, that the physician decides. ``locked``: the event is still open."""
    words = ANSWERS[answer.decision] if answer.decision else "no row answers: ask the physician"
    if answer.decision is Asked.HOLD_UNTIL_RESOLVED and not locked:
        words = "held until resolved, and this event is closed"
    asked = [*answer.conditions]
    if answer.premedicate:
        asked.append("premedicate")
    if answer.hospital_hours:
        asked.append(f"{quantity(answer.hospital_hours, 'h')} in hospital after the dose")
    if answer.daily_monitoring_hours:
        asked.append(f"watch daily for {quantity(answer.daily_monitoring_hours, 'h')}")
    return DecisionWords(locked, words, "; ".join(asked), answer.because, answer.source, answer.confirmed)


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A dose that waits for a physician's decision after an event."""

    id: str
    name: str
    url: str
    dose: str
    event: str
    words: DecisionWords
    earliest: str
    changed: str
    action: str


def decision_line(found: Decision, staff: Staff) -> DecisionLine:
    event, status = found.event, found.status
    return DecisionLine(
        id=f"decision-{rows.short(event.pk)}",
        name=str(event.patient),
        url=f"{reverse('schedules:event', args=[event.pk])}#next-dose",
        dose=f"{status.next_dose_label.lower()}, {found.drug.generic}",
        event=f"{event.label} event, max grade {event.max_grade}",
        words=decision_words(found.answer, locked=found.locked),
        earliest=day(status.next_dose_earliest_on) if status.next_dose_earliest_on else "",
        changed=f"{found.lock.changed}: decide again" if found.lock.changed else "",
        action="Decide" if may(staff, Permission.DECIDE_NEXT_DOSE) else "Open event",
    )


# --- everyone in a window ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One watched patient: the trend of 24 hours, the last values, the next check, both grades."""

    id: str
    name: str
    url: str
    drug: Drug
    step: str
    since: str
    trend: Svg | None
    read: str
    temperature: Measured
    pressure: Measured
    spo2: Measured
    check: Due
    crs: Chip | None
    masked: bool
    icans: Chip | None


def window_line(found: StatusRow, staff: Staff, at: datetime) -> WindowLine:
    status, center = found.status, staff.center
    vitals = rows.vitals_of(status, found.spec, center, at)
    return WindowLine(
        id=f"window-{rows.short(status.pk)}",
        name=str(status.patient),
        url=rows.patient_url(status.patient_id),
        drug=found.drug,
        step=rows.step_of(status),
        since=hours(at - status.last_dose_at) if status.last_dose_at else "",
        trend=_trend(found, at),
        read=rows.when_read(status, center, at),
        temperature=vitals.temperature if vitals else Measured(),
        pressure=vitals.pressure if vitals else Measured(),
        spo2=vitals.spo2 if vitals else Measured(),
        check=_check(status, center, at),
        crs=chip_of("crs", status.crs_text, status.crs_grade),
        masked=status.crs_review and not status.crs_grade,
        icans=chip_of("icans", status.icans_text, status.icans_grade),
    )


def _trend(found: StatusRow, at: datetime) -> Svg | None:
    points = tuple(
        (datetime.fromtimestamp(minutes * 60, tz=UTC), Decimal(str(celsius)))
        for minutes, celsius in found.status.temperatures_24h
    )
    if not any(taken >= at - DAY for taken, _ in points):
        return None
    return sparkline(SparklineInput(Span(at - DAY, at), points, found.spec.center.limits.fever_c))


def _check(status: CourseStatus, center: Center, at: datetime) -> Due:
    due = status.next_check_due_at
    if due is None:
        return Due("none left")
    if due < at:
        return Due(f"{age(due, at)} overdue", tone="late")
    same_day = center.local(due).date() == center.local(at).date()
    return Due(hhmm(due) if same_day else moment(due))
