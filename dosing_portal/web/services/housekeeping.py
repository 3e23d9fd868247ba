"""Rows that nobody needs any more: old refused sign-ins, and sessions that are over."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session

from dosing_portal.kernel import door


def forget_old(*, at: datetime) -> int:
    """Remove them, at most ``door.FORGOTTEN_AT_ONCE`` of each a turn. Returns how many.

    No request does this: a page writes nothing about sign-ins or sessions by being read.
    """
    over = Session.objects.filter(expire_date__lt=at).order_by("expire_date").values("pk")
    sessions, _ = Session.objects.filter(pk__in=over[: door.FORGOTTEN_AT_ONCE]).delete()
    return door.forget_old(at=at) + sessions
