"""What an event still needs, in words: resolved, closed; which entries built it; what came before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import NBSP, day, moment
from patients.models import EventResolution, ToxicityEvent
from protocols.rules.resolution import Met
from schedules.selectors.chips import Chip
from schedules.selectors.event import EventPage
from schedules.selectors.resolutions import ClosingNeed
from schedules.views import graded
from schedules.views.event_words import read_values

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")


# --- what came before -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecurrenceWords:
    """Second CRS event; the first reached grade 2 and resolved 21-Nov-2026."""

    title: str
    text: str
    url: str


def recurrence_words(event: ToxicityEvent, earlier: int) -> RecurrenceWords | None:
    """Nothing for a first event."""
    before = event.follows
    if before is None:
        return None
    number = ORDINALS[earlier] if earlier < len(ORDINALS) else f"Number {earlier + 1}:"
    which = "the first" if earlier == 1 else "the one before"
    if before.resolved_at:
        end = f"resolved {day(before.resolved_at)}"
    elif before.ended_at:
        end = f"ended {day(before.ended_at)}, nobody signed it resolved"
    else:
        end = "has not ended"
    return RecurrenceWords(
        title=f"{number} {event.label} event.",
        text=f"{which[:1].upper()}{which[1:]} reached grade {before.max_grade} and {end}.",
        url=reverse("schedules:event", args=[before.pk]),
    )


# --- which entries built it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One reading that the event was graded by."""

    at: datetime
    url: str
    values: str
    chip: Chip | None


def entry_lines(page: EventPage, center: Center) -> tuple[EntryLine, ...]:
    """Newest first."""
    return tuple(
        EntryLine(
            at=row.observation.taken_at,
            url=reverse("schedules:vitals-outcome", args=[page.event.patient_id, row.observation_id]),
            values=read_values(row.observation, center),
            chip=None if row.review and not row.at_least else graded.of_row(row).chip,
        )
        for row in page.entries
        if row.observation is not None
    )


# --- resolved ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConditionLine:
    kind: str
    words: str
    because: str


@dataclass(frozen=True, slots=True)
class ResolutionWords:
    """What "resolved" asks for, each ticked or open, and who signed it."""

    conditions: tuple[ConditionLine, ...]
    masking: tuple[str, ...]
    look_back: str
    source: str
    signable: bool
    needs_reason: bool
    sentence: str
    signed: str
    broken: str


KINDS = {Met.MET: "done", Met.NOT_MET: "blocked", Met.NOT_KNOWN: "unknown"}
STATES = {Met.MET: "met", Met.NOT_MET: "not met", Met.NOT_KNOWN: "not known"}


def resolution_words(page: EventPage) -> ResolutionWords | None:
    """Nothing for an event that is over, or that no protocol judges."""
    found, event, spec = page.resolution, page.event, page.spec
    if found is None or spec is None:
        return None
    signed = event.resolved_at is not None
    return ResolutionWords(
        conditions=tuple(
            ConditionLine(
                "waiting" if one.waits_until else KINDS[one.state],
                one.words,
                f"{STATES[one.state]}: {one.because}{_until(one.waits_until)}",
            )
            for one in found.conditions
        ),
        masking=tuple(f"{one.kind.replace('_', ' ')} {one.hours:.0f}{NBSP}h ago" for one in found.masking),
        look_back=f"{spec.center.care.resolution.masking_look_back_hours / 24:.0f} days",
        source=str(found.provenance.source or ""),
        signable=not signed and not found.blocking,
        needs_reason=bool(found.waiting),
        sentence=_sentence(bool(found.blocking), bool(found.waiting)),
        signed=_signed(page.signatures[0]) if signed and page.signatures else "",
        broken=_taken_back(page.signatures[0]) if not signed and page.signatures else "",
    )


def _until(waits: datetime | None) -> str:
    return f", over {moment(waits)}" if waits else ""


def _sentence(blocked: bool, waiting: bool) -> str:
    if blocked:
        return "Nobody can sign while a sign is abnormal or not known."
    if waiting:
        return "Only the protocol's hours are not over. A physician may sign now with a reason."
    return "Every condition is met. A physician signs."


def _signed(row: EventResolution) -> str:
    early = f", before the protocol's hours were over: {row.reason}" if row.unmet else ""
    return f"Signed by {row.signed_by.name}, {moment(row.signed_at)}{early}."


def _taken_back(row: EventResolution) -> str:
    return (
        f"{row.signed_by.name} signed this as resolved {moment(row.signed_at)}. "
        "An entry since then no longer bears it: look again."
    )


# --- closed -----------------------------------------------------------------------------------------------


def need_lines(needs: tuple[ClosingNeed, ...]) -> tuple[ConditionLine, ...]:
    """What closing asks for, each ticked or open."""
    return tuple(
        ConditionLine("done" if need.done else "waiting", need.words[:1].upper() + need.words[1:], "")
        for need in needs
    )
