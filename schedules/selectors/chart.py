"""What the patient page draws of one stretch of time: doses, readings, checks, what was given, events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from dosing_portal.kernel.models import Center
from patients.models import Intervention, Observation, ToxicityEvent
from schedules.models import CourseStatus, MonitoringCheck, MonitoringWindow, PlannedDose
from schedules.selectors.vitals import PastReading, readings_between

BEFORE_DOSE, AFTER_WINDOW = timedelta(hours=48), timedelta(hours=24)
"""What is drawn around the last dose unless somebody chooses: a stretch of paper, not of care."""


class Stretch(StrEnum):
    """How much time a chart shows."""

    DAY = "24h"
    THREE_DAYS = "72h"
    SIX_DAYS = "6d"
    COURSE = "course"


WORDS = {
    Stretch.DAY: "24 h",
    Stretch.THREE_DAYS: "72 h",
    Stretch.SIX_DAYS: "6 days",
    Stretch.COURSE: "Course",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stretch of time with its ends in the center's zone."""

    stretch: Stretch
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CourseLine:
    """Every fact of a stretch, oldest first. ``doses`` are all of the course, wherever they lie."""

    doses: tuple[PlannedDose, ...] = ()
    readings: tuple[PastReading, ...] = ()
    baseline: Observation | None = None
    given: tuple[Intervention, ...] = ()
    checks: tuple[MonitoringCheck, ...] = ()
    windows: tuple[MonitoringWindow, ...] = ()
    events: tuple[ToxicityEvent, ...] = ()


def stretch_of(asked: str, otherwise: Stretch) -> Stretch:
    """The stretch that an address asks for; what is none of them falls back."""
    return Stretch(asked) if asked in set(Stretch) else otherwise


def drawn(stretch: Stretch, status: CourseStatus | None, center: Center, at: datetime) -> Drawn:
    """The ends of a stretch around the present, or around the last dose of the course.

    Hours are elapsed hours, so they are counted before the instants get the center's zone.
    """
    match stretch:
        case Stretch.DAY:
            start, end = at - timedelta(hours=23), at + timedelta(hours=1)
        case Stretch.THREE_DAYS:
            start, end = at - timedelta(hours=66), at + timedelta(hours=6)
        case Stretch.SIX_DAYS:
            start, end = _around_last_dose(status, center, at)
        case Stretch.COURSE:
            start, end = _whole_course(status, center, at)
    return Drawn(stretch, center.local(start), center.local(end))


def _around_last_dose(status: CourseStatus | None, center: Center, at: datetime) -> tuple[datetime, datetime]:
    """Six calendar days with the present and the day after it: from two days before a recent dose."""
    last = status.last_dose_at if status else None
    first = center.local(at).date() - timedelta(days=4)
    if last is not None:
        first = max(first, center.local(last - BEFORE_DOSE).date())
    return midnight(first, center), midnight(first + timedelta(days=6), center)


def _whole_course(status: CourseStatus | None, center: Center, at: datetime) -> tuple[datetime, datetime]:
    """From the day before the first dose to two days past the next one."""
    if status is None:
        return _around_last_dose(None, center, at)
    today = center.local(at).date()
    first = min(status.course.starts_on, today) - timedelta(days=1)
    last = max(status.next_dose_on or today, today) + timedelta(days=2)
    return midnight(first, center), midnight(last, center)


def midnight(day: date, center: Center) -> datetime:
    """The instant at which a calendar day begins at the center."""
    return datetime.combine(day, time(0), tzinfo=center.zone)


def line(
    patient_id: UUID, course_id: UUID | None, start: datetime, end: datetime, hidden_before: timedelta
) -> CourseLine:
    """The facts of a stretch: eight statements, however long it is.

    ``hidden_before`` is how long before its start a drug may still lower the first temperature.
    """
    observations = Observation.objects.current().filter(
        patient_id=patient_id, is_baseline=True, neurologic_only=False
    )
    given = Intervention.objects.current().filter(
        patient_id=patient_id, taken_at__gte=start - hidden_before, taken_at__lte=end
    )
    checks = MonitoringCheck.objects.filter(patient_id=patient_id, due_at__gte=start, due_at__lte=end)
    windows = MonitoringWindow.objects.filter(
        course__patient_id=patient_id, ends_at__gte=start, starts_at__lte=end
    )
    events = ToxicityEvent.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=start),
        patient_id=patient_id,
        opened_at__lte=end,
        state__in=[ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED],
    )
    doses = PlannedDose.objects.filter(course_id=course_id).select_related("administration")
    return CourseLine(
        doses=tuple(doses.order_by("ordinal")) if course_id else (),
        readings=readings_between(patient_id, start, end),
        baseline=observations.order_by("-taken_at").first(),
        given=tuple(given.order_by("taken_at")),
        checks=tuple(checks.exclude(state=MonitoringCheck.State.CANCELLED).order_by("due_at")),
        windows=tuple(windows.order_by("starts_at")),
        events=tuple(events.order_by("opened_at")),
    )
