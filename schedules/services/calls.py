"""Log a call, and measure how long the patient waited for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.models import Call, Patient
from patients.services import calls as facts
from patients.services.calls import Told
from schedules.rules import call_back
from schedules.selectors.whereabouts import HERS, LOOK_BACK, asked_by_alerts
from schedules.services.whereabouts import unsettled_event


@transaction.atomic
def log(
    *,
    patient_id: UUID,
    told: Told,
    called_at: datetime,
    client_key: UUID,
    by: Staff,
    at: datetime,
    rang_at: datetime | None = None,
) -> Call:
    """Keep one call. A call that reached her or her caregiver keeps since when it was asked for.

    That is ``rang_at`` where the caller names it, else the first alert or call of hers within a day that no
    call has answered. Raises ``Patient.DoesNotExist`` for another center, ``FactRefused`` for an impossible
    time, ``AlreadyRecorded`` for a repeated ``client_key``.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    answers = told.party in HERS and told.outcome == Call.Outcome.REACHED
    row = facts.record(
        patient=patient,
        told=told,
        called_at=called_at,
        asked_at=rang_at or (_asked_at(patient, called_at) if answers else None),
        client_key=client_key,
        by=by,
        at=at,
        event=unsettled_event(patient),
    )
    audit.record("call.log", row, by=by, at=at, after=_audited(row), patient_id=patient.pk)
    return row


def _asked_at(patient: Patient, called_at: datetime) -> datetime | None:
    since = called_at - LOOK_BACK
    hers = Call.objects.filter(patient=patient, party__in=HERS, called_at__gte=since)
    raised = asked_by_alerts(patient, since)
    rows = list(hers.values_list("called_at", "incoming", "outcome"))
    unanswered = [when for when, incoming, outcome in rows if incoming and outcome != Call.Outcome.REACHED]
    reached = [when for when, _, outcome in rows if outcome == Call.Outcome.REACHED]
    return call_back.waiting_since([*raised, *unanswered], reached, called_at)


def _audited(row: Call) -> dict[str, object]:
    said: dict[str, object] = {
        "party": row.party,
        "incoming": row.incoming,
        "outcome": row.outcome,
        "called_at": row.called_at,
    }
    if row.asked_at is not None:
        minutes = call_back.minutes_waited(row.asked_at, row.called_at)
        said |= {"asked_at": row.asked_at, "minutes": minutes}
    return said
