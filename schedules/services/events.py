"""What a physician does to an event, where the boards must follow."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import ToxicityEvent
from patients.services import toxicity
from schedules.services import status


@transaction.atomic
def close(*, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime) -> ToxicityEvent:
    """Close an event that has ended, and take it off the boards in the same transaction.

    Raises as ``patients.services.toxicity.close``: ``FactRefused`` before the protocol's hours have passed,
    ``StaleRevision`` when the page is old, ``ToxicityEvent.DoesNotExist`` for another center.
    """
    event = toxicity.close(event_id=event_id, seen_revision=seen_revision, reason=reason, by=by, at=at)
    status.refresh_events(event.patient_id)
    return event
