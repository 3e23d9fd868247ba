"""One course of a patient, found for the person who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Min
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Center, Staff
from protocols import selectors as protocols
from protocols.rules.spec import ProtocolSpec
from schedules.models import Administration, PlannedDose, TreatmentCourse
from schedules.selectors.plans import closed_days


def course_for(staff: Staff, course_id: UUID) -> TreatmentCourse:
    """The course, if the person's center may see it; otherwise 404."""
    courses = TreatmentCourse.objects.visible_to(staff).select_related("center")
    return get_object_or_404(courses, pk=course_id)


def planned_for(staff: Staff, course_id: UUID, ordinal: int) -> PlannedDose:
    """One dose of a course of the person's center, with what was given of it; otherwise 404."""
    doses = PlannedDose.objects.filter(center_id=staff.center_id, course_id=course_id)
    whole = doses.select_related(
        "course__center",
        "course__protocol_version__protocol",
        "course__protocol_version__drafted_by",
        "course__protocol_version__activated_by",
        "administration__given_by",
        "administration__checked_by",
    ).defer("course__protocol_version__document")
    return get_object_or_404(whole, ordinal=ordinal)


@dataclass(frozen=True, slots=True)
class Watch:
    """The monitoring window that a dose opened: its checks, when the first is due, when it ends."""

    checks: int
    first_due_at: datetime | None
    ends_at: datetime


def watch_of(administration: Administration) -> Watch:
    """The watch after one dose. Two statements."""
    window = administration.window
    counted = window.checks.aggregate(number=Count("pk"), first=Min("due_at"))
    return Watch(counted["number"], counted["first"], window.ends_at)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A running course whose next dose waits: what was given last, and what a day is judged by."""

    course: TreatmentCourse
    last: Administration
    spec: ProtocolSpec
    closed: Mapping[date, str]

    @property
    def center(self) -> Center:
        return self.course.center

    @property
    def given_on(self) -> date:
        """The day of the last dose at the center."""
        return self.center.local(self.last.given_at).date()


def delayed(course: TreatmentCourse) -> Delayed | None:
    """The last dose of a running course with its protocol and the center's closed days.

    ``None`` before the first dose and after the end. Three statements.
    """
    last = Administration.objects.filter(course=course).order_by("-given_at").first()
    if last is None or course.state != TreatmentCourse.State.RUNNING:
        return None
    return Delayed(course, last, protocols.spec(course.protocol_version_id), closed_days(course.center))
