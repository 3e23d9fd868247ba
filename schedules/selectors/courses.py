"""One course of a patient, found for the person who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from schedules.models import Administration, PlannedDose, TreatmentCourse


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


def last_given(course: TreatmentCourse) -> Administration | None:
    """The newest dose of a course."""
    return Administration.objects.filter(course=course).order_by("-given_at").first()
