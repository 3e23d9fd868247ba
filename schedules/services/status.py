"""Keep the one row of a course that the boards read in step with the facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Case, CharField, Count, F, Func, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from patients.models import Observation, Patient, ToxicityEvent
from patients.selectors import Timeline, timeline
from protocols.rules.triage import ANSWERED_BY_ICE
from protocols.rules.values import Assessment, Grading, Toxicity
from schedules.models import (
    Administration,
    Alert,
    CourseStatus,
    MonitoringCheck,
    MonitoringWindow,
    PlannedDose,
    TreatmentCourse,
)
from schedules.rules.blockers import blockers, not_resolved, of_events
from schedules.selectors.next_dose_facts import facts_of
from schedules.services.judging import LOOK_BACK, assess, judge

SPARK_HOURS = 24


def refresh_reading(
    *,
    patient_id: UUID,
    line: Timeline,
    assessment: Assessment,
    events: Sequence[ToxicityEvent],
    at: datetime,
) -> None:
    """After a reading or an intervention: everything that the timeline decides, in one statement.

    Of a course that has ended too: its row stands on the boards until the watch is over.
    """
    CourseStatus.objects.filter(patient_id=patient_id).update(
        refreshed_at=at,
        **_reading_columns(line, assessment),
        **_event_columns(events),
        blockers=_blockers_with(events),
        next_check_due_at=_next_check(patient_id),
        **_alert_columns(patient_id),
        **_check_counts(patient_id),
    )


def _reading_columns(line: Timeline, assessment: Assessment) -> dict[str, Any]:
    if not line.observations:
        return {}
    last = line.observations[-1]
    past_limits = [finding.rule for finding in assessment.findings_for(str(last.pk))]
    measured = next((row for row in reversed(line.observations) if not row.neurologic_only), None)
    if measured is not None and measured.pk != last.pk:
        before = [finding.rule for finding in assessment.findings_for(str(measured.pk))]
        past_limits += [rule for rule in before if rule not in ANSWERED_BY_ICE]
    return {
        **(_vital_columns(measured) if measured else {}),
        "ice_score": last.ice_score(),
        "past_limits": past_limits,
        "temperatures_24h": _spark(line.observations, last.taken_at),
        **_grade_columns("crs", assessment.crs),
        **_grade_columns("icans", assessment.icans),
        "crs_review": bool(assessment.crs and assessment.crs.review),
        "graded_at": last.taken_at,
        "grade_because": _because(assessment),
    }


def _vital_columns(row: Observation) -> dict[str, Any]:
    """The newest vital signs; an ICE test taken since by itself leaves them standing."""
    temperature = row.vitals().temperature
    return {
        "reading_at": row.taken_at,
        "temperature_c": temperature.celsius if temperature else None,
        "systolic": row.systolic,
        "diastolic": row.diastolic,
        "spo2": row.spo2,
        "heart_rate": row.heart_rate,
        "oxygen_device": row.oxygen_device,
        "location": row.location,
    }


def _grade_columns(name: str, grading: Grading | None) -> dict[str, Any]:
    if grading is None:
        return {f"{name}_text": "", f"{name}_grade": None, f"{name}_missing": []}
    return {
        f"{name}_text": grading.text,
        f"{name}_grade": None if grading.cannot_grade else grading.at_least,
        f"{name}_missing": list(grading.missing),
    }


def _because(assessment: Assessment) -> str:
    graded = [g for g in (assessment.crs, assessment.icans) if g is not None]
    worst = max(graded, key=lambda g: g.at_least, default=None)
    return "; ".join(worst.because)[:300] if worst else ""


def _spark(observations: Sequence[Observation], last_at: datetime) -> list[list[float]]:
    """Minutes before the last reading and °C, oldest first."""
    points = []
    for row in observations:
        temperature = row.vitals().temperature
        if temperature is not None and last_at - row.taken_at <= timedelta(hours=SPARK_HOURS):
            points.append([round(row.taken_at.timestamp() / 60), float(round(temperature.celsius, 1))])
    return points


def _event_columns(events: Sequence[ToxicityEvent]) -> dict[str, Any]:
    """The worst open event; only where none is open, the one that is possibly masked."""
    standing = [event for event in events if event.unsettled]
    worst = max(
        standing,
        key=lambda event: (event.state == ToxicityEvent.State.OPEN, event.current_grade, event.max_grade),
        default=None,
    )
    return {
        "open_event_id": worst.pk if worst else None,
        "worst_grade": worst.current_grade if worst else 0,
    }


def _blockers_with(events: Sequence[ToxicityEvent]) -> Case:
    """The row's blockers, those of the open events put in place of the old ones: nothing is read first."""
    titles = ArrayField(CharField(max_length=80))
    others: Any = F("blockers")
    for toxicity in Toxicity:
        old = Value(not_resolved(toxicity.upper()))
        others = Func(others, old, function="array_remove", output_field=titles)
    standing = of_events(event.label for event in events if _is_unresolved(event))
    now = Func(Value(list(standing), output_field=titles), others, function="array_cat", output_field=titles)
    return Case(When(next_dose__isnull=True, then=Value([], output_field=titles)), default=now)


def _next_check(patient_id: UUID) -> Subquery:
    open_checks = MonitoringCheck.objects.filter(patient_id=patient_id, state=MonitoringCheck.State.OPEN)
    current = open_checks.filter(missed_at__isnull=True) | open_checks.filter(
        alerts__state__in=[Alert.State.OPEN, Alert.State.ACKNOWLEDGED]
    )
    return Subquery(current.order_by("due_at").values("due_at")[:1])


def _alert_columns(patient_id: UUID) -> dict[str, Any]:
    worst = (
        Alert.objects.unresolved()
        .filter(patient_id=patient_id)
        .order_by("state", "-severity", "raised_at", "pk")
    )
    # "acknowledged" sorts before "open", so unanswered ones are asked for first.
    unanswered = worst.filter(state=Alert.State.OPEN)
    return {
        "open_alert": Coalesce(Subquery(unanswered.values("pk")[:1]), Subquery(worst.values("pk")[:1])),
        "open_alert_severity": Coalesce(Subquery(unanswered.values("severity")[:1]), 0),
    }


def _check_counts(patient_id: UUID) -> dict[str, Any]:
    """Done, planned and missed of the newest window; several statements would each scan the same few rows."""
    return {
        f"checks_{name}": Coalesce(Subquery(_window_count(patient_id, condition)), 0)
        for name, condition in (
            ("done", Q(checks__state="done")),
            ("planned", ~Q(checks__state="cancelled")),
            ("missed", Q(checks__missed_at__isnull=False)),
        )
    }


def _windows(patient_id: UUID) -> QuerySet[MonitoringWindow]:
    """The newest first, of whichever course: a watch outlasts the course that began it."""
    return MonitoringWindow.objects.filter(course__patient_id=patient_id).order_by("-starts_at")


def _window_count(patient_id: UUID, condition: Q) -> QuerySet[Any]:
    return _windows(patient_id).annotate(counted=Count("checks", filter=condition)).values("counted")[:1]


def refresh_alert(patient_id: UUID) -> None:
    """After an alert changed hands: only what the alert decides."""
    CourseStatus.objects.filter(patient_id=patient_id).update(
        **_alert_columns(patient_id), next_check_due_at=_next_check(patient_id)
    )


def refresh_events(patient_id: UUID) -> None:
    """After a person answered or closed an event: only what the unsettled events decide."""
    standing = tuple(ToxicityEvent.objects.unsettled().filter(patient_id=patient_id))
    CourseStatus.objects.filter(patient_id=patient_id).update(**_event_columns(standing))
    refresh_blockers(CourseStatus.objects.filter(patient_id=patient_id))


def _is_unresolved(event: ToxicityEvent) -> bool:
    return event.state == ToxicityEvent.State.OPEN and event.resolved_at is None


def refresh_blockers(rows: QuerySet[CourseStatus]) -> None:
    """What blocks the next doses of these rows: one statement to look, one more where something changed."""
    changed = []
    for row, facts in facts_of(rows):
        now = list(blockers(facts)) if facts is not None else []
        if now != row.blockers:
            row.blockers = now
            changed.append(row)
    if changed:
        CourseStatus.objects.bulk_update(changed, ["blockers"])


def refresh_checks(patient_id: UUID, at: datetime) -> None:
    """After the sweep flagged a missed check."""
    CourseStatus.objects.filter(patient_id=patient_id).update(
        refreshed_at=at,
        next_check_due_at=_next_check(patient_id),
        **_alert_columns(patient_id),
        **_check_counts(patient_id),
    )


def refresh_doses(*, course: TreatmentCourse, at: datetime) -> None:
    """After a dose was planned or given: last dose, window, next dose."""
    last = Administration.objects.filter(course=course).order_by("-given_at").first()
    window = _windows(course.patient_id).first()
    following = (
        PlannedDose.objects.filter(course=course, state=PlannedDose.State.PLANNED).order_by("ordinal").first()
    )
    CourseStatus.objects.update_or_create(
        course=course,
        defaults={
            "center_id": course.center_id,
            "patient_id": course.patient_id,
            "running": course.state == TreatmentCourse.State.RUNNING,
            "refreshed_at": at,
            **_last_dose_columns(last, window),
            **_next_dose_columns(following),
        },
    )
    CourseStatus.objects.filter(course=course).update(
        next_check_due_at=_next_check(course.patient_id),
        **_alert_columns(course.patient_id),
        **_check_counts(course.patient_id),
    )
    refresh_blockers(CourseStatus.objects.filter(course=course))


def refresh_all(*, course: TreatmentCourse, at: datetime) -> None:
    """The whole row from the facts: doses, checks, alerts, and the readings as they are graded now."""
    refresh_doses(course=course, at=at)
    last = (
        Observation.objects.current()
        .filter(patient_id=course.patient_id)
        .order_by("taken_at", "recorded_at")
        .last()
    )
    if last is None:
        return
    events = tuple(ToxicityEvent.objects.filter(patient_id=course.patient_id).order_by("opened_at"))
    since = min([last.taken_at - LOOK_BACK, *(event.opened_at for event in events if event.unsettled)])
    line = timeline(course.patient_id, since)
    assessment = assess(line, judge(course.patient, last.taken_at))
    refresh_reading(patient_id=course.patient_id, line=line, assessment=assessment, events=events, at=at)


@dataclass(frozen=True, slots=True)
class Difference:
    """One column in which the boards' row was not what the facts say."""

    course_id: UUID
    column: str
    was: object
    should_be: object

    def __str__(self) -> str:
        return f"course {self.course_id}: {self.column} was {self.was!r}, should be {self.should_be!r}"


def shown(at: datetime) -> QuerySet[TreatmentCourse]:
    """The courses whose row the boards show: those that run, are still watched, or that a row says are."""
    on_a_board = (
        Q(status__running=True)
        | Q(status__window_ends_at__gt=at)
        | Q(status__open_event__isnull=False)
        | Q(status__next_check_due_at__isnull=False)
    )
    forgotten = Q(windows__ends_at__gt=at, patient__course_status__isnull=True)
    return (
        TreatmentCourse.objects.filter(Q(state=TreatmentCourse.State.RUNNING) | on_a_board | forgotten)
        .order_by("started_at", "pk")
        .distinct()
    )


@transaction.atomic
def rebuild(*, course: TreatmentCourse, at: datetime, keep: bool = True) -> tuple[Difference, ...]:
    """Write the boards' row of one course again from the facts; returns what was different.

    Under the patient's lock, so that nothing is recorded meanwhile. ``keep=False`` only looks: the row stays
    as it was. Raises ``NoProtocol`` as ``judging.judge`` does.
    """
    Patient.objects.select_for_update(no_key=True).get(pk=course.patient_id)
    course.refresh_from_db()
    was = _columns(course)
    with transaction.atomic():
        CourseStatus.objects.filter(course=course).delete()
        refresh_all(course=course, at=at)
        should_be = _columns(course)
        transaction.set_rollback(not keep)
    return tuple(
        Difference(course.pk, name, was.get(name), value)
        for name, value in should_be.items()
        if was.get(name) != value
    )


def _columns(course: TreatmentCourse) -> dict[str, Any]:
    """The row as it is stored; empty where there is none."""
    row: Any = CourseStatus.objects.filter(course=course).values().first() or {}
    return {name: value for name, value in row.items() if name != "refreshed_at"}


def _last_dose_columns(last: Administration | None, window: MonitoringWindow | None) -> dict[str, Any]:
    return {
        "last_dose": last.dose if last else "",
        "last_dose_label": last.label if last else "",
        "last_dose_at": last.given_at if last else None,
        "last_dose_mg": last.amount_mg if last else None,
        "window_ends_at": window.ends_at if window else None,
    }


def _next_dose_columns(following: PlannedDose | None) -> dict[str, Any]:
    return {
        "next_dose": following,
        "next_dose_label": following.label if following else "",
        "next_dose_on": following.planned_on if following else None,
        "next_dose_earliest_on": following.earliest_on if following else None,
        "next_dose_latest_on": following.latest_on if following else None,
    }
