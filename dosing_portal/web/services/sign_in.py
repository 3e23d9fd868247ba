"""Somebody comes in: the door's answer, with an audit entry for whom it let in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dosing_portal.kernel import audit, door
from dosing_portal.kernel.door import Answer


@transaction.atomic
def attempt(*, username: str, password: str, address: str, at: datetime) -> Answer:
    """Check one name and password given from an address; a success is audited."""
    answer = door.recognize(username=username, password=password, address=address, at=at)
    if answer.staff is not None:
        audit.record("staff.sign_in", answer.staff, by=answer.staff, at=at)
    return answer
