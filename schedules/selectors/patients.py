"""The list of patients, found by name or MRN: one statement, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dosing_portal.kernel.models import Staff
from patients.models import Patient
from protocols.rules.spec import ProtocolSpec
from schedules.models import CourseStatus
from schedules.selectors.boards import Asked, Drug, Listed, drug_of, newest_confirmation, spec_of
from schedules.selectors.chips import answered_suggestion


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """One patient of the list; without a course there is no status yet."""

    patient: Patient
    status: CourseStatus | None = None
    drug: Drug | None = None
    spec: ProtocolSpec | None = None
    answered: int | None = None


def found(staff: Staff, words: str, asked: Asked) -> Listed[FoundPatient]:
    """The patients of the person's center whose name or MRN opens with each of the words, by name."""
    rows = (
        Patient.objects.visible_to(staff)
        .matching(words)
        .select_related(
            "course_status__course", "course_status__next_dose", "course_status__open_event__confirmed_by"
        )
        .annotate(
            answered=answered_suggestion("course_status__open_event"),
            newest_confirmation=newest_confirmation(staff.center_id),
        )
        .order_by("family_name", "given_name", "mrn")
    )
    page = asked.cut(rows)
    return asked.listed(page, (_row(row) for row in page))


def _row(row: Any) -> FoundPatient:
    status = getattr(row, "course_status", None)
    if status is None:
        return FoundPatient(row)
    spec = spec_of(status.course.protocol_version_id, row)
    return FoundPatient(row, status, drug_of(status.course, spec), spec, row.answered)
