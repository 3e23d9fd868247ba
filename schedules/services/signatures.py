"""Take a signature away that an entry has broken: what was signed as resolved is not resolved any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from patients.models import EventResolution, ToxicityEvent
from patients.models.toxicity import STANDING
from patients.selectors import Timeline
from protocols.rules.spec import ProtocolSpec
from schedules.selectors.resolutions import resolution_of


def take_back_broken(
    *,
    events: Iterable[ToxicityEvent],
    line: Timeline,
    since: datetime,
    spec: ProtocolSpec,
    by: Staff,
    at: datetime,
) -> None:
    """Clear "resolved" where the timeline no longer bears it; the signature itself stays on record.

    Looked at as of the signing, with every entry known now, and by whether the event came back. No statement
    where nothing is signed or all of it stands.
    """
    for event in events:
        if event.resolved_at is None or event.state not in STANDING or event.opened_at < since:
            continue
        broken = _broken(event, line, spec)
        if broken:
            _take_back(event, broken, by, at)


def _broken(event: ToxicityEvent, line: Timeline, spec: ProtocolSpec) -> str:
    """What no longer holds, in words; empty while the signature stands."""
    signed_at = event.resolved_at
    if signed_at is None:
        return ""
    if event.ended_at is None or event.ended_at > signed_at:
        return "signs came back"
    found = resolution_of(event, line, spec, signed_at)
    if found.blocking:
        return "; ".join(one.text for one in found.blocking)
    waiting = [one.text[:300] for one in found.waiting]
    return "; ".join(waiting) if waiting and waiting != _let_pass(event) else ""


def _let_pass(event: ToxicityEvent) -> list[str]:
    """What the physician knew was missing when she signed early."""
    newest = EventResolution.objects.filter(event=event).order_by("-id").first()
    return [] if newest is None else newest.unmet


def _take_back(event: ToxicityEvent, because: str, by: Staff, at: datetime) -> None:
    before = {"resolved_at": event.resolved_at, "resolved_by": event.resolved_by_id}
    event.resolved_at = event.resolved_by = None
    event.revision += 1
    event.save(update_fields=["resolved_at", "resolved_by", "revision"])
    audit.record(
        "event.resolution_broken",
        event,
        by=by,
        at=at,
        before=before,
        after={"because": because},
        patient_id=event.patient_id,
    )
