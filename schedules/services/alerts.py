"""Raise an alert, carry it up the call tree, and stop when somebody says "I have this"."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from dosing_portal.kernel import audit, nudge
from dosing_portal.kernel.models import Role, Staff
from patients.models import Observation, Patient, ToxicityEvent
from protocols import selectors as protocols
from protocols.rules import escalation
from protocols.rules.spec import EscalationLadder, ProtocolSpec
from protocols.rules.values import Severity
from schedules import links
from schedules.errors import ActRefused
from schedules.models import Alert, AlertEvent, MonitoringCheck, Page, TreatmentCourse
from schedules.rules import lifecycle
from schedules.selectors.boards import ladder_of
from schedules.selectors.recipients import Recipient, recipients
from schedules.services import status

BATCH = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody must be told: a finding of the rules, or a check that nobody did."""

    kind: str
    severity: Severity
    because: str
    source: str = ""
    check: MonitoringCheck | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Of whom and under which protocol an alert speaks."""

    patient: Patient
    course: TreatmentCourse | None
    version_id: UUID
    spec: ProtocolSpec
    event: ToxicityEvent | None = None
    observation: Observation | None = None


def raise_for(*, subject: Subject, reasons: Sequence[Reason], by: Staff, at: datetime) -> tuple[Alert, ...]:
    """Raise what is new and add to what is already open; pages of the first level are due at once.

    One unresolved alert a patient and kind: a finding that comes again is added to it. Runs inside the
    caller's transaction; returns every alert concerned, new ones first.
    """
    if not reasons:
        return ()
    by_kind = _worst_of_each_kind(reasons)
    known = {
        alert.kind: alert
        for alert in Alert.objects.unresolved()
        .select_for_update(no_key=True)
        .filter(patient=subject.patient, kind__in=by_kind)
    }
    fresh = [_new(subject, reason, at) for kind, reason in by_kind.items() if kind not in known]
    if fresh:
        people = recipients(subject.patient.center_id, at)
        pages, history = _start(fresh, subject, people, by, at)
        Alert.objects.bulk_create(fresh)
    else:
        pages, history = [], []
    history = [*_first_entries(fresh, by_kind, subject, by, at), *history]
    history += _found_again(known, by_kind, subject, by, at)
    AlertEvent.objects.bulk_create(history)
    if pages:
        Page.objects.bulk_create(pages)
        nudge.after_commit("schedules.deliver_due")
    return (*fresh, *known.values())


def _worst_of_each_kind(reasons: Iterable[Reason]) -> dict[str, Reason]:
    worst: dict[str, Reason] = {}
    for reason in reasons:
        if reason.kind not in worst or reason.severity > worst[reason.kind].severity:
            worst[reason.kind] = reason
    return worst


def _new(subject: Subject, reason: Reason, at: datetime) -> Alert:
    # A missed check's call tree counts from the due time; everything else from now.
    clock_from = reason.check.due_at if reason.check else at
    return Alert(
        center_id=subject.patient.center_id,
        patient=subject.patient,
        course=subject.course,
        protocol_version_id=subject.version_id,
        event=subject.event,
        check_missed=reason.check,
        kind=reason.kind,
        severity=int(reason.severity),
        because=reason.because[:300],
        raised_at=at,
        clock_from=clock_from,
    )


def _start(
    alerts: Iterable[Alert],
    subject: Subject,
    people: Mapping[str, Sequence[Recipient]],
    by: Staff,
    at: datetime,
) -> tuple[list[Page], list[AlertEvent]]:
    pages: list[Page] = []
    history: list[AlertEvent] = []
    for alert in alerts:
        more_pages, more_history = _climb(alert, 0, ladder_of(alert.kind, subject.spec), people, by, at)
        pages += more_pages
        history += more_history
    return pages, history


def _climb(
    alert: Alert,
    step: int,
    ladder: EscalationLadder,
    people: Mapping[str, Sequence[Recipient]],
    by: Staff,
    at: datetime,
) -> tuple[list[Page], list[AlertEvent]]:
    """Stand on a step: page its people; where nobody can be reached, go on to the next at once.

    Above the last level everybody on call at any level is paged: silence is not an answer.
    """
    stand = escalation.stand_on(ladder, step, alert.clock_from, tuple(people))
    last = len(ladder.rungs) - 1
    alert.rung, alert.repeats = min(stand.step, last), max(stand.step - last, 0)
    alert.next_escalation_at = _not_all_at_once(stand.next_at, at)
    unreached = [*stand.skipped, *([stand.rung.role] if stand.reaches_nobody else [])]
    history = [_event(alert, AlertEvent.What.NOBODY_ON_CALL, by, at, because=role) for role in unreached]
    reached = people.get(stand.rung.role) or _everybody(people)
    return [_page(alert, stand.step, stand.rung.role, person, at) for person in reached], history


def _everybody(people: Mapping[str, Sequence[Recipient]]) -> Sequence[Recipient]:
    return tuple({person.address: person for group in people.values() for person in group}.values())


def _not_all_at_once(due: datetime, at: datetime) -> datetime:
    """After an outage the tree is climbed level by level, a minute apart, not in one breath."""
    return due if due > at else at + timedelta(minutes=1)


def _page(alert: Alert, step: int, role: str, person: Recipient, at: datetime) -> Page:
    page_id = uuid.uuid4()
    subject, text = _message(alert, page_id)
    return Page(
        id=page_id,
        center_id=alert.center_id,
        alert=alert,
        rung=alert.rung,
        role=role,
        recipient_id=person.staff_id,
        channel=person.kind,
        address=person.address,
        subject=subject,
        text=text,
        created_at=at,
        due_at=at,
        dedupe_key=f"{alert.pk}:{alert.clock_from.timestamp():.0f}:{step}:{person.kind}:{person.address}"[
            :160
        ],
    )


def _message(alert: Alert, page_id: UUID) -> tuple[str, str]:
    """Initials, what, and where to click: no name, no birth date, no number of the patient."""
    urgency = "Act now" if alert.severity >= Severity.ACT_NOW else "Look soon"
    what = alert.get_kind_display()
    subject = f"{urgency}: {alert.patient.initials}, {what}"
    text = (
        f"{urgency}: {alert.patient.initials}, {what}.\n"
        f"Answer here: {links.page_url(page_id)}\n"
        f"Nobody has this until one person says so."
    )
    return subject, text


def _event(
    alert: Alert,
    what: str,
    by: Staff,
    at: datetime,
    rung: int | None = None,
    *,
    because: str = "",
    source: str = "",
    observation: Observation | None = None,
) -> AlertEvent:
    return AlertEvent(
        alert=alert,
        what=what,
        at=at,
        by=by,
        rung=alert.rung if rung is None else rung,
        because=because[:300],
        source=source[:300],
        observation=observation,
    )


def _first_entries(
    fresh: Iterable[Alert], by_kind: Mapping[str, Reason], subject: Subject, by: Staff, at: datetime
) -> list[AlertEvent]:
    return [
        _event(
            alert,
            AlertEvent.What.RAISED,
            by,
            at,
            0,
            because=by_kind[alert.kind].because,
            source=by_kind[alert.kind].source,
            observation=subject.observation,
        )
        for alert in fresh
    ]


def _found_again(
    known: Mapping[str, Alert], by_kind: Mapping[str, Reason], subject: Subject, by: Staff, at: datetime
) -> list[AlertEvent]:
    entries = []
    for kind, alert in known.items():
        reason = by_kind[kind]
        if reason.severity > alert.severity:
            alert.severity = int(reason.severity)
            alert.save(update_fields=["severity"])
        entries.append(
            _event(
                alert,
                AlertEvent.What.FOUND_AGAIN,
                by,
                at,
                because=reason.because,
                source=reason.source,
                observation=subject.observation,
            )
        )
    return entries


# --- what the sweep does ------------------------------------------------------------------------------


def escalate_due(*, at: datetime) -> int:
    """Carry every unanswered alert whose time has come one level up; open again what was left lying.

    Never early: only rows whose ``next_escalation_at`` has passed are touched. Several sweeps may run at
    once: each row is locked by one. Returns how many alerts moved.
    """
    moved = 0
    while True:
        with transaction.atomic():
            batch = list(_due(at)[:BATCH])
            for alert in batch:
                _one_level_up(alert, at)
        moved += len(batch)
        if len(batch) < BATCH:
            break
    return moved + _reopen_left_lying(at)


def _due(at: datetime) -> QuerySet[Alert]:
    return (
        Alert.objects.unanswered()
        .filter(next_escalation_at__lte=at)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("patient")
        .order_by("next_escalation_at")
    )


def _one_level_up(alert: Alert, at: datetime) -> None:
    by = system_staff(alert.center_id)
    spec = protocols.spec(alert.protocol_version_id)
    ladder = ladder_of(alert.kind, spec)
    step = alert.rung + alert.repeats + 1
    pages, history = _climb(alert, step, ladder, recipients(alert.center_id, at), by, at)
    alert.save(update_fields=["rung", "repeats", "next_escalation_at"])
    entry = _event(alert, AlertEvent.What.ESCALATED, by, at, because=ladder.rungs[alert.rung].role)
    AlertEvent.objects.bulk_create([*history, entry])
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    nudge.after_commit("schedules.deliver_due")


def _reopen_left_lying(at: datetime) -> int:
    reopened = 0
    with transaction.atomic():
        waiting = (
            Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, recheck_at__lte=at)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("patient")[:BATCH]
        )
        for alert in waiting:
            if _somebody_acted(alert):
                alert.recheck_at = None
                alert.save(update_fields=["recheck_at"])
            else:
                _reopen(alert, at)
                reopened += 1
    return reopened


def _somebody_acted(alert: Alert) -> bool:
    """Anything recorded for the patient since the acknowledgement shows that a person is at work."""
    since = alert.acknowledged_at
    patient = alert.patient
    return (
        patient.observations.filter(recorded_at__gt=since).exists()
        or patient.interventions.filter(recorded_at__gt=since).exists()
        or patient.toxicity_events.filter(confirmed_at__gt=since).exists()
    )


def _reopen(alert: Alert, at: datetime) -> None:
    by = system_staff(alert.center_id)
    alert.state = lifecycle.alert_after(alert.state, "reopen")
    alert.acknowledged_at = alert.acknowledged_by = alert.recheck_at = None
    alert.acknowledged_via = ""
    alert.clock_from = at
    ladder = ladder_of(alert.kind, protocols.spec(alert.protocol_version_id))
    pages, history = _climb(alert, 0, ladder, recipients(alert.center_id, at), by, at)
    alert.save()
    because = "acknowledged, and nothing recorded since"
    AlertEvent.objects.bulk_create(
        [_event(alert, AlertEvent.What.REOPENED, by, at, because=because), *history]
    )
    Page.objects.bulk_create(pages, ignore_conflicts=True)
    status.refresh_alert(alert.patient_id)
    nudge.after_commit("schedules.deliver_due")


def system_staff(center_id: UUID) -> Staff:
    """The one account that acts for a center's sweeps."""
    account: Staff = Staff.objects.get(center_id=center_id, role=Role.SYSTEM)
    return account


def go_on_now(*, alert_id: UUID, at: datetime) -> None:
    """Every page of the present level failed for good: do not wait for the next level's minute."""
    with transaction.atomic():
        Alert.objects.unanswered().filter(pk=alert_id, next_escalation_at__gt=at).update(
            next_escalation_at=at
        )


# --- what a person does -------------------------------------------------------------------------------


@transaction.atomic
def acknowledge(*, alert_id: UUID, by: Staff, at: datetime, via: str) -> Alert:
    """Say "I have this": stop the climb, cancel pages that have not left, start the recheck clock.

    Idempotent: the first person keeps it, and a second one is told who has it. Resolved alerts stay so.
    """
    alert = (
        Alert.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("patient", "acknowledged_by")
        .get(pk=alert_id)
    )
    if alert.state != Alert.State.OPEN:
        return alert
    spec = protocols.spec(alert.protocol_version_id)
    recheck = ladder_of(alert.kind, spec).recheck_minutes
    alert.state = lifecycle.alert_after(alert.state, "acknowledge")
    alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_via = at, by, via
    alert.next_escalation_at = None
    alert.recheck_at = at + timedelta(minutes=recheck) if recheck else None
    alert.save()
    Page.objects.undelivered().filter(alert=alert).update(cancelled_at=at)
    AlertEvent.objects.create(alert=alert, what=AlertEvent.What.ACKNOWLEDGED, at=at, by=by, rung=alert.rung)
    audit.record(
        "alert.acknowledge",
        alert,
        by=by,
        at=at,
        before={"state": "open"},
        after={"state": "acknowledged", "via": via},
        patient_id=alert.patient_id,
    )
    status.refresh_alert(alert.patient_id)
    return alert


@transaction.atomic
def acknowledge_all(
    *, alert_id: UUID, also: Collection[UUID], by: Staff, at: datetime, via: str
) -> tuple[Alert, ...]:
    """ "I have this" to an alert and to the patient's others that were named beside it, in one act.

    Only those that the person saw: an alert raised meanwhile keeps climbing. Others of another patient are
    left alone. Returns the one asked for first; raises ``Alert.DoesNotExist`` for another center.
    """
    subject = Alert.objects.visible_to(by).only("patient_id").get(pk=alert_id)
    # Under the patient's lock, so that two people with overlapping lists cannot wait for each other.
    Patient.objects.select_for_update(no_key=True).get(pk=subject.patient_id)
    first = acknowledge(alert_id=alert_id, by=by, at=at, via=via)
    named = Alert.objects.unanswered().filter(patient_id=subject.patient_id, pk__in=also)
    others = [acknowledge(alert_id=other.pk, by=by, at=at, via=via) for other in named]
    return (first, *others)


@transaction.atomic
def resolve(*, alert_id: UUID, reason: str, by: Staff, at: datetime) -> Alert:
    """Say that what the alert was about is dealt with.

    Raises ``ActRefused`` without a reason, and while nobody has answered the alert.
    """
    alert = Alert.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=alert_id)
    if alert.state == Alert.State.RESOLVED:
        return alert
    if alert.state == Alert.State.OPEN:
        raise ActRefused("alert", "Nobody has this yet. Say “I have this” first.")
    if not reason.strip():
        raise ActRefused("reason", "Write what was done.")
    settle([alert], because=reason, by=by, at=at)
    audit.record(
        "alert.resolve",
        alert,
        by=by,
        at=at,
        after={"state": "resolved"},
        reason=reason,
        patient_id=alert.patient_id,
    )
    status.refresh_alert(alert.patient_id)
    return alert


def settle(alerts: Sequence[Alert], *, because: str, by: Staff, at: datetime) -> None:
    """Resolve locked alerts inside the caller's transaction: a reading arrived, or a person said so."""
    for alert in alerts:
        alert.state = lifecycle.alert_after(alert.state, "resolve")
        alert.resolved_at, alert.resolved_by = at, by
        alert.next_escalation_at = alert.recheck_at = None
        alert.save()
    Page.objects.undelivered().filter(alert__in=alerts).update(cancelled_at=at)
    AlertEvent.objects.bulk_create(
        [_event(alert, AlertEvent.What.RESOLVED, by, at, because=because) for alert in alerts]
    )
