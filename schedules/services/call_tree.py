"""Stand on a level of a call tree: whom to page there, in what words, and when the next level is due."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dosing_portal.kernel.models import Staff
from patients.models import Observation
from protocols.rules import escalation
from protocols.rules.spec import EscalationLadder
from protocols.rules.values import Severity
from schedules import links
from schedules.models import Alert, AlertEvent, Page
from schedules.rules import lifecycle
from schedules.selectors.recipients import Recipient

Told = tuple[list[Page], list[AlertEvent]]
"""Pages to queue and entries for the alert's history, none of them saved yet."""


def start(
    alert: Alert,
    ladder: EscalationLadder,
    people: Mapping[str, Sequence[Recipient]],
    by: Staff,
    at: datetime,
) -> Told:
    """Begin a run up the tree: the first level now, or at its own minute where that lies ahead."""
    first = escalation.due_at(ladder, 0, alert.clock_from)
    if first > at:
        alert.rung = alert.repeats = 0
        alert.next_escalation_at = first
        return [], []
    return climb(alert, 0, ladder, people, by, at)


def reopen(
    alert: Alert,
    ladder: EscalationLadder,
    people: Mapping[str, Sequence[Recipient]],
    by: Staff,
    at: datetime,
    *,
    because: str,
) -> Told:
    """Nobody has this any more: an answered alert starts a new run from the first level."""
    alert.state = lifecycle.alert_after(alert.state, "reopen")
    alert.acknowledged_at = alert.acknowledged_by = alert.recheck_at = None
    alert.acknowledged_via = ""
    alert.clock_from = at
    pages, history = start(alert, ladder, people, by, at)
    return pages, [entry(alert, AlertEvent.What.REOPENED, by, at, because=because), *history]


def tell_first_level(
    alert: Alert, ladder: EscalationLadder, people: Mapping[str, Sequence[Recipient]], at: datetime
) -> list[Page]:
    """Page the first level once more, and leave the climb where it is."""
    role = ladder.rungs[0].role
    return [_page(alert, 0, role, person, at) for person in people.get(role, ())]


def next_step(alert: Alert, ladder: EscalationLadder) -> int:
    """The step that is due next: the first one while a run waits for its minute, else the one above."""
    waits = alert.next_escalation_at == escalation.due_at(ladder, 0, alert.clock_from)
    if waits and not alert.pages.filter(created_at__gte=alert.clock_from).exists():
        return 0
    return alert.rung + alert.repeats + 1


def climb(
    alert: Alert,
    step: int,
    ladder: EscalationLadder,
    people: Mapping[str, Sequence[Recipient]],
    by: Staff,
    at: datetime,
    *,
    everybody: bool = False,
) -> Told:
    """Stand on a step: page its people; where nobody can be reached, go on to the next at once.

    Where the last level has nobody either, or ``everybody`` is asked for, all who are on call at any level
    are paged: silence is not an answer.
    """
    stand = escalation.stand_on(ladder, step, alert.clock_from, tuple(people))
    last = len(ladder.rungs) - 1
    alert.rung, alert.repeats = min(stand.step, last), max(stand.step - last, 0)
    alert.next_escalation_at = _not_all_at_once(stand.next_at, at)
    unreached = [*stand.skipped, *([stand.rung.role] if stand.reaches_nobody else [])]
    history = [entry(alert, AlertEvent.What.NOBODY_ON_CALL, by, at, because=role) for role in unreached]
    reached = _all_of(people) if everybody or stand.reaches_nobody else people[stand.rung.role]
    return [_page(alert, stand.step, stand.rung.role, person, at) for person in reached], history


def _all_of(people: Mapping[str, Sequence[Recipient]]) -> Sequence[Recipient]:
    return tuple({person.address: person for group in people.values() for person in group}.values())


def _not_all_at_once(due: datetime, at: datetime) -> datetime:
    """After an outage the tree is climbed level by level, a minute apart, not in one breath."""
    return due if due > at else at + timedelta(minutes=1)


def _page(alert: Alert, step: int, role: str, person: Recipient, at: datetime) -> Page:
    page_id = uuid.uuid4()
    subject, text = _message(alert, page_id)
    return Page(
        id=page_id,
        center_id=alert.center_id,
        alert=alert,
        rung=min(step, alert.rung),
        role=role,
        recipient_id=person.staff_id,
        channel=person.kind,
        address=person.address,
        subject=subject,
        text=text,
        created_at=at,
        due_at=at,
        dedupe_key=f"{alert.pk}:{at.timestamp():.0f}:{step}:{person.kind}:{person.address}"[:160],
    )


def _message(alert: Alert, page_id: UUID) -> tuple[str, str]:
    """Initials, what, and where to click: no name, no birth date, no number of the patient."""
    urgency = "Act now" if alert.severity >= Severity.ACT_NOW else "Look soon"
    what = alert.get_kind_display()
    subject = f"{urgency}: {alert.patient.initials}, {what}"
    text = (
        f"{urgency}: {alert.patient.initials}, {what}.\n"
        f"Answer here: {links.page_url(page_id)}\n"
        f"Nobody has this until one person says so."
    )
    return subject, text


def entry(
    alert: Alert,
    what: str,
    by: Staff,
    at: datetime,
    rung: int | None = None,
    *,
    because: str = "",
    source: str = "",
    observation: Observation | None = None,
) -> AlertEvent:
    return AlertEvent(
        alert=alert,
        what=what,
        at=at,
        by=by,
        rung=alert.rung if rung is None else rung,
        because=because[:300],
        source=source[:300],
        observation=observation,
    )
