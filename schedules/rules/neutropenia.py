"""Whether a fever needs the neutropenic-fever pathway: neutrophils low, too long ago, or not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from protocols.rules.treatment_settings import NeutropeniaRule


@dataclass(frozen=True, slots=True)
class Neutrophils:
    """The newest neutrophil count, in 10^9/L, and when the blood was taken."""

    anc: Decimal
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Neutropenia:
    """The answer. ``since`` is when it became so, empty while the pathway is not needed.

    ``low``: a count under the limit, rather than one that is not known. ``newest`` is the count on record,
    ``expires`` when it is too old to be known any more.
    """

    needed: bool
    since: datetime | None
    low: bool = False
    newest: Neutrophils | None = None
    expires: datetime | None = None


def judge(
    newest: Neutrophils | None, at: datetime, opened_at: datetime, rule: NeutropeniaRule
) -> Neutropenia:
    """Whether the fever of an event opened at ``opened_at`` runs the pathway as of ``at``.

    Unknown is never normal: without a count, or with one older than the rule allows, the pathway runs. Its
    clock counts from the fever, or from what showed the need later. Source: ``rule.provenance``.
    """
    if newest is None:
        return Neutropenia(True, opened_at)
    expires = newest.taken_at + timedelta(hours=float(rule.result_max_age_hours))
    if at > expires:
        return Neutropenia(True, max(opened_at, expires), newest=newest, expires=expires)
    if newest.anc < rule.anc_below:
        return Neutropenia(True, max(opened_at, newest.taken_at), low=True, newest=newest, expires=expires)
    return Neutropenia(False, None, newest=newest, expires=expires)
