"""Keep the events and gradings in step with the timeline, and let clinicians confirm, attribute, close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.errors import FactRefused, StaleRevision
from patients.models import Attribution, Observation, Patient, ToxicityEvent, ToxicityGrading
from patients.selectors import Timeline
from protocols.rules.values import Assessment, Axis, Grading, ToxicityEpisode

GRADES = range(6)  # the whole scale: from none to death


@dataclass(frozen=True, slots=True)
class EventChange:
    """What one event was before and is now; ``grade_before`` is ``None`` for a new event."""

    event: ToxicityEvent
    grade_before: int | None

    @property
    def opened(self) -> bool:
        return self.grade_before is None

    @property
    def rose(self) -> bool:
        return self.grade_before is not None and self.event.max_grade > self.grade_before


@dataclass(frozen=True, slots=True)
class Recorded:
    """What changed: events touched, and how many gradings were written."""

    changes: tuple[EventChange, ...] = ()
    events: tuple[ToxicityEvent, ...] = ()
    gradings: int = 0

    def event_of(self, toxicity: str) -> ToxicityEvent | None:
        """The latest event of a toxicity that still stands."""
        standing = [e for e in self.events if e.toxicity == toxicity and e.state == ToxicityEvent.State.OPEN]
        return standing[-1] if standing else None


@dataclass(slots=True)
class _Ledger:
    """Rows of one recording, matched once and written once."""

    patient: Patient
    since: datetime
    existing: list[ToxicityEvent]
    highest: Mapping[str, int] | None = None
    changes: list[EventChange] = field(default_factory=list)
    matched: set[UUID] = field(default_factory=set)
    of_ref: dict[tuple[str, str], ToxicityEvent] = field(default_factory=dict)

    def row_for(self, episode: ToxicityEpisode) -> ToxicityEvent | None:
        """The row of an episode: the one it opened, else the first that opened within its span."""
        rows = [
            row for row in self.existing if row.toxicity == episode.toxicity and row.pk not in self.matched
        ]
        same = [row for row in rows if str(row.opening_observation_id) == episode.opened_ref]
        return next(iter(same + [row for row in rows if _within(row, episode)]), None)


def _within(row: ToxicityEvent, episode: ToxicityEpisode) -> bool:
    refs = {grading.ref for grading in episode.gradings}
    if str(row.opening_observation_id) in refs:
        return True
    last = episode.gradings[-1].at if episode.gradings else episode.opened_at
    return (
        episode.opened_at is not None
        and last is not None
        and episode.opened_at <= row.opened_at <= (episode.ended_at or last)
    )


def record(
    *,
    patient: Patient,
    assessment: Assessment,
    timeline: Timeline,
    events: Sequence[ToxicityEvent],
    since: datetime,
    dose_times: Mapping[str, tuple[datetime, ...]],
    rule_version: str,
    by: Staff,
    at: datetime,
    highest: Mapping[str, int] | None = None,
) -> Recorded:
    """Write what the assessment changed: events opened, moved, joined or attributed, and new gradings.

    ``events`` are the patient's rows that opened since ``since`` or are still open, ``highest`` the last
    number of an event of each toxicity where the caller has read it. Only differences are written. The caller
    holds the patient's lock and the transaction.
    """
    ledger = _Ledger(patient=patient, since=since, existing=list(events), highest=highest)
    for episode in assessment.episodes:
        _write_episode(ledger, episode, timeline, dose_times)
    _write_vanished(ledger, assessment)
    written = _write_gradings(ledger, assessment, timeline, rule_version, by, at)
    return Recorded(
        changes=tuple(ledger.changes),
        events=tuple(sorted(ledger.existing, key=lambda row: row.opened_at)),
        gradings=written,
    )


def _write_episode(
    ledger: _Ledger,
    episode: ToxicityEpisode,
    timeline: Timeline,
    dose_times: Mapping[str, tuple[datetime, ...]],
) -> None:
    row = ledger.row_for(episode)
    facts = _facts(episode, dose_times)
    if row is None:
        opening = timeline.observation(episode.opened_ref)
        if opening is None:
            return
        row = _open(ledger, episode, opening, facts)
        ledger.changes.append(EventChange(row, None))
    else:
        _move(ledger, row, episode, facts)
    ledger.matched.add(row.pk)
    for grading in episode.gradings:
        ledger.of_ref[grading.ref, episode.toxicity.value] = row


def _facts(episode: ToxicityEpisode, dose_times: Mapping[str, tuple[datetime, ...]]) -> dict[str, object]:
    return {
        "opened_at": episode.opened_at,
        "ended_at": episode.ended_at,
        "closing_allowed_from": episode.closing_allowed_from,
        "current_grade": episode.current.at_least,
        "current_text": episode.current.text,
        "last_dose": episode.after_dose or "",
        "last_dose_at": _dose_before(episode, dose_times),
    }


def _dose_before(episode: ToxicityEpisode, dose_times: Mapping[str, tuple[datetime, ...]]) -> datetime | None:
    if episode.after_dose is None or episode.opened_at is None:
        return None
    given = [t for t in dose_times.get(episode.after_dose, ()) if t <= episode.opened_at]
    return max(given, default=None)


def _open(
    ledger: _Ledger, episode: ToxicityEpisode, opening: Observation, facts: Mapping[str, object]
) -> ToxicityEvent:
    row = ToxicityEvent(
        center_id=ledger.patient.center_id,
        patient=ledger.patient,
        toxicity=episode.toxicity.value,
        sequence=_next_number(ledger, episode.toxicity.value),
        opening_observation=opening,
        max_grade=episode.max_grade,
        **facts,
    )
    row.save(force_insert=True)
    ledger.existing.append(row)
    return row


def _next_number(ledger: _Ledger, toxicity: str) -> int:
    """An event older than the span has no row here, so its number was read before or must be asked for."""
    numbers = [row.sequence for row in ledger.existing if row.toxicity == toxicity]
    if ledger.highest is not None:
        numbers.append(ledger.highest.get(toxicity, 0))
    elif not numbers:
        rows = ToxicityEvent.objects.filter(patient=ledger.patient, toxicity=toxicity)
        numbers += rows.order_by("-sequence").values_list("sequence", flat=True)[:1]
    return max(numbers, default=0) + 1


def _move(ledger: _Ledger, row: ToxicityEvent, episode: ToxicityEpisode, facts: Mapping[str, object]) -> None:
    before = {name: getattr(row, name) for name in facts} | {"max_grade": row.max_grade, "state": row.state}
    grade_before = row.max_grade
    for name, value in facts.items():
        setattr(row, name, value)
    row.max_grade = max(episode.max_grade, row.confirmed_grade or 0)
    if row.state in {ToxicityEvent.State.ATTRIBUTED, ToxicityEvent.State.JOINED} or _closed_too_soon(row):
        row.state = ToxicityEvent.State.OPEN
        row.closed_at = row.closed_by = None  # the audit trail keeps who closed it and when
    if str(row.opening_observation_id) != episode.opened_ref:
        row.opening_observation_id = UUID(episode.opened_ref)
        before["opening_observation"] = None
    after = {name: getattr(row, name) for name in before if name != "opening_observation"}
    if {k: v for k, v in before.items() if k != "opening_observation"} == after and (
        "opening_observation" not in before
    ):
        return
    row.revision += 1
    row.save()
    ledger.changes.append(EventChange(row, grade_before))


def _closed_too_soon(row: ToxicityEvent) -> bool:
    """True where a late entry shows that the event had not been over long enough when it was closed."""
    if row.closed_at is None:
        return False
    return row.closing_allowed_from is None or row.closing_allowed_from > row.closed_at


def _write_vanished(ledger: _Ledger, assessment: Assessment) -> None:
    """An event that no episode carries any more stays visible: attributed elsewhere, or joined."""
    for row in ledger.existing:
        stands = row.state in {ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED}
        if row.pk in ledger.matched or not stands or row.opened_at < ledger.since:
            continue
        if row.state == ToxicityEvent.State.CLOSED:
            continue  # a person closed it: the record of that stands
        joined = any(
            episode.toxicity == row.toxicity and _within(row, episode) for episode in assessment.episodes
        )
        grade_before = row.max_grade
        row.state = ToxicityEvent.State.JOINED if joined else ToxicityEvent.State.ATTRIBUTED
        row.current_grade, row.current_text = 0, f"not {row.label}" if not joined else "joined"
        row.revision += 1
        row.save()
        ledger.changes.append(EventChange(row, grade_before))


def _write_gradings(
    ledger: _Ledger,
    assessment: Assessment,
    timeline: Timeline,
    rule_version: str,
    by: Staff,
    at: datetime,
) -> int:
    stored = {
        (str(row.pk), item["toxicity"]): item
        for row in timeline.observations
        for item in getattr(row, "graded", ())
    }
    rows = [
        _grading_row(ledger, grading, rule_version, by, at)
        for grading in assessment.gradings
        if grading.ref and _differs(grading, stored.get((grading.ref, grading.toxicity.value)), ledger)
    ]
    if rows:
        ToxicityGrading.objects.bulk_create(rows)
    return len(rows)


def _differs(grading: Grading, stored: Mapping[str, object] | None, ledger: _Ledger) -> bool:
    if stored is None:
        return True
    event = ledger.of_ref.get((grading.ref, grading.toxicity.value))
    now = (grading.at_least, list(grading.missing), grading.cannot_grade, grading.review)
    then = tuple(stored[name] for name in ("at_least", "missing", "cannot_grade", "review"))
    return now != then or (event is not None and str(event.pk) != str(stored["event"]))


def _grading_row(
    ledger: _Ledger, grading: Grading, rule_version: str, by: Staff, at: datetime
) -> ToxicityGrading:
    return ToxicityGrading(
        center_id=ledger.patient.center_id,
        patient=ledger.patient,
        event=ledger.of_ref.get((grading.ref, grading.toxicity.value)),
        observation_id=UUID(grading.ref),
        toxicity=grading.toxicity.value,
        kind=ToxicityGrading.Kind.SUGGESTED,
        at_least=grading.at_least,
        missing=list(grading.missing),
        cannot_grade=grading.cannot_grade,
        review=grading.review,
        waived=grading.waived,
        because=[line[:300] for line in grading.because],
        source=_source_of(grading),
        rule_version=rule_version,
        graded_at=at,
        graded_by=by,
    )


def _source_of(grading: Grading) -> dict[str, object]:
    """On whose authority, and whether the rule is confirmed: the mark stays with the grade for ever."""
    source = grading.source
    cited = {"id": source.id, "text": str(source), "url": source.url} if source else {}
    return {**cited, "confirmed": grading.confirmed}


# --- what a person does to an event -----------------------------------------------------------------


def attribute(
    *,
    patient: Patient,
    observations: Iterable[Observation],
    axis: Axis,
    cause: str,
    reason: str,
    by: Staff,
    at: datetime,
) -> tuple[Attribution, ...]:
    """A physician names another cause for one axis of some readings (an empty cause takes it back).

    The caller re-grades in the same transaction. Limits keep alarming whatever is said here.
    """
    if not reason.strip():
        raise FactRefused("reason", "Write why: an attribution changes the grade.")
    rows = tuple(
        Attribution(
            center_id=patient.center_id,
            patient=patient,
            observation=observation,
            axis=axis.value,
            cause=cause,
            reason=reason,
            attributed_at=at,
            attributed_by=by,
        )
        for observation in observations
    )
    Attribution.objects.bulk_create(rows)
    return rows


def _locked(event_id: UUID, by: Staff) -> ToxicityEvent:
    """The event under its patient's lock: a reading being graded would write over what is said here."""
    patient_id = ToxicityEvent.objects.visible_to(by).values("patient").get(pk=event_id)["patient"]
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    return ToxicityEvent.objects.select_for_update().get(pk=event_id)


@transaction.atomic
def confirm(
    *, event_id: UUID, grade: int, reason: str, seen_revision: int, by: Staff, at: datetime
) -> ToxicityEvent:
    """A clinician confirms the suggested grade, or sets another one with a reason.

    Raises ``StaleRevision`` when the event changed since the page was opened, and ``FactRefused`` for a
    grade outside 0 to 5 or a change without a reason. The suggestion stays in the history.
    """
    event = _locked(event_id, by)
    if event.revision != seen_revision:
        raise StaleRevision
    if grade not in GRADES:
        raise FactRefused("grade", "A grade is 0 to 5.")
    if grade != event.current_grade and not reason.strip():
        raise FactRefused("reason", "Write why your grade differs from the suggestion.")
    before = {"confirmed_grade": event.confirmed_grade, "suggested": event.current_grade}
    event.confirmed_grade, event.confirmed_at, event.confirmed_by = grade, at, by
    event.max_grade = max(event.max_grade, grade)
    event.revision += 1
    event.save()
    ToxicityGrading.objects.create(
        center_id=event.center_id,
        patient_id=event.patient_id,
        event=event,
        toxicity=event.toxicity,
        kind=ToxicityGrading.Kind.CONFIRMED,
        at_least=grade,
        suggested_grade=event.current_grade,
        reason=reason,
        graded_at=at,
        graded_by=by,
    )
    audit.record(
        "event.confirm_grade",
        event,
        by=by,
        at=at,
        before=before,
        after={"confirmed_grade": grade},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


@transaction.atomic
def close(*, event_id: UUID, seen_revision: int, reason: str, by: Staff, at: datetime) -> ToxicityEvent:
    """Close an event that has ended and stayed away for the protocol's hours.

    Raises ``FactRefused`` before that, and ``StaleRevision`` when the page is old.
    """
    event = _locked(event_id, by)
    if event.revision != seen_revision:
        raise StaleRevision
    if event.state != ToxicityEvent.State.OPEN:
        raise FactRefused("event", f"This event is {event.get_state_display().lower()} already.")
    if event.closing_allowed_from is None or at < event.closing_allowed_from:
        raise FactRefused("event", _not_yet(event))
    event.state = ToxicityEvent.State.CLOSED
    event.closed_at, event.closed_by = at, by
    event.revision += 1
    event.save()
    audit.record(
        "event.close",
        event,
        by=by,
        at=at,
        after={"max_grade": event.max_grade, "ended_at": event.ended_at},
        reason=reason,
        patient_id=event.patient_id,
    )
    return event


def _not_yet(event: ToxicityEvent) -> str:
    if event.closing_allowed_from is None:
        return "Not closed: the last readings are still abnormal or incomplete."
    local = event.center.local(event.closing_allowed_from)
    return f"Not closed: it may be closed from {local:%d-%b-%Y %H:%M}, when findings stayed away long enough."
