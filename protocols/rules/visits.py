"""What the late and drug-specific signs asked at visits mean for the next dose.

Each item of the center's list is present, absent or not asked. Present, it may hold the next dose: from a
CTCAE grade on, or without one until a physician has looked. Not asked since the last dose is a finding of its
own, never an absence. No grade is worked out here: a physician gives it, or nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from protocols.rules.treatment_settings import VisitItem
from protocols.rules.values import Severity


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest answer to one item. ``grade`` is the CTCAE grade a physician gave, ``None`` without one."""

    present: bool
    at: datetime
    grade: int | None = None


class Standing(StrEnum):
    """What one item says about the next dose."""

    CLEAR = "clear"  # asked since the last dose, absent
    PRESENT = "present"  # present, and no reason to hold
    HOLD = "hold"
    NOT_ASKED = "not_asked"  # never, or not since the last dose


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """One item with why it stands so, on whose authority, and whether that is confirmed."""

    item: VisitItem
    standing: Standing
    because: str
    source: str
    confirmed: bool


def review(
    items: Sequence[VisitItem], answers: Mapping[str, Answered], *, last_dose_at: datetime | None
) -> tuple[ItemStanding, ...]:
    """How every item of a patient's list stands before the next dose, in the order of the list.

    ``answers`` are the newest ones by item, ``last_dose_at`` the last dose; before the first one nothing has
    to be asked yet. An answer that holds goes on holding until the item is answered again, however old it is.
    """
    return tuple(_standing(item, answers.get(item.id), last_dose_at) for item in items)


def _standing(item: VisitItem, answer: Answered | None, last_dose_at: datetime | None) -> ItemStanding:
    standing, because = _judge(item, answer, last_dose_at)
    mark = item.provenance
    return ItemStanding(item, standing, because, str(mark.source or ""), mark.confirmed)


def _judge(item: VisitItem, answer: Answered | None, last_dose_at: datetime | None) -> tuple[Standing, str]:
    if answer is not None and answer.present:
        why = hold_reason(item, answer.grade)
        if why:
            return Standing.HOLD, why
    if last_dose_at is not None and (answer is None or answer.at <= last_dose_at):
        asked = "never asked" if answer is None else "not asked since the last dose"
        return Standing.NOT_ASKED, f"{item.ask}: {asked}"
    if answer is not None and answer.present:
        graded = f"CTCAE grade {answer.grade}" if answer.grade is not None else "not graded"
        return Standing.PRESENT, f"{item.ask}: present, {graded}"
    return Standing.CLEAR, f"{item.ask}: {'absent' if answer is not None else 'no dose given yet'}"


def hold_reason(item: VisitItem, grade: int | None) -> str:
    """Why a present item holds the next dose; empty where it does not."""
    if grade is None:
        return f"{item.ask}: present, no grade yet" if item.hold_ungraded else ""
    limit = item.hold_from_grade
    if limit is None or grade < limit:
        return ""
    return f"{item.ask}: present, CTCAE grade {grade} (holds from grade {limit})"


def severity(item: VisitItem, grade: int | None) -> Severity:
    """Whom a present item concerns: act now where it holds without a grade, look soon where it holds.

    What holds even ungraded is what cannot wait for a grade; see the center's list.
    """
    if item.urgent:
        return Severity.ACT_NOW
    return Severity.LOOK_SOON if hold_reason(item, grade) else Severity.NONE


def weight_change_percent(first_kg: Decimal | None, now_kg: Decimal | None) -> Decimal | None:
    """The change since the first dose in percent, negative for a loss; ``None`` where a weight is missing."""
    if first_kg is None or now_kg is None or first_kg <= 0:
        return None
    return ((now_kg - first_kg) / first_kg * 100).quantize(Decimal("0.1"))


def not_asked(standings: Iterable[ItemStanding]) -> tuple[ItemStanding, ...]:
    return tuple(row for row in standings if row.standing is Standing.NOT_ASKED)


def holds(standings: Iterable[ItemStanding]) -> tuple[ItemStanding, ...]:
    return tuple(row for row in standings if row.standing is Standing.HOLD)
