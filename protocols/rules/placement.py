"""Where a patient belongs at a grade, against where the patient is: the center's care triggers.

A trigger speaks when its grades are reached and the patient is not yet in a place that answers it. Where
nobody recorded the place, it speaks too: unknown is never the right place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from protocols.rules.treatment_settings import CareTrigger
from protocols.rules.values import Source, Toxicity


class Placed(StrEnum):
    """Where a patient can be."""

    HOME = "home"
    ON_THE_WAY = "on_the_way"
    CLINIC = "clinic"
    EMERGENCY = "emergency"
    WARD = "ward"
    INTENSIVE_CARE = "intensive_care"


_BELONGS = {"ward": "in hospital", "intensive_care": "in intensive care"}
_IS = {
    Placed.HOME: "at home",
    Placed.ON_THE_WAY: "on the way",
    Placed.CLINIC: "in the clinic",
    Placed.EMERGENCY: "in the emergency department",
    Placed.WARD: "on a ward",
}
_ANSWERS = {
    "ward": frozenset({Placed.WARD, Placed.INTENSIVE_CARE}),
    "intensive_care": frozenset({Placed.INTENSIVE_CARE}),
}
_RANK = ("ward", "intensive_care")


@dataclass(frozen=True, slots=True)
class GradeNow:
    """The grade as it stands: the lower bound where it is not certain."""

    grade: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class CarePrompt:
    """One move that the grades ask for. ``consider``: the source only asks to think of it."""

    id: str
    sentence: str
    place: str
    because: tuple[str, ...]
    source: Source | None
    confirmed: bool
    consider: bool


def care_prompts(
    grades: Mapping[Toxicity, GradeNow], where: Placed | None, triggers: Iterable[CareTrigger]
) -> tuple[CarePrompt, ...]:
    """What the grades now ask of the place, the highest care first, what is only to consider last.

    ``where`` is ``None`` where no place is on record. A trigger that names both toxicities needs both. A move
    to intensive care stands alone: an admission that the same grades ask for is contained in it.
    Source: the center's care triggers, each with its own.
    """
    reached = [trigger for trigger in triggers if _reached(trigger, grades)]
    open_ones = [trigger for trigger in reached if where not in _ANSWERS[trigger.place]]
    highest = max((_RANK.index(t.place) for t in open_ones if not t.consider), default=0)
    kept = [t for t in open_ones if t.consider or _RANK.index(t.place) == highest]
    kept = [t for t in kept if not (t.consider and _RANK.index(t.place) <= highest and _certain(t, kept))]
    kept.sort(key=lambda trigger: (trigger.consider, -_RANK.index(trigger.place)))
    return tuple(_prompt(trigger, grades, where) for trigger in kept)


def _certain(trigger: CareTrigger, kept: Iterable[CareTrigger]) -> bool:
    """The same place is already asked for without a "consider"."""
    return any(not other.consider and other.place == trigger.place for other in kept)


def _named(trigger: CareTrigger) -> tuple[tuple[Toxicity, int], ...]:
    pairs = ((Toxicity.CRS, trigger.crs), (Toxicity.ICANS, trigger.icans))
    return tuple((toxicity, grade) for toxicity, grade in pairs if grade is not None)


def _reached(trigger: CareTrigger, grades: Mapping[Toxicity, GradeNow]) -> bool:
    named = _named(trigger)
    return bool(named) and all(
        toxicity in grades and grades[toxicity].grade >= grade for toxicity, grade in named
    )


def _prompt(trigger: CareTrigger, grades: Mapping[Toxicity, GradeNow], where: Placed | None) -> CarePrompt:
    named = [f"{toxicity.upper()} {_words(grades[toxicity])}" for toxicity, _ in _named(trigger)]
    subject, verb = " with ".join(named), "belongs" if len(named) == 1 else "belong"
    is_now = "no place is recorded" if where is None else f"the patient is {_IS[where]}"
    sentence = (
        f"{subject}: consider {_BELONGS[trigger.place].removeprefix('in ')}; {is_now}"
        if trigger.consider
        else f"{subject} {verb} {_BELONGS[trigger.place]}; {is_now}"
    )
    return CarePrompt(
        id=trigger.id,
        sentence=sentence,
        place=trigger.place,
        because=(trigger.words,),
        source=trigger.provenance.source,
        confirmed=trigger.provenance.confirmed,
        consider=trigger.consider,
    )


def _words(now: GradeNow) -> str:
    return f"{'at least ' if now.at_least else ''}grade {now.grade}"
