"""Claim what is due, send it outside any transaction, settle it. A page goes twice sooner than not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from schedules.models import Page, Reminder
from schedules.models.outbound import Outbound
from schedules.services import escalation
from schedules.transports import TRANSPORTS, Message, TransportError

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 20
SENDERS = 8  # one hanging receiver must not hold up the others
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


def deliver_due(*, at: datetime) -> Delivered:
    """Send every page and reminder that is due. Several workers may run this at once.

    Each claims its own rows under a lease; when a worker dies while sending, its lease runs out and the
    message goes again with the same key.
    """
    total = Delivered()
    for model in (Page, Reminder):
        while claimed := _claim(model, at):
            total += _send_all(model, claimed, at)
            if len(claimed) < BATCH:
                break
    return total


def _claim(model: type[Outbound], at: datetime) -> list[Outbound]:
    with transaction.atomic():
        rows = list(model.objects.due(at).select_for_update(skip_locked=True).order_by("due_at")[:BATCH])
        model.objects.filter(pk__in=[row.pk for row in rows]).update(
            claimed_until=at + LEASE, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def _send_all(model: type[Outbound], rows: Sequence[Outbound], at: datetime) -> Delivered:
    total = Delivered()
    with ThreadPoolExecutor(max_workers=min(SENDERS, len(rows))) as pool:
        sending = {pool.submit(_send, row): row for row in rows}
        for done in as_completed(sending):  # each is settled as it returns, before the slowest has
            total += _settle(model, sending[done], done, at)
    return total


def _send(row: Outbound) -> str:
    return TRANSPORTS[row.channel].send(
        Message(key=row.pk, center_id=row.center_id, address=row.address, subject=row.subject, text=row.text)
    )


def _settle(model: type[Outbound], row: Outbound, sent: Future[str], at: datetime) -> Delivered:
    mine = model.objects.filter(pk=row.pk, delivered_at__isnull=True)
    error = sent.exception()
    if error is None:
        # Sent is sent: an acknowledgement that cancelled the row meanwhile keeps its mark beside the time.
        mine.filter(cancelled_at__isnull=True).update(
            delivered_at=at, claimed_until=None, receipt=sent.result()[:120], last_error=""
        )
        return Delivered(sent=1)
    reason = str(error) if isinstance(error, TransportError) else type(error).__name__
    log.warning("not delivered", extra={"id": str(row.pk), "channel": row.channel, "reason": reason})
    for_good = (isinstance(error, TransportError) and error.permanent) or row.attempts > len(BACKOFF)
    if for_good:
        mine.filter(cancelled_at__isnull=True).update(
            failed_at=at, claimed_until=None, last_error=reason[:300]
        )
        _after_failure(row, at)
    else:
        wait = BACKOFF[row.attempts - 1]
        mine.update(due_at=at + wait, claimed_until=None, last_error=reason[:300])
    return Delivered(failed=1, last_error=f"{row.get_channel_display()}: {reason}")


def _after_failure(row: Outbound, at: datetime) -> None:
    """A level that no channel reached is passed over at once."""
    if not isinstance(row, Page) or row.alert_id is None:
        return
    others = Page.objects.filter(alert_id=row.alert_id, rung=row.rung).exclude(pk=row.pk)
    if not others.filter(failed_at__isnull=True, cancelled_at__isnull=True).exists():
        escalation.go_on_now(alert_id=row.alert_id, at=at)
