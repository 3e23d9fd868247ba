"""Raise an alert, and stop it when somebody says "I have this"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit, nudge
from dosing_portal.kernel.models import Staff
from patients.models import Observation, Patient, ToxicityEvent
from protocols import selectors as protocols
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Severity
from schedules.errors import ActRefused
from schedules.models import Alert, AlertEvent, MonitoringCheck, Page, TreatmentCourse
from schedules.rules import lifecycle
from schedules.selectors.boards import ladder_of
from schedules.selectors.recipients import Recipient, recipients
from schedules.services import call_tree, status
from schedules.services.call_tree import Told


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
    """Of whom and under which protocol an alert speaks.

    ``has_alerts`` is false when the caller saw, under the patient's lock, that no alert is unresolved.
    """

    patient: Patient
    course: TreatmentCourse | None
    version_id: UUID
    spec: ProtocolSpec
    event: ToxicityEvent | None = None
    observation: Observation | None = None
    has_alerts: bool = True


def raise_for(*, subject: Subject, reasons: Sequence[Reason], by: Staff, at: datetime) -> tuple[Alert, ...]:
    """Raise what is new and add to what is already open; pages of the first level are due at once.

    One unresolved alert a patient and kind: a finding that comes again is added to it. Runs inside the
    caller's transaction; returns every alert concerned, new ones first.
    """
    if not reasons:
        return ()
    by_kind = _worst_of_each_kind(reasons)
    known = _known(subject.patient, by_kind) if subject.has_alerts else {}
    _make_way(known, by_kind, by, at)
    fresh = [_new(subject, reason, at) for kind, reason in by_kind.items() if kind not in known]
    again = [alert for kind, alert in known.items() if _tells_news(alert, by_kind[kind])]
    for alert in again:  # before the page is written: it says how urgent this is now
        alert.severity = max(alert.severity, int(by_kind[alert.kind].severity))
    people = recipients(subject.patient.center_id, at) if fresh or again else {}
    pages, told = _tell(fresh, again, subject, people, by_kind, by, at)
    Alert.objects.bulk_create(fresh)
    for alert in known.values():
        _take_over(alert, by_kind[alert.kind], told=alert in again)
    found = _entries(AlertEvent.What.RAISED, fresh, by_kind, subject, by, at)
    found_again = _entries(AlertEvent.What.FOUND_AGAIN, known.values(), by_kind, subject, by, at)
    AlertEvent.objects.bulk_create([*found, *found_again, *told])
    if pages:
        Page.objects.bulk_create(pages, ignore_conflicts=True)
        nudge.after_commit("schedules.deliver_due")
    return (*fresh, *known.values())


def _known(patient: Patient, kinds: Iterable[str]) -> dict[str, Alert]:
    """The patient's unresolved alerts of these kinds, locked."""
    rows = Alert.objects.unresolved().select_for_update(no_key=True)
    return {alert.kind: alert for alert in rows.filter(patient=patient, kind__in=list(kinds))}


def _make_way(known: dict[str, Alert], by_kind: Mapping[str, Reason], by: Staff, at: datetime) -> None:
    """Whoever answered for one missed check has not answered for the next: that one alerts anew."""
    answered = [
        alert
        for kind, alert in known.items()
        if by_kind[kind].check is not None and alert.state == Alert.State.ACKNOWLEDGED
    ]
    for alert in answered:
        del known[alert.kind]
    if answered:
        settle(answered, because="the next check was missed too", by=by, at=at)


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


EACH_IS_NEWS = frozenset(
    {
        Alert.Kind.GRADE_RISE,
        Alert.Kind.POCKET_DEXAMETHASONE,
        Alert.Kind.OVERDUE_ACTION,
        Alert.Kind.TREATMENT_DUE,
    }
)


def _tells_news(alert: Alert, reason: Reason) -> bool:
    """A finding that comes again pages again only where it says more than whoever has the alert was told."""
    news = alert.kind in EACH_IS_NEWS or reason.check is not None
    return news or reason.severity > alert.severity


def _tell(
    fresh: Iterable[Alert],
    again: Iterable[Alert],
    subject: Subject,
    people: Mapping[str, Sequence[Recipient]],
    by_kind: Mapping[str, Reason],
    by: Staff,
    at: datetime,
) -> Told:
    """Page for what is new: from the first level, or where an unanswered alert has climbed to by now.

    One more missed check goes to the first level again, which may be somebody else by now, and the climb of
    the one before goes on.
    """
    pages: list[Page] = []
    history: list[AlertEvent] = []
    for alert in (*fresh, *again):
        ladder = ladder_of(alert.kind, subject.spec)
        if alert.state == Alert.State.ACKNOWLEDGED:
            because = by_kind[alert.kind].because
            more = call_tree.reopen(alert, ladder, people, by, at, because=because)
        elif alert.next_escalation_at is None:
            more = call_tree.start(alert, ladder, people, by, at)
        elif by_kind[alert.kind].check is not None:
            more = call_tree.tell_first_level(alert, ladder, people, at), []
        else:
            more = call_tree.climb(alert, alert.rung + alert.repeats, ladder, people, by, at)
        pages += more[0]
        history += more[1]
    return pages, history


def _take_over(alert: Alert, reason: Reason, *, told: bool) -> None:
    """What an alert on record learns from a finding that came again."""
    alert.severity = max(alert.severity, int(reason.severity))
    if reason.check is not None:
        alert.check_missed = reason.check  # a reading answers the newest check that was missed
    if told or reason.check is not None:
        alert.save()


def _entries(
    what: str,
    alerts: Iterable[Alert],
    by_kind: Mapping[str, Reason],
    subject: Subject,
    by: Staff,
    at: datetime,
) -> list[AlertEvent]:
    return [
        call_tree.entry(
            alert,
            what,
            by,
            at,
            0 if what == AlertEvent.What.RAISED else None,
            because=by_kind[alert.kind].because,
            source=by_kind[alert.kind].source,
            observation=subject.observation,
        )
        for alert in alerts
    ]


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
        _note_second_answer(alert, by, at, via)
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


def _note_second_answer(alert: Alert, by: Staff, at: datetime, via: str) -> None:
    """Two people said it: the first has it, and the record shows both."""
    owner = alert.acknowledged_by
    if alert.state != Alert.State.ACKNOWLEDGED or owner is None or owner.pk == by.pk:
        return
    audit.record(
        "alert.acknowledge",
        alert,
        by=by,
        at=at,
        after={"had_it": owner.name, "via": via},
        patient_id=alert.patient_id,
    )


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
        [call_tree.entry(alert, AlertEvent.What.RESOLVED, by, at, because=because) for alert in alerts]
    )
