"""A drug on a clock: its doses, the steps of its taper, and the neurologic checks that go with a steroid.

Times are elapsed time from the first dose; nothing here knows what was given since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from protocols.rules.treatment_settings import DrugRegime, RegimePhase, SteroidCare
from protocols.rules.values import Toxicity


class DueKind(StrEnum):
    DOSE = "dose"
    TAPER = "taper"
    NEURO_CHECK = "neuro_check"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: a dose in mg, or a neurologic check."""

    what: DueKind
    at: datetime
    mg: Decimal | None = None


def due_rows(regime: DrugRegime, care: SteroidCare, starts_at: datetime, until: datetime) -> tuple[Due, ...]:
    """What a regime asks for from its first dose on, in order of time, up to ``until`` and with it.

    The first phase is the treatment, later ones its taper as published. A phase without days goes on until a
    person stops it. A steroid has neurologic checks through all of it and for the center's hours after it.
    """
    doses = tuple(_doses(regime.phases, starts_at, until, first=DueKind.DOSE))
    ends = None if regime.phases[-1].days is None else _end(regime.phases, starts_at)
    return _with_checks(doses, care, starts_at, ends, until) if regime.steroid else doses


def taper_rows(
    steps: Sequence[RegimePhase], care: SteroidCare, starts_at: datetime, *, steroid: bool = True
) -> tuple[Due, ...]:
    """A taper that a physician wrote, whole: every step has its days."""
    ends = _end(steps, starts_at)
    doses = tuple(_doses(steps, starts_at, ends, first=DueKind.TAPER))
    until = ends + _hours(care.neuro_check_after_taper_hours)
    return _with_checks(doses, care, starts_at, ends, until) if steroid else doses


def checks_after(care: SteroidCare, last_dose_at: datetime, after: datetime | None = None) -> tuple[Due, ...]:
    """The neurologic checks that still follow a steroid's last dose."""
    ends = last_dose_at.astimezone(UTC) + _hours(care.neuro_check_after_taper_hours)
    checks = _checks(care, last_dose_at.astimezone(UTC), ends)
    return tuple(due for due in checks if after is None or due.at > after)


def fitting_first(
    regimes: Iterable[DrugRegime], toxicity: Toxicity, grades: Collection[int]
) -> tuple[tuple[DrugRegime, bool], ...]:
    """Every regime, those that fit the toxicity first; the flag says which do.

    ``grades`` are those the event has reached or was confirmed at: any of them may be the one to treat.
    """
    marked = [
        (regime, toxicity in regime.toxicities and not set(grades).isdisjoint(regime.grades))
        for regime in regimes
    ]
    return tuple(sorted(marked, key=lambda pair: not pair[1]))


def order_lines(regime: DrugRegime) -> tuple[str, ...]:
    """The amounts of a regime, spelled out: 10 mg x 4 a day = 40 mg a day."""
    return tuple(_line(phase) for phase in regime.phases)


def _line(phase: RegimePhase) -> str:
    how_long = f"for {phase.days} {'day' if phase.days == 1 else 'days'}" if phase.days else "until stopped"
    if phase.days == 1 and phase.every_hours == 24:  # noqa: PLR2004 - once
        return f"{_plain(phase.mg)} mg once"
    a_day = phase.mg * 24 / phase.every_hours
    each = f"{_plain(phase.mg)} mg every {_plain(phase.every_hours)} h"
    return f"{each} {how_long}: {_plain(a_day)} mg a day"


def _doses(
    phases: Sequence[RegimePhase], starts_at: datetime, until: datetime, first: DueKind
) -> Iterator[Due]:
    start, last = starts_at.astimezone(UTC), until.astimezone(UTC)
    for number, phase in enumerate(phases):
        what = first if number == 0 else DueKind.TAPER
        every = _hours(phase.every_hours)
        ends = None if phase.days is None else start + timedelta(days=phase.days)
        at = start
        while at <= last and (ends is None or at < ends):
            yield Due(what, at, phase.mg)
            at += every
        if ends is None:
            return
        start = ends


def _end(phases: Sequence[RegimePhase], starts_at: datetime) -> datetime:
    """The last dose of phases that all have their days."""
    start = starts_at.astimezone(UTC) + timedelta(days=sum(phase.days or 0 for phase in phases))
    last = phases[-1]
    whole = timedelta(days=last.days or 0)
    every = _hours(last.every_hours)
    doses_in = -(-whole // every)
    return start - whole + every * (doses_in - 1)


def _with_checks(
    doses: Sequence[Due], care: SteroidCare, starts_at: datetime, ends: datetime | None, until: datetime
) -> tuple[Due, ...]:
    last = until.astimezone(UTC)
    if ends is not None:
        last = min(last, ends + _hours(care.neuro_check_after_taper_hours))
    checks = _checks(care, starts_at.astimezone(UTC), last)
    return tuple(sorted((*doses, *checks), key=lambda due: (due.at, due.what)))


def _checks(care: SteroidCare, after: datetime, last: datetime) -> Iterator[Due]:
    every = _hours(care.neuro_check_hours)
    at = after + every
    while at <= last:
        yield Due(DueKind.NEURO_CHECK, at)
        at += every


def _hours(hours: Decimal) -> timedelta:
    return timedelta(seconds=int(hours * 3600))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():,f}"
