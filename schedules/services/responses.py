"""Run the emergency checklist of an event: done, not done, applies, and taken back after a slip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.models import Patient
from patients.services.observations import CLOCK_SKEW
from schedules.errors import ActRefused, StepSettled
from schedules.models import ResponseStep
from schedules.rules import checklist
from schedules.rules.checklist import State
from schedules.services import checklists, overdue, status


@transaction.atomic
def do_step(*, step_id: UUID, settled_at: datetime, by: Staff, at: datetime) -> ResponseStep:
    """Say that an action was done, and when. The same person saying it again changes nothing.

    Raises ``StepSettled`` when somebody else settled it, ``ActRefused`` for a time before the event or ahead,
    for an action that a drug or a reading completes, and in an event that is over. What waited for this
    action starts its clock.
    """
    step = _locked(step_id, by)
    if step.state == State.DONE and step.settled_by_id == by.pk:
        return step
    _refuse_settled(step)
    _refuse_what_a_record_completes(step)
    _refuse_impossible(step, settled_at, at)
    if step.only_if and step.applies_at is None:
        step.applies_at, step.applies_by = settled_at, by
    return _settle(step, State.DONE, settled_at, "", by, at)


@transaction.atomic
def decline_step(*, step_id: UUID, reason: str, by: Staff, at: datetime) -> ResponseStep:
    """Say that an action is not done, or does not apply, and why. It stays on the list with the reason.

    Raises as ``do_step``, and ``ActRefused`` without a reason.
    """
    step = _locked(step_id, by)
    if (step.state, step.settled_by_id, step.reason) == (State.NOT_DONE, by.pk, reason.strip()):
        return step
    _refuse_settled(step)
    _refuse_ended(step)
    if not reason.strip():
        raise ActRefused("reason", "Write why it is not done.")
    return _settle(step, State.NOT_DONE, at, reason.strip(), by, at)


@transaction.atomic
def apply_step(*, step_id: UUID, applies_at: datetime, by: Staff, at: datetime) -> ResponseStep:
    """Say that the condition of an action holds: its clock starts. Said before, nothing changes.

    Raises as ``do_step``, and ``ActRefused`` for an action without a condition.
    """
    step = _locked(step_id, by)
    if not step.only_if:
        raise ActRefused("step", "This action has no condition: it applies already.")
    if step.applies_at is not None and not step.settled_at:
        return step
    _refuse_settled(step)
    _refuse_impossible(step, applies_at, at)
    step.applies_at, step.applies_by = applies_at, by
    step.save(update_fields=["applies_at", "applies_by"])
    _after(step, "step.apply", {"applies_at": applies_at}, "", by, at)
    return step


@transaction.atomic
def reopen_step(*, step_id: UUID, reason: str, by: Staff, at: datetime) -> ResponseStep:
    """Take back what was said of an action by a slip: it is open again. The audit trail keeps what was said.

    Raises ``ActRefused`` without a reason, and for an action that a drug or a reading completed: that record
    is taken back or corrected instead.
    """
    step = _locked(step_id, by)
    if step.state not in {State.DONE, State.NOT_DONE}:
        return step
    _refuse_ended(step)
    if step.given_id or step.observation_id:
        what = "Take back the drug" if step.given_id else "Correct the reading"
        raise ActRefused("step", f"{what} that completed this: the list follows it.")
    if not reason.strip():
        raise ActRefused("reason", "Write what was wrong.")
    if ResponseStep.objects.filter(event=step.event_id, action=step.action, turn__gt=step.turn).exists():
        raise ActRefused("step", "The next turn of this action is on the list. Record that one.")
    before: dict[str, object] = {"state": step.state, "settled_at": step.settled_at, "reason": step.reason}
    step.state, step.settled_at, step.settled_by, step.recorded_at = State.OPEN, None, None, None
    step.reason = ""
    step.told_at = None
    step.save()
    _after(step, "step.reopen", {"state": "open"}, reason, by, at, before=before)
    return step


# --- one act ----------------------------------------------------------------------------------------------


def _locked(step_id: UUID, by: Staff) -> ResponseStep:
    """The step under its patient's lock, so that two people cannot both settle it."""
    rows = ResponseStep.objects.filter(center_id=by.center_id)
    patient_id = rows.values("patient").get(pk=step_id)["patient"]
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    return rows.select_related("event", "settled_by", "patient", "center").get(pk=step_id)


def _settle(
    step: ResponseStep, state: State, settled_at: datetime, reason: str, by: Staff, at: datetime
) -> ResponseStep:
    told = step.told_at is not None
    step.state, step.settled_at, step.settled_by, step.recorded_at = state.value, settled_at, by, at
    step.reason, step.late_from, step.told_at, step.look_again_at = reason, None, None, None
    if step.clock_from is None:
        step.due_at = None
    step.save()
    act = "step.done" if state is State.DONE else "step.not_done"
    after = {"action": step.action, "turn": step.turn, "settled_at": settled_at}
    _after(step, act, after, reason, by, at)
    if told:
        overdue.settle_when_none(patient_id=step.patient_id, by=by, at=at)
        status.refresh_alert(step.patient_id)
    return step


def _after(
    step: ResponseStep,
    act: str,
    after: Mapping[str, object],
    reason: str,
    by: Staff,
    at: datetime,
    before: Mapping[str, object] | None = None,
) -> None:
    """What waited for it starts, and the act is on record."""
    checklists.follow_patient(patient=step.patient, by=by, at=at)
    step.refresh_from_db()
    audit.record(
        act, step, by=by, at=at, before=before, after=after, reason=reason, patient_id=step.patient_id
    )


# --- what is refused --------------------------------------------------------------------------------------


def _refuse_settled(step: ResponseStep) -> None:
    if step.settled_at is None or step.settled_by is None:
        return
    when = step.center.local(step.settled_at)
    if step.state == State.DONE:
        raise StepSettled(f"{step.settled_by.name} did this at {when:%H:%M}. Nothing was changed.")
    raise StepSettled(f"Not done: {step.reason}. {step.settled_by.name}, {when:%H:%M}. Nothing was changed.")


def _refuse_ended(step: ResponseStep) -> None:
    if step.event.state not in checklists.RUNNING:
        raise ActRefused(
            "step", f"The event is {step.event.get_state_display().lower()}. Its list is closed."
        )


def _refuse_what_a_record_completes(step: ResponseStep) -> None:
    if step.intervention:
        raise ActRefused("step", "Record what was given, with its dose and time: that completes this.")
    if step.kind == checklist.REPEATING:
        raise ActRefused("step", "Log the vitals: a check is done when its values are on record.")


def _refuse_impossible(step: ResponseStep, moment: datetime, at: datetime) -> None:
    _refuse_ended(step)
    opened = step.event.opened_at
    if moment < opened.replace(second=0, microsecond=0):
        local = step.center.local(opened)
        raise ActRefused("done_time", f"The event opened {local:%d-%b-%Y %H:%M}. Write a time after that.")
    if moment > at + CLOCK_SKEW:
        raise ActRefused("done_time", "This time lies in the future. Write when it was done.")
