"""Whether an event is resolved, whose signature says so, and what closing it still needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from patients.models import EventResolution, ToxicityEvent, ToxicityGrading
from patients.selectors import Timeline, baseline_of, timeline
from protocols.rules.resolution import Resolution, resolution
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Toxicity
from schedules.models import NextDoseDecision, TreatmentCourse


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


@dataclass(frozen=True, slots=True)
class ClosingNeed:
    """One thing that closing asks for, and whether it is there."""

    id: str
    words: str
    done: bool


def closing_needs(event: ToxicityEvent) -> tuple[ClosingNeed, ...]:
    """What must stand before a person closes the event: one statement.

    The next dose is decided by the maximum, so a physician confirms that grade or a higher one; a decision
    is asked for only while a course runs.
    """
    said = [ToxicityGrading.Kind.CONFIRMED, ToxicityGrading.Kind.MAXIMUM]
    as_high = ToxicityGrading.objects.filter(
        event=OuterRef("pk"), kind__in=said, at_least__gte=OuterRef("max_grade")
    )
    found = (
        ToxicityEvent.objects.filter(pk=event.pk)
        .values_list(
            Exists(as_high),
            Exists(TreatmentCourse.objects.running().filter(patient=OuterRef("patient"))),
            Exists(NextDoseDecision.objects.filter(event=OuterRef("pk"))),
        )
        .get()
    )
    maximum, running, decided = found
    needs = (
        ClosingNeed("resolved", "resolution signed", event.resolved_at is not None),
        ClosingNeed("maximum", f"maximum grade {event.max_grade} confirmed", maximum),
    )
    return (*needs, ClosingNeed("decision", "next-dose decision signed", decided)) if running else needs
