"""A physician signs what becomes of the next dose after an event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from patients.errors import AlreadyRecorded, StaleRevision
from patients.models import Patient, ToxicityEvent
from protocols import selectors as protocols
from protocols.rules.next_dose import NextDoseAnswer
from protocols.rules.regimen import Decision as Asked
from schedules.errors import ActRefused
from schedules.models import NextDoseDecision, TreatmentCourse
from schedules.rules import dose_lock
from schedules.selectors import decisions as selectors
from schedules.selectors.decisions import ACCEPTS, Chosen, EventLock, Seen
from schedules.selectors.plans import HOSPITAL, OUTPATIENT
from schedules.services import courses, status

__all__ = ["Chosen", "Seen", "decide", "departures"]

Choice = NextDoseDecision.Choice
STRICTNESS = {Choice.GIVE: 0, Choice.HOLD: 1, Choice.DISCONTINUE: 2}


@transaction.atomic
def decide(
    *, event_id: UUID, chosen: Chosen, seen: Seen, client_key: UUID, by: Staff, at: datetime
) -> NextDoseDecision:
    """Sign the decision about the next dose after an event; it supersedes the one before.

    A stop for good ends the running course in the same transaction; monitoring and an open event go on. Hours
    in hospital move the next planned dose there.

    Raises ``ToxicityEvent.DoesNotExist`` for another center, ``AlreadyRecorded`` for the same submission,
    ``StaleRevision`` when the event changed since the page was opened, and ``ActRefused``: somebody else
    decided meanwhile, the drug was stopped for good, a reason or the people told are missing.
    """
    if not may(by, Permission.DECIDE_NEXT_DOSE):
        raise ActRefused("choice", "A physician decides about the next dose.")
    event = _locked(event_id, client_key, by)
    before = selectors.lock_of(event)
    _refuse_second(before, seen, by)
    if event.revision != seen.revision:
        raise StaleRevision
    course = _course(event)
    spec = protocols.spec(course.protocol_version_id)
    answer = selectors.after(event, recurrent=event.recurrent, spec=spec)
    chosen = _completed(chosen)
    _refuse_choice(chosen, answer, before)
    row = _write(event, course, chosen, answer, before, client_key, by, at)
    if row.choice == Choice.DISCONTINUE and course.state == TreatmentCourse.State.RUNNING:
        courses.end(course_id=course.pk, reason=_ended_because(event, chosen), by=by, at=at)
    else:
        courses.place_next_dose(course)
    status.refresh_events(event.patient_id)
    return row


def departures(chosen: Chosen, answer: NextDoseAnswer) -> tuple[str, ...]:
    """Where a choice differs from what the record asks, in words; a looser one is named so."""
    return tuple(_departures(chosen, answer))


def _departures(chosen: Chosen, answer: NextDoseAnswer) -> Iterator[str]:
    asked = ACCEPTS[answer.decision] if answer.decision else None
    if asked is None:
        yield "the record has no row for this event"
        return
    if chosen.choice != asked:
        looser = STRICTNESS[Choice(chosen.choice)] < STRICTNESS[asked]
        name = Choice(asked).label.lower()
        yield f"{'looser than' if looser else 'not what'} the record asks: {name}"
    if chosen.choice != Choice.GIVE or asked != Choice.GIVE:
        return
    if chosen.premedicate is not answer.premedicate:
        if answer.premedicate:
            yield "looser than the record asks: premedicate"
        elif chosen.premedicate:
            yield "premedication that the record does not ask for"
    yield from _hours("in hospital", chosen.hospital_hours, answer.hospital_hours)
    yield from _hours("watched daily", chosen.daily_monitoring_hours, answer.daily_monitoring_hours)


def _hours(words: str, chosen: Decimal | None, asked: Decimal | None) -> Iterator[str]:
    if (chosen or 0) == (asked or 0):
        return
    looser = (chosen or 0) < (asked or 0)
    stated = f"{asked:f} h {words}" if asked else f"no hours {words}"
    yield f"{'looser than' if looser else 'more than'} the record asks: {stated}"


# --- before it is written ---------------------------------------------------------------------------------


def _locked(event_id: UUID, client_key: UUID, by: Staff) -> Any:
    """The event under its patient's lock, unless this very submission was recorded before."""
    patient_id = ToxicityEvent.objects.visible_to(by).values("patient").get(pk=event_id)["patient"]
    earlier = NextDoseDecision.objects.filter(center_id=by.center_id, client_key=client_key)
    if (row := earlier.first()) is not None:
        raise AlreadyRecorded(row)
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    if (row := earlier.first()) is not None:  # it was being recorded while we waited for the lock
        raise AlreadyRecorded(row)
    return selectors.with_decision(ToxicityEvent.objects.select_related("center")).get(pk=event_id)


def _refuse_second(before: EventLock, seen: Seen, by: Staff) -> None:
    """The second of two physicians is told what the first one decided."""
    signed = before.signed
    if signed is None or signed.id == seen.decision:
        return
    when = by.center.local(signed.at)
    what = Choice(signed.choice).label.lower()
    raise ActRefused(
        "choice",
        f"{signed.by} decided at {when:%d-%b-%Y %H:%M}: {what}. Nothing was changed. "
        "Decide again only with a reason.",
    )


def _course(event: ToxicityEvent) -> TreatmentCourse:
    """The course whose next dose is decided about: the one that runs, else the newest."""
    if event.state not in selectors.STANDING:
        raise ActRefused("choice", f"Nothing to decide: {event.get_state_display().lower()}.")
    rows = TreatmentCourse.objects.select_for_update().filter(patient_id=event.patient_id)
    course = rows.order_by("-state", "-started_at").first()  # "running" sorts after "ended"
    if course is None:
        raise ActRefused("choice", "No course was started: there is no next dose to decide about.")
    course.center = event.center
    return course


def _completed(chosen: Chosen) -> Chosen:
    """Hours in hospital name the place; a choice that gives nothing carries no conditions."""
    if chosen.choice != Choice.GIVE:
        return Chosen(chosen.choice, reason=chosen.reason.strip(), told=chosen.told)
    place = HOSPITAL if chosen.hospital_hours else chosen.place
    return Chosen(
        chosen.choice,
        chosen.premedicate,
        chosen.hospital_hours or None,
        chosen.daily_monitoring_hours or None,
        place,
        chosen.reason.strip(),
        (),
    )


def _refuse_choice(chosen: Chosen, answer: NextDoseAnswer, before: EventLock) -> None:
    if chosen.choice not in Choice.values:
        raise ActRefused("choice", "Choose what becomes of the next dose.")
    if chosen.place not in {"", HOSPITAL, OUTPATIENT}:
        raise ActRefused("place", "Choose where the next dose is given.")
    if before.lock is dose_lock.Lock.STOPPED:
        signed = before.signed
        by = f"{signed.by} stopped" if signed else "A physician stopped"
        raise ActRefused("choice", f"{by} this drug for good. Nobody overrides that.")
    stops = answer.decision is Asked.DISCONTINUE and answer.confirmed
    if stops and chosen.choice == Choice.GIVE:
        sentence = "The record, confirmed here, stops this drug for good. Nobody overrides that."
        raise ActRefused("choice", f"{sentence} Hold the dose, or stop.")
    if chosen.choice == Choice.DISCONTINUE and not any(name.strip() for name in chosen.told):
        raise ActRefused("told", "Say who was told that the drug stops: at least one person.")
    if (why := _needs_reason(chosen, answer, before)) and not chosen.reason:
        raise ActRefused("reason", f"Write why: {why}.")


def _needs_reason(chosen: Chosen, answer: NextDoseAnswer, before: EventLock) -> str:
    """Why this decision needs a reason; empty where the record's confirmed answer is taken as it is."""
    differs = departures(chosen, answer)
    if differs:
        return "; ".join(differs)
    if not answer.confirmed:
        return "nobody at this center confirmed the record's text"
    if before.signed is not None and not before.changed:
        return f"{before.signed.by} decided before, and nothing changed since"
    return ""


# --- writing ----------------------------------------------------------------------------------------------


def _write(
    event: Any,
    course: TreatmentCourse,
    chosen: Chosen,
    answer: NextDoseAnswer,
    before: EventLock,
    client_key: UUID,
    by: Staff,
    at: datetime,
) -> NextDoseDecision:
    basis = selectors.basis_of(event, recurrent=event.recurrent)
    row = NextDoseDecision.objects.create(
        center_id=event.center_id,
        patient_id=event.patient_id,
        event=event,
        course=course,
        supersedes_id=before.signed.id if before.signed else None,
        choice=chosen.choice,
        suggested=answer.decision.value if answer.decision else "",
        grade=basis.grade,
        recurrent=basis.recurrent,
        duration_minutes=basis.minutes,
        premedicate=chosen.premedicate,
        hospital_hours=chosen.hospital_hours,
        daily_monitoring_hours=chosen.daily_monitoring_hours,
        place=chosen.place,
        conditions=_cut(answer.conditions) if chosen.choice == Choice.GIVE else [],
        because=_cut(answer.because),
        source=answer.source[:300],
        confirmed=answer.confirmed,
        reason=chosen.reason[:300],
        told=[name.strip()[:120] for name in chosen.told if name.strip()],
        decided_at=at,
        decided_by=by,
        client_key=client_key,
    )
    audit.record(
        "dose.decide",
        row,
        by=by,
        at=at,
        before=_audited(before),
        after={
            "event": event,
            "choice": row.choice,
            "suggested": row.suggested,
            "grade": row.grade,
            "premedicate": row.premedicate,
            "hospital_hours": row.hospital_hours,
            "daily_monitoring_hours": row.daily_monitoring_hours,
            "place": row.place,
            "confirmed": row.confirmed,
            "departs": list(departures(chosen, answer)),
            "told": row.told,
        },
        reason=row.reason,
        patient_id=event.patient_id,
    )
    return row


def _cut(lines: Sequence[str]) -> list[str]:
    return [line[:300] for line in lines]


def _audited(before: EventLock) -> dict[str, object] | None:
    if before.signed is None:
        return None
    return {"decision": before.signed.id, "choice": before.signed.choice, "changed": before.changed}


def _ended_because(event: ToxicityEvent, chosen: Chosen) -> str:
    """What stands as the reason why the course ended."""
    told = f"Told: {', '.join(name.strip() for name in chosen.told if name.strip())}."
    why = f" {chosen.reason}." if chosen.reason else ""
    return f"Stopped for good after {event.label} grade {event.max_grade}.{why} {told}"[:300]
