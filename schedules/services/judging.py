"""Under which protocol a patient is graded, and what her timeline means under it. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject

from patients.models import ExpectedArrival, Patient, ToxicityEvent
from patients.models.toxicity import UNSETTLED
from patients.selectors import DOSE, GIVEN, READING, Timeline, baseline_of, timeline
from patients.services.event_ledger import PastEvent
from protocols import selectors as protocols
from protocols.models import BlockConfirmation
from protocols.rules import triage
from protocols.rules.regimen import DoseKind, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Assessment, Entry, EntryKind, InterventionKind, VitalSigns
from schedules.errors import NoProtocol
from schedules.models import Administration, Alert, TreatmentCourse, TreatmentDue
from schedules.selectors.laboratory import newest_anc

LOOK_BACK = timedelta(days=10)
"""How far before a reading its timeline is read, at least; an open event reaches back to its opening."""
PREVIEW_REF = "preview"


@dataclass(frozen=True, slots=True)
class Judge:
    """Under which course and protocol version a patient is graded, and which doses were given.

    ``events`` is every event of the patient, ``has_alerts`` whether an alert is unresolved, ``awaited``
    whether an arrival is, ``has_treatment_due`` whether something ordered is to be done: read along, so that
    what is not there need not be asked for. ``True`` where that was not read.
    """

    course: TreatmentCourse | None
    version_id: UUID
    spec: ProtocolSpec
    doses: tuple[tuple[str, datetime], ...]
    events: tuple[PastEvent, ...]
    has_alerts: bool = True
    awaited: bool = True
    has_treatment_due: bool = True

    def may_have_events(self, since: datetime) -> bool:
        """False when no event is unsettled and none opened, or was answered, since."""
        return any(
            event.state in UNSETTLED
            or event.opened_at >= since
            or (event.answered_at is not None and event.answered_at >= since)
            for event in self.events
        )


def judge(patient: Patient, taken_at: datetime) -> Judge:
    """The pinned version of the course in force at that time, or the center-wide section without one.

    One statement with a course, four without. Raises ``NoProtocol`` when the center has neither.
    """
    course: Any = (
        TreatmentCourse.objects.in_force(patient, taken_at)
        .annotate(
            given=ArraySubquery(
                Administration.objects.filter(course__patient=OuterRef("patient"))
                .order_by("given_at")
                .values(json=JSONObject(dose="dose", at="given_at"))
            ),
            newest_confirmation=Subquery(
                BlockConfirmation.objects.filter(center=OuterRef("center")).order_by("-id").values("id")[:1]
            ),
            has_alerts=Exists(Alert.objects.unresolved().filter(patient=OuterRef("patient"))),
            past_events=_past_events(),
            awaited=Exists(
                ExpectedArrival.objects.filter(patient=OuterRef("patient"), settled_at__isnull=True)
            ),
            newest_anc=newest_anc(),
            has_treatment_due=Exists(
                TreatmentDue.objects.filter(patient=OuterRef("patient"), state=TreatmentDue.State.OPEN)
            ),
        )
        .first()
    )
    if course is not None:
        version_id, newest = course.protocol_version_id, course.newest_confirmation or 0
        doses = tuple((item["dose"], datetime.fromisoformat(item["at"])) for item in course.given)
        events = tuple(_past_event(item) for item in course.past_events)
        spec = protocols.spec(version_id, newest)
        return Judge(
            course,
            version_id,
            spec,
            doses,
            has_alerts=course.has_alerts,
            events=events,
            awaited=course.awaited,
            has_treatment_due=course.has_treatment_due,
        )
    version = protocols.center_wide_version(patient.center_id)
    if version is None:
        raise NoProtocol("This center has no active protocol. An administrator must activate one.")
    fields = [field.name for field in fields_of(PastEvent)]
    found = ToxicityEvent.objects.filter(patient=patient).order_by("opened_at").values(*fields)
    events = tuple(PastEvent(**item) for item in found)
    return Judge(None, version.pk, protocols.spec(version.pk), _doses_of_ended_courses(patient), events)


def _past_events() -> ArraySubquery:
    fields = {field.name: field.name for field in fields_of(PastEvent)}
    rows = ToxicityEvent.objects.filter(patient=OuterRef("patient"))
    return ArraySubquery(rows.order_by("opened_at").values(json=JSONObject(**fields)))


def _past_event(item: dict[str, Any]) -> PastEvent:
    times = {
        name: datetime.fromisoformat(item[name]) if item[name] else None
        for name in ("opened_at", "answered_at")
    }
    return PastEvent(**{**item, **times, "id": UUID(item["id"])})


def _doses_of_ended_courses(patient: Patient) -> tuple[tuple[str, datetime], ...]:
    rows = Administration.objects.filter(course__patient=patient).order_by("given_at")
    return tuple(rows.values_list("dose", "given_at"))


def dose_entries(doses: Sequence[tuple[str, datetime]], schedule: Schedule | None) -> tuple[Entry, ...]:
    """The doses as the rules count hours from them: onset is told from the most recent bispecific dose.

    A companion drug of the schedule is none, so it is left out.
    """
    companions = {
        dose.id for dose in (schedule.doses if schedule else ()) if dose.kind is DoseKind.COMPANION_DRUG
    }
    return tuple(
        Entry(kind=EntryKind.DOSE, at=at, dose=dose, order=DOSE, ref=f"dose:{dose}:{at.isoformat()}")
        for dose, at in doses
        if dose not in companions
    )


def assess(line: Timeline, who: Judge, extra: Sequence[Entry] = ()) -> Assessment:
    """Grade a timeline under the judge's protocol; ``extra`` are entries not saved yet."""
    entries = (*line.entries, *dose_entries(who.doses, who.spec.schedule), *extra)
    return triage.assess(entries, who.spec, baseline_of(line))


def preview(
    *,
    patient: Patient,
    vitals: VitalSigns,
    taken_at: datetime,
    given: Sequence[tuple[InterventionKind, datetime]] = (),
    instead_of: UUID | None = None,
    neurologic_only: bool = False,
) -> Assessment:
    """What the unsaved reading, with what was taken before it, would mean. Writes nothing.

    ``instead_of`` is the stored reading that this one would correct, ``neurologic_only`` an ICE test alone.
    """
    who = judge(patient, taken_at)
    line = timeline(patient.pk, taken_at - LOOK_BACK)
    last = len(line.observations)
    entry = Entry(
        kind=EntryKind.VITALS,
        at=taken_at,
        vitals=vitals,
        order=READING,
        ref=PREVIEW_REF,
        turn=last,
        neurologic_only=neurologic_only,
    )
    taken = [
        Entry(kind=EntryKind.INTERVENTION, at=when, intervention=kind, order=GIVEN, ref=PREVIEW_REF)
        for kind, when in given
    ]
    until = [e for e in line.entries if e.at is not None and e.at <= taken_at and e.ref != str(instead_of)]
    shown = replace(line, entries=tuple(until))
    return assess(shown, who, (entry, *taken))
