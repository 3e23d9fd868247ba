"""What blocks the next dose whatever the hour: the items of the dose page that no clock decides.

The titles are those of the readiness list there, so that a board and the page say the same words. What the
clock decides (window, age of a weight, premedication) is asked when a page is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from schedules.rules.dose_lock import Lock

WEIGHT_MISSING = "Weight missing"
WEIGHT_OFF_TABLE = "Weight off the table"
NO_AMOUNT = "The record gives no amount"
AMOUNT_NOT_CONFIRMED = "Amount not confirmed"


class Weighed(StrEnum):
    """Whether the weight that a dose needs is known."""

    NOT_NEEDED = "not_needed"
    KNOWN = "known"
    OFF_TABLE = "off_table"
    MISSING = "missing"


class AmountOnRecord(StrEnum):
    """What the published record says of the amount, as the center confirmed it."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DoseFacts:
    """What is known of the next dose. ``locks`` are labels, such as CRS, each with its lock."""

    locks: tuple[tuple[str, Lock], ...] = ()
    weighed: Weighed = Weighed.NOT_NEEDED
    amount: AmountOnRecord = AmountOnRecord.CONFIRMED


def not_resolved(label: str) -> str:
    """The title of an open event in a readiness list."""
    return f"{label} not resolved"


def lock_title(label: str, lock: Lock) -> str:
    """What locks the dose after an event of this label, as a readiness list names it; empty for nothing."""
    titles = {
        Lock.NONE: "",
        Lock.STOPPED: f"Stopped for good after {label}",
        Lock.MASKED: f"{label} possibly masked",
        Lock.UNRESOLVED: not_resolved(label),
        Lock.UNDECIDED: f"{label}: next dose not decided",
        Lock.OUTDATED: f"{label}: decide again",
        Lock.HELD: f"Held after {label}",
    }
    return titles[lock]


LOCKS = frozenset(
    lock_title(label, lock)
    for label in ("CRS", "ICANS")
    for lock in Lock
    if lock not in {Lock.NONE, Lock.UNRESOLVED}
)


def locks_in(titles: Iterable[str]) -> tuple[str, ...]:
    """Which titles name a lock that a decision of a physician opens."""
    return tuple(title for title in titles if title in LOCKS)


def of_events(labels: Iterable[str]) -> tuple[str, ...]:
    """What open events block, each toxicity once. These stand first, so that they can be replaced alone."""
    return tuple(not_resolved(label) for label in sorted(set(labels)))


def _of_locks(locks: Iterable[tuple[str, Lock]]) -> Iterator[str]:
    """What events block, open ones first."""
    found = [(label, lock) for label, lock in locks if lock is not Lock.NONE]
    yield from of_events(label for label, lock in found if lock is Lock.UNRESOLVED)
    others = (lock_title(label, lock) for label, lock in found if lock is not Lock.UNRESOLVED)
    yield from dict.fromkeys(sorted(others))


def blockers(facts: DoseFacts) -> tuple[str, ...]:
    """Everything that blocks the dose, that which nobody can let pass first."""
    return tuple(_found(facts))


def _found(facts: DoseFacts) -> Iterator[str]:
    yield from _of_locks(facts.locks)
    if facts.weighed is Weighed.MISSING:
        yield WEIGHT_MISSING
        return  # without a weight there is no amount to speak of
    if facts.weighed is Weighed.OFF_TABLE:
        yield WEIGHT_OFF_TABLE
    if facts.amount is AmountOnRecord.NONE:
        yield NO_AMOUNT
    elif facts.amount is AmountOnRecord.UNCONFIRMED:
        yield AMOUNT_NOT_CONFIRMED
