"""Who is at the door. Guessing is slowed down; nobody is locked out for good.

Refused tries are counted for each account and each address over the last quarter of an hour. A try while the
door is held is neither looked at nor counted, so the door opens again in time whoever keeps knocking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import Q

from dosing_portal.kernel.models import SignInAttempt, Staff

SPAN = timedelta(minutes=15)
TRIES_OF_ACCOUNT = 5
TRIES_OF_ADDRESS = 20  # a ward shares one address
KEPT = timedelta(days=30)  # long enough to look back at who knocked; the count needs a quarter of an hour
FORGOTTEN_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says: a person, or refused, with the time to try again when the door is held."""

    staff: Staff | None = None
    held_until: datetime | None = None


@transaction.atomic
def recognize(*, username: str, password: str, address: str, at: datetime) -> Answer:
    """Check one name and password given from an address: at the door, or beside somebody who is signed in.

    A refused try is kept for the count. Several tries at one account are looked at one after the other, so
    that a burst is counted too.
    """
    name = username.strip().lower()[:80]
    _one_at_a_time(name)
    held_until = _held_until(name, address, at)
    if held_until is not None:
        return Answer(held_until=held_until)
    staff = authenticate(username=name, password=password)
    if staff is None:
        SignInAttempt.objects.create(username=name, address=address, at=at)
        return Answer()
    return Answer(staff=staff)


def forget_old(*, at: datetime) -> int:
    """Remove refused tries older than ``KEPT``, the oldest first, so many a turn. Returns how many."""
    old = SignInAttempt.objects.filter(at__lt=at - KEPT).order_by("at").values("pk")
    removed, _ = SignInAttempt.objects.filter(pk__in=old[:FORGOTTEN_AT_ONCE]).delete()
    return removed


def _one_at_a_time(name: str) -> None:
    """Hold the account's door until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"sign-in:{name}"])


def _held_until(name: str, address: str, at: datetime) -> datetime | None:
    recent = list(
        SignInAttempt.objects.filter(Q(username=name) | Q(address=address), at__gt=at - SPAN)
        .order_by("-at")
        .values_list("username", "address", "at")
    )
    of_account = [tried_at for tried_name, _, tried_at in recent if tried_name == name]
    of_address = [tried_at for _, tried_address, tried_at in recent if tried_address == address]
    ends = (_end(of_account, TRIES_OF_ACCOUNT), _end(of_address, TRIES_OF_ADDRESS))
    return max((end for end in ends if end is not None), default=None)


def _end(tries: Sequence[datetime], allowed: int) -> datetime | None:
    """When the oldest of the last ``allowed`` tries leaves the span; None when there are fewer."""
    return tries[allowed - 1] + SPAN if len(tries) >= allowed else None
