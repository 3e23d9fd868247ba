"""Record a dose that was given: judge it under the lock, write it once, open the watch that follows it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Role, Staff
from patients.errors import AlreadyRecorded
from patients.models import Observation
from patients.services.interventions import Given
from protocols.rules import monitoring as watch
from protocols.rules import stepup
from protocols.rules.regimen import DoseKind
from protocols.rules.spec import CheckRule
from protocols.rules.values import InterventionKind
from protocols.rules.window import DelayReason
from schedules.errors import ActRefused
from schedules.models import (
    Administration,
    MonitoringCheck,
    MonitoringWindow,
    PlannedDose,
    TreatmentCourse,
)
from schedules.selectors import doses, plans
from schedules.selectors.plans import TREATMENT_DOSES_PLANNED
from schedules.selectors.sheet import Amount, Asked, DoseSheet, Drawn, Override
from schedules.services import consequences, courses, monitoring, status
from schedules.services.courses import PHYSICIANS

__all__ = ["Drawn", "give", "record_as_told"]

CHECKERS = frozenset({Role.NURSE, Role.PHYSICIAN, Role.PHARMACIST, Role.DIRECTOR})


@transaction.atomic
def give(
    *,
    course_id: UUID,
    ordinal: int,
    given_at: datetime,
    drawn: Drawn,
    premedicated_at: datetime | None,
    checker: Staff,
    client_key: UUID,
    by: Staff,
    at: datetime,
    deviation_reason: str = "",
    delay: DelayReason | None = None,
    fulfilled: frozenset[str] = frozenset(),
) -> Administration:
    """Record that the next planned dose was given, by one person and checked by another.

    Amount, volume and vials come from the record, not from the form. Giving opens the monitoring window,
    cancels the checks of the window before, and dates the doses that follow from the day of this one.

    ``fulfilled`` are the conditions of a decision after an event that were arranged; what was done of them
    and what was not stands with the dose.

    Raises ``TreatmentCourse.DoesNotExist`` for a course of another center, ``AlreadyRecorded`` for a repeated
    ``client_key``, and ``ActRefused`` naming the field for everything that speaks against the dose: see
    ``schedules.selectors.objections`` for what, and ``Override`` for who may let it pass with a reason.
    """
    course = _locked(course_id, client_key, by)
    planned = _next_dose(course, ordinal)
    _refuse_checker(checker, by)
    asked = Asked(given_at, drawn.vial, drawn.product, delay, premedicated_at, fulfilled)
    sheet = doses.sheet(course=course, planned=planned, asked=asked, at=at)
    _refuse_objections(sheet, deviation_reason, by, checker)
    amount = _amount(sheet, drawn)
    row = _write(
        sheet,
        amount,
        drawn,
        checker=checker,
        client_key=client_key,
        reason=deviation_reason,
        by=by,
        at=at,
    )
    _follow(sheet, row, premedicated_at, client_key, by, at)
    return row


@transaction.atomic
def record_as_told(
    *,
    course_id: UUID,
    dose: str,
    given_at: datetime,
    by: Staff,
    checker: Staff,
    reason: str,
    at: datetime,
) -> Administration:
    """Record a dose as a story tells it: it was given, whatever the record would have said about it.

    For replays and drills only; no page leads here. A dose that the plan does not have next is planned first,
    and everything that ``give`` would have refused stands in the row's reason. Raises ``ActRefused`` for a
    dose whose amount the record does not have.
    """
    course = _locked(course_id, uuid.uuid4(), by)
    planned = doses.next_planned(course)
    if planned is None or planned.dose != dose:
        planned = _planned_for(course, dose, given_at)
    sheet = doses.sheet(course=course, planned=planned, asked=Asked(given_at), at=at)
    amount = next(iter(sheet.choices.values()), None)
    if amount is None:
        if sheet.amount.mg is None:
            raise ActRefused("dose", "; ".join(sheet.amount.refused))
        amount = Amount(sheet.amount.mg, None, None)
    vial = sheet.amount.vial
    drawn = Drawn(sheet.regimen.product.generic, vial.strength if vial else "as told", "as told", "as told")
    told = "; ".join([reason, *(objection.title for objection in sheet.objections)])
    row = _write(sheet, amount, drawn, checker=checker, client_key=uuid.uuid4(), reason=told, by=by, at=at)
    _follow(sheet, row, None, row.client_key, by, at)
    return row


# --- before it is written ---------------------------------------------------------------------------------


def _locked(course_id: UUID, client_key: UUID, by: Staff) -> TreatmentCourse:
    """The course under lock, unless this very submission was recorded before."""
    earlier = Administration.objects.filter(center_id=by.center_id, client_key=client_key)
    if (row := earlier.first()) is not None:
        raise AlreadyRecorded(row)
    course = courses.locked(course_id, by)
    if (row := earlier.first()) is not None:  # it was being recorded while we waited for the lock
        raise AlreadyRecorded(row)
    course.center = by.center
    return course


def _next_dose(course: TreatmentCourse, ordinal: int) -> PlannedDose:
    planned = course.doses.select_related("administration__given_by").filter(ordinal=ordinal).first()
    if planned is None:
        raise ActRefused("dose", "This course has no such dose.")
    if planned.state == PlannedDose.State.GIVEN:
        given = planned.administration
        when = course.center.local(given.given_at)
        raise ActRefused("dose", f"{given.given_by} recorded this dose already, given {when:%d-%b-%Y %H:%M}.")
    following = doses.next_planned(course)
    if planned.state == PlannedDose.State.SUPERSEDED or following is None:
        raise ActRefused("dose", "This dose was planned again since the page was opened. Open the new plan.")
    if following.pk != planned.pk:
        raise ActRefused("dose", f"{following.label} is the next dose of this course, not {planned.label}.")
    return planned


def _planned_for(course: TreatmentCourse, dose: str, given_at: datetime) -> PlannedDose:
    """A plan that goes on with another dose than the one planned."""
    spec = doses.spec_of(course)
    _, schedule = plans.regimen_of(spec)
    steps = plans.steps_from(schedule, dose, course.center.local(given_at).date())
    stairs = plans.stairs_of(spec, steps, course.center, courses.chosen_setting(course))
    courses.supersede(course, stairs)
    return course.doses.filter(state=PlannedDose.State.PLANNED).order_by("ordinal")[0]


def _refuse_checker(checker: Staff, by: Staff) -> None:
    if checker.pk == by.pk:
        raise ActRefused("checker", "You gave this dose. A second person must check it.")
    if checker.center_id != by.center_id or not checker.is_active:
        raise ActRefused("checker", "The second person must be active at this center.")
    if checker.role not in CHECKERS:
        raise ActRefused("checker", "The second person must be a nurse, a pharmacist or a physician.")


def _refuse_objections(sheet: DoseSheet, reason: str, by: Staff, checker: Staff) -> None:
    """Refuse what nobody may let pass; let the rest pass for those who may, with a reason."""
    roles = {by.role, checker.role}
    physician, pharmacist = bool(roles & PHYSICIANS), Role.PHARMACIST in roles
    for objection in sorted(sheet.objections, key=lambda found: -found.override):
        if objection.override is Override.NOBODY:
            raise ActRefused(objection.field, objection.sentence)
        if objection.override is Override.PHYSICIAN_AND_PHARMACIST and not (physician and pharmacist):
            raise ActRefused(
                "checker", f"{objection.sentence} A physician and a pharmacist must give and check it."
            )
        if objection.override is Override.PHYSICIAN and not physician:
            raise ActRefused("checker", f"{objection.sentence} A physician must give or check it.")
        if not reason.strip():
            raise ActRefused("deviation_reason", f"{objection.sentence} Write the reason.")


def _amount(sheet: DoseSheet, drawn: Drawn) -> Amount:
    """The amount of the record, the one chosen while a band is not confirmed, or what a pharmacist typed."""
    choices = sheet.choices
    unclear = bool(sheet.amount.refused or sheet.amount.objections)
    if unclear:
        return _typed(drawn.typed)
    if len(choices) == 1:
        amount = next(iter(choices.values()))
    elif drawn.basis in choices:
        amount = choices[drawn.basis]
    else:
        raise ActRefused("basis", "Choose which amount was given: the printed band, or the formula.")
    if drawn.seen and len(choices) == 1 and drawn.seen != amount.words:
        sentence = f"The dose is {amount.words} now. The page showed {drawn.seen}. Check it again."
        raise ActRefused("amount", sentence)
    return amount


def _typed(typed: Amount | None) -> Amount:
    if typed is None or typed.ml is None or typed.vials is None:
        raise ActRefused("typed_mg", "Write the amount, volume and vials that the pharmacist worked out.")
    if typed.mg <= 0 or typed.ml <= 0 or typed.vials <= 0:
        raise ActRefused("typed_mg", "Amount, volume and vials are above zero.")
    return typed


# --- writing ----------------------------------------------------------------------------------------------


def _write(
    sheet: DoseSheet,
    amount: Amount,
    drawn: Drawn,
    *,
    checker: Staff,
    client_key: UUID,
    reason: str,
    by: Staff,
    at: datetime,
) -> Administration:
    row = Administration.objects.create(
        center_id=sheet.course.center_id,
        course=sheet.course,
        planned_dose=sheet.planned,
        dose=sheet.planned.dose,
        label=sheet.planned.label,
        given_at=sheet.asked.given_at,
        recorded_at=at,
        client_key=client_key,
        amount_mg=amount.mg,
        volume_ml=amount.ml,
        vial=drawn.vial,
        vials=amount.vials or 0,
        weight_kg=sheet.weight.kg if sheet.weight else None,
        weight_on=sheet.weight.measured_on if sheet.weight else None,
        arithmetic=[line[:300] for line in sheet.amount.because],
        unconfirmed=sheet.unconfirmed,
        site=drawn.site,
        lot=drawn.lot,
        premedicated_at=sheet.premedicated_at,
        conditions_met=list(sheet.conditions_met),
        conditions_unmet=list(sheet.conditions_unmet),
        deviation_reason=reason[:300],
        given_by=by,
        checked_by=checker,
    )
    sheet.planned.state = PlannedDose.State.GIVEN
    sheet.planned.save(update_fields=["state"])
    audit.record(
        "dose.give",
        row,
        by=by,
        at=at,
        after={
            "dose": row.dose,
            "given_at": row.given_at,
            "amount_mg": row.amount_mg,
            "volume_ml": row.volume_ml,
            "vial": row.vial,
            "lot": row.lot,
            "checked_by": checker,
            "weight_kg": row.weight_kg,
            "unconfirmed": row.unconfirmed,
            "conditions_met": row.conditions_met,
            "conditions_unmet": row.conditions_unmet,
            "let_pass": [f"{found.title}: {found.sentence}" for found in sheet.objections],
        },
        reason=reason[:500],
        patient_id=sheet.course.patient_id,
    )
    return row


# --- what follows a dose ----------------------------------------------------------------------------------


def _follow(
    sheet: DoseSheet,
    row: Administration,
    premedicated_at: datetime | None,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> None:
    window = _open_window(sheet, row)
    late = _complete_by_readings(sheet, window)
    _date_what_follows(sheet)
    status.refresh_doses(course=sheet.course, at=at)
    if premedicated_at is not None:
        monitoring.log_intervention(
            patient_id=sheet.course.patient_id,
            given=Given(InterventionKind.PREMEDICATION, note=f"before {row.label}"),
            taken_at=premedicated_at,
            client_key=uuid.uuid5(client_key, "premedication"),
            by=by,
            at=at,
        )
    elif late:
        monitoring.grade_again(patient_id=sheet.course.patient_id, since=row.given_at, by=by, at=at)


def _open_window(sheet: DoseSheet, row: Administration) -> MonitoringWindow:
    """The window of this dose with its checks; those of the window before end with it."""
    rule = _watch_rule(sheet)
    planned = watch.checks(row.given_at, rule)
    patient_id, center_id = sheet.course.patient_id, sheet.course.center_id
    overtaken = MonitoringCheck.objects.filter(
        patient_id=patient_id, state=MonitoringCheck.State.OPEN, due_at__gt=row.given_at
    )
    overtaken.update(state=MonitoringCheck.State.CANCELLED)
    window = MonitoringWindow.objects.create(
        center_id=center_id,
        course=sheet.course,
        administration=row,
        starts_at=planned.opens_at,
        ends_at=planned.closes_at,
    )
    MonitoringCheck.objects.bulk_create(
        MonitoringCheck(
            center_id=center_id,
            window=window,
            patient_id=patient_id,
            due_at=due_at,
            missed_from=due_at + timedelta(minutes=rule.grace_minutes),
        )
        for due_at in planned.due
    )
    return window


def _watch_rule(sheet: DoseSheet) -> CheckRule:
    """The center's checks; hours in hospital that a decision asked for make the watch last as long."""
    rule, asked = sheet.spec.center.checks, sheet.carried.hospital_hours
    if asked is None or asked <= rule.window_hours:
        return rule
    return replace(rule, window_hours=asked)


def _complete_by_readings(sheet: DoseSheet, window: MonitoringWindow) -> bool:
    """A dose recorded late: readings taken since count for its checks. True when there were any."""
    readings = Observation.objects.current().filter(
        patient_id=sheet.course.patient_id, taken_at__gte=window.starts_at
    )
    taken = list(readings.order_by("taken_at"))
    for reading in taken:
        consequences.complete_check(sheet.course.patient, reading, sheet.spec.center.checks.early_minutes)
    return bool(taken)


def _date_what_follows(sheet: DoseSheet) -> None:
    """Count the following doses from the day on which this one was given; keep enough of them planned."""
    course = sheet.course
    remaining = list(course.doses.filter(state=PlannedDose.State.PLANNED).order_by("ordinal"))
    steps = _steps_after(sheet, len(remaining))
    stairs = plans.stairs_of(sheet.spec, steps, course.center, courses.chosen_setting(course))
    ordinal = courses.next_ordinal(course)
    for number, stair in enumerate(stairs):
        if number >= len(remaining):
            courses.lay_out(course, stairs[number:], first_ordinal=ordinal)
            return
        _redate(remaining[number], courses.planned_row(course, stair, remaining[number].ordinal))


def _steps_after(sheet: DoseSheet, at_least: int) -> list[stepup.PlannedStep]:
    """As many steps as are planned, and more until enough treatment doses are among them."""
    steps = [stepup.next_step(sheet.schedule, sheet.planned.dose, sheet.given_on)]
    while len(steps) < at_least or _treatment_doses(steps) < TREATMENT_DOSES_PLANNED:
        steps.append(stepup.next_step(sheet.schedule, steps[-1].dose.id, steps[-1].day))
    return steps


def _treatment_doses(steps: list[stepup.PlannedStep]) -> int:
    return sum(step.dose.kind is DoseKind.TREATMENT for step in steps)


def _redate(row: PlannedDose, fresh: PlannedDose) -> None:
    names = ("dose", "label", "planned_on", "earliest_on", "latest_on", "latest_if_reaction_on")
    if any(getattr(row, name) != getattr(fresh, name) for name in names):
        for name in names:
            setattr(row, name, getattr(fresh, name))
        row.save(update_fields=names)
