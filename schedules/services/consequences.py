"""What a new fact leads to: gradings, events, checks done, alerts raised or settled, the boards' row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, FloatField, Func, Q, QuerySet, Subquery, Value

from dosing_portal.kernel.models import Staff
from patients.models import Intervention, Observation, Patient, ToxicityEvent
from patients.models.toxicity import UNSETTLED
from patients.selectors import Timeline, timeline
from patients.services import event_ledger
from patients.services.event_ledger import Recorded
from protocols.rules.values import Assessment, Finding, Grading, Severity
from schedules.models import Alert, CourseStatus, MonitoringCheck
from schedules.services import alerts, checklists, signatures, status, treatment_due, whereabouts
from schedules.services.alerts import Reason, Subject
from schedules.services.judging import LOOK_BACK, Judge, assess


@dataclass(frozen=True, slots=True)
class Outcome:
    """What saving did: the row, what it means now, and whom it alerted."""

    patient_id: UUID
    observation: Observation | None
    intervention: Intervention | None
    assessment: Assessment
    events: tuple[ToxicityEvent, ...]
    alerts: tuple[Alert, ...]


def act(
    patient: Patient,
    who: Judge,
    row: Observation | None,
    intervention: Intervention | None,
    from_time: datetime,
    by: Staff,
    at: datetime,
    also: Sequence[str] = (),
) -> Outcome:
    """Grade the timeline again and write only what changed: events, gradings, checks, alerts, boards."""
    span = min(from_time, at) - LOOK_BACK
    events = _events_since(patient, span) if who.may_have_events(span) else []
    since = min([span, *(event.opened_at for event in events if event.unsettled)])
    line = timeline(patient.pk, since)
    assessment = assess(line, who)
    recorded = event_ledger.record(
        patient=patient,
        assessment=assessment,
        timeline=line,
        events=events,
        past=who.events,
        since=since,
        dose_times=_times_by_dose(who.doses),
        rule_version=f"{who.spec.slug}@{who.spec.version}",
        by=by,
        at=at,
    )
    signatures.take_back_broken(events=recorded.events, line=line, since=since, spec=who.spec, by=by, at=at)
    if row is not None and row.amends_id is None and not row.neurologic_only:
        complete_check(patient, row, who.spec.center.checks.early_minutes)
    if row is not None and who.awaited:
        whereabouts.seen_by(row, by, at)
    if row is not None and who.has_treatment_due:
        treatment_due.settle_checks(patient, row, who.spec, by=by, at=at)
    refs = [str(item.pk) for item in (row, intervention) if item is not None]
    refs += _refs_of_keys(line, also)
    raised = _raise(patient, who, line, assessment, recorded, row, refs, by, at)
    checklists.follow_timeline(
        patient=patient,
        who=who,
        line=line,
        assessment=assessment,
        events=recorded.events,
        fresh={change.event.pk for change in recorded.changes if change.opened},
        joined=[c.event for c in recorded.changes if c.event.state == ToxicityEvent.State.JOINED],
        by=by,
        at=at,
    )
    status.refresh_reading(
        patient_id=patient.pk, line=line, assessment=assessment, events=recorded.events, at=at
    )
    if any(_is_settled(change.event) for change in recorded.changes):
        # An event that is none any more may take with it whatever else waited for it.
        status.refresh_blockers(CourseStatus.objects.filter(patient=patient))
    return Outcome(patient.pk, row, intervention, assessment, recorded.events, raised)


def _is_settled(event: ToxicityEvent) -> bool:
    return event.state != ToxicityEvent.State.OPEN or event.resolved_at is not None


def _refs_of_keys(line: Timeline, keys: Sequence[str]) -> list[str]:
    return [str(row.pk) for row in line.interventions if str(row.client_key) in keys]


def _events_since(patient: Patient, since: datetime) -> list[ToxicityEvent]:
    return list(
        ToxicityEvent.objects.filter(
            Q(opened_at__gte=since) | Q(answered_at__gte=since) | Q(state__in=UNSETTLED), patient=patient
        ).order_by("opened_at")
    )


def _times_by_dose(doses: Sequence[tuple[str, datetime]]) -> Mapping[str, tuple[datetime, ...]]:
    times: dict[str, tuple[datetime, ...]] = {}
    for dose, given_at in doses:
        times[dose] = (*times.get(dose, ()), given_at)
    return times


def complete_check(patient: Patient, row: Observation, early_minutes: int) -> None:
    """The reading completes the nearest open check: due by then, or at most so many minutes ahead."""
    reach = row.taken_at + timedelta(minutes=early_minutes)
    nearest = (
        _open_checks(patient)
        .filter(due_at__lte=reach)
        .annotate(
            distance=Func(
                F("due_at") - Value(row.taken_at),
                template="ABS(EXTRACT(EPOCH FROM %(expressions)s))",
                output_field=FloatField(),
            )
        )
        .order_by("distance", "due_at")
        .values("pk")[:1]
    )
    MonitoringCheck.objects.filter(pk=Subquery(nearest), state=MonitoringCheck.State.OPEN).update(
        state=MonitoringCheck.State.DONE, done_at=row.taken_at, observation=row
    )


def _open_checks(patient: Patient) -> QuerySet[MonitoringCheck]:
    return MonitoringCheck.objects.filter(patient=patient, state=MonitoringCheck.State.OPEN)


def _raise(
    patient: Patient,
    who: Judge,
    line: Timeline,
    assessment: Assessment,
    recorded: Recorded,
    row: Observation | None,
    refs: Sequence[str],
    by: Staff,
    at: datetime,
) -> tuple[Alert, ...]:
    reasons = [
        *_reasons_of_findings(assessment, refs, has_baseline=line.baseline is not None),
        *_reasons_of_rises(recorded, assessment),
    ]
    if row is not None and who.has_alerts:
        _settle_what_the_reading_answers(patient, who, line, assessment, row, by, at)
    if who.course is None and reasons:
        reasons = [_without_course(reason) for reason in reasons]
    subject = Subject(
        patient=patient,
        course=who.course,
        version_id=who.version_id,
        spec=who.spec,
        event=recorded.event_of("crs") or recorded.event_of("icans") or recorded.suspicion,
        observation=row,
        has_alerts=who.has_alerts,
    )
    return alerts.raise_for(subject=subject, reasons=reasons, by=by, at=at)


def _reasons_of_findings(assessment: Assessment, refs: Sequence[str], *, has_baseline: bool) -> list[Reason]:
    found: list[Finding] = [finding for ref in refs for finding in assessment.findings_for(ref)]
    return [
        Reason(finding.rule, finding.severity, finding.because, str(finding.source or ""))
        for finding in found
        # A rise is told from the event's maximum, and a fall of pressure only from a recorded baseline.
        if finding.rule != Alert.Kind.GRADE_RISE and (has_baseline or finding.rule != Alert.Kind.WORSENING)
    ]


def _reasons_of_rises(recorded: Recorded, assessment: Assessment) -> list[Reason]:
    reasons = []
    for change in recorded.changes:
        if not change.rose or change.event.state != ToxicityEvent.State.OPEN:
            continue
        grading = _that_reached(change.event, assessment)
        why = "; ".join(grading.because) if grading else ""
        because = (
            f"{change.event.label} rose from grade {change.grade_before} to {change.event.max_grade}: {why}"
        )
        source = str(grading.source) if grading and grading.source else ""
        reasons.append(Reason(Alert.Kind.GRADE_RISE, Severity.ACT_NOW, because, source))
    return reasons


def _that_reached(event: ToxicityEvent, assessment: Assessment) -> Grading | None:
    """The newest grading as high as the event's maximum: of a late entry that is not the last one."""
    reached = (
        grading
        for grading in reversed(assessment.gradings)
        if grading.toxicity == event.toxicity and grading.at_least == event.max_grade
    )
    return next(reached, None)


def _without_course(reason: Reason) -> Reason:
    return Reason(
        reason.kind, reason.severity, f"{reason.because}; no course is running", reason.source, reason.check
    )


def _settle_what_the_reading_answers(
    patient: Patient,
    who: Judge,
    line: Timeline,
    assessment: Assessment,
    row: Observation,
    by: Staff,
    at: datetime,
) -> None:
    """A reading ends the search for a missed check, and an answered alert whose finding is gone.

    An older reading typed in later ends nothing: only the newest one says how the patient is now. An ICE test
    taken since by itself is no newer reading of vital signs.
    """
    alike = [seen for seen in line.observations if row.neurologic_only or not seen.neurologic_only]
    if alike and alike[-1].pk != row.pk:
        return
    early = timedelta(minutes=who.spec.center.checks.early_minutes)
    still = {finding.rule for finding in assessment.findings_for(str(row.pk))}
    answered = [
        alert
        for alert in Alert.objects.unresolved()
        .select_for_update(no_key=True, of=("self",))
        .filter(patient=patient)
        .select_related("check_missed")
        if _answers(alert, row, still, early)
    ]
    if answered:
        alerts.settle(answered, because="answered by a new reading", by=by, at=at)


def _answers(alert: Alert, row: Observation, still: set[str], early: timedelta) -> bool:
    if alert.kind == Alert.Kind.MISSED_CHECK:
        if row.neurologic_only:  # an ICE test is no check of vital signs
            return False
        return alert.check_missed is None or row.taken_at >= alert.check_missed.due_at - early
    measured = _MEASURED.get(alert.kind)
    return (
        alert.state == Alert.State.ACKNOWLEDGED
        and measured is not None
        and getattr(row, measured) is not None
        and alert.kind not in still
    )


_MEASURED: dict[str, str] = {
    Alert.Kind.FEVER: "temperature",
    Alert.Kind.HYPOTENSION: "systolic",
    Alert.Kind.WORSENING: "systolic",
    Alert.Kind.HYPOXIA: "spo2",
    Alert.Kind.TACHYCARDIA: "heart_rate",
}
