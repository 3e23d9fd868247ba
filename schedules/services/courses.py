"""Start a course on an active protocol version, plan its doses again after a delay, end it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Role, Staff
from patients.errors import AlreadyRecorded
from patients.models import Patient
from protocols import selectors as protocols
from protocols.answers import dose_name, in_labels
from protocols.models import ProtocolVersion
from protocols.rules.regimen import Schedule
from protocols.rules.stepup import Action, RestartAnswer
from schedules.errors import ActRefused
from schedules.models import Administration, CourseStatus, PlannedDose, TreatmentCourse
from schedules.selectors import decisions, doses, plans
from schedules.selectors.plans import PlannedStair
from schedules.services import status

HOSPITAL, OUTPATIENT = plans.HOSPITAL, plans.OUTPATIENT
PHYSICIANS = frozenset({Role.PHYSICIAN, Role.DIRECTOR})


@transaction.atomic
def start(
    *,
    patient_id: UUID,
    version_id: UUID,
    starts_on: date,
    setting: str,
    by: Staff,
    at: datetime,
) -> TreatmentCourse:
    """Start a course: the version is pinned, and every dose of the plan becomes a row.

    Raises ``ActRefused`` for a start in the past, a version that is not active, a patient who has a running
    course or for whom this drug was stopped for good, and ``AlreadyRecorded`` when that is the very course
    this person started. ``setting`` is where the center gives the doses that the label has in hospital.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    version = _startable(version_id, by)
    if starts_on < by.center.local(at).date():
        raise ActRefused("starts_on", "This day has passed. A course starts today or later.")
    _refuse_setting(setting)
    _refuse_second(patient, version, starts_on, by)
    _refuse_stopped(patient, version)
    stairs = plans.plan(
        spec=protocols.spec(version.pk), starts_on=starts_on, center=by.center, setting=setting
    )
    course = TreatmentCourse.objects.create(
        center_id=patient.center_id,
        patient=patient,
        protocol_version=version,
        regimen=version.protocol.regimen,
        schedule=version.protocol.schedule,
        starts_on=starts_on,
        started_at=at,
        started_by=by,
    )
    lay_out(course, stairs, first_ordinal=1)
    # The boards keep one row a patient, that of the course that runs.
    CourseStatus.objects.filter(patient=patient, running=False).delete()
    status.refresh_all(course=course, at=at)  # readings may be older than the course
    audit.record(
        "course.start",
        course,
        by=by,
        at=at,
        after={
            "protocol": str(version),
            "starts_on": starts_on,
            "setting": setting,
            "doses": _audited(stairs),
        },
        patient_id=patient.pk,
    )
    return course


def _refuse_second(patient: Patient, version: ProtocolVersion, starts_on: date, by: Staff) -> None:
    running = TreatmentCourse.objects.running().filter(patient=patient).first()
    if running is None:
        return
    if (running.protocol_version_id, running.starts_on, running.started_by_id) == (
        version.pk,
        starts_on,
        by.pk,
    ):
        raise AlreadyRecorded(running)
    raise ActRefused("protocol", "A course is running for this patient. End it before you start another.")


def _refuse_stopped(patient: Patient, version: ProtocolVersion) -> None:
    """A drug that a physician stopped for good is not started again; nobody overrides that."""
    found = decisions.stopped(patient.pk, version.protocol.regimen)
    if found is None or found.signed is None:
        return
    when = patient.center.local(found.signed.at)
    raise ActRefused(
        "protocol",
        f"{found.signed.by} stopped this drug for good on {when:%d-%b-%Y} after {found.name}. "
        "Nobody overrides that.",
    )


def _startable(version_id: UUID, by: Staff) -> ProtocolVersion:
    version = (
        ProtocolVersion.objects.visible_to(by)
        .active()
        .exclude(protocol__regimen="")
        .select_related("protocol")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise ActRefused("protocol", "Choose an active protocol of this center.")
    return version


def _refuse_setting(setting: str) -> None:
    if setting not in {HOSPITAL, OUTPATIENT}:
        raise ActRefused("setting", "Choose where the step-up doses are given.")


def lay_out(course: TreatmentCourse, stairs: Iterable[PlannedStair], *, first_ordinal: int) -> None:
    """Write the stairs of a plan as planned doses, numbered from ``first_ordinal``."""
    PlannedDose.objects.bulk_create(
        planned_row(course, stair, first_ordinal + number) for number, stair in enumerate(stairs)
    )


def planned_row(course: TreatmentCourse, stair: PlannedStair, ordinal: int) -> PlannedDose:
    """One stair as a row that is not saved yet."""
    step = stair.step
    return PlannedDose(
        center_id=course.center_id,
        course=course,
        ordinal=ordinal,
        dose=step.dose.id,
        label=step.dose.label_name,
        planned_on=step.day,
        earliest_on=step.earliest,
        latest_on=step.latest,
        latest_if_reaction_on=step.latest_allowed if step.latest_allowed != step.latest else None,
        setting=stair.setting,
    )


def _audited(stairs: Iterable[PlannedStair]) -> list[str]:
    return [f"{stair.step.dose.id} {stair.step.day}" for stair in stairs]


@transaction.atomic
def replan(
    *, course_id: UUID, next_dose: str, planned_on: date, reason: str, by: Staff, at: datetime
) -> tuple[PlannedDose, ...]:
    """After a delay: the doses still planned are superseded, and the plan goes on from ``next_dose``.

    The restart rule is asked again here: raises ``ActRefused`` when ``next_dose`` is not what it asks for on
    that day, when the day has passed or is too early, and when the answer is not confirmed or asks the
    physician, unless a physician plans it and gives a reason.
    """
    course = locked(course_id, by)
    last = Administration.objects.filter(course=course).order_by("-given_at").first()
    if last is None:
        raise ActRefused("planned_on", "No dose was given yet. End this course and start one on the new day.")
    if planned_on < by.center.local(at).date():
        raise ActRefused("planned_on", "This day has passed. Plan today or later.")
    remaining = tuple(course.doses.filter(state=PlannedDose.State.PLANNED))
    spec = protocols.spec(course.protocol_version_id)
    proposal = plans.after_delay(
        spec=spec,
        last_dose=last.dose,
        last_given_at=last.given_at,
        planned_on=planned_on,
        center=by.center,
        setting=chosen_setting(course),
        next_dose=next_dose,
    )
    _refuse_other_answer(proposal.answer, plans.regimen_of(spec)[1], next_dose, reason, by)
    supersede(course, proposal.stairs)
    place_next_dose(course)
    status.refresh_doses(course=course, at=at)
    audit.record(
        "course.replan",
        course,
        by=by,
        at=at,
        before={"doses": [f"{dose.dose} {dose.planned_on}" for dose in remaining]},
        after={"doses": _audited(proposal.stairs), "because": list(proposal.answer.because)},
        reason=reason,
        patient_id=course.patient_id,
    )
    return tuple(course.doses.filter(state=PlannedDose.State.PLANNED))


def locked(course_id: UUID, by: Staff) -> TreatmentCourse:
    """A running course under the lock of its patient: every act on a patient takes that lock first.

    Raises ``TreatmentCourse.DoesNotExist`` for a course of another center, ``ActRefused`` for an ended one.
    """
    course = TreatmentCourse.objects.visible_to(by).get(pk=course_id)
    Patient.objects.select_for_update(no_key=True).get(pk=course.patient_id)
    course = TreatmentCourse.objects.select_for_update().get(pk=course_id)
    if course.state == TreatmentCourse.State.ENDED:
        raise ActRefused("course", "This course has ended. Start a new one.")
    return course


def chosen_setting(course: TreatmentCourse) -> str:
    """Where this course gives the doses that the label has in hospital, as chosen at its start."""
    in_hospital = course.doses.filter(setting=HOSPITAL, after_event=False).exists()
    return HOSPITAL if in_hospital else OUTPATIENT


def place_next_dose(course: TreatmentCourse) -> None:
    """Plan the next dose in hospital where a decision after an event asks it, and nowhere else for that."""
    asked = doses.asked_of_next(course)
    moved = course.doses.filter(state=PlannedDose.State.PLANNED, after_event=True)
    moved.update(setting=OUTPATIENT, after_event=False)
    following = course.doses.filter(state=PlannedDose.State.PLANNED).order_by("ordinal").first()
    if following is None or following.setting == HOSPITAL or not asked.in_hospital:
        return
    following.setting, following.after_event = HOSPITAL, True
    following.save(update_fields=["setting", "after_event"])


def supersede(course: TreatmentCourse, stairs: Iterable[PlannedStair]) -> None:
    """Replace every dose still planned by these stairs."""
    course.doses.filter(state=PlannedDose.State.PLANNED).update(state=PlannedDose.State.SUPERSEDED)
    lay_out(course, stairs, first_ordinal=next_ordinal(course))


def next_ordinal(course: TreatmentCourse) -> int:
    top = course.doses.order_by("-ordinal").values_list("ordinal", flat=True).first()
    return (top or 0) + 1


def _refuse_other_answer(
    answer: RestartAnswer, schedule: Schedule, next_dose: str, reason: str, by: Staff
) -> None:
    because = "; ".join(in_labels(line, schedule) for line in answer.because)
    if answer.action is Action.REFUSE:
        raise ActRefused("planned_on", f"Not on this day: {because}.")
    if answer.next_dose is not None and answer.next_dose != next_dose:
        asked_for = dose_name(schedule.dose(answer.next_dose))
        raise ActRefused("next_dose", f"The record asks for {asked_for}: {because}.")
    if not next_dose:
        raise ActRefused("next_dose", "The record names no dose for this day. A physician chooses one.")
    if needs_physician(answer) and (by.role not in PHYSICIANS or not reason.strip()):
        raise ActRefused(
            "reason", "This answer needs a physician. A physician must plan it and write a reason."
        )


def needs_physician(answer: RestartAnswer) -> bool:
    """True when an answer may be used only with a physician's reason."""
    return not answer.confirmed or answer.caution or answer.action is Action.ASK_PHYSICIAN


@transaction.atomic
def end(*, course_id: UUID, reason: str, by: Staff, at: datetime) -> TreatmentCourse:
    """End a course; what was planned is superseded, the monitoring that is running goes on.

    Raises ``ActRefused`` without a reason, and for a course that has ended.
    """
    if not reason.strip():
        raise ActRefused("reason", "Write why the course ends.")
    course = locked(course_id, by)
    course.state = TreatmentCourse.State.ENDED
    course.ended_at, course.ended_by, course.end_reason = at, by, reason
    course.save(update_fields=["state", "ended_at", "ended_by", "end_reason"])
    course.doses.filter(state=PlannedDose.State.PLANNED).update(state=PlannedDose.State.SUPERSEDED)
    status.refresh_doses(course=course, at=at)
    audit.record("course.end", course, by=by, at=at, reason=reason, patient_id=course.patient_id)
    return course
