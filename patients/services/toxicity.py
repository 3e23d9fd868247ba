"""What clinicians say of an event: a grade, another cause, that it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import Attribution, Observation, Patient, ToxicityEvent, ToxicityGrading
from patients.models.toxicity import STANDING
from patients.services.event_ledger import DECLARED_TEXT
from protocols.rules.values import Axis

GRADES = range(6)  # the whole scale: from none to death


def attribute(
    *,
    patient: Patient,
    observations: Iterable[Observation],
    axis: Axis,
    cause: str,
    reason: str,
    by: Staff,
    at: datetime,
) -> tuple[Attribution, ...]:
    """A physician names another cause for one axis of some readings (an empty cause takes it back).

    The caller re-grades in the same transaction. Limits keep alarming whatever is said here.
    """
    if not reason.strip():
        raise FactRefused("reason", "Write why: an attribution changes the grade.")
    rows = tuple(
        Attribution(
            center_id=patient.center_id,
            patient=patient,
            observation=observation,
            axis=axis.value,
            cause=cause,
            reason=reason,
            attributed_at=at,
            attributed_by=by,
        )
        for observation in observations
    )
    Attribution.objects.bulk_create(rows)
    return rows


def _locked(event_id: UUID, by: Staff) -> ToxicityEvent:
    """The event under its patient's lock: a reading being graded would write over what is said here."""
    patient_id = ToxicityEvent.objects.visible_to(by).values("patient").get(pk=event_id)["patient"]
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    return ToxicityEvent.objects.select_for_update().get(pk=event_id)


def _seen(event_id: UUID, seen_revision: int, by: Staff) -> ToxicityEvent:
    """As ``_locked``. Raises ``StaleRevision`` when the event changed since the page was opened."""
    event = _locked(event_id, by)
    if event.revision != seen_revision:
        raise StaleRevision
    return event


def _state(
    event: ToxicityEvent, kind: str, grade: int, reason: str, by: Staff, at: datetime
) -> ToxicityGrading:
    """One more statement in the event's history, beside what the rules suggest."""
    return ToxicityGrading.objects.create(
        center_id=event.center_id,
        patient_id=event.patient_id,
        event=event,
        toxicity=event.toxicity,
        kind=kind,
        at_least=grade,
        suggested_grade=event.current_grade,
        reason=reason,
        graded_at=at,
        graded_by=by,
    )


@transaction.atomic
def confirm(
    *, event_id: UUID, grade: int, reason: str, seen_revision: int, by: Staff, at: datetime
) -> ToxicityEvent:
    """A clinician confirms the suggested grade, or sets another one with a reason.

    Raises ``StaleRevision`` when the event changed since the page was opened, and ``FactRefused`` for a
    grade outside 0 to 5 or a change without a reason. The suggestion stays in the history.
    """
    event = _seen(event_id, seen_revision, by)
    if grade not in GRADES:
        raise FactRefused("grade", "A grade is 0 to 5.")
    if grade != event.current_grade and not reason.strip():
        raise FactRefused("reason", "Write why your grade differs from the suggestion.")
    before = {"confirmed_grade": event.confirmed_grade, "suggested": event.current_grade}
    event.confirmed_grade, event.confirmed_at, event.confirmed_by = grade, at, by
    event.max_grade = max(event.max_grade, grade)
    event.revision += 1
    event.save()
    _state(event, ToxicityGrading.Kind.CONFIRMED, grade, reason, by, at)
    audit.record(
        "event.confirm_grade",
        event,
        by=by,
        at=at,
        before=before,
        after={"confirmed_grade": grade},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


@transaction.atomic
def confirm_maximum(*, event_id: UUID, seen_revision: int, by: Staff, at: datetime) -> ToxicityEvent:
    """A physician confirms the highest grade that the event reached: the next dose is decided by it."""
    event = _seen(event_id, seen_revision, by)
    if event.max_grade == 0:
        raise FactRefused("event", "This event has no grade to confirm.")
    event.revision += 1
    event.save(update_fields=["revision"])
    _state(event, ToxicityGrading.Kind.MAXIMUM, event.max_grade, "", by, at)
    audit.record(
        "event.confirm_maximum",
        event,
        by=by,
        at=at,
        after={"max_grade": event.max_grade},
        patient_id=event.patient_id,
    )
    return event


@transaction.atomic
def disagree(*, event_id: UUID, grade: int, reason: str, by: Staff, at: datetime) -> ToxicityGrading:
    """A clinician notes the grade she would give and why. It changes nothing, and is kept for the figures."""
    event = _locked(event_id, by)
    if grade not in GRADES:
        raise FactRefused("grade", "A grade is 0 to 5.")
    if not reason.strip():
        raise FactRefused("reason", "Write why you disagree.")
    if grade == event.current_grade:
        raise FactRefused("grade", f"Grade {grade} is what is suggested now. Name the grade you see instead.")
    row = _state(event, ToxicityGrading.Kind.DISAGREED, grade, reason, by, at)
    audit.record(
        "event.disagree",
        event,
        by=by,
        at=at,
        before={"suggested": event.current_grade},
        after={"grade": grade},
        reason=reason,
        patient_id=event.patient_id,
    )
    return row


# --- possibly masked CRS ----------------------------------------------------------------------------------


@transaction.atomic
def declare(
    *, event_id: UUID, grade: int, reason: str, seen_revision: int, by: Staff, at: datetime
) -> ToxicityEvent:
    """A physician says that a suspicion is CRS, without a fever on record: from here on it is open."""
    event = _suspicion(event_id, seen_revision, by)
    if grade not in GRADES[1:]:
        raise FactRefused("grade", "CRS is grade 1 to 5.")
    if not reason.strip():
        raise FactRefused("reason", "Write why this is CRS without a fever on record.")
    event.state = ToxicityEvent.State.OPEN
    event.current_text = DECLARED_TEXT
    event.answered_at, event.answered_by = at, by
    event.confirmed_grade, event.confirmed_at, event.confirmed_by = grade, at, by
    event.max_grade = grade
    event.follows_id = _event_before(event)
    event.revision += 1
    event.save()
    _state(event, ToxicityGrading.Kind.CONFIRMED, grade, reason, by, at)
    audit.record(
        "event.declare",
        event,
        by=by,
        at=at,
        before={"state": "masked"},
        after={"state": "open", "grade": grade},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


@transaction.atomic
def rule_out(*, event_id: UUID, reason: str, seen_revision: int, by: Staff, at: datetime) -> ToxicityEvent:
    """A physician says that a suspicion is not CRS: an answer to what is on record, not to what follows."""
    event = _suspicion(event_id, seen_revision, by)
    if not reason.strip():
        raise FactRefused("reason", "Write what explains the signs instead.")
    event.state = ToxicityEvent.State.ATTRIBUTED
    event.current_text = f"not {event.label}"
    event.answered_at, event.answered_by = at, by
    event.revision += 1
    event.save()
    _state(event, ToxicityGrading.Kind.RULED_OUT, 0, reason, by, at)
    audit.record(
        "event.rule_out",
        event,
        by=by,
        at=at,
        before={"state": "masked"},
        after={"state": "attributed"},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


def _suspicion(event_id: UUID, seen_revision: int, by: Staff) -> ToxicityEvent:
    event = _seen(event_id, seen_revision, by)
    if event.state != ToxicityEvent.State.MASKED:
        raise FactRefused("event", f"This event is {event.get_state_display().lower()} already.")
    return event


def _event_before(event: ToxicityEvent) -> UUID | None:
    earlier = ToxicityEvent.objects.filter(
        patient_id=event.patient_id,
        toxicity=event.toxicity,
        state__in=STANDING,
        opened_at__lt=event.opened_at,
    )
    return earlier.order_by("-opened_at").values_list("pk", flat=True).first()


# --- the end ----------------------------------------------------------------------------------------------


@transaction.atomic
def close(*, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime) -> ToxicityEvent:
    """Close an event that has ended and stayed away for the protocol's hours.

    Raises ``FactRefused`` before that, and ``StaleRevision`` when the page is old.
    """
    event = _seen(event_id, seen_revision, by)
    if event.state != ToxicityEvent.State.OPEN:
        raise FactRefused("event", f"This event is {event.get_state_display().lower()} already.")
    if event.closing_allowed_from is None or at < event.closing_allowed_from:
        raise FactRefused("event", _not_yet(event))
    event.state = ToxicityEvent.State.CLOSED
    event.closed_at, event.closed_by = at, by
    event.revision += 1
    event.save()
    audit.record(
        "event.close",
        event,
        by=by,
        at=at,
        after={"max_grade": event.max_grade, "ended_at": event.ended_at},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


def _not_yet(event: ToxicityEvent) -> str:
    if event.closing_allowed_from is None:
        return "Not closed: the last readings are still abnormal or incomplete."
    local = event.center.local(event.closing_allowed_from)
    return f"Not closed: it may be closed from {local:%d-%b-%Y %H:%M}, when findings stayed away long enough."
