"""A pharmacist confirms a block of the record; next doses that waited for it are free at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dosing_portal.kernel.models import Staff
from patients.models import Patient
from protocols.models import BlockConfirmation
from protocols.services import adoption
from protocols.services.adoption import Confirming
from schedules.models import CourseStatus
from schedules.services import status


@transaction.atomic
def confirm_block(*, confirming: Confirming, by: Staff, at: datetime) -> BlockConfirmation:
    """Confirm one block for the center. Raises ``AdoptionRefused`` as ``adoption.confirm_block`` does.

    Every patient with a next dose is locked, in one order, so that no reading recorded meanwhile is undone.
    """
    row = adoption.confirm_block(confirming=confirming, by=by, at=at)
    waiting = CourseStatus.objects.filter(center_id=by.center_id, next_dose__isnull=False)
    patients = Patient.objects.filter(pk__in=waiting.values("patient")).order_by("pk")
    list(patients.select_for_update(no_key=True).values_list("pk"))
    status.refresh_blockers(waiting)
    return row
