"""Whether an event is resolved, whose signature says so, and what closing it still needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from patients.models import EventResolution, ToxicityEvent, ToxicityGrading
from patients.selectors import Timeline, baseline_of, timeline
from protocols.rules.resolution import Resolution, resolution
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Toxicity


def resolution_of(event: ToxicityEvent, line: Timeline, spec: ProtocolSpec, at: datetime) -> Resolution:
    """What the protocol's rule says of the event as of ``at``; no statement."""
    return resolution(
        line.entries,
        toxicity=Toxicity(event.toxicity),
        opened_at=event.opened_at,
        at=at,
        spec=spec,
        baseline=baseline_of(line),
    )


def resolution_now(event: ToxicityEvent, spec: ProtocolSpec, at: datetime) -> Resolution:
    """As ``resolution_of``, as far back as a signature must see masking drugs: two statements."""
    look_back = timedelta(hours=float(spec.center.care.resolution.masking_look_back_hours))
    return resolution_of(event, timeline(event.patient_id, min(event.opened_at, at - look_back)), spec, at)


def signatures(event: ToxicityEvent) -> tuple[EventResolution, ...]:
    """Every signature that the event was resolved, the newest first; only the newest can stand."""
    return tuple(EventResolution.objects.filter(event=event).select_related("signed_by").order_by("-id"))


def maximum_confirmed(event: ToxicityEvent) -> bool:
    """A physician confirmed a grade as high as the event's maximum, or the maximum itself."""
    said = [ToxicityGrading.Kind.CONFIRMED, ToxicityGrading.Kind.MAXIMUM]
    rows = ToxicityGrading.objects.filter(event=event, kind__in=said, at_least__gte=event.max_grade)
    return rows.exists()


@dataclass(frozen=True, slots=True)
class ClosingNeed:
    """One thing that closing asks for, and whether it is there."""

    id: str
    words: str
    done: bool


def closing_needs(event: ToxicityEvent) -> tuple[ClosingNeed, ...]:
    """What must stand before a person closes the event: one statement."""
    return (
        ClosingNeed("resolved", "resolution signed", event.resolved_at is not None),
        ClosingNeed("maximum", f"maximum grade {event.max_grade} confirmed", maximum_confirmed(event)),
    )
