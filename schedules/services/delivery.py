"""Claim what is due, send it outside any transaction, settle it. A page goes twice sooner than not at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from schedules.models import Page, Reminder
from schedules.models.outbound import Outbound
from schedules.services import escalation
from schedules.transports import TRANSPORTS, Message, TransportError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
SENDERS = 8  # a hanging receiver holds one of them and none of the others
TURN = timedelta(seconds=15)  # then claim no more: the heartbeat waits for the end of a turn
BACKOFF = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages left, and what the last failure said."""

    sent: int = 0
    failed: int = 0
    last_error: str = ""

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(
            self.sent + other.sent, self.failed + other.failed, other.last_error or self.last_error
        )


@dataclass(slots=True)
class _Turn:
    """The time that passes while messages are on their way, counted from the given present."""

    began_at: datetime
    _started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=time.monotonic() - self._started)

    def is_over(self) -> bool:
        return self.now() >= self.began_at + TURN


def deliver_due(*, at: datetime) -> Delivered:
    """Send every page and reminder that is due. Several workers may run this at once.

    Each claims its own rows under a lease, as many as it can send at once; when a worker dies while sending,
    the lease runs out and the message goes again with the same key. A row is settled as its receiver answers,
    whatever the others do.
    """
    turn, total = _Turn(at), Delivered()
    flying: dict[Future[str], Outbound] = {}
    with ThreadPoolExecutor(max_workers=SENDERS) as pool:
        while True:
            if not turn.is_over():
                claimed = _claim(turn.now(), SENDERS - len(flying))
                flying |= {pool.submit(_send, row): row for row in claimed}
            if not flying:
                return total
            for sent in wait(flying, return_when=FIRST_COMPLETED).done:
                total += _settle(flying.pop(sent), sent, turn.now())


def _claim(at: datetime, room: int) -> list[Outbound]:
    """Pages before reminders, the longest due first."""
    claimed: list[Outbound] = []
    for model in (Page, Reminder):
        if len(claimed) < room:
            claimed += _claim_some(model, at, room - len(claimed))
    return claimed


def _claim_some(model: type[Page | Reminder], at: datetime, room: int) -> Iterable[Outbound]:
    with transaction.atomic():
        rows = list(model.objects.due(at).select_for_update(skip_locked=True).order_by("due_at")[:room])
        model.objects.filter(pk__in=[row.pk for row in rows]).update(
            claimed_until=at + LEASE, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def _send(row: Outbound) -> str:
    return TRANSPORTS[row.channel].send(
        Message(key=row.pk, center_id=row.center_id, address=row.address, subject=row.subject, text=row.text)
    )


def _settle(row: Outbound, sent: Future[str], at: datetime) -> Delivered:
    error = sent.exception()
    if error is None:
        _arrived(row, sent.result(), at)
        return Delivered(sent=1)
    reason = str(error) if isinstance(error, TransportError) else type(error).__name__
    log.warning("not delivered", extra={"id": str(row.pk), "channel": row.channel, "reason": reason})
    if (isinstance(error, TransportError) and error.permanent) or row.attempts > len(BACKOFF):
        _failed_for_good(row, reason, at)
    else:
        wait_for = BACKOFF[row.attempts - 1]
        _mine(row).update(due_at=at + wait_for, claimed_until=None, last_error=reason[:300])
    return Delivered(failed=1, last_error=f"{row.get_channel_display()}: {reason}")


def _mine(row: Outbound) -> QuerySet[Outbound]:
    """The row, unless it was settled while it was on its way: answered, so cancelled, or sent by another."""
    return type(row).objects.undelivered().filter(pk=row.pk)


def _arrived(row: Outbound, receipt: str, at: datetime) -> None:
    settled = _mine(row).update(delivered_at=at, claimed_until=None, receipt=receipt[:120], last_error="")
    if not settled:  # it was answered while it was on its way; the receipt says that it left
        type(row).objects.filter(pk=row.pk).update(receipt=receipt[:120])


def _failed_for_good(row: Outbound, reason: str, at: datetime) -> None:
    """A level that no channel reached is passed over at once."""
    _mine(row).update(failed_at=at, claimed_until=None, last_error=reason[:300])
    if not isinstance(row, Page) or row.alert_id is None:
        return
    beside = Page.objects.filter(alert_id=row.alert_id, created_at=row.created_at).exclude(pk=row.pk)
    if not beside.filter(failed_at__isnull=True, cancelled_at__isnull=True).exists():
        escalation.go_on_now(alert_id=row.alert_id, at=at)
