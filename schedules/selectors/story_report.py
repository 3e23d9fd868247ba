"""What came of a story: checks, gradings, events, alerts, pages and the decision about the next dose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from patients.models import Observation, ToxicityEvent, ToxicityGrading
from protocols.rules import next_dose, stepup
from protocols.rules.next_dose import NextDoseAnswer, Toxic
from protocols.rules.regimen import Decision, Occurrence, Regimen, Schedule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Severity, elapsed_hours
from protocols.rules.window import days_between
from schedules.models import Administration, Alert, AlertEvent, MonitoringCheck, Page

Row = dict[str, Any]
ASK_PHYSICIAN = "ask_physician"
PREMEDICATE = "premedicate"
STRICTNESS = [str(Decision.GIVE), str(Decision.HOLD_UNTIL_RESOLVED), ASK_PHYSICIAN, str(Decision.DISCONTINUE)]


def report(patient_id: UUID, spec: ProtocolSpec, zone: ZoneInfo, until: datetime) -> Row:
    """Everything as JSON-ready rows; times in the story's zone with their offset, hours as numbers."""
    # A suspicion alone met no criterion: its alert and its page are listed, an event it is not.
    rows = ToxicityEvent.objects.graded().filter(patient_id=patient_id)
    events = list(rows.order_by("opened_at", "toxicity"))
    return {
        "checks": _checks(patient_id, zone),
        "gradings": _gradings(patient_id, zone),
        "events": [_event(event, zone) for event in events],
        "alerts": _alerts(patient_id, zone),
        "pages": _pages(patient_id, zone),
        "next_dose": _next_dose(patient_id, spec, events, zone, until),
    }


def _time(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()


def _hours(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _checks(patient_id: UUID, zone: ZoneInfo) -> list[Row]:
    rows = (
        MonitoringCheck.objects.filter(patient_id=patient_id)
        .exclude(state=MonitoringCheck.State.CANCELLED)
        .order_by("due_at")
    )
    return [
        {
            "due": _time(check.due_at, zone),
            "done_at": _time(check.done_at, zone),
            "missed": check.missed_at is not None,
        }
        for check in rows
    ]


def _gradings(patient_id: UUID, zone: ZoneInfo) -> list[Row]:
    """The grading that stands for each current reading: the last one suggested for it."""
    current = Observation.objects.current().filter(patient_id=patient_id)
    latest: dict[tuple[UUID | None, str], ToxicityGrading] = {}
    rows = ToxicityGrading.objects.filter(observation__in=current, kind=ToxicityGrading.Kind.SUGGESTED)
    for grading in rows.select_related("observation").order_by("id"):
        latest[grading.observation_id, grading.toxicity] = grading
    ordered = sorted(latest.values(), key=lambda g: (_read_at(g), g.toxicity))
    return [_grading(grading, zone) for grading in ordered]


def _read_at(grading: ToxicityGrading) -> datetime:
    reading = cast("Observation", grading.observation)  # a suggested grading always rests on one
    return reading.taken_at


def _grading(grading: ToxicityGrading, zone: ZoneInfo) -> Row:
    certain = not grading.missing and not grading.cannot_grade
    return {
        "at": _time(_read_at(grading), zone),
        "toxicity": grading.toxicity,
        "grade": grading.at_least if certain else None,
        "at_least": grading.at_least,
        "missing": list(grading.missing),
        "cannot_grade": grading.cannot_grade,
        "review": grading.review,
        "because": "; ".join(grading.because),
    }


def _event(event: ToxicityEvent, zone: ZoneInfo) -> Row:
    not_this = event.state == ToxicityEvent.State.ATTRIBUTED
    return {
        "toxicity": event.toxicity,
        "opened_at": _time(event.opened_at, zone),
        "ended_at": _time(event.ended_at, zone),
        "closing_allowed_from": _time(event.closing_allowed_from, zone),
        "closed_at": _time(event.closed_at, zone),
        "max_grade": event.max_grade,
        "confirmed_grade": event.confirmed_grade,
        "onset_hours": _hours(event.onset_hours),
        "duration_hours": _hours(event.duration_hours),
        "after_dose": event.last_dose or None,
        "state": f"not {event.label}" if not_this else event.state,
    }


def _alerts(patient_id: UUID, zone: ZoneInfo) -> list[Row]:
    """Every alert as it was raised; each missed check by itself, also where one alert stands for several."""
    told = AlertEvent.objects.filter(
        alert__patient_id=patient_id, what__in=[AlertEvent.What.RAISED, AlertEvent.What.FOUND_AGAIN]
    )
    again = Q(what=AlertEvent.What.FOUND_AGAIN) & ~Q(alert__kind=Alert.Kind.MISSED_CHECK)
    rows = told.exclude(again).select_related("alert").order_by("at", "alert__kind", "id")
    return [_alert(entry, zone) for entry in rows]


def _alert(entry: AlertEvent, zone: ZoneInfo) -> Row:
    alert = entry.alert
    return {
        "at": _time(entry.at, zone),
        "kind": alert.kind,
        "severity": Severity(alert.severity).name.lower(),
        "because": entry.because,
        "acknowledged_at": _time(alert.acknowledged_at, zone),
    }


def _pages(patient_id: UUID, zone: ZoneInfo) -> list[Row]:
    rows = Page.objects.filter(alert__patient_id=patient_id).select_related("alert")
    return [
        {"at": _time(page.created_at, zone), "alert": page.alert.kind, "rung": page.rung, "role": page.role}
        for page in rows.order_by("created_at", "alert__kind", "rung")
        if page.alert is not None
    ]


# --- the next dose ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Due:
    """The dose that comes next and the center's days on which it may follow the last one."""

    dose: str | None
    earliest: date | None
    latest: date | None
    because: tuple[str, ...]
    source: str
    premedicate: bool = False


def _next_dose(
    patient_id: UUID, spec: ProtocolSpec, events: Iterable[ToxicityEvent], zone: ZoneInfo, until: datetime
) -> Row | None:
    last = Administration.objects.filter(course__patient_id=patient_id).order_by("-given_at").first()
    if last is None or spec.regimen is None or spec.schedule is None:
        return None
    due = _due(spec.regimen, spec.schedule, last, zone, until)
    standing = [e for e in events if e.state in {ToxicityEvent.State.OPEN, ToxicityEvent.State.CLOSED}]
    verdicts = [_verdict(spec.regimen, event, standing, until) for event in standing]
    concerned = [v for v in verdicts if _bears_on_the_next_dose(v, last.given_at)]
    if not concerned:
        decision = str(Decision.GIVE) if due.dose else ASK_PHYSICIAN
        conditions = [PREMEDICATE] if due.premedicate else []
        because = ("no CRS or ICANS event since the last dose", *due.because)
        return _answer(due, decision, conditions, because, due.source)
    return _after_toxicity(due, sorted(concerned, key=lambda v: v.weight, reverse=True))


def _due(regimen: Regimen, schedule: Schedule, last: Administration, zone: ZoneInfo, until: datetime) -> _Due:
    """The dose that the schedule has next; once its last day has passed, what the restart rule says."""
    step = stepup.next_step(schedule, last.dose, last.given_at.astimezone(zone).date())
    today = until.astimezone(zone).date()
    source = str(schedule.dose_table.source or "")
    if step.latest_allowed is None or today <= step.latest_allowed:
        return _Due(step.dose.id, step.earliest, step.latest_allowed, (), source)
    answer = stepup.restart(regimen, schedule, last.dose, days_between(last.given_at, until, zone))
    return _Due(answer.next_dose, today, None, answer.because, answer.source, bool(answer.premedication))


def _unresolved(event: ToxicityEvent, until: datetime) -> bool:
    if event.state == ToxicityEvent.State.CLOSED:
        return False
    return event.closing_allowed_from is None or event.closing_allowed_from > until


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the record asks after one event, and whether the event is over."""

    event: ToxicityEvent
    unresolved: bool
    asked: NextDoseAnswer

    @property
    def decision(self) -> str:
        if self.asked.decision is None:
            return ASK_PHYSICIAN
        if self.asked.decision is Decision.HOLD_UNTIL_RESOLVED and not self.unresolved:
            return str(Decision.GIVE)
        return str(self.asked.decision)

    @property
    def weight(self) -> tuple[int, int]:
        """The heaviest verdict decides: every other may only add its conditions."""
        return STRICTNESS.index(self.decision), self.event.max_grade


def _verdict(
    regimen: Regimen, event: ToxicityEvent, events: Iterable[ToxicityEvent], until: datetime
) -> _Verdict:
    asked = next_dose.decide(regimen, _toxic(event, events, until))
    return _Verdict(event, _unresolved(event, until), asked)


def _bears_on_the_next_dose(verdict: _Verdict, last_given_at: datetime) -> bool:
    """The event reached past the last dose, is not over, or stops the drug for good."""
    ended_at = verdict.event.ended_at
    since_the_last_dose = ended_at is None or ended_at >= last_given_at
    return since_the_last_dose or verdict.unresolved or verdict.asked.decision is Decision.DISCONTINUE


def _toxic(event: ToxicityEvent, events: Iterable[ToxicityEvent], until: datetime) -> Toxic:
    """The event as the record asks about it; one that has not ended has lasted until now."""
    earlier = any(
        other.toxicity == event.toxicity
        and other.opened_at < event.opened_at
        and other.max_grade >= event.max_grade
        for other in events
    )
    ended_at = event.ended_at or until
    return Toxic(
        toxicity=event.toxicity,
        grade=event.max_grade,
        occurrence=Occurrence.RECURRENT if earlier else Occurrence.FIRST,
        duration_hours=elapsed_hours(event.opened_at, ended_at),
    )


def _after_toxicity(due: _Due, verdicts: Sequence[_Verdict]) -> Row:
    """One answer for every event since the last dose: the strictest decision, the conditions of all."""
    worst = verdicts[0]
    decision = worst.decision
    if decision == Decision.GIVE and due.dose is None:
        decision = ASK_PHYSICIAN
    because = [line for verdict in verdicts for line in _in_words(verdict)]
    row = _answer(
        due, decision, _conditions(due, verdicts, decision), (*because, *due.because), worst.asked.source
    )
    return {**row, "confirmed": all(verdict.asked.confirmed for verdict in verdicts)}


def _in_words(verdict: _Verdict) -> Iterable[str]:
    yield f"{verdict.event.label} event of grade {verdict.event.max_grade}"
    yield from verdict.asked.because
    if verdict.asked.decision is Decision.HOLD_UNTIL_RESOLVED and not verdict.unresolved:
        yield "resolved: nothing returned for the hours that the protocol asks for"


def _conditions(due: _Due, verdicts: Sequence[_Verdict], decision: str) -> list[str]:
    if decision == Decision.DISCONTINUE:
        return []
    conditions = [condition for verdict in verdicts for condition in verdict.asked.conditions]
    if due.premedicate or any(verdict.asked.premedicate for verdict in verdicts):
        conditions.append(PREMEDICATE)
    hours = max((verdict.asked.hospital_hours or Decimal(0) for verdict in verdicts), default=Decimal(0))
    if hours:
        conditions.append(f"hospital {hours:f} h")
    return list(dict.fromkeys(conditions))


def _answer(due: _Due, decision: str, conditions: Iterable[str], because: Iterable[str], source: str) -> Row:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    stopped = decision == Decision.DISCONTINUE
    return {
        "decision": decision,
        "dose": None if stopped else due.dose,
        "earliest": None if stopped else day(due.earliest),
        "latest": None if stopped else day(due.latest),
        "conditions": list(conditions),
        "because": "; ".join(because),
        "source": source,
    }
