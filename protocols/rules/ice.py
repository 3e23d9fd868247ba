"""The ICE test point by point: what was answered, what is missing, how it compares with the baseline.

Ten points, each correct, not correct or not tested. A test with a point left out is no score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.rules.values import IceScore

OBJECTS = ("object1", "object2", "object3")
POINTS = ("year", "month", "city", "hospital", *OBJECTS, "command", "sentence", "attention")
SEEN = (*OBJECTS, "sentence")
"""Points that need somebody to see the patient."""

Answers = Mapping[str, bool | None]


def ice_of(answers: Answers) -> IceScore | None:
    """The answers as one test; ``None`` where no point was tested.

    Naming is one item of three points: with one object left out none of it counts as tested, which
    ``half_named`` finds before.
    """
    if all(answers.get(point) is None for point in POINTS):
        return None
    named = [answers.get(point) for point in OBJECTS]
    whole = all(answer is not None for answer in named)
    return IceScore(
        objects=sum(answer is True for answer in named) if whole else None,
        **{item: answers.get(item) for item in IceScore.ITEMS if item != "objects"},
    )


def half_named(answers: Answers) -> bool:
    """Some of the three objects were answered, others not."""
    named = [answers.get(point) is not None for point in OBJECTS]
    return any(named) and not all(named)


def seen_by_phone(answers: Answers) -> tuple[str, ...]:
    """Points that were marked although nobody could see them. Source: grading record, remote use."""
    return tuple(point for point in SEEN if answers.get(point) is not None)


@dataclass(frozen=True, slots=True)
class ItemBefore:
    """How one item was at baseline: its points of so many; ``None`` where that is not on record."""

    item: str
    points: int | None
    most: int


def baseline_items(test: IceScore | None) -> tuple[ItemBefore, ...]:
    """Each item at baseline. A total of ten read elsewhere says every item; another total says none."""
    whole = test is not None and test.total == len(POINTS)
    return tuple(_before(item, test, whole=whole) for item in IceScore.ITEMS)


def _before(item: str, test: IceScore | None, *, whole: bool) -> ItemBefore:
    most = IceScore.OBJECTS if item == "objects" else 1
    value = getattr(test, item) if test is not None else None
    if whole:
        return ItemBefore(item, most, most)
    return ItemBefore(item, None if value is None else int(value), most)


def newly_lost(now: IceScore, baseline: IceScore | None) -> tuple[str, ...]:
    """Items that lost points against the baseline, or against all points where none is on record."""
    before = {row.item: row for row in baseline_items(baseline)}
    return tuple(item for item in IceScore.ITEMS if _fell(now, before[item]))


def _fell(now: IceScore, before: ItemBefore) -> bool:
    value = getattr(now, before.item)
    return value is not None and int(value) < (before.most if before.points is None else before.points)


def not_tested(test: IceScore | None, names: Mapping[str, str]) -> Sequence[str]:
    """The items left out, in the words of ``names``; empty for a whole test."""
    items = IceScore.ITEMS if test is None else test.missing_items
    return [names.get(item, item) for item in items]
