"""An alert in words: who has it, the level it has reached, who was told and whether it arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, hhmm
from schedules.models import Alert, Page
from schedules.selectors.alerts import HeldAlert
from schedules.selectors.boards import Level


@dataclass(frozen=True, slots=True)
class AlertWords:
    """One alert as a box says it."""

    id: UUID
    url: str
    kind: str
    state: str
    title: str
    level: str
    because: str
    action_url: str
    unheld: bool
    others: tuple[str, ...] = ()


def alert_words(
    held: HeldAlert, others: Iterable[HeldAlert], staff: Staff, at: datetime, *, back: str
) -> AlertWords:
    """The words of one alert; ``others`` are the patient's, answered by the same button."""
    alert = held.alert
    unanswered = [other.alert for other in others if other.alert.state == Alert.State.OPEN]
    unheld = alert.state == Alert.State.OPEN
    answers = unheld and may(staff, Permission.ACKNOWLEDGE_ALERT)
    return AlertWords(
        id=alert.pk,
        url=reverse("schedules:alert", args=[alert.pk]),
        kind=alert.get_kind_display(),
        state=alert.state,
        title=held_words(alert, at),
        level=level_words(held.level) if unheld else recheck_words(alert),
        because=alert.because,
        action_url=acknowledge_url(alert.pk, [other.pk for other in unanswered], back) if answers else "",
        unheld=unheld,
        others=tuple(other.get_kind_display() for other in unanswered),
    )


def held_words(alert: Alert, at: datetime) -> str:
    """Nobody has this: 11 min. Dr. Okafor has this since 14:22."""
    if alert.state == Alert.State.OPEN:
        if alert.check_missed is not None:
            return f"Check overdue: {age(alert.check_missed.due_at, at)}"
        return f"Nobody has this: {age(alert.clock_from, at)}"
    if alert.state == Alert.State.RESOLVED:
        by = alert.resolved_by.name if alert.resolved_by else "the portal"
        return f"Resolved {hhmm(alert.resolved_at)} by {by}"
    name = alert.acknowledged_by.name if alert.acknowledged_by else "Somebody"
    return f"{name} has this since {hhmm(alert.acknowledged_at)}"


def recheck_words(alert: Alert) -> str:
    """When an answered alert asks again, unless something is recorded before."""
    return f"asks again at {hhmm(alert.recheck_at)} if nothing is recorded" if alert.recheck_at else ""


def level_words(level: Level) -> str:
    """Level 1 of 3: Dr. Okafor paged; next 14:36, physician on call."""
    people = f"{', '.join(level.paged)} paged" if level.paged else level.role
    return f"Level {level.number} of {level.of}: {people}; next {hhmm(level.next_at)}, {level.next_role}"


def acknowledge_url(alert_id: UUID, also: Iterable[UUID], back: str) -> str:
    """Where "I have this" posts: the alert, the patient's others that are named, and the way back."""
    query = urlencode([("from", back), *(("also", str(other)) for other in also)])
    return f"{reverse('schedules:alert-acknowledge', args=[alert_id])}?{query}"


@dataclass(frozen=True, slots=True)
class Told:
    """One page to one person, and whether it arrived."""

    at: datetime
    name: str
    channel: str
    kind: str
    text: str


def told(pages: Iterable[Page]) -> tuple[Told, ...]:
    """Who was told over which channel, newest first."""
    return tuple(_told(page) for page in pages)


def _told(page: Page) -> Told:
    return Told(page.created_at, page.recipient.name, page.get_channel_display(), *_arrival(page))


def _arrival(page: Page) -> tuple[str, str]:
    if page.delivered_at is not None:
        return "done", f"accepted {hhmm(page.delivered_at)}"
    if page.failed_at is not None:
        return "failed", f"failed, ring {page.recipient.phone}" if page.recipient.phone else "failed"
    if page.cancelled_at is not None:
        return "cancelled", "not needed any more"
    return "waiting", "waiting"
