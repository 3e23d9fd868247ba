"""The next dose after an event in words: what locks it, what the record asks, what was signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import day, moment, quantity
from patients.models import ToxicityEvent
from protocols.rules.regimen import Regimen
from schedules.forms.decisions import DecisionForm
from schedules.models import NextDoseDecision
from schedules.rules.blockers import lock_title
from schedules.rules.dose_lock import Lock
from schedules.selectors import decisions as selectors
from schedules.selectors.decisions import EventLock, Signed
from schedules.selectors.event import EventPage
from schedules.views.event_rows import DecisionWords, decision_words

DECIDED = {
    NextDoseDecision.Choice.GIVE: "give when resolved",
    NextDoseDecision.Choice.HOLD: "hold",
    NextDoseDecision.Choice.DISCONTINUE: "stopped for good",
}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing without which the dose stays locked."""

    done: bool
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SignedLine:
    """One decision of the history."""

    at: datetime
    words: str
    note: str
    stands: bool


@dataclass(frozen=True, slots=True)
class NextDoseWords:
    """The arguments of ``schedules/_event_next_dose.html``; ``lock`` is empty where nothing locks it."""

    label: str
    window: str
    lock: str
    changed: str
    needs: tuple[Need, ...]
    record: DecisionWords | None
    signed: SignedLine | None
    history: tuple[SignedLine, ...]
    stopped: bool
    rems: str
    rems_source: str
    rems_confirmed: bool
    asks: bool
    decide_url: str


def context_of(
    page: EventPage, staff: Staff, at: datetime, form: DecisionForm | None = None
) -> dict[str, Any]:
    """What the event page and the page of the decision show of the next dose: one statement."""
    found = selectors.lock_of(page.event)
    counts = page.event.state in selectors.LOCKING
    words = next_dose_words(page, found) if counts and page.head.status else None
    decides = words is not None and words.asks and may(staff, Permission.DECIDE_NEXT_DOSE)
    if decides and form is None:
        form = DecisionForm(found=found, answer=page.next_dose, center=staff.center, at=at)
    return {"next_dose": words, "decision_form": form if decides else None}


def next_dose_words(page: EventPage, found: EventLock) -> NextDoseWords:
    """Everything about the next dose that one event decides."""
    event, status = page.event, page.head.status
    earliest = status.next_dose_earliest_on if status else None
    latest = status.next_dose_latest_on if status else None
    lines = tuple(_line(row) for row in selectors.history(event.pk))
    stopped = found.lock is Lock.STOPPED
    regimen = page.spec.regimen if page.spec else None
    rems = _rems(page, regimen)
    return NextDoseWords(
        label=status.next_dose_label if status and status.next_dose_id else "",
        window=f"{day(earliest)} to {day(latest)}" if earliest and latest else "",
        lock=lock_title(event.label, found.lock) if found.lock is not Lock.NONE else "",
        changed=f"{found.changed}: decide again" if found.changed else "",
        needs=tuple(_needs(found)) if not stopped else (),
        record=decision_words(page.next_dose, locked=found.lock is Lock.UNRESOLVED)
        if page.next_dose
        else None,
        signed=lines[0] if lines else None,
        history=lines[1:],
        stopped=stopped,
        rems=rems,
        rems_source=str(regimen.rems.provenance.source or "") if regimen and rems else "",
        rems_confirmed=bool(regimen and regimen.rems.provenance.confirmed),
        asks=not stopped and event.state in selectors.STANDING,
        decide_url=reverse("schedules:event-decide", args=[event.pk]),
    )


def _needs(found: EventLock) -> Iterator[Need]:
    """What opens the lock, each ticked or open."""
    event = found.event
    if event.state == ToxicityEvent.State.MASKED:
        yield Need(False, "a physician says whether it is CRS", "#event-grade")
    resolved = selectors.is_resolved(event)
    over = event.ended_at is not None
    yield Need(
        over, f"nothing abnormal since {moment(event.ended_at)}" if over else "nothing abnormal any more"
    )
    yield Need(resolved, _resolved_words(event), "" if resolved else "#resolution")
    standing = found.signed is not None and not found.changed
    by = f", {found.signed.by}" if found.signed and standing else ""
    yield Need(standing, f"next dose decided{by}")


def _resolved_words(event: ToxicityEvent) -> str:
    """Who signed, or who closed it without a signature."""
    if event.resolved_by is not None:
        return f"signed resolved, {event.resolved_by.name}"
    return f"closed, {event.closed_by.name}" if event.closed_by else "signed resolved by a physician"


def _rems(page: EventPage, regimen: Regimen | None) -> str:
    """The duty to report, where the record has a REMS. It names no grade: a person says what is serious."""
    if page.event.state not in selectors.STANDING or regimen is None or not regimen.rems.active:
        return ""
    return f"If this {page.event.label} event was serious, report it to the {regimen.rems.program}"


# --- what was signed --------------------------------------------------------------------------------------


def signed_words(choice: str, asked: Signed | NextDoseDecision) -> str:
    """Give when resolved; premedicate; 48 h in hospital after the dose."""
    parts = [DECIDED[NextDoseDecision.Choice(choice)]]
    if asked.premedicate:
        parts.append("premedicate")
    if asked.hospital_hours:
        parts.append(f"{quantity(asked.hospital_hours, 'h')} in hospital after the dose")
    elif asked.place == selectors.HOSPITAL:
        parts.append("in hospital")
    if asked.daily_monitoring_hours:
        parts.append(f"watched daily for {quantity(asked.daily_monitoring_hours, 'h')}")
    return "; ".join(parts)


def _line(row: NextDoseDecision) -> SignedLine:
    told = f"told: {', '.join(row.told)}" if row.told else ""
    mark = "" if row.confirmed else "the record's text was not confirmed"
    about = f"{row.decided_by.name}, at grade {row.grade}"
    note = "; ".join(part for part in (about, row.reason, told, mark) if part)
    stands = not hasattr(row, "superseded_by")
    return SignedLine(row.decided_at, signed_words(row.choice, row), note, stands)
