"""What a physician does to an event, where the boards must follow."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import Patient, ToxicityEvent
from patients.services import toxicity
from schedules.services import checklists, status


@transaction.atomic
def close(*, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime) -> ToxicityEvent:
    """Close an event that has ended, and take it off the boards in the same transaction.

    Raises as ``patients.services.toxicity.close``: ``FactRefused`` before the protocol's hours have passed,
    ``StaleRevision`` when the page is old, ``ToxicityEvent.DoesNotExist`` for another center.
    """
    event = toxicity.close(event_id=event_id, seen_revision=seen_revision, reason=reason, by=by, at=at)
    status.refresh_events(event.patient_id)
    return event


@transaction.atomic
def confirm(
    *, event_id: UUID, grade: int, reason: str, seen_revision: int, by: Staff, at: datetime
) -> ToxicityEvent:
    """Confirm the suggested grade or set another one; a higher one asks for the actions of its plan.

    Raises as ``patients.services.toxicity.confirm``.
    """
    event = toxicity.confirm(
        event_id=event_id, grade=grade, reason=reason, seen_revision=seen_revision, by=by, at=at
    )
    patient = Patient.objects.get(pk=event.patient_id)  # confirm holds her lock until this transaction ends
    checklists.follow_patient(patient=patient, by=by, at=at)
    return event


@transaction.atomic
def declare(
    *, event_id: UUID, grade: int, reason: str, seen_revision: int, by: Staff, at: datetime
) -> ToxicityEvent:
    """A physician says that a possibly masked event is CRS.

    Raises ``StaleRevision``, and ``FactRefused`` without a grade of 1 to 5 or a reason.
    """
    event = toxicity.declare(
        event_id=event_id, grade=grade, reason=reason, seen_revision=seen_revision, by=by, at=at
    )
    status.refresh_events(event.patient_id)
    return event


@transaction.atomic
def rule_out(*, event_id: UUID, reason: str, seen_revision: int, by: Staff, at: datetime) -> ToxicityEvent:
    """A physician says that a possibly masked event is not CRS. Raises as ``declare``."""
    event = toxicity.rule_out(event_id=event_id, reason=reason, seen_revision=seen_revision, by=by, at=at)
    status.refresh_events(event.patient_id)
    return event
