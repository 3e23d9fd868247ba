"""Where a patient is, what is awaited, who was called, to whom she was handed: what the card shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import (
    Call,
    Contact,
    ExpectedArrival,
    HandOff,
    Observation,
    Patient,
    Place,
    ToxicityEvent,
    Whereabouts,
)
from patients.models.observation import Location
from protocols.rules.placement import CarePrompt, GradeNow, Placed, care_prompts
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Toxicity
from schedules.models import Alert
from schedules.rules import call_back
from schedules.selectors.chips import answered_suggestion, standing
from schedules.selectors.oncall import OnCall, who_is_on_call

SHOWN = 5
LOOK_BACK = timedelta(hours=24)
"""An older question is not answered by a call any more: what came of it stands on its alert."""
HERS = frozenset({Call.Party.PATIENT, Call.Party.CAREGIVER})
"""Whom a call back must reach."""
OF_THE_TEAM = (Alert.Kind.OVERDUE_ACTION, Alert.Kind.TREATMENT_DUE)
"""Alerts that ask the team to act at the bedside: no call back answers them."""
READ_AT: Mapping[str, frozenset[str]] = {
    Location.HOME: frozenset({Place.HOME}),
    Location.CLINIC: frozenset({Place.CLINIC}),
    Location.ED: frozenset({Place.EMERGENCY}),
    Location.HOSPITAL: frozenset({Place.EMERGENCY, Place.WARD, Place.INTENSIVE_CARE}),
}
"""Where a reading may have been taken of somebody who is at one of these places."""


@dataclass(frozen=True, slots=True)
class WhereFacts:
    """``now`` is the standing statement, ``None`` where none is on record.

    ``arrival`` is the one that is waited for. ``elsewhere`` is a newer reading that was taken somewhere else.
    ``waiting_since`` is the first question of the last day that no call has answered. ``hand_off`` is the
    newest; ``prompts`` are the moves that the grades now ask for.
    """

    patient: Patient
    now: Whereabouts | None
    earlier: tuple[Whereabouts, ...]
    arrival: ExpectedArrival | None
    elsewhere: Observation | None
    last_reading: Observation | None
    calls: tuple[Call, ...]
    waiting_since: datetime | None
    hand_off: HandOff | None
    contacts: tuple[Contact, ...]
    on_call: tuple[OnCall, ...]
    prompts: tuple[CarePrompt, ...]

    @property
    def place(self) -> Place | None:
        return Place(self.now.place) if self.now else None


def where_facts(staff: Staff, patient: Patient, spec: ProtocolSpec | None, at: datetime) -> WhereFacts:
    """Everything about the place of one patient that the caller has read: eight statements."""
    places = _places(patient)
    now = places[0] if places else None
    arrival = getattr(now, "arrival", None) if now else None
    read = _last_place_read(patient)
    calls = _calls(patient)
    return WhereFacts(
        patient=patient,
        now=now,
        earlier=places[1:],
        arrival=arrival if arrival and arrival.settled_at is None else None,
        elsewhere=read if now and read and _contradicts(read, now) else None,
        last_reading=read,
        calls=calls[:SHOWN],
        waiting_since=_waiting_since(patient, calls, at),
        hand_off=newest_hand_off(patient.pk),
        contacts=tuple(
            Contact.objects.filter(patient=patient, ended_at__isnull=True).order_by("recorded_at")
        ),
        on_call=who_is_on_call(staff.center_id, at),
        prompts=_prompts(patient, now, spec),
    )


def _places(patient: Patient) -> tuple[Whereabouts, ...]:
    rows = Whereabouts.objects.filter(patient=patient).select_related("arrival", "recorded_by")
    return tuple(rows.order_by("-since", "-recorded_at")[:SHOWN])


def _last_place_read(patient: Patient) -> Observation | None:
    rows = Observation.objects.current().filter(patient=patient).exclude(location="")
    return rows.order_by("-taken_at", "-recorded_at").first()


def _contradicts(read: Observation, now: Whereabouts) -> bool:
    return read.taken_at > now.since and now.place not in READ_AT[read.location]


def _calls(patient: Patient) -> tuple[Call, ...]:
    rows = Call.objects.filter(patient=patient).select_related("recorded_by")
    return tuple(rows.order_by("-called_at", "-recorded_at")[: 4 * SHOWN])


def _waiting_since(patient: Patient, calls: tuple[Call, ...], at: datetime) -> datetime | None:
    since = at - LOOK_BACK
    raised = asked_by_alerts(patient, since)
    hers = [call for call in calls if call.party in HERS and call.called_at >= since]
    reached = [call.called_at for call in hers if call.outcome == Call.Outcome.REACHED]
    rang = [call.called_at for call in hers if call.incoming and call.outcome != Call.Outcome.REACHED]
    return call_back.waiting_since([*raised, *rang], reached, at)


def asked_by_alerts(patient: Patient, since: datetime) -> tuple[datetime, ...]:
    """When alerts asked for a call back. One statement."""
    rows = Alert.objects.filter(patient=patient, raised_at__gte=since).exclude(kind__in=OF_THE_TEAM)
    return tuple(rows.values_list("raised_at", flat=True))


def newest_hand_off(patient_id: UUID) -> HandOff | None:
    """The last hand-off of a patient, whatever became of it. One statement."""
    rows = HandOff.objects.filter(patient_id=patient_id)
    return rows.select_related("given_by", "accepted_by", "refused_by").order_by("-given_at").first()


def hand_off_for(staff: Staff, hand_off_id: UUID) -> HandOff:
    """One hand-off of the person's center; otherwise 404."""
    rows = HandOff.objects.filter(center_id=staff.center_id).select_related("accepted_by", "refused_by")
    return get_object_or_404(rows, pk=hand_off_id)


def prompts_for(patient: Patient, spec: ProtocolSpec | None) -> tuple[CarePrompt, ...]:
    """What the grades now ask of the place, for a page without the card: two statements."""
    rows = Whereabouts.objects.filter(patient=patient).order_by("-since", "-recorded_at")
    return _prompts(patient, rows.first(), spec)


def _prompts(patient: Patient, now: Whereabouts | None, spec: ProtocolSpec | None) -> tuple[CarePrompt, ...]:
    if spec is None:
        return ()
    where = Placed(now.place) if now else None
    return care_prompts(grades_now(patient.pk), where, spec.center.care.care_triggers)


def grades_now(patient_id: UUID) -> dict[Toxicity, GradeNow]:
    """The grade of each open event as it stands; a grade that cannot be given is not here. One statement."""
    found: dict[Toxicity, GradeNow] = {}
    rows = ToxicityEvent.objects.open().filter(patient_id=patient_id).annotate(answered=answered_suggestion())
    for row in rows:
        event: Any = row
        chip = standing(event, event.answered).chip
        if chip is None or chip.grade is None:
            continue
        known = found.get(Toxicity(event.toxicity))
        if known is None or chip.grade > known.grade:
            found[Toxicity(event.toxicity)] = GradeNow(chip.grade, chip.at_least)
    return found
