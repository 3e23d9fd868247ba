"""Where the patient is, and the arrival that is waited for: a due time that pages when nobody settles it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Center, Staff
from patients.models import Contact, ExpectedArrival, Observation, Patient, Place, ToxicityEvent, Whereabouts
from patients.models.observation import Location
from patients.services import whereabouts as facts
from patients.services.whereabouts import Said
from protocols.rules.values import Severity
from schedules.models import Alert
from schedules.services import alerts, status
from schedules.services.alerts import Reason, Subject
from schedules.services.escalation import system_staff
from schedules.services.judging import judge
from schedules.services.rows import one_by_one

STAFFED = frozenset({Location.CLINIC, Location.ED, Location.HOSPITAL})
"""A reading that staff took at one of these shows that she arrived somewhere where people look after her."""


@transaction.atomic
def move(
    *, patient_id: UUID, said: Said, since: datetime, client_key: UUID, by: Staff, at: datetime
) -> Whereabouts:
    """Say where the patient is, and wait for the arrival or settle it.

    Whatever was awaited follows the statement that stands, the newest by ``since``: a late entry takes its
    place in the history and moves nothing that came after it. Raises ``Patient.DoesNotExist`` for a patient
    of another center, ``FactRefused`` for an impossible time, ``AlreadyRecorded`` for a repeated
    ``client_key``, and ``NoProtocol`` where nobody could be paged if she does not arrive.
    """
    patient = Patient.objects.visible_to(by).select_for_update(no_key=True).get(pk=patient_id)
    row = facts.record(
        patient=patient,
        said=said,
        since=since,
        client_key=client_key,
        by=by,
        at=at,
        event=unsettled_event(patient),
    )
    _follow(patient, by, at)
    audit.record("whereabouts.move", row, by=by, at=at, after=_audited(row), patient_id=patient.pk)
    return row


def unsettled_event(patient: Patient) -> ToxicityEvent | None:
    """The patient's worst event that is not over."""
    return ToxicityEvent.objects.unsettled().filter(patient=patient).order_by("-current_grade").first()


def _audited(row: Whereabouts) -> dict[str, object]:
    names = ("place", "facility", "destination", "expected_at", "with_whom", "since", "note")
    return {name: value for name in names if (value := getattr(row, name))}


def standing(patient: Patient) -> Whereabouts | None:
    """The statement that stands: the newest by ``since``, of equal ones the one written last."""
    return Whereabouts.objects.filter(patient=patient).order_by("-since", "-recorded_at").first()


def _follow(patient: Patient, by: Staff, at: datetime) -> None:
    """Wait for exactly what the standing statement announces. The caller holds the patient's lock."""
    now = standing(patient)
    awaited = _awaited(patient)
    if now is None or (awaited is not None and awaited.departure_id == now.pk):
        return
    if awaited is not None:
        _settle(awaited, _because(now, by.center), by, at)
    if now.place == Place.ON_THE_WAY and not ExpectedArrival.objects.filter(departure=now).exists():
        grace = judge(patient, now.since).spec.center.care.chase.arrival_grace_minutes
        ExpectedArrival.objects.create(
            center_id=patient.center_id,
            patient=patient,
            departure=now,
            due_at=_expected(now) + timedelta(minutes=grace),
        )


def _awaited(patient: Patient) -> ExpectedArrival | None:
    rows = ExpectedArrival.objects.filter(patient=patient, settled_at__isnull=True)
    return rows.select_for_update(no_key=True).first()


def _expected(departure: Whereabouts) -> datetime:
    if departure.expected_at is None:
        raise ValueError("a departure has an expected time, by constraint")
    return departure.expected_at


def _because(now: Whereabouts, center: Center) -> str:
    if now.place == Place.ON_THE_WAY:
        return f"expected again at {center.local(_expected(now)):%H:%M}"
    return f"{now.get_place_display().lower()} since {center.local(now.since):%H:%M}"


def _settle(awaited: ExpectedArrival, because: str, by: Staff, at: datetime) -> None:
    """Nobody need look for her any more: the page ends with the waiting."""
    awaited.settled_at, awaited.settled_by = at, by
    awaited.save(update_fields=["settled_at", "settled_by"])
    paged = Alert.objects.unresolved().select_for_update(no_key=True)
    found = list(paged.filter(patient=awaited.patient_id, kind=Alert.Kind.NOT_ARRIVED))
    if found:
        alerts.settle(found, because=because, by=by, at=at)
        status.refresh_alert(awaited.patient_id)
    audit.record(
        "arrival.settle",
        awaited,
        by=by,
        at=at,
        after={"settled_at": at},
        reason=because,
        patient_id=awaited.patient_id,
    )


def seen_by(row: Observation, by: Staff, at: datetime) -> None:
    """A reading that staff took where people look after her ends the search, and moves her nowhere.

    The place stays as it was recorded until a person says where she is: the page shows both. A reading from
    before she left, or one that she or her caregiver reported, settles nothing.
    """
    if row.location not in STAFFED or row.reported_by != "staff":
        return
    awaited = (
        ExpectedArrival.objects.select_related("departure")
        .select_for_update(of=("self",), no_key=True)
        .filter(patient=row.patient_id, settled_at__isnull=True, departure__since__lte=row.taken_at)
        .first()
    )
    if awaited is not None:
        local = by.center.local(row.taken_at)
        _settle(awaited, f"reading of {local:%H:%M} taken at {row.get_location_display()}", by, at)


# --- not arrived ------------------------------------------------------------------------------------------


def flag_not_arrived(*, at: datetime) -> int:
    """Alert for every arrival past its expected time and the protocol's grace. Returns how many.

    Raises ``RowsLeftBehind`` when one could not be flagged; the others were.
    """
    due = _to_flag(at).order_by("due_at")
    return one_by_one(due.values_list("pk", flat=True), lambda pk: _flag_one(pk, at))


def _to_flag(at: datetime) -> QuerySet[ExpectedArrival]:
    return ExpectedArrival.objects.filter(settled_at__isnull=True, told_at__isnull=True, due_at__lte=at)


def _flag_one(arrival_id: UUID, at: datetime) -> bool:
    """Under the patient's lock; who holds it may be recording the arrival."""
    whose = ExpectedArrival.objects.filter(pk=arrival_id).values("patient")
    patients = Patient.objects.select_for_update(skip_locked=True, no_key=True)
    patient = patients.filter(pk__in=whose).first()
    if patient is None:
        return False
    arrival = _to_flag(at).select_related("departure", "center").filter(pk=arrival_id).first()
    if arrival is None:
        return False
    _flag(arrival, patient, at)
    return True


def _flag(arrival: ExpectedArrival, patient: Patient, at: datetime) -> None:
    arrival.told_at = at
    arrival.save(update_fields=["told_at"])
    by, who = system_staff(arrival.center_id), judge(patient, at)
    reason = Reason(
        kind=Alert.Kind.NOT_ARRIVED,
        severity=Severity.ACT_NOW,
        because=_late_words(arrival, patient, at),
        source=str(who.spec.center.care.chase.provenance.source or ""),
    )
    subject = Subject(
        patient=patient,
        course=who.course,
        version_id=who.version_id,
        spec=who.spec,
        event=unsettled_event(patient),
        has_alerts=who.has_alerts,
    )
    alerts.raise_for(subject=subject, reasons=[reason], by=by, at=at)
    audit.record(
        "arrival.late",
        arrival,
        by=by,
        at=at,
        after={"expected_at": arrival.departure.expected_at},
        patient_id=patient.pk,
    )
    status.refresh_alert(patient.pk)


def _late_words(arrival: ExpectedArrival, patient: Patient, at: datetime) -> str:
    """expected 15:10 at Northfield General, 20 min late; call Tom SAMPLE 555-0171."""
    way = arrival.departure
    expected = _expected(way)
    late = int((at - expected).total_seconds() // 60)
    goal = way.facility or Place(way.destination).label.lower()
    words = f"expected {arrival.center.local(expected):%H:%M} at {goal}, {late} min late"
    numbers = _numbers(patient)
    return f"{words}; call {', then '.join(numbers)}" if numbers else f"{words}; no number on record"


def _numbers(patient: Patient) -> Sequence[str]:
    """Her own number first, then who is with her at home."""
    own = [f"the patient {patient.phone}"] if patient.phone else []
    near = Contact.objects.filter(patient=patient, ended_at__isnull=True, kind=Contact.Kind.CAREGIVER)
    return [*own, *(f"{contact.name} {contact.phone}" for contact in near.order_by("recorded_at")[:1])]
