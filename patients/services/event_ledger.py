"""Keep events and gradings in step with the timeline: what opened, moved, joined, or lost its cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dosing_portal.kernel.models import Staff
from patients.models import Patient, ToxicityEvent, ToxicityGrading
from patients.models.toxicity import STANDING
from patients.selectors import Timeline
from protocols.rules.values import Assessment, Grading, Suspicion, Toxicity, ToxicityEpisode

State = ToxicityEvent.State
MASKED_TEXT = "possibly masked"
DECLARED_TEXT = "declared"
LONGEST = 300


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event on record, as far as numbering, looking back and recurrence need it."""

    id: UUID
    toxicity: str
    sequence: int
    opened_at: datetime
    state: str
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventChange:
    """What one event was before and is now; ``grade_before`` is ``None`` where none was graded before."""

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
        standing = [e for e in self.events if e.toxicity == toxicity and e.state == State.OPEN]
        return standing[-1] if standing else None

    @property
    def suspicion(self) -> ToxicityEvent | None:
        """The event that waits for a physician as possibly masked CRS."""
        return next((event for event in self.events if event.state == State.MASKED), None)


@dataclass(slots=True)
class _Ledger:
    """Rows of one recording, matched once and written once."""

    patient: Patient
    since: datetime
    timeline: Timeline
    dose_times: Mapping[str, tuple[datetime, ...]]
    existing: list[ToxicityEvent]
    past: Sequence[PastEvent]
    changes: list[EventChange] = field(default_factory=list)
    matched: set[UUID] = field(default_factory=set)
    of_ref: dict[tuple[str, str], ToxicityEvent] = field(default_factory=dict)

    def row_for(self, episode: ToxicityEpisode) -> ToxicityEvent | None:
        """The row of an episode: the one it opened, else the first within its span, else what it answers."""
        rows = [
            row for row in self.existing if row.toxicity == episode.toxicity and row.pk not in self.matched
        ]
        same = [row for row in rows if str(row.opening_observation_id) == episode.opened_ref]
        within = [row for row in rows if row.state != State.MASKED and _within(row, episode)]
        answered = [row for row in rows if self._answers(episode, row)]
        return next(iter(same + within + answered), None)

    def _answers(self, episode: ToxicityEpisode, row: ToxicityEvent) -> bool:
        """A fever makes the suspicion the CRS event; what a physician declared goes on as one."""
        if row.state == State.MASKED:
            return self.waiting(episode.suspicions) is not None or _covers(episode, row.opened_at)
        return row.declared and row.state == State.OPEN and episode.opened_at is not None

    def waiting(self, suspicions: Iterable[Suspicion]) -> Suspicion | None:
        """The first that no physician has answered."""
        return next(self.unanswered(suspicions), None)

    def unanswered(self, suspicions: Iterable[Suspicion]) -> Iterator[Suspicion]:
        return (one for one in suspicions if not any(self._is_answer(row, one) for row in self.existing))

    def _is_answer(self, row: ToxicityEvent, one: Suspicion) -> bool:
        """A "not CRS" answers what was on record then; a declared event answers all while it is open."""
        if row.declared and row.closed_at is None:
            return True
        if row.answered_at is None or one.at is None or one.at < row.opened_at:
            return False
        if row.ruled_out:
            recorded_at = self._recorded_at(one.ref)
            return recorded_at is not None and recorded_at <= row.answered_at
        return row.closed_at is not None and one.at <= row.closed_at

    def _recorded_at(self, ref: str) -> datetime | None:
        times = {str(row.pk): row.recorded_at for row in self.timeline.observations}
        times |= {str(row.pk): row.recorded_at for row in self.timeline.interventions}
        return times.get(ref)

    def last_dose_at(self, dose: str | None, at: datetime | None) -> datetime | None:
        if dose is None or at is None:
            return None
        return max((given for given in self.dose_times.get(dose, ()) if given <= at), default=None)

    def next_number(self, toxicity: str) -> int:
        numbers = [row.sequence for row in self.existing if row.toxicity == toxicity]
        numbers += [row.sequence for row in self.past if row.toxicity == toxicity]
        return max(numbers, default=0) + 1

    def before(self, toxicity: str, opened_at: datetime) -> UUID | None:
        """The event of the same toxicity that opened last before this time and still counts as one."""
        mine = {row.pk for row in self.existing}
        known = [(row.opened_at, row.pk) for row in self.existing if _counts(row, toxicity)]
        known += [
            (row.opened_at, row.id) for row in self.past if row.id not in mine and _counts(row, toxicity)
        ]
        return max((pair for pair in known if pair[0] < opened_at), default=(None, None))[1]


def _counts(row: ToxicityEvent | PastEvent, toxicity: str) -> bool:
    return row.toxicity == toxicity and row.state in STANDING


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


def _covers(episode: ToxicityEpisode, at: datetime) -> bool:
    """The event was not over yet at this time."""
    over = episode.closing_allowed_from
    return episode.opened_at is not None and episode.opened_at <= at and (over is None or at < over)


def record(
    *,
    patient: Patient,
    assessment: Assessment,
    timeline: Timeline,
    events: Sequence[ToxicityEvent],
    past: Sequence[PastEvent],
    since: datetime,
    dose_times: Mapping[str, tuple[datetime, ...]],
    rule_version: str,
    by: Staff,
    at: datetime,
) -> Recorded:
    """Write what the assessment changed: events opened, moved, joined or attributed, and new gradings.

    ``events`` are the patient's rows that opened or were answered since ``since``, or are not settled;
    ``past`` is every event on record. Only differences are written. The caller holds the patient's lock and
    the transaction.
    """
    ledger = _Ledger(patient, since, timeline, dose_times, list(events), past)
    for episode in assessment.episodes:
        _write_episode(ledger, episode)
    _write_suspicion(ledger, assessment)
    _write_vanished(ledger, assessment)
    _write_follows(ledger)
    written = _write_gradings(ledger, assessment, rule_version, by, at)
    return Recorded(
        changes=tuple(ledger.changes),
        events=tuple(sorted(ledger.existing, key=lambda row: row.opened_at)),
        gradings=written,
    )


# --- CRS and ICANS ----------------------------------------------------------------------------------------


def _write_episode(ledger: _Ledger, episode: ToxicityEpisode) -> None:
    row = ledger.row_for(episode)
    if row is None:
        opening = ledger.timeline.observation(episode.opened_ref)
        if opening is None:
            return
        row = _open(
            ledger,
            episode.toxicity,
            {**_facts(ledger, episode, None), "opening_observation": opening, "max_grade": episode.max_grade},
        )
    else:
        _move(ledger, row, episode)
    ledger.matched.add(row.pk)
    for grading in episode.gradings:
        ledger.of_ref[grading.ref, episode.toxicity.value] = row


def _facts(ledger: _Ledger, episode: ToxicityEpisode, row: ToxicityEvent | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "opened_at": episode.opened_at,
        "ended_at": episode.ended_at,
        "closing_allowed_from": episode.closing_allowed_from,
        "current_grade": episode.current.at_least,
        "current_text": episode.current.text,
        "last_dose": episode.after_dose or "",
        "last_dose_at": ledger.last_dose_at(episode.after_dose, episode.opened_at),
    }
    if row is not None and row.declared:
        kept = episode.opened_at is None or row.opened_at < episode.opened_at
        unchanged = {name: getattr(row, name) for name in ("opened_at", "last_dose", "last_dose_at")}
        return {**facts, **(unchanged if kept else {})}
    if episode.toxicity is Toxicity.CRS:
        raised = ledger.waiting(episode.suspicions)
        facts["suspected_at"] = raised.at if raised else None
        facts["suspected_because"] = raised.because[:LONGEST] if raised else ""
    return facts


def _open(ledger: _Ledger, toxicity: Toxicity, facts: Mapping[str, object]) -> ToxicityEvent:
    row = ToxicityEvent(
        center_id=ledger.patient.center_id,
        patient=ledger.patient,
        toxicity=toxicity.value,
        sequence=ledger.next_number(toxicity.value),
        **facts,
    )
    if row.state != State.MASKED:
        row.follows_id = ledger.before(row.toxicity, row.opened_at)
    row.save(force_insert=True)
    ledger.existing.append(row)
    ledger.changes.append(EventChange(row, None))
    return row


def _move(ledger: _Ledger, row: ToxicityEvent, episode: ToxicityEpisode) -> None:
    facts = _facts(ledger, episode, row)
    facts["max_grade"] = max(episode.max_grade, row.confirmed_grade or 0)
    facts["opening_observation_id"] = UUID(episode.opened_ref)
    facts["state"] = State.OPEN if _opens_again(row, episode.closing_allowed_from) else row.state
    _change(ledger, row, facts, None if row.state == State.MASKED else row.max_grade)


def _change(
    ledger: _Ledger, row: ToxicityEvent, facts: Mapping[str, object], grade_before: int | None
) -> None:
    """Write what is different, and nothing where nothing is."""
    if all(getattr(row, name) == value for name, value in facts.items()):
        return
    if row.state != facts["state"]:
        row.closed_at = row.closed_by = None  # the audit trail keeps who closed it and when
        if row.ruled_out:
            row.answered_at = row.answered_by = None
    for name, value in facts.items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    ledger.changes.append(EventChange(row, grade_before))


def _opens_again(row: ToxicityEvent, over: datetime | None) -> bool:
    """True for one that was taken for something else, and where it had not been over when it was closed."""
    if row.closed_at is None:
        return row.state != State.OPEN
    return over is None or over > row.closed_at


# --- possibly masked CRS ----------------------------------------------------------------------------------


def _write_suspicion(ledger: _Ledger, assessment: Assessment) -> None:
    """One row stands for everything that waits for a physician's word, from the first cause on."""
    waiting = list(ledger.unanswered(assessment.suspicions))
    if not waiting:
        return
    first = waiting[0]
    facts: dict[str, object] = {
        "state": State.MASKED,
        "opened_at": first.at,
        "suspected_at": first.at,
        "suspected_because": first.because[:LONGEST],
        "last_dose": first.after_dose or "",
        "last_dose_at": ledger.last_dose_at(first.after_dose, first.at),
        "current_text": MASKED_TEXT,
    }
    row = next((row for row in ledger.existing if row.state == State.MASKED), None)
    taken = {other.opening_observation_id for other in ledger.existing if other is not row}
    raised_by = ledger.timeline.observation(first.ref)
    facts["opening_observation_id"] = raised_by.pk if raised_by and raised_by.pk not in taken else None
    if row is None:
        row = _open(ledger, Toxicity.CRS, facts)
    else:
        _change(ledger, row, facts, None)
    ledger.matched.add(row.pk)
    for one in waiting:
        ledger.of_ref[one.ref, Toxicity.CRS.value] = row


# --- what no longer stands --------------------------------------------------------------------------------


def _write_vanished(ledger: _Ledger, assessment: Assessment) -> None:
    """An event that no episode carries any more stays visible: attributed elsewhere, or joined."""
    for row in ledger.existing:
        settled = row.state not in {State.OPEN, State.MASKED}  # of a closed one a person's record stands
        if row.pk in ledger.matched or settled or row.opened_at < ledger.since:
            continue
        if row.declared:
            _change(ledger, row, _without_episode(row), row.max_grade)
            continue
        joined = any(
            episode.toxicity == row.toxicity
            and (_within(row, episode) or (row.state == State.MASKED and _covers(episode, row.opened_at)))
            for episode in assessment.episodes
        )
        gone = "cause taken back" if row.state == State.MASKED else f"not {row.label}"
        facts: dict[str, object] = {
            "state": State.JOINED if joined else State.ATTRIBUTED,
            "current_grade": 0,
            "current_text": "joined" if joined else gone,
        }
        _change(ledger, row, facts, row.max_grade)


def _without_episode(row: ToxicityEvent) -> dict[str, object]:
    """What a declared event is while no reading meets a criterion: only a physician ends it."""
    over = row.resolved_at
    return {
        "state": row.state,
        "current_grade": 0,
        "current_text": DECLARED_TEXT,
        "ended_at": over,
        "closing_allowed_from": over,
    }


def _write_follows(ledger: _Ledger) -> None:
    """Each event that counts knows the one before it, also where a late entry joined or split events."""
    for row in ledger.existing:
        if row.state not in STANDING:
            continue
        before = ledger.before(row.toxicity, row.opened_at)
        if row.follows_id != before:
            row.follows_id = before
            row.save(update_fields=["follows"])


# --- gradings ---------------------------------------------------------------------------------------------


def _write_gradings(
    ledger: _Ledger, assessment: Assessment, rule_version: str, by: Staff, at: datetime
) -> int:
    stored = {
        (str(row.pk), item["toxicity"]): item
        for row in ledger.timeline.observations
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
        because=[line[:LONGEST] for line in grading.because],
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
