"""What stands beside a dose before it is saved, in words: arithmetic, doses so far, caps, cautions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dosing_portal.kernel.templatetags.clinical import moment
from protocols.rules.values import Source
from schedules.selectors.treatments import Look


@dataclass(frozen=True, slots=True)
class LookWords:
    """The arguments of ``schedules/_intervention_look.html``."""

    kind: str
    arithmetic: tuple[str, ...]
    limits: tuple[str, ...]
    cautions: tuple[str, ...]
    so_far: tuple[str, ...]
    counts: tuple[str, ...]
    earliest: str
    disagreement: str
    source: Source | None
    confirmed: bool


def look_words(look: Look | None, at: datetime) -> LookWords | None:
    """Nothing for a drug that has neither arithmetic nor limits."""
    if look is None or not (look.shows or look.limits):
        return None
    earliest = look.earliest_at
    return LookWords(
        kind=look.kind,
        arithmetic=look.arithmetic,
        limits=tuple(limit.sentence for limit in look.limits),
        cautions=tuple(caution.sentence for caution in look.cautions),
        so_far=look.because,
        counts=look.counts,
        earliest=f"earliest {moment(earliest)}" if earliest is not None and earliest > at else "",
        disagreement=look.disagreement,
        source=look.source,
        confirmed=look.confirmed,
    )
