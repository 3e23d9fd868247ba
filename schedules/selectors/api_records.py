"""What the JSON edge answers of courses, doses, events and what was given: a fixed number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Window
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients import selectors as people
from patients.models import Intervention, ToxicityEvent, ToxicityGrading
from patients.models.toxicity import UNSETTLED
from schedules.models import PlannedDose, TreatmentCourse
from schedules.models.course import TreatmentCourseQuerySet
from schedules.selectors.api import GradingAnswer, grading_answer

PAGE = 50


# --- courses and doses ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A dose as it was given: milligrams, milliliters."""

    given_at: datetime
    recorded_at: datetime
    amount_mg: Decimal
    volume_ml: Decimal | None
    vial: str
    vials: int
    site: str
    lot: str
    given_by: str
    checked_by: str
    deviation_reason: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class DoseAnswer:
    """One stair: days are calendar days at the center."""

    ordinal: int
    dose: str
    label: str
    state: str
    setting: str
    planned_on: date
    earliest_on: date | None
    latest_on: date | None
    latest_if_reaction_on: date | None
    given: GivenAnswer | None


@dataclass(frozen=True, slots=True)
class CourseAnswer:
    id: UUID
    patient: UUID
    protocol: str
    version: int
    regimen: str
    schedule: str
    starts_on: date
    state: str
    ended_at: datetime | None
    end_reason: str
    doses: tuple[DoseAnswer, ...]


def courses_of(staff: Staff, patient_id: UUID) -> tuple[CourseAnswer, ...]:
    """Every course of a patient of the center, the newest first; otherwise 404. Three statements."""
    people.patient_for(staff, patient_id)
    rows = list(_courses(staff).filter(patient_id=patient_id).order_by("-started_at"))
    stairs = _stairs([row.pk for row in rows])
    return tuple(_course(row, stairs.get(row.pk, [])) for row in rows)


def course_answer(staff: Staff, course_id: UUID) -> CourseAnswer:
    """One course of the center with its doses; otherwise 404. Two statements."""
    row = get_object_or_404(_courses(staff), pk=course_id)
    return _course(row, _stairs([row.pk]).get(row.pk, []))


def _courses(staff: Staff) -> TreatmentCourseQuerySet:
    return (
        TreatmentCourse.objects.visible_to(staff)
        .select_related("protocol_version__protocol")
        .defer("protocol_version__document")
    )


def _stairs(course_ids: list[UUID]) -> dict[UUID, list[PlannedDose]]:
    rows = PlannedDose.objects.filter(course__in=course_ids).order_by("course", "ordinal")
    found: dict[UUID, list[PlannedDose]] = {}
    for row in rows.select_related("administration__given_by", "administration__checked_by"):
        found.setdefault(row.course_id, []).append(row)
    return found


def _course(row: TreatmentCourse, stairs: list[PlannedDose]) -> CourseAnswer:
    return CourseAnswer(
        id=row.pk,
        patient=row.patient_id,
        protocol=row.protocol_version.protocol.slug,
        version=row.protocol_version.number,
        regimen=row.regimen,
        schedule=row.schedule,
        starts_on=row.starts_on,
        state=row.state,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        doses=tuple(_dose(stair) for stair in stairs),
    )


def _dose(row: PlannedDose) -> DoseAnswer:
    return DoseAnswer(
        ordinal=row.ordinal,
        dose=row.dose,
        label=row.label,
        state=row.state,
        setting=row.setting,
        planned_on=row.planned_on,
        earliest_on=row.earliest_on,
        latest_on=row.latest_on,
        latest_if_reaction_on=row.latest_if_reaction_on,
        given=_given(row) if row.state == PlannedDose.State.GIVEN else None,
    )


def _given(row: PlannedDose) -> GivenAnswer | None:
    given = getattr(row, "administration", None)
    if given is None:
        return None
    return GivenAnswer(
        given_at=given.given_at,
        recorded_at=given.recorded_at,
        amount_mg=given.amount_mg,
        volume_ml=given.volume_ml,
        vial=given.vial,
        vials=given.vials,
        site=given.site,
        lot=given.lot,
        given_by=given.given_by.name,
        checked_by=given.checked_by.name,
        deviation_reason=given.deviation_reason,
        unconfirmed=given.unconfirmed,
    )


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """One CRS or ICANS event; ``revision`` goes back with every act on it. Hours are elapsed hours."""

    id: UUID
    patient: UUID
    toxicity: str
    sequence: int
    state: str
    opened_at: datetime
    ended_at: datetime | None
    closing_allowed_from: datetime | None
    last_dose: str
    onset_hours: float | None
    duration_hours: float | None
    current: str
    max_grade: int
    confirmed_grade: int | None
    confirmed_by: str | None
    revision: int
    gradings: tuple[GradingAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    total: int
    page: int
    events: tuple[EventAnswer, ...]


def events_answer(staff: Staff, *, settled: bool, page: int) -> EventsAnswer:
    """Open events worst first, or those that are over newest first: one statement a page."""
    rows = ToxicityEvent.objects.visible_to(staff).select_related("confirmed_by")
    if settled:
        rows = rows.exclude(state__in=UNSETTLED).order_by("-opened_at", "pk")
    else:
        rows = rows.unsettled().order_by("-current_grade", "opened_at", "pk")
    start = (page - 1) * PAGE
    found = list(rows.annotate(total=Window(Count("*")))[start : start + PAGE])
    return EventsAnswer(found[0].total if found else 0, page, tuple(_event(row) for row in found))  # type: ignore[attr-defined]


def event_answer(staff: Staff, event_id: UUID) -> EventAnswer:
    """One event of the center with its gradings, newest first; otherwise 404. Two statements."""
    row = get_object_or_404(
        ToxicityEvent.objects.visible_to(staff).select_related("confirmed_by"), pk=event_id
    )
    gradings = ToxicityGrading.objects.filter(event=row).order_by("-id")[:PAGE]
    return _event(row, tuple(grading_answer(grading) for grading in gradings))


def _event(row: ToxicityEvent, gradings: tuple[GradingAnswer, ...] = ()) -> EventAnswer:
    return EventAnswer(
        id=row.pk,
        patient=row.patient_id,
        toxicity=row.toxicity,
        sequence=row.sequence,
        state=row.state,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        closing_allowed_from=row.closing_allowed_from,
        last_dose=row.last_dose,
        onset_hours=row.onset_hours,
        duration_hours=row.duration_hours,
        current=row.current_text,
        max_grade=row.max_grade,
        confirmed_grade=row.confirmed_grade,
        confirmed_by=row.confirmed_by.name if row.confirmed_by else None,
        revision=row.revision,
        gradings=gradings,
    )


# --- interventions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InterventionAnswer:
    id: UUID
    patient: UUID
    kind: str
    drug: str
    taken_at: datetime
    recorded_at: datetime
    recorded_by: str
    dose_mg: Decimal | None
    volume_ml: Decimal | None
    route: str
    purpose: str
    place: str
    arithmetic: tuple[str, ...]
    let_pass: tuple[str, ...]
    override_reason: str
    note: str


@dataclass(frozen=True, slots=True)
class InterventionsAnswer:
    total: int
    page: int
    interventions: tuple[InterventionAnswer, ...]


def interventions_of(staff: Staff, patient_id: UUID, page: int) -> InterventionsAnswer:
    """What stands as given to a patient of the center, newest first; otherwise 404. Two statements."""
    people.patient_for(staff, patient_id)
    rows = Intervention.objects.current().filter(patient_id=patient_id).select_related("recorded_by")
    start = (page - 1) * PAGE
    found = list(rows.order_by("-taken_at", "pk").annotate(total=Window(Count("*")))[start : start + PAGE])
    total = found[0].total if found else 0  # type: ignore[attr-defined]
    return InterventionsAnswer(total, page, tuple(intervention_answer(row) for row in found))


def intervention_answer(row: Intervention) -> InterventionAnswer:
    return InterventionAnswer(
        id=row.pk,
        patient=row.patient_id,
        kind=row.kind,
        drug=row.drug,
        taken_at=row.taken_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by.name,
        dose_mg=row.dose_mg,
        volume_ml=row.volume_ml,
        route=row.route,
        purpose=row.purpose,
        place=row.place,
        arithmetic=tuple(row.arithmetic),
        let_pass=tuple(row.let_pass),
        override_reason=row.override_reason,
        note=row.note,
    )
