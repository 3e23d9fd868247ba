"""After a toxicity: hold, stop or give, and under which conditions.

Duration is elapsed hours of the event. A row answers for its own grade, occurrence and duration only: where
none does, the physician is asked, and the row of another occurrence is never borrowed. Source: the management
tables of the regimen's published record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from protocols.rules.regimen import (
    Decision,
    ManagementRow,
    ManagementTable,
    Occurrence,
    Regimen,
    Situation,
    plain,
)


@dataclass(frozen=True, slots=True)
class Toxic:
    """One event as it bears on the next dose. ``None``: not known."""

    toxicity: str  # crs, icans, neurotoxicity
    grade: int
    occurrence: Occurrence | None = None
    duration_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NextDoseAnswer:
    """What the record asks. ``decision`` is ``None`` where no row covers the event: ask the physician."""

    decision: Decision | None
    premedicate: bool | None
    hospital_hours: Decimal | None
    daily_monitoring_hours: Decimal | None
    conditions: tuple[str, ...]
    missing: tuple[str, ...]
    because: tuple[str, ...]
    source: str
    confirmed: bool
    row: ManagementRow | None = None


def decide(regimen: Regimen, event: Toxic) -> NextDoseAnswer:
    """What the record asks for the next dose after this event. Raises ``ValueError`` for a grade not 0-5."""
    if event.grade not in range(6):
        raise ValueError("a grade is 0 to 5")
    table = regimen.management_of(event.toxicity)
    if event.grade == 0:
        return _nothing_to_hold(event)
    if table is None or table.not_found:
        return _refusal(f"the record has no table for {event.toxicity}: ask the physician")
    may_apply = [row for row in table.rows if any(_matches(s, event) is not False for s in row.situations)]
    certain = [row for row in may_apply if any(_matches(s, event) for s in row.situations)]
    if certain:
        return _by_row(certain[0], event)
    if may_apply and (row := _whichever_occurrence(regimen, event)) is not None:
        return _by_row(row, event)
    if may_apply:
        missing = _missing(table, event)
        return _refusal(f"the answer depends on {' and '.join(missing)}: ask the physician", missing)
    occurrence = f", {event.occurrence.value}" if event.occurrence else ""
    return _refusal(f"no row covers {event.toxicity} grade {event.grade}{occurrence}: ask the physician")


def _whichever_occurrence(regimen: Regimen, event: Toxic) -> ManagementRow | None:
    """The row that answers for a first and for a recurrent event alike, where nobody knows which it is."""
    if event.occurrence is not None:
        return None
    first = decide(regimen, replace(event, occurrence=Occurrence.FIRST)).row
    recurrent = decide(regimen, replace(event, occurrence=Occurrence.RECURRENT)).row
    return first if first == recurrent else None


def _matches(situation: Situation, event: Toxic) -> bool | None:
    """Whether the event is in this situation; ``None`` when something that is not known decides."""
    if event.grade not in situation.grades:
        return False
    parts = (_occurrence_matches(situation, event), _duration_matches(situation, event))
    if False in parts:
        return False
    return None if None in parts else True


def _occurrence_matches(situation: Situation, event: Toxic) -> bool | None:
    if situation.occurrence is Occurrence.ANY:
        return True
    return None if event.occurrence is None else event.occurrence is situation.occurrence


def _duration_matches(situation: Situation, event: Toxic) -> bool | None:
    under, at_least = situation.duration_under_hours, situation.duration_at_least_hours
    if under is None and at_least is None:
        return True
    if event.duration_hours is None:
        return None
    short_enough = under is None or event.duration_hours < under
    return short_enough and (at_least is None or event.duration_hours >= at_least)


def _missing(table: ManagementTable, event: Toxic) -> tuple[str, ...]:
    situations = [s for row in table.rows for s in row.situations if _matches(s, event) is None]
    names = []
    if any(_occurrence_matches(s, event) is None for s in situations):
        names.append("occurrence")
    if any(_duration_matches(s, event) is None for s in situations):
        names.append("duration_hours")
    return tuple(names)


def _by_row(row: ManagementRow, event: Toxic) -> NextDoseAnswer:
    because = [f"{event.toxicity} grade {event.grade}: {row.current_dose or row.decision.value}"]
    if event.duration_hours is not None:
        because.append(f"the event lasted {_in_hours(event.duration_hours)} h")
    if row.stay_near:
        because.append("after the next dose, remain near a healthcare facility")
    if row.consider_hospital:
        because.append("consider hospital for the next dose")
    if row.conflict:
        because.append(row.conflict)
    return NextDoseAnswer(
        decision=row.decision,
        premedicate=row.premedicate,
        hospital_hours=row.hospital_hours,
        daily_monitoring_hours=row.daily_monitoring_hours,
        conditions=row.conditions,
        missing=(),
        because=tuple(because),
        source=str(row.provenance.source or ""),
        confirmed=row.provenance.confirmed,
        row=row,
    )


def _in_hours(hours: Decimal) -> str:
    """To the hundredth, never rounded up to a limit that was not reached."""
    return plain(hours.quantize(Decimal("0.01"), ROUND_DOWN))


def _nothing_to_hold(event: Toxic) -> NextDoseAnswer:
    because = (f"{event.toxicity} grade 0 meets no criteria: nothing in the record holds the next dose",)
    return NextDoseAnswer(Decision.GIVE, None, None, None, (), (), because, "", True)


def _refusal(because: str, missing: tuple[str, ...] = ()) -> NextDoseAnswer:
    return NextDoseAnswer(None, None, None, None, (), missing, (because,), "", False)
