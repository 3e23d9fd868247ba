"""The head of a patient's pages: the banner, the step-up strip under it, and the board row. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.templatetags.clinical import hours, moment
from patients.models import Patient
from patients.selectors import PatientBanner, Person, person_of, with_person_facts
from protocols import selectors as protocols
from protocols.models import BlockConfirmation
from protocols.rules.spec import ProtocolSpec
from schedules.models import CourseStatus, TreatmentCourse
from schedules.selectors.chips import Chip, answered_suggestion, standing


@dataclass(frozen=True, slots=True)
class Strip:
    """The second line of ``components/patient_banner.html``; empty where nothing is known."""

    generic: str
    brand: str
    dose: str
    given: str
    since: str
    window_ends: str
    protocol: str
    caregiver: str
    emergency: str
    toxicity: str = ""
    grade: int | None = None
    at_least: bool = False
    cannot: bool = False
    event_url: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Who a page is about, with the course that the boards show; ``None`` without one.

    ``in_force``: the course runs, or has ended with its watch still on.
    """

    person: Person
    banner: PatientBanner
    strip: Strip | None
    status: CourseStatus | None
    spec: ProtocolSpec | None
    in_force: bool = False

    @property
    def patient(self) -> Patient:
        return self.person.patient

    @property
    def before_first_dose(self) -> bool:
        """What is measured now, in a running course without a dose yet, is the patient's baseline."""
        return self.status is not None and self.status.running and self.status.last_dose_at is None


def head_for(staff: Staff, patient_id: UUID, at: datetime) -> Head:
    """The head of one patient's page; 404 for a patient of another center."""
    row: Any = get_object_or_404(_rows(staff), pk=patient_id)
    person = person_of(row)
    status = getattr(row, "course_status", None)
    spec = _spec(status.course, row.newest_confirmation or 0) if status else None
    today = staff.center.local(at).date()
    strip = _strip(person, status, spec, row.answered, staff, at) if status and spec else None
    return Head(person, person.banner(today), strip, status, spec, bool(status and status.in_force(at)))


def _rows(staff: Staff) -> QuerySet[Patient]:
    confirmations = BlockConfirmation.objects.filter(center=staff.center_id).order_by("-id")
    return (
        with_person_facts(Patient.objects.visible_to(staff))
        .select_related("course_status__course__protocol_version__protocol", "course_status__open_event")
        .defer("course_status__course__protocol_version__document")
        .annotate(
            newest_confirmation=Subquery(confirmations.values("id")[:1]),
            answered=answered_suggestion("course_status__open_event"),
        )
    )


def _spec(course: TreatmentCourse, confirmations: int) -> ProtocolSpec:
    return protocols.spec(course.protocol_version_id, confirmations)


def _strip(
    person: Person, status: CourseStatus, spec: ProtocolSpec, answered: int | None, staff: Staff, at: datetime
) -> Strip:
    course, product = status.course, spec.regimen.product if spec.regimen else None
    version = course.protocol_version
    ended = "" if course.state == TreatmentCourse.State.RUNNING else ", ended"
    return Strip(
        generic=product.generic if product else course.regimen,
        brand=product.brand if product else "",
        dose=status.last_dose_label[:1].upper() + status.last_dose_label[1:],
        given=f"given {moment(status.last_dose_at)}" if status.last_dose_at else "",
        since=hours(at - status.last_dose_at) if status.last_dose_at else "",
        window_ends=moment(status.window_ends_at) if status.window_ends_at else "",
        protocol=f"{version.protocol.name} v{version.number}{ended}",
        caregiver=person.caregiver,
        emergency=person.patient.nearest_ed or staff.center.emergency_site,
        **_event_part(status, answered),
    )


def _event_part(status: CourseStatus, answered: int | None) -> dict[str, Any]:
    event = status.open_event
    if event is None or not event.unsettled:
        return {}
    chip = standing(event, answered).chip or Chip(event.label, None, cannot=True)
    return {
        "toxicity": chip.toxicity,
        "grade": chip.grade,
        "at_least": chip.at_least,
        "cannot": chip.cannot,
        "event_url": reverse("schedules:event", args=[event.pk]),
    }
