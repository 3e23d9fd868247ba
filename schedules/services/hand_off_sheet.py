"""The sheet leaves the portal: who took it, and how."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.models import Patient

READ, PRINTED = "hand_off.sheet_read", "hand_off.sheet_print"


@transaction.atomic
def taken(*, patient: Patient, how: str, by: Staff, at: datetime) -> None:
    """Keep that somebody opened the sheet on a screen (``READ``) or took it on paper (``PRINTED``)."""
    audit.record(how, patient, by=by, at=at, patient_id=patient.pk)
