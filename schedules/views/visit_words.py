"""Visits in the words of their pages: how each sign stands, what to do, the weight since the first dose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dosing_portal.kernel.templatetags.clinical import day, quantity
from patients.models import VisitReview
from protocols.rules.spec import ProtocolSpec
from protocols.rules.visits import ItemStanding, Standing
from schedules.selectors.visits import WeightSince

CHIPS = {
    Standing.HOLD: ("held", "holds the dose"),
    Standing.NOT_ASKED: ("unknown", "not asked"),
    Standing.PRESENT: ("soon", "present"),
    Standing.CLEAR: ("done", "absent"),
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One sign: its state in words, why, and what to do where it is present."""

    id: str
    ask: str
    kind: str
    state: str
    because: str
    do: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ReviewRow:
    asked_at: datetime
    by: str
    present: str
    absent: str
    not_asked: str
    note: str


def item_rows(standings: Iterable[ItemStanding]) -> tuple[ItemRow, ...]:
    return tuple(_item(row) for row in standings)


def _item(row: ItemStanding) -> ItemRow:
    kind, state = CHIPS[row.standing]
    present = row.standing in {Standing.HOLD, Standing.PRESENT}
    return ItemRow(
        id=row.item.id,
        ask=row.item.ask,
        kind=kind,
        state="no dose given yet" if row.because.endswith("no dose given yet") else state,
        because=row.because.removeprefix(f"{row.item.ask}: "),
        do=row.item.do if present else "",
        source=row.source,
        confirmed=row.confirmed,
    )


def review_rows(reviews: Iterable[VisitReview], spec: ProtocolSpec | None) -> tuple[ReviewRow, ...]:
    names = {item.id: item.ask for item in spec.center.care.visit_items} if spec else {}
    return tuple(_review(row, names, spec) for row in reviews)


def _review(row: VisitReview, names: dict[str, str], spec: ProtocolSpec | None) -> ReviewRow:
    answers = {answer.item: answer for answer in row.answers.all()}
    asked_of = spec.center.care.asked_of(row.regimen) if spec else ()
    present = [
        f"{names.get(name, name)}"
        f"{f', CTCAE grade {answer.grade}' if answer.grade else ''}"
        f"{f' ({answer.note})' if answer.note else ''}"
        for name, answer in answers.items()
        if answer.present
    ]
    absent = [names.get(name, name) for name, answer in answers.items() if not answer.present]
    left_out = [item.ask for item in asked_of if item.id not in answers]
    return ReviewRow(
        asked_at=row.asked_at,
        by=row.asked_by.name,
        present="; ".join(present),
        absent="; ".join(absent),
        not_asked="; ".join(left_out),
        note=row.note,
    )


def weight_words(weight: WeightSince) -> str:
    """72.4 kg on 12-Nov-2026, 4.1 % less than 75.5 kg at the first dose."""
    if weight.now_kg is None or weight.now_on is None:
        return "No weight on record."
    now = f"{quantity(weight.now_kg, 'kg')} on {day(weight.now_on)}"
    change = weight.change_percent
    if change is None or weight.first_kg is None:
        return f"{now}. No dose was given yet."
    if weight.first_on == weight.now_on:
        return f"{now}, the weight of the first dose. Not weighed since."
    more = "the same as" if not change else f"{abs(change)}\u00a0% {'less' if change < 0 else 'more'} than"
    return f"{now}, {more} {quantity(weight.first_kg, 'kg')} at the first dose."
