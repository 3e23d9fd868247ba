"""What a physician does to an event, where the boards must follow."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import EventResolution, Patient, ToxicityEvent
from patients.services import toxicity
from protocols.rules.resolution import Resolution
from schedules.models import EventLook
from schedules.selectors.resolutions import closing_needs, resolution_now
from schedules.services import checklists, status
from schedules.services.judging import judge


@transaction.atomic
def sign_resolved(
    *, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime
) -> EventResolution:
    """A physician signs that an event is resolved, by the protocol's rule as the timeline stands now.

    Where a sign is abnormal or not known now nobody can sign; where only the protocol's hours are not over a
    physician may, with a reason. Raises ``FactRefused`` with what is missing, ``StaleRevision`` for an old
    page, ``ToxicityEvent.DoesNotExist`` for another center.
    """
    event = _locked(event_id, by)
    if event.revision != seen_revision:
        raise StaleRevision
    _refuse_unless_open(event)
    spec = judge(event.patient, at).spec
    found = resolution_now(event, spec, at)
    _refuse_unresolved(found, reason)
    signed = EventResolution.objects.create(
        center_id=event.center_id,
        patient_id=event.patient_id,
        event=event,
        met=[one.text[:300] for one in found.conditions if one.met],
        unmet=[one.text[:300] for one in found.waiting],
        masking=[f"{one.kind.replace('_', ' ')}, {one.hours:.0f} h before" for one in found.masking],
        source=str(found.provenance.source or "")[:300],
        reason=reason.strip(),
        signed_at=at,
        signed_by=by,
    )
    event.resolved_at, event.resolved_by = at, by
    if event.ended_at is None:  # declared by a physician, so no reading says when it ended
        event.ended_at = event.closing_allowed_from = at
    event.revision += 1
    event.save()
    audit.record(
        "event.resolve",
        event,
        by=by,
        at=at,
        after={"met": signed.met, "unmet": signed.unmet, "masking": signed.masking},
        reason=reason,
        patient_id=event.patient_id,
    )
    status.refresh_events(event.patient_id)
    return signed


def _locked(event_id: UUID, by: Staff) -> ToxicityEvent:
    patient_id = ToxicityEvent.objects.visible_to(by).values("patient").get(pk=event_id)["patient"]
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    return ToxicityEvent.objects.select_related("patient").get(pk=event_id)


def _refuse_unless_open(event: ToxicityEvent) -> None:
    if event.state != ToxicityEvent.State.OPEN:
        raise FactRefused("event", f"This event is {event.get_state_display().lower()} already.")
    if event.resolved_at is not None and event.resolved_by is not None:
        when = event.center.local(event.resolved_at)
        raise FactRefused("event", f"{event.resolved_by.name} signed this at {when:%d-%b-%Y %H:%M}.")


def _refuse_unresolved(found: Resolution, reason: str) -> None:
    if found.blocking:
        missing = "; ".join(f"{one.text} ({one.state})" for one in found.blocking)
        raise FactRefused("event", f"Not resolved, and nobody can sign over this: {missing}.")
    if found.waiting and not reason.strip():
        waits = "; ".join(one.text for one in found.waiting)
        raise FactRefused("reason", f"The protocol's hours are not over: {waits}. Write why you sign now.")


@transaction.atomic
def confirm_maximum(*, event_id: UUID, seen_revision: int, by: Staff, at: datetime) -> ToxicityEvent:
    """A physician confirms the event's maximum. Raises ``StaleRevision``, and ``FactRefused`` without one."""
    return toxicity.confirm_maximum(event_id=event_id, seen_revision=seen_revision, by=by, at=at)


@transaction.atomic
def close(*, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime) -> ToxicityEvent:
    """Close a resolved event with its maximum confirmed, and take it off the boards in the same transaction.

    Raises ``FactRefused`` with what is missing or before the protocol's hours have passed, ``StaleRevision``
    when the page is old, ``ToxicityEvent.DoesNotExist`` for another center.
    """
    event = _locked(event_id, by)
    if event.revision != seen_revision:
        raise StaleRevision
    missing = [need.words for need in closing_needs(event) if not need.done]
    if missing and event.state == ToxicityEvent.State.OPEN and _over(event, at):
        raise FactRefused("event", f"Not closed. Missing: {', '.join(missing)}.")
    return close_as_told(event_id=event_id, seen_revision=seen_revision, reason=reason, by=by, at=at)


def _over(event: ToxicityEvent, at: datetime) -> bool:
    return event.closing_allowed_from is not None and event.closing_allowed_from <= at


@transaction.atomic
def close_as_told(
    *, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime
) -> ToxicityEvent:
    """Close an event of a story, which tells of no signature: only the protocol's hours are asked for.

    Raises as ``patients.services.toxicity.close``.
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
    _follow(event, by, at)
    return event


@transaction.atomic
def rule_out(*, event_id: UUID, reason: str, seen_revision: int, by: Staff, at: datetime) -> ToxicityEvent:
    """A physician says that a possibly masked event is not CRS. Raises as ``declare``."""
    event = toxicity.rule_out(event_id=event_id, reason=reason, seen_revision=seen_revision, by=by, at=at)
    _follow(event, by, at)
    return event


def _follow(event: ToxicityEvent, by: Staff, at: datetime) -> None:
    """What hangs on an answer to a suspicion: the checklist and the boards."""
    checklists.follow_patient(patient=event.patient, by=by, at=at)
    status.refresh_events(event.patient_id)


def look(*, event_id: UUID, by: Staff, at: datetime) -> None:
    """A physician opened the event: the board shows how long ago that was. One statement, not audited."""
    row = EventLook(event_id=event_id, center_id=by.center_id, looked_at=at, looked_by=by)
    EventLook.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["event"], update_fields=["looked_at", "looked_by"]
    )
