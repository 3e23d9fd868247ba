"""Take in a reading or an intervention: fact, grading, event, check, alert, audit, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, F, FloatField, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Intervention, Observation, Patient, ToxicityEvent
from patients.selectors import DOSE, GIVEN, READING, Timeline, timeline
from patients.services import interventions, observations, toxicity
from patients.services.interventions import Given
from patients.services.observations import ReadingContext
from protocols import selectors as protocols
from protocols.models import BlockConfirmation
from protocols.rules import plausibility, triage
from protocols.rules.plausibility import VerdictKind
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import (
    Assessment,
    Axis,
    Baseline,
    Entry,
    EntryKind,
    Finding,
    InterventionKind,
    Severity,
    VitalSigns,
)
from schedules.errors import NoProtocol
from schedules.models import Administration, Alert, MonitoringCheck, TreatmentCourse
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject

LOOK_BACK = timedelta(days=10)
"""How far before a reading its timeline is read, at least; an open event reaches back to its opening."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Under which course and protocol version a patient is graded, and which doses were given."""

    course: TreatmentCourse | None
    version_id: UUID
    spec: ProtocolSpec
    doses: tuple[tuple[str, datetime], ...]
    has_alerts: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What saving did: the row, what it means now, and whom it alerted."""

    patient_id: UUID
    observation: Observation | None
    intervention: Intervention | None
    assessment: Assessment
    events: tuple[ToxicityEvent, ...]
    alerts: tuple[Alert, ...]


# --- reading under which protocol ---------------------------------------------------------------------


def judge(patient: Patient) -> Judge:
    """The running course's pinned version, or the center-wide section for a patient without a course.

    One statement with a course. Raises ``NoProtocol`` when the center has neither.
    """
    course: Any = (
        TreatmentCourse.objects.running()
        .filter(patient=patient)
        .annotate(
            given=ArraySubquery(
                Administration.objects.filter(course__patient=OuterRef("patient"))
                .order_by("given_at")
                .values(json=JSONObject(dose="dose", at="given_at"))
            ),
            newest_confirmation=Subquery(
                BlockConfirmation.objects.filter(center=OuterRef("center")).order_by("-id").values("id")[:1]
            ),
            has_alerts=Exists(Alert.objects.unresolved().filter(patient=OuterRef("patient"))),
        )
        .first()
    )
    if course is not None:
        version_id, newest = course.protocol_version_id, course.newest_confirmation or 0
        doses = tuple((item["dose"], datetime.fromisoformat(item["at"])) for item in course.given)
        return Judge(course, version_id, protocols.spec(version_id, newest), doses, course.has_alerts)
    version = protocols.center_wide_version(patient.center_id)
    if version is None:
        raise NoProtocol("This center has no active protocol. An administrator must activate one.")
    return Judge(None, version.pk, protocols.spec(version.pk), _doses_of_ended_courses(patient))


def _doses_of_ended_courses(patient: Patient) -> tuple[tuple[str, datetime], ...]:
    rows = Administration.objects.filter(course__patient=patient).order_by("given_at")
    return tuple(rows.values_list("dose", "given_at"))


def dose_entries(doses: Sequence[tuple[str, datetime]]) -> tuple[Entry, ...]:
    return tuple(
        Entry(kind=EntryKind.DOSE, at=at, dose=dose, order=DOSE, ref=f"dose:{dose}:{at.isoformat()}")
        for dose, at in doses
    )


def baseline_of(line: Timeline) -> Baseline | None:
    """The recorded baseline reading; without one the rules measure from the first reading they see."""
    if line.baseline is None:
        return None
    ice = line.baseline.ice()
    return Baseline(systolic=line.baseline.systolic, ice=ice.score if ice else None)


def assess(line: Timeline, who: Judge, extra: Sequence[Entry] = ()) -> Assessment:
    """Grade a timeline under the judge's protocol; ``extra`` are entries not saved yet."""
    entries = (*line.entries, *dose_entries(who.doses), *extra)
    return triage.assess(entries, who.spec, baseline_of(line))


def preview(
    *,
    patient: Patient,
    vitals: VitalSigns,
    taken_at: datetime,
    given: Sequence[tuple[InterventionKind, datetime]] = (),
) -> Assessment:
    """What the unsaved reading, with what was taken before it, would mean. Writes nothing."""
    who = judge(patient)
    line = timeline(patient.pk, taken_at - LOOK_BACK)
    entry = Entry(kind=EntryKind.VITALS, at=taken_at, vitals=vitals, order=READING, ref=PREVIEW_REF)
    taken = [
        Entry(kind=EntryKind.INTERVENTION, at=when, intervention=kind, order=GIVEN, ref=PREVIEW_REF)
        for kind, when in given
    ]
    until = [e for e in line.entries if e.at is not None and e.at <= taken_at]
    shown = Timeline(line.observations, line.interventions, line.baseline, tuple(until))
    return assess(shown, who, (entry, *taken))


PREVIEW_REF = "preview"


# --- use-cases ----------------------------------------------------------------------------------------


@transaction.atomic
def log_vitals(
    *,
    patient_id: UUID,
    vitals: VitalSigns,
    context: ReadingContext,
    taken_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    given: Sequence[tuple[Given, datetime, UUID]] = (),
) -> Outcome:
    """Save a set of vital signs, with what was taken at home, and act on what it means.

    Raises ``Patient.DoesNotExist`` for a patient of another center, ``FactRefused`` for a time ahead,
    ``NoProtocol``, and ``AlreadyRecorded`` when the same submission was saved before. A late entry is placed
    at its own time and grades what follows again.
    """
    patient = _locked(patient_id, by)
    who = judge(patient)
    _refuse_impossible(vitals, who.spec)
    row = observations.record(
        patient=patient,
        vitals=vitals,
        context=context,
        taken_at=taken_at,
        client_key=client_key,
        by=by,
        at=at,
    )
    for drug, when, key in given:
        interventions.record(patient=patient, given=drug, taken_at=when, client_key=key, by=by, at=at)
    outcome = _act(patient, who, row, None, taken_at, by, at, also=[str(key) for _, _, key in given])
    audit.record("vitals.log", row, by=by, at=at, after=_audited(row), patient_id=patient.pk)
    return outcome


@transaction.atomic
def amend_vitals(
    *,
    observation_id: UUID,
    vitals: VitalSigns,
    context: ReadingContext,
    taken_at: datetime,
    reason: str,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> Outcome:
    """Correct a reading: a new row stands instead of it, the old one stays; what followed is graded again.

    Raises as ``log_vitals``, and ``FactRefused`` without a reason or when it was corrected meanwhile.
    """
    before = Observation.objects.select_related("patient").get(pk=observation_id, center_id=by.center_id)
    patient = _locked(before.patient_id, by)
    if not reason.strip():
        raise FactRefused("amend_reason", "Write why you correct this entry.")
    _refuse_second_correction(before, client_key)
    who = judge(patient)
    _refuse_impossible(vitals, who.spec)
    row = observations.record(
        patient=patient,
        vitals=vitals,
        context=context,
        taken_at=taken_at,
        client_key=client_key,
        by=by,
        at=at,
        amends=before,
        amend_reason=reason,
    )
    _move_checks(before, row)
    outcome = _act(patient, who, row, None, min(taken_at, before.taken_at), by, at)
    audit.record(
        "vitals.amend",
        row,
        by=by,
        at=at,
        before=_audited(before),
        after=_audited(row),
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


def _refuse_second_correction(before: Observation, client_key: UUID) -> None:
    """Called under the patient's lock, so two nurses cannot both pass it."""
    correction = Observation.objects.filter(amends=before).select_related("recorded_by").first()
    if correction is None:
        return
    if correction.client_key == client_key:
        raise AlreadyRecorded(correction)
    when = before.center.local(correction.recorded_at)
    raise FactRefused(
        "amend_reason",
        f"{correction.recorded_by.name} corrected this entry at {when:%H:%M}. Correct that one instead.",
    )


def _move_checks(before: Observation, row: Observation) -> None:
    """The check that the old row completed is completed by the row that stands now."""
    MonitoringCheck.objects.filter(observation=before).update(observation=row, done_at=row.taken_at)


@transaction.atomic
def log_intervention(
    *, patient_id: UUID, given: Given, taken_at: datetime, client_key: UUID, by: Staff, at: datetime
) -> Outcome:
    """Save what a patient was given or took; it changes grading from its own time on.

    Raises as ``log_vitals``.
    """
    patient = _locked(patient_id, by)
    who = judge(patient)
    row = interventions.record(
        patient=patient, given=given, taken_at=taken_at, client_key=client_key, by=by, at=at
    )
    outcome = _act(patient, who, None, row, taken_at, by, at)
    audit.record(
        "intervention.log",
        row,
        by=by,
        at=at,
        after={"kind": row.kind, "dose_mg": row.dose_mg, "taken_at": row.taken_at},
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def take_back_intervention(
    *, intervention_id: UUID, reason: str, client_key: UUID, by: Staff, at: datetime
) -> Outcome:
    """Say that an intervention was never given: it stops counting, and stays on record as a mistake."""
    before = Intervention.objects.current().get(pk=intervention_id, center_id=by.center_id)
    patient = _locked(before.patient_id, by)
    if not reason.strip():
        raise FactRefused("reason", "Write why this entry was wrong.")
    who = judge(patient)
    row = interventions.record(
        patient=patient,
        given=Given(kind=InterventionKind(before.kind), dose_mg=before.dose_mg),
        taken_at=before.taken_at,
        client_key=client_key,
        by=by,
        at=at,
        amends=before,
        amend_reason=reason,
        never_given=True,
    )
    outcome = _act(patient, who, None, row, before.taken_at, by, at)
    audit.record(
        "intervention.take_back",
        row,
        by=by,
        at=at,
        before={"kind": before.kind, "taken_at": before.taken_at},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def attribute_cause(
    *, event_id: UUID, axis: Axis, cause: str, reason: str, by: Staff, at: datetime
) -> Outcome:
    """A physician attributes one axis of an event to another cause; every reading it touches is graded again.

    It applies to the readings of the event so far. Later readings count until they are attributed too, and
    limits keep alarming. Raises ``FactRefused`` without a reason or when no reading shows the axis.
    """
    event = ToxicityEvent.objects.visible_to(by).get(pk=event_id)
    patient = _locked(event.patient_id, by)
    who = judge(patient)
    line = timeline(patient.pk, event.opened_at)
    until = event.ended_at or at
    rows = [row for row in line.observations if row.taken_at <= until]
    if not rows:
        raise FactRefused("axis", "No reading of this event can be attributed.")
    toxicity.attribute(
        patient=patient, observations=rows, axis=axis, cause=cause, reason=reason, by=by, at=at
    )
    outcome = _act(patient, who, None, None, event.opened_at, by, at)
    audit.record(
        "event.attribute",
        event,
        by=by,
        at=at,
        after={"axis": axis.value, "cause": cause, "readings": len(rows)},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


@transaction.atomic
def attribute_reading(
    *, observation_id: UUID, axis: Axis, cause: str, reason: str, by: Staff, at: datetime
) -> Outcome:
    """A physician attributes one axis of one reading to another cause. Raises as ``attribute_cause``."""
    row = Observation.objects.current().get(pk=observation_id, center_id=by.center_id)
    patient = _locked(row.patient_id, by)
    who = judge(patient)
    toxicity.attribute(
        patient=patient, observations=[row], axis=axis, cause=cause, reason=reason, by=by, at=at
    )
    outcome = _act(patient, who, None, None, row.taken_at, by, at)
    audit.record(
        "reading.attribute",
        row,
        by=by,
        at=at,
        after={"axis": axis.value, "cause": cause},
        reason=reason,
        patient_id=patient.pk,
    )
    return outcome


def _refuse_impossible(vitals: VitalSigns, spec: ProtocolSpec) -> None:
    """Whatever the door: a value no person can have is refused. Unlikely ones are the form's to ask about."""
    measured = {
        name: (Decimal(value), "")
        for name in ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2")
        if (value := getattr(vitals, name)) is not None
    }
    if vitals.temperature is not None:
        measured["temperature"] = (vitals.temperature.value, vitals.temperature.unit.value)
    if vitals.oxygen is not None and vitals.oxygen.flow_lpm is not None:
        measured["flow_lpm"] = (vitals.oxygen.flow_lpm, "")
    for name, (value, unit) in measured.items():
        verdict = plausibility.check(name, value, spec.center.plausible, unit=unit)
        if verdict.kind in {VerdictKind.IMPOSSIBLE, VerdictKind.WRONG_UNIT}:
            raise FactRefused(name, verdict.sentence)


@transaction.atomic
def grade_again(*, patient_id: UUID, since: datetime, by: Staff, at: datetime) -> Outcome:
    """Grade again what was read since an instant: a dose recorded late stands before those readings."""
    patient = _locked(patient_id, by)
    return _act(patient, judge(patient), None, None, since, by, at)


def _locked(patient_id: UUID, by: Staff) -> Patient:
    """The patient under a lock that serialises two nurses, without holding up those who only refer to her."""
    return Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)


def _audited(row: Observation) -> dict[str, object]:
    """What was measured, without the columns left empty."""
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in _NOT_AUDITED and getattr(row, field.attname) not in (None, "", [], {})
    }


_NOT_AUDITED = {"id", "center", "patient", "client_key", "recorded_by", "recorded_at"}


# --- acting on what it means --------------------------------------------------------------------------


def _act(
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
    events = _events_since(patient, span)
    since = min([span, *(event.opened_at for event in events if event.state == ToxicityEvent.State.OPEN)])
    line = timeline(patient.pk, since)
    assessment = assess(line, who)
    recorded = toxicity.record(
        patient=patient,
        assessment=assessment,
        timeline=line,
        events=events,
        since=since,
        dose_times=_times_by_dose(who.doses),
        rule_version=f"{who.spec.slug}@{who.spec.version}",
        by=by,
        at=at,
    )
    if row is not None and row.amends_id is None:
        complete_check(patient, row, who.spec.center.checks.early_minutes)
    refs = [str(item.pk) for item in (row, intervention) if item is not None]
    refs += _refs_of_keys(line, also)
    raised = _raise(patient, who, line, assessment, recorded, row, refs, by, at)
    if who.course is not None:
        status.refresh_reading(
            course=who.course, line=line, assessment=assessment, events=recorded.events, at=at
        )
    return Outcome(patient.pk, row, intervention, assessment, recorded.events, raised)


def _refs_of_keys(line: Timeline, keys: Sequence[str]) -> list[str]:
    return [str(row.pk) for row in line.interventions if str(row.client_key) in keys]


def _events_since(patient: Patient, since: datetime) -> list[ToxicityEvent]:
    return list(
        ToxicityEvent.objects.filter(
            Q(opened_at__gte=since) | Q(state=ToxicityEvent.State.OPEN), patient=patient
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
    recorded: toxicity.Recorded,
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
        event=recorded.event_of("crs") or recorded.event_of("icans"),
        observation=row,
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


def _reasons_of_rises(recorded: toxicity.Recorded, assessment: Assessment) -> list[Reason]:
    reasons = []
    for change in recorded.changes:
        if not change.rose or change.event.state != ToxicityEvent.State.OPEN:
            continue
        grading = assessment.crs if change.event.toxicity == "crs" else assessment.icans
        why = "; ".join(grading.because) if grading else ""
        because = (
            f"{change.event.label} rose from grade {change.grade_before} to {change.event.max_grade}: {why}"
        )
        source = str(grading.source) if grading and grading.source else ""
        reasons.append(Reason(Alert.Kind.GRADE_RISE, Severity.ACT_NOW, because, source))
    return reasons


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

    An older reading typed in later ends nothing: only the newest one says how the patient is now.
    """
    if line.observations and line.observations[-1].pk != row.pk:
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


# --- what the sweep does ------------------------------------------------------------------------------

BATCH = 200


def flag_missed_checks(*, at: datetime) -> int:
    """Flag every check that nobody did by its grace, and alert for it. Returns how many."""
    flagged = 0
    while True:
        with transaction.atomic():
            batch = list(
                MonitoringCheck.objects.filter(
                    state=MonitoringCheck.State.OPEN, missed_at__isnull=True, missed_from__lte=at
                )
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("patient", "window__course")
                .order_by("missed_from")[:BATCH]
            )
            for check in batch:
                _flag(check, at)
        flagged += len(batch)
        if len(batch) < BATCH:
            return flagged


def _flag(check: MonitoringCheck, at: datetime) -> None:
    check.missed_at = at
    check.save(update_fields=["missed_at"])
    course = check.window.course
    by = alerts.system_staff(check.center_id)
    spec = protocols.spec(course.protocol_version_id)
    due = check.center.local(check.due_at)
    late = int((at - check.due_at).total_seconds() // 60)
    reason = Reason(
        kind=Alert.Kind.MISSED_CHECK,
        severity=Severity.ACT_NOW,
        because=f"check of {due:%d-%b-%Y %H:%M} not done, {late} min overdue",
        source=str(spec.center.checks.provenance.source or ""),
        check=check,
    )
    subject = Subject(patient=check.patient, course=course, version_id=course.protocol_version_id, spec=spec)
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    audit.record(
        "check.missed",
        check,
        by=by,
        at=at,
        after={"due_at": check.due_at},
        patient_id=check.patient_id,
    )
    status.refresh_checks(check.patient_id, at)
