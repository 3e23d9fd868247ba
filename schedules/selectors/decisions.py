"""The next dose after an event: what was signed, whether it still stands, what it asks of the next dose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from dosing_portal.kernel.templatetags.clinical import NBSP, quantity
from patients.models import ToxicityEvent
from protocols.rules import next_dose
from protocols.rules.next_dose import NextDoseAnswer, Toxic
from protocols.rules.regimen import Decision as Asked
from protocols.rules.regimen import Occurrence
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import elapsed_hours
from schedules.models import NextDoseDecision
from schedules.rules import dose_lock
from schedules.rules.dose_lock import Basis, Decided, EventNow, Lock

STANDING = (ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED)
LOCKING = (*STANDING, ToxicityEvent.State.MASKED)
SECONDS_IN_MINUTE = 60
PREMEDICATE, HOSPITAL, DAILY = "premedicate", "hospital", "daily"


# --- the record's answer ----------------------------------------------------------------------------------


def is_recurrent() -> Exists:
    """An earlier event of the same toxicity reached this grade too; an annotation."""
    return Exists(
        ToxicityEvent.objects.filter(
            patient=OuterRef("patient"),
            toxicity=OuterRef("toxicity"),
            opened_at__lt=OuterRef("opened_at"),
            max_grade__gte=OuterRef("max_grade"),
            state__in=STANDING,
        )
    )


def after(event: ToxicityEvent, *, recurrent: bool, spec: ProtocolSpec) -> NextDoseAnswer:
    """The record's answer for the next dose after an event, by its maximum grade.

    The duration of an event that has not ended is not known. Raises ``ValueError`` without a regimen.
    """
    if spec.regimen is None:
        raise ValueError("the center-wide section has no next dose")
    ended_at = event.ended_at
    toxic = Toxic(
        toxicity=event.toxicity,
        grade=event.max_grade,
        occurrence=Occurrence.RECURRENT if recurrent else Occurrence.FIRST,
        duration_hours=None if ended_at is None else elapsed_hours(event.opened_at, ended_at),
    )
    return next_dose.decide(spec.regimen, toxic)


# --- what is signed next -----------------------------------------------------------------------------------

ACCEPTS = {
    Asked.HOLD_UNTIL_RESOLVED: NextDoseDecision.Choice.GIVE,
    Asked.GIVE: NextDoseDecision.Choice.GIVE,
    Asked.DISCONTINUE: NextDoseDecision.Choice.DISCONTINUE,
}
"""Which choice is what the record asks: a hold until resolved is a dose when it has resolved."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the physician decides. Hours are elapsed hours after the next dose; ``None``: not asked for."""

    choice: str
    premedicate: bool | None = None
    hospital_hours: Decimal | None = None
    daily_monitoring_hours: Decimal | None = None
    place: str = ""
    reason: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood on the page: the event's revision and its newest decision, ``None`` where it had none."""

    revision: int
    decision: UUID | None


# --- what was signed --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest decision of one event; hours are elapsed hours after the next dose."""

    id: UUID
    choice: str
    suggested: str
    basis: Basis
    premedicate: bool | None
    hospital_hours: Decimal | None
    daily_monitoring_hours: Decimal | None
    place: str
    conditions: tuple[str, ...]
    reason: str
    at: datetime
    by: str

    @property
    def decided(self) -> Decided:
        return Decided(self.choice, self.suggested, self.basis)


_FIELDS = {
    "id": "id",
    "choice": "choice",
    "suggested": "suggested",
    "grade": "grade",
    "recurrent": "recurrent",
    "minutes": "duration_minutes",
    "premedicate": "premedicate",
    "hospital_hours": "hospital_hours",
    "daily_monitoring_hours": "daily_monitoring_hours",
    "place": "place",
    "conditions": "conditions",
    "reason": "reason",
    "at": "decided_at",
    "by": "decided_by__name",
}


def newest_decision() -> Subquery:
    """The decision of an event that nothing superseded; an annotation that ``signed_in`` reads."""
    rows = NextDoseDecision.objects.filter(event=OuterRef("pk"), superseded_by__isnull=True)
    return Subquery(rows.values(json=JSONObject(**_FIELDS))[:1])


def signed_in(found: Mapping[str, Any] | None) -> Signed | None:
    """What ``newest_decision`` found."""
    if found is None:
        return None
    facts: dict[str, Any] = dict(found)
    basis = Basis(facts.pop("grade"), facts.pop("recurrent"), facts.pop("minutes"))
    facts |= {name: _decimal(facts[name]) for name in ("hospital_hours", "daily_monitoring_hours")}
    facts |= {
        "id": UUID(facts["id"]),
        "at": datetime.fromisoformat(facts["at"]),
        "conditions": tuple(facts["conditions"]),
    }
    return Signed(basis=basis, **facts)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


# --- the lock ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventLock:
    """What one event has to say about the next dose. ``changed``: what outdates the decision."""

    event: ToxicityEvent
    lock: Lock
    signed: Signed | None
    changed: str = ""

    @property
    def counts(self) -> bool:
        """False for what is only possibly an event."""
        return self.event.state in STANDING

    @property
    def name(self) -> str:
        return f"{self.event.label} grade {self.event.max_grade}"


def basis_of(event: ToxicityEvent, *, recurrent: bool) -> Basis:
    """What a decision about this event would rest on now."""
    minutes = None
    if event.ended_at is not None:
        minutes = int((event.ended_at - event.opened_at).total_seconds()) // SECONDS_IN_MINUTE
    return Basis(event.max_grade, recurrent, minutes)


def is_resolved(event: ToxicityEvent) -> bool:
    """Signed resolved by a physician, or closed by a person."""
    return event.resolved_at is not None or event.state == ToxicityEvent.State.CLOSED


def lock_of(event: Any) -> EventLock:
    """The lock of an event annotated with ``recurrent`` and ``decision``."""
    signed, basis = signed_in(event.decision), basis_of(event, recurrent=event.recurrent)
    now = EventNow(event.state == ToxicityEvent.State.MASKED, is_resolved(event), basis)
    decided = signed.decided if signed else None
    changed = dose_lock.outdated(decided, basis) if decided else ""
    return EventLock(event, dose_lock.lock(now, decided), signed, changed)


def lock_facts() -> JSONObject:
    """One event for ``lock_in``, in a subquery of a board row."""
    return JSONObject(
        toxicity="toxicity",
        state="state",
        resolved_at="resolved_at",
        max_grade="max_grade",
        opened_at="opened_at",
        ended_at="ended_at",
        recurrent=is_recurrent(),
        decision=newest_decision(),
    )


def lock_in(found: Mapping[str, Any]) -> tuple[str, Lock]:
    """The label of an event that ``lock_facts`` read, and its lock."""
    times = {name: _time(found[name]) for name in ("resolved_at", "opened_at", "ended_at")}
    event: Any = ToxicityEvent(
        toxicity=found["toxicity"], state=found["state"], max_grade=found["max_grade"], **times
    )
    event.recurrent, event.decision = found["recurrent"], found["decision"]
    return event.label, lock_of(event).lock


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def with_decision(rows: QuerySet[ToxicityEvent]) -> QuerySet[ToxicityEvent]:
    """Events with what ``lock_of`` reads."""
    return rows.annotate(recurrent=is_recurrent(), decision=newest_decision())


def bearing_on_next_dose(last_dose_at: Any, regimen: Any) -> Q:
    """Events that are not over, those since the last dose, and those after which the drug was stopped.

    Values or references to an outer row; without a last dose nothing opened since.
    """
    stopped = NextDoseDecision.objects.filter(
        event=OuterRef("pk"),
        choice=dose_lock.DISCONTINUE,
        superseded_by__isnull=True,
        course__regimen=regimen,
    )
    unsettled = Q(state__in=[ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED])
    found = unsettled | Q(Exists(stopped), state__in=STANDING)
    if last_dose_at is None:
        return found
    return found | Q(state=ToxicityEvent.State.CLOSED, opened_at__gte=last_dose_at)


def locks(patient_id: UUID, last_dose_at: datetime | None, regimen: str) -> tuple[EventLock, ...]:
    """What every event of the patient has to say about the next dose of a regimen, the worst grade first."""
    rows = ToxicityEvent.objects.filter(bearing_on_next_dose(last_dose_at, regimen), patient_id=patient_id)
    return tuple(lock_of(row) for row in with_decision(rows).order_by("-max_grade", "opened_at"))


def is_answered() -> Exists:
    """A decision stands on the event as it is now: what ``dose_lock.outdated`` says, asked of the database.

    For events annotated with ``recurrent``.
    """
    length = F("event__ended_at") - F("event__opened_at")
    minutes = Func(
        length, template="FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::int", output_field=IntegerField()
    )
    open_then = Q(duration_minutes__isnull=True) & (Q(event__ended_at__isnull=True) | ~Q(suggested=""))
    rows = NextDoseDecision.objects.filter(event=OuterRef("pk"), superseded_by__isnull=True)
    same = rows.filter(
        open_then | Q(duration_minutes=minutes),
        grade=OuterRef("max_grade"),
        recurrent=OuterRef("recurrent"),
    )
    return Exists(same)


# --- what the next dose carries ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a decision asks of the next dose. ``key`` names the box that says it was done."""

    key: str
    words: str
    after: str

    @property
    def sentence(self) -> str:
        return f"after {self.after}: {self.words}"

    @property
    def plain(self) -> str:
        """The sentence as it is stored."""
        return self.sentence.replace(NBSP, " ")


@dataclass(frozen=True, slots=True)
class Carried:
    """Everything that the decisions since the last dose ask together; the stricter of two stands."""

    conditions: tuple[Condition, ...] = ()
    hospital_hours: Decimal | None = None
    in_hospital: bool = False

    @property
    def premedicate(self) -> Condition | None:
        return next((one for one in self.conditions if one.key == PREMEDICATE), None)

    @property
    def to_tick(self) -> tuple[Condition, ...]:
        """What a person says was arranged; premedication has a time of its own."""
        return tuple(one for one in self.conditions if one.key != PREMEDICATE)


def carried(found: Iterable[EventLock]) -> Carried:
    """What the standing decisions ask of the next dose."""
    standing = [(one.name, one.signed) for one in found if one.signed and one.lock in (Lock.NONE, Lock.HELD)]
    conditions = []
    asked = [name for name, signed in standing if signed.premedicate]
    if asked:
        conditions.append(Condition(PREMEDICATE, "premedicate", " and ".join(asked)))
    hospital = _most([(signed.hospital_hours, name) for name, signed in standing])
    place = next((name for name, signed in standing if signed.place == HOSPITAL), "")
    if hospital is not None:
        words = f"{quantity(hospital[0], 'h')} in hospital after this dose"
        conditions.append(Condition(HOSPITAL, words, hospital[1]))
    elif place:
        conditions.append(Condition(HOSPITAL, "this dose is given in hospital", place))
    daily = _most([(signed.daily_monitoring_hours, name) for name, signed in standing])
    if daily is not None:
        words = f"watched daily for {quantity(daily[0], 'h')} after this dose"
        conditions.append(Condition(DAILY, words, daily[1]))
    return Carried(tuple(conditions), hospital[0] if hospital else None, hospital is not None or bool(place))


def _most(found: Iterable[tuple[Decimal | None, str]]) -> tuple[Decimal, str] | None:
    stated = [(hours, name) for hours, name in found if hours]
    return max(stated, key=lambda pair: pair[0], default=None)


# --- one event --------------------------------------------------------------------------------------------


def history(event_id: UUID) -> QuerySet[NextDoseDecision]:
    """Every decision about one event, the newest first."""
    return (
        NextDoseDecision.objects.filter(event_id=event_id)
        .select_related("decided_by", "superseded_by")
        .order_by("-decided_at", "-pk")
    )


def stopped(patient_id: UUID, regimen: str) -> EventLock | None:
    """The event after which this drug was stopped for good, where that stands."""
    return next((one for one in locks(patient_id, None, regimen) if one.lock is Lock.STOPPED), None)
