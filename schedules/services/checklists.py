"""Keep the running checklists of a patient in step with the facts: grades reached, drugs given, readings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from dosing_portal.kernel.models import Staff
from patients.models import Intervention, Observation, Patient, ToxicityEvent, ToxicityGrading
from patients.selectors import Timeline, timeline
from protocols.rules.spec import EmergencyAction, ProtocolSpec
from protocols.rules.values import Assessment, Toxicity
from schedules.errors import NoProtocol
from schedules.models import ResponseStep
from schedules.rules import checklist, neutropenia
from schedules.rules.checklist import Fact, Facts, Reached, State, Step
from schedules.rules.neutropenia import Neutropenia, Neutrophils
from schedules.selectors.laboratory import neutrophils_in, neutrophils_of
from schedules.services import overdue
from schedules.services.judging import Judge, judge

RUNNING = (ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED, ToxicityEvent.State.ATTRIBUTED)
"""Events whose clocks run. One whose signs were attributed to another cause still has them: an infection is
treated, and nothing is silenced by a word."""
WRITTEN = (
    "position", "from_grade", "asked_at", "state", "applies_at", "applies_by", "clock_from", "due_at",
    "late_from", "settled_at", "settled_by", "recorded_at", "reason", "given", "observation", "told_at",
    "look_again_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the steps of a patient are followed from. The caller holds the patient's lock."""

    patient: Patient
    spec: ProtocolSpec | None
    line: Timeline
    neutrophils: Neutrophils | None
    by: Staff
    at: datetime

    def source(self, ref: str) -> Intervention | Observation | None:
        rows: tuple[Intervention | Observation, ...] = (*self.line.interventions, *self.line.observations)
        return next((row for row in rows if str(row.pk) == ref), None)


def follow_timeline(
    *,
    patient: Patient,
    who: Judge,
    line: Timeline,
    assessment: Assessment,
    events: Sequence[ToxicityEvent],
    fresh: Collection[UUID],
    joined: Sequence[ToxicityEvent],
    by: Staff,
    at: datetime,
) -> None:
    """After the timeline was graded: add what a rise asks for, complete what was done.

    ``fresh`` are the events that have no steps yet; ``joined`` those that just became part of another one,
    which takes over their steps. Without an event nothing is asked of the database, with new ones alone it
    is one statement. The caller holds the patient's lock.
    """
    running = [event for event in events if event.state in RUNNING]
    if not running:
        return
    read = who.course is not None and hasattr(who.course, "newest_anc")
    newest = neutrophils_in(who.course.newest_anc) if read else neutrophils_of(patient.pk)  # type: ignore[union-attr]
    ground = _Ground(patient, who.spec, line, newest, by, at)
    _follow(ground, running, _paths(assessment, running), fresh, joined)


def follow_patient(*, patient: Patient, by: Staff, at: datetime) -> None:
    """After a person's word or a laboratory result: the same from the database. Under the patient's lock."""
    running = list(ToxicityEvent.objects.filter(patient=patient, state__in=RUNNING).order_by("opened_at"))
    if not running:
        return
    try:
        spec: ProtocolSpec | None = judge(patient, at).spec
    except NoProtocol:
        spec = None
    line = timeline(patient.pk, min(event.opened_at for event in running))
    ground = _Ground(patient, spec, line, neutrophils_of(patient.pk), by, at)
    _follow(ground, running, _stored_paths(running), (), ())


# --- how the grade went -----------------------------------------------------------------------------------


def _paths(assessment: Assessment, events: Iterable[ToxicityEvent]) -> Mapping[UUID, tuple[Reached, ...]]:
    episodes = {(episode.toxicity.value, episode.opened_ref): episode for episode in assessment.episodes}
    paths = {}
    for event in events:
        episode = episodes.get((event.toxicity, str(event.opening_observation_id)))
        graded = episode.gradings if episode else ()
        read = [Reached(grading.at_least, grading.at) for grading in graded if grading.at is not None]
        paths[event.pk] = (*read, *_confirmed(event))
    return paths


def _stored_paths(events: Sequence[ToxicityEvent]) -> Mapping[UUID, tuple[Reached, ...]]:
    rows = ToxicityGrading.objects.filter(
        event__in=events, kind=ToxicityGrading.Kind.SUGGESTED, observation__amended_by__isnull=True
    ).order_by("id")
    newest = {
        (event_id, observation_id): Reached(grade, taken_at)
        for event_id, observation_id, grade, taken_at in rows.values_list(
            "event_id", "observation_id", "at_least", "observation__taken_at"
        )
    }
    return {
        event.pk: (
            *(reached for (event_id, _), reached in newest.items() if event_id == event.pk),
            *_confirmed(event),
        )
        for event in events
    }


def _confirmed(event: ToxicityEvent) -> tuple[Reached, ...]:
    """A grade that a physician set counts from when she set it: no reading shows it earlier."""
    if event.confirmed_grade is None or event.confirmed_at is None:
        return ()
    return (Reached(event.confirmed_grade, event.confirmed_at),)


# --- from facts to rows -----------------------------------------------------------------------------------


def _follow(
    ground: _Ground,
    events: Sequence[ToxicityEvent],
    paths: Mapping[UUID, tuple[Reached, ...]],
    fresh: Collection[UUID],
    joined: Sequence[ToxicityEvent],
) -> None:
    known = [event for event in (*events, *joined) if event.pk not in fresh]
    listed: dict[UUID, list[ResponseStep]] = {event.pk: [] for event in (*events, *joined)}
    for row in ResponseStep.objects.filter(event__in=known) if known else ():
        listed[row.event_id].append(row)
    taken_over: dict[UUID, list[ResponseStep]] = {event.pk: [] for event in events}
    for gone in joined:
        if (heir := _heir(gone, events)) is not None:
            taken_over[heir.pk] += listed[gone.pk]
    changed: list[ResponseStep] = []
    added: list[ResponseStep] = []
    told = False
    for event in events:
        one = _EventRows(ground, event, listed[event.pk])
        one.take_over(taken_over[event.pk])
        one.follow(paths[event.pk])
        changed += one.changed
        added += one.added
        told = told or one.answered
    if changed:
        ResponseStep.objects.bulk_update(changed, WRITTEN)
    if added:
        ResponseStep.objects.bulk_create(added)
    if told:
        overdue.settle_when_none(patient_id=ground.patient.pk, by=ground.by, at=ground.at)


def _heir(gone: ToxicityEvent, events: Sequence[ToxicityEvent]) -> ToxicityEvent | None:
    """The event that a joined one became part of: the last of its kind that opened before it."""
    same = sorted((e for e in events if e.toxicity == gone.toxicity), key=lambda event: event.opened_at)
    before = [event for event in same if event.opened_at <= gone.opened_at]
    return next(iter((*reversed(before), *same)), None)


class _EventRows:
    """The rows of one event, and what becomes of them."""

    def __init__(self, ground: _Ground, event: ToxicityEvent, rows: Iterable[ResponseStep]) -> None:
        self.ground, self.event = ground, event
        self.rows = {(row.action, row.turn): row for row in rows}
        self.before = {key: _step(row) for key, row in self.rows.items()}
        for row in self.rows.values():
            self._follow_correction(row)
        self.changed: list[ResponseStep] = []
        self.added: list[ResponseStep] = []
        self.copied: dict[tuple[str, int], ResponseStep] = {}
        self.answered = False  # something that was paged as overdue is not open any more

    def take_over(self, rows: Sequence[ResponseStep]) -> None:
        """An event that became part of this one leaves its actions, and what people ticked, to this one."""
        missing = {row.action for row in rows} - {action for action, _ in self.rows}
        for row in sorted(rows, key=lambda row: row.turn):
            if row.action in missing:
                self._copy(row)
            elif _step(row).by_hand or row.applies_at is not None:
                self._tick(row)

    def _copy(self, row: ResponseStep) -> None:
        """The same action, asked of this event; what it says and who did it are kept."""
        copied = ResponseStep(
            **{f.attname: getattr(row, f.attname) for f in ResponseStep._meta.concrete_fields}
        )
        copied.pk, copied.event = uuid4(), self.event
        self.rows[copied.action, copied.turn] = copied
        self.copied[copied.action, copied.turn] = copied

    def _tick(self, row: ResponseStep) -> None:
        """What a person said of an action of the other event holds for the turn that waits for it here."""
        waiting = [
            mine
            for (action, _), mine in self.rows.items()
            if action == row.action and mine.settled_at is None
        ]
        mine = next(iter(sorted(waiting, key=lambda mine: mine.turn)), None)
        if mine is None:
            return
        if mine.applies_at is None:
            mine.applies_at, mine.applies_by_id = row.applies_at, row.applies_by_id
        if _step(row).by_hand:
            mine.state, mine.settled_at, mine.settled_by_id = row.state, row.settled_at, row.settled_by_id
            mine.recorded_at, mine.reason = row.recorded_at, row.reason

    def follow(self, path: Iterable[Reached]) -> None:
        plans = self._plans()
        wanted = checklist.asked(plans, path, self.event.opened_at)
        actions = {item.action.id: item.action for item in wanted}
        for step in checklist.follow(map(_step, self.rows.values()), wanted, self._facts()):
            row = self.rows.get((step.action, step.turn))
            if row is None:
                self.added.append(self._new(step, actions.get(step.action)))
            elif (step.action, step.turn) in self.copied:
                self._write(row, step)
                self.added.append(row)
            elif self.before[step.action, step.turn] != step:
                self.answered = self.answered or (row.told_at is not None and step.state is not State.OPEN)
                self._write(row, step)
                self.changed.append(row)

    def _follow_correction(self, row: ResponseStep) -> None:
        """What a corrected drug or reading had completed, the row that stands instead of it completes."""
        line = self.ground.line
        row.given_id = _standing(row.given_id, line.interventions)
        row.observation_id = _standing(row.observation_id, line.observations)

    def _plans(self) -> Mapping[int, Sequence[EmergencyAction]]:
        if self.ground.spec is None:
            return {}
        toxicity = Toxicity(self.event.toxicity)
        return {
            plan.grade: plan.actions for plan in self.ground.spec.center.plans if plan.toxicity is toxicity
        }

    def _facts(self) -> Facts:
        line = self.ground.line
        given = tuple(Fact(str(row.pk), row.taken_at, row.kind) for row in line.interventions)
        read = tuple(Fact(str(row.pk), row.taken_at) for row in line.observations if self._is_check(row))
        judged = self._neutropenia
        since = judged.since if judged else self.event.opened_at
        return Facts(self.event.opened_at, given, read, since)

    def _is_check(self, row: Observation) -> bool:
        """Done by a reading that looked: no neurologic check by a temperature, no vitals by an ICE test."""
        if self.event.toxicity != Toxicity.ICANS:
            return not row.neurologic_only
        return row.ice() is not None or bool(row.consciousness)

    @property
    def _neutropenia(self) -> Neutropenia | None:
        if self.ground.spec is None:
            return None
        rule = self.ground.spec.center.care.neutropenia
        return neutropenia.judge(self.ground.neutrophils, self.ground.at, self.event.opened_at, rule)

    def _new(self, step: Step, action: EmergencyAction | None) -> ResponseStep:
        row = ResponseStep(
            center_id=self.event.center_id,
            patient_id=self.event.patient_id,
            event=self.event,
            action=step.action,
            turn=step.turn,
            kind=step.kind,
            only_if=step.only_if,
            intervention=step.intervention,
            after=step.after,
            within_minutes=step.within_minutes,
            repeat_minutes=step.repeat_minutes,
            added_at=self.ground.at,
            added_by=self.ground.by,
            **self._words(step, action),
        )
        self._write(row, step)
        return row

    def _words(self, step: Step, action: EmergencyAction | None) -> dict[str, Any]:
        """What the action says: a later turn says what the first one said."""
        first = next((row for (name, _), row in self.rows.items() if name == step.action), None)
        if first is not None:
            return {name: getattr(first, name) for name in ("do", "why", "source", "confirmed")}
        if action is None:
            raise LookupError(f"{step.action} is neither on the list nor in the plan")
        return {
            "do": action.do,
            "why": action.why,
            "source": str(action.source or ""),
            "confirmed": action.confirmed,
        }

    def _write(self, row: ResponseStep, step: Step) -> None:
        """The step's columns; who completed it and when it was recorded are those of the drug or reading."""
        row.position, row.from_grade, row.asked_at = step.position, step.from_grade, step.asked_at
        if row.due_at != step.due_at or step.state is not State.OPEN:
            row.told_at = None
        row.state, row.clock_from, row.due_at = step.state.value, step.clock_from, step.due_at
        row.late_from = late_from(row, self.ground.spec)
        row.look_again_at = self._look_again_at(row)
        row.settled_at, row.reason = step.settled_at, step.reason
        if step.settled_at is None:
            row.settled_by_id = row.recorded_at = row.given_id = row.observation_id = None
        elif step.ref and step.state is State.DONE:
            self._complete(row, step.ref)

    def _look_again_at(self, row: ResponseStep) -> datetime | None:
        """A normal count is known only so long; then the pathway is needed though nobody writes anything."""
        if row.action != checklist.NEUTROPENIC_FEVER or row.state != State.WAITING:
            return None
        judged = self._neutropenia
        return judged.expires if judged else None

    def _complete(self, row: ResponseStep, ref: str) -> None:
        source = self.ground.source(ref)
        if source is None:
            return
        row.settled_by_id, row.recorded_at = source.recorded_by_id, source.recorded_at
        row.given_id = source.pk if isinstance(source, Intervention) else None
        row.observation_id = source.pk if isinstance(source, Observation) else None


def _standing(ref: UUID | None, rows: Iterable[Intervention | Observation]) -> UUID | None:
    return next((row.pk for row in rows if ref is not None and row.amends_id == ref), ref)


def late_from(row: ResponseStep, spec: ProtocolSpec | None) -> datetime | None:
    """From when an open step pages; never where the center does not page for overdue actions."""
    if row.state != State.OPEN or row.due_at is None or spec is None:
        return None
    chase = spec.center.care.chase
    return row.due_at + timedelta(minutes=chase.overdue_grace_minutes) if chase.page_overdue_actions else None


def _step(row: ResponseStep) -> Step:
    return Step(
        action=row.action,
        kind=row.kind,
        asked_at=row.asked_at,
        from_grade=row.from_grade,
        position=row.position,
        turn=row.turn,
        intervention=row.intervention,
        after=row.after,
        only_if=row.only_if,
        within_minutes=row.within_minutes,
        repeat_minutes=row.repeat_minutes,
        state=State(row.state),
        applies_at=row.applies_at,
        clock_from=row.clock_from,
        due_at=row.due_at,
        settled_at=row.settled_at,
        ref=str(row.given_id or row.observation_id or ""),
        reason=row.reason,
    )
