"""Somebody comes in or goes: the door's answer, and an audit entry for each who passed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dosing_portal.kernel import audit, door
from dosing_portal.kernel.door import Answer
from dosing_portal.kernel.models import Staff


@transaction.atomic
def attempt(*, username: str, password: str, address: str, at: datetime) -> Answer:
    """Check one name and password given from an address; a success is audited."""
    answer = door.recognize(username=username, password=password, address=address, at=at)
    if answer.staff is not None:
        audit.record("staff.sign_in", answer.staff, by=answer.staff, at=at)
    return answer


@transaction.atomic
def leave(*, by: Staff, at: datetime) -> None:
    """Somebody signs out by hand; a session that ends by itself has nobody who acts."""
    audit.record("staff.sign_out", by, by=by, at=at)
