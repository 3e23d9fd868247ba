"""Reads what a dose to be given stands on. The page shows it; the service asks it again under the lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from patients.models import Intervention, ToxicityEvent, WeightMeasurement
from patients.models.toxicity import STANDING
from protocols import selectors as protocols
from protocols.rules import premedication, stepup, visits
from protocols.rules.dosing import prepare
from protocols.rules.regimen import DoseHistory, DoseKind, Regimen, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.stepup import Action, RestartAnswer
from protocols.rules.values import InterventionKind
from protocols.rules.visits import ItemStanding
from protocols.rules.window import Verdict, days_between
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.selectors import decisions
from schedules.selectors.decisions import Carried
from schedules.selectors.objections import objections
from schedules.selectors.plans import regimen_of
from schedules.selectors.sheet import Asked, DoseSheet
from schedules.selectors.visits import newest_answers

FULL_DOSES = frozenset({DoseKind.FIRST_TREATMENT, DoseKind.TREATMENT})
SAME_DAY = timedelta(days=1)  # how far back a premedication logged on its own is looked for


def spec_of(course: TreatmentCourse) -> ProtocolSpec:
    """The protocol version that this course pins."""
    return protocols.spec(course.protocol_version_id)


def next_planned(course: TreatmentCourse) -> PlannedDose | None:
    """The dose that is next in the plan."""
    return course.doses.filter(state=PlannedDose.State.PLANNED).order_by("ordinal").first()


def asked_of_next(course: TreatmentCourse) -> Carried:
    """What decisions after events ask of the next dose of a course: two statements."""
    last = Administration.objects.filter(course=course).order_by("-given_at").first()
    return decisions.carried(
        decisions.locks(course.patient_id, last.given_at if last else None, course.regimen)
    )


def sheet(*, course: TreatmentCourse, planned: PlannedDose, asked: Asked, at: datetime) -> DoseSheet:
    """The sheet of one planned dose: six statements with that of the cached protocol."""
    spec = spec_of(course)
    regimen, schedule = regimen_of(spec)
    given_on = course.center.local(asked.given_at).date()
    own, others = _administrations(course)
    last = own[-1] if own else None
    weight = _weight(course, given_on)
    locks = decisions.locks(course.patient_id, last.given_at if last else None, course.regimen)
    window = _window(regimen, schedule, planned, last, asked, course)
    blank = DoseSheet(
        course=course,
        planned=planned,
        spec=spec,
        regimen=regimen,
        schedule=schedule,
        asked=asked,
        given_on=given_on,
        last=last,
        earlier=others[-1] if others and not own else None,
        weight=weight,
        locks=locks,
        carried=decisions.carried(locks),
        window=window,
        amount=prepare(regimen, schedule, planned.dose, weight.kg if weight else None),
        premedication=premedication.before(
            regimen,
            schedule,
            planned.dose,
            _history(
                window, last, [found.event for found in locks if found.event.state in decisions.STANDING]
            ),
            _full_dose_number(schedule, planned.dose, own),
        ),
        premedicated_at=asked.premedicated_at or _premedicated_at(course, last, asked.given_at),
        visit=_visit(course, spec, schedule, last, asked.given_at),
    )
    return replace(blank, objections=tuple(objections(blank, at)))


def _administrations(
    course: TreatmentCourse,
) -> tuple[Sequence[Administration], Sequence[Administration]]:
    """The doses of this course, and those of earlier courses of the patient on the same schedule."""
    rows = Administration.objects.filter(
        course__patient_id=course.patient_id,
        course__regimen=course.regimen,
        course__schedule=course.schedule,
    ).order_by("given_at")
    own = [row for row in rows if row.course_id == course.pk]
    return own, [row for row in rows if row.course_id != course.pk]


def _visit(
    course: TreatmentCourse,
    spec: ProtocolSpec,
    schedule: Schedule,
    last: Administration | None,
    given_at: datetime,
) -> tuple[ItemStanding, ...]:
    """How the late signs stand. They must have been asked since the last dose once step-up is over."""
    stepping_up = last is None or schedule.dose(last.dose).kind not in FULL_DOSES
    return visits.review(
        spec.center.care.asked_of(course.regimen),
        newest_answers(course.patient_id, until=given_at),
        last_dose_at=None if stepping_up or last is None else last.given_at,
    )


def _weight(course: TreatmentCourse, given_on: date) -> WeightMeasurement | None:
    """The weight that stood on the day of the dose."""
    known = WeightMeasurement.objects.filter(patient_id=course.patient_id, measured_on__lte=given_on)
    return known.first()


def _premedicated_at(
    course: TreatmentCourse, last: Administration | None, given_at: datetime
) -> datetime | None:
    """A premedication logged on its own: since the last dose, not more than a day before this one."""
    since = given_at - SAME_DAY
    logged = Intervention.objects.current().filter(
        patient_id=course.patient_id,
        kind=InterventionKind.PREMEDICATION,
        taken_at__lte=given_at,
        taken_at__gt=max(since, last.given_at) if last else since,
    )
    return logged.order_by("-taken_at").values_list("taken_at", flat=True).first()


def _window(
    regimen: Regimen,
    schedule: Schedule,
    planned: PlannedDose,
    last: Administration | None,
    asked: Asked,
    course: TreatmentCourse,
) -> RestartAnswer | None:
    """What the record asks on this day; ``None`` before the first dose and for a time before the last one."""
    if last is None or asked.given_at <= last.given_at:
        return None
    since = days_between(last.given_at, asked.given_at, course.center.zone)
    return stepup.restart(regimen, schedule, last.dose, since, planned_dose=planned.dose, reason=asked.delay)


def _history(
    window: RestartAnswer | None, last: Administration | None, events: Sequence[ToxicityEvent]
) -> frozenset[DoseHistory]:
    """What happened before this dose that may ask for premedication again."""
    found = set()
    crs = [event for event in events if event.toxicity == "crs" and event.state in STANDING]
    if last is not None and any(event.opened_at >= last.given_at for event in crs):
        found.add(DoseHistory.CRS_AFTER_LAST_DOSE)
    if window is not None:
        if window.action is Action.REPEAT:
            found.add(DoseHistory.REPEATED)
        if window.action is Action.RESTART:
            found.add(DoseHistory.RESTARTED)
        if window.verdict in (Verdict.LATE_BUT_ALLOWED, Verdict.RESTART_RULE):
            found.add(DoseHistory.DELAYED)
    return frozenset(found)


def _full_dose_number(schedule: Schedule, dose_id: str, own: Sequence[Administration]) -> int | None:
    """How many full doses there were with this one; ``None`` for a step-up dose."""
    if schedule.dose(dose_id).kind not in FULL_DOSES:
        return None
    return 1 + sum(schedule.dose(given.dose).kind in FULL_DOSES for given in own)
